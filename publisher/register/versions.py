"""Published versions: folders that are written once, and what the journal says of them.

`versions/<policy>/<id>/` holds `version.json` and one text a language. A folder is prepared aside
(`versions/.staging/`), named in the journal with its fingerprint, and then put in its place by one rename; a
run that was killed in between is finished by the next one.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from publisher.errors import IntegrityBroken, Place, Problem
from publisher.files import move_folder, sync_folder, write_folder
from publisher.messages import Message, msg
from publisher.records import fingerprint, readable_json
from publisher.register.journal import FILE, Entry, Event, Journal

SCHEMA: Final = "publisher/version/v1"
RECORD: Final = "version.json"
VERSION_ID: Final = re.compile(r"(\d{8})(?:-(\d+))?", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionRecord:
    """What `version.json` says: everything that was decided when the version was frozen. Never recomputed."""

    policy: str
    id: str
    kind: str
    title: Mapping[str, str]
    effective: date
    #: announced before this program was in use; None otherwise, for then the journal knows
    announced: date | None
    #: recorded as history
    history: bool
    #: the version that this one was compared with; "" for a first version
    previous: str
    #: none (first version or history), minor or significant
    level: str
    #: days of notice owed; 0 for a first version
    days: int
    counting: str
    #: how the date was counted, in words, by language
    counted: Mapping[str, str]
    reason: Mapping[str, str]
    #: lines of the summary by language
    summary: Mapping[str, Sequence[str]]
    #: findings in the form of `publisher/compare/v1`, by language
    findings: Mapping[str, Sequence[Mapping[str, Any]]]
    consent: str
    includes: Sequence[str]
    rules: str
    #: commit, fingerprint of the sources, fingerprint of change.toml
    source: Mapping[str, str]
    #: SHA-256 by language
    texts: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "policy": self.policy,
            "id": self.id,
            "kind": self.kind,
            "title": dict(self.title),
            "effective": self.effective.isoformat(),
            "announced": self.announced.isoformat() if self.announced else "",
            "history": self.history,
            "previous": self.previous,
            "level": self.level,
            "days": self.days,
            "counting": self.counting,
            "counted": dict(self.counted),
            "reason": dict(self.reason),
            "summary": {language: list(lines) for language, lines in self.summary.items()},
            "findings": {language: [dict(f) for f in found] for language, found in self.findings.items()},
            "consent": self.consent,
            "includes": list(self.includes),
            "rules": self.rules,
            "source": dict(self.source),
            "texts": dict(self.texts),
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> VersionRecord:
        """ValueError, KeyError or TypeError where `raw` is not such a record."""
        if raw["schema"] != SCHEMA:
            raise ValueError(raw["schema"])
        fields = {name: raw[name] for name in raw if name not in {"schema", "effective", "announced"}}
        return cls(
            **fields,
            effective=date.fromisoformat(raw["effective"]),
            announced=date.fromisoformat(raw["announced"]) if raw["announced"] else None,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """A version on record: its decision, its texts, and the moments of its life."""

    record: VersionRecord
    texts: Mapping[str, bytes]
    #: SHA-256 of `version.json`, as the journal has it
    digest: str
    frozen_at: datetime
    announced_at: datetime | None = None
    #: the mailing had ended; None also where none was owed
    notified_at: datetime | None = None
    #: outcomes by kind, where the mailing has ended
    deliveries: Mapping[str, int] | None = None
    in_force_at: datetime | None = None
    withdrawn_at: datetime | None = None
    #: position of the journal entry by which it came into force; 0 where it is not
    in_force_seq: int = 0

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def policy(self) -> str:
        return self.record.policy

    @property
    def public(self) -> bool:
        """Whether it may have been shown to the public.

        One that was withdrawn before its announcement counts too: a killed run may have shown it already, and an
        address that was published answers for ever.
        """
        return self.record.history or self.announced_at is not None or self.withdrawn_at is not None

    @property
    def first(self) -> bool:
        return not self.record.previous


@dataclass(frozen=True, slots=True)
class Register:
    """Everything on record."""

    entries: tuple[Entry, ...]
    versions: tuple[Version, ...]

    def of(self, policy: str) -> tuple[Version, ...]:
        """The versions of a policy in the order of their effect."""
        found = [v for v in self.versions if v.policy == policy]
        return tuple(sorted(found, key=lambda v: (v.record.effective, v.frozen_at, v.id)))

    @property
    def policies(self) -> tuple[str, ...]:
        return tuple(sorted({v.policy for v in self.versions}))

    @property
    def head(self) -> str:
        """The hash of the last journal entry; it stands for everything before it."""
        return self.entries[-1].hash if self.entries else ""

    def in_force(self, policy: str) -> Version | None:
        """The version that binds readers now."""
        effective = [v for v in self.of(policy) if v.in_force_at]
        return max(effective, key=lambda v: (v.record.effective, v.in_force_seq), default=None)

    def last_announced(self, policy: str) -> Version | None:
        """The version that a new change is compared with."""
        public = [v for v in self.of(policy) if v.public and not v.withdrawn_at]
        return max(public, key=lambda v: (v.record.effective, v.announced_at or v.frozen_at), default=None)

    def replaced_by(self, version: Version) -> Version | None:
        """The version that took over from one that was in force."""
        if not version.in_force_at:
            return None
        later = [
            v
            for v in self.of(version.policy)
            if v.in_force_at and (v.record.effective, v.in_force_seq) > (version.record.effective, version.in_force_seq)
        ]
        return min(later, key=lambda v: (v.record.effective, v.in_force_seq), default=None)

    def expecting(self, event: Event, policy: str, version: str, at: datetime) -> Register:
        """The register as it will be once `event` is in the journal; what is shown before it is written down."""
        seq = len(self.entries) + 1
        return Register(
            self.entries,
            tuple(_life(v, event, at, seq, {}) if (v.policy, v.id) == (policy, version) else v for v in self.versions),
        )

    def find(self, policy: str, version: str) -> Version | None:
        return next((v for v in self.versions if (v.policy, v.id) == (policy, version)), None)

    def state(self, version: Version) -> str:
        """frozen, upcoming, in_force, superseded or withdrawn."""
        if version.withdrawn_at:
            return "withdrawn"
        if version.in_force_at:
            return "superseded" if self.replaced_by(version) else "in_force"
        return "upcoming" if version.announced_at else "frozen"


def _life(version: Version, event: Event, at: datetime, seq: int, data: Mapping[str, Any]) -> Version:
    """The version after something has happened to it."""
    match event:
        case Event.RECORDED | Event.IN_FORCE:
            return replace(version, in_force_at=at, in_force_seq=seq)
        case Event.ANNOUNCED:
            return replace(version, announced_at=at)
        case Event.NOTIFIED:
            return replace(version, notified_at=at, deliveries=data["outcomes"])
        case Event.WITHDRAWN:
            return replace(version, withdrawn_at=at)
        case Event.FROZEN:
            return version


class VersionStore:
    """The folders and the journal of a workspace."""

    def __init__(self, versions: Path) -> None:
        self._root = versions
        self.journal = Journal(versions)

    def put(self, record: VersionRecord, texts: Mapping[str, bytes], *, at: datetime) -> None:
        """Put a version on record: prepare its folder, name it in the journal, put it in place.

        Recording a language more for a version of history replaces its folder; its other texts stay as they are.
        """
        staged = self._staged(record.policy, record.id)
        content = readable_json(record.as_json())
        files = {RECORD: content, **{f"{language}.md": text for language, text in texts.items()}}
        write_folder(staged, files)
        event = Event.RECORDED if record.history else Event.FROZEN
        self.journal.append(
            at=at,
            event=event,
            policy=record.policy,
            version=record.id,
            data={"digest": fingerprint(content), "effective": record.effective.isoformat()},
        )
        self._place(record.policy, record.id)

    def recover(self) -> None:
        """Finish what a killed run had begun: folders that the journal names and that are still aside."""
        for (policy, id_), digest in _digests(self.journal.read()).items():
            if self._folder(policy, id_, digest) == self._staged(policy, id_):
                self._place(policy, id_)

    def load(self) -> Register:
        """The register; IntegrityBroken where the journal or a folder does not fit."""
        entries = self.journal.read()
        problems: list[Problem] = []
        versions: dict[tuple[str, str], Version] = {}
        for (policy, id_), digest in _digests(entries).items():
            found, wrong = self._read(policy, id_, digest, entries)
            problems += wrong
            if found:
                versions[policy, id_] = found
        if problems:
            raise IntegrityBroken(problems)
        return Register(tuple(entries), tuple(_with_life(v, entries) for v in versions.values()))

    def verify(self) -> list[Problem]:
        """Everything that does not fit: lines, folders, texts, and folders that nobody recorded."""
        entries, problems = self._parse()
        digests = _digests(entries)
        for (policy, id_), digest in digests.items():
            problems += self._read(policy, id_, digest, entries)[1]
        known = {Path(policy) / id_ for policy, id_ in digests}
        for folder in sorted(self._root.glob("*/*")) if self._root.is_dir() else ():
            relative = folder.relative_to(self._root)
            if relative not in known and not relative.parts[0].startswith("."):
                problems.append(
                    _problem(
                        "V404",
                        relative,
                        msg("{path} stands in no record of the journal.", path=str(relative)),
                    )
                )
        for file in sorted(self._root.iterdir()) if self._root.is_dir() else ():
            if not file.is_dir() and file.name not in {FILE, ".gitkeep"}:
                problems.append(
                    _problem(
                        "V404",
                        Path(file.name),
                        msg("{path} stands in no record of the journal.", path=file.name),
                    )
                )
        return problems

    def _parse(self) -> tuple[list[Entry], list[Problem]]:
        from publisher.register.journal import parse_journal

        return parse_journal(self.journal.bytes())

    def _staged(self, policy: str, id_: str) -> Path:
        return self._root / ".staging" / policy / id_

    def _folder(self, policy: str, id_: str, digest: str) -> Path:
        """Where the version is: in its place, or still aside where a run was killed before it could put it there."""
        folder, staged = self._root / policy / id_, self._staged(policy, id_)

        def fits(candidate: Path) -> bool:
            record = candidate / RECORD
            return record.is_file() and fingerprint(record.read_bytes()) == digest

        return staged if fits(staged) and not fits(folder) else folder

    def _place(self, policy: str, id_: str) -> None:
        target, staged = self._root / policy / id_, self._staged(policy, id_)
        former = staged.with_name(f"{id_}.former")
        if target.exists():
            if former.exists():
                shutil.rmtree(former)
            move_folder(target, former)
        move_folder(staged, target)
        shutil.rmtree(self._root / ".staging")
        sync_folder(self._root)

    def _read(
        self, policy: str, id_: str, digest: str, entries: Sequence[Entry]
    ) -> tuple[Version | None, list[Problem]]:
        """A version from its folder, or what is wrong with the folder."""
        relative = Path(policy) / id_
        folder = self._folder(policy, id_, digest)
        since = next(e for e in reversed(entries) if (e.policy, e.version) == (policy, id_) and "digest" in e.data)
        try:
            content = (folder / RECORD).read_bytes()
            if fingerprint(content) != digest:
                return None, [_changed(relative / RECORD, since)]
            record = VersionRecord.from_json(json.loads(content))
            texts = {language: (folder / f"{language}.md").read_bytes() for language in record.texts}
        except FileNotFoundError as error:
            missing = relative / Path(str(error.filename)).name
            return None, [
                _problem(
                    "V403",
                    missing,
                    msg(
                        "{path} is missing; record {seq:id} of {day} names it.",
                        path=str(missing),
                        seq=since.seq,
                        day=since.at.date(),
                    ),
                )
            ]
        except (OSError, ValueError, KeyError, TypeError):
            return None, [_changed(relative / RECORD, since)]
        wrong = [
            _changed(relative / f"{language}.md", since)
            for language, digest in record.texts.items()
            if fingerprint(texts[language]) != digest
        ]
        expected = {RECORD, *(f"{language}.md" for language in record.texts)}
        wrong += [
            _problem(
                "V404",
                relative / f.name,
                msg("{path} stands in no record of the journal.", path=str(relative / f.name)),
            )
            for f in sorted(folder.iterdir())
            if f.name not in expected
        ]
        if wrong:
            return None, wrong
        return Version(record=record, texts=texts, digest=digest, frozen_at=since.at), []


def _digests(entries: Iterable[Entry]) -> dict[tuple[str, str], str]:
    """The fingerprint that the journal last named for each version."""
    return {(e.policy, e.version): e.data["digest"] for e in entries if "digest" in e.data}


def _with_life(version: Version, entries: Sequence[Entry]) -> Version:
    """The version with the moments that the journal has for it."""
    for entry in entries:
        if (entry.policy, entry.version) == (version.policy, version.id):
            version = _life(version, entry.event, entry.at, entry.seq, entry.data)
    return version


def _problem(code: str, path: Path, message: Message) -> Problem:
    return Problem(
        code=code,
        message=message,
        place=Place(path=f"versions/{path.as_posix()}"),
        hint=msg("Do not publish. Restore the folder versions from git or a backup, then run `publisher verify`."),
    )


def _changed(path: Path, since: Entry) -> Problem:
    return _problem(
        "V405",
        path,
        msg(
            "{path} does not match the fingerprint of record {seq:id} ({day}): a published text or decision was "
            "changed after it was recorded.",
            path=f"versions/{path.as_posix()}",
            seq=since.seq,
            day=since.at.date(),
        ),
    )

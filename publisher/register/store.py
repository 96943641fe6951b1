"""The folders of published versions: written once, verified byte by byte, never changed.

`versions/<policy>/<id>/` holds `version.json` and one text a language. A folder is prepared aside
(`versions/.staging/`), named in the journal with its fingerprint, and then put in its place by one rename; a
run that was killed in between is finished by the next one.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from publisher.errors import IntegrityBroken, Place, Problem
from publisher.files import move_folder, sync_folder, write_folder
from publisher.messages import Message, msg
from publisher.records import fingerprint, readable_json
from publisher.register.journal import FILE, Entry, Event, Journal, parse_journal
from publisher.register.versions import Register, Version, VersionRecord, with_life

RECORD: Final = "version.json"


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
        about = _by_version(entries)
        for (policy, id_), digest in _digests(entries).items():
            found, wrong = self._read(policy, id_, digest, about[policy, id_])
            problems += wrong
            if found:
                versions[policy, id_] = found
        if problems:
            raise IntegrityBroken(problems)
        return Register(tuple(entries), tuple(with_life(v, about[key]) for key, v in versions.items()))

    def verify(self) -> list[Problem]:
        """Everything that does not fit: lines, folders, texts, and folders that nobody recorded."""
        entries, problems = parse_journal(self.journal.bytes())
        digests, about = _digests(entries), _by_version(entries)
        for (policy, id_), digest in digests.items():
            problems += self._read(policy, id_, digest, about[policy, id_])[1]
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
        """A version from its folder, or what is wrong with the folder; `entries` are those about it."""
        relative = Path(policy) / id_
        folder = self._folder(policy, id_, digest)
        since = next(e for e in reversed(entries) if "digest" in e.data)
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


def _by_version(entries: Iterable[Entry]) -> dict[tuple[str, str], list[Entry]]:
    """The entries about each version; so that what is done for every version does not read the whole journal."""
    found: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        found.setdefault((entry.policy, entry.version), []).append(entry)
    return found


def _digests(entries: Iterable[Entry]) -> dict[tuple[str, str], str]:
    """The fingerprint that the journal last named for each version."""
    return {(e.policy, e.version): e.data["digest"] for e in entries if "digest" in e.data}


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

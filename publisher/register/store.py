"""The folders of published versions: written once, verified byte by byte, never changed.

`versions/<policy>/<id>/` holds `version.json`, one text a language, and its PDF where one was made. A folder is
prepared aside (`versions/.staging/`), named in the journal with its fingerprint, and then put in its place by one
rename; a run that was killed in between is finished by the next one.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

from publisher.errors import IntegrityBroken, Place, Problem, cannot_write
from publisher.files import move_folder, sync_folder, write_folder
from publisher.messages import Message, msg
from publisher.records import fingerprint, readable_json
from publisher.register.journal import FILE, Entry, Event, Journal, parse_journal
from publisher.register.pdfs import fingerprints, pdfs_in
from publisher.register.versions import Register, Version, VersionRecord, with_life

RECORD: Final = "version.json"
#: The folder of signed heads of the journal, and the names in it: a head and its signature.
HEADS: Final = "heads"
HEAD_FILE: Final = re.compile(r"[0-9]{6,}\.txt(\.sig)?", re.ASCII)


class VersionStore:
    """The folders and the journal of a workspace."""

    def __init__(self, versions: Path, before_write: Callable[[], None] = lambda: None) -> None:
        self._root = versions
        self.journal = Journal(versions, before_write)

    def put(
        self,
        record: VersionRecord,
        texts: Mapping[str, bytes],
        *,
        at: datetime,
        pdfs: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        """Put a version on record: prepare its folder, name it in the journal, put it in place.

        Recording a language more for a version of history replaces its folder; its other texts and PDFs stay as they
        are, so `texts` and `pdfs` hold them too.
        """
        staged = self._staged(record.policy, record.id)
        content = readable_json(record.as_json())
        files = {RECORD: content, **{f"{language}.md": text for language, text in texts.items()}}
        write_folder(staged, files | {f"{language}.pdf": pdf for language, pdf in pdfs.items()})
        data = {"digest": fingerprint(content), "effective": record.effective.isoformat(), **fingerprints(pdfs)}
        event = Event.RECORDED if record.history else Event.FROZEN
        self.journal.append(
            at=at,
            event=event,
            policy=record.policy,
            version=record.id,
            data=data,
        )
        self._place(record.policy, record.id)

    def recover(self) -> None:
        """Finish what a killed run had begun: folders that the journal names and that are still aside."""
        for (policy, id_), since in _recorded(self.journal.read()).items():
            if self._folder(policy, id_, since.data["digest"]) == self._staged(policy, id_):
                self._place(policy, id_)

    def load(self) -> Register:
        """The register; IntegrityBroken where the journal or a folder does not fit."""
        entries = self.journal.read()
        problems: list[Problem] = []
        versions: dict[tuple[str, str], Version] = {}
        lives: dict[tuple[str, str], list[Entry]] = defaultdict(list)
        for entry in entries:
            lives[entry.policy, entry.version].append(entry)
        for (policy, id_), since in _recorded(entries).items():
            found, wrong = self._read(policy, id_, since)
            problems += wrong
            if found:
                versions[policy, id_] = found
        if problems:
            raise IntegrityBroken(problems)
        return Register(tuple(entries), tuple(with_life(v, lives[key]) for key, v in versions.items()))

    def verify(self) -> list[Problem]:
        """Everything that does not fit: lines, folders, texts, and folders that nobody recorded."""
        try:
            entries, problems = parse_journal(self.journal.bytes())
        except IntegrityBroken as error:
            return list(error.problems)
        recorded = _recorded(entries)
        for (policy, id_), since in recorded.items():
            version, wrong = self._read(policy, id_, since)
            problems += wrong or ([] if version is None else _changed_pdfs(version, since))
        known = {Path(policy) / id_ for policy, id_ in recorded}
        for folder in sorted(self._root.glob("*/*")) if self._root.is_dir() else ():
            relative = folder.relative_to(self._root)
            if relative.parts[0] == HEADS and HEAD_FILE.fullmatch(folder.name):
                continue
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
        try:
            if target.exists():
                if former.exists():
                    shutil.rmtree(former)
                move_folder(target, former)
            move_folder(staged, target)
            shutil.rmtree(self._root / ".staging")
            sync_folder(self._root)
        except OSError as error:
            raise cannot_write(str(target), error) from error

    def _read(self, policy: str, id_: str, since: Entry) -> tuple[Version | None, list[Problem]]:
        """A version from its folder, or what is wrong with the folder. `since`: the entry that named it last."""
        relative = Path(policy) / id_
        digest = since.data["digest"]
        folder = self._folder(policy, id_, digest)
        try:
            content = (folder / RECORD).read_bytes()
            if fingerprint(content) != digest:
                return None, [_changed(relative / RECORD, since)]
            record = VersionRecord.from_json(json.loads(content))
            texts = {language: (folder / f"{language}.md").read_bytes() for language in record.texts}
            pdfs = pdfs_in(folder, since.data, record.texts)
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
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None, [_changed(relative / RECORD, since)]
        wrong = [
            _changed(relative / f"{language}.md", since)
            for language, digest in record.texts.items()
            if fingerprint(texts[language]) != digest
        ]
        expected = {RECORD, *(f"{language}.md" for language in record.texts), *(f"{language}.pdf" for language in pdfs)}
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
        return Version(record=record, texts=texts, digest=digest, frozen_at=since.at, pdfs=pdfs), []


def _recorded(entries: Iterable[Entry]) -> dict[tuple[str, str], Entry]:
    """The entry that last named the fingerprint of each version."""
    return {(e.policy, e.version): e for e in entries if "digest" in e.data}


def _problem(code: str, path: Path, message: Message) -> Problem:
    return Problem(
        code=code,
        message=message,
        place=Place(path=f"versions/{path.as_posix()}"),
        hint=msg("Do not publish. Restore the folder versions from git or a backup, then run `publisher verify`."),
    )


def _changed_pdfs(version: Version, since: Entry) -> list[Problem]:
    """PDFs that are not as they were recorded; `_read` does not read them: most runs need few."""
    return [
        _changed(Path(version.policy) / version.id / f"{language}.pdf", since)
        for language, pdf in version.pdfs.items()
        if not pdf.holds()
    ]


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

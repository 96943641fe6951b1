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
from publisher.register.frozen import FrozenFile, FrozenTexts, fingerprints, pdfs_in, texts_in
from publisher.register.journal import FILE, Entry, Event, Journal, parse_journal
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

    def load(self, *, check_texts: bool = True) -> Register:
        """The register; IntegrityBroken where the journal or a folder does not fit.

        Decisions are always compared with the journal. `check_texts`: every text and what else lies in the folders too;
        without it a text is compared with its fingerprint when it is read.
        """
        entries = self.journal.read()
        problems: list[Problem] = []
        versions: dict[tuple[str, str], Version] = {}
        lives: dict[tuple[str, str], list[Entry]] = defaultdict(list)
        for entry in entries:
            lives[entry.policy, entry.version].append(entry)
        for (policy, id_), since in _recorded(entries).items():
            found, wrong = self._read(policy, id_, since, check_texts=check_texts)
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
            version, wrong = self._read(policy, id_, since, check_texts=True)
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

    def _read(self, policy: str, id_: str, since: Entry, *, check_texts: bool) -> tuple[Version | None, list[Problem]]:
        """A version from its folder, or what is wrong with the folder. `since`: the entry that named it last."""
        relative = Path(policy) / id_
        digest = since.data["digest"]
        folder = self._folder(policy, id_, digest)
        try:
            content = (folder / RECORD).read_bytes()
            if fingerprint(content) != digest:
                return None, [_changed(relative / RECORD, since)]
            record = VersionRecord.from_json(json.loads(content))
            texts, pdfs = texts_in(folder, record.texts), pdfs_in(folder, since.data)
            if not pdfs.keys() <= texts.keys():
                return None, [_changed(relative / RECORD, since)]
            wrong = _amiss(folder, relative, since, texts, pdfs) if check_texts else []
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
        if wrong:
            return None, wrong
        return Version(record=record, texts=FrozenTexts(texts), digest=digest, frozen_at=since.at, pdfs=pdfs), []


def _amiss(
    folder: Path, relative: Path, since: Entry, texts: Mapping[str, FrozenFile], pdfs: Mapping[str, FrozenFile]
) -> list[Problem]:
    """What of a folder is not as it was recorded; PDFs have to be there and are not read: most runs need few.

    FileNotFoundError where a file is missing.
    """
    expected = {RECORD}
    for file in (*texts.values(), *pdfs.values()):
        file.path.stat()
        expected.add(file.path.name)
    wrong = [_changed(relative / file.path.name, since) for file in texts.values() if not file.holds()]
    return wrong + [
        _problem(
            "V404",
            relative / found.name,
            msg("{path} stands in no record of the journal.", path=str(relative / found.name)),
        )
        for found in sorted(folder.iterdir())
        if found.name not in expected
    ]


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
    """PDFs that are not as they were recorded."""
    return [
        _changed(Path(version.policy) / version.id / pdf.path.name, since)
        for pdf in version.pdfs.values()
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

"""The journal: one line an event, each with the hash of the line before it.

Nothing in it is ever changed. Line format: canonical JSON with the keys `seq`, `at` (UTC), `event`, `policy`,
`version`, `data`, `prev` and `hash`; `hash` is the SHA-256 of the line without `hash`. It names no person.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from publisher.errors import IntegrityBroken, Place, Problem
from publisher.files import write_file
from publisher.messages import msg
from publisher.records import canonical_json, fingerprint, instant, instant_text

#: What stands as the hash before the first line.
ORIGIN: Final = "0" * 64
FILE: Final = "journal.jsonl"
_PLACE: Final = f"versions/{FILE}"


class Event(StrEnum):
    """What can happen to a version."""

    #: history: a version published before this program was in use
    RECORDED = "recorded"
    FROZEN = "frozen"
    ANNOUNCED = "announced"
    #: the announced pages were fetched back from the public site
    LIVE_CHECKED = "live_checked"
    #: every recipient has an outcome
    NOTIFIED = "notified"
    IN_FORCE = "in_force"
    #: a later day of effect was announced
    POSTPONED = "postponed"
    WITHDRAWN = "withdrawn"
    #: every recipient of an amended notice (postponed, withdrawn) has an outcome
    AMENDMENT_NOTIFIED = "amendment_notified"


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One line of the journal."""

    seq: int
    at: datetime
    event: Event
    policy: str
    version: str
    data: Mapping[str, Any]
    prev: str
    hash: str

    def line(self) -> bytes:
        return canonical_json({**_content(self), "hash": self.hash}) + b"\n"


def _content(entry: Entry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "at": instant_text(entry.at),
        "event": entry.event.value,
        "policy": entry.policy,
        "version": entry.version,
        "data": dict(entry.data),
        "prev": entry.prev,
    }


def next_entry(
    entries: Sequence[Entry],
    *,
    at: datetime,
    event: Event,
    policy: str,
    version: str,
    data: Mapping[str, Any],
) -> Entry:
    """The entry that continues `entries`."""
    unsigned = Entry(
        seq=len(entries) + 1,
        at=instant(instant_text(at)),
        event=event,
        policy=policy,
        version=version,
        data=data,
        prev=entries[-1].hash if entries else ORIGIN,
        hash="",
    )
    return Entry(
        seq=unsigned.seq,
        at=unsigned.at,
        event=event,
        policy=policy,
        version=version,
        data=data,
        prev=unsigned.prev,
        hash=fingerprint(canonical_json(_content(unsigned))),
    )


def parse_journal(data: bytes) -> tuple[list[Entry], list[Problem]]:
    """The entries of a journal, up to the first line that does not fit, and what is wrong with that line."""
    entries: list[Entry] = []
    lines = data.split(b"\n")
    if lines.pop() != b"":
        return entries, [_problem(len(lines) + 1, "V402")]
    for number, line in enumerate(lines, 1):
        entry = _read(line)
        if entry is None:
            return entries, [_problem(number, "V402")]
        content = {**_content(entry), "seq": number, "prev": entries[-1].hash if entries else ORIGIN}
        digest = fingerprint(canonical_json(content))
        if canonical_json({**content, "hash": digest}) != line:
            return entries, [_problem(number, "V400")]
        entries.append(entry)
    return entries, []


def _read(line: bytes) -> Entry | None:
    try:
        raw = json.loads(line)
        return Entry(
            seq=raw["seq"],
            at=instant(raw["at"]),
            event=Event(raw["event"]),
            policy=raw["policy"],
            version=raw["version"],
            data=raw["data"],
            prev=raw["prev"],
            hash=raw["hash"],
        )
    except (ValueError, KeyError, TypeError):
        return None


def _problem(line: int, code: str) -> Problem:
    message = (
        msg(
            "Record {line:id} of the journal does not match its fingerprint: it, or what stands before it, was changed "
            "after it was written.",
            line=line,
        )
        if code == "V400"
        else msg("Record {line:id} of the journal cannot be read.", line=line)
    )
    return Problem(
        code=code,
        message=message,
        place=Place(path=_PLACE, line=line),
        hint=msg("Do not publish. Restore {path} from git or a backup, then run `publisher verify`.", path=_PLACE),
    )


class Journal:
    """The journal of a workspace, as a file."""

    def __init__(self, versions: Path, before_write: Callable[[], None] = lambda: None) -> None:
        self._path = versions / FILE
        #: raises where the right to write has been lost
        self._before_write = before_write

    def read(self) -> list[Entry]:
        """Every entry; IntegrityBroken (exit 8) where a line does not fit."""
        entries, problems = parse_journal(self.bytes())
        if problems:
            raise IntegrityBroken(problems)
        return entries

    def bytes(self) -> bytes:
        """The journal as it stands, b"" where there is none yet; IntegrityBroken where it cannot be read as a file."""
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise IntegrityBroken(_problem(1, "V402")) from error

    def append(self, *, at: datetime, event: Event, policy: str, version: str, data: Mapping[str, Any]) -> Entry:
        """Write one more entry; it is returned."""
        entry = next_entry(self.read(), at=at, event=event, policy=policy, version=version, data=data)
        self.write(entry)
        return entry

    def write(self, *more: Entry) -> None:
        """Write entries that continue the journal, all or none, durably.

        The file is replaced whole, so no half line can remain. IntegrityBroken where they do not continue it.
        """
        after = self.bytes() + b"".join(entry.line() for entry in more)
        _, problems = parse_journal(after)
        if problems:
            raise IntegrityBroken(problems)
        self._before_write()
        write_file(self._path, after)

"""Takes in a list of recipients. Good rows go in, also beside bad ones; nothing of the list is held in memory."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, case, func, null, select

from publisher.errors import Place, Problem
from publisher.mail.addresses import usable_address
from publisher.mail.database import database_errors, recipients
from publisher.mail.lists import COLUMNS, Row, file_rows
from publisher.mail.recipients import Recipient
from publisher.mail.vault import Vault
from publisher.messages import Message, msg

#: Rows of one transaction: the index of addresses is written to at random, so that few large ones cost less.
BATCH: Final = 5000
#: What the id of somebody who was erased begins with; nobody else's does.
ERASED: Final = "erased-"
_ID: Final = re.compile(rf"(?!{ERASED})[^\x00-\x20\x7f-\x9f\u2028\u2029]{{1,200}}")
#: In a name these could turn into another header, another address or another direction of writing.
_UNSAFE_NAME: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff<>]|=\?"
)
_NO_UNICODE: Final = re.compile(r"[\ud800-\udfff]")
_YES: Final = {**dict.fromkeys(("true", "yes", "1", "y"), True), **dict.fromkeys(("false", "no", "0", "n", ""), False)}


@dataclass(kw_only=True, slots=True)
class ImportReport:
    """What became of an imported list, in numbers of rows."""

    added: int = 0
    updated: int = 0
    rejected: int = 0
    without_address: int = 0
    #: rows whose language is not one of the workspace; they are written in the default one
    other_language: int = 0
    #: rows with an id that an earlier row has too; the last one counts
    repeated: int = 0

    def as_json(self) -> dict[str, int]:
        return asdict(self)


def import_recipients(
    engine: Engine,
    vault: Vault,
    path: Path,
    languages: tuple[str, ...],
    on_problem: Callable[[Problem], None] = lambda _: None,
    *,
    dry_run: bool = False,
) -> ImportReport:
    """Take in a CSV or JSONL file with the columns id, email, name, language, guardian and watcher."""
    return import_rows(engine, vault, file_rows(path), str(path), languages, on_problem, dry_run=dry_run)


def import_rows(
    engine: Engine,
    vault: Vault,
    rows: Iterable[Row],
    source: str,
    languages: tuple[str, ...],
    on_problem: Callable[[Problem], None] = lambda _: None,
    *,
    at: datetime | None = None,
    dry_run: bool = False,
) -> ImportReport:
    """Take in rows from anywhere; `source` is what problems call it, `at` the moment that rows are marked with.

    Each bad row is reported by its number, never with its address. A recipient who is known already is updated.
    `languages`: those of the workspace, the default first.
    """
    report = ImportReport()
    moment = at or datetime.now(UTC)
    batch: dict[str, Recipient] = {}

    def reject(number: int, reason: Message) -> None:
        report.rejected += 1
        on_problem(
            Problem(
                code="S240",
                message=msg("Row {row:id} is left out: {reason}.", row=number, reason=reason),
                place=Place(path=source, line=number),
            )
        )

    def store() -> None:
        new = seen.add(batch)
        report.repeated += len(batch) - len(new)
        with engine.begin() as connection:
            known = set(connection.scalars(select(recipients.c.id).where(recipients.c.id.in_(new)))) if new else set()
            report.updated += len(known)
            report.added += len(new) - len(known)
            if not dry_run:
                _upsert(connection, [_locked(vault, one, moment) for one in batch.values()])
        batch.clear()

    with _seen() as seen, database_errors(str(engine.url)):
        for number, row in rows:
            made = row if isinstance(row, Message) else recipient_of(row)
            if isinstance(made, Message):
                reject(number, made)
                continue
            report.without_address += not made.address
            report.repeated += made.id in batch
            if made.language not in languages:
                report.other_language += 1
                made = _in(made, languages[0])
            batch[made.id] = made
            if len(batch) >= BATCH:
                store()
        if batch:
            store()
    return report


def recipient_of(row: Mapping[str, Any]) -> Recipient | Message:
    """The recipient that a row describes, or why it describes none; the language as it stands, in small letters."""
    try:
        words = [_word(row.get(name)) for name in COLUMNS]
    except ValueError:  # bytes that are no UTF-8, a number of thousands of digits
        return msg("it is not UTF-8")
    id_, email, name, language, guardian, watcher = words
    if _NO_UNICODE.search("".join(words)):
        return msg("it is not UTF-8")
    if not _ID.fullmatch(id_):
        return msg("it has no usable id")
    if len(name) > 200 or _UNSAFE_NAME.search(name):
        return msg("the name contains characters that a mail's header cannot have, or is too long")
    if guardian.lower() not in _YES:
        return msg("guardian is neither true nor false")
    if watcher.lower() not in _YES:
        return msg("watcher is neither true nor false")
    try:
        address = usable_address(email) if email else ""
    except ValueError:
        return msg("the e-mail address cannot be used")
    return Recipient(
        id=id_,
        address=address,
        name=name,
        language=language.lower(),
        guardian=_YES[guardian.lower()],
        watcher=_YES[watcher.lower()],
    )


def _word(value: Any) -> str:
    if value is None:
        return ""
    return (value.decode("utf-8") if isinstance(value, bytes) else str(value)).strip()


def _in(recipient: Recipient, language: str) -> Recipient:
    return Recipient(
        id=recipient.id,
        address=recipient.address,
        name=recipient.name,
        language=language,
        guardian=recipient.guardian,
        watcher=recipient.watcher,
    )


def _locked(vault: Vault, one: Recipient, at: datetime) -> dict[str, Any]:
    return {
        "id": one.id,
        "address": vault.lock(one.address, one.id, "address"),
        "name": vault.lock(one.name, one.id, "name"),
        "language": one.language,
        "guardian": one.guardian,
        "watcher": one.watcher,
        "blind": vault.blind(one.address),
        "key_number": vault.current,
        "imported_at": at,
        "updated_at": at,
    }


def _upsert(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Put rows in; of somebody who is there already only the time of the first import stays."""
    from sqlalchemy.dialects import postgresql, sqlite

    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(recipients)
    later: dict[str, Any] = {
        column.name: statement.excluded[column.name]
        for column in recipients.c
        if column.name not in {"id", "imported_at"}
    }
    # An address that does not exist is not tried again because it was imported again.
    same = recipients.c.blind == statement.excluded.blind
    later["unusable_at"] = case((same, recipients.c.unusable_at), else_=null())
    # One that an older release imported has no first time.
    later["imported_at"] = func.coalesce(recipients.c.imported_at, statement.excluded.imported_at)
    connection.execute(statement.on_conflict_do_update(index_elements=[recipients.c.id], set_=later), rows)


class _Seen:
    """Which ids the rows before had: 8 bytes of a hash each, in a file without a name that ends with the import."""

    def __init__(self, file: sqlite3.Connection) -> None:
        self._file = file

    def add(self, ids: Iterable[str]) -> set[str]:
        """Those of `ids`, each given once, that were not there before."""
        # Of 50 million ids two share one with a chance of 1 in 14,000: one row is counted wrongly, and stored well.
        short = {
            int.from_bytes(hashlib.blake2b(i.encode("utf-8"), digest_size=8).digest(), "big", signed=True): i
            for i in ids
        }
        marks = ",".join("?" * len(short))
        rows = self._file.execute(f"SELECT id FROM seen WHERE id IN ({marks})", list(short))  # noqa: S608 - marks
        before = {number for (number,) in rows}
        self._file.executemany("INSERT INTO seen VALUES (?)", ((n,) for n in sorted(short.keys() - before)))
        return {i for number, i in short.items() if number not in before}


@contextmanager
def _seen() -> Iterator[_Seen]:
    file = sqlite3.connect("")  # on the disk, beyond a cache of 2 MB
    try:
        file.execute("CREATE TABLE seen (id INTEGER PRIMARY KEY)")
        yield _Seen(file)
    finally:
        file.close()

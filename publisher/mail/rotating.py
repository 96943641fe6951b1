"""Replaces the key that persons are locked with, batch by batch, while rows under the old one are still read.

Nothing has to be remembered: what is locked says with which key (vault.py). After a kill it is simply run again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Engine, Table, and_, func, or_, select, tuple_, update

from publisher.mail.database import database_errors, deliveries, reading, receipts, recipients
from publisher.mail.receipts import private_column
from publisher.mail.vault import NUMBER, Vault, prefix

#: Rows of one transaction.
BATCH: Final = 1000


@dataclass(frozen=True, slots=True)
class _Locked:
    """A table with something locked in it."""

    table: Table
    #: its primary key, in the order of the index
    key: tuple[Column[Any], ...]
    #: whose id is bound to what is locked
    person: Column[Any]
    columns: tuple[Column[Any], ...]
    #: what the vault calls a column of a row
    called: Callable[[Column[Any], Any], str]


_TABLES: Final = (
    _Locked(
        recipients,
        (recipients.c.id,),
        recipients.c.id,
        (recipients.c.address, recipients.c.name),
        lambda column, _: column.name,
    ),
    _Locked(
        deliveries,
        (deliveries.c.notice, deliveries.c.recipient),
        deliveries.c.recipient,
        (deliveries.c.address,),
        lambda column, _: column.name,
    ),
    _Locked(
        receipts,
        (receipts.c.notice, receipts.c.leaf),
        receipts.c.recipient,
        (receipts.c.private,),
        lambda _, row: private_column(str(row[receipts.c.notice])),
    ),
)


def rotate(engine: Engine, vault: Vault, on_rows: Callable[[int], None] = lambda _: None) -> int:
    """Lock everything anew that is locked with another key than the vault's current one; how many rows that were.

    `on_rows` is told how many are done. Raises IntegrityBroken (V431) where a key is missing or a row was changed;
    what was done before stays done.
    """
    done = 0
    with database_errors(str(engine.url)):
        for locked in _TABLES:
            for number in _batches(engine, vault, locked):
                done += number
                on_rows(done)
    return done


def keys_in_use(engine: Engine, vault: Vault) -> set[int]:
    """The numbers of the vault's keys that something in the database is locked with."""
    used = set()
    with database_errors(str(engine.url)), reading(engine) as connection:
        for number in vault.numbers:
            if any(_uses(connection, locked, number) for locked in _TABLES):
                used.add(number)
    return used


def _uses(connection: Connection, locked: _Locked, number: int) -> bool:
    mine = or_(*(func.substr(column, 1, NUMBER) == prefix(number) for column in locked.columns))
    return connection.execute(select(locked.person).where(mine).limit(1)).first() is not None


def _batches(engine: Engine, vault: Vault, locked: _Locked) -> Iterator[int]:
    """How many rows each batch changed."""
    after: tuple[Any, ...] | None = None
    while True:
        with engine.begin() as connection:
            rows = _next(connection, vault, locked, after)
            if not rows:
                return
            for row in rows:
                connection.execute(
                    update(locked.table)
                    .where(*(column == row[column] for column in locked.key))
                    .values(_anew(vault, locked, row))
                )
        after = tuple(rows[-1][column] for column in locked.key)
        yield len(rows)


def _next(connection: Connection, vault: Vault, locked: _Locked, after: tuple[Any, ...] | None) -> list[Any]:
    """The next rows under another key, held until they are written; nobody else changes them meanwhile."""
    other: list[ColumnElement[bool]] = [
        and_(column.is_not(None), func.substr(column, 1, NUMBER) != prefix(vault.current)) for column in locked.columns
    ]
    if locked.table is recipients:  # imported by a release that had no blind index
        other.append(and_(recipients.c.address.is_not(None), recipients.c.blind.is_(None)))
    statement = (
        select(*locked.key, locked.person, *locked.columns).where(or_(*other)).order_by(*locked.key).limit(BATCH)
    )
    if after is not None:
        statement = statement.where(tuple_(*locked.key) > after)
    return list(connection.execute(statement.with_for_update()).mappings())


def _anew(vault: Vault, locked: _Locked, row: Any) -> dict[str, Any]:
    person = str(row[locked.person])
    words = {c: vault.unlock(_bytes(row[c]), person, locked.called(c, row)) for c in locked.columns}
    values: dict[str, Any] = {c.name: vault.lock(said, person, locked.called(c, row)) for c, said in words.items()}
    if locked.table is recipients:
        values |= {"key_number": vault.current, "blind": vault.blind(words[recipients.c.address])}
    return values


def _bytes(value: bytes | None) -> bytes | None:
    return None if value is None else bytes(value)

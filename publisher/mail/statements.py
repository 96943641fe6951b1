"""The outbox's statements that run for every few letters, as the driver takes them.

On SQLite a statement runs once for each row, which costs less than taking the rows apart there; on PostgreSQL, which
would answer each row by itself, all rows go in as one parameter, JSON. Made ready once: for so few rows, putting the
statement together would cost more than running it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, CursorResult, DateTime, Dialect

#: What a worker writes names its claim: owner and attempt. One whose claim was lost changes nothing.
_MINE: Final = "deliveries.attempts = given.attempt AND deliveries.owner = :owner AND deliveries.state = 'sending'"

# ruff: noqa: S608 - nothing that comes from outside is put into a statement

#: Columns of the rows with their types, then the statement; {given} stands for the rows, {row} for finding one.
_CLAIM: Final = (
    {"recipient": "text", "token": "text"},
    "UPDATE deliveries SET state = 'sending', attempts = attempts + 1, owner = :owner, lease_until = {lease_end}, "
    "intent_at = NULL, not_before = NULL, token = given.token, updated_at = :now, "
    "address = (SELECT address FROM recipients WHERE id = deliveries.recipient) "
    "{given} WHERE {row}",
)
_SETTLE: Final = (
    {
        "recipient": "text",
        "attempt": "integer",
        "state": "text",
        "attempts": "integer",
        "uncertain": "integer",
        "code": "integer",
        "reply": "text",
        "not_before": "timestamptz",
    },
    "UPDATE deliveries SET owner = NULL, updated_at = :now, state = given.state, attempts = given.attempts, "
    "uncertain = given.uncertain, code = given.code, reply = given.reply, not_before = given.not_before "
    f"{{given}} WHERE {{row}} AND {_MINE}",
)
_INTEND: Final = (
    {"recipient": "text", "attempt": "integer"},
    f"UPDATE deliveries SET intent_at = :now {{given}} WHERE {{row}} AND {_MINE} AND {{lease_holds}} "
    "AND NOT EXISTS (SELECT 1 FROM mailings WHERE mailings.notice = :notice AND paused IS NOT NULL)",
)

#: What is the same for all rows of a statement.
_SHARED: Final = ("notice", "owner", "now")
_PARAMETER: Final = re.compile(r":(\w+)")
_VALUE: Final = re.compile(r"(?:given\.|:)(\w+)")


class Statements:
    """For one kind of database; `lease`: seconds for which a claim holds, where it is not held by a lock.

    Rows are tuples in the order of a statement's columns; a moment in them is given by `moment`.
    """

    def __init__(self, dialect: Dialect, lease: int) -> None:
        self._by_row = dialect.name == "sqlite"
        self._stored = DateTime(timezone=True).dialect_impl(dialect).bind_processor(dialect)
        self._claim, self._settle, self._intend = (
            _by_row(*one) if self._by_row else _at_once(*one, lease) for one in (_CLAIM, _SETTLE, _INTEND)
        )

    def moment(self, at: datetime | None) -> str | None:
        """As the database keeps it."""
        if at is None:
            return None
        return str(self._stored(at)) if self._stored else at.isoformat()

    def claim(
        self, connection: Connection, notice: str, owner: str, now: datetime, rows: Sequence[tuple[str, str]]
    ) -> None:
        """Write down as claimed by `owner`; rows of recipient and token."""
        self._run(connection, self._claim, rows, (notice, owner, self.moment(now)))

    def settle(
        self, connection: Connection, notice: str, owner: str, now: datetime, rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Write down what became of attempts; rows of recipient, attempt, and the new state, attempts and so on."""
        self._run(connection, self._settle, rows, (notice, owner, self.moment(now)))

    def intend(
        self, connection: Connection, notice: str, owner: str, now: datetime, attempts: Mapping[str, int]
    ) -> Collection[str]:
        """Write down that letters are about to go out, by recipient and attempt; whose may."""
        rows, shared = list(attempts.items()), (notice, owner, self.moment(now))
        if self._run(connection, self._intend, rows, shared).rowcount == len(rows):
            return attempts.keys()
        if self._by_row:
            return frozenset(row[0] for row in rows if self._run(connection, self._intend, [row], shared).rowcount)
        found = self._run(connection, f"{self._intend} RETURNING deliveries.recipient", rows, shared)
        return frozenset(str(recipient) for recipient in found.scalars())

    def _run(
        self, connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]], shared: tuple[Any, ...]
    ) -> CursorResult[Any]:
        if self._by_row:
            return connection.exec_driver_sql(statement, [row + shared for row in rows])
        return connection.exec_driver_sql(
            statement, {"rows": json.dumps(rows), **dict(zip(_SHARED, shared, strict=True))}
        )


def _by_row(columns: Mapping[str, str], statement: str) -> str:
    places = {name: number for number, name in enumerate((*columns, *_SHARED), 1)}
    written = statement.format(
        given="",
        row="deliveries.notice = :notice AND deliveries.recipient = :recipient",
        lease_end="NULL",
        lease_holds="true",
    )
    return _VALUE.sub(lambda found: f"?{places[found[1]]}", written)


def _at_once(columns: Mapping[str, str], statement: str, lease: int) -> str:
    named = ", ".join(f"CAST(value ->> {at} AS {kind}) AS {name}" for at, (name, kind) in enumerate(columns.items()))
    written = statement.format(
        given=f"FROM (SELECT {named} FROM json_array_elements(CAST(:rows AS json))) AS given",
        row="deliveries.notice = :notice AND deliveries.recipient = given.recipient",
        lease_end=f"now() + interval '{lease} seconds'",
        lease_holds="deliveries.lease_until > now()",
    )
    return _PARAMETER.sub(r"%(\1)s", written)

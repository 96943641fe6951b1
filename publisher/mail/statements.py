"""The outbox's statements that run for every few letters, as the driver takes them.

All rows go in as one parameter, JSON. SQLite's driver gives up the interpreter at each step of a statement, so a
statement for each row would hand it to and fro between the connections and the database; PostgreSQL would answer each
row by itself. Made ready once: for so few rows, putting the statement together would cost more than running it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, DateTime, Dialect

#: What a worker writes names its claim: owner and attempt. One whose claim was lost changes nothing.
_MINE: Final = "deliveries.attempts = given.attempt AND deliveries.owner = :owner AND deliveries.state = 'sending'"

# ruff: noqa: S608 - nothing that comes from outside is put into a statement

#: Columns of the rows with their types, then the statement; {given} stands for the rows, {row} for finding one.
_CLAIM: Final = (
    {"recipient": "text", "token": "text"},
    "UPDATE deliveries SET state = 'sending', attempts = attempts + 1, owner = :owner, lease_until = {lease_end}, "
    "intent_at = NULL, not_before = NULL, token = given.token, updated_at = :now, "
    "address = (SELECT address FROM recipients WHERE id = deliveries.recipient) "
    "FROM {given} WHERE {row}",
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
    f"FROM {{given}} WHERE {{row}} AND {_MINE}",
)
_INTEND: Final = (
    {"recipient": "text", "attempt": "integer"},
    f"UPDATE deliveries SET intent_at = :now FROM {{given}} WHERE {{row}} AND {_MINE} AND {{lease_holds}} "
    "AND NOT EXISTS (SELECT 1 FROM mailings WHERE mailings.notice = :notice AND paused IS NOT NULL)",
)
#: The same again, where not all were granted.
_GRANTED: Final = (_INTEND[0], _INTEND[1] + " RETURNING deliveries.recipient")

_PARAMETER: Final = re.compile(r":(\w+)")


class Statements:
    """For one kind of database; `lease`: seconds for which a claim holds, where it is not held by a lock.

    Rows are tuples in the order of a statement's columns; a moment in them is given by `moment`.
    """

    def __init__(self, dialect: Dialect, lease: int) -> None:
        self._made = _postgresql if dialect.name == "postgresql" else _sqlite
        self._lease = lease
        self._stored = DateTime(timezone=True).dialect_impl(dialect).bind_processor(dialect)
        self._claim = self._ready(_CLAIM)
        self._settle = self._ready(_SETTLE)
        self._intend = self._ready(_INTEND)
        self._granted = self._ready(_GRANTED)

    def _ready(self, statement: tuple[dict[str, str], str]) -> str:
        return self._made(*statement, self._lease)

    def moment(self, at: datetime | None) -> str | None:
        """As the database keeps it."""
        if at is None:
            return None
        return str(self._stored(at)) if self._stored else at.isoformat()

    def claim(
        self, connection: Connection, notice: str, owner: str, now: datetime, rows: Iterable[tuple[str, str]]
    ) -> None:
        """Write down as claimed by `owner`; rows of recipient and token."""
        self._run(connection, self._claim, notice, rows, owner, now)

    def settle(
        self, connection: Connection, notice: str, owner: str, now: datetime, rows: Iterable[tuple[Any, ...]]
    ) -> None:
        """Write down what became of attempts; rows of recipient, attempt, and the new state, attempts and so on."""
        self._run(connection, self._settle, notice, rows, owner, now)

    def intend(
        self, connection: Connection, notice: str, owner: str, now: datetime, rows: dict[str, int]
    ) -> frozenset[str]:
        """Write down that letters are about to go out, by recipient and attempt; whose may."""
        if self._run(connection, self._intend, notice, rows.items(), owner, now).rowcount == len(rows):
            return frozenset(rows)
        found = self._run(connection, self._granted, notice, rows.items(), owner, now)
        return frozenset(str(recipient) for recipient in found.scalars())

    def _run(
        self,
        connection: Connection,
        statement: str,
        notice: str,
        rows: Iterable[tuple[Any, ...]],
        owner: str,
        now: datetime,
    ) -> Any:
        # A row names its notice, so that SQLite begins with the rows: by the notice it would read all of it.
        given = json.dumps([(notice, *row) for row in rows])
        values = {"rows": given, "notice": notice, "owner": owner, "now": self.moment(now)}
        return connection.exec_driver_sql(statement, values)


def _sqlite(columns: dict[str, str], statement: str, _: int) -> str:
    named = ", ".join(f"json_extract(value, '$[{at}]') AS {name}" for at, name in enumerate(("notice", *columns)))
    return statement.format(
        given=f"(SELECT {named} FROM json_each(:rows)) AS given",
        row="deliveries.notice = given.notice AND deliveries.recipient = given.recipient",
        lease_end="NULL",
        lease_holds="true",
    )


def _postgresql(columns: dict[str, str], statement: str, lease: int) -> str:
    named = ", ".join(f"CAST(value ->> {at} AS {kind}) AS {name}" for at, (name, kind) in enumerate(columns.items(), 1))
    written = statement.format(
        given=f"(SELECT {named} FROM json_array_elements(CAST(:rows AS json))) AS given",
        row="deliveries.notice = :notice AND deliveries.recipient = given.recipient",
        lease_end=f"now() + interval '{lease} seconds'",
        lease_holds="deliveries.lease_until > now()",
    )
    return _PARAMETER.sub(r"%(\1)s", written)

"""A list of recipients straight out of the company's own database: one SELECT, read row by row, and nothing written.

Its address stands in an environment variable, for a password may be part of it. SQLite and PostgreSQL, which can be
held to reading by the database itself; from another one the list is exported as CSV.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from publisher.errors import Misconfigured, ServiceAway, WrongUsage
from publisher.mail.lists import Row, check_columns
from publisher.messages import msg

if TYPE_CHECKING:
    from sqlalchemy import Engine

BATCH: Final = 1000
_COMMENTS: Final = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_SELECT: Final = re.compile(r"\s*(?:SELECT|WITH)\b", re.IGNORECASE)


def query_of(text: str) -> str:
    """The query: what is given, or what stands in the file of that name. WrongUsage (S248) where it is no SELECT."""
    try:
        if len(text) < 4096 and Path(text).is_file():
            text = Path(text).read_text("utf-8-sig")
    except (OSError, ValueError):
        text = ""
    query = text.strip().removesuffix(";").rstrip()
    plain = _COMMENTS.sub(" ", query)
    if not _SELECT.match(plain) or ";" in plain:
        raise WrongUsage.of(
            "S248",
            msg("What --sql gives is not one SELECT."),
            msg("Write one query that gives the columns id, email, name, language, guardian and watcher."),
        )
    return query


def query_rows(query: str, variable: str, environment: Mapping[str, str] = os.environ) -> Iterator[Row]:
    """The rows that `query` gives in the database whose address stands in `variable`, numbered from 1.

    Raises Misconfigured (S247) where there is no such address, ServiceAway (S249) where the database or the query
    fails, TextFindings (S243) where a column is missing.
    """
    from sqlalchemy.exc import DBAPIError

    engine = _engine(environment.get(variable, ""), variable)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                connection.execution_options(postgresql_readonly=True)
            connection.execution_options(stream_results=True, yield_per=BATCH, no_parameters=True)
            # As it stands: a percent sign or a colon in it is no parameter.
            result = connection.exec_driver_sql(query)
            columns = [name.strip() for name in result.keys()]  # noqa: SIM118 - a result, not a mapping
            check_columns(columns, variable)
            for number, row in enumerate(result, 1):
                yield number, dict(zip(columns, row, strict=True))
    except DBAPIError as error:
        reason = _without_addresses(str(error.orig or error))
        raise ServiceAway.of(
            "S249",
            msg("The company's database does not give the list: {reason}.", reason=reason),
            msg("Rows that were given before are in. Mend the query or the access, then run the same command again."),
        ) from error
    finally:
        engine.dispose()


def _engine(url: str, variable: str) -> Engine:
    from sqlalchemy import create_engine
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.pool import NullPool

    more: dict[str, Any] = {}
    try:
        parts = make_url(url)
        if parts.get_backend_name() == "sqlite":
            file = f"file:{quote(str(parts.database or ''))}?mode=ro"
            more["creator"] = lambda: _read_only(file)
            parts = parts.set(database=None, query={})
        elif parts.get_backend_name() != "postgresql":
            raise ValueError(url)
        elif parts.drivername == "postgresql":
            parts = parts.set(drivername="postgresql+psycopg")
        return create_engine(parts, hide_parameters=True, poolclass=NullPool, **more)
    except (SQLAlchemyError, ImportError, ValueError):
        # Without what was raised: it may quote the password.
        raise Misconfigured.of(
            "S247",
            msg("The variable {name} does not hold the address of a database that can be read.", name=variable),
            msg(
                "Write sqlite:////folder/file.db or postgresql://user:password@host/name into it; PostgreSQL needs "
                "policy-publisher[postgresql]. From another database export the list as CSV."
            ),
        ) from None


def _read_only(file: str) -> sqlite3.Connection:
    connection = sqlite3.connect(file, uri=True, check_same_thread=False)
    connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    return connection


def _without_addresses(reason: str) -> str:
    """What the database said, in one line: it may quote a value that it could not convert."""
    return re.sub(r"\S*@\S*", "…", reason.strip().split("\n")[0])[:300]

"""The database of recipients and deliveries: SQLite by default, PostgreSQL where one machine is outgrown.

Its tables are made and brought up to date by the migrations in `publisher/mail/migrations`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Engine,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    false,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from publisher.errors import IntegrityBroken, Misconfigured, PublisherError, ServiceAway, cannot_write
from publisher.messages import msg
from publisher.workspace import Workspace

metadata = MetaData()

#: Persons to be told. `address` and `name` are encrypted (vault.py); NULL where there is none.
recipients = Table(
    "recipients",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("address", LargeBinary),
    Column("name", LargeBinary),
    Column("language", String(8), nullable=False),
    Column("guardian", Boolean, nullable=False),
    #: since when no mail goes to this address: it came back as unknown (bounces.py); an import with another clears it
    Column("unusable_at", DateTime(timezone=True)),
    #: asked to be told without having an account
    Column("watcher", Boolean, nullable=False, server_default=false()),
    #: what the address is looked up by, without decrypting it (vault.py); NULL without an address
    Column("blind", LargeBinary, index=True),
    #: of the key that `address`, `name` and `blind` were made with
    Column("key_number", Integer, nullable=False, server_default="1"),
    #: first and last import; NULL where an older release made it
    Column("imported_at", DateTime(timezone=True)),
    Column("updated_at", DateTime(timezone=True)),
)

#: Mailings: the key that their Message-IDs are made with, and when their list of recipients was frozen.
mailings = Table(
    "mailings",
    metadata,
    Column("notice", String(100), primary_key=True),
    Column("key", LargeBinary, nullable=False),
    Column("filled_at", DateTime(timezone=True), nullable=False),
    #: outcomes, number of leaves and root of the receipts, as JSON; NULL until they are written (receipts.py)
    Column("sealed", Text),
    #: why nothing is sent until somebody resumes it; NULL where it goes on
    Column("paused", Text),
    #: what the breaker knows, as JSON (breaker.py)
    Column("breaker", Text),
    #: when the last delivery had its outcome; NULL until the receipts are written
    Column("ended_at", DateTime(timezone=True)),
    #: when what ties its deliveries and receipts to persons was erased for their age (erasing.py)
    Column("erased_at", DateTime(timezone=True)),
    #: how often it was begun or gone on with (rounds.py)
    Column("rounds", Integer, nullable=False, server_default="0"),
    #: when somebody said last what is to become of deliveries that an older backup knew no outcome of
    Column("reconciled_at", DateTime(timezone=True)),
)

#: One row for each notice and recipient; states are those of `outcomes.State`. On PostgreSQL each notice has a
#: partition of its own, made when its list is frozen: what a finished mailing weighs slows no later one down.
deliveries = Table(
    "deliveries",
    metadata,
    Column("notice", String(100), primary_key=True),
    Column("recipient", String(200), primary_key=True),
    Column("language", String(8), nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    #: how often a mail may have gone out whose fate is not known
    Column("uncertain", Integer, nullable=False, default=0),
    #: when it may be claimed; NULL where it may not: it ended, is being sent, or waits for a person
    Column("not_before", DateTime(timezone=True)),
    #: the worker that has claimed it; with `attempts` the fencing token of everything it writes
    Column("owner", String(16)),
    #: until when the claim holds, by the database's clock
    Column("lease_until", DateTime(timezone=True)),
    #: set just before the message goes out
    Column("intent_at", DateTime(timezone=True)),
    Column("code", Integer),
    Column("reply", Text),
    #: where the last attempt went, encrypted; NULL before the first
    Column("address", LargeBinary),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    #: what a bounce is recognised by (tokens.py), from the first attempt on
    Column("token", String(20)),
    sqlite_with_rowid=False,
    postgresql_partition_by="LIST (notice)",
)
#: What can be claimed, in the order of claiming.
Index(
    "deliveries_due",
    deliveries.c.notice,
    deliveries.c.not_before,
    deliveries.c.recipient,
    sqlite_where=deliveries.c.not_before.is_not(None),
    postgresql_where=deliveries.c.not_before.is_not(None),
)
Index(
    "deliveries_by_token",
    deliveries.c.token,
    sqlite_where=deliveries.c.token.is_not(None),
    postgresql_where=deliveries.c.token.is_not(None),
)
#: What is claimed, or waits for a person: a handful, however many recipients there are.
Index(
    "deliveries_held",
    deliveries.c.notice,
    deliveries.c.state,
    deliveries.c.owner,
    sqlite_where=deliveries.c.state.in_(("sending", "uncertain")),
    postgresql_where=deliveries.c.state.in_(("sending", "uncertain")),
)

#: What became of each delivery when its mailing ended, written once. Whoever is forgotten leaves the leaf alone.
receipts = Table(
    "receipts",
    metadata,
    Column("notice", String(100), primary_key=True),
    #: SHA-256 of 0x00 and `content`
    Column("leaf", LargeBinary, primary_key=True),
    Column("recipient", String(200), index=True),
    Column("language", String(8), nullable=False),
    #: canonical JSON, for anybody to read
    Column("content", LargeBinary),
    #: what ties `content` to the person, encrypted: address, salt, reply
    Column("private", LargeBinary),
)

#: One row: the number of the lease that is in force (lease.py); on SQLite nobody looks at it.
leases = Table(
    "leases",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
)

#: Held while tables are made, so that two programs do not make the same one; any number, the same in every release.
_MIGRATING = 7_241_905_338_113_021_442


def open_database(workspace: Workspace) -> Engine:
    """The workspace's database, its tables up to date.

    Raises Misconfigured where its folder is missing or it cannot be used, ServiceAway where it does not answer,
    IntegrityBroken where it is damaged.
    """
    from alembic.util import CommandError

    url = workspace.settings.database.url
    try:
        engine = _sqlite(workspace, url) if url.startswith("sqlite") else _postgresql(url)
        try:
            with database_errors(url):
                _upgrade(engine)
                _check_pages(engine)
        except BaseException:
            engine.dispose()
            raise
    except (ArgumentError, CommandError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise Misconfigured.of(
            "C523",
            msg("The database cannot be used: {reason}.", reason=str(error).split("\n")[0]),
            msg("For PostgreSQL install policy-publisher[postgresql], and check database.url in publisher.toml."),
        ) from error
    return engine


@contextmanager
def database_errors(url: str) -> Iterator[None]:
    """Errors of the database as ours; what was not committed is undone."""
    try:
        yield
    except DBAPIError as error:
        cause = error.orig or error
        raise _away(url, cause) from error
    except sqlite3.Error as error:
        raise _away(url, error) from error


def _away(url: str, cause: BaseException) -> PublisherError:
    reason = str(cause).strip().split("\n")[0]
    if any(words in reason for words in ("readonly", "read-only", "unable to open", "permission denied")):
        return Misconfigured.of(
            "C523",
            msg("The database cannot be written: {reason}.", reason=reason),
            msg(
                "Make {url} writable for the account that runs publisher.",
                url=make_url(url).render_as_string(),
            ),
        )
    if "not a database" in reason or "malformed" in reason:
        return _damaged(reason)
    return ServiceAway.of(
        "C524",
        msg("The database does not answer: {reason}.", reason=reason),
        msg("Nothing is lost; what was not finished is done when it answers again."),
    )


def _damaged(reason: str) -> PublisherError:
    return IntegrityBroken.of(
        "V430",
        msg("The database is damaged: {reason}.", reason=reason),
        msg("Keep the file, restore a backup beside it, and do not send anything before that."),
    )


def _check_pages(engine: Engine) -> None:
    """Look at every page before anyone is mailed: SQLite itself notices a damaged one only when it comes to it."""
    if engine.dialect.name == "sqlite":
        with reading(engine) as connection:
            found = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
        if found != "ok":
            raise _damaged(found.replace("\n", " "))


def _postgresql(url: str) -> Engine:
    return create_engine(url, pool_pre_ping=True, hide_parameters=True)


def _sqlite(workspace: Workspace, url: str) -> Engine:
    path = workspace.root / str(make_url(url).database or "")
    if path.is_relative_to(workspace.state):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.parent.is_dir():
        raise Misconfigured.of(
            "C523",
            msg("The folder of the database, {folder}, does not exist.", folder=str(path.parent)),
            msg("Make it, or change url in the section [database] of publisher.toml."),
        )
    if not path.exists():
        try:
            path.touch(mode=0o600)
        except OSError as error:
            raise cannot_write(str(path), error) from error
    engine = create_engine(f"sqlite:///{path}", hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def reading(engine: Engine) -> Connection:
    """A connection that only reads: on SQLite nobody who writes waits for it."""
    return engine.connect().execution_options(only_reads=True)


def _begin_sqlite(connection: Connection) -> None:
    # Who is going to write says so first: a reader that turns to writing fails where another wrote meanwhile.
    only_reads = connection.get_execution_options().get("only_reads")
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver would begin transactions by itself, as readers that fail when they turn to writing.
    connection.isolation_level = None
    # secure_delete: who was forgotten does not linger in free pages. cache_size, in KiB: a claim of 500 writes to as
    # many pages of the index by token; with the 2 MB that SQLite takes by itself they push out what is settled next.
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "busy_timeout=30000",
        "secure_delete=ON",
        "cache_size=-4000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _upgrade(engine: Engine) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATING})")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

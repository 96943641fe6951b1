"""One engine at a time, also where engines on several machines share one database.

On PostgreSQL the right to act is an advisory lock of a session: it dies with its connection, so there is no time
after which it has to be called dead. Who takes it raises a fencing number in the database. Whatever is written later
compares that number in its own transaction: an engine that lost its connection, and does not know it yet, cannot
commit. On SQLite the lock of the workspace is enough, for the database is a file of the same machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

from publisher.errors import Locked, PublisherError
from publisher.messages import msg
from publisher.workspace import Workspace

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

#: The advisory lock of the engine; any number, the same in every release.
_LOCK: Final = 7_241_905_338_113_021_441
#: The server looks after a silent connection and ends it, so that the lease of a machine that is gone becomes free.
_KEEP_ALIVE: Final = ("tcp_keepalives_idle = 30", "tcp_keepalives_interval = 10", "tcp_keepalives_count = 3")


class Lease(Protocol):
    """The right to act."""

    def check(self) -> None:
        """Locked (C555) where it was lost."""
        ...

    def fence(self, database: Engine) -> None:
        """From now on every transaction of `database` begins with a look whether the lease still holds."""
        ...


class NoLease:
    """The lock of the workspace is enough: nobody else has this database."""

    def check(self) -> None:
        return None

    def fence(self, database: Engine) -> None:  # noqa: ARG002
        return None


#: Where one machine has the database to itself.
NO_LEASE: Final = NoLease()


class SessionLease:
    """A lease on PostgreSQL: held by `session`, known to everyone by its number."""

    def __init__(self, session: Connection, number: int) -> None:
        self._session = session
        self.number = number

    def check(self) -> None:
        from sqlalchemy import select
        from sqlalchemy.exc import DBAPIError

        from publisher.mail.database import leases

        try:
            current = self._session.scalar(select(leases.c.number))
        except DBAPIError as error:
            raise _lost() from error
        if current != self.number:
            raise _lost()

    def fence(self, database: Engine) -> None:
        from sqlalchemy import event

        event.listen(database, "begin", self._compare)

    def _compare(self, connection: Connection) -> None:
        from sqlalchemy import select

        from publisher.mail.database import leases

        # FOR SHARE: who takes over waits until this transaction has ended, and every later one sees its number.
        if connection.scalar(select(leases.c.number).with_for_update(read=True)) != self.number:
            raise _lost()


@contextmanager
def hold_lease(workspace: Workspace) -> Iterator[Lease]:
    """The right to act with the workspace's database while the context lasts.

    Raises Locked (C556) where another engine has it, and what `open_database` raises.
    """
    url = workspace.settings.database.url
    if not url.startswith("postgresql"):
        yield NO_LEASE
        return
    from publisher.mail.database import database_errors, open_database

    database = open_database(workspace)
    try:
        with database_errors(url):
            session = database.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            with database_errors(url):
                number = _take(session)
            yield SessionLease(session, number)
        finally:
            # Ended and not given back to the pool: a session's lock outlives its transactions.
            session.invalidate()
            session.close()
    finally:
        database.dispose()


def _take(session: Connection) -> int:
    """Take the lock of the session, and raise the number; the number."""
    from sqlalchemy import update

    from publisher.mail.database import leases

    for setting in _KEEP_ALIVE:
        session.exec_driver_sql(f"SET {setting}")
    if not session.exec_driver_sql(f"SELECT pg_try_advisory_lock({_LOCK})").scalar():
        raise Locked.of(
            "C556",
            msg("Another engine is at work with the same database, in another workspace or on another machine."),
            msg("Only one may act at a time. Wait until it has ended, or stop it; nothing was changed here."),
        )
    # Waits, though not for long, for what the former holder is just committing.
    session.exec_driver_sql("SET lock_timeout = '30s'")
    raised = update(leases).values(number=leases.c.number + 1).returning(leases.c.number)
    return int(session.execute(raised).scalar_one())


def _lost() -> PublisherError:
    return Locked.of(
        "C555",
        msg("The connection to the database was lost, and with it the right to act: another engine may be at work."),
        msg("Nothing more was written. The next run goes on where this one stopped, as soon as it is the only one."),
    )

"""Who is sending: each worker holds a lock that dies with its process, so that others know what it had claimed is free.

On SQLite that is a locked file beside the workspace's state, on PostgreSQL an advisory lock of a session. A lock that
is free proves its former holder dead, at once. One that is held by a process that hangs proves nothing: for those the
lease of a claim ends, by the clock of PostgreSQL. An SQLite file has workers on one machine only, where a process
that hangs can be ended.
"""

from __future__ import annotations

import fcntl
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import Connection, Engine

from publisher.errors import cannot_write
from publisher.mail.database import database_errors

_FOLDER: Final = "workers"


class Worker(Protocol):
    """A process that sends, and what it can tell of others."""

    #: 16 hexadecimal digits, never used twice
    owner: str

    def is_dead(self, owner: str) -> bool:
        """Whether the worker of that name is proved to have ended."""
        ...


class OnlyWorker:
    """For whoever has the database to themselves: every other worker has ended."""

    def __init__(self) -> None:
        self.owner = secrets.token_hex(8)

    def is_dead(self, owner: str) -> bool:
        return owner != self.owner


class FileWorker:
    """A worker on an SQLite file: its lock is a file in `folder`."""

    def __init__(self, folder: Path, owner: str) -> None:
        self._folder = folder
        self.owner = owner

    def is_dead(self, owner: str) -> bool:
        if owner == self.owner:
            return False
        try:
            with (self._folder / owner).open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # Nobody will ever have this name again.
                (self._folder / owner).unlink(missing_ok=True)
        except BlockingIOError:
            return False
        except (FileNotFoundError, IsADirectoryError):
            return True
        return True


class SessionWorker:
    """A worker on PostgreSQL: its lock belongs to `session`."""

    def __init__(self, session: Connection, owner: str) -> None:
        self._session = session
        self.owner = owner

    def is_dead(self, owner: str) -> bool:
        if owner == self.owner:
            return False
        with database_errors(str(self._session.engine.url)):
            free = bool(self._session.exec_driver_sql(f"SELECT pg_try_advisory_lock({_number(owner)})").scalar())
            if free:
                self._session.exec_driver_sql(f"SELECT pg_advisory_unlock({_number(owner)})")
        return free


@contextmanager
def hold_worker(database: Engine, state: Path) -> Iterator[Worker]:
    """A worker of its own name while the context lasts; `state`: the folder of the workspace's state."""
    owner = secrets.token_hex(8)
    with ExitStack() as stack:
        if database.dialect.name == "sqlite":
            yield stack.enter_context(_file_worker(state / _FOLDER, owner))
        else:
            yield stack.enter_context(_session_worker(database, owner))


@contextmanager
def _file_worker(folder: Path, owner: str) -> Iterator[Worker]:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = (folder / f"{owner}.new").open("xb")
        fcntl.flock(file, fcntl.LOCK_EX)
        # Nobody sees the name before it is locked.
        (folder / f"{owner}.new").rename(folder / owner)
    except OSError as error:
        raise cannot_write(str(folder), error) from error
    worker = FileWorker(folder, owner)
    with suppress(OSError):
        for left in folder.iterdir():  # by those that were killed
            if not left.suffix:
                worker.is_dead(left.name)
    with file:
        try:
            yield worker
        finally:
            with suppress(OSError):  # the disk has become read-only, say: a lock that is free means nothing any more
                (folder / owner).unlink(missing_ok=True)


@contextmanager
def _session_worker(database: Engine, owner: str) -> Iterator[Worker]:
    with database_errors(str(database.url)):
        session = database.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        with database_errors(str(database.url)):
            session.exec_driver_sql(f"SELECT pg_advisory_lock({_number(owner)})")
        yield SessionWorker(session, owner)
    finally:
        # Ended and not given back to the pool: a session's lock outlives its transactions.
        session.invalidate()
        session.close()


def _number(owner: str) -> int:
    """The number of a worker's advisory lock; 0, which is nobody's, for a name that is none."""
    try:
        return int.from_bytes(bytes.fromhex(owner), "big", signed=True)
    except ValueError:
        return 0

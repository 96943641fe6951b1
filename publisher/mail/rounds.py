"""Whether the database is the one that was mailed with last, or an older backup of it.

Each time a mailing is begun or gone on with, its number of rounds is raised in the database, and then noted in a file
on this machine. A database that knows of fewer rounds than the file was put back: whom it calls unsent may have been
mailed since. Nothing of that mailing is sent before the latest backup is restored, or `reconcile` has put those aside.
"""

from __future__ import annotations

import fcntl
import os
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, null, select, update

from publisher.errors import IntegrityBroken, PublisherError, cannot_write
from publisher.mail.database import database_errors, deliveries, mailings, reading
from publisher.mail.outcomes import State
from publisher.messages import msg

_DIGITS: Final = 20


class OlderDatabase(IntegrityBroken):
    """The database does not know whom a mailing has reached."""


class Rounds:
    """The rounds of mailings as `database` knows them, and as they are noted in `state`, a folder of this machine."""

    def __init__(self, database: Engine, state: Path) -> None:
        self._database = database
        self._folder = state / "rounds"
        self._url = str(database.url)

    def begin(self, notice: str) -> None:
        """Count and note one more round of a mailing that the database has.

        Raises OlderDatabase (V457), and changes nothing, where more are noted than the database knows of.
        """
        noted = self._noted(notice)
        with database_errors(self._url), self._database.begin() as connection:
            number = _raise(connection, notice)
            if number <= noted:
                raise _older(notice, number - 1, noted)
        self._note(notice, number)

    def reconcile(self, notice: str, now: datetime, *, again: bool) -> int:
        """Put aside every delivery that has no outcome, for each may have gone out since; how many there are.

        They wait for what the relay's log says of them (`reports.held`, `reports.settle`), or are sent again at once
        (`again`). What a worker is sending at this moment is left to it. From now on this database is the one that is
        mailed with.
        """
        with database_errors(self._url), self._database.begin() as connection:
            aside = connection.execute(
                update(deliveries)
                .where(
                    deliveries.c.notice == notice,
                    deliveries.c.state.in_((State.PENDING, State.DEFERRED, State.UNCERTAIN)),
                )
                .values(
                    state=State.UNCERTAIN,
                    uncertain=deliveries.c.uncertain + 1,
                    not_before=now if again else null(),
                    owner=None,
                    updated_at=now,
                )
            ).rowcount
            number = max(_raise(connection, notice), self._noted(notice) + 1)
            reconciled = update(mailings).where(mailings.c.notice == notice)
            connection.execute(reconciled.values(rounds=number, reconciled_at=now))
        self._note(notice, number)
        return int(aside)

    def knows_the_end(self, notice: str) -> bool:
        """Whether the database has the receipts of a mailing, or does without them since it was reconciled."""
        with database_errors(self._url), reading(self._database) as connection:
            query = select(mailings.c.sealed, mailings.c.reconciled_at).where(mailings.c.notice == notice)
            found = connection.execute(query).one_or_none()
        return found is not None and any(value is not None for value in found)

    def _noted(self, notice: str) -> int:
        try:
            return _number((self._folder / notice).read_bytes())
        except FileNotFoundError:
            return 0

    def _note(self, notice: str, number: int) -> None:
        """Several workers do this at once: the highest number stays."""
        file = self._folder / notice
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                if _number(os.pread(descriptor, _DIGITS, 0)) < number:
                    os.pwrite(descriptor, f"{number:0{_DIGITS}}".encode("ascii"), 0)
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise cannot_write(str(file), error) from error


def _number(noted: bytes) -> int:
    # Half a number is what a power cut leaves of the first one.
    return int(noted) if len(noted) == _DIGITS and noted.isdigit() else 0


def _raise(connection: Connection, notice: str) -> int:
    """Raise the number of rounds by one; the number. Others who want to wait until this transaction has ended."""
    once_more = update(mailings).where(mailings.c.notice == notice).values(rounds=mailings.c.rounds + 1)
    return int(connection.execute(once_more.returning(mailings.c.rounds)).scalar_one())


def _older(notice: str, known: int, noted: int) -> PublisherError:
    return OlderDatabase.of(
        "V457",
        msg(
            "{notice}: the database is older than the mailing. It knows of {known:id} rounds of sending, and this "
            "machine has begun {noted:id}: whom it calls unsent may have been mailed.",
            notice=notice,
            known=known,
            noted=noted,
        ),
        msg(
            "Restore the latest backup of the database. Where there is none, `publisher mail reconcile {notice}` puts "
            "aside everyone whose mail may have gone out, for the relay's log to tell. Nothing is sent before that.",
            notice=notice,
        ),
    )

"""One row for each notice and recipient, from the moment the list is frozen until there is an outcome.

A worker claims rows for a while; nobody else touches them meanwhile. That a message is about to go out (the intent)
is on the disk before it does. So after a crash it is known which messages may have gone out: at most one for each
connection. They are sent once more with the same Message-ID, or held for a person to decide. Everything that a worker
writes names its claim (owner and attempt): one whose claim was lost, and does not know it yet, changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Update,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    null,
    select,
    update,
)

from publisher.mail.breaker import Breaker
from publisher.mail.database import database_errors, deliveries, mailings, reading, recipients
from publisher.mail.outcomes import OPEN, Outcome, State, still_open
from publisher.mail.recipients import Recipient
from publisher.mail.statements import Statements
from publisher.mail.tokens import token_of
from publisher.mail.vault import Vault
from publisher.mail.workers import OnlyWorker, Worker

#: Minutes until the next attempt: after a temporary refusal, or when it is not known whether a message arrived.
BACK_OFF: Final = (1, 5, 15, 60)
UNCERTAIN_WAIT: Final = 10
#: Seconds for which a claim holds unless it is renewed, on PostgreSQL; of these the last ones begin no message.
LEASE: Final = 600
#: Times that a message may have gone out before a person has to decide, whatever the settings say.
TWICE: Final = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Claimed:
    """A delivery that is about to be attempted."""

    recipient: Recipient
    attempts: int
    #: how often it may have gone out before
    uncertain: int
    #: left part of the Message-ID, the same at every attempt
    token: str


class Outbox:
    """The deliveries of one notice, as `worker` sees them.

    `hold`: a message that may have gone out is not sent again before a person has decided.
    """

    def __init__(
        self, engine: Engine, vault: Vault, notice: str, worker: Worker | None = None, *, hold: bool = False
    ) -> None:
        self._engine = engine
        self._vault = vault
        self._notice = notice
        self._worker = worker or OnlyWorker()
        self._hold = hold
        self._url = str(engine.url)
        self._statements = Statements(engine.dialect, LEASE)

    # ---- the list

    def fill(self, now: datetime) -> None:
        """Freeze the list of recipients, once: whoever is on it now has a row, in one transaction."""
        with database_errors(self._url), self._engine.begin() as connection:
            if connection.scalar(select(mailings.c.notice).where(mailings.c.notice == self._notice)):
                return
            connection.execute(insert(mailings).values(notice=self._notice, key=secrets.token_bytes(32), filled_at=now))
            postgresql = self._engine.dialect.name == "postgresql"
            if postgresql:
                _add_partition(connection, self._notice)
            reachable = and_(recipients.c.address.is_not(None), recipients.c.unusable_at.is_(None))
            moment = literal(now, deliveries.c.updated_at.type)
            rows = select(
                literal(self._notice),
                recipients.c.id,
                recipients.c.language,
                case((reachable, State.PENDING.value), else_=State.NO_ADDRESS.value),
                literal(0),
                literal(0),
                case((reachable, moment), else_=null()),
                moment,
            ).order_by(recipients.c.id)
            columns = ("notice", "recipient", "language", "state", "attempts", "uncertain", "not_before", "updated_at")
            connection.execute(insert(deliveries).from_select(columns, rows))
            if postgresql:
                # The planner knows nothing of a table that was just filled, and would read all of it for each claim.
                connection.exec_driver_sql(f"ANALYZE {_partition(self._notice)}")

    # ---- claiming

    def recover(self, now: datetime) -> int:
        """Take back what workers had claimed that have ended; how many deliveries that were.

        What was not about to go out is claimed by the next. What was may have arrived.
        """
        mine = and_(deliveries.c.notice == self._notice, deliveries.c.state == State.SENDING)
        with database_errors(self._url), self._engine.begin() as connection:
            owners = set(connection.scalars(select(deliveries.c.owner).where(mine).distinct()))
            dead = [owner for owner in owners if owner is None or self._worker.is_dead(owner)]
            lost: ColumnElement[bool] = func.coalesce(deliveries.c.owner, "").in_([owner or "" for owner in dead])
            if self._engine.dialect.name == "postgresql":
                lost |= deliveries.c.lease_until < func.now()
            elif not dead:
                return 0
            back = connection.execute(
                update(deliveries)
                .where(mine, lost, deliveries.c.intent_at.is_(None))
                .values(state=State.PENDING, attempts=deliveries.c.attempts - 1, not_before=now, owner=None)
            ).rowcount
            once_more = null() if self._hold else case((deliveries.c.uncertain + 1 < TWICE, now), else_=null())
            uncertain = connection.execute(
                update(deliveries)
                .where(mine, lost, deliveries.c.intent_at.is_not(None))
                .values(
                    state=State.UNCERTAIN,
                    uncertain=deliveries.c.uncertain + 1,
                    not_before=once_more,
                    owner=None,
                    code=None,
                    reply=None,
                    updated_at=now,
                )
            ).rowcount
        return int(back) + int(uncertain)

    def renew(self) -> None:
        """Let the claims of this worker hold for another while; on SQLite they hold while it lives."""
        if self._engine.dialect.name == "sqlite":
            return
        with database_errors(self._url), self._engine.begin() as connection:
            connection.execute(
                update(deliveries)
                .where(
                    deliveries.c.notice == self._notice,
                    deliveries.c.state == State.SENDING,
                    deliveries.c.owner == self._worker.owner,
                )
                .values(lease_until=self._lease())
            )

    def has_due(self, now: datetime) -> bool:
        """Whether there is anything to send."""
        with database_errors(self._url), reading(self._engine) as connection:
            return connection.execute(select(deliveries.c.recipient).where(self._due(now)).limit(1)).first() is not None

    def _due(self, now: datetime) -> ColumnElement[bool]:
        return and_(
            deliveries.c.notice == self._notice, deliveries.c.not_before.is_not(None), deliveries.c.not_before <= now
        )

    def claim(self, now: datetime, limit: int) -> list[Claimed]:
        """Up to `limit` deliveries that are due, written down as this worker's. None where the notice is paused."""
        with database_errors(self._url), self._engine.begin() as connection:
            mailing = connection.execute(
                select(mailings.c.key, mailings.c.paused).where(mailings.c.notice == self._notice)
            ).one_or_none()
            if mailing is None or mailing.paused is not None or not mailing.key:
                return []
            rows = connection.execute(_DUE, {"of_notice": self._notice, "now": now, "at_most": limit}).all()
            # Decrypted before it is written down: where the key is wrong, no attempt is.
            claimed = sorted((self._claimed(row, bytes(mailing.key)) for row in rows), key=_by_recipient)
            if claimed:
                found = [(c.recipient.id, c.token) for c in claimed]
                self._statements.claim(connection, self._notice, self._worker.owner, now, found)
            return claimed

    def _claimed(self, row: Sequence[Any], key: bytes) -> Claimed:
        id_, language, attempts, uncertain, address, name, guardian, watcher = row
        return Claimed(
            recipient=Recipient(
                id=id_,
                language=language,
                address=self._vault.unlock(address, id_, "address"),
                name=self._vault.unlock(name, id_, "name"),
                guardian=bool(guardian),
                watcher=bool(watcher),
            ),
            attempts=attempts + 1,
            uncertain=uncertain,
            token=token_of(key, id_),
        )

    def _lease(self) -> Any:
        """When a claim that is made now ends; the clock of a machine is nothing that others could go by."""
        if self._engine.dialect.name == "postgresql":
            return func.now() + timedelta(seconds=LEASE)
        return None

    # ---- what becomes of an attempt

    def record(
        self, intents: Collection[Claimed], outcomes: Sequence[tuple[Claimed, Outcome]], now: datetime
    ) -> Collection[str]:
        """Write down outcomes, and the intents to send; ids of the recipients of `intents` whose message may go out.

        The others are not this worker's any more, or the notice was paused, or the person was erased.
        """
        owner = self._worker.owner
        with database_errors(self._url), self._engine.begin() as connection:
            if outcomes:
                settled = [self._settled(claimed, outcome, now) for claimed, outcome in outcomes]
                self._statements.settle(connection, self._notice, owner, now, settled)
                unusable = [claimed.recipient.id for claimed, outcome in outcomes if outcome.unusable]
                if unusable:
                    gone = update(recipients).where(recipients.c.id.in_(unusable)).values(unusable_at=now)
                    connection.execute(gone)
            if not intents:
                return frozenset()
            attempts = {claimed.recipient.id: claimed.attempts for claimed in intents}
            return self._statements.intend(connection, self._notice, owner, now, attempts)

    def _settled(self, claimed: Claimed, outcome: Outcome, now: datetime) -> tuple[object, ...]:
        uncertain = claimed.uncertain + (outcome.state is State.UNCERTAIN)
        return (
            claimed.recipient.id,
            claimed.attempts,
            outcome.state.value,
            claimed.attempts - (not outcome.counted),
            uncertain,
            outcome.code or None,
            outcome.reply[:500] or None,
            self._statements.moment(self._next(claimed, outcome, uncertain, now)),
        )

    def _next(self, claimed: Claimed, outcome: Outcome, uncertain: int, now: datetime) -> datetime | None:
        """When the delivery is attempted again; None where it is not, or a person has to decide."""
        if outcome.state is State.DEFERRED:
            minutes = BACK_OFF[min(claimed.attempts, len(BACK_OFF)) - 1] if outcome.counted else BACK_OFF[0]
            # Not all at the same moment: up to a sixth sooner.
            return now + timedelta(minutes=minutes, seconds=-secrets.randbelow(minutes * 10))
        if outcome.state is State.UNCERTAIN and not self._hold and uncertain < TWICE:
            return now + timedelta(minutes=UNCERTAIN_WAIT)
        return None

    def give_back(self, claimed: Collection[Claimed], now: datetime) -> None:
        """What was claimed and not attempted is claimed by the next, and counts as no attempt."""
        if not claimed:
            return
        with database_errors(self._url), self._engine.begin() as connection:
            connection.execute(
                _GIVE_BACK,
                [
                    {
                        "of_notice": self._notice,
                        "of_recipient": c.recipient.id,
                        "of_owner": self._worker.owner,
                        "of_attempt": c.attempts,
                        "attempts": c.attempts - 1,
                        "not_before": now,
                    }
                    for c in claimed
                ],
            )

    # ---- the mailing

    def pause(self, reason: str) -> bool:
        """Send nothing more before somebody resumes; False where there is no such mailing.

        What is already on its way is finished: at most one message for each connection.
        """
        return self._set_paused(reason)

    def resume(self) -> bool:
        """Go on, also after the mail server refused us; False where there is no such mailing."""
        self.keep_breaker(self.breaker().resumed())
        return self._set_paused(None)

    def _set_paused(self, reason: str | None) -> bool:
        with database_errors(self._url), self._engine.begin() as connection:
            return bool(
                connection.execute(
                    update(mailings).where(mailings.c.notice == self._notice).values(paused=reason)
                ).rowcount
            )

    def paused(self) -> str:
        """Why nothing is sent; "" where it goes on."""
        with database_errors(self._url), reading(self._engine) as connection:
            return connection.scalar(select(mailings.c.paused).where(mailings.c.notice == self._notice)) or ""

    def is_erased(self) -> bool:
        """Whether what ties the mailing to persons was erased for its age: nothing of it can be sent any more."""
        with database_errors(self._url), reading(self._engine) as connection:
            query = select(mailings.c.erased_at).where(mailings.c.notice == self._notice)
            return connection.scalar(query) is not None

    def breaker(self) -> Breaker:
        """What is known of the mail server from this mailing."""
        with database_errors(self._url), reading(self._engine) as connection:
            said = connection.scalar(select(mailings.c.breaker).where(mailings.c.notice == self._notice))
        return Breaker.of(json.loads(said)) if said else Breaker()

    def keep_breaker(self, breaker: Breaker) -> None:
        """Remember it for the next run."""
        said = json.dumps(breaker.as_json())
        with database_errors(self._url), self._engine.begin() as connection:
            connection.execute(update(mailings).where(mailings.c.notice == self._notice).values(breaker=said))

    def close(self, now: datetime) -> None:
        """The time for mailing is over: what was refused for now is refused for good, with its last reply.

        So is what waited for a person to say whether it had arrived.
        """
        with database_errors(self._url), self._engine.begin() as connection:
            connection.execute(self._ended(now, (State.DEFERRED,)))
            connection.execute(
                self._ended(now, (State.UNCERTAIN,), reply=func.coalesce(deliveries.c.reply, State.UNCERTAIN.value))
            )

    def abandon(self, now: datetime, reason: str) -> None:
        """The notice was taken back: whoever was not mailed yet is not mailed any more, with the reason."""
        with database_errors(self._url), self._engine.begin() as connection:
            connection.execute(self._ended(now, OPEN, reply=reason))

    def _ended(self, now: datetime, states: Sequence[State], **more: Any) -> Update:
        return (
            update(deliveries)
            .where(deliveries.c.notice == self._notice, deliveries.c.state.in_(states))
            .values(state=State.FAILED, not_before=None, owner=None, updated_at=now, **more)
        )

    def reopen(self, now: datetime) -> None:
        """Let failed deliveries be tried again at once."""
        with database_errors(self._url), self._engine.begin() as connection:
            connection.execute(
                update(deliveries)
                .where(deliveries.c.notice == self._notice, deliveries.c.state == State.FAILED)
                .values(state=State.PENDING, not_before=now)
            )

    def outcomes(self) -> dict[str, int]:
        """How many deliveries stand in which state; only states that occur."""
        with database_errors(self._url), reading(self._engine) as connection:
            rows = connection.execute(
                select(deliveries.c.state, func.count())
                .where(deliveries.c.notice == self._notice)
                .group_by(deliveries.c.state)
            ).all()
        return {str(state): int(number) for state, number in sorted((str(a), int(b)) for a, b in rows)}


#: What is claimed next. Where several claim, a row that one has taken is not waited for by the others.
_DUE: Final = (
    select(
        deliveries.c.recipient,
        deliveries.c.language,
        deliveries.c.attempts,
        deliveries.c.uncertain,
        recipients.c.address,
        recipients.c.name,
        recipients.c.guardian,
        recipients.c.watcher,
    )
    .select_from(deliveries.outerjoin(recipients, deliveries.c.recipient == recipients.c.id))
    .where(
        deliveries.c.notice == bindparam("of_notice"),
        deliveries.c.not_before.is_not(None),
        deliveries.c.not_before <= bindparam("now"),
    )
    .order_by(deliveries.c.not_before, deliveries.c.recipient)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True, of=deliveries)
)
_GIVE_BACK: Final = (
    update(deliveries)
    .where(
        deliveries.c.notice == bindparam("of_notice"),
        deliveries.c.recipient == bindparam("of_recipient"),
        deliveries.c.owner == bindparam("of_owner"),
        deliveries.c.attempts == bindparam("of_attempt"),
        deliveries.c.state == State.SENDING.value,
    )
    .values(state=State.PENDING.value, owner=None, attempts=bindparam("attempts"), not_before=bindparam("not_before"))
)


def _by_recipient(claimed: Claimed) -> str:
    return claimed.recipient.id


def _partition(notice: str) -> str:
    """The name of a notice's partition, on PostgreSQL."""
    return f"deliveries_{hashlib.md5(notice.encode(), usedforsecurity=False).hexdigest()[:16]}"


def _add_partition(connection: Connection, notice: str) -> None:
    quoted = notice.replace("'", "''")
    # Rows are written two or three times each: there is room for that on their page, and it is cleared early.
    connection.exec_driver_sql(
        f"CREATE TABLE IF NOT EXISTS {_partition(notice)} PARTITION OF deliveries FOR VALUES IN ('{quoted}') "
        "WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05)"
    )


def all_outcomes(engine: Engine) -> dict[str, dict[str, int]]:
    """Deliveries by notice and state."""
    with database_errors(str(engine.url)), reading(engine) as connection:
        rows = connection.execute(
            select(deliveries.c.notice, deliveries.c.state, func.count()).group_by(
                deliveries.c.notice, deliveries.c.state
            )
        ).all()
    found: dict[str, dict[str, int]] = {}
    for notice, state, number in sorted((str(a), str(b), int(c)) for a, b, c in rows):
        found.setdefault(notice, {})[state] = number
    return found


def is_complete(outcomes: dict[str, int]) -> bool:
    """Whether every recipient has an outcome."""
    return not still_open(outcomes)


def failures(engine: Engine, limit: int = 1000) -> list[dict[str, object]]:
    """Failed deliveries with what the mail server said, by recipient id."""
    with database_errors(str(engine.url)), reading(engine) as connection:
        rows = connection.execute(
            select(deliveries.c.notice, deliveries.c.recipient, deliveries.c.code, deliveries.c.reply)
            .where(deliveries.c.state == State.FAILED)
            .order_by(deliveries.c.notice, deliveries.c.recipient)
            .limit(limit)
        ).all()
    return [{"notice": a, "recipient": b, "code": c, "reply": d or ""} for a, b, c, d in rows]

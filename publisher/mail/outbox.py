"""One row for each notice and recipient, from the moment the list is frozen until there is an outcome.

An attempt is written down before it is made. After a crash the rows that were being sent are sent once more,
with the same Message-ID: a repetition is a nuisance, a gap would be a breach.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, Engine, and_, case, func, insert, literal, select, update

from publisher.mail.database import database_errors, deliveries, mailings, recipients
from publisher.mail.recipients import Recipient
from publisher.mail.vault import Vault

#: Minutes until the next attempt after a temporary refusal.
BACK_OFF: Final = (1, 5, 15, 60)


class State(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    #: an attempt is under way, or was when the program was killed
    SENDING = "sending"
    #: the mail server has taken it over
    HANDED_OVER = "handed_over"
    #: refused for now; tried again
    DEFERRED = "deferred"
    #: refused for good, with the reason
    FAILED = "failed"
    BOUNCED = "bounced"
    NO_ADDRESS = "no_address"


OPEN: Final = (State.PENDING, State.SENDING, State.DEFERRED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What the mail server said to one message."""

    state: State
    code: int = 0
    reply: str = ""
    #: whether it was taken over is not known; it is sent again with the same Message-ID
    uncertain: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Claimed:
    """A delivery that is about to be attempted."""

    recipient: Recipient
    attempts: int
    #: left part of the Message-ID, the same at every attempt
    token: str


class Outbox:
    """The deliveries of one notice."""

    def __init__(self, engine: Engine, vault: Vault, notice: str) -> None:
        self._engine = engine
        self._vault = vault
        self._notice = notice
        self._url = str(engine.url)

    def fill(self, now: datetime) -> None:
        """Freeze the list of recipients, once: whoever is on it now has a row, in one transaction."""
        with database_errors(self._url), self._engine.begin() as connection:
            if connection.scalar(select(mailings.c.notice).where(mailings.c.notice == self._notice)):
                return
            connection.execute(insert(mailings).values(notice=self._notice, key=secrets.token_bytes(32), filled_at=now))
            state = case((recipients.c.address.is_(None), State.NO_ADDRESS.value), else_=State.PENDING.value)
            columns = ("notice", "recipient", "language", "state", "attempts", "uncertain", "updated_at")
            rows = select(
                literal(self._notice),
                recipients.c.id,
                recipients.c.language,
                state,
                literal(0),
                literal(0),
                literal(now, deliveries.c.updated_at.type),
            )
            connection.execute(insert(deliveries).from_select(columns, rows))

    def recover(self) -> None:
        """Put back what a killed run was sending. Only the one run that holds the lock may call this."""
        with database_errors(self._url), self._engine.begin() as connection:
            connection.execute(
                update(deliveries)
                .where(deliveries.c.notice == self._notice, deliveries.c.state == State.SENDING)
                .values(state=State.PENDING, uncertain=deliveries.c.uncertain + 1)
            )

    def has_due(self, now: datetime) -> bool:
        """Whether there is anything to send."""
        with database_errors(self._url), self._engine.connect() as connection:
            return connection.execute(select(deliveries.c.recipient).where(self._due(now)).limit(1)).first() is not None

    def _due(self, now: datetime) -> ColumnElement[bool]:
        return and_(
            deliveries.c.notice == self._notice,
            (deliveries.c.state == State.PENDING)
            | ((deliveries.c.state == State.DEFERRED) & (deliveries.c.not_before <= now)),
        )

    def claim(self, now: datetime, limit: int) -> list[Claimed]:
        """Up to `limit` deliveries that are due, written down as being sent."""
        with database_errors(self._url), self._engine.begin() as connection:
            key = connection.scalar(select(mailings.c.key).where(mailings.c.notice == self._notice))
            rows = (
                connection.execute(
                    select(deliveries.c.recipient, deliveries.c.language, deliveries.c.attempts, recipients)
                    .select_from(deliveries.outerjoin(recipients, deliveries.c.recipient == recipients.c.id))
                    .where(self._due(now))
                    .order_by(deliveries.c.recipient)
                    .limit(limit)
                    .with_for_update(of=deliveries, skip_locked=True)
                )
                .mappings()
                .all()
            )
            ids = [row[deliveries.c.recipient] for row in rows]
            # Decrypted before the commit: where the key is wrong, no attempt is written down.
            claimed = [
                Claimed(
                    recipient=Recipient(
                        id=id_,
                        language=row[deliveries.c.language],
                        address=self._vault.unlock(row[recipients.c.address], id_, "address"),
                        name=self._vault.unlock(row[recipients.c.name], id_, "name"),
                        guardian=bool(row[recipients.c.guardian]),
                        watcher=bool(row[recipients.c.watcher]),
                    ),
                    attempts=row[deliveries.c.attempts] + 1,
                    token=_token(bytes(key or b""), id_),
                )
                for id_, row in zip(ids, rows, strict=True)
            ]
            address = select(recipients.c.address).where(recipients.c.id == deliveries.c.recipient).scalar_subquery()
            connection.execute(
                update(deliveries)
                .where(deliveries.c.notice == self._notice, deliveries.c.recipient.in_(ids))
                .values(state=State.SENDING, attempts=deliveries.c.attempts + 1, address=address, updated_at=now)
            )
        return claimed

    def settle(self, claimed: Claimed, outcome: Outcome, now: datetime) -> None:
        """Write down what became of an attempt."""
        wait = BACK_OFF[min(claimed.attempts, len(BACK_OFF)) - 1]
        values: dict[str, object] = {
            "state": outcome.state,
            "code": outcome.code or None,
            "reply": outcome.reply[:500] or None,
            "not_before": now + timedelta(minutes=wait) if outcome.state is State.DEFERRED else None,
            "updated_at": now,
        }
        if outcome.uncertain:
            values["uncertain"] = deliveries.c.uncertain + 1
        self._update(claimed, values)

    def give_back(self, claimed: Sequence[Claimed]) -> None:
        """The mail server is away: nobody's fault, and no attempt."""
        for one in claimed:
            self._update(one, {"state": State.PENDING, "attempts": deliveries.c.attempts - 1})

    def close(self, now: datetime) -> None:
        """The time for mailing is over: what was refused for now is refused for good, with its last reply."""
        with database_errors(self._url), self._engine.begin() as connection:
            connection.execute(
                update(deliveries)
                .where(deliveries.c.notice == self._notice, deliveries.c.state == State.DEFERRED)
                .values(state=State.FAILED, not_before=None, updated_at=now)
            )

    def abandon(self, now: datetime, reason: str) -> None:
        """The notice was taken back: whoever was not mailed yet is not mailed any more, with the reason."""
        with database_errors(self._url), self._engine.begin() as connection:
            connection.execute(
                update(deliveries)
                .where(deliveries.c.notice == self._notice, deliveries.c.state.in_(OPEN))
                .values(state=State.FAILED, reply=reason, not_before=None, updated_at=now)
            )

    def reopen(self) -> None:
        """Let failed deliveries be tried again at once."""
        with database_errors(self._url), self._engine.begin() as connection:
            connection.execute(
                update(deliveries)
                .where(deliveries.c.notice == self._notice, deliveries.c.state == State.FAILED)
                .values(state=State.PENDING, not_before=None)
            )

    def outcomes(self) -> dict[str, int]:
        """How many deliveries stand in which state; only states that occur."""
        with database_errors(self._url), self._engine.connect() as connection:
            rows = connection.execute(
                select(deliveries.c.state, func.count())
                .where(deliveries.c.notice == self._notice)
                .group_by(deliveries.c.state)
            ).all()
        return {str(state): int(number) for state, number in sorted((str(a), int(b)) for a, b in rows)}

    def _update(self, claimed: Claimed, values: dict[str, object]) -> None:
        with database_errors(self._url), self._engine.begin() as connection:
            connection.execute(
                update(deliveries)
                .where(
                    deliveries.c.notice == self._notice,
                    deliveries.c.recipient == claimed.recipient.id,
                    deliveries.c.state == State.SENDING,
                )
                .values(**values)
            )


def all_outcomes(engine: Engine) -> dict[str, dict[str, int]]:
    """Deliveries by notice and state."""
    with database_errors(str(engine.url)), engine.connect() as connection:
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
    return not any(outcomes.get(state) for state in OPEN)


def _token(key: bytes, recipient: str) -> str:
    """Unlinkable to the person without the key of the mailing, and the same at every attempt."""
    digest = hmac.new(key, recipient.encode("utf-8"), hashlib.sha256).digest()[:15]
    return base64.urlsafe_b64encode(digest).decode("ascii")


def failures(engine: Engine, limit: int = 1000) -> list[dict[str, object]]:
    """Failed deliveries with what the mail server said, by recipient id."""
    with database_errors(str(engine.url)), engine.connect() as connection:
        rows = connection.execute(
            select(deliveries.c.notice, deliveries.c.recipient, deliveries.c.code, deliveries.c.reply)
            .where(deliveries.c.state == State.FAILED)
            .order_by(deliveries.c.notice, deliveries.c.recipient)
            .limit(limit)
        ).all()
    return [{"notice": a, "recipient": b, "code": c, "reply": d or ""} for a, b, c, d in rows]

"""Erasing: one person everywhere at once, or what ties old mailings to persons. Counts and proofs stay."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, bindparam, case, delete, exists, null, or_, select, update

from publisher.mail.database import database_errors, deliveries, mailings, reading, receipts, recipients
from publisher.mail.importing import ERASED
from publisher.mail.outcomes import OPEN, State

BATCH: Final = 1000
#: Why a delivery that was open has no address.
REASON: Final = "erased"


def forget(engine: Engine, recipient: str) -> bool:
    """Erase a person: address, name, and the link between the person and each delivery. False where unknown.

    What was not mailed yet ends as `no_address`, also where it was claimed: whoever claimed it finds no such row when
    the intent is to be written, and sends nothing. Of receipts only the leaf stays, so that the root that the journal
    names can still be worked out. What a mail server replied may name the address, so it goes too.
    """
    with database_errors(str(engine.url)), engine.begin() as connection:
        touched = connection.execute(delete(recipients).where(recipients.c.id == recipient)).rowcount
        # By notice, for that is how deliveries are indexed and partitioned.
        for notice in connection.scalars(select(mailings.c.notice)).all():
            touched += connection.execute(
                update(deliveries)
                .where(deliveries.c.notice == notice, deliveries.c.recipient == recipient)
                .values(**_nobody(f"{ERASED}{secrets.token_hex(12)}"))
            ).rowcount
        touched += connection.execute(
            update(receipts).where(receipts.c.recipient == recipient).values(recipient=None, content=None, private=None)
        ).rowcount
    return bool(touched)


def _nobody(name: Any) -> Mapping[str, Any]:
    """What is left of a delivery when it is nobody's any more."""
    # Not IN: that cannot be said once for many rows.
    is_open = or_(*(deliveries.c.state == state.value for state in OPEN))
    return {
        "recipient": name,
        "state": case((is_open, State.NO_ADDRESS.value), else_=deliveries.c.state),
        "reply": case((is_open, REASON), else_=null()),
        "address": None,
        "token": None,
        "not_before": None,
        "owner": None,
        "lease_until": None,
        "intent_at": None,
    }


def erase_old(engine: Engine, now: datetime, days: int) -> list[str]:
    """Erase what ties mailings that ended `days` days ago or earlier to persons; their notices. With 0 days nothing.

    Of a receipt the leaf and what it says stay: without its salt it says nothing of anybody. The key of the mailing
    goes, so that no Message-ID leads to a person. Batch by batch: after a kill the next call goes on. A mailing that
    is being tried again is left until that has ended.
    """
    if not days:
        return []
    with database_errors(str(engine.url)):
        with reading(engine) as connection:
            still_open = exists().where(
                deliveries.c.notice == mailings.c.notice, deliveries.c.state.in_([state.value for state in OPEN])
            )
            due = connection.scalars(
                select(mailings.c.notice)
                .where(
                    mailings.c.sealed.is_not(None),
                    mailings.c.ended_at <= now - timedelta(days=days),
                    mailings.c.erased_at.is_(None),
                    ~still_open,
                )
                .order_by(mailings.c.notice)
            ).all()
        for notice in due:
            _erase_mailing(engine, notice, now)
    return list(due)


def _erase_mailing(engine: Engine, notice: str, now: datetime) -> None:
    after: str | None = ""
    while after is not None:
        with engine.begin() as connection:
            after = _erase_deliveries(connection, notice, after)
    leaf: bytes | None = b""
    while leaf is not None:
        with engine.begin() as connection:
            leaf = _erase_receipts(connection, notice, leaf)
    with engine.begin() as connection:
        connection.execute(update(mailings).where(mailings.c.notice == notice).values(key=b"", erased_at=now))


def _erase_deliveries(connection: Connection, notice: str, after: str) -> str | None:
    """A batch of deliveries after the recipient `after`; the last one's id, None where there was none."""
    ids = connection.scalars(
        select(deliveries.c.recipient)
        .where(
            deliveries.c.notice == notice,
            deliveries.c.recipient > after,
            deliveries.c.recipient.not_like(f"{ERASED}%"),
        )
        .order_by(deliveries.c.recipient)
        .limit(BATCH)
    ).all()
    if not ids:
        return None
    statement = (
        update(deliveries)
        .where(deliveries.c.notice == notice, deliveries.c.recipient == bindparam("person"))
        .values(**_nobody(bindparam("nobody")))
    )
    connection.execute(statement, [{"person": i, "nobody": f"{ERASED}{secrets.token_hex(12)}"} for i in ids])
    return str(ids[-1])


def _erase_receipts(connection: Connection, notice: str, after: bytes) -> bytes | None:
    """A batch of receipts after the leaf `after`; the last one's leaf, None where there was none."""
    leaves = connection.scalars(
        select(receipts.c.leaf)
        .where(receipts.c.notice == notice, receipts.c.leaf > after, receipts.c.recipient.is_not(None))
        .order_by(receipts.c.leaf)
        .limit(BATCH)
    ).all()
    if not leaves:
        return None
    connection.execute(
        update(receipts)
        .where(receipts.c.notice == notice, receipts.c.leaf.in_(leaves))
        .values(recipient=None, private=None)
    )
    return bytes(leaves[-1])

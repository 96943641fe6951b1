"""Everything that is held about one person, for the answer that the person is owed (GDPR Art. 15, PIPA Art. 35)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, select

from publisher.mail.database import database_errors, deliveries, mailings, reading, receipts, recipients
from publisher.mail.receipts import private_column
from publisher.mail.vault import Vault
from publisher.messages import Message, msg
from publisher.records import instant_text


def held_about(engine: Engine, vault: Vault, recipient: str) -> dict[str, Any] | None:
    """The person's row, deliveries and receipts, decrypted; None where nothing is held."""
    with database_errors(str(engine.url)), reading(engine) as connection:
        person = connection.execute(select(recipients).where(recipients.c.id == recipient)).mappings().first()
        notices = connection.scalars(select(mailings.c.notice).order_by(mailings.c.notice)).all()
        mails = [
            row
            for notice in notices
            for row in connection.execute(
                select(deliveries).where(deliveries.c.notice == notice, deliveries.c.recipient == recipient)
            ).mappings()
        ]
        kept = (
            connection.execute(
                select(receipts).where(receipts.c.recipient == recipient).order_by(receipts.c.notice, receipts.c.leaf)
            )
            .mappings()
            .all()
        )
    if not (person or mails or kept):
        return None
    return {
        "id": recipient,
        "person": _person(vault, person) if person else None,
        "deliveries": [_delivery(vault, row, recipient) for row in mails],
        "receipts": [_receipt(vault, row, recipient) for row in kept],
    }


def in_words() -> dict[str, Message]:
    """What the parts of the answer mean, for the person to read."""
    return {
        "id": msg("The number or name that the company's own list has for you."),
        "person": msg(
            "Where and in which language you are told of changes to the company's terms and policies; whether as a "
            "guardian, or because you asked to be told without an account."
        ),
        "deliveries": msg(
            "The mails about changes: what became of each, where it went, and what the mail server said."
        ),
        "receipts": msg(
            "The proof that you were told. Without the salt nobody can tell that it is about you; the journal names "
            "only counts and one fingerprint of all."
        ),
    }


def _person(vault: Vault, row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "address": vault.unlock(row["address"], row["id"], "address"),
        "name": vault.unlock(row["name"], row["id"], "name"),
        "language": row["language"],
        "guardian": bool(row["guardian"]),
        "watcher": bool(row["watcher"]),
        "imported_at": _moment(row["imported_at"]),
        "updated_at": _moment(row["updated_at"]),
        "can_be_found_by_address": row["blind"] is not None,
    }


def _delivery(vault: Vault, row: Mapping[Any, Any], recipient: str) -> dict[str, Any]:
    known = {"notice", "recipient", "address"}
    plain = {name: _plain(value) for name, value in row.items() if name not in known}
    return {"notice": row["notice"], "address": vault.unlock(row["address"], recipient, "address"), **plain}


def _receipt(vault: Vault, row: Mapping[Any, Any], recipient: str) -> dict[str, Any]:
    private = vault.unlock(row["private"], recipient, private_column(row["notice"]))
    address, salt, reply = json.loads(private) if private else ("", "", "")
    return {
        "notice": row["notice"],
        "language": row["language"],
        "leaf": bytes(row["leaf"]).hex(),
        "content": json.loads(row["content"]) if row["content"] else None,
        "address": address,
        "salt": salt,
        "reply": reply,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return _moment(value) if isinstance(value, datetime) else value


def _moment(value: datetime | None) -> str | None:
    """RFC 3339; SQLite gives instants back without their zone."""
    return instant_text(value if value.tzinfo else value.replace(tzinfo=UTC)) if value else None

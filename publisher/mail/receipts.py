"""Receipts: what became of each delivery when its mailing ended, under one root that the journal names.

A receipt's `content` is canonical JSON without anything that says who: `who` is HMAC-SHA-256 of the address and the
notice under a salt of the receipt's own, `reply` the same of what the mail server replied. Salt, address and reply
are kept apart, encrypted, and erased with the person; the leaf (SHA-256 of the content) stays, so every proof holds.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, insert, select, update

from publisher.errors import IntegrityBroken
from publisher.mail.database import database_errors, deliveries, mailings, reading, receipts
from publisher.mail.vault import Vault
from publisher.messages import msg
from publisher.records import canonical_json, instant_text
from publisher.register.merkle import Tree, inclusion_proof, leaf_hash

BATCH: Final = 1000


@dataclass(frozen=True, slots=True)
class Sealed:
    """A finished mailing: how many deliveries ended in which way, and the root over its receipts."""

    outcomes: Mapping[str, int]
    leaves: int
    #: lower-case hexadecimal
    root: str

    def as_json(self) -> dict[str, Any]:
        """What the journal says of the mailing."""
        return {"outcomes": dict(self.outcomes), "leaves": self.leaves, "root": self.root}


@dataclass(frozen=True, slots=True)
class Private:
    """What ties a receipt to its person."""

    address: str = field(repr=False)
    salt: bytes = field(repr=False)
    #: what the mail server said
    reply: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """One delivery of a finished mailing; of a person who was erased there is only the leaf."""

    leaf: bytes
    language: str
    content: bytes | None
    recipient: str | None = None
    private: Private | None = None

    @property
    def fits(self) -> bool:
        """Whether the leaf is that of the content."""
        return self.content is None or leaf_hash(self.content) == self.leaf

    @property
    def outcome(self) -> str:
        """How the delivery ended; "" where it was erased or cannot be read."""
        try:
            return str(json.loads(self.content)["outcome"]) if self.content else ""
        except (ValueError, KeyError, TypeError):
            return ""


def pseudonym(salt: bytes, words: str) -> str:
    """HMAC-SHA-256 in hexadecimal: ties `words` to a receipt for whoever has the salt, for nobody else."""
    return hmac.new(salt, words.encode("utf-8"), hashlib.sha256).hexdigest()


def new_salt(recipient: str) -> bytes:  # noqa: ARG001 - not made of it: whoever knows the id must not know the salt
    """The salt of a receipt: random, so that it is gone when it is erased."""
    return secrets.token_bytes(32)


def content_of(notice: str, private: Private, *, outcome: str, code: int, at: datetime) -> bytes:
    """What a receipt says, as bytes that are the same wherever they are made."""
    return canonical_json(
        {
            "notice": notice,
            "who": pseudonym(private.salt, private.address + notice),
            "outcome": outcome,
            "code": code,
            "at": instant_text(at),
            "reply": pseudonym(private.salt, private.reply) if private.reply else "",
        }
    )


def seal(engine: Engine, vault: Vault, notice: str) -> Sealed:
    """Write the receipts of a mailing in which every delivery has an outcome, once; what they come to.

    Whatever happens to a delivery later (it is tried again, the person is erased), what was sealed stays. A run that
    is killed leaves nothing; the next one begins anew.
    """
    with database_errors(str(engine.url)), engine.begin() as connection:
        there = _sealed(connection, notice)
        if there:
            return there
        outcomes: Counter[str] = Counter()
        after, ended = "", None
        while rows := _deliveries(connection, notice, after):
            made = [_receipt(row, notice, vault) for row in rows]
            connection.execute(insert(receipts), made)
            outcomes.update(row["state"] for row in rows)
            after = rows[-1]["recipient"]
            ended = max(filter(None, (ended, *(row["updated_at"] for row in rows))))
        tree = Tree()
        for leaf in _leaves(connection, notice):
            tree.add(leaf)
        sealed = Sealed(dict(sorted(outcomes.items())), tree.size, tree.root.hex())
        connection.execute(
            update(mailings)
            .where(mailings.c.notice == notice)
            .values(sealed=canonical_json(sealed.as_json()).decode("utf-8"), ended_at=ended)
        )
    return sealed


def sealed_mailing(engine: Engine, notice: str) -> Sealed | None:
    """What was sealed of a mailing; None where it has not ended, or is not known."""
    with database_errors(str(engine.url)), reading(engine) as connection:
        return _sealed(connection, notice)


def read_receipts(engine: Engine, notice: str, vault: Vault | None = None) -> Iterator[Receipt]:
    """The receipts of a mailing in the order of their leaves; `private` only where a vault is given.

    Read in batches, so that nobody who writes has to wait until the last one is read.
    """
    after: Any = b""
    while rows := _batch(engine, notice, after):
        for row in rows:
            private = _unlock(vault, row["private"], str(row["recipient"]), notice) if vault else None
            content = _bytes(row["content"]) if row["content"] is not None else None
            yield Receipt(_bytes(row["leaf"]), row["language"], content, row["recipient"], private)
        after = rows[-1]["leaf"]


def _batch(engine: Engine, notice: str, after: Any) -> list[Mapping[str, Any]]:
    """The next receipts after the leaf `after`."""
    with database_errors(str(engine.url)), reading(engine) as connection:
        rows = connection.execute(
            select(receipts)
            .where(receipts.c.notice == notice, receipts.c.leaf > after)
            .order_by(receipts.c.leaf)
            .limit(BATCH)
        )
        return [dict(row) for row in rows.mappings()]


def _bytes(value: bytes | str) -> bytes:
    """What a column of bytes holds, also where somebody has written text into it."""
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else bytes(value)


def proof_of(engine: Engine, notice: str, index: int, size: int) -> list[bytes]:
    """The inclusion proof of the receipt at `index` among the `size` of a mailing."""
    with database_errors(str(engine.url)), reading(engine) as connection:
        return inclusion_proof(_leaves(connection, notice), index, size)


def _sealed(connection: Connection, notice: str) -> Sealed | None:
    said = connection.scalar(select(mailings.c.sealed).where(mailings.c.notice == notice))
    if not said:
        return None
    try:
        return Sealed(**json.loads(said))
    except (ValueError, TypeError) as error:
        raise IntegrityBroken.of(
            "V430",
            msg("The database is damaged: {reason}.", reason=notice),
            msg("Keep the file, restore a backup beside it, and do not send anything before that."),
        ) from error


def _deliveries(connection: Connection, notice: str, after: str) -> list[Mapping[str, Any]]:
    """The next deliveries after the recipient `after`."""
    rows = connection.execute(
        select(deliveries)
        .where(deliveries.c.notice == notice, deliveries.c.recipient > after)
        .order_by(deliveries.c.recipient)
        .limit(BATCH)
    )
    return [dict(row) for row in rows.mappings()]


def _leaves(connection: Connection, notice: str) -> Iterator[bytes]:
    rows = connection.execute(
        select(receipts.c.leaf).where(receipts.c.notice == notice).order_by(receipts.c.leaf),
        execution_options={"yield_per": BATCH},
    )
    return (bytes(leaf) for (leaf,) in rows)


def _receipt(row: Mapping[str, Any], notice: str, vault: Vault) -> dict[str, Any]:
    recipient = row["recipient"]
    private = Private(
        address=vault.unlock(row["address"], recipient, "address"),
        salt=new_salt(recipient),
        reply=row["reply"] or "",
    )
    # SQLite gives instants back without their zone.
    at = row["updated_at"] if row["updated_at"].tzinfo else row["updated_at"].replace(tzinfo=UTC)
    content = content_of(notice, private, outcome=row["state"], code=row["code"] or 0, at=at)
    return {
        "notice": notice,
        "leaf": leaf_hash(content),
        "recipient": recipient,
        "language": row["language"],
        "content": content,
        "private": _lock(vault, private, recipient, notice),
    }


def private_column(notice: str) -> str:
    """What the vault calls the column `private` of a mailing's receipts."""
    return f"receipt {notice}"


def _lock(vault: Vault, private: Private, recipient: str, notice: str) -> bytes | None:
    words = json.dumps([private.address, private.salt.hex(), private.reply], ensure_ascii=False)
    return vault.lock(words, recipient, private_column(notice))


def _unlock(vault: Vault, locked: bytes | None, recipient: str, notice: str) -> Private | None:
    if locked is None:
        return None
    address, salt, reply = json.loads(vault.unlock(bytes(locked), recipient, private_column(notice)))
    return Private(address, bytes.fromhex(salt), reply)

"""Who is to be told: one recipient, and what can be asked of all of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Engine, func, select

from publisher.mail.addresses import usable_address
from publisher.mail.database import database_errors, reading, recipients
from publisher.mail.vault import Vault


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipient:
    """A person to be told."""

    id: str
    #: "" where there is no address: told by the site only
    address: str = field(repr=False)
    name: str = field(repr=False)
    language: str
    #: told on behalf of a child
    guardian: bool
    #: asked to be told without having an account; may ask not to be
    watcher: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """Whose address it is: never more than what the company's own list is looked up by."""

    id: str
    language: str


def count_recipients(engine: Engine) -> dict[str, int]:
    """How many recipients there are by language, and how many have no address."""
    with database_errors(str(engine.url)), reading(engine) as connection:
        by_language = connection.execute(
            select(recipients.c.language, func.count()).group_by(recipients.c.language)
        ).all()
        missing = connection.scalar(select(func.count()).where(recipients.c.address.is_(None))) or 0
    found: dict[str, int] = {
        language: int(number) for language, number in sorted((str(a), int(b)) for a, b in by_language)
    }
    return {"total": sum(found.values()), **found, "without_address": int(missing)}


def find_recipients(engine: Engine, vault: Vault, address: str) -> list[Found]:
    """Who has this address, however its letters are written, without decrypting anybody's.

    ValueError where it is no address. Rows that an older release imported are found once they were imported again
    or the key was rotated.
    """
    blinds = vault.blinds(usable_address(address))
    with database_errors(str(engine.url)), reading(engine) as connection:
        rows = connection.execute(
            select(recipients.c.id, recipients.c.language)
            .where(recipients.c.blind.in_(blinds))
            .order_by(recipients.c.id)
        )
        return [Found(str(a), str(b)) for a, b in rows]

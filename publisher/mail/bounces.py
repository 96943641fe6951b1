"""Letters that came back, read from a Maildir or a folder of files, and written down with their deliveries.

A message is recognised by the token of the letter (tokens.py), which nobody knows but the servers on the way and the
recipient; who forges one can say no more than that their own letter came back. A file is put aside only after what it
says was committed, so that a run that is killed, or run twice, loses nothing and changes nothing twice.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, RowMapping, select, update

from publisher.errors import Misconfigured, Place, Problem, cannot_write
from publisher.mail.database import database_errors, deliveries, recipients
from publisher.mail.dsn import READ, Returned, Verdict, read_returned
from publisher.mail.outcomes import State
from publisher.mail.vault import Vault
from publisher.messages import msg

BATCH: Final = 500
#: Where files of a plain folder are put when they have been read.
DONE: Final = "done"
#: Names of messages in one; a folder that was named by mistake keeps its files.
_PLAIN: Final = re.compile(r"[^.].*\.eml|[0-9]+", re.IGNORECASE | re.ASCII)


class Became(StrEnum):
    """What became of one message."""

    #: the delivery is now `bounced`
    BOUNCED = "bounced"
    #: it was before
    KNOWN = "known"
    #: it is still under way, or arrived; nothing is changed
    DELAYED = "delayed"
    DELIVERED = "delivered"
    AUTO_REPLY = "auto_reply"
    #: no notification, or one of a letter that is not ours (spam, forged)
    OTHER = "other"
    #: the delivery has no outcome yet; the file stays for the next run
    EARLY = "early"
    #: a person has to read it
    UNCLEAR = "unclear"
    UNREADABLE = "unreadable"


@dataclass(slots=True)
class BounceReport:
    """How many messages became what; and how many addresses are now known not to exist."""

    became: Counter[Became] = field(default_factory=Counter)
    unusable: int = 0

    @property
    def read(self) -> int:
        return self.became.total()

    @property
    def to_look_at(self) -> int:
        return self.became[Became.UNCLEAR] + self.became[Became.UNREADABLE]

    def as_json(self) -> dict[str, int]:
        return {"read": self.read, **{b.value: self.became[b] for b in Became}, "unusable": self.unusable}


@dataclass(frozen=True, slots=True)
class _Message:
    path: Path
    returned: Returned


def take_bounces(
    engine: Engine,
    vault: Vault,
    folder: Path,
    clock: Callable[[], datetime],
    on_problem: Callable[[Problem], None] = lambda _: None,
) -> BounceReport:
    """Read what lies in `folder` and write it down.

    A Maildir (with `new` and `cur`) is read from `new`, and a message that was read goes to `cur`; of any other folder
    the files `*.eml` and those named by a number are read, and go to `done` in it. What a person has to look at is told
    to `on_problem` (S282) by the name of its file, and flagged in a Maildir. Raises Misconfigured (S281) where the
    folder cannot be read.
    """
    report = BounceReport()
    aside = _aside(folder)
    paths = _paths(folder)
    with database_errors(str(engine.url)):
        while chunk := list(islice(paths, BATCH)):
            messages = [_Message(path, returned) for path in chunk if (returned := _read(path))]
            became = _write_down(engine, vault, messages, clock(), report)
            for message, what in zip(messages, became, strict=True):
                report.became[what] += 1
                if what in (Became.UNCLEAR, Became.UNREADABLE):
                    on_problem(_to_look_at(message.path))
                if what is not Became.EARLY:
                    _put_aside(message.path, aside, flagged=what in (Became.UNCLEAR, Became.UNREADABLE))
    return report


def _is_maildir(folder: Path) -> bool:
    return (folder / "new").is_dir() and (folder / "cur").is_dir()


def _aside(folder: Path) -> Path:
    return folder / ("cur" if _is_maildir(folder) else DONE)


def _paths(folder: Path) -> Iterator[Path]:
    """Files of the folder, in no order; their number may be large."""
    maildir = _is_maildir(folder)
    source = folder / "new" if maildir else folder
    try:
        with os.scandir(source) as entries:
            # Neither links nor hidden files: only what a mail server has put here whole.
            yield from (
                Path(e.path)
                for e in entries
                if (not e.name.startswith(".") if maildir else _PLAIN.fullmatch(e.name))
                and e.is_file(follow_symlinks=False)
            )
    except OSError as error:
        raise Misconfigured.of(
            "S281",
            msg(
                "The folder with returned mails, {folder}, cannot be read: {reason}.",
                folder=str(folder),
                reason=error.strerror or str(error),
            ),
            msg("Give the folder that the address for bounces is delivered into, or set mail.bounce_maildir."),
        ) from error


def _read(path: Path) -> Returned | None:
    """What the file says; None where it has gone since, or another run has it."""
    try:
        with path.open("rb") as file:
            return read_returned(file.read(READ))
    except FileNotFoundError:
        return None
    except OSError:
        return Returned(verdict=Verdict.UNREADABLE)


def _write_down(
    engine: Engine, vault: Vault, messages: Sequence[_Message], now: datetime, report: BounceReport
) -> list[Became]:
    """What becomes of each message; committed when this returns."""
    wanted = {token for message in messages for token in message.returned.tokens}
    found: list[Became] = []
    unusable = 0
    with engine.begin() as connection:
        rows = _rows(connection, wanted)
        for message in messages:
            mine = [rows[t] for t in message.returned.tokens if t in rows]
            what = _judged(message.returned, mine)
            if what is Became.BOUNCED:
                if not _bounce(connection, mine[0], message.returned, now):
                    what = Became.KNOWN  # two messages about one letter
                elif message.returned.unusable:
                    unusable += _mark(connection, vault, mine[0], now)
            found.append(what)
    report.unusable += unusable
    return found


def _rows(connection: Connection, tokens: set[str]) -> dict[str, RowMapping]:
    found: dict[str, RowMapping] = {}
    wanted = iter(tokens)
    while chunk := list(islice(wanted, BATCH)):
        rows = connection.execute(
            select(
                deliveries.c.notice,
                deliveries.c.recipient,
                deliveries.c.state,
                deliveries.c.token,
                # where the letter went, and where the next one would go
                deliveries.c.address.label("went_to"),
                recipients.c.address.label("now"),
            )
            .select_from(deliveries.outerjoin(recipients, deliveries.c.recipient == recipients.c.id))
            .where(deliveries.c.token.in_(chunk), deliveries.c.token.is_not(None))
        )
        found |= {str(row["token"]): row for row in rows.mappings()}
    return found


_SAYS: Final = {
    Verdict.DELAYED: Became.DELAYED,
    Verdict.DELIVERED: Became.DELIVERED,
    Verdict.AUTO_REPLY: Became.AUTO_REPLY,
    Verdict.OTHER: Became.OTHER,
    Verdict.UNCLEAR: Became.UNCLEAR,
    Verdict.UNREADABLE: Became.UNREADABLE,
}


def _judged(returned: Returned, mine: Sequence[RowMapping]) -> Became:
    if returned.verdict is Verdict.UNREADABLE:
        return Became.UNREADABLE
    if not mine:
        return Became.AUTO_REPLY if returned.verdict is Verdict.AUTO_REPLY else Became.OTHER
    if returned.verdict is not Verdict.FAILED:
        return _SAYS[returned.verdict]
    if len({(row["notice"], row["recipient"]) for row in mine}) > 1:
        return Became.UNCLEAR  # an honest one is about one letter
    state = mine[0]["state"]
    if state in (State.HANDED_OVER, State.UNCERTAIN):
        return Became.BOUNCED
    return Became.EARLY if state in (State.PENDING, State.SENDING, State.DEFERRED) else Became.KNOWN


def _bounce(connection: Connection, row: RowMapping, returned: Returned, now: datetime) -> bool:
    """Turn the delivery; False where another message, or another run, was first."""
    code = returned.code or (550 if returned.unusable else 0)
    return bool(
        connection.execute(
            update(deliveries)
            .where(
                deliveries.c.notice == row["notice"],
                deliveries.c.recipient == row["recipient"],
                deliveries.c.state.in_((State.HANDED_OVER.value, State.UNCERTAIN.value)),
            )
            .values(
                state=State.BOUNCED.value,
                not_before=None,
                code=code or None,
                # Never its words: they name the address.
                reply=f"returned {returned.status}".strip(),
                updated_at=now,
            )
        ).rowcount
    )


def _mark(connection: Connection, vault: Vault, row: RowMapping, now: datetime) -> int:
    """Write down that the address does not exist, unless the person has another one by now."""
    went_to, current = (vault.unlock(row[name], row["recipient"], "address") for name in ("went_to", "now"))
    if went_to != current:
        return 0
    return connection.execute(
        update(recipients)
        .where(recipients.c.id == row["recipient"], recipients.c.unusable_at.is_(None))
        .values(unusable_at=now)
    ).rowcount


def _put_aside(path: Path, aside: Path, *, flagged: bool) -> None:
    name = path.name
    if aside.name == "cur":
        # Flags of a Maildir: S for seen, F for what somebody has to look at.
        name = f"{name.split(':2,')[0]}:2,{'F' if flagged else ''}S"
    try:
        aside.mkdir(mode=0o700, exist_ok=True)
        path.replace(aside / name)
    except FileNotFoundError:
        return
    except OSError as error:
        raise cannot_write(str(aside), error) from error


def _to_look_at(path: Path) -> Problem:
    return Problem(
        code="S282",
        severity="warning",
        message=msg("A returned mail does not say clearly what became of it; the delivery stays as it was."),
        hint=msg("Read the file; `publisher mail status` lists the deliveries."),
        place=Place(path=path.name),
    )

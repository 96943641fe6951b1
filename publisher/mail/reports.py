"""What became of a notice, counted: by outcome, language, domain and reply; never an address.

Domains come from the encrypted addresses, which are decrypted in a stream and not kept. A domain with few recipients
would say who they are: it is counted under "other".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Engine, select, update

from publisher.errors import Problem, PublisherError, WrongUsage
from publisher.mail.breaker import Breaker
from publisher.mail.database import database_errors, deliveries, mailings, reading
from publisher.mail.outcomes import State
from publisher.mail.tokens import token_of, token_of_message_id
from publisher.mail.vault import Vault
from publisher.messages import Message, msg

BATCH: Final = 10_000
#: A domain with fewer recipients is not named.
FEW: Final = 10
OTHER: Final = "other"
NONE: Final = "none"
_ENHANCED: Final = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])", re.ASCII)

#: Numbers by outcome.
Numbers = dict[str, int]


@dataclass(slots=True)
class Report:
    """What became of a notice."""

    notice: str
    outcomes: Numbers = field(default_factory=dict)
    #: by language, by domain, by class of the reply ("550 5.1.1"), each by outcome
    languages: dict[str, Numbers] = field(default_factory=dict)
    domains: dict[str, Numbers] = field(default_factory=dict)
    replies: dict[str, Numbers] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.outcomes.values())

    def as_json(self) -> dict[str, Any]:
        return {
            "notice": self.notice,
            "total": self.total,
            "outcomes": self.outcomes,
            "languages": self.languages,
            "domains": self.domains,
            "replies": self.replies,
        }

    def rows(self) -> Iterator[tuple[str, str, str, int]]:
        """What it is counted by, the value of that, the outcome, and how many; for a table."""
        yield from (("outcome", state, state, number) for state, number in self.outcomes.items())
        for name, groups in (("language", self.languages), ("domain", self.domains), ("reply", self.replies)):
            for key, numbers in groups.items():
                yield from ((name, key, state, number) for state, number in numbers.items())


def report_of(engine: Engine, vault: Vault, notice: str) -> Report:
    """What became of a notice; WrongUsage (S245) where there is no such mailing."""
    _key(engine, notice)
    report = Report(notice)
    domains: dict[str, Numbers] = {}
    after = ""
    with database_errors(str(engine.url)):
        while rows := _batch(engine, notice, after):
            for recipient, language, state, code, reply, address in rows:
                _add(report.outcomes, state)
                _add(report.languages.setdefault(language, {}), state)
                _add(report.replies.setdefault(_class(code, reply), {}), state)
                where = vault.unlock(address, recipient, "address").rpartition("@")[2].lower() if address else NONE
                _add(domains.setdefault(where or NONE, {}), state)
            after = rows[-1][0]
    report.outcomes = dict(sorted(report.outcomes.items()))
    report.languages = _sorted(report.languages)
    report.replies = _largest_first(report.replies)
    report.domains = _largest_first(_without_few(domains))
    return report


def _batch(engine: Engine, notice: str, after: str) -> list[Any]:
    with reading(engine) as connection:
        return list(
            connection.execute(
                select(
                    deliveries.c.recipient,
                    deliveries.c.language,
                    deliveries.c.state,
                    deliveries.c.code,
                    deliveries.c.reply,
                    deliveries.c.address,
                )
                .where(deliveries.c.notice == notice, deliveries.c.recipient > after)
                .order_by(deliveries.c.recipient)
                .limit(BATCH)
            ).all()
        )


def _add(numbers: Numbers, state: str) -> None:
    numbers[state] = numbers.get(state, 0) + 1


def _class(code: int | None, reply: str | None) -> str:
    """Code and enhanced status of a reply, without its words."""
    enhanced = _ENHANCED.search(reply or "")
    return " ".join(filter(None, (str(code) if code else "", enhanced.group() if enhanced else ""))) or NONE


def _without_few(domains: Mapping[str, Numbers]) -> dict[str, Numbers]:
    named: dict[str, Numbers] = {}
    for domain, numbers in domains.items():
        name = domain if domain == NONE or sum(numbers.values()) >= FEW else OTHER
        group = named.setdefault(name, {})
        for state, number in numbers.items():
            group[state] = group.get(state, 0) + number
    return named


def _sorted(groups: Mapping[str, Numbers]) -> dict[str, Numbers]:
    return {key: dict(sorted(numbers.items())) for key, numbers in sorted(groups.items())}


def _largest_first(groups: Mapping[str, Numbers]) -> dict[str, Numbers]:
    order = sorted(groups.items(), key=lambda one: (one[0] == OTHER, -sum(one[1].values()), one[0]))
    return {key: dict(sorted(numbers.items())) for key, numbers in order}


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A letter that went out and got no answer: the relay's log knows whether it was taken over."""

    message_id: str
    #: when it was last known to be under way
    at: datetime
    attempts: int

    def as_json(self) -> dict[str, Any]:
        return {"message_id": self.message_id, "at": self.at.isoformat(timespec="seconds"), "attempts": self.attempts}


def held(engine: Engine, notice: str, domain: str) -> Iterator[Held]:
    """The deliveries of a notice whose fate is not known, in order of recipient, by Message-ID.

    `domain`: what stands in Message-IDs after the @. Raises WrongUsage where there is no such mailing
    (S245), or it was erased (S286).
    """
    key = _key(engine, notice)
    for recipient, at, attempts in _uncertain(engine, notice):
        yield Held(
            message_id=f"<{token_of(key, recipient)}@{domain}>",
            at=at if at.tzinfo else at.replace(tzinfo=UTC),
            attempts=attempts,
        )


def settle(
    engine: Engine,
    notice: str,
    message_ids: Iterable[str],
    now: datetime,
    *,
    handed_over: bool,
    on_problem: Callable[[Problem], None] = lambda _: None,
) -> int:
    """Write down what the relay's log says of letters whose fate was not known; how many there were.

    Taken over: they are handed over. Not taken: they are sent again at once. A Message-ID that is of no such letter is
    told to `on_problem` (S283) by its line, and changes nothing.
    """
    key = _key(engine, notice)
    lines = ((number, line.strip()) for number, line in enumerate(message_ids, 1))
    named = {number: (line, token_of_message_id(line)) for number, line in lines if line}
    wanted = {token for _, token in named.values() if token}
    there: dict[str, str] = {}
    for recipient, _, _ in _uncertain(engine, notice):
        token = token_of(key, recipient)
        if token in wanted:
            there[token] = recipient
    for number, (_, named_token) in named.items():
        if named_token not in there:
            on_problem(_not_held(number, notice))
    values: dict[str, Any] = {"updated_at": now}
    if handed_over:
        values |= {"state": State.HANDED_OVER.value, "reply": "by the relay's log", "not_before": None}
    else:
        values |= {"state": State.PENDING.value, "reply": None, "not_before": now}
    changed = 0
    people = list(there.values())
    with database_errors(str(engine.url)):
        for begin in range(0, len(people), 500):
            with engine.begin() as connection:
                changed += connection.execute(
                    update(deliveries)
                    .where(
                        deliveries.c.notice == notice,
                        deliveries.c.recipient.in_(people[begin : begin + 500]),
                        deliveries.c.state == State.UNCERTAIN.value,
                    )
                    .values(**values)
                ).rowcount
    return changed


def _uncertain(engine: Engine, notice: str) -> Iterator[Any]:
    after = ""
    while True:
        with database_errors(str(engine.url)), reading(engine) as connection:
            rows = connection.execute(
                select(deliveries.c.recipient, deliveries.c.updated_at, deliveries.c.attempts)
                .where(
                    deliveries.c.notice == notice,
                    deliveries.c.state == State.UNCERTAIN.value,
                    deliveries.c.recipient > after,
                )
                .order_by(deliveries.c.recipient)
                .limit(BATCH)
            ).all()
        if not rows:
            return
        yield from rows
        after = rows[-1][0]


def _key(engine: Engine, notice: str) -> bytes:
    with database_errors(str(engine.url)), reading(engine) as connection:
        key = connection.scalar(select(mailings.c.key).where(mailings.c.notice == notice))
    if key is None:
        raise no_such_notice(notice)
    if not key:
        raise erased(notice)
    return bytes(key)


def stopped(engine: Engine) -> dict[str, Message]:
    """Why nothing is sent of the mailings that somebody paused, or that the mail server's answers stopped."""
    with database_errors(str(engine.url)), reading(engine) as connection:
        rows = connection.execute(
            select(mailings.c.notice, mailings.c.paused, mailings.c.breaker).order_by(mailings.c.notice)
        ).all()
    found = {}
    for notice, paused, breaker in rows:
        known = Breaker.of(json.loads(breaker) if breaker else None)
        if paused is not None:
            found[str(notice)] = msg(
                "{notice} is paused. `publisher mail resume {notice}` goes on with it.", notice=str(notice)
            )
        elif known.probe_at is not None:
            found[str(notice)] = known.error().problems[0].message
    return found


def erased(notice: str) -> PublisherError:
    return WrongUsage.of(
        "S286",
        msg("Whom {notice} was mailed to has been erased, for its age.", notice=notice),
        msg(
            "Its counts and its proof stay (`publisher mail report {notice}`); nothing of it can be sent or looked up "
            "any more. How long that can be done: recipients.keep_days in publisher.toml.",
            notice=notice,
        ),
    )


def no_such_notice(notice: str) -> PublisherError:
    return WrongUsage.of(
        "S245",
        msg("There is no notice {notice}.", notice=notice),
        msg("`publisher mail status` lists them."),
    )


def _not_held(number: int, notice: str) -> Problem:
    return Problem(
        code="S283",
        severity="warning",
        message=msg(
            "Line {line:id} is the Message-ID of no mail of {notice} whose fate is unknown.", line=number, notice=notice
        ),
        hint=msg("`publisher mail held {notice}` lists them; nothing was changed for this line.", notice=notice),
    )

"""The mails of a notice: handed over, counted, and written down once everyone has an outcome."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from publisher.errors import WrongUsage
from publisher.mail.compose import Composer
from publisher.mail.database import open_database
from publisher.mail.outbox import Outbox, is_complete
from publisher.mail.receipts import Sealed, seal
from publisher.mail.recipients import open_vault
from publisher.mail.send import send_notice
from publisher.messages import msg
from publisher.notice.calendar import count, mail_until
from publisher.notice.wording import Notice, amendment_id, notice_id
from publisher.register.journal import Event
from publisher.register.versions import Version
from publisher.run.engine import Engine, at_work
from publisher.run.observe import Observation, observe
from publisher.website.views import notice_of

#: Seconds of mailing after which the engine looks whether something else has become due.
SLICE: Final = 300.0


class MoreToMail(Exception):
    """There are letters left that could be handed over now; how the deliveries stand."""

    def __init__(self, outcomes: dict[str, int]) -> None:
        super().__init__()
        self.outcomes = outcomes


@dataclass(frozen=True, kw_only=True, slots=True)
class _Mailing:
    """What is mailed: an announcement, or an amendment of it."""

    id: str
    composer: Composer
    #: the day on which it was said on the site; the mailing may take some working days from there
    posted: date


def notify(engine: Engine, version: Version, observation: Observation, now: datetime) -> bool:
    """Mail the announcement to everyone who has no outcome yet; finished when all have one."""
    if not is_complete(_mail(engine, _announcement(engine, version, observation), observation, now)):
        return False
    _finished(engine, version, observation)
    return True


def notify_amendment(engine: Engine, version: Version, number: int, observation: Observation, now: datetime) -> bool:
    """Mail the `number`-th amendment of a version; finished when everyone has an outcome.

    After a withdrawal nobody is told any more that the version is coming: that mailing ends first.
    """
    amendment = version.amendments[number - 1]
    if amendment.event is Event.WITHDRAWN and version.notified_at is None:
        announcement = _announcement(engine, version, observation)
        with _outbox(engine, announcement.id) as outbox:
            outbox.fill(now)
            outbox.abandon(now, "withdrawn")
        _finished(engine, version, observation)
        observation = replace(observation, register=engine.store.load())
    mailing = _amended(engine, version, number, observation)
    if not is_complete(_mail(engine, mailing, observation, now)):
        return False
    engine.store.journal.append(
        at=engine.clock(),
        event=Event.AMENDMENT_NOTIFIED,
        policy=version.policy,
        version=version.id,
        data={
            "notice": mailing.id,
            "amendment": amendment.seq,
            **_sealed(engine, mailing.id).as_json(),
        },
    )
    return True


def _finished(engine: Engine, version: Version, observation: Observation) -> None:
    finished = engine.clock()
    earliest = count(observation.rules.day_of(finished), version.record.days, observation.rules).earliest
    engine.store.journal.append(
        at=finished,
        event=Event.NOTIFIED,
        policy=version.policy,
        version=version.id,
        data={
            "notice": notice_id(version.policy, version.id),
            **_sealed(engine, notice_id(version.policy, version.id)).as_json(),
            "earliest": earliest.isoformat(),
        },
    )


def _sealed(engine: Engine, mailing: str) -> Sealed:
    """The receipts of a finished mailing, written once; what the journal says of them."""
    database = open_database(engine.workspace)
    engine.lease.fence(database)
    try:
        return seal(database, open_vault(engine.workspace), mailing)
    finally:
        database.dispose()


def _announcement(engine: Engine, version: Version, observation: Observation) -> _Mailing:
    """The announcement as it was made, also where it was postponed since; the amendment follows it."""
    notice, announced = _notice(engine, version, observation)
    entry = next(
        e
        for e in observation.register.entries
        if (e.event, e.policy, e.version) == (Event.ANNOUNCED, version.policy, version.id)
    )
    composer = Composer.of(engine.workspace, notice, announced, entry.hash)
    return _Mailing(id=notice.id, composer=composer, posted=observation.rules.day_of(announced))


def _amended(engine: Engine, version: Version, number: int, observation: Observation) -> _Mailing:
    notice, _ = _notice(engine, version, observation)
    amendment = version.amendments[number - 1]
    return _Mailing(
        id=amendment_id(version.policy, version.id, number),
        composer=Composer.of_amendment(engine.workspace, notice, amendment),
        posted=observation.rules.day_of(amendment.at),
    )


def _notice(engine: Engine, version: Version, observation: Observation) -> tuple[Notice, datetime]:
    """The notice of an announced version, and the moment of its announcement."""
    if version.announced_at is None:
        raise ValueError(version.id)
    zone = observation.rules.zone
    announced = observation.rules.day_of(version.announced_at)
    return notice_of(version, engine.workspace.settings.site, zone, announced=announced), version.announced_at


def _mail(
    engine: Engine, mailing: _Mailing, observation: Observation, now: datetime, *, retry: bool = False
) -> dict[str, int]:
    """Hand over what is due of a mailing; the outcomes so far."""
    rules = observation.rules
    going_on = _for_a_while(engine, math.inf if retry else SLICE)
    with _outbox(engine, mailing.id) as outbox:
        outbox.fill(now)
        outbox.recover()
        if retry:
            outbox.reopen()
        connections = engine.workspace.settings.mail.connections
        send_notice(outbox, mailing.composer, engine.mailers, connections, engine.clock, going_on)
        if not going_on() and not engine.stopping() and outbox.has_due(engine.clock()):
            raise MoreToMail(outbox.outcomes())
        if rules.day_of(now) > mail_until(mailing.posted, rules):
            outbox.close(now)
        return outbox.outcomes()


@contextmanager
def _outbox(engine: Engine, mailing: str) -> Iterator[Outbox]:
    database = open_database(engine.workspace)
    engine.lease.fence(database)
    try:
        yield Outbox(database, open_vault(engine.workspace), mailing)
    finally:
        database.dispose()


def _for_a_while(engine: Engine, seconds: float) -> Callable[[], bool]:
    """Whether another letter should be begun: until somebody stops the engine, or the slice is over."""
    until = time.monotonic() + seconds

    def going_on() -> bool:
        engine.on_letter()
        return not engine.stopping() and time.monotonic() < until

    return going_on


def retry_failed(engine: Engine, notice: str) -> dict[str, int]:
    """Try the failed deliveries of a notice once more; its outcomes afterwards.

    What the journal says of the mailing stays as it was: the notice period does not begin anew. Raises WrongUsage
    where there is no such notice.
    """
    with at_work(engine) as working, working.texts() as texts:
        observation = observe(working.workspace, texts, working.clock())
        mailing = next((m for m in _mailings(working, observation) if m.id == notice), None)
        if mailing is None:
            raise WrongUsage.of(
                "S245",
                msg("There is no notice {notice}.", notice=notice),
                msg("`publisher mail status` lists them."),
            )
        return _mail(working, mailing, observation, working.clock(), retry=True)


def composer_of(engine: Engine, observation: Observation, notice: str) -> Composer | None:
    """Who writes the letters of a mailing that was begun, or is owed; None where there is none of that name."""
    return next((m.composer for m in _mailings(engine, observation) if m.id == notice), None)


def _mailings(engine: Engine, observation: Observation) -> Iterator[_Mailing]:
    """Every mailing that was begun, or is owed; not the announcement of what was withdrawn."""
    for version in observation.register.versions:
        if version.announced_at and not version.first:
            if not version.withdrawn_at:
                yield _announcement(engine, version, observation)
            for number in range(1, len(version.amendments) + 1):
                yield _amended(engine, version, number, observation)

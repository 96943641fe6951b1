"""The mails of a notice: handed over, counted, and written down once everyone has an outcome."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from sqlalchemy import Engine as Database

from publisher.mail.compose import Composer
from publisher.mail.database import open_database
from publisher.mail.outbox import Outbox, is_complete
from publisher.mail.progress import Reporter
from publisher.mail.receipts import Sealed, seal
from publisher.mail.reports import erased, no_such_notice
from publisher.mail.rounds import OlderDatabase, Rounds
from publisher.mail.send import Limits, send_notice
from publisher.mail.vault import open_vault
from publisher.mail.workers import hold_worker
from publisher.notice.calendar import Rules, count, mail_until
from publisher.notice.risk import last_day_of
from publisher.notice.wording import Notice, amendment_id, notice_id
from publisher.register.holidays import rules_of
from publisher.register.journal import Event
from publisher.register.versions import Register, Version
from publisher.run.engine import Engine, at_work
from publisher.run.observe import Observation, observe
from publisher.run.progress import looked_on
from publisher.run.risks import announced as risk_facts
from publisher.run.verify import finished_mailings, no_receipts
from publisher.website.views import notice_of
from publisher.workspace import Workspace

#: Seconds of mailing after which the engine looks whether something else has become due.
SLICE: Final = 300.0
#: Seconds after which a worker that had nothing to do looks again.
PAUSE: Final = 2.0
#: Why a mailing is paused that somebody paused.
BY_HAND: Final = "paused by hand"


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
    #: the last day on which it may end
    last_day: date


def notify(engine: Engine, version: Version, observation: Observation, now: datetime) -> bool:
    """Mail the announcement to everyone who has no outcome yet; finished when all have one."""
    if not is_complete(
        _mail(
            engine, _announcement(engine.workspace, version, observation.register, observation.rules), observation, now
        )
    ):
        return False
    _finished(engine, version, observation)
    return True


def notify_amendment(engine: Engine, version: Version, number: int, observation: Observation, now: datetime) -> bool:
    """Mail the `number`-th amendment of a version; finished when everyone has an outcome.

    After a withdrawal nobody is told any more that the version is coming: that mailing ends first.
    """
    amendment = version.amendments[number - 1]
    if amendment.event is Event.WITHDRAWN and version.notified_at is None:
        announcement = _announcement(engine.workspace, version, observation.register, observation.rules)
        with _database(engine) as database, _outbox(engine, database, announcement.id) as outbox:
            outbox.fill(now)
            outbox.abandon(now, "withdrawn")
        _finished(engine, version, observation)
        observation = replace(observation, register=engine.store.load())
    mailing = _amended(engine.workspace, version, number, observation.rules)
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
    with _database(engine) as database:
        return seal(database, open_vault(engine.workspace), mailing)


def _announcement(workspace: Workspace, version: Version, register: Register, rules: Rules) -> _Mailing:
    """The announcement as it was made, also where it was postponed since; the amendment follows it."""
    notice, announced = _notice(workspace, version, rules)
    entry = next(
        e for e in register.entries if (e.event, e.policy, e.version) == (Event.ANNOUNCED, version.policy, version.id)
    )
    composer = Composer.of(workspace, notice, announced, entry.hash)
    return _Mailing(
        id=notice.id,
        composer=composer,
        posted=rules.day_of(announced),
        last_day=last_day_of(risk_facts(version), rules),
    )


def _amended(workspace: Workspace, version: Version, number: int, rules: Rules) -> _Mailing:
    notice, _ = _notice(workspace, version, rules)
    amendment = version.amendments[number - 1]
    posted = rules.day_of(amendment.at)
    return _Mailing(
        id=amendment_id(version.policy, version.id, number),
        composer=Composer.of_amendment(workspace, notice, amendment),
        posted=posted,
        last_day=mail_until(posted, rules),
    )


def _notice(workspace: Workspace, version: Version, rules: Rules) -> tuple[Notice, datetime]:
    """The notice of an announced version, and the moment of its announcement."""
    if version.announced_at is None:
        raise ValueError(version.id)
    zone = rules.zone
    announced = rules.day_of(version.announced_at)
    return notice_of(version, workspace.settings.site, zone, announced=announced), version.announced_at


def _mail(
    engine: Engine, mailing: _Mailing, observation: Observation, now: datetime, *, retry: bool = False
) -> dict[str, int]:
    """Hand over what is due of a mailing; the outcomes so far."""
    rules = observation.rules
    going_on = _for_a_while(engine, math.inf if retry else SLICE)
    with _database(engine) as database, _outbox(engine, database, mailing.id) as outbox:
        outbox.fill(now)
        outbox.recover(now)
        _begin_round(engine, database, mailing.id, observation.register)
        if retry:
            if outbox.is_erased():
                raise erased(mailing.id)
            outbox.reopen(now)
        _send(engine, outbox, mailing, rules, going_on)
        if not going_on() and not engine.stopping() and outbox.has_due(engine.clock()):
            raise MoreToMail(outbox.outcomes())
        if rules.day_of(now) > mail_until(mailing.posted, rules):
            outbox.close(now)
        return outbox.outcomes()


def _send(engine: Engine, outbox: Outbox, mailing: _Mailing, rules: Rules, going_on: Callable[[], bool]) -> None:
    mail = engine.workspace.settings.mail
    limits = Limits(connections=mail.connections, per_second=mail.per_second, per_domain=mail.per_domain)
    with _looked_on(engine, outbox, mailing, rules):
        send_notice(outbox, mailing.composer, engine.mailers, limits, engine.clock, going_on)


def _looked_on(engine: Engine, outbox: Outbox, mailing: _Mailing, rules: Rules) -> AbstractContextManager[None]:
    onlooker = engine.onlooker
    if onlooker is None or not outbox.has_due(engine.clock()):
        return nullcontext()
    reporter = Reporter(mailing.id, mailing.last_day, rules, onlooker.say, every=onlooker.every)
    return looked_on(onlooker, outbox, reporter, engine.clock)


def _begin_round(engine: Engine, database: Database, mailing: str, register: Register) -> None:
    """From here on letters may go out. OlderDatabase where the database does not know whom others have reached."""
    rounds = Rounds(database, engine.workspace.state)
    ended = next((e for e in finished_mailings(register.entries) if e.data["notice"] == mailing), None)
    if ended and not rounds.knows_the_end(mailing):
        raise OlderDatabase([no_receipts(ended)])
    rounds.begin(mailing)


@contextmanager
def _database(engine: Engine) -> Iterator[Database]:
    database = open_database(engine.workspace)
    engine.lease.fence(database)
    try:
        yield database
    finally:
        database.dispose()


@contextmanager
def _outbox(engine: Engine, database: Database, mailing: str) -> Iterator[Outbox]:
    hold = engine.workspace.settings.mail.on_uncertain == "hold"
    with hold_worker(database, engine.workspace.state) as worker:
        yield Outbox(database, open_vault(engine.workspace), mailing, worker, hold=hold)


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
    where there is no such notice (S245), or who was mailed has been erased (S286).
    """
    with at_work(engine) as working, working.texts() as texts:
        observation = observe(working.workspace, texts, working.clock())
        return _mail(working, _named(working, observation, notice), observation, working.clock(), retry=True)


def reconcile(engine: Engine, notice: str, *, again: bool = False) -> int:
    """After an older backup of the database was restored: put aside everyone of a mailing who has no outcome in it.

    How many that are; `again`: they are sent the same mail at once. Raises WrongUsage where there is no such notice
    (S245), or who was mailed has been erased (S286).
    """
    with at_work(engine) as working, working.texts() as texts, _database(working) as database:
        observation = observe(working.workspace, texts, working.clock())
        mailing, now = _named(working, observation, notice), working.clock()
        with _outbox(working, database, mailing.id) as outbox:
            # A backup from before the list was frozen has nobody who could be put aside.
            outbox.fill(now)
            if outbox.is_erased():
                raise erased(mailing.id)
            outbox.recover(now)
            return Rounds(database, working.workspace.state).reconcile(mailing.id, now, again=again)


def _named(engine: Engine, observation: Observation, notice: str) -> _Mailing:
    mailings = _mailings(engine.workspace, observation.register, observation.rules)
    mailing = next((m for m in mailings if m.id == notice), None)
    if mailing is None:
        raise no_such_notice(notice)
    return mailing


def work(engine: Engine, *, once: bool = False) -> None:
    """Help to hand over what is due of every mailing, until the engine is told to stop; `once`: until nothing is due.

    Begins and finishes no mailing: that is the engine's. Any number of workers may do this beside it, on PostgreSQL on
    any number of machines, each with a copy of the workspace and its key.
    """
    while not engine.stopping():
        if not _work_through(engine) or engine.stopping():
            if once:
                return
            time.sleep(PAUSE)


def _work_through(engine: Engine) -> bool:
    """Hand over what is due now of every mailing that was begun; whether there was anything."""
    workspace = engine.workspace
    found = False
    rules = rules_of(workspace.settings.notice)
    register = engine.store.load()
    for mailing in _mailings(workspace, register, rules):
        with _database(engine) as database, _outbox(engine, database, mailing.id) as outbox:
            outbox.recover(engine.clock())
            if outbox.paused() or outbox.is_erased() or not outbox.has_due(engine.clock()):
                continue
            found = True
            _begin_round(engine, database, mailing.id, register)
            _send(engine, outbox, mailing, rules, _for_a_while(engine, SLICE))
    return found


def set_paused(engine: Engine, notice: str, *, paused: bool) -> None:
    """Stop a mailing until it is resumed, or go on with it; WrongUsage (S245) where there is none of that name."""
    with _database(engine) as database, _outbox(engine, database, notice) as outbox:
        known = outbox.pause(BY_HAND) if paused else outbox.resume()
    if not known:
        raise no_such_notice(notice)


def composer_of(workspace: Workspace, observation: Observation, notice: str) -> Composer | None:
    """Who writes the letters of a mailing that was begun, or is owed; None where there is none of that name."""
    mailings = _mailings(workspace, observation.register, observation.rules)
    return next((m.composer for m in mailings if m.id == notice), None)


def last_composer(workspace: Workspace, observation: Observation) -> Composer | None:
    """Who writes the letters of the mailing that was announced last; None where there was none."""
    mailings = _mailings(workspace, observation.register, observation.rules)
    last = max(mailings, key=lambda m: m.posted, default=None)
    return last.composer if last else None


def _mailings(workspace: Workspace, register: Register, rules: Rules) -> Iterator[_Mailing]:
    """Every mailing that was begun, or is owed; not the announcement of what was withdrawn."""
    for version in register.versions:
        if version.announced_at and not version.first:
            if not version.withdrawn_at:
                yield _announcement(workspace, version, register, rules)
            for number in range(1, len(version.amendments) + 1):
                yield _amended(workspace, version, number, rules)

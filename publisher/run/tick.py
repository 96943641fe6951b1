"""The engine: look at what is, decide what is due, do it, write it down, and look again.

It keeps nothing in memory from one tick to the next. Whatever is killed, and whenever, the next tick finds out
from the register, the site and the outbox what is left to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from publisher.errors import IntegrityBroken, PartlyDone, PublisherError, ServiceAway
from publisher.mail.database import open_database
from publisher.mail.erasing import erase_old
from publisher.mail.rounds import OlderDatabase
from publisher.notice.plan import Plan, Step, StepKind
from publisher.notice.wording import notice_id
from publisher.register.journal import Event
from publisher.register.record import Record
from publisher.run.alarms import sound
from publisher.run.clock import check_clock
from publisher.run.engine import Engine, at_work
from publisher.run.mailing import MoreToMail
from publisher.run.observe import Observation, observe
from publisher.run.rest import rest, seen
from publisher.run.risks import not_reached, risks
from publisher.run.showing import forget_shown, shown_first, waits_to_be_written
from publisher.run.steps import do
from publisher.website.build import build_site
from publisher.website.live import NotLive
from publisher.website.pdf import NoPdf


@dataclass(kw_only=True)
class Report:
    """What a tick did, and what remains."""

    done: list[Step] = field(default_factory=list)
    observation: Observation
    #: what kept it from doing more: blocked policies, an outside service, recipients that failed
    errors: list[PublisherError] = field(default_factory=list)

    @property
    def plan(self) -> Plan:
        return self.observation.plan


def tick(engine: Engine) -> Report:
    """Do everything that is due, each step once.

    Raises Locked where another run is at work, IntegrityBroken where a record does not fit, ServiceAway where
    the clock has gone back; then nothing was done. Whoever has to know of a date, a mailing or a record at risk is
    told at its end, also where it failed.
    """
    with at_work(engine) as working:
        try:
            report = _tick(working)
        except Exception as error:
            sound(working, error)
            raise
        sound(working, report)
    return report


def _tick(engine: Engine) -> Report:
    with engine.texts() as texts:
        engine.store.recover()
        record = engine.record(engine.workspace)
        record.check()
        now = engine.clock()
        before = seen(engine)
        report = Report(observation=observe(engine.workspace, texts, now))
        stuck: list[Step] = []
        away = engine.away()
        if away:
            report.errors.append(away)
        while _clock_is_sound(engine, report) and (step := _next(engine, report, stuck, away)):
            engine.lease.check()
            try:
                finished = do(engine, step, report.observation, engine.clock())
            except NotLive as error:
                report.errors.append(error)
                break  # the next step would build the site without what it now waits to show
            except (ServiceAway, NoPdf, OlderDatabase) as error:
                report.errors.append(error)
                finished = False
            except MoreToMail as more:
                # Something else may have become due meanwhile; what is earlier goes first.
                report.observation = observe(engine.workspace, texts, engine.clock())
                _tell(engine, step, more.outcomes, report)
                continue
            if finished:
                report.done.append(step)
                engine.on_step(step)
            else:
                stuck.append(step)
            _keep(record, report)
            report.observation = observe(engine.workspace, texts, engine.clock())
        if not waits_to_be_written(engine.workspace, report.plan, report.observation.register):
            build_site(engine.workspace, report.observation.register)
            forget_shown(engine.workspace)
            _bring(engine, report)
        _keep(record, report, push=True)
        report.errors += _failed_recipients(report)
        if report.observation.rewritten:
            report.errors.append(IntegrityBroken(report.observation.rewritten))
        if not report.errors:  # what is erased on a wrong day does not come back
            report.errors += _erased_old(engine)
        if not (report.done or report.errors):
            rest(engine, report.observation, before)
    return report


def _erased_old(engine: Engine) -> list[PublisherError]:
    """Erase what ties old mailings to persons, as the settings say; where the database is away, the next tick does."""
    days = engine.workspace.settings.recipients.keep_days
    if not days:
        return []
    try:
        database = open_database(engine.workspace)
        try:
            engine.lease.fence(database)
            erase_old(database, engine.clock(), days)
        finally:
            database.dispose()
    except PublisherError as error:
        return [error]
    return []


def _keep(record: Record, report: Report, *, push: bool = False) -> None:
    """Add to the record in git what a step wrote down; what git cannot take now it is given by the next tick."""
    try:
        record.keep()
        if push:
            record.push()
    except ServiceAway as error:
        if not any(e.problems[0].code == error.problems[0].code for e in report.errors):
            report.errors.append(error)


def _bring(engine: Engine, report: Report) -> None:
    """Bring what was built to the readers; what they could not be given now the next tick gives them."""
    try:
        engine.bring(engine.workspace, engine.live)
    except PublisherError as error:
        report.errors.append(error)


def _tell(engine: Engine, step: Step, outcomes: Mapping[str, int], report: Report) -> None:
    """A long mailing goes on: say how far it is, and what is at risk by now."""
    now = report.plan.now
    notice = {} if step.amendment else {notice_id(step.policy, step.version): outcomes}
    engine.on_mailing(step, outcomes, risks(report.observation.register, report.observation.rules, now, lambda: notice))
    sound(engine, report)


def _next(engine: Engine, report: Report, stuck: list[Step], away: PublisherError | None) -> Step | None:
    """The next step that is due and can be done; nothing where somebody wants the engine to end.

    `away`: the texts could not be fetched, so nothing new is begun from them.
    """
    if engine.stopping():
        return None
    due = shown_first(engine.workspace, report.plan, report.observation.register)
    if away:
        stuck = [*stuck, *(s for s in due if s.kind is StepKind.FREEZE)]
    return next((s for s in due if not _waits(s, stuck)), None)


def _waits(step: Step, stuck: list[Step]) -> bool:
    """Whether a step could not be finished in this tick, or rests on one that could not."""
    return any(other.policy == step.policy and _rests_on(step, other) for other in stuck)


def _rests_on(step: Step, other: Step) -> bool:
    if step.kind is other.kind is StepKind.TAKE_EFFECT:
        return True  # the text of one contains that of the other
    if step.version != other.version:
        return False
    announced = other.kind in {StepKind.FREEZE, StepKind.ANNOUNCE} and step.kind is not StepKind.WITHDRAW
    return announced or (step.kind, step.amendment) == (other.kind, other.amendment)


def _clock_is_sound(engine: Engine, report: Report) -> bool:
    """Whether steps may be done at the moment that was looked at; if not, the report says why (C550).

    Raises ServiceAway (C531) where the clock has gone back.
    """
    observation = report.observation
    last = max((e.at for e in observation.register.entries if e.event is not Event.RECORDED), default=None)
    alone = engine.clock if engine.workspace.settings.clock.simulated else lambda: None
    second = engine.second_clock or alone
    try:
        held = check_clock(engine.workspace.state, report.plan.now, last, second, observation.rules.zone)
    except ServiceAway as error:
        if not report.done:
            raise
        held = error  # it went back while this tick was at work, of which the report tells
    report.errors += [held] if held else []
    return held is None


def _failed_recipients(report: Report) -> list[PublisherError]:
    """Recipients who failed for good in a mailing that this tick finished."""
    mailed = [s for s in report.done if s.kind is StepKind.NOTIFY]
    versions = [v for s in mailed if (v := report.observation.register.find(s.policy, s.version))]
    problems = [p for version in versions if (p := not_reached(version))]
    return [PartlyDone(problems)] if problems else []

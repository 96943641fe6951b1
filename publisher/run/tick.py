"""The engine: look at what is, decide what is due, do it, write it down, and look again.

It keeps nothing in memory from one tick to the next. Whatever is killed, and whenever, the next tick finds out
from the register, the site and the outbox what is left to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from publisher.errors import PartlyDone, Problem, PublisherError, ServiceAway
from publisher.mail.outbox import State
from publisher.messages import Localized, msg, msg_n
from publisher.notice.lifecycle import Plan, Step, StepKind
from publisher.notice.wording import notice_id
from publisher.register.journal import Event
from publisher.run.alarms import sound
from publisher.run.engine import Engine, at_work
from publisher.run.mailing import MoreToMail
from publisher.run.observe import Observation, observe
from publisher.run.risks import risks
from publisher.run.steps import do
from publisher.website.build import build_site

#: A clock may be set right by a little; by more, nothing is done until a person has looked.
MOST_BACKWARDS: Final = timedelta(minutes=5)


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
        now = engine.clock()
        observation = observe(engine.workspace, texts, now)
        _check_clock(observation, now)
        report = Report(observation=observation)
        stuck: set[tuple[StepKind, str, str]] = set()
        if away := engine.away():
            report.errors.append(away)
        while not engine.stopping() and (
            step := next((s for s in report.plan.due() if not _waits(s, stuck, away)), None)
        ):
            engine.lease.check()
            try:
                finished = do(engine, step, report.observation, engine.clock())
            except ServiceAway as error:
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
                stuck.add(_key(step))
            report.observation = observe(engine.workspace, texts, engine.clock())
        build_site(engine.workspace, report.observation.register)
    report.errors += _failed_recipients(report)
    return report


def _tell(engine: Engine, step: Step, outcomes: Mapping[str, int], report: Report) -> None:
    """A long mailing goes on: say how far it is, and what is at risk by now."""
    now = report.plan.now
    notice = {notice_id(step.policy, step.version): outcomes}
    engine.on_mailing(step, outcomes, risks(report.observation.register, report.observation.rules, now, lambda: notice))
    sound(engine, report)


def _waits(step: Step, stuck: set[tuple[StepKind, str, str]], away: PublisherError | None) -> bool:
    """Whether a step could not be finished in this tick, or rests on one that could not.

    `away`: the texts could not be fetched, so nothing new is begun from them.
    """
    if away and step.kind is StepKind.FREEZE:
        stuck.add(_key(step))
    ground = (StepKind.FREEZE, StepKind.ANNOUNCE) if step.kind is not StepKind.WITHDRAW else ()
    return _key(step) in stuck or any((kind, step.policy, step.version) in stuck for kind in ground)


def _key(step: Step) -> tuple[StepKind, str, str]:
    return step.kind, step.policy, step.version


def _check_clock(observation: Observation, now: datetime) -> None:
    zone = observation.rules.zone
    last = max((e.at for e in observation.register.entries if e.event is not Event.RECORDED), default=None)
    if last and now < last - MOST_BACKWARDS:
        raise ServiceAway.of(
            "C531",
            msg(
                "The clock says {now}, but the journal has an entry of {last}. Nothing is done while the clock may be "
                "wrong.",
                now=now.astimezone(zone),
                last=last.astimezone(zone),
            ),
            msg("Set the clock right, then run again."),
        )


def _failed_recipients(report: Report) -> list[PublisherError]:
    """Recipients who failed for good in a mailing that this tick finished."""
    problems = []
    for step in report.done:
        version = report.observation.register.find(step.policy, step.version)
        failed = (version.deliveries or {}).get(State.FAILED, 0) if version and step.kind is StepKind.NOTIFY else 0
        if version and failed:
            problems.append(
                Problem(
                    code="S226",
                    message=msg_n(
                        "{title}: {count} recipient could not be mailed.",
                        "{title}: {count} recipients could not be mailed.",
                        failed,
                        title=Localized.of(version.record.title),
                    ),
                    hint=msg(
                        "They are listed with the reason by `publisher mail status`; tell them in another way. The "
                        "notice on the site stands."
                    ),
                )
            )
    return [PartlyDone(problems)] if problems else []

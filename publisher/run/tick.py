"""The engine: look at what is, decide what is due, do it, write it down, and look again.

It keeps nothing in memory from one tick to the next. Whatever is killed, and whenever, the next tick finds out
from the register, the site and the outbox what is left to do.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from publisher.changes.model import RULES
from publisher.errors import PartlyDone, Problem, PublisherError, ServiceAway, WrongUsage
from publisher.files import only_run
from publisher.mail.compose import Composer
from publisher.mail.database import open_database
from publisher.mail.outbox import Outbox, State, is_complete
from publisher.mail.recipients import open_vault
from publisher.mail.send import Mailer, send_notice
from publisher.messages import Localized, in_every_language, msg, msg_n
from publisher.notice.calendar import count, mail_until
from publisher.notice.lifecycle import Plan, Step, StepKind
from publisher.notice.wording import notice_id
from publisher.records import fingerprint
from publisher.register.journal import Event
from publisher.register.pending import Pending, summary_lines
from publisher.register.repository import Texts
from publisher.register.store import VersionStore
from publisher.register.versions import Register, Version, VersionRecord
from publisher.run.observe import Observation, observe
from publisher.website.build import build_site
from publisher.website.views import notice_of
from publisher.workspace import Workspace

#: A clock may be set right by a little; by more, nothing is done until a person has looked.
MOST_BACKWARDS: Final = timedelta(minutes=5)


@dataclass(frozen=True)
class Engine:
    """A workspace and the outside world that it acts on."""

    workspace: Workspace
    clock: Callable[[], datetime]
    #: opens the approved texts
    texts: Callable[[], AbstractContextManager[Texts]]
    mailers: Callable[[], Mailer]
    #: told of each step as it is done
    on_step: Callable[[Step], None] = lambda _: None

    @property
    def store(self) -> VersionStore:
        return VersionStore(self.workspace.versions)


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
    the clock has gone back; then nothing was done.
    """
    with only_run(engine.workspace.lock), engine.texts() as texts:
        engine.store.recover()
        now = engine.clock()
        observation = observe(engine.workspace, texts, now)
        _check_clock(observation, now)
        report = Report(observation=observation)
        stuck: set[tuple[StepKind, str, str]] = set()
        while step := next((s for s in report.plan.due() if not _waits(s, stuck)), None):
            try:
                finished = _do(engine, step, report.observation, engine.clock())
            except ServiceAway as error:
                report.errors.append(error)
                finished = False
            if finished:
                report.done.append(step)
                engine.on_step(step)
            else:
                stuck.add(_key(step))
            report.observation = observe(engine.workspace, texts, engine.clock())
        build_site(engine.workspace, report.observation.register)
    report.errors += _failed_recipients(report)
    return report


def _waits(step: Step, stuck: set[tuple[StepKind, str, str]]) -> bool:
    """Whether a step could not be finished in this tick, or rests on one that could not."""
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


def _do(engine: Engine, step: Step, observation: Observation, now: datetime) -> bool:
    """Do one step; False where it could not be finished yet."""
    match step.kind:
        case StepKind.FREEZE:
            _freeze(engine, step, observation, now)
        case StepKind.ANNOUNCE:
            return _announce(engine, step, observation, now)
        case StepKind.NOTIFY:
            return _notify(engine, step, observation, now)
        case StepKind.TAKE_EFFECT:
            _show_then_write(
                engine, step, observation, Event.IN_FORCE, now, {"due": step.at.astimezone(UTC).isoformat()}
            )
        case StepKind.WITHDRAW:
            data = {
                "reason": "its date was no longer lawful, or the text on the ref had moved on, before it was announced"
            }
            engine.store.journal.append(
                at=now, event=Event.WITHDRAWN, policy=step.policy, version=step.version, data=data
            )
        case StepKind.POSTPONE:
            raise ValueError(step)  # nothing decides on it yet
    return True


def _freeze(engine: Engine, step: Step, observation: Observation, now: datetime) -> None:
    """Put the text and everything that was decided about it on record, aside from the public."""
    change = observation.pending[step.policy]
    plan = next(p for p in observation.plan.policies if p.policy == step.policy)
    if plan.effective is None or change.source.settings is None:
        raise ValueError(step)
    settings = change.source.settings
    record = VersionRecord(
        policy=step.policy,
        id=step.version,
        kind=settings.kind,
        title=settings.title.as_dict(),
        effective=plan.effective,
        announced=None,
        history=False,
        previous=change.previous.id if change.previous else "",
        level=change.level.value,
        days=change.days,
        counting=observation.rules.counting.value,
        counted=in_every_language(plan.counted) if plan.counted else {},
        reason=change.source.change.reason.as_dict() if change.source.change and not change.first else {},
        summary=summary_lines(change),
        findings=_findings(change),
        consent=change.source.change.consent if change.source.change else "",
        includes=settings.includes,
        rules=RULES,
        source={
            "commit": observation.commit,
            "fingerprint": change.source.fingerprint,
            "change": change.source.change_fingerprint,
        },
        texts={language: fingerprint(text) for language, text in change.source.texts.items()},
    )
    engine.store.put(record, change.source.texts, at=now)


def _findings(change: Pending) -> dict[str, list[dict[str, object]]]:
    if change.change is None:
        return {}
    return {
        language: [f.as_json(in_every_language(f.explanation)) for f in comparison.findings]
        for language, comparison in change.change.comparisons.items()
    }


def _announce(engine: Engine, step: Step, observation: Observation, now: datetime) -> bool:
    """Show the announcement, read it back from the site, and only then write it down."""
    version = _version(observation.register, step)
    data = {
        "effective": version.record.effective.isoformat(),
        "level": version.record.level,
        "days": version.record.days,
    }
    return _show_then_write(
        engine,
        step,
        observation,
        Event.ANNOUNCED,
        now,
        data,
        # It may have become another day while the site was being built: then the date is counted anew.
        still=lambda: observation.rules.day_of(engine.clock()) == observation.rules.day_of(now),
    )


def _show_then_write(
    engine: Engine,
    step: Step,
    observation: Observation,
    event: Event,
    now: datetime,
    data: dict[str, object],
    still: Callable[[], bool] = lambda: True,
) -> bool:
    expected = observation.register.expecting(event, step.policy, step.version, now)
    build_site(engine.workspace, expected)
    if not still():
        return False
    engine.store.journal.append(at=now, event=event, policy=step.policy, version=step.version, data=data)
    return True


def _notify(engine: Engine, step: Step, observation: Observation, now: datetime) -> bool:
    """Mail everyone who has no outcome yet; finished when all have one."""
    version = _version(observation.register, step)
    outcomes = _mail(engine, version, observation, now)
    if not is_complete(outcomes):
        return False
    finished = engine.clock()
    earliest = count(observation.rules.day_of(finished), version.record.days, observation.rules).earliest
    engine.store.journal.append(
        at=finished,
        event=Event.NOTIFIED,
        policy=step.policy,
        version=step.version,
        data={
            "notice": notice_id(step.policy, step.version),
            "outcomes": outcomes,
            "earliest": earliest.isoformat(),
        },
    )
    return True


def _mail(
    engine: Engine, version: Version, observation: Observation, now: datetime, *, retry: bool = False
) -> dict[str, int]:
    """Hand over what is due of a notice; the outcomes so far."""
    if version.announced_at is None:
        raise ValueError(version.id)
    workspace, rules = engine.workspace, observation.rules
    announced = rules.day_of(version.announced_at)
    notice = notice_of(version, workspace.settings.site, rules.zone, announced=announced)
    announcement = next(
        e
        for e in observation.register.entries
        if (e.event, e.policy, e.version) == (Event.ANNOUNCED, version.policy, version.id)
    )
    composer = Composer.of(workspace, notice, version.announced_at, announcement.hash)
    database = open_database(workspace)
    try:
        outbox = Outbox(database, open_vault(workspace), notice.id)
        outbox.fill(now)
        outbox.recover()
        if retry:
            outbox.reopen()
        send_notice(outbox, composer, engine.mailers, workspace.settings.mail.connections, engine.clock)
        if rules.day_of(now) > mail_until(announced, rules):
            outbox.close(now)
        return outbox.outcomes()
    finally:
        database.dispose()


def retry_failed(engine: Engine, notice: str) -> dict[str, int]:
    """Try the failed deliveries of a notice once more; its outcomes afterwards.

    What the journal says of the mailing stays as it was: the notice period does not begin anew. Raises WrongUsage
    where there is no such notice.
    """
    with only_run(engine.workspace.lock), engine.texts() as texts:
        observation = observe(engine.workspace, texts, engine.clock())
        version = next(
            (v for v in observation.register.versions if v.announced_at and notice_id(v.policy, v.id) == notice),
            None,
        )
        if version is None or version.first:
            raise WrongUsage.of(
                "S245",
                msg("There is no notice {notice}.", notice=notice),
                msg("`publisher mail status` lists them."),
            )
        return _mail(engine, version, observation, engine.clock(), retry=True)


def _version(register: Register, step: Step) -> Version:
    version = register.find(step.policy, step.version)
    if version is None:
        raise ValueError(step)
    return version


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

"""One step of a policy's life, done and written down."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from publisher.changes.model import RULES
from publisher.messages import in_every_language
from publisher.notice.lifecycle import Step, StepKind
from publisher.records import fingerprint
from publisher.register.journal import Event, next_entry
from publisher.register.pending import Pending, summary_lines
from publisher.register.versions import Register, Version, VersionRecord
from publisher.run.engine import Engine
from publisher.run.mailing import notify
from publisher.run.observe import Observation
from publisher.run.showing import forget_shown, show


def do(engine: Engine, step: Step, observation: Observation, now: datetime) -> bool:
    """Do one step; False where it could not be finished yet."""
    match step.kind:
        case StepKind.FREEZE:
            _freeze(engine, step, observation, now)
        case StepKind.ANNOUNCE:
            return _announce(engine, step, observation, now)
        case StepKind.NOTIFY:
            return notify(engine, _version(observation.register, step), observation, now)
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
        "effective": version.effective.isoformat(),
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
    register = observation.register
    entry = next_entry(register.entries, at=now, event=event, policy=step.policy, version=step.version, data=data)
    entries = show(engine, register, entry, observation.rules.day_of)
    if not still():
        return False
    engine.store.journal.write(*entries)
    forget_shown(engine.workspace)
    return True


def _version(register: Register, step: Step) -> Version:
    version = register.find(step.policy, step.version)
    if version is None:
        raise ValueError(step)
    return version

"""One step of a policy's life, done and written down."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from publisher.changes.model import RULES
from publisher.messages import in_every_language
from publisher.notice.calendar import finish_by
from publisher.notice.plan import Step, StepKind
from publisher.records import fingerprint, instant_text
from publisher.register.exceptions import override_for
from publisher.register.journal import Event, next_entry
from publisher.register.pending import Pending, summary_lines
from publisher.register.versions import Register, Version, VersionRecord
from publisher.run.engine import Engine
from publisher.run.mailing import notify, notify_amendment
from publisher.run.observe import Observation
from publisher.run.showing import forget_shown, show
from publisher.website.pdf import make_pdfs


def do(engine: Engine, step: Step, observation: Observation, now: datetime) -> bool:
    """Do one step; False where it could not be finished yet."""
    match step.kind:
        case StepKind.FREEZE:
            _freeze(engine, step, observation, now)
        case StepKind.ANNOUNCE:
            return _announce(engine, step, observation, now)
        case StepKind.NOTIFY if step.amendment:
            return notify_amendment(engine, _version(observation.register, step), step.amendment, observation, now)
        case StepKind.NOTIFY:
            return notify(engine, _version(observation.register, step), observation, now)
        case StepKind.TAKE_EFFECT:
            _show_then_write(engine, step, observation, Event.IN_FORCE, now, {"due": instant_text(step.at)})
        case StepKind.WITHDRAW:
            _withdraw(engine, step, observation, now)
        case StepKind.POSTPONE:
            if step.effective is None:
                raise ValueError(step)
            days = _version(observation.register, step).record.days
            latest = {"finish_by": finish_by(step.effective, days, observation.rules).isoformat()} if days else {}
            data = {"effective": step.effective.isoformat(), **latest, **_asked(step, observation)}
            _show_then_write(engine, step, observation, Event.POSTPONED, now, data)
    return True


def _withdraw(engine: Engine, step: Step, observation: Observation, now: datetime) -> None:
    """Take back what was announced; or what was frozen and is not announced any more, which nobody asked for."""
    if _version(observation.register, step).announced_at:
        _show_then_write(engine, step, observation, Event.WITHDRAWN, now, _asked(step, observation))
        return
    data = {"reason": "its date was no longer lawful, or the text on the ref had moved on, before it was announced"}
    engine.store.journal.append(at=now, event=Event.WITHDRAWN, policy=step.policy, version=step.version, data=data)


def _asked(step: Step, observation: Observation) -> dict[str, object]:
    """By which commit the legal team asked for it, and the reason that readers are told."""
    source = next(s for s in observation.sources if s.policy == step.policy)
    if source.change is None:
        raise ValueError(step)
    return {
        "reason": source.change.reason.as_dict(),
        "commit": observation.commit,
        "change": source.change_fingerprint,
    }


def _freeze(engine: Engine, step: Step, observation: Observation, now: datetime) -> None:
    """Put the text and everything that was decided about it on record, aside from the public."""
    change = observation.pending[step.policy]
    record = decided(step.policy, step.version, observation)
    pdfs = make_pdfs(engine.workspace, record, change.source.texts, now)
    engine.store.put(record, change.source.texts, at=now, pdfs=pdfs)


def decided(policy: str, version: str, observation: Observation) -> VersionRecord:
    """What is decided about the pending change of a policy, which has a day of effect and metadata."""
    change = observation.pending[policy]
    plan = next(p for p in observation.plan.policies if p.policy == policy)
    if plan.effective is None or change.source.settings is None:
        raise ValueError(policy)
    settings = change.source.settings
    return VersionRecord(
        policy=policy,
        id=version,
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
        override=override_for(change, level=change.level.value, early=plan.early),
    )


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
    if version.record.days:
        latest = finish_by(version.effective, version.record.days, observation.rules)
        data["finish_by"] = latest.isoformat()
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

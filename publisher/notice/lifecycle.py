"""What is to be done now and next with each policy. The one decision of the engine, without side effects.

In: what is on record and what waits on the ref, the moment, the rules. Out: a plan: the state of each policy,
what speaks against going on, and the steps with their moments. A step is due when its moment has come; after
each step the engine looks and decides again, so a crash between two steps changes nothing.

    draft ──freeze──► frozen ──announce──► announced ──notify──► announced ──take_effect──► in force
                        │                          └──postpone (to a later day), withdraw: a person asks for it
                        └──withdraw (its date is no longer lawful, or the text moved on before anyone saw it)

A version was compared with the one announced before it and contains its text. So where one that waits cannot take
effect, none that waits behind it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from publisher.errors import Place, Problem
from publisher.messages import Message, msg
from publisher.notice.amendments import Granted, grant
from publisher.notice.calendar import ClockStart, Count, Rules, count, expected_end, explain, next_posting
from publisher.notice.plan import LEVEL_NAMES, Draft, OnRecord, Plan, PolicyPlan, PolicyView, Step, StepKind


def decide(views: Iterable[PolicyView], now: datetime, rules: Rules) -> Plan:
    """The plan at `now`."""
    policies: list[PolicyPlan] = []
    steps: list[Step] = []
    for view in views:
        plan, planned = _decide(view, now, rules)
        policies.append(plan)
        steps += planned
    order = list(StepKind)
    return Plan(
        now=now,
        policies=tuple(policies),
        steps=tuple(sorted(steps, key=lambda s: (s.at, s.policy, order.index(s.kind)))),
    )


def _decide(view: PolicyView, now: datetime, rules: Rules) -> tuple[PolicyPlan, list[Step]]:
    in_force = [v for v in view.versions if v.in_force]
    announced = [v for v in view.versions if v.announced_at and not v.in_force]
    frozen = [v for v in view.versions if not v.announced_at and not v.in_force]
    plan = (
        PolicyPlan(
            policy=view.policy,
            state="in_force",
            version=in_force[-1].id,
            level=in_force[-1].level,
            effective=in_force[-1].effective,
        )
        if in_force
        else PolicyPlan(policy=view.policy, state="none")
    )
    steps: list[Step] = []
    blocked: list[Problem] = [view.held] if view.held else []
    granted = _granted(view, announced, now, rules)
    blocked += granted.problems
    if granted.withdraw:
        steps.append(_step(StepKind.WITHDRAW, view, granted.withdraw, now))
    steps += [_step(StepKind.POSTPONE, view, id_, now, effective=day) for id_, day in granted.postpone.items()]
    # A version that did not have to wait for its mails: nobody is left out because it is in force.
    unmailed = [v for v in in_force[-1:] if v.mailed and v.announced_at and not v.notified_at]
    steps += [_step(StepKind.NOTIFY, view, v.id, next_posting(now, rules)) for v in unmailed]
    free = True
    for version in announced:
        plan, more, problem = _announced(view, version, now, rules)
        if version.id == granted.withdraw or version.id in granted.postpone:
            break  # decided anew once that is written down; whatever waits behind it waits as well
        free = free and problem is None
        steps += [s for s in more if free or s.kind is not StepKind.TAKE_EFFECT]
        blocked += [problem] if problem else []
    steps += [_step(StepKind.NOTIFY, view, id_, next_posting(now, rules), amendment=n) for id_, n in view.owed]
    if view.held:
        pass
    elif frozen:
        plan, more = _frozen(view, frozen[0], now, rules)
        steps += more
    elif view.draft:
        plan, more = _draft(view, view.draft, announced, now, rules)
        steps += more
        blocked += plan.blocked
    if blocked:
        plan = replace(plan, state="blocked", blocked=tuple(blocked))
    return plan, steps


def _granted(view: PolicyView, waiting: Sequence[OnRecord], now: datetime, rules: Rules) -> Granted:
    """What is to be done at once of what was asked for; a date is put off at any hour, before it comes."""
    if view.request is None or view.held:
        return Granted()
    earliest = {v.id: _earliest(v, rules, now) for v in waiting}
    return grant(view.policy, view.title, waiting, view.known, view.request, earliest)


def _earliest(version: OnRecord, rules: Rules, now: datetime) -> date:
    """The first lawful day of effect of an announced version, its mailing finished or expected to end from now."""
    if not version.mailed or version.early or version.announced_at is None:
        return version.effective
    ended = version.notified_at if rules.clock_starts is ClockStart.SITE_AND_MAIL else version.announced_at
    return count(rules.day_of(ended or now), version.days, rules).earliest


def _announced(
    view: PolicyView, version: OnRecord, now: datetime, rules: Rules
) -> tuple[PolicyPlan, list[Step], Problem | None]:
    plan = PolicyPlan(
        policy=view.policy,
        state="announced",
        version=version.id,
        level=version.level,
        announce_at=version.announced_at,
        effective=version.effective,
        counted=version.counted,
    )
    steps = []
    if version.mailed and not version.notified_at:
        steps.append(_step(StepKind.NOTIFY, view, version.id, next_posting(now, rules)))
    due = rules.start_of(version.effective)
    problem = _too_late(view, version, rules, now)
    if problem is None:
        steps.append(_step(StepKind.TAKE_EFFECT, view, version.id, due))
    return plan, steps, problem


def _too_late(view: PolicyView, version: OnRecord, rules: Rules, now: datetime) -> Problem | None:
    """S220: the notice ended too late for the announced date, or has not ended when the date has come."""
    if not version.mailed or version.announced_at is None or version.early:
        return None
    waits = rules.clock_starts is ClockStart.SITE_AND_MAIL
    ended = version.notified_at if waits else version.announced_at
    earliest = _earliest(version, rules, now)
    started = rules.day_of(ended or now)
    # A holiday that was declared after the announcement does not count: recheck() warns of it, and that is all.
    late = started > version.finish_by if version.finish_by else earliest > version.effective
    if not late:
        return None
    message = (
        msg(
            "{policy}: the last mail was handed over on {day}, which is too late for an effect on {effective}; the "
            "earliest lawful date is {earliest}.",
            policy=view.title,
            day=rules.day_of(ended),
            effective=version.effective,
            earliest=earliest,
        )
        if ended
        else msg(
            "{policy}: not everyone has been mailed yet, and even if all are by tonight, {effective} is too early; "
            "the earliest lawful date is {earliest}.",
            policy=view.title,
            effective=version.effective,
            earliest=earliest,
        )
    )
    return Problem(
        code="S220",
        message=message,
        place=Place(policy=view.policy),
        hint=msg(
            "The old text stays in force; being late never shortens a notice. Postpone it: write the reason and "
            'postpone = {{ "{version}" = "{earliest}" }} into change.toml. `publisher mail status` shows the mailing.',
            version=version.id,
            earliest=earliest.isoformat(),
        ),
    )


def _frozen(view: PolicyView, version: OnRecord, now: datetime, rules: Rules) -> tuple[PolicyPlan, list[Step]]:
    """Frozen and not yet announced: a run was stopped in between.

    The public may have seen the announcement already, so it is completed at once, also outside posting hours.
    """
    counted = _counted(now, version.days, rules, mailed=version.mailed)
    on_time = counted.earliest if not version.early else rules.day_of(now) + timedelta(days=1)
    lawful = not version.days or on_time <= version.effective
    same_text = view.draft is not None and view.draft.fingerprint == version.fingerprint
    if not (lawful and same_text):
        plan = PolicyPlan(policy=view.policy, state="frozen", version=version.id, level=version.level)
        return plan, [_step(StepKind.WITHDRAW, view, version.id, now)]
    plan = PolicyPlan(
        policy=view.policy,
        state="frozen",
        version=version.id,
        level=version.level,
        announce_at=now,
        effective=version.effective,
        counted=_explained(counted, now, rules, version.effective),
    )
    return plan, _way(view, version.id, now, version.effective, rules, mailed=version.mailed, frozen=True)


def _draft(
    view: PolicyView, draft: Draft, announced: Sequence[OnRecord], now: datetime, rules: Rules
) -> tuple[PolicyPlan, list[Step]]:
    if draft.problems:
        plan = PolicyPlan(policy=view.policy, state="blocked", level=draft.level, blocked=draft.problems)
        return plan, []
    mailed = not draft.first
    posting = next_posting(now, rules) if mailed else now
    counted = _counted(posting, draft.days, rules, mailed=mailed)
    earliest = counted.earliest if mailed else rules.day_of(now)
    counted_day = earliest
    if draft.early:  # never on the day on which it is announced
        earliest = min(earliest, rules.day_of(posting) + timedelta(days=1))
    earliest = max([earliest, *(v.effective for v in announced)])
    if draft.wanted and draft.wanted < earliest and not mailed:
        return PolicyPlan(policy=view.policy, state="blocked", blocked=(_past(view, draft.wanted, earliest),)), []
    if mailed and draft.wanted and draft.wanted < earliest:
        problem = _too_early(view, draft, draft.wanted, earliest, counted, posting, rules)
        return PolicyPlan(policy=view.policy, state="blocked", level=draft.level, blocked=(problem,)), []
    effective = draft.wanted or earliest
    version = free_id(effective, view.known)
    plan = PolicyPlan(
        policy=view.policy,
        state="draft",
        level=draft.level,
        version=version,
        announce_at=posting,
        effective=effective,
        counted=_explained(counted, posting, rules, effective) if mailed else None,
        early=mailed and effective < counted_day,
    )
    return plan, _way(view, version, posting, effective, rules, mailed=mailed, frozen=False)


def _past(view: PolicyView, wanted: date, today: date) -> Problem:
    return Problem(
        code="P110",
        message=msg(
            "{policy}: a first version needs no notice, but it cannot take effect on {wanted}, before anyone could "
            "read it.",
            policy=view.title,
            wanted=wanted,
        ),
        hint=msg(
            "Choose {today} or later as effective in change.toml, or leave it out. A version that was published "
            "before is recorded by `publisher import … --effective {wanted}`.",
            today=today,
            wanted=wanted.isoformat(),
        ),
        place=Place(path=f"policy_docs/{view.policy}/change.toml", policy=view.policy),
    )


def free_id(effective: date, taken: Iterable[str]) -> str:
    """`YYYYMMDD`, or with the first free suffix from `-2`; an id that was ever used stays taken."""
    base, used = effective.strftime("%Y%m%d"), set(taken)
    suffix = 1
    while (base if suffix == 1 else f"{base}-{suffix}") in used:
        suffix += 1
    return base if suffix == 1 else f"{base}-{suffix}"


def _counted(posting: datetime, days: int, rules: Rules, *, mailed: bool) -> Count:
    return count(expected_end(rules.day_of(posting), rules, mailed=mailed), days, rules)


def _explained(counted: Count, posting: datetime, rules: Rules, effective: date | None = None) -> Message:
    words = explain(counted, rules, posted=rules.day_of(posting))
    if effective is None or effective <= counted.earliest:
        return words
    return msg("{counted}, at the earliest; set to {effective}", counted=words, effective=effective)


def _too_early(
    view: PolicyView,
    draft: Draft,
    wanted: date,
    earliest: date,
    counted: Count,
    posting: datetime,
    rules: Rules,
) -> Problem:
    place = Place(path=f"policy_docs/{view.policy}/change.toml", policy=view.policy)
    if draft.early:
        return Problem(
            code="P110",
            message=msg(
                "{policy}: {wanted} is too early. Even a change that may take effect before its notice has ended "
                "does so on the day after it is announced, and not before a change announced earlier.",
                policy=view.title,
                wanted=wanted,
            ),
            hint=msg("Choose {earliest} or later as effective in change.toml.", earliest=earliest),
            place=place,
        )
    return Problem(
        code="P110",
        message=msg(
            "{policy}: {wanted} is too early. This change is {level} and needs {days} full days' notice; the earliest "
            "lawful date is {earliest}.",
            policy=view.title,
            wanted=wanted,
            level=LEVEL_NAMES[draft.level],
            days=draft.days,
            earliest=earliest,
        ),
        hint=msg(
            "Counted: {counted}. Choose {earliest} or later as effective in change.toml, or leave it out.",
            counted=_explained(counted, posting, rules),
            earliest=earliest,
        ),
        place=place,
    )


def _way(
    view: PolicyView,
    version: str,
    posting: datetime,
    effective: date,
    rules: Rules,
    *,
    mailed: bool,
    frozen: bool,
) -> list[Step]:
    """The steps from here to taking effect."""
    kinds = [StepKind.ANNOUNCE] if frozen else [StepKind.FREEZE, StepKind.ANNOUNCE]
    steps = [_step(kind, view, version, posting) for kind in kinds]
    if mailed:
        steps.append(_step(StepKind.NOTIFY, view, version, next_posting(posting, rules)))
    return [*steps, _step(StepKind.TAKE_EFFECT, view, version, max(rules.start_of(effective), posting))]


def _step(
    kind: StepKind, view: PolicyView, version: str, at: datetime, *, amendment: int = 0, effective: date | None = None
) -> Step:
    return Step(kind=kind, policy=view.policy, version=version, at=at, amendment=amendment, effective=effective)

"""Which announced days are at risk now, with the numbers of people who have not been mailed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from publisher.errors import Problem, PublisherError
from publisher.messages import Localized, msg, msg_n
from publisher.notice.calendar import Rules
from publisher.notice.risk import Announced, Risk, risk_of
from publisher.notice.wording import notice_id
from publisher.register.versions import Register, Version
from publisher.workspace import Workspace

#: Deliveries by notice and state.
Outcomes = Mapping[str, Mapping[str, int]]


def risks(register: Register, rules: Rules, now: datetime, counted: Callable[[], Outcomes]) -> list[Risk]:
    """The days at risk, in order of date; `counted` is asked only where there is one."""
    found = [
        risk
        for version in register.versions
        if register.state(version) == "upcoming" and not version.first and version.announced_at
        if "early" not in version.record.override  # which does not wait for its notice to end
        if (risk := risk_of(announced(version), now, rules))
    ]
    if not found:
        return []
    deliveries = counted()
    numbered = [replace(risk, announced=_with_counts(risk.announced, deliveries)) for risk in found]
    return sorted(numbered, key=lambda r: (r.announced.effective, r.announced.policy, r.announced.version))


def announced(version: Version) -> Announced:
    """What the risk of a version depends on; ValueError for one that was not announced."""
    if version.announced_at is None:
        raise ValueError(version.id)
    return Announced(
        policy=version.policy,
        version=version.id,
        title=Localized.of(version.record.title),
        effective=version.effective,
        days=version.record.days,
        announced_at=version.announced_at,
        notified_at=version.notified_at,
        finish_by=version.finish_by,
    )


def _with_counts(version: Announced, deliveries: Outcomes) -> Announced:
    from publisher.mail.outcomes import still_open

    states = deliveries.get(notice_id(version.policy, version.version))
    if states is None:
        return version
    return replace(version, left=still_open(states), total=sum(states.values()))


def outcomes(workspace: Workspace) -> Outcomes:
    """Deliveries by notice and state; none where the database is away: a date is at risk without the numbers too."""
    from publisher.run.status import deliveries

    try:
        return deliveries(workspace)
    except PublisherError:
        return {}


def not_reached(version: Version) -> Problem | None:
    """S226 where a mailing has ended and recipients could not be mailed; else None."""
    failed = (version.deliveries or {}).get("failed", 0)
    if not failed:
        return None
    return Problem(
        code="S226",
        message=msg_n(
            "{title}: {count} recipient could not be mailed.",
            "{title}: {count} recipients could not be mailed.",
            failed,
            title=Localized.of(version.record.title),
        ),
        hint=msg(
            "They are listed with the reason by `publisher mail status`; tell them in another way. The notice on the "
            "site stands."
        ),
    )


def risks_json(found: list[Risk]) -> list[dict[str, Any]]:
    """The risks in the form of the contracts of `plan --json` and `status --json`."""
    return [
        {
            "policy": r.announced.policy,
            "version": r.announced.version,
            "date": r.announced.effective.isoformat(),
            "code": r.code,
            "last_day": r.last_day.isoformat(),
            "earliest": r.earliest.isoformat(),
            "left": r.announced.left,
        }
        for r in found
    ]

"""What there is: versions with their states, and deliveries by outcome."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from publisher.errors import Problem
from publisher.notice.risk import Risk
from publisher.register.holidays import rules_of
from publisher.register.store import VersionStore
from publisher.register.versions import Version
from publisher.run.risks import outcomes, risks
from publisher.run.verify import has_database
from publisher.workspace import Workspace

#: Problems that are rules speaking, not faults of a text (exit status 4 and not 3).
_RULES = frozenset(
    {
        *("P101", "P106", "P110", "P131", "P133", "P134", "P135"),
        *("P140", "P141", "P142", "P143", "P144", "P145", "P146", "P150", "S220"),
    }
)


def blocks(problem: Problem) -> bool:
    """Whether a rule does not allow something yet, as opposed to a text having findings."""
    return problem.code in _RULES


def status(workspace: Workspace) -> dict[str, Any]:
    """The state of the workspace in the form of the contract of `status --json`."""
    register = VersionStore(workspace.versions).load()
    policies = [
        {
            "policy": policy,
            "versions": [
                {
                    "id": v.id,
                    "state": register.state(v),
                    "level": v.record.level,
                    "days": v.record.days,
                    "announced": _day(v, workspace),
                    "effective": v.effective.isoformat(),
                    "hashes": {"record": v.digest, **v.record.texts},
                }
                for v in register.of(policy)
            ],
        }
        for policy in register.policies
    ]
    return {"policies": policies, "deliveries": deliveries(workspace), "head": register.head}


def _day(version: Version, workspace: Workspace) -> str:
    if version.record.announced:
        return version.record.announced.isoformat()
    zone = workspace.settings.notice.timezone
    return version.announced_at.astimezone(zone).date().isoformat() if version.announced_at else ""


def deliveries(workspace: Workspace) -> dict[str, dict[str, int]]:
    """Deliveries by notice and outcome; nothing where no recipient was ever taken in."""
    if not has_database(workspace):
        return {}
    from publisher.mail.database import open_database
    from publisher.mail.outbox import all_outcomes

    engine = open_database(workspace)
    try:
        return all_outcomes(engine)
    finally:
        engine.dispose()


def days_at_risk(workspace: Workspace, now: datetime) -> list[Risk]:
    """The announced days that are at risk, or can no longer be kept."""
    register = VersionStore(workspace.versions).load()
    return risks(register, rules_of(workspace.settings.notice), now, lambda: outcomes(workspace))

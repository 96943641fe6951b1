"""What there is: versions with their states, deliveries by outcome, and whether the records hold."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from publisher.errors import Problem
from publisher.messages import msg
from publisher.notice.risk import Risk
from publisher.register.holidays import rules_of
from publisher.register.store import VersionStore
from publisher.register.versions import Version
from publisher.run.risks import outcomes, risks
from publisher.website.build import site_inputs
from publisher.website.publish import built_from, changed_files
from publisher.workspace import Workspace

#: Problems that are rules speaking, not faults of a text (exit status 4 and not 3).
_RULES = frozenset({"P101", "P106", "P110", "P131", "P133", "P140", "P141", "P150", "S220"})


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
    url = workspace.settings.database.url
    if url.startswith("sqlite:///") and not (workspace.root / url.removeprefix("sqlite:///")).exists():
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


def verify(workspace: Workspace) -> tuple[list[Problem], int, int]:
    """Everything that does not hold, and how many entries and versions were looked at."""
    store = VersionStore(workspace.versions)
    problems = store.verify()
    if problems:
        return problems, 0, 0
    register = store.load()
    if built_from(workspace.output):
        problems += _site(workspace, workspace.output)
        if not problems and built_from(workspace.output) != site_inputs(workspace, register):
            problems.append(
                Problem(
                    code="V422",
                    severity="warning",
                    message=msg("The site does not show the present state of the register."),
                    hint=msg("Run `publisher tick`; it builds the site anew."),
                )
            )
    return [p for p in problems if p.severity == "error"], len(register.entries), len(register.versions)


def _site(workspace: Workspace, output: Path) -> list[Problem]:
    return [
        Problem(
            code="V420",
            message=msg("The published site does not show {path} as it was built.", path=path),
            hint=msg(
                "Run `publisher site build`, then find out who changed {output}.",
                output=workspace.settings.site.output,
            ),
        )
        for path in changed_files(output)
    ]

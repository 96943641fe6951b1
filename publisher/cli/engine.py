"""plan, tick, run, status, verify, demo: what is due, what was done, and whether the records hold."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli.common import (
    clock_is_right_option,
    clock_of,
    dry_run_option,
    engine_of,
    json_option,
    now_option,
    watching,
    workspace_of,
)
from publisher.cli.onlooking import onlooker
from publisher.cli.output import in_words, show, show_json, tell, tell_problems, terminal
from publisher.messages import Localized, msg
from publisher.notice.wording import level_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from publisher.errors import Problem, PublisherError
    from publisher.notice.plan import PolicyPlan, Step
    from publisher.notice.risk import Risk
    from publisher.register.versions import Version
    from publisher.run.observe import Observation
    from publisher.run.tick import Report


@click.command("plan")
@json_option
@now_option
@click.pass_context
def plan_command(ctx: click.Context, as_json: bool, now: str | None) -> None:
    """Say what tick would do now and next, with dates and how they are counted.

    \b
    Examples:
      publisher plan
      publisher plan --json
    """
    from publisher.register.record import open_record
    from publisher.register.repository import open_texts
    from publisher.run.observe import observe, plan_json
    from publisher.run.risks import outcomes, risks, risks_json

    workspace = workspace_of(ctx)
    open_record(workspace).check()
    with open_texts(workspace.root) as texts:
        observation = observe(workspace, texts, clock_of(workspace, now)())
    plan = observation.plan
    at_risk = risks(observation.register, observation.rules, plan.now, lambda: outcomes(workspace))
    if as_json:
        say = terminal()
        warnings = [w.as_json(say) for w in observation.warnings]
        planned = plan_json(plan, observation.rules, say)
        show_json({**planned, "warnings": warnings, "at_risk": risks_json(at_risk)})
    else:
        _show_plan(observation)
        tell_problems(risk.problem() for risk in at_risk if risk.code == "S222")
    ctx.exit(exit_status(observation.problems))


@click.command("tick")
@json_option
@dry_run_option
@now_option
@clock_is_right_option
@click.pass_context
def tick_command(ctx: click.Context, as_json: bool, dry_run: bool, now: str | None, clock_is_right: bool) -> None:
    """Do what is due, once: freeze, announce, mail, put in force. Run again, it does nothing more.

    \b
    Examples:
      publisher tick                   e.g. every five minutes from cron
      publisher tick --dry-run
      publisher tick --clock-is-right  after the machine was off for days and no second clock can be asked
    """
    if dry_run:
        ctx.invoke(plan_command, as_json=as_json, now=now)
        return
    from publisher.run.tick import tick

    engine = engine_of(ctx, now, clock_is_right=clock_is_right)
    report = tick(replace(engine, on_mailing=_mailing, on_alarm=_alarm, onlooker=onlooker()))
    if as_json:
        show_json(_report_json(report))
    else:
        _show_report(report)
    for error in report.errors:
        tell_problems(error.problems)
    ctx.exit(max((e.exit_status for e in report.errors), default=0) or exit_status(report.observation.problems))


@click.command("run")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="Serve the site here.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Serve the site on this address.")
@click.option(
    "--log",
    "form",
    type=click.Choice(["words", "json"]),
    help="How to say what happens, on stderr: in words (a terminal's default) or as lines of JSON (elsewhere).",
)
@click.option(
    "--watch-remote", is_flag=True, help="Fetch the texts from git.remote at each tick, into a clone of its own."
)
@clock_is_right_option
@click.pass_context
def run_command(
    ctx: click.Context, port: int, host: str, form: str | None, watch_remote: bool, clock_is_right: bool
) -> None:
    """Serve the site, and do what is due at its moment, until Ctrl-C. /healthz says how it is.

    \b
    Examples:
      publisher run
      publisher run --port 8080 --log json
      publisher run --watch-remote     the texts come from git.remote, not from this folder
    """
    from publisher.run.daemon import run
    from publisher.run.log import InWords, JsonLines, logging_to, write_line

    engine = engine_of(ctx, clock_is_right=clock_is_right)
    if watch_remote:
        engine = watching(engine)
    words = form == "words" or (form is None and sys.stderr.isatty())
    with logging_to(InWords(in_words) if words else JsonLines()):
        run(engine, host, port, write=write_line, debug=ctx.obj["debug"])


@click.command("status")
@json_option
@click.pass_context
def status_command(ctx: click.Context, as_json: bool) -> None:
    """Say which versions there are, which is in force, and how the mailings ended.

    \b
    Examples:
      publisher status
      publisher status --json
    """
    from publisher.run.risks import risks_json
    from publisher.run.status import days_at_risk, status

    workspace = workspace_of(ctx)
    found = status(workspace)
    at_risk = days_at_risk(workspace, clock_of(workspace, None)())
    if as_json:
        show_json({**found, "at_risk": risks_json(at_risk)})
        return
    for policy in found["policies"]:
        show(policy["policy"])
        for version in policy["versions"]:
            show(
                msg(
                    "  {id}  {state}, effective {effective}, announced {announced}",
                    id=version["id"],
                    state=_VERSION_STATES[version["state"]],
                    effective=version["effective"],
                    announced=version["announced"] or "–",
                )
            )
    for notice, outcomes in found["deliveries"].items():
        show(f"{notice}: " + ", ".join(f"{state} {number}" for state, number in outcomes.items()))
    tell_problems(risk.problem() for risk in at_risk)


@click.command("verify")
@click.option("--head", metavar="HASH", default="", help="A hash from a mail or a page: it has to be in the journal.")
@json_option
@click.pass_context
def verify_command(ctx: click.Context, head: str, as_json: bool) -> None:
    """Check that no record was changed: journal, versions and their texts, the site, and the receipts of mailings.

    \b
    Examples:
      publisher verify && echo all records hold
      publisher verify --head 3f9a61c04be2d7a8
    """
    from publisher.cli.output import counting
    from publisher.errors import IntegrityBroken
    from publisher.run.verify import verify

    workspace = workspace_of(ctx)
    remarks: list[Problem] = []
    with counting(msg("receipts checked")) as progress:
        problems, entries, versions = verify(workspace, head=head, remark=remarks.append, progress=progress)
    if as_json:
        say = terminal()
        show_json(
            {
                "schema": "publisher/verify/v1",
                "ok": not problems,
                "entries": entries,
                "versions": versions,
                "findings": [p.as_json(say) for p in (*problems, *remarks)],
            }
        )
        ctx.exit(IntegrityBroken.exit_status if problems else 0)
    tell_problems(remarks)
    if problems:
        raise IntegrityBroken(problems)
    show(
        msg(
            "Everything holds: {entries} journal entries, {versions} versions.",
            entries=entries,
            versions=versions,
        )
    )


@click.command("demo")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("build/demo"),
    show_default=True,
    help="Where the demonstration takes place; what an earlier one left there is removed.",
)
def demo_command(folder: Path) -> None:
    """Tell the whole story on a simulated clock: two changes, their notices, mails, and the days they take effect.

    \b
    Example:
      publisher demo
    """
    from publisher.run.demo import demo

    demo(folder, show)


def _mailing(step: Step, outcomes: Mapping[str, int], at_risk: list[Risk]) -> None:
    """How far a long mailing is."""
    states = ", ".join(f"{state} {number}" for state, number in outcomes.items())
    tell(f"{step.policy} {step.version}: {states}")
    tell_problems(risk.problem() for risk in at_risk)


def _alarm(_problem: Problem, error: PublisherError | None) -> None:
    """An alarm that could not be sent; one that was is no news on the terminal that shows the problem itself."""
    if error:
        tell_problems(error.problems)


def exit_status(problems: list[Problem]) -> int:
    """8 where a record does not fit, 4 where a rule blocks a policy, 3 for findings in a text, else 0."""
    from publisher.run.status import blocks

    if not problems:
        return 0
    if any(p.code.startswith("V") for p in problems):
        return 8
    return 4 if any(blocks(p) for p in problems) else 3


def _show_plan(observation: Observation) -> None:
    rules = observation.rules
    for policy in observation.plan.policies:
        show(msg("{policy}: {state}", policy=policy.policy, state=_STATES[policy.state]))
        for version in _others_waiting(observation, policy):
            _show_date(version.record.level, version.effective, version.id)
            show(msg("  counted: {counted}", counted=Localized.of(version.record.counted)))
        if policy.announce_at and policy.state != "announced":
            show(msg("  to be announced {at}", at=policy.announce_at.astimezone(rules.zone)))
        if policy.effective and policy.state in {"draft", "frozen", "announced"}:
            _show_date(policy.level, policy.effective, policy.version)
        if policy.counted:
            show(msg("  counted: {counted}", counted=policy.counted))
    if observation.plan.steps:
        show(msg("Steps:"))
    for step in observation.plan.steps:
        show(
            msg(
                "  {at}  {step} {policy} {version}",
                at=step.at.astimezone(rules.zone),
                step=_STEPS[step.kind.value],
                policy=step.policy,
                version=step.version,
            )
        )
    tell_problems([*observation.warnings, *observation.problems])


def _others_waiting(observation: Observation, policy: PolicyPlan) -> list[Version]:
    """Announced versions that wait for their day besides the one that the plan of the policy is about."""
    register = observation.register
    return [v for v in register.of(policy.policy) if register.state(v) == "upcoming" and v.id != policy.version]


def _show_date(level: str, effective: date, version: str) -> None:
    show(
        msg(
            "  {level}, takes effect at 00:00 on {effective} as version {version}",
            level=level_name(level),
            effective=effective,
            version=version,
        )
    )


_STEPS = {
    "freeze": msg("freeze"),
    "announce": msg("announce"),
    "notify": msg("mail"),
    "take_effect": msg("put in force"),
    "postpone": msg("postpone"),
    "withdraw": msg("withdraw"),
}
_VERSION_STATES = {
    "frozen": msg("frozen"),
    "upcoming": msg("not in force yet"),
    "in_force": msg("in force"),
    "superseded": msg("replaced"),
    "withdrawn": msg("withdrawn"),
}
_STATES = {
    "none": msg("nothing published yet"),
    "in_force": msg("in force, no change pending"),
    "draft": msg("a change is ready to be announced"),
    "frozen": msg("a change is frozen and about to be announced"),
    "announced": msg("a change is announced and waits for its day"),
    "blocked": msg("blocked"),
}


def _report_json(report: Report) -> dict[str, object]:
    from publisher.run.observe import plan_json

    zone = report.observation.rules.zone
    found = plan_json(report.plan, report.observation.rules, terminal())
    found["steps"] = [
        {
            "step": s.kind.value,
            "policy": s.policy,
            "version": s.version,
            "at": s.at.astimezone(zone).isoformat(),
        }
        for s in report.done
    ]
    return found


def _show_report(report: Report) -> None:
    from publisher.run.rest import coming_words

    for step in report.done:
        show(_DONE[step.kind.value](step.policy, step.version))
    for words in coming_words(report.observation):
        show(words)
    if not (report.done or report.errors or report.observation.problems):
        show(msg("Nothing is due."))
    tell_problems(report.observation.problems)


_DONE = {
    "freeze": lambda policy, version: msg("{policy}: version {version} frozen", policy=policy, version=version),
    "announce": lambda policy, version: msg(
        "{policy}: version {version} announced on the site", policy=policy, version=version
    ),
    "notify": lambda policy, version: msg(
        "{policy}: everyone mailed about version {version}", policy=policy, version=version
    ),
    "take_effect": lambda policy, version: msg(
        "{policy}: version {version} is in force", policy=policy, version=version
    ),
    "postpone": lambda policy, version: msg(
        "{policy}: version {version} postponed, as the site says now", policy=policy, version=version
    ),
    "withdraw": lambda policy, version: msg("{policy}: version {version} withdrawn", policy=policy, version=version),
}

"""when: the earliest lawful date, and how it is counted."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import click

from publisher.cli.common import json_option
from publisher.cli.output import show, show_json, terminal
from publisher.messages import in_every_language, msg

if TYPE_CHECKING:
    from pathlib import Path

    from publisher.notice.calendar import Rules
    from publisher.workspace import NoticeSettings


@click.command("when")
@click.option("--posted", metavar="ISO", help="When site and mails are finished; default: now.")
@click.option("--days", type=click.IntRange(1, 3650), help="Days of notice.")
@click.option("--level", type=click.Choice(["minor", "significant"]), help="Take the days that this level owes.")
@click.option("--policy", metavar="POLICY", help="Take the days that this policy promises, where they are more.")
@click.option("--effective", metavar="DATE", help="Count backwards instead: by when must it be posted?")
@json_option
@click.pass_context
def when_command(
    ctx: click.Context,
    posted: str | None,
    days: int | None,
    level: str | None,
    policy: str | None,
    effective: str | None,
    as_json: bool,
) -> None:
    """Count a notice period: the earliest lawful effective date, and the sum in words, forwards and backwards.

    \b
    Examples:
      publisher when --days 14
      publisher when --posted 2026-11-23T09:00 --level significant
      publisher when --policy privacy --level minor
      publisher when --effective 2027-01-01 --level minor
    """
    from publisher.errors import WrongUsage
    from publisher.register.holidays import rules_of
    from publisher.run.clock import read_moment, system_clock

    if days and (level or policy):
        raise WrongUsage.of("C533", msg("Give --days alone, or --level and --policy."))
    if effective and posted:
        raise WrongUsage.of("C533", msg("Give --posted to count forwards or --effective to count backwards, not both."))
    settings, root = _settings(ctx, needed=policy is not None)
    rules = rules_of(settings)
    owed = days or _owed(settings, root, level or "significant", policy)
    if effective:
        _show_backwards(_day(effective), owed, rules, as_json=as_json)
        return
    moment = read_moment(posted, rules.zone) if posted else system_clock()
    from publisher.notice.backwards import explain_backwards
    from publisher.notice.calendar import count, explain

    counted = count(rules.day_of(moment), owed, rules)
    forwards, backwards = explain(counted, rules), explain_backwards(counted.earliest, owed, rules)
    if as_json:
        show_json(
            {
                "posted": moment.astimezone(rules.zone).isoformat(timespec="seconds"),
                "days": owed,
                "earliest_effective": counted.earliest.isoformat(),
                "counting": in_every_language(forwards),
                "backwards": in_every_language(backwards),
            }
        )
        return
    show(terminal().date(counted.earliest))
    show(forwards)
    show(backwards)


def _settings(ctx: click.Context, *, needed: bool) -> tuple[NoticeSettings, Path | None]:
    """The settings of the workspace and its folder; outside of one the law's own numbers, unless it is needed."""
    from publisher.errors import Misconfigured
    from publisher.workspace import NoticeSettings, open_workspace

    try:
        workspace = open_workspace(ctx.obj["workspace"])
    except Misconfigured as error:
        if needed or error.problems[0].code != "C514":
            raise
        return NoticeSettings(), None
    return workspace.settings.notice, workspace.root


def _owed(settings: NoticeSettings, root: Path | None, level: str, policy: str | None) -> int:
    """The days that `level` owes, raised by what `policy` promises."""
    if policy is None or root is None:
        return settings.days.minor if level == "minor" else settings.days.significant
    from publisher.changes.model import Level
    from publisher.register.folder import settings_in_folder
    from publisher.register.sources import owed_days

    return owed_days(Level(level), settings.days, settings_in_folder(root, policy).notice_days)


def _day(text: str) -> date:
    from publisher.errors import WrongUsage

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongUsage.of("C533", msg("{value} is not a date.", value=text), msg("Write it as 2026-12-10.")) from None


def _show_backwards(effective: date, days: int, rules: Rules, *, as_json: bool) -> None:
    from publisher.notice.backwards import explain_backwards
    from publisher.notice.calendar import count, explain, post_by

    latest = post_by(effective, days, rules)
    forwards, backwards = explain(count(latest, days, rules), rules), explain_backwards(effective, days, rules)
    if as_json:
        found: dict[str, Any] = {
            "effective": effective.isoformat(),
            "days": days,
            "post_by": latest.isoformat(),
            "counting": in_every_language(forwards),
            "backwards": in_every_language(backwards),
        }
        show_json(found)
        return
    show(
        msg(
            "For an effect on {effective}, everything must be out by the end of {latest}.",
            effective=effective,
            latest=latest,
        )
    )
    show(backwards)
    show(forwards)

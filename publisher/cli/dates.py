"""when: the earliest lawful date, and how it is counted."""

from __future__ import annotations

import click

from publisher.cli.common import json_option
from publisher.cli.output import show, show_json, terminal
from publisher.messages import in_every_language, msg


@click.command("when")
@click.option("--posted", metavar="ISO", help="When site and mails are finished; default: now.")
@click.option("--days", type=click.IntRange(1, 3650), help="Days of notice.")
@click.option("--level", type=click.Choice(["minor", "significant"]), help="Take the days that this level owes.")
@click.option("--effective", metavar="DATE", help="Count backwards instead: by when must it be posted?")
@json_option
@click.pass_context
def when_command(
    ctx: click.Context,
    posted: str | None,
    days: int | None,
    level: str | None,
    effective: str | None,
    as_json: bool,
) -> None:
    """Count a notice period: the earliest lawful effective date, and the sum in words.

    \b
    Examples:
      publisher when --days 14
      publisher when --posted 2026-11-23T09:00 --level significant
      publisher when --effective 2027-01-01 --level minor
    """
    from datetime import date

    from publisher.errors import Misconfigured, WrongUsage
    from publisher.notice.calendar import count, explain, post_by
    from publisher.register.holidays import rules_of
    from publisher.run.clock import read_moment, system_clock
    from publisher.workspace import NoticeSettings, open_workspace

    try:
        settings = open_workspace(ctx.obj["workspace"]).settings.notice
    except Misconfigured as error:
        if error.problems[0].code != "C514":
            raise
        settings = NoticeSettings()  # outside a workspace: the law's own numbers
    if days and level:
        raise WrongUsage.of("C533", msg("Give --days or --level, not both."))
    rules = rules_of(settings)
    owed = days or (settings.days.minor if level == "minor" else settings.days.significant)
    if effective:
        try:
            wanted = date.fromisoformat(effective)
        except ValueError:
            raise WrongUsage.of(
                "C533", msg("{value} is not a date.", value=effective), msg("Write it as 2026-12-10.")
            ) from None
        latest = post_by(wanted, owed, rules)
        counted = count(latest, owed, rules)
        if as_json:
            show_json(
                {
                    "effective": wanted.isoformat(),
                    "days": owed,
                    "post_by": latest.isoformat(),
                    "counting": in_every_language(explain(counted, rules)),
                }
            )
        else:
            show(
                msg(
                    "For an effect on {effective}, everything must be out by the end of {latest}.",
                    effective=wanted,
                    latest=latest,
                )
            )
        return
    moment = read_moment(posted, rules.zone) if posted else system_clock()
    counted = count(rules.day_of(moment), owed, rules)
    if as_json:
        show_json(
            {
                "posted": moment.astimezone(rules.zone).isoformat(timespec="seconds"),
                "days": owed,
                "earliest_effective": counted.earliest.isoformat(),
                "counting": in_every_language(explain(counted, rules)),
            }
        )
    else:
        say = terminal()
        show(say.date(counted.earliest))
        show(explain(counted, rules))

"""The commands of `mail`: how the mailings stand, and hands that help."""

from __future__ import annotations

import click

from publisher.cli.common import engine_of, json_option, now_option, workspace_of
from publisher.cli.mail_fate import bounces, held_, reconcile_, settle_
from publisher.cli.mail_preview import preview_command, test_command
from publisher.cli.onlooking import onlooker
from publisher.cli.output import show, show_json, terminal
from publisher.messages import msg


@click.group("mail")
def mail_command() -> None:
    """See how the mailings stand, and let failed deliveries be tried again."""


@mail_command.command("status")
@json_option
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """Deliveries of each notice by outcome, and who failed for which reason (by id, never by address)."""
    from publisher.mail.database import open_database
    from publisher.mail.outbox import all_outcomes, failures
    from publisher.mail.reports import stopped

    engine = open_database(workspace_of(ctx))
    try:
        found = all_outcomes(engine)
        failed = failures(engine)
        stops = stopped(engine)
    finally:
        engine.dispose()
    if as_json:
        show_json({"notices": found, "failed": failed, "stopped": {n: terminal()(why) for n, why in stops.items()}})
        return
    if not found:
        show(msg("Nothing has been mailed yet."))
    for notice, outcomes in found.items():
        show(f"{notice}: " + ", ".join(f"{state} {number}" for state, number in outcomes.items()))
        if notice in stops:
            show(stops[notice])
    for row in failed:
        show(f"  {row['notice']} {row['recipient']}: {row['code'] or ''} {row['reply']}")


@mail_command.command("retry")
@click.argument("notice")
@now_option
@click.pass_context
def retry(ctx: click.Context, notice: str, now: str | None) -> None:
    """Try the failed deliveries of a notice once more.

    \b
    Example:
      publisher mail retry privacy-20261210
    """
    from dataclasses import replace

    from publisher.run.mailing import retry_failed

    outcomes = retry_failed(replace(engine_of(ctx, now), onlooker=onlooker()), notice)
    show(f"{notice}: " + ", ".join(f"{state} {number}" for state, number in outcomes.items()))
    ctx.exit(7 if outcomes.get("failed") else 0)


@mail_command.command("pause")
@click.argument("notice")
@click.pass_context
def pause(ctx: click.Context, notice: str) -> None:
    """Stop a mailing until it is resumed. What is on its way at this moment is finished.

    The notice period does not begin before everyone has been mailed: a long pause moves the date.

    \b
    Example:
      publisher mail pause privacy-20261210
    """
    from publisher.run.mailing import set_paused

    set_paused(engine_of(ctx, None), notice, paused=True)
    show(msg("{notice} is paused. `publisher mail resume {notice}` goes on with it.", notice=notice))


@mail_command.command("resume")
@click.argument("notice")
@click.pass_context
def resume(ctx: click.Context, notice: str) -> None:
    """Go on with a mailing that was paused, by hand or because the mail server refused us.

    \b
    Example:
      publisher mail resume privacy-20261210
    """
    from publisher.run.mailing import set_paused

    set_paused(engine_of(ctx, None), notice, paused=False)
    show(msg("{notice} goes on with the next run.", notice=notice))


@mail_command.command("work")
@click.option("--once", is_flag=True, help="End when nothing is due any more.")
@now_option
@click.pass_context
def work(ctx: click.Context, once: bool, now: str | None) -> None:
    """Help to hand over mails, beside `publisher run` or `tick`, which begin and finish the mailings.

    With PostgreSQL any number of these may run on any number of machines; each needs a copy of the workspace with
    its versions/, the key of the recipients and the password of the mail server. Ctrl-C ends it after the mails that
    are on their way. How it stands is on one line of a terminal, elsewhere a line of JSON a minute on stderr.

    \b
    Examples:
      publisher mail work
      publisher mail work --once
    """
    import signal
    from dataclasses import replace

    from publisher.run.log import JsonLines, logging_to, write_line
    from publisher.run.mailing import work as hand_over
    from publisher.run.progress import logged

    asked: list[int] = []
    former = {number: signal.signal(number, lambda n, _: asked.append(n)) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        engine = replace(engine_of(ctx, now), stopping=lambda: bool(asked))
        if drawn := onlooker():
            hand_over(replace(engine, onlooker=drawn), once=once)
        else:
            with logging_to(JsonLines()):
                hand_over(replace(engine, onlooker=logged(write_line)), once=once)
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


@mail_command.command("report")
@click.argument("notice")
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print a table: by, value, outcome, number.")
@click.pass_context
def report(ctx: click.Context, notice: str, as_json: bool, as_csv: bool) -> None:
    """Count the outcomes of a notice by language, domain and reply; never an address.

    Domains with fewer than 10 recipients are counted together, as "other".

    \b
    Examples:
      publisher mail report privacy-20261210
      publisher mail report privacy-20261210 --csv
    """
    import csv
    import sys

    from publisher.mail.database import open_database
    from publisher.mail.reports import report_of
    from publisher.mail.vault import open_vault

    workspace = workspace_of(ctx)
    engine = open_database(workspace)
    try:
        found = report_of(engine, open_vault(workspace), notice)
    finally:
        engine.dispose()
    if as_json:
        show_json(found.as_json())
    elif as_csv:
        table = csv.writer(sys.stdout, lineterminator="\n")
        table.writerow(("by", "value", "outcome", "number"))
        table.writerows(found.rows())
    else:
        show(f"{notice}: {found.total}")
        headings = {
            "outcome": msg("By outcome"), "language": msg("By language"), "domain": msg("By domain"),
            "reply": msg("By reply"),
        }  # fmt: skip
        said = ""
        for by, value, outcome, number in found.rows():
            if by != said:
                show(headings[by])
                said = by
            show(f"  {value}: {number}" if by == "outcome" else f"  {value}: {outcome} {number}")


for _command in (bounces, held_, settle_, reconcile_, preview_command, test_command):
    mail_command.add_command(_command)

"""mail status, retry, pause, resume, work: how the mailings stand, and hands that help."""

from __future__ import annotations

import click

from publisher.cli.common import engine_of, json_option, now_option, workspace_of
from publisher.cli.output import show, show_json
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

    engine = open_database(workspace_of(ctx))
    try:
        found = all_outcomes(engine)
        failed = failures(engine)
    finally:
        engine.dispose()
    if as_json:
        show_json({"notices": found, "failed": failed})
        return
    if not found:
        show(msg("Nothing has been mailed yet."))
    for notice, outcomes in found.items():
        show(f"{notice}: " + ", ".join(f"{state} {number}" for state, number in outcomes.items()))
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
    from publisher.run.mailing import retry_failed

    outcomes = retry_failed(engine_of(ctx, now), notice)
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
    are on their way.

    \b
    Examples:
      publisher mail work
      publisher mail work --once
    """
    import signal
    from dataclasses import replace

    from publisher.run.mailing import work as hand_over

    asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: asked.append(number))
    hand_over(replace(engine_of(ctx, now), stopping=lambda: bool(asked)), once=once)

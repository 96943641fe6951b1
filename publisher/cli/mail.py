"""mail status, mail retry: how the mailings stand."""

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

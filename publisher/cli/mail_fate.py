"""The commands of `mail` for mails whose fate is not known: returned, unanswered, or sent since a backup."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

import click

from publisher.cli.common import clock_of, engine_of, json_option, now_option, workspace_of
from publisher.cli.output import show, show_json, tell_problems, terminal
from publisher.errors import WrongUsage
from publisher.messages import msg, msg_n


@click.command("bounces")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@json_option
@now_option
@click.pass_context
def bounces(ctx: click.Context, folder: Path | None, as_json: bool, now: str | None) -> None:
    """Read the mails that came back, from a Maildir or a folder of files.

    Without DIR, from mail.bounce_maildir. What was read is put aside: into cur of a Maildir, else into DIR/done; of a
    plain folder only files named *.eml or by a number are read. Where
    a person has to look at some, the exit status is 7.

    \b
    Examples:
      publisher mail bounces
      publisher mail bounces /var/mail/bounces
    """
    from publisher.errors import Problem
    from publisher.mail.bounces import Became, take_bounces
    from publisher.mail.database import open_database
    from publisher.mail.vault import open_vault

    workspace = workspace_of(ctx)
    setting = workspace.settings.mail.bounce_maildir
    if folder is None and not setting:
        raise WrongUsage.of(
            "S280",
            msg("It is not known where the mails that came back are."),
            msg("Name the folder: `publisher mail bounces DIR`, or set mail.bounce_maildir in publisher.toml."),
        )
    problems: list[Problem] = []
    engine = open_database(workspace)
    try:
        found = take_bounces(
            engine,
            open_vault(workspace),
            folder or workspace.root / setting,
            clock_of(workspace, now),
            problems.append,
        )
    finally:
        engine.dispose()
    if as_json:
        say = terminal()
        show_json({**found.as_json(), "findings": [p.as_json(say) for p in problems]})
    else:
        tell_problems(problems)
        show(
            msg(
                "{read} read: {bounced} came back for good, {delayed} are delayed, {early} wait for the next run, "
                "{rest} say nothing of a delivery. {unusable} addresses do not exist.",
                read=found.read,
                bounced=found.became[Became.BOUNCED],
                delayed=found.became[Became.DELAYED],
                early=found.became[Became.EARLY],
                rest=found.read - sum(found.became[b] for b in (Became.BOUNCED, Became.DELAYED, Became.EARLY)),
                unusable=found.unusable,
            )
        )
    ctx.exit(7 if problems else 0)


@click.command("held")
@click.argument("notice")
@json_option
@click.pass_context
def held_(ctx: click.Context, notice: str, as_json: bool) -> None:
    """List the mails of a notice whose fate is not known, by Message-ID, to look them up in the relay's log.

    \b
    Example:
      publisher mail held privacy-20261210
    """
    from publisher.mail.database import open_database
    from publisher.mail.reports import held

    workspace = workspace_of(ctx)
    engine = open_database(workspace)
    try:
        found = list(held(engine, notice, workspace.settings.mail.sender.rpartition("@")[2]))
    finally:
        engine.dispose()
    if as_json:
        show_json({"notice": notice, "held": [one.as_json() for one in found]})
        return
    for one in found:
        show(f"{one.message_id}\t{one.at.isoformat(timespec='seconds')}\t{one.attempts}")


@click.command("settle")
@click.argument("notice")
@click.option("--handed-over", metavar="FILE", type=click.File("r", "utf-8", "replace"), help="The relay took these.")
@click.option("--not-taken", metavar="FILE", type=click.File("r", "utf-8", "replace"), help="It never took these.")
@now_option
@click.pass_context
def settle_(
    ctx: click.Context, notice: str, handed_over: TextIO | None, not_taken: TextIO | None, now: str | None
) -> None:
    """Write down what the relay's log says of the mails that `mail held` lists.

    FILE has Message-IDs, one a line; - for standard input. What was not taken is sent again at the next run.

    \b
    Examples:
      publisher mail settle privacy-20261210 --handed-over taken.txt
      publisher mail settle privacy-20261210 --not-taken -
    """
    from publisher.errors import Problem
    from publisher.mail.database import open_database
    from publisher.mail.reports import settle

    file = handed_over or not_taken
    if file is None or (handed_over and not_taken):
        raise WrongUsage.of(
            "S284",
            msg("Either --handed-over or --not-taken is needed, with a file of Message-IDs."),
            msg("`publisher mail held {notice}` lists the mails; the relay's log knows which it took.", notice=notice),
        )
    workspace = workspace_of(ctx)
    problems: list[Problem] = []
    engine = open_database(workspace)
    try:
        number = settle(
            engine,
            notice,
            file,
            clock_of(workspace, now)(),
            handed_over=handed_over is not None,
            on_problem=problems.append,
        )
    finally:
        engine.dispose()
    tell_problems(problems)
    show(msg_n("{count} mail settled.", "{count} mails settled.", number))
    ctx.exit(7 if problems else 0)


@click.command("reconcile")
@click.argument("notice")
@click.option("--send-again", is_flag=True, help="Send everyone put aside the same mail again, at once.")
@now_option
@click.pass_context
def reconcile_(ctx: click.Context, notice: str, send_again: bool, now: str | None) -> None:
    """Go on with a mailing after an older backup of the database was restored, where there is no later one.

    Everyone who has no outcome in that backup may have been mailed since. They are put aside: the relay's log knows
    whom, see `mail held` and `mail settle`. With --send-again they are sent the same mail once more at the next run,
    so nobody is left out, and some get it twice. A backup from before the mailing began lists whoever is a recipient
    now, under new Message-IDs, which no log of the relay has.

    \b
    Examples:
      publisher mail reconcile privacy-20261210
      publisher mail reconcile privacy-20261210 --send-again
    """
    from publisher.run.mailing import reconcile

    aside = reconcile(engine_of(ctx, now), notice, again=send_again)
    if not aside:
        show(msg("{notice}: everyone has an outcome in this database; nothing was put aside.", notice=notice))
    elif send_again:
        show(
            msg_n(
                "{notice}: {count} mail may have gone out; the next run sends it again.",
                "{notice}: {count} mails may have gone out; the next run sends them again.",
                aside,
                notice=notice,
            )
        )
    else:
        show(
            msg_n(
                "{notice}: {count} mail may have gone out and is put aside; `publisher mail held {notice}` lists it.",
                "{notice}: {count} mails may have gone out and are put aside; `publisher mail held {notice}` lists "
                "them.",
                aside,
                notice=notice,
            )
        )

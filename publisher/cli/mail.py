"""The commands of `mail`: how the mailings stand, hands that help, what came back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from publisher.cli.common import clock_of, engine_of, json_option, now_option, workspace_of
from publisher.cli.onlooking import onlooker
from publisher.cli.output import show, show_json, tell_problems, terminal
from publisher.errors import WrongUsage
from publisher.messages import msg, msg_n

if TYPE_CHECKING:
    from publisher.workspace import Workspace


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


@mail_command.command("bounces")
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


@mail_command.command("held")
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


@mail_command.command("settle")
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


_languages = click.option(
    "--language", "languages", multiple=True, type=click.Choice(["ko", "en"]), help="Only in this language."
)


@mail_command.command("preview")
@click.argument("notice")
@_languages
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="The folder to write to.")
@now_option
@click.pass_context
def preview_command(ctx: click.Context, notice: str, languages: tuple[str, ...], out: Path, now: str | None) -> None:
    """Write the mails of a notice as files, one of each kind for each kind of reader, before anything goes out.

    NOTICE is the id of a notice, or a policy whose change is pending. Ends with 3 where the notice advertises.

    \b
    Examples:
      publisher mail preview privacy --out preview
      publisher mail preview privacy-20261210 --language ko --out preview
    """
    from publisher.errors import TextFindings
    from publisher.run.previewing import preview

    engine = engine_of(ctx, now)
    made = preview(engine, notice, _chosen(languages, engine.workspace), out)
    for file in made.files:
        show(str(file))
    tell_problems(made.remarks)
    ctx.exit(TextFindings.exit_status if any(p.severity == "error" for p in made.remarks) else 0)


@mail_command.command("test")
@click.argument("notice")
@click.option("--to", "address", required=True, metavar="ADDRESS", help="Your own address.")
@_languages
@click.option(
    "--reader",
    type=click.Choice(["account", "guardian", "watcher"]),
    default="account",
    help="Which kind of reader's mail (default: account).",
)
@now_option
@click.pass_context
def test_command(
    ctx: click.Context, notice: str, address: str, languages: tuple[str, ...], reader: str, now: str | None
) -> None:
    """Mail a notice to yourself, through the real mail server and marked as a test, before it goes out.

    \b
    Example:
      publisher mail test privacy --to legal@example.com
    """
    from publisher.mail.addresses import usable_address
    from publisher.mail.outcomes import State
    from publisher.mail.readers import Reader
    from publisher.run.previewing import send_test

    engine = engine_of(ctx, now)
    try:
        to = usable_address(address)
    except ValueError:
        raise WrongUsage.of(
            "S265",
            msg("No mail can go to the address given with --to."),
            msg("Write one address, for example legal@example.com."),
        ) from None
    outcomes = send_test(engine, notice, _chosen(languages, engine.workspace), Reader(reader), to)
    for outcome in outcomes:
        show(f"{outcome.state}: {outcome.code or ''} {outcome.reply}".rstrip())
    ctx.exit(0 if all(outcome.state is State.HANDED_OVER for outcome in outcomes) else 7)


def _chosen(languages: tuple[str, ...], workspace: Workspace) -> list[str]:
    """The languages of the workspace, or those of them that were asked for."""
    own = workspace.settings.site.languages
    missing = [language for language in languages if language not in own]
    if missing:
        raise WrongUsage.of(
            "S266",
            msg("The workspace publishes nothing in {language}.", language=missing[0]),
            msg("site.languages in publisher.toml lists its languages."),
        )
    return [language for language in own if not languages or language in languages]

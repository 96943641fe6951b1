"""recipients import, count, forget: who is to be told."""

from __future__ import annotations

from pathlib import Path

import click

from publisher.cli.common import dry_run_option, json_option, workspace_of
from publisher.cli.output import show, show_json, tell_problems, terminal
from publisher.messages import msg


@click.group("recipients")
def recipients_command() -> None:
    """Take in, count or forget the persons who are to be told."""


@recipients_command.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option
@dry_run_option
@click.pass_context
def import_(ctx: click.Context, file: Path, as_json: bool, dry_run: bool) -> None:
    """Take in a list with the columns id, email, name, language, guardian (.csv or .jsonl).

    Good rows go in; bad ones are listed by their number, and the exit status is then 7. Somebody who is known
    already (the same id) is updated.

    \b
    Examples:
      publisher recipients import users.csv
      publisher recipients import users.jsonl --dry-run
    """
    from publisher.errors import Problem
    from publisher.mail.database import open_database
    from publisher.mail.recipients import import_recipients, open_vault

    workspace = workspace_of(ctx)
    engine = open_database(workspace)
    problems: list[Problem] = []

    def on_problem(problem: Problem) -> None:
        if as_json:
            problems.append(problem)
        else:
            tell_problems([problem])

    try:
        report = import_recipients(
            engine,
            open_vault(workspace),
            file,
            tuple(workspace.settings.site.languages),
            on_problem,
            dry_run=dry_run,
        )
    finally:
        engine.dispose()
    if as_json:
        say = terminal()
        show_json({**report.as_json(), "findings": [p.as_json(say) for p in problems]})
    else:
        show(
            msg(
                "{added} added, {updated} updated, {rejected} left out.",
                added=report.added,
                updated=report.updated,
                rejected=report.rejected,
            )
        )
        if report.without_address:
            show(
                msg(
                    "{count} have no e-mail address: they are told by the site only.",
                    count=report.without_address,
                )
            )
        if report.other_language:
            show(
                msg(
                    "{count} have no language of this workspace: they are written in {language}.",
                    count=report.other_language,
                    language=workspace.settings.site.languages[0],
                )
            )
    ctx.exit(7 if report.rejected else 0)


@recipients_command.command("count")
@json_option
@click.pass_context
def count(ctx: click.Context, as_json: bool) -> None:
    """Count the recipients by language."""
    from publisher.mail.database import open_database
    from publisher.mail.recipients import count_recipients

    engine = open_database(workspace_of(ctx))
    try:
        found = count_recipients(engine)
    finally:
        engine.dispose()
    if as_json:
        show_json(found)
    else:
        for name, number in found.items():
            show(f"{name}: {number}")


@recipients_command.command("forget")
@click.argument("recipient", metavar="ID")
@click.pass_context
def forget_(ctx: click.Context, recipient: str) -> None:
    """Erase a person: address, name, and every link from a delivery to the person. Counts and proofs stay."""
    from publisher.errors import WrongUsage
    from publisher.mail.database import open_database
    from publisher.mail.recipients import forget

    engine = open_database(workspace_of(ctx))
    try:
        known = forget(engine, recipient)
    finally:
        engine.dispose()
    if not known:
        raise WrongUsage.of(
            "S244",
            msg("There is no recipient with this id."),
            msg("Look at the id in your own list of users; nothing was erased."),
        )
    show(msg("Erased."))

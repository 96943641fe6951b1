"""recipients import, count, find, export, forget, retain, rotate-key: who is to be told."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from publisher.cli.common import clock_of, dry_run_option, json_option, now_option, workspace_of
from publisher.cli.output import counting, show, show_json, tell, tell_problems, terminal
from publisher.messages import msg

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from publisher.mail.vault import Vault
    from publisher.workspace import Workspace

#: Rows left out that `--json` tells of; the others are counted.
TOLD: Final = 1000


@contextmanager
def _database(workspace: Workspace) -> Iterator[Engine]:
    from publisher.mail.database import open_database

    engine = open_database(workspace)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _only_import(workspace: Workspace) -> Iterator[None]:
    """No key is replaced while a list is taken in, and the other way round."""
    from publisher.files import only_run

    with only_run(workspace.state / "recipients.lock"):
        yield


@click.group("recipients")
def recipients_command() -> None:
    """Take in, count, find or forget the persons who are to be told."""


@recipients_command.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option("--sql", metavar="QUERY", help="A SELECT, or a file with one, on the company's own database.")
@click.option("--from", "variable", metavar="VARIABLE", help="The environment variable with that database's address.")
@json_option
@dry_run_option
@click.pass_context
def import_(
    ctx: click.Context, file: Path | None, sql: str | None, variable: str | None, as_json: bool, dry_run: bool
) -> None:
    """Take in a list with the columns id, email, name, language, guardian, watcher (.csv or .jsonl).

    Good rows go in; bad ones are listed by their number, and the exit status is then 7. Somebody who is known
    already (the same id) is updated; a mail that has not gone out yet goes to the new address.

    \b
    Examples:
      publisher recipients import users.csv
      publisher recipients import users.jsonl --dry-run
      publisher recipients import --sql users.sql --from USERS_DATABASE
    """
    from publisher.errors import Problem, WrongUsage
    from publisher.mail.companydb import query_of, query_rows
    from publisher.mail.importing import import_rows
    from publisher.mail.lists import file_rows
    from publisher.mail.vault import open_vault

    if (file is None) == (sql is None) or (sql is None) != (variable is None):
        raise WrongUsage.of(
            "S252",
            msg("Name either a file, or a query with --sql and the variable with --from."),
            msg("For example: publisher recipients import users.csv"),
        )
    workspace = workspace_of(ctx)
    rows = file_rows(file) if file else query_rows(query_of(sql or ""), variable or "")
    problems: list[Problem] = []

    def on_problem(problem: Problem) -> None:
        if not as_json:
            tell_problems([problem])
        elif len(problems) < TOLD:
            problems.append(problem)

    with _database(workspace) as engine, _only_import(workspace):
        report = import_rows(
            engine,
            open_vault(workspace),
            rows,
            str(file or variable),
            tuple(workspace.settings.site.languages),
            on_problem,
            dry_run=dry_run,
        )
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
    from publisher.mail.recipients import count_recipients

    with _database(workspace_of(ctx)) as engine:
        found = count_recipients(engine)
    if as_json:
        show_json(found)
    else:
        for name, number in found.items():
            show(f"{name}: {number}")


@recipients_command.command("find")
@click.argument("address", required=False)
@json_option
@click.pass_context
def find(ctx: click.Context, address: str | None, as_json: bool) -> None:
    """Find whose address this is: prints id and language. Without ADDRESS it is read from stdin.

    An address on the command line stays in the shell's history.

    \b
    Examples:
      publisher recipients find hana@example.com
      publisher recipients find < address.txt
    """
    from publisher.errors import WrongUsage
    from publisher.mail.recipients import find_recipients
    from publisher.mail.vault import open_vault

    workspace = workspace_of(ctx)
    with _database(workspace) as engine:
        try:
            found = find_recipients(engine, open_vault(workspace), address or sys.stdin.readline(2000))
        except ValueError:
            found = []
    if not found:
        raise WrongUsage.of(
            "S253",
            msg("There is no recipient with this address."),
            msg(
                "Check how it is spelt. Recipients that an older release imported are found once they were imported "
                "again, or after `publisher recipients rotate-key`."
            ),
        )
    if as_json:
        show_json([{"id": one.id, "language": one.language} for one in found])
    else:
        for one in found:
            show(f"{one.id} {one.language}")


@recipients_command.command("export")
@click.argument("recipient", metavar="ID")
@click.pass_context
def export(ctx: click.Context, recipient: str) -> None:
    """Print everything that is held about a person, as JSON with explanations, for the person to be given.

    \b
    Example:
      publisher recipients export u1 > answer.json
    """
    from publisher.mail.held import held_about, in_words
    from publisher.mail.vault import open_vault

    workspace = workspace_of(ctx)
    with _database(workspace) as engine:
        held = held_about(engine, open_vault(workspace), recipient)
    if held is None:
        raise _unknown()
    say = terminal()
    show_json({"meaning": {name: say(words) for name, words in in_words().items()}, **held})


def _unknown() -> Exception:
    from publisher.errors import WrongUsage

    return WrongUsage.of(
        "S244",
        msg("There is no recipient with this id."),
        msg("Look at the id in your own list of users; nothing was erased."),
    )


@recipients_command.command("forget")
@click.argument("recipient", metavar="ID")
@click.pass_context
def forget_(ctx: click.Context, recipient: str) -> None:
    """Erase a person: address, name, and every link from a delivery to the person. Counts and proofs stay."""
    from publisher.mail.erasing import forget

    with _database(workspace_of(ctx)) as engine:
        known = forget(engine, recipient)
    if not known:
        raise _unknown()
    show(msg("Erased."))


@recipients_command.command("retain")
@now_option
@click.pass_context
def retain(ctx: click.Context, now: str | None) -> None:
    """Erase what ties mailings older than `recipients.keep_days` to persons. Counts and proofs stay.

    \b
    Example:
      publisher recipients retain
    """
    from publisher.mail.erasing import erase_old

    workspace = workspace_of(ctx)
    days = workspace.settings.recipients.keep_days
    with _database(workspace) as engine:
        erased = erase_old(engine, clock_of(workspace, now)(), days)
    for notice in erased:
        show(notice)
    if not days:
        tell(msg("recipients.keep_days is 0: everything is kept."))
    elif not erased:
        tell(msg("Nothing is older than {days} days.", days=days))


def _two_keys(vault: Vault, workspace: Workspace) -> Vault:
    """The vault as it is, where the environment already holds a new key."""
    from publisher.errors import WrongUsage

    if len(vault.numbers) == 1:
        raise WrongUsage.of(
            "S254",
            msg("There is no new key in {variable}.", variable=workspace.settings.recipients.key_env),
            msg('Make one with: head -c 32 /dev/urandom | base64. Then set it to "1:OLD 2:NEW".'),
        )
    return vault


@recipients_command.command("rotate-key")
@click.pass_context
def rotate_key(ctx: click.Context) -> None:
    """Make a new key, lock everything with it, and drop the old one when nothing uses it any more.

    After a kill, run it again. Where the keys stand in the environment, put both there first, as
    "1:OLD 2:NEW", and take the old one out when this command says so.

    \b
    Example:
      publisher recipients rotate-key
    """
    from publisher.files import only_run
    from publisher.mail.rotating import keys_in_use, rotate
    from publisher.mail.vault import add_key, drop_keys, open_vault

    workspace = workspace_of(ctx)
    with _database(workspace) as engine, _only_import(workspace):
        with only_run(workspace.lock):  # whatever begins to mail after this reads both keys
            vault = open_vault(workspace)
            if not keys_in_use(engine, vault) - {vault.current}:
                vault = add_key(workspace) or _two_keys(vault, workspace)
        with counting(msg("rows")) as on_rows:
            number = rotate(engine, vault, on_rows)
        with only_run(workspace.lock):
            number += rotate(engine, vault)  # what was under way when the key was made
            old = tuple(sorted(set(vault.numbers) - keys_in_use(engine, vault) - {vault.current}))
            dropped = drop_keys(workspace, old)
    show(msg("{count} rows are locked with key {number:id}.", count=number, number=vault.current))
    if old and not dropped:
        show(
            msg(
                "Nothing uses the keys {numbers} any more: take them out of {variable}.",
                numbers=tuple(map(str, old)),
                variable=workspace.settings.recipients.key_env,
            )
        )

"""The commands of `mail` that show a mail before it goes out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli.common import engine_of, now_option
from publisher.cli.output import show, tell_problems
from publisher.errors import WrongUsage
from publisher.messages import msg

if TYPE_CHECKING:
    from publisher.workspace import Workspace

_languages = click.option(
    "--language", "languages", multiple=True, type=click.Choice(["ko", "en"]), help="Only in this language."
)


@click.command("preview")
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


@click.command("test")
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

"""init, import: a workspace, and what goes into it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from publisher.cli.common import dry_run_option, json_option, workspace_of
from publisher.cli.output import show, show_json, tell_problems, terminal
from publisher.messages import msg


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--empty", is_flag=True, help="Without the example policies.")
def init_command(folder: Path, empty: bool) -> None:
    """Make a new workspace with two example policies, and a git repository where there is none.

    \b
    Examples:
      publisher init policies
      publisher init policies --empty
    """
    from publisher.run.create import create_workspace

    made_git = create_workspace(folder.absolute(), examples=not empty)
    show(msg("{folder} is a workspace now.", folder=str(folder)))
    if not made_git:
        show(msg("It was a git repository already: look at the new files and commit them."))
    show(
        msg(
            "Next: set your organisation in publisher.toml, edit the texts in policy_docs, say why in change.toml, "
            "commit, and run `publisher plan`."
        )
    )


@click.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--policy", required=True, help="The policy that the text belongs to, e.g. privacy.")
@click.option("--language", required=True, type=click.Choice(["ko", "en"]), help="The language of the text.")
@click.option("--announced", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="When it was announced.")
@click.option("--effective", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="When it took effect.")
@click.option("--replace", is_flag=True, help="Overwrite another text in policy_docs.")
@click.option("--verbatim", is_flag=True, help="Record past Markdown byte for byte, without ids for its headings.")
@json_option
@dry_run_option
@click.pass_context
def import_command(
    ctx: click.Context,
    file: Path,
    policy: str,
    language: str,
    announced: datetime | None,
    effective: datetime | None,
    replace: bool,
    verbatim: bool,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Take in a text (.txt, .md): as the text to work on, or with its dates as a version of history.

    Headings are recovered where a text has none, clause ids are proposed, dates and links to former versions
    are read out, and whatever needs a look is listed with its line. No word is lost. A version of history keeps
    what cannot be seen in it, and says where.

    \b
    Examples:
      publisher import old.txt --policy privacy --language en
      publisher import old.md --policy privacy --language ko --announced 2020-07-20 --effective 2020-07-27
    """
    from publisher.run.clock import system_clock
    from publisher.run.intake import take_in

    found = take_in(
        workspace_of(ctx),
        file,
        policy=policy,
        language=language,
        announced=_day(announced),
        effective=_day(effective),
        replace=replace,
        verbatim=verbatim,
        dry_run=dry_run,
        at=system_clock(),
    )
    imported = found.imported
    if as_json:
        say = terminal()
        show_json(
            {
                "path": found.path,
                "version": found.version,
                "headings": found.headings,
                "announced": imported.announced.isoformat() if imported.announced else None,
                "effective": imported.effective.isoformat() if imported.effective else None,
                "versions": [{"id": v, "url": url} for v, url in imported.versions],
                "findings": [p.as_json(say) for p in imported.remarks],
            }
        )
        return
    tell_problems(imported.remarks)
    show(msg("{path}: {headings} headings", path=found.path, headings=found.headings))
    if imported.announced or imported.effective:
        show(
            msg(
                "Dates in the text: announced {announced}, effective {effective}",
                announced=imported.announced or "–",
                effective=imported.effective or "–",
            )
        )
    for version, url in imported.versions:
        show(msg("Links to version {version}: {url}", version=version, url=url))


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None

"""restore: the register rebuilt from its record in git."""

from __future__ import annotations

import click

from publisher.cli.common import dry_run_option, json_option, workspace_of
from publisher.cli.output import show, show_json
from publisher.messages import msg


@click.command("restore")
@json_option
@dry_run_option
@click.pass_context
def restore_command(ctx: click.Context, as_json: bool, dry_run: bool) -> None:
    """Rebuild the folder versions from its record in git, after it was verified; for a new machine or a lost folder.

    \b
    Examples:
      publisher restore --dry-run
      publisher restore
    """
    from publisher.register.restore import restore

    done = restore(workspace_of(ctx), dry_run=dry_run)
    if as_json:
        show_json(
            {
                "schema": "publisher/restore/v1",
                "from": done.where,
                "commit": done.commit,
                "entries_before": done.before,
                "entries": done.entries,
                "versions": done.versions,
                "changed": done.changed,
                "former": done.former,
            }
        )
        return
    if not done.changed:
        show(msg("The folder versions is as the record has it; nothing was changed."))
        return
    if dry_run:
        show(
            msg(
                "Would be restored from {where}: {entries} journal entries ({before} are here), {versions} versions.",
                where=done.where,
                entries=done.entries,
                before=done.before,
                versions=done.versions,
            )
        )
        return
    show(
        msg(
            "Restored from {where}: {entries} journal entries ({before} were here), {versions} versions.",
            where=done.where,
            entries=done.entries,
            before=done.before,
            versions=done.versions,
        )
    )
    if done.former:
        show(msg("What stood there before is in {former}.", former=done.former))

"""site build, site serve: the public site by itself."""

from __future__ import annotations

from pathlib import Path

import click

from publisher.cli.common import workspace_of
from publisher.cli.output import show, tell
from publisher.messages import msg


@click.group("site")
def site_command() -> None:
    """Build or serve the public site, without doing anything else that is due."""


@site_command.command("build")
@click.option("--out", type=click.Path(path_type=Path), help="Build here instead of the folder of the settings.")
@click.option("--force", is_flag=True, help="Build also where nothing has changed.")
@click.pass_context
def build(ctx: click.Context, out: Path | None, force: bool) -> None:
    """Build the site from what is on record, and put it in place by one rename.

    \b
    Examples:
      publisher site build
      publisher site build --out /srv/www/policies
    """
    from publisher.files import only_run
    from publisher.register.store import VersionStore
    from publisher.website.build import build_site

    workspace = workspace_of(ctx)
    target = out.absolute() if out else workspace.output
    with only_run(workspace.lock):
        register = VersionStore(workspace.versions).load()
        anew = build_site(workspace, register, output=target, force=force)
    show(msg("The site is in {folder}.", folder=str(target)) if anew else msg("The site is up to date."))


@site_command.command("serve")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.pass_context
def serve(ctx: click.Context, port: int, host: str) -> None:
    """Serve the site as it was last built, until Ctrl-C.

    \b
    Example:
      publisher site serve --port 8080
    """
    from publisher.website.serve import make_server

    workspace = workspace_of(ctx)
    server = make_server(workspace, host, port)
    tell(msg("The site is on {url} (Ctrl-C stops it).", url=f"http://{host}:{server.server_address[1]}/"))
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()

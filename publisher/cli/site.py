"""site build, serve, deploy, rules: the public site by itself."""

from __future__ import annotations

from pathlib import Path

import click

from publisher.cli.common import dry_run_option, json_option, workspace_of
from publisher.cli.output import bar, show, show_json, tell
from publisher.messages import msg


@click.group("site")
def site_command() -> None:
    """Build, serve or bring out the public site, without doing anything else that is due."""


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
        register = VersionStore(workspace.versions).load(check_texts=False)
        with bar(msg("Pages")) as progress:
            anew = build_site(workspace, register, output=target, force=force, progress=progress)
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


@site_command.command("deploy")
@click.option("--all", "everything", is_flag=True, help="Bring every file again, and read every page back.")
@dry_run_option
@json_option
@click.pass_context
def deploy(ctx: click.Context, everything: bool, dry_run: bool, as_json: bool) -> None:
    """Bring the site as it was last built to deploy.target, and read it back from site.live_url.

    `publisher tick` and `publisher run` do so by themselves. Nothing is removed there; unchanged files stay.

    \b
    Examples:
      publisher site deploy --dry-run
      publisher site deploy --all      after something was changed there by hand
    """
    from publisher.errors import Misconfigured
    from publisher.files import only_run
    from publisher.website.deploy import bring
    from publisher.website.live import Live

    workspace = workspace_of(ctx)
    if not workspace.settings.deploy.target:
        raise Misconfigured.of(
            "C593",
            msg("The settings name no place to bring the site to."),
            msg("Set deploy.target and site.live_url in publisher.toml."),
        )
    with only_run(workspace.lock):
        brought = bring(workspace, Live(), everything=everything, dry_run=dry_run)
    if as_json:
        show_json(
            {
                "schema": "publisher/deploy/v1",
                "target": brought.target,
                "files": brought.paths,
                "read_back": brought.read_back,
                "finished_another": brought.finished_another,
                "dry_run": dry_run,
            }
        )
        return
    if brought.finished_another:
        tell(msg("An earlier upload had broken off; its files go again."))
    if dry_run:
        for path in brought.paths:
            show(path)
        show(msg("Files that would be brought to {target}: {count}.", target=brought.target, count=len(brought.paths)))
    elif brought.paths or brought.read_back:
        show(
            msg(
                "Files brought to {target}: {count}; read back from {url}: {pages}.",
                target=brought.target,
                count=len(brought.paths),
                url=workspace.settings.site.live_url,
                pages=brought.read_back,
            )
        )
    else:
        show(msg("{target} has everything already.", target=brought.target))


@site_command.command("rules")
@click.argument("host", type=click.Choice(["nginx", "caddy", "netlify", "cloudflare"]))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write here instead of to the terminal.")
@click.option("--folder", help="Where the site lies on that machine; default: the output folder here.")
@click.option("--listen", default="", help="What the server listens on, e.g. 127.0.0.1:8080; default: port 80.")
@click.option("--mementos", is_flag=True, help="Send Memento-Datetime with dated pages: one line a version.")
@click.pass_context
def rules(ctx: click.Context, host: str, out: Path | None, folder: str | None, listen: str, mementos: bool) -> None:
    """Write the rules by which a web server or host answers old links and sends the right headers.

    \b
    Examples:
      publisher site rules nginx --out /etc/nginx/conf.d/policies.conf
      publisher site rules caddy --folder /srv/www/policies
      publisher site rules cloudflare --out "functions/policies/[policy].js"
    """
    from publisher.files import write_file
    from publisher.register.store import VersionStore
    from publisher.website import hosting, web_servers

    workspace = workspace_of(ctx)
    settings = workspace.settings
    versions = VersionStore(workspace.versions).load().versions if mementos or host == "netlify" else ()
    moments = hosting.mementos(versions, settings.site.languages, settings.notice.timezone) if mementos else None
    site = hosting.hosted(settings.site, folder or str(workspace.output), listen=listen, mementos=moments)
    match host:
        case "nginx":
            text = web_servers.nginx(site)
        case "caddy":
            text = web_servers.caddy(site)
        case "netlify":
            text = hosting.redirects(site.prefix, site.languages, versions)
        case _:
            text = hosting.cloudflare(site)
    if out:
        write_file(out.absolute(), text.encode("utf-8"))
        show(msg("The rules are in {file}.", file=str(out)))
    else:
        show(text.rstrip())

"""What several commands need: the workspace, the engine, the options that all share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from publisher.run.engine import Engine
    from publisher.workspace import Workspace

F = TypeVar("F", bound=Callable[..., Any])

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
now_option = click.option(
    "--now",
    metavar="ISO",
    help="Stand for the time (only where [clock] simulated = true), e.g. 2026-11-23T09:00.",
)
clock_is_right_option = click.option(
    "--clock-is-right",
    is_flag=True,
    help="Vouch for the clock after a long pause, where no second clock can be asked.",
)


def workspace_of(ctx: click.Context) -> Workspace:
    """The workspace that the command works in."""
    from publisher.workspace import open_workspace

    folder: Path = ctx.obj["workspace"]
    return open_workspace(folder)


def clock_of(workspace: Workspace, now: str | None) -> Callable[[], datetime]:
    """The system's clock, or `now` where the workspace allows it."""
    from publisher.run.clock import clock_for

    settings = workspace.settings
    return clock_for(now, simulated=settings.clock.simulated, zone=settings.notice.timezone)


def engine_of(ctx: click.Context, now: str | None = None, *, clock_is_right: bool = False) -> Engine:
    """The engine of the workspace, on the system's clock or on `now`, for which a person may vouch."""
    from publisher.files import only_run
    from publisher.mail.mailers import mailer_factory
    from publisher.register.repository import open_texts
    from publisher.run.clock import vouch
    from publisher.run.engine import Engine
    from publisher.website.live import time_of

    workspace = workspace_of(ctx)
    clock = clock_of(workspace, now)
    settings = workspace.settings
    other = settings.clock.second or settings.site.live_url
    if clock_is_right:
        with only_run(workspace.lock):
            vouch(workspace.state, clock())
    return Engine(
        workspace=workspace,
        clock=clock,
        texts=lambda: open_texts(workspace.root),
        mailers=mailer_factory(workspace),
        second_clock=(lambda: time_of(other)) if other and not now else None,
        git_dir=workspace.root / ".git",
    )


def watching(engine: Engine) -> Engine:
    """The engine on texts that are fetched from `git.remote` at each tick, into a clone that the program owns."""
    from dataclasses import replace

    from publisher.register.clone import open_remote_texts, own_clone
    from publisher.register.repository import open_texts
    from publisher.run.watching import Watched

    workspace = engine.workspace
    watched = Watched(
        lambda: open_remote_texts(workspace),
        lambda: open_texts(workspace.state, own_clone(workspace).git_dir),
    )
    # No tick is a quiet one: each has to fetch.
    return replace(engine, texts=watched.open, away=lambda: watched.away, git_dir=None)

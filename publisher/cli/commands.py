"""The commands of `publisher`: finds the module that a command lives in, and turns errors into words and a status."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any, Final

import click

from publisher.cli.output import tell, tell_problems
from publisher.errors import PublisherError
from publisher.messages import msg

#: Where each command lives; a module is imported only when its command is called or listed.
COMMANDS: Final = {
    "init": "workspace",
    "import": "workspace",
    "check": "texts",
    "compare": "texts",
    "when": "dates",
    "plan": "engine",
    "tick": "engine",
    "run": "engine",
    "status": "engine",
    "verify": "engine",
    "restore": "record",
    "evidence": "evidence",
    "demo": "engine",
    "site": "site",
    "recipients": "recipients",
    "mail": "mail",
}


class Commands(click.Group):
    """The commands in the order in which they are met in work."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"publisher.cli.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            if near:
                raise click.UsageError(f"{error.message} Did you mean {near[0]}?", ctx) from error
            raise


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--workspace",
    "-C",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Work in this workspace instead of the current folder.",
)
@click.option("--debug", is_flag=True, help="Show where in the program an error arose.")
@click.version_option(package_name="policy-publisher", prog_name="publisher")
@click.pass_context
def publisher(ctx: click.Context, workspace: Path, debug: bool) -> None:
    """Publish policies lawfully: read each change, give the notice it owes, mail everyone, keep every version.

    \b
    Examples:
      publisher init policies          a new workspace with two example policies
      publisher check                  before you commit: what would this change mean?
      publisher plan                   what will happen next, and when
      publisher tick                   do what is due now
      publisher run                    serve the site, and do what is due, until Ctrl-C
    """
    ctx.obj = {"workspace": workspace, "debug": debug}


def run() -> None:
    """Run the command line and end with the status of the contract (docs/messages.md)."""
    debug = "--debug" in sys.argv
    try:
        ended_with = publisher.main(standalone_mode=False)
        status = ended_with if isinstance(ended_with, int) else 0
    except PublisherError as error:
        if debug:
            raise
        tell_problems(error.problems)
        status = error.exit_status
    except click.ClickException as error:
        error.show()
        status = 2
    except (click.Abort, KeyboardInterrupt):
        tell(msg("Stopped. It is safe to run the same command again."))
        status = 130
    except BrokenPipeError:
        sys.stderr.close()
        status = 0
    except Exception as error:  # the one place that catches everything: a defect of ours
        if debug:
            raise
        tell(
            msg(
                "This is a defect of publisher, not of your texts: {kind}: {error}",
                kind=type(error).__name__,
                error=str(error),
            )
        )
        tell(msg("Run the command again with --debug (publisher --debug …) and report what it prints."))
        status = 1
    sys.exit(status)

"""The program `publisher`: its help, which needs nothing, is answered before anything is loaded.

So is a tick for which there is nothing to do. The library of the command line alone takes several times as long to
load as Python itself; every command goes to `commands`.
"""

import os
import sys


def main() -> None:
    """Answer `publisher --help`, or run the command."""
    if sys.argv[1:] in (["--help"], ["-h"]):
        from publisher.cli.help_text import HELP

        fitting = [width for width in HELP if width <= _columns()]
        # in a narrower terminal the commands set their help in shorter lines
        if fitting:
            _show(HELP[max(fitting)])
            return
    if _nothing_is_due(sys.argv[1:]):
        return
    from publisher.cli.commands import run

    run()


def _nothing_is_due(arguments: list[str]) -> bool:
    """Whether this is a plain `publisher tick` that has nothing to do; then it has been answered."""
    named = len(arguments) == 3 and arguments[0] in {"-C", "--workspace"}
    if arguments != ["tick"] and not (named and arguments[2] == "tick"):
        return False
    from datetime import UTC, datetime

    from publisher.cli.terminal import terminal_language
    from publisher.run.quiet import SETTINGS, still_quiet

    root = os.path.realpath(arguments[1] if named else os.curdir)
    while not os.path.isfile(os.path.join(root, SETTINGS)):
        if root == os.path.dirname(root):
            return False
        root = os.path.dirname(root)
    quiet = still_quiet(root, datetime.now(UTC), os.path.join(root, ".git"))
    if quiet is None:
        return False
    _show("\n".join([*quiet["words"][terminal_language()], ""]))
    return True


def _columns() -> int:
    """How many letters fit in a line; 80 where that is not known."""
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told):
        return int(told)
    try:
        return os.get_terminal_size(1).columns or 80
    except OSError:  # no terminal
        return 80


def _show(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stderr.close()

"""The program `publisher`: its help, which needs nothing, is answered before anything is loaded.

The library of the command line alone takes several times as long to load as Python itself; every command goes to
`commands`.
"""

import os
import sys

from publisher.cli.help_text import HELP


def main() -> None:
    """Answer `publisher --help`, or run the command."""
    if sys.argv[1:] in (["--help"], ["-h"]):
        fitting = [width for width in HELP if width <= _columns()]
        # in a narrower terminal the commands set their help in shorter lines
        if fitting:
            _show(HELP[max(fitting)])
            return
    from publisher.cli.commands import run

    run()


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

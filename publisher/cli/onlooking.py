"""How a mailing stands, on one line of the terminal that is drawn anew each second."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Final

import click

from publisher.cli.output import coloured, harmless, terminal
from publisher.cli.redline import columns

if TYPE_CHECKING:
    from publisher.mail.progress import Progress
    from publisher.run.progress import Onlooker

#: To the line's beginning, and away with what stood there.
_ANEW: Final = "\r\x1b[K"


def onlooker() -> Onlooker | None:
    """Whoever sits at the terminal; None where stderr is none."""
    if not sys.stderr.isatty():
        return None
    from publisher.run.progress import Onlooker

    def say(progress: Progress) -> None:
        # What is wider than the terminal would go on in a second line, which is not drawn over.
        words = _cut(harmless(terminal()(progress.message())), shutil.get_terminal_size().columns - 1)
        if progress.too_slow and coloured(sys.stderr):
            words = click.style(words, fg="yellow")
        click.echo(_ANEW + words, nl=False, err=True)

    return Onlooker(say=say, every=1.0, rest=lambda: click.echo(_ANEW, nl=False, err=True))


def _cut(words: str, width: int) -> str:
    """As much of `words` as so many columns of a terminal show."""
    while columns(words) > width:
        words = words[:-2] + "…"
    return words

"""How the command line speaks: data on stdout, talk on stderr, in the language of the terminal."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final, TextIO

import click

from publisher.cli.terminal import terminal_language
from publisher.errors import Problem
from publisher.messages import Message, Translator, translator

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

    from publisher.run.log import Line

#: What could drive a terminal: control characters other than line breaks and tabs.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def terminal() -> Translator:
    return translator(terminal_language())


def harmless(text: str) -> str:
    """`text` with control characters made visible."""
    return _CONTROL.sub(lambda m: f"\\x{ord(m.group()):02x}", text)


def coloured(stream: TextIO | None = None, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether colours may be used on `stream` (stdout): a terminal that can show them, and nobody objects."""
    return (stream or sys.stdout).isatty() and not environment.get("NO_COLOR") and environment.get("TERM", "") != "dumb"


def tell(message: Message | str) -> None:
    """Say something to the person, on stderr."""
    click.echo(harmless(terminal()(message)), err=True)


def show(text: Message | str) -> None:
    """Print a result, on stdout."""
    click.echo(harmless(terminal()(text)))


def show_json(value: Any) -> None:
    """Print a result as one JSON document, on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


@contextmanager
def counting(what: Message) -> Iterator[Callable[[int], None]]:
    """Say how far a long look has come, on one line of stderr, and only where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    words = terminal()(what)

    def told(number: int) -> None:
        click.echo(f"\r{terminal().number(number)} {words}", nl=False, err=True)

    try:
        yield told
    finally:
        click.echo("\r\x1b[K", nl=False, err=True)


@contextmanager
def bar(what: Message) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr, told how much is done and of how much; only where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _done, _of: None
        return
    drawn: list[ProgressBar[int]] = []
    with ExitStack() as stack:

        def told(_done: int, of: int) -> None:
            if not drawn or drawn[-1].length != of:
                drawn.append(stack.enter_context(click.progressbar(length=of, label=terminal()(what), file=sys.stderr)))
            drawn[-1].update(1)

        yield told


def tell_problems(problems: Iterable[Problem]) -> None:
    say = terminal()
    colours = {"error": "red", "warning": "yellow", "info": "cyan"}
    colour = coloured(sys.stderr)
    for problem in problems:
        words = harmless(problem.in_words(say))
        if colour:
            words = click.style(words, fg=colours.get(problem.severity))
        click.echo(words, err=True)


def in_words(line: Line) -> str:
    """A line of the engine's log for a person."""
    if line.problem:
        words = harmless(line.problem.in_words(terminal()))
        colours = {"error": "red", "warning": "yellow", "info": "cyan"}
        return click.style(words, fg=colours.get(line.problem.severity)) if coloured(sys.stderr) else words
    return harmless(terminal()(line.message)) if line.message else ""

"""A comparison as a person reads it in a terminal: clause by clause, and then what it comes to."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Final

import click

from publisher.changes.model import Comparison, Direction, Finding, Level
from publisher.changes.summary import in_words, summarise
from publisher.cli.output import coloured, harmless, terminal
from publisher.cli.redline import redline_lines, text_lines
from publisher.messages import Translator, msg
from publisher.notice.wording import CONSENT_NEEDED, level_name, level_sentence
from publisher.website.changed import DIRECTIONS, ChangeView, by_clause, changes_apart, counts_in_words

#: Longer lines than these are hard to read, however wide the terminal is.
WIDEST: Final = 100
NARROWEST: Final = 30


def show_comparison(comparison: Comparison, days: int, *, changes: bool = True) -> None:
    """Print it on stdout in the language of the terminal; without `changes` only what it comes to."""
    width = max(NARROWEST, min(shutil.get_terminal_size().columns, WIDEST))
    colour, say = coloured(), terminal()
    if changes:
        for line in change_lines(comparison, say, width=width, colour=colour):
            click.echo(line, color=colour)
    for line in verdict_lines(comparison, days, say, width=width):
        click.echo(line, color=colour)


def change_lines(comparison: Comparison, say: Translator, *, width: int, colour: bool) -> Iterator[str]:
    """Each change with what it means and its words, those that touch rights first, numbered as on the page."""
    significant, others = changes_apart(comparison)
    headings = (msg("Changes that touch rights"), msg("Minor and formatting changes"))
    for heading, changes in zip(headings, (significant, others), strict=True):
        if changes:
            yield from (_strong(line, colour=colour) for line in text_lines(f"== {say(heading)} ==", width))
            yield ""
        for clause, same in by_clause(changes):
            name = harmless(clause or say(msg("Without a heading")))
            yield from (_strong(line, colour=colour) for line in text_lines(name, width))
            for change in same:
                yield from _change_lines(change, say, width=width, colour=colour)
            yield ""


def _change_lines(change: ChangeView, say: Translator, *, width: int, colour: bool) -> Iterator[str]:
    yield "  " + say(msg("Change {number}: {kind}", number=change.number, kind=change.kind))
    for finding in change.findings:
        first, *more = text_lines(_meaning(finding, say), width - 2)
        yield "  " + _mark(finding, first, colour=colour)
        yield from ("  " + line for line in more)
    for line in redline_lines(change.runs, width=width - 4, colour=colour):
        yield f"  | {line}"


def _meaning(finding: Finding, say: Translator) -> str:
    """ "[significant, worse for the reader] R07 How long the information is kept changes." """
    marks = [say(level_name(finding.level.value))]
    if finding.direction in DIRECTIONS:
        marks.append(say(DIRECTIONS[finding.direction]))
    return f"[{', '.join(marks)}] {finding.code} {say(finding.explanation)}"


def _mark(finding: Finding, line: str, *, colour: bool) -> str:
    """`line` with its level in colour too, for the eye that looks for it."""
    end = line.find("]") + 1
    if not colour or finding.level is not Level.SIGNIFICANT or not end:
        return line
    return click.style(line[:end], fg="red" if finding.direction is Direction.WORSE else "yellow") + line[end:]


def _strong(line: str, *, colour: bool) -> str:
    return click.style(line, bold=True) if colour else line


def verdict_lines(comparison: Comparison, days: int, say: Translator, *, width: int) -> Iterator[str]:
    """What it comes to: the level, the days, whether notice is enough, and the summary that readers would get."""
    level = comparison.level.value
    if comparison.level is Level.NONE:
        yield from text_lines(say(level_sentence(level, days)), width)
        yield say(msg("{level}, {days} days' notice", level=level_name(level), days=days))
        return
    points = [say(in_words(point)) for point in summarise(comparison.findings)]
    yield say(msg("In short"))
    for point in points:
        first, *more = text_lines(point, width - 2)
        yield f"- {first}"
        yield from (f"  {line}" for line in more)
    yield from text_lines(", ".join(map(say, counts_in_words(comparison))), width)
    yield ""
    yield say(msg("{level}, {days} days' notice", level=level_name(level), days=days))
    if comparison.consent_required:
        yield from text_lines(say(CONSENT_NEEDED), width)

"""A redline as lines of a terminal: coloured, struck and underlined, or with marks where there is no colour.

In: the runs of a redline, and how wide the terminal is. Out: lines that fit, ready to be printed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final

import click

from publisher.changes.redline import Op, Run
from publisher.texts.visible import visible

#: Of a longer stretch that stays the same, this many words next to a change are shown.
WORDS_AROUND: Final = 8

_STYLES: Final[dict[Op, dict[str, Any]]] = {
    "equal": {},
    "delete": {"fg": "red", "strikethrough": True},
    "insert": {"fg": "green", "underline": True},
}
_MARKS: Final[dict[Op, tuple[str, str]]] = {"equal": ("", ""), "delete": ("[-", "-]"), "insert": ("{+", "+}")}
#: A word that may change inside: its pieces follow each other without a space.
_Word = list[Run]


def redline_lines(runs: Sequence[Run], *, width: int, colour: bool) -> list[str]:
    """`runs` as lines of at most `width` columns, long stretches that stay the same shortened."""
    return _lines(shortened(runs), width, colour=colour)


def text_lines(text: str, width: int) -> list[str]:
    """All of `text` as lines of at most `width` columns; at least one line."""
    return _lines([Run("equal", text)], width, colour=False) or [""]


def _lines(runs: Sequence[Run], width: int, *, colour: bool) -> list[str]:
    paragraphs = _paragraphs([Run(run.op, visible(run.text)) for run in runs], colour=colour)
    return [_painted(line, colour=colour) for paragraph in paragraphs for line in _wrapped(paragraph, width)]


def shortened(runs: Sequence[Run]) -> list[Run]:
    """`runs` with "…" for the middle of what stays the same, as far as it is not beside a change."""
    return [
        Run("equal", _shortened(run.text, start=i > 0, end=i < len(runs) - 1)) if run.op == "equal" else run
        for i, run in enumerate(runs)
    ]


def _shortened(text: str, *, start: bool, end: bool) -> str:
    """`start`, `end`: a change stands before, or after, `text`. Without either its beginning is shown."""
    words = list(re.finditer(r"\S+", text))
    first = WORDS_AROUND if start or not end else 0
    last = WORDS_AROUND if end else 0
    if len(words) <= first + last + 1:
        return text
    head = text[: words[first - 1].end()] if first else ""
    tail = text[words[-last].start() :] if last else ""
    return f"{head} … {tail}" if head and tail else f"… {tail}" if tail else f"{head} …"


def _paragraphs(runs: Iterable[Run], *, colour: bool) -> Iterator[list[_Word]]:
    """Paragraphs of words of pieces; a removed or added stretch has its marks at its first and last piece."""
    words: list[_Word] = []
    glued = False
    for run in runs:
        opening, closing = ("", "") if colour else _MARKS[run.op]
        pieces = re.findall(r"\n|[^\S\n]+|\S+", run.text)
        visible_at = [i for i, piece in enumerate(pieces) if piece.strip()]
        for i, piece in enumerate(pieces):
            if piece == "\n":
                if words:
                    yield words
                words, glued = [], False
            elif not piece.strip():
                glued = False
            else:
                before = opening if i == visible_at[0] else ""
                after = closing if i == visible_at[-1] else ""
                if not (glued and words):
                    words.append([])
                words[-1].append(Run(run.op, f"{before}{piece}{after}"))
                glued = True
    if words:
        yield words


def _wrapped(words: Iterable[_Word], width: int) -> Iterator[list[_Word]]:
    line: list[_Word] = []
    used = 0
    for word in _cut(words, width):
        needed = sum(columns(piece.text) for piece in word)
        if line and used + 1 + needed > width:
            yield line
            line, used = [], 0
        used += needed + (1 if line else 0)
        line.append(word)
    if line:
        yield line


def _cut(words: Iterable[_Word], width: int) -> Iterator[_Word]:
    """A word wider than a line is cut where the line ends."""
    for word in words:
        if sum(columns(piece.text) for piece in word) <= width:
            yield word
            continue
        part: _Word = []
        used = 0
        for op, character in ((piece.op, c) for piece in word for c in piece.text):
            if part and used + columns(character) > width:
                yield part
                part, used = [], 0
            part.append(Run(op, character))
            used += columns(character)
        yield part


def _painted(line: Sequence[_Word], *, colour: bool) -> str:
    """A space between two pieces of the same stretch belongs to it."""
    pieces: list[Run] = []
    for word in line:
        if pieces:
            pieces.append(Run(word[0].op if pieces[-1].op == word[0].op else "equal", " "))
        pieces += word
    joined = [(op, "".join(piece.text for piece in same)) for op, same in groupby(pieces, key=lambda piece: piece.op)]
    return "".join(click.style(text, **_STYLES[op]) if colour and _STYLES[op] else text for op, text in joined)


def columns(text: str) -> int:
    """How many columns of a terminal `text` takes: letters of East Asia take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in {"W", "F"} else 1 for c in text
    )

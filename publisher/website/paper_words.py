"""Words as the typesetter takes them: how they look, where they lead, and where a line may be broken.

An inline is a list of: a string; `["s", words, style, target]`; `["keep", [s or ref, …]]`, not to be broken (Korean is
broken at spaces only); `["any", [piece, …], style, target]`, to be broken between any two pieces; `["link", target,
inline]`; `["ref", label, anchor]` to a footnote; `["break"]`; `["space", count]`. A style is "" or "strong"; a target
is "" where there is no link, "#label" within the copy, or an address.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Final

from markdown_it.token import Token

from publisher.texts.visible import visible

#: The longest paragraph, in characters, that is set as one: the typesetter's time grows with the square.
LONGEST: Final = 8000
_HANGUL: Final = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
_SPACE: Final = re.compile(r"([ \t\n]+)")

Inline = list[Any]


@dataclass(frozen=True, slots=True)
class Run:
    """Words of one look; "\\n" is a line break that the text asks for."""

    words: str
    style: str = ""
    target: str = ""
    #: label and anchor of a footnote that is referred to here
    ref: tuple[str, str] | None = None


def runs_of(passage: Token, target: Callable[[str], str] = lambda _: "") -> list[Run]:
    """The words of an inline token with their looks; characters that cannot be seen as their number."""
    return list(_runs(passage.children or [], target))


def _runs(children: Sequence[Token], target: Callable[[str], str]) -> Iterator[Run]:
    strong, links = 0, [""]
    for token in children:
        match token.type:
            case "text" | "code_inline" | "html_inline":
                yield Run(visible(token.content), "strong" if strong else "", links[-1])
            case "softbreak":
                yield Run(" ", "strong" if strong else "", links[-1])
            case "hardbreak":
                yield Run("\n")
            case "strong_open" | "em_open":
                strong += 1
            case "strong_close" | "em_close":
                strong -= 1
            case "link_open":
                links.append(target(str(token.attrs.get("href", ""))))
            case "link_close":
                links.pop()
            case "image":
                yield from _runs(token.children or [], target)
            case "footnote_ref":
                yield Run("", ref=note_of(token))


def note_of(token: Token) -> tuple[str, str]:
    """The label of a footnote as readers see it, and its anchor."""
    return str(token.meta.get("label") or token.meta["id"] + 1), f"note-{token.meta['id']}"


def inline(runs: Sequence[Run], width: float) -> Inline:
    """Runs as words that are broken where they may be, on a line of `width` full-width characters."""
    made: Inline = []
    for word in _words(runs):
        _add(made, word, width)
    return _linked(made)


def _words(runs: Sequence[Run]) -> Iterator[list[Run]]:
    """What stands between spaces, however many looks it has; a space or a line break by itself."""
    word: list[Run] = []
    at_start = True  # of a line, where a space would not be seen
    for run in runs:
        for piece in [""] if run.ref else _SPACE.split(run.words):
            if run.ref or not _SPACE.fullmatch(piece):
                word += [replace(run, words=piece)] if piece or run.ref else []
                at_start = at_start and not word
                continue
            if word:
                yield word
            if "\n" in piece:
                yield [Run("\n")]
            elif not at_start:
                yield [replace(run, words=" ")]
            word, at_start = [], True
    if word:
        yield word


def _add(made: Inline, word: list[Run], width: float) -> None:
    if word[0].words == "\n":
        made.append(["break"])
    elif sum(wide_of(run) for run in word) > width:
        made += [_any(run) for run in word]
    elif len(word) > 1 or (len(word[0].words) > 1 and _HANGUL.search(word[0].words)):
        made.append(["keep", [_one(run) for run in word]])
    elif word[0].ref:
        made.append(_one(word[0]))
    else:
        _join(made, word[0])


def _one(run: Run) -> list[str]:
    return ["ref", *run.ref] if run.ref else ["s", run.words, run.style, run.target]


def _any(run: Run) -> list[Any]:
    return ["ref", *run.ref] if run.ref else ["any", _pieces(run.words), run.style, run.target]


def _linked(made: Inline) -> Inline:
    """Words that lead to one place as one link."""
    found: Inline = []
    for target, group in groupby(made, _target_of):
        nodes = list(group)
        if target and len(nodes) > 1:
            found.append(["link", target, [_without_target(node) for node in nodes]])
        else:
            found += nodes
    return found


def _target_of(node: Any) -> str:
    """Where all of the node leads; "" for nowhere, or to several places."""
    if isinstance(node, list) and node[0] in {"s", "any"}:
        return str(node[3])
    if isinstance(node, list) and node[0] == "keep" and len({tuple(run[3:]) for run in node[1]}) == 1:
        return "".join(node[1][0][3:])
    return ""


def _without_target(node: list[Any]) -> list[Any]:
    if node[0] == "keep":
        return ["keep", [[*run[:3], ""] for run in node[1]]]
    return [*node[:3], ""]


def _join(made: Inline, run: Run) -> None:
    """Add words of one look to the words before, where those look the same."""
    last = made[-1] if made else None
    if not (run.style or run.target):
        if isinstance(last, str):
            made[-1] = last + run.words
        else:
            made.append(run.words)
    elif isinstance(last, list) and last[0] == "s" and last[2:] == [run.style, run.target]:
        last[1] += run.words
    else:
        made.append(["s", run.words, run.style, run.target])


def _pieces(word: str) -> list[str]:
    """A word too long for its line, in pieces of a few characters; what combines with a character stays with it."""
    size = 1 if len(word) < 1000 else 4
    pieces: list[str] = []
    for character in word:
        if pieces and (len(pieces[-1]) < size or unicodedata.category(character).startswith("M")):
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def wide_of(run: Run) -> float:
    """How wide the words are set, in full-width characters; rather too much than too little."""
    if run.ref:
        return 0.6 * (len(run.ref[0]) + 2)
    wide = sum(unicodedata.east_asian_width(c) in {"W", "F", "A"} for c in run.words)
    return (wide + 0.62 * (len(run.words) - wide)) * (1.08 if run.style else 1.0)


def parts_of(runs: list[Run]) -> Iterator[list[Run]]:
    """A paragraph, or its parts where it is too long to be set as one; it is cut at a space, or within a word."""
    if sum(len(run.words) for run in runs) <= LONGEST:
        yield runs
        return
    part: list[Run] = []
    room = LONGEST
    for run in runs:
        words = run.words
        while len(words) > room:
            space = words.rfind(" ", 0, room)
            cut = space + 1 if space >= 0 else (room if room > LONGEST // 2 or not part else 0)
            if cut:
                part.append(Run(words[:cut], run.style, run.target))
            words, room = words[cut:], LONGEST
            yield part
            part = []
        part.append(Run(words, run.style, run.target, run.ref))
        room -= len(words)
    yield part


def code_line(line: str, width: float) -> Inline:
    """A preformatted line: it keeps its spaces."""
    made: Inline = []
    for spaces, group in groupby(visible(line.expandtabs(4)), lambda c: c == " "):
        words = "".join(group)
        if spaces:
            made.append(["space", len(words)])
        else:
            _add(made, [Run(words)], width)
    return made

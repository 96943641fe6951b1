"""A text cut into pieces that Markdown reads the same alone as where they stand, so that two texts share them.

Most of a text stands unchanged in its next version; what both have is read once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from markdown_it.token import Token

# Beside these marks a line's meaning hangs on lines far from it: fences, footnotes, and what links are defined by.
_GLOBAL: Final = re.compile(r"\r|```|~~~|\]:|\^\[")
# A heading at the margin ends whatever is open; so does a letter at the margin after an empty line, which neither
# begins nor goes on with a list, a quotation or code.
_START: Final = re.compile(r"^(?:(?=#{1,6}(?:[ \t]|$))|(?<=\n\n)(?=[^\W\d_]))", re.MULTILINE)
# A note at the margin; what it says hangs on the marks that name it, and on nothing else.
_NOTE: Final = re.compile(r"^\[\^[^\]\s]+\]:", re.MULTILINE)
_NOTED: Final = "[^"

#: So many passages are kept for further texts, some tens of megabytes.
MOST_SHARED: Final = 20_000


@dataclass(frozen=True, slots=True)
class Shared:
    """What was read of one text, for others of which much is the same; tokens are not to be changed afterwards."""

    #: the tokens of a passage by its Markdown
    inlines: dict[str, list[Token]] = field(default_factory=dict)
    #: the tokens of a piece by its Markdown, their lines counted from its own first one
    pieces: dict[str, list[Token]] = field(default_factory=dict)
    #: the tokens of pieces that were read together for their notes, by their Markdown
    noted: dict[str, list[Token]] = field(default_factory=dict)
    #: the tokens of a part (see `Part`) by its Markdown; where notes stand in it also by that of all that is noted, and
    #: by where that stands
    parts: dict[tuple[str, str, tuple[int, ...]], list[Token]] = field(default_factory=dict)
    #: what `document` made of a part, by the identity of its tokens
    clauses: dict[int, list[Any]] = field(default_factory=dict)

    def spare(self) -> None:
        """Forget what was read where it has become much."""
        if len(self.inlines) + len(self.pieces) + len(self.noted) > MOST_SHARED:
            for known in (self.noted, self.inlines, self.pieces, self.parts, self.clauses):
                known.clear()


class Part(NamedTuple):
    """A stretch of a text from one heading to the next, or all of a text that cannot be divided."""

    #: how many lines stand before it
    line: int
    #: their lines are counted from its own first one; a part of two texts that share has the same list in both
    tokens: list[Token]


def cut(text: str) -> list[str]:
    """The pieces of `text`, joined `text` again; one where something in it may reach from piece to piece."""
    return [text] if _GLOBAL.search(text) else [piece for piece in _START.split(text) if piece]


def cut_notes(text: str) -> tuple[list[str], list[int]]:
    """The pieces of `text`, and the places of those that notes and their marks stand in, which are read together."""
    if _GLOBAL.search(_NOTE.sub("", text)):
        return [text], []
    pieces = [piece for piece in _START.split(text) if piece]
    return pieces, [at for at, piece in enumerate(pieces) if _NOTED in piece]


def together(pieces: Sequence[str], places: Sequence[int]) -> tuple[str, list[int]]:
    """The pieces at `places` as one text, and the line on which each begins in it.

    Each is followed by what ends it in its own text: a heading, or words at the margin after an empty line.
    """
    parts: list[str] = []
    starts: list[int] = []
    line = 0
    for at in places:
        after = pieces[at + 1][:1] if at + 1 < len(pieces) else ""
        part = pieces[at] + ("#\n" if after == "#" else "a\n\n" if after else "")
        starts.append(line)
        parts.append(part)
        line += part.count("\n")
    return "".join(parts), starts


def apart(tokens: Sequence[Token], lines: Sequence[tuple[int, int]]) -> tuple[list[list[Token]], list[Token]]:
    """The tokens of what was read together: by piece (its first line and the line after its last), and the notes."""
    found: list[list[Token]] = [[] for _ in lines]
    into: list[Token] = []
    piece = 0
    for at, token in enumerate(tokens):
        if token.type == "footnote_block_open":
            return found, list(tokens[at:])
        if token.map and token.level == 0 and token.nesting >= 0:
            while piece + 1 < len(lines) and token.map[0] >= lines[piece + 1][0]:
                piece += 1
            # What was put between two pieces belongs to none.
            into = found[piece] if token.map[0] < lines[piece][1] else []
        into.append(token)
    return found, []


def moved(tokens: list[Token], lines: int) -> list[Token]:
    """The tokens of a piece that stands `lines` further down."""
    if not lines:
        return tokens
    return [_at(token, [line + lines for line in token.map]) if token.map else token for token in tokens]


def _at(t: Token, lines: list[int]) -> Token:
    # Token.copy and dataclasses.replace take three times as long, for every block of a text.
    return Token(
        t.type,
        t.tag,
        t.nesting,
        t.attrs,
        lines,
        t.level,
        t.children,
        t.content,
        t.markup,
        t.info,
        t.meta,
        t.block,
        t.hidden,
    )

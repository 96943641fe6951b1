"""A text as the typesetter takes it: blocks as plain data, nothing that could be a command.

In: the tokens of a text. Out: lists of strings and numbers (JSON), in reading order, with the words that a reader of
the page sees; `site/pdf/paper.typ` sets them.

A block is `["p", inline]`, `["h", inline]` (a heading inside a list), `["list", [[number, [block, …]], …]]` (number
None: a bullet), `["quote", [block, …]]`, `["code", [inline, …]]`, `["rule"]`, `["note", label, anchor, [block, …]]`, or
`["table", [share of the width, …], [align, …], [inline, …], [[inline, …], …]]` with its head and its rows. What an
inline is: `paper_words`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from markdown_it.token import Token

from publisher.website.paper_words import Run, code_line, inline, note_of, parts_of, runs_of, wide_of

#: Lists and quotations nested deeper than this stand at the margin of the last: the typesetter's depth is bounded.
DEEPEST: Final = 6
#: How many full-width characters a line of the page holds, and how many one more level of a list takes away.
LINE: Final = 44.0
STEP: Final = 2.0
#: A table with more columns than this would have no room for words; its rows are set as lines.
MOST_COLUMNS: Final = 10

Block = list[Any]


@dataclass
class _List:
    """A list or quotation that is open: where its blocks go, and its next number."""

    kind: str
    blocks: list[Block]
    number: int | None = None
    #: deeper than is set: its items are paragraphs, which begin with their number
    flat: bool = False


@dataclass
class _Reader:
    """Reads tokens into blocks."""

    target: Callable[[str], str]
    blocks: list[Block] = field(default_factory=list)
    _open: list[_List] = field(default_factory=list)
    #: where the next block goes
    _into: list[list[Block]] = field(default_factory=list)
    #: what stands before the next paragraph: the number of an item in a list that is flat
    _before: str = ""
    _heading: bool = False
    _rows: list[list[list[Run]]] = field(default_factory=list)
    _aligns: list[str] = field(default_factory=list)

    def read(self, tokens: Sequence[Token]) -> list[Block]:
        self._into = [self.blocks]
        in_table = False
        for token in tokens:
            match token.type:
                case "bullet_list_open" | "ordered_list_open":
                    start = int(token.attrs.get("start", 1)) if token.type.startswith("o") else None
                    self._enter("list", start)
                case "bullet_list_close" | "ordered_list_close" | "blockquote_close":
                    self._leave()
                case "blockquote_open":
                    self._enter("quote", None)
                case "list_item_open":
                    self._item()
                case "list_item_close":
                    if not self._open[-1].flat:
                        self._into.pop()
                case "heading_open":
                    self._heading = True
                case "table_open":
                    in_table, self._rows, self._aligns = True, [], []
                case "tr_open":
                    self._rows.append([])
                case "th_open":
                    self._aligns.append(str(token.attrs.get("style", "")).removeprefix("text-align:"))
                case "table_close":
                    in_table = False
                    self._into[-1].extend(_table(self._rows, self._aligns, self._width()))
                case "inline" if in_table:
                    self._rows[-1].append(runs_of(token, self.target))
                case "inline":
                    self._paragraph(runs_of(token, self.target))
                case "fence" | "code_block":
                    lines = token.content.rstrip("\n").split("\n")
                    self._into[-1].append(["code", [code_line(line, self._width()) for line in lines]])
                case "hr":
                    self._into[-1].append(["rule"])
                case "footnote_block_open":
                    self._into[-1].append(["rule"])
                case "footnote_open":
                    blocks: list[Block] = []
                    self._into[-1].append(["note", *note_of(token), blocks])
                    self._into.append(blocks)
                case "footnote_close":
                    self._into.pop()
        return self.blocks

    def _width(self) -> float:
        return LINE - STEP * (len(self._into) - 1)

    def _enter(self, kind: str, start: int | None) -> None:
        flat = len(self._into) > DEEPEST
        opened = _List(kind, [], start, flat)
        self._open.append(opened)
        if not flat:
            self._into[-1].append([kind, opened.blocks])
            if kind == "quote":
                self._into.append(opened.blocks)

    def _leave(self) -> None:
        closed = self._open.pop()
        if closed.kind == "quote" and not closed.flat:
            self._into.pop()

    def _item(self) -> None:
        around = self._open[-1]
        number = around.number
        if number is not None:
            around.number = number + 1
        if around.flat:
            self._before = (self._before + " " if self._before else "") + ("•" if number is None else f"{number}.")
            return
        blocks: list[Block] = []
        around.blocks.append([number, blocks])
        self._into.append(blocks)

    def _paragraph(self, runs: list[Run]) -> None:
        if self._before:
            runs = [Run(f"{self._before} "), *runs]
            self._before = ""
        kind = "h" if self._heading else "p"
        self._heading = False
        for part in parts_of(runs):
            self._into[-1].append([kind, inline(part, self._width())])


def blocks_of(tokens: Sequence[Token], target: Callable[[str], str]) -> list[Block]:
    """The blocks of a run of tokens. `target`: where a link of the text leads on paper, "" for nowhere."""
    return _Reader(target).read(tokens)


def _table(rows: list[list[list[Run]]], aligns: list[str], width: float) -> Iterator[Block]:
    columns = len(aligns)
    if columns > MOST_COLUMNS:
        for row in rows:
            cells = [cell for i, runs in enumerate(row) for cell in ([Run(" | ")] if i else []) + runs]
            for part in parts_of(cells):
                yield ["p", inline(part, width)]
        return
    shares = _shares(rows, columns)
    room = [share * width / 0.92 - 1.6 for share in shares]  # cells are set smaller, and have a margin
    head, *body = [[inline(cell, max(room[i], 1)) for i, cell in enumerate(row)] for row in rows]
    yield ["table", shares, aligns, head, body]


def _shares(rows: list[list[list[Run]]], columns: int) -> list[float]:
    """The widths of columns: each as the root of what stands in it, so that a long cell does not starve the others."""

    def size(cell: list[Run]) -> float:
        return sum(wide_of(run) for run in cell)

    most = [max((size(row[i]) for row in rows if i < len(row)), default=0) for i in range(columns)]
    weights = [min(max(m, 3), 120) ** 0.6 for m in most]
    total = sum(weights)
    least = 0.6 / columns
    shares = [max(weight / total, least) for weight in weights]
    return [round(share / sum(shares), 4) for share in shares]

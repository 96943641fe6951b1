"""A text as plain text: the words that a reader sees, for mails, printers and programs without Markdown.

A paragraph is one line, however long. Numbers of lists stand as the page shows them, a link has its target behind it,
a note its number. In: a parsed text. Out: UTF-8 with LF; the same text gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final
from unicodedata import east_asian_width

from markdown_it.token import Token

from publisher.texts.document import Document
from publisher.texts.targets import allowed_target

#: A table as wide as this many columns is set as one; a wider one as a list of its rows.
_WIDEST: Final = 100
_SPACES: Final = re.compile(r"[ \t\n]+")
_RULE: Final = "-" * 20


def plain_text(document: Document, base_url: str) -> bytes:
    """The whole text; `base_url` stands before the addresses of this site, without a slash at its end."""
    writer = _Writer(base_url)
    for clause in document.clauses:
        if clause.heading:
            writer.heading(clause.heading, clause.level)
        writer.blocks(clause.tokens)
    return ("\n".join(writer.lines) + "\n").encode("utf-8")


class _Writer:
    """Lines of text, made block by block."""

    def __init__(self, base_url: str) -> None:
        self.lines: list[str] = []
        self._base_url = base_url
        #: what stands before each line of what is open: quotations, items of lists, notes
        self._margins: list[str] = []
        #: what stands there on the first line of it, where that has not come yet
        self._markers: dict[int, str] = {}
        self._counters: list[int] = []
        #: whether an empty line comes before the next item of a list without such lines
        self._gap = False

    def heading(self, words: Token, level: int) -> None:
        if self.lines and level <= 2:
            self.lines.append("")
        self._put(self._words(words.children or ()))

    def blocks(self, tokens: Sequence[Token]) -> None:
        """What lies between two headings."""
        rows: list[list[str]] = []
        in_table = close = False
        for token in tokens:
            match token.type:
                case "inline" if in_table:
                    rows[-1].append(self._words(token.children or ()).replace("\n", " "))
                case "inline":
                    self._put(self._words(token.children or ()), close=close)
                case "paragraph_open" | "heading_open":
                    close = token.hidden
                case "fence" | "code_block":
                    self._put(token.content.rstrip("\n"))
                case "hr":
                    self._put(_RULE)
                case "tr_open":
                    rows.append([])
                case "table_open":
                    rows, in_table = [], True
                case "table_close":
                    in_table = False
                    for block in _table(rows):
                        self._put(block)
                case _:
                    self._open_or_close(token)

    def _open_or_close(self, token: Token) -> None:
        match token.type:
            case "blockquote_open":
                self._margins.append("> ")
            case "ordered_list_open" | "bullet_list_open":
                self._counters.append(int(token.attrs.get("start", 1)))
                self._gap = self._gap or len(self._counters) == 1
            case "ordered_list_close" | "bullet_list_close":
                self._counters.pop()
                self._gap = self._gap or not self._counters
            case "list_item_open":
                self._begin(f"{self._counters[-1]}. " if token.info else "- ")
                self._counters[-1] += 1
            case "footnote_block_open":
                self._put(_RULE)
            case "footnote_open":
                self._begin(f"[{token.meta['id'] + 1}] ")
            case "list_item_close" | "footnote_close" | "blockquote_close":
                self._markers.pop(len(self._margins) - 1, None)
                self._margins.pop()

    def _begin(self, marker: str) -> None:
        self._markers[len(self._margins)] = marker
        self._margins.append(" " * len(marker))

    def _put(self, block: str, *, close: bool = False) -> None:
        """A block below the last one; `close`: without an empty line between them."""
        if self.lines and (self._gap or not close):
            self.lines.append("")
        self._gap = False
        for line in block.split("\n"):
            margin = "".join(self._markers.get(at, each) for at, each in enumerate(self._margins))
            self._markers.clear()
            self.lines.append((margin + line).rstrip())

    def _words(self, children: Sequence[Token]) -> str:
        """The words of a passage, one line for each line break that its author made."""
        if len(children) == 1 and children[0].type == "text":
            return _single(children[0].content)
        parts: list[str] = []
        links: list[tuple[int, str]] = []
        for token in children:
            match token.type:
                case "text" | "code_inline" | "image":
                    parts.append(_single(token.content))
                case "softbreak":
                    parts.append(" ")
                case "hardbreak":
                    parts.append("\n")
                case "footnote_ref":
                    parts.append(f"[{token.meta['id'] + 1}]")
                case "link_open":
                    links.append((len(parts), str(token.attrs.get("href", ""))))
                case "link_close":
                    at, target = links.pop()
                    parts.append(self._target(target, "".join(parts[at:])))
        return "\n".join(_single(line).strip() for line in "".join(parts).split("\n"))

    def _target(self, target: str, words: str) -> str:
        """Where a link leads, behind its words; nothing where they say it, and for a clause of the same text."""
        if target.startswith("#") or not allowed_target(target):
            return ""
        full = self._base_url + target if target.startswith("/") else target
        bare = full.removeprefix("https://").removeprefix("mailto:").removeprefix("tel:")
        return "" if words in {full, bare, bare.removesuffix("/")} else f" ({full})"


def _single(words: str) -> str:
    return _SPACES.sub(" ", words) if "  " in words or "\t" in words or "\n" in words else words


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table in columns, or where it is too wide for that its rows one by one, each cell with its column's name."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    if sum(widths) + 3 * (len(widths) - 1) <= _WIDEST:
        lines = [" | ".join(map(_padded, row, widths)).rstrip() for row in rows]
        yield "\n".join([lines[0], "-|-".join("-" * width for width in widths), *lines[1:]])
        return
    names, *rest = rows
    for row in rest:
        yield "\n".join(f"{name}: {cell}" if name else cell for name, cell in zip(names, row, strict=True) if cell)


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - _width(cell))


def _width(words: str) -> int:
    """Columns of a terminal: Hangul and CJK take two."""
    return len(words) if words.isascii() else sum(2 if east_asian_width(c) in "WF" else 1 for c in words)

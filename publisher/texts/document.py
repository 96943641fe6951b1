"""A text as a sequence of clauses: what a lawyer cites, and what is compared, linked to and shown.

One parse of the Markdown (CommonMark with tables and footnotes) serves comparison and page. Clause ids stand
at the end of a heading, `## 3. Retention {#retention}`, and are not part of the words. Raw HTML is never read
as HTML.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

#: How deep lists and quotations may be nested; markdown-it drops what lies deeper without a word.
DEEPEST: Final = 100

_CLAUSE_ID: Final = re.compile(r"\s*\{#([^{}\s]*)\}\s*$")
_NUMBER: Final = re.compile(
    r"(?P<number>제\s?\d+\s?[장절관조항](?:의\s?\d+)?|\d+(?:\.\d+)*[.)]?|[IVXLC]+\.|[A-Z]\.)(?:\s+|(?=\())"
)
# Korean dates and years are written with dots, which CommonMark would read as a numbered list.
_DATE_LIKE: Final = re.compile(r"^([\s>]*(?:\d{4,}|\d{2}(?=\.\s?\d{1,2}\.\s?\d{1,2})))([.)])")


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A link or image: its words, and where it leads."""

    words: str
    target: str
    image: bool
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A paragraph, list item, table row or preformatted piece, as its visible words."""

    #: "paragraph", "item", "row" or "code"
    kind: str
    #: nesting in lists and quotations, 0 at the margin
    depth: int
    #: the number that a reader sees at a numbered list item ("3."), else ""
    number: str
    #: words with single spaces; a hard line break is "\n"; cells of a row are joined by " | "
    text: str
    links: tuple[Link, ...]
    #: first line in the source, counted from 1
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Clause:
    """A heading with what belongs to it, up to the next heading; or what stands before the first heading."""

    #: the stable id written at the heading; "" where none is written
    id: str
    #: the number as written ("3.", "제3조"); "" where none
    number: str
    #: words of the heading without number and id; "" for what stands before the first heading
    title: str
    #: 1-6 as in Markdown; 0 for what stands before the first heading
    level: int
    blocks: tuple[Block, ...]
    #: first line in the source, counted from 1
    line: int
    #: the range of its tokens in the document, without the heading's
    tokens: tuple[int, int]

    @property
    def name(self) -> str:
        """How a person refers to the clause."""
        return f"{self.number} {self.title}".strip() or self.id

    @property
    def text(self) -> str:
        return "\n\n".join(block.text for block in self.blocks)


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A text in one language, parsed."""

    clauses: tuple[Clause, ...]
    tokens: tuple[Token, ...]

    def by_id(self) -> dict[str, Clause]:
        """Clauses that carry an id; the first of two with the same one."""
        found: dict[str, Clause] = {}
        for clause in self.clauses:
            if clause.id:
                found.setdefault(clause.id, clause)
        return found

    @property
    def title(self) -> str:
        """The words of the first level-one heading, or ""."""
        return next((c.title for c in self.clauses if c.level == 1), "")

    def words(self) -> Iterator[str]:
        """Every visible word in order."""
        for clause in self.clauses:
            yield from clause.name.split() if clause.level else ()
            for block in clause.blocks:
                yield from block.number.split()
                yield from block.text.split()


@cache
def markdown() -> MarkdownIt:
    """The one Markdown reader; its peculiarities are tested in tests/test_document.py."""
    reader = MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST})
    reader.enable("table")
    reader.use(footnote_plugin)
    reader.inline.ruler.at("emphasis", _emphasis)
    # Every link is read, so that a forbidden one can be reported; pages show only those that may be shown.
    reader.validateLink = _any_link  # type: ignore[method-assign, assignment]
    return reader


def _any_link(_target: str) -> bool:
    return True


def parse(text: str) -> Document:
    """The clauses of `text`, which is NFC with LF line ends (see `source.read_source`)."""
    tokens = markdown().parse(_protect_dates(text))
    starts = [i for i, t in enumerate(tokens) if t.type == "heading_open" and t.level == 0]
    ends = [*starts[1:], len(tokens)][: len(starts)]
    clauses = []
    if not starts or starts[0] > 0:
        first = starts[0] if starts else len(tokens)
        clauses.append(_clause("", "", 0, tokens, 0, first, line=1))
    for start, end in zip(starts, ends, strict=True):
        heading = tokens[start + 1]
        clause_id = _take_id(heading)
        number, title = split_number(_words(heading.children or []))
        level, line = int(tokens[start].tag[1]), _line(tokens[start])
        clause = _clause(number, title, level, tokens, start + 3, end, line=line, clause_id=clause_id)
        clauses.append(clause)
    return Document(clauses=tuple(c for c in clauses if c.level or c.blocks), tokens=tuple(tokens))


def split_number(heading: str) -> tuple[str, str]:
    """The number as written and the rest: ("제3조", "보유 기간"), ("2.", "Scope"), ("", "Cookies")."""
    match = _NUMBER.match(heading)
    if not match:
        return "", heading
    return match["number"], heading[match.end() :].strip()


def _clause(
    number: str,
    title: str,
    level: int,
    tokens: Sequence[Token],
    start: int,
    end: int,
    *,
    line: int,
    clause_id: str = "",
) -> Clause:
    return Clause(
        id=clause_id,
        number=number,
        title=title,
        level=level,
        line=line,
        tokens=(start, end),
        blocks=tuple(_blocks(tokens[start:end])),
    )


def _take_id(heading: Token) -> str:
    """Remove `{#id}` from the heading's words and return the id."""
    children = heading.children or []
    last = next((t for t in reversed(children) if t.type == "text" and t.content.strip()), None)
    match = _CLAUSE_ID.search(last.content) if last else None
    if last is None or match is None:
        return ""
    last.content = last.content[: match.start()]
    return match[1]


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    """The blocks of a run of tokens, in reading order."""
    numbers: list[str] = []  # of the list items around, as shown
    counters: list[int] = []  # of the numbered lists around
    fresh = False  # an item was opened and none of its words has been seen yet
    cells: list[tuple[str, tuple[Link, ...]]] = []
    depth = 0
    line = 1
    before = ""
    for token in tokens:
        line = _line(token) if token.map else line
        in_cell = before in {"td_open", "th_open"}
        before = token.type
        if token.type == "ordered_list_open":
            counters.append(int(token.attrs.get("start", 1)))
        elif token.type == "ordered_list_close":
            counters.pop()
        elif token.type in {"list_item_open", "blockquote_open"}:
            depth += 1
            numbered = token.type == "list_item_open" and token.info
            numbers.append(f"{counters[-1]}." if numbered else "")
            if numbered:
                counters[-1] += 1
            fresh = fresh or token.type == "list_item_open"
        elif token.type in {"list_item_close", "blockquote_close"}:
            depth -= 1
            numbers.pop()
        elif token.type == "tr_open":
            cells = []
        elif token.type == "tr_close":
            yield Block(
                kind="row",
                depth=depth,
                number="",
                text=" | ".join(words for words, _ in cells),
                links=tuple(link for _, links in cells for link in links),
                line=line,
            )
        elif token.type == "inline" and in_cell:
            cells.append((_words(token.children or []), _links(token, line)))
        elif token.type == "inline":
            yield Block(
                kind="item" if fresh else "paragraph",
                depth=depth,
                number=numbers[-1] if fresh else "",
                text=_words(token.children or []),
                links=_links(token, line),
                line=line,
            )
            fresh = False
        elif token.type in {"fence", "code_block"}:
            yield Block(kind="code", depth=depth, number="", text=token.content.rstrip("\n"), links=(), line=line)


def _words(children: Sequence[Token]) -> str:
    """The visible words of inline tokens, single-spaced."""
    parts = []
    for token in children:
        if token.type in {"text", "code_inline"}:
            parts.append(token.content)
        elif token.type == "softbreak":
            parts.append(" ")
        elif token.type == "hardbreak":
            parts.append("\n")
        elif token.type == "image":
            parts.append(_words(token.children or []))
        elif token.type == "footnote_ref":
            parts.append(f"[{token.meta.get('label') or token.meta['id'] + 1}]")
    lines = "".join(parts).split("\n")
    return "\n".join(" ".join(line.split(" ")).strip() for line in (_single(line) for line in lines))


def _single(line: str) -> str:
    return re.sub(r"[ \t]+", " ", line)


def _links(token: Token, line: int) -> tuple[Link, ...]:
    children = token.children or []
    found = []
    for i, child in enumerate(children):
        if child.type == "link_open":
            close = next(j for j in range(i, len(children)) if children[j].type == "link_close")
            words = _words(children[i + 1 : close])
            found.append(Link(words=words, target=str(child.attrs.get("href", "")), image=False, line=line))
        elif child.type == "image":
            words = _words(child.children or [])
            found.append(Link(words=words, target=str(child.attrs.get("src", "")), image=True, line=line))
    return tuple(found)


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 1


def _protect_dates(text: str) -> str:
    """Escape the dot after a year at the start of a line; the words stay the same, line by line."""
    fenced = False
    lines = text.split("\n")
    for i, line in enumerate(lines):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        elif not fenced:
            lines[i] = _DATE_LIKE.sub(r"\1\\\2", line)
    return "\n".join(lines)


def _is_wide(character: str) -> bool:
    """Hangul or CJK: written without spaces around emphasis."""
    return unicodedata.east_asian_width(character) in {"W", "F"} or "\u1160" <= character <= "\u11ff"


def _emphasis(state: StateInline, silent: bool) -> bool:
    """The stock rule, but asterisks that touch Hangul may open and close whatever stands on their other side.

    CommonMark leaves `**회사(이하 "회사")**는` literal, because it judges by spaces and punctuation alone.
    """
    marker = state.src[state.pos]
    if silent or marker not in "_*":
        return False
    run = state.scanDelims(state.pos, marker == "*")
    opens, closes = run.can_open, run.can_close
    if marker == "*":
        stop = state.pos + run.length
        left = state.src[state.pos - 1 : state.pos] or " "
        right = state.src[stop : stop + 1] or " "
        opens = opens or (_is_wide(left) and not right.isspace())
        closes = closes or (_is_wide(right) and not left.isspace())
    for _ in range(run.length):
        state.push("text", "", 0).content = marker
        state.delimiters.append(
            Delimiter(
                marker=ord(marker),
                length=run.length,
                token=len(state.tokens) - 1,
                end=-1,
                open=opens,
                close=closes,
            )
        )
    state.pos += run.length
    return True

"""A text as a sequence of clauses: what a lawyer cites, and what is compared, linked to and shown.

One parse of the Markdown (CommonMark with tables and footnotes) serves comparison and page. Clause ids stand
at the end of a heading, `## 3. Retention {#retention}`, and are not part of the words. Raw HTML is never read
as HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from markdown_it.token import Token

from publisher.texts.markup import read
from publisher.texts.pieces import Shared, moved

_NUMBER: Final = re.compile(
    # A plain figure is no number: in "14 days of notice" it is what the clause says.
    r"(?P<number>제\s?\d+\s?[장절관조항](?:의\s?\d+)?"
    r"|(?:Article|Section|Chapter|Part|Annex|Appendix|Schedule)\s(?:\d{1,3}(?:\.\d{1,3})*|[IVXLC]+|[A-Z])\b[.:]?|\d{1,3}(?:(?:\.\d{1,3})+[.)]?|[.)])|[IVXLC]+\.|[A-Z]\.)"
    r"(?:\s+|(?=[(（]))"
)
_SPACES: Final = re.compile(r"[ \t]+")


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
    #: its first line, counted from 1 in its clause
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Clause:
    """A heading with what belongs to it, up to the next heading; or what stands before the first heading.

    Lines within it are counted from its own first line, so that a clause reads the same wherever it stands.
    """

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
    #: the words of the heading; None for what stands before the first heading
    heading: Token | None
    #: what belongs to it, without the heading
    tokens: tuple[Token, ...]

    def reads_as(self, other: Clause) -> bool:
        """Whether both were read once, in texts that share, and so say the same; False proves nothing."""
        return self.tokens is other.tokens and self.heading is other.heading

    def in_text(self, line: int) -> int:
        """Which line of the text a line of the clause is, both counted from 1."""
        return self.line + line - 1

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
    #: those of all clauses, the words of headings among them
    tokens: tuple[Token, ...]

    def heading(self, clause: Clause) -> Block:
        """The heading of a clause as a block; without words for what stands before the first heading."""
        links = _links(clause.heading, 1) if clause.heading else ()
        return Block(kind="paragraph", depth=0, number="", text=clause.name, links=links, line=1)

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


def parse(text: str, shared: Shared | None = None) -> Document:
    """The clauses of `text`, which is NFC with LF line ends (see `source.read_source`).

    `shared`: what was read already; give the same to two texts that are compared.
    """
    found: list[Clause] = []
    here: set[int] = set()
    for part in read(text, shared):
        known = _known(part.tokens, shared, here)
        found += [_further_down(clause, part.line) for clause in known] if part.line else known
    tokens = [token for clause in found for token in (*([clause.heading] if clause.heading else ()), *clause.tokens)]
    return Document(clauses=tuple(c for c in found if c.level or c.blocks), tokens=tuple(tokens))


def _known(tokens: list[Token], shared: Shared | None, here: set[int]) -> Sequence[Clause]:
    """The clauses of a part, made once for all texts that have it; `here`: what this text had so far."""
    if shared is None:
        return _clauses(tokens)
    if id(tokens) in here:  # what stands twice in one text is two clauses, and has nothing that is one object in both
        return _clauses([token.copy() for token in tokens])
    here.add(id(tokens))
    if id(tokens) not in shared.clauses:
        shared.clauses[id(tokens)] = _clauses(tokens)
    return shared.clauses[id(tokens)]


def _clauses(tokens: list[Token]) -> list[Clause]:
    """The clauses of a part, whose first line is line 1."""
    starts = [i for i, t in enumerate(tokens) if t.type == "heading_open" and t.level == 0]
    ends = [*starts[1:], len(tokens)][: len(starts)]
    found = []
    if not starts or starts[0] > 0:
        found.append(_clause("", "", 0, None, tokens[: starts[0]] if starts else tokens, line=1))
    for start, end in zip(starts, ends, strict=True):
        line = _line(tokens[start])
        heading, *below = moved([tokens[start + 1], *tokens[start + 3 : end]], 1 - line)
        number, title = split_number(_words(heading.children or []))
        level = int(tokens[start].tag[1])
        found.append(_clause(number, title, level, heading, below, line=line, clause_id=heading.meta["id"]))
    return found


def split_number(heading: str) -> tuple[str, str]:
    """The number as written and the rest: ("제3조", "보유 기간"), ("2.", "Scope"), ("", "Cookies")."""
    match = _NUMBER.match(heading)
    if not match:
        return "", heading
    return match["number"], heading[match.end() :].strip()


def _clause(
    number: str, title: str, level: int, heading: Token | None, tokens: list[Token], *, line: int, clause_id: str = ""
) -> Clause:
    return Clause(
        id=clause_id,
        number=number,
        title=title,
        level=level,
        line=line,
        heading=heading,
        tokens=tuple(tokens),
        blocks=tuple(_blocks(tokens)),
    )


def _further_down(c: Clause, lines: int) -> Clause:
    # dataclasses.replace takes four times as long, for every clause of every text
    return Clause(
        id=c.id,
        number=c.number,
        title=c.title,
        level=c.level,
        blocks=c.blocks,
        line=c.line + lines,
        heading=c.heading,
        tokens=c.tokens,
    )


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    """The blocks of a run of tokens, in reading order."""
    counters: list[int] = []  # of the numbered lists around
    opened: list[str] = []  # numbers, as shown, of the items that were opened and none of whose words has been seen
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
        elif token.type == "blockquote_open":
            depth += 1
        elif token.type == "list_item_open":
            depth += 1
            opened.append(f"{counters[-1]}." if token.info else "")
            if token.info:
                counters[-1] += 1
        elif token.type in {"list_item_close", "blockquote_close"}:
            depth -= 1
            opened = []
        elif token.type == "tr_open":
            cells = []
        elif token.type == "inline" and in_cell:
            cells.append((_words_of(token), _links(token, line)))
        elif token.type in {"tr_close", "inline", "fence", "code_block"}:
            number = " ".join(filter(None, opened))
            yield _block(token, cells, depth=depth, number=number, line=line, starts_item=bool(opened))
            opened = []


def _block(
    token: Token,
    cells: Sequence[tuple[str, tuple[Link, ...]]],
    *,
    depth: int,
    number: str,
    line: int,
    starts_item: bool,
) -> Block:
    links: tuple[Link, ...] = ()
    if token.type == "tr_close":
        kind, text = "row", " | ".join(words for words, _ in cells)
        links = tuple(link for _, found in cells for link in found)
    elif token.type == "inline":
        kind, text = "item" if starts_item else "paragraph", _words_of(token)
        links = _links(token, line)
    else:
        kind, text = "code", token.content.rstrip("\n")
    return Block(kind=kind, depth=depth, number=number, text=text, links=links, line=line)


def _words_of(passage: Token) -> str:
    """The visible words of an inline token; kept with it, for both texts of a comparison may have it."""
    if "words" not in passage.meta:
        passage.meta["words"] = _words(passage.children or [])
    return str(passage.meta["words"])


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
    return "\n".join(_single(line).strip() for line in lines)


def _single(line: str) -> str:
    return _SPACES.sub(" ", line) if "  " in line or "\t" in line else line


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

"""Markdown as policies are written in it: CommonMark with tables and footnotes, Korean dates and items, clause ids.

Raw HTML is never read as HTML; metadata, comments and attribute lists, which no reader sees, are left out. Each
departure from CommonMark has a test in tests/test_document.py.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, lru_cache
from itertools import accumulate, pairwise
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, reference
from markdown_it.rules_core import StateCore, text_join
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from publisher.texts.brackets import use_brackets
from publisher.texts.pieces import Part, Shared, apart, cut_notes, moved, together

#: How deep lists and quotations may be nested; markdown-it drops what lies deeper without a word (see `unseen`).
DEEPEST: Final = 100
_CLAUSE_ID: Final = re.compile(r"\s*\{#([^{}\s]*)\}\s*$")
# Korean dates ("2026. 12. 1.", "12. 1.") and years are written with dots, which CommonMark would read as numbered
# lists, one in the other; a list may stand before them.
_DATE_LIKE: Final = re.compile(
    r"^((?:[ \t>]|[-+*][ \t]|\d{1,3}[.)][ \t])*?(?:\d{4,}|\d{1,2}(?=\.[ \t]?\d{1,2}\.(?:\s|\d|$))))([.)])", re.MULTILINE
)
#: Stands between the year and its dot while the text is parsed; no text can contain it in a meaning of its own.
_NO_LIST: Final = "\ufdd0"
# What no reader sees: metadata before the text, comments, and the attribute lists of some site generators.
_FRONT_MATTER: Final = re.compile(r"\A---[ \t]*\n(?:.*\n)*?(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
_ATTRIBUTES: Final = re.compile(r"(?<![ \t])[ \t]*(?<!\\)\{:(?=[ \t#.\w])[^{}\n]*\}[ \t]*$", re.MULTILINE)
_FENCED: Final = re.compile(r"^ {0,3}(`{3,}+|~{3,}+).*\n(?:.*\n)*?(?: {0,3}\1[`~]*[ \t]*$|\Z)", re.MULTILINE)
# The definition of a link (`[terms]: https://…`) leads somewhere; `[필수]: 이름` is what readers are told.
_LINK_TARGET: Final = re.compile(
    r" {0,3}\[[^\]\n]+\]:\s*<?(?:[a-z][a-z0-9+.-]*:|/|#|\.{1,2}/|[\w-]+[./][\w./-])", re.IGNORECASE
)
# What Korean statutes number their paragraphs and items with; CommonMark would run their lines together.
_KOREAN_ITEM: Final = re.compile(r"\s*(?:[\u2460-\u2473]|[가나다라마바사아자차카타파하][.)]\s|\(?\d{1,2}\)\s)")
#: What is not read from the passage alone.
_REACHING: Final = re.compile(r"\]\[|\[\^|\^\[")
#: Where a rule of `markdown` may begin inside a passage; what lies between is words.
_MARK: Final = re.compile(r"[\n!&*<\[\\\]^_`]")


def read(text: str, shared: Shared | None = None) -> list[Part]:
    """The parts of `text`, which is NFC with LF line ends; headings at the top have their id in `meta["id"]`.

    `shared`: what was read already; give the same to two texts that are compared.
    """
    text = _DATE_LIKE.sub(rf"\1{_NO_LIST}\2", shown(text))
    if shared is None:
        return [Part(0, _settled(markdown().parse(text, {"inlines": {}})))]
    pieces, noted = cut_notes(text)
    lines = [0, *accumulate(piece.count("\n") for piece in pieces)]
    joined, starts = together(pieces, noted)
    with_notes = cache(lambda: _noted(pieces, noted, joined, starts, shared))
    found = []
    headings = [at for at, piece in enumerate(pieces) if at and piece.startswith("#")]
    for start, end in pairwise([0, *headings, len(pieces)]):
        # What the notes say comes at the end of the text, with the lines on which they stand.
        last = end == len(pieces)
        beside = [lines[at] - lines[start] for at in noted if last or start <= at < end]
        key = "".join(pieces[start:end]), joined if beside else "", tuple(beside)
        if key not in shared.parts:
            tokens: list[Token] = []
            found_in, notes = with_notes() if beside else ({}, [])
            for at in range(start, end):
                words = found_in[at] if at in found_in else _piece(pieces[at], shared)
                tokens += moved(words, lines[at] - lines[start])
            for at, note in notes if last else ():
                tokens += moved([note], lines[at] - lines[start])
            shared.parts[key] = tokens
        found.append(Part(lines[start], shared.parts[key]))
    return found


def _piece(piece: str, shared: Shared) -> list[Token]:
    """The tokens of a piece that can be read alone."""
    if piece not in shared.pieces:
        tokens = _one_line(piece, shared) or markdown().parse(piece, {"inlines": shared.inlines})
        shared.pieces[piece] = _settled(tokens)
    return shared.pieces[piece]


def _noted(
    pieces: Sequence[str], noted: Sequence[int], joined: str, starts: Sequence[int], shared: Shared
) -> tuple[dict[int, list[Token]], list[tuple[int, Token]]]:
    """The tokens of each piece that has to do with notes, by its place, and those of the notes at the end of the text.

    A token of a note comes with the place of the piece that it stands in. All lines are counted from that of the piece.
    `joined`, `starts`: these pieces as one text.
    """
    if joined not in shared.noted:
        shared.noted[joined] = _settled(markdown().parse(joined, {"inlines": shared.inlines}))
    # The last line of a text may lack its end.
    counts = [pieces[at].count("\n") + (not pieces[at].endswith("\n")) for at in noted]
    ends = [start + count for start, count in zip(starts, counts, strict=True)]
    found, notes = apart(shared.noted[joined], list(zip(starts, ends, strict=True)))
    put = {at: moved(tokens, -start) for at, start, tokens in zip(noted, starts, found, strict=True)}

    def own(token: Token) -> tuple[int, Token]:
        place = bisect_right(starts, token.map[0]) - 1 if token.map else 0
        return noted[place], moved([token], -starts[place])[0]

    return put, [own(token) for token in notes]


def shown(text: str) -> str:
    """`text` without what no reader sees: metadata before it, comments, attribute lists; lines keep their number."""
    front = _FRONT_MATTER.match(text)
    if front:
        text = "\n" * front.group().count("\n") + text[front.end() :]
    if "<!--" not in text and "{:" not in text:
        return text
    parts, start = [], 0
    for fence in _FENCED.finditer(text):
        parts += [_without_hidden(text[start : fence.start()]), fence.group()]
        start = fence.end()
    return "".join([*parts, _without_hidden(text[start:])])


def _without_hidden(text: str) -> str:
    parts = []
    start = 0
    # by hand, for a pattern would search to the end from every comment that nobody closes
    while (opened := text.find("<!--", start)) >= 0 and (closed := text.find("-->", opened + 4)) >= 0:
        if text[opened - 1 : opened] == "\\":
            parts.append(text[start : opened + 4])
            start = opened + 4
            continue
        parts += [text[start:opened], "\n" * text.count("\n", opened, closed)]
        start = closed + 3
    return _ATTRIBUTES.sub("", "".join([*parts, text[start:]]))


def _settled(tokens: list[Token]) -> list[Token]:
    for token in tokens:
        _settle(token)
    for opening, heading in pairwise(tokens):
        if opening.type == "heading_open" and opening.level == 0:
            heading.meta["id"] = _take_id(heading)
    return tokens


def _settle(token: Token) -> None:
    """Take out what protected the dates, and keep the lines of Korean items apart."""
    token.content = token.content.replace(_NO_LIST, "")
    children = token.children or []
    for child in children:
        _settle(child)
    for child, following in pairwise(children):
        if child.type == "softbreak" and _KOREAN_ITEM.match(following.content):
            child.type, child.tag = "hardbreak", "br"


def _take_id(heading: Token) -> str:
    """Remove `{#id}` from the heading's words and return the id."""
    children = list(heading.children or [])
    at = next((i for i, t in reversed(list(enumerate(children))) if t.type == "text" and t.content.strip()), None)
    match = _CLAUSE_ID.search(children[at].content) if at is not None else None
    if at is None or match is None:
        return ""
    # a copy, for the same heading may stand in the other text of a comparison
    children[at] = replace(children[at], content=children[at].content[: match.start()])
    heading.children = children
    return match[1]


@cache
def markdown() -> MarkdownIt:
    """The one Markdown reader; its peculiarities are tested in tests/test_document.py."""
    reader = MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST})
    reader.enable("table")
    reader.use(footnote_plugin)
    reader.block.ruler.at("reference", _reference, {"alt": []})
    reader.core.ruler.at("inline", _inlines)
    reader.inline.ruler.at("emphasis", _emphasis)
    use_brackets(reader)
    # Every link is read, so that a forbidden one can be reported; pages show only those that may be shown.
    reader.validateLink = _any_link  # type: ignore[method-assign, assignment]
    # For speed: the stock reader also stops at the marks of rules that are not in use here, and a text names the
    # same pages again and again.
    reader.inline.terminator_re = _MARK
    reader.normalizeLink = lru_cache(1024)(reader.normalizeLink)  # type: ignore[method-assign]
    return reader


def _any_link(_target: str) -> bool:
    return True


def _reference(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """The stock rule, but only where what is defined can be the target of a link."""
    first = state.src[state.bMarks[start] : state.eMarks[start]]
    return bool(_LINK_TARGET.match(first.lstrip())) and reference(state, start, end, silent)


def _inlines(state: StateCore) -> None:
    """The stock rule, but a passage that the other text of a comparison has too is read once."""
    known: dict[str, list[Token]] = state.env.get("inlines", {})
    for token in state.tokens:
        if token.type != "inline":
            continue
        # What brackets mean can depend on definitions elsewhere in the text, and a note is counted where it stands.
        shared = not _REACHING.search(token.content) and not state.env.get("references")
        if shared and token.content in known:
            token.children = known[token.content]
            continue
        token.children = []
        if token.content and not _MARK.search(token.content):
            token.children.append(Token("text", "", 0, content=token.content))
        else:
            state.md.inline.parse(token.content, state.md, state.env, token.children)
            # now, for the stock rule, which comes later, must find nothing to join when a passage comes again
            text_join(StateCore("", state.md, state.env, [token]))
        if shared:
            known[token.content] = token.children


def _one_line(piece: str, shared: Shared) -> list[Token]:
    """The tokens of a paragraph of one line, which is what most pieces are; () where it is something else.

    A letter at the margin begins a paragraph, and what makes a table or a heading of it stands in a second line.
    """
    words = piece.strip("\n")
    if not piece[:1].isalpha() or "\n" in words or "\0" in words or "^[" in words:
        return []
    opening = Token("paragraph_open", "p", 1, map=[0, 1], block=True)
    passage = Token("inline", "", 0, map=[0, 1], level=1, content=words.strip(), block=True, children=[])
    tokens = [opening, passage, Token("paragraph_close", "p", -1, block=True)]
    _inlines(StateCore("", markdown(), {"inlines": shared.inlines}, tokens))
    return tokens


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

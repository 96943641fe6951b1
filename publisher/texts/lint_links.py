"""Links that were lost, lead to an outdated version, or are only printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from markdown_it.token import Token

from publisher.errors import Place, Problem
from publisher.messages import msg
from publisher.texts.document import Clause, Document
from publisher.texts.lint_dates import FORMER, pinned, stated_dates
from publisher.texts.remarks import blocks, clause_place, remark

#: Stands for a link or for preformatted words.
_LINK: Final = "\ufffc"
_LOST: Final = re.compile(
    r"\b(?:click|tap|available|found|form|list|copy|details) here\b"
    r"|\bview (?:the )?(?:former|previous|prior|earlier) (?:versions?|privacy policy|policy|terms)"
    r"|여기를 ?(?:클릭|누르|눌러)|(?:변경|개정) ?전 ?[가-힣 ]{0,20}(?:방침|약관) ?보기",
    re.IGNORECASE,
)
_BARE: Final = re.compile(r"(?<![\w@/.-])(?:[Hh]ttps?://|[Ww]ww\.)[A-Za-z0-9._~:/?#@!$&*+;=%-]{3,}")


def links(document: Document, place: Place) -> Iterator[Problem]:
    """L-LINK-LOST, L-LINK-BARE and L-LINK-PINNED."""
    for clause in document.clauses:
        for line, words in _unlinked(clause):
            at = clause_place(clause, line, place)
            for match in _LOST.finditer(words):
                yield remark(
                    "L-LINK-LOST",
                    "warning",
                    at,
                    msg("“{words}” was a link whose address is lost.", words=match.group()),
                    msg("Find the address and write [words](https://…), or reword the sentence."),
                )
            for match in _BARE.finditer(words):
                address = match.group().rstrip(".;:!?")
                yield remark(
                    "L-LINK-BARE",
                    "warning",
                    at,
                    msg("{address} is only printed; a reader cannot follow it.", address=address[:80]),
                    msg("Make it a link to its https:// address: [words](https://…)."),
                )
    yield from _pinned(document, place)


def _unlinked(clause: Clause) -> Iterator[tuple[int, str]]:
    """Each paragraph or cell of a clause with its line; a mark stands for each link, picture and code."""
    line = 1
    for token in (*((clause.heading,) if clause.heading else ()), *clause.tokens):
        line = token.map[0] + 1 if token.map else line
        if token.type == "inline":
            yield clause.in_text(line), "".join(_outside_links(token.children or []))


def _outside_links(children: list[Token]) -> Iterator[str]:
    linked = 0
    for child in children:
        if child.type == "link_open":
            linked += 1
        elif child.type == "link_close":
            linked -= 1
            yield _LINK
        elif child.type == "text" and not linked:
            yield child.content
        elif child.type in {"softbreak", "hardbreak"}:
            yield " "
        elif child.type in {"code_inline", "image"}:
            yield _LINK


def _pinned(document: Document, place: Place) -> Iterator[Problem]:
    """Links to a version that was replaced: older than this text, or no newer than the version before it."""
    stated = stated_dates(document, place)
    for block, at in blocks(document, place):
        for link in block.links:
            day = None if FORMER.search(link.words) else pinned(link.target)
            outdated = day and (
                (stated.effective and day < stated.effective) or (stated.former and day <= max(stated.former))
            )
            if outdated:
                yield remark(
                    "L-LINK-PINNED",
                    "warning",
                    at,
                    msg(
                        "The link “{words}” leads to the version of {day}, which is older than this text.",
                        words=link.words[:80],
                        day=day,
                    ),
                    msg("Link to the address without ?v=…, or to the version that belongs to this text."),
                )

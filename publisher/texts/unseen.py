"""Words that stand in a source but were left out by the parser, so that neither page nor comparison has them.

Markdown drops without a word: a cell too many in a table's row, a footnote that nothing refers to, what is nested
too deep. In: a source and what was parsed from it. Out: problems P109. Letters and digits are counted on both
sides, so that no rule of Markdown has to be known here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from typing import Final
from urllib.parse import unquote

from publisher.errors import Place, Problem
from publisher.messages import msg
from publisher.texts.document import Document
from publisher.texts.markup import shown

# What a reader sees as a number or as a note's place, not as words.
_LINE_MARKS: Final = re.compile(r"^(?:[ \t>]|[-+*][ \t]|\d+[.)](?=\s|$)|\[\^[^\]\n]+\]:)+", re.MULTILINE)


def unseen(text: str, document: Document, place: Place) -> list[Problem]:
    """P109 for each line of `text` whose words are no part of `document`."""
    return [
        Problem(
            code="P109",
            message=msg("These words are not part of what a reader sees: “{words}”.", words=words[:80]),
            hint=msg("Look at the table, footnote, link or list that they stand in, and write them as plain text."),
            place=replace(place, line=line),
        )
        for line, words in _left_out(text, document)
    ]


def _left_out(text: str, document: Document) -> Iterator[tuple[int, str]]:
    text = shown(text)
    said = _said(document).casefold()
    stated = unescape(_LINE_MARKS.sub("", text)).casefold()
    missing = Counter(filter(str.isalnum, stated)) - Counter(filter(str.isalnum, said))
    if not missing:
        return
    found = False
    for number, line in enumerate(text.split("\n"), 1):
        words = re.findall(r"\w+", unescape(_LINE_MARKS.sub("", line)))
        lost = [word for word in words if word.strip("_").casefold() not in said]
        if lost:
            found = True
            yield number, " ".join(lost)
    if not found:
        yield 0, "".join(sorted(missing.elements()))


def _said(document: Document) -> str:
    """Words, addresses of links and ids of a text, and the languages of its preformatted pieces."""
    parts = [token.info for token in document.tokens if token.type == "fence"]
    for clause in document.clauses:
        blocks = (document.heading(clause), *clause.blocks)
        parts += [clause.id, *(f"{block.number} {block.text}" for block in blocks)]
        targets = [link.target for block in blocks for link in block.links]
        parts += [form for target in targets for form in (target, unquote(target), _from_punycode(target))]
    return "\n".join(parts)


def _from_punycode(target: str) -> str:
    """An address with the letters of its host as they were written."""
    try:
        return re.sub(r"xn--([a-z0-9-]+)", lambda m: m[1].encode("ascii").decode("punycode"), target)
    except UnicodeError:
        return target

"""References to a part of the text that does not exist: by its id, its number, or its title."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from publisher.errors import Place, Problem
from publisher.messages import Message, msg
from publisher.texts.document import Block, Document
from publisher.texts.remarks import body, prose, remark

_OPEN: Final = "\"“‘'「"
_CLOSE: Final = "\"”’'」"
_BY_TITLE: Final = re.compile(
    r"\bsection (?:regarding|about|on|titled|entitled|called|named)\s(?:the\s)?(?P<section>[^.,;:()\"“”]{4,80})"
    rf"|\((?:please )?see (?:the )?(?:section )?(?P<see>[a-z][a-z ]{{8,60}})\)"
    rf"|[{_OPEN}](?P<item>[가-힣][가-힣 ]{{2,30}})[{_CLOSE}]\s?(?:항목|조항|부분|장|절)[을를]?\s?(?:참조|참고)",
    re.IGNORECASE,
)
#: Not the title of a part, or a part that is elsewhere.
_NO_TITLE: Final = re.compile(
    r"\b(?:below|above|here|our|your|my|example|also|and following|annex|appendix|act|law|polic(?:y|ies)|terms|page)\b",
    re.IGNORECASE,
)
#: What a reader is sent there for is no part of the title.
_PURPOSE: Final = re.compile(r"\s(?:for|to get|if|when)\s")
_SECTION: Final = re.compile(r"\b(?:section|clause)\s(?P<number>\d{1,3})(?:\.\d{1,3})*\b(?!\s?(?:of|U\.?S|[A-Z(]))")
_ARTICLE: Final = re.compile(r"제\s?(?P<number>\d{1,3})조")
_LAW_BEFORE: Final = re.compile(
    r"[」』]|법|법률|령|규칙|조례|약관|방침|협약|규정|\b(?:Act|Code|GDPR|Regulation|Agreement|Addendum)\b"
)
_NUMBER: Final = re.compile(r"(?:제\s?)?(\d{1,3})(?:조|\.|\)|$)")
_NUMBER_OF_BLOCK: Final = re.compile(r"(?:제\s?)?(\d{1,3})(?:조\s?[(（]|\.|\))")
#: Of references by title; each is held against every heading.
_MOST_LOOKED_UP: Final = 200
_FEW: Final = frozenset(["the", "and", "for", "with", "our", "your", "this", "that", "about", "how", "which", "will"])


def references(document: Document, place: Place) -> Iterator[Problem]:
    """L-XREF."""
    ids = set(document.by_id())  # where there are none, P107 says so at each heading
    titles = [set(_stems(clause.title)) for clause in document.clauses if clause.level]
    numbers = _numbers(document)
    articles = any(clause.number.startswith("제") for clause in document.clauses)
    for block, at in prose(document, place):
        for link in block.links:
            if ids and link.target.startswith("#") and link.target[1:] not in ids:
                yield _lost(at, msg("The link “{words}” leads to {id}, which no clause has.",
                                    words=link.words[:80], id=link.target[:80]))  # fmt: skip
    looked_up = 0
    for block, at in body(document, place):
        for title in _titles(block):
            looked_up += 1
            if looked_up <= _MOST_LOOKED_UP and not _known(title, titles):
                yield _lost(at, msg("The text refers to a part that it does not have: “{words}”.", words=title))
        for words in _unknown_numbers(block, numbers, articles):
            yield _lost(at, msg("The text refers to a part that it does not have: “{words}”.", words=words))


def _titles(block: Block) -> Iterator[str]:
    """What a block calls the titles of other parts, as far as it is no link."""
    linked = "\n".join(link.words for link in block.links)
    for match in _BY_TITLE.finditer(block.text):
        title = _PURPOSE.split(next(filter(None, match.groups())), maxsplit=1)[0].strip()
        if title not in linked and not _NO_TITLE.search(title):
            yield title


def _lost(at: Place, message: Message) -> Problem:
    return remark(
        "L-XREF", "warning", at, message, msg("Name the heading as it stands, and link to its id: [words](#id).")
    )


def _stems(title: str) -> Iterator[str]:
    """The beginnings of the words that tell one title from another."""
    for word in re.findall(r"[a-z]{3,}|[가-힣]{2,}", title.lower()):
        if word not in _FEW:
            yield word[:5] if word.isascii() else word[:2]


def _known(title: str, titles: list[set[str]]) -> bool:
    """Whether some heading has at least two thirds of the telling words of `title`, or there are too few to tell."""
    wanted = set(_stems(title))
    return len(wanted) < 2 or any(3 * len(wanted & known) >= 2 * len(wanted) for known in titles)


def _numbers(document: Document) -> set[str]:
    """Every number that begins a heading or a block."""
    headings = (_NUMBER.match(clause.number) for clause in document.clauses)
    found = (_NUMBER_OF_BLOCK.match(b.number or b.text) for clause in document.clauses for b in clause.blocks)
    return {match[1] for match in (*headings, *found) if match}


def _unknown_numbers(block: Block, numbers: set[str], articles: bool) -> Iterator[str]:
    """Sections and articles of this text that do not exist; those of a statute are left alone."""
    found = [*_SECTION.finditer(block.text), *(_ARTICLE.finditer(block.text) if articles else ())]
    for match in found:
        before = block.text[max(0, match.start() - 40) : match.start()]
        if len(numbers) >= 2 and match["number"] not in numbers and not _LAW_BEFORE.search(before):
            yield match.group()

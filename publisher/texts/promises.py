"""How many days' notice a policy itself promises for changes of it.

In: a parsed text, English or Korean. Out: days by level, as far as they are stated. Weeks count as 7 days and
months as 30. Where a text states several, the longest counts: readers may rely on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from publisher.texts.document import Clause, Document
from publisher.texts.facts import periods
from publisher.texts.remarks import sentences

_ENGLISH_PERIOD: Final = (
    r"(?<![\w.,-])(?:\d{1,3}|[a-z]{3,9}(?:-[a-z]{3,5})?)(?:\s\(\d{1,3}\))?[\s-]"
    r"(?:(?:full|clear|calendar|business|working)\s)?(?:day|week|month)s?\b['’]?"
)
_KOREAN_PERIOD: Final = r"\d{1,3}\s?(?:일|주일?|개월|달)|일주일|이주일|보름|열흘|(?:한|두|석|세)\s?달|[일이삼]\s?개월"
_KOREAN_WORDS: Final = {
    "일주일": 7, "이주일": 14, "보름": 15, "열흘": 10, "한달": 30, "두달": 60, "석달": 90, "세달": 90,
    "일개월": 30, "이개월": 60, "삼개월": 90,
}  # fmt: skip
#: Of what introduces a list; it is looked at again with every item.
_LONGEST_LEAD: Final = 400
_DAYS: Final = {"D": 1, "W": 7, "M": 30}

# What makes a period one of notice: it is counted up to the effect, from the announcement, or is called notice.
_PROMISE: Final = re.compile(
    rf"(?P<en>{_ENGLISH_PERIOD})"
    r"(?=\s(?:before|prior|in advance|notice|ahead|(?:advance|prior|written)\s(?:\w{1,20}\s)?notice"
    r"|(?:from|after|following)\s(?:\w{1,20}\s){0,4}(?:announce|post|publi|noti|date)))"
    rf"|(?:notice|notif\w+|period)\sof\s(?:at\sleast\s|no\sless\sthan\s)?(?P<of>{_ENGLISH_PERIOD})"
    rf"|(?P<ko>{_KOREAN_PERIOD})"
    r"(?=\s?(?:이상\s?)?(?:전(?![가-힣])|전[에까부]|이전|의\s?(?:기간|유예)|간|(?:이|가)?\s?(?:경과|지난)|후|이후|뒤))",
    re.IGNORECASE,
)
_OF_A_CHANGE: Final = re.compile(
    r"\b(?:chang|amend|modif|revis|updat|addition|takes? effect|taking effect|effective|new version)|변경|개정|수정",
    re.IGNORECASE,
)
_OF_THIS_TEXT: Final = re.compile(
    r"\b(?:polic(?:y|ies)|terms|agreement|statement|annex|notice|this\stext|rights|takes? effect|taking effect)\b"
    r"|방침|약관|공지|고지|게시|알리|알려|알립|통지|효력|시행|적용",
    re.IGNORECASE,
)
_OF_SOMETHING_ELSE: Final = re.compile(
    r"\b(?:fees?|pric(?:e|es|ing)|renew\w*|terminat\w*|cancel\w*|refund\w*|subscription|subprocessors?|maintenance"
    r"|downtime|delet\w+\s(?:of\s)?(?:your|the|an|all)\s)\b|요금|가격|해지|환불|점검|탈퇴|갱신",
    re.IGNORECASE,
)
_SIGNIFICANT: Final = re.compile(
    r"\b(?:significant|material|materially|important|substantial|major|rights|advers\w+|unfavou?rabl[ey]|disadvantag\w+)\b"
    r"|중요|중대|불리|불이익|권리",
    re.IGNORECASE,
)
_JOINT: Final = re.compile(r"[;,]\s|\s(?:and|or|but)\s")


@dataclass(frozen=True, kw_only=True, slots=True)
class Promise:
    """A promised period of notice."""

    #: "minor" or "significant"
    level: str
    days: int
    clause: Clause
    #: of the block that states it, counted from 1
    line: int


def promised_notice(document: Document) -> dict[str, int]:
    """The days of notice for a "minor" and for a "significant" change, as far as the text states them."""
    return {level: promise.days for level, promise in longest_promises(document).items()}


def longest_promises(document: Document) -> dict[str, Promise]:
    """The longest promise for each level that the text speaks of."""
    longest: dict[str, Promise] = {}
    for promise in promises(document):
        if promise.level not in longest or longest[promise.level].days < promise.days:
            longest[promise.level] = promise
    return longest


def promises(document: Document) -> Iterator[Promise]:
    """Every promise in reading order."""
    for clause in document.clauses:
        for line, context, sentence in _sentences(clause):
            if not (_OF_A_CHANGE.search(context) and _OF_THIS_TEXT.search(context)):
                continue
            for days, words in _periods(sentence):
                if not _OF_SOMETHING_ELSE.search(words):
                    level = "significant" if _SIGNIFICANT.search(words) else "minor"
                    yield Promise(level=level, days=days, clause=clause, line=line)


def _sentences(clause: Clause) -> Iterator[tuple[int, str, str]]:
    """The line of each sentence of a clause, the words that say what it is about (those before it, its own), and it."""
    lead, title = "", clause.title[:_LONGEST_LEAD]
    for block in clause.blocks:
        own = sentences(block.text)
        if block.kind not in {"item", "row"}:
            lead = own[-1][:_LONGEST_LEAD] if own else ""
        for sentence in own:
            introduction = f"{title} {lead}" if block.kind in {"item", "row"} else title
            yield clause.in_text(block.line), f"{introduction} {sentence}", sentence


def _periods(sentence: str) -> Iterator[tuple[int, str]]:
    """Each promised period of a sentence in days, with that part of the sentence that speaks of it."""
    found = [
        (match, days)
        for match in _PROMISE.finditer(sentence)
        if not sentence.endswith("within ", 0, match.start())  # a deadline for somebody
        and (days := _days(match["en"] or match["of"] or match["ko"]))
    ]
    start = 0
    for i, (match, days) in enumerate(found):
        end = len(sentence)
        if i + 1 < len(found):
            joint = _JOINT.search(sentence, match.end(), found[i + 1][0].start())
            end = joint.start() if joint else match.end()
        yield days, sentence[start:end]
        start = end


def _days(period: str) -> int:
    words = re.sub(r"\s", "", period)
    if words in _KOREAN_WORDS:
        return _KOREAN_WORDS[words]
    for fact in periods(period.rstrip("'’").replace("주일", "주")):
        return int(fact.value[1:-1]) * _DAYS.get(fact.value[-1], 0) if fact.value[1:-1].isdigit() else 0
    return 0

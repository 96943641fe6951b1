"""Where a text refers to its own clauses by number, and whether a reference leads to the same clause as before.

"Section 3" and 제3조 are read; a number of a statute ("Section 512 of the Act", 「…법」 제6조) is words like others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from publisher.changes.align import Match
from publisher.texts.document import Clause, Document

_REFERENCE: Final = re.compile(
    r"(?:\b(?:sections?|articles?|clauses?|paragraphs?|chapters?|parts?|annex|appendix|schedule|art\.|sec\.)|§)\s?"
    r"(?:\d{1,3}(?:\.\d{1,3})*|(?-i:[IVXLC]+|[A-Z](?:\.\d{1,2})*))(?![\w.]*\d)\b"
    r"(?!\s?(?:\([\w]{1,3}\))*\s(?:of|under)\s(?:the|that|this)?\s?(?-i:[\w\s]{0,60}?(?:Act|Code|GDPR|Regulation|Directive|Law)\b))"
    r"|(?P<korean>제\s?\d+\s?[조장절관](?:의\s?\d+)?)",
    re.IGNORECASE,
)
_OF_A_STATUTE: Final = re.compile(r"(?:법|법률|법」|시행령|시행규칙|규정|」)\s?$")
_DIGITS: Final = re.compile(r"\d+(?:\.\d+)*(?:\s?[조장절관]?의\s?\d+)?|\b[A-Z](?:\.\d+)+\b|\b[IVXLC]+\b|\b[A-Z]\b")
# Section, article and clause are names of one thing; these are counted by themselves.
_KIND: Final = re.compile(r"\b(?:chapter|part|annex|appendix|schedule)|(?<=\d)\s?[장절관]", re.IGNORECASE)

#: So many letters after a number the title of its clause may stand: "Section N (Limitation of Liability)".
_NEAR: Final = 60
_SHORTEST_TITLE: Final = 8


@dataclass(frozen=True, slots=True)
class Reference:
    """A place in a passage that names a clause by its number."""

    start: int
    end: int
    #: as `number_key` gives it
    number: str
    #: the words that follow, which may name the clause by its title
    following: str


def references(text: str) -> Iterator[Reference]:
    """The references of a passage to clauses, in order."""
    for match in _REFERENCE.finditer(text):
        if match["korean"] and _OF_A_STATUTE.search(text[: match.start()]):
            continue
        number = number_key(match.group())
        yield Reference(match.start(), match.end(), number, text[match.end() : match.end() + _NEAR])


def number_key(number: str) -> str:
    """A clause's number in one spelling; "" where there is none.

    "3.", "Section 3" and "제3조" are "3", "제3조의2" is "3의2"; what is counted by itself keeps its kind:
    "annex 3", "장 3".
    """
    found = _DIGITS.search(number)
    if not found:
        return ""
    kind = _KIND.search(number)
    digits = re.sub(r"[\s조장절관]", "", found.group())
    return f"{kind.group().strip().casefold()} {digits}" if kind else digits


@dataclass(frozen=True, slots=True)
class Numbering:
    """Which clause a number means before and after; a number of no clause means itself."""

    before: Mapping[str, int]
    after: Mapping[str, int]
    #: titles of the new text's clauses, in small letters, and which clause they are the title of
    titles: Mapping[str, int]

    @classmethod
    def of(cls, old: Document, new: Document, matches: Sequence[Match]) -> Numbering:
        """Clauses are told apart by their place in `matches`."""
        at_old = {id(m.old): k for k, m in enumerate(matches)}
        at_new = {id(m.new): k for k, m in enumerate(matches)}
        titles = {c.title.casefold(): at_new[id(c)] for c in new.clauses if id(c) in at_new}
        long_enough = {title: at for title, at in titles.items() if len(title) >= _SHORTEST_TITLE}
        return cls(_numbers(old.clauses, at_old), _numbers(new.clauses, at_new), long_enough)

    def target(self, reference: Reference, *, new: bool) -> str:
        """What a reference means: the same string means the same clause in both texts."""
        known = self.after if new else self.before
        named = self._named(reference)
        if named is not None and (not new or known.get(reference.number) == named):
            return f"clause {named}"
        if reference.number in known:
            return f"clause {known[reference.number]}"
        kind, _, bare = reference.number.rpartition(" ")
        # "Chapter 3" where the heading says no more than "3."
        return f"{kind} at clause {known[bare]}" if bare in known else f"number {reference.number}"

    def knows(self, reference: Reference) -> bool:
        """Whether a clause of the old text bore the number, or is named beside it."""
        bare = reference.number.rpartition(" ")[2]
        return reference.number in self.before or bare in self.before or self.names(reference)

    def names(self, reference: Reference) -> bool:
        """Whether the title of a clause stands beside the number."""
        return self._named(reference) is not None

    def _named(self, reference: Reference) -> int | None:
        """The clause whose title stands after the number: the title says which clause is meant, whatever the number."""
        following = reference.following.casefold()
        return next((at for title, at in self.titles.items() if title in following), None)


def _numbers(clauses: Sequence[Clause], places: Mapping[int, int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for clause in clauses:
        number = number_key(clause.number)
        if number and id(clause) in places:
            found.setdefault(number, places[id(clause)])
    return found

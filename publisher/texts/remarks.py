"""What the rules of the linter share: the walk over a text, its sentences, and how a remark is made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from publisher.errors import Place, Problem
from publisher.messages import Message, msg, msg_n
from publisher.texts.document import Block, Clause, Document

#: Of each rule in one text; nobody reads more.
MOST_REPORTED: Final = 20

_SENTENCE_END: Final = re.compile(r"(?<=[.!?。])\s+|\n")


def clause_place(clause: Clause, line: int, place: Place) -> Place:
    """`place`, at a clause and a line of the text."""
    return replace(place, clause=clause.id or clause.name, line=line)


def blocks(document: Document, place: Place) -> Iterator[tuple[Block, Place]]:
    """Every heading and block in reading order, with its place."""
    for clause in document.clauses:
        for block in (document.heading(clause), *clause.blocks):
            yield block, clause_place(clause, clause.in_text(block.line), place)


def prose(document: Document, place: Place) -> Iterator[tuple[Block, Place]]:
    """Every heading and block that is written for readers: all but preformatted pieces."""
    return ((block, at) for block, at in blocks(document, place) if block.kind != "code" and block.text)


def body(document: Document, place: Place) -> Iterator[tuple[Block, Place]]:
    """As `prose`, without the headings."""
    for clause in document.clauses:
        for block in clause.blocks:
            if block.kind != "code" and block.text:
                yield block, clause_place(clause, clause.in_text(block.line), place)


def sentences(text: str) -> list[str]:
    """The sentences of a block; a hard line break ends one too."""
    return [sentence for sentence in _SENTENCE_END.split(text) if sentence.strip()]


def around(text: str, start: int, end: int, margin: int = 12) -> str:
    """The words at `start:end` with a little of what stands beside them."""
    return " ".join(text[max(0, start - margin) : min(end, start + 80) + margin].split())


def remark(code: str, severity: str, place: Place, message: Message, hint: Message) -> Problem:
    """A problem that does not stop a publication: "warning" or "info"."""
    return Problem(code=code, severity=severity, message=message, hint=hint, place=place)


def capped(problems: Iterable[Problem]) -> list[Problem]:
    """At most `MOST_REPORTED` problems of each code; how many more there are is said in one last problem a code."""
    kept: list[Problem] = []
    counts: dict[str, int] = {}
    first_left_out: dict[str, Problem] = {}
    for problem in problems:
        counts[problem.code] = counts.get(problem.code, 0) + 1
        if counts[problem.code] <= MOST_REPORTED:
            kept.append(problem)
        else:
            first_left_out.setdefault(problem.code, problem)
    kept.sort(key=lambda problem: problem.place.line)
    for code, problem in first_left_out.items():
        more = counts[code] - MOST_REPORTED
        kept.append(
            replace(
                problem,
                message=msg_n(
                    "{count} more remark of this kind in this text.",
                    "{count} more remarks of this kind in this text.",
                    more,
                ),
                hint=msg("Correct those that are listed, then check again."),
            )
        )
    return kept

"""The history of one clause: in which versions it came, changed and went (조문별 변경 이력).

A comparison leaves a note about each clause that differs in it; the page of a clause is made of the notes about it, so
that a new version costs one comparison and the pages of the clauses that it changes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from publisher.changes.redline import Run
from publisher.register.versions import Version
from publisher.texts.document import Clause, Document
from publisher.texts.targets import proper_id
from publisher.website.changed import ChangeView


@dataclass(frozen=True, slots=True)
class Note:
    """What one comparison, or the first version of a policy, says about one clause."""

    policy: str
    language: str
    #: the id of the clause
    clause: str
    #: JSON
    value: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A change of the clause, numbered as on the page of the comparison."""

    number: int
    #: in English, as it is in the catalogue
    kind: str
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    """What one version did to the clause."""

    old: str
    new: str
    #: what the clause is called in this version
    name: str
    #: "came", "went", "stood" (in the first version) or "changed"
    what: str
    passages: tuple[Passage, ...]


def first_notes(version: Version, language: str, document: Document) -> Iterator[Note]:
    """The clauses with which a policy began."""
    for clause in _named(document).values():
        yield _note(version.policy, language, clause.id, Chapter("", version.id, clause.name, "stood", ()))


def pair_notes(
    old: Version, new: Version, language: str, documents: tuple[Document, Document], changes: Sequence[ChangeView]
) -> Iterator[Note]:
    """The clauses that differ in a comparison."""
    before, after = map(_named, documents)
    passages: dict[str, list[Passage]] = {}
    for change in changes:
        if proper_id(change.clause_id):
            passages.setdefault(change.clause_id, []).append(Passage(change.number, change.kind.text, change.runs))
    for clause in dict.fromkeys([*passages, *(before.keys() ^ after.keys())]):
        what = "changed" if clause in before and clause in after else "came" if clause in after else "went"
        name = (after.get(clause) or before[clause]).name
        chapter = Chapter(old.id, new.id, name, what, tuple(passages.get(clause, ())))
        yield _note(new.policy, language, clause, chapter)


def _named(document: Document) -> dict[str, Clause]:
    """Clauses by their ids, where addresses can be made of them."""
    return {name: clause for name, clause in document.by_id().items() if proper_id(name)}


def _note(policy: str, language: str, clause: str, chapter: Chapter) -> Note:
    passages = [[p.number, p.kind, [[run.op, run.text] for run in p.runs]] for p in chapter.passages]
    value = json.dumps([chapter.old, chapter.new, chapter.name, chapter.what, passages], ensure_ascii=False)
    return Note(policy, language, clause, value)


@dataclass(frozen=True, slots=True)
class History:
    """What became of a clause: its name, and the chapters, newest first; none where it was withdrawn before effect."""

    name: str
    chapters: tuple[Chapter, ...]


def clause_history(values: Sequence[str], row: Sequence[tuple[str, str]]) -> History:
    """The history that the notes about a clause tell; `row`: each version after the one before it, "" at first."""
    told = [_chapter(value) for value in values]
    found = {(c.old, c.new): c for c in told}
    chapters = tuple(found[pair] for pair in reversed(row) if pair in found)
    return History((chapters or told)[0].name, chapters)


def _chapter(value: str) -> Chapter:
    old, new, name, what, passages = json.loads(value)
    runs = (Passage(number, kind, tuple(Run(op, text) for op, text in found)) for number, kind, found in passages)
    return Chapter(old, new, name, what, tuple(runs))

"""Which facts changed between two texts, clause by clause: the second pair of eyes over the classifier.

The classifier reads edits; this reads the facts of each clause before and after, without looking at the words
between them. What changes here and is called minor there deserves a person's look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from publisher.texts.document import Document
from publisher.texts.facts import clause_facts


@dataclass(frozen=True, order=True, slots=True)
class FactChange:
    """Values of one kind of fact that went from and came to one clause."""

    #: as in `facts.clause_facts`: its id, else its name, else ""
    clause: str
    #: a kind of fact, or "item" or "row"
    kind: str
    #: sorted, each as often as it went
    before: tuple[str, ...]
    #: sorted, each as often as it came
    after: tuple[str, ...]


def fact_changes(old: Document, new: Document, kinds: Collection[str] = ()) -> tuple[FactChange, ...]:
    """The facts that differ between `old` and `new`, in the order of clause and kind; of `kinds` if any are given.

    A clause that is not in one of the texts has no facts there; one that only moved is not a change.
    """
    before, after = (_of_kinds(clause_facts(document), kinds) for document in (old, new))
    changes = []
    for clause, kind in sorted(_places(before, after)):
        gone, came = (Counter(texts.get(clause, {}).get(kind, ())) for texts in (before, after))
        changes.append(
            FactChange(clause, kind, tuple(sorted((gone - came).elements())), tuple(sorted((came - gone).elements())))
        )
    return tuple(changes)


def _of_kinds(facts: dict[str, dict[str, list[str]]], kinds: Collection[str]) -> dict[str, dict[str, list[str]]]:
    if not kinds:
        return facts
    return {clause: {kind: found[kind] for kind in found if kind in kinds} for clause, found in facts.items()}


def _places(before: dict[str, dict[str, list[str]]], after: dict[str, dict[str, list[str]]]) -> set[tuple[str, str]]:
    """Clause and kind of every difference."""
    if before == after:
        return set()
    from deepdiff import DeepDiff  # half a second to import

    places = set()
    # Values are sorted, so that their order says nothing; which of them differ is worked out by counting. Threshold 0:
    # clause by clause even where texts have little in common, which DeepDiff would call one difference.
    difference = DeepDiff(before, after, view="tree", zip_ordered_iterables=True, threshold_to_diff_deeper=0)
    for levels in difference.values():
        for level in levels:
            clause, *kind = level.path(output_format="list")[:2]
            kinds = kind or {*before.get(clause, ()), *after.get(clause, ())}
            places |= {(clause, name) for name in kinds}
    return places

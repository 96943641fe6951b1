"""Which piece of the old text is which piece of the new one.

Clauses are matched by id, then by equal words, then by heading, then by likeness; blocks inside a matched
clause by equal words, then by likeness. Every clause and every block of both sides occurs exactly once. The
basis of a match is kept, so that a reader can be told why two clauses were held to be the same.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from rapidfuzz.distance import Indel, LCSseq

from publisher.texts.document import Block, Clause, Document
from publisher.texts.tokens import words

#: Two clauses or blocks less alike than this (0-1, share of words kept) are held to be different ones.
LIKE: Final = 0.5
#: In a passage of no more words than these, one changed word is most of it.
FEW_WORDS: Final = 4

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """An old and a new clause held to be the same, and on what basis ("id", "words", "heading", "likeness")."""

    old: Clause
    new: Clause
    basis: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Alignment:
    """Every clause of both texts: matched, or on one side only."""

    matches: tuple[Match, ...]
    deleted: tuple[Clause, ...]
    inserted: tuple[Clause, ...]
    #: matches whose clause stands elsewhere among the clauses that both texts have
    moved: tuple[Match, ...]


def align(old: Document, new: Document) -> Alignment:
    """Match the clauses of two texts."""
    left, right = list(old.clauses), list(new.clauses)
    matches: list[Match] = []
    keys: tuple[tuple[str, Callable[[Clause], Hashable]], ...] = (
        ("id", lambda c: c.id or None),
        ("words", lambda c: (c.title, c.text) if c.title or c.text else None),
        ("heading", lambda c: c.title.casefold() or None),
    )
    for basis, key in keys:
        for one, other in _unique_pairs(left, right, key, ids_must_agree=basis != "id"):
            matches.append(Match(old=one, new=other, basis=basis))
        matched = {id(m.old) for m in matches} | {id(m.new) for m in matches}
        left = [c for c in left if id(c) not in matched]
        right = [c for c in right if id(c) not in matched]
    for one, other in _by_likeness(left, right):
        matches.append(Match(old=one, new=other, basis="likeness"))
    matched = {id(m.old) for m in matches} | {id(m.new) for m in matches}
    order = {id(c): i for i, c in enumerate(new.clauses)}
    matches.sort(key=lambda m: order[id(m.new)])
    return Alignment(
        matches=tuple(matches),
        deleted=tuple(c for c in old.clauses if id(c) not in matched),
        inserted=tuple(c for c in new.clauses if id(c) not in matched),
        moved=_moved(matches, old, new),
    )


def _unique_pairs(
    left: Sequence[Clause],
    right: Sequence[Clause],
    key: Callable[[Clause], Hashable],
    *,
    ids_must_agree: bool,
) -> Iterable[tuple[Clause, Clause]]:
    """Pairs with the same key, taken in order where a key occurs more than once."""
    waiting: dict[Hashable, list[Clause]] = {}
    for clause in left:
        if key(clause) is not None:
            waiting.setdefault(key(clause), []).append(clause)
    for clause in right:
        candidates = waiting.get(key(clause), []) if key(clause) is not None else []
        for candidate in candidates:
            # A clause whose author gave it another id is another clause, however alike it reads.
            if ids_must_agree and candidate.id and clause.id and candidate.id != clause.id:
                continue
            candidates.remove(candidate)
            yield candidate, clause
            break


def _by_likeness(left: Sequence[Clause], right: Sequence[Clause]) -> Iterable[tuple[Clause, Clause]]:
    scored = []
    cut_left = [words(f"{c.title}\n{c.text}") for c in left]
    cut_right = [words(f"{c.title}\n{c.text}") for c in right]
    for i, one in enumerate(left):
        for j, other in enumerate(right):
            if one.id and other.id:
                continue
            likeness = Indel.normalized_similarity(cut_left[i], cut_right[j], score_cutoff=LIKE)
            if likeness >= LIKE:
                scored.append((-likeness, i, j))
    used_left: set[int] = set()
    used_right: set[int] = set()
    for _, i, j in sorted(scored):
        if i not in used_left and j not in used_right:
            used_left.add(i)
            used_right.add(j)
            yield left[i], right[j]


def _moved(matches: Sequence[Match], old: Document, new: Document) -> tuple[Match, ...]:
    """Matches that stand under another heading, and the fewest whose removal leaves the rest in the old order."""
    place = {id(c): i for i, c in enumerate(old.clauses)}
    kept = set(_longest_rising([place[id(m.old)] for m in matches]))
    partner = {id(m.old): id(m.new) for m in matches}
    over_old, over_new = headings_over(old), headings_over(new)

    def under_another(match: Match) -> bool:
        before, after = over_old[id(match.old)], over_new[id(match.new)]
        return (partner.get(id(before)) if before else None) != (id(after) if after else None)

    return tuple(m for i, m in enumerate(matches) if i not in kept or under_another(m))


def headings_over(document: Document) -> dict[int, Clause | None]:
    """For each clause the one whose heading stands over it; None at the top."""
    over: dict[int, Clause | None] = {}
    path: list[Clause] = []
    for clause in document.clauses:
        while path and path[-1].level >= clause.level:
            path.pop()
        over[id(clause)] = path[-1] if path else None
        path.append(clause)
    return over


def _longest_rising(values: Sequence[int]) -> list[int]:
    """Indexes of a longest rising subsequence (distinct values), by patience sorting."""
    from bisect import bisect_left

    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = [-1] * len(values)
    for i, value in enumerate(values):
        at = bisect_left(tails, value)
        if at == len(tails):
            tails.append(value)
            ends.append(i)
        else:
            tails[at] = value
            ends[at] = i
        before[i] = ends[at - 1] if at else -1
    kept = []
    i = ends[-1] if ends else -1
    while i >= 0:
        kept.append(i)
        i = before[i]
    return kept[::-1]


def align_blocks(old: Sequence[Block], new: Sequence[Block]) -> list[tuple[Block | None, Block | None]]:
    """Pairs of blocks in the order of the new text; None where a block has no counterpart.

    Blocks with the same words come first, in order; what lies between them is paired by likeness, in order.
    """
    pairs: list[tuple[Block | None, Block | None]] = []
    before: list[Block] = []
    after: list[Block] = []
    for op in LCSseq.opcodes([b.text for b in old], [b.text for b in new]):
        if op.tag == "equal":
            pairs += _pair_alike(before, after)
            pairs += zip(old[op.src_start : op.src_end], new[op.dest_start : op.dest_end], strict=True)
            before, after = [], []
        else:
            before += old[op.src_start : op.src_end]
            after += new[op.dest_start : op.dest_end]
    return pairs + _pair_alike(before, after)


def _pair_alike(old: Sequence[Block], new: Sequence[Block]) -> list[tuple[Block | None, Block | None]]:
    pairs: list[tuple[Block | None, Block | None]] = []
    start = 0
    for after in new:
        best, at = LIKE, -1
        for i in range(start, len(old)):
            likeness = _likeness(old[i].text, after.text)
            if likeness >= best and (at < 0 or likeness > best):
                best, at = likeness, i
        if at < 0:
            pairs.append((None, after))
            continue
        pairs += [(skipped, None) for skipped in old[start:at]]
        pairs.append((old[at], after))
        start = at + 1
    pairs += [(rest, None) for rest in old[start:]]
    return pairs


def _likeness(old: str, new: str) -> float:
    """The share of words kept; of letters where the passages have too few words to tell."""
    before, after = words(old), words(new)
    if min(len(before), len(after)) > FEW_WORDS:
        return float(Indel.normalized_similarity(before, after))
    return max(float(Indel.normalized_similarity(before, after)), float(Indel.normalized_similarity(old, new)))

"""Which piece of the old text is which piece of the new one.

Clauses are matched by id, then by equal words, then by heading, by body, by likeness and by place; blocks inside a
matched clause by equal words, then by likeness; sentences inside a matched block likewise. Every clause, block
and sentence of both sides occurs exactly once. The basis of a match is kept, so that a reader can be told why two
clauses were held to be the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from publisher.changes.pairing import likely_pairs, likeness, longest_rising
from publisher.changes.sequences import stretches
from publisher.texts.document import Block, Clause, Document
from publisher.texts.tokens import folded, sentences

#: Two clauses, blocks or sentences less alike than this (0-1, share of words kept) are held to be different ones.
LIKE: Final = 0.5
#: So much liker must a sentence be to two others together than to one of them, to be held for both.
_LIKER: Final = 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """An old and a new clause held to be the same; basis "id", "words", "heading", "body", "likeness" or "place"."""

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


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence (or what it was split into or merged from) before and after; empty where it has no counterpart."""

    before: str
    after: str


def align(old: Document, new: Document) -> Alignment:
    """Match the clauses of two texts."""
    left, right = list(old.clauses), list(new.clauses)
    matches: list[Match] = []
    keys: tuple[tuple[str, Callable[[Clause], Hashable]], ...] = (
        ("id", lambda c: c.id or None),
        ("words", lambda c: (c.title, c.text) if c.title or c.text else None),
        ("heading", lambda c: c.title.casefold() or None),
        ("body", lambda c: c.text or None),
    )
    for basis, key in keys:
        for one, other in _unique_pairs(left, right, key, ids_must_agree=basis != "id"):
            matches.append(Match(old=one, new=other, basis=basis))
        left, right = _rest(left, right, matches)
    free_left = [f"{c.title}\n{c.text}".strip() for c in left]
    free_right = [f"{c.title}\n{c.text}".strip() for c in right]
    for i, j, _ in likely_pairs(free_left, free_right, LIKE):
        if not (left[i].id and right[j].id):
            matches.append(Match(old=left[i], new=right[j], basis="likeness"))
    matches += _by_place(old, new, matches)
    matched_old, matched_new = _matched(matches)
    order = {id(c): i for i, c in enumerate(new.clauses)}
    matches.sort(key=lambda m: order[id(m.new)])
    return Alignment(
        matches=tuple(matches),
        deleted=tuple(c for c in old.clauses if id(c) not in matched_old),
        inserted=tuple(c for c in new.clauses if id(c) not in matched_new),
        moved=_moved(matches, old, new),
    )


def _rest(left: list[Clause], right: list[Clause], matches: Sequence[Match]) -> tuple[list[Clause], list[Clause]]:
    matched_old, matched_new = _matched(matches)
    return [c for c in left if id(c) not in matched_old], [c for c in right if id(c) not in matched_new]


def _matched(matches: Sequence[Match]) -> tuple[set[int], set[int]]:
    """The clauses of each side that have a counterpart; one may be the same object in both texts."""
    return {id(m.old) for m in matches}, {id(m.new) for m in matches}


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


def _by_place(old: Document, new: Document, matches: Sequence[Match]) -> list[Match]:
    """Headings without words of their own, alone between the same neighbours: the heading was renamed."""
    partner = {id(m.old): m.new for m in matches}
    taken = {id(m.new) for m in matches}
    order = {id(c): i for i, c in enumerate(new.clauses)}
    found = []
    for i, clause in enumerate(old.clauses):
        if id(clause) in partner or clause.blocks or clause.id:
            continue
        before = partner.get(id(old.clauses[i - 1])) if i else None
        after = partner.get(id(old.clauses[i + 1])) if i + 1 < len(old.clauses) else None
        at = order[id(before)] + 1 if before else order[id(after)] - 1 if after else -1
        if not 0 <= at < len(new.clauses) or (after and order[id(after)] != at + 1):
            continue
        candidate = new.clauses[at]
        alike = candidate.level == clause.level and not candidate.blocks and not candidate.id
        if alike and id(candidate) not in taken:
            found.append(Match(old=clause, new=candidate, basis="place"))
            taken.add(id(candidate))
    return found


def _moved(matches: Sequence[Match], old: Document, new: Document) -> tuple[Match, ...]:
    """Matches that stand under another heading, and the fewest whose removal leaves the rest in the old order."""
    place = {id(c): i for i, c in enumerate(old.clauses)}
    kept = set(longest_rising([place[id(m.old)] for m in matches]))
    partner = {id(m.old): id(m.new) for m in matches}
    over_old, over_new = headings_over(old), headings_over(new)

    def under_another(match: Match) -> bool:
        before, after = over_old[id(match.old)], over_new[id(match.new)]
        return (partner.get(id(before)) if before else None) != (id(after) if after else None)

    return tuple(m for i, m in enumerate(matches) if i not in kept or under_another(m))


def headings_over(document: Document) -> dict[int, Clause | None]:
    """For each clause the one whose heading stands over it; None at the top, and under the title of the text."""
    over: dict[int, Clause | None] = {}
    path: list[Clause] = []
    for at, clause in enumerate(document.clauses):
        while path and path[-1].level >= clause.level:
            path.pop()
        over[id(clause)] = path[-1] if path else None
        if at or clause.level != 1:
            path.append(clause)
    return over


def align_blocks(old: Sequence[Block], new: Sequence[Block]) -> list[tuple[Block | None, Block | None]]:
    """Pairs of blocks; None where a block has no counterpart. In the order of the new text, deletions where they stood.

    Blocks with the same words come first, in order; what is left is paired by likeness wherever it stands, so that a
    pair may have moved: see `moved_blocks`.
    """
    return [
        (old[i] if i is not None else None, new[j] if j is not None else None)
        for i, j in _places(tuple(b.text for b in old), tuple(b.text for b in new))
    ]


@lru_cache(maxsize=512)  # the same clauses meet again and again where old versions are compared with the text in force
def _places(old: tuple[str, ...], new: tuple[str, ...]) -> list[tuple[int | None, int | None]]:
    """The same as places among the passages of each side."""
    partner: dict[int, int] = {}
    free_old: list[int] = []
    free_new: list[int] = []
    for part in stretches(old, new):
        places_old, places_new = range(part.old_start, part.old_end), range(part.new_start, part.new_end)
        if part.equal:
            partner.update(zip(places_new, places_old, strict=True))
        else:
            free_old += places_old
            free_new += places_new
    for i, j, _ in likely_pairs([old[i] for i in free_old], [new[j] for j in free_new], LIKE):
        partner[free_new[j]] = free_old[i]
    partner |= _same_shape(old, new, free_old, free_new, partner)
    return _in_order(len(old), len(new), partner)


_MONTHS: Final = re.compile(
    r"\b(?:January|February|March|April|May|June|July|August|September|October|November|December)\b"
)


def _same_shape(
    old: Sequence[str], new: Sequence[str], free_old: Sequence[int], free_new: Sequence[int], taken: dict[int, int]
) -> dict[int, int]:
    """Short blocks that differ only in their figures, such as a date alone, in order."""

    def shape(text: str) -> str:
        return re.sub(r"\d+", "0", _MONTHS.sub("0", text))

    paired = set(taken.values())
    waiting: dict[str, list[int]] = {}
    for i in free_old:
        if i not in paired:
            waiting.setdefault(shape(old[i]), []).append(i)
    found = {}
    for j in free_new:
        if j not in taken and waiting.get(shape(new[j])):
            found[j] = waiting[shape(new[j])].pop(0)
    return found


def moved_blocks(pairs: Sequence[tuple[Block | None, Block | None]], old: Sequence[Block]) -> set[int]:
    """Indexes of the pairs whose block stands elsewhere among the blocks that both clauses have."""
    place = {id(block): i for i, block in enumerate(old)}
    both = [(at, place[id(before)]) for at, (before, after) in enumerate(pairs) if before and after]
    kept = {both[k][0] for k in longest_rising([i for _, i in both])}
    return {at for at, _ in both} - kept


def _in_order(count_old: int, count_new: int, partner: dict[int, int]) -> list[tuple[int | None, int | None]]:
    """Pairs of indexes in the new order; an old one without a partner comes after what stood before it."""
    taken = set(partner.values())
    pairs: list[tuple[int | None, int | None]] = []
    emitted = 0
    for j in range(count_new):
        i = partner.get(j)
        if i is not None and i >= emitted:
            pairs += [(k, None) for k in range(emitted, i) if k not in taken]
            emitted = i + 1
        pairs.append((i, j))
    pairs += [(k, None) for k in range(emitted, count_old) if k not in taken]
    return pairs


def passages(before: str, after: str) -> list[Passage]:
    """The sentences of two passages, aligned; joined, their sides are `before` and `after` again."""
    if before == after or not before or not after:
        return [Passage(before, after)] if before or after else []
    old, new = sentences(before), sentences(after)
    found: list[Passage] = []
    gap_old: list[str] = []
    gap_new: list[str] = []
    for part in stretches([s.strip() for s in old], [s.strip() for s in new]):
        gone, came = old[part.old_start : part.old_end], new[part.new_start : part.new_end]
        if part.equal:
            found += _between(gap_old, gap_new)
            gap_old, gap_new = [], []
            found += [Passage(one, other) for one, other in zip(gone, came, strict=True)]
        else:
            gap_old += gone
            gap_new += came
    return found + _between(gap_old, gap_new)


def _between(old: Sequence[str], new: Sequence[str]) -> list[Passage]:
    """Sentences between two equal ones, paired by likeness in their order; what was split or merged stays together."""
    if len(old) == len(new) == 1:
        return [Passage(old[0], new[0])]
    likely = likely_pairs(old, new, LIKE)
    kept = [likely[k] for k in longest_rising([i for i, _, _ in likely])]
    found: list[Passage] = []
    paired_old, paired_new = {i for i, _, _ in kept}, {j for _, j, _ in kept}
    at_old = at_new = 0
    for i, j, like in kept:
        gone, came = list(old[at_old:i]), list(new[at_new:j])
        before, after = old[i], new[j]
        if gone and likeness(gone[-1] + before, after) > like + _LIKER:
            before = gone.pop() + before
        elif came and likeness(before, came[-1] + after) > like + _LIKER:
            after = came.pop() + after
        found += [Passage(text, "") for text in gone] + [Passage("", text) for text in came]
        following_old = old[i + 1] if i + 1 < len(old) and i + 1 not in paired_old else ""
        following_new = new[j + 1] if j + 1 < len(new) and j + 1 not in paired_new else ""
        at_old, at_new = i + 1, j + 1
        if following_old and likeness(before + following_old, after) > like + _LIKER:
            before, at_old = before + following_old, i + 2
        elif following_new and likeness(before, after + following_new) > like + _LIKER:
            after, at_new = after + following_new, j + 2
        found.append(Passage(before, after))
    found += [Passage(text, "") for text in old[at_old:]] + [Passage("", text) for text in new[at_new:]]
    return found


def same_letters(old: Iterable[Block], new: Iterable[Block]) -> bool:
    """Whether the blocks of two clauses hold the same words in the same order, however they are divided."""
    one, other = ("".join(folded(b.text) for b in side) for side in (old, new))
    return re.sub(r"\s", "", one) == re.sub(r"\s", "", other)

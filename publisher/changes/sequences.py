"""What two sequences have in common, in order: the longest common subsequence, in a bounded time and memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from rapidfuzz.distance import LCSseq

from publisher.changes.pairing import longest_rising

#: The longest common subsequence takes a bit for each pair of elements. Of longer sequences what lies between elements
#: that occur once on both sides is compared, as far as it is no longer than this.
_MOST_PAIRS: Final = 200_000_000


@dataclass(frozen=True, slots=True)
class Stretch:
    """old[old_start:old_end] and new[new_start:new_end] are equal, or else are what went and what came."""

    equal: bool
    old_start: int
    old_end: int
    new_start: int
    new_end: int


def stretches(old: Sequence[Hashable], new: Sequence[Hashable]) -> Iterator[Stretch]:
    """The stretches of two sequences in order; together they are both sequences."""
    if len(old) * len(new) <= _MOST_PAIRS:
        yield from _stretches(old, new, 0, 0)
        return
    anchors = [(-1, -1), *_anchors(old, new), (len(old), len(new))]
    for (i, j), (next_i, next_j) in pairwise(anchors):
        if i >= 0:
            yield Stretch(True, i, i + 1, j, j + 1)
        gone, came = old[i + 1 : next_i], new[j + 1 : next_j]
        if len(gone) * len(came) <= _MOST_PAIRS:
            yield from _stretches(gone, came, i + 1, j + 1)
        else:
            yield Stretch(False, i + 1, next_i, j + 1, next_j)


def _stretches(old: Sequence[Hashable], new: Sequence[Hashable], old_from: int, new_from: int) -> Iterator[Stretch]:
    for op in LCSseq.opcodes(old, new):
        yield Stretch(
            op.tag == "equal",
            old_from + op.src_start,
            old_from + op.src_end,
            new_from + op.dest_start,
            new_from + op.dest_end,
        )


def common_ends(old: Sequence[Hashable], new: Sequence[Hashable]) -> tuple[int, int]:
    """How many elements both begin with, and how many of the rest both end with."""
    shorter = min(len(old), len(new))
    start = 0
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return start, end


def _anchors(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Places of elements that both sequences have: what both begin and end with, and between them what occurs once."""
    start, end = common_ends(old, new)
    inner_old, inner_new = old[start : len(old) - end], new[start : len(new) - end]
    counts = (Counter(inner_old), Counter(inner_new))
    place = {element: i for i, element in enumerate(inner_new, start)}
    once = [
        (i, place[element])
        for i, element in enumerate(inner_old, start)
        if counts[0][element] == counts[1][element] == 1
    ]
    rising = [once[k] for k in longest_rising([j for _, j in once])]
    same_end = [(len(old) - k, len(new) - k) for k in range(end, 0, -1)]
    return [(i, i) for i in range(start)] + rising + same_end

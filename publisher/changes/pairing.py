"""Which of some passages is which of some others, by likeness, in time near linear in their number.

A passage is compared only with those that share its rarer words, so that a text restructured from end to end
is paired as fast as one with a few edits.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import Final

from rapidfuzz.distance import Indel

from publisher.texts.tokens import words

#: In a passage of no more words than these, one changed word is most of it.
FEW_WORDS: Final = 4
#: Up to so many pairs each passage is compared with each.
_FEW_PAIRS: Final = 400
#: Otherwise with no more than so many, which share its rarest words; a word found in more passages says nothing.
_CANDIDATES: Final = 6
_COMMON: Final = 24


def likely_pairs(old: Sequence[str], new: Sequence[str], least: float) -> list[tuple[int, int, float]]:
    """Pairs (index in `old`, index in `new`, likeness 0-1) of at least `least`, each index at most once.

    The likest come first; in the result they stand in the order of `new`. Of equally like ones those nearest in
    place are taken.
    """
    cut_old, cut_new = [_keys(text) for text in old], [_keys(text) for text in new]
    scored = []
    for j, candidates in enumerate(_candidates(cut_old, cut_new)):
        for i in candidates:
            likeness = _likeness(cut_old[i], cut_new[j], old[i], new[j], least)
            if likeness >= least:
                scored.append((-likeness, abs(i * len(new) - j * len(old)), i, j))
    taken_old: set[int] = set()
    taken_new: set[int] = set()
    pairs = []
    for negative, _, i, j in sorted(scored):
        if i not in taken_old and j not in taken_new:
            taken_old.add(i)
            taken_new.add(j)
            pairs.append((i, j, -negative))
    return sorted(pairs, key=lambda pair: pair[1])


def likeness(old: str, new: str) -> float:
    """The share of words kept (0-1); of letters where the passages have too few words to tell."""
    return _likeness(_keys(old), _keys(new), old, new, 0.0)


def _likeness(before: list[str], after: list[str], old: str, new: str, least: float) -> float:
    kept = float(Indel.normalized_similarity(before, after, score_cutoff=least))
    if min(len(before), len(after)) > FEW_WORDS:
        return kept
    return max(kept, float(Indel.normalized_similarity(old, new)))


def _keys(text: str) -> list[str]:
    return [word.strip().casefold() for word in words(text)]


def _candidates(old: Sequence[Sequence[str]], new: Sequence[Sequence[str]]) -> list[Sequence[int]]:
    """For each new passage the old ones worth comparing it with."""
    if len(old) * len(new) <= _FEW_PAIRS:
        return [range(len(old))] * len(new)
    places: dict[str, list[int]] = {}
    for i, passage in enumerate(old):
        for word in set(passage):
            places.setdefault(word, []).append(i)
    found: list[Sequence[int]] = []
    for passage in new:
        shared: Counter[int] = Counter()
        for word in set(passage):
            where = places.get(word, [])
            if len(where) <= _COMMON:
                for i in where:
                    shared[i] += 1
        best = sorted(shared.items(), key=lambda pair: (-pair[1], pair[0]))[:_CANDIDATES]
        found.append([i for i, _ in best])
    return found


def longest_rising(values: Sequence[int]) -> list[int]:
    """Indexes of a longest rising subsequence (distinct values), by patience sorting."""
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

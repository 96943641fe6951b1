"""Passages are paired by likeness, few and many, each at most once; the longest rising sequence is one."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.changes.pairing import likely_pairs, likeness, longest_rising

LEAST = 0.5


def places(old: list[str], new: list[str]) -> list[tuple[int, int]]:
    return [(i, j) for i, j, _ in likely_pairs(old, new, LEAST)]


def test_the_likest_are_paired_in_the_order_of_the_new_text() -> None:
    old = ["We keep the orders for five years.", "We tell you of each change in good time."]
    new = ["We tell you of every change in good time.", "We keep the orders for ten years."]
    assert places(old, new) == [(1, 0), (0, 1)]


def test_the_likest_comes_before_the_first() -> None:
    old = ["one two three four five six", "one two three four five seven"]
    assert places(old, ["one two three four five seven"]) == [(1, 0)]


def test_of_equally_like_ones_the_nearest_is_taken() -> None:
    same = "one two three four five six"
    assert places([same] * 3, [same] * 3) == [(0, 0), (1, 1), (2, 2)]


def test_what_is_less_alike_stays_alone() -> None:
    assert places(["one two three four five"], ["six seven eight nine ten"]) == []
    assert places([], ["a"]) == places(["a"], []) == []


def test_few_words_are_compared_by_letters() -> None:
    assert likeness("Contact", "Contacts") > 0.9
    assert likeness("a b c d e f", "a b c x y z") == 0.5
    assert likeness("A B C D E", "a b c d e") == 1


def test_many_passages_are_paired_by_their_rarer_words() -> None:
    old = [f"We keep thing number{i} for the time that word{i} needs and no longer." for i in range(40)]
    new = [passage.replace("keep", "store") for passage in reversed(old)]
    assert places(old, new) == [(39 - j, j) for j in range(40)]


def test_of_many_passages_words_that_all_have_pair_none() -> None:
    old = ["we keep what we need for as long as we need it"] * 40
    assert places(old, [passage.replace("keep", "store") for passage in old]) == []


WORD = st.sampled_from(["one", "two", "three", "four", "five", "six", "seven"])
PASSAGES = st.lists(st.lists(WORD, max_size=7).map(" ".join), max_size=25)


@given(PASSAGES, PASSAGES)
def test_each_is_paired_once_and_alike_enough(old: list[str], new: list[str]) -> None:
    pairs = likely_pairs(old, new, LEAST)
    assert len({i for i, _, _ in pairs}) == len({j for _, j, _ in pairs}) == len(pairs)
    assert [j for _, j, _ in pairs] == sorted(j for _, j, _ in pairs)
    for i, j, like in pairs:
        assert LEAST <= like <= 1
        assert like == pytest.approx(likeness(old[i], new[j]))


@given(st.text(max_size=30), st.text(max_size=30))
def test_likeness_is_symmetric_and_whole_with_itself(one: str, other: str) -> None:
    assert likeness(one, other) == likeness(other, one)
    assert likeness(one, one) == 1


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], []), ([3], [0]), ([1, 2, 3], [0, 1, 2]), ([3, 2, 1], [2]), ([2, 0, 1], [1, 2]), ([1, 3, 0, 2], [0, 3])],
)
def test_longest_rising(values: list[int], expected: list[int]) -> None:
    assert len(longest_rising(values)) == len(expected)
    assert [values[i] for i in longest_rising(values)] == sorted(values[i] for i in longest_rising(values))


@given(st.permutations(range(7)).flatmap(lambda p: st.integers(0, 7).map(lambda n: list(p)[:n])))
def test_no_rising_sequence_is_longer(values: list[int]) -> None:
    kept = longest_rising(values)
    assert kept == sorted(set(kept))
    chosen = [values[i] for i in kept]
    assert chosen == sorted(chosen)
    assert not any(list(c) == sorted(c) for c in combinations(values, len(kept) + 1))

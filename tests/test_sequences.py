"""The stretches of two sequences are both sequences, equal where they say so, however long the sequences are."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.changes import sequences
from publisher.changes.sequences import Stretch, stretches


def put_together(old: str, new: str) -> list[tuple[bool, str, str]]:
    return [
        (s.equal, old[s.old_start : s.old_end], new[s.new_start : s.new_end]) for s in stretches(list(old), list(new))
    ]


CASES = [
    ("", "", []),
    ("ab", "ab", [(True, "ab", "ab")]),
    ("", "a", [(False, "", "a")]),
    ("abc", "axc", [(True, "a", "a"), (False, "b", "x"), (True, "c", "c")]),
]


@pytest.mark.parametrize(("old", "new", "expected"), CASES)
def test_stretches(old: str, new: str, expected: list[tuple[bool, str, str]]) -> None:
    joined: list[tuple[bool, str, str]] = []
    for equal, gone, came in put_together(old, new):
        last = joined.pop() if joined and joined[-1][0] == equal else (equal, "", "")
        joined.append((equal, last[1] + gone, last[2] + came))
    assert joined == expected


def check(old: list[str], new: list[str]) -> list[Stretch]:
    found = list(stretches(old, new))
    ends = [Stretch(True, 0, 0, 0, 0), *found, Stretch(True, len(old), len(old), len(new), len(new))]
    for one, other in pairwise(ends):
        assert (one.old_end, one.new_end) == (other.old_start, other.new_start)
    for s in found:
        if s.equal:
            assert old[s.old_start : s.old_end] == new[s.new_start : s.new_end]
    return found


WORDS = st.lists(st.sampled_from("abcdefghij"), max_size=14)


@given(WORDS, WORDS)
def test_stretches_are_both_sequences(old: list[str], new: list[str]) -> None:
    kept = [s for s in check(old, new) if s.equal]
    assert sum(s.old_end - s.old_start for s in kept) == longest(old, new)


def longest(old: list[str], new: list[str]) -> int:
    """The length of a longest common subsequence, by the textbook."""
    row = [0] * (len(new) + 1)
    for one in old:
        diagonal = 0
        for j, other in enumerate(new, 1):
            diagonal, row[j] = row[j], diagonal + 1 if one == other else max(row[j], row[j - 1])
    return row[-1]


@pytest.mark.parametrize("most", [0, 1, 6])
@given(old=WORDS, new=WORDS)
def test_long_sequences_too(most: int, old: list[str], new: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sequences, "_MOST_PAIRS", most)
        check(old, new)


def test_of_long_sequences_what_is_equal_around_and_once_between_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequences, "_MOST_PAIRS", 4)
    old, new = list("aab" + "xyMzz" + "cc"), list("aab" + "qqMrr" + "cc")
    equal = [old[s.old_start : s.old_end] for s in check(old, new) if s.equal]
    assert "".join("".join(part) for part in equal) == "aabMcc"


def test_what_is_too_long_between_two_anchors_went_and_came_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequences, "_MOST_PAIRS", 3)
    assert Stretch(False, 1, 5, 1, 5) in check(list("axyxyb"), list("ayxyxb"))

"""A redline gives both passages back to the letter, keeps figures whole and does not scatter words."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.changes.redline import Run, difference, redline, side


def runs(before: str, after: str) -> list[tuple[str, str]]:
    return [(run.op, run.text) for run in redline(before, after)]


CASES = {
    "nothing": ("", "", []),
    "equal": ("a b", "a b", [("equal", "a b")]),
    "came": ("", "a b", [("insert", "a b")]),
    "went": ("a b", "", [("delete", "a b")]),
    "a figure": (
        "It is kept for 90 days and then destroyed.",
        "It is kept for 180 days and then destroyed.",
        [("equal", "It is kept for"), ("delete", " 90"), ("insert", " 180"), ("equal", " days and then destroyed.")],
    ),
    "a Korean figure": (
        "회사는 이를 90일 동안 보관한 뒤 지체 없이 파기합니다.",
        "회사는 이를 180일 동안 보관한 뒤 지체 없이 파기합니다.",
        [
            ("equal", "회사는 이를"),
            ("delete", " 90일"),
            ("insert", " 180일"),
            ("equal", " 동안 보관한 뒤 지체 없이 파기합니다."),
        ],
    ),
    "words that came": (
        "Name and address are asked.",
        "Name and address and birthday are asked.",
        [("equal", "Name and address"), ("insert", " and birthday"), ("equal", " are asked.")],
    ),
    "a single equal word between changes joins them": (
        "a b c one and two d e f",
        "a b c three and four d e f",
        [("equal", "a b c"), ("delete", " one and two"), ("insert", " three and four"), ("equal", " d e f")],
    ),
    "a passage of which most changed is shown whole": (
        "one two three four five",
        "six two seven eight nine",
        [("delete", "one two three four five"), ("insert", "six two seven eight nine")],
    ),
}


@pytest.mark.parametrize(("before", "after", "expected"), CASES.values(), ids=CASES)
def test_redlines(before: str, after: str, expected: list[tuple[str, str]]) -> None:
    assert runs(before, after) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [("90일", "180일"), ("1,000원", "10,000원"), ("1.5 years", "1.25 years"), ("for 90", "for 900")],
)
def test_figures_are_never_split(before: str, after: str) -> None:
    old = set(re.findall(r"[\d.,]*\d", before))
    new = set(re.findall(r"[\d.,]*\d", after))
    found = redline(f"we keep it {before} and then no more", f"we keep it {after} and then no more")
    assert {f for run in found if run.op == "delete" for f in re.findall(r"[\d.,]*\d", run.text)} == old
    assert {f for run in found if run.op == "insert" for f in re.findall(r"[\d.,]*\d", run.text)} == new
    assert not [run for run in found if run.op == "equal" and re.search(r"\d", run.text)]


WORDS = st.lists(st.sampled_from(["a", "b", "c", "90", "180", "9", "0", "회사는", "\n", "  ", "x,"]), max_size=25).map(
    " ".join
)


@given(st.one_of(st.text(), WORDS), st.one_of(st.text(), WORDS))
def test_both_passages_come_back(before: str, after: str) -> None:
    found = redline(before, after)
    assert side(found, "delete") == before
    assert side(found, "insert") == after
    assert all(run.text for run in found)
    assert not [1 for one, other in pairwise(found) if one.op == other.op]
    assert not [1 for one, other in pairwise(found) if (one.op, other.op) == ("insert", "delete")]


@given(st.text())
def test_a_passage_and_itself(text: str) -> None:
    assert redline(text, text) == ((Run("equal", text),) if text else ())


@given(WORDS, WORDS)
def test_words_stay_whole(before: str, after: str) -> None:
    for run in redline(before, after):
        whole = before.split() if run.op != "insert" else after.split()
        assert all(word in whole for word in run.text.split())


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("kept for 90 days after", "kept for 180 days after", ("90 days", "180 days")),
        ("보관 기간은 90일이다", "보관 기간은 180일이다", ("90일이다", "180일이다")),
        ("a b c", "a c", ("b", "")),
        ("a c", "a b c", ("", "b")),
        ("a b", "a b", ("", "")),
        ("", "a", ("", "a")),
        ("a a", "a a a", ("", "a")),
    ],
)
def test_the_passage_that_changed(before: str, after: str, expected: tuple[str, str]) -> None:
    assert difference(before, after) == expected


@given(WORDS, WORDS)
def test_the_passage_that_changed_stands_in_both(before: str, after: str) -> None:
    gone, came = difference(before, after)
    assert gone in before
    assert came in after
    assert before == after or gone or came or before.split() == after.split()


def test_a_redline_that_loses_words_is_never_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("publisher.changes.redline.passages", lambda *_: [])
    with pytest.raises(ArithmeticError, match="does not give back"):
        redline("a b", "a c")

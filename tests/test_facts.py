"""Figures and contacts have one spelling for both languages; words are cut so that they can be put together again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.texts.facts import Fact, contacts, numbers, periods, without_contacts
from publisher.texts.tokens import folded, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("for 3 months", ["P3M"]),
        ("for three months", ["P3M"]),
        ("3개월 동안", ["P3M"]),
        ("3 개월", ["P3M"]),
        ("90일간", ["P90D"]),
        ("ninety days", ["P90D"]),
        ("Twenty-One Days", ["P21D"]),
        ("thirty (30) days", ["P30D"]),
        ("30 business days", ["P30D"]),
        ("a 2-year term", ["P2Y"]),
        ("72시간 이내, within 72 hours", ["PT72H", "PT72H"]),
        ("1,000일", ["P1000D"]),
        ("1,000 days", ["P1000D"]),
        ("1.5년", ["P1.5Y"]),
        ("1.5 years", ["P1.5Y"]),
        ("1년 6개월", ["P1Y", "P6M"]),
        ("2주 또는 두 달", ["P2W"]),
        ("007 days", ["P7D"]),
        # no periods: dates, years, ages
        ("2020년 3월 1일부터", []),
        ("2020년부터", []),
        ("12월 1일", []),
        ("14세 미만, 14 years old", []),
        ("phone or ninety", []),
    ],
)
def test_periods(text: str, expected: list[str]) -> None:
    assert sorted(fact.value for fact in periods(text).elements()) == sorted(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Help@Example.com.", [("email", "help@example.com")]),
        ("help@example.com으로", [("email", "help@example.com")]),
        ("(https://E.com/x?v=1), www.e.kr;", [("url", "https://e.com/x?v=1"), ("url", "www.e.kr")]),
        ("02-123-4567, 1544-0570", [("phone", "02-123-4567"), ("phone", "1544-0570")]),
        ("+82-2-3480-3571 or +1 650 253 0000", [("phone", "+82-2-3480-3571"), ("phone", "+1 650 253 0000")]),
        ("010-1234-5678, 800-555-0100", [("phone", "010-1234-5678"), ("phone", "800-555-0100")]),
        # dates and sums, which are no contact that may change without notice
        ("2020-03-01 and 3.14", []),
        ("June 17 2016, 2020-2024, 50 2000 won", []),
        ("nothing here", []),
    ],
)
def test_contacts(text: str, expected: list[tuple[str, str]]) -> None:
    assert {(fact.kind, fact.value) for fact in contacts(text)} == set(expected)


def test_what_stands_around_contacts() -> None:
    one = without_contacts("Write to a@e.com or https://e.com, call 02-123-4567.")
    other = without_contacts("Write to b@f.kr or https://f.kr/x, call 1544-0570.")
    assert one == other
    assert "Write to" in one
    assert "e.com" not in one


def test_numbers_as_written() -> None:
    assert numbers("5, 1,000 and 3.14; 5") == {
        Fact("number", "5"): 2,
        Fact("number", "1,000"): 1,
        Fact("number", "3.14"): 1,
    }


@given(st.text())
def test_words_are_the_text_again(text: str) -> None:
    assert "".join(words(text)) == text


@given(st.text())
def test_folding_twice_does_nothing_more(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("“A” ‘b’", "\"A\" 'b'", True),
        ("(가)", "（가）", True),
        ("a\u00a0 b", "a b", True),
        ("가·나", "가\u30fb나", True),
        ("a – b", "a — b", True),
        ("wait…", "wait...", True),
        ("10²", "102", False),
        ("1,000", "1000", False),
        ("a, b", "a b", False),
        ("90일", "180일", False),
    ],
)
def test_forms_that_look_the_same(one: str, other: str, same: bool) -> None:
    assert (folded(one) == folded(other)) is same

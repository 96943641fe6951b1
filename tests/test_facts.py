"""Facts have one spelling for both languages; words are cut so that they can be put together again."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.texts.document import parse
from publisher.texts.facts import Fact, clause_facts, contacts, facts, numbers, periods, without_contacts
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


def stated(kind: str, text: str) -> list[str]:
    return sorted(fact.value for fact in facts(text).elements() if fact.kind == kind)


#: kind, then the same in English, in Korean and in one spelling
SAME = [
    ("period", "for three (3) months", "3개월 동안", "P3M"),
    ("period", "for three months", "석 달 동안", "P3M"),
    ("period", "for one month", "한 달간", "P1M"),
    ("period", "for a month", "1개월 동안", "P1M"),
    ("period", "two weeks", "이주일", "P2W"),
    ("period", "ninety days", "90일", "P90D"),
    ("period", "90 days", "구십 일 이내", "P90D"),
    ("period", "ten days", "열흘", "P10D"),
    ("period", "five years", "오 년간", "P5Y"),
    ("period", "72 hours", "72시간", "PT72H"),
    ("date", "27 July 2020", "2020년 7월 27일", "2020-07-27"),
    ("date", "July 27, 2020", "2020. 7. 27.", "2020-07-27"),
    ("date", "the 27th of July 2020", "2020.07.27", "2020-07-27"),
    ("date", "Sept. 3, 2021", "2021-09-03", "2021-09-03"),
    ("date", "2020-07-27", "2020/07/27", "2020-07-27"),
    ("date", "July 27", "7월 27일", "--07-27"),
    ("date", "in July 2020", "2020년 7월에", "2020-07"),
    ("age", "children under 14", "만 14세 미만 아동", "<14"),
    ("age", "under the age of 14", "14세가 되지 않은 아동", "<14"),
    ("age", "younger than 14 years", "14살 미만", "<14"),
    ("age", "at least 16 years old", "16세 이상", ">=16"),
    ("age", "sixteen years of age or older", "만16세 이상", ">=16"),
    ("age", "16 or older", "16세 이상인", ">=16"),
    ("age", "over the age of 18", "18세 초과", ">18"),
    ("age", "aged 14", "14세", "14"),
    ("amount", "$5", "5달러", "USD 5"),
    ("amount", "USD 1,250.50", "미화 1,250.5달러", "USD 1250.5"),
    ("amount", "KRW 10,000", "10,000원", "KRW 10000"),
    ("amount", "10,000 won", "1만 원", "KRW 10000"),
    ("amount", "₩35,000", "3만5천원", "KRW 35000"),
    ("amount", "KRW 30 million", "3천만 원", "KRW 30000000"),
    ("amount", "€5", "5유로", "EUR 5"),
    ("percent", "10%", "10퍼센트", "10"),
    ("percent", "ten percent", "10 %", "10"),
    ("percent", "2.50 per cent", "2.5%", "2.5"),
    ("threshold", "at least 14 days", "최소 14일", ">=P14D"),
    ("threshold", "14 days or more", "14일 이상", ">=P14D"),
    ("threshold", "no later than 30 days before", "30일 전까지", ">=P30D"),
    ("threshold", "within 30 days", "30일 이내", "<=P30D"),
    ("threshold", "within the first 30 days", "30일 안에", "<=P30D"),
    ("threshold", "no later than 30 days after", "최대 30일", "<=P30D"),
    ("threshold", "up to 5 devices", "5개 이하", "<=5"),
    ("threshold", "up to five devices", "다섯 개까지", "<=5"),
    ("threshold", "no more than 5", "최대 5명", "<=5"),
    ("threshold", "more than 5", "5명 초과", ">5"),
    ("threshold", "less than 10%", "10퍼센트 미만", "<10%"),
    ("threshold", "at most USD 50", "50달러 이하", "<=USD 50"),
    ("phone", "+82-2-555-0100", "02-555-0100", "+8225550100"),
    ("phone", "+82 1544-0570", "1544-0570", "+8215440570"),
    ("phone", "1-800-555-0100", "800.555.0100", "+18005550100"),
    ("phone", "(800) 555-0100", "+1 800 555 0100", "+18005550100"),
    ("email", "Write to Help@Example.com.", "help@example.com으로", "help@example.com"),
    ("url", "see https://example.com/x.", "https://example.com/x", "https://example.com/x"),
    ("number", "1,000 names", "1천 개가 아니라 1000개", "1000"),
    ("number", "20,000 people", "2만 명", "20000"),
    ("number", "Article 3", "제3조", "3"),
]


@pytest.mark.parametrize(("kind", "english", "korean", "value"), SAME)
def test_the_same_fact_in_both_languages(kind: str, english: str, korean: str, value: str) -> None:
    assert set(stated(kind, english)) == {value}
    assert value in stated(kind, korean)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("period", "2020년 7월 27일, 한 달러, 이 일, 삼일절, 말한 달"),
        ("period", "children under 14 years of age"),
        ("date", "2020년 0월 0일, 2020. 13. 1., you may 14, Section 2020"),
        ("date", "May we ask? 1.2.3"),
        ("age", "under 14 days, under 20 employees, over 30%, 3세대, under USD 15"),
        ("age", "the page of 13 rooms"),
        ("amount", "회원 3명, 10원칙"),
        ("percent", "10프로그램"),
        ("threshold", "14 days, over the next 30 days, 14일 전에"),
        ("number", "제3자, 3rd, MP3, v2"),
        ("phone", "2020-03-01, 3.14, 2020-2024"),
    ],
)
def test_what_is_no_such_fact(kind: str, text: str) -> None:
    assert stated(kind, text) == []


def test_a_month_is_not_thirty_days() -> None:
    assert facts("1개월") != facts("30일")
    assert facts("one month") == facts("한 달")


def test_a_telephone_number_of_an_uncertain_country_keeps_its_digits() -> None:
    assert stated("phone", "020-7946-0018") == ["02079460018"]


def test_a_figure_is_one_fact_and_its_limit_another() -> None:
    assert facts("at least 14 days") == {Fact("period", "P14D"): 1, Fact("threshold", ">=P14D"): 1}
    assert facts("children under 14") == {Fact("age", "<14"): 1}


@pytest.mark.parametrize(
    ("english", "korean"),
    [
        (
            "Order records are kept for 5 years under the Act on Consumer Protection in Electronic Commerce.",
            "주문 기록은 「전자상거래 등에서의 소비자보호에 관한 법률」에 따라 5년 동안 보관합니다.",
        ),
        (
            "Children under 14 may spend up to 10,000 won within 30 days in Korea.",
            "한국에서 만 14세 미만 아동은 30일 이내에 10,000원까지 쓸 수 있습니다.",
        ),
        (
            "Amazon Web Services Inc. in the United States keeps 10% of it until 27 July 2027 (help@example.com).",
            "미국의 아마존웹서비스는 2027년 7월 27일까지 그 10%를 보관합니다(help@example.com).",
        ),
    ],
)
def test_a_sentence_states_the_same_in_both_languages(english: str, korean: str) -> None:
    assert facts(english) == facts(korean)
    assert facts(english)


LONG = 50_000


@pytest.mark.parametrize(
    ("piece", "expected"),
    [
        ("a", set()),
        ("1", {"number"}),
        ("1 ", {"number"}),
        ("1만", {"number"}),
        (",111", set()),
        ("-", set()),
        ("a@", set()),
        ("thirty-", set()),
        ("under the age of ", set()),
        ("$", set()),
        ("(주)", set()),
        ("「", set()),
        ("Act on The ", None),
        ("가법 ", None),
        ("한 ", set()),
        ("http://", {"url"}),
        ("\ue000", set()),
    ],
)
def test_hostile_lines_are_read_to_their_end(piece: str, expected: set[str] | None) -> None:
    """Each would take hours if a pattern went back over what it has read."""
    line = piece * (LONG // len(piece))
    found = facts(f"{line} \n\nat least 14 days, help@example.com")
    assert found[Fact("threshold", ">=P14D")] == 1
    assert found[Fact("email", "help@example.com")] == 1
    assert contacts(f"{line} help@example.com")[Fact("email", "help@example.com")] == 1
    if expected is not None:
        assert {fact.kind for fact in found} == expected | {"period", "threshold", "email"}


@given(st.text())
def test_wrapping_a_text_changes_no_fact(text: str) -> None:
    assert facts(text.replace(" ", " \n ")) == facts(text)


@given(st.lists(st.sampled_from([row[side] for row in SAME for side in (1, 2)]), max_size=8))
def test_passages_that_are_set_apart_add_up(passages: list[str]) -> None:
    assert facts(" ; ".join(passages)) == sum((facts(passage) for passage in passages), facts(""))


@given(st.integers(1, 999), st.sampled_from(["day", "week", "month", "year", "hour"]))
def test_every_period_is_alike_in_both_languages(number: int, unit: str) -> None:
    korean = {"day": "일", "week": "주", "month": "개월", "year": "년", "hour": "시간"}[unit]
    assert facts(f"at least {number} {unit}s") == facts(f"{number}{korean} 이상")


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_every_date_is_alike_in_both_languages(day: date) -> None:
    korean = f"{day.year}년 {day.month}월 {day.day}일"
    english = f"{day.strftime('%B')} {day.day}, {day.year}"
    assert facts(english) == facts(korean) == facts(day.isoformat()) == {Fact("date", day.isoformat()): 1}


CLAUSES = """Before 5 years.

# Policy {#policy}

## Retention {#retention}

- Orders: 5 years
- Letters: 3 years

| Who | Until |
| --- | --- |
| [Help](mailto:help@example.com) | at least 14 days |

## Notes

## Notes
"""


def test_the_facts_of_each_clause() -> None:
    found = clause_facts(parse(CLAUSES))
    assert list(found) == ["", "policy", "retention", "Notes", "Notes (2)"]
    assert found[""] == {"period": ["P5Y"]}
    assert found["policy"] == found["Notes"] == {}
    assert found["retention"] == {
        "email": ["help@example.com"],
        "item": ["Letters: 3 years", "Orders: 5 years"],
        "period": ["P14D", "P3Y", "P5Y"],
        "row": ["Help | at least 14 days", "Who | Until"],
        "threshold": [">=P14D"],
    }


def test_a_heading_states_facts_but_its_number_does_not() -> None:
    assert clause_facts(parse("## 3. Children under 14 {#children}\n")) == {"children": {"age": ["<14"]}}


def test_nothing_heavy_is_loaded_before_it_is_needed() -> None:
    import subprocess
    import sys

    program = (
        "import sys, publisher.texts.facts, publisher.changes.fact_changes;"
        "print('babel' in sys.modules or 'deepdiff' in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "False"

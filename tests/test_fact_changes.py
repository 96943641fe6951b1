"""Facts that changed are found clause by clause, whatever words stand around them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.changes.fact_changes import FactChange, fact_changes
from publisher.texts.document import parse

OLD = """# Policy {#policy}

## 1. Retention {#retention}

Orders are kept for 5 years, letters for 3 months.

- paper
- files

| Company | Country |
| --- | --- |
| Example Inc. | Germany |

## 2. Contact {#contact}

Write to [help@example.com](mailto:help@example.com).
"""


def changes(before: str, after: str, text: str = OLD) -> tuple[FactChange, ...]:
    assert before in text
    return fact_changes(parse(text), parse(text.replace(before, after)))


CASES = {
    "a period": ("5 years", "7 years", [("retention", "period", ("P5Y",), ("P7Y",))]),
    "a period in words": ("5 years", "seven years", [("retention", "period", ("P5Y",), ("P7Y",))]),
    "a limit": ("for 5 years", "for up to 5 years", [("retention", "threshold", (), ("<=P5Y",))]),
    "an item": ("- paper\n", "", [("retention", "item", ("paper",), ())]),
    "a link's address alone": (
        "mailto:help@example.com",
        "mailto:desk@example.com",
        [("contact", "email", (), ("desk@example.com",))],
    ),
    "a company in a row": (
        "Example Inc.",
        "Sample Inc.",
        [
            ("retention", "party", ("Example",), ("Sample",)),
            ("retention", "row", ("Example Inc. | Germany",), ("Sample Inc. | Germany",)),
        ],
    ),
    "a clause that is gone": (
        OLD[OLD.index("## 2. Contact") :],
        "",
        [("contact", "email", ("help@example.com",), ())],
    ),
    "a clause that moved under another id": (
        "{#contact}",
        "{#officer}",
        [("contact", "email", ("help@example.com",), ()), ("officer", "email", (), ("help@example.com",))],
    ),
    "a period said once more": (
        "letters for",
        "bills for 5 years, letters for",
        [("retention", "period", (), ("P5Y",))],
    ),
}


@pytest.mark.parametrize(("before", "after", "expected"), CASES.values(), ids=CASES)
def test_a_fact_changed(
    before: str, after: str, expected: list[tuple[str, str, tuple[str, ...], tuple[str, ...]]]
) -> None:
    assert changes(before, after) == tuple(FactChange(*change) for change in expected)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Orders are kept", "Orders stay"),
        ("5 years", "five years"),
        ("3 months", "3개월"),
        ("- paper\n- files", "- files\n- paper"),
        ("## 1. Retention", "### 7. Retention"),
    ],
)
def test_words_order_and_spelling_are_no_facts(before: str, after: str) -> None:
    assert changes(before, after) == ()


def test_a_clause_that_only_moved_is_no_change() -> None:
    head, retention, contact = OLD.partition("## 1.")[0], OLD[OLD.index("## 1.") : OLD.index("## 2.")], "## 2."
    moved = f"{head}{OLD[OLD.index(contact) :]}\n{retention}"
    assert fact_changes(parse(OLD), parse(moved)) == ()


def test_headings_that_look_like_paths_are_kept_apart() -> None:
    before = "## root['a'][0]\n\n5 years.\n\n## a.b \"c\"\n\n3 years.\n"
    assert changes("3 years", "4 years", before) == (FactChange('a.b "c"', "period", ("P3Y",), ("P4Y",)),)


def test_texts_with_little_in_common_are_still_compared_clause_by_clause() -> None:
    old = "## A {#a}\n\n5 years, 10%, in Germany, Example Inc.\n\n## B {#b}\n\n5 years.\n\n## C {#c}\n\n1 year.\n"
    new = "## A {#a}\n\n5 years, help@example.com.\n\n## D {#d}\n\n3 years.\n\n## E {#e}\n\n2 years.\n"
    assert fact_changes(parse(old), parse(new)) == (
        FactChange("a", "country", ("DE",), ()),
        FactChange("a", "email", (), ("help@example.com",)),
        FactChange("a", "party", ("Example",), ()),
        FactChange("a", "percent", ("10",), ()),
        FactChange("b", "period", ("P5Y",), ()),
        FactChange("c", "period", ("P1Y",), ()),
        FactChange("d", "period", (), ("P3Y",)),
        FactChange("e", "period", (), ("P2Y",)),
    )
    assert {c.clause for c in fact_changes(parse("## A {#a}\n\n1 day."), parse("## B {#b}\n\n1 day."))} == {"a", "b"}


_TEXTS = st.lists(st.sampled_from(["5 years", "3 months", "10%", "Example Inc.", "in Germany", "words"]), max_size=6)


@given(_TEXTS, _TEXTS)
def test_forth_and_back_are_opposites(one: list[str], other: list[str]) -> None:
    old, new = (parse("## A {#a}\n\n" + "\n\n".join(lines)) for lines in (one, other))
    forth, back = fact_changes(old, new), fact_changes(new, old)
    assert [(c.clause, c.kind, c.after, c.before) for c in back] == [
        (c.clause, c.kind, c.before, c.after) for c in forth
    ]
    told = sorted(line for line in one if line != "words") != sorted(line for line in other if line != "words")
    assert bool(forth) is told
    assert not any(c.before == c.after for c in forth)

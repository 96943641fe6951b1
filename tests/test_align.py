"""Which piece of the old text is which of the new one: everything once, and on a stated basis."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.changes.align import Alignment, align, align_blocks
from publisher.texts.document import Block, Document, parse

OLD = """# Policy {#policy}

## 1. Scope {#scope}

This policy applies to every service of the company.

## 2. Retention {#retention}

Order records are kept for five years and then destroyed.

## 3. Contact {#contact}

Write to the privacy officer at any time.
"""


def matched(alignment: Alignment) -> list[tuple[str, str, str]]:
    return [(m.old.name, m.new.name, m.basis) for m in alignment.matches]


def changed(old: str, new: str) -> tuple[list[tuple[str, str, str]], list[str], list[str], list[str]]:
    result = align(parse(old), parse(new))
    return (
        matched(result),
        [c.name for c in result.deleted],
        [c.name for c in result.inserted],
        [m.new.name for m in result.moved],
    )


def test_a_text_with_itself() -> None:
    names = ["Policy", "1. Scope", "2. Retention", "3. Contact"]
    assert changed(OLD, OLD) == ([(n, n, "id") for n in names], [], [], [])


def test_ids_hold_whatever_else_changes() -> None:
    new = OLD.replace("2. Retention", "7. How long we keep it").replace("Order records are kept for five years", "No")
    assert changed(OLD, new)[0][2] == ("2. Retention", "7. How long we keep it", "id")


def test_an_inserted_clause_renumbers_the_others() -> None:
    new = OLD.replace("## 2.", "## 2. Cookies {#cookies}\n\nThere are none.\n\n## 3.").replace(
        "3. Contact", "4. Contact"
    )
    pairs, deleted, inserted, moved = changed(OLD, new)
    assert pairs[2:] == [("2. Retention", "3. Retention", "id"), ("3. Contact", "4. Contact", "id")]
    assert (deleted, inserted, moved) == ([], ["2. Cookies"], [])


def test_a_deleted_clause() -> None:
    new = OLD[: OLD.index("## 3.")]
    assert changed(OLD, new)[1:] == (["3. Contact"], [], [])


def test_a_moved_clause_is_the_only_one_that_moved() -> None:
    head, scope, retention, contact = OLD.split("\n## ")
    new = "\n## ".join([head, contact + "\n", scope, retention])
    pairs, deleted, inserted, moved = changed(OLD, new)
    assert {basis for _, _, basis in pairs} == {"id"}
    assert (deleted, inserted, moved) == ([], [], ["3. Contact"])


def test_two_clauses_that_changed_places_are_one_move() -> None:
    head, scope, retention, contact = OLD.split("\n## ")
    new = "\n## ".join([head, retention, scope, contact])
    assert len(changed(OLD, new)[3]) == 1


def test_a_clause_with_another_id_is_another_clause() -> None:
    new = OLD.replace("{#retention}", "{#storage}")
    _, deleted, inserted, _ = changed(OLD, new)
    assert (deleted, inserted) == (["2. Retention"], ["2. Retention"])


@pytest.mark.parametrize(
    ("new", "basis"),
    [
        ("## 5. Retention\n\nRecords are kept for a year and then destroyed.\n", "words"),
        ("## 2. RETENTION\n\nNothing is kept.\n", "heading"),
        ("## 2. Storage\n\nRecords are kept for a month and then destroyed.\n", "likeness"),
        ("## 2. Fees\n\nNone whatsoever apply here.\n", None),
        ("## 2. Retention {#retention}\n\nOther words altogether.\n", "heading"),
    ],
)
def test_on_what_basis_without_ids(new: str, basis: str | None) -> None:
    old = "## 2. Retention\n\nRecords are kept for a year and then destroyed.\n"
    pairs, deleted, inserted, _ = changed(old, new)
    assert [b for _, _, b in pairs] == ([basis] if basis else [])
    assert len(deleted) == len(inserted) == (0 if basis else 1)


def test_what_stands_before_the_first_heading_is_matched_by_likeness() -> None:
    old, new = "Valid from May for everybody.\n\n# A {#a}\n", "Valid from June for everybody.\n\n# A {#a}\n"
    assert changed(old, new)[0] == [("", "", "likeness"), ("A", "A", "id")]


def test_the_likest_pair_comes_first() -> None:
    old = "## A one\n\na b c d e f g h\n\n## B two\n\na b c d e f x y\n"
    new = "## C three\n\na b c d e f x y\n\n## D four\n\na b c d e f g h\n"
    pairs, _, _, moved = changed(old, new)
    assert [(o, n) for o, n, _ in pairs] == [("B two", "C three"), ("A one", "D four")]
    assert len(moved) == 1


HEADINGS = st.sampled_from(["# A {#a}", "# B {#b}", "# B {#a}", "## 1. C", "## 2. C", "## C {#c}", "## ", "## D"])
BODIES = st.sampled_from(["", "one two three four", "one two three five", "six", "- six\n- seven", "| x |\n| - |"])
DOCUMENTS = st.lists(st.tuples(HEADINGS, BODIES), max_size=7).map(
    lambda parts: parse("\n\n".join(f"{heading}\n\n{body}" for heading, body in parts))
)


@given(DOCUMENTS, DOCUMENTS)
def test_every_clause_of_both_sides_occurs_once(old: Document, new: Document) -> None:
    result = align(old, new)
    assert Counter(id(c) for c in old.clauses) == Counter(
        [*(id(m.old) for m in result.matches), *map(id, result.deleted)]
    )
    assert Counter(id(c) for c in new.clauses) == Counter(
        [*(id(m.new) for m in result.matches), *map(id, result.inserted)]
    )
    assert set(map(id, result.moved)) <= set(map(id, result.matches))
    order = {id(c): i for i, c in enumerate((*old.clauses, *new.clauses))}
    stay = [m for m in result.matches if id(m) not in set(map(id, result.moved))]
    assert [order[id(m.old)] for m in stay] == sorted(order[id(m.old)] for m in stay)
    assert [order[id(m.new)] for m in result.matches] == sorted(order[id(m.new)] for m in result.matches)
    for match in result.matches:
        if match.old.id and match.new.id:
            assert match.old.id == match.new.id


@given(DOCUMENTS)
def test_nothing_changed_in_a_text_and_itself(document: Document) -> None:
    result = align(document, document)
    assert (result.deleted, result.inserted, result.moved) == ((), (), ())


# ---- blocks


def blocks(*texts: str) -> list[Block]:
    return [Block(kind="item", depth=1, number="", text=text, links=(), line=i) for i, text in enumerate(texts, 1)]


def pairs(old: list[Block], new: list[Block]) -> list[tuple[str | None, str | None]]:
    return [(a.text if a else None, b.text if b else None) for a, b in align_blocks(old, new)]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (["a"], ["a"], [("a", "a")]),
        ([], ["a"], [(None, "a")]),
        (["a"], [], [("a", None)]),
        (["a", "b"], ["b"], [("a", None), ("b", "b")]),
        (["a", "c"], ["a", "b", "c"], [("a", "a"), (None, "b"), ("c", "c")]),
        (
            ["Order records: 5 years"],
            ["Order records: 7 years"],
            [("Order records: 5 years", "Order records: 7 years")],
        ),
        (["보유 기간: 5년"], ["보유 기간: 7년"], [("보유 기간: 5년", "보유 기간: 7년")]),
        (
            ["Order records: 5 years", "Complaints: 3 years", "Logs: 3 months"],
            ["Order records: 7 years", "Complaints: 3 years", "Logs: 6 months"],
            [
                ("Order records: 5 years", "Order records: 7 years"),
                ("Complaints: 3 years", "Complaints: 3 years"),
                ("Logs: 3 months", "Logs: 6 months"),
            ],
        ),
        (
            ["Order records: 5 years", "Payment records: 5 years"],
            ["Order records: 7 years", "Payment records: 7 years", "Fax records: 1 year"],
            [
                ("Order records: 5 years", "Order records: 7 years"),
                ("Payment records: 5 years", "Payment records: 7 years"),
                (None, "Fax records: 1 year"),
            ],
        ),
        (["alpha beta gamma"], ["delta epsilon zeta"], [(None, "delta epsilon zeta"), ("alpha beta gamma", None)]),
    ],
)
def test_blocks_of_a_clause(old: list[str], new: list[str], expected: list[tuple[str | None, str | None]]) -> None:
    assert pairs(blocks(*old), blocks(*new)) == expected


TEXTS = st.lists(
    st.lists(st.sampled_from(["a", "b", "c", "d", "90일", "180일", "x"]), min_size=1, max_size=5).map(" ".join),
    max_size=8,
)


@given(TEXTS, TEXTS)
def test_every_block_of_both_sides_occurs_once(old: list[str], new: list[str]) -> None:
    left, right = blocks(*old), blocks(*new)
    found = align_blocks(left, right)
    assert sorted(a.line for a, _ in found if a) == [a.line for a in left]
    assert [b for _, b in found if b] == right
    assert (None, None) not in found


BARE = "# T\n\n## Gates\n\n### {}\n\n### Ponds\n\nThey are deep.\n"
PLACES = [
    # a heading without words of its own, alone between the same neighbours, was renamed
    (BARE.format("Zebra"), BARE.format("Quill"), [("Zebra", "Quill")]),
    ("# T\n\n## Zebra\n", "# T\n\n## Quill\n", [("Zebra", "Quill")]),
    ("## Zebra\n\n# T\n", "## Quill\n\n# T\n", [("Zebra", "Quill")]),
    # not one of another level, with words, with an id, or one of two
    ("# T\n\n## Zebra\n", "# T\n\n### Quill\n", []),
    ("# T\n\n## Zebra\n", "# T\n\n## Quill\n\nWords.\n", []),
    ("# T\n\n## Zebra\n", "# T\n\n## Quill {#q}\n", []),
    (BARE.format("Zebra"), BARE.format("Quill\n\n### Fjord"), []),
    ("# T\n\n## Zebra\n", "# T\n", []),
    ("## Zebra\n", "## Quill\n", []),
]


@pytest.mark.parametrize(("old", "new", "expected"), PLACES)
def test_a_bare_heading_is_known_by_its_place(old: str, new: str, expected: list[tuple[str, str]]) -> None:
    assert [(one, other) for one, other, basis in changed(old, new)[0] if basis == "place"] == expected

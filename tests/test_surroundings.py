"""What stands around a passage: the words it stands under, the list it leads into, and what points by place."""

from __future__ import annotations

import pytest

from publisher.changes.surroundings import Surroundings, leans
from publisher.texts.document import Block, Document, parse


def read(markdown: str) -> tuple[Surroundings, Document]:
    document = parse(markdown)
    return Surroundings.of(document, parse("")), document


def blocks(document: Document) -> list[Block]:
    return [block for clause in document.clauses for block in clause.blocks]


LEAD_INS = [
    ("One.\n\nTwo.", ["", ""]),
    ("We never:\n\n- sell\n- rent", ["", "We never:", "We never:"]),
    ("We:\n\n- keep\n  - names\n- sell", ["", "We:", "keep", "We:"]),
    ("We:\n\n- keep\n\nYou:\n\n- ask", ["", "We:", "", "You:"]),
    ("- alone", [""]),
    ("Held:\n\n| What | How long |\n| --- | --- |\n| names | a year |", ["", "Held:", "Held:\nWhat | How long"]),
    ("| A |\n| --- |\n| b |\n\n- c\n\n| D |\n| --- |\n| e |", ["", "A", "b", "", "D"]),
]


@pytest.mark.parametrize(("markdown", "expected"), LEAD_INS)
def test_lead_in(markdown: str, expected: list[str]) -> None:
    around, document = read(markdown)
    assert [around.lead_in(block) for block in blocks(document)] == expected


def test_a_block_of_another_text_has_no_lead_in() -> None:
    around, _ = read("We:\n\n- sell")
    assert around.lead_in(blocks(parse("We:\n\n- sell"))[1]) == ""


LEADING = [
    ("One.\n\nTwo.", [False, False]),
    ("One:\n\nTwo.", [True, False]),
    ("One.\n\n- a\n- b", [True, False, False]),
    ("- a\n  - b", [False, False]),
    ("- a:\n  - b", [True, False]),
    ("One\n\n| A |\n| --- |\n| b |", [True, False, False]),
    ("One\n\n> quoted", [True, False]),
]


@pytest.mark.parametrize(("markdown", "expected"), LEADING)
def test_leads_in(markdown: str, expected: list[bool]) -> None:
    around, document = read(markdown)
    assert [around.leads_in(block) for block in blocks(document)] == expected


POINTING = [
    ("The above holds.", True),
    ("The same address.", True),
    ("전항의 경우에 그렇습니다.", True),
    ("See below.", True),
    ("As follows in the next one:\n\n- a", False),
    ("The following:\n\n| A |\n| --- |\n| b |", False),
    ("The following:\n\nA.", True),
    ("아래와 같습니다.\n\n- 이름", False),
    ("아래를 봅니다.", True),
    ("Nothing of the kind.", False),
    ("We followed it.", False),
    ("", False),
]


@pytest.mark.parametrize(("markdown", "expected"), POINTING)
def test_points(markdown: str, expected: bool) -> None:
    around, document = read(f"## C\n\n{markdown}\n")
    assert [around.points(document.clauses[0]) for _ in range(2)] == [expected, expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("However, we may.", True), ("“This” is it.", True), ("In that case we do.", True), ("다만, 그렇습니다.", True),
     ("이 경우 알립니다.", True), ("We may, however.", False), ("Italy is far.", False), ("회사는 단 하나입니다.", False), ("", False)],
)  # fmt: skip
def test_leans(text: str, expected: bool) -> None:
    assert leans(text) is expected
    around, document = read(f"## C\n\nOne.\n\n{text}\n")
    assert [around.leans(document.clauses[0]) for _ in range(2)] == [expected, expected]


def test_heading_over() -> None:
    around, document = read("# T {#t}\n\n## A {#a}\n\n### B\n\n#### C\n\n## D\n")
    over = [around.heading_over(clause) for clause in document.clauses]
    assert over == ["", "", "a", "B", ""]

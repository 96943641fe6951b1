"""References to clauses by number are found, statutes are not, and each leads to a clause."""

from __future__ import annotations

import pytest

from publisher.changes.align import align
from publisher.changes.classify import compare
from publisher.changes.lexicon import lexicon
from publisher.changes.model import Level
from publisher.changes.references import Numbering, number_key, references
from publisher.texts.document import parse

FOUND = [
    ("See Section 3 and section 4.2.", ["3", "4.2"]),
    ("Articles 5, clause 6, Art. 7, Sec. 8 and § 9", ["5", "6", "7", "8", "9"]),
    ("Part IV, Schedule B, Annex C.2, Appendix A", ["part IV", "schedule B", "annex C.2", "appendix A"]),
    ("제3조, 제 4 조, 제5조의2, 제6장", ["3", "4", "5의2", "장 6"]),
    ("see sections below", []),
    ("a section a reader knows", []),
    ("Section 2024", []),
    # numbers of a statute
    ("Section 512 of the Copyright Act", []),
    ("Article 6(1) of the GDPR", []),
    ("Article 17 under that Regulation", []),
    ("「개인정보 보호법」 제15조에 따라", []),
    ("전기통신사업법 제83조", []),
    ("같은 법 시행령 제3조", []),
    ("Section 5 of these terms", ["5"]),
    ("이 약관 제7조", ["7"]),
]


@pytest.mark.parametrize(("text", "expected"), FOUND)
def test_references(text: str, expected: list[str]) -> None:
    assert [r.number for r in references(text)] == expected


def test_a_reference_knows_its_place_and_what_follows() -> None:
    (found,) = references("As Section 3 (Our Cookies) says.")
    assert (found.start, found.end, found.following) == (3, 12, " (Our Cookies) says.")


@pytest.mark.parametrize(
    ("number", "expected"),
    [("3.", "3"), ("Section 3", "3"), ("제3조", "3"), ("제3조의 2", "3의2"), ("4.2.1", "4.2.1"), ("IV.", "IV"), ("Annex A", "annex A"), ("제 2 장", "장 2"), ("", ""), ("*", "")],
)  # fmt: skip
def test_number_key(number: str, expected: str) -> None:
    assert number_key(number) == expected


OLD = "# T\n\n## 1. First things\n\nAlpha.\n\n## 2. Second things\n\nBeta.\n\n## 3. Cat\n\nGamma.\n"
NEW = "# T\n\n## 1. New\n\nDelta.\n\n## 2. First things\n\nAlpha.\n\n## 3. Second things\n\nBeta.\n\n## 4. Cat\n\nGamma.\n"


def numbering(old: str = OLD, new: str = NEW) -> Numbering:
    one, other = parse(old), parse(new)
    return Numbering.of(one, other, align(one, other).matches)


def target(text: str, *, new: bool) -> str:
    (reference,) = references(text)
    return numbering().target(reference, new=new)


def test_a_number_means_its_clause() -> None:
    assert target("Section 1", new=False) == target("Section 2", new=True) != target("Section 2", new=False)
    assert target("Section 3", new=False) == target("Section 4", new=True)
    # a number that no clause both texts have bears means itself
    assert target("Section 1", new=True) == "number 1"
    assert target("Section 9", new=False) == target("Section 9", new=True) == "number 9"


def test_the_title_says_which_clause_is_meant() -> None:
    # before, whatever the number
    assert target("Section 9 (Second things)", new=False) == target("Section 2", new=False)
    # afterwards, only where the number leads there as well
    assert target("Section 3 (Second things)", new=True) == target("Section 2", new=False)
    assert target("Section 2 (Second things)", new=True) == target("Section 1", new=False)
    # a short title may stand there by chance
    assert target("Section 9 (Cat)", new=False) == "number 9"


@pytest.mark.parametrize(
    ("text", "known", "named"),
    [("Section 1", True, False), ("Section 9", False, False), ("Section 9 (First things)", True, True)],
)
def test_whether_a_reference_led_anywhere(text: str, known: bool, named: bool) -> None:
    (reference,) = references(text)
    assert numbering().knows(reference) is known
    assert numbering().names(reference) is named


def test_a_kind_that_the_heading_does_not_say() -> None:
    one, other = target("Chapter 1", new=False), target("Chapter 2", new=True)
    assert one == other == "chapter at clause 1"
    (known,), (lost,) = references("Chapter 1"), references("Chapter 9")
    assert (numbering().knows(known), numbering().knows(lost)) == (True, False)


def test_chapters_and_articles_are_counted_apart() -> None:
    text = "# 글\n\n## 제1장 하나\n\n## 제1조 둘\n\n가.\n"
    (chapter,), (article,) = references("제1장"), references("제1조")
    assert numbering(text, text).target(chapter, new=True) == "clause 1"
    assert numbering(text, text).target(article, new=True) == "clause 2"


def test_of_two_clauses_with_one_number_the_first_is_meant() -> None:
    text = "## 1. Apples\n\nA.\n\n## 1. Pears\n\nB.\n\n## Plums\n\nC.\n"
    (reference,) = references("Section 1")
    assert numbering(text, text).target(reference, new=True) == "clause 0"


# What reads like the same number and is another clause: never a reference that only follows.
ANOTHER_CLAUSE = [
    ("ko", "회사는 제5조에 따라 정보를 제공합니다.", "회사는 제5조의2에 따라 정보를 제공합니다."),
    ("ko", "회사는 제5조의2에 따라 정보를 제공합니다.", "회사는 제5조의3에 따라 정보를 제공합니다."),
    ("ko", "회사는 제5조에 따라 정보를 제공합니다.", "회사는 제5장에 따라 정보를 제공합니다."),
    ("en", "We share it as Annex C.2 says.", "We share it as Annex C.3 says."),
    ("en", "We share it as Section 5 says.", "We share it as Annex 5 says."),
    ("en", "We share it as Section 5 says.", "We share it as Chapter 5 says."),
    ("en", "We share it as § 5 says.", "We share it as § 6 says."),
]


@pytest.mark.parametrize(("language", "before", "after"), ANOTHER_CLAUSE)
def test_another_clause_is_significant(language: str, before: str, after: str) -> None:
    text = "# T\n\n## 제5조 가 {{#a}}\n\n나.\n\n## 제5조의2 다 {{#b}}\n\n라.\n\n## 6. 마 {{#c}}\n\n{}\n"
    for one, other in ((before, after), (after, before)):
        found = compare(parse(text.format(one)), parse(text.format(other)), lexicon(language), {})
        assert found.level is Level.SIGNIFICANT

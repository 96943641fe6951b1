"""Every defect that is known in the two real texts is found, with its words and its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.errors import Place, Problem
from publisher.messages import translator
from publisher.texts.document import parse
from publisher.texts.importing import import_text
from publisher.texts.lint import lint
from publisher.texts.source import read_source

SEEDS = Path(__file__).parents[2] / "shared" / "seeds"
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not SEEDS.is_dir(), reason="the real texts lie beside the repository, not in it"),
]
say = translator("en")


def lines_and_words(problems: list[Problem]) -> dict[str, list[tuple[int, str]]]:
    found: dict[str, list[tuple[int, str]]] = {}
    for problem in problems:
        found.setdefault(problem.code, []).append((problem.place.line, say(problem.message)))
    return found


def remarks(pattern: str, language: str, *, as_found: bool) -> dict[str, list[tuple[int, str]]]:
    """What lint says of a seed; `as_found`: of the text as it is, otherwise as it is after its import."""
    (file,) = SEEDS.glob(pattern)
    text = read_source(file.read_bytes(), Place()).text
    imported = import_text(text, language, Place())
    document = parse(text if as_found else imported.markdown)
    problems = lint(document, Place(), ids_required=False, language=language, kind="privacy")
    return lines_and_words([*problems, *imported.remarks])


#: code, first line of the block, words that the remark quotes; the text as it was found
ENGLISH = [
    ("L-LOCALE", 1, "Privacidad"),
    ("L-STRUCT", 1, "no headings"),
    ("L-FRAGMENT", 10, "Profile image"),
    ("L-TYPO", 10, "Abovementioned"),
    ("L-LAWNAME", 14, "and Protection"),
    ("L-QUOTE", 14, "COPPA"),
    ("L-LINK-LOST", 16, "form here"),
    ("L-LINK-LOST", 16, "click here"),
    ("L-DOCTYPE", 16, "these Terms"),
    ("L-NBSP", 16, "3 spaces"),
    ("L-GARBLED", 26, "your birthday"),
    ("L-XREF", 31, "period of retention"),
    ("L-TYPO", 34, "at anytime"),
    ("L-XREF", 36, "period of retention"),
    ("L-QUOTE", 36, "Profile setting"),
    ("L-TYPO", 36, "“tab”"),
    ("L-LINK-BARE", 57, "www.118.or.kr"),
    ("L-LINK-BARE", 57, "www.spo.go.kr"),
    ("L-LINK-BARE", 57, "www.ctrc.go.kr"),
    ("L-PUNCT", 57, "Several bodies"),
    ("L-STALE", 57, "118.or.kr"),
    ("L-STALE", 57, "ctrc.go.kr"),
    ("L-NBSP", 57, "4 spaces"),
    ("L-DATE-RUNON", 57, "2016Effective"),
    ("L-DATE-ORDER", 57, ": 6."),
    ("L-LINK-LOST", 57, "View Former"),
    ("L-MISSING-PIPA", 1, "telephone number"),
    ("L-MISSING-PIPA", 1, "transfers abroad"),
]

#: what can only be seen once the import has parted the paragraphs
ENGLISH_IMPORTED = [("L-PUNCT", 19, "support@")]

KOREAN = [
    ("L-STRUCT", 1, "no title"),
    ("L-REQOPT", 10, "이메일 가입"),
    ("L-REQOPT", 10, "SNS로"),
    ("L-REQOPT", 10, "휴대전화 번호로"),
    ("L-REQOPT", 10, "아이디로"),
    ("L-REQOPT", 31, "신용카드"),
    ("L-REQOPT", 31, "휴대전화 결제"),
    ("L-REQOPT", 31, "상품권"),
    ("L-REQOPT", 36, "문의 등록"),
    ("L-STRUCT", 36, "고객센터"),
    ("L-LINK-PINNED", 54, "27 Jul 2020"),
    ("L-RUNON-HEAD", 56, "연계 서비스"),
    ("L-TERM", 56, "회사"),
    ("L-SPACING-KO", 60, "보유및이용"),
    ("L-RUNON-SENT", 75, "바랍니다.클래스팅은"),
    ("L-STALE", 75, "Google, Inc."),
    ("L-SPACING-KO", 78, "지체없이"),
    ("L-SPACING-KO", 84, "5 년"),
    ("L-SPACING-KO", 96, "3 개월"),
    ("L-DUPWORD", 105, "연락하시면"),
    ("L-CHAR", 105, "U+2219"),
    ("L-TERM", 108, "귀하"),
    ("L-TERM", 108, "여러분"),
    ("L-SPACING-KO", 108, "개인정보보호책임자"),
    ("L-NBSP", 113, "U+00A0"),
    ("L-LINK-HTTP", 118, "kisa"),
    ("L-LINK-HTTP", 119, "spo"),
    ("L-LINK-HTTP", 120, "police"),
    ("L-NOTICE-EQUAL", 123, "7 days"),
    ("L-DATE-PLACEHOLDER", 127, "0월"),
    ("L-DATE-PLACEHOLDER", 128, "0월"),
    ("L-SPACING-KO", 130, "처리방침보기"),
    ("L-MISSING-PIPA", 1, "keep personal information safe"),
    ("L-MISSING-PIPA", 1, "transfers abroad"),
]

#: what has no defect of the kind in this text, so that a rule that always speaks would be seen
SILENT = {
    "en": {"L-NOTICE-EQUAL", "L-DATE-PLACEHOLDER", "L-DUPWORD", "L-CHAR", "L-REQOPT", "L-SPACING-KO", "L-LINK-PINNED",
           "L-TERM", "L-RUNON-SENT", "L-RUNON-HEAD"},
    "ko": {"L-LOCALE", "L-DATE-RUNON", "L-DATE-ORDER", "L-LINK-LOST", "L-LINK-BARE", "L-XREF", "L-DOCTYPE", "L-LAWNAME",
           "L-TYPO", "L-QUOTE", "L-FRAGMENT", "L-GARBLED", "L-PUNCT"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "language", "as_found", "expected"),
    [
        ("000_*.txt", "en", True, ENGLISH),
        ("000_*.txt", "en", False, ENGLISH_IMPORTED),
        ("001_*.txt", "ko", True, KOREAN),
    ],
    ids=["English", "English, imported", "Korean"],
)
def test_every_known_defect_is_found(
    pattern: str, language: str, as_found: bool, expected: list[tuple[str, int, str]]
) -> None:
    found = remarks(pattern, language, as_found=as_found)
    missed = [
        (code, line, words)
        for code, line, words in expected
        if not any(at == line and words in message for at, message in found.get(code, []))
    ]
    assert missed == []
    assert set(found) & SILENT[language] == set()


@pytest.mark.parametrize(("pattern", "language"), [("000_*.txt", "en"), ("001_*.txt", "ko")])
def test_the_import_loses_no_remark(pattern: str, language: str) -> None:
    before, after = (set(remarks(pattern, language, as_found=as_found)) for as_found in (True, False))
    assert before - after <= {"P107"}  # the import writes the ids

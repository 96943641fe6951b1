"""What a change is read as. Minor has to be proved; the decoys beside each proof must not be."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from publisher.changes.classify import compare
from publisher.changes.lexicon import lexicon
from publisher.changes.model import Comparison, Direction, Level, Topic
from publisher.changes.reasons import REASONS
from publisher.changes.summary import in_words, summarise
from publisher.messages import translator
from publisher.texts.document import parse
from publisher.texts.pieces import Shared
from tests.test_edits import TEXTS


def read(old: str, new: str, language: str = "en", *, wrap: str = "# T\n\n## 1. C {{#c}}\n\n{}\n") -> Comparison:
    """Compare two texts of one clause that differ in the given words."""
    return compare(parse(wrap.format(old)), parse(wrap.format(new)), lexicon(language), {})


MINOR = [
    ("M2", "en", "We don't sell it", "We don’t sell it"),
    ("M2", "en", 'The "Service" is free.', "The “Service” is free."),
    ("M2", "ko", "수집∙이용합니다.", "수집·이용합니다."),
    ("M2", "en", "Names, phones", "Names, phones."),
    ("M5", "en", "Write to to us.", "Write to us."),
    ("M5", "ko", "고객센터로 연락 연락하시면 됩니다.", "고객센터로 연락하시면 됩니다."),
    ("M6", "ko", "기록은 5 년간 보관합니다.", "기록은 5년간 보관합니다."),
    ("M6", "ko", "개인정보처리 방침", "개인정보 처리방침"),
    ("M7", "en", "Call +82-2-555-0100.", "Call +82-2-555-0199."),
    ("M7", "ko", "전화 1544-0570", "전화 1544-0571"),
    ("M7", "en", "Write to help@example.com.", "Write to privacy@example.com."),
    ("M7", "en", "See [the guide](http://example.com/a).", "See [the guide](https://example.com/b)."),
]


@pytest.mark.parametrize(("code", "language", "old", "new"), MINOR)
def test_proved_minor(code: str, language: str, old: str, new: str) -> None:
    found = read(old, new, language)
    assert [(f.code, f.level) for f in found.findings] == [(code, Level.MINOR)]


DECOYS = [
    # beside M2: commas and brackets group a list, signs belong to figures
    ("en", "A, B and C with consent", "A, B, and C with consent"),
    ("en", "1,000 won", "1.000 won"),
    ("en", "10² units", "102 units"),
    ("ko", "이름, 주소(선택)", "이름(선택), 주소"),
    ("en", "We sell no data.", "We sell; no data."),
    # beside M5: a word that stood once is gone, or the two words mean two things
    ("en", "We will not not tell you.", "We will not tell you."),
    ("en", "We never share it.", "We share it."),
    ("ko", "동의 없이 제공하지 않습니다.", "동의 제공하지 않습니다."),
    ("en", "after 10 10 days", "after 10 days"),
    ("ko", "안 안내합니다", "안내합니다"),
    # beside M6: a space makes another word
    ("ko", "제공을 못 합니다.", "제공을 못합니다."),
    ("ko", "한 번 동의하면", "한번 동의하면"),
    ("ko", "수집 안 된 정보", "수집 안된 정보"),
    ("ko", "회원 만 이용합니다.", "회원만 이용합니다."),
    ("ko", "이름 등 정보", "이름등 정보"),
    # beside M7: another body, or more than the number
    ("en", "Write to help@example.com.", "Write to help@example.net."),
    ("en", "Call +82-2-555-0100.", "Call +82-2-555-0199 within 3 days."),
    ("en", "See [the list](https://example.com/a).", "See [the list](https://other.example.net/a)."),
    ("en", "See [companies](/en/third-parties/).", "See [companies](/en/terms/)."),
    ("en", "Kept for 90 days.", "Kept for 180 days."),
    # one word, one particle, one sign
    ("en", "We may share it.", "We will share it."),
    ("en", "We will protect it.", "We try to protect it."),
    ("en", "only with consent", "with consent"),
    ("en", "name and address", "name or address"),
    ("en", "such as your name", "namely your name"),
    ("en", "within 3 months", "within 90 days"),
    ("ko", "제공합니다.", "제공하지 않습니다."),
    ("ko", "수집할 수 있습니다.", "수집합니다."),
    ("ko", "회원만 이용합니다.", "회원도 이용합니다."),
    ("ko", "이름, 주소 등을 수집합니다.", "이름, 주소를 수집합니다."),
    ("ko", "14일 이내", "14일 이상"),
    ("ko", "1개월 보관", "30일 보관"),
    ("ko", "회사가 제공합니다.", "회사에 제공합니다."),
]


@pytest.mark.parametrize(("language", "old", "new"), [*DECOYS, *((lang, new, old) for lang, old, new in DECOYS)])
def test_what_only_looks_minor_is_significant(language: str, old: str, new: str) -> None:
    assert read(old, new, language).level is Level.SIGNIFICANT


NONE = [
    ("one\ntwo", "one two"),
    ("- a\n- b", "* a\n* b"),
    ("1. a\n2. b", "1. a\n1. b"),
    ("**a** b", "a b"),
    ("a", "a  "),
    ("[a](#x)", "[a](#y)"),
]


@pytest.mark.parametrize(("old", "new"), NONE)
def test_what_no_reader_sees_is_no_change(old: str, new: str) -> None:
    assert read(old, new).findings == ()


def test_layout_and_numbering() -> None:
    assert [f.code for f in read("a\n\nb", "- a\n- b").findings] == ["M2", "M2"]
    wrap = "# T\n\n{}\n"
    assert [f.code for f in read("## 1. A {#a}\n\nx", "## 2. A {#a}\n\nx", wrap=wrap).findings] == ["M3"]
    referring = "\n\n## 9. Z {#z}\n\nsee section 1\n"
    renumbered = read("## 1. A {#a}\n\nx" + referring, "## 2. A {#a}\n\nx" + referring, wrap=wrap)
    assert renumbered.level is Level.SIGNIFICANT, "a reference leads elsewhere now"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("- We never:\n  - sell\n  - share", "- We never:\n  - sell\n- share"),
        ("We never:\n\n- sell\n\nshare", "We never:\n\n- sell\n- share"),
        ("We never:\n\n- sell", "- We never:\n- sell"),
    ],
)
def test_an_item_under_another_lead_in_is_no_mere_layout(old: str, new: str) -> None:
    assert read(old, new).level is Level.SIGNIFICANT
    assert read(new, old).level is Level.SIGNIFICANT


def test_moved_clauses() -> None:
    wrap = "# T\n\n{}\n"
    one, two, three = ("## A {#a}\n\nx y z", "## B {#b}\n\nu v w", "## C {#c}\n\nq r s")
    moved = read("\n\n".join((one, two, three)), "\n\n".join((three, one, two)), wrap=wrap)
    assert [(f.code, f.clause_id) for f in moved.findings] == [("M3", "c")]
    under = "## Yes {#yes}\n\n### A {#a}\n\nx y z\n\n## Never {#never}\n\nn"
    elsewhere = "## Yes {#yes}\n\n## Never {#never}\n\nn\n\n### A {#a}\n\nx y z"
    assert read(under, elsewhere, wrap=wrap).level is Level.SIGNIFICANT, "what we do became what we never do"


REASONED = [
    ("R07", Topic.RETENTION, Direction.WORSE, "en", "Orders are kept for 3 years.", "Orders are kept for 5 years."),
    ("R07", Topic.RETENTION, Direction.BETTER, "en", "Orders are kept for 5 years.", "Orders are kept for 3 years."),
    ("R07", Topic.RETENTION, Direction.WORSE, "ko", "주문 기록은 3개월 보관합니다.", "주문 기록은 3년 보관합니다."),
    ("R20", Topic.NOTICE_TERMS, Direction.WORSE, "en", "We announce it 14 days before.", "We announce it 7 days before."),
    ("R10", Topic.USER_RIGHTS, Direction.WORSE, "en", "You may ask us to delete it. Your right to an answer within 10 days stays.", "You may ask us to delete it. Your right to an answer within 15 days stays."),
    ("R20", Topic.NOTICE_TERMS, Direction.BETTER, "ko", "변경은 7일 전에 공지합니다.", "변경은 14일 전에 공지합니다."),
    ("R05", Topic.THIRD_PARTY, Direction.WORSE, "en", "We share it with nobody.", "We share it with partners."),
]  # fmt: skip


@pytest.mark.parametrize(("code", "topic", "direction", "language", "old", "new"), REASONED)
def test_reasons(code: str, topic: Topic, direction: Direction, language: str, old: str, new: str) -> None:
    finding = read(old, new, language).findings[0]
    assert (finding.code, finding.topic, finding.direction) == (code, topic, direction)


def test_whole_clauses() -> None:
    wrap = "# T\n\n## A {{#a}}\n\nx\n\n{}\n"
    clause = "## Partners {#p}\n\nWe share your name with partners."
    added = read("", clause, wrap=wrap)
    assert {f.code for f in added.findings} == {"R05"}
    assert added.counts()["clauses_added"] == 1
    removed = read(clause, "", wrap=wrap)
    assert "R27" in {f.code for f in removed.findings}
    assert removed.counts()["clauses_removed"] == 1


def test_what_is_not_recognised_is_unsure_and_significant() -> None:
    finding = read("The sky is blue today.", "The sky is grey today.").findings[0]
    assert (finding.code, finding.level, finding.topic) == ("U", Level.SIGNIFICANT, Topic.OTHER)


def test_consent_depends_on_the_declared_basis() -> None:
    old, new = (f"# T\n\n## C {{#c}}\n\nOrders are kept for {n} years.\n" for n in (3, 5))
    for bases, wanted in (({}, True), ({Topic.RETENTION: "consent"}, True), ({Topic.RETENTION: "law"}, False)):
        found = compare(parse(old), parse(new), lexicon("en"), bases)  # type: ignore[arg-type]
        assert found.consent_required is wanted


@pytest.mark.parametrize("language", ["en", "ko"])
def test_each_cue_is_found_in_its_example(language: str) -> None:
    for cue in lexicon(language).cues:
        assert cue.code in REASONS
        assert cue.pattern.search(cue.example.casefold()), cue


def test_the_same_figure_in_both_languages_has_the_same_reason() -> None:
    pairs = [
        (("Orders are kept for 3 years.", "Orders are kept for 5 years."), ("주문 기록은 3년 보관합니다.", "주문 기록은 5년 보관합니다.")),
        (("Call +82-2-555-0100.", "Call +82-2-555-0101."), ("전화 +82-2-555-0100", "전화 +82-2-555-0101")),
        (("Under 14 needs a guardian.", "Under 16 needs a guardian."), ("만 14세 미만은 보호자가", "만 16세 미만은 보호자가")),
    ]  # fmt: skip
    for english, korean in pairs:
        found = [read(*english, "en").findings[0], read(*korean, "ko").findings[0]]
        assert (found[0].code, found[0].level) == (found[1].code, found[1].level)


def test_a_summary_puts_worse_first_and_counts_what_is_small_once() -> None:
    old = "# T\n\n## A {#a}\n\nWe announce changes 7 days before.\n\n## B {#b}\n\nKept for 3 years.\n\n## C {#c}\n\nDon't.\n"
    new = "# T\n\n## A {#a}\n\nWe announce changes 14 days before.\n\n## B {#b}\n\nKept for 5 years.\n\n## C {#c}\n\nDon’t.\n"
    lines = [
        translator("en")(in_words(p)) for p in summarise(compare(parse(old), parse(new), lexicon("en"), {}).findings)
    ]
    assert [line.split(":")[0] for line in lines] == [
        "How long it is kept – B", "How changes are announced – A", "Small corrections that change no right.",
    ]  # fmt: skip
    assert "“3 years” becomes “5 years”" in lines[0]


WORDS = st.lists(st.sampled_from(["we", "may", "share", "your", "name", "with", "partners", "for", "30", "days", "and", "never", "sell", "이름을", "제공하지", "않습니다"]), min_size=1, max_size=12)  # fmt: skip


@given(WORDS, WORDS)
def test_noise_never_lowers_a_verdict(old: list[str], new: list[str]) -> None:
    """Re-wrapping, Windows line ends and list signs on top of an edit change nothing about it."""
    plain = read(" ".join(old), " ".join(new))
    noisy = read(" ".join(old), "\n".join(new))
    assert noisy.level is plain.level
    assert plain.level is not Level.NONE or old == new or " ".join(old).strip() == " ".join(new).strip()


@given(WORDS, WORDS)
def test_backwards_has_the_same_level(old: list[str], new: list[str]) -> None:
    forwards, backwards = read(" ".join(old), " ".join(new)).level, read(" ".join(new), " ".join(old)).level
    assert (
        Level.SIGNIFICANT not in {forwards, backwards} or forwards == backwards or Level.MINOR in {forwards, backwards}
    )


@pytest.mark.corpus
def test_no_real_significant_change_is_called_minor() -> None:
    corpus = Path(__file__).parents[2] / "shared" / "corpus"
    if not corpus.is_dir():
        pytest.skip("the labelled changes are not on this machine")
    ended = subprocess.run(
        [sys.executable, str(corpus / "score.py"), "--publisher", f"{sys.executable} -m publisher"],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    line = next(x for x in ended.stdout.splitlines() if x.startswith("without low"))
    assert json.loads(line.removeprefix("without low"))["significant_recall"] == 1.0


@given(TEXTS)
@example(["# 1. A {#a}\n\n" * 3, "# 2. A {#a}\n\n" * 3])
def test_texts_that_share_what_was_read_are_judged_as_alone(texts: list[str]) -> None:
    shared = Shared()
    together = compare(*(parse(text, shared) for text in texts[:2]), lexicon("en"), {})
    alone = compare(*(parse(text) for text in texts[:2]), lexicon("en"), {})
    assert together.findings == alone.findings
    assert together.counts() == alone.counts()

"""How much notice a policy promises of its own changes is read from English and Korean sentences."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.texts.document import parse
from publisher.texts.promises import promised_notice, promises

ROOT = Path(__file__).parent.parent
SEEDS = ROOT.parent / "shared" / "seeds"

SENTENCES = [
    # ordinary changes
    ("We announce a change of this policy at least 7 days before it takes effect.", {"minor": 7}),
    ("Changes to these terms are posted ten days in advance.", {"minor": 10}),
    ("This policy may be amended with thirty (30) days' notice.", {"minor": 30}),
    ("We give 14 days' prior written notice of changes to the agreement.", {"minor": 14}),
    ("We modify this policy only after a notice of at least two weeks.", {"minor": 14}),
    ("An updated policy takes effect 10 days after it is posted.", {"minor": 10}),
    ("We revise this policy one month before the revision takes effect.", {"minor": 30}),
    ("이 방침을 변경할 때에는 시행 7일 전에 공지합니다.", {"minor": 7}),
    ("변경된 방침은 공지한 날부터 10일 후에 효력이 생깁니다.", {"minor": 10}),
    ("약관을 개정하면 적용일 일주일 전부터 알립니다.", {"minor": 7}),
    ("약관의 개정은 시행 2주 전에 게시합니다.", {"minor": 14}),
    ("방침이 변경되면 1개월 전에 고지합니다.", {"minor": 30}),
    ("방침이 변경되면 한 달 전에 고지합니다.", {"minor": 30}),
    ("변경된 약관은 게시 후 15일이 지난 날부터 적용합니다.", {"minor": 15}),
    # significant ones
    ("If a change of this policy is material, you hear of it 30 days before.", {"significant": 30}),
    ("Changes to this policy that are unfavourable to you are announced two months in advance.", {"significant": 60}),
    ("이용자에게 불리한 약관 변경은 30일 전에 알립니다.", {"significant": 30}),
    # both, in one sentence and in several
    (
        "We announce changes of this policy 7 days before, and 21 days before if they touch your rights.",
        {"minor": 7, "significant": 21},
    ),
    (
        "약관을 개정하면 시행 7일 전에, 이용자의 권리에 중요한 변경이면 시행 30일 전에 공지합니다.",
        {"minor": 7, "significant": 30},
    ),
    (
        "We post a new version of this policy seven days before it applies. Where it changes important rights, we post "
        "it fourteen days before.",
        {"minor": 7, "significant": 14},
    ),
    ("- 방침의 변경: 7일 전 공지\n- 권리에 관한 중요한 변경: 14일 전 공지", {"minor": 7, "significant": 14}),
    ("We announce changes to this policy:\n\n- 7 days before\n- 14 days before if they are significant",
     {"minor": 7, "significant": 14}),
    # the longest counts
    ("This policy changes with 7 days' notice. Notice of a change of this policy comes 10 days in advance.", {"minor": 10}),
    # no notice of a change of the text
    ("We keep orders for 5 years.", {}),
    ("Records are erased 30 days after you leave.", {}),
    ("A change of price is announced under these terms 30 days before.", {}),
    ("You may terminate the agreement with 30 days' notice if it changes.", {}),
    ("The developer follows a modification of these terms within 45 days from the date of the notice.", {}),
    ("We may change this policy at any time.", {}),
    ("We announce a change of this policy some days before.", {}),
    ("Changes of these terms: a new price applies 30 days before the change of fees.", {}),
    ("주문 기록은 5년간 보관합니다.", {}),
    ("요금이 변경되면 30일 전에 공지합니다.", {}),
    ("이 방침은 2020년 7월 27일 변경되어 공지되었습니다.", {}),
    ("", {}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "days"), SENTENCES)
def test_sentences(text: str, days: dict[str, int]) -> None:
    assert promised_notice(parse(text)) == days


def test_the_title_says_what_a_list_is_about() -> None:
    text = "# A {#a}\n\n## Changes of this policy {#changes}\n\n- at least 9 days before\n"
    assert promised_notice(parse(text)) == {"minor": 9}
    assert promised_notice(parse(text.replace("Changes of this policy", "Deliveries"))) == {}


def test_a_promise_names_its_clause_and_line() -> None:
    text = "# A {#a}\n\n## B {#b}\n\nPots.\n\nThis policy changes with 7 days' notice.\n"
    (promise,) = promises(parse(text))
    assert (promise.level, promise.days, promise.clause.id, promise.line) == ("minor", 7, "b", 7)


@given(st.integers(1, 180), st.sampled_from([("days", "일", 1), ("weeks", "주", 7), ("months", "개월", 30)]))
def test_figures_are_read_alike_in_both_languages(number: int, unit: tuple[str, str, int]) -> None:
    english, korean, days = unit
    assert promised_notice(parse(f"We change this policy {number} {english} after posting it.")) == {
        "minor": number * days
    }
    assert promised_notice(parse(f"방침의 변경은 시행 {number}{korean} 전에 공지합니다.")) == {"minor": number * days}


@pytest.mark.parametrize("policy", ["privacy", "third-parties"])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_this_repository_promises_what_it_keeps(policy: str, language: str) -> None:
    text = (ROOT / "policy_docs" / policy / f"{language}.md").read_text("utf-8")
    assert promised_notice(parse(text)) == {"minor": 7, "significant": 14}


@pytest.mark.corpus
@pytest.mark.skipif(not SEEDS.is_dir(), reason="the real texts lie beside the repository, not in it")
@pytest.mark.parametrize(
    ("pattern", "days"),
    [("000_*.txt", {"minor": 7, "significant": 14}), ("001_*.txt", {"minor": 7, "significant": 7})],
)
def test_the_real_texts(pattern: str, days: dict[str, int]) -> None:
    (file,) = SEEDS.glob(pattern)
    assert promised_notice(parse(file.read_text("utf-8"))) == days

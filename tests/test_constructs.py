"""The small words that turn a sentence: each is counted, idioms are not, and what came or went is told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.changes.constructs import SENTENCES, Turn, constructs, denied, turns
from publisher.changes.lexicon import lexicon
from publisher.messages import translator

# language, construct, times, text
COUNTED = [
    ("en", "negation", 2, "We do not sell it and never rent it."),
    ("en", "negation", 1, "We don’t sell it."),
    ("en", "negation", 0, "No later than Monday."),
    ("en", "negation", 0, "Not only names, but addresses."),
    ("en", "negation", 1, "It is kept unencrypted."),
    ("en", "negation", 0, "It is kept in a knot."),
    ("en", "without", 1, "We share it without consent."),
    ("en", "without", 0, "We delete it without delay, without undue delay and without exception."),
    ("en", "possibility", 2, "We may or can share it."),
    ("en", "duty", 3, "You must, shall and are required to pay."),
    ("en", "effort", 1, "We endeavour to delete it."),
    ("en", "effort", 1, "We protect it where possible."),
    ("en", "exception", 2, "Unless you object, except on Sundays."),
    ("en", "only", 2, "Only for delivery, solely on request."),
    ("en", "all", 2, "Every user has all rights."),
    ("en", "open_list", 1, "Data such as names."),
    ("en", "open_list", 0, "It is not limited to names."),
    ("en", "alternative", 1, "Names or addresses."),
    ("en", "conjunction", 2, "Both names and addresses."),
    ("en", "condition", 1, "If you agree, we share it."),
    ("en", "condition", 0, "It holds whether or not you agree."),
    ("en", "at_least", 1, "At least two."),
    ("en", "at_most", 1, "Up to two."),
    ("en", "at_most", 1, "It takes not more than two."),
    ("en", "at_least", 0, "It takes not more than two."),
    ("en", "promptly", 1, "It is deleted at once."),
    ("en", "discretion", 1, "We may do so at any time."),
    ("en", "denial", 2, "We do not, and nobody does."),
    ("ko", "negation", 1, "제3자에게 제공하지 않습니다."),
    ("ko", "negation", 1, "회원은 양도하지 못합니다."),
    ("ko", "negation", 1, "재판매를 금지합니다."),
    ("ko", "negation", 0, "국번 없이 118로 전화합니다."),
    ("ko", "negation", 0, "복구할 수 없는 방법으로 파기합니다."),
    ("ko", "negation", 0, "특별한 사정이 없는 한 보관합니다."),
    ("ko", "without", 1, "동의 없이 제공합니다."),
    ("ko", "possibility", 1, "수집할 수도 있습니다."),
    ("ko", "possibility", 0, "책임이 있습니다."),
    ("ko", "duty", 1, "즉시 파기하여야 합니다."),
    ("ko", "effort", 1, "보호를 위해 최선을 다합니다."),
    ("ko", "exception", 1, "다만, 법령이 정한 때에는 그렇습니다."),
    ("ko", "only", 1, "회원에게만 제공합니다."),
    ("ko", "all", 1, "모든 회원에게 알립니다."),
    ("ko", "open_list", 1, "이름 등을 수집합니다."),
    ("ko", "alternative", 1, "이름 또는 주소를 씁니다."),
    ("ko", "alternative", 1, "이름이나 주소를 씁니다."),
    ("ko", "conjunction", 1, "이름 및 주소를 씁니다."),
    ("ko", "conjunction", 1, "이름과 주소를 씁니다."),
    ("ko", "condition", 1, "동의하면 보냅니다."),
    ("ko", "at_least", 1, "7일 이상 알립니다."),
    ("ko", "at_most", 1, "7일 이내에 알립니다."),
    ("ko", "promptly", 1, "지체 없이 파기합니다."),
    ("ko", "discretion", 1, "회사의 판단에 따릅니다."),
    ("ko", "denial", 1, "제공하지 않습니다."),
    ("ko", "denial", 0, "제공하지 않는 정보를 보관합니다."),
]  # fmt: skip


@pytest.mark.parametrize(("language", "construct", "times", "text"), COUNTED)
def test_counted(language: str, construct: str, times: int, text: str) -> None:
    assert constructs(text, lexicon(language))[construct] == times


TURNS = [
    ("en", "We share it.", "We do not share it.", [Turn("negation", True)]),
    ("en", "We will delete it.", "We may delete it.", [Turn("possibility", True), Turn("duty", False)]),
    ("en", "Names and addresses.", "Names or addresses.", [Turn("alternative", True), Turn("conjunction", False)]),
    ("en", "We share it.", "We send it.", []),
    ("en", "", "Only names.", [Turn("only", True)]),
    ("ko", "제공합니다.", "제공하지 않습니다.", [Turn("negation", True)]),
    ("ko", "모든 회원에게 알립니다.", "회원에게 알립니다.", [Turn("all", False)]),
]


@pytest.mark.parametrize(("language", "before", "after", "expected"), TURNS)
def test_turns(language: str, before: str, after: str, expected: list[Turn]) -> None:
    assert list(turns(before, after, lexicon(language))) == expected
    assert list(turns(after, before, lexicon(language))) == [Turn(t.construct, not t.more) for t in expected]


DENIED = [
    ("en", "we do not sell it", True),
    ("en", ", we never sell it;", True),
    ("en", "we sell it", False),
    ("en", "we do not refuse nobody", False),
    ("en", "", False),
    ("ko", "회사는 판매하지 않습니다.", True),
    ("ko", "회사는 판매합니다.", False),
    ("ko", "재판매는 금지됩니다.", True),
]


@pytest.mark.parametrize(("language", "text", "expected"), DENIED)
def test_denied(language: str, text: str, expected: bool) -> None:
    assert denied(text, lexicon(language)) is expected


@pytest.mark.parametrize("name", SENTENCES)
def test_each_turn_has_two_sentences_in_both_languages(name: str) -> None:
    said = {translator(language)(Turn(name, more).sentence) for language in ("en", "ko") for more in (True, False)}
    assert len(said) == 4


def test_another_lexicon_counts_by_its_own_patterns() -> None:
    own = replace(lexicon("en"), constructs=(), idioms=())
    assert constructs("We do not sell it.", own) == {}
    assert constructs("We do not sell it.", lexicon("en"))["negation"] == 1
    assert constructs(" \n", lexicon("ko")) == {}


WORDS = st.lists(
    st.sampled_from(["not", "may", "only", "all", "or", "and", "if", "within", "we", "share", "."]), max_size=8
)


@given(WORDS.map(" ".join), WORDS.map(" ".join))
def test_turns_are_the_difference_of_the_counts(before: str, after: str) -> None:
    had, has = constructs(before, lexicon("en")), constructs(after, lexicon("en"))
    found = turns(before, after, lexicon("en"))
    assert {t.construct for t in found} == {name for name in SENTENCES if had[name] != has[name]}
    assert all((has[t.construct] > had[t.construct]) is t.more for t in found)

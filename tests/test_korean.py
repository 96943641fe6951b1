"""Korean morphemes, letters and the forms of particles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.texts.korean import Morpheme, ends_in_consonant, letters, morphemes, same_particle, tagged


def test_morphemes_bear_their_tags() -> None:
    found = morphemes("제공하지 않습니다.")
    assert [m.form for m in found][:4] == ["제공", "하", "지", "않"]
    assert found[0] == Morpheme("제공", "NNG", True)
    assert {m.tag for m in found} >= {"NNG", "XSV", "EC", "VX", "EF", "SF"}
    assert morphemes("") == ()


def test_irregular_verbs_have_the_tag_of_a_verb() -> None:
    assert [m.tag for m in morphemes("도와서") if m.form == "돕"] == ["VV"]


def test_what_no_dictionary_has_is_not_known() -> None:
    assert all(m.known for m in morphemes("개인정보"))
    assert not all(m.known for m in morphemes("뷁쉡"))


def test_a_line_for_patterns() -> None:
    assert tagged("제공하지 않습니다.").startswith("제공/NNG 하/XSV 지/EC 않/VX ")


@pytest.mark.parametrize(("word", "expected"), [("각", "\u1100\u1161\u11a8"), ("가", "\u1100\u1161"), ("a1", "a1")])
def test_letters(word: str, expected: str) -> None:
    assert letters(word) == expected


CONSONANTS = [("회원", True), ("회사", False), ("값", True), ("하", False), ("", False), ("Inc", False), ("제3", False)]


@pytest.mark.parametrize(("word", "expected"), CONSONANTS)
def test_ends_in_consonant(word: str, *, expected: bool) -> None:
    assert ends_in_consonant(word) is expected


PARTICLES = [
    ("회원를", "회원을", True),
    ("회사은", "회사는", True),
    ("회사이", "회사가", True),
    ("회원와", "회원과", True),
    ("서비스으로", "서비스로", True),
    ("회사이나", "회사나", True),
    ("회사이라", "회사라", True),
    ("회사이란", "회사란", True),
    # another particle, another word, or a particle without one
    ("회원을", "회원은", False),
    ("회원을", "회원", False),
    ("회원을", "회사를", False),
    ("을", "를", False),
    ("3을", "3를", False),
    ("회원을", "회원을", False),
]


@pytest.mark.parametrize(("before", "after", "same"), PARTICLES)
def test_same_particle(before: str, after: str, *, same: bool) -> None:
    assert same_particle(before, after) is same
    assert same_particle(after, before) is same


HANGUL = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1, max_size=4)
FORMS = [("을", "를"), ("은", "는"), ("이", "가"), ("과", "와"), ("으로", "로"), ("이나", "나"), ("이라", "라")]


@given(HANGUL, st.sampled_from(FORMS))
def test_the_two_forms_of_a_particle_are_one(stem: str, forms: tuple[str, str]) -> None:
    assert same_particle(stem + forms[0], stem + forms[1])


@given(HANGUL, st.sampled_from(FORMS), st.sampled_from(FORMS))
def test_another_stem_is_another_word(stem: str, one: tuple[str, str], other: tuple[str, str]) -> None:
    assert not same_particle(f"{stem}값{one[0]}", f"{stem}말{other[1]}")

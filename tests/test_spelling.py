"""One word in two spellings (M4), and the many pairs that only look like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.changes.spelling import is_word, same_word

# before, after, the words on the left and on the right
SAME = [
    # a slip put right
    ("infromation", "information", "", ""),
    ("recieve", "receive", "", ""),
    ("Privcy", "Privacy", "", ""),
    ("colect", "collect", "", ""),
    ("inacurate", "inaccurate", "", ""),
    ("acurate", "accurate", "", ""),
    # British and American
    ("organise", "organize", "", ""),
    ("organisations", "organizations", "", ""),
    ("analyse", "analyze", "", ""),
    ("favour", "favor", "", ""),
    ("Centre", "Center", "", ""),
    ("licence", "license", "", ""),
    ("cancelled", "canceled", "", ""),
    ("judgement", "judgment", "", ""),
    ("fulfil", "fulfill", "", ""),
    ("enrolment", "enrollment", "", ""),
    # grammar demands the form
    ("a", "an", "is ", " hour"),
    ("an", "a", "is ", " user"),
    ("A", "An", "", " “account”"),
    ("retains", "retain", "we", ""),
    ("retain", "retains", "it also", ""),
    ("is", "are", "they", ""),
    ("has", "have", "you", ""),
    ("processes", "process", "we", ""),
    # hyphens
    ("Wi-Fi", "WiFi", "", ""),
    ("third party", "third-party", "", ""),
    ("e-mail", "email", "", ""),
    # run together
    ("tothe", "to the", "", ""),
    ("of the", "ofthe", "", ""),
    # Korean
    ("회원를", "회원을", "", ""),
    ("있읍니다", "있습니다", "", ""),
    ("됬습니다", "됐습니다", "", ""),
    ("몇일", "며칠", "", ""),
    ("개인젇보", "개인정보", "", ""),
]


@pytest.mark.parametrize(("before", "after", "left", "right"), SAME)
def test_one_word(before: str, after: str, left: str, right: str) -> None:
    assert same_word(before, after, left, right)


OTHER = [
    # nothing, the same, or a figure
    ("", "a", "", ""),
    ("a", "", "", ""),
    ("Data", "data", "", ""),
    ("30days", "30 days", "", ""),
    # both are words
    ("from", "form", "", ""),
    ("may", "must", "", ""),
    ("data", "date", "", ""),
    ("now", "not", "", ""),
    ("access", "assess", "", ""),
    # a word may not become none
    ("information", "infromation", "", ""),
    # too short, too far, not letters
    ("teh", "the", "", ""),
    ("infrmtn", "information", "", ""),
    ("f*rm", "firm", "", ""),
    # a plural that the list does not have, a negation, and what may as well be a slip of the opposite
    ("datas", "data", "", ""),
    ("ilegible", "legible", "", ""),
    ("irevocable", "revocable", "", ""),
    ("irevocable", "irrevocable", "", ""),
    ("unecessary", "necessary", "", ""),
    ("unecesary", "unnecessary", "", ""),
    ("ncomplete", "incomplete", "", ""),
    ("nonpersonal", "personal", "", ""),
    # hyphens that tell, and none
    ("re-sign", "resign", "", ""),
    ("co-op", "coop", "", ""),
    ("opt-in", "opt-out", "", ""),
    # the article that does not fit either, or with nothing after it
    ("a", "an", "", ""),
    ("a", "the", "", " hour"),
    # the verb without a subject, or with another one
    ("retains", "retain", "", ""),
    ("retains", "retain", "also", ""),
    ("retains", "retain", "company", ""),
    ("is", "was", "it", ""),
    # run together: what is a word, three words, a negation
    ("cannot", "can not", "", ""),
    ("into", "in to", "", ""),
    ("donot", "do not", "", ""),
    ("ofthat one", "of that one", "", ""),
    # Korean
    ("제공", "제한", "", ""),
    ("개인정보", "개인젇보", "", ""),
    ("이용자", "이용자들이나", "", ""),
    ("동의", "거부", "", ""),
    ("회원", "member", "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "left", "right"), OTHER)
def test_two_words(before: str, after: str, left: str, right: str) -> None:
    assert not same_word(before, after, left, right)


EITHER_WAY = [("organise", "organize"), ("favour", "favor"), ("Wi-Fi", "WiFi"), ("tothe", "to the"), ("회원를", "회원을"),
              ("있읍니다", "있습니다"), ("fulfil", "fulfill")]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), EITHER_WAY)
def test_a_variant_is_one_in_both_directions(one: str, other: str) -> None:
    assert same_word(one, other, "", "")
    assert same_word(other, one, "", "")


WORDS = [("information", True), ("Information’s", True), ("users'", True), ("organise", True), ("organize", True),
         ("infromation", False), ("", False)]  # fmt: skip


@pytest.mark.parametrize(("word", "expected"), WORDS)
def test_is_word(word: str, *, expected: bool) -> None:
    assert is_word(word) is expected


ENGLISH = st.sampled_from(["share", "retain", "collect", "consent", "never", "delete", "every", "months", "without"])


@given(ENGLISH, ENGLISH)
def test_no_word_is_a_spelling_of_another(one: str, other: str) -> None:
    assert not same_word(one, other, "", "")


@given(ENGLISH, st.data())
def test_what_is_a_word_is_never_a_slip(word: str, data: st.DataObject) -> None:
    """A slip leads to a word, never from one, so that no chain of slips leads from one word to another."""
    at = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz"))
    slip = word[:at] + letter + word[at:]
    if not is_word(slip):
        assert not same_word(word, slip, "", "")


@given(st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), max_size=3), st.sampled_from("1０٣"))
def test_figures_are_never_a_spelling(word: str, figure: str) -> None:
    assert not same_word(word + figure, word, "", "")

"""Words keep figures, dates, addresses and companies whole; sentences end where one can end; forms are folded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.texts.tokens import folded, sentences, words

WHOLE = [
    # figures with sign, separators and unit
    "90일", "1,000원", "$1,200.50", "₩10,000", "-3.5%", "10²", "5GB", "14:30", "2024/05/01", "36°",
    # dates
    "27 July 2020", "July 27, 2020", "Sept. 3, 2021", "2020년 7월 27일", "2020년7월", "2020. 7. 27.", "2020년부터",
    # addresses
    "https://example.com/a?b=c#d", "www.example.org/terms", "first.last+tag@mail.example.com",
    # companies
    "Example, Inc.", "Blue River Trading Co.", "Muster GmbH", "(주)보기", "(주) 보기", "보기(주)", "보기(주)에",
    # words with a sign inside
    "don't", "don’t", "third-party", "개인정보를",
]  # fmt: skip


@pytest.mark.parametrize("word", WHOLE)
def test_is_one_word(word: str) -> None:
    assert words(word) == [word]
    assert words(f"see {word}") == ["see", f" {word}"]


CUT = [
    ("", []),
    ("one  two\tthree", ["one", "  two", "\tthree"]),
    ("See https://example.com/a.", ["See", " https://example.com/a", "."]),
    ("(see www.example.com)", ["(", "see", " www.example.com", ")"]),
    ("Write to a@example.com, please", ["Write", " to", " a@example.com", ",", " please"]),
    ("May 2020 rules", ["May", " 2020", " rules"]),
    ("on May 27", ["on", " May 27"]),
    ("2020년 7월에 시행", ["2020년 7월에", " 시행"]),
    ("회사는 90일, 이용자는", ["회사는", " 90일", ",", " 이용자는"]),
    ("a/b", ["a", "/", "b"]),
    ("end  ", ["end", "  "]),
]


@pytest.mark.parametrize(("text", "expected"), CUT)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


SENTENCES = [
    ("", []),
    ("One. Two! Three? Four", ["One. ", "Two! ", "Three? ", "Four"]),
    ("He said “yes.” Then he left.", ["He said “yes.” ", "Then he left."]),
    ("It ended. (See below.) More.", ["It ended. ", "(See below.) ", "More."]),
    # what only looks like an end
    ("Send it, e.g. Monday, to us.", ["Send it, e.g. Monday, to us."]),
    ("Send it, i.e. Monday.", ["Send it, i.e. Monday."]),
    ("See No. 5 there.", ["See No. 5 there."]),
    ("See Art. 5 and Sec. 6 of it.", ["See Art. 5 and Sec. 6 of it."]),
    ("Example Inc. Seoul and Example Ltd. Busan", ["Example Inc. Seoul and Example Ltd. Busan"]),
    ("Ask Dr. Who, Mr. X or Ms. Y at St. Mary.", ["Ask Dr. Who, Mr. X or Ms. Y at St. Mary."]),
    ("Smith vs. Jones", ["Smith vs. Jones"]),
    ("in the U.S. Market", ["in the U.S. Market"]),
    ("It costs 5. 6 is more.", ["It costs 5. 6 is more."]),
    ("It is kept for 2.5 years.", ["It is kept for 2.5 years."]),
    ("an end. but small letters go on", ["an end. but small letters go on"]),
    # Korean
    ("보관합니다. 파기합니다.", ["보관합니다. ", "파기합니다."]),
    ("보관해요. 파기해요.", ["보관해요. ", "파기해요."]),
    ("보관합니다. see below", ["보관합니다. ", "see below"]),
    ("시행일: 2020. 7. 27. 회사는 알립니다.", ["시행일: 2020. 7. 27. 회사는 알립니다."]),
    # a line
    ("one\ntwo\n\nthree", ["one\n", "two\n\n", "three"]),
]


@pytest.mark.parametrize(("text", "expected"), SENTENCES)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


PIECES = st.lists(
    st.sampled_from([*WHOLE, "Word", "No.", ". ", "! ", "\n", "  ", "(", "”", "입니다. ", "e.g. ", "\t", "?"]),
    max_size=12,
)


@given(st.one_of(st.text(), PIECES.map("".join), PIECES.map(" ".join)))
def test_nothing_is_lost(text: str) -> None:
    assert "".join(words(text)) == text
    assert "".join(sentences(text)) == text


@given(st.text())
def test_no_word_and_no_sentence_is_empty(text: str) -> None:
    assert all(words(text))
    assert all(sentences(text))


FOLDED = [
    ("“a” ‘b’", "\"a\" 'b'"),
    ("a\u00a0\u3000 b", "a b"),
    ("수집∙이용ㆍ제공・처리", "수집·이용·제공·처리"),
    ("2020\u20112021 – a", "2020-2021 — a"),
    ("and so on…", "and so on..."),
    ("ＡＢＣ１２３％（가）", "ABC123%(가)"),
    ("  a \t b  ", "a b"),
    # these are other words
    ("10²", "10²"),
    ("A, (B)", "A, (B)"),
    ("a\nb", "a\nb"),
]


@pytest.mark.parametrize(("text", "expected"), FOLDED)
def test_folded(text: str, expected: str) -> None:
    assert folded(text) == expected


@given(st.text(st.sampled_from("aB1가 \t“’…–・（ １²,\n\u00a0"), max_size=20))
def test_folding_again_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)

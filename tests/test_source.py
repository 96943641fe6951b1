"""Bytes become clean lines, and whatever could hide meaning from a reviewer is reported where it stands."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import Place
from publisher.messages import translator
from publisher.texts.source import LONGEST_LINE, MOST_BYTES, MOST_LINES, MOST_REPORTED, Source, read_source

PLACE = Place(path="policy_docs/privacy/ko.md", policy="privacy", language="ko")
say = translator("en")


def read(data: bytes) -> Source:
    return read_source(data, PLACE)


def found(source: Source) -> list[tuple[str, str]]:
    return [(p.code, p.severity) for p in source.problems]


UNREADABLE = {
    "CP949": ("개인정보 보호".encode("cp949"), "P121", "is not UTF-8 (byte 1; it looks like EUC-KR/CP949)"),
    "UTF-16 little": ("\ufeff개인정보".encode("utf-16-le"), "P121", "byte 1; it looks like UTF-16"),
    "UTF-16 big": ("\ufeff개인정보".encode("utf-16-be"), "P121", "it looks like UTF-16"),
    "neither": (b"abc \xff\xff", "P121", "is not UTF-8 (byte 5)"),
    "empty": (b"", "P105", "The file is empty"),
    "blank": (b" \r\n\t\n", "P105", "The file is empty"),
    "only a byte order mark": (b"\xef\xbb\xbf\n", "P105", "The file is empty"),
    "too large": (b"a\n" * (MOST_BYTES // 2 + 1), "P105", "larger than 1,048,576 bytes"),
    "LFS pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "P105", "Git LFS"),
}


@pytest.mark.parametrize(("data", "code", "words"), UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable_bytes_have_no_text(data: bytes, code: str, words: str) -> None:
    source = read(data)
    assert found(source) == [(code, "error")]
    assert source.text == ""
    assert not source.readable
    assert words in say(source.problems[0].message)
    assert source.problems[0].hint is not None
    assert source.problems[0].place == PLACE


@pytest.mark.parametrize("data", ["\ufeff# 제목\n".encode(), b"# \xec\xa0\x9c\xeb\xaa\xa9\r\n", "# 제목\r".encode()])
def test_marks_and_line_ends_of_windows_are_no_change(data: bytes) -> None:
    source = read(data)
    assert source.text == "# 제목\n"
    assert found(source) == [("P122", "info")]
    assert source.readable


def test_decomposed_hangul_is_compared_composed() -> None:
    composed = "# 개인정보 보호\n"
    decomposed = unicodedata.normalize("NFD", composed)
    assert decomposed != composed
    assert read(decomposed.encode()) == read(composed.encode())
    assert read(decomposed.encode()).problems == ()


DECEPTIVE = {
    "zero-width space": ("\u200b", "P120", "U+200B ZERO WIDTH SPACE"),
    "zero-width joiner": ("\u200d", "P120", "U+200D"),
    "soft hyphen": ("\u00ad", "P120", "U+00AD"),
    "Hangul filler": ("\u3164", "P120", "U+3164 HANGUL FILLER"),
    "Hangul choseong filler": ("\u115f", "P120", "U+115F"),
    "Hangul jungseong filler": ("\u1160", "P120", "U+1160"),
    "half-width Hangul filler": ("\uffa0", "P120", "U+FFA0"),
    "grapheme joiner": ("\u034f", "P120", "U+034F"),
    "variation selector": ("\ufe0f", "P120", "U+FE0F"),
    "tag character": ("\U000e0041", "P120", "U+E0041"),
    "byte order mark inside": ("\ufeff", "P120", "U+FEFF"),
    "escape": ("\x1b", "P120", "U+001B"),
    "null": ("\x00", "P120", "U+0000"),
    "right-to-left override": ("\u202e", "P124", "U+202E RIGHT-TO-LEFT OVERRIDE"),
    "isolate": ("\u2067", "P124", "U+2067"),
    "Arabic letter mark": ("\u061c", "P124", "U+061C"),
    "line separator": ("\u2028", "P125", "U+2028 LINE SEPARATOR"),
    "paragraph separator": ("\u2029", "P125", "U+2029"),
    "next line": ("\u0085", "P125", "U+0085"),
    "vertical tab": ("\x0b", "P125", "U+000B"),
    "form feed": ("\x0c", "P125", "U+000C"),
}


@pytest.mark.parametrize(("character", "code", "name"), DECEPTIVE.values(), ids=DECEPTIVE)
def test_deceptive_characters_are_named_with_line_and_column(character: str, code: str, name: str) -> None:
    source = read(f"# 제목\n\n보관 기간은 30{character}일\n".encode())
    assert found(source) == [(code, "error")]
    problem = source.problems[0]
    assert (problem.place.line, problem.place.column) == (3, 10)
    assert name in say(problem.message)
    assert str(problem.place) == "policy_docs/privacy/ko.md:3:10"
    if code != "P124":
        assert "“보관 기간은 30”" in say(problem.message)


def test_the_very_first_character_has_a_place_too() -> None:
    assert str(read("\u200b30일".encode()).problems[0].place).endswith(":1:1")
    assert str(read(b"<<<<<<< HEAD\n").problems[0].place).endswith(":1:1")


def test_a_file_of_invisible_characters_is_reported_once_in_a_while() -> None:
    source = read(("a" + "\u200b" * 10 * MOST_REPORTED).encode())
    assert len(source.problems) == MOST_REPORTED


@pytest.mark.parametrize("character", ["\u00a0", "\u3000", "\t", "€", "①", "\u318d", "é", "𝒜", "🙂"])
def test_what_can_be_seen_is_not_reported(character: str) -> None:
    assert read(f"가{character}나\n".encode()).problems == ()


CONFLICTS = {
    "all marks": ("a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> other\n", 2),
    "the last one was forgotten": ("a\nb\nc\n>>>>>>> other\n", 4),
    "three-way": ("a\n||||||| base\n", 2),
    "the middle one before the others": ("x\n=======\nc\n>>>>>>> other\n", 2),
}


@pytest.mark.parametrize(("text", "line"), CONFLICTS.values(), ids=CONFLICTS)
def test_conflict_marks(text: str, line: int) -> None:
    source = read(text.encode())
    assert found(source) == [("P102", "error")]
    assert source.problems[0].place.line == line


@pytest.mark.parametrize(
    "text", ["Privacy\n=======\n\nWords.\n", "a <<<<<<< b\n", "<<<<<<<<\n", "> > > > > > > deep\n"]
)
def test_no_conflict_marks(text: str) -> None:
    assert read(text.encode()).problems == ()


def test_a_long_line_and_many_lines() -> None:
    source = read(("short\n" + "a" * (LONGEST_LINE + 1) + "\nshort\n").encode())
    assert [(p.code, p.place.line) for p in source.problems] == [("P105", 2)]
    assert read(b"a" * LONGEST_LINE).problems == ()
    assert found(read(b"a\n" * (MOST_LINES + 1))) == [("P105", "error")]


@given(st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("\r\n\ufeff\u200b\x1b<>|= ㅎ\u1112\u1161"))))
def test_any_text_gives_a_source(text: str) -> None:
    source = read(text.encode())
    if source.readable:
        assert "\r" not in source.text
        assert "\ufeff" not in source.text
        assert unicodedata.is_normalized("NFC", source.text)
        assert "".join(source.text.split()) == "".join(unicodedata.normalize("NFC", text.lstrip("\ufeff")).split())
    for problem in source.problems:
        assert say(problem.message)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_source(data: bytes) -> None:
    source = read(data)
    assert source.text or not source.readable

"""One word changed, one meaning: for every reason there are pairs of texts that differ in a single thing.

`tests/pairs/R07.toml` holds the pairs of R07, each in English and Korean with the same edit.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from publisher.changes.classify import compare
from publisher.changes.lexicon import lexicon
from publisher.changes.model import Comparison, Direction, Finding, Level
from publisher.changes.reasons import REASONS
from publisher.texts.document import Document, parse

FILES = sorted((Path(__file__).parent / "pairs").glob("R*.toml"))
LANGUAGES = ("en", "ko")
FEWEST = 5
AROUND = {
    "en": ("# Example policy\n\n", "## 2. Other {#other}\n\nAn unchanged sentence.\n"),
    "ko": ("# 예시 처리방침\n\n", "## 2. 기타 {#other}\n\n변하지 않는 문장입니다.\n"),
}


@dataclass(frozen=True)
class Pair:
    """One edit in both languages; the mappings go from language to words."""

    code: str
    #: from 1, in its file
    number: int
    what: str
    direction: str
    heading: dict[str, str]
    old: dict[str, str]
    new: dict[str, str]

    def found(self, language: str, *, swapped: bool = False) -> Comparison:
        old, new = (self._document(language, side[language]) for side in (self.old, self.new))
        return compare(*(new, old) if swapped else (old, new), lexicon(language), {})

    def _document(self, language: str, text: str) -> Document:
        before, after = AROUND[language]
        clause = f"## 1. {self.heading[language]} {{#clause}}\n\n{text}\n\n" if text else ""
        return parse(before + clause + after)


def _pairs(file: Path) -> list[Pair]:
    tables = tomllib.loads(file.read_text(encoding="utf-8"))["pair"]
    return [
        Pair(
            code=file.stem,
            number=number,
            what=table["what"],
            direction=table["direction"],
            heading=table["heading"],
            old={language: table[language]["old"] for language in LANGUAGES},
            new={language: table[language]["new"] for language in LANGUAGES},
        )
        for number, table in enumerate(tables, 1)
    ]


PAIRS = [pair for file in FILES for pair in _pairs(file)]
#: So many of the stated directions are found.
MOST_DIRECTIONS = 0.95
every_pair = pytest.mark.parametrize("pair", PAIRS, ids=[f"{p.code}-{p.number}" for p in PAIRS])
every_language = pytest.mark.parametrize("language", LANGUAGES)


def first(comparison: Comparison) -> Finding | None:
    return next((f for f in comparison.findings if f.level is Level.SIGNIFICANT), None)


def read(comparison: Comparison) -> tuple[Level, str, Direction] | None:
    finding = first(comparison)
    return (comparison.level, finding.code, finding.direction) if finding else None


@every_language
@every_pair
def test_is_significant_either_way(pair: Pair, language: str) -> None:
    assert pair.found(language).level is Level.SIGNIFICANT, pair.what
    assert pair.found(language, swapped=True).level is Level.SIGNIFICANT, f"swapped: {pair.what}"


@every_language
@every_pair
def test_is_read_for_what_it_touches(pair: Pair, language: str) -> None:
    finding = first(pair.found(language))
    assert (finding and finding.code) == pair.code, pair.what


@every_language
@every_pair
def test_is_never_read_for_the_other_side(pair: Pair, language: str) -> None:
    finding = first(pair.found(language))
    assert (finding and finding.direction) in {pair.direction, Direction.UNKNOWN}, pair.what


def test_is_read_for_whom_it_favours() -> None:
    """Where nothing tells, the direction is unknown; that is so for few."""
    found = [(first(pair.found(language)), pair) for pair in PAIRS for language in LANGUAGES]
    told = [finding is not None and finding.direction == pair.direction for finding, pair in found]
    assert sum(told) / len(told) >= MOST_DIRECTIONS


@every_pair
def test_is_read_alike_in_both_languages(pair: Pair) -> None:
    english, korean = (read(pair.found(language)) for language in LANGUAGES)
    assert english is not None, pair.what
    assert english == korean, pair.what


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_a_file_is_named_for_a_reason_and_has_enough_pairs(file: Path) -> None:
    assert file.stem in REASONS
    assert len(_pairs(file)) >= FEWEST


def test_pairs_were_found() -> None:
    assert PAIRS


@every_pair
def test_a_pair_is_whole(pair: Pair) -> None:
    assert pair.what
    assert pair.direction in list(Direction)
    assert set(pair.heading) == set(LANGUAGES)
    for language in LANGUAGES:
        assert pair.heading[language]
        assert pair.old[language]
        assert pair.old[language] != pair.new[language]
        # Only where a whole clause goes is there nothing afterwards.
        assert pair.new[language] or pair.code == "R27"
        korean = [side for side in (pair.heading[language], pair.old[language], pair.new[language]) if side]
        assert [bool(re.search("[가-힣]", side)) for side in korean] == [language == "ko"] * len(korean)


@every_language
def test_no_two_pairs_are_the_same(language: str) -> None:
    # Neither twice nor once each way round.
    counted = Counter(frozenset((p.old[language], p.new[language])) for p in PAIRS)
    assert [sides for sides, times in counted.items() if times > 1] == []

"""Each proof of a minor edit against what only looks like it: the tables are tests/pairs/M1.toml to M9.toml.

`proved` is what the code says it is; `decoy` looks alike and touches the meaning, so it must be significant.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from publisher.changes.classify import compare
from publisher.changes.lexicon import lexicon
from publisher.changes.model import Comparison, Level
from publisher.errors import Place
from publisher.texts.document import Document, parse
from publisher.texts.source import read_source

FILES: Final = sorted((Path(__file__).parent / "pairs").glob("M*.toml"))
TABLES: Final = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in FILES}
LANGUAGES: Final = ("en", "ko")
#: Codes that say something of one language only
KOREAN_ONLY: Final = frozenset({"M6"})
FRAME: Final = {
    "en": "# Example policy\n\n## 1. {heading} {{#clause}}\n\n{text}\n\n## 2. Other {{#other}}\n\nAn unchanged sentence.\n",
    "ko": "# 예시 방침\n\n## 1. {heading} {{#clause}}\n\n{text}\n\n## 2. 그 밖의 사항 {{#other}}\n\n바뀌지 않는 문장입니다.\n",
}
HEADING: Final = {"en": "Example clause", "ko": "예시 조항"}


def sides(entry: dict[str, Any], language: str) -> tuple[str, str]:
    """The old and the new text of a whole document; a text that begins with "# " is one already."""
    return whole(entry, language, "old"), whole(entry, language, "new")


def whole(entry: dict[str, Any], language: str, side: str) -> str:
    text: str = entry[language][side]
    if text.startswith("# "):
        return text
    heading = entry.get("heading", HEADING)[language]
    return FRAME[language].format(heading=heading, text=text)


def read(text: str) -> Document:
    return parse(read_source(text.encode(), Place()).text)


def compared(entry: dict[str, Any], language: str, *, swapped: bool = False) -> Comparison:
    old, new = reversed(sides(entry, language)) if swapped else sides(entry, language)
    return compare(read(old), read(new), lexicon(language), {})


def cases(kind: str) -> list[Any]:
    """(code, language, entry) of each entry of a kind in each language it speaks, named for what it does."""
    return [
        pytest.param(code, language, entry, id=f"{code}-{language}-{entry['what']}")
        for code, table in TABLES.items()
        for entry in table[kind]
        for language in LANGUAGES
        if language in entry
    ]


@pytest.mark.parametrize(("code", "language", "entry"), cases("proved"))
def test_proved(code: str, language: str, entry: dict[str, Any]) -> None:
    found = compared(entry, language)
    if code == "M1":
        assert (found.level, found.findings) == (Level.NONE, ())
    else:
        assert (found.level, {f.code for f in found.findings}) == (Level.MINOR, {code})


@pytest.mark.parametrize(("code", "language", "entry"), cases("decoy"))
def test_decoy_is_significant(code: str, language: str, entry: dict[str, Any]) -> None:
    assert compared(entry, language).level is Level.SIGNIFICANT, code
    assert compared(entry, language, swapped=True).level is Level.SIGNIFICANT, code


@pytest.mark.parametrize("code", TABLES)
def test_enough_of_each_kind(code: str) -> None:
    for kind in ("proved", "decoy"):
        for language in LANGUAGES:
            if language == "ko" or code not in KOREAN_ONLY:
                assert len([e for e in TABLES[code][kind] if language in e]) >= 5, (kind, language)


def test_each_code_has_its_table() -> None:
    assert list(TABLES) == [f"M{number}" for number in range(1, 10)]


def test_entries_are_well_formed() -> None:
    seen: set[tuple[str, ...]] = set()
    for code, kind, entry in ((c, k, e) for c, t in TABLES.items() for k, es in t.items() for e in es):
        assert kind in {"proved", "decoy"}
        assert set(entry) <= {"what", "heading", *LANGUAGES}, entry
        assert entry["what"]
        assert set(entry) & set(LANGUAGES), entry
        for language in set(entry) & set(LANGUAGES):
            old, new = sides(entry, language)
            assert set(entry[language]) == {"old", "new"}
            assert old != new, entry
            assert (code, kind, language, old, new) not in seen, entry
            seen.add((code, kind, language, old, new))
            hangul = [bool(re.search("[\uac00-\ud7a3\u1100-\u11ff]", entry[language][side])) for side in ("old", "new")]
            assert hangul == [language == "ko"] * 2, entry

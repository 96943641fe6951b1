"""Every entry of the lexicon is found in its example, is known, and says something."""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from typing import Any

import pytest

from publisher.changes.constructs import SENTENCES, constructs
from publisher.changes.lexicon import lexicon
from publisher.changes.model import Topic
from publisher.changes.reasons import REASONS
from publisher.texts.korean import tagged

LANGUAGES = ("en", "ko")
#: Counted for the direction alone, and never told to a reader.
UNTOLD = {"denial"}


def data(name: str) -> dict[str, Any]:
    return tomllib.loads((resources.files("publisher.changes.lexicon") / name).read_text("utf-8"))


def entries(kind: str) -> list[Any]:
    return [
        pytest.param(language, entry, id=f"{language}-{at}-{entry.get('code') or entry.get('name') or kind}")
        for language in LANGUAGES
        for at, entry in enumerate(data(f"{language}.toml")[kind])
    ]


EVERY = [
    pytest.param(language, kind, entry, id=f"{language}-{kind}-{at}")
    for language in LANGUAGES
    for kind, of_kind in data(f"{language}.toml").items()
    for at, entry in enumerate(of_kind)
]


@pytest.mark.parametrize(("language", "kind", "entry"), EVERY)
def test_is_found_in_its_example(language: str, kind: str, entry: dict[str, Any]) -> None:
    line = tagged(entry["example"]) if language == "ko" and kind in {"constructs", "idioms"} else entry["example"]
    assert re.search(entry["pattern"], line, re.IGNORECASE)


@pytest.mark.parametrize(("language", "kind", "entry"), EVERY)
def test_matches_neither_nothing_nor_a_space(language: str, kind: str, entry: dict[str, Any]) -> None:
    pattern = re.compile(entry["pattern"], re.IGNORECASE)
    assert all(pattern.search(text) is None for text in ("", " ", "\n", ".")), (language, kind)


@pytest.mark.parametrize(("language", "entry"), entries("constructs"))
def test_a_construct_is_counted_in_its_example(language: str, entry: dict[str, Any]) -> None:
    assert constructs(entry["example"], lexicon(language))[entry["name"]] >= 1


@pytest.mark.parametrize(("language", "entry"), entries("idioms"))
def test_an_idiom_is_no_construct(language: str, entry: dict[str, Any]) -> None:
    found = constructs(entry["example"], lexicon(language))
    assert [found[name] for name in ("negation", "without", "exception", "denial")] == [0, 0, 0, 0]


@pytest.mark.parametrize("kind", ["reasons", "scales", "valences"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_codes_topics_and_weights_are_known(language: str, kind: str) -> None:
    for entry in data(f"{language}.toml")[kind]:
        codes = entry["codes"] if kind == "scales" else [entry["code"]]
        assert set(codes) <= set(REASONS) - {"U", "R27", "R28"}
        assert not entry.get("topic") or Topic(entry["topic"])
        weight = entry.get("weight", 1)
        assert weight in {1, 2, 3, 4} if kind == "reasons" else weight in {-1, 1}


@pytest.mark.parametrize("language", LANGUAGES)
def test_constructs_are_those_that_have_a_sentence(language: str) -> None:
    names = [entry["name"] for entry in data(f"{language}.toml")["constructs"]]
    assert sorted(names) == sorted({*SENTENCES, *UNTOLD})


def test_both_languages_have_cues_for_the_same_codes() -> None:
    english, korean = ({cue.code for cue in lexicon(language).cues} for language in LANGUAGES)
    assert english == korean


@pytest.mark.parametrize("entry", data("renamed.toml")["renamed"], ids=lambda entry: entry["names"][-1])
def test_a_renaming_has_a_source_and_different_names(entry: dict[str, Any]) -> None:
    assert entry["source"].strip()
    assert len(set(entry["names"])) == len(entry["names"]) >= 2
    assert not any(name.endswith(".") or name != name.strip() for name in entry["names"])


def test_no_name_stands_for_two_bodies() -> None:
    names = [name for entry in data("renamed.toml")["renamed"] for name in entry["names"]]
    assert len(names) == len(set(names))


def test_the_lexicon_is_the_data() -> None:
    for language in LANGUAGES:
        found, stored = lexicon(language), data(f"{language}.toml")
        assert found.language == language
        for kind, read in zip(
            stored, (found.cues, found.constructs, found.idioms, found.scales, found.valences), strict=True
        ):
            assert len(read) == len(stored[kind]), kind
        assert found.renamed == tuple(tuple(e["names"]) for e in data("renamed.toml")["renamed"])

"""The words by which a change is read, as data: one file a language, and the official renamings.

Each entry has a pattern and an example in which it is found; each example is a test. Patterns are read on text in small
letters, which is faster than to ignore case; those of Korean constructs on morphemes (see `texts.korean.tagged`).
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class Cue:
    """A reason (R01-R28), the words that suggest it, and how much they tell."""

    code: str
    #: the topic where it is not the code's own, else ""
    topic: str
    weight: int
    pattern: re.Pattern[str]
    example: str


@dataclass(frozen=True, slots=True)
class Construct:
    """A small word that turns a sentence: its name (see `constructs.SENTENCES`) and its pattern."""

    name: str
    pattern: re.Pattern[str]
    example: str


@dataclass(frozen=True, slots=True)
class Scale:
    """Words that are better (weight 1) or worse (-1) for the reader by themselves, for some reasons or for all."""

    codes: frozenset[str]
    weight: int
    pattern: re.Pattern[str]
    example: str


@dataclass(frozen=True, slots=True)
class Valence:
    """Whether a sentence gives the company a power (-1) or the reader a benefit (1), beside what its code tells."""

    code: str
    weight: int
    pattern: re.Pattern[str]
    example: str


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """The cues and constructs of one language; there is one of each, so that it is told apart by identity."""

    language: str
    cues: tuple[Cue, ...]
    constructs: tuple[Construct, ...]
    #: what only looks like a construct
    idioms: tuple[re.Pattern[str], ...]
    scales: tuple[Scale, ...]
    valences: tuple[Valence, ...]
    #: names of one body or statute, from every name to the last one
    renamed: tuple[tuple[str, ...], ...]


@cache
def lexicon(language: str) -> Lexicon:
    """The lexicon for `language`, read from the program's own data."""
    data = _read(f"{language}.toml")
    return Lexicon(
        language,
        tuple(
            Cue(e["code"], e.get("topic", ""), e.get("weight", 1), _pattern(e), e["example"]) for e in data["reasons"]
        ),
        tuple(Construct(e["name"], _pattern(e), e["example"]) for e in data["constructs"]),
        tuple(_pattern(e) for e in data["idioms"]),
        tuple(Scale(frozenset(e["codes"]), e["weight"], _pattern(e), e["example"]) for e in data["scales"]),
        tuple(Valence(e["code"], e["weight"], _pattern(e), e["example"]) for e in data["valences"]),
        tuple(tuple(e["names"]) for e in _read("renamed.toml")["renamed"]),
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((resources.files(__package__) / name).read_text("utf-8"))


def _pattern(entry: dict[str, Any]) -> re.Pattern[str]:
    return re.compile(entry["pattern"])

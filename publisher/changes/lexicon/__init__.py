"""The words by which a change of rights is recognised, as data: one file a language.

Each entry of `reasons` has the code of the reason, a regular expression, and an example in which it is found;
each example is a test.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Cue:
    """A reason (R01-R28) and the words that suggest it."""

    code: str
    pattern: re.Pattern[str]
    example: str


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The cues of one language, most telling first."""

    language: str
    cues: tuple[Cue, ...]


@cache
def lexicon(language: str) -> Lexicon:
    """The lexicon for `language`, read from the program's own data."""
    source = resources.files(__package__) / f"{language}.toml"
    data = tomllib.loads(source.read_text("utf-8"))
    cues = tuple(
        Cue(entry["code"], re.compile(entry["pattern"], re.IGNORECASE), entry["example"]) for entry in data["reasons"]
    )
    return Lexicon(language, cues)

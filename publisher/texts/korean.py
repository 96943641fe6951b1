"""Korean sentences as morphemes, by Kiwi (https://github.com/bab2min/Kiwi), whose model comes with its package.

The model takes a second or two and 300 MB to load, so it is loaded by the first Korean sentence that cannot be judged
without it, and never for English.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kiwipiepy import Kiwi


@dataclass(frozen=True, slots=True)
class Morpheme:
    """The smallest piece with a meaning, its tag in the Sejong tag set (NNG noun, JKO object particle, …)."""

    form: str
    tag: str
    #: whether the dictionary has it
    known: bool

    def __str__(self) -> str:
        return f"{self.form}/{self.tag}"


@cache
def _kiwi() -> Kiwi:
    from kiwipiepy import Kiwi

    return Kiwi(num_workers=1, load_multi_dict=False, load_typo_dict=False)


@lru_cache(maxsize=4096)
def morphemes(text: str) -> tuple[Morpheme, ...]:
    """The morphemes of a passage, in order; the same passage always gives the same ones."""
    return tuple(
        Morpheme(t.form, t.tag.removesuffix("-R").removesuffix("-I"), not t.oov) for t in _kiwi().tokenize(text)
    )


def tagged(text: str) -> str:
    """The morphemes as one line, `제공/NNG 하/XSV 지/EC 않/VX`, for patterns of the lexicon."""
    return " ".join(map(str, morphemes(text)))


def letters(text: str) -> str:
    """Syllables taken apart into letters (자모), so that a slip in one letter is one difference."""
    return unicodedata.normalize("NFD", text)


def ends_in_consonant(word: str) -> bool:
    """Whether the last syllable has a final consonant (받침), on which the form of a particle depends."""
    return bool(word) and "가" <= word[-1] <= "힣" and (ord(word[-1]) - ord("가")) % 28 != 0


#: Particles in the form that follows a consonant, and the one that follows a vowel.
_FORMS = (
    ("을", "를"),
    ("은", "는"),
    ("이", "가"),
    ("과", "와"),
    ("으로", "로"),
    ("이나", "나"),
    ("이라", "라"),
    ("이란", "란"),
)


def same_particle(before: str, after: str) -> bool:
    """Whether two words differ in nothing but the form of one particle, one of them being the right form."""
    for consonant, vowel in _FORMS:
        for one, other in ((consonant, vowel), (vowel, consonant)):
            if before.endswith(one) and after.endswith(other) and before[: -len(one)] == after[: -len(other)]:
                stem = before[: -len(one)]
                if stem and "가" <= stem[-1] <= "힣":
                    return True
    return False


def either_form(particle: str) -> str:
    """A particle, with what may follow it, in the form after a vowel: 으로 and 로 are 로."""
    for consonant, vowel in _FORMS:
        if particle.startswith(consonant):
            return vowel + particle.removeprefix(consonant)
    return particle

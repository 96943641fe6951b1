"""Words as a redline shows them, sentences, and forms of a text that look the same to a reader.

A word keeps the space before it, so that a run of words can be put together again exactly. Korean is cut at
spaces (eojeol). Figures with their sign, separators and unit, dates, addresses and names of companies stay whole:
90일 is one word, never 9 and 0일.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Final

_MONTH: Final = (
    "(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    "|Nov(?:ember)?|Dec(?:ember)?)"
)
_LEGAL_FORM: Final = r"(?:Inc|LLC|L\.L\.C|Ltd|Limited|GmbH|Corp|Corporation|PLC|B\.V|S\.A|AG|Co)\b"
_HANGUL: Final = "\uac00-\ud7a3"
_WORD: Final = re.compile(
    rf"""\s*(?:
      (?:https?://|www\.)[^\s<>()"'`]*[^\s<>()"'`.,;:!?]          # an address on the web
    | [\w.+-]{{1,64}}@[\w-]+(?:\.[\w-]+)+                          # an e-mail address
    | \d{{1,2}}\s{_MONTH}\.?,?\s\d{{4}} | {_MONTH}\.?\s\d{{1,2}}(?:,?\s\d{{4}})?(?!\d)    # 27 July 2020
    | \d{{4}}\s?년(?:\s?\d{{1,2}}\s?월(?:\s?\d{{1,2}}\s?일)?)?[{_HANGUL}]* | \d{{4}}\.\s?\d{{1,2}}\.\s?\d{{1,2}}\.?
    | (?:[A-Z][\w&-]*\s){{1,4}}?(?:[A-Z][\w&-]*,?)\s{_LEGAL_FORM}\.? | [A-Z][\w&-]*,?\s{_LEGAL_FORM}\.?
    | \(주\)\s?[\w]+ | [\w]+\(주\)[{_HANGUL}]*
    | [-+−]?[$€£₩]?\d+(?:[.,:/-]\d+)*[%°]?(?:[²³])?[\w]*         # a figure with its sign and unit
    | \w+(?:['’.\-]\w+)*
    | \S
    )| \s+$""",
    re.VERBOSE,
)
# A full stop ends a sentence where a new one can begin; these come before a name or a figure.
_SENTENCE_END: Final = re.compile(
    r"(?=[.!?\n])(?:"  # seen first, for the rest takes long at every letter
    r"(?<![A-Z])(?<!\be\.g)(?<!\bi\.e)(?<!\bNo)(?<!\bno)(?<!\bvs)(?<!\bArt)(?<!\bSec)(?<!\bInc)(?<!\bLtd)(?<!\bCo)"
    r"(?<!\bCorp)(?<!\bSt)(?<!\bDr)(?<!\bMr)(?<!\bMs)(?<!\d)[.!?][\"”’')\]]*\s+(?=[\"“‘'(\[*]*[A-Z\d\uac00-\ud7a3])"
    r"|(?<=[다요])\.\s+|\n+)"
)

_SPACES: Final = re.compile(r"[ \t]+")

# What a typesetter may choose freely without a reader reading anything else (domain rule M2). Commas and
# parentheses are not here, for they group a list; nor are signs inside figures.
_TYPOGRAPHY: Final = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201b": "'",
        "\u02bc": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u201f": '"',
        "\u00a0": " ",
        "\u2007": " ",
        "\u2009": " ",
        "\u202f": " ",
        "\u3000": " ",
        "\u2219": "\u00b7",
        "\u318d": "\u00b7",
        "\u30fb": "\u00b7",
        "\u2027": "\u00b7",
        "\uff65": "\u00b7",
        "\u2010": "-",
        "\u2011": "-",
        "\u2013": "\u2014",
        "\u2015": "\u2014",
        "\u2026": "...",
    }
    # full-width forms of the ASCII signs; a wholesale NFKC would also make 10² into 102
    | {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
)


def words(text: str) -> list[str]:
    """`text` cut into words that each keep the space before them; joined, they are `text` again."""
    return list(_words(text))


def sentences(text: str) -> list[str]:
    """`text` cut into sentences that each keep the space after them; joined, they are `text` again."""
    return list(_sentences(text))


# A passage is cut when it is aligned, proved, explained and shown.
@lru_cache(maxsize=2048)
def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text))


@lru_cache(maxsize=1024)
def _sentences(text: str) -> tuple[str, ...]:
    ends = [0, *(end.end() for end in _SENTENCE_END.finditer(text)), len(text)]
    return tuple(text[start:end] for start, end in pairwise(ends) if start < end)


@lru_cache(maxsize=1024)
def folded(text: str) -> str:
    """`text` with quotes, spaces, middle dots and dashes in one spelling and full-width letters made narrow."""
    return _SPACES.sub(" ", text.translate(_TYPOGRAPHY)).strip()

"""Words as a redline shows them, and forms of a text that look the same to a reader.

A word keeps the space before it, so that a run of words can be put together again exactly. Korean is cut at
spaces (eojeol). Figures with their sign, separators and unit stay whole: 90일 is one word, never 9 and 0일.
"""

from __future__ import annotations

import re
from typing import Final

_WORD: Final = re.compile(r"\s*\S+|\s+$")

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
    return _WORD.findall(text)


def folded(text: str) -> str:
    """`text` with quotes, spaces, middle dots and dashes in one spelling and full-width letters made narrow."""
    return re.sub(r"[ \t]+", " ", text.translate(_TYPOGRAPHY)).strip()

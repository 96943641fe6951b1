"""Characters that cannot be seen, or that change how others are shown, written so that a person sees them.

Two passages that differ in nothing but a zero-width space would otherwise read alike, and a character that turns
the direction of writing, or drives a terminal, would show a text that does not stand there.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

#: Kept as they are: a line break and a tab.
_PLAIN: Final = frozenset("\n\t")
#: Controls, formats (zero width, direction), line and paragraph separators, lone surrogates.
_HIDDEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})
#: Letters without a shape, which Unicode counts among the letters, and code points that stand for no character.
_BLANK: Final = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufdd0-\ufdef\ufffe\uffff]")


def visible(text: str) -> str:
    """`text` with each such character as its code point, e.g. [U+200B]; other characters are left alone."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(f"[U+{ord(c):04X}]" if _hidden(c) else c for c in text)


def _hidden(character: str) -> bool:
    if character in _PLAIN:
        return False
    return (
        unicodedata.category(character) in _HIDDEN
        or _BLANK.match(character) is not None
        or ord(character) & 0xFFFE == 0xFFFE
    )

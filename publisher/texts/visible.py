"""Characters that cannot be seen, or that change how others are shown, written so that a person sees them.

Two passages that differ in nothing but a zero-width space would otherwise read alike, and a character that turns
the direction of writing, or drives a terminal, would show a text that does not stand there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html.entities import html5
from typing import Final

#: Begins what stands for such a character.
WRITTEN_OUT: Final = "[U+"
#: The last two of each plane stand for no character.
_NO_CHARACTERS: Final = "".join(chr(plane << 16 | last) for plane in range(1, 17) for last in (0xFFFE, 0xFFFF))
#: Controls but a line break and a tab, formats (zero width, direction, tags), separators of lines and paragraphs,
#: lone surrogates; letters without a shape, which Unicode counts among the letters; selectors of variants but those
#: of emoji; code points that stand for no character. One pattern, for every text of the site is looked through.
_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ufdd0-\ufdef\ufeff\uffa0"
    "\ufff0-\ufffb\ufffe\uffff\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    f"\U000e0000-\U000e0fff{_NO_CHARACTERS}]"
)
_MARKS: Final = "\u0300-\u034e\u0350-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
#: More signs above and below one letter than any language writes: they would cover the lines around it.
_HEAPED: Final = re.compile(f"(?<=[{_MARKS}]{{4}})[{_MARKS}]+")
_ENTITY: Final = re.compile(r"&(?:#[xX]([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([A-Za-z][A-Za-z0-9]*));")
_MARK: Final = re.compile(f"[{_MARKS}]")


def visible(text: str) -> str:
    """`text` with each such character as its code point, e.g. [U+200B]; other characters are left alone."""
    return _HIDDEN.sub(_written, text) if _HIDDEN.search(_letters(text)) else text


def harmless(text: str) -> str:
    """The same, and signs that are heaped on one letter stand beside it, so that words cover no others."""
    return _shown(text, _written)


def harmless_source(text: str) -> str:
    """The same for Markdown, where a bracket could begin a link; the lines of the text stay as they are.

    Characters that are written as entities (`&#x202E;`) are meant as well.
    """
    return _shown(_ENTITY.sub(_unveiled, text) if "&" in text else text, _escaped)


def _unveiled(entity: re.Match[str]) -> str:
    """What an entity stands for, where it would not be seen as what it is; else the entity."""
    digits = entity[1] or entity[2]
    if digits:
        code = int(digits, 16 if entity[1] else 10)
        character = chr(code) if 0 < code < 0x110000 else ""
    else:
        character = html5.get(f"{entity[3]};", "")
    return character if _HIDDEN.search(character) or _MARK.search(character) else entity[0]


def _shown(text: str, write: Callable[[re.Match[str]], str]) -> str:
    letters = _letters(text)
    if _HIDDEN.search(letters):
        text = _HIDDEN.sub(write, text)
    return _HEAPED.sub(write, text) if _MARK.search(letters) else text


def _letters(text: str) -> str:
    """Every character once: most texts have a few hundred, none of them odd."""
    return "".join(set(text))


def _written(found: re.Match[str]) -> str:
    return "".join(f"[U+{ord(c):04X}]" for c in found.group())


def _escaped(found: re.Match[str]) -> str:
    return "".join(f"\\[U+{ord(c):04X}\\]" for c in found.group())

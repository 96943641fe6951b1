"""What may happen to the source of a text without a reader seeing anything else; and what a typesetter may choose.

Each noise takes Markdown and a source of chance. Tables, code and lines with addresses are left as they are where a
noise could reach into them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from random import Random
from typing import Final

Noise = Callable[[str, Random], str]


def chance(seed: int | str) -> Random:
    """The same chance for the same seed."""
    return Random(seed)  # noqa: S311


# A line that begins so, or looks so after a break, is not words alone.
_SPECIAL: Final = re.compile(r"\s*(?:[-+*>#|=~`:]|\d+[.)]|\(?\d+\)|[가-하][.)]|[①-⑳]|\[|!\[|<!--|\{|$)")
_ITEM: Final = re.compile(r"(\s*(?:[-+*]|\d+[.)])\s+)(.*)")
_PLAIN: Final = re.compile(r"[\w]+")
_HEADING: Final = re.compile(r"#{1,6} ")


def _worded(line: str) -> bool:
    """Whether a line is words of a paragraph or item that nothing else hangs on."""
    return bool(line.strip()) and not re.match(r"\s*(?:#|\||>|`|~|---|===|\[|<!--)", line) and "://" not in line


def wrapped(width: int) -> Noise:
    def wrap(text: str, _by: Random) -> str:
        lines: list[str] = []
        for line in text.split("\n"):
            item = _ITEM.match(line)
            start, words = (item[1], item[2]) if item else ("", line)
            if not _worded(line) or not words.strip() or line.endswith(("  ", "\\")) or (line[:1] == " " and not item):
                lines.append(line)
                continue
            current = start + words.split(" ")[0]
            for word in words.split(" ")[1:]:
                if len(current) + 1 + len(word) > width and not _SPECIAL.match(word):
                    lines.append(current)
                    current = " " * len(start) + word
                else:
                    current += " " + word
            lines.append(current)
        return "\n".join(lines)

    return wrap


def joined(text: str, _by: Random) -> str:
    """Each paragraph on one line."""
    return re.sub(r"(?<=[^\s|>`~=-])\n(?=[^\W\d_])(?![가-하][.)])", " ", text)


def decomposed(text: str, _by: Random) -> str:
    return unicodedata.normalize("NFD", text)


def windows(text: str, _by: Random) -> str:
    return text.replace("\n", "\r\n")


def old_macintosh(text: str, _by: Random) -> str:
    return text.replace("\n", "\r")


def byte_order_mark(text: str, _by: Random) -> str:
    return "\ufeff" + text.removeprefix("\ufeff")


def trailing_spaces(text: str, by: Random) -> str:
    """One at a line's end, for two in a paragraph break the line; more on empty lines."""
    return "\n".join(line + (" " if line.strip() else "   ") * by.randint(0, 1) for line in text.split("\n"))


def list_signs(text: str, by: Random) -> str:
    return re.sub(r"(?m)^(\s*)[-*+](?= +\S)", rf"\1{by.choice('-*+')}", text)


def indentation(text: str, by: Random) -> str:
    """Lists further in, with what stands under their items."""
    return re.sub(r"(?m)^(?=\s*(?:[-*+]|\d+[.)]) +\S| +\S)", " " * by.randint(1, 3), text)


def lazy_numbers(text: str, by: Random) -> str:
    """Every item of a numbered list with the number of its first."""
    sign, lines, number = by.choice(".)"), [], ""
    for line in text.split("\n"):
        match = re.match(r"(\d+)\. (?!\d)", line)
        number = (number or match[1]) if match else number if line.startswith(" ") else ""
        lines.append(re.sub(r"^\d+\.", f"{number}{sign}", line) if match else line)
    return "\n".join(lines)


def emphasis(text: str, by: Random) -> str:
    """Single words set off, by whichever sign."""

    def set_off(line: str) -> str:
        if not _worded(line) or "_" in line or "*" in line or "`" in line:
            return line
        words = line.split(" ")
        for at, word in enumerate(words):
            if at > 1 and _PLAIN.fullmatch(word) and not by.randrange(4):
                mark = by.choice(["*", "_", "**", "__", "***"])
                words[at] = f"{mark}{word}{mark}"
        return " ".join(words)

    return "\n".join(map(set_off, text.split("\n")))


def other_emphasis(text: str, _by: Random) -> str:
    starred = re.compile(r"(?<![\w*_\\])(\*{1,2})(?=[^\s*])([^*\n]*[^\s*])\1(?![\w*])")
    return starred.sub(lambda m: "_" * len(m[1]) + m[2] + "_" * len(m[1]), text)


def blank_lines(text: str, by: Random) -> str:
    return re.sub(r"\n\n", lambda _: "\n" * by.randint(2, 4), text) + "\n"


def loose_lists(text: str, _by: Random) -> str:
    """An empty line between items."""
    return re.sub(r"\n(?=(?:[-*+]|\d+\.) +\S)", "\n\n", text)


def entities(text: str, by: Random) -> str:
    """Signs by their names or numbers."""
    names = {"&": "&amp;", '"': "&quot;", "'": "&#39;", "’": "&rsquo;", "–": "&#8211;", "—": "&mdash;", "·": "&middot;",
             "“": "&ldquo;", "”": "&rdquo;", "%": "&#x25;", "(": "&#40;", "\u00a0": "&nbsp;", "<": "&lt;"}  # fmt: skip

    def named(line: str) -> str:
        if re.search(r"://|\]\(|`|<!--|&\w+;|\\", line) or _HEADING.match(line):
            return line
        return "".join(names[sign] if sign in names and by.randrange(3) else sign for sign in line)

    return "\n".join(map(named, text.split("\n")))


def front_matter(text: str, _by: Random) -> str:
    return text if text.startswith("---") else f"---\ntitle: A page\nlayout: policy\n---\n\n{text}"


def comments(text: str, by: Random) -> str:
    """Between paragraphs, and inside a line after a word."""

    def remarked(line: str) -> str:
        if not _worded(line) or "`" in line or by.randrange(3) or not re.search(r"\w \w", line[4:]):
            return line
        return line[:4] + re.sub(r"(?<=\w) (?=\w)", " <!-- counsel: may be sold? --> ", line[4:], count=1)

    lines = "\n".join(map(remarked, text.split("\n")))
    return lines.replace("\n\n## ", "\n\n<!-- we never\n\nsell --> \n\n## ") + "\n<!-- the end -->\n"


def attribute_lists(text: str, by: Random) -> str:
    def with_list(line: str) -> str:
        if not _worded(line) or line.endswith("  ") or by.randrange(2):
            return line
        return line + by.choice(["{: .note}", ' {: #x title="we sell"}'])

    return "\n".join(map(with_list, text.split("\n")))


def closed_headings(text: str, _by: Random) -> str:
    return re.sub(r"(?m)^(#{1,6})( .*\S)$", r"\1 \2 \1", text)


def underlined_headings(text: str, _by: Random) -> str:
    """A number would begin a list there, but for the backslash."""
    text = re.sub(r"(?m)^## (\d+)\.", r"## \1\\.", text)
    text = re.sub(r"(?m)^## (.*)$", r"\1\n---", text)
    return re.sub(r"(?m)^# (.*)$", r"\1\n=====", text)


def lined_up_tables(text: str, _by: Random) -> str:
    text = re.sub(r"(?m)^\|( ?-+ ?\|)+$", lambda m: re.sub("-+", ":------:", m.group()), text)
    return re.sub(r"(?m)(?<=\S) \|$", "    |", text)


def escapes(text: str, _by: Random) -> str:
    """A backslash before a bracket or full stop that would have been one anyway."""

    def escaped(line: str) -> str:
        if re.search(r"[\[\]`\\<&]|://", line) or not _worded(line):
            return line
        return re.sub(r"(?<=\w)([(),])", r"\\\1", line)

    return "\n".join(map(escaped, text.split("\n")))


#: What no reader sees.
UNSEEN: Final[dict[str, Noise]] = {
    **{f"wrapped at {width}": wrapped(width) for width in (1, 20, 40, 72)},
    **{noise.__name__: noise for noise in (
        joined, trailing_spaces, list_signs, indentation, lazy_numbers, emphasis, other_emphasis, blank_lines,
        loose_lists, entities, front_matter, comments, attribute_lists, closed_headings, underlined_headings,
        lined_up_tables, escapes,
    )},
}  # fmt: skip


def as_it_is(text: str, _by: Random) -> str:
    return text


#: How the same letters are written as bytes.
BYTES: Final[dict[str, Noise]] = {
    noise.__name__: noise for noise in (as_it_is, decomposed, windows, old_macintosh, byte_order_mark)
}


def _signs(of: dict[str, str]) -> Noise:
    """Signs for signs of the same meaning, in words alone."""
    table = str.maketrans(of)

    def exchanged(text: str, _by: Random) -> str:
        lines = text.split("\n")
        return "\n".join(x if re.match(r"\s*[-|]", x) or "](" in x or "`" in x else x.translate(table) for x in lines)

    return exchanged


def curly(text: str, _by: Random) -> str:
    text = re.sub(r'"([^"\n]*)"', r"“\1”", text)
    return re.sub(r"(?<=\w)'(?=\w)", "’", text)


#: What a typesetter chooses (M2).
TYPOGRAPHY: Final[dict[str, Noise]] = {
    "curly": curly,
    "straight": _signs({"“": '"', "”": '"', "‘": "'", "’": "'"}),
    "dashes": _signs({"–": "—", "—": "–"}),
    "middle dots": _signs({"·": "ㆍ", "∙": "·", "ㆍ": "・"}),
    "no-break spaces": lambda text, _: re.sub(r"(?<=[^\W\d]) (?=\d)", "\u00a0", text),
}

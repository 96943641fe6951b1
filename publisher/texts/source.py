"""The bytes of a text made into clean lines, with everything that could hide meaning from a reviewer reported.

In: bytes as they stand in git. Out: the text in NFC with LF line ends and no byte order mark, and problems.
What is stored and published are the bytes; this form is for reading and comparing only.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from publisher.errors import Place, Problem
from publisher.messages import Message, msg
from publisher.texts.visible import visible

MOST_BYTES: Final = 1024 * 1024
MOST_LINES: Final = 20_000
LONGEST_LINE: Final = 10_000
#: Of each kind of deceptive character; nobody reads more, and a file can consist of them.
MOST_REPORTED: Final = 100

#: Codes of what cannot be seen, or makes a text read otherwise than it stands there.
DECEPTIVE: Final = frozenset({"P120", "P124", "P125"})

# Unicode's Default_Ignorable_Code_Point, and what a terminal or browser shows as nothing. The fillers of
# Hangul count as letters, so a test for category Cf would miss them.
_INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2065\u206a-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]"
)
_BIDI: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_ODD_LINE_END: Final = re.compile("[\u2028\u2029\u0085\x0b\x0c]")
_CONFLICT: Final = re.compile(r"^(<{7}|>{7}|\|{7})(\s|$)|^={7}$", re.MULTILINE)
_LFS_POINTER: Final = b"version https://git-lfs.github.com/spec/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A text as it is read: clean lines, and what was found on the way."""

    #: NFC, LF, no byte order mark; empty where the bytes could not be read, or are more than is read
    text: str
    problems: tuple[Problem, ...] = ()

    @property
    def readable(self) -> bool:
        return not any(p.severity == "error" for p in self.problems)


def as_published(source: Source) -> Source:
    """The same of a text that was published as it is: what deceives in it is remarked on, for it cannot be undone."""
    hint = msg(
        "It is recorded as it was published; the pages of this version write out what cannot be seen or would mislead, "
        "for example as [U+200B]."
    )
    return replace(
        source,
        problems=tuple(
            replace(problem, severity="warning", hint=hint) if problem.code in DECEPTIVE else problem
            for problem in source.problems
        ),
    )


def read_source(data: bytes, place: Place) -> Source:
    """Read `data`, reporting P102, P105, P120-P122, P124 and P125 with line and column."""
    unreadable = _why_unreadable(data, place)
    if unreadable:
        return Source(text="", problems=(unreadable,))
    text = data.decode("utf-8")
    problems = []
    if text.startswith("\ufeff") or "\r" in text:
        problems.append(
            _problem(
                "P122",
                place,
                msg("The file has a byte order mark or Windows line ends; they are ignored."),
                severity="info",
            )
        )
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    text = unicodedata.normalize("NFC", text)
    too_long = _too_long(text, place)
    if too_long:  # nothing is read on, for what follows is made for texts
        return Source(text="", problems=(*problems, *too_long))
    problems += _conflicts(text, place) + _deceptive(text, place)
    return Source(text=text, problems=tuple(problems))


def _problem(
    code: str,
    place: Place,
    message: Message,
    hint: Message | None = None,
    severity: str = "error",
    at: str | None = None,
) -> Problem:
    """A problem at the end of the text `at`, or at the file as a whole."""
    if at is not None:
        line = at.count("\n") + 1
        column = len(at) - (at.rfind("\n") + 1) + 1
        place = Place(path=place.path, policy=place.policy, language=place.language, line=line, column=column)
    return Problem(code=code, message=message, hint=hint, place=place, severity=severity)


def _why_unreadable(data: bytes, place: Place) -> Problem | None:
    if not data.removeprefix(codecs.BOM_UTF8).strip():
        return _problem("P105", place, msg("The file is empty."), msg("Restore the text, then commit again."))
    if len(data) > MOST_BYTES:
        return _problem(
            "P105",
            place,
            msg("The file is larger than {limit} bytes, which no policy text is.", limit=MOST_BYTES),
            msg("Check that the right file was committed."),
        )
    if data.startswith(_LFS_POINTER):
        return _problem(
            "P105",
            place,
            msg("The file is only a pointer to a text kept elsewhere (Git LFS); the text itself is not in git."),
            msg("Take the file out of Git LFS and commit the text itself."),
        )
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _problem(
            "P121",
            place,
            msg(
                "The file is not UTF-8 (byte {position}{guess}), so its letters cannot be read for certain.",
                position=error.start + 1,
                guess=_looks_like(data),
            ),
            msg("Save it as UTF-8 in your editor, look through it once, and commit again."),
        )
    return None


def _looks_like(data: bytes) -> Message:
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return msg("; it looks like UTF-16")
    try:
        data.decode("cp949")
    except UnicodeDecodeError:
        return msg("")
    return msg("; it looks like EUC-KR/CP949")


def _too_long(text: str, place: Place) -> list[Problem]:
    lines = text.split("\n")
    if len(lines) > MOST_LINES:
        return [_problem("P105", place, msg("The file has more than {limit} lines.", limit=MOST_LINES))]
    return [
        _problem(
            "P105",
            Place(path=place.path, policy=place.policy, language=place.language, line=number),
            msg("The line is longer than {limit} characters.", limit=LONGEST_LINE),
            msg("Divide the paragraph; a reader will be glad too."),
        )
        for number, line in islice(
            ((n, line) for n, line in enumerate(lines, 1) if len(line) > LONGEST_LINE), MOST_REPORTED
        )
    ]


def _conflicts(text: str, place: Place) -> list[Problem]:
    found = list(_CONFLICT.finditer(text))
    # A line of seven equals signs alone is also how Markdown underlines a title.
    if not any(m.group().startswith(("<", ">", "|")) for m in found):
        return []
    return [
        _problem(
            "P102",
            place,
            msg(
                "Two edits of this text were not merged: the marks that git leaves ({mark}) are still there.",
                mark=m.group().strip(),
            ),
            msg("Decide which wording is right, delete the other and the three marked lines, and commit again."),
            at=text[: m.start()],
        )
        for m in found[:1]
    ]


def _deceptive(text: str, place: Place) -> list[Problem]:
    found: list[Problem] = []
    letters = "".join(set(text))  # few, and in most texts none of them is odd
    if not any(kind.search(letters) for kind in (_INVISIBLE, _BIDI, _ODD_LINE_END)):
        return found
    for match in _first(_INVISIBLE, text):
        found.append(
            _problem(
                "P120",
                place,
                msg(
                    "There is an invisible character ({name}) after “{before}”. It cannot be seen but changes "
                    "the text.",
                    name=_name(match.group()),
                    before=_before(text, match.start()),
                ),
                msg("Delete it by retyping the word, and commit again."),
                at=text[: match.start()],
            )
        )
    for match in _first(_BIDI, text):
        found.append(
            _problem(
                "P124",
                place,
                msg(
                    "The text is made to run right-to-left here ({name}); it could show something else than it says.",
                    name=_name(match.group()),
                ),
                msg("Delete the character by retyping the words around it, and commit again."),
                at=text[: match.start()],
            )
        )
    for match in _first(_ODD_LINE_END, text):
        found.append(
            _problem(
                "P125",
                place,
                msg(
                    "There is an unusual line break ({name}) inside the line after “{before}”.",
                    name=_name(match.group()),
                    before=_before(text, match.start()),
                ),
                msg("Replace it by a space or an ordinary line break, and commit again."),
                at=text[: match.start()],
            )
        )
    return found


def _first(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    return islice(pattern.finditer(text), MOST_REPORTED)


def _name(character: str) -> str:
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".strip()


def _before(text: str, position: int) -> str:
    """The words before, in which others that hide are written out."""
    return visible(text[max(0, position - 20) : position].split("\n")[-1])

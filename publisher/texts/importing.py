"""A text from elsewhere made into a policy text, with nothing of it lost.

In: plain text or Markdown as it was found. Out: Markdown with one title, headings and proposed clause ids,
the dates and former versions that the text names, and a remark for whatever a person has to look at. Dates
are only read, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from publisher.errors import Place, Problem
from publisher.messages import Message, msg
from publisher.texts.document import split_number
from publisher.texts.lint_content import old_names
from publisher.texts.visible import visible

#: A longer single line between blank lines is a paragraph, not the heading of a section.
LONGEST_HEADING: Final = 250
#: A block of several lines none of which is longer was wrapped by its editor and is one paragraph.
WRAPPED_AT: Final = 100
#: What may go from the ends of a line. What cannot be seen, and is no space, stays: it was published.
_SPACES: Final = " \t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"

_HEADING: Final = re.compile(r"^(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")
_ID_AT_END: Final = re.compile(r"\{#([a-z][a-z0-9-]*)\}\s*$")
_ITEM_AT_START: Final = re.compile(r"(?:\d{1,3}[.)]|[-+*•·※])\s|[\u2460-\u2473]|[가-하][.)]\s")
_ARTICLE: Final = re.compile(r"^제\s?\d+\s?[조장](?:의\s?\d+)?(?=[\s(（.])")
_ENGLISH_DATE: Final = (
    r"(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?\s+(?P<day>\d{1,2}),?\s+(?P<year>\d{4})"
)
_KOREAN_DATE: Final = r"(?P<year>\d{4})\s?[년.-]\s?(?P<month>\d{1,2})\s?[월.-]\s?(?P<day>\d{1,2})\s?일?"
_DATE: Final = {"en": _ENGLISH_DATE, "ko": _KOREAN_DATE}
_LABELS: Final = {
    "announced": r"(?:Announced|Published|Posted|공고\s?일자?|공지\s?일자?)",
    "effective": r"(?:Effective(?:\s+(?:date|from))?|In force(?:\s+from)?|시행\s?일자?)",
}
_VERSION_LINK: Final = re.compile(r"https?://[^\s()<>\"]+[?&]v=(\d{8}(?:-\d+)?)")
_FORMER_WORDS: Final = re.compile(
    r"(?:view\s+)?(?:former|previous|prior)\s+(?:privacy\s+)?policy|변경\s?전\s?[^\n\])]*방침", re.IGNORECASE
)
_LOST_LINK: Final = re.compile(r"\b(?:click here|consent form here)\b", re.IGNORECASE)
_MONTHS: Final = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_STOP_WORDS: Final = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "be",
        "by",
        "for",
        "from",
        "has",
        "have",
        "in",
        "is",
        "it",
        "of",
        "on",
        "or",
        "our",
        "the",
        "to",
        "us",
        "we",
        "will",
        "with",
        "you",
        "your",
    ]
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """What became of an imported text."""

    markdown: str
    announced: date | None
    effective: date | None
    #: ids of versions that the text links to, with the address, in order
    versions: tuple[tuple[str, str], ...]
    #: what a person has to look at, with line numbers of the original
    remarks: tuple[Problem, ...]


def import_text(text: str, language: str, place: Place, known_ids: Sequence[str] = ()) -> Imported:
    """Make Markdown of `text` (NFC, LF).

    `known_ids`: the ids of the same policy's other language, in order; they are proposed where the number of
    headings is the same, for then a person has most probably translated clause by clause.
    """
    lines = text.strip("\n").split("\n")
    offset = len(text) - len(text.lstrip("\n"))
    marked_up = any(_HEADING.match(line) for line in lines)
    converted = list(_promoted(lines)) if marked_up else list(_recovered(lines, place, offset))
    remarks = [] if marked_up else [r for _, r in converted if r]
    output = _with_ids([line for line, _ in converted], known_ids)
    found, date_remarks = _dates(lines, offset, place, language)
    if not marked_up:
        remarks += _foreign_title(lines, offset, place, language)
    found_by_line = [*_lost_links(lines, offset, place), *_old_names(lines, offset, place)]
    return Imported(
        markdown="\n".join(output) + "\n",
        announced=found.get("announced"),
        effective=found.get("effective"),
        versions=tuple((m[1], m[0]) for m in _VERSION_LINK.finditer(text)),
        remarks=tuple(sorted([*remarks, *date_remarks, *found_by_line], key=lambda p: p.place.line)),
    )


def _remark(code: str, place: Place, line: int, message: Message, hint: Message | None = None) -> Problem:
    return Problem(code=code, message=message, hint=hint, place=replace(place, line=line), severity="warning")


def _promoted(lines: Sequence[str]) -> Iterator[tuple[str, Problem | None]]:
    """Markdown whose highest heading becomes level one; everything else stays as it is."""
    highest = min(len(m[1]) for line in lines if (m := _HEADING.match(line)))
    for line in lines:
        heading = _HEADING.match(line)
        yield (f"{heading[1][highest - 1 :]} {heading[2]}" if heading else line), None


def _recovered(lines: Sequence[str], place: Place, offset: int) -> Iterator[tuple[str, Problem | None]]:
    """Plain text: a short line alone between blank lines, before a longer block, heads a section."""
    blocks = _split_blocks(lines)
    titled = False
    for i, (number, block) in enumerate(blocks):
        following = blocks[i + 1][1] if i + 1 < len(blocks) else []
        line = block[0].strip(_SPACES)
        headed = len(block) == 1 and len(line) <= LONGEST_HEADING and sum(map(len, following)) > len(line)
        heads = headed and any(visible(character) == character for character in line)
        if heads and not titled and following[:1] and not _is_heading_like(following, blocks, i + 1):
            titled = True
            yield f"# {_escaped(line)}", _recovered_remark(place, number + offset, line)
        elif heads and titled:
            yield f"## {_escaped(line)}", _recovered_remark(place, number + offset, line)
        else:
            listed = any(_ITEM_AT_START.match(later.strip()) for later in block[1:])
            wrapped = len(block) > 1 and max(map(len, block)) <= WRAPPED_AT and not listed
            for j, paragraph in enumerate(block):
                words = paragraph.strip(_SPACES)
                if _ARTICLE.match(words):
                    titled = True
                    yield f"## {_escaped(words)}", None
                else:
                    yield _escaped(words), None
                if not wrapped and j + 1 < len(block):
                    yield "", None
        if i + 1 < len(blocks):
            yield "", None


def _is_heading_like(block: Sequence[str], blocks: Sequence[tuple[int, list[str]]], i: int) -> bool:
    """Whether `block` itself heads what follows it, so that what stands before it is not the title."""
    following = blocks[i + 1][1] if i + 1 < len(blocks) else []
    return len(block) == 1 and len(block[0]) <= LONGEST_HEADING and sum(map(len, following)) > len(block[0])


def _split_blocks(lines: Sequence[str]) -> list[tuple[int, list[str]]]:
    """Runs of lines between blank ones, each with the number of its first line."""
    blocks: list[tuple[int, list[str]]] = []
    open_ = False
    for number, line in enumerate(lines, 1):
        if not line.strip(_SPACES):
            open_ = False
        elif open_:
            blocks[-1][1].append(line)
        else:
            blocks.append((number, [line]))
            open_ = True
    return blocks


def _recovered_remark(place: Place, line: int, heading: str) -> Problem:
    return _remark(
        "L-STRUCT",
        place,
        line,
        msg("Taken as a heading, for the text has none: “{heading}”", heading=heading[:80]),
        msg("Delete the # at its beginning where it is an ordinary sentence."),
    )


def _foreign_title(lines: Sequence[str], offset: int, place: Place, language: str) -> list[Problem]:
    """A first line that is in another language than the body (a page of another locale, copied)."""
    blocks = _split_blocks(lines)
    if len(blocks) < 2 or language != "en":
        return []
    number, block = blocks[0]
    if len(block) == 1 and not block[0].isascii() and re.search(r"[^\W\d_]", block[0]):
        return [
            _remark(
                "L-LOCALE",
                place,
                number + offset,
                msg(
                    "The first line, “{line}”, does not seem to be in the language of the text.",
                    line=block[0][:80],
                ),
                msg("Delete it if it does not belong to the policy."),
            )
        ]
    return []


_SPECIAL: Final = re.compile(r"([\\`*\[\]<])")
_SPECIAL_AT_START: Final = re.compile(r"^(#{1,6}(?=\s|$)|>|[+-](?=\s|$)|=+\s*$|-{2,}\s*$|~{3,})")
_NUMBERED_AT_START: Final = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
_ENTITY: Final = re.compile(r"&(?=#?\w+;)")


def _escaped(line: str) -> str:
    """`line` so that Markdown shows the very same characters."""
    line = _ENTITY.sub(r"\&", _SPECIAL.sub(r"\\\1", line))
    line = re.sub(r"(?<![^\W_])_+|_+(?![^\W_])", lambda m: "\\_" * len(m[0]), line)
    line = _SPECIAL_AT_START.sub(r"\\\1", line)
    return _NUMBERED_AT_START.sub(r"\1\\\2", line)


def _with_ids(lines: Sequence[str], known_ids: Sequence[str]) -> list[str]:
    """Headings with a proposed id each; those that have one keep it."""
    headings = [i for i, line in enumerate(lines) if _HEADING.match(line)]
    proposals = list(known_ids) if len(known_ids) == len(headings) else [""] * len(headings)
    taken: set[str] = {m[1] for i in headings if (m := _ID_AT_END.search(lines[i]))}
    output = list(lines)
    for position, (i, known) in enumerate(zip(headings, proposals, strict=True)):
        if _ID_AT_END.search(lines[i]):
            continue
        match = _HEADING.match(lines[i])
        base = known or _proposed_id(match[2] if match else "", position)
        id_, suffix = base, 2
        while id_ in taken:
            id_, suffix = f"{base}-{suffix}", suffix + 1
        taken.add(id_)
        output[i] = f"{lines[i].rstrip(_SPACES)} {{#{id_}}}"
    return output


def _proposed_id(heading: str, position: int) -> str:
    number, title = split_number(heading)
    words = [w for w in re.findall(r"[a-z]+", title.lower()) if w not in _STOP_WORDS]
    if words:
        return "-".join(words[:4])[:60]
    digits = re.search(r"\d+", number)
    return f"clause-{digits.group()}" if digits else "title" if position == 0 else f"part-{position}"


def _dates(lines: Sequence[str], offset: int, place: Place, language: str) -> tuple[dict[str, date], list[Problem]]:
    """Dates of announcement and effect, where they are labelled as such; a remark for one that is no date."""
    found: dict[str, date] = {}
    remarks = []
    for number, line in enumerate(lines, 1 + offset):
        for name, label in _LABELS.items():
            # A Korean particle may follow a date without a space (2020년 3월 1일부터), only a new label runs into it.
            runs_on = f"(?:{'|'.join(_LABELS.values())})?" if language == "ko" else r"\w?"
            stated = re.search(rf"{label}\s*[:：]?\s*({_DATE[language]})({runs_on})", line, re.IGNORECASE)
            if not stated:
                continue
            day = _day(stated)
            if day is None:
                remarks.append(
                    _remark(
                        "L-DATE-PLACEHOLDER",
                        place,
                        number,
                        msg("There is a date still to be filled in: {date}", date=stated[1].strip()),
                        msg("Find out the date, or delete the line: the site prints the dates by itself."),
                    )
                )
            else:
                found.setdefault(name, day)
            if stated.groups()[-1]:
                remarks.append(
                    _remark(
                        "L-DATE-RUNON",
                        place,
                        number,
                        msg("The date {date} runs into the next word.", date=stated[1].strip()),
                        msg("Put a space or a line break after it."),
                    )
                )
    return found, remarks


def _day(match: re.Match[str]) -> date | None:
    month = match["month"]
    try:
        return date(
            int(match["year"]),
            int(month) if month.isdigit() else _MONTHS.index(month[:3].title()) + 1,
            int(match["day"]),
        )
    except ValueError:
        return None


def _old_names(lines: Sequence[str], offset: int, place: Place) -> Iterator[Problem]:
    for number, line in enumerate(lines, 1 + offset):
        yield from old_names(line, replace(place, line=number), arriving=True)


def _lost_links(lines: Sequence[str], offset: int, place: Place) -> Iterator[Problem]:
    """Words that were a link once and lead nowhere now."""
    for number, line in enumerate(lines, 1 + offset):
        lost = [m for m in _FORMER_WORDS.finditer(line) if not _VERSION_LINK.search(line)]
        for match in [*lost, *_LOST_LINK.finditer(line)]:
            yield _remark(
                "L-LINK-LOST",
                place,
                number,
                msg("“{words}” was a link whose address is lost.", words=match.group()),
                msg("Find the address and write [words](https://…), or reword the sentence."),
            )

"""Dates that a text states about itself: run into other words, or in an order that no notice allows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from publisher.errors import NOWHERE, Place, Problem
from publisher.messages import msg
from publisher.texts.document import Document
from publisher.texts.promises import promised_notice
from publisher.texts.remarks import around, prose, remark

_MONTH: Final = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?"
_DATE: Final = (
    rf"(?:(?P<m1>{_MONTH})\s(?P<d1>\d{{1,2}}),?\s(?P<y1>\d{{4}})|(?P<d2>\d{{1,2}})\s(?P<m2>{_MONTH}),?\s(?P<y2>\d{{4}})"
    r"|(?P<y3>\d{4})\s?[년.-]\s?(?P<m3>\d{1,2})\s?[월.-]\s?(?P<d3>\d{1,2})(?:\s?일)?)"
)
_KOREAN_LABEL: Final = r"(?:공고|공지|시행|개정|변경)"
# A Korean particle may follow a date without a space (2020년 3월 1일부터); only a new label runs into it.
_RUN_ON: Final = re.compile(rf"{_DATE}(?:(?<=\d)(?=[A-Za-z]{{3}})|(?<=일)(?={_KOREAN_LABEL}))")
_LABELLED: Final = re.compile(
    r"(?:(?P<announced>(?<![a-z])(?:announced|published|posted)|공[고지]\s?일자?)"
    r"|(?P<effective>(?<![a-z])(?:effective(?:\s(?:date|from|as\sof))?|in\sforce(?:\sfrom)?)|시행\s?일자?))"
    rf"(?:\son)?\s?[:：]?\s?{_DATE}",
    re.IGNORECASE,
)
_VERSION: Final = re.compile(r"[?&]v=(\d{4})(\d\d)(\d\d)(?!\d)")
#: What the words of a link to the version before say.
FORMER: Final = re.compile(r"\b(?:former|previous|prior|earlier)\b|변경\s?전|개정\s?전|이전|종전", re.IGNORECASE)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, kw_only=True, slots=True)
class StatedDates:
    """The dates that a text states about itself, where it does."""

    announced: date | None = None
    effective: date | None = None
    #: where the later of the two in the text stands
    place: Place = NOWHERE
    #: effective dates of the versions before, from the addresses that lead to them
    former: tuple[date, ...] = ()


def stated_dates(document: Document, place: Place) -> StatedDates:
    """The first date of announcement and of effect that are labelled so, and the former versions linked to."""
    found: dict[str, date] = {}
    last = place
    former: list[date] = []
    for block, at in prose(document, place):
        for match in _LABELLED.finditer(block.text):
            name = "announced" if match["announced"] else "effective"
            day = _day(match)
            if day and name not in found:
                found[name], last = day, at
        former += [day for link in block.links if FORMER.search(link.words) and (day := pinned(link.target))]
    return StatedDates(
        announced=found.get("announced"), effective=found.get("effective"), place=last, former=tuple(former)
    )


def pinned(target: str) -> date | None:
    """The effective date of the version that an address names (?v=20200727), or None."""
    match = _VERSION.search(target)
    return _date(match[1], int(match[2]), match[3]) if match else None


def dates(document: Document, place: Place) -> Iterator[Problem]:
    """L-DATE-RUNON and L-DATE-ORDER."""
    for block, at in prose(document, place):
        for match in _RUN_ON.finditer(block.text):
            yield remark(
                "L-DATE-RUNON",
                "warning",
                at,
                msg(
                    "A date runs into the next word: “{words}”.",
                    words=around(block.text, match.start(), match.end(), 9),
                ),
                msg("Put a space or a line break after it."),
            )
    yield from _order(stated_dates(document, place), promised_notice(document))


def _order(stated: StatedDates, promised: dict[str, int]) -> Iterator[Problem]:
    announced, effective = stated.announced, stated.effective
    if effective and stated.former and effective <= max(stated.former):
        yield remark(
            "L-DATE-ORDER",
            "warning",
            stated.place,
            msg(
                "The text takes effect on {effective}, which is not after the former version of {former}.",
                effective=effective,
                former=max(stated.former),
            ),
            msg("Correct the date, or the address of the former version."),
        )
    if not announced or not effective:
        return
    # Clear days: neither the day of the announcement nor that of the effect counts (Civil Act, Art. 157).
    clear = (effective - announced).days - 1
    short = sorted(days for days in promised.values() if clear < days)
    if effective <= announced:
        message = msg(
            "The text takes effect on {effective} but was announced on {announced}.",
            effective=effective,
            announced=announced,
        )
    elif promised and clear < min(promised.values()):
        message = msg(
            "Full days between the announcement on {announced} and the effect on {effective}: {clear}. The text itself "
            "promises {days}.",
            announced=announced,
            effective=effective,
            clear=clear,
            days=tuple(short),
        )
    else:
        return
    yield remark(
        "L-DATE-ORDER",
        "warning",
        stated.place,
        message,
        msg("Correct the dates, or delete them: the site prints the dates of announcement and effect by itself."),
    )


def _day(match: re.Match[str]) -> date | None:
    year, month, day = (match[f"{part}1"] or match[f"{part}2"] or match[f"{part}3"] for part in "ymd")
    return _date(year, int(month) if month.isdigit() else _MONTHS.index(month[:3].lower()) + 1, day)


def _date(year: str, month: int, day: str) -> date | None:
    try:
        return date(int(year), month, int(day))
    except ValueError:
        return None

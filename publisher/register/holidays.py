"""Public holidays from the pinned package, one's own over them, and the rules of notice made of the settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

from publisher.errors import Misconfigured, Place, Problem
from publisher.messages import Localized, msg
from publisher.notice.calendar import NO_HOLIDAYS, SATURDAY, ClockStart, Counting, Holidays, PostingHours, Rules
from publisher.workspace import NoticeSettings, OwnHoliday

#: The package knows Korean holidays of later years only by formula; nobody can know them.
FIRST_YEAR, LAST_YEAR = 1970, 2050
_PLACE: Final = Place(path="publisher.toml")


class _KoreanHolidays(Mapping[date, Localized]):
    """Korea's holidays by day; a year is worked out when a day of it is first asked for (80 years take seconds)."""

    def __getitem__(self, day: date) -> Localized:
        return _year(day.year)[day]

    def __iter__(self) -> Iterator[date]:
        for year in range(FIRST_YEAR, LAST_YEAR + 1):
            yield from _year(year)

    def __len__(self) -> int:
        return sum(1 for _ in self)


@cache
def _year(year: int) -> Mapping[date, Localized]:
    import holidays

    korean = holidays.country_holidays("KR", years=year, language="ko")
    english = holidays.country_holidays("KR", years=year, language="en_US")
    return {day: Localized.of({"ko": name, "en": english[day]}) for day, name in korean.items()}


def korean_holidays() -> Holidays:
    """Korea's public holidays with substitutes and the ad hoc ones known when the package was made."""
    return Holidays(_KoreanHolidays(), FIRST_YEAR, LAST_YEAR)


@dataclass(frozen=True)
class _WithOwn(Mapping[date, Localized]):
    """A table of holidays with days of one's own over it; None stands for a day that is no holiday here."""

    table: Mapping[date, Localized]
    own: Mapping[date, Localized | None]

    def __getitem__(self, day: date) -> Localized:
        name = self.own[day] if day in self.own else self.table[day]
        if name is None:
            raise KeyError(day)
        return name

    def __iter__(self) -> Iterator[date]:
        yield from sorted({*self.table, *self.own} - {day for day, name in self.own.items() if name is None})

    def __len__(self) -> int:
        return sum(1 for _ in self)


def with_own(table: Holidays, own: Sequence[OwnHoliday]) -> Holidays:
    """The table with the workspace's own days over it; Misconfigured (C540-C542) where they make no sense.

    A day that the table has already may be named again: a newer package may have learned of it.
    """
    problems = [_twice(own, day) for day, times in Counter(o.day for o in own).items() if times > 1]
    problems += [_weekend(o) for o in own if not o.rest and o.day.weekday() >= SATURDAY]
    problems += [_never(o) for o in own if not FIRST_YEAR <= o.day.year <= LAST_YEAR]
    if problems:
        raise Misconfigured(problems)
    if not own:
        return table
    names = _WithOwn(table.names, {o.day: o.name if o.rest else None for o in own})
    return Holidays(names, table.first_year, table.last_year)


def _twice(own: Sequence[OwnHoliday], day: date) -> Problem:
    return Problem(
        code="C540",
        place=_PLACE,
        message=msg("{day} stands twice in own_holidays, once as a day of rest and once as none.", day=day)
        if len({o.rest for o in own if o.day == day}) > 1
        else msg("{day} stands twice in own_holidays.", day=day),
        hint=msg("Dates of effect rest on this list. Keep the entry that is right, and take the other one out."),
    )


def _weekend(holiday: OwnHoliday) -> Problem:
    return Problem(
        code="C541",
        place=_PLACE,
        message=msg(
            "own_holidays says rest = false for {day}, but no notice ends on a Saturday or Sunday, holiday or not.",
            day=holiday.day,
        ),
        hint=msg("Check the date; if it is right, take the entry out, for it changes nothing."),
    )


def _never(holiday: OwnHoliday) -> Problem:
    return Problem(
        code="C542",
        place=_PLACE,
        message=msg(
            "{day} in own_holidays is of a year that no notice is counted in.",
            day=holiday.day,
        ),
        hint=msg("Check the year; known are {first:id} to {last:id}.", first=FIRST_YEAR, last=LAST_YEAR),
    )


def rules_of(settings: NoticeSettings) -> Rules:
    """The rules of notice; Misconfigured where the posting hours or one's own holidays cannot be read."""
    try:
        hours = PostingHours.parse(settings.posting_hours)
    except ValueError:
        raise Misconfigured(
            Problem(
                code="C510",
                message=msg("posting_hours cannot be {value}.", value=settings.posting_hours),
                hint=msg('Write them like "Mon-Fri 09:00-18:00".'),
                place=_PLACE,
            )
        ) from None
    return Rules(
        zone=settings.timezone,
        counting=Counting(settings.counting),
        clock_starts=ClockStart(settings.clock_starts),
        mail_window_days=settings.mail_window_days,
        hours=hours,
        holidays=with_own(korean_holidays() if settings.holidays else NO_HOLIDAYS, settings.own_holidays),
    )

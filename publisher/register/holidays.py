"""Public holidays from the pinned package, and the rules of notice made of the settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache

from publisher.errors import Misconfigured, Place, Problem
from publisher.messages import Localized, msg
from publisher.notice.calendar import NO_HOLIDAYS, ClockStart, Counting, Holidays, PostingHours, Rules
from publisher.workspace import NoticeSettings

#: The package knows Korean holidays of later years only by formula; nobody can know them.
FIRST_YEAR, LAST_YEAR = 1970, 2050


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


def rules_of(settings: NoticeSettings) -> Rules:
    """The rules of notice; Misconfigured where the posting hours cannot be read."""
    try:
        hours = PostingHours.parse(settings.posting_hours)
    except ValueError:
        raise Misconfigured(
            Problem(
                code="C510",
                message=msg("posting_hours cannot be {value}.", value=settings.posting_hours),
                hint=msg('Write them like "Mon-Fri 09:00-18:00".'),
                place=Place(path="publisher.toml"),
            )
        ) from None
    return Rules(
        zone=settings.timezone,
        counting=Counting(settings.counting),
        clock_starts=ClockStart(settings.clock_starts),
        mail_window_days=settings.mail_window_days,
        hours=hours,
        holidays=korean_holidays() if settings.holidays else NO_HOLIDAYS,
    )

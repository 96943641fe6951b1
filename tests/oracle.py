"""The day of effect worked out again, apart from `publisher.notice.calendar`: one day at a time, with the holidays package.

Only what the simulation needs: Seoul, clear days, a last day of rest moves on (Civil Act 157, 159, 161).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

SEOUL = ZoneInfo("Asia/Seoul")
ONE = timedelta(days=1)


@cache
def _holidays(year: int) -> frozenset[date]:
    import holidays

    return frozenset(holidays.country_holidays("KR", years=year))


def rests(day: date) -> bool:
    return day.isoweekday() in (6, 7) or day in _holidays(day.year)


def earliest(told: date, days: int) -> date:
    """The first day on which a text may bind readers who were all told by the end of `told`."""
    whole, day = 0, told
    while whole < days or rests(day):
        day += ONE
        whole += 1
    return day + ONE


def day_in_seoul(moment: datetime) -> date:
    return moment.astimezone(SEOUL).date()


def midnight_in_seoul(day: date) -> datetime:
    return datetime.combine(day, time(0), SEOUL).astimezone(UTC)

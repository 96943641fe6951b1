"""How a notice period is counted, and what may happen on which day.

The rule is that of the Korean Civil Act: the first day does not count (Art. 157), the period ends at the end
of its last day (Art. 159), and a last day on a Saturday, Sunday or public holiday moves to the next working
day (Art. 161). Backwards, "by when must it be posted", the same holds by analogy. Where clocks go forward within the
days, they are together shorter than as many times 24 hours; a day is added then (ADR 16). A day is a `date` in the zone
of the notice; an instant is a `datetime` with a zone. Which days are holidays is handed in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from publisher.errors import Misconfigured, Place, Problem
from publisher.messages import Localized, Message, msg, msg_n

_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HOURS: Final = re.compile(
    rf"({'|'.join(_WEEKDAYS)})-({'|'.join(_WEEKDAYS)}) ([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)"
)
SATURDAY: Final = 5
_DAY: Final = timedelta(days=1)


class Counting(StrEnum):
    """How days are counted."""

    #: the days between notice and effect are whole days
    CLEAR_DAYS = "clear-days"
    #: the difference of two dates; one day fewer, only for history as it was
    CALENDAR_DAYS = "calendar-days"


class ClockStart(StrEnum):
    """Which step must be finished before days are counted."""

    SITE = "site"
    SITE_AND_MAIL = "site+mail"


@dataclass(frozen=True, slots=True)
class Holidays:
    """Public holidays with their names, for the years that are known."""

    #: name of the holiday by day
    names: Mapping[date, Localized]
    #: first and last year for which the list is complete; asking outside is an error, not "no holiday"
    first_year: int
    last_year: int

    def name(self, day: date) -> Localized | None:
        """The holiday on `day`; Misconfigured (C511) outside the known years."""
        if not self.first_year <= day.year <= self.last_year:
            raise Misconfigured.of(
                "C511",
                msg("The public holidays of {year:id} are not known to this program.", year=day.year),
                msg(
                    "Choose a date between {first:id} and {last:id}, or install a newer publisher.",
                    first=self.first_year,
                    last=self.last_year,
                ),
            )
        return self.names.get(day)


NO_HOLIDAYS: Final = Holidays({}, date.min.year, date.max.year)


@dataclass(frozen=True, slots=True)
class PostingHours:
    """On which weekdays, and between which hours, something may be announced and mailed."""

    first_weekday: int
    last_weekday: int
    opens: time
    closes: time

    @classmethod
    def parse(cls, text: str) -> PostingHours:
        """Read "Mon-Fri 09:00-18:00"; ValueError for anything else."""
        match = _HOURS.fullmatch(text)
        if not match:
            raise ValueError(text)
        first, last = _WEEKDAYS.index(match[1]), _WEEKDAYS.index(match[2])
        opens = time(int(match[3]) % 24, int(match[4]))
        closes = time.max if match[5] == "24" else time(int(match[5]), int(match[6]))
        if opens >= closes or first > last:
            raise ValueError(text)
        return cls(first, last, opens, closes)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """How notice is given here; all that the dates depend on."""

    zone: ZoneInfo
    counting: Counting = Counting.CLEAR_DAYS
    clock_starts: ClockStart = ClockStart.SITE_AND_MAIL
    #: working days that the mailing may take
    mail_window_days: int = 2
    hours: PostingHours
    holidays: Holidays

    def day_of(self, moment: datetime) -> date:
        """The day that `moment` falls on in the zone of the notice."""
        return moment.astimezone(self.zone).date()

    def start_of(self, day: date) -> datetime:
        """00:00 of `day` in the zone of the notice."""
        return datetime.combine(day, time(0), self.zone)

    def end_of(self, day: date) -> datetime:
        """The moment (UTC) before which every moment of `day` lies, in the zone of the notice.

        Where clocks go back over midnight, 24:00 comes twice; where they go forward, it may be skipped.
        """
        midnight = datetime.combine(day + _DAY, time(0), self.zone)
        return max(midnight.replace(fold=fold).astimezone(UTC) for fold in (0, 1))

    def posts_on(self, day: date) -> bool:
        """Whether `day` has posting hours."""
        in_week = self.hours.first_weekday <= day.weekday() <= self.hours.last_weekday
        return in_week and self.holidays.name(day) is None

    def rests(self, day: date) -> bool:
        """Whether `day` is a Saturday, a Sunday or a public holiday."""
        return day.weekday() >= SATURDAY or self.holidays.name(day) is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """A notice period, counted: what it rests on and where it ends."""

    #: the day on which the last required step is, or is expected to be, finished
    starts: date
    days: int
    counting: Counting
    #: the last day of the period before it was moved
    nominal_last_day: date
    last_day: date
    #: 00:00 of this day is the earliest moment of effect
    earliest: date
    #: holidays that moved the last day, by day, with their names; weekends are not listed
    holidays: tuple[tuple[date, Localized], ...]
    #: the last day, or one of the days it was moved to, was a Saturday, a Sunday or a public holiday
    rested: bool
    #: clocks go forward within the period, so that without a further day it were shorter than `days` x 24 hours
    short: bool


def count(starts: date, days: int, rules: Rules) -> Count:
    """Count `days` from the day `starts`, which does not count itself.

    However late on that day the last step ended, more than `days` x 24 hours lie between it and the effect.
    """
    nominal = last = starts + timedelta(days=days)
    met: list[tuple[date, Localized]] = []
    rested = short = False
    if rules.counting is Counting.CALENDAR_DAYS:
        nominal = last = nominal - _DAY
    else:
        while True:
            if rules.rests(last):
                name = rules.holidays.name(last)
                met += [(last, name)] if name else []
                rested = True
            elif rules.start_of(last + _DAY) - rules.end_of(starts) < timedelta(days=days):
                short = True
            else:
                break
            last += _DAY
    return Count(
        starts=starts,
        days=days,
        counting=rules.counting,
        nominal_last_day=nominal,
        last_day=last,
        earliest=last + _DAY,
        holidays=tuple(met),
        rested=rested,
        short=short,
    )


def post_by(effective: date, days: int, rules: Rules) -> date:
    """The last day on which everything may be finished for an effect at 00:00 of `effective`, when planning.

    Counted backwards, the first of the `days` clear days before `effective` moves to an earlier working day;
    the notice must be out by the end of the day before it, and the forward count must agree.
    """
    if rules.counting is Counting.CALENDAR_DAYS:
        return effective - timedelta(days=days)
    return min(counted_back(effective, days, rules) - _DAY, finish_by(effective, days, rules))


def counted_back(effective: date, days: int, rules: Rules) -> date:
    """The day that the period begins with, counted backwards from `effective` and moved to an earlier working day."""
    first = effective - timedelta(days=days)
    while rules.rests(first):
        first -= _DAY
    return first


def finish_by(effective: date, days: int, rules: Rules) -> date:
    """The last day on which the last step may end so that `effective`, once announced, is lawful."""
    latest = effective - timedelta(days=days)
    while count(latest, days, rules).earliest > effective:
        latest -= _DAY
    return latest


def mail_until(posted: date, rules: Rules) -> date:
    """The last day of the mailing that begins on `posted`: so many working days after it."""
    day, left = posted, rules.mail_window_days
    while left:
        day += _DAY
        left -= not rules.rests(day)
    return day


def expected_end(posted: date, rules: Rules, *, mailed: bool) -> date:
    """The day on which the clock is expected to start for something posted on `posted`."""
    waits = mailed and rules.clock_starts is ClockStart.SITE_AND_MAIL
    return mail_until(posted, rules) if waits else posted


def next_posting(now: datetime, rules: Rules) -> datetime:
    """`now` where posting hours are on, else the moment when they next begin."""
    local = now.astimezone(rules.zone)
    day = local.date()
    for _ in range(366):
        if rules.posts_on(day):
            opens = datetime.combine(day, rules.hours.opens, rules.zone)
            closes = datetime.combine(day, rules.hours.closes, rules.zone)
            if local < opens:
                return opens
            if local < closes:
                return now
        day += _DAY
    raise Misconfigured(
        Problem(
            code="C512",
            message=msg("The posting hours leave no day of the coming year on which something may be announced."),
            hint=msg("Widen posting_hours in the section [notice]."),
            place=Place(path="publisher.toml"),
        )
    )


def explain(counted: Count, rules: Rules, *, posted: date | None = None, begun: Message | None = None) -> Message:
    """The sum in words, for the notice and for the legal team.

    `posted`: the day of posting where the mailing is expected to end later; `begun`: what the count rests on, where
    that is known better (`notice/finished.py`).
    """
    if begun is None:
        begun = (
            msg("posted {posted}, mail until {starts}", posted=posted, starts=counted.starts)
            if posted and posted != counted.starts
            else msg("posted {starts}", starts=counted.starts)
        )
    return msg(
        "{begun}, {period}, so 00:00 on {earliest}, {zone}",
        begun=begun,
        period=_period(counted),
        earliest=counted.earliest,
        zone=str(rules.zone),
    )


def _period(counted: Count) -> Message:
    """The days of the period, from the first to the last, and why the last one was moved."""
    if counted.counting is Counting.CALENDAR_DAYS:
        return msg("{days} as the difference of the two dates", days=_days(counted.days))
    plain = msg(
        "{days} from {first} to {last}",
        days=clear_days(counted.days),
        first=counted.starts + _DAY,
        last=counted.nominal_last_day,
    )
    names = tuple(dict.fromkeys(name for _, name in counted.holidays))
    rest = msg("a day of rest ({names})", names=names) if names else msg("a day of rest")
    if counted.rested and counted.short:
        return msg(
            "{plain}, one day more since the clocks go forward in that time, which leads to {rest}, hence to {last}",
            plain=plain,
            rest=rest,
            last=counted.last_day,
        )
    if counted.rested:
        return msg("{plain}, {rest}, hence to {last}", plain=plain, rest=rest, last=counted.last_day)
    if counted.short:
        return msg(
            "{plain}, one day more since the clocks go forward in that time, hence to {last}",
            plain=plain,
            last=counted.last_day,
        )
    return plain


def clear_days(days: int) -> Message:
    return msg_n("{count} clear day", "{count} clear days", days)


def _days(days: int) -> Message:
    return msg_n("{count} day", "{count} days", days)

"""The counting of notice periods: every worked example, and what must hold for any day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import Misconfigured
from publisher.messages import translator
from publisher.notice.calendar import (
    NO_HOLIDAYS,
    ClockStart,
    Counting,
    PostingHours,
    Rules,
    count,
    expected_end,
    explain,
    mail_until,
    next_posting,
    post_by,
)
from publisher.register.holidays import korean_holidays

RULES = Rules(zone=ZoneInfo("Asia/Seoul"), hours=PostingHours.parse("Mon-Fri 09:00-18:00"), holidays=korean_holidays())
CALENDAR_DAYS = replace(RULES, counting=Counting.CALENDAR_DAYS)

# The moment at which the last required step ended, days of notice, and the earliest effect counted as the
# difference of dates (A), in clear days (B), and in clear days with the last day moved off rest days (C).
FORWARD = [
    ("2016-06-17T10:00+09:00", 7, "2016-06-24", "2016-06-25", "2016-06-25"),
    ("2016-06-17T10:00+09:00", 14, "2016-07-01", "2016-07-02", "2016-07-02"),
    # At exactly 00:00 Art. 157 would count the first day; nobody can prove such a posting, so it is not used.
    ("2016-06-17T00:00+09:00", 7, "2016-06-24", "2016-06-25", "2016-06-25"),
    ("2016-06-16T23:59+09:00", 7, "2016-06-23", "2016-06-24", "2016-06-24"),
    ("2026-03-01T15:30+00:00", 7, "2026-03-09", "2026-03-10", "2026-03-10"),
    ("2026-11-23T09:00+09:00", 7, "2026-11-30", "2026-12-01", "2026-12-01"),
    ("2026-11-23T09:00+09:00", 14, "2026-12-07", "2026-12-08", "2026-12-08"),
    ("2026-11-21T09:00+09:00", 7, "2026-11-28", "2026-11-29", "2026-12-01"),
    ("2026-11-27T09:00+09:00", 7, "2026-12-04", "2026-12-05", "2026-12-05"),
    ("2026-12-28T09:00+09:00", 7, "2027-01-04", "2027-01-05", "2027-01-05"),
    ("2028-02-22T09:00+09:00", 7, "2028-02-29", "2028-03-01", "2028-03-01"),
    ("2028-02-15T09:00+09:00", 14, "2028-02-29", "2028-03-01", "2028-03-01"),
    ("2027-01-25T09:00+09:00", 14, "2027-02-08", "2027-02-09", "2027-02-11"),  # Seollal
    ("2026-09-17T09:00+09:00", 7, "2026-09-24", "2026-09-25", "2026-09-29"),  # Chuseok and a Sunday
    ("2025-01-20T09:00+09:00", 7, "2025-01-27", "2025-01-28", "2025-02-01"),  # a holiday declared for one year
    ("2026-07-10T09:00+09:00", 7, "2026-07-17", "2026-07-18", "2026-07-21"),  # Constitution Day, again since 2026
    ("2026-04-24T09:00+09:00", 7, "2026-05-01", "2026-05-02", "2026-05-05"),  # Labour Day, since 2026
    ("2026-05-27T09:00+09:00", 7, "2026-06-03", "2026-06-04", "2026-06-05"),  # an election day
    ("2026-03-01T22:00-05:00", 14, "2026-03-16", "2026-03-17", "2026-03-17"),  # posted from New York
    ("2026-10-25T23:00-04:00", 14, "2026-11-09", "2026-11-10", "2026-11-10"),
    ("2026-10-19T04:00+01:00", 14, "2026-11-02", "2026-11-03", "2026-11-03"),  # from London
    ("2026-11-22T14:00-10:00", 7, "2026-11-30", "2026-12-01", "2026-12-01"),  # from Honolulu, still Sunday there
    ("2026-09-28T13:00+10:00", 7, "2026-10-05", "2026-10-06", "2026-10-07"),  # from Sydney; substitute holiday
    ("2026-11-25T18:00+09:00", 14, "2026-12-09", "2026-12-10", "2026-12-10"),  # the last mail counts
]


@pytest.mark.parametrize(("ended", "days", "difference", "clear", "lawful"), FORWARD)
def test_worked_examples(ended: str, days: int, difference: str, clear: str, lawful: str) -> None:
    day = RULES.day_of(datetime.fromisoformat(ended))
    assert count(day, days, CALENDAR_DAYS).earliest.isoformat() == difference
    assert (day + timedelta(days=days + 1)).isoformat() == clear
    assert count(day, days, RULES).earliest.isoformat() == lawful


BACKWARD = [
    ("2027-01-01", 7, "2026-12-23"),  # the 25th is Christmas
    ("2027-01-01", 14, "2026-12-17"),
    ("2028-02-29", 14, "2028-02-14"),
    ("2016-06-24", 7, "2016-06-16"),
]


@pytest.mark.parametrize(("effective", "days", "latest"), BACKWARD)
def test_post_by(effective: str, days: int, latest: str) -> None:
    assert post_by(date.fromisoformat(effective), days, RULES).isoformat() == latest


def test_both_languages_must_be_up() -> None:
    """The later of the two postings starts the clock."""
    english, korean = date(2026, 11, 23), date(2026, 11, 25)
    assert count(max(english, korean), 7, RULES).earliest == date(2026, 12, 3)


DAYS = st.dates(date(2000, 1, 1), date(2049, 6, 1))
NOTICE = st.integers(1, 60)


@given(DAYS, st.times(), NOTICE)
def test_more_than_the_promised_hours_pass(day: date, hour: time, days: int) -> None:
    posted = datetime.combine(day, hour, RULES.zone)
    effect = RULES.start_of(count(RULES.day_of(posted), days, RULES).earliest)
    assert effect - posted > timedelta(days=days)


@given(DAYS, NOTICE)
def test_the_last_day_is_a_working_day_and_none_is_skipped(day: date, days: int) -> None:
    counted = count(day, days, RULES)
    assert not RULES.rests(counted.last_day)
    between = [
        counted.nominal_last_day + timedelta(days=i) for i in range((counted.last_day - counted.nominal_last_day).days)
    ]
    assert all(RULES.rests(d) for d in between)
    assert counted.earliest == counted.last_day + timedelta(days=1)


@given(DAYS, NOTICE)
def test_backwards_agrees_with_forwards(effective: date, days: int) -> None:
    latest = post_by(effective, days, RULES)
    assert count(latest, days, RULES).earliest <= effective


@given(DAYS, NOTICE, st.integers(1, 20))
def test_later_posting_is_never_earlier_in_force(day: date, days: int, later: int) -> None:
    assert count(day, days, RULES).earliest <= count(day + timedelta(days=later), days, RULES).earliest


@pytest.mark.parametrize(
    ("posted", "until"),
    [
        ("2026-11-23", "2026-11-25"),  # Monday to Wednesday
        ("2026-11-27", "2026-12-01"),  # over a weekend
        ("2026-09-23", "2026-09-29"),  # over Chuseok: Thursday to Sunday
    ],
)
def test_mail_window_counts_working_days(posted: str, until: str) -> None:
    day = date.fromisoformat(posted)
    assert mail_until(day, RULES).isoformat() == until
    assert expected_end(day, RULES, mailed=True).isoformat() == until
    assert expected_end(day, RULES, mailed=False) == day
    assert expected_end(day, replace(RULES, clock_starts=ClockStart.SITE), mailed=True) == day


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-23T09:00+09:00", "2026-11-23T09:00+09:00"),
        ("2026-11-23T08:59+09:00", "2026-11-23T09:00+09:00"),
        ("2026-11-23T17:59:59+09:00", "2026-11-23T17:59:59+09:00"),
        ("2026-11-23T18:00+09:00", "2026-11-24T09:00+09:00"),
        ("2026-11-27T18:00+09:00", "2026-11-30T09:00+09:00"),  # Friday evening
        ("2026-09-24T10:00+09:00", "2026-09-28T09:00+09:00"),  # Chuseok
        ("2026-12-31T19:00+09:00", "2027-01-04T09:00+09:00"),  # New Year is a Friday
    ],
)
def test_posting_hours(now: str, opens: str) -> None:
    assert next_posting(datetime.fromisoformat(now), RULES) == datetime.fromisoformat(opens)


@pytest.mark.parametrize(
    "text", ["", "Mon-Fri", "Mon-Fri 9:00-18:00", "Fri-Mon 09:00-18:00", "Mon-Fri 18:00-09:00", "Mon-Fri 09:00-25:00"]
)
def test_posting_hours_that_cannot_be_read(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        PostingHours.parse(text)


def test_all_day_and_all_week() -> None:
    rules = replace(RULES, hours=PostingHours.parse("Mon-Sun 00:00-24:00"), holidays=NO_HOLIDAYS)
    sunday_night = datetime(2026, 11, 22, 14, 59, tzinfo=UTC)
    assert next_posting(sunday_night, rules) == sunday_night


def test_unknown_years_are_an_error_not_a_year_without_holidays() -> None:
    with pytest.raises(Misconfigured) as raised:
        count(date(2050, 12, 28), 7, RULES)
    assert raised.value.problems[0].code == "C511"


def test_no_holidays_still_rests_at_weekends() -> None:
    rules = replace(RULES, holidays=NO_HOLIDAYS)
    assert count(date(2026, 9, 17), 7, rules).earliest == date(2026, 9, 25)  # Chuseok is not known
    assert count(date(2026, 11, 21), 7, rules).earliest == date(2026, 12, 1)  # a Saturday is


def test_the_sum_in_words() -> None:
    counted = count(date(2026, 11, 25), 14, RULES)
    words = translator("en")(explain(counted, RULES, posted=date(2026, 11, 23)))
    assert words == (
        "posted on Mon 23 Nov 2026, mail until Wed 25 Nov 2026; 14 clear days, that day not counted, the last of them "
        "Wed 9 Dec 2026; so 00:00 on Thu 10 Dec 2026, Asia/Seoul"
    )
    moved = translator("en")(explain(count(date(2026, 7, 10), 7, RULES), RULES))
    assert "Fri 17 Jul 2026, is a day of rest (Constitution Day) and moves to Mon 20 Jul 2026" in moved
    korean = translator("ko")(explain(count(date(2026, 7, 10), 7, RULES), RULES))
    assert "제헌절" in korean
    assert "2026년 7월 21일" in korean

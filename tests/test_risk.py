"""The risk of missing an announced day: its slack, when it is told, and that it agrees with the counting of days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.messages import Localized, translator
from publisher.notice.calendar import ClockStart, Counting, PostingHours, Rules, count, finish_by
from publisher.notice.risk import Announced, risk_of, slack
from publisher.register.holidays import korean_holidays
from tests.conftest import SEOUL, seoul

RULES = Rules(
    zone=SEOUL, hours=PostingHours.parse("Mon-Fri 09:00-18:00"), holidays=korean_holidays(),
)  # fmt: skip
SITE = Rules(
    zone=SEOUL, clock_starts=ClockStart.SITE, hours=RULES.hours, holidays=RULES.holidays,
)  # fmt: skip


def announced(
    at: str, effective: str, *, days: int = 14, notified: str = "", left: int | None = 3102, total: int | None = 50000
) -> Announced:
    return Announced(
        policy="privacy",
        version="20261210",
        title=Localized.of({"ko": "개인정보 처리방침", "en": "Privacy Policy"}),
        effective=date.fromisoformat(effective),
        days=days,
        announced_at=seoul(at),
        notified_at=seoul(notified) if notified else None,
        left=left,
        total=total,
    )


#: domain.md §8.3: the day before which everything must be out, by the forward count.
LAST_DAYS = [
    ("2016-06-24", 7, "2016-06-16"),  # row 4
    ("2026-12-10", 14, "2026-11-25"),  # row 27
    ("2026-12-01", 7, "2026-11-23"),  # row 6; the Sunday before is a rest day, so Monday is the last
    ("2027-02-11", 14, "2027-01-27"),  # Seollal
    ("2026-12-08", 14, "2026-11-23"),  # row 7
]


@pytest.mark.parametrize(("effective", "days", "last"), LAST_DAYS)
def test_the_last_day(effective: str, days: int, last: str) -> None:
    assert finish_by(date.fromisoformat(effective), days, RULES) == date.fromisoformat(last)


def test_the_last_lawful_day_of_history() -> None:
    rules = Rules(zone=SEOUL, counting=Counting.CALENDAR_DAYS, hours=RULES.hours, holidays=RULES.holidays)
    assert finish_by(date(2016, 6, 24), 7, rules) == date(2016, 6, 17)


@given(st.dates(date(2016, 3, 1), date(2030, 1, 1)), st.integers(1, 40))
def test_the_last_lawful_day_is_lawful_and_the_next_is_not(effective: date, days: int) -> None:
    last = finish_by(effective, days, RULES)
    assert count(last, days, RULES).earliest <= effective
    assert count(last + timedelta(days=1), days, RULES).earliest > effective


#: Announced on Monday at 09:00 for 10 December: mails until Wednesday 25 November at 18:00, that is 57 hours.
WHEN = [
    ("2026-11-23T09:00", None, False),
    ("2026-11-24T13:29", None, False),
    ("2026-11-24T13:30", "S222", False),  # half
    ("2026-11-25T06:35", "S222", False),
    ("2026-11-25T06:36", "S222", True),  # four fifths
    ("2026-11-25T23:59", "S222", True),  # no posting hours left, but a mail that is taken now is still in time
    ("2026-11-26T00:00", "S220", True),
    ("2027-01-01T00:00", "S220", True),
]


@pytest.mark.parametrize(("now", "code", "alarming"), WHEN)
def test_when_it_is_told(now: str, code: str | None, alarming: bool) -> None:
    risk = risk_of(announced("2026-11-23T09:00", "2026-12-10"), seoul(now), RULES)
    assert (risk.code if risk else None, bool(risk and risk.alarming)) == (code, alarming)


def test_mails_go_out_in_posting_hours_so_a_last_day_on_a_sunday_leaves_until_friday() -> None:
    # Forward from Sunday 29 November 2026 seven days end on Sunday 6 December, which moves to Monday.
    version = announced("2026-11-25T09:00", "2026-12-08", days=7)
    assert finish_by(version.effective, 7, RULES) == date(2026, 11, 30)
    version = announced("2026-11-25T09:00", "2026-12-15", days=14)
    assert finish_by(version.effective, 14, RULES) == date(2026, 11, 30)
    # Effect on Friday 4 December, 5 days: 28 November, a Saturday.
    version = announced("2026-11-25T09:00", "2026-12-04", days=5)
    assert finish_by(version.effective, 5, RULES) == date(2026, 11, 28)
    assert slack(version, RULES) == timedelta(days=2, hours=9), "until Friday at 18:00"


@pytest.mark.parametrize(
    ("notified", "code"),
    [("2026-11-25T23:59", None), ("2026-11-26T00:00", "S220"), ("2026-12-01T10:00", "S220")],
)
def test_a_mailing_that_has_ended_was_in_time_or_was_not(notified: str, code: str | None) -> None:
    version = announced("2026-11-23T09:00", "2026-12-10", notified=notified)
    risk = risk_of(version, seoul("2026-12-05T10:00"), RULES)
    assert (risk.code if risk else None) == code


def test_where_the_site_starts_the_clock_no_mail_endangers_a_date() -> None:
    for now in ("2026-11-24T13:30", "2026-12-09T00:00"):
        assert risk_of(announced("2026-11-23T09:00", "2026-12-08"), seoul(now), SITE) is None
    late = risk_of(announced("2026-11-24T09:00", "2026-12-08"), seoul("2026-11-24T09:00"), SITE)
    assert late
    assert (late.code, late.earliest) == ("S220", date(2026, 12, 9))


def test_the_words() -> None:
    at_risk = risk_of(announced("2026-11-23T09:00", "2026-12-10"), seoul("2026-11-25T10:00"), RULES)
    assert at_risk
    said = at_risk.problem().in_words(translator("en"))
    assert "3,102 of 50,000 recipients have not been mailed yet" in said
    assert "After Wed 25 Nov 2026 an effect on Thu 10 Dec 2026 is too early" in said
    assert at_risk.problem().severity == "warning"
    unknown = risk_of(announced("2026-11-23T09:00", "2026-12-10", left=None), seoul("2026-11-25T10:00"), RULES)
    assert unknown
    assert "Nobody has been mailed yet" in unknown.problem().in_words(translator("en"))
    late = risk_of(announced("2026-11-23T09:00", "2026-12-10"), seoul("2026-11-26T10:00"), RULES)
    assert late
    assert late.problem().code == "S220"
    assert "the earliest lawful date is now Fri 11 Dec 2026" in late.problem().in_words(translator("en"))


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1)),  # noqa: DTZ001
    st.integers(1, 30),
    st.integers(0, 20),
    st.lists(st.integers(0, 60 * 24 * 40), min_size=2, max_size=6),
)
def test_a_risk_only_grows(posted: datetime, days: int, margin: int, minutes: list[int]) -> None:
    """From nothing over the warning and the alarm to too late, and never back."""
    at = posted.replace(tzinfo=SEOUL)
    effective = count(RULES.day_of(at), days, RULES).earliest + timedelta(days=margin)
    version = Announced(
        policy="p", version="v", title=Localized.of({"en": "P"}), effective=effective, days=days,
        announced_at=at, notified_at=None,
    )  # fmt: skip
    ranks = []
    for later in sorted(minutes):
        now = at + timedelta(minutes=later)
        risk = risk_of(version, now, RULES)
        ranks.append(0 if risk is None else 3 if risk.code == "S220" else 2 if risk.alarming else 1)
        lawful = count(RULES.day_of(now), days, RULES).earliest <= effective
        assert (ranks[-1] == 3) == (not lawful)
    assert ranks == sorted(ranks)


def test_a_holiday_declared_later_does_not_put_an_announced_day_at_risk() -> None:
    """The last day is the one that was counted when the day was announced, for this as for the engine's decision."""
    version = announced("2026-11-23T09:00", "2026-12-10")
    strict = replace(version, finish_by=date(2026, 11, 24))
    assert risk_of(version, seoul("2026-11-25T10:00"), RULES) is not None
    late, kept = risk_of(strict, seoul("2026-11-25T10:00"), RULES), replace(version, finish_by=date(2026, 11, 30))
    assert late is not None
    assert (late.code, late.last_day) == ("S220", date(2026, 11, 24))
    assert risk_of(kept, seoul("2026-11-26T10:00"), RULES) is None, "counted now it would be too late"

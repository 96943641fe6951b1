"""The counting of notice periods: every worked example, and what must hold for any day."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from publisher.errors import Misconfigured, Place
from publisher.messages import Localized, msg, translator
from publisher.notice.backwards import explain_backwards
from publisher.notice.calendar import (
    NO_HOLIDAYS,
    ClockStart,
    Counting,
    Holidays,
    PostingHours,
    Rules,
    count,
    expected_end,
    explain,
    finish_by,
    mail_until,
    next_posting,
    post_by,
)
from publisher.register.holidays import korean_holidays
from publisher.register.sources import ChangeSettings
from publisher.schema import read_toml

RULES = Rules(zone=ZoneInfo("Asia/Seoul"), hours=PostingHours.parse("Mon-Fri 09:00-18:00"), holidays=korean_holidays())
CALENDAR_DAYS = replace(RULES, counting=Counting.CALENDAR_DAYS)

# Row, the moment at which the last required step ended, days of notice, and the earliest effect counted as the
# difference of dates (A), in clear days (B), and in clear days with the last day moved off rest days (C).
FORWARD = [
    (1, "2016-06-17T10:00+09:00", 7, "2016-06-24", "2016-06-25", "2016-06-25"),
    (2, "2016-06-17T10:00+09:00", 14, "2016-07-01", "2016-07-02", "2016-07-02"),
    # At exactly 00:00 Art. 157 would count the first day; nobody can prove such a posting, so it is not used.
    (3, "2016-06-17T00:00+09:00", 7, "2016-06-24", "2016-06-25", "2016-06-25"),
    (4, "2016-06-16T23:59+09:00", 7, "2016-06-23", "2016-06-24", "2016-06-24"),
    (5, "2026-03-01T15:30+00:00", 7, "2026-03-09", "2026-03-10", "2026-03-10"),
    (6, "2026-11-23T09:00+09:00", 7, "2026-11-30", "2026-12-01", "2026-12-01"),
    (7, "2026-11-23T09:00+09:00", 14, "2026-12-07", "2026-12-08", "2026-12-08"),
    (8, "2026-11-21T09:00+09:00", 7, "2026-11-28", "2026-11-29", "2026-12-01"),
    (9, "2026-11-27T09:00+09:00", 7, "2026-12-04", "2026-12-05", "2026-12-05"),
    (10, "2026-12-28T09:00+09:00", 7, "2027-01-04", "2027-01-05", "2027-01-05"),
    (13, "2028-02-22T09:00+09:00", 7, "2028-02-29", "2028-03-01", "2028-03-01"),
    (14, "2028-02-15T09:00+09:00", 14, "2028-02-29", "2028-03-01", "2028-03-01"),
    (16, "2027-01-25T09:00+09:00", 14, "2027-02-08", "2027-02-09", "2027-02-11"),  # Seollal
    (17, "2026-09-17T09:00+09:00", 7, "2026-09-24", "2026-09-25", "2026-09-29"),  # Chuseok and a Sunday
    (18, "2025-01-20T09:00+09:00", 7, "2025-01-27", "2025-01-28", "2025-02-01"),  # a holiday declared for one year
    (19, "2026-07-10T09:00+09:00", 7, "2026-07-17", "2026-07-18", "2026-07-21"),  # Constitution Day, again since 2026
    (20, "2026-04-24T09:00+09:00", 7, "2026-05-01", "2026-05-02", "2026-05-05"),  # Labour Day, since 2026
    (21, "2026-05-27T09:00+09:00", 7, "2026-06-03", "2026-06-04", "2026-06-05"),  # an election day
    (22, "2026-03-01T22:00-05:00", 14, "2026-03-16", "2026-03-17", "2026-03-17"),  # posted from New York
    (23, "2026-10-25T23:00-04:00", 14, "2026-11-09", "2026-11-10", "2026-11-10"),
    (24, "2026-10-19T04:00+01:00", 14, "2026-11-02", "2026-11-03", "2026-11-03"),  # from London
    (25, "2026-11-22T14:00-10:00", 7, "2026-11-30", "2026-12-01", "2026-12-01"),  # from Honolulu, still Sunday there
    (26, "2026-09-28T13:00+10:00", 7, "2026-10-05", "2026-10-06", "2026-10-07"),  # from Sydney; substitute holiday
    (27, "2026-11-25T18:00+09:00", 14, "2026-12-09", "2026-12-10", "2026-12-10"),  # the last mail counts
    (28, "2026-11-25T09:00+09:00", 7, "2026-12-02", "2026-12-03", "2026-12-03"),  # the later language counts
]


@pytest.mark.parametrize(("row", "ended", "days", "difference", "clear", "lawful"), FORWARD)
def test_worked_examples(row: int, ended: str, days: int, difference: str, clear: str, lawful: str) -> None:
    day = RULES.day_of(datetime.fromisoformat(ended))
    counted = count(day, days, RULES)
    assert count(day, days, CALENDAR_DAYS).earliest.isoformat() == difference, row
    assert (counted.nominal_last_day + timedelta(days=1)).isoformat() == clear, row
    assert counted.earliest.isoformat() == lawful, row
    assert RULES.start_of(counted.earliest).astimezone(UTC).time() == time(15), "00:00 in Seoul is 15:00 UTC"


TAUGHT = re.findall(
    r"^\| (\w{3} [\d-]{10}) \| (\d+) days \| (\w{3} [\d-]{10}) \| (\w{3} [\d-]{10}) \|",
    (Path(__file__).parent.parent / "docs" / "legal-team.md").read_text("utf-8"),
    re.MULTILINE,
)


def test_the_guide_teaches_examples() -> None:
    assert len(TAUGHT) == 7


@pytest.mark.parametrize(("ended", "days", "last", "effective"), TAUGHT)
def test_the_examples_of_the_guide(ended: str, days: str, last: str, effective: str) -> None:
    counted = count(date.fromisoformat(ended[4:]), int(days), RULES)
    assert [f"{d:%a %Y-%m-%d}" for d in (counted.starts, counted.last_day, counted.earliest)] == [
        ended, last, effective
    ]  # fmt: skip


def test_a_day_of_utc_would_be_a_day_short() -> None:
    """Half past midnight in Seoul is still the day before in UTC (row 5)."""
    posted = datetime.fromisoformat("2026-03-01T15:30+00:00")
    assert count(posted.date(), 7, RULES).nominal_last_day == date(2026, 3, 8)
    assert count(RULES.day_of(posted), 7, RULES).nominal_last_day == date(2026, 3, 9)
    on_a_weekday = datetime.fromisoformat("2026-11-23T15:30+00:00")
    assert count(on_a_weekday.date(), 7, RULES).earliest == date(2026, 12, 1)
    assert count(RULES.day_of(on_a_weekday), 7, RULES).earliest == date(2026, 12, 2)


# Row, day of effect, days of notice, and the last day for posting counted in the same three ways.
BACKWARD = [
    (4, "2016-06-24", 7, "2016-06-17", "2016-06-16", "2016-06-16"),
    (11, "2027-01-01", 7, "2026-12-25", "2026-12-24", "2026-12-23"),  # the 25th is Christmas
    (12, "2027-01-01", 14, "2026-12-18", "2026-12-17", "2026-12-17"),
    (15, "2028-02-29", 14, "2028-02-15", "2028-02-14", "2028-02-14"),
]


@pytest.mark.parametrize(("row", "effective", "days", "difference", "clear", "lawful"), BACKWARD)
def test_post_by(row: int, effective: str, days: int, difference: str, clear: str, lawful: str) -> None:
    day = date.fromisoformat(effective)
    assert post_by(day, days, CALENDAR_DAYS).isoformat() == difference, row
    assert (day - timedelta(days=days + 1)).isoformat() == clear, row
    assert post_by(day, days, RULES).isoformat() == lawful, row


# Row, where a reader lives, the moment of posting as the reader sees it, days, and the moment of effect there.
ABROAD = [
    (22, "America/New_York", "2026-03-01T22:00-05:00", 14, "2026-03-16T11:00-04:00"),  # clocks went forward between
    (23, "America/New_York", "2026-10-25T23:00-04:00", 14, "2026-11-09T10:00-05:00"),  # and back
    (24, "Europe/London", "2026-10-19T04:00+01:00", 14, "2026-11-02T15:00+00:00"),
    (25, "Pacific/Honolulu", "2026-11-22T14:00-10:00", 7, "2026-11-30T05:00-10:00"),
    (26, "Australia/Sydney", "2026-09-28T13:00+10:00", 7, "2026-10-07T02:00+11:00"),
]


@pytest.mark.parametrize(("row", "zone", "posted", "days", "effect"), ABROAD)
def test_readers_elsewhere_have_all_their_hours(row: int, zone: str, posted: str, days: int, effect: str) -> None:
    there, began = ZoneInfo(zone), datetime.fromisoformat(posted)
    assert began.astimezone(there).isoformat() == began.isoformat(), row
    takes_effect = RULES.start_of(count(RULES.day_of(began), days, RULES).earliest)
    assert takes_effect.astimezone(there).isoformat(timespec="minutes") == effect, row
    assert takes_effect.astimezone(UTC) - began > timedelta(days=days), row


def test_full_local_days_may_be_fewer_although_the_hours_are_not() -> None:
    """Row 24: from 04:00 on the 19th to 15:00 on the 2nd, London sees 13 whole days in 348 hours."""
    london = ZoneInfo("Europe/London")
    posted = datetime(2026, 10, 19, 4, tzinfo=london)
    effect = RULES.start_of(count(RULES.day_of(posted), 14, RULES).earliest).astimezone(london)
    assert (effect.date() - posted.date()).days - 1 == 13
    assert effect.astimezone(UTC) - posted.astimezone(UTC) == timedelta(hours=348)


def test_what_the_practice_of_2016_gave_was_less_than_promised() -> None:
    """Row 1: from 10:00 on 17 June to 24 June there are 158 hours, ten fewer than seven times 24."""
    posted = datetime.fromisoformat("2016-06-17T10:00+09:00")
    effect = RULES.start_of(count(RULES.day_of(posted), 7, CALENDAR_DAYS).earliest)
    assert effect.astimezone(UTC) - posted == timedelta(hours=158) < timedelta(days=7)


@pytest.mark.parametrize("written", ["2020-00-00", "2020-13-01", "2026-02-29", "2026-1-2", "0000-00-00"])
def test_a_day_that_does_not_exist_is_refused_and_never_guessed(written: str) -> None:
    """Row 29: "2020년 0월 0일"."""
    data = f'reason = {{ ko = "가", en = "a" }}\neffective = "{written}"\n'.encode()
    change, problems = read_toml(data, ChangeSettings, Place(path="change.toml"), code="P115")
    assert change is None
    assert [p.code for p in problems] == ["P111"]


DAYS = st.dates(date(1971, 1, 1), date(2049, 6, 1))
NOTICE = st.integers(1, 60)


#: Everywhere on earth, as the clocks went and will go; some of them once skipped a whole day.
ANYWHERE = st.sampled_from(sorted(available_timezones() - {"localtime"})).map(
    lambda zone: replace(RULES, zone=ZoneInfo(zone), holidays=NO_HOLIDAYS)
)


@given(DAYS, st.times(), ANYWHERE, NOTICE)
@example(date(2026, 3, 3), time(4, 59), replace(RULES, zone=ZoneInfo("America/New_York")), 7)
@example(date(2011, 12, 29), time(9, 59), replace(RULES, zone=ZoneInfo("Pacific/Apia")), 1)
@settings(max_examples=500)
def test_more_than_the_promised_hours_pass(day: date, hour: time, rules: Rules, days: int) -> None:
    """Whatever the moment of posting (`day` and `hour` are UTC) and wherever the notice is given."""
    posted = datetime.combine(day, hour, UTC)
    effect = rules.start_of(count(rules.day_of(posted), days, rules).earliest)
    assert effect.astimezone(UTC) - posted > timedelta(days=days)


@given(DAYS, ANYWHERE, NOTICE, st.integers(1, 7200))
@settings(max_examples=500)
def test_also_for_what_is_posted_at_the_very_end_of_a_day(day: date, rules: Rules, days: int, seconds: int) -> None:
    posted = rules.end_of(day) - timedelta(seconds=seconds)
    effect = rules.start_of(count(rules.day_of(posted), days, rules).earliest)
    assert effect.astimezone(UTC) - posted > timedelta(days=days)


# Zone, the day that counts as the first step, days of notice, the day before the earliest effect.
CLOCKS = [
    ("America/New_York", "2026-03-02", 7, "2026-03-10"),  # forward on Sunday the 8th
    ("America/New_York", "2026-02-27", 14, "2026-03-16"),  # the day more is a Saturday
    ("America/New_York", "2026-03-08", 7, "2026-03-16"),  # the change lies in the first day, which does not count
    ("America/New_York", "2026-02-28", 14, "2026-03-16"),  # a weekend gives the hour back
    ("America/New_York", "2026-10-26", 7, "2026-11-02"),  # back on 1 November: an hour too many is no harm
    ("America/New_York", "2026-03-02", 270, "2026-11-27"),  # forward and back again
    ("America/Sao_Paulo", "2018-10-29", 7, "2018-11-06"),  # forward at midnight, which is skipped
    ("America/Havana", "2026-10-26", 7, "2026-11-02"),  # back at 01:00, so that midnight comes twice
    ("America/St_Johns", "2010-11-06", 2, "2010-11-08"),  # back at 00:01 to the evening before
    ("America/Sao_Paulo", "2018-11-03", 9, "2018-11-13"),  # the day ends where the next one lacks its first hour
    ("America/St_Johns", "2010-11-06", 200, "2011-05-26"),  # its last hour comes twice; and forward on 13 March
    ("Australia/Lord_Howe", "2026-09-28", 7, "2026-10-06"),  # forward by half an hour
    ("Antarctica/Troll", "2026-03-23", 7, "2026-03-31"),  # forward by two hours
    ("Pacific/Apia", "2011-12-26", 7, "2012-01-03"),  # Friday the 30th never was
    ("Asia/Seoul", "2026-03-02", 7, "2026-03-09"),  # Korea's clocks stand still
]


@pytest.mark.parametrize(("zone", "starts", "days", "last"), CLOCKS)
def test_a_day_more_where_the_clocks_go_forward(zone: str, starts: str, days: int, last: str) -> None:
    rules = replace(RULES, zone=ZoneInfo(zone), holidays=NO_HOLIDAYS)
    begins = date.fromisoformat(starts)
    counted = count(begins, days, rules)
    assert counted.last_day.isoformat() == last
    unmoved = rules.start_of(begins + timedelta(days=days + 1)).astimezone(UTC) - rules.end_of(begins)
    at_rest = rules.rests(counted.nominal_last_day)
    assert counted.short == (unmoved < timedelta(days=days) and not at_rest)


@given(DAYS, ANYWHERE, NOTICE)
def test_the_effect_is_the_first_lawful_one(day: date, rules: Rules, days: int) -> None:
    """The last day is a working day that leaves all the hours; no day before it is both."""
    counted = count(day, days, rules)

    def lawful(last: date) -> bool:
        hours = rules.start_of(last + timedelta(days=1)).astimezone(UTC) - rules.end_of(day)
        return not rules.rests(last) and hours >= timedelta(days=days)

    assert counted.nominal_last_day == day + timedelta(days=days)
    assert counted.earliest == counted.last_day + timedelta(days=1)
    assert lawful(counted.last_day)
    moved = (counted.last_day - counted.nominal_last_day).days
    assert not any(lawful(counted.nominal_last_day + timedelta(days=i)) for i in range(moved))
    assert (counted.rested or counted.short) == (moved > 0)


@given(DAYS, NOTICE)
def test_in_korea_the_last_day_is_a_working_day_and_none_is_skipped(day: date, days: int) -> None:
    counted = count(day, days, RULES)
    assert not RULES.rests(counted.last_day)
    moved = (counted.last_day - counted.nominal_last_day).days
    between = [counted.nominal_last_day + timedelta(days=i) for i in range(moved)]
    assert all(RULES.rests(d) for d in between)
    assert [d for d, _ in counted.holidays] == [d for d in between if RULES.holidays.name(d)]
    assert not counted.short


@given(DAYS, st.one_of(st.just(RULES), ANYWHERE), NOTICE)
def test_backwards_is_the_latest_day_that_works(effective: date, rules: Rules, days: int) -> None:
    """Both rules hold on that day, and not both on any later one."""
    latest = post_by(effective, days, rules)
    first = effective - timedelta(days=days)
    while rules.rests(first):
        first -= timedelta(days=1)

    def works(day: date) -> bool:
        return day < first and count(day, days, rules).earliest <= effective

    assert works(latest)
    assert not any(works(latest + timedelta(days=i)) for i in range(1, (effective - latest).days))


@given(DAYS, st.one_of(st.just(RULES), st.just(CALENDAR_DAYS), ANYWHERE), NOTICE)
def test_everything_may_end_as_late_as_the_count_forwards_allows(effective: date, rules: Rules, days: int) -> None:
    latest = finish_by(effective, days, rules)
    assert count(latest, days, rules).earliest <= effective < count(latest + timedelta(days=1), days, rules).earliest
    assert post_by(effective, days, rules) <= latest


@given(DAYS, st.one_of(st.just(RULES), ANYWHERE), NOTICE, st.integers(1, 20))
def test_later_posting_is_never_earlier_in_force(day: date, rules: Rules, days: int, later: int) -> None:
    assert count(day, days, rules).earliest <= count(day + timedelta(days=later), days, rules).earliest
    assert count(day, days, rules).earliest < count(day, days + later + 7, rules).earliest


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


def test_posting_hours_that_never_come() -> None:
    always = {date(2026, 11, 23) + timedelta(days=i): Localized.of({"en": "Rest"}) for i in range(400)}
    with pytest.raises(Misconfigured) as raised:
        next_posting(datetime(2026, 11, 23, tzinfo=UTC), replace(RULES, holidays=Holidays(always, 2026, 2027)))
    assert raised.value.problems[0].code == "C512"


def test_unknown_years_are_an_error_not_a_year_without_holidays() -> None:
    with pytest.raises(Misconfigured) as raised:
        count(date(2050, 12, 28), 7, RULES)
    assert raised.value.problems[0].code == "C511"


def test_no_holidays_still_rests_at_weekends() -> None:
    rules = replace(RULES, holidays=NO_HOLIDAYS)
    assert count(date(2026, 9, 17), 7, rules).earliest == date(2026, 9, 25)  # Chuseok is not known
    assert count(date(2026, 11, 21), 7, rules).earliest == date(2026, 12, 1)  # a Saturday is


def sum_of(day: str, days: int, language: str = "en", rules: Rules = RULES, posted: str = "") -> str:
    counted = count(date.fromisoformat(day), days, rules)
    return translator(language)(explain(counted, rules, posted=date.fromisoformat(posted) if posted else None))


def test_the_sum_in_words() -> None:
    assert sum_of("2026-11-25", 14, posted="2026-11-23") == (
        "posted Mon 23 Nov 2026, mail until Wed 25 Nov 2026, 14 clear days from Thu 26 Nov 2026 to Wed 9 Dec 2026, so "
        "00:00 on Thu 10 Dec 2026, Asia/Seoul"
    )
    assert sum_of("2026-07-10", 7, posted="2026-07-10") == (
        "posted Fri 10 Jul 2026, 7 clear days from Sat 11 Jul 2026 to Fri 17 Jul 2026, a day of rest (Constitution Day), "
        "hence to Mon 20 Jul 2026, so 00:00 on Tue 21 Jul 2026, Asia/Seoul"
    )
    counted = count(date(2026, 11, 25), 14, RULES)
    begun = translator("en")(explain(counted, RULES, begun=msg("the last mail {day}", day=counted.starts)))
    assert begun.startswith("the last mail Wed 25 Nov 2026, 14 clear days from Thu 26 Nov 2026")
    assert "to Sat 28 Nov 2026, a day of rest, hence to Mon 30 Nov 2026, so" in sum_of("2026-11-21", 7)
    assert sum_of("2026-11-23", 7, rules=CALENDAR_DAYS) == (
        "posted Mon 23 Nov 2026, 7 days as the difference of the two dates, so 00:00 on Mon 30 Nov 2026, Asia/Seoul"
    )


def test_a_day_more_is_explained() -> None:
    rules = replace(RULES, zone=ZoneInfo("America/New_York"), holidays=NO_HOLIDAYS)
    assert sum_of("2026-03-02", 7, rules=rules) == (
        "posted Mon 2 Mar 2026, 7 clear days from Tue 3 Mar 2026 to Mon 9 Mar 2026, one day more since the clocks go "
        "forward in that time, hence to Tue 10 Mar 2026, so 00:00 on Wed 11 Mar 2026, America/New_York"
    )
    assert (
        "to Fri 13 Mar 2026, one day more since the clocks go forward in that time, which leads to a day of rest, hence "
        "to Mon 16 Mar 2026, so"
    ) in sum_of("2026-02-27", 14, rules=rules)


def test_the_sum_in_korean() -> None:
    assert sum_of("2026-11-25", 14, "ko", posted="2026-11-23") == (
        "게시일 2026년 11월 23일 (월), 메일 발송 완료 기한 2026년 11월 25일 (수), 초일을 산입하지 않고 2026년 11월 26일 (목)"
        "부터 2026년 12월 9일 (수)까지 만 14일, 따라서 2026년 12월 10일 (목) 0시(Asia/Seoul)부터 시행 가능"
    )
    moved = sum_of("2026-07-10", 7, "ko")
    assert "2026년 7월 17일 (금)까지 만 7일이나 말일이 휴일(제헌절)이므로 2026년 7월 20일 (월)에 만료, 따라서" in moved


def back_from(effective: str, days: int, rules: Rules = RULES) -> str:
    return translator("en")(explain_backwards(date.fromisoformat(effective), days, rules))


def test_the_sum_backwards() -> None:
    assert back_from("2027-01-01", 7) == (
        "back from Fri 1 Jan 2027: 7 clear days from Thu 31 Dec 2026 to Fri 25 Dec 2026, a day of rest (Christmas Day), "
        "hence to Thu 24 Dec 2026, so finished by the end of Wed 23 Dec 2026, Asia/Seoul"
    )
    assert "to Sat 5 Dec 2026, a day of rest, hence to Fri 4 Dec 2026, so" in back_from("2026-12-12", 7)
    assert back_from("2026-11-30", 7) == (
        "back from Mon 30 Nov 2026: 7 clear days from Sun 29 Nov 2026 to Mon 23 Nov 2026; but finished on Sun 22 Nov "
        "2026, the count forwards would lead to Tue 1 Dec 2026, so finished by the end of Fri 20 Nov 2026, Asia/Seoul"
    )
    assert back_from("2026-11-30", 7, CALENDAR_DAYS) == (
        "back from Mon 30 Nov 2026 by the difference of the two dates, so finished by the end of Mon 23 Nov 2026, "
        "Asia/Seoul"
    )

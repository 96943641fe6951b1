"""Which step of a notice was the last, the sum that rests on it, and the warning of a date that would be later now."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest

from publisher.errors import Problem
from publisher.messages import Localized, translator
from publisher.notice.calendar import ClockStart, Holidays, PostingHours, Rules, count, finish_by
from publisher.notice.finished import Channel, Finished, explain_finished, last_finished, recheck
from publisher.register.holidays import korean_holidays
from tests.conftest import seoul

RULES = Rules(zone=ZoneInfo("Asia/Seoul"), hours=PostingHours.parse("Mon-Fri 09:00-18:00"), holidays=korean_holidays())
SITE_ONLY = replace(RULES, clock_starts=ClockStart.SITE)
ENGLISH = Finished(channel=Channel.SITE, at=seoul("2026-11-23T09:00"), language="en")
KOREAN = Finished(channel=Channel.SITE, at=seoul("2026-11-25T09:00"), language="ko")
MAILS = Finished(channel=Channel.MAIL, at=seoul("2026-11-26T18:00"))
SITE = Finished(channel=Channel.SITE, at=seoul("2026-11-23T09:00"))


def test_the_clock_starts_with_the_last_step_in_whatever_order_they_are_named() -> None:
    for steps in permutations([ENGLISH, KOREAN, MAILS]):
        assert last_finished(steps, RULES) == MAILS
        assert last_finished(steps, SITE_ONLY) == KOREAN


def test_instants_are_compared_and_not_the_hands_of_clocks() -> None:
    """23:30 in New York is later than noon of the day after in Seoul."""
    there = replace(ENGLISH, at=seoul("2026-11-24T13:30").astimezone(ZoneInfo("America/New_York")))
    here = replace(KOREAN, at=seoul("2026-11-24T12:00").astimezone(RULES.zone))
    assert there.at.replace(tzinfo=None) < here.at.replace(tzinfo=None)
    assert last_finished([here, there], RULES) == there


def test_nothing_finished_starts_no_clock() -> None:
    with pytest.raises(ValueError, match=r".*"):
        last_finished([MAILS], SITE_ONLY)


@pytest.mark.parametrize(
    ("steps", "rules", "begun", "effect"),
    [
        ([ENGLISH, KOREAN], RULES, "posted Mon 23 Nov 2026, in Korean not before Wed 25 Nov 2026, ", "Thu 3 Dec 2026"),
        ([ENGLISH, KOREAN, MAILS], RULES, "posted Mon 23 Nov 2026, the last mail Thu 26 Nov 2026, ", "Fri 4 Dec 2026"),
        ([SITE, replace(SITE, at=KOREAN.at)], RULES,
         "posted Mon 23 Nov 2026, in every language not before Wed 25 Nov 2026, ", "Thu 3 Dec 2026"),
        ([SITE, MAILS], SITE_ONLY, "posted Mon 23 Nov 2026, 7 clear days", "Tue 1 Dec 2026"),
        ([SITE, replace(MAILS, at=seoul("2026-11-23T17:00"))], RULES, "posted Mon 23 Nov 2026, 7 clear", "Tue 1 Dec 2026"),
    ],
)  # fmt: skip
def test_the_sum_names_the_step_that_was_last(steps: list[Finished], rules: Rules, begun: str, effect: str) -> None:
    words = translator("en")(explain_finished(steps, 7, rules))
    assert words.startswith(begun)
    assert words.endswith(f"so 00:00 on {effect}, Asia/Seoul")


EFFECTIVE = date(2026, 12, 10)
FINISH_BY = finish_by(EFFECTIVE, 14, RULES)


def declared(*days: date) -> Rules:
    """The rules after further holidays were declared."""
    more = {day: Localized.of({"ko": "임시공휴일", "en": "Declared holiday"}) for day in days}
    known = {EFFECTIVE + timedelta(days=i): RULES.holidays.name(EFFECTIVE + timedelta(days=i)) for i in range(-40, 40)}
    table = {day: name for day, name in known.items() if name} | more
    return replace(RULES, holidays=Holidays(table, 2026, 2027))


def rechecked(rules: Rules, ended: str = "", effective: date = EFFECTIVE) -> Problem | None:
    steps = [SITE, replace(MAILS, at=seoul(ended))] if ended else [SITE]
    return recheck(
        policy="privacy", title=Localized.of({"ko": "방침", "en": "Policy"}), effective=effective, days=14,
        finish_by=finish_by(effective, 14, RULES), steps=steps, mails_wait=not ended, rules=rules,
    )  # fmt: skip


def test_a_date_that_still_holds_is_not_spoken_of() -> None:
    assert date(2026, 11, 25) == FINISH_BY
    assert rechecked(RULES) is None
    assert rechecked(RULES, "2026-11-25T18:00") is None
    assert rechecked(declared(date(2026, 12, 1))) is None, "a holiday within the period is counted"


@pytest.mark.parametrize("ended", ["", "2026-11-25T18:00"])
def test_a_holiday_on_the_last_day_is_warned_of_and_nothing_more(ended: str) -> None:
    problem = rechecked(declared(date(2026, 12, 9)), ended)
    assert problem is not None
    assert (problem.code, problem.severity, problem.place.policy) == ("S221", "warning", "privacy")
    say = translator("en")
    assert say(problem.message).startswith(
        "Policy: with the public holidays known today, the earliest date would be Fri 11 Dec 2026 and not Thu 10 Dec 2026."
    )
    assert problem.hint is not None
    begun = "the last mail Wed 25 Nov 2026" if ended else "mail until Wed 25 Nov 2026"
    assert begun in say(problem.hint)
    assert "Wed 9 Dec 2026, a day of rest (Declared holiday), hence to Thu 10 Dec 2026" in say(problem.hint)


def test_a_holiday_in_the_days_of_the_mailing_is_warned_of() -> None:
    problem = rechecked(declared(date(2026, 11, 24)))
    assert problem is not None
    assert "mail until Thu 26 Nov 2026" in translator("en")(problem.hint or "")


def test_mails_that_ended_earlier_leave_room() -> None:
    assert rechecked(declared(date(2026, 12, 9)), "2026-11-24T18:00") is None
    assert rechecked(declared(date(2026, 12, 9)), effective=date(2026, 12, 11)) is None, "as does a later date"


def test_a_mailing_that_ended_too_late_is_no_matter_of_holidays() -> None:
    assert count(date(2026, 11, 26), 14, RULES).earliest > EFFECTIVE
    assert rechecked(RULES, "2026-11-26T09:00") is None
    assert rechecked(declared(date(2026, 12, 9)), "2026-11-26T09:00") is None

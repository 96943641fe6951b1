"""Holidays of one's own over those of the package, what a policy promises, and what plan and check say of dates."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from publisher.changes.model import Level
from publisher.errors import Misconfigured
from publisher.messages import translator
from publisher.notice.calendar import Rules, count, next_posting
from publisher.register.holidays import rules_of
from publisher.register.sources import RaisedDays, owed_days
from publisher.workspace import NoticeDays, NoticeSettings, OwnHoliday
from tests.conftest import Desk, Ended, seoul

Command = Callable[..., Ended]
NAME = '{ ko = "임시공휴일", en = "Declared holiday" }'


def own(day: str, *, rest: bool = True) -> OwnHoliday:
    words = {"ko": "임시공휴일", "en": "Declared holiday"}
    return OwnHoliday.model_validate({"day": day, "name": words, "rest": rest})


def rules(*days: OwnHoliday, holidays: str = "KR") -> Rules:
    return rules_of(NoticeSettings.model_validate({"own_holidays": list(days), "holidays": holidays}))


def test_a_declared_day_is_a_day_of_rest() -> None:
    with_it = rules(own("2026-12-09"))
    assert count(date(2026, 11, 25), 14, rules()).earliest == date(2026, 12, 10)
    counted = count(date(2026, 11, 25), 14, with_it)
    assert counted.earliest == date(2026, 12, 11)
    assert counted.holidays == ((date(2026, 12, 9), own("2026-12-09").name),)
    assert next_posting(seoul("2026-12-09T10:00"), with_it) == seoul("2026-12-10T09:00"), "and nothing is posted"
    assert with_it.holidays.name(date(2026, 12, 25)) == rules().holidays.name(date(2026, 12, 25)), "others stay"


def test_a_cancelled_day_is_a_working_day() -> None:
    assert rules().rests(date(2026, 7, 17))
    without = rules(own("2026-07-17", rest=False))
    assert not without.rests(date(2026, 7, 17))
    assert count(date(2026, 7, 10), 7, without).earliest == date(2026, 7, 18)


def test_own_days_without_those_of_a_country() -> None:
    alone = rules(own("2026-12-09"), own("2026-12-10", rest=False), holidays="")
    assert alone.rests(date(2026, 12, 9))
    assert not alone.rests(date(2026, 12, 10))
    assert not alone.rests(date(2026, 12, 25))
    assert set(alone.holidays.names) == {date(2026, 12, 9)}
    assert len(alone.holidays.names) == 1


def test_what_the_package_knows_already_may_be_named() -> None:
    """Else a newer package, that has learned of a day, would stop everything."""
    named = rules(own("2026-12-25"), own("2026-11-24", rest=False))
    assert named.rests(date(2026, 12, 25))
    assert not named.rests(date(2026, 11, 24))


@pytest.mark.parametrize(
    ("days", "codes", "words"),
    [
        ([own("2026-12-09"), own("2026-12-09")], ["C540"], "Wed 9 Dec 2026 stands twice in own_holidays."),
        ([own("2026-12-09"), own("2026-12-09", rest=False)], ["C540"], "once as a day of rest and once as none"),
        ([own("2026-10-03", rest=False)], ["C541"], "no notice ends on a Saturday or Sunday"),
        ([own("2206-12-09")], ["C542"], "2206 in own_holidays is of a year that no notice is counted in"),
        ([own("1926-12-09"), own("2026-12-06", rest=False), own("2026-12-09"), own("2026-12-09")],
         ["C540", "C541", "C542"], "stands twice"),
    ],
)  # fmt: skip
def test_days_that_make_no_sense_are_refused_all_at_once(days: list[OwnHoliday], codes: list[str], words: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        rules(*days)
    assert [p.code for p in raised.value.problems] == codes
    assert words in translator("en")(raised.value.problems[0].message)
    assert all(p.hint and p.place.path == "publisher.toml" for p in raised.value.problems)


@pytest.mark.parametrize(
    ("raised", "minor", "significant"),
    [
        (None, 7, 14),
        (RaisedDays(), 7, 14),
        (RaisedDays(minor=3, significant=10), 7, 14),
        (RaisedDays(minor=10), 10, 14),
        (RaisedDays(minor=10, significant=30), 10, 30),
    ],
)
def test_a_policy_may_promise_more_days_and_never_fewer(
    raised: RaisedDays | None, minor: int, significant: int
) -> None:
    assert owed_days(Level.MINOR, NoticeDays(), raised) == minor
    assert owed_days(Level.SIGNIFICANT, NoticeDays(), raised) == significant


def declare(desk: Desk, day: str) -> None:
    desk.write("publisher.toml", (desk.root / "publisher.toml").read_text("utf-8") + OWN.format(day=day, name=NAME))


OWN = '\n[[notice.own_holidays]]\nday = "{day}"\nname = {name}\n'


def test_a_wrong_list_ends_every_command_that_counts(desk: Desk, publisher: Command) -> None:
    declare(desk, "2026-12-09")
    declare(desk, "2026-12-09")
    for command in (["when"], ["plan"], ["tick"], ["check"]):
        ended = publisher(*command, cwd=desk.root)
        assert ended.status == 5, command
        assert "[C540]" in ended.err


def test_a_holiday_declared_after_the_announcement_only_warns(desk: Desk, publisher: Command) -> None:
    """The announced day stands, plan and check say so, and the version comes into force."""
    desk.recipients()
    desk.retention()
    desk.tick("2026-11-25T09:00")
    version = desk.register().find("privacy", "20261212")
    assert version is not None
    assert version.finish_by == date(2026, 11, 27)
    assert version.notified_at is not None
    quiet = publisher("plan", "--now", "2026-11-26T09:00", cwd=desk.root)
    assert (quiet.status, quiet.err) == (0, "")

    for day in ("2026-12-09", "2026-12-10", "2026-12-11"):
        declare(desk, day)
    for command in ("plan", "check"):
        ended = publisher(command, "--now", "2026-11-26T09:00", cwd=desk.root)
        assert ended.status == 0, command
        assert "the earliest date would be Tue 15 Dec 2026 and not Sat 12 Dec 2026" in ended.err
        assert "[S221]" in ended.err
    planned = json.loads(publisher("plan", "--json", "--now", "2026-11-26T09:00", cwd=desk.root).out)
    assert [(w["code"], w["severity"], w["policy"]) for w in planned["warnings"]] == [("S221", "warning", "privacy")]
    checked = json.loads(publisher("check", "--json", "--now", "2026-11-26T09:00", cwd=desk.root).out)
    assert checked["ok"]
    assert "S221" in [f["code"] for f in checked["findings"]]

    report = desk.tick("2026-12-12T00:00")
    assert [s.kind.value for s in report.done] == ["take_effect"]
    assert report.errors == []


def test_plan_prints_every_date_with_its_sum(desk: Desk, publisher: Command) -> None:
    """What waits keeps the sum that it was announced with; what comes next has its own."""
    desk.recipients()
    desk.retention(reason='effective = "2027-01-04"\n' + REASON)
    before = publisher("plan", "--now", "2026-11-23T09:00", cwd=desk.root).out
    announced = (
        "  counted: posted Mon 23 Nov 2026, mail until Wed 25 Nov 2026, 14 clear days from Thu 26 Nov 2026 to Wed 9 Dec "
        "2026, so 00:00 on Thu 10 Dec 2026, Asia/Seoul, at the earliest; set to Mon 4 Jan 2027"
    )
    assert announced in before.splitlines()
    desk.tick("2026-11-23T09:00")
    assert announced in publisher("plan", "--now", "2026-11-24T09:00", cwd=desk.root).out.splitlines()
    found = json.loads(publisher("plan", "--json", "--now", "2026-11-24T09:00", cwd=desk.root).out)
    waiting = next(p for p in found["policies"] if p["policy"] == "privacy")
    assert waiting["state"] == "announced"
    assert f"  counted: {waiting['counting']['en']}" == announced
    assert "2027년 1월 4일" in waiting["counting"]["ko"]

    desk.edit("privacy/en.md", "Order records: 7 years", "Order records: 8 years")
    desk.edit("privacy/ko.md", "주문 기록: 7년", "주문 기록: 8년")
    desk.write("policy_docs/privacy/change.toml", REASON.replace("law", "statute"))
    desk.commit()
    lines = publisher("plan", "--now", "2026-11-30T09:00", cwd=desk.root).out.splitlines()
    assert announced in lines
    assert (
        "  counted: posted Mon 30 Nov 2026, mail until Wed 2 Dec 2026, 14 clear days from Thu 3 Dec 2026 to Wed 16 Dec "
        "2026, so 00:00 on Thu 17 Dec 2026, Asia/Seoul, at the earliest; set to Mon 4 Jan 2027"
    ) in lines


REASON = 'reason = { ko = "법이 바뀌었습니다.", en = "The law has changed." }\n'


def test_when_takes_the_days_that_a_policy_promises(desk: Desk, publisher: Command) -> None:
    def when(*more: str) -> dict[str, object]:
        found = json.loads(publisher("when", "--posted", "2026-11-23T09:00", "--json", *more, cwd=desk.root).out)
        assert isinstance(found, dict)
        return found

    promise = "notice_days = { minor = 10, significant = 3 }\n"
    file = desk.root / "policy_docs" / "privacy" / "policy.toml"
    desk.write("policy_docs/privacy/policy.toml", promise + file.read_text("utf-8"))
    assert (when("--policy", "privacy")["days"], when("--policy", "third-parties")["days"]) == (14, 14)
    raised = when("--policy", "privacy", "--level", "minor")
    assert (raised["days"], raised["earliest_effective"]) == (10, "2026-12-04")
    assert when("--level", "minor")["days"] == 7
    declare(desk, "2026-12-03")
    assert when("--policy", "privacy", "--level", "minor")["earliest_effective"] == "2026-12-05"
    back = publisher("when", "--policy", "privacy", "--level", "minor", "--effective", "2026-12-05", cwd=desk.root)
    assert "everything must be out by the end of Tue 24 Nov 2026." in back.out


def test_when_says_how_it_counts_in_both_directions(publisher: Command) -> None:
    assert publisher("when", "--posted", "2026-07-10T09:00", "--level", "minor").out.splitlines() == [
        "Tue 21 Jul 2026",
        "posted Fri 10 Jul 2026, 7 clear days from Sat 11 Jul 2026 to Fri 17 Jul 2026, a day of rest (Constitution Day), "
        "hence to Mon 20 Jul 2026, so 00:00 on Tue 21 Jul 2026, Asia/Seoul",
        "back from Tue 21 Jul 2026: 7 clear days from Mon 20 Jul 2026 to Tue 14 Jul 2026, so finished by the end of Mon "
        "13 Jul 2026, Asia/Seoul",
    ]
    assert publisher("when", "--effective", "2027-01-01", "--level", "minor").out.splitlines() == [
        "For an effect on Fri 1 Jan 2027, everything must be out by the end of Wed 23 Dec 2026.",
        "back from Fri 1 Jan 2027: 7 clear days from Thu 31 Dec 2026 to Fri 25 Dec 2026, a day of rest (Christmas Day), "
        "hence to Thu 24 Dec 2026, so finished by the end of Wed 23 Dec 2026, Asia/Seoul",
        "posted Wed 23 Dec 2026, 7 clear days from Thu 24 Dec 2026 to Wed 30 Dec 2026, so 00:00 on Thu 31 Dec 2026, "
        "Asia/Seoul",
    ]
    found = json.loads(publisher("when", "--effective", "2027-01-01", "--days", "7", "--json").out)
    assert found["post_by"] == "2026-12-23"
    assert found["backwards"]["en"].startswith("back from Fri 1 Jan 2027")


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (["--policy", "cookies"], 2, "C533"),
        (["--policy", "../privacy"], 2, "C533"),
        (["--policy", "privacy", "--days", "3"], 2, "C533"),
        (["--posted", "2026-11-23T09:00", "--effective", "2027-01-01"], 2, "C533"),
    ],
)
def test_when_refuses_what_it_cannot_answer(
    desk: Desk, publisher: Command, arguments: list[str], status: int, code: str
) -> None:
    ended = publisher("when", *arguments, cwd=desk.root)
    assert (ended.status, ended.out) == (status, "")
    assert f"[{code}]" in ended.err


def test_a_policy_needs_a_workspace_and_settings_that_can_be_read(
    desk: Desk, publisher: Command, tmp_path: Path
) -> None:
    outside = publisher("when", "--policy", "privacy", cwd=tmp_path)
    assert outside.status == 5
    assert "[C514]" in outside.err
    desk.write("policy_docs/privacy/policy.toml", "kind = 1\n")
    unread = publisher("when", "--policy", "privacy", cwd=desk.root)
    assert unread.status == 3
    assert "policy.toml" in unread.err

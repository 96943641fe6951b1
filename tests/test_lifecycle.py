"""What the engine decides, case by case, without any engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from publisher.errors import Problem
from publisher.messages import Localized, msg
from publisher.notice.calendar import ClockStart, PostingHours, Rules
from publisher.notice.lifecycle import decide
from publisher.notice.plan import Draft, OnRecord, Plan, PolicyView, StepKind
from publisher.register.holidays import korean_holidays
from tests.conftest import seoul

RULES = Rules(zone=ZoneInfo("Asia/Seoul"), hours=PostingHours.parse("Mon-Fri 09:00-18:00"), holidays=korean_holidays())
MONDAY = seoul("2026-11-23T09:00")
TITLE = Localized.of({"ko": "방침", "en": "Policy"})
CURRENT = OnRecord(
    id="20200101",
    effective=date(2020, 1, 1),
    level="none",
    days=0,
    mailed=False,
    fingerprint="old",
    announced_at=None,
    notified_at=None,
    in_force=True,
)
DRAFT = Draft(level="significant", days=14, first=False, wanted=None, fingerprint="new", problems=())
FROZEN = OnRecord(
    id="20261210", effective=date(2026, 12, 10), level="significant", days=14, mailed=True, fingerprint="new",
    announced_at=None, notified_at=None, in_force=False,
)  # fmt: skip
ANNOUNCED = replace(FROZEN, announced_at=MONDAY)
NOTIFIED = replace(ANNOUNCED, notified_at=seoul("2026-11-25T17:00"))


def plan(*versions: OnRecord, draft: Draft | None = None, now: datetime = MONDAY, rules: Rules = RULES) -> Plan:
    view = PolicyView(
        policy="privacy", title=TITLE, versions=versions, draft=draft,
        known={v.id: "upcoming" for v in versions},
    )  # fmt: skip
    return decide([view], now, rules)


def steps(made: Plan) -> list[tuple[str, str]]:
    """The due steps as words."""
    return [(s.kind.value, s.version) for s in made.due()]


def coming(made: Plan) -> list[tuple[str, datetime]]:
    return [(s.kind.value, s.at) for s in made.steps]


def test_nothing_pending() -> None:
    made = plan(CURRENT)
    assert made.policies[0].state == "in_force"
    assert made.steps == ()


def test_a_change_in_posting_hours_is_announced_now() -> None:
    made = plan(CURRENT, draft=DRAFT)
    assert steps(made) == [("freeze", "20261210"), ("announce", "20261210"), ("notify", "20261210")]
    assert coming(made)[-1] == ("take_effect", seoul("2026-12-10T00:00"))
    assert made.policies[0].effective == date(2026, 12, 10)


@pytest.mark.parametrize(
    ("now", "posted", "effective"),
    [
        ("2026-11-23T18:30", "2026-11-24T09:00", "2026-12-11"),
        ("2026-11-28T12:00", "2026-11-30T09:00", "2026-12-17"),  # Saturday
        ("2026-09-23T20:00", "2026-09-28T09:00", "2026-10-15"),  # the evening before Chuseok
    ],
)
def test_outside_posting_hours_it_waits(now: str, posted: str, effective: str) -> None:
    made = plan(CURRENT, draft=DRAFT, now=seoul(now))
    assert made.due() == []
    assert made.policies[0].announce_at == seoul(posted)
    assert made.policies[0].effective == date.fromisoformat(effective)


def test_the_clock_may_start_with_the_site() -> None:
    made = plan(CURRENT, draft=DRAFT, rules=replace(RULES, clock_starts=ClockStart.SITE))
    assert made.policies[0].effective == date(2026, 12, 8)


def test_minor_takes_seven_days() -> None:
    made = plan(CURRENT, draft=replace(DRAFT, level="minor", days=7))
    assert made.policies[0].effective == date(2026, 12, 3)


@pytest.mark.parametrize("wanted", ["2026-12-10", "2026-12-11", "2027-03-01"])
def test_a_lawful_date_is_taken(wanted: str) -> None:
    made = plan(CURRENT, draft=replace(DRAFT, wanted=date.fromisoformat(wanted)))
    assert made.policies[0].effective == date.fromisoformat(wanted)
    assert made.policies[0].version == wanted.replace("-", "")


@pytest.mark.parametrize("wanted", ["2026-12-09", "2026-11-24", "2020-01-01"])
def test_a_date_that_is_too_early_blocks(wanted: str) -> None:
    made = plan(CURRENT, draft=replace(DRAFT, wanted=date.fromisoformat(wanted)))
    assert made.steps == ()
    assert made.policies[0].state == "blocked"
    assert [b.code for b in made.policies[0].blocked] == ["P110"]


def test_problems_of_the_text_block() -> None:
    problem = Problem(code="P101", message=msg("one language only"))
    made = plan(CURRENT, draft=replace(DRAFT, problems=(problem,)))
    assert made.steps == ()
    assert made.policies[0].blocked == (problem,)


def test_a_first_version_takes_effect_at_once_also_at_night() -> None:
    made = plan(draft=replace(DRAFT, first=True, level="none", days=0), now=seoul("2026-11-28T03:00"))
    assert steps(made) == [("freeze", "20261128"), ("announce", "20261128"), ("take_effect", "20261128")]


def test_a_first_version_for_a_later_day() -> None:
    made = plan(draft=replace(DRAFT, first=True, level="none", days=0, wanted=date(2027, 1, 4)))
    assert steps(made) == [("freeze", "20270104"), ("announce", "20270104")]
    assert coming(made)[-1] == ("take_effect", seoul("2027-01-04T00:00"))


def test_a_first_version_cannot_begin_in_the_past() -> None:
    made = plan(draft=replace(DRAFT, first=True, level="none", days=0, wanted=date(2026, 11, 22)))
    assert (made.steps, [b.code for b in made.policies[0].blocked]) == ((), ["P110"])


def test_an_id_that_was_used_stays_taken() -> None:
    view = PolicyView(
        policy="privacy", title=Localized.of({"en": "Policy"}), versions=(CURRENT,), draft=DRAFT,
        known=dict.fromkeys(("20200101", "20261210", "20261210-2"), "withdrawn"),
    )  # fmt: skip
    assert decide([view], MONDAY, RULES).policies[0].version == "20261210-3"


def test_frozen_goes_on_to_be_announced() -> None:
    made = plan(CURRENT, FROZEN, draft=DRAFT)
    assert steps(made) == [("announce", "20261210"), ("notify", "20261210")]


def test_frozen_too_long_ago_is_withdrawn() -> None:
    """Announced two days later, its date would be too early."""
    made = plan(CURRENT, FROZEN, draft=DRAFT, now=seoul("2026-11-25T10:00"))
    assert steps(made) == [("withdraw", "20261210")]


def test_frozen_is_withdrawn_when_the_text_has_moved_on() -> None:
    assert steps(plan(CURRENT, FROZEN, draft=replace(DRAFT, fingerprint="newer"))) == [("withdraw", "20261210")]
    assert steps(plan(CURRENT, FROZEN, draft=None)) == [("withdraw", "20261210")]


def test_frozen_is_announced_at_once_and_mailed_in_posting_hours() -> None:
    """The run that was stopped may have shown it already; only the mails wait for the morning."""
    later = replace(FROZEN, effective=date(2027, 2, 1), id="20270201")
    made = plan(CURRENT, later, draft=DRAFT, now=seoul("2026-11-23T19:00"))
    assert steps(made) == [("announce", "20270201")]
    assert coming(made)[1] == ("notify", seoul("2026-11-24T09:00"))


def test_announced_is_mailed_then_waits_for_its_day() -> None:
    assert steps(plan(CURRENT, ANNOUNCED)) == [("notify", "20261210")]
    for now in ("2026-11-26T10:00", "2026-12-09T23:59:59"):
        assert steps(plan(CURRENT, NOTIFIED, now=seoul(now))) == []
    assert steps(plan(CURRENT, NOTIFIED, now=seoul("2026-12-10T00:00"))) == [("take_effect", "20261210")]


def test_being_asleep_over_the_day_only_makes_it_late() -> None:
    assert steps(plan(CURRENT, NOTIFIED, now=seoul("2026-12-13T04:00"))) == [("take_effect", "20261210")]


def test_mailing_that_ended_too_late_does_not_take_effect() -> None:
    late = replace(ANNOUNCED, notified_at=seoul("2026-11-26T00:00"))
    made = plan(CURRENT, late, now=seoul("2026-12-10T00:00"))
    assert made.due() == []
    assert [b.code for b in made.policies[0].blocked] == ["S220"]


def test_mailing_that_has_not_ended_holds_the_date() -> None:
    made = plan(CURRENT, ANNOUNCED, now=seoul("2026-12-10T09:00"))
    assert StepKind.TAKE_EFFECT not in {s.kind for s in made.steps}
    assert [b.code for b in made.policies[0].blocked] == ["S220"]
    assert steps(made) == [("notify", "20261210")], "and people are still told"


def test_when_only_the_site_counts_a_late_mailing_does_not_matter() -> None:
    rules = replace(RULES, clock_starts=ClockStart.SITE)
    assert ("take_effect", "20261210") in steps(plan(CURRENT, ANNOUNCED, now=seoul("2026-12-10T00:00"), rules=rules))


def test_a_second_change_while_the_first_waits_gets_its_own_notice_and_no_earlier_day() -> None:
    late = replace(NOTIFIED, effective=date(2027, 3, 2), id="20270302")
    made = plan(CURRENT, late, draft=replace(DRAFT, fingerprint="newest"), now=seoul("2026-11-30T10:00"))
    assert made.policies[0].effective == date(2027, 3, 2)
    assert made.policies[0].version == "20270302-2"
    assert [s.at for s in made.steps if s.kind is StepKind.TAKE_EFFECT] == [seoul("2027-03-02T00:00")] * 2


def test_policies_do_not_hinder_each_other() -> None:
    def view(policy: str, draft: Draft) -> PolicyView:
        return PolicyView(policy=policy, title=Localized.of({"en": policy}), versions=(CURRENT,), draft=draft, known={})

    blocked = replace(DRAFT, problems=(Problem(code="P101", message=msg("x")),))
    made = decide([view("a", blocked), view("b", DRAFT)], MONDAY, RULES)
    assert {s.policy for s in made.steps} == {"b"}
    assert [p.state for p in made.policies] == ["blocked", "draft"]


EARLY_DRAFT = replace(DRAFT, early=True, wanted=date(2026, 11, 25))
EARLY_FROZEN = replace(FROZEN, id="20261125", effective=date(2026, 11, 25), early=True)


def test_an_early_change_takes_effect_on_its_day() -> None:
    made = plan(CURRENT, draft=EARLY_DRAFT)
    assert (made.policies[0].effective, made.policies[0].early) == (date(2026, 11, 25), True)
    assert made.steps[-1].at == seoul("2026-11-25T00:00")
    assert not plan(CURRENT, draft=replace(EARLY_DRAFT, wanted=date(2026, 12, 20))).policies[0].early


@pytest.mark.parametrize(("wanted", "allowed"), [(23, False), (24, True)])
def test_an_early_change_waits_for_the_day_after_posting(wanted: int, allowed: bool) -> None:
    made = plan(CURRENT, draft=replace(EARLY_DRAFT, wanted=date(2026, 11, wanted)))
    assert [p.code for p in made.policies[0].blocked] == ([] if allowed else ["P110"])


def test_an_early_change_does_not_overtake_one_announced_before() -> None:
    made = plan(CURRENT, ANNOUNCED, draft=EARLY_DRAFT)
    assert [p.code for p in made.policies[0].blocked] == ["P110"]


@pytest.mark.parametrize(("now", "due"), [("2026-11-24T18:00", "announce"), ("2026-11-25T00:00", "withdraw")])
def test_an_early_change_that_was_frozen(now: str, due: str) -> None:
    """It is announced as long as its day is still to come."""
    assert steps(plan(CURRENT, EARLY_FROZEN, draft=DRAFT, now=seoul(now)))[0] == (due, "20261125")


def test_an_early_change_is_not_held_by_its_mails_which_go_on() -> None:
    announced = replace(EARLY_FROZEN, announced_at=MONDAY)
    made = plan(CURRENT, announced, now=seoul("2026-11-25T10:00"))
    assert not made.policies[0].blocked
    assert {kind for kind, _ in steps(made)} == {"notify", "take_effect"}
    assert steps(plan(replace(announced, in_force=True), now=seoul("2026-11-25T10:00"))) == [("notify", "20261125")]
    mailed = replace(announced, in_force=True, notified_at=MONDAY)
    assert steps(plan(mailed, now=seoul("2026-11-25T10:00"))) == []

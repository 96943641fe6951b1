"""What may be asked for an announced version, case by case, without any engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.notice.lifecycle import decide
from publisher.notice.plan import OnRecord, Plan, PolicyView, Request
from tests.conftest import seoul
from tests.test_lifecycle import CURRENT, DRAFT, MONDAY, NOTIFIED, RULES, TITLE

WHY = {"ko": "서버 이전이 늦어졌습니다.", "en": "Moving the servers takes longer."}
FIRST = replace(NOTIFIED, reason={"ko": "법이 바뀌었습니다.", "en": "The law has changed."})
SECOND = replace(
    FIRST, id="20261220", effective=date(2026, 12, 20), fingerprint="second", announced_at=seoul("2026-11-27T09:00"),
    notified_at=seoul("2026-12-01T09:00"),
)  # fmt: skip
LATER = date(2027, 1, 5)


def asked(
    *versions: OnRecord, withdraw: str = "", postpone: dict[str, date] | None = None, reason: dict[str, str] = WHY,
    now: datetime = MONDAY, known: dict[str, str] | None = None,
) -> Plan:  # fmt: skip
    view = PolicyView(
        policy="privacy",
        title=TITLE,
        versions=(CURRENT, *versions),
        draft=None,
        known={CURRENT.id: "in_force", **{v.id: "upcoming" for v in versions}, **(known or {})},
        request=Request(withdraw=withdraw, postpone=postpone or {}, reason=reason),
    )
    return decide([view], now, RULES)


def due(plan: Plan) -> list[tuple[str, str, date | None]]:
    return [(s.kind.value, s.version, s.effective) for s in plan.due()]


def codes(plan: Plan) -> list[str]:
    return [b.code for b in plan.policies[0].blocked]


def test_postponed_at_once_at_any_hour() -> None:
    """The night before it would take effect nobody waits for office hours."""
    plan = asked(FIRST, postpone={FIRST.id: LATER}, now=seoul("2026-12-09T23:59"))
    assert due(plan) == [("postpone", FIRST.id, LATER)]
    assert [s.kind.value for s in plan.steps] == ["postpone"], "and until that is written down it does not take effect"
    assert codes(plan) == []


def test_postponed_in_the_very_minute_of_its_effect() -> None:
    plan = asked(FIRST, postpone={FIRST.id: LATER}, now=seoul("2026-12-10T00:00"))
    assert due(plan) == [("postpone", FIRST.id, LATER)]


def test_withdrawn_at_once_at_any_hour() -> None:
    plan = asked(FIRST, withdraw=FIRST.id, now=seoul("2026-12-09T23:59"))
    assert due(plan) == [("withdraw", FIRST.id, None)]
    assert [s.kind.value for s in plan.steps] == ["withdraw"]


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"withdraw": "20200101"}, "P142"),  # in force
        ({"withdraw": "19990101"}, "P142"),  # never was
        ({"postpone": {"20200101": LATER}}, None),  # took effect: the request is history
        ({"postpone": {"19990101": LATER}}, "P142"),
        ({"withdraw": FIRST.id, "postpone": {FIRST.id: LATER}}, "P142"),
        ({"withdraw": FIRST.id, "reason": dict(FIRST.reason)}, "P116"),
        ({"postpone": {FIRST.id: LATER}, "reason": dict(FIRST.reason)}, "P116"),
        ({"postpone": {FIRST.id: date(2026, 12, 9)}}, "P143"),
        ({"postpone": {FIRST.id: FIRST.effective}}, None),  # met already
    ],
)
def test_what_cannot_be_asked(request_: dict[str, object], code: str | None) -> None:
    plan = asked(FIRST, **request_)  # type: ignore[arg-type]
    assert codes(plan) == ([code] if code else [])
    assert [s.kind.value for s in plan.steps] == ["take_effect"], "what was announced goes on"


def test_what_was_withdrawn_is_not_withdrawn_again() -> None:
    plan = asked(withdraw="20261210", known={"20261210": "withdrawn"})
    assert (codes(plan), due(plan)) == ([], [])


def test_only_the_last_of_a_row_can_be_withdrawn() -> None:
    assert codes(asked(FIRST, SECOND, withdraw=FIRST.id)) == ["P144"]
    assert due(asked(FIRST, SECOND, withdraw=SECOND.id)) == [("withdraw", SECOND.id, None)]


def test_the_order_of_a_row_is_kept() -> None:
    assert codes(asked(FIRST, SECOND, postpone={FIRST.id: LATER})) == ["P144"]
    assert due(asked(FIRST, SECOND, postpone={FIRST.id: SECOND.effective})) == [
        ("postpone", FIRST.id, SECOND.effective)
    ]
    both = asked(FIRST, SECOND, postpone={FIRST.id: LATER, SECOND.id: LATER})
    assert {(v, day) for _, v, day in due(both)} == {(FIRST.id, LATER), (SECOND.id, LATER)}


def test_too_early_a_day_for_a_notice_that_ended_late() -> None:
    late = replace(FIRST, notified_at=seoul("2026-12-02T10:00"))
    now = seoul("2026-12-10T09:00")
    assert codes(asked(late, postpone={late.id: date(2026, 12, 16)}, now=now)) == ["P110", "S220"]
    assert due(asked(late, postpone={late.id: date(2026, 12, 17)}, now=now)) == [
        ("postpone", late.id, date(2026, 12, 17))
    ]


def test_what_waits_behind_a_version_that_is_held_waits_too() -> None:
    """The second contains the text of the first, whose readers were not told in time."""
    late = replace(FIRST, notified_at=seoul("2026-12-02T10:00"))
    plan = asked(late, SECOND, now=seoul("2026-12-20T00:00"))
    assert [s.kind.value for s in plan.steps] == []
    assert codes(plan) == ["S220"]


def test_mails_of_an_amendment_wait_for_posting_hours() -> None:
    view = PolicyView(
        policy="privacy", title=TITLE, versions=(CURRENT,), draft=None, known={CURRENT.id: "in_force"},
        owed=(("20261210", 1),),
    )  # fmt: skip
    for now, at in (("2026-11-28T12:00", "2026-11-30T09:00"), ("2026-11-23T10:00", "2026-11-23T10:00")):
        (step,) = decide([view], seoul(now), RULES).steps
        assert (step.kind.value, step.version, step.amendment, step.at) == ("notify", "20261210", 1, seoul(at))


def test_nothing_on_a_rewritten_branch_is_followed_but_what_was_announced_goes_on() -> None:
    from publisher.errors import Problem
    from publisher.messages import msg

    view = PolicyView(
        policy="privacy", title=TITLE, versions=(CURRENT, FIRST), draft=DRAFT, known={},
        request=Request(withdraw=FIRST.id, reason=WHY), held=Problem(code="V448", message=msg("rewritten")),
    )  # fmt: skip
    plan = decide([view], seoul("2026-12-10T00:00"), RULES)
    assert due(plan) == [("take_effect", FIRST.id, None)]
    assert codes(plan) == ["V448"]


@given(
    days=st.lists(st.integers(-5, 60), min_size=1, max_size=4),
    wishes=st.dictionaries(st.integers(0, 3), st.integers(-10, 90), max_size=4),
)
def test_no_wish_moves_a_date_forward_or_turns_the_order(days: list[int], wishes: dict[int, int]) -> None:
    from datetime import timedelta

    base, waiting = FIRST.effective, []
    for n, offset in enumerate(sorted(days)):
        effective = base + timedelta(days=max(offset, 0))
        waiting.append(replace(FIRST, id=f"v{n}", effective=effective))
    postpone = {f"v{n}": base + timedelta(days=offset) for n, offset in wishes.items() if n < len(waiting)}
    plan = asked(*waiting, postpone=postpone)
    after = {v.id: v.effective for v in waiting}
    for step in plan.steps:
        if step.kind.value == "postpone" and step.effective:
            assert step.effective > after[step.version]
            after[step.version] = step.effective
    assert list(after.values()) == sorted(after.values())

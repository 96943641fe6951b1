"""A clock that cannot be right stops the engine; one that slept is caught up with (trust: clock attacks, faults 12-16)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import PublisherError, ServiceAway, WrongUsage
from publisher.run.clock import (
    AGREEING,
    MARK_FILE,
    MOST_AHEAD,
    MOST_BACKWARDS,
    Standing,
    agree,
    check_clock,
    read_mark,
    read_moment,
    standing,
    write_mark,
)
from publisher.run.tick import Report, tick
from publisher.website.live import Answer, read_date, time_of
from tests.conftest import SEOUL, Desk, Ended, seoul

Command = Callable[..., Ended]
NOON = seoul("2026-11-23T12:00")
JUMPS = [
    timedelta(hours=47),
    timedelta(hours=49),
    timedelta(days=10),
    timedelta(days=3653),
]
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - given its zone


def look(desk: Desk, at: str, second: Callable[[], datetime | None] | None) -> Report:
    desk.now = seoul(at)
    return tick(replace(desk.engine(), second_clock=second))


# ---- the decision


@pytest.mark.parametrize(
    ("moved", "stands"),
    [
        (timedelta(), Standing.SOUND),
        (timedelta(minutes=-5), Standing.SOUND),
        (timedelta(minutes=-5, seconds=-1), Standing.BEHIND_MARK),
        (timedelta(hours=-1), Standing.BEHIND_MARK),
        (timedelta(days=-1), Standing.BEHIND_MARK),
        (timedelta(days=-3653), Standing.BEHIND_MARK),
        (timedelta(hours=47), Standing.SOUND),
        (timedelta(hours=48), Standing.SOUND),
        (timedelta(hours=48, seconds=1), Standing.AHEAD),
        (timedelta(hours=49), Standing.AHEAD),
        (timedelta(days=10), Standing.AHEAD),
        (timedelta(days=3653), Standing.AHEAD),
    ],
)
def test_jumps(moved: timedelta, stands: Standing) -> None:
    assert standing(NOON + moved, NOON, None) is stands


@given(now=MOMENTS, mark=st.none() | MOMENTS, last=st.none() | MOMENTS)
def test_a_sound_clock_is_near_everything_that_is_known(
    now: datetime, mark: datetime | None, last: datetime | None
) -> None:
    sound = standing(now, mark, last) is Standing.SOUND
    not_behind = all(now >= known - MOST_BACKWARDS for known in (mark, last) if known)
    assert sound == (not_behind and (mark is None or now <= mark + MOST_AHEAD))


@given(now=MOMENTS, mark=MOMENTS, zone=st.sampled_from(["Asia/Seoul", "America/New_York", "Australia/Lord_Howe"]))
def test_the_zone_in_which_a_clock_is_read_changes_nothing(now: datetime, mark: datetime, zone: str) -> None:
    elsewhere = ZoneInfo(zone)
    assert standing(now.astimezone(elsewhere), mark, None) is standing(now, mark.astimezone(elsewhere), None)


def test_an_hour_that_comes_twice_is_no_jump() -> None:
    """In New York on 1 November 2026 the wall clock goes from 02:00 to 01:00; time does not."""
    zone = ZoneInfo("America/New_York")
    before = datetime(2026, 11, 1, 1, 59, tzinfo=zone)
    after = datetime(2026, 11, 1, 1, 0, tzinfo=zone, fold=1)
    assert standing(after.astimezone(UTC), before.astimezone(UTC), None) is Standing.SOUND
    assert after.astimezone(UTC) - before.astimezone(UTC) == timedelta(minutes=1)


def test_clocks_agree_within_five_minutes() -> None:
    assert agree(NOON, NOON + AGREEING)
    assert agree(NOON, NOON - AGREEING)
    assert not agree(NOON, NOON + AGREEING + timedelta(seconds=1))
    assert not agree(NOON, None)


def test_the_mark_moves_forward_only_and_not_while_in_doubt(desk: Desk) -> None:
    state = desk.workspace.state

    def check(now: datetime, second: datetime | None = None) -> PublisherError | None:
        return check_clock(state, now, None, lambda: second, SEOUL)

    assert read_mark(state) is None
    assert check(NOON) is None
    assert read_mark(state) == NOON
    assert check(NOON + timedelta(seconds=59)) is None
    assert read_mark(state) == NOON, "not at every tick of a busy minute"
    assert check(NOON - timedelta(minutes=4)) is None
    assert read_mark(state) == NOON
    held = check(NOON + timedelta(days=3))
    assert held is not None
    assert (held.exit_status, held.problems[0].code) == (6, "C550")
    assert read_mark(state) == NOON
    assert check(NOON + timedelta(days=3), NOON) is not None
    assert check(NOON + timedelta(days=3), NOON + timedelta(days=3, minutes=4)) is None
    assert read_mark(state) == NOON + timedelta(days=3)


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b"null", b'{"last": 5}', b'{"last": "soon"}', b'{"last": "2026-11-23"}', b"\xff"]
)
def test_a_damaged_mark_is_none(desk: Desk, damage: bytes) -> None:
    write_mark(desk.workspace.state, NOON)
    (desk.workspace.state / MARK_FILE).write_bytes(damage)
    assert read_mark(desk.workspace.state) is None
    assert desk.tick("2026-11-30T10:00").errors == []
    assert read_mark(desk.workspace.state) == seoul("2026-11-30T10:00")


# ---- the engine


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=1), timedelta(days=3653)])
def test_a_clock_that_goes_back_stops_everything(desk: Desk, back: timedelta) -> None:
    desk.tick("2026-11-23T10:00")
    desk.recipients()
    desk.retention()
    desk.now -= back
    before = desk.register().entries
    with pytest.raises(ServiceAway) as raised:
        desk.tick()
    assert [p.code for p in raised.value.problems] == ["C531"]
    assert desk.register().entries == before
    assert desk.mailer.letters == []
    desk.now += back
    assert [s.kind.value for s in desk.tick().done] == ["freeze", "announce", "notify"]


@pytest.mark.parametrize("second", [None, timedelta(days=-10), timedelta(minutes=6)])
def test_a_clock_that_jumps_ahead_puts_nothing_in_force(desk: Desk, second: timedelta | None) -> None:
    """Ten days ahead of a machine that ticks, over the day of effect."""
    desk.recipients()
    desk.retention()
    desk.tick("2026-11-23T09:00")
    desk.tick("2026-11-30T09:00")
    before = desk.register().entries
    for _ in range(3):
        report = look(desk, "2026-12-10T09:00", lambda: desk.now + second if second is not None else None)
        assert report.done == []
        assert [p.code for e in report.errors for p in e.problems] == ["C550"]
    assert desk.register().entries == before
    assert "Order records: 5 years" in (desk.site / "en/privacy/index.html").read_text("utf-8")
    assert read_mark(desk.workspace.state) == seoul("2026-11-30T09:00")
    assert look(desk, "2026-11-30T09:05", lambda: None).errors == [], "set right again, all goes on"


@pytest.mark.parametrize("ahead", JUMPS)
def test_every_jump_ahead_holds_each_kind_of_step(desk: Desk, ahead: timedelta) -> None:
    desk.tick("2026-11-20T10:00")
    desk.retention()
    desk.now += ahead
    alone = tick(replace(desk.engine(), second_clock=lambda: None))
    if ahead <= MOST_AHEAD:
        assert alone.errors == []
    else:
        assert alone.done == []
        assert len(desk.register().versions) == 2, "not even frozen"


def test_a_clock_that_is_wrong_while_nothing_is_due_is_not_believed_later(desk: Desk) -> None:
    """Nine days ahead on a day without steps; on the next, by the same clock, something would be due."""
    desk.recipients()
    desk.retention()
    desk.tick("2026-11-23T09:00")
    desk.tick("2026-11-30T09:00")
    assert look(desk, "2026-12-09T23:00", lambda: None).errors != []
    assert look(desk, "2026-12-10T00:00", lambda: None).done == []


def test_asleep_over_the_day_of_effect(desk: Desk) -> None:
    """Three policies' days of waiting are made up for in one tick, in order of their dates, each once."""
    desk.recipients()
    desk.telephone()
    desk.tick("2026-11-23T09:00")
    for language, before, after in (("en", "Order records: 5", "Order records: 7"), ("ko", "기록: 5년", "기록: 7년")):
        desk.edit(f"privacy/{language}.md", before, after)
    desk.write("policy_docs/privacy/change.toml", 'reason = { ko = "법이 또 바뀌었습니다.", en = "Another law." }\n')
    desk.commit()
    desk.tick("2026-11-23T09:10")
    desk.tick("2026-12-02T09:00")
    waiting = [v.id for v in desk.register().of("privacy") if v.announced_at and not v.in_force_at]
    assert waiting == ["20261203", "20261210"]

    woken = look(desk, "2026-12-13T09:02", lambda: desk.now)
    assert [(s.kind.value, s.version) for s in woken.done] == [("take_effect", "20261203"), ("take_effect", "20261210")]
    assert woken.errors == []
    shown = [e for e in desk.register().entries if e.event.value == "in_force"]
    assert [e.at for e in shown] == [desk.now] * 2
    assert [e.data["due"] for e in shown] == ["2026-12-02T15:00:00Z", "2026-12-09T15:00:00Z"]
    assert look(desk, "2026-12-13T09:07", lambda: desk.now).done == []


def test_asleep_over_the_day_of_announcement(desk: Desk) -> None:
    """The days are counted from the day on which it is announced; they are never shortened."""
    desk.recipients()
    desk.retention()
    report = look(desk, "2026-11-26T09:00", lambda: desk.now)
    assert [s.kind.value for s in report.done] == ["freeze", "announce", "notify"]
    assert desk.register().find("privacy", "20261215") is not None


def test_a_wanted_day_that_sleep_made_too_early_blocks(desk: Desk) -> None:
    from tests.conftest import REASON

    desk.recipients()
    desk.tick("2026-11-20T10:00")
    desk.retention(reason=REASON + 'effective = "2026-12-10"\n')
    report = look(desk, "2026-11-26T09:00", lambda: desk.now)
    assert report.done == []
    assert [p.code for p in report.observation.problems] == ["P110"]


def test_a_clock_that_goes_back_at_work_is_reported_with_what_was_done(desk: Desk) -> None:
    desk.retention()
    moments = iter([seoul("2026-11-23T09:00")] * 2 + [seoul("2026-11-22T09:00")] * 100)
    report = tick(replace(desk.engine(), clock=lambda: next(moments)))
    assert [s.kind.value for s in report.done] == ["freeze"]
    assert [p.code for e in report.errors for p in e.problems] == ["C531"]


# ---- the second clock


@pytest.mark.parametrize(
    ("date", "age", "expected"),
    [
        ("Mon, 23 Nov 2026 03:00:00 GMT", "", NOON),
        ("Mon, 23 Nov 2026 02:50:00 GMT", "600", NOON),
        ("Mon, 23 Nov 2026 12:00:00 +0900", "", NOON),
        ("Thu, 31 Dec 2026 23:59:60 GMT", "", datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("Mon, 23 Nov 2026 03:00:00 GMT", "-5", NOON),
        ("Mon, 23 Nov 2026 25:00:00 GMT", "", None),
        ("yesterday", "", None),
        ("", "", None),
        ("Mon, 23 Nov 2026 03:00:00 GMT", "9" * 30, None),
    ],
)
def test_dates_of_servers(date: str, age: str, expected: datetime | None) -> None:
    assert read_date(date, age) == expected


@given(st.text(max_size=60), st.text(max_size=10))
def test_no_date_of_a_server_is_an_error(date: str, age: str) -> None:
    found = read_date(date, age)
    assert found is None or found.tzinfo is UTC


def test_a_leap_second_is_no_moment_to_stand_for_the_time() -> None:
    with pytest.raises(WrongUsage) as raised:
        read_moment("2026-12-31T23:59:60", SEOUL)
    assert raised.value.problems[0].code == "C533"


@contextmanager
def clock_server(now: Callable[[], str | None]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(404)
            if told := now():
                self.send_header("Date", told)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_server_tells_the_time_also_with_an_error_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with clock_server(lambda: "Mon, 23 Nov 2026 03:00:00 GMT") as url:
        assert time_of(url) == NOON
    assert time_of(url) is None, "nobody answers any more"
    with clock_server(lambda: None) as url:
        assert time_of(url) is None
    assert time_of("x", lambda *_: Answer(status=200, body=b"", headers={"date": "nonsense"})) is None


def test_the_command_asks_the_second_clock_and_takes_a_persons_word(publisher: Command, desk: Desk) -> None:
    """On the machine's own clock, which is right; what is wrong is the moment of the last run."""
    desk.set("simulated = true", "simulated = false")
    now = datetime.now(UTC)
    write_mark(desk.workspace.state, now - timedelta(days=3))
    held = publisher("tick", cwd=desk.root)
    assert held.status == 6
    assert "C550" in held.err
    assert "--clock-is-right" in held.err
    vouched = publisher("tick", "--clock-is-right", cwd=desk.root)
    assert (vouched.status, vouched.err) == (0, "")

    write_mark(desk.workspace.state, now + timedelta(days=3))
    assert "C531" in publisher("tick", cwd=desk.root).err
    assert publisher("tick", "--clock-is-right", cwd=desk.root).status == 0

    said = "Mon, 23 Nov 1998 03:00:00 GMT"
    with clock_server(lambda: said) as url:
        desk.set("simulated = false", f'simulated = false\nsecond = "{url}"')
        write_mark(desk.workspace.state, now - timedelta(days=3))
        wrong = publisher("tick", cwd=desk.root, no_proxy="127.0.0.1")
        assert wrong.status == 6
        assert "1998" in wrong.err
        said = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        assert publisher("tick", cwd=desk.root, no_proxy="127.0.0.1").status == 0
    mark = json.loads((desk.workspace.state / MARK_FILE).read_bytes())["last"]
    assert datetime.fromisoformat(mark) >= now - timedelta(seconds=1)

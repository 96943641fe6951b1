"""How far a mailing has come, how fast it has to go, and what is said of it."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.cli.redline import columns
from publisher.mail.mailers import MemoryMailer
from publisher.mail.outcomes import Outcome, State
from publisher.mail.progress import Meter, Progress, Reporter
from publisher.messages import LANGUAGES, translator
from publisher.notice.tempo import posting_seconds, required_rate
from publisher.run.mailing import work
from publisher.run.progress import Onlooker, progress_line
from publisher.run.tick import tick
from tests.conftest import Desk, Ended, seoul
from tests.terminals import on_a_terminal
from tests.test_risk import RULES

HOUR = 3600
FRIDAY = date(2026, 11, 27)
NOW = seoul("2026-11-27T17:00")


@pytest.mark.parametrize(
    ("now", "last", "hours"),
    [
        ("2026-11-23T09:00", "2026-11-23", 9),
        ("2026-11-23T17:00", "2026-11-25", 1 + 9 + 9),
        ("2026-11-23T06:00", "2026-11-23", 9),
        ("2026-11-23T20:00", "2026-11-23", 0),
        ("2026-11-27T17:00", "2026-11-29", 1),  # the weekend gives no time
        ("2026-11-27T17:00", "2026-11-30", 10),
        ("2026-12-24T17:00", "2026-12-28", 1 + 9),  # nor do Christmas and the weekend after it
        ("2026-11-28T12:00", "2026-11-27", 0),
    ],
)
def test_posting_time(now: str, last: str, hours: int) -> None:
    assert posting_seconds(seoul(now), date.fromisoformat(last), RULES) == hours * HOUR


def test_the_rate_it_takes() -> None:
    assert required_rate(36_000, NOW, FRIDAY, RULES) == 10
    assert required_rate(0, NOW, date(2026, 11, 20), RULES) == 0
    assert required_rate(1, NOW, date(2026, 11, 20), RULES) == math.inf


@given(st.lists(st.floats(0.1, 20), min_size=5, max_size=60), st.floats(0.5, 5000))
def test_a_steady_rate_is_found(gaps: list[float], rate: float) -> None:
    meter, now, found = Meter(), 0.0, 0.0
    for gap in [0.0, *gaps]:
        now += gap
        found = meter.update(round(now * rate), now)
    assert found == pytest.approx(rate, rel=0.02, abs=30 / min(gaps))


def test_the_rate_follows_what_changes() -> None:
    meter = Meter()
    for second in range(100):
        meter.update(second * 100, float(second))
    for second in range(100, 300):
        found = meter.update(9900, float(second))
    assert found < 1


def told(rate: int, *, seconds: int = 180, total: int = 36_000, every: float = 60) -> list[Progress]:
    said: list[Progress] = []
    reporter = Reporter("privacy-20261210", FRIDAY, RULES, said.append, every=every)
    for second in range(seconds + 1):
        reporter.counts(second * rate, total, float(second), NOW + timedelta(seconds=second))
    return said


def test_it_is_said_once_a_minute() -> None:
    assert [p.done for p in told(5)] == [300, 600, 900]


def test_it_is_said_at_the_end() -> None:
    said: list[Progress] = []
    reporter = Reporter("n", FRIDAY, RULES, said.append)
    reporter.counts(1, 2, 0.0, NOW)
    reporter.counts(2, 2, 1.0, NOW)
    assert [(p.left, p.rate) for p in said] == [(0, 1.0)]


@pytest.mark.parametrize(("rate", "slow"), [(5, True), (20, False)])
def test_too_slow_for_the_last_day(rate: int, slow: bool) -> None:
    said = told(rate)
    assert [p.too_slow for p in said] == [slow] * 3
    problem = said[-1].problem()
    assert (problem.code if problem else "") == ("S285" if slow else "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_line_for_a_person_and_one_for_programs(language: str) -> None:
    progress = told(5)[-1]
    say = translator(language)
    words = say(progress.message())
    for part in ("900", "36,000", "5.0"):
        assert part in words
    assert not any(brace in words for brace in "{}")
    if language == "ko":
        assert not any("a" <= c <= "z" for c in words.replace("privacy-20261210", ""))
    line = progress_line(progress)
    assert (line.level, line.code) == (logging.WARNING, "S285")
    fields = json.loads(line.as_json(datetime.fromisoformat("2026-11-27T08:03:00+00:00")))
    assert fields["event"] == "mailing"
    assert (fields["done"], fields["total"], fields["per_second"], fields["at_risk"]) == (900, 36_000, 5, 1)
    assert fields["last_day"] == "2026-11-27"


def test_nothing_moves() -> None:
    progress = told(0)[-1]
    assert progress.seconds_left == math.inf
    assert "seconds_left" not in progress_line(progress).as_json(NOW)
    assert "nothing moves" in translator("en")(progress.message())


# -- beside a mailing that goes on ------------------------------------------------------------------------------------


def people(number: int) -> str:
    return "".join(f"p{i},p{i}@example.com,,en\n" for i in range(number))


def slowly(_: object) -> Outcome:
    time.sleep(0.05)
    return Outcome(state=State.HANDED_OVER, code=250)


def test_whoever_looks_is_told_while_letters_go_out(desk: Desk) -> None:
    desk.recipients(people(20))
    desk.retention()
    said: list[Progress] = []
    rested: list[int] = []
    looking = Onlooker(say=said.append, every=0.05, rest=lambda: rested.append(len(said)))
    tick(replace(desk.engine(lambda: MemoryMailer(slowly)), onlooker=looking))
    assert [p.done for p in said] == sorted(p.done for p in said)
    assert any(0 < p.done < 20 and p.rate > 0 for p in said), "nothing was said while it went on"
    assert (said[-1].notice, said[-1].done, said[-1].total) == ("privacy-20261210", 20, 20)
    assert said[-1].last_day == date(2026, 11, 25)
    assert rested == [len(said)]


@pytest.fixture
def begun(desk: Desk) -> Desk:
    """Six are to be mailed, and the engine was stopped when some had been."""
    desk.recipients(people(6))
    desk.retention()
    tick(replace(desk.engine(), stopping=lambda: bool(desk.mailer.letters)))
    assert 0 < len(desk.mailer.letters) < 6
    return desk


def test_a_worker_tells_of_what_others_sent_too(begun: Desk) -> None:
    said: list[Progress] = []
    work(replace(begun.engine(), onlooker=Onlooker(say=said.append, every=60)), once=True)
    assert [(p.done, p.total) for p in said] == [(6, 6)]


def test_nobody_is_told_where_nothing_is_due(desk: Desk) -> None:
    desk.recipients()
    desk.retention()
    desk.tick("2026-11-23T09:00")
    said: list[Progress] = []
    looking = Onlooker(say=said.append, every=0.01)
    tick(replace(desk.engine(), onlooker=looking))
    work(replace(desk.engine(), onlooker=looking), once=True)
    assert said == []


@pytest.mark.parametrize(
    ("language", "words"), [("en", "privacy-20261210: 3 of 3, "), ("ko", "privacy-20261210: 3건 중 3건, ")]
)
def test_one_line_on_a_terminal_that_goes_away(desk: Desk, language: str, words: str) -> None:
    desk.recipients()
    desk.retention()
    said = on_a_terminal("tick", "--now", "2026-11-23T09:00", cwd=desk.root, language=language)
    assert f"\r\x1b[K{words}" in said
    assert said.index(words) < said.rindex("\r\x1b[K")
    assert "\n" not in said[said.index(words) : said.rindex("\r\x1b[K")]


def test_the_line_is_never_wider_than_the_terminal(desk: Desk) -> None:
    desk.recipients()
    desk.retention()
    said = on_a_terminal("tick", "--now", "2026-11-23T09:00", cwd=desk.root, language="ko", width=24)
    drawn = [line.partition("\r")[0] for line in said.split("\r\x1b[K") if line.startswith("privacy-")]
    assert drawn
    assert [line for line in drawn if columns(line) >= 24] == []


def test_a_worker_without_a_terminal_writes_lines_for_programs(begun: Desk, publisher: Callable[..., Ended]) -> None:
    ended = publisher("mail", "work", "--once", "--now", "2026-11-23T09:01", cwd=begun.root)
    assert ended.status == 0, ended.err
    line = json.loads(ended.err)
    assert (line["event"], line["notice"], line["done"], line["total"]) == ("mailing", "privacy-20261210", 6, 6)

"""When a mailing is stopped because the server refuses, and when it is tried again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import ServiceAway
from publisher.mail.breaker import ENOUGH, IN_A_ROW, SHARE, WINDOW, Breaker, Gate, Why
from publisher.mail.outcomes import Outcome, State
from publisher.messages import LANGUAGES, translator

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TAKEN = Outcome(state=State.HANDED_OVER, code=250)
REFUSED = Outcome(state=State.FAILED, code=550, reply="5.1.1 no such user")
LOST = Outcome(state=State.UNCERTAIN)
LATER = Outcome(state=State.DEFERRED, code=451)
POLICY = Outcome(state=State.DEFERRED, code=550, reply="5.7.1 not from you", refuses_us=True)


def after(*outcomes: Outcome, breaker: Breaker | None = None, now: datetime = NOW) -> Breaker:
    breaker = breaker or Breaker()
    for outcome in outcomes:
        breaker = breaker.counted(outcome, now)
    return breaker


@pytest.mark.parametrize("bad", [REFUSED, LOST])
def test_twenty_in_a_row(bad: Outcome) -> None:
    assert after(*[bad] * (IN_A_ROW - 1)).gate(NOW) is Gate.OPEN
    stopped = after(*[bad] * IN_A_ROW)
    assert (stopped.gate(NOW), stopped.why, stopped.count) == (Gate.SHUT, Why.ROW, IN_A_ROW)
    assert after(*[bad] * (IN_A_ROW - 1), TAKEN, bad).gate(NOW) is Gate.OPEN


def test_what_is_put_off_does_not_count_and_does_not_break_the_row() -> None:
    assert after(*[LATER] * 500).gate(NOW) is Gate.OPEN
    assert after(*[REFUSED, LATER] * IN_A_ROW).gate(NOW) is Gate.SHUT


@given(st.lists(st.booleans(), max_size=2600), st.integers(8, 40))
def test_it_stops_exactly_where_row_or_share_say(seeds: list[bool], every: int) -> None:
    """Against the same rule, counted anew from the list each time."""
    outcomes = [seed or number % every == 0 for number, seed in enumerate(seeds * 3)]
    breaker, row = Breaker(), 0
    for number, bad in enumerate(outcomes):
        breaker = breaker.counted(REFUSED if bad else TAKEN, NOW)
        row = row + 1 if bad else 0
        window = outcomes[max(0, number + 1 - WINDOW) : number + 1]
        stops = row >= IN_A_ROW or (bad and len(window) >= ENOUGH and sum(window) > SHARE * len(window))
        assert (breaker.gate(NOW) is Gate.SHUT) == stops
        if stops:
            return


def test_a_share_and_never_a_number() -> None:
    one_in_fifty = [*[TAKEN] * 49, REFUSED]
    assert after(*one_in_fifty * 100).gate(NOW) is Gate.OPEN
    one_in_fifteen = [*[TAKEN] * 14, REFUSED]
    assert after(*one_in_fifteen * 20).why is Why.SHARE


def test_a_refusal_of_us_stops_at_once() -> None:
    stopped = after(TAKEN, POLICY)
    assert (stopped.gate(NOW), stopped.why) == (Gate.SHUT, Why.POLICY)


def test_probes_wait_longer_each_time() -> None:
    breaker, now, waits = after(POLICY), NOW, []
    for _ in range(6):
        assert breaker.probe_at
        waits.append((breaker.probe_at - now) // MINUTE)
        now = breaker.probe_at
        assert breaker.gate(now - timedelta(seconds=1)) is Gate.SHUT
        assert breaker.gate(now) is Gate.PROBE
        breaker = breaker.counted(POLICY, now)
    assert waits == [1, 5, 15, 60, 60, 60]


def test_a_probe_that_is_taken_over_opens() -> None:
    breaker = after(*[LOST] * IN_A_ROW)
    assert after(TAKEN, breaker=breaker).gate(NOW) is Gate.SHUT  # it was under way before
    opened = after(TAKEN, breaker=breaker, now=NOW + MINUTE)
    assert opened == Breaker()


def test_a_probe_that_is_put_off_says_nothing() -> None:
    breaker = after(LATER, breaker=after(POLICY), now=NOW + MINUTE)
    assert breaker.probe_at == NOW + 2 * MINUTE
    assert breaker.probes == 0


def test_a_person_lets_it_go_on_with_an_old_list() -> None:
    breaker = after(*[*[TAKEN] * 9, REFUSED] * 20)
    assert breaker.gate(NOW) is Gate.SHUT
    assert after(*[*[TAKEN] * 9, REFUSED] * 20, breaker=breaker.resumed(0.2)).gate(NOW) is Gate.OPEN


@pytest.mark.parametrize(
    "breaker",
    [Breaker(), after(POLICY), after(*[REFUSED] * IN_A_ROW), after(TAKEN, REFUSED), after(*[LOST] * IN_A_ROW)],
)
def test_it_outlives_a_run(breaker: Breaker) -> None:
    stored = json.dumps(breaker.as_json())
    again = Breaker.of(json.loads(stored))
    assert again.gate(NOW) is breaker.gate(NOW)
    assert Breaker.of(again.as_json()) == again
    assert "user" not in stored  # no words of a server
    assert "not from" not in stored


@pytest.mark.parametrize("stored", [None, {}, {"row": 1}, {**Breaker().as_json(), "bits": "zz"}])
def test_what_cannot_be_read_begins_anew(stored: dict[str, object] | None) -> None:
    assert Breaker.of(stored) == Breaker()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "breaker",
    [after(POLICY), after(*[REFUSED] * IN_A_ROW), after(*[*[TAKEN] * 9, REFUSED] * 20), after(*[LOST] * IN_A_ROW)],
)
def test_it_says_why(breaker: Breaker, language: str) -> None:
    error = breaker.error()
    assert isinstance(error, ServiceAway)
    assert error.problems[0].code == "S225"
    words = error.problems[0].in_words(translator(language))
    assert "mail resume" in words
    assert not any(brace in words for brace in "{}")


def test_nothing_to_say_while_it_goes() -> None:
    with pytest.raises(ValueError, match="not stopped"):
        Breaker().error()

"""How fast letters go: the relay's rate, the domains' limits, nobody kept out; in time that the tests pass in."""

from __future__ import annotations

import math
from heapq import heappop, heappush
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.mail.outcomes import Outcome, State
from publisher.mail.pace import KEEP, LONGEST_PAUSE, UNTIL_SETTLED, Line, Pace

TAKEN = Outcome(state=State.HANDED_OVER, code=250)
LATER = Outcome(state=State.DEFERRED, code=451)
BUSY = Outcome(state=State.DEFERRED, code=421, counted=False)
LOST = Outcome(state=State.DEFERRED)
REFUSED = Outcome(state=State.FAILED, code=550)


def run(
    pace: Pace, letters: list[str], says: dict[str, Outcome], *, takes: float = 0.02, until: float = 10_000
) -> list[tuple[float, str]]:
    """Send a letter to each of `letters` (domains); when each began."""
    line: Line[int] = Line(pace, per_domain=len(letters))
    for number, domain in enumerate(letters):
        assert line.put(domain, number)
    begun: list[tuple[float, str]] = []
    under_way: list[tuple[float, str]] = []
    now = 0.0
    while len(line) or under_way:
        while under_way and under_way[0][0] <= now:
            _, domain = heappop(under_way)
            line.settled(domain, says.get(domain, TAKEN), now)
        while taken := line.take(now):
            begun.append((now, taken[0]))
            heappush(under_way, (now + takes, taken[0]))
        next_times = [t for t in (now + line.wait(now), under_way[0][0] if under_way else math.inf) if t > now]
        now = min(next_times, default=math.inf)
        if now > until or math.isinf(now):
            break
    return begun


domains = st.lists(st.sampled_from([f"d{n}.example" for n in range(7)]), min_size=1, max_size=120)


@given(domains, st.floats(0.5, 200), st.floats(0.001, 3))
def test_never_above_the_rate(letters: list[str], rate: float, takes: float) -> None:
    begun = [at for at, _ in run(Pace(per_second=rate, most=8), letters, {}, takes=takes)]
    assert len(begun) == len(letters)
    burst = max(1.0, rate / 10)
    for i in range(len(begun)):
        for j in range(i, len(begun)):
            assert j - i + 1 <= rate * (begun[j] - begun[i]) + burst + 1e-6


@given(domains, st.integers(1, 8), st.integers(1, 20))
def test_never_more_in_flight_than_connections(letters: list[str], first: int, most: int) -> None:
    begun = run(Pace(per_domain=first, most=most), letters, {}, takes=1.0)
    assert len(begun) == len(letters)
    for at, _ in begun:
        assert sum(at - 1.0 < other <= at for other, _ in begun) <= most
    at_once = [domain for at, domain in begun if at == 0]
    assert all(at_once.count(domain) <= min(first, most) for domain in at_once)


@given(domains, st.sampled_from([LATER, LOST, REFUSED]))
def test_nobody_is_kept_out(letters: list[str], bad: Outcome) -> None:
    letters = [*letters, *["slow.example"] * 40]
    begun = run(Pace(most=4), letters, {"slow.example": bad}, until=LONGEST_PAUSE * 60)
    assert sorted(domain for _, domain in begun) == sorted(letters)


def test_a_domain_that_puts_off_is_slowed_and_the_others_go_on() -> None:
    letters = ["slow.example", "quick.example"] * 200
    begun = run(Pace(most=8), letters, {"slow.example": LATER}, takes=0.02, until=60)
    quick = [at for at, domain in begun if domain == "quick.example"]
    slow = [at for at, domain in begun if domain == "slow.example"]
    assert len(quick) == 200
    assert max(quick) < 2
    assert len(slow) < 20
    gaps = [b - a for a, b in pairwise(slow)]
    assert max(gaps) > 15  # it waits longer and longer


def test_a_single_refusal_does_not_slow_a_domain() -> None:
    pace = Pace()
    pace.begin("a.example", 0)
    pace.settled("a.example", LATER, 0)
    assert pace.next_slot("a.example", 0) == 0
    pace.begin("a.example", 0)
    pace.settled("a.example", LATER, 0)
    assert pace.next_slot("a.example", 0) > 0
    assert pace.next_slot("b.example", 0) == 0


def test_a_slowed_domain_comes_back() -> None:
    pace, now = Pace(most=8), 0.0
    waits = []
    for _ in range(12):
        now += pace.next_slot("a.example", now)
        pace.begin("a.example", now)
        pace.settled("a.example", LATER, now)
        waits.append(pace.next_slot("a.example", now))
    assert waits[-1] == LONGEST_PAUSE
    now += waits[-1]
    for _ in range(40):
        assert pace.next_slot("a.example", now) == 0
        pace.begin("a.example", now)
        pace.settled("a.example", TAKEN, now)
    for _ in range(8):
        assert pace.next_slot("a.example", now) == 0
        pace.begin("a.example", now)
    assert pace.next_slot("a.example", now) == UNTIL_SETTLED


def test_more_in_flight_with_each_letter_taken_over() -> None:
    pace, widths = Pace(per_domain=2, most=50), []
    for _ in range(6):
        width = 0
        while pace.next_slot("a.example", 0) == 0:
            pace.begin("a.example", 0)
            width += 1
        for _ in range(width):
            pace.settled("a.example", TAKEN, 0)
        widths.append(width)
    assert widths[:4] == [2, 2, 3, 4]  # about one more a round
    assert widths[-1] <= 8


def test_421_slows_the_whole_relay() -> None:
    pace = Pace(most=8)
    for domain in ("a.example", "b.example"):
        pace.begin(domain, 0)
        pace.settled(domain, BUSY, 0)
    assert pace.next_slot("c.example", 0) > 0


def test_what_was_not_sent_frees_its_place() -> None:
    pace = Pace(per_domain=1, most=8)
    pace.begin("a.example", 0)
    assert pace.next_slot("a.example", 0) == UNTIL_SETTLED
    pace.settled("a.example", None, 0)
    assert pace.next_slot("a.example", 0) == 0


def test_idle_domains_are_forgotten() -> None:
    pace = Pace()
    for number in range(3000):
        pace.begin(f"d{number}.example", float(number))
        pace.settled(f"d{number}.example", TAKEN, float(number))
    assert len(pace) <= KEEP + 3


def test_a_slow_domain_does_not_fill_the_line() -> None:
    line: Line[int] = Line(Pace(), per_domain=3)
    assert [line.put("a.example", n) for n in range(5)] == [True, True, True, False, False]
    assert line.put("b.example", 9)


def test_letters_of_a_slowed_domain_are_given_back() -> None:
    pace = Pace()
    line: Line[int] = Line(pace)
    for number in range(4):
        line.put("a.example", number)
    line.put("b.example", 9)
    for _ in range(2):
        taken = line.take(0)
        assert taken
        line.settled(taken[0], LATER if taken[0] == "a.example" else TAKEN, 0)
    taken = line.take(0)
    assert taken
    line.settled(taken[0], LATER, 0)
    assert line.give_back(0, longer_than=5) == []
    assert line.give_back(0, longer_than=0.5) == [("a.example", 2), ("a.example", 3)]
    assert len(line) == 0
    assert line.take(1000) is None
    assert line.wait(1000) == math.inf
    assert line.put("a.example", 7)
    assert line.take(1000) == ("a.example", 7)


def test_all_letters_are_given_back_at_the_end() -> None:
    line: Line[int] = Line(Pace())
    for number in range(4):
        line.put(f"{number % 2}.example", number)
    assert sorted(letter for _, letter in line.give_back(0, longer_than=-1)) == [0, 1, 2, 3]
    assert (len(line), line.take(0)) == (0, None)


@pytest.mark.parametrize("count", [1, 3])
def test_domains_take_turns(count: int) -> None:
    letters = [f"d{n}.example" for n in range(3) for _ in range(count)]
    begun = run(Pace(per_domain=1, most=1), letters, {})
    assert [domain for _, domain in begun] == ["d0.example", "d1.example", "d2.example"] * count

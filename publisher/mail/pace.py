"""How fast letters go: a rate for the relay, and for each recipient domain a number in flight that it bears.

Pure: the caller passes in the time, in seconds of a clock that never goes back. A domain begins with few letters in
flight; each one taken over allows a little more (additive increase), a rising share of temporary refusals halves it
(multiplicative decrease) and makes the domain wait, longer each time. Other domains go on meanwhile. The relay as a
whole is treated in the same way where it answers 421, which concerns the connection and no recipient.
"""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final, Generic, TypeVar

from publisher.mail.outcomes import Outcome, State

T = TypeVar("T")

#: Share of temporary refusals, smoothed over about eight letters, above which a domain is slowed: a single mailbox
#: that is full does not slow its domain, two refusals within a few letters do.
TOO_MANY: Final = 0.2
_SMOOTHING: Final = 1 / 8
#: Seconds that a slowed domain waits at first, and at most.
PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 300.0
#: Seconds after which a domain without letters is forgotten; and how many are remembered at most.
KEEP: Final = 600.0
MOST_DOMAINS: Final = 100_000
#: Nothing can be said but that another letter has to be settled first.
UNTIL_SETTLED: Final = math.inf


@dataclass(slots=True)
class _Flow:
    """Letters in flight to one place, and how many it bears."""

    limit: float
    in_flight: int = 0
    #: share of temporary refusals, smoothed
    refused: float = 0.0
    pause: float = 0.0
    resumes: float = -math.inf
    used: float = -math.inf

    def wait(self, now: float) -> float:
        if now < self.resumes:
            return self.resumes - now
        return 0.0 if self.in_flight < int(self.limit) else UNTIL_SETTLED

    def taken(self, most: int) -> None:
        self.refused -= self.refused * _SMOOTHING
        self.limit = min(self.limit + 1 / self.limit, most)
        if self.refused < TOO_MANY / 2:
            self.pause = 0.0

    def turned_away(self, now: float) -> None:
        self.refused += (1 - self.refused) * _SMOOTHING
        # What was in flight when the domain was slowed tells nothing new.
        if self.refused > TOO_MANY and now >= self.resumes:
            self.limit = max(1.0, self.limit / 2)
            self.pause = min(max(PAUSE, self.pause * 2), LONGEST_PAUSE)
            self.resumes = now + self.pause


@dataclass(slots=True)
class _Bucket:
    """At most `rate` letters a second, and `burst` at once (the generic cell rate algorithm)."""

    rate: float
    burst: float
    #: when the bucket would be full again
    full_at: float = -math.inf

    def wait(self, now: float) -> float:
        if not self.rate:
            return 0.0
        # Half a nanosecond: what is due "now" must not be put off by the last digit of a sum.
        wait = self.full_at - (self.burst - 1) / self.rate - now
        return wait if wait > 5e-10 else 0.0

    def take(self, now: float) -> None:
        if self.rate:
            self.full_at = max(self.full_at, now) + 1 / self.rate


class Pace:
    """When the next letter to a domain may begin.

    `per_second` letters a second for the relay (0: no limit), `per_domain` in flight for a domain at first, never
    more than `most`, the number of connections.
    """

    def __init__(self, *, per_second: float = 0, per_domain: int = 2, most: int = 8) -> None:
        self._most = max(1, most)
        self._first = float(min(max(1, per_domain), self._most))
        self._bucket = _Bucket(per_second, max(1.0, per_second / 10))
        self._relay = _Flow(float(self._most))
        self._domains: OrderedDict[str, _Flow] = OrderedDict()

    def __len__(self) -> int:
        """How many domains are remembered."""
        return len(self._domains)

    @property
    def in_flight(self) -> int:
        """How many letters have begun and not ended."""
        return self._relay.in_flight

    def relay_wait(self, now: float) -> float:
        """Seconds until the relay may get another letter; 0 for now, UNTIL_SETTLED where others have to end first."""
        return max(self._bucket.wait(now), self._relay.wait(now))

    def domain_wait(self, domain: str, now: float) -> float:
        """The same for a domain alone."""
        flow = self._domains.get(domain)
        return flow.wait(now) if flow else 0.0

    def next_slot(self, domain: str, now: float) -> float:
        """Seconds until a letter to `domain` may begin; 0 for now, UNTIL_SETTLED where others have to end first."""
        return max(self.relay_wait(now), self.domain_wait(domain, now))

    def begin(self, domain: str, now: float) -> None:
        """A letter to `domain` begins."""
        self._bucket.take(now)
        self._relay.in_flight += 1
        flow = self._domains.get(domain)
        if flow is None:
            self._forget(now)
            flow = self._domains[domain] = _Flow(self._first)
        else:
            self._domains.move_to_end(domain)
        flow.in_flight += 1
        flow.used = now

    def settled(self, domain: str, outcome: Outcome | None, now: float) -> None:
        """A letter to `domain` ended; None where it was not sent (fenced, paused, erased, or the relay was away)."""
        relay, flow = self._relay, self._domains[domain]
        relay.in_flight -= 1
        flow.in_flight -= 1
        if outcome is None:
            return
        if outcome.state is State.HANDED_OVER:
            flow.taken(self._most)
            relay.taken(self._most)
        elif outcome.state is State.DEFERRED and 400 <= outcome.code < 500:
            if outcome.code == 421:
                relay.turned_away(now)
            else:
                flow.turned_away(now)

    def _forget(self, now: float) -> None:
        """Domains that nothing was sent to for a while, two at a time, so that no letter pays for many."""
        for _ in range(2):
            oldest = next(iter(self._domains.items()), None)
            if oldest is None:
                return
            domain, flow = oldest
            idle = now - flow.used > KEEP and now >= flow.resumes
            if flow.in_flight:
                self._domains.move_to_end(domain)
            elif idle or len(self._domains) >= MOST_DOMAINS:
                del self._domains[domain]


class Line(Generic[T]):
    """Letters that wait; hands out the next one whose domain may go now, domains in turn.

    A domain that has to wait stands aside, so that no letter is looked at while it cannot go. At most `per_domain`
    letters of one domain wait here: a slow domain must not fill the line and keep the others out.
    """

    def __init__(self, pace: Pace, *, per_domain: int = 100) -> None:
        self._pace = pace
        self._bound = per_domain
        #: letters by domain; a domain with letters stands in exactly one of the other three
        self._queues: dict[str, deque[T]] = {}
        self._ready: deque[str] = deque()
        self._asleep: list[tuple[float, str]] = []
        self._blocked: set[str] = set()
        self._waiting = 0

    def __len__(self) -> int:
        """How many letters wait."""
        return self._waiting

    def put(self, domain: str, letter: T) -> bool:
        """Let a letter wait; False where too many of its domain do already: it is to be given back."""
        queue = self._queues.get(domain)
        if queue is None:
            queue = self._queues[domain] = deque()
            self._ready.append(domain)
        elif len(queue) >= self._bound:
            return False
        queue.append(letter)
        self._waiting += 1
        return True

    def take(self, now: float) -> tuple[str, T] | None:
        """The next letter that may begin, with its domain, counted as begun; None where none may (see `wait`)."""
        self._wake(now)
        if not self._ready or self._pace.relay_wait(now) > 0:
            return None
        while self._ready:
            domain = self._ready.popleft()
            queue = self._queues[domain]
            wait = self._pace.domain_wait(domain, now)
            if not wait:
                letter = queue.popleft()
                self._waiting -= 1
                self._pace.begin(domain, now)
                if queue:
                    self._ready.append(domain)
                else:
                    del self._queues[domain]
                return domain, letter
            if wait == UNTIL_SETTLED:
                self._blocked.add(domain)
            else:
                heappush(self._asleep, (now + wait, domain))
        return None

    def wait(self, now: float) -> float:
        """Seconds until `take` may have a letter; infinite where one has to be put in or settled first."""
        self._wake(now)
        if self._ready:
            return self._pace.relay_wait(now)
        return max(self._asleep[0][0] - now, 0.0) if self._asleep else math.inf

    def settled(self, domain: str, outcome: Outcome | None, now: float) -> None:
        """A letter that was taken has ended; see `Pace.settled`."""
        self._pace.settled(domain, outcome, now)
        if domain in self._blocked:
            self._blocked.remove(domain)
            self._ready.append(domain)

    def give_back(self, now: float, *, longer_than: float = 0) -> list[tuple[str, T]]:
        """Take out the letters whose domain waits for more than `longer_than` seconds from now: their leases run out.

        With a `longer_than` below 0, all of them: the sending ends.
        """
        taken: list[tuple[str, T]] = []
        for domain, queue in self._queues.items():
            wait = self._pace.domain_wait(domain, now)
            if longer_than < 0 or longer_than < wait < UNTIL_SETTLED:
                self._waiting -= len(queue)
                taken += ((domain, letter) for letter in queue)
                queue.clear()
        self._queues = {domain: queue for domain, queue in self._queues.items() if queue}
        self._blocked &= self._queues.keys()
        self._ready = deque(domain for domain in self._ready if domain in self._queues)
        # One that leaves the sleepers must not come back as one that was never put in.
        self._asleep = sorted(one for one in self._asleep if one[1] in self._queues)
        return taken

    def _wake(self, now: float) -> None:
        while self._asleep and self._asleep[0][0] <= now:
            self._ready.append(heappop(self._asleep)[1])

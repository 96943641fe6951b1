"""Every letter of a notice that is due, over several connections at once, each written down before it goes out."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Collection, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from publisher.errors import IntegrityBroken, PublisherError
from publisher.mail.breaker import Breaker, Gate
from publisher.mail.compose import Composer
from publisher.mail.mailers import Mailer
from publisher.mail.outbox import LEASE, Claimed, Outbox
from publisher.mail.outcomes import Outcome, State
from publisher.mail.pace import Line, Pace
from publisher.mail.settle import Settler

#: Deliveries that are claimed at a time; the next are when half of them are gone.
BATCH: Final = 500
#: Letters that one domain may have in the line: all that can be claimed, for many lists are mostly of one domain.
_ROOM: Final = 2 * BATCH
#: Seconds at the end of a claim in which no message is begun any more.
MARGIN: Final = 60
#: Seconds between two looks for workers that have ended; claims are renewed as often.
LOOK: Final = 30.0
#: Seconds after which letters to a domain that is slow are claimed again; the others go on meanwhile.
STAND_ASIDE: Final = 60
#: Seconds between two looks whether to go on, where nothing can go at the moment.
NAP: Final = 1.0
#: The code of a lost connection: others may still stand.
_LOST: Final = "S210"


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How much a mail server is asked to take at once."""

    connections: int = 8
    #: letters a second; 0 for no limit
    per_second: float = 0
    #: letters in flight to one recipient domain at first
    per_domain: int = 2


def send_notice(
    outbox: Outbox,
    composer: Composer,
    mailers: Callable[[], Mailer],
    limits: Limits,
    clock: Callable[[], datetime],
    going_on: Callable[[], bool] = lambda: True,
) -> None:
    """Hand over every letter of a notice that is due, for as long as `going_on` says, which is asked before each.

    Raises ServiceAway where the mail server is away or refuses everything; what was not handed over then waits. After
    such a stop a later run begins with a single letter, and goes on where that is taken.
    """
    while going_on() and outbox.has_due(clock()):
        breaker = outbox.breaker()
        gate = breaker.gate(clock())
        if gate is Gate.SHUT:
            raise breaker.error()
        if gate is Gate.PROBE:
            limits_now, letters = replace(limits, connections=1), 1
        else:
            limits_now, letters = limits, None
        with ThreadPoolExecutor(1, "outbox") as thread:
            _run(_Sending(outbox, composer, clock, going_on, thread, limits_now, breaker, letters).send(mailers))
        if gate is Gate.OPEN:
            return


def _run(sending: Coroutine[Any, Any, None]) -> None:
    new_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
    with suppress(ImportError):  # where the extra `speed` is installed
        from uvloop import new_event_loop as new_loop
    # The program itself stays until the end: to look for what is unused, none of it has to be gone through.
    gc.freeze()
    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(sending)
    finally:
        gc.unfreeze()


class _Sending:
    """What the connections of one run share."""

    def __init__(
        self,
        outbox: Outbox,
        composer: Composer,
        clock: Callable[[], datetime],
        going_on: Callable[[], bool],
        thread: ThreadPoolExecutor,
        limits: Limits,
        breaker: Breaker,
        letters: int | None,
    ) -> None:
        self._outbox = outbox
        self._composer = composer
        self._clock = clock
        self._going_on = going_on
        # The database is asked in a thread, so that the connections go on meanwhile; in one, for it has one writer.
        self._thread = thread
        self._connections = limits.connections
        self._breaker = breaker
        #: how many more may be begun; None for any number
        self._letters = letters
        pace = Pace(per_second=limits.per_second, per_domain=limits.per_domain, most=limits.connections)
        self._line: Line[Claimed] = Line(pace, per_domain=_ROOM)
        self._settler = Settler(self._record, lambda: pace.in_flight)
        self._claiming: asyncio.Task[None] | None = None
        #: whether the last claim found nothing that is due
        self._dry = False
        #: set when a letter ended or others were claimed: whoever waits looks again
        self._moved = asyncio.Event()
        self._unsent: list[Claimed] = []
        #: when every claim that is held was renewed, or made later
        self._renewed = time.monotonic()
        self._lost: list[PublisherError] = []
        self._stopped: list[PublisherError] = []

    async def send(self, mailers: Callable[[], Mailer]) -> None:
        settling, looking = asyncio.create_task(self._settler.run()), asyncio.create_task(self._look())
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._connections):
                    group.create_task(self._connection(mailers))
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from None
        finally:
            looking.cancel()
            self._settler.close()
            written, *_ = await asyncio.gather(settling, looking, return_exceptions=True)
        if isinstance(written, PublisherError):
            self._stopped.append(written)
        await self._finish()
        if self._stopped:
            raise self._stopped[0]
        if self._lost and self._going_on() and self._outbox.has_due(self._clock()):
            raise self._lost[0]

    async def _finish(self) -> None:
        """What was claimed and did not go out is for the next run; where the database is away, that finds it itself."""
        try:
            if self._claiming:
                await self._claiming
            left = [claimed for _, claimed in self._line.give_back(time.monotonic(), longer_than=-1)]
            await self._ask(self._outbox.give_back, [*self._unsent, *left], self._clock())
            await self._ask(self._outbox.keep_breaker, self._breaker)
        except PublisherError as error:
            self._stopped.append(error)

    async def _look(self) -> None:
        """Now and then: keep the claims of this worker, take back those of workers that have ended."""
        while True:
            await asyncio.sleep(LOOK)
            with suppress(PublisherError):
                now = time.monotonic()
                await self._ask(self._outbox.renew)
                self._renewed = now
                await self._ask(self._outbox.recover, self._clock())
                await self._stand_aside([c for _, c in self._line.give_back(time.monotonic(), longer_than=LOOK)])

    async def _stand_aside(self, claimed: Sequence[Claimed]) -> None:
        """Give back letters to domains that are slow, for a while: they must not keep the others out."""
        await self._ask(self._outbox.give_back, claimed, self._clock() + timedelta(seconds=STAND_ASIDE))

    async def _ask(self, what: Callable[..., Any], *values: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, what, *values)

    async def _record(
        self, intents: Collection[Claimed], outcomes: Sequence[tuple[Claimed, Outcome]]
    ) -> Collection[str]:
        granted: Collection[str] = await self._ask(self._outbox.record, intents, outcomes, self._clock())
        return granted

    # ---- one connection

    async def _connection(self, mailers: Callable[[], Mailer]) -> None:
        # One that ends leaves the others time to finish their letter: cancelled, its fate would not be known.
        try:
            async with mailers() as mailer:
                while (taken := await self._next()) is not None:
                    domain, claimed = taken
                    outcome = None
                    try:
                        outcome = await self._deliver(claimed, mailer)
                    finally:
                        self._line.settled(domain, outcome, time.monotonic())
                        self._moved.set()
        except PublisherError as error:
            (self._lost if error.problems[0].code == _LOST else self._stopped).append(error)
            self._moved.set()

    async def _next(self) -> tuple[str, Claimed] | None:
        """The next letter that may begin, with its domain; None where none will."""
        while not self._stopped and self._letters != 0 and self._going_on():
            if not self._dry and len(self._line) <= BATCH // 2 and (self._claiming is None or self._claiming.done()):
                self._claiming = asyncio.create_task(self._claim())
            now = time.monotonic()
            if taken := self._line.take(now):
                if self._letters is not None:
                    self._letters -= 1
                return taken
            if self._dry and not len(self._line):
                return None
            self._moved.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._moved.wait(), min(self._line.wait(now), NAP))
        return None

    async def _claim(self) -> None:
        try:
            claimed: Sequence[Claimed] = await self._ask(self._outbox.claim, self._clock(), self._letters or BATCH)
            self._dry = not claimed
            for one in claimed:
                self._line.put(_domain(one), one)
        except PublisherError as error:
            self._stopped.append(error)
        finally:
            self._moved.set()

    async def _deliver(self, claimed: Claimed, mailer: Mailer) -> Outcome | None:
        """What became of a letter; None where it was not sent."""
        if not claimed.recipient.address:
            return self._settle(claimed, Outcome(state=State.NO_ADDRESS))
        try:
            letter = self._composer.letter(claimed.recipient, claimed.token)
        except IntegrityBroken as error:
            return self._settle(claimed, Outcome(state=State.FAILED, reply=error.problems[0].code))
        except PublisherError:
            self._unsent.append(claimed)
            raise
        try:
            outcome = await mailer.hand_over(letter, lambda: self._permit(claimed))
        except PublisherError:
            # Nothing went out: another connection may still stand.
            self._line.put(_domain(claimed), claimed)
            raise
        if outcome is None:
            self._unsent.append(claimed)
            return None
        self._settle(claimed, outcome)
        now = self._clock()
        self._breaker = self._breaker.counted(outcome, now)
        if self._breaker.gate(now) is not Gate.OPEN:
            raise self._breaker.error()
        return outcome

    def _settle(self, claimed: Claimed, outcome: Outcome) -> Outcome:
        self._settler.settle(claimed, outcome)
        return outcome

    async def _permit(self, claimed: Claimed) -> bool:
        granted = await self._settler.intend(claimed)
        # Read last: a worker that was stopped for an hour finds out here.
        return granted and time.monotonic() < self._renewed + LEASE - MARGIN


def _domain(claimed: Claimed) -> str:
    return claimed.recipient.address.rpartition("@")[2]

"""Every letter of a notice that is due, over several connections at once, each written down before it goes out."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from publisher.errors import IntegrityBroken, PublisherError, ServiceAway
from publisher.mail.compose import Composer
from publisher.mail.mailers import Mailer
from publisher.mail.outbox import LEASE, Claimed, Outbox
from publisher.mail.outcomes import Outcome, State
from publisher.mail.settle import Settler
from publisher.messages import msg

#: Refusals in a row after which the server is taken to refuse us, not the recipients.
BREAKER: Final = 20
#: Deliveries that are claimed at a time; the next are when half of them are gone.
BATCH: Final = 500
#: Seconds at the end of a claim in which no message is begun any more.
MARGIN: Final = 60
#: Seconds between two looks for workers that have ended; claims are renewed as often.
LOOK: Final = 30.0
#: The code of a lost connection: others may still stand.
_LOST: Final = "S210"
#: The code of a server that refuses us, or all of them.
_REFUSED: Final = "S225"


def send_notice(
    outbox: Outbox,
    composer: Composer,
    mailers: Callable[[], Mailer],
    connections: int,
    clock: Callable[[], datetime],
    going_on: Callable[[], bool] = lambda: True,
) -> None:
    """Hand over every letter of a notice that is due, for as long as `going_on` says, which is asked before each.

    Raises ServiceAway where the mail server is away or refuses everything; what was not handed over then waits.
    """
    if not outbox.has_due(clock()):
        return
    with ThreadPoolExecutor(1, "outbox") as thread:
        _run(_Sending(outbox, composer, clock, going_on, thread).send(mailers, connections))


def _run(sending: Any) -> None:
    try:
        from uvloop import Loop
    except ImportError:
        asyncio.run(sending)
        return
    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(sending)


class _Sending:
    """What the connections of one run share."""

    def __init__(
        self,
        outbox: Outbox,
        composer: Composer,
        clock: Callable[[], datetime],
        going_on: Callable[[], bool],
        thread: ThreadPoolExecutor,
    ) -> None:
        self._outbox = outbox
        self._composer = composer
        self._clock = clock
        self._going_on = going_on
        # The database is asked in a thread, so that the connections go on meanwhile; in one, for it has one writer.
        self._thread = thread
        self._settler = Settler(self._record)
        self._ready: deque[Claimed] = deque()
        self._claiming: asyncio.Task[None] | None = None
        self._unsent: list[Claimed] = []
        #: when every claim that is held was renewed, or made later
        self._renewed = time.monotonic()
        self._refusals = _Refusals()
        self._lost: list[PublisherError] = []
        self._stopped: list[PublisherError] = []

    async def send(self, mailers: Callable[[], Mailer], connections: int) -> None:
        settling, looking = asyncio.create_task(self._settler.run()), asyncio.create_task(self._look())
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(connections):
                    group.create_task(self._connection(mailers))
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from None
        finally:
            looking.cancel()
            self._settler.close()
            written, *_ = await asyncio.gather(settling, looking, return_exceptions=True)
        if isinstance(written, PublisherError):
            self._stopped.append(written)
        await self._give_back()
        if self._stopped:
            raise self._stopped[0]
        if self._lost and self._going_on() and self._outbox.has_due(self._clock()):
            raise self._lost[0]

    async def _give_back(self) -> None:
        """What was claimed and did not go out is for the next run; where the database is away, that finds it itself."""
        try:
            if self._claiming:
                await self._claiming
            await self._ask(self._outbox.give_back, [*self._unsent, *self._ready], self._clock())
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
                while not self._stopped and self._going_on() and (claimed := await self._next()):
                    await self._deliver(claimed, mailer)
        except PublisherError as error:
            (self._lost if error.problems[0].code == _LOST else self._stopped).append(error)

    async def _next(self) -> Claimed | None:
        """The next delivery; None where none is due."""
        if len(self._ready) <= BATCH // 2 and (self._claiming is None or self._claiming.done()):
            self._claiming = asyncio.create_task(self._claim())
        while not self._ready:
            claiming = self._claiming
            if claiming is None:
                return None
            await asyncio.shield(claiming)
            if not self._ready and self._claiming is claiming:
                return None
        return self._ready.popleft()

    async def _claim(self) -> None:
        self._ready.extend(await self._ask(self._outbox.claim, self._clock(), BATCH))

    async def _deliver(self, claimed: Claimed, mailer: Mailer) -> None:
        if not claimed.recipient.address:
            self._settler.settle(claimed, Outcome(state=State.NO_ADDRESS))
            return
        try:
            letter = self._composer.letter(claimed.recipient, claimed.token)
        except IntegrityBroken as error:
            self._settler.settle(claimed, Outcome(state=State.FAILED, reply=error.problems[0].code))
            return
        try:
            outcome = await mailer.hand_over(letter, lambda: self._permit(claimed))
        except PublisherError:
            # Nothing went out: another connection may still stand.
            self._ready.appendleft(claimed)
            raise
        if outcome is None:
            self._unsent.append(claimed)
            return
        self._settler.settle(claimed, outcome)
        if outcome.refuses_us:
            reply = f"{outcome.code} {outcome.reply}"
            await self._ask(self._outbox.pause, f"{_REFUSED} {reply}")
            raise _refuses_us(reply)
        self._refusals.count(outcome)

    async def _permit(self, claimed: Claimed) -> bool:
        granted = await self._settler.intend(claimed)
        # Read last: a worker that was stopped for an hour finds out here.
        return granted and time.monotonic() < self._renewed + LEASE - MARGIN


class _Refusals:
    """Counts refusals for good and letters of unknown fate in a row, over all connections."""

    def __init__(self) -> None:
        self._row = 0

    def count(self, outcome: Outcome) -> None:
        refused = outcome.state in {State.FAILED, State.UNCERTAIN}
        self._row = self._row + 1 if refused else 0
        if self._row >= BREAKER:
            raise ServiceAway.of(
                _REFUSED,
                msg(
                    "The mail server refused {count} mails in a row: {reply}.",
                    count=self._row,
                    reply=outcome.reply,
                ),
                msg(
                    "Mailing is stopped, so that no more addresses are burned. Ask the operator of the mail server, "
                    "then run `publisher mail retry`."
                ),
            )


def _refuses_us(reply: str) -> PublisherError:
    return ServiceAway.of(
        _REFUSED,
        msg("The mail server refuses all mail from us: {reply}.", reply=reply),
        msg(
            "The mailing is paused and nothing is lost. Ask the operator of the mail server, then run "
            "`publisher mail resume`."
        ),
    )

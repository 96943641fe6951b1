"""Intents and outcomes written down together, as soon as the last commit is on the disk.

A commit waits for the disk; while it does, others come together for the next. So the more connections there are, the
fewer commits a message costs. The commit that carries a connection's next intent carries its last outcome: at most
one message of each connection is not accounted for at any moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Final

from publisher.mail.outbox import Claimed
from publisher.mail.outcomes import Outcome

#: Seconds that an outcome waits for company where no intent goes with it.
ALONE: Final = 0.02
#: Seconds that the first intents wait until every letter under way has one: the fewer commits, the less a letter costs.
GATHER: Final = 0.002

#: Writes intents and outcomes down; the ids of the recipients whose message may go out.
Record = Callable[[Collection[Claimed], Sequence[tuple[Claimed, Outcome]]], Awaitable[Collection[str]]]


class Settler:
    """Collects what connections have to write down, for `record`; `run` has to run beside them."""

    def __init__(self, record: Record, under_way: Callable[[], int] = lambda: 1) -> None:
        """`under_way`: how many letters have begun and not ended; more intents than that cannot come together."""
        self._record = record
        self._under_way = under_way
        self._intents: list[tuple[Claimed, asyncio.Future[bool]]] = []
        self._outcomes: list[tuple[Claimed, Outcome]] = []
        self._wake = asyncio.Event()
        #: rings when the first of those that came together has waited for long enough
        self._timer: asyncio.TimerHandle | None = None
        self._closing = False
        #: what the database said last, where it did not write down what it was given
        self._failed: Exception | None = None
        self._broken: BaseException | None = None

    def intend(self, claimed: Claimed) -> asyncio.Future[bool]:
        """Whether the message may go out, as soon as it is written down that it is about to."""
        if self._broken:
            raise self._broken
        granted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._intents.append((claimed, granted))
        if len(self._intents) >= self._under_way():
            self._wake.set()
        elif len(self._intents) == 1:
            self._wake_in(GATHER)
        return granted

    def settle(self, claimed: Claimed, outcome: Outcome) -> None:
        """Have it written down soon what became of an attempt."""
        self._outcomes.append((claimed, outcome))
        if len(self._outcomes) == 1 and not self._intents:
            self._wake_in(ALONE)

    def _wake_in(self, seconds: float) -> None:
        # One timer: that of a group which was written before it rang would tear the next one apart.
        if self._timer:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._wake.set)

    async def run(self) -> None:
        """Write down what comes, until `close`; what the database says then reaches whoever waits for a permit."""
        while not self._closing:
            await self._wake.wait()
            self._wake.clear()
            await self._write()
        # What came while the last was being written; and what could not be, for the database may be there again.
        while self._outcomes and not self._failed:
            await self._write()
        if self._failed:
            raise self._failed

    def close(self) -> None:
        """Let `run` end when everything is written down; nobody asks for a permit any more."""
        self._closing = True
        self._failed = None
        self._wake.set()

    async def _write(self) -> None:
        intents, self._intents = self._intents, []
        outcomes, self._outcomes = self._outcomes, []
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if not intents and not outcomes:
            return
        try:
            allowed = await self._record([claimed for claimed, _ in intents], outcomes)
        except Exception as error:
            # The outcomes go with the next intents, or at the end: the database may be there again by then.
            self._outcomes = outcomes + self._outcomes
            self._failed = error
            self._refuse(intents, error)
            return
        except BaseException as error:
            self._broken = error
            self._refuse(intents, error)
            raise
        self._failed = None
        for claimed, granted in intents:
            if not granted.done():
                granted.set_result(claimed.recipient.id in allowed)

    @staticmethod
    def _refuse(intents: Sequence[tuple[Claimed, asyncio.Future[bool]]], error: BaseException) -> None:
        for _, granted in intents:
            if not granted.done():
                granted.set_exception(error)

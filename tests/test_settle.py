"""Which intents share a commit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence

import pytest

from publisher.mail import settle
from publisher.mail.outbox import Claimed
from publisher.mail.outcomes import Outcome
from publisher.mail.recipients import Recipient
from publisher.mail.settle import Settler


def claimed(name: str) -> Claimed:
    recipient = Recipient(id=name, address=f"{name}@example.com", name="", language="ko", guardian=False)
    return Claimed(recipient=recipient, attempts=1, uncertain=0, token="t")


def groups(monkeypatch: pytest.MonkeyPatch, *, under_way: int, wait: float) -> tuple[list[list[str]], list[bool]]:
    """Four intents, two at a time; who shared a commit, and of each timer that was set whether it was called off."""
    written: list[list[str]] = []
    timers: list[asyncio.TimerHandle] = []
    monkeypatch.setattr(settle, "GATHER", wait)

    async def record(intents: Collection[Claimed], _: Sequence[tuple[Claimed, Outcome]]) -> Collection[str]:
        written.append([one.recipient.id for one in intents])
        return written[-1]

    async def run() -> None:
        loop = asyncio.get_running_loop()
        call_later = loop.call_later

        def counted(delay: float, callback: Callable[[], object]) -> asyncio.TimerHandle:
            timers.append(call_later(delay, callback))
            return timers[-1]

        monkeypatch.setattr(loop, "call_later", counted)
        settler = Settler(record, lambda: under_way)
        running = asyncio.create_task(settler.run())
        for pair in ("ab", "cd"):
            assert all(await asyncio.gather(*(settler.intend(claimed(name)) for name in pair)))
        settler.close()
        await running

    asyncio.run(run())
    return written, [timer.cancelled() for timer in timers]


def test_a_group_is_written_when_every_letter_under_way_has_its_intent(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing of it rings later, while the next one gathers."""
    written, called_off = groups(monkeypatch, under_way=2, wait=3600)
    assert written == [["a", "b"], ["c", "d"]]
    assert called_off == [True, True]


def test_who_does_not_come_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    written, _ = groups(monkeypatch, under_way=3, wait=0.001)
    assert written == [["a", "b"], ["c", "d"]]

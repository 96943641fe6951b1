"""How a mailing that goes on stands: counted now and then beside it, told to whoever looks."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from publisher.errors import PublisherError
from publisher.mail.outbox import Outbox
from publisher.mail.outcomes import still_open
from publisher.mail.progress import Progress, Reporter
from publisher.run.log import Line, Write

#: Counting is left alone for so many times as long as it took: of a long list it takes seconds.
_REST: Final = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Onlooker:
    """Who is told how a mailing stands while it goes on."""

    say: Callable[[Progress], None]
    #: seconds from one time to the next
    every: float
    #: told that the sending is over, or rests
    rest: Callable[[], None] = lambda: None


def logged(write: Write) -> Onlooker:
    """A line of the log once a minute."""
    return Onlooker(say=lambda progress: write(progress_line(progress)), every=60.0)


def progress_line(progress: Progress) -> Line:
    """A line for a collector of logs and for a person; a warning (S285) where it goes too slowly."""
    problem = progress.problem()
    return Line(
        event="mailing",
        level=logging.WARNING if problem else logging.INFO,
        code=problem.code if problem else "",
        more=progress.fields(),
        message=progress.message(),
    )


@contextmanager
def looked_on(onlooker: Onlooker, outbox: Outbox, reporter: Reporter, clock: Callable[[], datetime]) -> Iterator[None]:
    """Count the deliveries beside the sending, in a thread, while the context lasts; `reporter` says them."""
    over = threading.Event()

    def count() -> float:
        began = time.monotonic()
        try:
            outcomes = outbox.outcomes()
        except PublisherError:
            return onlooker.every  # the sending says itself what is wrong with the database
        ended = time.monotonic()
        total = sum(outcomes.values())
        reporter.counts(total - still_open(outcomes), total, ended, clock())
        return max(onlooker.every, _REST * (ended - began))

    def look() -> None:
        wait = count()
        while not over.wait(wait):
            wait = count()
        count()

    thread = threading.Thread(target=look, name="progress")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        onlooker.rest()

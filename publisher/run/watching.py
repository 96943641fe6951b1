"""Texts from a remote repository, fetched at each tick; while it is away, those of the last fetch.

What was announced can then still be mailed and take effect, for both rest on the record. Nothing new is frozen: what
is approved by now is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from publisher.errors import PublisherError, ServiceAway
from publisher.register.repository import Texts

Opens = Callable[[], AbstractContextManager[Texts]]


class Watched:
    """Texts of a remote repository."""

    def __init__(self, fetching: Opens, fetched: Opens) -> None:
        self._fetching = fetching
        self._fetched = fetched
        #: why the last fetch failed; None where it did not
        self.away: PublisherError | None = None

    @contextmanager
    def open(self) -> Iterator[Texts]:
        """The texts, fetched now or, where the remote is away, before; ServiceAway where they never were."""
        with ExitStack() as stack:
            try:
                texts = stack.enter_context(self._fetching())
                self.away = None
            except ServiceAway as error:
                self.away = error
                texts = stack.enter_context(self._fetched())
            yield texts

"""Where a delivery stands, and what may become of an attempt."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a delivery stands."""

    #: to be sent
    PENDING = "pending"
    #: claimed by a worker; or was, when that was killed
    SENDING = "sending"
    #: the mail server has taken it over
    HANDED_OVER = "handed_over"
    #: refused for now, or the connection broke before the message went out; tried again
    DEFERRED = "deferred"
    #: refused for good, or given up, with the reason
    FAILED = "failed"
    #: taken over, and returned later
    BOUNCED = "bounced"
    #: no address that mail could go to, or erased
    NO_ADDRESS = "no_address"
    #: the message went out and no reply was read: it may have been taken over
    UNCERTAIN = "uncertain"


#: States that are no outcome yet.
OPEN: Final = (State.PENDING, State.SENDING, State.DEFERRED, State.UNCERTAIN)


def still_open(outcomes: Mapping[str, int]) -> int:
    """How many of the deliveries, counted by state, have no outcome yet."""
    return sum(outcomes.get(state, 0) for state in OPEN)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of one attempt."""

    #: HANDED_OVER, DEFERRED, FAILED, UNCERTAIN or NO_ADDRESS
    state: State
    #: of the server's reply; 0 without one
    code: int = 0
    #: on one line, without addresses
    reply: str = ""
    #: False where it was nobody's fault (421, a connection lost before the body): no attempt is counted
    counted: bool = True
    #: the server refuses us, not this recipient (5.7.x, the sender, size or content): the notice stops (S225)
    refuses_us: bool = False
    #: the address does not exist (5.1.x)
    unusable: bool = False


#: Asked when a message could go out now: whether it may. By then it is on the disk that it may have gone out.
Permit = Callable[[], Awaitable[bool]]

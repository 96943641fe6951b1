"""Where the time comes from: the system, or in a demonstration or a test a moment that was handed in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from publisher.errors import Misconfigured, WrongUsage
from publisher.messages import msg


def system_clock() -> datetime:
    return datetime.now(UTC)


def clock_for(now: str | None, *, simulated: bool, zone: ZoneInfo) -> Callable[[], datetime]:
    """The clock to use; `now` (ISO 8601, in `zone` where it names none) only where the settings allow it."""
    if now is None:
        return system_clock
    if not simulated:
        raise Misconfigured.of(
            "C532",
            msg("--now would let a notice end early, so it is refused here."),
            msg("In a demonstration or a test, set simulated = true in the section [clock] of publisher.toml."),
        )
    moment = read_moment(now, zone)
    return lambda: moment


def read_moment(text: str, zone: ZoneInfo) -> datetime:
    """An instant written in ISO 8601; without a zone it is one of `zone`. WrongUsage for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise WrongUsage.of(
            "C533", msg("{value} is not a moment.", value=text), msg("Write it like 2026-11-23T09:00.")
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)

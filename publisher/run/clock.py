"""Where the time comes from, and whether it is to be believed.

The system says what time it is, or in a demonstration or a test a moment that was handed in. The moment of the last
tick is kept in `var/clock.json` (the mark): a clock behind it has gone back, and nothing is done; a clock far ahead
of it may be wrong too, and nothing irreversible is done until a second clock, or a person, says the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from publisher.errors import Misconfigured, PublisherError, ServiceAway, WrongUsage
from publisher.files import write_file
from publisher.messages import msg
from publisher.records import instant, instant_text

#: A clock may be set right by a little; by more, nothing is done until a person has looked.
MOST_BACKWARDS: Final = timedelta(minutes=5)
#: A machine may sleep over a night or a day; after more, its clock is compared with another one.
MOST_AHEAD: Final = timedelta(hours=48)
#: Two clocks that differ by no more say the same.
AGREEING: Final = timedelta(minutes=5)
#: The mark is written durably, so not at every tick of a busy minute.
MARK_EVERY: Final = timedelta(minutes=1)
#: In the folder of the workspace's state.
MARK_FILE: Final = "clock.json"


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


class Standing(Enum):
    """How a clock stands to what is known of the time."""

    SOUND = "sound"
    BEHIND_JOURNAL = "behind the journal"
    BEHIND_MARK = "behind the mark"
    #: so far ahead of the last tick that a second clock has to agree
    AHEAD = "ahead"


def standing(now: datetime, mark: datetime | None, last: datetime | None) -> Standing:
    """Judge `now` by the moment of the last tick and that of the last journal entry; None where there is none."""
    if last and now < last - MOST_BACKWARDS:
        return Standing.BEHIND_JOURNAL
    if mark and now < mark - MOST_BACKWARDS:
        return Standing.BEHIND_MARK
    if mark and now > mark + MOST_AHEAD:
        return Standing.AHEAD
    return Standing.SOUND


def agree(one: datetime, other: datetime | None) -> bool:
    """Whether two clocks say the same; one that does not answer agrees with nothing."""
    return other is not None and abs(one - other) <= AGREEING


def read_mark(state: Path) -> datetime | None:
    """The moment of the last tick; None where it is not known (never written, lost, damaged)."""
    try:
        return instant(json.loads((state / MARK_FILE).read_bytes())["last"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_mark(state: Path, moment: datetime) -> None:
    """Keep `moment` as that of the last tick, durably. Errors as `files.write_file`."""
    write_file(state / MARK_FILE, json.dumps({"last": instant_text(moment)}).encode() + b"\n", mode=0o600)


def vouch(state: Path, now: datetime) -> None:
    """A person says that the clock is right: the mark is set to `now`, also where it stood ahead by mistake."""
    write_mark(state, now)


def check_clock(
    state: Path, now: datetime, last: datetime | None, second: Callable[[], datetime | None], zone: ZoneInfo
) -> PublisherError | None:
    """The error for which irreversible steps have to wait (C550), or None, and then the mark has moved on.

    `last`: the moment of the last journal entry. Raises ServiceAway (C531) where the clock has gone back.
    """
    mark = read_mark(state)
    match standing(now, mark, last):
        case Standing.BEHIND_JOURNAL if last:
            raise _behind_journal(now, last, zone)
        case Standing.BEHIND_MARK if mark:
            raise _behind_mark(now, mark, zone)
        case Standing.AHEAD if mark:
            other = second()
            if not agree(now, other):
                return _ahead(now, mark, other, zone)
        case _:
            pass
    if mark is None or now - mark >= MARK_EVERY:
        write_mark(state, now)
    return None


def _behind_journal(now: datetime, last: datetime, zone: ZoneInfo) -> PublisherError:
    return ServiceAway.of(
        "C531",
        msg(
            "The clock says {now}, but the journal has an entry of {last}. Nothing is done while the clock may be "
            "wrong.",
            now=now.astimezone(zone),
            last=last.astimezone(zone),
        ),
        msg("Set the clock right, then run again."),
    )


def _behind_mark(now: datetime, mark: datetime, zone: ZoneInfo) -> PublisherError:
    return ServiceAway.of(
        "C531",
        msg(
            "The clock says {now}, but the last run was at {last}. Nothing is done while the clock may be wrong.",
            now=now.astimezone(zone),
            last=mark.astimezone(zone),
        ),
        msg(
            "Set the clock right, then run again. If it is right now and was ahead at that run, say so: `publisher "
            "tick --clock-is-right`."
        ),
    )


def _ahead(now: datetime, mark: datetime, other: datetime | None, zone: ZoneInfo) -> PublisherError:
    moments = {"now": now.astimezone(zone), "last": mark.astimezone(zone)}
    if other is None:
        return ServiceAway.of(
            "C550",
            msg(
                "The clock says {now}, but the last run was at {last}, more than two days before, and no second clock "
                "answers. Nothing is frozen, announced, mailed or put in force until it is certain what time it is.",
                **moments,
            ),
            msg(
                "If the clock is right, say so: `publisher tick --clock-is-right`. A second clock is asked where "
                "live_url in the section [site] or second in the section [clock] of publisher.toml names an address."
            ),
        )
    return ServiceAway.of(
        "C550",
        msg(
            "The clock says {now}, the second clock {second}, and the last run was at {last}. Nothing is frozen, "
            "announced, mailed or put in force until it is certain what time it is.",
            **moments,
            second=other.astimezone(zone),
        ),
        msg(
            "Set the clock right, then run again. If it is the second one that is wrong, say so: `publisher tick "
            "--clock-is-right`."
        ),
    )

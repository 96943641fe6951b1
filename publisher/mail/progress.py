"""How far a mailing has come, how fast it goes, and whether it will end in time.

Counts and times only; nothing here knows a person.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from publisher.errors import Problem
from publisher.messages import Message, msg, msg_n
from publisher.notice.calendar import Rules
from publisher.notice.tempo import required_rate

#: Seconds over which the rate is smoothed, and after which it is taken to say something.
SMOOTHED: Final = 30.0
SETTLED_IN: Final = 60.0


class Meter:
    """The rate at which something goes on, smoothed; `seconds` are of a clock that never goes back."""

    def __init__(self) -> None:
        self._first: tuple[float, int] | None = None
        self._last = (0.0, 0)
        self._rate = 0.0

    def update(self, done: int, seconds: float) -> float:
        """The rate a second after `done` were done at `seconds`."""
        if self._first is None:
            self._first = self._last = (seconds, done)
            return 0.0
        passed = seconds - self._last[0]
        if passed > 0:
            now = (done - self._last[1]) / passed
            since = seconds - self._first[0]
            # At first the mean of all that was seen, later of the last half minute or so.
            weight = max(passed / since, 1 - math.exp(-passed / SMOOTHED))
            self._rate += weight * (now - self._rate)
            self._last = (seconds, done)
        return max(0.0, self._rate)

    @property
    def watched(self) -> float:
        """For how many seconds it was watched."""
        return self._last[0] - self._first[0] if self._first else 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How a mailing stands at one moment."""

    notice: str
    #: deliveries with an outcome, and all of them
    done: int
    total: int
    #: letters a second, smoothed; and how many it takes to end in time
    rate: float
    required: float
    #: the last day on which the mailing may end
    last_day: date
    #: the rate was watched for long enough, and is below what it takes
    too_slow: bool

    @property
    def left(self) -> int:
        return max(0, self.total - self.done)

    @property
    def seconds_left(self) -> float:
        """At this rate; infinite where nothing moves."""
        if not self.left:
            return 0.0
        return self.left / self.rate if self.rate else math.inf

    def message(self) -> Message:
        """One line for a person."""
        if not self.left:
            return msg(
                "{notice}: {done} of {total}, {rate} a second",
                notice=self.notice,
                done=self.done,
                total=self.total,
                rate=_plain(self.rate),
            )
        return msg(
            "{notice}: {done} of {total}, {rate} a second, {left}{risk}",
            notice=self.notice,
            done=self.done,
            total=self.total,
            rate=_plain(self.rate),
            left=duration(self.seconds_left),
            risk=msg(" – too slow: it takes {required} a second to end by {day}", required=_plain(self.required),
                     day=self.last_day) if self.too_slow else "",
        )  # fmt: skip

    def problem(self) -> Problem | None:
        """S285 where it goes too slowly for its last day."""
        if not self.too_slow:
            return None
        return Problem(
            code="S285",
            severity="warning",
            message=msg(
                "{notice} is mailed too slowly: {rate} a second, and it takes {required} to end by {day}.",
                notice=self.notice,
                rate=_plain(self.rate),
                required=_plain(self.required),
                day=self.last_day,
            ),
            hint=msg(
                "Ask the operator of the mail server for more, raise mail.connections or mail.per_second, or start "
                "`publisher mail work` on further machines. Where that does not help, have the date postponed."
            ),
        )

    def fields(self) -> dict[str, int | str]:
        """For a line of the log: numbers, and the name of the notice."""
        return {
            "notice": self.notice,
            "done": self.done,
            "total": self.total,
            "per_second": round(self.rate),
            "required_per_second": math.ceil(self.required) if math.isfinite(self.required) else "",
            "seconds_left": math.ceil(self.seconds_left) if math.isfinite(self.seconds_left) else "",
            "last_day": self.last_day.isoformat(),
            "at_risk": int(self.too_slow),
        }


def _plain(rate: float) -> str:
    if not math.isfinite(rate):
        return "∞"
    return f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}"


def duration(seconds: float) -> Message:
    """About how long, for a person."""
    if not math.isfinite(seconds):
        return msg("nothing moves")
    if seconds < 60:
        return msg("less than a minute left")
    minutes = round(seconds / 60)
    if minutes < 120:
        return msg_n("{count} minute left", "{count} minutes left", minutes)
    return msg_n("{count} hour left", "{count} hours left", round(minutes / 60))


class Reporter:
    """Told the counts by the sending as often as it likes; says how it stands, at most every `every` seconds."""

    def __init__(
        self, notice: str, last_day: date, rules: Rules, say: Callable[[Progress], None], *, every: float = 60.0
    ) -> None:
        self._notice = notice
        self._last_day = last_day
        self._rules = rules
        self._say = say
        self._every = every
        self._meter = Meter()
        self._said: float | None = None

    def counts(self, done: int, total: int, seconds: float, now: datetime) -> None:
        """`done` of `total` deliveries have an outcome; `seconds` of a clock that never goes back, `now` of the day.

        The first counts are where the watch begins: a rate can be told from the second on.
        """
        if self._said is None:
            self._meter.update(done, seconds)
            self._said = seconds
            return
        if seconds - self._said < self._every and done < total:
            return
        self._said = seconds
        rate = self._meter.update(done, seconds)
        required = required_rate(max(0, total - done), now, self._last_day, self._rules)
        self._say(
            Progress(
                notice=self._notice,
                done=done,
                total=total,
                rate=rate,
                required=required,
                last_day=self._last_day,
                too_slow=rate < required and self._meter.watched >= SETTLED_IN,
            )
        )

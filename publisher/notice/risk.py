"""Is the day of an announced version at risk, because not everyone has been mailed yet?

The mailing may take from the announcement until the last posting hour in which its end still makes the announced day
lawful: that is its slack. When half of it has gone by the legal team can still act, when four fifths have it must.
After it the day is too early, and the old text stays in force (S220).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from publisher.errors import Place, Problem
from publisher.messages import Localized, Message, msg, msg_n
from publisher.notice.calendar import ClockStart, Rules, count, finish_by

#: Shares of the slack after which the legal team is warned, and after which it is called.
WARN: Final = 0.5
ALARM: Final = 0.8


@dataclass(frozen=True, kw_only=True, slots=True)
class Announced:
    """A version that was announced, is not in force yet, and whose recipients are owed a mail."""

    policy: str
    version: str
    title: Localized
    effective: date
    #: days of notice owed
    days: int
    announced_at: datetime
    #: the mailing had ended
    notified_at: datetime | None
    #: the last day on which the notice may end, as it was counted then; None where that was not written down
    finish_by: date | None = None
    #: recipients without an outcome, and all of them; None where the mailing has not begun
    left: int | None = None
    total: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Risk:
    """An announced day that may turn out, or has turned out, to be too early."""

    announced: Announced
    #: "S222" while it can still be kept, "S220" where it cannot
    code: str
    #: the last day on which the mailing may end
    last_day: date
    #: the day that would be lawful if the mailing ended now, or ended when it did
    earliest: date
    #: how much of the slack has gone by; 1 and more where nothing is left
    share: float

    @property
    def alarming(self) -> bool:
        """Whether somebody has to be called, and not only told."""
        return self.share >= ALARM

    def problem(self) -> Problem:
        """The risk in words."""
        return _too_late(self) if self.code == "S220" else _at_risk(self)


def risk_of(version: Announced, now: datetime, rules: Rules) -> Risk | None:
    """The risk at `now`; None where the day is safe, or less than half of the slack has gone by."""
    last = last_day_of(version, rules)
    ended = version.notified_at if rules.clock_starts is ClockStart.SITE_AND_MAIL else version.announced_at
    day = rules.day_of(ended or now)
    if day > last:
        code, share = "S220", 1.0
    else:
        code, share = (
            "S222",
            (now.timestamp() - version.announced_at.timestamp()) / slack(version, rules).total_seconds(),
        )
        if ended or share < WARN:
            return None
    earliest = count(day, version.days, rules).earliest
    return Risk(announced=version, code=code, last_day=last, earliest=earliest, share=share)


def last_day_of(version: Announced, rules: Rules) -> date:
    """The last day on which the notice may end: as it was counted when the day was announced, else counted now."""
    return version.finish_by or finish_by(version.effective, version.days, rules)


def slack(version: Announced, rules: Rules) -> timedelta:
    """How long the mailing may take, from the announcement on."""
    last = last_day_of(version, rules)
    return timedelta(seconds=_mail_by(version, last, rules).timestamp() - version.announced_at.timestamp())


def _mail_by(version: Announced, last: date, rules: Rules) -> datetime:
    """The end of the last posting hours in which the mailing may end; at the earliest that of the announcement's day.

    Mails go out in posting hours only: a last day on a Sunday leaves until Friday evening.
    """
    day, first = last, rules.day_of(version.announced_at)
    while day > first and not rules.posts_on(day):
        day -= timedelta(days=1)
    closes = datetime.combine(day, rules.hours.closes, rules.zone)
    return closes if closes > version.announced_at else rules.start_of(day + timedelta(days=1))


def _at_risk(risk: Risk) -> Problem:
    version = risk.announced
    return Problem(
        code="S222",
        severity="warning",
        message=msg(
            "{policy}: the notice period is at risk. {left} After {last} an effect on {effective} is too early.",
            policy=version.title,
            left=_left(version),
            last=risk.last_day,
            effective=version.effective,
        ),
        hint=msg("See with `publisher mail status` why mails are not handed over, or have the date postponed."),
        place=Place(policy=version.policy),
    )


def _left(version: Announced) -> Message:
    if version.left is None or version.total is None:
        return msg("Nobody has been mailed yet.")
    return msg_n(
        "{count} of {total} recipients has not been mailed yet.",
        "{count} of {total} recipients have not been mailed yet.",
        version.left,
        total=version.total,
    )


def _too_late(risk: Risk) -> Problem:
    version = risk.announced
    return Problem(
        code="S220",
        message=msg(
            "{policy}: the notice ends too late for an effect on {effective}; the earliest lawful date is now "
            "{earliest}.",
            policy=version.title,
            effective=version.effective,
            earliest=risk.earliest,
        ),
        hint=msg(
            "The old text stays in force; being late never shortens a notice. Look at `publisher mail status`; the "
            "date has to be postponed."
        ),
        place=Place(policy=version.policy),
    )

"""The count backwards in words: by when must everything be finished for a wanted day of effect?"""

from __future__ import annotations

from datetime import date, timedelta

from publisher.messages import Message, msg
from publisher.notice.calendar import Counting, Rules, clear_days, count, counted_back, post_by

_DAY = timedelta(days=1)


def explain_backwards(effective: date, days: int, rules: Rules) -> Message:
    """The sum from the day of effect back to the last day for posting and mailing."""
    latest = post_by(effective, days, rules)
    if rules.counting is Counting.CALENDAR_DAYS:
        return msg(
            "back from {effective} by the difference of the two dates, so finished by the end of {latest}, {zone}",
            effective=effective,
            latest=latest,
            zone=str(rules.zone),
        )
    return msg(
        "back from {effective}: {period}, so finished by the end of {latest}, {zone}",
        effective=effective,
        period=_period(effective, days, rules),
        latest=latest,
        zone=str(rules.zone),
    )


def _period(effective: date, days: int, rules: Rules) -> Message:
    """The days back from the effect; where the first one rests, and where the count forwards asks for more."""
    nominal, first = effective - timedelta(days=days), counted_back(effective, days, rules)
    names = tuple(dict.fromkeys(name for d in _span(first, nominal) if (name := rules.holidays.name(d))))
    period = msg("{days} from {last} to {first}", days=clear_days(days), last=effective - _DAY, first=nominal)
    if first != nominal:
        rest = msg("a day of rest ({names})", names=names) if names else msg("a day of rest")
        period = msg("{period}, {rest}, hence to {first}", period=period, rest=rest, first=first)
    begun = first - _DAY
    if (forwards := count(begun, days, rules)).earliest <= effective:
        return period
    return msg(
        "{period}; but finished on {begun}, the count forwards would lead to {earliest}",
        period=period,
        begun=begun,
        earliest=forwards.earliest,
    )


def _span(first: date, last: date) -> list[date]:
    return [first + i * _DAY for i in range((last - first).days + 1)]

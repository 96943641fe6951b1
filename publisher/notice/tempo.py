"""How fast a mailing has to go to end in time: the people who are left over the posting time that is left.

Mails go out in posting hours (`notice.posting_hours`) only, so a weekend or a holiday gives no time.
"""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta

from publisher.notice.calendar import Rules


def posting_seconds(now: datetime, last: date, rules: Rules) -> float:
    """Seconds of posting hours from `now` to the end of the day `last`."""
    seconds, day = 0.0, rules.day_of(now)
    while day <= last:
        if rules.posts_on(day):
            opens = datetime.combine(day, rules.hours.opens, rules.zone).timestamp()
            closes = datetime.combine(day, rules.hours.closes, rules.zone).timestamp()
            seconds += max(0.0, closes - max(opens, now.timestamp()))
        day += timedelta(days=1)
    return seconds


def required_rate(left: int, now: datetime, last: date, rules: Rules) -> float:
    """Letters a second with which `left` of them are out by the end of `last`; infinite where no time is left."""
    if not left:
        return 0.0
    seconds = posting_seconds(now, last, rules)
    return left / seconds if seconds else math.inf

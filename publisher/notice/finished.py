"""When the steps of a notice were finished, which of them was the last, and the sum that rests on it.

Days are counted from the last step, never from the first: a text that can be read in one language only, or of
which half the people have been mailed, is not announced yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from publisher.errors import Place, Problem
from publisher.messages import Localized, Message, msg
from publisher.notice.calendar import ClockStart, Rules, count, expected_end, explain
from publisher.texts.languages import LANGUAGE_NAMES


class Channel(StrEnum):
    """How people are told."""

    SITE = "site"
    MAIL = "mail"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """A step that was finished: a language can be read on the site, or the last mail has been handed over."""

    channel: Channel
    at: datetime
    #: the language that can be read since then; "" for all at once, and for the mails
    language: str = ""


def last_finished(steps: Iterable[Finished], rules: Rules) -> Finished:
    """The step that starts the clock: the one finished last of those that it waits for.

    Mails count only where the settings say so. ValueError where no step is finished that counts.
    """
    waits = {Channel.SITE} | ({Channel.MAIL} if rules.clock_starts is ClockStart.SITE_AND_MAIL else set())
    return max((s for s in steps if s.channel in waits), key=lambda s: s.at.astimezone(UTC))


def explain_finished(steps: Sequence[Finished], days: int, rules: Rules) -> Message:
    """The sum in words, counted from the step that was really the last."""
    last = last_finished(steps, rules)
    counted = count(rules.day_of(last.at), days, rules)
    return explain(counted, rules, begun=_begun(steps, last, rules))


def _begun(steps: Sequence[Finished], last: Finished, rules: Rules) -> Message:
    """Since when it stood on the site, and which step was the last; only the day, where that is the same."""
    posted = rules.day_of(min((s.at for s in steps if s.channel is Channel.SITE), key=lambda at: at.astimezone(UTC)))
    ended = rules.day_of(last.at)
    if ended == posted:
        return msg("posted {starts}", starts=ended)
    if last.channel is Channel.MAIL:
        return msg("posted {posted}, the last mail {starts}", posted=posted, starts=ended)
    if last.language:
        return msg(
            "posted {posted}, in {language} not before {starts}",
            posted=posted,
            language=LANGUAGE_NAMES[last.language],
            starts=ended,
        )
    return msg("posted {posted}, in every language not before {starts}", posted=posted, starts=ended)


def recheck(
    *,
    policy: str,
    title: Localized,
    effective: date,
    days: int,
    finish_by: date,
    steps: Sequence[Finished],
    mails_wait: bool,
    rules: Rules,
) -> Problem | None:
    """S221 (a warning) where an announced day, counted with the holidays known today, would have to be later.

    It stands nevertheless: the table of holidays was frozen with the announcement, of which `finish_by`, the last
    day on which everything may be finished for it, is kept. Where the last step ended after that day, it is not the
    table that speaks against the date, and S220 says so. `mails_wait`: not everyone has been mailed yet.
    """
    last = last_finished(steps, rules)
    started = rules.day_of(last.at)
    expected = expected_end(started, rules, mailed=mails_wait)
    today = count(expected, days, rules)
    if today.earliest <= effective or started > finish_by:
        return None
    return Problem(
        code="S221",
        severity="warning",
        place=Place(policy=policy),
        message=msg(
            "{policy}: with the public holidays known today, the earliest date would be {earliest} and not "
            "{effective}. The announced date stands, for it was lawful when it was announced.",
            policy=title,
            earliest=today.earliest,
            effective=effective,
        ),
        hint=msg(
            "Counted with the holidays of today: {counted}. Nothing is held up. Whoever wants to be on the safe side "
            "postpones the date, which needs no more than an amended notice.",
            counted=explain(today, rules, posted=started)
            if mails_wait
            else explain(today, rules, begun=_begun(steps, last, rules)),
        ),
    )

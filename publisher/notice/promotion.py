"""Whether a notice advertises. Free of promotion it may go to everyone; with any, it is advertising that needs consent.

정보통신망법 50; for the United States 16 CFR 316.3, by which the subject and the beginning decide.

How it is weighed: a call to take something up (“20% off”, “buy now”, “(광고)”) has no place in a notice and is
refused. A word that advertising uses (event, coupon, 할인, 구매) is only pointed out, for a policy may be about
just that; and nothing is said of words that the policy itself uses in its title or in the clauses that change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from publisher.errors import Problem
from publisher.messages import msg, translator
from publisher.notice.wording import Notice

_OFFERS: Final = re.compile(
    r"[(\[（［]\s*(?:광고|AD|advertisement)\s*[)\]）］]"
    r"|\d+\s*(?:%|％|percent)\s*(?:off\b|discount|할인)|\d+\s*원\s*할인"
    r"|\b(?:buy|shop|order|subscribe|upgrade|sign up|join) (?:now|today)\b|\bdon['’]t miss\b|\blimited[- ]time\b"
    r"|\bspecial offer|\bfree (?:gift|trial)\b|\bexclusive (?:deal|offer)"
    r"|지금\s*(?:바로\s*)?(?:구매|주문|신청|가입|참여|결제)|놓치지\s*마|무료\s*체험|특별\s*(?:할인|혜택)|선착순|한정\s*특가"
    r"|(?:경품|사은품|쿠폰|혜택)(?:을|를|도)?\s*(?:드립|받으|받아|증정)",
    re.IGNORECASE,
)
_WORDS: Final = re.compile(
    r"\b(?:coupons?|events?|discounts?|promotions?|sales?|prizes?|giveaways?|rewards?|new features?|vouchers?|deals?)\b"
    r"|쿠폰|할인|이벤트|구매|광고|프로모션|경품|사은품|신규\s*기능|새로운\s*기능|적립금|특가|혜택",
    re.IGNORECASE,
)


def promotion(notice: Notice) -> Iterator[Problem]:
    """S263 (error) for each offer in subject, summary and reason; S264 (warning) for each word of advertising."""
    for language in notice.title.as_dict():
        subject = translator(language)(notice.subject())
        words = [subject, *notice.summary.get(language, ()), notice.reason.get(language, "")]
        findings = notice.findings.get(language, ())
        own = [p for f in findings for p in (f["clause"]["title"], f["before"], f["after"])]
        yield from promotion_in(language, words, [notice.title[language], *own])


def promotion_in(language: str, said: Iterable[str], own: Iterable[str]) -> Iterator[Problem]:
    """The same of any words that are `said` to readers; `own`: the title and the changed words of the policy."""
    known = "\n".join(own).casefold()
    for words in said:
        offers = [m[0] for m in _OFFERS.finditer(words) if m[0].casefold() not in known]
        if offers:
            yield _offer(language, offers[0])
        elif found := next((m[0] for m in _WORDS.finditer(words) if m[0].casefold() not in known), ""):
            yield _word(language, found)


def _offer(language: str, words: str) -> Problem:
    return Problem(
        code="S263",
        message=msg(
            "The notice in {language} advertises: “{words}”. With anything in it that promotes, the mail is "
            "advertising, which only those who agreed to it may get.",
            language=language,
            words=words,
        ),
        hint=msg("Take it out of the summary or the reason in change.toml; say it elsewhere."),
    )


def _word(language: str, words: str) -> Problem:
    return Problem(
        code="S264",
        severity="warning",
        message=msg(
            "The notice in {language} says “{words}”, which the changed clauses do not: does it promote something?",
            language=language,
            words=words,
        ),
        hint=msg("A notice must be free of advertising. Where it only says what changes, leave it."),
    )

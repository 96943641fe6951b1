"""Facts as a reader would say them: ">=P14D" is "at least 14 days"."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Final

from publisher.messages import LANGUAGES, Localized, Message, Value, msg, msg_n
from publisher.texts.facts import Fact
from publisher.texts.names import country_name

#: The kinds of facts, in messages.
KIND_NAMES: Final = {
    "period": msg("the periods"),
    "threshold": msg("the limits"),
    "age": msg("the ages"),
    "date": msg("the dates"),
    "amount": msg("the amounts of money"),
    "percent": msg("the percentages"),
    "party": msg("the names of companies and services"),
    "country": msg("the countries"),
    "email": msg("the e-mail addresses"),
    "phone": msg("the telephone numbers"),
    "url": msg("the web addresses"),
}
_SIGN: Final = re.compile(r"(>=|<=|>|<)?(.*)", re.DOTALL)
_PERIOD: Final = re.compile(r"PT?(\d{1,6})([HDWMY])")
_UNITS: Final[dict[str, Callable[[int], Message]]] = {
    "H": lambda n: msg_n("{count} hour", "{count} hours", n),
    "D": lambda n: msg_n("{count} day", "{count} days", n),
    "W": lambda n: msg_n("{count} week", "{count} weeks", n),
    "M": lambda n: msg_n("{count} month", "{count} months", n),
    "Y": lambda n: msg_n("{count} year", "{count} years", n),
}
_LIMITS: Final[dict[str, Callable[[Value], Message]]] = {
    ">=": lambda figure: msg("at least {figure}", figure=figure),
    "<=": lambda figure: msg("at most {figure}", figure=figure),
    ">": lambda figure: msg("more than {figure}", figure=figure),
    "<": lambda figure: msg("less than {figure}", figure=figure),
}
_AGES: Final[dict[str, Callable[[str], Message]]] = {
    ">=": lambda age: msg("aged {age} or older", age=age),
    "<=": lambda age: msg("aged {age} or younger", age=age),
    ">": lambda age: msg("older than {age}", age=age),
    "<": lambda age: msg("under the age of {age}", age=age),
    "": lambda age: msg("aged {age}", age=age),
}


def in_words(fact: Fact) -> Value:
    """The value of a fact as a message may carry it; as it is spelt, where there is nothing to say better."""
    signed = _SIGN.fullmatch(fact.value)
    sign, value = (signed[1] or "", signed[2]) if signed else ("", fact.value)
    if fact.kind == "age":
        return _AGES[sign](value)
    if fact.kind == "threshold" and sign:
        return _LIMITS[sign](_period(value))
    if fact.kind == "period":
        return _period(value)
    if fact.kind == "percent":
        return f"{value}%"
    if fact.kind == "country":
        return Localized.of({language: country_name(value, language) for language in LANGUAGES})
    return _date(value) if fact.kind == "date" else value


def _period(value: str) -> Value:
    match = _PERIOD.fullmatch(value)
    return _UNITS[match[2]](int(match[1])) if match else value


def _date(value: str) -> Value:
    try:
        return date.fromisoformat(value)
    except ValueError:  # without a year or a day
        return value

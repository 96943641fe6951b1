"""Dates of the calendar and ages in a text: "2020-07-27", "--07-27", "2020-07"; "<14", ">=16", "14"."""

from __future__ import annotations

import re
from typing import Final

from publisher.texts.contacts import taken, without
from publisher.texts.figures import ENGLISH_NUMBER, Found, figure

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Capitals: "may" is a verb.
_MONTH: Final = (
    r"(?P<name>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_YEAR: Final = r"(?P<year>(?:19|20|21)\d\d)(?!\d)"
_DATES: Final = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<!\d){_YEAR}\s?년\s?(?P<month>\d{{1,2}})\s?월(?:\s?(?P<day>\d{{1,2}})\s?일)?",
        rf"(?<![\d.]){_YEAR}\.\s?(?P<month>\d{{1,2}})\.\s?(?P<day>\d{{1,2}})(?!\d)\.?",
        rf"(?<![\d/-]){_YEAR}(?P<sign>[-/])(?P<month>\d{{1,2}})(?P=sign)(?P<day>\d{{1,2}})(?![\d/-])",
        rf"(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\sof)?\s{_MONTH}(?:,?\s{_YEAR}|(?![A-Za-z]))",
        rf"(?<![A-Za-z]){_MONTH}\s(?:the\s)?(?P<day>\d{{1,2}})(?!\d)(?:st|nd|rd|th)?(?:,?\s{_YEAR})?",
        rf"(?<![A-Za-z]){_MONTH},?\s{_YEAR}",
        r"(?<!\d)(?P<month>\d{1,2})\s?월\s?(?P<day>\d{1,2})\s?일",
    )
)

_BELOW: Final = r"under|below|younger\sthan|less\sthan"
_ABOVE: Final = r"over|above|older\sthan|more\sthan"
_LEAST: Final = (
    r"at\sleast|minimum|(?:not?|no)\s(?:younger|less)\sthan"
    r"|reach(?:ed|es)?|attain(?:ed|s)?|turn(?:ed|s)?"
)
_ENGLISH_AGE: Final = re.compile(
    rf"(?<![A-Za-z])(?:(?P<below>{_BELOW})\s|(?P<above>{_ABOVE})\s|(?P<least>{_LEAST})\s)?"
    rf"(?P<age>(?:the\s)?ages?\s(?:of\s|is\s)?|aged\s)?(?<![\d.,])(?P<n>\d{{1,3}}|\b{ENGLISH_NUMBER}\b)(?![\d.,]\d|\d)"
    r"(?P<old>[\s-]years?(?:[\s-]old|\sof\sage)\b)?"
    r"(?P<years>\syears?(?=\sor\s(?:older|younger)))?"
    r"(?:\s(?:or|and)\s(?:(?P<up>older|over|above|up)|(?P<down>younger|under))\b)?",
    re.IGNORECASE,
)
# "under 14" alone is an age, unless it counts something: "under 14 days", "under 20 employees".
_COUNTS_SOMETHING: Final = re.compile(
    r"\s?%|\s?[-\u2014]?\s?(?:hour|day|week|month|year|minute|second|per\s?cent|percent|dollar|won|euro|USD|KRW|EUR)"
    r"|\s(?!is\b|was\b|has\b|does\b|uses\b|signs\b|wants\b|needs\b|registers\b|joins\b|as\b|this\b|us\b|unless\b)[a-z]{2,}s\b"
    r"|\s(?:people|persons|items|of\s)",
    re.IGNORECASE,
)
_KOREAN_AGE: Final = re.compile(
    r"(?:만\s?)?(?<![\d.,])(?P<n>\d{1,3})\s?[세살](?!대|트|계|기|션|금|제)"
    r"(?:\s?(?:(?P<ge>이상)|(?P<le>이하)|(?P<lt>미만)|(?P<gt>초과)"
    r"|(?P<not>(?:가|에)?\s?(?:되지|이르지|도달하지|달하지)\s?(?:않|아니|못))))?"
)
_SIGNS: Final = {"below": "<", "above": ">", "least": ">=", "up": ">=", "down": "<="} | {
    "ge": ">=",
    "le": "<=",
    "lt": "<",
    "gt": ">",
    "not": "<",
}


def take_days(text: str) -> tuple[Found, str]:
    """Kind ("date", "age") and value of each date and age, and the text without them."""
    found: Found = []
    if any(character.isdigit() for character in text):
        for pattern in _DATES:
            matches, text = taken(pattern, text)
            found += [("date", value) for value in map(_date, matches) if value]
        matches, text = taken(_KOREAN_AGE, text)
        found += [("age", _age(match)) for match in matches]
    ages = [match for match in _ENGLISH_AGE.finditer(text) if _is_age(text, match)]
    found += [("age", _age(match)) for match in ages]
    return found, without(text, ages)


def _date(match: re.Match[str]) -> str:
    """The ISO spelling, or "" for what cannot be a date, such as one still to be filled in."""
    parts = match.groupdict()
    month = _MONTHS.index(parts["name"][:3].lower()) + 1 if parts.get("name") else int(parts["month"])
    day = int(parts.get("day") or 0)
    if not 1 <= month <= 12 or day > 31 or (parts.get("day") and not day):
        return ""
    year = parts.get("year") or "-"
    return f"{year}-{month:02}" + (f"-{day:02}" if day else "")


def _is_age(text: str, match: re.Match[str]) -> bool:
    if match["age"] or match["old"] or match["years"]:
        return True
    said = (match["up"] or match["down"] or "").lower()
    if said in {"older", "younger"}:
        return True
    bare = (match["below"] or match["above"] or "").lower()
    if not bare or bare in {"less than", "more than"} or not match["n"].isdigit() or len(match["n"]) != 2:
        return False
    return bare in {"younger than", "older than"} or not _COUNTS_SOMETHING.match(text, match.end(), match.end() + 40)


def _age(match: re.Match[str]) -> str:
    signs = [sign for name, sign in _SIGNS.items() if name in match.groupdict() and match[name]]
    return f"{signs[-1] if signs else ''}{figure(match['n'])}"

"""Figures and contacts that a text states, in one spelling for both languages.

Periods keep their unit (3 months is not 90 days: Civil Act, Art. 160): "3 months", "three months" and "3개월"
are all P3M, as in ISO 8601.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

_NUMBER_WORDS: Final = {
    word: number
    for number, word in enumerate(
        [
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ],
        1,
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_UNITS: Final = {
    "hour": "H",
    "day": "D",
    "week": "W",
    "month": "M",
    "year": "Y",
    "시간": "H",
    "일": "D",
    "주": "W",
    "개월": "M",
    "달": "M",
    "년": "Y",
}
_FIGURE: Final = r"(?<![\d.,])\d+(?:,\d{3})*(?:\.\d+)?"
_ENGLISH_NUMBER: Final = rf"(?:(?:{'|'.join(_TENS)})-)?(?:{'|'.join(_NUMBER_WORDS)})"
# "thirty (30) days" says its figure twice
_ENGLISH_PERIOD: Final = re.compile(
    rf"({_FIGURE}|\b{_ENGLISH_NUMBER})(?:\s*\(\d+\))?[\s-]+(?:(?:full|clear|calendar|business|working)\s+)?"
    r"(hour|day|week|month|year)s?\b(?!\s+old)",
    re.IGNORECASE,
)
# Four figures before 년 are a year of the calendar, and 세 or 도 make an age or a year of what stands before.
_KOREAN_PERIOD: Final = re.compile(rf"(?!\d{{4}}\s?년)({_FIGURE})\s?(시간|개월|달|주|일|년)(?!세|도)")
_KOREAN_DATE: Final = re.compile(r"\d{4}\s?년\s?\d{1,2}\s?월(?:\s?\d{1,2}\s?일)?|\d{1,2}\s?월\s?\d{1,2}\s?일")
_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)  # ASCII: a Korean particle may follow
_URL: Final = re.compile(r"https?://[^\s<>()\"'`]+|\bwww\.[^\s<>()\"'`]+")
# "17 2016" and "2020-2024" are dates: a telephone number begins with + or 0, is one of the nationwide 15xx-xxxx, or
# has three groups.
_PHONE: Final = re.compile(
    r"(?<![\w.])(?:\+\d{1,3}(?:[-\s]{1,2}\d{1,4}){1,4}|0\d{1,3}[-\s]\d{3,4}[-\s]\d{4}|1[5-8]\d\d-\d{4}"
    r"|\d{3}-\d{3}-\d{4})(?!\d|\.\d)"
)
_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True, order=True, slots=True)
class Fact:
    """One fact: "period", "number", "email", "url" or "phone", and its value in one spelling."""

    kind: str
    value: str


def periods(text: str) -> Counter[Fact]:
    """The periods in `text`, each as often as it stands there."""
    rest = _KOREAN_DATE.sub(" ", text)
    found = [(_figure(number), unit.lower()) for number, unit in _ENGLISH_PERIOD.findall(rest)]
    found += [(_figure(number), unit) for number, unit in _KOREAN_PERIOD.findall(rest)]
    return Counter(Fact("period", _iso(number, _UNITS[unit])) for number, unit in found)


def contacts(text: str) -> Counter[Fact]:
    """E-mail addresses, URLs and telephone numbers in `text`."""
    rest = text
    found: list[Fact] = []
    for kind, pattern in (("email", _EMAIL), ("url", _URL), ("phone", _PHONE)):
        found += [Fact(kind, value.rstrip(".,;").lower()) for value in pattern.findall(rest)]
        rest = pattern.sub(" ", rest)
    return Counter(found)


def numbers(text: str) -> Counter[Fact]:
    """Every number written in digits, as written."""
    return Counter(Fact("number", number) for number in _NUMBER.findall(text))


def without_contacts(text: str) -> str:
    """`text` with each contact replaced by the name of its kind, for comparing what stands around them."""
    for kind, pattern in (("email", _EMAIL), ("url", _URL), ("phone", _PHONE)):
        text = pattern.sub(f"\ue000{kind}\ue001", text)
    return text


def _figure(number: str) -> str:
    """The digits of a number that is written in digits or in words."""
    if number[0].isdigit():
        return number.replace(",", "").lstrip("0") or "0"
    return str(sum(_NUMBER_WORDS[word] for word in number.lower().split("-")))


def _iso(number: str, unit: str) -> str:
    return f"PT{number}H" if unit == "H" else f"P{number}{unit}"

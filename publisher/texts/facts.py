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
} | {"thirty": 30, "forty": 40, "sixty": 60, "ninety": 90}
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
_ENGLISH_PERIOD: Final = re.compile(
    rf"\b(\d+|{'|'.join(_NUMBER_WORDS)})[\s-]+(?:(?:full|clear|calendar|business|working)\s+)?"
    r"(hour|day|week|month|year)s?\b(?!\s+old)",
    re.IGNORECASE,
)
_KOREAN_PERIOD: Final = re.compile(r"(\d+)\s?(시간|개월|달|주|일|년)(?!\s?\d|세|도)")
_KOREAN_DATE: Final = re.compile(r"\d{4}\s?년\s?\d{1,2}\s?월(?:\s?\d{1,2}\s?일)?|\d{1,2}\s?월\s?\d{1,2}\s?일")
_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)  # ASCII: a Korean particle may follow
_URL: Final = re.compile(r"https?://[^\s<>()\"'`]+|\bwww\.[^\s<>()\"'`]+")
_PHONE: Final = re.compile(r"(?<![\w.])\+?\d{1,4}(?:[-\s]\d{1,4}){0,2}[-\s]\d{4}(?!\d|\.\d)")
_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True, order=True, slots=True)
class Fact:
    """One fact: "period", "number", "email", "url" or "phone", and its value in one spelling."""

    kind: str
    value: str


def periods(text: str) -> Counter[Fact]:
    """The periods in `text`, each as often as it stands there."""
    rest = _KOREAN_DATE.sub(" ", text)
    found = [
        (str(_NUMBER_WORDS.get(number.lower(), number)), unit.lower()) for number, unit in _ENGLISH_PERIOD.findall(rest)
    ] + _KOREAN_PERIOD.findall(rest)
    return Counter(Fact("period", _iso(int(number), _UNITS[unit])) for number, unit in found)


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


def _iso(number: int, unit: str) -> str:
    return f"PT{number}H" if unit == "H" else f"P{number}{unit}"

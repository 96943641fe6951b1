"""Periods, sums of money, percentages and bare figures in a text, and the limits that they set.

Each is spelt alike for English and Korean: "three months" and "3개월" are P3M, "USD 5", "10"; a limit is a figure
with its direction, ">=P14D" for "at least 14 days" and "14일 이상".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Final

from publisher.texts.contacts import without

_TO_TWENTY: Final = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_NUMBER_WORDS: Final = {word: n for n, word in enumerate(_TO_TWENTY, 1)} | {w: n * 10 for n, w in enumerate(_TENS, 2)}
_UNITS: Final = {
    "hour": "H",
    "day": "D",
    "week": "W",
    "month": "M",
    "year": "Y",
    "시간": "H",
    "일": "D",
    "주": "W",
    "주일": "W",
    "개월": "M",
    "달": "M",
    "년": "Y",
    "해": "Y",
}
_FIGURE: Final = r"(?<![\d.,])\d+(?:,\d{3})*(?:\.\d+)?"
#: A number in English words, up to ninety-nine.
ENGLISH_NUMBER: Final = rf"(?:(?:{'|'.join(_TENS)})-)?(?:{'|'.join(_NUMBER_WORDS)})"
# "thirty (30) days" says its figure twice
_ENGLISH_PERIOD: Final = re.compile(
    rf"({_FIGURE}|\b{ENGLISH_NUMBER})(?:\s*\(\d+\))?[\s-]+(?:(?:full|clear|calendar|business|working)\s+)?"
    r"(hour|day|week|month|year)s?\b(?!\s+old)",
    re.IGNORECASE,
)
# Four figures before 년 are a year of the calendar, and 세 or 도 make an age or a year of what stands before.
_KOREAN_PERIOD: Final = re.compile(rf"(?!\d{{4}}\s?년)({_FIGURE})\s?(시간|개월|달|주|일|년)(?!세|도)")
#: A date of the calendar in Korean, whose parts are no periods.
KOREAN_DATE: Final = re.compile(r"\d{4}\s?년\s?\d{1,2}\s?월(?:\s?\d{1,2}\s?일)?|\d{1,2}\s?월\s?\d{1,2}\s?일")
NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")

# Figures in Korean words. What follows must end the word, for "한 달러" is no month.
_NATIVE: Final = {"한": 1, "두": 2, "세": 3, "석": 3, "네": 4, "넉": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8} | {
    "아홉": 9,
    "열": 10,
    "열한": 11,
    "열두": 12,
}
_DAYS: Final = {"하루": 1, "이틀": 2, "사흘": 3, "나흘": 4, "닷새": 5, "열흘": 10, "보름": 15}
_SINO: Final = "일이삼사오육칠팔구"
_ENDS: Final = (
    r"(?=간|동안|마다|뒤|후|전|이내|내|안|이상|이하|미만|초과|까지|부터|을|를|이|가|은|는|의|에|로|과|와|[^가-힣]|$)"
)
_NATIVE_PERIOD: Final = re.compile(
    rf"(?<![가-힣])({'|'.join(sorted(_NATIVE, reverse=True))})\s?(달|주일|시간|해){_ENDS}"
)
_NATIVE_DAYS: Final = re.compile(rf"(?<![가-힣])({'|'.join(_DAYS)}){_ENDS}")
_SINO_PERIOD: Final = re.compile(
    rf"(?<![가-힣])([{_SINO}]?백?[{_SINO}]?십[{_SINO}]??|[{_SINO}]?백|[{_SINO}](?=\s?(?:개월|주일|년)))"
    rf"\s?(개월|주일|년|일){_ENDS}"
)
_A_PERIOD: Final = re.compile(
    r"\b(?:for|within|of|after|least|than|to) an? (hour|day|week|month|year)\b", re.IGNORECASE
)

_KOREAN_UNITS: Final = {"십": 10, "백": 100, "천": 1000, "만": 10**4, "억": 10**8, "조": 10**12}
_ENGLISH_UNITS: Final = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
_KOREAN_UNIT: Final = r"(?:[십백천]?[만억조]|[십백천])"
_SUM: Final = r"\d{1,15}(?:,\d{3}){0,6}(?:\.\d{1,6})?(?!\d)"
_KOREAN_SUM: Final = rf"(?<![\d.,]){_SUM}(?:\s?{_KOREAN_UNIT}\s?{_SUM}){{0,3}}(?:\s?{_KOREAN_UNIT})?"
# Currencies as written before and after a sum.
_CURRENCIES: Final = {
    "KRW": (r"₩|￦|KRW", r"KRW|(?:korean )?won|원"),
    "USD": (r"US\$|\$|USD", r"USD|(?:u\.?s\.? )?dollars?|달러"),
    "EUR": (r"€|EUR", r"€|EUR|euros?|유로"),
    "GBP": (r"£|GBP", r"GBP|pounds?(?: sterling)?|파운드"),
    "JPY": (r"¥|JPY", r"JPY|(?:japanese )?yen|엔"),
    "CNY": (r"CNY|RMB", r"CNY|RMB|yuan|위안"),
}
_SYMBOL: Final = "|".join(f"(?P<{code}>{before})" for code, (before, _) in _CURRENCIES.items())
_CURRENCY: Final = "|".join(f"(?P<{code}>{after})" for code, (_, after) in _CURRENCIES.items())
_MONEY_BEFORE: Final = re.compile(
    rf"(?<![A-Za-z])(?:{_SYMBOL})\s?(?P<sum>{_SUM})(?:\s(?P<unit>thousand|million|billion)\b)?", re.IGNORECASE
)
_MONEY_AFTER: Final = re.compile(
    rf"(?P<sum>{_KOREAN_SUM})\s?(?:(?P<unit>thousand|million|billion)\s)?(?:미화\s?)?(?:{_CURRENCY})"
    r"(?![A-Za-z]|칙|본|인|장|격|고|래|금|천|활|하|심|소|형|서|점|진)",
    re.IGNORECASE,
)
_PERCENT: Final = re.compile(
    rf"({_FIGURE}|\b{ENGLISH_NUMBER})\s?(?:%|per\s?cent\b|퍼센트|프로(?![가-힣]{{2}}|[그필젝모]))", re.IGNORECASE
)
_BARE: Final = re.compile(r"(?<![A-Za-z_\d.,])\d+(?:[.,]\d+)*(?:\s?[만억](?![가-힣]))?(?!st\b|nd\b|rd\b|th\b)")
_THIRD_PERSON: Final = re.compile(r"제\s?3\s?자")
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_COUNTED: Final = re.compile(
    rf"\b(?!one\b){ENGLISH_NUMBER}\b|(?<![가-힣])(?:둘|셋|넷|(?:두|세|네|다섯|여섯|일곱|여덟|아홉|열)\s?(?=개|명|번|회|대|곳|건))",
    re.IGNORECASE,
)
_COUNTS: Final = _NATIVE | {"둘": 2, "셋": 3, "넷": 4}

_BEFORE: Final = re.compile(
    r"(?<![a-z])(?:"
    r"(?P<ge>at\sleast|(?:a\s)?minimum(?:\speriod)?(?:\sof)?|(?:no|not)\s(?:less|fewer|shorter)\sthan|최소한?|적어도)"
    r"|(?P<le>within|(?:no|not)\s(?:more|longer|greater)\sthan|up\sto|at\s(?:the\s)?most|최대한?|최장"
    r"|(?:a\s)?maximum(?:\speriod)?(?:\sof)?|not\sexceed(?:ing)?)"
    r"|(?P<late>(?:no|not)\slater\sthan)"
    r"|(?P<gt>(?:more|longer|greater)\sthan|exceed(?:s|ing)?|in\sexcess\sof|over(?=\s*$))"
    r"|(?P<lt>(?:less|fewer|shorter)\sthan|under|below)"
    r")\s?(?:(?:the|an?|its|first|last|past|next|following|period\sof|총|약)\s){0,3}$",
    re.IGNORECASE,
)
_AFTER: Final = re.compile(
    r"\s?(?:개|명|건|회|번|차례|대|곳|가지|장|매|자|글자|점)?\s?(?:간|동안)?(?:의\s)?(?:을|를|이|가)?\s?"
    r"(?:(?P<ge>이상|전까지)|(?P<le>이하|이내|내(?=에|로)|안에|까지)|(?P<gt>초과|넘)|(?P<lt>미만))"
    r"|\s(?:[a-z]+\s)?or\s(?:(?P<more>more|longer|over|above)|(?P<less>less|fewer|shorter))\b"
    r"|,?\s(?P<most>at\s(?:the\s)?(?:most|latest))\b",
    re.IGNORECASE,
)
_PRIOR: Final = re.compile(r"\s?(?:before|prior|in\sadvance)\b", re.IGNORECASE)
_SIGNS: Final = {"ge": ">=", "le": "<=", "gt": ">", "lt": "<", "late": "<=", "more": ">=", "less": "<=", "most": "<="}
#: How far from a figure its direction may stand, in characters; more is never read, so that reading stays linear.
_NEAR: Final = 40

Found = list[tuple[str, str]]


@lru_cache(maxsize=1024)
def plain_periods(text: str) -> tuple[str, ...]:
    """The periods in digits or English words; what the classifier has always read."""
    rest = KOREAN_DATE.sub(" ", text)
    found = [(figure(number), unit.lower()) for number, unit in _ENGLISH_PERIOD.findall(rest)]
    found += [(figure(number), unit) for number, unit in _KOREAN_PERIOD.findall(rest)]
    return tuple(_iso(number, unit) for number, unit in found)


def take_figures(text: str) -> Found:
    """Kind and value of each figure in `text`: "amount", "percent", "period", "number" and "threshold".

    `text` holds no contacts, dates, ages or names any more, and single spaces only.
    """
    found: Found = []
    rest = text

    def take(kind: str, pattern: re.Pattern[str], value: Callable[[re.Match[str]], str]) -> None:
        nonlocal rest
        matches = list(pattern.finditer(rest))
        for match in matches:
            if kind:
                found.append((kind, value(match)))
            sign = _direction(text, match)
            if sign:
                found.append(("threshold", f"{sign}{value(match)}{'%' if kind == 'percent' else ''}"))
        rest = without(rest, matches)

    if any(character.isdigit() for character in text):
        rest = without(rest, list(_THIRD_PERSON.finditer(rest)))
        take("amount", _MONEY_BEFORE, _money)
        take("amount", _MONEY_AFTER, _money)
    take("percent", _PERCENT, lambda m: _plain(figure(m[1])))
    take("period", _ENGLISH_PERIOD, lambda m: _iso(figure(m[1]), m[2].lower()))
    take("period", _KOREAN_PERIOD, lambda m: _iso(figure(m[1]), m[2]))
    take("period", _NATIVE_PERIOD, lambda m: _iso(str(_NATIVE[m[1]]), m[2]))
    take("period", _NATIVE_DAYS, lambda m: f"P{_DAYS[m[1]]}D")
    take("period", _SINO_PERIOD, lambda m: _iso(str(_sino(m[1])), m[2]))
    take("period", _A_PERIOD, lambda m: _iso("1", m[1].lower()))
    take("number", _BARE, lambda m: _number(m.group()))
    take("", _COUNTED, lambda m: _count(m.group()))
    return found


def figure(number: str) -> str:
    """The digits of a number that is written in digits or in English words."""
    if number[0].isdigit():
        return number.replace(",", "").lstrip("0") or "0"
    return str(sum(_NUMBER_WORDS[word] for word in number.lower().split("-")))


def _direction(text: str, match: re.Match[str]) -> str:
    """The sign of the limit that the figure at `match` sets, or ""."""
    start, end = match.span()
    after = _AFTER.match(text, end, end + _NEAR)
    before = after or _BEFORE.search(text, max(0, start - _NEAR), start)
    if before is None or before.lastgroup is None:
        return ""
    # "no later than 30 days before" leaves at least thirty
    if before.lastgroup == "late" and _PRIOR.match(text, end, end + _NEAR):
        return ">="
    return _SIGNS[before.lastgroup]


def _iso(number: str, unit: str) -> str:
    letter = _UNITS[unit]
    return f"PT{number}H" if letter == "H" else f"P{number}{letter}"


def _money(match: re.Match[str]) -> str:
    code = next(code for code in _CURRENCIES if match[code])
    value = _korean_sum(match["sum"]) * _ENGLISH_UNITS.get((match["unit"] or "").lower(), 1)
    return f"{code} {_plain(str(value))}"


def _korean_sum(written: str) -> Decimal:
    """The value of "10,000", "1만", "1억 5천만"."""
    total = Decimal(0)
    for number, units in re.findall(r"([\d.,]+)\s?([십백천만억조]*)", written):
        part = Decimal(number.replace(",", ""))
        for unit in units:
            part *= _KOREAN_UNITS[unit]
        total += part
    return total


def _number(written: str) -> str:
    unit = _KOREAN_UNITS.get(written[-1])
    digits = written.rstrip("만억 ")
    if unit and re.fullmatch(_SUM, digits):
        return _plain(str(Decimal(digits.replace(",", "")) * unit))
    return digits.replace(",", "") if _THOUSANDS.fullmatch(digits) else digits


def _count(written: str) -> str:
    word = written.strip()
    return str(_COUNTS[word]) if word in _COUNTS else figure(word)


def _sino(written: str) -> int:
    total, digit = 0, 0
    for character in written:
        if character in _SINO:
            digit = _SINO.index(character) + 1
        else:
            total, digit = total + (digit or 1) * _KOREAN_UNITS[character], 0
    return total + digit


def _plain(number: str) -> str:
    """A decimal number without needless zeros."""
    whole, _, part = format(Decimal(number), "f").partition(".") if "E" in number else number.partition(".")
    part = part.rstrip("0")
    return f"{whole}.{part}" if part else whole

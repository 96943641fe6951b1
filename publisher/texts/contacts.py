"""E-mail addresses, web addresses and telephone numbers in a text."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

# ASCII, because a Korean particle may follow; begun only where a run begins, so that long runs are read once.
EMAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
URL: Final = re.compile(r"https?://[^\s<>()\"'`]+|\bwww\.[^\s<>()\"'`]+")
# "17 2016" and "2020-2024" are dates: a telephone number begins with + or 0, is one of the nationwide 15xx-xxxx, or
# has three groups.
PHONE: Final = re.compile(
    r"(?<![\w.])(?:\+\d{1,3}(?:[-\s]{1,2}\d{1,4}){1,4}|0\d{1,3}[-\s]\d{3,4}[-\s]\d{4}|1[5-8]\d\d-\d{4}"
    r"|\d{3}-\d{3}-\d{4})(?!\d|\.\d)"
)
#: Stands for each character of what was taken out of a text, so that what remains keeps its place.
GAP: Final = "\ue000"

#: Also with points, brackets and the 1 before an American number.
ANY_PHONE: Final = re.compile(
    r"(?<![\w.+])(?:\+\d{1,3}(?:[-. ]{0,2}\(?\d{1,4}\)?){1,4}|\(?0\d{1,3}\)?[-. ]{1,2}\d{3,4}[-. ]\d{4}"
    r"|1[5-8]\d\d-\d{4}|(?:1[-. ])?\(?[2-9]\d\d\)?[-. ]{1,2}\d{3}[-. ]\d{4})(?!\d|\.\d)"
)
_KOREAN_PHONE: Final = re.compile(r"0(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|80|1[016-9]|50\d)\d{7,8}")


def taken(pattern: re.Pattern[str], text: str) -> tuple[list[re.Match[str]], str]:
    """What `pattern` finds in `text`, and `text` with a gap of equal length in each place."""
    found = list(pattern.finditer(text))
    return found, without(text, found) if found else text


def without(text: str, found: list[re.Match[str]]) -> str:
    """`text` with a gap of equal length in place of each match, which stand in order."""
    parts, end = [], 0
    for match in found:
        parts += [text[end : match.start()], GAP * (match.end() - match.start())]
        end = match.end()
    return "".join([*parts, text[end:]])


def take_contacts(text: str) -> tuple[list[tuple[str, str]], str]:
    """Kind ("email", "url", "phone") and value of each contact, and the text without them."""
    found: list[tuple[str, str]] = []
    if "@" in text:
        emails, text = taken(EMAIL, text)
        found += [("email", match.group().rstrip(".,;").lower()) for match in emails]
    if "www." in text or "://" in text:
        urls, text = taken(URL, text)
        found += [("url", match.group().rstrip(".,;").lower()) for match in urls]
    phones, text = taken(ANY_PHONE, text)
    found += [("phone", phone(match.group())) for match in phones]
    return found, text


def phone(written: str) -> str:
    """A telephone number as it is dialled from abroad ("+8225550100") where its country is certain, else its digits.

    Certain are numbers with +, American ones of ten digits (NANP), and the area and nationwide codes of Korea.
    """
    digits = re.sub(r"\D", "", written.replace("(0)", ""))
    if written.startswith("+"):
        return f"+{digits}"
    if _KOREAN_PHONE.fullmatch(digits):
        return f"+82{digits[1:]}"
    if len(digits) == 8 and digits[0] == "1":
        return f"+82{digits}"
    if re.fullmatch(r"1?[2-9]\d{9}", digits):
        return f"+1{digits[-10:]}"
    return digits


def host(url: str) -> str:
    """The host of a web address, without "www" or the label of a language ("ko.example.org" -> "example.org")."""
    try:
        name = urlsplit(url if "://" in url else f"//{url}").hostname or ""
    except ValueError:  # not an address after all, such as an unclosed IPv6 bracket
        return url
    return re.sub(r"^(?:www|ko|kr|en|m)\.(?=[^.]+\.)", "", name)

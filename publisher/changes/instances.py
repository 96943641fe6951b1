"""What stands in a passage as an instance of its kind, and may be exchanged without a reader being told anything else.

A telephone number for another, a page of the same host, the address of the same office, a menu item, a reference to the
same clause under its new number, a body under its new official name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from publisher.changes.lexicon import Lexicon
from publisher.changes.references import Numbering, references
from publisher.texts.contacts import ANY_PHONE, EMAIL, URL
from publisher.texts.tokens import folded

_STREET: Final = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Way|Place|Pl|Square|Court|Quay|Highway|Hwy)\b\.?"
)
_ADDRESS: Final = re.compile(
    rf"\b\d+[A-Z]?\s(?:[A-Z][\w.]*\s){{1,4}}{_STREET}(?:,?\s(?:Suite|Ste\.?|Floor|Unit|Apt\.?|\#)\s?\w+)?(?:\s\#\w+)?"
    r"(?:,\s(?:[A-Z][\w.]*\s?){1,3})?(?:,?\s[A-Z]{2}\s\d{5}(?:-\d{4})?)?"
    r"|(?:[가-힣]{1,6}(?:특별시|광역시|특별자치시|특별자치도|시|도)\s)(?:[가-힣]{1,6}(?:시|군|구)\s){0,2}(?:[가-힣]{1,6}(?:읍|면)\s)?"
    r"[가-힣\d]{1,12}(?:로|길)\s?\d+(?:-\d+)?(?:길\s?\d+)?(?:,\s?\S{1,12}(?:층|호|빌딩))*"
)
_LABEL: Final = re.compile(
    r"(?:(?:click(?:ing)?|tap(?:ping)?|select(?:ing)?|choos(?:e|ing)|press(?:ing)?|open(?:ing)?|go(?:ing)? to)\s"
    r"(?:on\s)?(?:the\s)?|[>→]\s?)[\"'](?P<en>[^\"']{1,50})[\"']"
    r"|[\"'](?P<ko>[^\"']{1,30})[\"']"
    r"(?=\s?(?:[을를]?\s?(?:버튼|메뉴|단추|항목|탭)?[을를에서]*\s?(?:클릭|누르|누릅|선택|이동|들어)|>|→))",
    re.IGNORECASE,
)
# A button with such a word is a choice; another one is another choice.
_CHOICE: Final = re.compile(
    r"\b(?:accept|agree|allow|yes|no|reject|refuse|decline|deny|on|off|enable|disable|block|join|leave|keep|delete)\w*"
    r"|동의|거부|거절|허용|차단|켜|끄|끔|켬|예|아니|수락|해제|가입|탈퇴|유지|삭제"
)
_INCLUDED: Final = re.compile(
    r"third[- ]?part|processor|recipient|partner\s?list|list of|annex|appendix|schedule|terms|licen[cs]e agreement"
    r"|opt[- ]?out|unsubscribe|delet|eras"
    r"|제\s?3자|수탁|위탁|목록|명단|현황|별표|약관|수신\s?거부|철회|탈퇴|삭제|열람",
    re.IGNORECASE,
)


def instances(text: str, lexicon: Lexicon, numbering: Numbering, *, new: bool) -> list[tuple[int, int, str, str]]:
    """(start, end, what it counts as, code of the proof), in order of place; longer ones first where they overlap."""
    found = []
    telling = "!" + text if _INCLUDED.search(text) else ""
    for match in URL.finditer(text):
        address = match.group().rstrip(".,;")
        found.append((match.start(), match.start() + len(address), f"url {_host(address)} {telling and address}", "M7"))
    for match in EMAIL.finditer(text):
        found.append((match.start(), match.end(), f"email {_host(match.group())}", "M7"))
    found += [(m.start(), m.end(), "phone", "M7") for m in ANY_PHONE.finditer(text)]
    if re.search(r"\d", text):
        found += [(m.start(), m.end(), "address", "M7") for m in _ADDRESS.finditer(text)]
    for match in _LABEL.finditer(text):
        group = "en" if match["en"] else "ko"
        small = match[group].casefold()
        meant = {cue.code for cue in lexicon.cues if cue.pattern.search(small)} | {*_CHOICE.findall(small)}
        found.append((match.start(group), match.end(group), f"label {','.join(sorted(meant))}", "M7"))
    for reference in references(text):
        found.append((reference.start, reference.end, numbering.target(reference, new=new), "M3"))
    for names, pattern in _renamed(lexicon.renamed):
        if any(name in text for name in names):
            found += [(m.start(), m.end(), f"name {names[-1]}", "M9") for m in pattern.finditer(text)]
    return sorted(found, key=lambda span: (span[0], -span[1]))


@cache
def _renamed(table: tuple[tuple[str, ...], ...]) -> tuple[tuple[tuple[str, ...], re.Pattern[str]], ...]:
    found = []
    for names in table:
        written = tuple(map(folded, names))
        found.append((written, re.compile("|".join(map(_name, _longest_first(written))))))
    return tuple(found)


def _name(name: str) -> str:
    return rf"(?<!\w){re.escape(name)}(?![a-z])(?:\.(?=\s?[a-z가-힣]))?"


def _longest_first(names: Sequence[str]) -> list[str]:
    return sorted(names, key=len, reverse=True)


def _host(address: str) -> str:
    host = address.rsplit("@", 1)[-1] if "@" in address else re.sub(r"^https?://", "", address).split("/")[0]
    return host.lower().removeprefix("www.")

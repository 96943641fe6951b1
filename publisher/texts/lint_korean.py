"""Korean usage: spacing that changes within a text, party terms, and items not marked as required or optional."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from publisher.errors import Place, Problem
from publisher.messages import msg
from publisher.texts.document import Clause, Document
from publisher.texts.lexicon import table
from publisher.texts.remarks import body, clause_place, prose, remark

_PERIOD: Final = re.compile(r"(?<![\d.,-])(\d{1,3})( ?)(년|개월|일|주|시간|회)(?![가-힣]?월)")
_OTHERS: Final = ("다른", "외부", "제휴", "해당", "신용카드", "수탁", "협력", "모든", "전문", "어떤", "관계")
_NOT_OURS: Final = "".join(rf"(?<!{word} )" for word in _OTHERS)
_COMPANY: Final = re.compile(
    rf"{_NOT_OURS}(?<![가-힣])회사(?=(?:은|는|이|가|의|을|를|와|과|에|에게|에서|로)(?![가-힣])|[ ,.]|$)"
)
_COMPANY_DEFINED: Final = re.compile(r"[\"'“‘「『]회사[\"'”’」』]|이하 회사")
_ENGLISH_COMPANY: Final = re.compile(r"\bthe Company\b(?! (?:Act|Law)\b)")
_ENGLISH_COMPANY_DEFINED: Final = re.compile(
    r"[\"'“‘*_](?:the )?Company[\"'”’*_,.]|\b(?:referred to as|means) (?:the )?Company\b", re.IGNORECASE
)
_ADDRESSED: Final = re.compile(
    r"(?<![가-힣])(귀하|여러분|이용자)(?=께|님|들|은|는|이|가|의|을|를|와|과|에|로|[ ,.(]|$)"
)
_SAME_PERSON: Final = re.compile(
    r"(?:귀하|여러분)\s?\(이하\s?[\"'“‘「]?이용자|이용자\s?\(이하\s?[\"'“‘「]?(?:귀하|여러분)"
)
_COLLECTION: Final = re.compile(r"수집")
_MARKED: Final = re.compile(r"필수|선택|의무")
# An occasion or a thing with the items that belong to it: 가입 시(이름, 주소).
_ITEMS: Final = re.compile(r"[^()]{2,40}\(.{2,250}\)[^()]{0,6}")
_LINE_END: Final = re.compile(r"\n| (?=※)")
_SENTENCE_END: Final = re.compile(r"(?:다|요)\.?$")


def korean(document: Document, place: Place, language: str, kind: str) -> Iterator[Problem]:
    """L-SPACING-KO, L-TERM, and for a Korean privacy policy L-REQOPT."""
    yield from _units(document, place)
    yield from _spacing(document, place)
    yield from _company(document, place)
    yield from _addressed(document, place)
    if language == "ko" and kind == "privacy":
        for clause in document.clauses:
            if _COLLECTION.search(clause.title):
                yield from _unmarked(clause, place)


def _units(document: Document, place: Place) -> Iterator[Problem]:
    """A figure and its unit are written apart here and together there."""
    apart: dict[tuple[str, str], Place] = {}
    together: dict[str, str] = {}
    for block, at in prose(document, place):
        for match in _PERIOD.finditer(block.text):
            if match[2]:
                apart.setdefault((match[1], match[3]), at)
            else:
                together.setdefault(match[3], match.group())
    for (number, unit), at in apart.items():
        if unit in together:
            yield _spaced(at, f"{number} {unit}", together[unit])


@cache
def _spacings() -> tuple[tuple[re.Pattern[str], str, bool], ...]:
    return tuple(
        (re.compile(r"(?<![가-힣])" + entry["usual"].replace(" ", " ?")), entry["usual"], entry["always"])
        for entry in table("spacing")["words"]
    )


def _spacing(document: Document, place: Place) -> Iterator[Problem]:
    for pattern, usual, always in _spacings():
        forms: dict[str, Place] = {}
        for block, at in prose(document, place):
            for match in pattern.finditer(block.text):
                forms.setdefault(match.group(), at)
        for form, at in forms.items():
            if form != usual and (always or len(forms) > 1):
                yield _spaced(at, form, usual)


def _spaced(at: Place, form: str, usual: str) -> Problem:
    return remark(
        "L-SPACING-KO",
        "info",
        at,
        msg("“{form}” is spaced otherwise than “{usual}”.", form=form, usual=usual),
        msg("Space it in one way in the whole text."),
    )


def _company(document: Document, place: Place) -> Iterator[Problem]:
    """The company is called by a name that the text nowhere gives a meaning."""
    for used, defined in ((_COMPANY, _COMPANY_DEFINED), (_ENGLISH_COMPANY, _ENGLISH_COMPANY_DEFINED)):
        first: tuple[str, Place] | None = None
        for block, at in body(document, place):
            if defined.search(block.text):
                first = None
                break
            match = used.search(block.text) if first is None else None
            if match:
                first = match.group(), at
        if first:
            yield remark(
                "L-TERM",
                "warning",
                first[1],
                msg("The text does not say who “{term}” is.", term=first[0]),
                msg("Say it where the word is first used, for example: Example Co. (“{term}”)", term=first[0]),
            )


def _addressed(document: Document, place: Place) -> Iterator[Problem]:
    """The reader is called by several words."""
    first: dict[str, Place] = {}
    for block, at in body(document, place):
        if _SAME_PERSON.search(block.text):
            return
        for match in _ADDRESSED.finditer(block.text):
            first.setdefault(match[1], at)
    if len(first) > 1:
        yield remark(
            "L-TERM",
            "warning",
            list(first.values())[-1],
            msg("The reader is called by several words: {terms}.", terms=tuple(first)),
            msg("Use one of them in the whole text, and say at the beginning whom it means."),
        )


def _unmarked(clause: Clause, place: Place) -> Iterator[Problem]:
    """Lines that list what is collected without saying whether a person has to give it."""
    if any(block.kind == "row" and _MARKED.search(block.text) for block in clause.blocks):
        return
    label = ""
    for block in clause.blocks:
        for line in _LINE_END.split(block.text):
            if _listed(line):
                if not _MARKED.search(line) and not _MARKED.search(label):
                    yield remark(
                        "L-REQOPT",
                        "warning",
                        clause_place(clause, clause.in_text(block.line), place),
                        msg("It is not said whether these items are required or optional: “{words}”", words=line[:60]),
                        msg("Begin each group with [필수] or [선택]."),
                    )
            else:
                label = line[:60]


def _listed(line: str) -> bool:
    several = "," in line or "시(" in line
    return several and bool(_ITEMS.fullmatch(line)) and not _SENTENCE_END.search(line)

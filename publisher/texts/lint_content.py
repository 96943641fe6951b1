"""What a policy says: statutes by their right names, its own kind, what Korean law asks of it, what it promises."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from publisher.errors import Place, Problem
from publisher.messages import Localized, Message, msg
from publisher.texts.document import Document
from publisher.texts.lexicon import table
from publisher.texts.promises import longest_promises
from publisher.texts.remarks import blocks, clause_place, prose, remark

#: What a text of one kind calls itself only where words were taken over from a text of the other kind.
_OTHER_KIND: Final = {
    "privacy": re.compile(r"\bthese Terms\b(?! (?:and|or) )|(?<![가-힣])(?:본|이) 약관"),
    "terms": re.compile(
        r"\b[Tt]his Privacy (?:Policy|Notice|Statement)\b|(?<![가-힣])(?:본|이) (?:개인정보 ?)?처리방침"
    ),
}
#: A shorter text is a beginning; it is not told all that it lacks.
_LEAST_LETTERS: Final = 300
_KOREAN_LAW: Final = re.compile(r"\bKorea\b|\bPersonal Information Protection Act\b|\bPIPA\b")


def content(document: Document, place: Place, language: str, kind: str) -> Iterator[Problem]:
    """L-DOCTYPE, L-LAWNAME, L-STALE, L-NOTICE-EQUAL and L-MISSING-PIPA."""
    for block, at in prose(document, place):
        other = _OTHER_KIND[kind].search(block.text) if kind in _OTHER_KIND else None
        if other:
            yield remark("L-DOCTYPE", "warning", at, *_wrong_kind(other.group(), kind))
        for pattern, right in _laws():
            for match in pattern.finditer(block.text):
                yield remark(
                    "L-LAWNAME",
                    "warning",
                    at,
                    msg("A statute is probably named wrongly: “{words}”.", words=match.group()),
                    msg("Its name is: {right}", right=right),
                )
    yield from _stale(document, place)
    yield from _equal_notice(document, place)
    if kind == "privacy" and language in {"en", "ko"}:
        yield from _missing(document, place, language)


def _wrong_kind(words: str, kind: str) -> tuple[Message, Message]:
    hint = msg("Name the text that is meant; the sentence may have been taken over from another one.")
    if kind == "privacy":
        return msg("“{words}” stands in a privacy policy.", words=words), hint
    return msg("“{words}” stands in terms of use.", words=words), hint


@cache
def _laws() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(entry["pattern"]), entry["right"]) for entry in table("laws")["names"])


@cache
def _names(arriving: bool) -> tuple[tuple[re.Pattern[str], Localized], ...]:
    entries = table("stale")["names"]
    return tuple((re.compile(e["pattern"]), Localized.of(e["now"])) for e in entries if e["arriving"] is arriving)


def old_names(words: str, place: Place, *, arriving: bool = False) -> Iterator[Problem]:
    """L-STALE: addresses that have changed since; or, where `arriving`, names of companies that have.

    The latter are for a text that comes from elsewhere. In one that is published, a company's name is changed for a
    reason and with notice, not for a remark.
    """
    for pattern, now in _names(arriving):
        match = pattern.search(words)
        if match:
            yield remark(
                "L-STALE",
                "info",
                place,
                msg("“{words}” is an old name or address.", words=match.group()),
                msg("Now it is: {now}", now=now),
            )


def _stale(document: Document, place: Place) -> Iterator[Problem]:
    for block, at in blocks(document, place):
        yield from old_names("\n".join((block.text, *(link.target for link in block.links))), at)


def _equal_notice(document: Document, place: Place) -> Iterator[Problem]:
    promised = longest_promises(document)
    minor, significant = promised.get("minor"), promised.get("significant")
    if minor and significant and significant.days <= minor.days:
        yield remark(
            "L-NOTICE-EQUAL",
            "warning",
            clause_place(significant.clause, significant.line, place),
            msg(
                "The text promises {minor} days of notice for an ordinary change, {significant} for a significant one.",
                minor=minor.days,
                significant=significant.days,
            ),
            msg("A significant change should be announced longer before; correct the one that is meant otherwise."),
        )


@cache
def _required(language: str) -> tuple[tuple[Localized, re.Pattern[str], re.Pattern[str]], ...]:
    return tuple(
        (
            Localized.of(entry["name"]),
            re.compile(entry.get("where", {}).get(language, ""), re.IGNORECASE),
            re.compile(entry["present"][language], re.IGNORECASE),
        )
        for entry in table("pipa")["items"]
    )


def _missing(document: Document, place: Place, language: str) -> Iterator[Problem]:
    """What Article 30(1) asks of a privacy policy; an English one is held to it where it speaks of Korean law."""
    said = "\n".join(block.text for block, _ in prose(document, place))
    if len(said) < _LEAST_LETTERS or (language == "en" and not _KOREAN_LAW.search(said)):
        return
    for name, where, present in _required(language):
        if where.search(said) and not present.search(said):
            yield remark(
                "L-MISSING-PIPA",
                "info",
                clause_place(document.clauses[0], document.clauses[0].line, place),
                msg("The text does not seem to state: {item}.", item=name),
                msg("The Personal Information Protection Act, Art. 30(1), asks for it, where it applies to you."),
            )

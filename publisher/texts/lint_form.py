"""The form of a text: headings, lines that were meant to be apart, and the language that it is in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from publisher.errors import Place, Problem
from publisher.messages import msg
from publisher.texts.document import Document
from publisher.texts.languages import LANGUAGE_NAMES
from publisher.texts.lexicon import table
from publisher.texts.remarks import clause_place, prose, remark

_HANGUL: Final = re.compile(r"[가-힣]")
_LATIN: Final = re.compile(r"[A-Za-zÀ-ɏ]")
_LATIN_WORD: Final = re.compile(r"[A-Za-zÀ-ɏ]{2,}")
#: Below, a text is too short to need headings or to tell its language by.
_FEW_BLOCKS: Final = 4
_FEW_LETTERS: Final = 40
_FEW_WORDS: Final = 8


def form(document: Document, place: Place, language: str) -> Iterator[Problem]:
    """L-STRUCT, and L-LOCALE where the language is known."""
    yield from _headings(document, place)
    yield from _fused_labels(document, place)
    if language in {"en", "ko"}:
        yield from _other_language(document, place, language)


def _headings(document: Document, place: Place) -> Iterator[Problem]:
    headed = [clause for clause in document.clauses if clause.level]
    if not headed and sum(len(clause.blocks) for clause in document.clauses) >= _FEW_BLOCKS:
        yield remark(
            "L-STRUCT",
            "warning",
            clause_place(document.clauses[0], 1, place),
            msg("The text has no headings, so no clause of it can be named, linked to or compared."),
            msg("Write a title (# Title) and a heading for each clause (## Heading)."),
        )
    elif len(headed) >= 3 and all(clause.level > 1 for clause in headed):
        yield remark(
            "L-STRUCT",
            "warning",
            clause_place(headed[0], headed[0].line, place),
            msg("The text has no title: its highest heading is “{heading}”.", heading=headed[0].name[:80]),
            msg("Begin the text with its title on a line of its own: # Title"),
        )


def _fused_labels(document: Document, place: Place) -> Iterator[Problem]:
    """A bold label is the whole first line of a paragraph, and nothing keeps the next line apart from it."""
    for clause in document.clauses:
        line = 1
        for token in clause.tokens:
            line = token.map[0] + 1 if token.map else line
            children = [child for child in token.children or [] if child.type != "text" or child.content]
            if [child.type for child in children[:4]] == ["strong_open", "text", "strong_close", "softbreak"]:
                yield remark(
                    "L-STRUCT",
                    "warning",
                    clause_place(clause, clause.in_text(line), place),
                    msg("“{label}” will be shown on one line with what follows it.", label=children[1].content[:80]),
                    msg("End its line with two spaces, or leave an empty line after it."),
                )


def _other_language(document: Document, place: Place, language: str) -> Iterator[Problem]:
    said = [block.text for block, _ in prose(document, place)]
    hangul, latin = (sum(len(letters.findall(text)) for text in said) for letters in (_HANGUL, _LATIN))
    # A syllable of Hangul stands for two or three Latin letters.
    foreign = 3 * hangul > latin if language == "en" else 10 * hangul < latin
    if hangul + latin >= _FEW_LETTERS and foreign:
        yield _foreign(place, " ".join(said)[:60], language)
        return
    for i, (block, at) in enumerate(prose(document, place)):
        title = i < 2 or block.text in {clause.name for clause in document.clauses[:1]}
        if _in_other_script(block.text, language, block.kind) or (
            language == "en" and _in_other_latin(block.text, short=title)
        ):
            yield _foreign(at, block.text[:60], language)


def _foreign(at: Place, words: str, language: str) -> Problem:
    return remark(
        "L-LOCALE",
        "warning",
        at,
        msg("This does not seem to be {language}: “{words}”", words=words, language=LANGUAGE_NAMES[language]),
        msg("Translate it, or delete it if it does not belong to the text."),
    )


def _in_other_script(text: str, language: str, kind: str) -> bool:
    hangul, latin = len(_HANGUL.findall(text)), len(_LATIN.findall(text))
    if language == "en":
        return hangul >= 4 and hangul > latin
    # Names and addresses in Latin letters are at home in items and tables of a Korean text.
    return kind == "paragraph" and not hangul and len(_LATIN_WORD.findall(text)) >= _FEW_WORDS


@cache
def _frequent() -> dict[str, frozenset[str]]:
    return {name: frozenset(entry["words"]) for name, entry in table("languages").items()}


def _in_other_latin(text: str, *, short: bool) -> bool:
    """Whether the frequent words of another European language outnumber the English ones; `short`: a title."""
    words = [word.lower() for word in _LATIN_WORD.findall(text)]
    if len(words) < (2 if short else _FEW_WORDS):
        return False
    counts = {name: sum(word in frequent for word in words) for name, frequent in _frequent().items()}
    english = counts.pop("english")
    return any(
        2 * n >= len(words) if short else 4 * n >= len(words) for n in counts.values() if n >= 2 and n > 2 * english
    )

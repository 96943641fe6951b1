"""Sentences that cannot be read as they stand: run together, without a verb, or with an unclear reach."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from publisher.errors import Place, Problem
from publisher.messages import Message, msg
from publisher.texts.document import Block, Document
from publisher.texts.lexicon import table
from publisher.texts.remarks import around, body, prose, remark, sentences

_RUN_ON_KOREAN: Final = re.compile(r"(?<=[가-힣](?:다|요|오|까))\.(?=[가-힣])")
# A capital with small letters and a space after it: no address, no file, no abbreviation.
_RUN_ON_ENGLISH: Final = re.compile(r"(?<=[a-z]{3})[.?!](?=[A-Z][a-z]{1,15} [a-z])")
_ADDRESS_BEFORE: Final = re.compile(r"[@/]|www\.|\w\.\w")
_KOREAN_PARTICLE: Final = re.compile(r"(?:에서는?|은|는|이|가|의|을|를|에|도|로)$")
_ENGLISH_HEAD: Final = re.compile(
    r"(?:[A-Z][a-z]{2,20} )(?:(?:[A-Z][a-z]{2,20}|of|and|to|the|for) ){0,4}[A-Z][a-z]{2,20} "
    r"(?:We|You|If|When|This|These) [a-z]{2,}"
)
# "a)", "12)", "가)" number what follows them.
_ENUMERATOR: Final = re.compile(r"(?:^|[\s,;:])(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{2,5}|[가-하])$")
# A list that hangs on nothing: after "depending on how …" its items are neither subject nor object.
_DANGLING: Final = re.compile(
    r"\b(?:depending on|according to|based on) (?:how|what|which|whether|where|when)\b[^,.;:]{3,80}, "
    r"(?:your|our|their|the|his|her) [^,.;:]{1,40}(?:, [^,.;:]{1,60}){3,20}",
    re.IGNORECASE,
)
#: Fewer items are more often a reading of ours than a fault of the text.
_LEAST_COMMAS: Final = 4


def sentences_of(document: Document, place: Place) -> Iterator[Problem]:
    """L-RUNON-SENT, L-RUNON-HEAD, L-FRAGMENT and L-GARBLED."""
    for block, at in body(document, place):
        yield from _run_on(block, at)
        if block.kind == "paragraph":
            yield from _head(block, at)
            yield from _fragments(block, at)
    for block, at in prose(document, place):
        yield from _garbled(block, at)


def _run_on(block: Block, at: Place) -> Iterator[Problem]:
    for pattern in (_RUN_ON_KOREAN, _RUN_ON_ENGLISH):
        for match in pattern.finditer(block.text):
            before = block.text[max(0, match.start() - 40) : match.start()].rsplit(" ", 1)[-1]
            if not _ADDRESS_BEFORE.search(before):
                yield remark(
                    "L-RUNON-SENT",
                    "warning",
                    at,
                    msg("Two sentences run together: “{words}”.", words=around(block.text, *match.span(), 10)),
                    msg("Put a space between them, or begin a new paragraph where the subject changes."),
                )


def _head(block: Block, at: Place) -> Iterator[Problem]:
    words = block.text[:200].split("\n", 1)[0].split()
    end = _korean_head(words)
    english = _ENGLISH_HEAD.match(block.text)
    if end or english:
        quoted = " ".join(words[: end + 1]) if end else english.group() if english else ""
        yield remark(
            "L-RUNON-HEAD",
            "warning",
            at,
            msg("A heading seems to run into the sentence after it: “{words}”.", words=quoted),
            msg("Put the heading on a line of its own: ## Heading"),
        )


def _korean_head(words: list[str]) -> int:
    """How many words are a heading whose first word begins the sentence again; 0 where there is none."""
    if not words or not re.fullmatch(r"[가-힣]{2,}", words[0]):
        return 0
    for i, word in enumerate(words[1:6], 1):
        if word != words[0] and word.startswith(words[0]):
            return i if i > 1 and _KOREAN_PARTICLE.fullmatch(word[len(words[0]) :]) else 0
        if not re.fullmatch(r"[가-힣]{2,}", word) or (len(word) > 2 and _KOREAN_PARTICLE.search(word)):
            return 0
    return 0


@cache
def _verbs() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(table('verbs')['english'])})\b", re.IGNORECASE)


def _fragments(block: Block, at: Place) -> Iterator[Problem]:
    for before, sentence in zip(told := sentences(block.text), told[1:], strict=False):
        listed = sentence.count(", ") >= _LEAST_COMMAS and sentence[0].isupper() and sentence.rstrip().endswith(".")
        opens = before.rstrip().endswith((".", ")")) and not before.rstrip().endswith(("etc.", "Inc.", "Ltd.", "Co."))
        if (
            listed
            and opens
            and sentence.isascii()
            and ":" not in sentence
            and not re.search(r"\d", sentence)
            and not _verbs().search(sentence)
        ):
            yield remark(
                "L-FRAGMENT",
                "warning",
                at,
                msg("A list without a verb, so that it says nothing: “{words}…”", words=sentence[:60].strip()),
                msg("Say what is done with these things, for example who collects them and when."),
            )


def _garbled(block: Block, at: Place) -> Iterator[Problem]:
    dangling = _DANGLING.search(block.text)
    if dangling and not re.search(r"\b(?:is|are|will|may|can|we|you)\b", dangling.group().split(", ", 1)[1]):
        yield _unclear(at, msg("It is unclear what these words belong to: “{words}…”",
                               words=dangling.group().split(", ", 1)[1][:60]))  # fmt: skip
    at_open = _unpaired(block.text)
    if at_open is not None:
        yield _unclear(
            at, msg("A bracket has no counterpart: “{words}”", words=around(block.text, at_open, at_open + 1, 20))
        )


def _unclear(at: Place, message: Message) -> Problem:
    return remark("L-GARBLED", "info", at, message, msg("Reword the sentence, so that it can be read in one way only."))


def _unpaired(text: str) -> int | None:
    """Where a round bracket stands that has no counterpart, or None."""
    opened: list[int] = []
    for match in re.finditer(r"[()（）]", text):
        if match.group() in "(（":
            opened.append(match.start())
        elif opened:
            opened.pop()
        elif not _ENUMERATOR.search(text[max(0, match.start() - 6) : match.start()]):
            return match.start()
    return opened[0] if opened else None

"""Characters and marks: quotes that do not pair, look-alikes, hard spaces, full stops, words doubled or misspelt."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Final

from publisher.errors import Place, Problem
from publisher.messages import msg, msg_n
from publisher.texts.document import Block, Document
from publisher.texts.lexicon import table
from publisher.texts.remarks import around, body, prose, remark, sentences

_HARD_SPACE: Final = re.compile("[\u00a0\u2007\u202f]")
_MIXED_PAIR: Final = re.compile(r'(?<![\w"“”])"[^"“”\n]{1,80}”|“[^"“”\n]{1,80}"(?!\w)')
_CURLY_PAIR: Final = re.compile(r"“[^\"“”\n]{1,80}”")
_STRAIGHT_PAIR: Final = re.compile(r"\"[^\"“”\n]{1,80}\"")
# Middle dots between two words; U+2219 is a sign of arithmetic that only looks like one.
_DOT: Final = re.compile("(?<=\\w) ?([\u00b7\u2219\u318d\u30fb\u2027\uff65]) ?(?=\\w)")
_USUAL_DOT: Final = "\u00b7"
_EDGES: Final = ".,;:!?()[]{}\"'“”‘’「」『』"
_DOUBLED_ON_PURPOSE: Final = frozenset(["that", "had", "very", "하나", "가지", "서로", "하루"])
#: What turns the noun that was just said into a verb or a part of the sentence.
_KOREAN_ENDING: Final = re.compile(r"(?:하|되|시키|드리|[을를은는이가의]$|에서?$)")
_ENDED: Final = re.compile(r"[a-z가-힣)][.!?]$")
# An item of a list, an introduction, or an address that a full stop would become a part of.
_LEADS_ON: Final = re.compile(r"\b(?:and|or)$|:\s|https?:|www\.")
_UNSEPARATED: Final = re.compile(r"\([^()]{0,80}?(?:www\.|https?://|\+\d)[^()]{0,80}\) (?=[A-Z가-힣])")


def marks(document: Document, place: Place) -> Iterator[Problem]:
    """L-QUOTE, L-NBSP, L-DUPWORD and L-TYPO of each block, L-PUNCT, and L-CHAR of the text."""
    for block, at in prose(document, place):
        yield from _quotes(block, at)
        yield from _hard_spaces(block, at)
        yield from _doubled(block, at)
        yield from _misspelt(block, at)
    yield from _full_stops(document, place)
    yield from _dots(document, place)


def _quotes(block: Block, at: Place) -> Iterator[Problem]:
    text = block.text
    mixed = _MIXED_PAIR.search(text)
    if mixed:
        yield remark(
            "L-QUOTE",
            "warning",
            at,
            msg("One quotation mark of a pair is straight and one is curly: {words}", words=mixed.group()),
            msg("Use the same kind for both."),
        )
        return
    curly, straight = _CURLY_PAIR.search(text), _STRAIGHT_PAIR.search(text)
    if curly and straight:
        yield remark(
            "L-QUOTE",
            "warning",
            at,
            msg("Two kinds of quotation marks: {one} and {other}", one=curly.group(), other=straight.group()),
            msg("Use one kind in the whole text."),
        )


def _hard_spaces(block: Block, at: Place) -> Iterator[Problem]:
    found = list(_HARD_SPACE.finditer(block.text))
    if found:
        yield remark(
            "L-NBSP",
            "info",
            at,
            msg_n(
                "{count} space that never breaks (U+00A0), at “{words}”.",
                "{count} spaces that never break (U+00A0), the first at “{words}”.",
                len(found),
                words=around(block.text, found[0].start(), found[0].end()),
            ),
            msg("Type an ordinary space instead; a copy from a web page brings such spaces with it."),
        )


def _doubled(block: Block, at: Place) -> Iterator[Problem]:
    for line in block.text.split("\n"):
        for one, other in pairwise(line.split(" ")):
            # A mark between them ends the first word's phrase; a capital or a bracket may begin a name.
            word, next_word = one.lstrip(_EDGES), other.rstrip(_EDGES)
            if len(word) >= 2 and word.isalpha() and next_word and _same(word, next_word):
                yield remark(
                    "L-DUPWORD",
                    "warning",
                    at,
                    msg("A word stands twice: “{words}”.", words=f"{word} {next_word}"),
                    msg("Delete one of the two."),
                )


def _same(word: str, following: str) -> bool:
    if word.casefold() in _DOUBLED_ON_PURPOSE:
        return False
    if word.casefold() == following.casefold():
        return True
    return "가" <= word[0] <= "힣" and following.startswith(word) and bool(_KOREAN_ENDING.match(following[len(word) :]))


@cache
def _misspellings() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(entry["pattern"]), entry["right"]) for entry in table("misspellings")["words"])


def _misspelt(block: Block, at: Place) -> Iterator[Problem]:
    for pattern, right in _misspellings():
        for match in pattern.finditer(block.text):
            yield remark(
                "L-TYPO",
                "info",
                at,
                msg("“{words}” is probably misspelt.", words=match.group()),
                msg("Usual is: {right}", right=right),
            )


def _full_stops(document: Document, place: Place) -> Iterator[Problem]:
    found = list(body(document, place))
    kinds = [*(block.kind for block, _ in found), ""]
    for (block, at), following in zip(found, kinds[1:], strict=True):
        last = block.text.rsplit("\n", 1)[-1]
        leads_on = following in {"item", "row"}
        if block.kind == "paragraph" and not leads_on and _unended(last):
            yield remark(
                "L-PUNCT",
                "info",
                at,
                msg("The last sentence does not end: “{words}”", words=last[-40:].strip()),
                msg("Put a full stop."),
            )
        run = list(_UNSEPARATED.finditer(block.text))
        if len(run) >= 2:
            yield remark(
                "L-PUNCT",
                "info",
                at,
                msg(
                    "Several bodies follow each other with nothing between them: “{words}”",
                    words=around(block.text, run[0].end() - 20, run[0].end()),
                ),
                msg("Make a list of them, one a line."),
            )


def _unended(text: str) -> bool:
    """Whether a sentence ended before, and the last one, of some length, does not."""
    told = sentences(text)
    if not told or _LEADS_ON.search(told[-1]):
        return False
    return len(told) > 1 and len(told[-1]) > 20 and text[-1].isalnum() and bool(_ENDED.search(told[-2][-3:]))


def _dots(document: Document, place: Place) -> Iterator[Problem]:
    counts: Counter[str] = Counter()
    first: dict[str, tuple[Block, Place, re.Match[str]]] = {}
    for block, at in prose(document, place):
        for match in _DOT.finditer(block.text):
            counts[match[1]] += 1
            first.setdefault(match[1], (block, at, match))
    if len(counts) < 2:
        return
    usual = _USUAL_DOT if _USUAL_DOT in counts else counts.most_common(1)[0][0]
    for dot, (block, at, match) in first.items():
        if dot != usual:
            yield remark(
                "L-CHAR",
                "info",
                at,
                msg(
                    "The middle dot in “{words}” is another character ({code}) than elsewhere in the text ({usual}).",
                    words=around(block.text, match.start(), match.end(), 6),
                    code=f"U+{ord(dot):04X}",
                    usual=f"U+{ord(usual):04X}",
                ),
                msg("Use one of them in the whole text."),
            )

"""What sentences deny and narrow, counted alike in English and Korean.

Not a reading of the sentences: only a sign that two of them may not promise the same, for a person to look at.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final

from publisher.texts.document import Block
from publisher.texts.facts import facts
from publisher.texts.lexicon import table

# A Korean sentence may end without a space after it.
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+|(?<=다\.)(?=[가-힣])|\n+")


def sentences(blocks: Iterable[Block]) -> list[str]:
    """The sentences of passages; a cell or an item without a full stop is one."""
    return [part for block in blocks for part in _SENTENCE_END.split(block.text) if part.strip()]


def polarity(sentence: str, language: str) -> Counter[str]:
    """How many words of "negation" and "only" a sentence holds."""
    idioms, patterns = _patterns(language)
    plain = idioms.sub(" ", sentence)
    return Counter({name: len(pattern.findall(plain)) for name, pattern in patterns.items()})


def denied(sentence: str, language: str) -> frozenset[str]:
    """Which of the acts of the list ("use", "link", …) a sentence says are not done."""
    return frozenset(name for name, pattern in _verbs(language).items() if pattern.search(sentence))


def unlike(
    here: Sequence[str], there: Sequence[str], languages: tuple[str, str], *, aligned: bool
) -> list[tuple[str, str]]:
    """Pairs of sentences that may not promise the same.

    Where sentences stand in the same order (`aligned`): of which one denies or narrows and the other does not, or
    that deny different acts. Else only the latter, of sentences that are alone in denying something of one company.
    """
    pairs = list(zip(here, there, strict=True)) if aligned else _about_the_same_company(here, there, languages)
    found = []
    for pair in pairs:
        signs = [+polarity(s, language) for s, language in zip(pair, languages, strict=True)]
        acts = [denied(s, language) for s, language in zip(pair, languages, strict=True)]
        if (aligned and signs[0].keys() != signs[1].keys()) or (all(acts) and not acts[0] & acts[1]):
            found.append(pair)
    return found


def _about_the_same_company(
    here: Iterable[str], there: Iterable[str], languages: tuple[str, str]
) -> list[tuple[str, str]]:
    """Pairs of sentences in which the same company is said not to do something, where each text has just one."""
    found: list[dict[str, list[str]]] = []
    for text, language in zip((here, there), languages, strict=True):
        by_party: dict[str, list[str]] = {}
        for sentence in text:
            if denied(sentence, language):
                for name in sorted({fact.value for fact in facts(sentence) if fact.kind == "party"}):
                    by_party.setdefault(name, []).append(sentence)
        found.append(by_party)
    return [(found[0][n][0], found[1][n][0]) for n in found[0] if len(found[0][n]) == len(found[1].get(n, ())) == 1]


@cache
def _patterns(language: str) -> tuple[re.Pattern[str], dict[str, re.Pattern[str]]]:
    data = table("topics")["promises"]
    words = data[language]
    patterns = {name: re.compile(words[name], re.IGNORECASE) for name in data["names"]}
    return re.compile(words["idioms"], re.IGNORECASE), patterns


@cache
def _verbs(language: str) -> dict[str, re.Pattern[str]]:
    if language == "en":
        around = r"(?<!\bif you do )(?:\b(?:never|not|nor|neither)|n't) (?:\w+ ){{0,2}}?{}\b"
    else:
        # not of a condition: 이용하지 않으면, 이용하지 않는 경우
        around = (
            r"{}(?:하|되|시키)?(?:거나 [가-힣]{{1,8}})?지(?:는|도|를)?\s?(?:않|아니|못)"
            r"(?!으면|하면|는\s(?:한|경우|이용자)|을\s경우|은)"
        )
    verbs = table("topics")["verbs"]
    return {verb["name"]: re.compile(around.format(verb[language]), re.IGNORECASE) for verb in verbs}

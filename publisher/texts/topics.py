"""Which topics a text speaks of, by small lists of words; for texts whose clauses carry no ids to be compared by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from publisher.messages import Localized
from publisher.texts.document import Block, Document
from publisher.texts.facts import facts
from publisher.texts.lexicon import table

#: A list with this many periods of months or years is a table of retention periods.
_TABLE: Final = 3


def one_sided_topics(documents: Mapping[str, Document]) -> list[tuple[Localized, str]]:
    """Topics of which only one of two texts, by language, speaks; each with the language that does."""
    words = {language: " ".join(document.words()) for language, document in documents.items()}
    found = []
    for topic in table("topics")["topics"]:
        speaking = [name for name, text in words.items() if re.search(topic[name], text, re.IGNORECASE)]
        found.append((Localized.of(topic["title"]), speaking))
    periods = {name: _long_periods(document) for name, document in documents.items()}
    # Periods that both state, one in a table and one in sentences, are in both.
    if len({frozenset().union(*blocks.values()) for blocks in periods.values()}) > 1:
        tables = [name for name, blocks in periods.items() if _is_table(blocks)]
        found.append((Localized.of(table("topics")["retention"]["title"]), tables))
    return [(name, speaking[0]) for name, speaking in found if len(speaking) == 1]


def says_which_governs(document: Document, language: str) -> bool:
    """Whether a text says which language governs where they differ."""
    return bool(re.search(table("topics")["governing"][language], " ".join(document.words()), re.IGNORECASE))


def _long_periods(document: Document) -> dict[Block, frozenset[str]]:
    """The periods of months and years in each passage that states one."""
    stated = {}
    for clause in document.clauses:
        for block in clause.blocks:
            found = {f.value for f in facts(block.text) if f.kind == "period" and f.value[-1] in "MY"}
            if found:
                stated[block] = frozenset(found)
    return stated


def _is_table(periods: Mapping[Block, frozenset[str]]) -> bool:
    return sum(block.kind in {"item", "row"} for block in periods) >= _TABLE

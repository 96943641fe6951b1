"""Facts that a text states, each in one spelling for English and Korean, so that texts can be compared by them.

| kind | value |
|---|---|
| period | ISO 8601, in its own unit: P3M is not P90D (Civil Act, Art. 160) |
| date | 2020-07-27; --07-27 without a year; 2020-07 without a day |
| age | "<14", ">=16", "14" |
| amount, percent | "KRW 10000"; "10" |
| threshold | a figure with its direction: ">=P14D", "<=5", "<=10%" |
| party, country, law | see `names` |
| email, url, phone | see `contacts` |
| number | any other figure in digits |

The functions `periods`, `contacts`, `numbers` and `without_contacts` read what the classifier and its proofs rest on,
and no more.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from publisher.texts.contacts import EMAIL, PHONE, URL, take_contacts
from publisher.texts.days import take_days
from publisher.texts.document import Block, Clause, Document
from publisher.texts.figures import NUMBER, plain_periods, take_figures
from publisher.texts.names import take_names
from publisher.texts.tokens import folded

_ADDRESS: Final = re.compile(r"(?:mailto:|tel:|(?=https?:))(.*)", re.IGNORECASE)


@dataclass(frozen=True, order=True, slots=True)
class Fact:
    """One fact: its kind and its value in one spelling (see the module)."""

    kind: str
    value: str


def periods(text: str) -> Counter[Fact]:
    """The periods in `text` that are written in digits or English words, each as often as it stands there."""
    return Counter(Fact("period", value) for value in plain_periods(text))


def contacts(text: str) -> Counter[Fact]:
    """E-mail addresses, URLs and telephone numbers in `text`, as written."""
    rest = text
    found: list[Fact] = []
    for kind, pattern in (("email", EMAIL), ("url", URL), ("phone", PHONE)):
        found += [Fact(kind, value.rstrip(".,;").lower()) for value in pattern.findall(rest)]
        rest = pattern.sub(" ", rest)
    return Counter(found)


def numbers(text: str) -> Counter[Fact]:
    """Every number written in digits, as written."""
    return Counter(Fact("number", number) for number in NUMBER.findall(text))


def without_contacts(text: str) -> str:
    """`text` with each contact replaced by the name of its kind, for comparing what stands around them."""
    for kind, pattern in (("email", EMAIL), ("url", URL), ("phone", PHONE)):
        text = pattern.sub(f"\ue000{kind}\ue001", text)
    return text


def facts(text: str) -> Counter[Fact]:
    """Every fact of a passage, whichever language it is in, each as often as it stands there.

    What is read as one kind is not read as another, but a limit is a fact beside its figure.
    """
    rest = re.sub(r"\s+", " ", folded(text))
    found, rest = take_contacts(rest)
    names, rest = take_names(rest)
    days, rest = take_days(rest)
    return Counter(Fact(kind, value) for kind, value in (*found, *names, *days, *take_figures(rest)))


def block_facts(block: Block) -> Counter[Fact]:
    """The facts of a block's words, and the addresses that its links lead to and its words do not show."""
    found = facts(block.text)
    for link in block.links:
        address = _ADDRESS.match(link.target)
        if address:
            found |= Counter(Fact(kind, value) for kind, value in take_contacts(address[1])[0])
    return found


def facts_of_clause(clause: Clause) -> Counter[Fact]:
    """The facts of a clause with its heading; the heading's number is none."""
    return sum((block_facts(block) for block in clause.blocks), facts(clause.title))


def clause_facts(document: Document) -> dict[str, dict[str, list[str]]]:
    """By clause, then by kind, the sorted values; and "item" and "row", the words of list items and table rows.

    A clause is keyed by its id, else its name, else "" before the first heading; the second of a key is "key (2)".
    """
    by_clause: dict[str, dict[str, list[str]]] = {}
    for clause in document.clauses:
        kinds: dict[str, list[str]] = {}
        for fact in sorted(facts_of_clause(clause).elements()):
            kinds.setdefault(fact.kind, []).append(fact.value)
        for kind in ("item", "row"):
            words = sorted(block.text for block in clause.blocks if block.kind == kind)
            if words:
                kinds[kind] = words
        by_clause[_free(clause.id or clause.name, by_clause)] = kinds
    return by_clause


def _free(key: str, taken: dict[str, dict[str, list[str]]]) -> str:
    """`key`, numbered where it is taken."""
    free, count = key, 1
    while free in taken:
        count += 1
        free = f"{key} ({count})"
    return free

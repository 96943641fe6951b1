"""Policies put together from the sentences of tests/pairs, for properties that hold whatever else a policy says.

A `Composed` policy has clauses; each says the old or the new side of a pair, and some carry a list, a table, or a
reference to another clause, which follows when the clauses are numbered otherwise.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st

from publisher.changes.classify import compare
from publisher.changes.lexicon import lexicon
from publisher.changes.model import Comparison, Level
from publisher.changes.references import references
from publisher.errors import Place
from publisher.texts.document import Document, parse
from publisher.texts.source import read_source

LANGUAGES: Final = ("en", "ko")
TITLE: Final = {
    "en": "# Example policy {#policy}\n\nThis text is for everybody who visits the garden.\n",
    "ko": "# 예시 방침 {#policy}\n\n이 글은 정원을 찾는 모든 이를 위한 것입니다.\n",
}
HEADING: Final = {"en": "Example clause", "ko": "예시 조항"}
#: How a clause is numbered in its heading, and referred to.
NUMBERED: Final = {
    "en": (("{}.", "section {}"), ("Article {}", "Article {}")),
    "ko": (("제{}조", "제{}조"), ("{}.", "제{}조")),
}
REFERRING: Final = {"en": "Whoever is in doubt reads {} once more.", "ko": "의문이 있으면 {}를 다시 읽습니다."}
FURNITURE: Final = {
    "en": (
        "",
        "The garden has three gates:\n\n- the gate by the river\n- the gate on the hill\n  - which has a bell\n"
        "- the gate of the market\n\nNone of them is high.",
        "A walk goes like this.\n\n1. Enter by the river.\n2. Climb the hill.\n3. Rest on the bench.\n\nMost people are back by noon.",
        '| Tree | Colour |\n| --- | --- |\n| pear | white & green |\n| "old" oak | brown |\n\nThe trees wear these colours in May.',
        "> The oldest sign reads: walk slowly – and look.\n\nNobody knows who wrote it. It hangs by the pond.",
    ),
    "ko": (
        "",
        "정원에는 문이 셋 있습니다.\n\n- 강가의 문\n- 언덕의 문\n  - 종이 달린 문\n- 시장 쪽 문\n\n모두 높지 않습니다.",
        "산책은 이렇게 합니다.\n\n1. 강가로 들어옵니다.\n2. 언덕을 오릅니다.\n3. 의자에서 쉽니다.\n\n대개 정오에는 돌아옵니다.",
        '| 나무 | 빛깔 |\n| --- | --- |\n| 배나무 | 하양 & 초록 |\n| "늙은" 참나무 | 갈색 |\n\n나무는 봄·가을에 이런 빛깔을 띱니다.',
        "> 가장 오래된 팻말에는 천천히 걸으라고 – 그리고 보라고 – 쓰여 있습니다.\n\n누가 썼는지는 모릅니다. 연못가에 있습니다.",
    ),
}


@dataclass(frozen=True)
class Pair:
    """One edit in one language, named for where it stands: "R07-2-en", "M4-decoy-3-ko"."""

    name: str
    language: str
    heading: str
    old: str
    new: str

    @property
    def refers(self) -> bool:
        """Whether it names a clause by a number of its own, which cannot follow in a composed policy."""
        return any(references(f"{self.heading}\n{self.old}\n{self.new}"))


def _pairs() -> tuple[Pair, ...]:
    found = []
    for file in sorted((Path(__file__).parent / "pairs").glob("*.toml")):
        for kind, entries in tomllib.loads(file.read_text(encoding="utf-8")).items():
            for number, entry in enumerate(entries, 1):
                found += [
                    _pair(f"{file.stem}-{kind}-{number}-{language}", language, entry)
                    for language in LANGUAGES
                    # a side that is a whole document cannot be a part of one
                    if language in entry and not entry[language]["old"].startswith(("# ", "\n# "))
                ]
    return tuple(found)


def _pair(name: str, language: str, entry: dict[str, Any]) -> Pair:
    heading = entry.get("heading", HEADING)[language]
    return Pair(name, language, heading, entry[language]["old"], entry[language]["new"])


PAIRS: Final = _pairs()


@dataclass(frozen=True)
class Part:
    """A clause to be: what it says before and after, beside what furniture, and which clause it refers to."""

    pair: Pair
    furniture: str
    #: the furniture stands before the pair's words
    before: bool
    #: index of the part referred to; None for none
    refers_to: int | None


@dataclass(frozen=True)
class Composed:
    """A policy in one language."""

    language: str
    parts: tuple[Part, ...]
    heading: str
    reference: str

    def text(self, edited: Collection[int] = (), *, first: int = 1, inserted: int | None = None) -> str:
        """Its Markdown with the edits of the parts `edited` made.

        `first`: the number of the first clause; `inserted`: before which part a further clause stands.
        """
        said = [part.pair.new if at in edited else part.pair.old for at, part in enumerate(self.parts)]
        standing = [at for at, words in enumerate(said) if words]
        order: list[int | None] = [*standing]
        if inserted is not None:
            order.insert(sum(at < inserted for at in standing), None)
        number = {at: first + place for place, at in enumerate(order)}
        clauses = []
        for at in order:
            if at is None:
                clauses.append(f"## {self.heading.format(number[at])} {FURTHER[self.language]}")
                continue
            part = self.parts[at]
            heading = f"## {self.heading.format(number[at])} {part.pair.heading} {{#part-{at}}}"
            pieces = [part.furniture, said[at]] if part.before else [said[at], part.furniture]
            if part.refers_to is not None:
                pieces.append(REFERRING[self.language].format(self.reference.format(number[part.refers_to])))
            clauses.append("\n\n".join([heading, *filter(None, pieces)]))
        return "\n\n".join([TITLE[self.language], *clauses]) + "\n"


FURTHER: Final = {
    "en": "Benches {#further}\n\nThe benches are painted in spring.",
    "ko": "의자 {#further}\n\n의자는 봄에 칠합니다.",
}


@st.composite
def policies(draw: st.DrawFn, *, referring: bool = True, most: int = 5) -> Composed:
    """A policy of different pairs; `referring`: with pairs that name clauses by number themselves."""
    language = draw(st.sampled_from(LANGUAGES))
    choice = [pair for pair in PAIRS if pair.language == language and (referring or not pair.refers)]
    pairs = draw(st.lists(st.sampled_from(choice), min_size=2, max_size=most, unique=True))
    # what may go as a whole is referred to by nobody
    targets = [None, *(at for at, pair in enumerate(pairs) if pair.new)]
    parts = tuple(
        Part(
            pair,
            draw(st.sampled_from(FURNITURE[language])),
            draw(st.booleans()),
            draw(st.sampled_from(targets)),
        )
        for pair in pairs
    )
    heading, reference = draw(st.sampled_from(NUMBERED[language]))
    return Composed(language, parts, heading, reference)


def read(text: str | bytes) -> Document:
    """As a text of a workspace is read."""
    return parse(read_source(text if isinstance(text, bytes) else text.encode(), Place()).text)


def compared(old: str | bytes, new: str | bytes, language: str) -> Comparison:
    return compare(read(old), read(new), lexicon(language), {})


#: What must not change under noise: the level, what is significant, and the topics.
Verdict = tuple[Level, tuple[str, ...], tuple[str, ...]]


def verdict(comparison: Comparison) -> Verdict:
    return comparison.level, significant(comparison), tuple(comparison.topics)


def significant(comparison: Comparison) -> tuple[str, ...]:
    """The codes of the significant findings, each once."""
    return tuple(sorted({f.code for f in comparison.findings if f.level is Level.SIGNIFICANT}))

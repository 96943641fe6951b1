"""What stands around the blocks and clauses of two texts, worked out once: lead-ins, lists, words that point."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Final

from publisher.changes.align import headings_over
from publisher.texts.document import Block, Clause, Document

# What stands elsewhere is pointed to by its place.
_BACK: Final = re.compile(
    r"\b(?:above|preceding|previous|aforementioned|foregoing|former|latter|said|same)\b"
    r"|위의|위에|전항|전조|앞의|앞에서|앞서|상기|동조|동항|같은\s?[조항]|그\s?밖|이와\s?같",
    re.IGNORECASE,
)
_FORWARD: Final = re.compile(r"\b(?:below|following|next)\b|아래|다음|하기|이하", re.IGNORECASE)
# What begins so leans on what stands before it.
_LEANING: Final = re.compile(
    r"\W*(?:however|but|otherwise|this|these|those|it|they|such|therefore|unless|except|then"
    r"|in (?:that|this|these) cases?)\b"
    r"|\W*(?:다만|단,|그러나|하지만|이\s?경우|이때|이는|그\s?외|또한|이에|따라서)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Of two texts; blocks and clauses are told apart by identity."""

    _lead_ins: Mapping[int, str]
    #: blocks that lead into a list or table
    _leading_in: frozenset[int]
    _over: Mapping[int, Clause | None]
    #: clauses whose words have been looked at; asked for few of them
    _points: dict[int, bool] = field(default_factory=dict)
    _leans: dict[int, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, old: Document, new: Document) -> Surroundings:
        clauses = (*old.clauses, *new.clauses)
        return cls(
            {key: text for clause in clauses for key, text in _lead_ins(clause.blocks)},
            frozenset(id(block) for clause in clauses for block in _leading_in(clause.blocks)),
            headings_over(old) | headings_over(new),
        )

    def lead_in(self, block: Block) -> str:
        """The words under which an item of a list stands; "" where there are none."""
        return self._lead_ins.get(id(block), "")

    def leads_in(self, block: Block) -> bool:
        """Whether a list or table follows a block."""
        return id(block) in self._leading_in

    def heading_over(self, clause: Clause | None) -> str:
        """The heading above a clause, by id or words; "" at the top."""
        above = self._over[id(clause)]
        return (above.id or above.title) if above else ""

    def points(self, clause: Clause) -> bool:
        """Whether a clause points to what stands elsewhere by its place."""
        if id(clause) not in self._points:
            self._points[id(clause)] = _points(clause.blocks)
        return self._points[id(clause)]

    def leans(self, clause: Clause) -> bool:
        """Whether a passage of a clause leans on the one before it."""
        if id(clause) not in self._leans:
            self._leans[id(clause)] = any(leans(block.text) for block in clause.blocks)
        return self._leans[id(clause)]


def leans(text: str) -> bool:
    """Whether a passage begins with a word that leans on what stands before it."""
    return bool(_LEANING.match(text))


def _points(blocks: Sequence[Block]) -> bool:
    for block, following in zip_longest(blocks, blocks[1:]):
        leads_in = following is not None and following.kind in {"item", "row"}
        if _BACK.search(block.text) or (_FORWARD.search(block.text) and not leads_in):
            return True
    return False


def _lead_ins(blocks: Sequence[Block]) -> list[tuple[int, str]]:
    """By identity of each block, the nearest before it that is less deep, or a paragraph where it is none.

    A table's row stands under the table's first row too, which names the columns.
    """
    found = []
    # of what stands before, the places of those that a later block can still stand under, the least deep first
    shallower: list[int] = []
    paragraph = header = -1
    for at, block in enumerate(blocks):
        while shallower and blocks[shallower[-1]].depth >= block.depth:
            shallower.pop()
        over = max(shallower[-1] if shallower else -1, paragraph if block.kind != "paragraph" else -1)
        header = -1 if block.kind != "row" else header if header >= 0 else at
        names = blocks[header].text if 0 <= header < at else ""
        found.append((id(block), f"{blocks[over].text if over >= 0 else ''}\n{names}".strip()))
        shallower.append(at)
        if block.kind == "paragraph":
            paragraph = at
    return found


def _leading_in(blocks: Sequence[Block]) -> list[Block]:
    leading = []
    for block, following in zip_longest(blocks, blocks[1:]):
        listed = following is not None and (following.kind in {"item", "row"} or following.depth > block.depth)
        if block.text.rstrip().endswith(":") or (listed and block.kind == "paragraph"):
            leading.append(block)
    return leading

"""Which words of a passage went and which came.

A redline is a sequence of runs, equal, deleted and inserted; its equal and deleted runs are the old passage
to the letter, its equal and inserted runs the new one. This is checked before a redline is handed out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from rapidfuzz.distance import LCSseq

from publisher.texts.tokens import words

Op = Literal["equal", "delete", "insert"]

#: A passage of which a larger share changed is shown whole, old then new: single words would be confetti.
MOST_SCATTERED: Final = 0.6
#: Fewer equal words than this between two changes are shown as part of them.
FEWEST_EQUAL: Final = 2


_CLOSING: Final = (",", ".", ";")


@dataclass(frozen=True, slots=True)
class Run:
    """Words that stay, go or come."""

    op: Op
    text: str


def redline(before: str, after: str) -> tuple[Run, ...]:
    """The runs that lead from `before` to `after`.

    Raises ArithmeticError if they would not give both passages back exactly (a defect of ours).
    """
    runs = tuple(_merged(_joined(_raw(before, after))))
    if side(runs, "delete") != before or side(runs, "insert") != after:
        raise ArithmeticError("a redline does not give back the texts it was made of")
    return runs


def side(runs: Iterable[Run], op: Op) -> str:
    """The old passage ("delete") or the new one ("insert") of a redline."""
    return "".join(run.text for run in runs if run.op in {"equal", op})


def _raw(before: str, after: str) -> list[tuple[bool, list[str], list[str]]]:
    """(equal, old words, new words) in order; two stretches of the same kind never follow each other."""
    old, new = words(before), words(after)
    raw: list[tuple[bool, list[str], list[str]]] = []
    for op in LCSseq.opcodes(old, new):
        if op.tag != "equal" and raw and not raw[-1][0]:
            raw[-1][1].extend(old[op.src_start : op.src_end])
            raw[-1][2].extend(new[op.dest_start : op.dest_end])
        else:
            raw.append((op.tag == "equal", old[op.src_start : op.src_end], new[op.dest_start : op.dest_end]))
    changed = sum(len(a) + len(b) for equal, a, b in raw if not equal)
    if changed > MOST_SCATTERED * (len(old) + len(new)) and len(raw) > 1:
        return [(False, old, new)]
    return raw


def _joined(
    raw: list[tuple[bool, list[str], list[str]]],
) -> list[tuple[bool, list[str], list[str]]]:
    """Take short equal runs between two changes into the change."""
    joined: list[tuple[bool, list[str], list[str]]] = []
    for i, (equal, old, new) in enumerate(raw):
        inside = 0 < i < len(raw) - 1
        keep = equal and not (inside and len(old) < FEWEST_EQUAL)
        if not keep and joined and not joined[-1][0]:
            joined[-1][1].extend(old)
            joined[-1][2].extend(new)
        else:
            joined.append((keep, list(old), list(new)))
    return joined


def _merged(joined: list[tuple[bool, list[str], list[str]]]) -> Iterator[Run]:
    for equal, old, new in joined:
        if equal:
            yield Run("equal", "".join(old))
            continue
        if old:
            yield Run("delete", "".join(old))
        if new:
            yield Run("insert", "".join(new))


def difference(before: str, after: str) -> tuple[str, str]:
    """The passage that changed, from the first differing word to the last, with the unit of a figure."""
    old, new = words(before), words(after)
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    if end and old[-1 - end][-1:].isdigit() and new[-1 - end][-1:].isdigit():
        end -= 1
    gone, came = "".join(old[start : len(old) - end]).strip(), "".join(new[start : len(new) - end]).strip()
    if gone[-1:] == came[-1:] and gone[-1:] in _CLOSING:
        return gone[:-1], came[:-1]
    return gone, came

"""Which words of a passage went and which came.

A redline is a sequence of runs, equal, deleted and inserted; its equal and deleted runs are the old passage
to the letter, its equal and inserted runs the new one. This is checked before a redline is handed out.
Sentences are aligned first, and words inside them; figures, dates, addresses and names stay whole, and of a Korean
word whose particle alone changes only the particle is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from publisher.changes.align import passages
from publisher.changes.sequences import common_ends, stretches
from publisher.texts.tokens import words

Op = Literal["equal", "delete", "insert"]

#: A sentence of which a larger share changed is shown whole, old then new: single words would be confetti.
MOST_SCATTERED: Final = 0.6
#: Fewer equal words than this between two changes are shown as part of them.
FEWEST_EQUAL: Final = 2

_FIGURE: Final = re.compile(r"\s*[$€£₩]?\d+(?:[.,]\d+)*")
_CLOSING: Final = (",", ".", ";")
#: Korean particles (조사), which follow a word without a space; some can be read as two, so that many take for ever.
_PARTICLE: Final = re.compile(
    r"(?:에게서?|에서|에는?|으?로부터|으?로서?|으?로써|까지|부터|만|도|은|는|이|가|을|를|의|와|과|이?나|이?라도|께서?|마다|조차|밖에|보다|처럼){1,4}"
)
_HANGUL: Final = re.compile(r"\s*[\w()]*[\uac00-\ud7a3]+")

#: A stretch of a passage: equal in both, or else what went and what came.
_Stretch = tuple[bool, list[str], list[str]]


@dataclass(frozen=True, slots=True)
class Run:
    """Words that stay, go or come."""

    op: Op
    text: str


def redline(before: str, after: str) -> tuple[Run, ...]:
    """The runs that lead from `before` to `after`.

    Raises ArithmeticError if they would not give both passages back exactly (a defect of ours).
    """
    found: list[_Stretch] = []
    for passage in passages(before, after):
        for stretch in _joined(_sentence(passage.before, passage.after)):
            _append(found, stretch)
    runs = tuple(_runs(found))
    if side(runs, "delete") != before or side(runs, "insert") != after:
        raise ArithmeticError("a redline does not give back the texts it was made of")
    return runs


def side(runs: Iterable[Run], op: Op) -> str:
    """The old passage ("delete") or the new one ("insert") of a redline."""
    return "".join(run.text for run in runs if run.op in {"equal", op})


def _append(found: list[_Stretch], stretch: _Stretch) -> None:
    """Add a stretch, as part of the last one where that is of its kind."""
    if found and found[-1][0] == stretch[0]:
        found[-1][1].extend(stretch[1])
        found[-1][2].extend(stretch[2])
    else:
        found.append((stretch[0], list(stretch[1]), list(stretch[2])))


def _sentence(before: str, after: str) -> list[_Stretch]:
    """(equal, old words, new words) in order; the whole sentence as one change where most of it changed."""
    old, new = words(before), words(after)
    found: list[_Stretch] = []
    for part in stretches(old, new):
        _append(found, (part.equal, old[part.old_start : part.old_end], new[part.new_start : part.new_end]))
    found = [part for equal, a, b in found for part in ([(equal, a, b)] if equal else _particles(a, b))]
    changed = sum(len(_said(a)) + len(_said(b)) for equal, a, b in found if not equal)
    if changed > MOST_SCATTERED * (len(_said(old)) + len(_said(new))) and not _only_particles(found):
        return [(False, old, new)]
    return found


def _particles(gone: Sequence[str], came: Sequence[str]) -> list[_Stretch]:
    """One Korean word with another particle is the same word and a change of its end."""
    if len(gone) == len(came) == 1 and _HANGUL.match(gone[0]) and _HANGUL.match(came[0]):
        stem = _common_stem(gone[0], came[0])
        if stem:
            left, right = gone[0][len(stem) :], came[0][len(stem) :]
            return [(True, [stem], [stem]), (False, [left] if left else [], [right] if right else [])]
    return [(False, list(gone), list(came))]


def _common_stem(gone: str, came: str) -> str:
    length = 0
    while length < min(len(gone), len(came)) and gone[length] == came[length]:
        length += 1
    for cut in range(length, 0, -1):
        ends = (gone[cut:], came[cut:])
        if gone[:cut].strip() and all(not end or _PARTICLE.fullmatch(end) for end in ends):
            return gone[:cut]
    return ""


def _only_particles(found: Sequence[_Stretch]) -> bool:
    return all(equal or all(_PARTICLE.fullmatch(word) for word in (*a, *b)) for equal, a, b in found)


def _joined(raw: Sequence[_Stretch]) -> list[_Stretch]:
    """Take short equal runs between two changes into the change."""
    joined: list[_Stretch] = []
    for i, (equal, old, new) in enumerate(raw):
        inside = 0 < i < len(raw) - 1
        stem = inside and raw[i + 1][1:] != ([], []) and _begins_word(raw[i + 1])
        keep = equal and not (inside and len(_said(old)) < FEWEST_EQUAL and not stem)
        _append(joined, (keep, old, new))
    return joined


def _begins_word(stretch: _Stretch) -> bool:
    """Whether a change goes on inside a word, as a particle does."""
    return any(
        word and not word[0].isspace() and _PARTICLE.fullmatch(word) for word in (*stretch[1][:1], *stretch[2][:1])
    )


def _said(tokens: Iterable[str]) -> list[str]:
    """Words without signs and spaces."""
    return [token for token in tokens if any(map(str.isalnum, token))]


def _runs(found: Iterable[_Stretch]) -> Iterator[Run]:
    for equal, old, new in found:
        gone, came = "".join(old), "".join(new)
        if equal and gone == came:
            yield Run("equal", gone)
            continue
        if gone:
            yield Run("delete", gone)
        if came:
            yield Run("insert", came)


def difference(before: str, after: str) -> tuple[str, str]:
    """The passage that changed, from the first differing word to the last, with the unit of a figure."""
    old, new = words(before), words(after)
    start, end = common_ends(old, new)
    if 0 < end < min(len(old), len(new)) and _FIGURE.fullmatch(old[-1 - end]) and _FIGURE.fullmatch(new[-1 - end]):
        end -= 1
    gone, came = "".join(old[start : len(old) - end]).strip(), "".join(new[start : len(new) - end]).strip()
    if gone[-1:] == came[-1:] and gone[-1:] in _CLOSING:
        return gone[:-1], came[:-1]
    return gone, came

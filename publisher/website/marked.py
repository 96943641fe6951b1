"""A redline as HTML: what went and what came, told by more than colour.

Native `del` and `ins`, and inside each a beginning and an end in words that only a screen reader says, since not every
one tells the elements apart. Marks for print and forced colours are drawn by the stylesheet. Without the hidden words
and the elements of the other side, what is left is the old text or the new one to the letter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from markupsafe import Markup, escape

from publisher.changes.redline import Run
from publisher.messages import Translator, msg

_BREAK: Final = Markup("<br>")
_MARKS: Final = {
    "delete": ("del", msg("removed:"), msg("end of removed text.")),
    "insert": ("ins", msg("added:"), msg("end of added text.")),
}


def marker(say: Translator) -> Callable[[Iterable[Run]], Markup]:
    """Makes HTML of the runs of a redline; the hidden words are those of `say`."""
    marks = {
        op: (
            Markup('<{0}><span class="vh">{1} </span>').format(element, say(begin)),
            Markup('<span class="vh"> {1} </span></{0}>').format(element, say(end)),
        )
        for op, (element, begin, end) in _MARKS.items()
    }
    marks["equal"] = (Markup(), Markup())

    def marked(runs: Iterable[Run]) -> Markup:
        parts: list[str] = []
        for run in _outside(list(runs)):
            if run.text:
                begin, end = marks[run.op]
                parts += (begin, broken(run.text), end)
        return Markup("".join(parts))  # noqa: S704 - each part is escaped

    return marked


def _outside(runs: Sequence[Run]) -> Iterator[Run]:
    """The same runs; a space with which the old words and the new ones begin is not marked as a change."""
    at = 0
    while at < len(runs):
        old, new = runs[at], runs[at + 1] if at + 1 < len(runs) else None
        if new and (old.op, new.op) == ("delete", "insert") and old.text[:1] == new.text[:1] == " ":
            yield from (Run("equal", " "), Run("delete", old.text[1:]), Run("insert", new.text[1:]))
            at += 1
        else:
            yield old
        at += 1


def broken(text: str) -> Markup:
    """Words with their line breaks."""
    return escape(text).replace("\n", _BREAK)

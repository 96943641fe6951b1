"""A redline as HTML: `ins` and `del` with hidden words for those who hear the page.

By hand and not by a template, for a page can hold hundreds of changes and the same change stands on many pages. The
marks are those of native HTML (WHATWG HTML 4.7), the hidden words because screen readers seldom say them. Without the
hidden words and the elements of the other side, what is left is the old text or the new one to the letter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from markupsafe import Markup, escape

from publisher.changes.redline import Run
from publisher.messages import Translator, msg

#: So many passages are kept with their marks: those of the comparisons of one policy.
_KEPT = 8192


def redline_filter(say: Translator) -> Callable[[Sequence[Run]], Markup]:
    """What makes HTML of runs in one language."""
    gone = _marked("del", say(msg("removed:")), say(msg("end of removed text.")))
    came = _marked("ins", say(msg("added:")), say(msg("end of added text.")))

    @lru_cache(maxsize=_KEPT)
    def redlined(runs: tuple[Run, ...]) -> Markup:
        parts = []
        for run in _outside(runs):
            if run.op == "equal":
                parts.append(in_lines(run.text))
            elif run.text:
                parts.append((gone if run.op == "delete" else came) % in_lines(run.text))
        return Markup("".join(parts))  # noqa: S704 - of escaped words and our own marks

    return lambda runs: redlined(tuple(runs))


def _outside(runs: tuple[Run, ...]) -> Iterator[Run]:
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


def in_lines(text: str) -> str:
    """Words escaped for HTML, with their line breaks."""
    return str(escape(text)).replace("\n", "<br>")


def _marked(tag: str, before: str, after: str) -> str:
    """A pattern with one hole."""
    return f"<{tag}>" + _hidden(f"{before} ") + "%s" + _hidden(f" {after} ") + f"</{tag}>"


def _hidden(words: str) -> str:
    return f'<span class="vh">{escape(words)}</span>'.replace("%", "%%")

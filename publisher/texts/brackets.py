"""Brackets of links and notes, read in time linear in the passage.

The stock rules look for the end of a label from every bracket, up to a hundred brackets deep, so that a page of
brackets takes minutes. Here all labels of a passage may take `_STEPS_A_CHARACTER` steps a character between them, more
than any text needs, for each label is read two or three times; the brackets after that are words, so that nothing is
lost.
"""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Final

from markdown_it import MarkdownIt, helpers
from markdown_it.rules_inline import StateInline
from mdit_py_plugins.footnote.index import footnote_inline, footnote_ref

_STEPS_A_CHARACTER: Final = 4
_STEPS_AT_LEAST: Final = 400
#: Where the steps of a passage are counted: no place in a passage is negative.
_STEPS: Final = -1
_NOTE: Final = re.compile(r"\[\^[^\]\s]{1,100}\]")


def use_brackets(reader: MarkdownIt) -> None:
    """Let `reader`, which has the rules of footnotes, read brackets so."""
    reader.helpers = SimpleNamespace(  # type: ignore[assignment]
        parseLinkLabel=_label_end,
        parseLinkDestination=helpers.parseLinkDestination,
        parseLinkTitle=helpers.parseLinkTitle,
    )
    reader.inline.ruler.at("footnote_inline", _inline_note)
    reader.inline.ruler.at("footnote_ref", _note)


def _label_end(state: StateInline, start: int, disableNested: bool = False) -> int:  # noqa: N803
    """The place of the bracket that closes the one at `start`, -1 where none does; as the stock helper."""
    most = _STEPS_AT_LEAST + _STEPS_A_CHARACTER * len(state.src)
    before = state.pos
    found = -1
    level = 1
    state.pos = start + 1
    while state.pos < state.posMax:
        steps = state.cache.get(_STEPS, 0) + 1
        state.cache[_STEPS] = steps
        if steps > most:
            break
        marker = state.src[state.pos]
        if marker == "]":
            level -= 1
            if level == 0:
                found = state.pos
                break
        at = state.pos
        state.md.inline.skipToken(state)
        if marker == "[":
            if at == state.pos - 1:
                level += 1
            elif disableNested:
                break
    state.pos = before
    return found


def _inline_note(state: StateInline, silent: bool) -> bool:
    """The stock rule for `^[a note]`, but a note in a note is words of that note."""
    if not state.src.startswith("^[", state.pos) or state.env.get("in_note"):
        return False
    state.env["in_note"] = True
    try:
        return _label_end(state, state.pos + 1) >= 0 and footnote_inline(state, silent)
    finally:
        state.env["in_note"] = False


def _note(state: StateInline, silent: bool) -> bool:
    """The stock rule for `[^1]`, where a label stands; the stock rule looks for its end to the end of the line."""
    return bool(_NOTE.match(state.src, state.pos)) and footnote_ref(state, silent)

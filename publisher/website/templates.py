"""Jinja set up so that a forgotten value or an unescaped word is an error, not a blank or a hole."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from publisher.messages import translator


def environment(folders: Sequence[Path], language: str, *, escape: bool = True) -> Environment:
    """Templates in `language`, looked for in the `templates` of each of `folders` in turn.

    `escape`: for HTML. A mail's plain text is the one thing that is not escaped. Templates are compiled once in a
    process, and anew when their file has changed.
    """
    return _environment(tuple(folders), language, escape)


@lru_cache(maxsize=32)
def _environment(folders: tuple[Path, ...], language: str, escape: bool) -> Environment:
    say = translator(language)
    made = Environment(
        loader=FileSystemLoader([folder / "templates" for folder in folders]),
        autoescape=escape,  # noqa: S701 - off only for the plain text of a mail
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.i18n"],
    )
    install: Any = made
    install.install_gettext_callables(say.gettext, say.ngettext, newstyle=True)
    made.filters["say"] = say.value
    made.globals["language"] = language
    return made

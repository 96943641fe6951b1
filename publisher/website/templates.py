"""Jinja set up so that a forgotten value or an unescaped word is an error, not a blank or a hole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from publisher.messages import Translator, translator
from publisher.website.redlined import in_lines, redline_filter


def environment(folders: Sequence[Path], language: str, *, escape: bool = True) -> Environment:
    """Templates in `language`, looked for in the `templates` of each of `folders` in turn.

    `escape`: for HTML. A mail's plain text is the one thing that is not escaped. Templates are compiled once in a
    process, and anew when any of them has changed or has come.
    """
    return _environment(tuple(folders), _stamps(folders), language, escape)


def _stamps(folders: Sequence[Path]) -> tuple[tuple[str, int, int], ...]:
    """Which templates there are, and when each was written last."""
    files = sorted(file for folder in folders for file in (folder / "templates").rglob("*.j2"))
    return tuple((str(file), (stat := file.stat()).st_mtime_ns, stat.st_size) for file in files)


@lru_cache(maxsize=16)
def _environment(
    folders: tuple[Path, ...],
    stamps: tuple[tuple[str, int, int], ...],  # noqa: ARG001 - tells one state of the files from another
    language: str,
    escape: bool,
) -> Environment:
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
    made.globals["gettext"] = made.globals["_"] = _gettext(say, escape=escape)
    made.filters["say"] = _say(say)
    made.filters["redline"] = redline_filter(say)
    made.filters["in_lines"] = lambda text: Markup(in_lines(text))  # noqa: S704 - escaped there
    made.globals["language"] = language
    return made


def _say(say: Translator) -> Callable[[Any], str]:
    """The words for a value; a page says the same few things and days hundreds of times."""
    known = lru_cache(maxsize=4096, typed=True)(say.value)

    def said(value: Any) -> str:
        try:
            return known(value)
        except TypeError:  # what holds a list cannot be looked up
            return say.value(value)

    return said


def _gettext(say: Translator, *, escape: bool) -> Callable[..., str]:
    """As Jinja's own, which marks and fills a sentence anew each time, but each sentence is marked once."""
    text: type[str] = Markup if escape else str

    @lru_cache(maxsize=1024)
    def sentence(key: str) -> str:
        return text(say.gettext(key))

    @lru_cache(maxsize=1024)
    def whole(key: str) -> str:
        return sentence(key) % {}

    @lru_cache(maxsize=4096)
    def counted(key: str, *values: tuple[str, int]) -> str:
        return sentence(key) % dict(values)

    def gettext(key: str, **values: Any) -> str:
        if not values:
            return whole(key)
        # Words are filled in anew: "a<b" as text and as HTML are equal, and must not be taken for one another.
        if all(type(value) is int for value in values.values()):
            return counted(key, *values.items())
        return sentence(key) % values

    return gettext

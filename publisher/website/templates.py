"""Jinja set up so that a forgotten value or an unescaped word is an error, not a blank or a hole."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import (
    Environment,
    FileSystemBytecodeCache,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
)
from markupsafe import Markup

from publisher.errors import Misconfigured, Place
from publisher.messages import Translator, msg, translator
from publisher.website.changed import ChangeView
from publisher.website.redlined import in_lines, redline_filter


def environment(
    folders: Sequence[Path], language: str, *, escape: bool = True, compiled: Path | None = None
) -> Environment:
    """Templates in `language`, looked for in the `templates` of each of `folders` in turn.

    `escape`: for HTML. A mail's plain text is the one thing that is not escaped. Templates are compiled once in a
    process, and anew when any of them has changed or has come; once for all processes where there is a folder to keep
    them in (`compiled`), which nobody else may write to, for what lies there is run.
    """
    return _environment(tuple(folders), _stamps(folders), language, escape, compiled)


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
    compiled: Path | None,
) -> Environment:
    say = translator(language)
    if compiled:
        compiled.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = Environment(
        loader=FileSystemLoader([folder / "templates" for folder in folders]),
        autoescape=escape,  # noqa: S701 - off only for the plain text of a mail
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        # Whether any has changed was looked at just now, for all of them.
        auto_reload=False,
        # What is compiled is the same in every language; words are looked up when a page is made.
        bytecode_cache=FileSystemBytecodeCache(str(compiled)) if compiled else None,
        extensions=["jinja2.ext.i18n"],
    )
    install: Any = made
    install.install_gettext_callables(say.gettext, say.ngettext, newstyle=True)
    made.globals["gettext"] = made.globals["_"] = _gettext(say, escape=escape)
    made.filters["say"] = _say(say)
    made.filters["redline"] = redline_filter(say)
    made.filters["in_lines"] = lambda text: Markup(in_lines(text))  # noqa: S704 - escaped there
    made.globals["language"] = language
    made.globals["numbered"] = _numbered()
    return made


def rendered(templates: Environment, folders: Sequence[Path], template: str, **values: Any) -> str:
    """A page made of `template`; Misconfigured (C595, C596, C597) names the file and the line that are at fault.

    An error of another kind in one of the program's own templates is a defect of ours, and stays what it is.
    """
    try:
        return templates.get_template(template).render(**values)
    except TemplateNotFound as error:
        raise Misconfigured.of(
            "C597",
            msg("The template {name} is needed and is in none of the folders of templates.", name=str(error.name)),
            msg("The published site stays as it was. Correct the name, or put the file into site/templates."),
            _place(error, folders),
        ) from error
    except TemplateSyntaxError as error:
        place = Place(path=_named(error.filename or template, folders), line=error.lineno)
        raise Misconfigured.of(
            "C595",
            msg("The template cannot be read: {reason}", reason=error.message or ""),
            msg("The published site stays as it was. Correct the file, or remove it to use the program's own."),
            place,
        ) from error
    except Exception as error:
        place = _place(error, folders)
        if not isinstance(error, TemplateError) and not _own(place, folders):
            raise
        raise Misconfigured.of(
            "C596",
            msg("The template cannot be filled in: {reason}", reason=str(error)),
            msg(
                "The published site stays as it was. Use only what the program's own template of that name uses and "
                "offers, or remove the file."
            ),
            place,
        ) from error


def _place(error: Exception, folders: Sequence[Path]) -> Place:
    """The innermost line of a template that the error came through."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(".j2")]
    return Place(path=_named(frames[-1].filename, folders), line=frames[-1].lineno or 0) if frames else Place()


def _named(file: str, folders: Sequence[Path]) -> str:
    """A workspace's file as site/templates/…; the program's own by its whole path."""
    for folder in folders[:-1]:
        if Path(file).is_relative_to(folder):
            return Path(file).relative_to(folder.parent).as_posix()
    return file


def _own(place: Place, folders: Sequence[Path]) -> bool:
    """Whether a place is in the workspace and not in the program."""
    return bool(place.path) and not Path(place.path).is_relative_to(folders[-1])


#: Stand in a fragment for the number of a change, the one before and the one after; no text can hold them, for
#: CommonMark (2.3) replaces U+0000.
_THIS, _BEFORE, _AFTER = "\0=", "\0-", "\0+"
_PLACES: Final = re.compile("(\0[-=+])")
#: So many changes are kept as HTML, some megabytes.
_MOST_CHANGES: Final = 4096


def _numbered() -> Callable[..., Markup]:
    """A macro of one change, for each of many: made once wherever the change stands, for only its number differs.

    `last`: the number of the last change, where each names the one before and the one after.
    """
    known: dict[tuple[str, int, bool, bool, bool], tuple[object, list[str]]] = {}

    def parts_of(macro: Callable[..., str], change: ChangeView, last: int) -> list[str]:
        """What the macro makes of a change, divided where numbers stand."""
        number = change.number
        key = (getattr(macro, "name", ""), id(change.content), number == 1, number < last, number == last)
        _, parts = known.get(key, (None, None))
        if parts is None:
            if len(known) >= _MOST_CHANGES:
                known.clear()
            place = (_THIS, _BEFORE if number > 1 else "", _AFTER if number < last else "")
            parts = _PLACES.split(str(macro(change, place)))
            # With what it shows, so that nothing else can come to stand in its place.
            known[key] = change.content, parts
        return parts

    def numbered(macro: Callable[..., str], changes: Iterable[ChangeView], last: int) -> Markup:
        found: list[str] = []
        for change in changes:
            number = change.number
            numbers = {_THIS: str(number), _BEFORE: str(number - 1), _AFTER: str(number + 1)}
            found.append("".join([numbers.get(part, part) for part in parts_of(macro, change, last)]))
        return Markup("\n".join(found))  # noqa: S704 - made by a template

    return numbered


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

"""Jinja set up so that a forgotten value or an unescaped word is an error, not a blank or a hole."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from markupsafe import Markup

from publisher.errors import Misconfigured, Place
from publisher.messages import Translator, msg, translator
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
#: So many changes are kept as HTML, some megabytes.
_MOST_CHANGES: Final = 4096


def _numbered() -> Callable[..., Markup]:
    """A macro of one change, made once however many comparisons the change stands in; only its number differs."""
    known: dict[tuple[Any, ...], str] = {}

    def numbered(macro: Callable[..., str], change: Any, last: int, *values: str) -> Markup:
        number = change.number
        place = (_THIS, _BEFORE if number > 1 else "", _AFTER if number < last else "")
        shown = (change.clause, change.kind, change.runs, change.note, change.was, change.layout)
        key = (getattr(macro, "name", ""), place, shown, values)
        made = known.get(key)
        if made is None:
            if len(known) >= _MOST_CHANGES:
                known.clear()
            made = known[key] = str(macro(change, place, *values))
        numbers = ((_THIS, number), (_BEFORE, number - 1), (_AFTER, number + 1))
        for mark, n in numbers:
            made = made.replace(mark, str(n))
        return Markup(made)  # noqa: S704 - made by a template, which escapes

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

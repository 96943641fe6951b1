"""Clauses as HTML. Whatever a text contains, nothing active comes out."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from functools import cache
from itertools import count
from typing import Any, Final, cast

import nh3
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup, escape

from publisher.texts.document import Clause
from publisher.texts.markup import markdown
from publisher.texts.targets import allowed_target, elsewhere

_TAGS: Final = frozenset(
    [
        "a",
        "blockquote",
        "br",
        "code",
        "div",
        "em",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "section",
        "span",
        "strong",
        "sup",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
_ATTRIBUTES: Final = {
    "a": {"href", "id", "class"},
    "li": {"id", "class"},
    "ol": {"start", "class"},
    "section": {"class"},
    "hr": {"class"},
    "sup": {"class"},
    "td": {"class"},
    "th": {"class", "scope"},
    "code": {"class"},
    "div": {"class", "role", "tabindex", "aria-label"},
}
#: Stands in the ids of notes, which are numbered through the text: no clause can be called so.
_NOTES: Final = "_"


def clause_html(clause: Clause, base_path: str = "", table_name: str = "") -> Markup:
    """What belongs to a clause, without its heading.

    `table_name`: what a table is called where it has to be scrolled; a screen reader says it.
    """
    reader = markdown()
    tokens = [_safe(token, base_path) for token in clause.tokens]
    html = _renderer().render(tokens, reader.options, {"docId": _NOTES, "table_name": table_name, "tables": count(1)})
    return Markup(  # noqa: S704 - cleaned by nh3 against a short list of tags and attributes
        nh3.clean(
            html,
            tags=set(_TAGS),
            attributes={k: set(v) for k, v in _ATTRIBUTES.items()},
            url_schemes={"https", "http", "mailto", "tel"},
            link_rel=None,
        )
    )


#: Where something of a token is not shown as it was read; copying the others would be most of the work.
_LOOKED_AT: Final = frozenset(["link_open", "image", "td_open", "th_open"])


def _safe(token: Token, base_path: str) -> Token:
    """The token as it may be shown: pictures as their words, links only to where links may lead."""
    if token.children and any(child.type in _LOOKED_AT for child in token.children):
        return token.copy(children=list(_safe_words(token.children, base_path)))
    if token.type not in _LOOKED_AT:
        return token
    if token.type == "link_open":
        target = str(token.attrs.get("href", ""))
        if not allowed_target(target):
            return token.copy(attrs={})
        return token.copy(attrs={"href": base_path + target}) if target.startswith("/") else token
    if token.type == "image":
        return Token("text", "", 0, content=token.content)
    align = str(token.attrs.get("style", "")).removeprefix("text-align:")
    attrs: dict[str, str | int | float] = {"class": f"align-{align}"} if align else {}
    return token.copy(attrs=attrs | ({"scope": "col"} if token.type == "th_open" else {}))


def _safe_words(children: Sequence[Token], base_path: str) -> Iterator[Token]:
    """The same for what stands in a line; behind a link whose words name another place, where it really leads."""
    opened: tuple[int, str] = (0, "")
    for at, child in enumerate(children):
        yield _safe(child, base_path)
        if child.type == "link_open":
            opened = at, str(child.attrs.get("href", ""))
        elif child.type == "link_close" and allowed_target(opened[1]):
            words = "".join(each.content for each in children[opened[0] : at])
            leads = elsewhere(words, opened[1])
            if leads:
                yield Token("text", "", 0, content=f" [{leads}]")


@cache
def _renderer() -> RendererHTML:
    """The reader's renderer, with footnotes; raw HTML, which the reader never yields, would be shown as text."""
    renderer: Any = RendererHTML()
    made: Any = markdown().renderer
    renderer.rules |= made.rules
    renderer.rules["table_open"] = _table_open
    renderer.rules["table_close"] = _table_close
    renderer.rules["html_block"] = renderer.rules["html_inline"] = _escaped
    return cast("RendererHTML", renderer)


def _escaped(tokens: Sequence[Token], index: int, _options: OptionsDict, _environment: MutableMapping[str, Any]) -> str:
    return str(escape(tokens[index].content))


def _table_open(
    _tokens: Sequence[Token], _index: int, _options: OptionsDict, environment: MutableMapping[str, Any]
) -> str:
    """A table on a narrow screen is scrolled in a region of its own, which the keyboard reaches."""
    number = next(environment["tables"])
    name = escape(f"{environment['table_name']} ({number})" if number > 1 else environment["table_name"])
    return f'<div class="scroll" role="region" tabindex="0" aria-label="{name}">\n<table>\n'


def _table_close(
    _tokens: Sequence[Token], _index: int, _options: OptionsDict, _environment: MutableMapping[str, Any]
) -> str:
    return "</table>\n</div>\n"

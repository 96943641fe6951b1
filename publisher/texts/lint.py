"""What a single text must not contain, and what a careful colleague would remark on.

In: a parsed text. Out: problems, each with its line; "error" stops a publication. What can hide in the bytes
is found before, by `source.read_source`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import Final

from publisher.errors import Place, Problem
from publisher.messages import msg
from publisher.texts.document import Block, Document, Link
from publisher.texts.lint_content import content
from publisher.texts.lint_dates import dates
from publisher.texts.lint_form import form
from publisher.texts.lint_korean import korean
from publisher.texts.lint_links import links
from publisher.texts.lint_marks import marks
from publisher.texts.lint_references import references
from publisher.texts.lint_sentences import sentences_of
from publisher.texts.remarks import blocks, capped
from publisher.texts.targets import SCHEME, allowed_target, elsewhere, only_an_address, proper_id
from publisher.texts.visible import visible

_HTML: Final = re.compile(
    r"<(?:/?[a-zA-Z][a-zA-Z0-9-]*(?:[\s/][^<>]*)?|!--(?:(?!<!--).)*?--|![A-Z][^<>]*|\?[^<>]*)>", re.DOTALL
)
_PLACEHOLDER_DATE: Final = re.compile(
    r"\d{4}\s?년\s?0{1,2}\s?월|\b0{1,2}\s?월\s?0{0,2}\s?일|\bYYYY\b|\b0000-00-00\b|\d{4}-00-\d\d|\d{4}-\d\d-00"
    r"|[\[(<]\s?(?:insert |effective )?date\s?[\])>]|\bTBD\b|[○◯OＯ]{2,4}년\s?[○◯OＯ]{1,2}월",
    re.IGNORECASE,
)


def lint(
    document: Document,
    place: Place,
    *,
    ids_required: bool = True,
    language: str = "",
    kind: str = "",
) -> list[Problem]:
    """What stops a publication (P103, P107, P108, P130, P132, P147, P148, L-DATE-PLACEHOLDER), then remarks.

    Each of both in reading order.

    `ids_required`: a clause without an id is an error, as it must be where languages are held together by ids.
    `language` ("en", "ko") and `kind` ("privacy", "terms", "annex"): rules that depend on one are silent where it
    is not given.
    """
    found = list(_ids(document, place, ids_required))
    for block, at in blocks(document, place):
        found += _markup(block, at)
        found += _links(block, at)
        found += _dates(block, at)
    return found + capped(
        chain(
            form(document, place, language),
            dates(document, place),
            links(document, place),
            references(document, place),
            marks(document, place),
            sentences_of(document, place),
            korean(document, place, language, kind),
            content(document, place, language, kind),
        )
    )


def _ids(document: Document, place: Place, required: bool) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for clause in document.clauses:
        at = Place(
            path=place.path,
            policy=place.policy,
            language=place.language,
            clause=clause.name,
            line=clause.line,
        )
        if clause.id in seen:
            yield Problem(
                code="P103",
                message=msg(
                    "The id {id} stands at two headings (lines {first:id} and {second:id}), so a link to it "
                    "could mean either.",
                    id=clause.id,
                    first=seen[clause.id],
                    second=clause.line,
                ),
                hint=msg("Give the new clause an id of its own, the same in every language."),
                place=at,
            )
        elif clause.id and not proper_id(clause.id):
            yield Problem(
                code="P108",
                message=msg("The id {id} has letters that an address on the site cannot have.", id=clause.id),
                hint=msg("Use small letters a-z, digits and hyphens, beginning with a letter: {{#retention}}"),
                place=at,
            )
        elif not clause.id and clause.level:
            yield Problem(
                code="P107",
                severity="error" if required else "warning",
                message=msg(
                    "The heading “{title}” has no id, so it cannot be matched with the same clause in the "
                    "other language.",
                    title=clause.name,
                ),
                hint=msg(
                    "Write an id at its end, the same in every language: {heading} {{#retention}}",
                    heading=clause.name,
                ),
                place=at,
            )
        if clause.id:
            seen.setdefault(clause.id, clause.line)


def _markup(block: Block, place: Place) -> Iterator[Problem]:
    match = _HTML.search(block.text) if block.kind != "code" else None
    if match:
        yield Problem(
            code="P130",
            message=msg("HTML is not allowed in a policy text: {html}", html=match.group()[:60]),
            hint=msg("Write it in Markdown, or delete it."),
            place=place,
        )
    hidden = next((c for c in block.text if visible(c) != c), "") if visible(block.text) != block.text else ""
    if hidden:
        yield Problem(
            code="P148",
            message=msg("A character stands here that cannot be seen ({name}).", name=visible(hidden)),
            hint=msg("Delete it, or the sign for it (&…;), and commit again."),
            place=place,
        )


def _links(block: Block, place: Place) -> Iterator[Problem]:
    for link in block.links:
        if link.image:
            yield _image(link, place)
        elif not allowed_target(link.target):
            yield Problem(
                code="P130",
                message=msg(
                    "The link “{words}” leads to {target}, which is not allowed.",
                    words=link.words,
                    target=link.target[:80] or "…",
                ),
                hint=msg("Link to an https:// address, a mailto: address, a clause (#id) or a page of this site (/…)."),
                place=place,
            )
        elif only_an_address(link.words) and (leads := elsewhere(link.words, link.target)):
            yield Problem(
                code="P147",
                message=msg(
                    "The words of the link are the address {words}, but it leads to {place}.",
                    words=link.words[:80],
                    place=leads[:80],
                ),
                hint=msg("Write the address to which it leads, or say in words what is there."),
                place=place,
            )
        elif link.target.lower().startswith("http:"):
            yield Problem(
                code="L-LINK-HTTP",
                severity="warning",
                message=msg("The link “{words}” is not encrypted (http).", words=link.words),
                hint=msg("Use the https:// address of the same page."),
                place=place,
            )


def _image(link: Link, place: Place) -> Problem:
    if SCHEME.match(link.target) or link.target.startswith("//"):
        return Problem(
            code="P132",
            message=msg("The picture {target} would tell that site who reads this page.", target=link.target[:80]),
            hint=msg("Take the picture out; say in words what it shows."),
            place=place,
        )
    return Problem(
        code="P132",
        message=msg(
            "The text contains a picture ({target}), which cannot be compared or read aloud.",
            target=link.target[:80],
        ),
        hint=msg("Take the picture out; say in words what it shows."),
        place=place,
    )


def _dates(block: Block, place: Place) -> Iterator[Problem]:
    match = _PLACEHOLDER_DATE.search(block.text)
    if match:
        yield Problem(
            code="L-DATE-PLACEHOLDER",
            message=msg("There is a date still to be filled in: {date}", date=match.group()),
            hint=msg("Delete the line: the site prints the dates of announcement and effect by itself."),
            place=place,
        )

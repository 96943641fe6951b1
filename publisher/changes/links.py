"""What it means that a link leads elsewhere (M7, R26).

The words of a link are its readers' reason to follow it: where they name a list, terms, or a way to use a right, what
stands at the other end is part of the policy, and another page is another text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from publisher.changes.sequences import stretches
from publisher.texts.document import Block, Link
from publisher.texts.tokens import folded, sentences

#: Words of links that lead to what is part of the text, or to where a right is used.
_INCLUDED: Final = re.compile(
    r"third[- ]?part|processor|recipient|\blist\b|annex|appendix|schedule|\bterms\b|\bpolic(?:y|ies)\b|agreement"
    r"|addendum|opt[- ]?out|unsubscrib|delet|eras|withdraw|object|your (?:data|rights?)|request"
    r"|제\s?3자|수탁|위탁|목록|명단|현황|별표|약관|방침|수신\s?거부|거부|철회|탈퇴|삭제|열람|정정|신청",
    re.IGNORECASE,
)
#: Words that say nothing of where a link leads; the sentence around them does.
_GENERIC: Final = re.compile(
    r"(?:click |tap )?(?:here|this (?:page|link|form)|link|more|learn more|read more|website|page|form"
    r"|여기(?:에서|를)?|링크|이 링크|바로\s?가기|더\s?알아보기|자세히(?:\s?보기)?)\W*",
    re.IGNORECASE,
)
_LOCALE: Final = re.compile(r"^/[a-z]{2}(?:[-_][a-zA-Z]{2})?(?=/|$)")
_INDEX: Final = re.compile(r"(?:/index)?(?:\.(?:html?|md|php))?/?$")
_COUNTED: Final = re.compile(r"^(?:utm_\w+|as|ref|source|hl|lang|locale)$")


@dataclass(frozen=True, slots=True)
class LinkChange:
    """Links with the same words: whether that only the place of the same page changed is proved."""

    words: str
    before: str
    after: str
    proved: bool


def link_changes(old: Block, new: Block) -> list[LinkChange]:
    """The links whose target changed, came or went, of two blocks."""
    before, after = [_words(link) for link in old.links], [_words(link) for link in new.links]
    found = []
    gone: list[Link] = []
    came: list[Link] = []
    for part in stretches(before, after):
        ours, theirs = old.links[part.old_start : part.old_end], new.links[part.new_start : part.new_end]
        if part.equal:
            pairs = zip(ours, theirs, strict=True)
            found += [_change(a.words, a.target, b.target, new) for a, b in pairs if _page(a.target) != _page(b.target)]
        else:
            gone += ours
            came += theirs
    # of links whose words came or went with them the words themselves are judged
    found += [_change(link.words, link.target, "", new) for link in gone if link.words in new.text]
    found += [_change(link.words, "", link.target, old) for link in came if link.words in old.text]
    return found


def _words(link: Link) -> str:
    return folded(link.words).casefold()


def _page(target: str) -> str:
    """A target without the place inside its page."""
    return target.split("#")[0]


def _change(words: str, before: str, after: str, block: Block) -> LinkChange:
    return LinkChange(words, before, after, _same_page(before, after) or not _telling(words, block, before, after))


def _telling(words: str, block: Block, before: str, after: str) -> bool:
    """Whether the link is one whose other end is part of the text."""
    about = words
    if _GENERIC.fullmatch(words.strip()):
        about = " ".join(s for s in sentences(block.text) if words in s)
    if not _INCLUDED.search(about):
        # a page of this site is known by its address alone
        return before.startswith("/") and after.startswith("/") and bool(_INCLUDED.search(before + after))
    # the last part of an address names the page: it was moved, not exchanged
    named = bool(before and after and _name(before))
    return not (
        named and (_name(before), _site(before), _parts(before)[2]) == (_name(after), _site(after), _parts(after)[2])
    )


def _same_page(before: str, after: str) -> bool:
    """The same page written otherwise: https, www, a language in the path, a counter, a relative address."""
    if not before or not after:
        return False
    (host, path, query), (other_host, other_path, other_query) = _parts(before), _parts(after)
    if query != other_query:
        return False
    if path == other_path:
        return host == other_host or not host or not other_host
    relative = not host and not other_host and not before.startswith("/") and not after.startswith("/")
    return relative and _name(before) == _name(after)


def _parts(target: str) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    try:
        cut = urlsplit(_page(target))
    except ValueError:
        return target, "", ()
    path = _LOCALE.sub("", _INDEX.sub("", cut.path)).rstrip("/")
    query = tuple(pair for pair in parse_qsl(cut.query, keep_blank_values=True) if not _COUNTED.match(pair[0]))
    return cut.netloc.lower().removeprefix("www."), path, query


def _site(target: str) -> str:
    return ".".join(_parts(target)[0].split(".")[-2:])


def _name(target: str) -> str:
    return _parts(target)[1].rsplit("/", 1)[-1]

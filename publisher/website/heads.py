"""What the head of a page tells programs: its own address, the same in other languages, feeds, files, mementos.

Which pages are indexed, and why, stands in docs/decisions/0027.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from publisher.messages import Translator
from publisher.register.versions import Version
from publisher.website import feeds, timemap
from publisher.website.addresses import Addresses
from publisher.website.views import SiteContent

#: What a search engine shows to those whose language the site does not speak.
DEFAULT = "x-default"


@dataclass(frozen=True, kw_only=True, slots=True)
class HeadLink:
    """A `<link>`; what is "" is left out."""

    rel: str
    href: str
    type: str = ""
    hreflang: str = ""
    title: str = ""


def alternates(languages: Sequence[str], paths: Mapping[str, str], default: str = "") -> dict[str, str]:
    """A page in all its languages, itself included, and for everybody else; nothing where it has but one.

    `default` is the page for everybody else: the choice of languages stands for the front pages; every other page is
    offered in the first language of the site that it has, to which old links lead as well.
    """
    ordered = {x: paths[x] for x in languages if x in paths}
    if not default and len(ordered) < 2:
        return {}
    return {**ordered, DEFAULT: default or next(iter(ordered.values()))}


def own_links(content: SiteContent, path: str, paths: Mapping[str, str], default: str = "") -> Iterator[HeadLink]:
    """The page's own address, and its counterparts; `paths` are those of the page by language, its own among them."""
    full = content.addresses.full
    yield HeadLink(rel="canonical", href=full(path))
    for language, there in alternates(content.settings.languages, paths, default).items():
        yield HeadLink(rel="alternate", hreflang=language, href=full(there))


def front_links(content: SiteContent, path: str) -> Iterator[HeadLink]:
    """The same for a page that speaks every language at once; `/` leads to the front page of each."""
    if path == "/":
        return own_links(content, path, {x: Addresses.home(x) for x in content.settings.languages}, path)
    return own_links(content, path, {})


def feed_links(content: SiteContent, language: str, policy: str, say: Translator) -> Iterator[HeadLink]:
    """The feeds of the policy that a page is about, and those of everything."""
    link = content.addresses.link
    about = [policy] if policy and language in content.spoken(policy) else []
    for each in (*about, ""):
        title = say(feeds.Subject.of(content, each).title)
        there = {
            feeds.ATOM_TYPE: Addresses.feed(language, each),
            feeds.JSON_TYPE: Addresses.json_feed(language, each),
            "text/calendar": Addresses.calendar(language, each),
        }
        for kind, address in there.items():
            yield HeadLink(rel="alternate", type=kind, title=title, href=link(address))


def text_links(content: SiteContent, version: Version, language: str, *, dated: bool) -> Iterator[HeadLink]:
    """A text as files, and its place among those that were in force (RFC 7089, 2.2)."""
    link, full, policy = content.addresses.link, content.addresses.full, version.policy
    yield HeadLink(rel="alternate", type="text/markdown", href=link(Addresses.markdown(language, policy, version.id)))
    yield HeadLink(rel="alternate", type="text/plain", href=link(Addresses.plain(language, policy, version.id)))
    if not timemap.is_memento(version):
        return
    if dated:
        yield HeadLink(rel="original", href=full(Addresses.policy(language, policy)))
    else:
        yield HeadLink(rel="memento", href=full(Addresses.version(language, policy, version.id)))
    yield HeadLink(rel="timemap", type=timemap.TYPE, href=full(Addresses.timemap(language, policy)))

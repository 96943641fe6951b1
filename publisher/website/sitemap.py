"""Sitemaps (sitemaps.org 0.9): the pages that a search engine should know, in all their languages.

One file names the pages of the site and of its policies, one each year's notices, so that a new notice changes two
small files however many there are; `/sitemap.xml` lists them. What is in force is named and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from publisher.records import instant_text
from publisher.website.addresses import Addresses
from publisher.website.heads import alternates
from publisher.website.views import SiteContent, notice_of_version
from publisher.website.xml import element, written

#: Addresses in one file. The protocol admits 50,000 and 50 MB: with so many, an address and all its counterparts may
#: take 2 kB, and the longest that this site can make take less.
MOST: Final = 25_000
_PAGES: Final = "pages"
#: Pages of the site as a whole, in every language; the front page besides.
SITE_PAGES: Final[Sequence[Callable[[str], str]]] = (
    Addresses.notices,
    Addresses.about_notices,
    Addresses.accessibility,
)

Files = Iterator[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class _Page:
    """A page in its languages (path by language), and when it changed last."""

    paths: Mapping[str, str]
    changed: datetime | None
    #: the page for those who read none of them; "" where it is one of `paths`
    default: str = ""


def front_part(content: SiteContent) -> Files:
    """The list of all sitemaps, and the one of every page that is no notice."""
    pages = _site_pages(content)
    root = element(None, "sitemapindex", xmlns="http://www.sitemaps.org/schemas/sitemap/0.9")
    # The front page, which stands first, speaks of everything.
    parts = [(_PAGES, len(pages), pages[0].changed)]
    for year, versions in content.notices_by_year.items():
        parts.append((str(year), len(versions) + 1, content.register.last_changed(*versions)))
    for name, count, changed in parts:
        for part in _names(content, name, count):
            listed = element(root, "sitemap")
            element(listed, "loc", content.addresses.full(Addresses.sitemap(part)))
            if changed:
                element(listed, "lastmod", instant_text(changed))
    yield Addresses.sitemap(), written(root)
    yield from _files(content, _PAGES, pages)


def year_part(content: SiteContent, year: int) -> Files:
    """The notices of a year."""
    return _files(content, str(year), list(_notices(content, year)))


def _site_pages(content: SiteContent) -> list[_Page]:
    everything = [v for policy in content.policies for v in content.public(policy)]
    changed = content.register.last_changed(*everything)
    languages = content.settings.languages
    found = [_Page({x: Addresses.home(x) for x in languages}, changed, "/")]
    found += [_Page({x: address(x) for x in languages}, changed) for address in SITE_PAGES]
    for policy in content.policies:
        changed = content.register.last_changed(*content.public(policy))
        found.append(_Page({x: Addresses.history(x, policy) for x in languages}, changed))
        if content.register.in_force(policy):
            spoken = content.languages(content.current(policy))
            found.append(_Page({x: Addresses.policy(x, policy) for x in spoken}, changed))
    found.append(_Page({"": Addresses.verify()}, None))
    return found


def _notices(content: SiteContent, year: int) -> Iterator[_Page]:
    languages, versions = content.settings.languages, content.notices_by_year[year]
    last = content.register.last_changed
    yield _Page({x: Addresses.notices_of_year(x, year) for x in languages}, last(*versions))
    for version in versions:
        yield _Page({x: Addresses.notice(x, notice_of_version(version)) for x in languages}, last(version))


def _names(content: SiteContent, name: str, count: int) -> list[str]:
    """The names of the files that `count` pages take."""
    files = -(-count // _in_one(content))
    return [name, *(f"{name}-{number}" for number in range(2, files + 1))]


def _in_one(content: SiteContent) -> int:
    """So many pages stand in one file; the choice of languages counts as one more language."""
    return MOST // (len(content.settings.languages) + 1)


def _files(content: SiteContent, name: str, pages: Sequence[_Page]) -> Files:
    most = _in_one(content)
    for number, part in enumerate(_names(content, name, len(pages))):
        yield Addresses.sitemap(part), _sitemap(content, pages[number * most : (number + 1) * most])


def _sitemap(content: SiteContent, pages: Sequence[_Page]) -> bytes:
    root = element(
        None,
        "urlset",
        xmlns="http://www.sitemaps.org/schemas/sitemap/0.9",
        **{"xmlns:xhtml": "http://www.w3.org/1999/xhtml"},
    )
    full = content.addresses.full
    for page in pages:
        same = alternates(content.settings.languages, page.paths, page.default)
        for path in dict.fromkeys([*page.paths.values(), *same.values()]):
            url = element(root, "url")
            element(url, "loc", full(path))
            if page.changed:
                element(url, "lastmod", instant_text(page.changed))
            for language, there in same.items():
                element(url, "xhtml:link", rel="alternate", hreflang=language, href=full(there))
    return written(root)

"""Every address of a built site followed, offline: in pages, feeds, calendars, sitemaps, TimeMaps, plain texts.

An address of ours has to be a file of the site, and what stands behind its `#` an id on that page. `dead_links` says
which are not; `one_way` says which pages name a counterpart in another language that does not name them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from icalendar import Calendar
from lxml import etree, html

_ATTRIBUTES = "//@href | //@src | //@action | //@cite | //@data | //@poster | //@srcset"


@dataclass(frozen=True)
class Link:
    """An address as it stands in a file, and in full."""

    #: path of the file below the root of the site
    file: str
    written: str
    full: str
    #: it stands in the words of a policy, which we did not write
    in_text: bool = False


@dataclass(frozen=True)
class BuiltSite:
    """A site in a folder, as it is published at `base_url` (without a slash at its end)."""

    root: Path
    base_url: str
    _ids: dict[str, frozenset[str]] = field(default_factory=dict)

    @cached_property
    def files(self) -> list[str]:
        root = self.root.resolve()
        return sorted(f.relative_to(root).as_posix() for f in root.rglob("*") if f.is_file())

    @cached_property
    def pages(self) -> dict[str, Any]:
        """Every page, parsed, by the path of its file."""
        return {f: html.fromstring(self.read(f)) for f in self.files if f.endswith(".html")}

    def read(self, file: str) -> bytes:
        return (self.root / file).read_bytes()

    def address(self, file: str) -> str:
        """The address in full at which a file is published."""
        return f"{self.base_url}/{file.removesuffix('index.html')}"

    def file_of(self, address: str) -> str | None:
        """The file that answers at an address; None where it is not ours."""
        ours, here = urlsplit(self.base_url), urlsplit(address)
        if here.scheme not in {"http", "https"} or here.hostname != ours.hostname:
            return None
        if not here.path.startswith(ours.path + "/"):
            return "(outside the site) " + here.path
        path = unquote(here.path.removeprefix(ours.path + "/"))
        return path + "index.html" if not path or path.endswith("/") else path

    def links(self) -> Iterator[Link]:
        """Every address in every file."""
        for file in self.files:
            if file.startswith("verify/versions/"):
                continue  # sources, which are not for following
            for written, in_text in _written(self, file):
                yield Link(file, written, urljoin(self.address(file), written), in_text)

    def answers(self, link: Link) -> bool:
        """Whether an address of ours leads somewhere; all others do, as far as we can know offline."""
        file = self.file_of(link.full)
        if file is None:
            return True
        if not (self.root / file).is_file():
            return False
        fragment = unquote(urlsplit(link.full).fragment)
        return not fragment or fragment in self._ids_of(file)

    def _ids_of(self, file: str) -> frozenset[str]:
        if file not in self._ids:
            self._ids[file] = frozenset(self.pages[file].xpath("//@id")) if file in self.pages else frozenset()
        return self._ids[file]

    def alternates(self, file: str) -> dict[str, str]:
        """The counterparts that a page names, by language."""
        return {x.get("hreflang"): x.get("href") for x in self.pages[file].xpath("//head/link[@hreflang]")}


def dead_links(site: BuiltSite, *, texts: bool = True) -> list[Link]:
    """Addresses of ours that lead nowhere; `texts`: those in the words of policies as well."""
    return [link for link in site.links() if (texts or not link.in_text) and not site.answers(link)]


def one_way(site: BuiltSite) -> list[tuple[str, str]]:
    """Pages, and counterparts that do not name the very same set of pages in all languages; and pages that name
    counterparts but not themselves.
    """
    found = []
    for file in site.pages:
        named = site.alternates(file)
        if named and site.address(file) not in named.values():
            found.append((file, "itself"))
        for address in named.values():
            other = site.file_of(address)
            if other not in site.pages or site.alternates(other) != named:
                found.append((file, address))
    return found


def _written(site: BuiltSite, file: str) -> Iterator[tuple[str, bool]]:
    """The addresses that a file contains, and whether each stands in the words of a policy."""
    data = site.read(file)
    match file.rpartition(".")[2]:
        case "html":
            page = site.pages[file]
            # Kept as long as they are compared: lxml makes an element anew for whoever asks when nobody holds it.
            in_text = page.xpath("//*[contains(concat(' ', @class, ' '), ' policy ')]//*[@href]")
            known = {id(x) for x in in_text}
            for value in page.xpath(_ATTRIBUTES):
                yield str(value), id(value.getparent()) in known
        case "atom" | "xml":
            root = etree.fromstring(data)
            yield from ((str(x), False) for x in root.xpath("//@href"))
            yield from ((x.text, False) for x in root.iter("{*}loc"))
        case "json" if not file.startswith("verify/"):
            feed = json.loads(data)
            yield from ((feed[key], False) for key in ("home_page_url", "feed_url"))
            yield from ((item["url"], False) for item in feed["items"])
        case "ics":
            for part in Calendar.from_ical(data).walk():
                yield from ((str(part[key]), False) for key in ("URL", "SOURCE") if key in part)
        case "link":
            yield from ((x, False) for x in re.findall(r"<([^>]*)>", data.decode("ascii")))
        case "txt" if file == "robots.txt":
            yield from ((x, False) for x in re.findall(r"^Sitemap: (\S+)$", data.decode("ascii"), re.MULTILINE))
        case "txt":
            ours = re.escape(site.base_url) + r"/[^\s()|]*"
            yield from ((x, True) for x in re.findall(ours, data.decode("utf-8")))

"""Every address of the site, made in one place. An address that was ever published answers for ever."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import quote, urlsplit

#: Stands for the text in force in the address of a comparison.
CURRENT: Final = "current"


_PLAIN: Final = re.compile(r"[A-Za-z0-9/#.~_-]*")


def _quoted(path: str) -> str:
    return path if _PLAIN.fullmatch(path) else quote(path, safe="/#.~-_")


@cache
def _path_of(base_url: str) -> str:
    return urlsplit(base_url).path


@dataclass(frozen=True, slots=True)
class Addresses:
    """Paths on the site, and full addresses for mails and feeds."""

    #: without a slash at the end
    base_url: str

    def link(self, path: str) -> str:
        """`path` as a link within the site."""
        return _quoted(_path_of(self.base_url) + path)

    def full(self, path: str) -> str:
        """`path` as an address for whoever reads elsewhere."""
        return self.base_url + _quoted(path)

    @staticmethod
    def home(language: str) -> str:
        return f"/{language}/"

    @staticmethod
    def policy(language: str, policy: str) -> str:
        return f"/{language}/{policy}/"

    @staticmethod
    def version(language: str, policy: str, version: str) -> str:
        return f"/{language}/{policy}/v/{version}/"

    @staticmethod
    def pdf(language: str, policy: str, version: str) -> str:
        return f"/{language}/{policy}/v/{version}/{policy}-{version}-{language}.pdf"

    @staticmethod
    def history(language: str, policy: str) -> str:
        return f"/{language}/{policy}/history/"

    @staticmethod
    def comparison(language: str, policy: str, old: str, new: str) -> str:
        return f"/{language}/{policy}/compare/{old}..{new}/"

    @staticmethod
    def with_current(language: str, policy: str, old: str) -> str:
        """An older version compared with whichever is in force: the same address whichever it is."""
        return Addresses.comparison(language, policy, old, CURRENT)

    @staticmethod
    def clause(language: str, policy: str, clause: str) -> str:
        return f"/{language}/{policy}/changes/{clause}/"

    @staticmethod
    def notices_of_year(language: str, year: int) -> str:
        return f"/{language}/notices/{year}/"

    @staticmethod
    def notices(language: str) -> str:
        return f"/{language}/notices/"

    @staticmethod
    def notice(language: str, notice: str) -> str:
        return f"/{language}/notices/{notice}/"

    @staticmethod
    def notice_calendar(language: str, notice: str) -> str:
        return f"{Addresses.notice(language, notice)}notice.ics"

    @staticmethod
    def about_notices(language: str) -> str:
        return f"/{language}/about-notices/"

    @staticmethod
    def accessibility(language: str) -> str:
        return f"/{language}/accessibility/"

    @staticmethod
    def feed(language: str, policy: str = "") -> str:
        """The Atom feed of a policy, or of everything."""
        return f"{Addresses._of(language, policy)}feed.atom"

    @staticmethod
    def json_feed(language: str, policy: str = "") -> str:
        """The JSON feed of a policy, or of everything."""
        return f"{Addresses._of(language, policy)}feed.json"

    @staticmethod
    def calendar(language: str, policy: str = "") -> str:
        """The calendar of a policy, or of everything."""
        return f"{Addresses._of(language, policy)}calendar.ics"

    @staticmethod
    def _of(language: str, policy: str) -> str:
        return Addresses.policy(language, policy) if policy else Addresses.home(language)

    @staticmethod
    def timemap(language: str, policy: str) -> str:
        """Where a program finds every text that was ever in force (RFC 7089)."""
        return f"/{language}/{policy}/timemap.link"

    @staticmethod
    def markdown(language: str, policy: str, version: str) -> str:
        """The Markdown of a version, whose SHA-256 is the version's fingerprint."""
        return f"{Addresses.version(language, policy, version)}{policy}-{version}-{language}.md"

    @staticmethod
    def plain(language: str, policy: str, version: str) -> str:
        """The same as plain text."""
        return f"{Addresses.version(language, policy, version)}{policy}-{version}-{language}.txt"

    @staticmethod
    def sitemap(part: str = "") -> str:
        """The list of all sitemaps, or one of them."""
        return f"/sitemap-{part}.xml" if part else "/sitemap.xml"

    @staticmethod
    def old_link(policy: str) -> str:
        """Where links of former sites lead, with `?v=YYYYMMDD` (`old_links`); the same for all languages."""
        return f"/policies/{policy}/"

    @staticmethod
    def verify() -> str:
        return "/verify/"

"""Feeds of what happened: Atom (RFC 4287) and JSON Feed 1.1, of everything and of each policy."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from publisher.messages import Message, msg, translator
from publisher.records import instant_text
from publisher.register.versions import Version
from publisher.website.addresses import Addresses
from publisher.website.happenings import FeedEntry, entries
from publisher.website.views import SiteContent
from publisher.website.xml import element, written

ATOM_TYPE: Final = "application/atom+xml"
JSON_TYPE: Final = "application/feed+json"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a feed or a calendar is about: one policy, or everything where `policy` is ""."""

    policy: str
    title: Message
    versions: Iterable[Version]
    #: the languages in which there is one
    languages: list[str]

    @classmethod
    def of(cls, content: SiteContent, policy: str = "") -> Subject:
        organisation = content.settings.organisation
        if not policy:
            title = msg("{organisation}: policies and their changes", organisation=organisation)
            return cls("", title, content.register.versions, list(content.settings.languages))
        named = content.title(content.current(policy))
        title = msg("{organisation}: {title} and its changes", organisation=organisation, title=named)
        return cls(policy, title, content.public(policy), content.spoken(policy))

    def page(self, language: str) -> str:
        """The page with everything of which the feed names the newest."""
        return Addresses.history(language, self.policy) if self.policy else Addresses.notices(language)


def feed_files(content: SiteContent, language: str, policy: str = "") -> Iterator[tuple[str, bytes]]:
    """Both feeds of a policy, or of everything, at their addresses."""
    subject = Subject.of(content, policy)
    found = entries(content, subject.versions, language)
    yield Addresses.feed(language, policy), _atom(content, language, subject, found)
    yield Addresses.json_feed(language, policy), _json_feed(content, language, subject, found)


def _atom(content: SiteContent, language: str, subject: Subject, found: Sequence[FeedEntry]) -> bytes:
    say, site, policy = translator(language), content.addresses, subject.policy
    feed = element(None, "feed", xmlns="http://www.w3.org/2005/Atom", **{"xml:lang": language})
    own = site.full(Addresses.feed(language, policy))
    element(feed, "id", own)
    element(feed, "title", say(subject.title))
    element(feed, "updated", instant_text(max((e.updated for e in found), default=datetime(1970, 1, 1, tzinfo=UTC))))
    author = element(feed, "author")
    element(author, "name", content.settings.organisation[language])
    element(feed, "link", rel="self", href=own, type=ATOM_TYPE, hreflang=language)
    page = site.full(subject.page(language))
    element(feed, "link", rel="alternate", href=page, type="text/html", hreflang=language)
    for other in subject.languages:
        if other != language:
            there = site.full(Addresses.feed(other, policy))
            element(feed, "link", rel="alternate", href=there, type=ATOM_TYPE, hreflang=other)
    for entry in found:
        made = element(feed, "entry")
        element(made, "id", entry.id)
        element(made, "title", entry.title)
        element(made, "published", instant_text(entry.at))
        element(made, "updated", instant_text(entry.updated))
        element(made, "category", term=entry.policy)
        # One alone: of several, readers take the last one, whatever its language.
        element(made, "link", rel="alternate", href=site.full(entry.path), type="text/html", hreflang=language)
        element(made, "content", entry.words, type="text")
    return written(feed)


def _json_feed(content: SiteContent, language: str, subject: Subject, found: Sequence[FeedEntry]) -> bytes:
    """The same as JSON Feed 1.1."""
    say, site, policy = translator(language), content.addresses, subject.policy

    def item(entry: FeedEntry) -> dict[str, Any]:
        return {
            "id": entry.id,
            "url": site.full(entry.path),
            "title": entry.title,
            "content_text": entry.words,
            "date_published": instant_text(entry.at),
            "date_modified": instant_text(entry.updated),
            "language": language,
            "tags": [entry.policy],
        }

    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": say(subject.title),
        "home_page_url": site.full(subject.page(language)),
        "feed_url": site.full(Addresses.json_feed(language, policy)),
        "language": language,
        "authors": [{"name": content.settings.organisation[language]}],
        "items": [item(entry) for entry in found],
    }
    return (json.dumps(feed, ensure_ascii=False, indent=1) + "\n").encode("utf-8")

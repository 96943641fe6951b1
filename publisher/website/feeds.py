"""Feeds (Atom, RFC 4287; JSON Feed 1.1) and a calendar (RFC 5545) of what was announced.

Ids are `tag:` URIs (RFC 4151) whose authority and date never change; dates come from the record, so the same
register gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from publisher.messages import Message, msg, translator
from publisher.notice.wording import level_name
from publisher.records import instant_text
from publisher.register.versions import Version
from publisher.website.addresses import Addresses
from publisher.website.views import SiteContent

_ATOM = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedEntry:
    """One event: a version was announced, or came into force."""

    id: str
    title: Message
    at: datetime
    path: str
    lines: tuple[str, ...]


def _entries(content: SiteContent, language: str) -> list[FeedEntry]:
    found = [e for version in content.register.versions for e in _of_version(content, version, language)]
    return sorted(found, key=lambda e: (e.at, e.id), reverse=True)


def _of_version(content: SiteContent, version: Version, language: str) -> Iterator[FeedEntry]:
    if language not in version.texts or not version.public:
        return
    title = version.record.title[language]
    summary = tuple(version.record.summary.get(language, ()))
    if version.announced_at and not version.first:
        notice = content.notice(version)
        yield FeedEntry(
            id=_tag(content, "announced", version),
            title=notice.heading(),
            at=version.announced_at,
            path=Addresses.notice(language, notice.id),
            lines=(
                version.record.reason.get(language, ""),
                *summary,
                translator(language)(msg("Level: {level}", level=level_name(version.record.level))),
            ),
        )
    if version.in_force_at and not version.withdrawn_at:
        yield FeedEntry(
            id=_tag(content, "in-force", version),
            at=_effect(content, version),
            title=msg("{title}: in force since {effective}", title=title, effective=version.effective),
            path=Addresses.version(language, version.policy, version.id),
            lines=summary,
        )
    if version.withdrawn_at and version.announced_at:
        yield FeedEntry(
            id=_tag(content, "withdrawn", version),
            at=version.withdrawn_at,
            title=msg(
                "{title}: the change announced for {effective} is withdrawn",
                title=title,
                effective=version.effective,
            ),
            path=Addresses.version(language, version.policy, version.id),
            lines=(),
        )


def _effect(content: SiteContent, version: Version) -> datetime:
    return datetime.combine(version.effective, datetime.min.time(), content.zone).astimezone(UTC)


def _tag(content: SiteContent, event: str, version: Version) -> str:
    """The year is that of the version, so that it is known for ever."""
    host = urlsplit(content.settings.base_url).hostname
    return f"tag:{host},{version.effective.year}:{version.policy}/{version.id}/{event}"


def atom(content: SiteContent, language: str) -> bytes:
    """The Atom feed of everything, newest first."""
    from lxml import etree

    say, site = translator(language), content.addresses
    entries = _entries(content, language)
    feed = etree.Element(f"{{{_ATOM}}}feed", nsmap={None: _ATOM})  # type: ignore[dict-item]
    feed.set("{http://www.w3.org/XML/1998/namespace}lang", language)

    def add(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
        element = etree.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
        element.text = text or None
        return element

    add(feed, "id", site.full(Addresses.feed(language)))
    add(feed, "title", say(_feed_title(content)))
    add(feed, "updated", instant_text(entries[0].at if entries else datetime(1970, 1, 1, tzinfo=UTC)))
    add(add(feed, "author"), "name", content.settings.organisation[language])
    add(feed, "link", rel="self", href=site.full(Addresses.feed(language)), type="application/atom+xml")
    add(feed, "link", rel="alternate", href=site.full(Addresses.notices(language)), type="text/html")
    for entry in entries:
        element = add(feed, "entry")
        add(element, "id", entry.id)
        add(element, "title", say(entry.title))
        add(element, "updated", instant_text(entry.at))
        add(element, "link", rel="alternate", href=site.full(entry.path), type="text/html")
        add(element, "content", "\n".join(filter(None, entry.lines)) or say(entry.title), type="text")
    return bytes(etree.tostring(feed, xml_declaration=True, encoding="utf-8", pretty_print=True))


def json_feed(content: SiteContent, language: str) -> bytes:
    """The same as JSON Feed 1.1."""
    say, site = translator(language), content.addresses
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": say(_feed_title(content)),
        "home_page_url": site.full(Addresses.home(language)),
        "feed_url": site.full(Addresses.json_feed(language)),
        "language": language,
        "items": [
            {
                "id": entry.id,
                "url": site.full(entry.path),
                "title": say(entry.title),
                "content_text": "\n".join(filter(None, entry.lines)) or say(entry.title),
                "date_published": instant_text(entry.at),
            }
            for entry in _entries(content, language)
        ],
    }
    return (json.dumps(feed, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _feed_title(content: SiteContent) -> Message:
    return msg("{organisation}: policies and their changes", organisation=content.settings.organisation)


def calendar(content: SiteContent, language: str) -> bytes:
    """All-day events on the days on which announced versions take effect."""
    from icalendar import Calendar, Event

    say, site = translator(language), content.addresses
    made = Calendar()
    made.add("prodid", "-//policy-publisher//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", say(_feed_title(content)))
    for version in sorted(content.notices(), key=lambda v: (v.effective, v.policy, v.id)):
        if language not in version.texts or version.announced_at is None:
            continue
        notice = content.notice(version)
        event = Event()
        event.add("uid", f"{notice.id}@{urlsplit(content.settings.base_url).hostname}")
        event.add("sequence", 1 if version.withdrawn_at else 0)
        event.add("dtstamp", version.withdrawn_at or version.announced_at)
        event.add("dtstart", version.effective)
        event.add("dtend", _next(version.effective))
        event.add("summary", say(notice.heading()))
        event.add("description", "\n".join(version.record.summary.get(language, ())))
        event.add("url", site.full(Addresses.notice(language, notice.id)))
        event.add("status", "CANCELLED" if version.withdrawn_at else "CONFIRMED")
        event.add("transp", "TRANSPARENT")
        made.add_component(event)
    return bytes(made.to_ical())


def _next(day: date) -> date:
    return day + timedelta(days=1)

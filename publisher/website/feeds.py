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

from publisher.messages import Message, Translator, msg, translator
from publisher.notice.wording import Notice, level_name
from publisher.records import instant_text
from publisher.register.journal import Event
from publisher.register.versions import Version
from publisher.website.addresses import Addresses
from publisher.website.views import SiteContent, notice_of_version

_ATOM = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedEntry:
    """One event: a version was announced, postponed, withdrawn, or came into force."""

    id: str
    title: Message
    at: datetime
    #: the moment of the last change of what the entry says
    updated: datetime
    path: str
    lines: tuple[Message | str, ...]
    #: hash of the journal's line about the event
    line: str


def _entries(content: SiteContent, language: str) -> list[FeedEntry]:
    found = [e for version in content.register.versions for e in _of_version(content, version, language)]
    return sorted(found, key=lambda e: (e.at, e.id), reverse=True)


def _of_version(content: SiteContent, version: Version, language: str) -> Iterator[FeedEntry]:
    if language not in version.texts or not version.public:
        return
    notice = content.notice(version)
    summary = tuple(version.record.summary.get(language, ()))
    text = Addresses.version(language, version.policy, version.id)
    about = Addresses.notice(language, notice.id) if notice_of_version(version) else text
    dates = tuple(_dates(notice, version))
    changed = version.amendments[-1].at if version.amendments else version.announced_at
    if version.announced_at and not version.first:
        yield FeedEntry(
            id=_tag(content, "announced", version),
            title=notice.heading(),
            at=version.announced_at,
            updated=changed or version.announced_at,
            path=about,
            lines=(
                *dates,
                version.record.reason.get(language, ""),
                *summary,
                msg("Level: {level}", level=level_name(version.record.level)),
            ),
            line=content.line(version, Event.ANNOUNCED),
        )
    if version.in_force_at and not version.withdrawn_at:
        at = _effect(content, version)
        yield FeedEntry(
            id=_tag(content, "in-force", version),
            at=at,
            updated=at,
            title=msg(
                "{title}: in force since {effective}", title=version.record.title[language], effective=version.effective
            ),
            path=text,
            lines=(*dates, *summary),
            line=content.line(version, Event.IN_FORCE, Event.RECORDED),
        )
    for amendment in notice.amendments:
        # A version can be postponed again, but is withdrawn once.
        event = "withdrawn" if amendment.withdrawn else f"postponed-{amendment.number}"
        yield FeedEntry(
            id=_tag(content, event, version),
            at=amendment.at,
            updated=changed or amendment.at,
            title=amendment.heading(),
            path=about,
            lines=(amendment.sentence(), amendment.reason.get(language, ""), amendment.consequence(), *dates),
            line=amendment.line,
        )


def _dates(notice: Notice, version: Version) -> Iterator[Message]:
    """Every day that was ever said of a version, in the order in which it was said."""
    if version.announced_at and not version.first:
        yield msg("Announced on {day} for {moment}.", day=notice.announced, moment=notice.as_announced().moment())
    for amendment in notice.amendments:
        yield amendment.sentence()


def _content_of(entry: FeedEntry, say: Translator) -> str:
    """What an entry says, one line each, and last the journal's line that vouches for it."""
    lines = [say(line) for line in entry.lines]
    return "\n".join(filter(None, [*dict.fromkeys(lines), f"journal: {entry.line}" if entry.line else ""]))


def _effect(content: SiteContent, version: Version) -> datetime:
    return datetime.combine(version.effective, datetime.min.time(), content.zone).astimezone(UTC)


def _tag(content: SiteContent, event: str, version: Version) -> str:
    """The year is that of the day announced at first, which the version's own id names, so that it never changes."""
    host = urlsplit(content.settings.base_url).hostname
    return f"tag:{host},{version.record.effective.year}:{version.policy}/{version.id}/{event}"


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
    add(feed, "updated", instant_text(max((e.updated for e in entries), default=datetime(1970, 1, 1, tzinfo=UTC))))
    add(add(feed, "author"), "name", content.settings.organisation[language])
    add(feed, "link", rel="self", href=site.full(Addresses.feed(language)), type="application/atom+xml")
    add(feed, "link", rel="alternate", href=site.full(Addresses.notices(language)), type="text/html")
    for entry in entries:
        element = add(feed, "entry")
        add(element, "id", entry.id)
        add(element, "title", say(entry.title))
        add(element, "published", instant_text(entry.at))
        add(element, "updated", instant_text(entry.updated))
        add(element, "link", rel="alternate", href=site.full(entry.path), type="text/html")
        add(element, "content", _content_of(entry, say), type="text")
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
                "content_text": _content_of(entry, say),
                "date_published": instant_text(entry.at),
                "date_modified": instant_text(entry.updated),
            }
            for entry in _entries(content, language)
        ],
    }
    return (json.dumps(feed, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _feed_title(content: SiteContent) -> Message:
    return msg("{organisation}: policies and their changes", organisation=content.settings.organisation)


def calendar(content: SiteContent, language: str) -> bytes:
    """All-day events on the days on which announced versions take effect; every moment is one of the journal's.

    An amendment raises SEQUENCE by one (RFC 5546, 2.1.4), so that a calendar that has the event takes it over.
    """
    from icalendar import Calendar
    from icalendar import Event as CalendarEvent

    say, site = translator(language), content.addresses
    made = Calendar()
    made.add("prodid", "-//policy-publisher//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", say(_feed_title(content)))
    for version in sorted(content.notices(), key=lambda v: (v.effective, v.policy, v.id)):
        if language not in version.texts or version.announced_at is None:
            continue
        notice = content.notice(version)
        event = CalendarEvent()
        event.add("uid", f"{notice.id}@{urlsplit(content.settings.base_url).hostname}")
        changed = version.amendments[-1].at if version.amendments else version.announced_at
        event.add("sequence", len(version.amendments))
        event.add("created", version.announced_at)
        event.add("dtstamp", changed)
        event.add("last-modified", changed)
        event.add("dtstart", version.effective)
        event.add("dtend", _next(version.effective))
        event.add("summary", say(notice.heading()))
        lines = [say(day) for day in _dates(notice, version)]
        line = version.amendments[-1].hash if version.amendments else content.line(version, Event.ANNOUNCED)
        summary = version.record.summary.get(language, ())
        event.add("description", "\n".join([*lines, *summary, f"journal: {line}"]))
        event.add("url", site.full(Addresses.notice(language, notice.id)))
        event.add("status", "CANCELLED" if notice.withdrawn else "CONFIRMED")
        event.add("transp", "TRANSPARENT")
        made.add_component(event)
    return bytes(made.to_ical())


def _next(day: date) -> date:
    return day + timedelta(days=1)

"""Calendars (RFC 5545) of the days on which announced versions take effect: all of them, of a policy, of one notice.

Written here and read back by others in the tests: a library would take longer to load than the site takes to build
(docs/decisions/0027). Every moment is one of the journal's, so the same register gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

from publisher.messages import Translator, translator
from publisher.register.journal import Event
from publisher.register.versions import Version
from publisher.website.addresses import Addresses
from publisher.website.feeds import Subject
from publisher.website.happenings import days_said, last_said
from publisher.website.views import SiteContent, notice_of_version

#: How many of the newest notices a calendar names.
MOST_EVENTS: Final = 50
#: RFC 5545, 3.1: a longer line is folded.
_OCTETS: Final = 75
#: How often a program should ask again; a day is at most a seventh of the shortest notice.
_REFRESH: Final = "P1D"
_ESCAPED: Final = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": "", "\t": " "}
# Other control characters cannot stand in a value (RFC 5545, 3.1).
_ESCAPES: Final = str.maketrans({**{chr(c): "" for c in (*range(32), 127)}, **_ESCAPED})


def calendar(content: SiteContent, language: str, policy: str = "") -> bytes:
    """The newest notices of a policy, or of all, by day of effect; for a program that asks again every day.

    It carries no METHOD, for it is no invitation (RFC 5546) but data to be read (RFC 7986).
    """
    say, site = translator(language), content.addresses
    subject = Subject.of(content, policy)
    told = (v for v in content.notices(policy) if v.announced_at and language in v.texts)
    found = list(islice(told, MOST_EVENTS))
    name, own = _text(say(subject.title)), site.full(Addresses.calendar(language, policy))
    about = [
        f"NAME:{name}",
        f"X-WR-CALNAME:{name}",
        f"URL:{site.full(subject.page(language))}",
        f"SOURCE;VALUE=URI:{own}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{_REFRESH}",
        f"X-PUBLISHED-TTL:{_REFRESH}",
    ]
    return _calendar(content, language, found, about)


def notice_calendar(content: SiteContent, language: str, version: Version) -> bytes:
    """One notice, to be taken into one's own calendar; the event is the very one of the calendars above.

    What was withdrawn before it was announced is in none of them, but a run that was killed may have shown it, and an
    address that was published answers for ever: its event is cancelled.
    """
    return _calendar(content, language, [version], ())


def has_calendar(version: Version, language: str) -> bool:
    """Whether a version has a notice, and so an event, in `language`."""
    return bool(notice_of_version(version)) and language in version.texts


def _calendar(content: SiteContent, language: str, versions: Iterable[Version], about: Sequence[str]) -> bytes:
    say = translator(language)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//policy-publisher//EN", "CALSCALE:GREGORIAN", *about]
    for version in sorted(versions, key=lambda v: (v.effective, v.policy, v.id)):
        lines += _event(content, version, language, say)
    lines.append("END:VCALENDAR")
    return b"".join(map(folded, lines))


def _event(content: SiteContent, version: Version, language: str, say: Translator) -> Iterator[str]:
    """An all-day event. An amendment raises SEQUENCE by one (RFC 5546, 2.1.4), so that a calendar takes it over."""
    notice = content.notice(version)
    announced = version.announced_at or version.frozen_at
    changed = last_said(version) or version.withdrawn_at or announced
    line = (
        version.amendments[-1].hash if version.amendments else content.line(version, Event.ANNOUNCED, Event.WITHDRAWN)
    )
    said = [say(day) for day in days_said(content, notice, version)]
    summary = version.record.summary.get(language, ())
    yield "BEGIN:VEVENT"
    yield f"UID:{notice.id}@{urlsplit(content.settings.base_url).hostname}"
    yield f"SEQUENCE:{len(version.amendments) or int(version.withdrawn_at is not None)}"
    yield f"CREATED:{_moment(announced)}"
    yield f"DTSTAMP:{_moment(changed)}"
    yield f"LAST-MODIFIED:{_moment(changed)}"
    yield f"DTSTART;VALUE=DATE:{_day(version.effective)}"
    yield f"DTEND;VALUE=DATE:{_day(version.effective + timedelta(days=1))}"
    yield f"SUMMARY;LANGUAGE={language}:{_text(say(notice.heading()))}"
    words = "\n".join(filter(None, [*said, *summary, f"journal: {line}"]))
    yield f"DESCRIPTION;LANGUAGE={language}:{_text(words)}"
    yield f"URL:{content.addresses.full(Addresses.notice(language, notice.id))}"
    yield f"STATUS:{'CANCELLED' if notice.withdrawn else 'CONFIRMED'}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _moment(moment: datetime) -> str:
    at = moment.astimezone(UTC)
    return f"{at:%Y%m%dT%H%M%SZ}"


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"


def _text(value: str) -> str:
    """A value of the type TEXT (RFC 5545, 3.3.11)."""
    return value.translate(_ESCAPES)


def folded(line: str) -> bytes:
    """One content line, folded so that no line has more than 75 octets and no character is cut in two."""
    data = line.encode("utf-8")
    lines = []
    start, room = 0, _OCTETS
    while len(data) - start > room:
        end = start + room
        while data[end] & 0xC0 == 0x80:  # the rest of a character that began before
            end -= 1
        lines.append(data[start:end])
        start, room = end, _OCTETS - 1  # the space that says that the line goes on
    lines.append(data[start:])
    return b"\r\n ".join(lines) + b"\r\n"

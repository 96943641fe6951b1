"""What happened to the versions, newest first, in the words that both kinds of feed say.

Ids are `tag:` URIs (RFC 4151) whose authority and date never change; every moment is one of the record's, so the same
register gives the same entries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from publisher.messages import Message, Translator, msg, translator
from publisher.notice.wording import Notice, level_name
from publisher.register.journal import Event
from publisher.register.versions import Version
from publisher.website.addresses import Addresses
from publisher.website.timemap import memento_datetime
from publisher.website.views import SiteContent, notice_of_version

#: How many of the newest a feed names: a reader asks for it again and again, and the history page has the rest.
MOST_ENTRIES: Final = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedEntry:
    """One event: a version was announced, postponed, withdrawn, or came into force."""

    id: str
    policy: str
    title: str
    at: datetime
    #: the moment of the last change of what the entry says
    updated: datetime
    #: where one reads on
    path: str
    #: all that it says, one line each, and last the journal's line that vouches for it
    words: str


class _Happening(NamedTuple):
    """An event before it is put into words, so that only the newest are."""

    at: datetime
    id: str
    version: Version
    #: "announced", "in-force", or "amended"
    what: str
    #: which amendment, counted from 0
    amendment: int = 0


def entries(content: SiteContent, versions: Iterable[Version], language: str) -> list[FeedEntry]:
    """The newest events of `versions` that are published in `language`, newest first."""
    host = urlsplit(content.settings.base_url).hostname or ""
    happened = (x for version in versions if language in version.texts for x in _of_version(content, version, host))
    newest = nlargest(MOST_ENTRIES, happened, key=lambda x: (x.at, x.id))
    say = translator(language)
    return [_entry(content, x, language, say) for x in newest]


def days_said(content: SiteContent, notice: Notice, version: Version) -> Iterator[Message]:
    """Every day that was ever said of a version, in the order in which it was said."""
    if _was_announced(content, version):
        yield msg("Announced on {day} for {moment}.", day=notice.announced, moment=notice.as_announced().moment())
    for amendment in notice.amendments:
        yield amendment.sentence()


def last_said(version: Version) -> datetime | None:
    """When readers were last told something else about an announced version."""
    return version.amendments[-1].at if version.amendments else version.announced_at


def _of_version(content: SiteContent, version: Version, host: str) -> Iterator[_Happening]:
    silent = version.record.level == "none" and not (version.first or version.record.history)
    if silent or not version.public:
        return
    if version.announced_at and _was_announced(content, version):
        yield _Happening(version.announced_at, _tag(host, "announced", version), version, "announced")
    if version.in_force_at and not version.withdrawn_at:
        yield _Happening(memento_datetime(version, content.zone), _tag(host, "in-force", version), version, "in-force")
    for number, amendment in enumerate(version.amendments):
        # A version can be postponed again, but is withdrawn once.
        event = "withdrawn" if amendment.event is Event.WITHDRAWN else f"postponed-{number + 1}"
        yield _Happening(amendment.at, _tag(host, event, version), version, "amended", number)


def _was_announced(content: SiteContent, version: Version) -> bool:
    """Whether readers were told before it applied: a first version may apply from the day on which it is shown."""
    day = content.day(version)
    return bool(version.announced_at and (not version.first or (day and day < version.record.effective)))


def _entry(content: SiteContent, happening: _Happening, language: str, say: Translator) -> FeedEntry:
    version, record = happening.version, happening.version.record
    notice = content.notice(version)
    summary = tuple(record.summary.get(language, ()))
    dates = tuple(days_said(content, notice, version))
    path = Addresses.version(language, version.policy, version.id)
    updated = last_said(version) or happening.at
    title: Message
    lines: tuple[Message | str, ...]
    if happening.what == "in-force":
        title = msg("{title}: in force since {effective}", title=record.title[language], effective=version.effective)
        lines = (*dates, *summary)
        line = content.line(version, Event.IN_FORCE, Event.RECORDED)
        updated = happening.at
    else:
        if notice_of_version(version):
            path = Addresses.notice(language, notice.id)
        if happening.what == "announced":
            level = () if version.first else (msg("Level: {level}", level=level_name(record.level)),)
            title = _first_heading(notice) if version.first and not notice.withdrawn else notice.heading()
            lines = (*dates, record.reason.get(language, ""), *summary, *level)
            line = content.line(version, Event.ANNOUNCED)
        else:
            amendment = notice.amendments[happening.amendment]
            title = amendment.heading()
            lines = (amendment.sentence(), amendment.reason.get(language, ""), amendment.consequence(), *dates)
            line = amendment.line
    return FeedEntry(
        id=happening.id,
        policy=version.policy,
        title=say(title),
        at=happening.at,
        updated=updated,
        path=path,
        # What was postponed says its days twice; they are said once.
        words="\n".join(filter(None, [*dict.fromkeys(map(say, lines)), f"journal: {line}" if line else ""])),
    )


def _first_heading(notice: Notice) -> Message:
    return msg("{title} applies for the first time from {effective}", title=notice.title, effective=notice.effective)


def _tag(host: str, event: str, version: Version) -> str:
    """The year is that of the day announced at first, which the version's own id names, so that it never changes."""
    return f"tag:{host},{version.record.effective.year}:{version.policy}/{version.id}/{event}"

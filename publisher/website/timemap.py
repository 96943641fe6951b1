"""When each text was in force, for programs that look for a page as it was (RFC 7089, Memento).

The page of the text in force is the *original* resource, each dated page of a text that was ever in force a *memento*
of it, and its Memento-Datetime is the moment from which it bound readers. What only waits, or was withdrawn, has never
been what the page showed, and is none.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from publisher.register.versions import Version
from publisher.website.addresses import Addresses
from publisher.website.views import SiteContent

TYPE: Final = "application/link-format"
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def memento_datetime(version: Version, zone: ZoneInfo) -> datetime:
    """The moment from which a version binds readers: 00:00 of its day of effect in the zone of the notices."""
    return _midnight(version.effective, zone)


@lru_cache(8192)
def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, datetime.min.time(), zone).astimezone(UTC)


def http_date(moment: datetime) -> str:
    """`Wed, 09 Dec 2026 15:00:00 GMT`: an instant as HTTP spells it (RFC 9110, 5.6.7), whatever the language here."""
    at = moment.astimezone(UTC)
    return f"{_DAYS[at.weekday()]}, {at:%d} {_MONTHS[at.month - 1]} {at:%Y %H:%M:%S} GMT"


def is_memento(version: Version) -> bool:
    """Whether the dated page of a version shows what the policy's page once showed, or shows now."""
    return version.in_force_at is not None


def mementos(content: SiteContent, policy: str, language: str) -> list[Version]:
    """The texts of a policy that were ever in force, in the order in which they bound readers."""
    return [v for v in content.register.effective(policy) if language in v.texts]


def timemap(content: SiteContent, policy: str, language: str) -> bytes:
    """All mementos of a policy's page, one link a line (RFC 7089, 5; RFC 6690 for the form)."""
    site = content.addresses
    original = site.full(Addresses.policy(language, policy))
    found = mementos(content, policy, language)
    moments = [http_date(memento_datetime(version, content.zone)) for version in found]
    own = site.full(Addresses.timemap(language, policy))
    until = f'; from="{moments[0]}"; until="{moments[-1]}"' if moments else ""
    lines = [f'<{original}>; rel="original"', f'<{own}>; rel="self"; type="{TYPE}"{until}']
    for at, (version, moment) in enumerate(zip(found, moments, strict=True)):
        place = ("first " if at == 0 else "") + ("last " if at == len(found) - 1 else "")
        page = site.full(Addresses.version(language, policy, version.id))
        lines.append(f'<{page}>; rel="{place}memento"; datetime="{moment}"')
    return (",\n".join(lines) + "\n").encode("ascii")

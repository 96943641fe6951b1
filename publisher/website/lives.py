"""What pages say of a version's life: announced, postponed, withdrawn, in force, replaced, and what it follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import takewhile

from publisher.messages import Message
from publisher.notice.wording import Notice
from publisher.register.versions import Version
from publisher.website.views import STATES, SiteContent, notice_of_version


@dataclass(frozen=True, kw_only=True, slots=True)
class LifeView:
    """One version as the pages speak of it; every day in the zone of the notices."""

    version: Version
    notice: Notice
    #: where its notice stands; "" for a first version and for history
    notice_id: str
    state: str
    state_name: Message
    announced: date | None
    replaced_by: Version | None
    #: announced before this one and still waiting when this one was announced
    follows: Version | None
    #: announced while this one was waiting
    followed_by: tuple[Version, ...]
    #: takes effect on the same day, and so replaces it at once
    at_once: Version | None
    #: the text in force, where this one waits and can be compared with it as well
    in_force: Version | None

    @property
    def named_after(self) -> date:
        """The day that its id and its address name: the one announced at first."""
        return self.version.record.effective


def life_of(content: SiteContent, version: Version) -> LifeView:
    """The life of a version that the public may see."""
    register, state = content.register, content.register.state(version)
    current = register.in_force(version.policy)
    return LifeView(
        version=version,
        notice=content.notice(version),
        notice_id=notice_of_version(version),
        state=state,
        state_name=STATES[state],
        announced=content.day(version),
        replaced_by=register.replaced_by(version),
        follows=_follows(content, version),
        followed_by=tuple(v for v in content.following(version) if _follows(content, v) == version),
        at_once=_at_once(content, version),
        in_force=current
        if current
        and state == "upcoming"
        and current.id != version.record.previous
        and content.compared(current, version)
        else None,
    )


def coming(content: SiteContent, policy: str, language: str) -> list[LifeView]:
    """What waits, in order of effect: for the top of every page of the policy."""
    return [life_of(content, v) for v in content.upcoming(policy) if language in v.texts]


def called_off(content: SiteContent, policy: str, language: str) -> list[LifeView]:
    """Announcements withdrawn since the text in force came into force: readers were told of them, and may look.

    By days, for a text of history came into force long before it was put on record.
    """
    current = content.register.in_force(policy)
    return [
        life_of(content, v)
        for v in content.public(policy)
        if language in v.texts
        and v.announced_at
        and v.withdrawn_at
        and not (current and current.effective > v.withdrawn_at.astimezone(content.zone).date())
    ]


def _follows(content: SiteContent, version: Version) -> Version | None:
    before = content.register.find(version.policy, version.record.previous)
    announced = version.announced_at
    if before is None or announced is None or before.announced_at is None:
        return None
    settled = [moment for moment in (before.in_force_at, before.withdrawn_at) if moment and moment <= announced]
    return None if settled else before


def _at_once(content: SiteContent, version: Version) -> Version | None:
    if version.withdrawn_at:
        return None
    # They stand in the order of their effect: those of one day are neighbours.
    later = content.public(version.policy)[content.place(version) + 1 :]
    same_day = takewhile(lambda v: v.effective == version.effective, later)
    return next((v for v in same_day if not v.withdrawn_at), None)

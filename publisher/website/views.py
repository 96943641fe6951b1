"""What the templates are given: plain values made of the register, in one language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from publisher.changes.classify import compare
from publisher.changes.lexicon import lexicon
from publisher.changes.model import Comparison
from publisher.errors import Place
from publisher.messages import Localized, Message, Translator, msg
from publisher.notice.wording import AmendmentNotice, Notice, notice_id
from publisher.register.journal import Entry, Event
from publisher.register.versions import Register, Version
from publisher.texts.document import Document, parse
from publisher.texts.source import read_source
from publisher.website.addresses import Addresses
from publisher.website.prose import clause_html
from publisher.workspace import SiteSettings

STATES: Mapping[str, Message] = {
    "upcoming": msg("not in force yet"),
    "in_force": msg("in force"),
    "superseded": msg("replaced"),
    "withdrawn": msg("withdrawn"),
}


@dataclass(frozen=True, slots=True)
class ClauseView:
    """A clause as it stands on a page."""

    anchor: str
    name: str
    level: int
    html: Markup


@dataclass(frozen=True)
class SiteContent:
    """Everything that the site is made of."""

    settings: SiteSettings
    register: Register
    zone: ZoneInfo
    _documents: dict[tuple[str, str, str], Document] = field(default_factory=dict)

    @cached_property
    def addresses(self) -> Addresses:
        return Addresses(self.settings.base_url)

    def document(self, version: Version, language: str) -> Document:
        """The parsed text; each is parsed once."""
        key = (version.policy, version.id, language)
        if key not in self._documents:
            self._documents[key] = parse(read_source(version.texts[language], Place()).text)
        return self._documents[key]

    def day(self, version: Version) -> date | None:
        """The day of announcement."""
        if version.record.announced:
            return version.record.announced
        shown = version.announced_at or (version.frozen_at if version.withdrawn_at else None)
        return shown.astimezone(self.zone).date() if shown else None

    def public(self, policy: str) -> list[Version]:
        """Versions that the public may see, in order of effect."""
        return [v for v in self.register.of(policy) if v.public]

    @cached_property
    def policies(self) -> list[str]:
        return [p for p in self.register.policies if self.public(p)]

    def upcoming(self, policy: str) -> list[Version]:
        return [v for v in self.public(policy) if self.register.state(v) == "upcoming"]

    def current(self, policy: str) -> Version:
        """The version in force, or the first to come where none is, or else the first that was withdrawn."""
        public = self.public(policy)
        return self.register.in_force(policy) or next((v for v in public if not v.withdrawn_at), public[0])

    def head(self, *versions: Version) -> str:
        """The hash of the journal's last line about any of `versions`; "" where it has none.

        A page that was fetched back shows nothing new: a line that only says so is passed over, for a page that
        changed by being checked would have to be checked again.
        """
        last = [self._last[v.policy, v.id] for v in versions if (v.policy, v.id) in self._last]
        return max(last, key=lambda e: e.seq).hash if last else ""

    @cached_property
    def _last(self) -> dict[tuple[str, str], Entry]:
        return {(e.policy, e.version): e for e in self.register.entries if e.event is not Event.LIVE_CHECKED}

    def line(self, version: Version, *events: Event) -> str:
        """The hash of the journal's line that says the first of `events` that it has of `version`; "" for none."""
        lines = (self._lines.get((version.policy, version.id, event)) for event in events)
        return next(filter(None, lines), "")

    @cached_property
    def _lines(self) -> dict[tuple[str, str, Event], str]:
        return {(e.policy, e.version, e.event): e.hash for e in self.register.entries}

    def notices(self) -> list[Version]:
        """Announced versions that changed something, newest first."""
        found = [v for v in self.register.versions if v.public and not v.first and not v.record.history]
        return sorted(found, key=lambda v: (v.announced_at or v.frozen_at, v.policy, v.id), reverse=True)

    def pairs(self, policy: str) -> list[tuple[Version, Version]]:
        """The comparisons that are kept for ever: with the version announced before, with the neighbour, and
        from every older version to each that came into force (it was "the current one" once).
        """
        return self._pairs[policy]

    @cached_property
    def _pairs(self) -> dict[str, list[tuple[Version, Version]]]:
        """Worked out once, for every page asks."""
        return {policy: self._pairs_of(policy) for policy in self.policies}

    def _pairs_of(self, policy: str) -> list[tuple[Version, Version]]:
        versions = self.public(policy)
        lasting = [v for v in versions if not v.withdrawn_at]
        found = [(self.register.find(policy, v.record.previous), v) for v in versions if v.record.previous]
        found += self._neighbours(policy, versions)
        found += [(a, b) for i, b in enumerate(lasting) if b.in_force_at for a in lasting[:i]]
        return list({(a.id, b.id): (a, b) for a, b in found if a}.values())

    def _neighbours(self, policy: str, versions: Sequence[Version]) -> Iterator[tuple[Version, Version]]:
        """Versions that follow one another in effect, or once did: a postponement changes who follows whom, and a
        withdrawal leaves a gap, but a comparison that was published keeps its address.
        """
        by_id = {v.id: v for v in versions}
        effective: dict[str, date] = {}
        for entry in self.register.entries:
            version = by_id.get(entry.version) if entry.policy == policy else None
            if version is None:
                continue
            match entry.event:
                case Event.RECORDED | Event.ANNOUNCED:
                    effective[version.id] = version.record.effective
                case Event.POSTPONED:
                    effective[version.id] = date.fromisoformat(entry.data["effective"])
                case Event.WITHDRAWN:
                    effective.pop(version.id, None)
                case _:
                    continue
            yield from pairwise(
                sorted((by_id[id_] for id_ in effective), key=lambda v: (effective[v.id], v.frozen_at, v.id))
            )

    def comparison(self, old: Version, new: Version, language: str) -> Comparison:
        return compare(self.document(old, language), self.document(new, language), lexicon(language), {})

    def notice(self, version: Version) -> Notice:
        return notice_of(version, self.settings, self.zone, announced=self.day(version))


def notice_of(version: Version, settings: SiteSettings, zone: ZoneInfo, *, announced: date | None) -> Notice:
    """The notice of a version, for page, mail, feed and calendar."""
    record = version.record
    return Notice(
        policy=record.policy,
        version=record.id,
        previous=record.previous,
        title=Localized.of(record.title),
        organisation=settings.organisation,
        level=record.level,
        days=record.days,
        announced=announced or record.effective,
        effective=version.effective,
        zone=str(zone),
        counted=record.counted,
        reason=record.reason,
        summary=record.summary,
        findings=record.findings,
        consent=record.consent,
        amendments=_amendment_notices(version, settings, zone),
        withdrawn=version.withdrawn_at.astimezone(zone).date() if version.withdrawn_at else None,
        override=record.override,
    )


def _amendment_notices(version: Version, settings: SiteSettings, zone: ZoneInfo) -> tuple[AmendmentNotice, ...]:
    return tuple(
        AmendmentNotice(
            policy=version.policy,
            version=version.id,
            number=number,
            title=Localized.of(version.record.title),
            organisation=settings.organisation,
            withdrawn=amendment.event is Event.WITHDRAWN,
            at=amendment.at,
            day=amendment.at.astimezone(zone).date(),
            before=amendment.before,
            effective=amendment.effective,
            zone=str(zone),
            reason=amendment.reason,
            line=amendment.hash,
        )
        for number, amendment in enumerate(version.amendments, 1)
    )


def clause_views(document: Document, base_path: str, say: Translator) -> list[ClauseView]:
    """The clauses of a text with their anchors; a clause without an id is reached by its place."""
    return [
        ClauseView(
            anchor=clause.id or f"clause-{i}",
            name=clause.name,
            level=clause.level,
            html=clause_html(document, clause, base_path, say(msg("Table: {clause}", clause=clause.name))),
        )
        for i, clause in enumerate(document.clauses)
    ]


def findings_of(version: Version, language: str) -> Sequence[Mapping[str, Any]]:
    return version.record.findings.get(language, ())


def notice_of_version(version: Version) -> str:
    """The id of the notice that announced a version; "" where it was none."""
    return "" if version.first or version.record.history else notice_id(version.policy, version.id)

"""What the templates are given: plain values made of the register, in one language."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

from markdown_it.token import Token
from markupsafe import Markup

from publisher.changes.align import align
from publisher.changes.edits import Known, edits
from publisher.changes.model import Comparison
from publisher.errors import Place
from publisher.messages import Localized, Message, Translator, msg
from publisher.notice.wording import AmendmentNotice, Notice, notice_id
from publisher.records import canonical_json, fingerprint
from publisher.register.journal import Entry, Event
from publisher.register.versions import Register, Version
from publisher.texts.document import Document, parse
from publisher.texts.markup import DEEPEST
from publisher.texts.pieces import Shared
from publisher.texts.source import read_source
from publisher.texts.targets import proper_id
from publisher.website.addresses import Addresses
from publisher.website.changed import ChangeView, Shown, page_views
from publisher.website.harmless import harmless_text, letter_by_letter
from publisher.website.prose import clause_html
from publisher.workspace import NoticeSettings, SiteSettings

STATES: Mapping[str, Message] = {
    "upcoming": msg("not in force yet"),
    "in_force": msg("in force"),
    "superseded": msg("replaced"),
    "withdrawn": msg("withdrawn"),
}


#: So many parsed texts are kept: a version, the one before and the one in force, each in two languages, and some more.
MOST_DOCUMENTS: Final = 10
#: So many versions before the text in force are compared with it; else each version would cost more than the last.
MOST_COMPARED: Final = 40
#: So many clauses and changes are kept as they are shown, some megabytes.
MOST_KNOWN: Final = 6000


@dataclass(frozen=True, slots=True)
class ClauseView:
    """A clause as it stands on a page."""

    anchor: str
    #: its heading, or where that has no words its anchor
    name: str
    #: as in the text: 0 for what stands before the first heading
    level: int
    #: of its heading on a page, 1 to 6
    rank: int
    html: Markup
    #: "" where none is written, or none by which an address could be made
    id: str


def anchors(document: Document) -> list[str]:
    """What each clause is called in addresses: its own id, or its place where it has none of its own.

    All differ. What a page itself gives a name to has an underscore in it, which no clause has.
    """
    own = {id(clause): name for name, clause in document.by_id().items() if proper_id(name)}
    taken = set(own.values())
    found = []
    for at, clause in enumerate(document.clauses):
        name = own.get(id(clause)) or f"clause-{at}"
        while id(clause) not in own and name in taken:
            name += "-"
        taken.add(name)
        found.append(name)
    return found


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read and found out of the texts of one policy in one language, of which much is the same in each."""

    read: Shared = field(default_factory=Shared)
    between: Known = field(default_factory=dict)
    shown: Shown = field(default_factory=Shown)
    #: a clause as HTML, by the identity of its tokens
    html: dict[int, tuple[tuple[Token, ...], Markup]] = field(default_factory=dict)


@dataclass(frozen=True)
class SiteContent:
    """Everything that the site is made of."""

    settings: SiteSettings
    register: Register
    zone: ZoneInfo
    #: how notices are given, which a page explains
    rules: NoticeSettings = field(default_factory=NoticeSettings)
    _documents: dict[tuple[str, str, str], Document] = field(default_factory=dict)
    _known: dict[tuple[str, str], _Known] = field(default_factory=dict)

    @cached_property
    def addresses(self) -> Addresses:
        return Addresses(self.settings.base_url)

    def document(self, version: Version, language: str) -> Document:
        """The parsed text; the last few are kept, for a version is shown and compared with others."""
        key = (version.policy, version.id, language)
        found = self._documents.pop(key, None)
        if found is None:
            shared = self._of_policy(version.policy, language).read
            shared.spare()
            data = version.texts[language]
            text = harmless_text(read_source(data, Place()).text, data)
            document = parse(text, shared)
            if any(token.level >= DEEPEST - 1 for token in document.tokens):  # what lies deeper was left out
                document = parse(letter_by_letter(data), shared)
            found = document
        self._documents[key] = found
        if len(self._documents) > MOST_DOCUMENTS:
            del self._documents[next(iter(self._documents))]
        return found

    def _of_policy(self, policy: str, language: str) -> _Known:
        """What is known of a policy's texts so far; of other policies it is forgotten, for they share no passages."""
        known = self._known.get((policy, language))
        if known is None or len(known.html) + len(known.shown.views) > MOST_KNOWN:
            for key in [key for key in self._known if key[0] != policy]:
                del self._known[key]
            known = self._known[policy, language] = _Known()
        return known

    def clauses(self, version: Version, language: str, say: Translator) -> list[ClauseView]:
        """The clauses of a text with their anchors; a clause without an id is reached by its place.

        A clause that stands in the next version as it stood in this one is made into HTML once.
        """
        document = self.document(version, language)
        known = self._of_policy(version.policy, language).html
        found: list[ClauseView] = []
        rank = 1
        for clause, anchor in zip(document.clauses, anchors(document), strict=True):
            _, html = known.get(id(clause.tokens), (None, None))
            if html is None:
                table = say(msg("Table: {clause}", clause=clause.name))
                html = clause_html(clause, self.addresses.link(""), table)
                # With the tokens, so that no others can come to stand in their place.
                known[id(clause.tokens)] = clause.tokens, html
            # A page has one heading of the first rank, and no rank is left out below it.
            if clause.level:
                rank = 1 if not found and clause.level == 1 else min(max(clause.level, 2), rank + 1)
            id_ = clause.id if clause.id == anchor else ""
            found.append(ClauseView(anchor, clause.name or anchor, clause.level, rank, html, id_))
        return found

    def day(self, version: Version) -> date | None:
        """The day of announcement."""
        if version.record.announced:
            return version.record.announced
        shown = version.announced_at or (version.frozen_at if version.withdrawn_at else None)
        return shown.astimezone(self.zone).date() if shown else None

    def public(self, policy: str) -> tuple[Version, ...]:
        """Versions that the public may see, in order of effect."""
        return self._public.get(policy, ())

    @cached_property
    def _public(self) -> dict[str, tuple[Version, ...]]:
        return {policy: tuple(v for v in self.register.of(policy) if v.public) for policy in self.register.policies}

    def place(self, version: Version) -> int:
        """Which of the public versions of its policy it is, counted from 0 in order of effect."""
        return self._places[version.policy, version.id]

    @cached_property
    def _places(self) -> dict[tuple[str, str], int]:
        return {(policy, v.id): at for policy, versions in self._public.items() for at, v in enumerate(versions)}

    @cached_property
    def policies(self) -> list[str]:
        return [p for p in self.register.policies if self.public(p)]

    def title(self, version: Version) -> Localized:
        """What readers call the policy, as the version has it."""
        return Localized.of(version.record.title)

    def languages(self, *versions: Version) -> list[str]:
        """The languages of the site in which all of `versions` are published."""
        return [x for x in self.settings.languages if all(x in v.texts for v in versions)]

    def spoken(self, policy: str) -> list[str]:
        """The languages of the site in which a policy has ever been published."""
        return [x for x in self.settings.languages if any(x in v.texts for v in self.public(policy))]

    def following(self, version: Version) -> Sequence[Version]:
        """The public versions that were compared with `version` when they were announced."""
        return self._following.get((version.policy, version.id), ())

    @cached_property
    def _following(self) -> dict[tuple[str, str], list[Version]]:
        found: dict[tuple[str, str], list[Version]] = {}
        for policy, versions in self._public.items():
            for version in versions:
                found.setdefault((policy, version.record.previous), []).append(version)
        return found

    def upcoming(self, policy: str) -> list[Version]:
        return [v for v in self.public(policy) if self.register.state(v) == "upcoming"]

    def current(self, policy: str) -> Version:
        """The version in force, or the first to come where none is, or else the first that was withdrawn."""
        public = self.public(policy)
        return self.register.in_force(policy) or next((v for v in public if not v.withdrawn_at), public[0])

    def head(self, *versions: Version) -> str:
        """The hash of the journal's last line about any of `versions`; "" where it has none."""
        return self.register.last_entry(*versions) if versions else ""

    def lines(self, policy: str) -> str:
        """Stands for everything that is on record about a policy and that a page can show."""
        return self._policy_lines.get(policy, "")

    @cached_property
    def _policy_lines(self) -> dict[str, str]:
        found: dict[str, list[str]] = {}
        for entry in self.register.entries:
            if entry.event is not Event.LIVE_CHECKED:
                found.setdefault(entry.policy, []).append(entry.hash)
        return {policy: fingerprint(canonical_json(hashes)) for policy, hashes in found.items()}

    def stamp(self, version: Version) -> str:
        """Stands for everything that a page can say of a version: its decision and texts, and its life so far."""
        return self._stamps[version.policy, version.id]

    @cached_property
    def _stamps(self) -> dict[tuple[str, str], str]:
        return {(v.policy, v.id): self._stamp(v) for v in self.register.versions}

    def _stamp(self, version: Version) -> str:
        after = self.register.replaced_by(version)
        parts = [version.policy, version.id, version.digest, self.register.state(version), self.head(version)]
        return " ".join([*parts, f"{after.id} {after.effective}" if after else ""])

    def line(self, version: Version, *events: Event) -> str:
        """The hash of the journal's line that says the first of `events` that it has of `version`; "" for none."""
        lines = (self._lines.get((version.policy, version.id, event)) for event in events)
        return next(filter(None, lines), "")

    @cached_property
    def _lines(self) -> dict[tuple[str, str, Event], str]:
        return {(e.policy, e.version, e.event): e.hash for e in self.register.entries}

    def notices(self, policy: str = "") -> list[Version]:
        """Announced versions that changed something, of a policy or of all, newest first."""
        among = self.public(policy) if policy else self.register.versions
        found = [v for v in among if v.public and not v.first and not v.record.history]
        return sorted(found, key=lambda v: (v.announced_at or v.frozen_at, v.policy, v.id), reverse=True)

    @cached_property
    def notices_by_year(self) -> dict[int, list[Version]]:
        """The same by the year in which each was put on record, which is that of its announcement, or nearly.

        A notice that was shown and then never announced has another day afterwards, and its page has to stay.
        """
        found: dict[int, list[Version]] = {}
        for version in self.notices():
            found.setdefault(version.frozen_at.astimezone(self.zone).year, []).append(version)
        return found

    def pairs(self, policy: str) -> Mapping[tuple[str, str], tuple[Version, Version]]:
        """The comparisons of two versions that are kept for ever, by the ids of both: with the version announced
        before, and with the neighbour.
        """
        return self._pairs[policy]

    @cached_property
    def _pairs(self) -> dict[str, dict[tuple[str, str], tuple[Version, Version]]]:
        """Worked out once, for every page asks."""
        return {policy: self._pairs_of(policy) for policy in self.policies}

    def _pairs_of(self, policy: str) -> dict[tuple[str, str], tuple[Version, Version]]:
        versions = self.public(policy)
        found = [(self.register.find(policy, v.record.previous), v) for v in versions if v.record.previous]
        found += self._neighbours(policy, versions)
        return {(a.id, b.id): (a, b) for a, b in found if a}

    def compared(self, old: Version | None, new: Version | None) -> bool:
        """Whether the site has a comparison of these two."""
        return old is not None and new is not None and (old.id, new.id) in self._pairs[new.policy]

    def before_current(self, policy: str) -> tuple[list[Version], list[Version]]:
        """The versions that were in force before the one in force, in order of effect: those long ago, and the last
        few, each of which is compared with it at an address that stays while the text in force changes
        (docs/decisions/0025).
        """
        current = self.register.in_force(policy)
        older = [v for v in self.public(policy) if v.in_force_at and current and v.id != current.id]
        return older[:-MOST_COMPARED], older[-MOST_COMPARED:]

    def _neighbours(self, policy: str, versions: Sequence[Version]) -> Iterator[tuple[Version, Version]]:
        """Versions that follow one another in effect, or once did: a postponement changes who follows whom, and a
        withdrawal leaves a gap, but a comparison that was published keeps its address.
        """
        by_id = {v.id: v for v in versions}
        row: list[tuple[date, datetime, str]] = []
        places: dict[str, tuple[date, datetime, str]] = {}
        for entry in self._events.get(policy, ()):
            version = by_id.get(entry.version)
            if version is None:
                continue
            if entry.version in places:
                at = bisect_left(row, places.pop(entry.version))
                del row[at]
                yield from self._around(row, at, by_id)
            if entry.event is Event.WITHDRAWN:
                continue
            postponed = entry.event is Event.POSTPONED
            effective = date.fromisoformat(entry.data["effective"]) if postponed else version.record.effective
            places[version.id] = place = (effective, version.frozen_at, version.id)
            at = bisect_left(row, place)
            row.insert(at, place)
            yield from self._around(row, at, by_id)
            yield from self._around(row, at + 1, by_id)

    @staticmethod
    def _around(
        row: Sequence[tuple[date, datetime, str]], at: int, by_id: Mapping[str, Version]
    ) -> Iterator[tuple[Version, Version]]:
        """The two that meet before place `at` of the row."""
        if 0 < at < len(row):
            yield by_id[row[at - 1][2]], by_id[row[at][2]]

    @cached_property
    def _events(self) -> dict[str, list[Entry]]:
        """By policy, what changed which version follows which."""
        found: dict[str, list[Entry]] = {}
        for entry in self.register.entries:
            if entry.event in {Event.RECORDED, Event.ANNOUNCED, Event.POSTPONED, Event.WITHDRAWN}:
                found.setdefault(entry.policy, []).append(entry)
        return found

    def comparison(self, old: Version, new: Version, language: str) -> tuple[Comparison, list[ChangeView]]:
        """What changed, and as it is shown; what it means was decided when the version was frozen, and is on record."""
        before, after = self.document(old, language), self.document(new, language)
        known = self._of_policy(new.policy, language)
        found = edits(before, after, align(before, after), known.between)
        comparison = Comparison(edits=tuple(found), findings=())
        return comparison, page_views(comparison, before, after, known.shown)

    def row(self, policy: str, language: str) -> list[tuple[str, str]]:
        """The ids of the versions in a language, but for those withdrawn, each after the one before, "" at first."""
        ids = [v.id for v in self.public(policy) if language in v.texts and not v.withdrawn_at]
        return list(pairwise(["", *ids]))

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
        kind=record.kind,
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


def findings_of(version: Version, language: str) -> Sequence[Mapping[str, Any]]:
    return version.record.findings.get(language, ())


def notice_of_version(version: Version) -> str:
    """The id of the notice that announced a version; "" where it was none."""
    return "" if version.first or version.record.history else notice_id(version.policy, version.id)

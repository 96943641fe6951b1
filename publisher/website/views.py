"""What the templates are given: plain values made of the register, in one language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from itertools import groupby, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from publisher.changes.classify import compare
from publisher.changes.lexicon import lexicon
from publisher.changes.model import Comparison, Direction, Edit, Finding, Kind, Level
from publisher.changes.redline import Run, redline
from publisher.errors import Place
from publisher.messages import Localized, Message, Translator, msg, msg_n
from publisher.notice.wording import Notice, notice_id
from publisher.register.versions import Register, Version
from publisher.texts.document import Block, Document, parse
from publisher.texts.source import read_source
from publisher.texts.visible import visible
from publisher.website.addresses import Addresses
from publisher.website.prose import clause_html
from publisher.workspace import SiteSettings

KINDS: Mapping[Kind, Message] = {
    Kind.INSERTED: msg("added"),
    Kind.DELETED: msg("removed"),
    Kind.REPLACED: msg("changed"),
    Kind.MOVED: msg("moved"),
    Kind.RESET: msg("set out differently"),
    Kind.RENUMBERED: msg("renumbered"),
}
#: Only what is known is said; of a change whose direction is open, nothing.
DIRECTIONS: Mapping[Direction, Message] = {
    Direction.WORSE: msg("worse for the reader"),
    Direction.BETTER: msg("better for the reader"),
}
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


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One numbered change on a comparison page."""

    number: int
    clause: str
    kind: Message
    runs: tuple[Run, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def level(self) -> Level:
        return Level.highest(finding.level for finding in self.findings)

    @property
    def before(self) -> list[Run]:
        return [run for run in self.runs if run.op != "insert"]

    @property
    def after(self) -> list[Run]:
        return [run for run in self.runs if run.op != "delete"]


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
        """The version in force, or the first to come where none is."""
        return self.register.in_force(policy) or self.public(policy)[0]

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
        found += pairwise(lasting)
        found += [(a, b) for i, b in enumerate(lasting) if b.in_force_at for a in lasting[:i]]
        return list({(a.id, b.id): (a, b) for a, b in found if a}.values())

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
        announced=announced or version.effective,
        effective=version.effective,
        zone=str(zone),
        counted=record.counted,
        reason=record.reason,
        summary=record.summary,
        findings=record.findings,
        consent=record.consent,
        override=record.override,
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


def change_views(comparison: Comparison) -> list[ChangeView]:
    """The changes of a comparison, numbered so that people can cite "change 7"."""
    found: dict[int, list[Finding]] = {}
    for finding in comparison.findings:
        found.setdefault(finding.edit, []).append(finding)
    return [
        ChangeView(
            number=at + 1,
            clause=edit.clause.name or edit.clause.id,
            kind=KINDS[edit.kind],
            runs=_runs(edit),
            findings=tuple(found.get(at, ())),
        )
        for at, edit in enumerate(comparison.edits)
    ]


def changes_apart(comparison: Comparison) -> tuple[list[ChangeView], list[ChangeView]]:
    """The changes that touch rights, and the others, numbered through; what cannot be seen is made visible.

    For texts that nobody has checked: a published text holds no hidden characters.
    """
    changes = change_views(comparison)
    significant = [c for c in changes if c.level is Level.SIGNIFICANT]
    others = [c for c in changes if c.level is not Level.SIGNIFICANT]
    numbered = [
        replace(
            change,
            number=number,
            clause=visible(change.clause),
            runs=tuple(Run(run.op, visible(run.text)) for run in change.runs),
        )
        for number, change in enumerate([*significant, *others], 1)
    ]
    return numbered[: len(significant)], numbered[len(significant) :]


def by_clause(changes: Sequence[ChangeView]) -> list[tuple[str, list[ChangeView]]]:
    """Runs of changes in the same clause, each with the name of the clause."""
    return [(clause, list(same)) for clause, same in groupby(changes, key=lambda change: change.clause)]


def _runs(edit: Edit) -> tuple[Run, ...]:
    if edit.kind is Kind.RENUMBERED and edit.old and edit.new:
        return redline(f"{edit.old.number} {edit.before}", f"{edit.new.number} {edit.after}")
    if edit.kind in {Kind.MOVED, Kind.RESET}:
        return (Run("equal", edit.after),)
    targets = _targets(edit.old, edit.new) if edit.old and edit.new else ()
    return (*redline(edit.before, edit.after), *targets)


def _targets(old: Block, new: Block) -> Iterator[Run]:
    """Where links came to lead elsewhere, which their words do not show."""
    before, after = _hidden_targets(old), _hidden_targets(new)
    gone = [target for target in before if target not in after]
    came = [target for target in after if target not in before]
    if gone:
        yield Run("delete", f" ({', '.join(gone)})")
    if came:
        yield Run("insert", f" ({', '.join(came)})")


def _hidden_targets(block: Block) -> list[str]:
    """The addresses behind words; the clause within a page does not count."""
    targets = [link.target.split("#")[0] for link in block.links if link.words not in link.target]
    return list(dict.fromkeys(filter(None, targets)))


def counts_in_words(comparison: Comparison) -> list[Message]:
    """ "3 clauses changed, 1 added, 0 removed" """
    counts = comparison.counts()
    return [
        msg_n("{count} clause changed", "{count} clauses changed", counts["clauses_changed"]),
        msg("{count} added", count=counts["clauses_added"]),
        msg("{count} removed", count=counts["clauses_removed"]),
    ]


def findings_of(version: Version, language: str) -> Sequence[Mapping[str, Any]]:
    return version.record.findings.get(language, ())


def notice_of_version(version: Version) -> str:
    """The id of the notice that announced a version; "" where it was none."""
    return "" if version.first or version.record.history else notice_id(version.policy, version.id)

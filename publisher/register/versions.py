"""Versions and what is said of them: the decision that was frozen, the moments of a life, the state that follows.

In: records and journal entries. Out: `Register`, the one view of everything on record. Writes nothing; the folders
are the store's (`register/store.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import pairwise
from typing import Any, Final

from publisher.register.frozen import FrozenFile
from publisher.register.journal import Entry, Event

SCHEMA: Final = "publisher/version/v1"


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionRecord:
    """What `version.json` says: everything that was decided when the version was frozen. Never recomputed."""

    policy: str
    id: str
    kind: str
    title: Mapping[str, str]
    effective: date
    #: announced before this program was in use; None otherwise, for then the journal knows
    announced: date | None
    #: recorded as history
    history: bool
    #: the version that this one was compared with; "" for a first version
    previous: str
    #: none (first version or history), minor or significant
    level: str
    #: days of notice owed; 0 for a first version
    days: int
    counting: str
    #: how the date was counted, in words, by language
    counted: Mapping[str, str]
    reason: Mapping[str, str]
    #: lines of the summary by language
    summary: Mapping[str, Sequence[str]]
    #: findings in the form of `publisher/compare/v1`, by language
    findings: Mapping[str, Sequence[Mapping[str, Any]]]
    consent: str
    includes: Sequence[str]
    rules: str
    #: commit, fingerprint of the sources, fingerprint of change.toml
    source: Mapping[str, str]
    #: SHA-256 by language
    texts: Mapping[str, str]
    #: what a person decided otherwise, with the reason: keys `level`, `early`, `exempt`, `approvals`
    override: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "policy": self.policy,
            "id": self.id,
            "kind": self.kind,
            "title": dict(self.title),
            "effective": self.effective.isoformat(),
            "announced": self.announced.isoformat() if self.announced else "",
            "history": self.history,
            "previous": self.previous,
            "level": self.level,
            "days": self.days,
            "counting": self.counting,
            "counted": dict(self.counted),
            "reason": dict(self.reason),
            "summary": {language: list(lines) for language, lines in self.summary.items()},
            "findings": {language: [dict(f) for f in found] for language, found in self.findings.items()},
            "consent": self.consent,
            "includes": list(self.includes),
            "rules": self.rules,
            "source": dict(self.source),
            "texts": dict(self.texts),
            **({"override": dict(self.override)} if self.override else {}),
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> VersionRecord:
        """ValueError, KeyError or TypeError where `raw` is not such a record."""
        if raw["schema"] != SCHEMA:
            raise ValueError(raw["schema"])
        fields = {name: raw[name] for name in raw if name not in {"schema", "effective", "announced"}}
        return cls(
            **fields,
            effective=date.fromisoformat(raw["effective"]),
            announced=date.fromisoformat(raw["announced"]) if raw["announced"] else None,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Amendment:
    """An announced version postponed or withdrawn: what its readers were told, and since when."""

    event: Event
    at: datetime
    #: position in the journal, and the hash of that line
    seq: int
    hash: str
    #: the day before, and the day now; the same where it was withdrawn
    before: date
    effective: date
    #: why, by language; empty where nobody had seen the version yet
    reason: Mapping[str, str]
    #: the mailing of the amendment had ended
    notified_at: datetime | None = None
    deliveries: Mapping[str, int] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """A version on record: its decision, its texts, and the moments of its life."""

    record: VersionRecord
    texts: Mapping[str, bytes]
    #: SHA-256 of `version.json`, as the journal has it
    digest: str
    frozen_at: datetime
    #: by language; empty where none was made when it went on record
    pdfs: Mapping[str, FrozenFile] = field(default_factory=dict)
    announced_at: datetime | None = None
    #: the mailing had ended; None also where none was owed
    notified_at: datetime | None = None
    #: outcomes by kind, where the mailing has ended
    deliveries: Mapping[str, int] | None = None
    in_force_at: datetime | None = None
    withdrawn_at: datetime | None = None
    #: position of the journal entry by which it came into force; 0 where it is not
    in_force_seq: int = 0
    #: postponements, and at last perhaps a withdrawal, of what had been announced
    amendments: tuple[Amendment, ...] = ()
    #: the last day on which the notice may end for its day of effect, counted with the holidays known when that day
    #: was announced; None where it was not written down
    finish_by: date | None = None

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def policy(self) -> str:
        return self.record.policy

    @property
    def effective(self) -> date:
        """The day of effect that was announced last."""
        return self.amendments[-1].effective if self.amendments else self.record.effective

    @property
    def postponed_from(self) -> date | None:
        """The day that was announced at first, where it is another now."""
        return self.record.effective if self.effective != self.record.effective else None

    @property
    def public(self) -> bool:
        """Whether it may have been shown to the public.

        One that was withdrawn before its announcement counts too: a killed run may have shown it already, and an
        address that was published answers for ever.
        """
        return self.record.history or self.announced_at is not None or self.withdrawn_at is not None

    @property
    def first(self) -> bool:
        return not self.record.previous


@dataclass(frozen=True, slots=True)
class Register:
    """Everything on record."""

    entries: tuple[Entry, ...]
    versions: tuple[Version, ...]
    #: by policy, in the order of their effect; asked for so often that it is made once
    _by_policy: Mapping[str, tuple[Version, ...]] = field(init=False, repr=False, compare=False)
    #: the last entry about each version but for those of live checks
    _last: Mapping[tuple[str, str], Entry] = field(init=False, repr=False, compare=False)
    #: by policy, the versions that came into force, in the order in which they bound readers
    _effective: Mapping[str, tuple[Version, ...]] = field(init=False, repr=False, compare=False)
    #: by policy and id
    _by_id: Mapping[tuple[str, str], Version] = field(init=False, repr=False, compare=False)
    #: which version took over from which, by policy and id
    _successors: Mapping[tuple[str, str], Version] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[str, list[Version]] = {}
        for version in sorted(self.versions, key=lambda v: (v.effective, v.frozen_at)):
            found.setdefault(version.policy, []).append(version)
        object.__setattr__(self, "_by_policy", {policy: tuple(versions) for policy, versions in found.items()})
        told = {(e.policy, e.version): e for e in self.entries if e.event is not Event.LIVE_CHECKED}
        object.__setattr__(self, "_last", told)
        object.__setattr__(self, "_by_id", {(v.policy, v.id): v for v in self.versions})
        effective = {
            policy: tuple(sorted((v for v in versions if v.in_force_at), key=lambda v: (v.effective, v.in_force_seq)))
            for policy, versions in found.items()
        }
        object.__setattr__(self, "_effective", effective)
        successors = {(a.policy, a.id): b for versions in effective.values() for a, b in pairwise(versions)}
        object.__setattr__(self, "_successors", successors)

    def of(self, policy: str) -> tuple[Version, ...]:
        """The versions of a policy in the order of their effect, those of one day in that of the journal."""
        return self._by_policy.get(policy, ())

    @property
    def policies(self) -> tuple[str, ...]:
        return tuple(sorted(self._by_policy))

    @property
    def head(self) -> str:
        """The hash of the last journal entry; it stands for everything before it."""
        return self.entries[-1].hash if self.entries else ""

    def in_force(self, policy: str) -> Version | None:
        """The version that binds readers now."""
        effective = self._effective.get(policy)
        return effective[-1] if effective else None

    def effective(self, policy: str) -> tuple[Version, ...]:
        """The versions that came into force, in the order in which they bound readers."""
        return self._effective.get(policy, ())

    def waiting(self, policy: str) -> tuple[Version, ...]:
        """Versions that were announced and are not in force yet, in the order of their effect."""
        return tuple(v for v in self.of(policy) if self.state(v) == "upcoming")

    def last_announced(self, policy: str) -> Version | None:
        """The version that a new change is compared with."""
        public = [v for v in self.of(policy) if v.public and not v.withdrawn_at]
        # Of two that were announced for one day in one second it is the later one, so it is looked for from the end.
        return max(reversed(public), key=lambda v: (v.effective, v.announced_at or v.frozen_at), default=None)

    def replaced_by(self, version: Version) -> Version | None:
        """The version that took over from one that was in force."""
        return self._successors.get((version.policy, version.id))

    def last_entry(self, *versions: Version) -> str:
        """The hash of the last journal entry about any of `versions`, or about anything where none is named.

        Whoever keeps it can show later that the journal up to there was not changed. That a page was seen on the
        public site is left out: it is written after the page was made, and must not make it another one.
        """
        last = self._last_of({(v.policy, v.id) for v in versions} or self._last)
        return last.hash if last else ""

    def last_changed(self, *versions: Version) -> datetime | None:
        """The moment of the same entry; None where there is none, or no version is named."""
        last = self._last_of({(v.policy, v.id) for v in versions})
        return last.at if last else None

    def _last_of(self, ids: Iterable[tuple[str, str]]) -> Entry | None:
        about = (self._last[key] for key in ids if key in self._last)
        return max(about, key=lambda entry: entry.seq, default=None)

    def with_entry(self, entry: Entry) -> Register:
        """The register as it will be once `entry` is in the journal; what is shown before it is written down."""
        return Register(
            (*self.entries, entry),
            tuple(_life(v, entry) if (v.policy, v.id) == (entry.policy, entry.version) else v for v in self.versions),
        )

    def find(self, policy: str, version: str) -> Version | None:
        return self._by_id.get((policy, version))

    def state(self, version: Version) -> str:
        """frozen, upcoming, in_force, superseded or withdrawn."""
        if version.withdrawn_at:
            return "withdrawn"
        if version.in_force_at:
            return "superseded" if self.replaced_by(version) else "in_force"
        return "upcoming" if version.announced_at else "frozen"


def _life(version: Version, entry: Entry) -> Version:
    """The version after something has happened to it."""
    match entry.event:
        case Event.RECORDED | Event.IN_FORCE:
            return replace(version, in_force_at=entry.at, in_force_seq=entry.seq)
        case Event.ANNOUNCED:
            return replace(version, announced_at=entry.at, finish_by=_finish_by(entry))
        case Event.NOTIFIED:
            return replace(version, notified_at=entry.at, deliveries=entry.data["outcomes"])
        case Event.POSTPONED:
            amendments = (*version.amendments, _amendment(version, entry))
            return replace(version, amendments=amendments, finish_by=_finish_by(entry))
        case Event.WITHDRAWN:
            amended = (_amendment(version, entry),) if version.announced_at else ()
            return replace(version, withdrawn_at=entry.at, amendments=(*version.amendments, *amended))
        case Event.AMENDMENT_NOTIFIED:
            amendments = tuple(
                replace(a, notified_at=entry.at, deliveries=entry.data["outcomes"])
                if a.seq == entry.data["amendment"]
                else a
                for a in version.amendments
            )
            return replace(version, amendments=amendments)
        case Event.FROZEN | Event.LIVE_CHECKED:
            return version


def _finish_by(entry: Entry) -> date | None:
    day = entry.data.get("finish_by")
    return date.fromisoformat(day) if day else None


def _amendment(version: Version, entry: Entry) -> Amendment:
    effective = entry.data.get("effective")
    return Amendment(
        event=entry.event,
        at=entry.at,
        seq=entry.seq,
        hash=entry.hash,
        before=version.effective,
        effective=date.fromisoformat(effective) if effective else version.effective,
        reason=entry.data["reason"],
    )


def with_life(version: Version, entries: Sequence[Entry]) -> Version:
    """The version with the moments that the journal has for it."""
    for entry in entries:
        if (entry.policy, entry.version) == (version.policy, version.id):
            version = _life(version, entry)
    return version

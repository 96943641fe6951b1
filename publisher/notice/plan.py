"""What the engine's one decision rests on, and what it says: values only.

In: each policy as it is on record and on the ref (`PolicyView`). Out: the `Plan`, the state of each policy and the
steps with their moments. `lifecycle.decide` leads from one to the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from publisher.errors import Problem
from publisher.messages import Localized, Message, msg

#: The levels in words.
LEVEL_NAMES = {
    "none": msg("no change for readers"),
    "minor": msg("minor"),
    "significant": msg("significant"),
}


class StepKind(StrEnum):
    """What the engine can do; the words are those of the contract of `plan --json`."""

    FREEZE = "freeze"
    ANNOUNCE = "announce"
    NOTIFY = "notify"
    TAKE_EFFECT = "take_effect"
    POSTPONE = "postpone"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One thing to do with one version, and when."""

    kind: StepKind
    policy: str
    version: str
    at: datetime
    #: which amendment of the version is mailed, counted from 1; 0 for its announcement
    amendment: int = 0
    #: the day to which it is postponed
    effective: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OnRecord:
    """A version as far as its life matters."""

    id: str
    effective: date
    level: str
    #: 0 for a first version
    days: int
    #: a mailing is owed
    mailed: bool
    fingerprint: str
    announced_at: datetime | None
    notified_at: datetime | None
    in_force: bool
    #: why, by language, as its notice says
    reason: Mapping[str, str] = field(default_factory=dict)
    #: the last day on which the notice may end, as it was counted when it was announced; None where that is unknown
    finish_by: date | None = None
    #: how the date was counted then
    counted: Message | None = None
    #: announced to take effect before its notice has ended, on a ground that is on record
    early: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What the legal team asks for in `change.toml`, about versions that were announced already."""

    #: the id of the version to be taken back; "" for none
    withdraw: str = ""
    #: the later day of effect by id of version
    postpone: Mapping[str, date] = field(default_factory=dict)
    #: why, by language: readers are told
    reason: Mapping[str, str]
    #: a day written as `effective`, which is for a change that is not announced yet
    wished: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A change that waits on the ref."""

    level: str
    days: int
    first: bool
    #: the date that the legal team wants
    wanted: date | None
    fingerprint: str
    problems: tuple[Problem, ...]
    #: it may take effect before its notice has ended
    early: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyView:
    """Everything about one policy that the decision rests on."""

    policy: str
    title: Localized
    #: frozen or announced, not withdrawn, in order of their effect; versions in force only the last
    versions: tuple[OnRecord, ...]
    draft: Draft | None
    #: the state of every version there ever was, by id; an id that was used stays taken
    known: Mapping[str, str]
    #: what the legal team asks for announced versions
    request: Request | None = None
    #: amendments whose mailing is not finished: id of the version, number of the amendment
    owed: tuple[tuple[str, int], ...] = ()
    #: why nothing on the ref may be followed now
    held: Problem | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyPlan:
    """What is planned for a policy. `state`: none, in_force, draft, frozen, announced or blocked."""

    policy: str
    state: str
    level: str = ""
    version: str = ""
    announce_at: datetime | None = None
    effective: date | None = None
    #: how the date is counted
    counted: Message | None = None
    blocked: tuple[Problem, ...] = ()
    #: it takes effect before its notice has ended
    early: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The plan for all policies; steps in the order of their moments."""

    now: datetime
    policies: tuple[PolicyPlan, ...]
    steps: tuple[Step, ...]

    def due(self) -> list[Step]:
        """Steps whose moment has come, earliest first."""
        return [s for s in self.steps if s.at <= self.now]

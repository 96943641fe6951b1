"""The values that a change is described by. Codes are those of docs/changes.md (R01-R28, M1-M10, U)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any

from publisher.messages import Localized, Message
from publisher.texts.document import Block, Clause

#: Stored with every decision, so that today's rules never judge an old change again.
RULES = "publisher/rules/2"
#: The finding is about the text as a whole.
NO_EDIT = -1
#: A topic is named beside the largest if it has such a share of its changed words; and no more than so many.
_LEAST_SHARE = 0.25
_MOST_TOPICS = 5


class Level(StrEnum):
    """How much a change touches its readers, least first."""

    #: nothing that a reader sees: no version, no notice
    NONE = "none"
    #: proved not to touch a right
    MINOR = "minor"
    #: touches a right, or was not proved not to
    SIGNIFICANT = "significant"

    @property
    def rank(self) -> int:
        return list(Level).index(self)

    @classmethod
    def highest(cls, levels: Iterable[Level]) -> Level:
        return max(levels, key=lambda level: level.rank, default=cls.NONE)


class Direction(StrEnum):
    """What a change does to the reader's position."""

    WORSE = "worse"
    BETTER = "better"
    NEUTRAL = "neutral"
    UNKNOWN = "unknown"


class Topic(StrEnum):
    """What a finding is about."""

    COLLECTION = "collection"
    USE_PURPOSE = "use_purpose"
    THIRD_PARTY = "third_party"
    RETENTION = "retention"
    USER_RIGHTS = "user_rights"
    CHOICE_CONSENT = "choice_consent"
    SECURITY = "security"
    CHILDREN = "children"
    TRANSFER = "transfer"
    LIABILITY = "liability"
    DISPUTE = "dispute"
    FEES = "fees"
    CONTENT_LICENCE = "content_licence"
    CONDUCT_TERMINATION = "conduct_termination"
    NOTICE_TERMS = "notice_terms"
    SCOPE_DEFINITION = "scope_definition"
    CONTACT = "contact"
    OTHER = "other"


class Kind(Enum):
    """What happened to a piece of a clause."""

    INSERTED = "inserted"
    DELETED = "deleted"
    REPLACED = "replaced"
    MOVED = "moved"
    #: the same words, set differently (a paragraph became a list item)
    RESET = "reset"
    RENUMBERED = "renumbered"


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """One difference inside a clause. What stands in one text only has the other side empty."""

    kind: Kind
    #: the clause in the old text; None where the clause is new
    old_clause: Clause | None
    #: the clause in the new text; None where the clause was deleted
    new_clause: Clause | None
    #: None for an edit of the heading
    old: Block | None
    new: Block | None
    before: str
    after: str

    @property
    def clause(self) -> Clause:
        """The clause as readers will find it, or as it was where it is gone."""
        clause = self.new_clause or self.old_clause
        if clause is None:
            raise ValueError("an edit belongs to a clause")
        return clause


@dataclass(frozen=True, slots=True)
class Proof:
    """The rule that proves an edit minor, and the sentence for the reader."""

    code: str
    explanation: Message


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """An edit with what it means."""

    #: R01-R28 touches a right; M1-M10 proved minor; U: nothing proved, nothing recognised
    code: str
    topic: Topic
    level: Level
    direction: Direction
    clause_id: str
    clause_title: str
    before: str
    after: str
    explanation: Message
    #: notice alone is not enough
    consent: bool = False
    #: which edit of its comparison it is about, counted from 0, or NO_EDIT
    edit: int = 0

    @property
    def words_changed(self) -> int:
        """How many words went or came; at least one."""
        before, after = Counter(self.before.split()), Counter(self.after.split())
        return max(1, ((before - after) + (after - before)).total())

    def as_json(self, explanation: Mapping[str, str]) -> dict[str, Any]:
        """The finding in the form of the contract `publisher/compare/v1`."""
        return {
            "code": self.code,
            "topic": self.topic.value,
            "level": self.level.value,
            "direction": self.direction.value,
            "clause": {"id": self.clause_id, "title": self.clause_title},
            "before": self.before,
            "after": self.after,
            "explanation": dict(explanation),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Two texts in one language, compared."""

    edits: tuple[Edit, ...]
    findings: tuple[Finding, ...]

    @property
    def level(self) -> Level:
        return Level.highest(f.level for f in self.findings)

    @property
    def consent_required(self) -> bool:
        return any(f.consent for f in self.findings)

    @property
    def topics(self) -> tuple[Topic, ...]:
        """What the significant findings are mainly about, in the order of `Topic`.

        A topic counts by the words that changed under it; one with few beside the largest is left out, as is OTHER
        beside any. The findings have them all.
        """
        weights: Counter[Topic] = Counter()
        for finding in self.findings:
            if finding.level is Level.SIGNIFICANT:
                weights[finding.topic] += finding.words_changed
        named = Counter({topic: weight for topic, weight in weights.items() if topic is not Topic.OTHER}) or weights
        least = _LEAST_SHARE * max(named.values(), default=0)
        main = {topic for topic, weight in named.most_common(_MOST_TOPICS) if weight >= least}
        return tuple(topic for topic in Topic if topic in main)

    def counts(self) -> dict[str, int]:
        """How many clauses changed, were added and were removed, and how many findings there are by level."""
        changed = {id(e.new_clause) for e in self.edits if e.old_clause and e.new_clause}
        return {
            "clauses_changed": len(changed),
            "clauses_added": len({id(e.new_clause) for e in self.edits if e.old_clause is None}),
            "clauses_removed": len({id(e.old_clause) for e in self.edits if e.new_clause is None}),
            "significant": sum(f.level is Level.SIGNIFICANT for f in self.findings),
            "minor": sum(f.level is Level.MINOR for f in self.findings),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What lies between two versions of a policy, over all its languages."""

    comparisons: Mapping[str, Comparison]
    title: Localized

    @property
    def level(self) -> Level:
        return Level.highest(c.level for c in self.comparisons.values())

    @property
    def consent_required(self) -> bool:
        return any(c.consent_required for c in self.comparisons.values())

"""The pending change of a policy: what lies between the version last announced and the text on the ref.

In: a policy's source and the register. Out: how the change reads, the days it owes, and everything that
speaks against announcing it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from publisher.changes.classify import one_language_only, read_change, with_parts
from publisher.changes.lexicon import lexicon
from publisher.changes.model import Change, Level
from publisher.changes.summary import in_words, summarise
from publisher.errors import Place, Problem
from publisher.messages import Localized, msg, translator
from publisher.notice.exceptions import enough
from publisher.notice.promotion import promotion_in
from publisher.register.grounds import reason_missing
from publisher.register.sources import FOLDER, PolicySource, owed_days, read_published
from publisher.register.versions import Register, Version
from publisher.texts.promises import longest_promises
from publisher.workspace import NoticeDays


@dataclass(frozen=True, kw_only=True, slots=True)
class Pending:
    """A change that waits to be announced."""

    source: PolicySource
    #: the version that it is compared with; None for a first version
    previous: Version | None
    #: None for a first version, and where the texts cannot be read
    change: Change | None
    level: Level
    days: int
    #: findings of text and metadata (exit 3)
    findings: tuple[Problem, ...]
    #: rules that do not allow it yet (exit 4)
    blocked: tuple[Problem, ...]
    #: worth a look, stop nothing
    remarks: tuple[Problem, ...] = ()
    #: exceptions that are allowed, in the form of version.json (see `register/approvals.py`)
    override: Mapping[str, Any] = field(default_factory=dict)

    @property
    def first(self) -> bool:
        return self.previous is None

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self.findings + self.blocked


def pending(
    source: PolicySource, register: Register, days: NoticeDays, titles: Mapping[str, Localized] = MappingProxyType({})
) -> Pending | None:
    """The pending change of `source`, or None where a reader would see no difference.

    `titles`: of the policies of the workspace, for annexes that become part of this one.
    """
    previous = register.last_announced(source.policy)
    if asks_amendment(source, register):
        return None  # what was announced comes first; then this is looked at anew
    if source.problems:
        return _pending(source, previous, None, Level.SIGNIFICANT, days, source.problems, source.one_sided)
    if previous is None:
        return _pending(source, None, None, Level.NONE, days, (), source.one_sided)
    came, gone = _parts(source, previous)
    if previous.texts == source.texts and not (came or gone):
        return None
    change = with_parts(_change(source, previous), *([titles.get(p) or _untitled(p) for p in x] for x in (came, gone)))
    if change.level is Level.NONE and not source.one_sided:
        return None
    level = change.level
    if source.change and source.change.raised_to:
        level = Level.highest([level, source.change.raised_to])
    blocked = (*source.one_sided, *_rules(source, change))
    made = _pending(source, previous, change, level, days, reason_missing(source, previous, register), blocked)
    return _without_promotion(made, change)


def _without_promotion(made: Pending, change: Change) -> Pending:
    """With what in its summary and reason advertises: offers block it, mere words are remarks."""
    reason = made.source.change.reason.as_dict() if made.source.change else {}
    found: list[Problem] = []
    for language, lines in summary_lines(made).items():
        comparison = change.comparisons.get(language)
        own = [w for f in comparison.findings for w in (f.clause_title, f.before, f.after)] if comparison else []
        said = [*lines, reason.get(language, "")]
        found += promotion_in(language, said, [dict(made.source.title.texts).get(language, ""), *own])
    place = Place(path=f"{FOLDER}/{made.source.policy}/change.toml", policy=made.source.policy)
    placed = [replace(problem, place=place) for problem in found]
    return replace(
        made,
        blocked=(*made.blocked, *(p for p in placed if p.severity == "error")),
        remarks=(*made.remarks, *(p for p in placed if p.severity != "error")),
    )


def asks_amendment(source: PolicySource, register: Register) -> bool:
    """Whether change.toml asks for something about an announced version that is not done yet."""
    if source.change is None:
        return False
    waiting = {v.id: v for v in register.waiting(source.policy)}
    later = any(v in waiting and waiting[v].effective != day for v, day in source.change.postpone.items())
    return later or source.change.withdraw in waiting


def _parts(source: PolicySource, previous: Version) -> tuple[list[str], list[str]]:
    """Annexes that became part of the policy, and that are none any more; of history they are not known."""
    if source.settings is None or previous.record.history:
        return [], []
    before, now = previous.record.includes, source.settings.includes
    return [p for p in now if p not in before], [p for p in before if p not in now]


def _untitled(policy: str) -> Localized:
    return Localized.of(dict.fromkeys(("ko", "en"), policy))


def _pending(
    source: PolicySource,
    previous: Version | None,
    change: Change | None,
    level: Level,
    days: NoticeDays,
    findings: tuple[Problem, ...],
    blocked: tuple[Problem, ...],
) -> Pending:
    return Pending(
        source=source,
        previous=previous,
        change=change,
        level=level,
        days=_days(source, level, days) if previous else 0,
        findings=findings,
        blocked=blocked,
    )


def with_included(
    found: Mapping[str, Pending], days: NoticeDays, sources: Sequence[PolicySource] = ()
) -> dict[str, Pending]:
    """The pending changes, each as high as what it includes, and announced as early as what includes it promises.

    An annex that is part of a policy changes the policy; so where it changes alone, it owes the policy's days.
    """

    def highest(policy: str, seen: frozenset[str]) -> Level:
        change = found.get(policy)
        if change is None or policy in seen:
            return Level.NONE
        parts = change.source.settings.includes if change.source.settings else []
        # a first version is published without notice, and raises nothing
        own = Level.NONE if change.first else change.level
        return Level.highest([own, *(highest(part, seen | {policy}) for part in parts)])

    raised = {policy: highest(policy, frozenset()) for policy in found}
    return {policy: _as_owed(change, raised[policy], days, sources) for policy, change in found.items()}


def _as_owed(change: Pending, level: Level, days: NoticeDays, sources: Sequence[PolicySource]) -> Pending:
    if change.first:
        return change
    owners = _including(change.source.policy, sources)
    owed = max(_days(source, level, days) for source in (change.source, *owners))
    return change if (level, owed) == (change.level, change.days) else replace(change, level=level, days=owed)


def _including(policy: str, sources: Sequence[PolicySource]) -> list[PolicySource]:
    """The policies that `policy` is part of, also by way of another annex."""
    found: list[PolicySource] = []
    parts = {policy}
    while more := [s for s in sources if s not in found and s.settings and parts & set(s.settings.includes)]:
        found += more
        parts |= {s.policy for s in more}
    return found


def at_level(change: Pending, level: Level, days: NoticeDays) -> Pending:
    """The change at another level, with the days that it owes then."""
    return replace(change, level=level, days=_days(change.source, level, days))


def longer_promises(source: PolicySource, days: NoticeDays) -> list[Problem]:
    """L-NOTICE-LONGER where the text itself promises more days of notice than the settings give."""
    problems = []
    for language, document in source.documents.items():
        for level, promise in longest_promises(document).items():
            given = _days(source, Level(level), days)
            if promise.days > given:
                path = f"{FOLDER}/{source.policy}/{language}.md"
                place = Place(path=path, policy=source.policy, language=language, line=promise.line)
                problems.append(
                    Problem(
                        code="L-NOTICE-LONGER",
                        severity="warning",
                        message=msg(
                            "{policy} promises {promised} days of notice, but the settings give {given}.",
                            policy=source.title,
                            promised=promise.days,
                            given=given,
                        ),
                        hint=msg(
                            "Write notice_days = {{ {level} = {promised} }} into policy.toml to keep the promise.",
                            level=level,
                            promised=promise.days,
                        ),
                        place=place,
                    )
                )
    return problems


def _days(source: PolicySource, level: Level, days: NoticeDays) -> int:
    return owed_days(level, days, source.settings.notice_days if source.settings else None)


def _change(source: PolicySource, previous: Version) -> Change:
    return read_change(
        read_published(previous.texts),
        source.documents,
        {language: lexicon(language) for language in source.documents},
        source.settings.basis if source.settings else {},
        source.title,
    )


def _rules(source: PolicySource, change: Change) -> list[Problem]:
    """What does not allow this change to be announced yet."""
    settings = source.change
    place = Place(path=f"{FOLDER}/{source.policy}/change.toml", policy=source.policy)
    exempt: dict[str, str] = {k: v for k, v in settings.exempt.items() if enough(v)} if settings else {}
    problems = one_language_only(change, source.documents, source.policy, exempt)
    if change.consent_required and not (settings and settings.consent.strip()):
        finding = next(f for c in change.comparisons.values() for f in c.findings if f.consent)
        problems.append(
            Problem(
                code="P150",
                place=place,
                message=msg(
                    "{policy}: notice alone is not enough for the change of “{clause}”. {explanation} Where people "
                    "agreed to how their information is used, they must agree again.",
                    policy=source.title,
                    clause=finding.clause_title,
                    explanation=finding.explanation,
                ),
                hint=msg(
                    'Write into {path} how their agreement is obtained: consent = "…". Or, where the law or a contract '
                    'allows it without agreement, declare that in policy.toml: basis = {{ {topic} = "contract" }}.',
                    path=place.path,
                    topic=finding.topic.value,
                ),
            )
        )
    return problems


def summary_lines(found: Pending) -> Mapping[str, list[str]]:
    """The summary by language: the legal team's where there is one, else drafted from the findings."""
    own = found.source.change.summary if found.source.change else None
    lines: dict[str, list[str]] = {}
    for language in found.source.texts:
        if own:
            lines[language] = [line for line in own[language].splitlines() if line.strip()]
        elif found.change and language in found.change.comparisons:
            say = translator(language)
            lines[language] = [say(in_words(point)) for point in summarise(found.change.comparisons[language].findings)]
    return lines

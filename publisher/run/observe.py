"""What is: the texts on the ref, the register, and the plan that follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from publisher.errors import Problem
from publisher.messages import Localized, Translator, in_every_language
from publisher.notice.calendar import Rules
from publisher.notice.lifecycle import Draft, OnRecord, Plan, PolicyView, decide
from publisher.register.exceptions import with_exceptions
from publisher.register.holidays import rules_of
from publisher.register.pending import Pending, longer_promises, pending, with_included
from publisher.register.repository import Texts
from publisher.register.sources import FOLDER, PolicySource, read_sources
from publisher.register.store import VersionStore
from publisher.register.versions import Register, Version
from publisher.texts.parity import compare_languages
from publisher.workspace import NoticeDays, Workspace


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """The state of a workspace at one moment."""

    commit: str
    register: Register
    sources: tuple[PolicySource, ...]
    #: pending changes by policy
    pending: Mapping[str, Pending]
    rules: Rules
    plan: Plan
    days: NoticeDays

    @property
    def remarks(self) -> list[Problem]:
        """What a careful colleague would point out in the texts; stops nothing."""
        found: list[Problem] = []
        for source in self.sources:
            found += source.remarks
            found += compare_languages(source.documents, source.policy, source.title)
            found += longer_promises(source, self.days)
        return [*found, *(remark for change in self.pending.values() for remark in change.remarks)]

    @property
    def problems(self) -> list[Problem]:
        """What stops a publication, policy by policy."""
        return [problem for policy in self.plan.policies for problem in policy.blocked]


def observe(workspace: Workspace, texts: Texts, now: datetime) -> Observation:
    """Look at the workspace; writes nothing."""
    settings = workspace.settings
    rules = rules_of(settings.notice)
    register = VersionStore(workspace.versions).load()
    commit = texts.tip(settings.git.ref)
    sources = read_sources(texts.files(commit, FOLDER), settings.site.languages)
    days = settings.notice.days
    waiting = {s.policy: p for s in sources if (p := pending(s, register, days))}
    found = with_included({s: with_exceptions(p, texts, commit, days) for s, p in waiting.items()}, days)
    return Observation(
        commit=commit,
        register=register,
        sources=tuple(sources),
        pending=found,
        rules=rules,
        days=days,
        plan=decide(_views(sources, found, register), now, rules),
    )


def _views(sources: Iterable[PolicySource], found: Mapping[str, Pending], register: Register) -> list[PolicyView]:
    by_policy = {source.policy: source for source in sources}
    names = sorted({*by_policy, *register.policies})
    return [_view(name, by_policy.get(name), found.get(name), register) for name in names]


def _view(policy: str, source: PolicySource | None, change: Pending | None, register: Register) -> PolicyView:
    current = register.in_force(policy)
    alive = [v for v in register.of(policy) if not v.withdrawn_at and (not v.in_force_at or v is current)]
    title = source.title if source else Localized.of(current.record.title if current else {"ko": policy, "en": policy})
    return PolicyView(
        policy=policy,
        title=title,
        versions=tuple(_on_record(v) for v in alive),
        draft=_draft(change) if change else None,
        taken=frozenset(v.id for v in register.of(policy)),
    )


def _on_record(version: Version) -> OnRecord:
    record = version.record
    return OnRecord(
        id=record.id,
        effective=version.effective,
        level=record.level,
        days=record.days,
        mailed=not version.first and not record.history,
        fingerprint=record.source.get("fingerprint", ""),
        announced_at=version.announced_at,
        notified_at=version.notified_at,
        in_force=version.in_force_at is not None,
        early="early" in record.override,
    )


def _draft(change: Pending) -> Draft:
    settings = change.source.change
    return Draft(
        level=change.level.value,
        days=change.days,
        first=change.first,
        wanted=settings.effective if settings else None,
        fingerprint=change.source.fingerprint,
        problems=change.problems,
        early="early" in change.override,
    )


def plan_json(plan: Plan, rules: Rules, say: Translator) -> dict[str, Any]:
    """The plan in the form of the contract of `plan --json`."""

    def moment(at: datetime | None) -> str | None:
        return at.astimezone(rules.zone).isoformat(timespec="seconds") if at else None

    return {
        "now": moment(plan.now),
        "policies": [
            {
                "policy": p.policy,
                "state": p.state,
                "level": p.level,
                "version": p.version,
                "announce_at": moment(p.announce_at),
                "effective_at": moment(rules.start_of(p.effective)) if p.effective else None,
                "counting": in_every_language(p.counted) if p.counted else None,
                "blocked": [
                    {"code": b.code, "message": say(b.message), "hint": say(b.hint) if b.hint else ""}
                    for b in p.blocked
                ],
            }
            for p in plan.policies
        ],
        "steps": [
            {"step": s.kind.value, "policy": s.policy, "version": s.version, "at": moment(s.at)} for s in plan.steps
        ],
    }

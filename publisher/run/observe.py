"""What is: the texts on the ref, the register, and the plan that follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from publisher.errors import Place, Problem
from publisher.messages import Localized, Translator, in_every_language, msg
from publisher.notice.calendar import Rules
from publisher.notice.finished import Channel, Finished, recheck
from publisher.notice.lifecycle import decide
from publisher.notice.plan import Draft, OnRecord, Plan, PolicyView, Request
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
    #: why nothing on the branch is followed now
    rewritten: Problem | None

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
        """What stops a publication, policy by policy; what concerns them all is said once."""
        found = [problem for policy in self.plan.policies for problem in policy.blocked]
        return [*([self.rewritten] if self.rewritten else []), *(p for p in found if p is not self.rewritten)]

    @property
    def warnings(self) -> list[Problem]:
        """Announced dates that would be later with the holidays known today; stops nothing."""
        return [p for v in self.register.versions if (p := _rechecked(v, self.register, self.rules))]


def observe(workspace: Workspace, texts: Texts, now: datetime) -> Observation:
    """Look at the workspace; writes nothing."""
    settings = workspace.settings
    rules = rules_of(settings.notice)
    register = VersionStore(workspace.versions).load()
    commit = texts.tip(settings.git.ref)
    sources = read_sources(texts.files(commit, FOLDER), settings.site.languages)
    days = settings.notice.days
    titles = {source.policy: source.title for source in sources}
    waiting = {s.policy: p for s in sources if (p := pending(s, register, days, titles))}
    found = with_included({s: with_exceptions(p, texts, commit, days) for s, p in waiting.items()}, days, sources)
    rewritten = _rewritten(texts, commit, settings.git.ref, register)
    return Observation(
        commit=commit,
        register=register,
        sources=tuple(sources),
        pending=found,
        rules=rules,
        days=days,
        plan=decide(_views(sources, found, register, rewritten), now, rules),
        rewritten=rewritten,
    )


def _rewritten(texts: Texts, tip: str, ref: str, register: Register) -> Problem | None:
    """V448 where what was published from is no longer in the history of the branch."""
    published = [v for v in register.versions if v.record.source.get("commit") and not v.withdrawn_at]
    last = max(published, key=lambda v: v.frozen_at, default=None)
    if last is None or texts.contains(tip, last.record.source["commit"]):
        return None
    return Problem(
        code="V448",
        message=msg(
            "The history of the branch {ref} was rewritten: commit {commit}, from which {policy} {version} was "
            "published on {day}, is no longer part of it. Nothing new is announced; what was announced goes on from "
            "its record.",
            ref=ref,
            commit=last.record.source["commit"][:12],
            policy=last.policy,
            version=last.id,
            day=last.frozen_at.date(),
        ),
        hint=msg(
            "Find out who rewrote it. Then bring the commit back, for example with `git merge -s ours {commit}` on "
            "{ref}, which keeps the texts as they are now.",
            commit=last.record.source["commit"][:12],
            ref=ref,
        ),
    )


def _views(
    sources: Iterable[PolicySource], found: Mapping[str, Pending], register: Register, rewritten: Problem | None
) -> list[PolicyView]:
    by_policy = {source.policy: source for source in sources}
    names = sorted({*by_policy, *register.policies})
    return [_view(name, by_policy.get(name), found.get(name), register, rewritten) for name in names]


def _view(
    policy: str, source: PolicySource | None, change: Pending | None, register: Register, rewritten: Problem | None
) -> PolicyView:
    current = register.in_force(policy)
    versions = register.of(policy)
    alive = [v for v in versions if not v.withdrawn_at and (not v.in_force_at or v is current)]
    title = source.title if source else Localized.of(versions[-1].record.title)
    return PolicyView(
        policy=policy,
        title=title,
        versions=tuple(_on_record(v) for v in alive),
        draft=_draft(change) if change else None,
        known={v.id: register.state(v) for v in versions},
        request=_request(source, change),
        owed=tuple(
            (v.id, n) for v in versions if _mailed(v) for n, a in enumerate(v.amendments, 1) if not a.notified_at
        ),
        held=rewritten or (_gone(policy, title) if source is None and current else None),
    )


def _request(source: PolicySource | None, pending_change: Pending | None) -> Request | None:
    change = source.change if source else None
    if change is None or not (change.amends or change.effective):
        return None
    wished = change.effective if pending_change is None else None
    return Request(withdraw=change.withdraw, postpone=change.postpone, reason=change.reason.as_dict(), wished=wished)


def _gone(policy: str, title: Localized) -> Problem:
    return Problem(
        code="P146",
        place=Place(path=f"{FOLDER}/{policy}", policy=policy),
        message=msg(
            "{policy}: the folder {path} is gone, but the text in force still binds.", policy=title, path=policy
        ),
        hint=msg(
            "A published policy does not end by being deleted. Put the folder back; to end it, publish a version that "
            "says so."
        ),
    )


def _mailed(version: Version) -> bool:
    """Whether people are owed a mail about it."""
    return not version.first and not version.record.history


def _on_record(version: Version) -> OnRecord:
    record = version.record
    return OnRecord(
        id=record.id,
        effective=version.effective,
        level=record.level,
        days=record.days,
        mailed=_mailed(version),
        fingerprint=record.source.get("fingerprint", ""),
        announced_at=version.announced_at,
        notified_at=version.notified_at,
        in_force=version.in_force_at is not None,
        reason=record.reason,
        finish_by=version.finish_by,
        counted=msg("{counted}", counted=Localized.of(record.counted)) if record.counted else None,
        early="early" in record.override,
    )


def _rechecked(version: Version, register: Register, rules: Rules) -> Problem | None:
    record = version.record
    counts = record.days and not record.override.get("early")
    if register.state(version) != "upcoming" or not counts or version.announced_at is None or not version.finish_by:
        return None
    steps = [Finished(channel=Channel.SITE, at=version.announced_at)]
    if version.notified_at:
        steps.append(Finished(channel=Channel.MAIL, at=version.notified_at))
    return recheck(
        policy=version.policy,
        title=Localized.of(record.title),
        effective=version.effective,
        days=record.days,
        finish_by=version.finish_by,
        steps=steps,
        mails_wait=version.notified_at is None,
        rules=rules,
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

"""The exceptions that a pending change asks for: applied where they are allowed, or what speaks against them.

In: a pending change, and the texts with their history. Out: the change as it may be announced, with its exceptions in
the form of version.json. History is read only where an exception needs somebody's approval.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from publisher.changes.classify import one_language_only
from publisher.changes.lexicon import lexicon
from publisher.changes.model import Change, Level
from publisher.errors import Place, Problem
from publisher.messages import Localized, msg
from publisher.notice.approvals import Wish, judge, problems_of, recorded
from publisher.notice.exceptions import early_problems, enough, too_short, why_two
from publisher.register.approvals import circle_of
from publisher.register.pending import Pending, at_level
from publisher.register.repository import Texts
from publisher.register.sources import FOLDER, ChangeSettings, PolicySource
from publisher.texts.languages import LANGUAGE_NAMES
from publisher.workspace import NoticeDays


def with_exceptions(change: Pending, texts: Texts, tip: str, days: NoticeDays) -> Pending:
    """The change with the exceptions of its change.toml applied, or with the problems that stand against them."""
    settings, read = change.source.change, change.change
    if settings is None or read is None or change.first or change.findings:
        return change
    place = Place(path=f"{FOLDER}/{change.source.policy}/change.toml", policy=change.source.policy)
    problems = _unfounded(settings, read, change.source.title, place)
    wishes = _wishes(settings, read)
    remarks: list[Problem] = []
    approvals: list[dict[str, Any]] = []
    if wishes and not problems and change.previous:
        circle = circle_of(texts, tip, change.source, change.previous)
        if isinstance(circle, Problem):
            (remarks if circle.severity == "warning" else problems).append(circle)
        else:
            verdicts = [judge(wish, circle) for wish in wishes]
            found = [p for verdict in verdicts for p in problems_of(verdict, circle, change.source.title, place)]
            remarks += [p for p in found if p.severity == "warning"]
            problems += [p for p in found if p.severity != "warning"]
            approvals = recorded(verdicts)
    if problems:
        return replace(change, blocked=(*change.blocked, *problems), remarks=(*change.remarks, *remarks))
    decided = (
        at_level(change, Level(settings.level.level), days) if _lowers(settings, read) and settings.level else change
    )
    override = _override(settings, read, change.source)
    return replace(
        decided,
        remarks=(*change.remarks, *remarks),
        override={**override, **({"approvals": approvals} if approvals else {})},
    )


def override_for(change: Pending, *, level: str, early: bool) -> dict[str, Any]:
    """What version.json says of the exceptions: those without which the version would have been another.

    `level` is that of the version, which an annex may have raised again; `early`: it takes effect before its notice
    has ended.
    """
    used = dict(change.override)
    if used.get("level", {}).get("to") != level:
        used.pop("level", None)
    if not early:
        used.pop("early", None)
    approvals = [a for a in used.pop("approvals", ()) if a["for"] in used]
    return {**used, **({"approvals": approvals} if approvals else {})}


def _lowers(settings: ChangeSettings, change: Change) -> bool:
    return settings.level is not None and Level(settings.level.level).rank < change.level.rank


def _wishes(settings: ChangeSettings, change: Change) -> list[Wish]:
    wishes = []
    if settings.level and _lowers(settings, change):
        because = why_two(change, {language: lexicon(language) for language in change.comparisons})
        names = tuple(settings.level.approved_by)
        wishes.append(Wish(section="level", names=names, needed=2 if because else 1, because=because))
    if settings.early:
        wishes.append(Wish(section="early", names=tuple(settings.early.approved_by), needed=1))
    return wishes


def _unfounded(settings: ChangeSettings, change: Change, title: Localized, place: Place) -> list[Problem]:
    """What can be said against the exceptions without looking at who approved them."""
    problems = []
    if settings.level and not enough(settings.level.reason):
        what = msg("lowering the level") if _lowers(settings, change) else msg("raising the level")
        problems.append(too_short(what, place))
    if settings.early:
        problems += early_problems(
            ground=settings.early.ground,
            citation=settings.early.citation,
            reason=settings.early.reason,
            dated=settings.effective is not None,
            change=change,
            title=title,
            place=place,
        )
    problems += [
        too_short(msg("exempting the text in {language}", language=LANGUAGE_NAMES[language]), place)
        for language, reason in settings.exempt.items()
        if not enough(reason)
    ]
    return problems


def _override(settings: ChangeSettings, change: Change, source: PolicySource) -> dict[str, Any]:
    """The exceptions in the form of version.json."""
    made: dict[str, Any] = {}
    if settings.level and settings.level.level != change.level.value:
        made["level"] = {"from": change.level.value, "to": settings.level.level, "reason": settings.level.reason}
    if settings.early:
        early = settings.early
        made["early"] = {"ground": early.ground, "citation": early.citation, "reason": early.reason.as_dict()}
    exempt = _exempt(settings, change, source)
    return {**made, **({"exempt": exempt} if exempt else {})}


def _exempt(settings: ChangeSettings, change: Change, source: PolicySource) -> dict[str, str]:
    """The languages that did not follow, with the reason; not those that did, whatever change.toml says."""

    def missing(exempt: Mapping[str, str]) -> int:
        return len(one_language_only(change, source.documents, source.policy, exempt))

    given: dict[str, str] = {str(language): reason for language, reason in settings.exempt.items()}
    fewest = missing(given)
    return {one: why for one, why in given.items() if missing({k: v for k, v in given.items() if k != one}) > fewest}

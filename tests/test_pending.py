"""Annexes that are part of a policy raise it, and a text that promises more days than the settings give is told."""

from __future__ import annotations

import pytest

from publisher.changes.classify import read_change
from publisher.changes.lexicon import lexicon
from publisher.changes.model import Level
from publisher.messages import Localized, translator
from publisher.register.pending import Pending, longer_promises, with_included
from publisher.register.sources import PolicySettings, PolicySource
from publisher.texts.document import parse
from publisher.workspace import NoticeDays

DAYS = NoticeDays(minor=7, significant=14)
TITLE = {"en": "Example", "ko": "예시"}


def source(policy: str = "privacy", text: str = "", **settings: object) -> PolicySource:
    made = PolicySettings.model_validate({"kind": "privacy", "title": TITLE, **settings})
    return PolicySource(
        policy=policy,
        settings=made,
        change=None,
        change_fingerprint="",
        texts={},
        documents={"en": parse(text)} if text else {},
        problems=(),
        one_sided=(),
        remarks=(),
    )


def waiting(
    policy: str, level: Level, *, includes: tuple[str, ...] = (), first: bool = False, **settings: object
) -> Pending:
    own = source(policy, includes=list(includes), **settings)
    change = read_change({}, {}, {"en": lexicon("en")}, {}, Localized.of(TITLE))
    return Pending(
        source=own,
        previous=None if first else object(),  # type: ignore[arg-type]
        change=change,
        level=level,
        days=0 if first else {Level.MINOR: 7}.get(level, 14),
        findings=(),
        blocked=(),
    )


def raised(*found: Pending) -> dict[str, tuple[Level, int]]:
    result = with_included({p.source.policy: p for p in found}, DAYS)
    return {policy: (p.level, p.days) for policy, p in result.items()}


MINOR, SIGNIFICANT = (Level.MINOR, 7), (Level.SIGNIFICANT, 14)


def test_an_annex_raises_what_includes_it() -> None:
    policy, annex = waiting("privacy", Level.MINOR, includes=("annex",)), waiting("annex", Level.SIGNIFICANT)
    assert raised(policy, annex) == {"privacy": SIGNIFICANT, "annex": SIGNIFICANT}


def test_a_policy_does_not_raise_its_annex() -> None:
    policy, annex = waiting("privacy", Level.SIGNIFICANT, includes=("annex",)), waiting("annex", Level.MINOR)
    assert raised(policy, annex) == {"privacy": SIGNIFICANT, "annex": MINOR}


def test_an_annex_of_an_annex_counts_too() -> None:
    one, two = waiting("one", Level.MINOR, includes=("two",)), waiting("two", Level.MINOR, includes=("three",))
    assert raised(one, two, waiting("three", Level.SIGNIFICANT)) == dict.fromkeys(("one", "two", "three"), SIGNIFICANT)


def test_policies_that_include_each_other_come_to_an_end() -> None:
    one, two = waiting("one", Level.MINOR, includes=("two",)), waiting("two", Level.SIGNIFICANT, includes=("one",))
    assert raised(one, two) == {"one": SIGNIFICANT, "two": SIGNIFICANT}


def test_an_annex_that_does_not_change_raises_nothing() -> None:
    assert raised(waiting("privacy", Level.MINOR, includes=("annex",))) == {"privacy": MINOR}


def test_a_first_version_neither_raises_nor_is_raised() -> None:
    policy, annex = (
        waiting("privacy", Level.MINOR, includes=("annex",)),
        waiting("annex", Level.SIGNIFICANT, first=True),
    )
    assert raised(policy, annex)["privacy"] == MINOR
    first = waiting("privacy", Level.NONE, includes=("annex",), first=True)
    assert raised(first, waiting("annex", Level.SIGNIFICANT))["privacy"] == (Level.NONE, 0)


def test_a_policy_that_was_raised_owes_its_own_days() -> None:
    policy = waiting("privacy", Level.MINOR, includes=("annex",), notice_days={"significant": 30})
    assert raised(policy, waiting("annex", Level.SIGNIFICANT))["privacy"] == (Level.SIGNIFICANT, 30)


PROMISE = "# T {{#t}}\n\nWords.\n\n## 1. Changes of this policy {{#changes}}\n\n{}\n"
MATERIAL = "We announce material changes of this policy 30 days before they take effect."
SMALL = "We announce changes of this policy 10 days before they take effect."

PROMISES = [
    (MATERIAL, {}, [("significant", 30, 14)]),
    (MATERIAL, {"significant": 29}, [("significant", 30, 29)]),
    (MATERIAL, {"significant": 30}, []),
    (SMALL, {}, [("minor", 10, 7)]),
    (SMALL, {"minor": 10}, []),
    (SMALL.replace("10", "7"), {}, []),
    (f"{SMALL} {MATERIAL}", {}, [("minor", 10, 7), ("significant", 30, 14)]),
    ("We announce it.", {}, []),
]


@pytest.mark.parametrize(("text", "own", "expected"), PROMISES)
def test_longer_promises(text: str, own: dict[str, int], expected: list[tuple[str, int, int]]) -> None:
    found = longer_promises(source(text=PROMISE.format(text), notice_days=own), DAYS)
    say = translator("en")
    assert [(p.code, p.severity, p.place and p.place.line) for p in found] == [("L-NOTICE-LONGER", "warning", 7)] * len(
        expected
    )
    for problem, (level, promised, given) in zip(found, expected, strict=True):
        assert say(problem.message) == f"Example promises {promised} days of notice, but the settings give {given}."
        assert problem.hint
        assert f"notice_days = {{ {level} = {promised} }}" in say(problem.hint)
        assert problem.place
        assert problem.place.path == "policy_docs/privacy/en.md"

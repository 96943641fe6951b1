"""A figure that a proof let through is found by the facts, and the change is not minor."""

from __future__ import annotations

import pytest

from publisher.changes import classify
from publisher.changes.classify import compare
from publisher.changes.lexicon import lexicon
from publisher.changes.model import Change, Comparison, Level, Proof
from publisher.messages import Localized, msg
from publisher.texts.document import parse

TEXT = "# T\n\n## 1. Keeping {{#keep}}\n\n{}\n\n## 2. Asking {{#ask}}\n\n{}\n"


def proved(*_: object, **__: object) -> tuple[Proof, ...]:
    """A proof that is wrong whatever it is asked."""
    return (Proof("M2", msg("Only punctuation, quotation marks or capital letters change; the words are the same.")),)


def read(old: tuple[str, str], new: tuple[str, str], language: str = "en") -> Comparison:
    return compare(parse(TEXT.format(*old)), parse(TEXT.format(*new)), lexicon(language), {})


def told(comparison: Comparison) -> list[tuple[str, str]]:
    return [(f.code, f.clause_id) for f in comparison.findings]


GUARDED = [
    ("en", "It is kept for 30 days.", "It is kept for 90 days."),
    ("en", "It is for people of 14 years of age.", "It is for people of 16 years of age."),
    ("en", "It costs USD 5.", "It costs USD 9."),
    ("en", "It costs 5% more.", "It costs 6% more."),
    ("en", "It is held in Korea.", "It is held in Japan."),
    ("ko", "30일 동안 보관합니다.", "90일 동안 보관합니다."),
]


@pytest.mark.parametrize(("language", "before", "after"), GUARDED)
def test_a_figure_that_was_let_through(language: str, before: str, after: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classify, "prove_passage", proved)
    found = read((before, "Ask."), (after, "Ask."), language)
    assert told(found) == [("M2", "keep"), ("U", "keep")]
    assert found.level is Level.SIGNIFICANT
    assert (found.findings[1].before, found.findings[1].after, found.findings[1].edit) == (before, after, 0)


def test_what_a_proof_may_let_through_stays_minor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classify, "prove_passage", proved)
    found = read(("Write to a@example.com.", "Ask."), ("Write to b@example.com.", "Ask."))
    assert told(found) == [("M2", "keep")]


def test_it_is_taken_only_where_all_is_minor() -> None:
    found = read(("It is kept for 30 days.", "Ask."), ("It is kept for 90 days.", "Ask."))
    assert told(found) == [("R07", "keep")]
    assert told(read(("It is kept.", "Ask."), ("It is kept.", "Ask."))) == []


def test_a_policy_is_as_high_as_its_highest_language() -> None:
    same, more = read(("A.", "B."), ("A.", "B.")), read(("Kept for 30 days.", "B."), ("Kept for 90 days.", "B."))
    title = Localized.of({"en": "Example", "ko": "예시"})
    change = Change(comparisons={"en": more, "ko": same}, title=title)
    assert (change.level, change.consent_required) == (Level.SIGNIFICANT, True)
    assert Change(comparisons={"ko": same}, title=title).level is Level.NONE
    assert not Change(comparisons={"ko": same}, title=title).consent_required


def test_figures_that_change_places_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classify, "prove_passage", proved)
    found = read(("Kept for 30 days.", "Kept for 90 days."), ("Kept for 90 days.", "Kept for 30 days."))
    assert [code for code in told(found) if code[0] == "U"] == [("U", "keep"), ("U", "ask")]

"""What must hold of every reading, whatever the texts say: noise is no change, halves weigh as much as the whole.

The policies are composed of the sentences of tests/pairs (see `composed`) or real ones.
"""

from __future__ import annotations

import csv
import difflib
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Final

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import LCSseq

from publisher.changes.model import Comparison, Direction, Finding, Kind, Level
from publisher.changes.redline import redline, side
from publisher.texts.document import Document
from publisher.texts.tokens import sentences, words
from tests.composed import (
    FURNITURE,
    HEADING,
    LANGUAGES,
    NUMBERED,
    PAIRS,
    REFERRING,
    Composed,
    Pair,
    Part,
    compared,
    policies,
    read,
    significant,
    verdict,
)
from tests.noise import BYTES, TYPOGRAPHY, UNSEEN, Noise, chance

CORPUS: Final = Path(__file__).parents[2] / "shared" / "corpus"
ROOT: Final = Path(__file__).parent.parent
CHANCE: Final = st.integers(0, 2**16).map(chance)
every_pair = pytest.mark.parametrize("pair", PAIRS, ids=[pair.name for pair in PAIRS])


@st.composite
def edited(draw: st.DrawFn, *, referring: bool = True, least: int = 0) -> tuple[Composed, frozenset[int]]:
    """A policy, and which of its parts are edited."""
    policy = draw(policies(referring=referring))
    return policy, frozenset(draw(st.sets(st.sampled_from(range(len(policy.parts))), min_size=least)))


def alone(pair: Pair) -> Composed:
    """A policy of one pair, followed by furniture."""
    furniture = FURNITURE[pair.language][1]
    still = Pair("still", pair.language, HEADING[pair.language], furniture, furniture)
    parts = (Part(pair, "", before=False, refers_to=None), Part(still, "", before=False, refers_to=None))
    return Composed(pair.language, parts, *NUMBERED[pair.language][0])


def both_ways(pair: Pair) -> tuple[Comparison, Comparison]:
    old, new = alone(pair).text(), alone(pair).text([0])
    return compared(old, new, pair.language), compared(new, old, pair.language)


# ---- noise


@pytest.mark.parametrize("name", UNSEEN)
@settings(max_examples=12)
@given(case=edited(), sides=st.sampled_from(["old", "new", "both"]), encoding=st.sampled_from(list(BYTES)), by=CHANCE)
def test_what_no_reader_sees_changes_no_verdict(
    name: str, case: tuple[Composed, frozenset[int]], sides: str, encoding: str, by: Random
) -> None:
    policy, edits = case
    old, new = policy.text(), policy.text(edits)
    noise: Noise = lambda text, by: BYTES[encoding](UNSEEN[name](text, by), by)  # noqa: E731
    noisy = (old if sides == "new" else noise(old, by), new if sides == "old" else noise(new, by))
    assert verdict(compared(*noisy, policy.language)) == verdict(compared(old, new, policy.language))


@pytest.mark.parametrize("name", TYPOGRAPHY)
@settings(max_examples=20)
@given(case=edited(), by=CHANCE)
def test_typography_adds_no_more_than_a_minor_edit(
    name: str, case: tuple[Composed, frozenset[int]], by: Random
) -> None:
    policy, edits = case
    old, new = policy.text(), policy.text(edits)
    set_new = TYPOGRAPHY[name](new, by)
    plain, also_set = compared(old, new, policy.language), compared(old, set_new, policy.language)
    # a sign of the edit itself may have been set back
    least = Level.NONE if any(policy.parts[at].pair.name.startswith("M2-proved") for at in edits) else plain.level
    assert least.rank <= also_set.level.rank <= max(plain.level.rank, Level.MINOR.rank)
    if set_new != new and not edits:
        # a heading of which only the space after "Article" is set otherwise passes for renumbered
        assert also_set.level is Level.MINOR
        assert {f.code for f in also_set.findings} <= {"M2", "M3"}


@pytest.mark.parametrize("noises", [UNSEEN, TYPOGRAPHY, {n: f for n, f in BYTES.items() if n != "as_it_is"}])
def test_every_noise_makes_some(noises: dict[str, Noise]) -> None:
    texts = [alone(pair).text() for pair in PAIRS]
    texts += ["# T\n\n" + "\n\n".join(FURNITURE[language]) for language in LANGUAGES]
    assert [name for name, noise in noises.items() if all(noise(t, chance(7)) == t for t in texts)] == []


# ---- numbers


@given(case=edited(referring=False), first=st.sampled_from([0, 2, 7, 30]))
def test_numbers_that_references_follow_are_a_minor_edit(case: tuple[Composed, frozenset[int]], first: int) -> None:
    policy, edits = case
    old = policy.text()
    plain = compared(old, policy.text(edits), policy.language)
    renumbered = compared(old, policy.text(edits, first=first), policy.language)
    assert significant(renumbered) == significant(plain)
    assert renumbered.level is Level.highest([plain.level, Level.MINOR])
    assert "M3" in {f.code for f in renumbered.findings}


@given(case=edited(referring=False), at=st.integers(0, 5))
def test_an_inserted_clause_is_the_only_further_finding(case: tuple[Composed, frozenset[int]], at: int) -> None:
    policy, edits = case
    old = policy.text()
    plain = compared(old, policy.text(edits), policy.language)
    inserted = compared(old, policy.text(edits, inserted=at), policy.language)
    further = [f for f in inserted.findings if f.clause_id == "further"]
    others = [f for f in inserted.findings if f.clause_id != "further"]
    assert {f.level for f in further} == {Level.SIGNIFICANT}
    assert {f.code for f in others if f.level is Level.SIGNIFICANT} == set(significant(plain))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reference_that_does_not_follow_is_significant(language: str) -> None:
    """Or the two tests before this one could not fail."""
    pairs = [pair for pair in PAIRS if pair.language == language and pair.new and not pair.refers][:3]
    parts = tuple(Part(pair, "", before=False, refers_to=at) for pair, at in zip(pairs, (2, None, None), strict=True))
    for numbered in NUMBERED[language]:
        policy = Composed(language, parts, *numbered)
        old, new = policy.text(), policy.text(first=5)
        right, wrong = (REFERRING[language].format(policy.reference.format(number)) for number in (7, 3))
        stale = new.replace(right, wrong)
        assert stale != new
        assert compared(old, new, language).level is Level.MINOR
        assert compared(old, stale, language).level is Level.SIGNIFICANT


# ---- backwards


@every_pair
def test_backwards_is_as_significant(pair: Pair) -> None:
    there, back = both_ways(pair)
    if there.level is Level.MINOR and {f.code for f in there.findings} == {"M4"}:
        return  # a slip that is made is not proved to be one, only one that is put right
    assert (there.level is Level.SIGNIFICANT) == (back.level is Level.SIGNIFICANT)
    assert (there.level is Level.NONE) == (back.level is Level.NONE)


@given(edited(least=1))
def test_backwards_is_as_significant_among_others(case: tuple[Composed, frozenset[int]]) -> None:
    policy, edits = case
    # a slip that is made is not proved to be one, only one that is put right
    assume(not any(policy.parts[at].pair.name.startswith("M4-proved") for at in edits))
    old, new = policy.text(), policy.text(edits)
    levels = [compared(*texts, policy.language).level for texts in ((old, new), (new, old))]
    assert (levels[0] is Level.SIGNIFICANT) == (levels[1] is Level.SIGNIFICANT)


#: Directions that one edit may have there and back. What is worse need not be better backwards: a shorter period may
#: cost the reader access. But nothing is worse, or better, both ways.
THERE_AND_BACK: Final = {
    frozenset({Direction.WORSE, Direction.BETTER}),
    frozenset({Direction.WORSE, Direction.UNKNOWN}),
    frozenset({Direction.BETTER, Direction.UNKNOWN}),
    frozenset({Direction.UNKNOWN}),
    frozenset({Direction.NEUTRAL}),
}


@every_pair
def test_backwards_the_direction_turns(pair: Pair) -> None:
    def of_one_sentence(found: Iterable[Finding]) -> dict[tuple[str, frozenset[str]], Direction]:
        return {
            (f.code, frozenset({f.before, f.after})): f.direction
            for f in found
            if len(sentences(f.before)) == len(sentences(f.after)) == 1 and f.before != f.after
        }

    there, back = (of_one_sentence(comparison.findings) for comparison in both_ways(pair))
    for unit in there.keys() & back.keys():
        assert frozenset({there[unit], back[unit]}) in THERE_AND_BACK, unit


# ---- in steps


def together(old: str, between: str, new: str, language: str) -> Level:
    """The higher level of two steps."""
    return Level.highest(compared(*step, language).level for step in ((old, between), (between, new)))


@given(case=edited(least=1), data=st.data())
def test_no_release_is_made_smaller_by_dividing_it(case: tuple[Composed, frozenset[int]], data: st.DataObject) -> None:
    policy, edits = case
    first = data.draw(st.sets(st.sampled_from(sorted(edits))))
    old, between, new = policy.text(), policy.text(first), policy.text(edits)
    whole = compared(old, new, policy.language).level
    assert together(old, between, new, policy.language).rank >= whole.rank


@every_pair
def test_no_edit_is_made_smaller_by_dividing_it(pair: Pair) -> None:
    """Where words change in several places, first some of them and then the rest."""
    before, after = words(pair.old), words(pair.new)
    runs = [
        (op.tag == "equal", "".join(before[op.src_start : op.src_end]), "".join(after[op.dest_start : op.dest_end]))
        for op in LCSseq.opcodes(before, after)
    ]
    places = [at for at, (equal, _, _) in enumerate(runs) if not equal]
    old, new = alone(pair).text(), alone(pair).text([0])
    whole = compared(old, new, pair.language).level
    for cut in range(1, len(places)) if pair.new else ():
        done = set(places[:cut])
        middle = "".join(later if at in done else earlier for at, (_, earlier, later) in enumerate(runs))
        half = Pair(pair.name, pair.language, pair.heading, pair.old, middle)
        assert together(old, alone(half).text([0]), new, pair.language).rank >= whole.rank, half.new


@pytest.mark.parametrize(
    ("language", "old", "slip", "new"),
    [
        ("en", "We take letters from members.", "We take letters fomr members.", "We take letters form members."),
        ("en", "We provide your address.", "We provde your address.", "We prove your address."),
        ("en", "It may be causal in nature.", "It may be caussal in nature.", "It may be casual in nature."),
        ("ko", "회비를 납부합니다.", "회비를 냡부합니다.", "회비를 남부합니다."),
        ("ko", "기록을 삭제합니다.", "기록을 삭졔합니다.", "기록을 삭재합니다."),
        ("ko", "편지를 보존합니다.", "편지를 뵤존합니다.", "편지를 부존합니다."),
    ],
)
def test_no_word_becomes_another_by_way_of_a_slip(language: str, old: str, slip: str, new: str) -> None:
    pair = Pair("slip", language, HEADING[language], old, new)
    between = Pair("slip", language, HEADING[language], old, slip)
    texts = alone(pair).text(), alone(between).text([0]), alone(pair).text([0])
    assert compared(texts[0], texts[2], language).level is Level.SIGNIFICANT
    assert together(*texts, language) is Level.SIGNIFICANT


# ---- edits cover the difference


def said(document: Document) -> Counter[str]:
    """The words of a text, without the numbers of its list items."""
    return Counter(word for clause in document.clauses for word in f"{clause.name} {clause.text}".split())


def balance(comparison: Comparison) -> Counter[str]:
    """How many times each word came (or went, below 0) by the edits.

    A change of the words of what moved is an edit of its own, as is a change of the words of a renumbered heading.
    """
    count: Counter[str] = Counter()
    for edit in comparison.edits:
        before, after = edit.before, edit.after
        if edit.kind is Kind.MOVED or (edit.kind is Kind.RESET and edit.new is None):
            continue
        if edit.kind is Kind.RENUMBERED and edit.old_clause and edit.new_clause:
            named = edit.new is None
            before, after = (edit.old_clause.number, edit.new_clause.number) if named else ("", "")
        count.update(after.split())
        count.subtract(before.split())
    return count


def check_edits(old: Document, new: Document, comparison: Comparison) -> None:
    had, has = said(old), said(new)
    expected = Counter(has)
    expected.subtract(had)
    assert {w: n for w, n in balance(comparison).items() if n} == {w: n for w, n in expected.items() if n}
    for edit in comparison.edits:
        assert not Counter(edit.before.split()) - had
        assert not Counter(edit.after.split()) - has
        runs = redline(edit.before, edit.after)
        assert (side(runs, "delete"), side(runs, "insert")) == (edit.before, edit.after)
    if not comparison.edits:
        assert had == has


@given(case=edited(), number=st.sampled_from([1, 4]), inserted=st.none() | st.integers(0, 5))
def test_edits_are_the_difference(case: tuple[Composed, frozenset[int]], number: int, inserted: int | None) -> None:
    policy, edits = case
    old, new = policy.text(), policy.text(edits, first=number, inserted=inserted)
    for one, other in ((old, new), (new, old)):
        check_edits(read(one), read(other), compared(one, other, policy.language))


@given(edited(), edited())
def test_edits_are_the_difference_of_texts_with_little_in_common(
    one: tuple[Composed, frozenset[int]], other: tuple[Composed, frozenset[int]]
) -> None:
    old, new = one[0].text(one[1]), other[0].text(other[1])
    check_edits(read(old), read(new), compared(old, new, one[0].language))


@given(edited())
def test_a_text_and_itself(case: tuple[Composed, frozenset[int]]) -> None:
    text = case[0].text(case[1])
    found = compared(text, text, case[0].language)
    assert (found.edits, found.findings, found.level, found.topics) == ((), (), Level.NONE, ())


# ---- the same answer, from English without the model of Korean

SCRIPT: Final = """
import json, sys
from tests.composed import PAIRS
from tests.test_metamorphic import both_ways, told
print(json.dumps([told(both_ways(p)) for p in PAIRS[::3] if p.language == "en"]))
print("kiwipiepy" in sys.modules)
print(json.dumps([told(both_ways(p)) for p in PAIRS[::3] if p.language == "ko"]))
print("kiwipiepy" in sys.modules)
"""


def told(ways: Iterable[Comparison]) -> list[object]:
    """Everything that is said of comparisons."""
    return [
        (
            [(edit.kind.name, edit.before, edit.after) for edit in way.edits],
            [(finding.as_json({}), repr(finding.explanation)) for finding in way.findings],
        )
        for way in ways
    ]


def test_the_same_answer_every_time_and_no_korean_model_for_english() -> None:
    ended = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        ).stdout.splitlines()
        for seed in ("0", "4711")
    ]  # fmt: skip
    here = [json.dumps([told(both_ways(p)) for p in PAIRS[::3] if p.language == language]) for language in LANGUAGES]
    for english, loaded_by_english, korean, loaded_by_korean in ended:
        assert [english, korean] == here
        assert (loaded_by_english, loaded_by_korean) == ("False", "True")


# ---- real texts


def real() -> list[tuple[str, str]]:
    """(id, language) of the labelled changes."""
    labels = CORPUS / "labels.csv"
    if not labels.is_file():
        return []
    return [(row["id"], row["lang"]) for row in csv.DictReader(labels.read_text("utf-8").splitlines())]


#: Longer texts take long, and are no different.
LONGEST: Final = 12_000


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the labelled changes lie beside the repository, not in it")
def test_real_texts() -> None:
    seen = 0
    for name, language in real():
        old, new = ((CORPUS / "texts" / name / f"{which}.md").read_text("utf-8") for which in ("old", "new"))
        if len(old) > LONGEST:
            continue
        seen += 1
        found = compared(old, new, language)
        check_edits(read(old), read(new), found)
        for noise in BYTES.values():
            assert verdict(compared(noise(old, chance(1)), new, language)) == verdict(found), name
        between = halfway(old, new, chance(name))
        if between not in {old, new}:
            assert together(old, between, new, language).rank >= found.level.rank, name
    assert seen > 40


def halfway(old: str, new: str, by: Random) -> str:
    """`old` with some of the changed lines of `new`, as a commit in between would be."""
    one, other = old.splitlines(keepends=True), new.splitlines(keepends=True)
    lines: list[str] = []
    for _, a, b, c, d in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        lines += one[a:b] if by.random() < 0.5 else other[c:d]
    return "".join(lines)

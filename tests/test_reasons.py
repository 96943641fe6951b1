"""Which reason an unproved edit has, by where its words stand; whole clauses; consent; and what is quoted."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from publisher.changes.lexicon import Cue, Lexicon, lexicon
from publisher.changes.model import Direction, Finding, Level, Topic
from publisher.changes.reasons import LONGEST_QUOTE, REASONS, Unit, direction_of, findings_for, unsure, with_words
from publisher.messages import msg, translator
from publisher.texts.document import Clause, parse

SAY = translator("en")
PLAIN = REASONS["U"].sentence


def clause(title: str = "Things") -> Clause:
    return parse(f"## 1. {title} {{#c}}\n\nWords.\n").clauses[0]


def cues(*given: tuple[str, str, int]) -> Lexicon:
    """A lexicon of these cues alone: code, word, weight."""
    return replace(
        lexicon("en"),
        cues=tuple(
            Cue(code, "", weight, re.compile(rf"\b{word}\b", re.IGNORECASE), word) for code, word, weight in given
        ),
    )


def unit(before: str, after: str, title: str = "Things", lead_in: str = "", *, whole: bool = False) -> Unit:
    return Unit(before=before, after=after, clause=clause(title), lead_in=lead_in, whole=whole)


def codes(one: Unit, lexicon: Lexicon) -> list[str]:
    return [f.code for f in findings_for(one, lexicon, {})]


PARK_POND = cues(("R05", "park", 1), ("R07", "pond", 1))

WEIGHTS = [
    # what changed and stands in its sentence comes before what only stands there
    (unit("A pond and a tree.", "A pond and a park."), ["R05"]),
    # before the heading, which comes before nothing
    (unit("A tree.", "A park.", "Pond"), ["R05"]),
    (unit("A tree.", "A bush.", "Pond"), ["R07"]),
    (unit("A tree.", "A bush.", lead_in="In the pond:"), ["R07"]),
    # the heading tells a little more than the sentence alone
    (unit("A pond, a tree.", "A pond, a bush.", "Park"), ["R05"]),
    # a second reason tells nearly as much, and the words that changed speak of it
    (unit("A tree.", "A park, a pond."), ["R05", "R07"]),
    (unit("A tree in a pond.", "A park in a pond.", "Pond"), ["R07", "R05"]),
    # an item that came is what its lead-in says, whatever it names
    (unit("", "pond", "Park", "Our park has:"), ["R05"]),
    (unit("", "bush"), ["U"]),
]


@pytest.mark.parametrize(("one", "expected"), WEIGHTS)
def test_where_words_stand(one: Unit, expected: list[str]) -> None:
    assert codes(one, PARK_POND) == expected


def test_a_cue_that_tells_more_comes_first() -> None:
    one = unit("A tree.", "A park, a pond.")
    assert codes(one, cues(("R05", "park", 1), ("R07", "pond", 3))) == ["R07"]
    assert codes(one, cues(("R05", "park", 3), ("R07", "pond", 1))) == ["R05"]


def test_a_topic_of_its_own() -> None:
    own = replace(PARK_POND, cues=tuple(replace(cue, topic="fees") for cue in PARK_POND.cues))
    assert [f.topic for f in findings_for(unit("A tree.", "A park."), own, {})] == [Topic.FEES]
    assert [f.topic for f in findings_for(unit("", "A park.", whole=True), own, {})] == [Topic.FEES]


WHOLE = [
    (unit("", "A park. A tree.", whole=True), ["R05"]),
    (unit("A park. A tree.", "", whole=True), ["R27", "R05"]),
    (unit("A tree.", "", whole=True), ["R27"]),
    (unit("", "A tree.", whole=True), ["U"]),
    # further subjects that make up half of the first
    (unit("", "A park. A park. A pond. A tree.", whole=True), ["R05", "R07"]),
    (unit("", "A park. A park. A park. A pond.", whole=True), ["R05"]),
    # the heading counts more in a long clause
    (unit("", "A park. A pond. A tree. A bush. ", "Pond", whole=True), ["R07"]),
]


@pytest.mark.parametrize(("one", "expected"), WHOLE)
def test_whole_clauses(one: Unit, expected: list[str]) -> None:
    assert codes(one, PARK_POND) == expected


def test_of_a_whole_clause_no_more_than_three_subjects() -> None:
    many = cues(*((code, word, 1) for code, word in (("R05", "a"), ("R07", "b"), ("R09", "c"), ("R15", "d"))))
    assert codes(unit("", "a b c d", whole=True), many) == ["R05", "R07", "R09"]


def test_a_clause_that_goes_takes_away_what_it_said() -> None:
    gone = unit("We keep it safe.", "", whole=True)
    assert direction_of(gone, "R27", cues(("R15", "safe", 1))) is Direction.WORSE
    assert direction_of(gone, "R27", cues(("R05", "safe", 1))) is Direction.BETTER
    assert direction_of(gone, "R27", cues()) is Direction.WORSE


def found(before: str, after: str, bases: dict[Topic, str], code: str = "R07") -> Finding:
    (finding,) = findings_for(unit(before, after), cues((code, "kept", 1)), bases)
    return finding


LONGER = ("It is kept for 10 days.", "It is kept for 20 days.")

CONSENT = [
    (*LONGER, {}, "R07", True),
    (*LONGER, {Topic.RETENTION: "consent"}, "R07", True),
    (*LONGER, {Topic.RETENTION: "contract"}, "R07", False),
    (*LONGER, {Topic.FEES: "contract"}, "R07", True),
    # what is better for the reader needs none
    (*reversed(LONGER), {}, "R07", False),
    # nor does a reason that never asks for it
    (*LONGER, {}, "R15", False),
    # where the direction is not plain, consent is assumed
    ("It is kept by us.", "It is kept by ours.", {}, "R07", True),
]


@pytest.mark.parametrize(("before", "after", "bases", "code", "expected"), CONSENT)
def test_consent(before: str, after: str, bases: dict[Topic, str], code: str, *, expected: bool) -> None:
    assert found(before, after, bases, code).consent is expected


def test_a_significant_finding_says_where_and_what() -> None:
    finding = found(*LONGER, {})
    assert (finding.clause_id, finding.clause_title, finding.level) == ("c", "1. Things", Level.SIGNIFICANT)
    assert SAY(finding.explanation) == ("How long the information is kept changes. “10 days” becomes “20 days”.")


def test_the_small_word_that_turns_a_sentence_is_told_first() -> None:
    assert "A negation is added." in SAY(found("It is kept here.", "It is not kept here.", {}).explanation)


def test_unsure() -> None:
    finding = unsure(unit("A tree.", "A bush."))
    assert (finding.code, finding.level, finding.topic) == ("U", Level.SIGNIFICANT, Topic.OTHER)
    assert (finding.direction, finding.consent) == (Direction.UNKNOWN, False)


LONG = "word " * 60
QUOTES = [
    ("A tree.", "A bush.", "X “tree” becomes “bush”."),
    ("A tree.", "A tree grows.", "X Added: “grows”."),
    ("A tree grows.", "A tree.", "X Removed: “grows”."),
    ("", "All  of\nit.", "X Added: “All of it”."),
    ("A tree.", "A tree.", "X"),
    (LONG, "x " * 60, "X"),
    (f"a {'b' * 60} c", f"a {'d' * 60} c", f"X “{'b' * 60}” becomes “{'d' * 60}”."),
    (f"a {'b' * 61} c", f"a {'d' * 60} c", "X"),
]


@pytest.mark.parametrize(("before", "after", "expected"), QUOTES)
def test_what_is_quoted(before: str, after: str, expected: str) -> None:
    assert SAY(with_words(msg("X"), before, after)) == expected


@pytest.mark.parametrize(("before", "after"), [(LONG, ""), ("", LONG)])
def test_a_long_passage_is_quoted_by_its_beginning(before: str, after: str) -> None:
    said = SAY(with_words(msg("X"), before, after))
    quoted = said[said.index("“") + 1 : said.index("”")]
    assert quoted.endswith("word…")
    assert len(quoted) <= LONGEST_QUOTE + 1


def test_every_code_has_a_sentence_in_both_languages() -> None:
    said = [translator(language)(reason.sentence) for language in ("en", "ko") for reason in REASONS.values()]
    assert len(set(said)) == 2 * len(REASONS)

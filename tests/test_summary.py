"""The summary goes by topic, worse first, tells at most six points of one topic, and reads well in both languages."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.changes.model import Comparison, Direction, Finding, Level, Topic
from publisher.changes.reasons import REASONS
from publisher.changes.summary import MOST_POINTS, TOPICS, Point, in_words, summarise
from publisher.messages import msg, translator


def finding(
    topic: Topic = Topic.OTHER,
    direction: Direction = Direction.WORSE,
    level: Level = Level.SIGNIFICANT,
    clause: str = "1. Orders",
    words: str = "",
) -> Finding:
    return Finding(
        code="U",
        topic=topic,
        level=level,
        direction=direction,
        clause_id="orders",
        clause_title=clause,
        before=words,
        after="",
        explanation=msg("{sentence} Removed: “{before}”.", sentence=REASONS["U"].sentence, before=words),
    )


def topics(*findings: Finding) -> list[Topic | None]:
    return [point.topic for point in summarise(findings)]


def test_nothing() -> None:
    assert summarise([]) == ()


def test_topics_with_something_worse_come_first_and_other_last() -> None:
    better, unknown = Direction.BETTER, Direction.UNKNOWN
    assert topics(
        finding(Topic.OTHER),
        finding(Topic.COLLECTION, better),
        finding(Topic.SECURITY, Direction.NEUTRAL),
        finding(Topic.DISPUTE),
        finding(Topic.FEES, unknown),
        finding(Topic.RETENTION),
    ) == [Topic.RETENTION, Topic.DISPUTE, Topic.FEES, Topic.SECURITY, Topic.COLLECTION, Topic.OTHER]


def test_in_a_topic_what_is_worse_comes_first() -> None:
    order = [Direction.BETTER, Direction.NEUTRAL, Direction.UNKNOWN, Direction.WORSE]
    found = summarise(finding(Topic.FEES, direction, clause=direction.value) for direction in order)
    assert [point.clause for point in found] == ["worse", "unknown", "neutral", "better"]


@pytest.mark.parametrize(("count", "told"), [(1, 1), (6, 6), (7, 7), (9, 7)])
def test_at_most_six_of_one_topic(count: int, told: int) -> None:
    found = summarise(finding(Topic.FEES, words=f"thing {i}") for i in range(count))
    assert len(found) == told
    if count > MOST_POINTS:
        more = count - MOST_POINTS
        say = translator("en")(in_words(found[-1]))
        assert say == f"Fees – {more} further change{'s' if more > 1 else ''} of this kind."


def test_what_is_said_twice_is_told_once() -> None:
    assert len(summarise([finding(Topic.FEES)] * 9)) == 1


def test_minor_edits_are_told_where_there_is_nothing_else() -> None:
    small = finding(level=Level.MINOR)
    assert summarise([small, small]) == (Point(None, "1. Orders", small.explanation),)
    assert summarise([small, finding(Topic.FEES), small])[1:] == (
        Point(None, "", msg("Small corrections that change no right.")),
    )


SAID = [
    (Point(Topic.RETENTION, "1. Orders", msg("A whole clause is removed.")), "en", "How long it is kept – 1. Orders: A whole clause is removed."),
    (Point(None, "1. Orders", msg("A whole clause is removed.")), "en", "1. Orders: A whole clause is removed."),
    (Point(None, "", msg("Small corrections that change no right.")), "en", "Small corrections that change no right."),
]  # fmt: skip


@pytest.mark.parametrize(("point", "language", "expected"), SAID)
def test_a_line(point: Point, language: str, expected: str) -> None:
    assert translator(language)(in_words(point)) == expected


@pytest.mark.parametrize("topic", Topic)
def test_a_korean_line_is_korean(topic: Topic) -> None:
    line = translator("ko")(in_words(Point(topic, "제1조 주문", REASONS["U"].sentence)))
    title = translator("ko")(TOPICS[topic])
    assert line.startswith(f"{title} – 제1조 주문: ")
    assert not any("a" <= letter <= "z" for letter in line)
    assert line.endswith("니다.")


def test_topics_of_a_comparison_are_those_with_most_words() -> None:
    many, few = finding(Topic.FEES, words="a b c d e f g h i"), finding(Topic.DISPUTE, words="a")
    assert Comparison(edits=(), findings=(few, many)).topics == (Topic.FEES,)
    assert Comparison(edits=(), findings=(few, replace(many, topic=Topic.OTHER))).topics == (Topic.DISPUTE,)
    assert Comparison(edits=(), findings=(replace(few, topic=Topic.OTHER),)).topics == (Topic.OTHER,)
    assert Comparison(edits=(), findings=(replace(few, level=Level.MINOR),)).topics == ()
    each = tuple(finding(topic, words="a b") for topic in list(Topic)[:7])
    assert Comparison(edits=(), findings=each).topics == tuple(list(Topic)[:5])


def test_a_finding_as_data() -> None:
    found = finding(Topic.FEES, words="a b")
    assert found.words_changed == 2
    assert replace(found, before="").words_changed == 1
    assert found.as_json({"en": "x"}) == {
        "code": "U",
        "topic": "fees",
        "level": "significant",
        "direction": "worse",
        "clause": {"id": "orders", "title": "1. Orders"},
        "before": "a b",
        "after": "",
        "explanation": {"en": "x"},
    }


FINDINGS = st.lists(
    st.builds(finding, st.sampled_from(Topic), st.sampled_from(Direction), st.sampled_from([Level.MINOR, Level.SIGNIFICANT]),
              words=st.sampled_from(["a", "b", "c", "d", "e", "f", "g", "h"])), max_size=30)  # fmt: skip


@given(FINDINGS)
def test_every_significant_topic_is_told_and_never_too_long(found: list[Finding]) -> None:
    points = summarise(found)
    significant = {f.topic for f in found if f.level is Level.SIGNIFICANT}
    assert {p.topic for p in points} - {None} == significant
    assert all(sum(p.topic is topic for p in points) <= MOST_POINTS + 1 for topic in significant)
    assert bool(points) is bool(found)

"""A first draft of the summary that readers are given, made of the findings.

A lawyer edits it in `change.toml`; where nobody has, it is what readers get. It goes by topic, what is worse for the
reader first, with the words before and after; corrections that change no right are one line at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from publisher.changes.model import Direction, Finding, Level, Topic
from publisher.messages import Message, msg, msg_n

_ORDER: Final = (Direction.WORSE, Direction.UNKNOWN, Direction.NEUTRAL, Direction.BETTER)
#: More points than these of one topic are counted, not told.
MOST_POINTS: Final = 6

#: What a topic is called.
TOPICS: Final[Mapping[Topic, Message]] = {
    Topic.COLLECTION: msg("What we collect"),
    Topic.USE_PURPOSE: msg("What it is used for"),
    Topic.THIRD_PARTY: msg("Who receives it"),
    Topic.RETENTION: msg("How long it is kept"),
    Topic.USER_RIGHTS: msg("Your rights"),
    Topic.CHOICE_CONSENT: msg("Consent and choice"),
    Topic.SECURITY: msg("Security"),
    Topic.CHILDREN: msg("Children"),
    Topic.TRANSFER: msg("Transfer abroad"),
    Topic.LIABILITY: msg("Liability"),
    Topic.DISPUTE: msg("Disputes"),
    Topic.FEES: msg("Fees"),
    Topic.CONTENT_LICENCE: msg("Your content"),
    Topic.CONDUCT_TERMINATION: msg("Rules and termination"),
    Topic.NOTICE_TERMS: msg("How changes are announced"),
    Topic.SCOPE_DEFINITION: msg("Scope and terms"),
    Topic.CONTACT: msg("Contact"),
    Topic.OTHER: msg("Other"),
}


@dataclass(frozen=True, slots=True)
class Point:
    """One line of a summary: the clause, and what happens there."""

    #: None for a line about the change as a whole
    topic: Topic | None
    clause: str
    sentence: Message


def summarise(findings: Iterable[Finding]) -> tuple[Point, ...]:
    """The points of the summary; minor edits are counted in one last point."""
    found = list(findings)
    points: list[Point] = []
    for topic in _topics(f for f in found if f.level is Level.SIGNIFICANT):
        points += _of_topic(topic, [f for f in found if f.level is Level.SIGNIFICANT and f.topic is topic])
    minor = [f for f in found if f.level is Level.MINOR]
    if not points:
        points += [Point(None, f.clause_title, f.explanation) for f in minor]
    elif minor:
        points.append(Point(None, "", msg("Small corrections that change no right.")))
    return tuple(dict.fromkeys(points))


def _topics(findings: Iterable[Finding]) -> list[Topic]:
    """The topics of the findings, those with something worse for the reader first."""
    worst: dict[Topic, int] = {}
    for finding in findings:
        rank = _ORDER.index(finding.direction)
        worst[finding.topic] = min(rank, worst.get(finding.topic, rank))
    return sorted(worst, key=lambda topic: (topic is Topic.OTHER, worst[topic], list(Topic).index(topic)))


def _of_topic(topic: Topic, findings: Sequence[Finding]) -> list[Point]:
    ordered = sorted(findings, key=lambda f: _ORDER.index(f.direction))
    points = list(dict.fromkeys(Point(topic, f.clause_title, f.explanation) for f in ordered))
    further = len(points) - MOST_POINTS
    if further <= 0:
        return points
    more = msg_n("{count} further change of this kind.", "{count} further changes of this kind.", further)
    return [*points[:MOST_POINTS], Point(topic, "", more)]


def in_words(point: Point) -> Message:
    """The point as one line: "How long it is kept – 3. Orders: …"."""
    sentence = point.sentence
    if point.clause:
        sentence = msg("{clause}: {sentence}", clause=point.clause, sentence=sentence)
    if point.topic is None:
        return sentence
    return msg("{topic} – {sentence}", topic=TOPICS[point.topic], sentence=sentence)

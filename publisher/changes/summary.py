"""A first draft of the summary that readers are given, made of the findings.

A lawyer edits it in `change.toml`; where nobody has, it is what readers get. Worse for the reader comes first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from publisher.changes.model import Direction, Finding, Level
from publisher.messages import Message, msg

_ORDER: Final = (Direction.WORSE, Direction.UNKNOWN, Direction.NEUTRAL, Direction.BETTER)


@dataclass(frozen=True, slots=True)
class Point:
    """One line of a summary: the clause, and what happens there."""

    clause: str
    sentence: Message


def summarise(findings: Iterable[Finding]) -> tuple[Point, ...]:
    """The points of the summary; minor edits are counted in one last point."""
    found = list(findings)
    significant = sorted((f for f in found if f.level is Level.SIGNIFICANT), key=lambda f: _ORDER.index(f.direction))
    points = [Point(f.clause_title, f.explanation) for f in significant]
    minor = [f for f in found if f.level is Level.MINOR]
    if not significant:
        points += [Point(f.clause_title, f.explanation) for f in minor]
    elif minor:
        points.append(Point("", msg("Small corrections that change no right.")))
    return tuple(dict.fromkeys(points))


def in_words(point: Point) -> Message:
    """The point as one line."""
    if not point.clause:
        return point.sentence
    return msg("{clause}: {sentence}", clause=point.clause, sentence=point.sentence)

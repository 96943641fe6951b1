"""What the engine says while it runs for months: one line an event, for people or for a collector of logs.

A line has a fixed set of fields and names no person: no address, no name, nothing of what a mail server answered.
In words (for a terminal) or as JSON: `{"at", "level", "event", "policy", "version", "code", …counts}`; fields that
say nothing are left out. What other libraries log becomes a line without its words, for these may hold anything.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final, TextIO

from publisher.errors import Problem
from publisher.messages import Message

LOGGER: Final = "publisher"
#: RFC 3463: what may stand before the words of a reply.
_ENHANCED: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One event."""

    #: one word, for programs
    event: str
    level: int = logging.INFO
    policy: str = ""
    version: str = ""
    code: str = ""
    #: further values: numbers, and words of the program's own
    more: Mapping[str, int | str] = field(default_factory=dict)
    #: the same for a person
    message: Message | None = None
    problem: Problem | None = None

    def as_json(self, at: datetime) -> str:
        values = {
            "at": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": logging.getLevelName(self.level).lower(),
            "event": self.event,
            "policy": self.policy,
            "version": self.version,
            "code": self.code,
            **self.more,
        }
        return json.dumps({k: v for k, v in values.items() if v != ""}, ensure_ascii=True)


Write = Callable[[Line], None]


def write_line(line: Line) -> None:
    """Say `line` to whoever listens."""
    logging.getLogger(LOGGER).log(line.level, line.event, extra={"line": line})


def problem_line(event: str, problem: Problem, **more: int | str) -> Line:
    """The line for a problem; its words go to a terminal only."""
    levels = {"error": logging.ERROR, "warning": logging.WARNING, "info": logging.INFO}
    return Line(
        event=event,
        level=levels[problem.severity],
        policy=problem.place.policy,
        code=problem.code,
        more=more,
        problem=without_replies(problem),
    )


def without_replies(problem: Problem) -> Problem:
    """`problem` without the words of a mail server, which may name a person; their code stays."""

    def plain(name: str, value: object) -> object:
        if isinstance(value, Message):
            return without(value)
        if name != "reply":
            return value
        found = _ENHANCED.match(str(value))
        return found.group() if found else "…"

    def without(message: Message) -> Message:
        return replace(message, values=tuple((name, plain(name, value)) for name, value in message.values))

    return replace(problem, message=without(problem.message))


class JsonLines(logging.Formatter):
    """One JSON document a line."""

    def format(self, record: logging.LogRecord) -> str:
        return _line(record).as_json(datetime.fromtimestamp(record.created, UTC))


class InWords(logging.Formatter):
    """Lines for a person; `say` makes the words of one, or "" where a person need not be told."""

    def __init__(self, say: Callable[[Line], str]) -> None:
        super().__init__()
        self._say = say

    def format(self, record: logging.LogRecord) -> str:
        return self._say(_line(record))


def _line(record: logging.LogRecord) -> Line:
    line = getattr(record, "line", None)
    if isinstance(line, Line):
        return line
    kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
    return Line(event="library", level=record.levelno, more={"logger": record.name, "kind": kind})


class _Handler(logging.StreamHandler[TextIO]):
    def emit(self, record: logging.LogRecord) -> None:
        try:
            words = self.format(record)
            if words:
                self.stream.write(words + "\n")
                self.flush()
        except (OSError, ValueError):  # nobody listens any more; the engine goes on
            return


@contextmanager
def logging_to(formatter: logging.Formatter, stream: TextIO | None = None) -> Iterator[None]:
    """Everything that is logged goes to `stream` (stderr) in the form of `formatter` while the context lasts."""
    root, own = logging.getLogger(), logging.getLogger(LOGGER)
    handler = _Handler(stream or sys.stderr)
    handler.setFormatter(formatter)
    root_before, own_before = root.handlers[:], own.level
    root.handlers[:] = [handler]
    own.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.handlers[:] = root_before
        own.setLevel(own_before)

"""What can go wrong, said so that a lawyer or an operator can act on it.

    PublisherError                 1  a defect of ours
    ├── WrongUsage                 2  the command was called wrongly
    ├── TextFindings               3  a text or its metadata has findings
    ├── Blocked                    4  a rule does not allow this yet
    ├── Misconfigured              5  the configuration or the machine does not fit
    ├── ServiceAway                6  something outside is away; tried again later
    ├── PartlyDone                 7  done, except for what is listed
    ├── IntegrityBroken            8  a record does not match its fingerprint
    └── Locked                     9  another run is at work

Each error carries problems; each problem says what happened, where, and what to do, in any language.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from publisher.messages import Message, Translator, msg


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where something was found; every part may be unknown."""

    #: file, relative to the workspace, or as it was named on the command line
    path: str = ""
    policy: str = ""
    language: str = ""
    #: id or title of the clause
    clause: str = ""
    #: counted from 1; 0 where unknown
    line: int = 0
    #: counted from 1; 0 where unknown
    column: int = 0

    def __str__(self) -> str:
        spot = self.path or "/".join(filter(None, (self.policy, self.language)))
        if self.line:
            spot += f":{self.line}" + (f":{self.column}" if self.column else "")
        return spot


NOWHERE = Place()


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing that is wrong: its code, what happened, where, and what to do about it."""

    code: str
    message: Message
    hint: Message | None = None
    place: Place = NOWHERE
    #: "error" stops a publication; "warning" and "info" do not
    severity: str = "error"

    def as_json(self, say: Translator) -> dict[str, Any]:
        return {
            "code": self.code,
            "severity": self.severity,
            "policy": self.place.policy,
            "lang": self.place.language,
            "path": self.place.path,
            "clause": self.place.clause,
            "line": self.place.line,
            "column": self.place.column,
            "message": say(self.message),
            "hint": say(self.hint) if self.hint else "",
        }

    def in_words(self, say: Translator) -> str:
        where = str(self.place)
        head = f"{where}: " if where else ""
        hint = f"\n  {say(self.hint)}" if self.hint else ""
        return f"{head}{say(self.message)} [{self.code}]{hint}"


@dataclass(eq=False)
class PublisherError(Exception):
    """The publisher refused or could not finish."""

    problems: tuple[Problem, ...] = field(default=())
    exit_status: ClassVar[int] = 1

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("; ".join(f"{p.code} {p.message.text}" for p in self.problems))

    def __reduce__(self) -> tuple[type[PublisherError], tuple[tuple[Problem, ...]]]:
        """As what it is sent from one process to another: its problems."""
        return type(self), (self.problems,)

    @classmethod
    def of(cls, code: str, message: Message, hint: Message | None = None, place: Place = NOWHERE) -> PublisherError:
        """An error with a single problem."""
        return cls(Problem(code=code, message=message, hint=hint, place=place))


class WrongUsage(PublisherError):
    """The command was called wrongly."""

    exit_status = 2


class TextFindings(PublisherError):
    """A text or its metadata has findings."""

    exit_status = 3


class Blocked(PublisherError):
    """A rule does not allow this yet."""

    exit_status = 4


class Misconfigured(PublisherError):
    """The configuration or the machine does not fit."""

    exit_status = 5


class ServiceAway(PublisherError):
    """Something outside is away; it will be tried again."""

    exit_status = 6


class PartlyDone(PublisherError):
    """Done, except for what is listed."""

    exit_status = 7


class IntegrityBroken(PublisherError):
    """A record does not match its fingerprint."""

    exit_status = 8


class Locked(PublisherError):
    """Another run is at work."""

    exit_status = 9


def cannot_write(path: str, error: OSError) -> PublisherError:
    """The error for a file or folder that could not be written, by what the system said."""
    import errno

    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EIO}:
        return ServiceAway.of(
            "C520",
            msg("{path} could not be written: {reason}.", path=path, reason=error.strerror or str(error)),
            msg("Nothing was half-written. Free some space or mend the disk, then run the same command again."),
        )
    return Misconfigured.of(
        "C521",
        msg("{path} could not be written: {reason}.", path=path, reason=error.strerror or str(error)),
        msg("Make the folder writable for the account that runs publisher, then run the same command again."),
    )

"""Whether an exception was approved: by whom, and why somebody's approval does not count.

An approval is a commit in which an approver writes their own name into change.toml, nothing else of the plan being
touched afterwards. In: who may approve (as it stood before the change), the commits of the change, the names that
are claimed. Out: the approvals that count, and a sentence for each that does not. Pure: git is read elsewhere
(`register/approvals.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from publisher.errors import Place, Problem
from publisher.messages import Localized, Message, msg

#: How much of a commit's id is shown.
_SHOWN: Final = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Approver:
    """Who may approve: a name that is published, an address that is not, and perhaps an SSH public key."""

    name: str
    #: small letters
    address: str
    #: where it is given, only a commit signed by it counts
    key: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanCommit:
    """A commit of the change, as far as approvals rest on it."""

    id: str
    moment: datetime
    #: of the author, in small letters
    address: str
    #: fingerprint of the plan at this commit: texts, policy.toml, change.toml without the names of approvers
    plan: str
    #: the plan is another than at each of its parents: who wrote it is an author of the change
    changed: bool
    #: the names that this commit writes, by section of change.toml ("level", "early"); no parent has them there
    written: Mapping[str, frozenset[str]] = field(default_factory=dict)
    #: the approvers by whose key it is signed
    signers: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Circle:
    """Who could approve this change, and everything that was committed for it, newest first."""

    approvers: tuple[Approver, ...]
    #: named as approvers now, and not before the change
    newcomers: frozenset[str]
    commits: tuple[PlanCommit, ...]
    #: fingerprint of the plan as it is now
    plan: str

    @property
    def authors(self) -> Mapping[str, PlanCommit]:
        """The newest commit of each author of the change, by address."""
        return {commit.address: commit for commit in reversed(self.commits) if commit.changed}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """An exception that needs approval."""

    #: section of change.toml: "level" or "early"
    section: str
    #: who is said to have approved
    names: tuple[str, ...]
    #: how many must have
    needed: int
    #: why more than one must
    because: tuple[Message, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Approval:
    """An approval that counts."""

    approver: str
    section: str
    commit: str
    signed: bool

    def as_json(self) -> dict[str, Any]:
        return {"approver": self.approver, "for": self.section, "commit": self.commit, "signed": self.signed}


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What became of a wish."""

    wish: Wish
    counting: tuple[Approval, ...]
    #: for each name that does not count, why
    refused: tuple[Message, ...]

    @property
    def granted(self) -> bool:
        return len(self.counting) >= self.wish.needed


def judge(wish: Wish, circle: Circle) -> Verdict:
    """Which of the named approvals count."""
    counting: list[Approval] = []
    refused: list[Message] = []
    known = {approver.name: approver for approver in circle.approvers}
    for name in dict.fromkeys(wish.names):
        approver = known.get(name)
        found = _approval(approver, wish.section, circle) if approver else _unknown(name, circle)
        if isinstance(found, Approval) and approver:
            twin = _same_person(approver, [known[a.approver] for a in counting])
            if twin:
                found = msg("{name} and {other} have the same address or key and count as one.", name=name, other=twin)
        if isinstance(found, Approval):
            counting.append(found)
        else:
            refused.append(found)
    return Verdict(wish=wish, counting=tuple(counting), refused=tuple(refused))


def _unknown(name: str, circle: Circle) -> Message:
    if name in circle.newcomers:
        return msg("{name} became an approver with this change, and may approve only changes after it.", name=name)
    return msg("Nobody of the name {name} was an approver before this change.", name=name)


def _approval(approver: Approver, section: str, circle: Circle) -> Approval | Message:
    """The approval of `approver`, or why there is none."""
    name = approver.name
    authored = circle.authors.get(approver.address)
    if authored:
        return msg(
            "{name} is an author of this change (commit {commit} of {day}), and nobody approves their own change.",
            name=name,
            **_of(authored),
        )
    writing = [c for c in circle.commits if name in c.written.get(section, ())]
    own = [c for c in writing if c.address == approver.address]
    if not own:
        return (
            msg(
                "{name} was written in by somebody else (commit {commit} of {day}). An approval is a commit of the "
                "approver, with the address that publisher.toml has; a squash merge loses it.",
                name=name,
                **_of(writing[0]),
            )
            if writing
            else msg(
                "{name} stands there from before this change; no commit of theirs approves this one.",
                name=name,
            )
        )
    same = [c for c in own if c.plan == circle.plan]
    if not same:
        return msg(
            "{name} approved another text (commit {commit} of {day}): texts, policy.toml or change.toml were edited "
            "since.",
            name=name,
            **_of(own[0]),
        )
    signed = next((c for c in same if name in c.signers), None)
    if approver.key and signed is None:
        return msg(
            "The approval of {name} (commit {commit} of {day}) is not signed with the key that publisher.toml has "
            "for {name}.",
            name=name,
            **_of(same[0]),
        )
    return Approval(approver=name, section=section, commit=(signed or same[0]).id, signed=bool(approver.key and signed))


def _of(commit: PlanCommit) -> dict[str, Any]:
    return {"commit": commit.id[:_SHOWN], "day": commit.moment.date()}


def _same_person(approver: Approver, others: Iterable[Approver]) -> str:
    """The name of one of `others` who is the same person; "" where none is."""
    for other in others:
        if approver.address == other.address or (approver.key and _blob(approver.key) == _blob(other.key)):
            return other.name
    return ""


def _blob(key: str) -> str:
    """A public key without its kind and comment."""
    return [*key.split(), "", ""][1]


def problems_of(verdict: Verdict, circle: Circle, title: Localized, place: Place) -> list[Problem]:
    """P131: what is missing and what to do; where enough have approved, only what does not count, as a remark."""
    if verdict.granted:
        return [Problem(code="P131", severity="warning", message=m, place=place) for m in verdict.refused]
    hint = _what_to_do(verdict, circle, place)
    problems = [Problem(code="P131", message=_missing(verdict, title), hint=hint, place=place)]
    again = msg(
        "Take the name out and commit that. Then the approver writes it in again and commits, and nothing is edited "
        "afterwards."
    )
    return problems + [Problem(code="P131", message=m, hint=again, place=place) for m in verdict.refused]


def _missing(verdict: Verdict, title: Localized) -> Message:
    wish = verdict.wish
    exception = (
        msg("announcing a significant change as minor")
        if wish.section == "level"
        else msg("an effect before the notice has ended")
    )
    if wish.needed == 1:
        return msg(
            "{policy}: {exception} needs the approval of somebody who did not write the change. There is none yet.",
            policy=title,
            exception=exception,
        )
    return msg(
        "{policy}: {exception} needs the approval of {needed} people who did not write the change; so far {have} "
        "did. {why}",
        policy=title,
        exception=exception,
        needed=wish.needed,
        have=len(verdict.counting),
        why=wish.because[0],
    )


def _what_to_do(verdict: Verdict, circle: Circle, place: Place) -> Message:
    section = verdict.wish.section
    done = {a.approver for a in verdict.counting}
    free = [a.name for a in circle.approvers if a.name not in done and a.address not in circle.authors]
    if not free:
        return msg(
            "Nobody is left who may approve it. Name somebody in [approvers] of publisher.toml in a commit before the "
            "change; or take the section [{section}] out.",
            section=section,
        )
    return msg(
        'Each approver adds their own name in the section [{section}] of {path}, approved_by = ["{example}"], and '
        "commits only that. These may: {names}. Or take the section out: the change then gets its full notice.",
        section=section,
        path=place.path,
        example='", "'.join([*sorted(done), free[0]]),
        names=tuple(free),
    )


def recorded(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """The approvals that count, in the form of version.json: names and commits, no addresses."""
    return [approval.as_json() for verdict in verdicts for approval in verdict.counting]

"""The changes of a comparison as pages show them: numbered, by clause, with the words that went and came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby

from publisher.changes.model import Comparison, Direction, Edit, Finding, Kind, Level
from publisher.changes.redline import Run, redline
from publisher.messages import Message, msg, msg_n
from publisher.texts.document import Block
from publisher.texts.visible import visible

#: The same passages meet in many comparisons of one policy.
_redline = lru_cache(maxsize=4096)(redline)
KINDS: Mapping[Kind, Message] = {
    Kind.INSERTED: msg("added"),
    Kind.DELETED: msg("removed"),
    Kind.REPLACED: msg("changed"),
    Kind.MOVED: msg("moved"),
    Kind.RESET: msg("set out differently"),
    Kind.RENUMBERED: msg("renumbered"),
}
#: Only what is known is said; of a change whose direction is open, nothing.
DIRECTIONS: Mapping[Direction, Message] = {
    Direction.WORSE: msg("worse for the reader"),
    Direction.BETTER: msg("better for the reader"),
}


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One numbered change on a comparison page."""

    number: int
    clause: str
    kind: Message
    runs: tuple[Run, ...]
    #: "" where the clause has none
    clause_id: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def level(self) -> Level:
        return Level.highest(finding.level for finding in self.findings)

    @property
    def before(self) -> list[Run]:
        return [run for run in self.runs if run.op != "insert"]

    @property
    def after(self) -> list[Run]:
        return [run for run in self.runs if run.op != "delete"]


def change_views(comparison: Comparison) -> list[ChangeView]:
    """The changes of a comparison, numbered so that people can cite "change 7"."""
    found: dict[int, list[Finding]] = {}
    for finding in comparison.findings:
        found.setdefault(finding.edit, []).append(finding)
    return [
        ChangeView(
            number=at + 1,
            clause=edit.clause.name or edit.clause.id,
            kind=KINDS[edit.kind],
            runs=_runs(edit),
            findings=tuple(found.get(at, ())),
            clause_id=edit.clause.id,
        )
        for at, edit in enumerate(comparison.edits)
    ]


def changes_apart(comparison: Comparison) -> tuple[list[ChangeView], list[ChangeView]]:
    """The changes that touch rights, and the others, numbered through; what cannot be seen is made visible.

    For texts that nobody has checked: a published text holds no hidden characters.
    """
    changes = change_views(comparison)
    significant = [c for c in changes if c.level is Level.SIGNIFICANT]
    others = [c for c in changes if c.level is not Level.SIGNIFICANT]
    numbered = [
        replace(
            change,
            number=number,
            clause=visible(change.clause),
            runs=tuple(Run(run.op, visible(run.text)) for run in change.runs),
        )
        for number, change in enumerate([*significant, *others], 1)
    ]
    return numbered[: len(significant)], numbered[len(significant) :]


def by_clause(changes: Sequence[ChangeView]) -> list[tuple[str, list[ChangeView]]]:
    """Runs of changes in the same clause, each with the name of the clause."""
    return [(clause, list(same)) for clause, same in groupby(changes, key=lambda change: change.clause)]


def _runs(edit: Edit) -> tuple[Run, ...]:
    if edit.kind is Kind.RENUMBERED and edit.old and edit.new:
        return _redline(f"{edit.old.number} {edit.before}", f"{edit.new.number} {edit.after}")
    if edit.kind in {Kind.MOVED, Kind.RESET}:
        return (Run("equal", edit.after),)
    targets = _targets(edit.old, edit.new) if edit.old and edit.new else ()
    return (*_redline(edit.before, edit.after), *targets)


def _targets(old: Block, new: Block) -> Iterator[Run]:
    """Where links came to lead elsewhere, which their words do not show."""
    before, after = _hidden_targets(old), _hidden_targets(new)
    gone = [target for target in before if target not in after]
    came = [target for target in after if target not in before]
    if gone:
        yield Run("delete", f" ({', '.join(gone)})")
    if came:
        yield Run("insert", f" ({', '.join(came)})")


def _hidden_targets(block: Block) -> list[str]:
    """The addresses behind words; the clause within a page does not count."""
    targets = [link.target.split("#")[0] for link in block.links if link.words not in link.target]
    return list(dict.fromkeys(filter(None, targets)))


def counts_in_words(comparison: Comparison) -> list[Message]:
    """ "3 clauses changed, 1 added, 0 removed" """
    counts = comparison.counts()
    return [
        msg_n("{count} clause changed", "{count} clauses changed", counts["clauses_changed"]),
        msg("{count} added", count=counts["clauses_added"]),
        msg("{count} removed", count=counts["clauses_removed"]),
    ]

"""The changes of a comparison as pages show them: numbered, by clause, with the words that went and came."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from itertools import groupby

from publisher.changes.model import Comparison, Direction, Edit, Finding, Kind, Level
from publisher.changes.redline import Op, Run, redline
from publisher.messages import Message, msg, msg_n
from publisher.texts.document import Block, Clause, Document
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
#: Of these the words stay, so that no run of them is marked.
_AS_IT_WAS = frozenset({Kind.MOVED, Kind.RESET})
#: Only what is known is said; of a change whose direction is open, nothing.
DIRECTIONS: Mapping[Direction, Message] = {
    Direction.WORSE: msg("worse for the reader"),
    Direction.BETTER: msg("better for the reader"),
}
#: What a piece of a text is called where only that changed.
_SHAPES: Mapping[str, Message] = {
    "paragraph": msg("a paragraph"),
    "item": msg("a list item"),
    "row": msg("a table row"),
    "code": msg("preformatted text"),
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
    #: from where to where, for what moved; how it was set and how it is, for what is set out differently
    note: Message | None = None
    #: the words before, of what moved or is set out differently: no run of them went or came
    was: str = ""
    #: nothing but the layout changed
    layout: bool = False
    #: what is shown of it, one object wherever the same is shown; () where nobody asked for that
    content: tuple[object, ...] = ()

    @property
    def level(self) -> Level:
        return Level.highest(finding.level for finding in self.findings)

    @property
    def before(self) -> list[Run]:
        return [Run("equal", self.was)] if self.was else list(_side(self.runs, "insert"))

    @property
    def after(self) -> list[Run]:
        return list(_side(self.runs, "delete"))


def _side(runs: Sequence[Run], other: Op) -> Iterator[Run]:
    """One side of a redline; of the words that are marked in it, not the space before them."""
    for run in runs:
        if run.op == "equal":
            yield run
        elif run.op != other:
            space = run.text[: len(run.text) - len(run.text.lstrip(" "))]
            yield from (Run("equal", space), Run(run.op, run.text[len(space) :])) if space else (run,)


def change_views(comparison: Comparison) -> list[ChangeView]:
    """The changes of a comparison, numbered so that people can cite "change 7"."""
    found: dict[int, list[Finding]] = {}
    for finding in comparison.findings:
        found.setdefault(finding.edit, []).append(finding)
    return [
        replace(_view(edit, ({}, {})), number=at, findings=tuple(found.get(at - 1, ())))
        for at, edit in enumerate(comparison.edits, 1)
    ]


@dataclass(frozen=True, slots=True)
class Shown:
    """How edits are shown that many comparisons have."""

    #: by the identity of the edit, which stands beside it so that no other can come to stand in its place
    views: dict[int, tuple[Edit, ChangeView]] = field(default_factory=dict)
    #: each by itself
    contents: dict[tuple[object, ...], tuple[object, ...]] = field(default_factory=dict)

    def view(self, edit: Edit, places: Callable[[], _Places]) -> ChangeView:
        _, view = self.views.get(id(edit), (None, None))
        if view is None:
            v = _view(edit, places())
            content = (v.clause, v.kind, v.runs, v.note, v.was, v.layout)
            view = replace(v, content=self.contents.setdefault(content, content))
            self.views[id(edit)] = edit, view
        return view


def page_views(comparison: Comparison, old: Document, new: Document, known: Shown) -> list[ChangeView]:
    """The changes of a comparison without findings: first what a reader reads otherwise, then what is only set out
    differently; numbered through in this order.

    `known`: how edits were shown that other comparisons have as well.
    """
    places = cache(lambda: (_places(old), _places(new)))
    ordered = sorted(comparison.edits, key=lambda edit: edit.kind is Kind.RESET)
    return [_as_number(number, known.view(edit, places)) for number, edit in enumerate(ordered, 1)]


def _as_number(number: int, v: ChangeView) -> ChangeView:
    # dataclasses.replace takes three times as long, for each of thousands of changes
    return ChangeView(number, v.clause, v.kind, v.runs, v.clause_id, v.findings, v.note, v.was, v.layout, v.content)


def _view(edit: Edit, places: _Places) -> ChangeView:
    """An edit as it is shown; `places`: for a clause that moved, after which other it stood and stands."""
    return ChangeView(
        number=0,
        clause=edit.clause.name or edit.clause.id,
        kind=KINDS[edit.kind],
        runs=_runs(edit),
        note=_note(edit, places),
        was=edit.before if edit.kind in _AS_IT_WAS else "",
        layout=edit.kind is Kind.RESET,
        clause_id=edit.clause.id,
    )


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
            was=visible(change.was),
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
    if edit.kind in _AS_IT_WAS:
        return (Run("equal", edit.after),)
    targets = _targets(edit.old, edit.new) if edit.old and edit.new else ()
    return (*_redline(edit.before, edit.after), *targets)


#: Where the clauses stand in the old text and in the new one; a clause object may be the same in both.
_Places = tuple[Mapping[int, Message], Mapping[int, Message]]


def _places(document: Document) -> dict[int, Message]:
    """Where each clause stands: after which other."""
    clauses = document.clauses
    named = [msg("the beginning"), *(msg("after “{clause}”", clause=_called(clause)) for clause in clauses)]
    first = 1 if clauses and not clauses[0].name else 0
    return {id(clause): named[at if at > first else 0] for at, clause in enumerate(clauses)}


def _called(clause: Clause) -> str:
    return clause.name or clause.id


def _note(edit: Edit, places: _Places) -> Message | None:
    old, new = edit.old_clause, edit.new_clause
    if not old or not new:
        return None
    if edit.kind is Kind.MOVED:
        return _moved(edit, old, new, places)
    if edit.kind is Kind.RENUMBERED:
        before, after = (edit.old.number, edit.new.number) if edit.old and edit.new else (old.number, new.number)
        return msg("renumbered from {before} to {after}", before=before or "–", after=after or "–")
    if edit.kind is Kind.RESET:
        return _reset(edit)
    return None


def _moved(edit: Edit, old: Clause, new: Clause, places: _Places) -> Message:
    if edit.new:
        if _called(old) == _called(new):
            return msg("moved within the clause")
        return msg("moved from “{before}” to “{after}”", before=_called(old), after=_called(new))
    before, after = places[0].get(id(old)), places[1].get(id(new))
    if before and after and before != after:
        return msg("the clause moved from {before} to {after}", before=before, after=after)
    return msg("the clause moved to another place")


def _reset(edit: Edit) -> Message:
    if not edit.old or not edit.new:
        return msg("the heading has another rank")
    if edit.old.kind != edit.new.kind:
        return msg("was {before}, is {after}", before=_SHAPES[edit.old.kind], after=_SHAPES[edit.new.kind])
    if edit.old.depth != edit.new.depth:
        return msg("set further in or out")
    return msg("the same words, divided differently")


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


def counts_apart(comparison: Comparison) -> list[Message]:
    """The same of what a reader reads otherwise; what is only set out differently is counted by itself."""
    read = [edit for edit in comparison.edits if edit.kind is not Kind.RESET]
    layout = len(comparison.edits) - len(read)
    counted = counts_in_words(replace(comparison, edits=tuple(read), findings=()))
    if layout:
        counted.append(msg_n("{count} passage set out differently", "{count} passages set out differently", layout))
    return counted

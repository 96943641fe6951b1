"""Every difference between two texts that a reader can see, as edits in the order of the new text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from publisher.changes.align import Alignment, Match, align_blocks, moved_blocks, same_letters
from publisher.changes.links import link_changes
from publisher.changes.model import Edit, Kind
from publisher.texts.document import Block, Clause, Document

#: Blocks of two clauses; None where one has no counterpart.
_Pairs = list[tuple[Block | None, Block | None]]


@dataclass(slots=True)
class _Between:
    """Two clauses held to be the same, their blocks, and what differs where it hangs on nothing else."""

    match: Match
    pairs: _Pairs
    edits: tuple[Edit, ...] | None = None


#: What was found between clauses, by the identity of what they say.
Known = dict[tuple[int, int, int, int], _Between]


def edits(old: Document, new: Document, alignment: Alignment, known: Known | None = None) -> Iterator[Edit]:
    """What was deleted comes where it stood; a passage that moved to another clause is one edit, in its new place.

    `known`: what was found between clauses before; give the same to comparisons of texts that were read with one
    `Shared`, and keep it no longer than that.
    """
    matched = {id(m.new): m for m in alignment.matches}
    moved = {id(m.new) for m in alignment.moved}
    known = {} if known is None else known
    inside = {id(m.new): _between(m, known) for m in alignment.matches}
    away = _between_clauses(alignment, inside)
    deleted = {id(c) for c in alignment.deleted}
    order = {id(c): i for i, c in enumerate(old.clauses)}
    gone = iter(c for c in old.clauses if id(c) in deleted)
    pending = next(gone, None)
    for clause in new.clauses:
        match = matched.get(id(clause))
        if match is None:
            yield from _came_or_went(clause, Kind.INSERTED, away)
            continue
        while pending is not None and order[id(pending)] < order[id(match.old)]:
            yield from _came_or_went(pending, Kind.DELETED, away)
            pending = next(gone, None)
        yield from _differing(match, inside[id(clause)], away, moved=id(clause) in moved)
    while pending is not None:
        yield from _came_or_went(pending, Kind.DELETED, away)
        pending = next(gone, None)


@dataclass(frozen=True, slots=True)
class _Away:
    """Passages that left one clause for another: by new block the old clause and block, and the old blocks."""

    came: dict[int, tuple[Clause, Block]]
    went: set[int]


#: A shorter passage may stand in two clauses by chance.
_SHORTEST_MOVED = 20


def _between_clauses(alignment: Alignment, inside: dict[int, _Between]) -> _Away:
    went: dict[str, list[tuple[Clause, Block]]] = {}
    came: list[Block] = []
    for match in alignment.matches:
        for before, after in inside[id(match.new)].pairs:
            if after is None and before is not None:
                went.setdefault(before.text, []).append((match.old, before))
            elif before is None and after is not None:
                came.append(after)
    for clause in alignment.deleted:
        for block in clause.blocks:
            went.setdefault(block.text, []).append((clause, block))
    came += [block for clause in alignment.inserted for block in clause.blocks]
    found: dict[int, tuple[Clause, Block]] = {}
    for block in came:
        if len(block.text) >= _SHORTEST_MOVED and went.get(block.text):
            found[id(block)] = went[block.text].pop(0)
    return _Away(found, {id(old) for _, old in found.values()})


def _came_or_went(clause: Clause, kind: Kind, away: _Away) -> Iterator[Edit]:
    """A clause of one text only: whole, or its heading and passages where some of them stand in another clause."""
    inserted = kind is Kind.INSERTED
    # By side, for a block may be the same object in both texts.
    elsewhere = away.came.keys() if inserted else away.went
    if not any(id(block) in elsewhere for block in clause.blocks):
        yield _one_side(clause, None, f"{clause.name}\n{clause.text}".strip(), inserted=inserted)
        return
    if clause.name:
        yield _one_side(clause, None, clause.name, inserted=inserted)
    for block in clause.blocks:
        if inserted and id(block) in away.came:
            yield _from_elsewhere(clause, block, away)
        elif inserted or id(block) not in away.went:
            yield _one_side(clause, block, block.text, inserted=inserted)


def _from_elsewhere(clause: Clause, block: Block, away: _Away) -> Edit:
    old_clause, old = away.came[id(block)]
    return Edit(
        kind=Kind.MOVED,
        old_clause=old_clause,
        new_clause=clause,
        old=old,
        new=block,
        before=old.text,
        after=block.text,
    )


def _one_side(clause: Clause, block: Block | None, words: str, *, inserted: bool) -> Edit:
    return Edit(
        kind=Kind.INSERTED if inserted else Kind.DELETED,
        old_clause=None if inserted else clause,
        new_clause=clause if inserted else None,
        old=None if inserted else block,
        new=block if inserted else None,
        before="" if inserted else words,
        after=words if inserted else "",
    )


def _between(match: Match, known: Known) -> _Between:
    old, new = match.old, match.new
    if old.reads_as(new):
        return _Between(match, [])
    key = (id(old.heading), id(old.tokens), id(new.heading), id(new.tokens))
    if key not in known:
        known[key] = _Between(match, align_blocks(old.blocks, new.blocks))
    return known[key]


def _differing(match: Match, between: _Between, away: _Away, *, moved: bool) -> Iterable[Edit]:
    """The edits inside two clauses; worked out once where they hang on these alone."""
    elsewhere = any(id(after) in away.came or id(before) in away.went for before, after in between.pairs)
    if moved or elsewhere:
        return _inside(match, between.pairs, away, moved=moved)
    if between.edits is None:
        between.edits = tuple(_inside(match, between.pairs, away, moved=False))
    return between.edits


def _inside(match: Match, pairs: _Pairs, away: _Away, *, moved: bool) -> Iterator[Edit]:
    old, new = match.old, match.new
    if moved:
        yield _edit(Kind.MOVED, match, None, None, old.name, new.name)
    if old.title != new.title:
        yield _edit(Kind.REPLACED, match, None, None, old.title, new.title)
    if old.number != new.number:
        yield _edit(Kind.RENUMBERED, match, None, None, old.name, new.name)
    if old.level != new.level and old.level and new.level and not moved:
        yield _edit(Kind.RESET, match, None, None, old.name, new.name)
    if any(one is None or other is None for one, other in pairs) and same_letters(old.blocks, new.blocks):
        # the same words, divided otherwise
        yield _edit(Kind.RESET, match, old.blocks[0], new.blocks[0], old.text, new.text)
        return
    elsewhere = moved_blocks(pairs, old.blocks)
    for at, (before, after) in enumerate(pairs):
        if before is None and after is not None:
            if id(after) in away.came:
                yield _from_elsewhere(new, after, away)
            else:
                yield _edit(Kind.INSERTED, match, None, after, "", after.text)
        elif after is None and before is not None and id(before) not in away.went:
            yield _edit(Kind.DELETED, match, before, None, before.text, "")
        elif before is not None and after is not None:
            if at in elsewhere:
                yield _edit(Kind.MOVED, match, before, after, before.text, after.text)
            kind = _difference(before, after)
            if kind and not (at in elsewhere and kind is Kind.RENUMBERED):
                yield _edit(kind, match, before, after, before.text, after.text)


def _difference(before: Block, after: Block) -> Kind | None:
    if before.text != after.text or link_changes(before, after):
        return Kind.REPLACED
    if (before.kind, before.depth) != (after.kind, after.depth):
        return Kind.RESET
    return Kind.RENUMBERED if before.number != after.number else None


def _edit(kind: Kind, match: Match, old: Block | None, new: Block | None, before: str, after: str) -> Edit:
    return Edit(kind=kind, old_clause=match.old, new_clause=match.new, old=old, new=new, before=before, after=after)

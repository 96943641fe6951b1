"""What a change means: from two texts to findings and a level.

Minor has to be proved (`proofs`); whatever is not proved is significant and gets a reason (`reasons`). The
level of a policy is the highest over all its clauses and languages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations

from publisher.changes.align import Match, align, align_blocks
from publisher.changes.lexicon import Lexicon
from publisher.changes.model import Change, Comparison, Direction, Edit, Finding, Kind, Level, Topic
from publisher.changes.proofs import Proof, prove
from publisher.changes.reasons import findings_for, with_words
from publisher.errors import Problem
from publisher.messages import Localized, msg
from publisher.texts.document import Block, Clause, Document
from publisher.texts.facts import Fact, periods
from publisher.texts.parity import LANGUAGE_NAMES, clause_place, one_sided


def compare(old: Document, new: Document, lexicon: Lexicon, bases: Mapping[Topic, str]) -> Comparison:
    """Compare two texts in one language; `bases` is the declared legal basis by topic."""
    edits = tuple(_edits(old, new))
    findings: list[Finding] = []
    for edit in edits:
        proof = prove(edit, old, new)
        findings += [_minor(edit, proof)] if proof else findings_for(edit, lexicon, bases)
    return Comparison(edits=edits, findings=tuple(findings))


def read_change(
    old: Mapping[str, Document],
    new: Mapping[str, Document],
    lexicons: Mapping[str, Lexicon],
    bases: Mapping[Topic, str],
    title: Localized,
) -> Change:
    """Compare a policy with its version before, in every language that both have."""
    both = sorted(set(old) & set(new))
    return Change(
        comparisons={language: compare(old[language], new[language], lexicons[language], bases) for language in both},
        title=title,
    )


def one_language_only(
    change: Change, new: Mapping[str, Document], policy: str, exempt: Mapping[str, str]
) -> list[Problem]:
    """Clauses that change in one language and not in another (P101), or to other figures (P106).

    `exempt`: languages that need not follow a minor edit, with the reason on record. A significant change is
    never exempt.
    """
    problems: list[Problem] = []
    touched = {language: _touched(comparison) for language, comparison in change.comparisons.items()}
    for language, levels in touched.items():
        for other in touched:
            if other == language:
                continue
            for clause_id in [i for i in levels if i not in touched[other]]:
                if levels[clause_id] is Level.MINOR and other in exempt:
                    continue
                problems.append(
                    one_sided(
                        policy,
                        other,
                        clause_id,
                        msg(
                            "{policy}: the clause “{clause}” changes in {language} but not in {other}.",
                            policy=change.title,
                            clause=_clause_name(new, clause_id),
                            language=LANGUAGE_NAMES[language],
                            other=LANGUAGE_NAMES[other],
                        ),
                    )
                )
    return problems + _contradicting(change, new, policy)


def _clause_name(documents: Mapping[str, Document], clause_id: str) -> Localized:
    """What the clause is called in each language; its id where it is gone."""
    clauses = {language: document.by_id().get(clause_id) for language, document in documents.items()}
    names = {language: clause.name if clause else clause_id for language, clause in clauses.items()}
    return Localized.of(names)


def _touched(comparison: Comparison) -> dict[str, Level]:
    levels: dict[str, Level] = {}
    for finding in comparison.findings:
        levels[finding.clause_id] = Level.highest([levels.get(finding.clause_id, Level.NONE), finding.level])
    return levels


def _contradicting(change: Change, new: Mapping[str, Document], policy: str) -> list[Problem]:
    """Clauses whose edits bring in, or take away, other periods in one language than in another (P106)."""
    moved = {language: _periods_moved(comparison) for language, comparison in change.comparisons.items()}
    problems = []
    for one, other in combinations(sorted(moved, reverse=True), 2):
        for clause_id in moved[one]:
            if clause_id in moved[other] and moved[one][clause_id] != moved[other][clause_id]:
                problems.append(
                    Problem(
                        code="P106",
                        message=msg(
                            "{policy}: the clause “{clause}” changes to other periods in {language} than in {other}.",
                            policy=change.title,
                            clause=_clause_name(new, clause_id),
                            language=LANGUAGE_NAMES[one],
                            other=LANGUAGE_NAMES[other],
                        ),
                        hint=msg("Compare the figures in both languages and make them the same."),
                        place=clause_place(policy, other, clause_id),
                    )
                )
    return problems


def _periods_moved(comparison: Comparison) -> dict[str, tuple[Counter[Fact], Counter[Fact]]]:
    """The periods that came into each edited clause, and those that went."""
    moved: dict[str, tuple[Counter[Fact], Counter[Fact]]] = {}
    for edit in comparison.edits:
        if edit.clause.id:
            before, after = periods(edit.before), periods(edit.after)
            came, gone = moved.get(edit.clause.id, (Counter(), Counter()))
            moved[edit.clause.id] = (came + (after - before), gone + (before - after))
    return moved


def _minor(edit: Edit, proof: Proof) -> Finding:
    return Finding(
        code=proof.code,
        topic=Topic.CONTACT if proof.code == "M7" else Topic.OTHER,
        level=Level.MINOR,
        direction=Direction.NEUTRAL,
        clause_id=edit.clause.id,
        clause_title=edit.clause.name,
        before=edit.before,
        after=edit.after,
        explanation=with_words(proof.explanation, edit) if proof.code == "M7" else proof.explanation,
    )


def _edits(old: Document, new: Document) -> Iterator[Edit]:
    """Every difference a reader can see, in the order of the new text; what was deleted comes where it stood."""
    alignment = align(old, new)
    matched = {id(m.new): m for m in alignment.matches}
    moved = {id(m.new) for m in alignment.moved}
    deleted = {id(c) for c in alignment.deleted}
    gone = iter(c for c in old.clauses if id(c) in deleted)
    pending = next(gone, None)
    order = {id(c): i for i, c in enumerate(old.clauses)}
    for clause in new.clauses:
        match = matched.get(id(clause))
        if match:
            while pending is not None and order[id(pending)] < order[id(match.old)]:
                yield _whole(pending, Kind.DELETED)
                pending = next(gone, None)
            yield from _inside(match, moved=id(clause) in moved)
        else:
            yield _whole(clause, Kind.INSERTED)
    while pending is not None:
        yield _whole(pending, Kind.DELETED)
        pending = next(gone, None)


def _whole(clause: Clause, kind: Kind) -> Edit:
    words = f"{clause.name}\n{clause.text}".strip()
    inserted = kind is Kind.INSERTED
    return Edit(
        kind=kind,
        old_clause=None if inserted else clause,
        new_clause=clause if inserted else None,
        old=None,
        new=None,
        before="" if inserted else words,
        after=words if inserted else "",
    )


def _inside(match: Match, *, moved: bool) -> Iterator[Edit]:
    old, new = match.old, match.new
    if moved:
        yield _edit(Kind.MOVED, match, None, None, old.name, new.name)
    if old.title != new.title:
        yield _edit(Kind.REPLACED, match, None, None, old.title, new.title)
    if old.number != new.number:
        yield _edit(Kind.RENUMBERED, match, None, None, old.name, new.name)
    for before, after in align_blocks(old.blocks, new.blocks):
        if before is None and after is not None:
            yield _edit(Kind.INSERTED, match, None, after, "", after.text)
        elif after is None and before is not None:
            yield _edit(Kind.DELETED, match, before, None, before.text, "")
        elif before is not None and after is not None:
            kind = _difference(before, after)
            if kind:
                yield _edit(kind, match, before, after, before.text, after.text)


def _difference(before: Block, after: Block) -> Kind | None:
    if before.text != after.text or _shown_targets(before) != _shown_targets(after):
        return Kind.REPLACED
    if (before.kind, before.depth) != (after.kind, after.depth):
        return Kind.RESET
    return Kind.RENUMBERED if before.number != after.number else None


def _shown_targets(block: Block) -> list[str]:
    """Where links lead; the clause within the page does not count."""
    return [link.target.split("#")[0] for link in block.links]


def _edit(kind: Kind, match: Match, old: Block | None, new: Block | None, before: str, after: str) -> Edit:
    return Edit(kind=kind, old_clause=match.old, new_clause=match.new, old=old, new=new, before=before, after=after)

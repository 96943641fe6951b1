"""What a change means: from two texts to findings and a level.

Minor has to be proved (`proofs`); whatever is not proved is significant and gets a reason (`reasons`). The
level of a policy is the highest over all its clauses and languages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Final

from publisher.changes.align import align, passages
from publisher.changes.edits import edits
from publisher.changes.fact_changes import fact_changes
from publisher.changes.lexicon import Lexicon
from publisher.changes.links import LinkChange, link_changes
from publisher.changes.model import NO_EDIT, Change, Comparison, Direction, Edit, Finding, Kind, Level, Proof, Topic
from publisher.changes.proofs import Reading, prove_links, prove_passage, prove_whole
from publisher.changes.reasons import REASONS, Unit, findings_for, unsure, with_words
from publisher.errors import Problem
from publisher.messages import Localized, Message, msg
from publisher.texts.document import Block, Document
from publisher.texts.facts import Fact, periods
from publisher.texts.languages import LANGUAGE_NAMES
from publisher.texts.parity import clause_place, one_sided


def compare(old: Document, new: Document, lexicon: Lexicon, bases: Mapping[Topic, str]) -> Comparison:
    """Compare two texts in one language; `bases` is the declared legal basis by topic."""
    reading = Reading(old, new, align(old, new), lexicon)
    found = tuple(edits(old, new, reading.alignment))
    findings = [replace(finding, edit=at) for at, edit in enumerate(found) for finding in _judge(edit, reading, bases)]
    return Comparison(edits=found, findings=(*findings, *_second_look(findings, found)))


#: Facts that no proof of minor lets change (contacts, dates of the text and official names it does).
_GUARDED: Final = frozenset(["period", "threshold", "age", "amount", "percent", "country"])


def _second_look(findings: Sequence[Finding], found: Sequence[Edit]) -> list[Finding]:
    """U where every edit was proved minor and the figures of an edited passage differ all the same.

    The facts are read by other rules than the proofs; where the two disagree, the change is not minor.
    """
    if Level.highest(f.level for f in findings) is not Level.MINOR:
        return []
    old = [(at, edit, edit.old) for at, edit in enumerate(found) if edit.old]
    new = [(at, edit, edit.new) for at, edit in enumerate(found) if edit.new]
    differing = {int(change.clause) for change in fact_changes(_numbered(old), _numbered(new), _GUARDED)}
    return [
        replace(unsure(Unit(before=edit.before, after=edit.after, clause=edit.clause)), edit=at)
        for at, edit in enumerate(found)
        if at in differing
    ]


def _numbered(passages_of: Sequence[tuple[int, Edit, Block]]) -> Document:
    """A document of these passages alone, each a clause whose id is the number of its edit."""
    clauses = (replace(edit.clause, id=str(at), blocks=(block,)) for at, edit, block in passages_of)
    return Document(clauses=tuple(clauses), tokens=())


def _judge(edit: Edit, reading: Reading, bases: Mapping[Topic, str]) -> list[Finding]:
    """The findings of an edit: sentence by sentence what is proved minor, and the reasons of what is not."""
    whole = prove_whole(edit, reading)
    if whole:
        return [_minor(edit, proof, edit.before, edit.after) for proof in whole]
    if edit.kind is not Kind.REPLACED or edit.old is None or edit.new is None:
        return findings_for(_unit(edit, reading, edit.before, edit.after), reading.lexicon, bases)
    block = edit.new
    findings: list[Finding] = []
    cut = [p for p in passages(edit.before, edit.after) if p.before.strip() or p.after.strip()]
    for passage in cut:
        before, after = passage.before.strip(), passage.after.strip()
        if before == after:
            continue
        proofs = prove_passage(before, after, block, reading, last=passage is cut[-1])
        if proofs is None:
            findings += findings_for(_unit(edit, reading, before, after), reading.lexicon, bases)
        else:
            findings += [_minor(edit, proof, before, after) for proof in proofs]
    linked = link_changes(edit.old, block)
    elsewhere = next((change for change in linked if not change.proved), None)
    if elsewhere:
        return [*findings, _other_page(edit, elsewhere)]
    return findings + [_minor(edit, proof, edit.before, edit.after) for proof in prove_links(linked)]


def _unit(edit: Edit, reading: Reading, before: str, after: str) -> Unit:
    clause, block = edit.clause, edit.new or edit.old
    whole = block is None and not (edit.old_clause and edit.new_clause)
    over = reading.around.lead_in(block) if block else ""
    return Unit(before=before, after=after, clause=clause, lead_in=over, whole=whole)


def _other_page(edit: Edit, change: LinkChange) -> Finding:
    """R26: a link to what is part of the text leads to another page."""
    return Finding(
        code="R26",
        topic=REASONS["R26"].topic,
        level=Level.SIGNIFICANT,
        direction=Direction.UNKNOWN,
        clause_id=edit.clause.id,
        clause_title=edit.clause.name,
        before=change.before,
        after=change.after,
        explanation=REASONS["R26"].sentence,
    )


def read_change(
    old: Mapping[str, Document],
    new: Mapping[str, Document],
    lexicons: Mapping[str, Lexicon],
    bases: Mapping[Topic, str],
    title: Localized,
) -> Change:
    """Compare a policy with its version before, in every language that both have."""
    both = sorted(set(old) & set(new))
    compared = {language: compare(old[language], new[language], lexicons[language], bases) for language in both}
    gone = tuple(_no_longer(language) for language in sorted(set(old) - set(new)))
    return Change(
        comparisons={language: replace(c, findings=(*c.findings, *gone)) for language, c in compared.items()},
        title=title,
    )


def with_parts(change: Change, came: Sequence[Localized], gone: Sequence[Localized]) -> Change:
    """`change` with R26 for each document that became part of the text, or is none any more (its metadata say so)."""
    found = (
        *(_of_whole("R26", Direction.UNKNOWN, msg("“{title}” becomes part of this text.", title=t)) for t in came),
        *(
            _of_whole("R26", Direction.UNKNOWN, msg("“{title}” is no part of this text any more.", title=t))
            for t in gone
        ),
    )
    comparisons = {k: replace(c, findings=(*c.findings, *found)) for k, c in change.comparisons.items()}
    return replace(change, comparisons=comparisons)


def _no_longer(language: str) -> Finding:
    """R28: who reads that language has no text any more. Said in the languages that are left."""
    name = LANGUAGE_NAMES[language]
    sentence = msg("The text is no longer published in {language}.", language=name)
    return _of_whole("R28", Direction.WORSE, sentence)


def _of_whole(code: str, direction: Direction, explanation: Message) -> Finding:
    """A significant finding about the text as a whole, without an edit."""
    return Finding(
        code=code,
        topic=REASONS[code].topic,
        level=Level.SIGNIFICANT,
        direction=direction,
        clause_id="",
        clause_title="",
        before="",
        after="",
        explanation=explanation,
        edit=NO_EDIT,
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


def _minor(edit: Edit, proof: Proof, before: str, after: str) -> Finding:
    return Finding(
        code=proof.code,
        topic=Topic.CONTACT if proof.code == "M7" else Topic.OTHER,
        level=Level.MINOR,
        direction=Direction.NEUTRAL,
        clause_id=edit.clause.id,
        clause_title=edit.clause.name,
        before=before,
        after=after,
        explanation=with_words(proof.explanation, before, after) if proof.code in {"M7", "M8"} else proof.explanation,
    )

"""Edits that are proved to leave every right as it was (M1-M9); each proof says what it rests on.

An edit without a proof is significant. A proof looks at the whole passage before and after, never at how much
of it changed. What can be proved of the words alone is in `wording`; here is what needs the text around them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from publisher.changes.align import Alignment
from publisher.changes.constructs import LONGEST, turns
from publisher.changes.lexicon import Lexicon
from publisher.changes.links import LinkChange
from publisher.changes.model import Edit, Kind, Proof
from publisher.changes.pairing import likeness
from publisher.changes.references import Numbering, Reference, references
from publisher.changes.sequences import common_ends
from publisher.changes.surroundings import Surroundings, leans
from publisher.changes.wording import prove_date, prove_words
from publisher.messages import msg
from publisher.texts.document import Block, Clause, Document
from publisher.texts.facts import numbers
from publisher.texts.tokens import folded

_ORDERED: Final = re.compile(r"\border\b|priority|sequence|first to last|순서|순위|우선", re.IGNORECASE)
# In a heading these words say what a clause does, not only what it is about.
_TELLING_HEADING: Final = frozenset(["R03", "R05", "R06", "R08", "R10", "R11", "R12", "R13"])
_POINTER: Final = re.compile(
    r"\W*(?:(?:please |you can |for more (?:information|details),? )*"
    r"(?:learn|read|find out|see|view|visit)\b[^.!?]{0,160}"
    r"|[^.!?]{0,120}(?:자세한\s?내용은|더\s?알아보기|자세히\s?(?:알아)?보기)[^.!?]{0,80})[.!?]?\W*",
    re.IGNORECASE,
)
_BINDING: Final = re.compile(
    r"\b(?:appl(?:y|ies)|agree\w*|subject|bound|must|incorporated|part of|consent\w*|delet\w+|opt\w*|disabl\w+"
    r"|rights?|who|which|receiv\w+|collect\w*|sell\w*|sold|charg\w+|fees?|may|will)\b"
    r"|적용|동의|삭제|거부|철회|권리|의무|일부",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Reading:
    """Two texts side by side, as far as a proof needs to look beyond the edit."""

    old: Document
    new: Document
    alignment: Alignment
    lexicon: Lexicon

    @cached_property
    def numbering(self) -> Numbering:
        return Numbering.of(self.old, self.new, self.alignment.matches)

    @cached_property
    def references_hold(self) -> bool:
        """Whether every reference to a clause by number leads to the clause to which it led before."""
        return all(self._hold_in(m.old, m.new) for m in self.alignment.matches if m.old.blocks or m.new.blocks)

    @cached_property
    def around(self) -> Surroundings:
        return Surroundings.of(self.old, self.new)

    @cached_property
    def counts_items(self) -> bool:
        """Whether the new text refers to items of lists by their number."""
        return any(_ITEM_REFERENCE.search(clause.text) for clause in self.new.clauses)

    def _hold_in(self, old: Clause, new: Clause) -> bool:
        numbering = self.numbering
        before, after = list(references(old.text)), list(references(new.text))
        # a reference that names its clause by the title too leads there, whatever its number
        titled = {(r.number, r.following) for r in before if numbering.names(r)} & {
            (r.number, r.following) for r in after
        }
        # a number that no clause bore led nowhere; it may lead somewhere now
        lost = {r.number for r in before if not numbering.knows(r)}

        def targets(found: Sequence[Reference], *, new: bool) -> Counter[str]:
            told = [r for r in found if (r.number, r.following) not in titled and r.number not in lost]
            return Counter(numbering.target(r, new=new) for r in told)

        return targets(before, new=False) == targets(after, new=True)

    @cached_property
    def points_by_place(self) -> bool:
        """Whether a clause says "the preceding clause", or points ahead where no list follows."""
        return any(self.around.points(clause) for text in (self.old, self.new) for clause in text.clauses)


def prove_whole(edit: Edit, reading: Reading) -> tuple[Proof, ...] | None:
    """The proof that an edit of the arrangement (moved, renumbered, set out otherwise) is minor, or None."""
    if edit.kind is Kind.RESET:
        return _layout(edit)
    if edit.kind is Kind.RENUMBERED:
        return _renumbered(edit, reading)
    if edit.kind is Kind.MOVED:
        return _moved_block(edit, reading.around) if edit.new else _moved_clause(edit, reading)
    if edit.kind is Kind.REPLACED and edit.new is None:
        return _heading(edit, reading)
    return None


def prove_passage(before: str, after: str, block: Block, reading: Reading, *, last: bool) -> tuple[Proof, ...] | None:
    """Proofs for everything that differs between two sentences, or None."""
    if not before or not after:
        return _pointer(before or after, block)
    if any(b is block for clause in reading.new.clauses[:2] for b in clause.blocks[:_FIRST_BLOCKS]):
        dated = prove_date(before, after)
        if dated:
            return dated
    ends = last or block.kind in {"item", "row"}
    return prove_words(before, after, reading.lexicon, reading.numbering, ends_block=ends)


#: The date of a text stands among so many blocks at its top.
_FIRST_BLOCKS: Final = 3


def prove_links(changes: Sequence[LinkChange]) -> tuple[Proof, ...]:
    """M7 if links with the same words lead to where the same page stands now; () where no change is proved to."""
    if not any(change.proved for change in changes):
        return ()
    return (Proof("M7", msg("The words are the same; a link leads to where the page stands now.")),)


def _layout(edit: Edit) -> tuple[Proof, ...] | None:
    """M2: the whole clause is set out differently, and what stood side by side or under something still does.

    An item that alone leaves the list under "We never:" keeps its words and turns its meaning round.
    """
    proof = (Proof("M2", msg("The same words are set out in another way.")),)
    old = edit.old_clause.blocks if edit.old_clause else ()
    new = edit.new_clause.blocks if edit.new_clause else ()
    if edit.new is None and edit.before == edit.after:
        return proof  # the heading alone
    if [b.text for b in old] != [b.text for b in new]:
        return proof if _same_flow(*_differing(old, new)) else None
    ranks = {((a.kind, a.depth), (b.kind, b.depth)) for a, b in zip(old, new, strict=True)}
    one_to_one = len(ranks) == len({a for a, _ in ranks}) == len({b for _, b in ranks})
    return proof if one_to_one else None


def _differing(old: Sequence[Block], new: Sequence[Block]) -> tuple[Sequence[Block], Sequence[Block]]:
    """The blocks of two clauses without those at the beginning and end that are the same."""
    sides = [[(b.kind, b.depth, b.text) for b in side] for side in (old, new)]
    start, end = common_ends(*sides)
    return old[start : len(old) - end], new[start : len(new) - end]


def _same_flow(old: Iterable[Block], new: Iterable[Block]) -> bool:
    """Paragraphs that were split or merged between sentences, none of them in a list or leading into one."""
    sides = [list(old), list(new)]
    if any(b.depth or b.kind not in {"paragraph", "code"} for side in sides for b in side):
        return False
    lead_ins = [[b.text.split()[-3:] for b in side if b.text.rstrip().endswith(":")] for side in sides]
    return lead_ins[0] == lead_ins[1]


def _renumbered(edit: Edit, reading: Reading) -> tuple[Proof, ...] | None:
    """M3: a clause or item has another number, and every reference leads to where it led."""
    if edit.new is not None and reading.counts_items:
        return None
    if not reading.references_hold:
        return None
    return (
        Proof("M3", msg("The clause is renumbered; its words are the same, and every reference leads where it led.")),
    )


_ITEM_REFERENCE: Final = re.compile(
    r"\b(?:item|paragraph|point|number|no\.)\s?\(?\d|제\s?\d+\s?[항호]|(?<!\d)\d+\s?번\s?(?:항|조항|항목)|[①-⑳]",
    re.IGNORECASE,
)


def _moved_clause(edit: Edit, reading: Reading) -> tuple[Proof, ...] | None:
    """M3: a clause stands elsewhere under the same heading, and nothing points to it by its place."""
    if not reading.references_hold or reading.points_by_place:
        return None
    if reading.around.heading_over(edit.old_clause) != reading.around.heading_over(edit.new_clause):
        return None
    return (Proof("M3", msg("The clause stands in another place; its words are the same.")),)


def _moved_block(edit: Edit, texts: Surroundings) -> tuple[Proof, ...] | None:
    """M3: an item or paragraph stands elsewhere in the same list or clause, and nothing leans on its place."""
    old, new = edit.old, edit.new
    if old is None or new is None or edit.old_clause is None or edit.new_clause is None:
        return None
    same = (
        edit.before == edit.after and (old.kind, old.depth) == (new.kind, new.depth) and not (old.number or new.number)
    )
    before, after = texts.lead_in(old), texts.lead_in(new)
    matched = edit.old_clause.title == edit.new_clause.title or edit.old_clause.id == edit.new_clause.id != ""
    if not same or before != after or not matched or _ORDERED.search(before):
        return None
    around = (edit.old_clause, edit.new_clause)
    if leans(edit.after) or any(texts.points(clause) for clause in around):
        return None
    if texts.leads_in(old) or texts.leads_in(new):
        return None
    if new.kind == "paragraph" and any(texts.leans(clause) for clause in around):
        return None
    return (Proof("M3", msg("The passage stands in another place of the same clause; its words are the same.")),)


def _heading(edit: Edit, reading: Reading) -> tuple[Proof, ...] | None:
    """M2 to M9 for its words, or M3: the heading has another name for the same subject and says nothing by itself."""
    proofs = prove_words(edit.before, edit.after, reading.lexicon, reading.numbering, ends_block=True)
    if proofs:
        return proofs
    if not edit.before or not edit.after or numbers(edit.before) != numbers(edit.after):
        return None
    old, new = _subject(edit.before, reading.lexicon), _subject(edit.after, reading.lexicon)
    if set(old) != set(new) or any(old[code] != new[code] for code in old if code in _TELLING_HEADING):
        return None
    if not old and likeness(folded(edit.before), folded(edit.after)) < _ALIKE_HEADING and not _contains(edit):
        return None
    if max(len(edit.before), len(edit.after)) > LONGEST or turns(edit.before, edit.after, reading.lexicon):
        return None
    return (
        Proof(
            "M3", msg("The heading has another name for the same subject; what stands under it is judged by itself.")
        ),
    )


_ALIKE_HEADING: Final = 0.5
_STEM: Final = 5


def _contains(edit: Edit) -> bool:
    one, other = (re.sub(r"\W", "", side.casefold()) for side in (edit.before, edit.after))
    return one in other or other in one


def _subject(heading: str, lexicon: Lexicon) -> dict[str, frozenset[str]]:
    """What a heading is about: the codes whose cues it has, with the beginnings of the words."""
    found: dict[str, frozenset[str]] = {}
    for cue in lexicon.cues:
        said = frozenset(m.group().strip()[:_STEM] for m in cue.pattern.finditer(heading.casefold()))
        if said:
            found[cue.code] = found.get(cue.code, frozenset()) | said
    return found


#: A longer sentence says more than where to read.
_LONGEST_POINTER: Final = 1_000


def _pointer(sentence: str, block: Block) -> tuple[Proof, ...] | None:
    """M7: a sentence that only says where more can be read."""
    if len(sentence) > _LONGEST_POINTER:
        return None
    linked = any(link.words and link.words in sentence for link in block.links)
    if linked and _POINTER.fullmatch(sentence.strip()) and not _BINDING.search(sentence):
        return (Proof("M7", msg("A sentence only says where more can be read.")),)
    return None

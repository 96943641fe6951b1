"""Edits that are proved to leave every right as it was (M1-M10); each proof says what it rests on.

An edit without a proof is significant. A proof looks at the whole passage before and after, never at how much
of it changed.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from publisher.changes.align import headings_over
from publisher.changes.model import Edit, Kind
from publisher.messages import Message, msg
from publisher.texts.document import Block, Clause, Document
from publisher.texts.facts import Fact, contacts, without_contacts
from publisher.texts.tokens import folded

# Words whose repetition, joining or cutting can turn a sentence round; never part of a proof by spelling.
_NEVER_PROVED: Final = frozenset(["not", "no", "never", "without", "nor", "non", "un"])
# Syllables at which a space makes another word: 못 하다/못하다, 안 되다/안되다, 한 번/한번, 지 않/지않, 만, 들, 등, 수.
_SPACING_GUARD: Final = frozenset("못안만들등수지않한번되하없뿐대로같데")
_CROSS_REFERENCE: Final = re.compile(
    r"\b(?:section|article|clause|paragraph|art\.|sec\.|§)\s*\d|제\s?\d+\s?[조장절항호]|\d+\s?번\s?(?:항|조항|항목)",
    re.IGNORECASE,
)
_POINTER: Final = re.compile(
    r"\b(?:above|below|following|preceding|previous|aforementioned|foregoing)\b|위의|위에|아래|다음|전항|앞의|상기|이하",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Proof:
    """The rule that proves an edit minor, and the sentence for the reader."""

    code: str
    explanation: Message


def prove(edit: Edit, old: Document, new: Document) -> Proof | None:
    """The proof that `edit` is minor, or None."""
    if edit.kind is Kind.RESET:
        return _layout(edit)
    if edit.kind is Kind.RENUMBERED:
        return _renumbered(old, new)
    if edit.kind is Kind.MOVED:
        return _moved(edit, old, new)
    if edit.kind is not Kind.REPLACED:
        return None
    if edit.before == edit.after:
        return _links_only(edit)
    if _targets(edit.old) != _targets(edit.new) and _contact(edit) is None:
        return None
    return _typography(edit) or _double_word(edit) or _spacing(edit) or _contact(edit)


def _layout(edit: Edit) -> Proof | None:
    """M2: the whole clause is set out differently, and what stood side by side or under something still does.

    An item that alone leaves the list under "We never:" keeps its words and turns its meaning round.
    """
    old = edit.old_clause.blocks if edit.old_clause else ()
    new = edit.new_clause.blocks if edit.new_clause else ()
    if [b.text for b in old] != [b.text for b in new]:
        return None
    ranks = {((a.kind, a.depth), (b.kind, b.depth)) for a, b in zip(old, new, strict=True)}
    if not len(ranks) == len({a for a, _ in ranks}) == len({b for _, b in ranks}):
        return None
    return Proof("M2", msg("The same words are set out in another way."))


def _typography(edit: Edit) -> Proof | None:
    """M2: quotes, dashes, kinds of space, middle dots, a full stop at the end."""
    if folded(edit.before).rstrip(".") == folded(edit.after).rstrip("."):
        return Proof("M2", msg("Only punctuation or quotation marks change; the words are the same."))
    return None


def _double_word(edit: Edit) -> Proof | None:
    """M5: a word that stood twice stands once."""
    before, after = edit.before.split(), edit.after.split()
    if len(before) != len(after) + 1:
        return None
    for i in range(len(before) - 1):
        word, following = before[i], before[i + 1]
        same = following == word or (len(word) > 1 and "가" <= word[0] <= "힣" and following.startswith(word))
        if (
            same
            and before[:i] + before[i + 1 :] == after
            and word.casefold() not in _NEVER_PROVED
            and not re.search(r"\d", word)
        ):
            return Proof("M5", msg("A word that stood there twice by mistake (“{word}”) now stands once.", word=word))
    return None


def _spacing(edit: Edit) -> Proof | None:
    """M6: Korean spacing alone, away from syllables where a space makes another word."""
    before, after = edit.before, edit.after
    if before.replace(" ", "") != after.replace(" ", "") or "\n" in before + after:
        return None
    for left, right in _moved_spaces(before, after):
        joins_letters = "가" <= left <= "힣" and "가" <= right <= "힣"
        joins_unit = left.isdigit() and right in "년월일개시주"
        if not (joins_letters or joins_unit) or left in _SPACING_GUARD or right in _SPACING_GUARD:
            return None
    return Proof("M6", msg("Only the spacing between words changes."))


def _moved_spaces(before: str, after: str) -> list[tuple[str, str]]:
    """The letters on both sides of each space that stands in one of the passages only."""
    return [
        (letters[position - 1], letters[position])
        for letters in [before.replace(" ", "")]
        for position in _space_positions(before) ^ _space_positions(after)
        if 0 < position < len(letters)
    ]


def _space_positions(text: str) -> set[int]:
    positions, count = set(), 0
    for character in text:
        if character == " ":
            positions.add(count)
        else:
            count += 1
    return positions


def _contact(edit: Edit) -> Proof | None:
    """M7: a telephone number, or an address of the same host, changes; nothing around it does."""
    if without_contacts(edit.before) != without_contacts(edit.after):
        return None
    gone = contacts(edit.before) - contacts(edit.after)
    came = contacts(edit.after) - contacts(edit.before)
    if _kinds(gone) != _kinds(came) or not gone:
        return None
    hosts = ({_host(f.value) for f in found if f.kind != "phone"} for found in (gone, came))
    if len({frozenset(h) for h in hosts}) != 1 or _hosts(edit.old) != _hosts(edit.new):
        return None
    return Proof("M7", msg("Only how to reach the same office changes."))


def _links_only(edit: Edit) -> Proof | None:
    """M7: a link with the same words leads to another page of the same host."""
    if _hosts(edit.old) == _hosts(edit.new):
        return Proof("M7", msg("The words are the same; a link leads to another page of the same site."))
    return None


def _kinds(found: Counter[Fact]) -> list[str]:
    return sorted(f.kind for f in found.elements())


def _host(address: str) -> str:
    host = address.rsplit("@", 1)[-1] if "@" in address else re.sub(r"^https?://", "", address).split("/")[0]
    return host.lower().removeprefix("www.")


def _targets(block: Block | None) -> list[str]:
    return [link.target for link in block.links] if block else []


def _hosts(block: Block | None) -> list[str]:
    """Where the links of a block lead, as far as it matters: the host, or the page of this site."""
    found = []
    for target in _targets(block):
        if target.startswith("#"):
            found.append("#")
        elif target.startswith("/"):
            found.append(target)
        else:
            found.append(_host(target.removeprefix("mailto:")))
    return found


def _renumbered(old: Document, new: Document) -> Proof | None:
    """M3: a clause has another number, and no text refers to clauses by number."""
    if _refers_by_number(old) or _refers_by_number(new):
        return None
    return Proof("M3", msg("The clause is renumbered; its words are the same, and nothing refers to it by number."))


def _moved(edit: Edit, old: Document, new: Document) -> Proof | None:
    """M3: a clause stands elsewhere under the same heading, and nothing points to it by its place."""
    if _refers_by_number(old) or _refers_by_number(new) or _POINTER.search(edit.clause.text):
        return None
    if _parent(old, edit.old_clause) != _parent(new, edit.new_clause):
        return None
    return Proof("M3", msg("The clause stands in another place; its words are the same."))


def _refers_by_number(document: Document) -> bool:
    return any(_CROSS_REFERENCE.search(clause.text) for clause in document.clauses)


def _parent(document: Document, clause: Clause | None) -> str:
    """The heading above a clause, by id or words; "" at the top."""
    above = headings_over(document)[id(clause)]
    return (above.id or above.title) if above else ""

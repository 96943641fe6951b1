"""What counts as one edit: passages that moved between clauses, were split, merged, set otherwise or renumbered."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from publisher.changes.align import align
from publisher.changes.edits import Known, edits
from publisher.changes.model import Edit, Kind
from publisher.texts.document import parse
from publisher.texts.pieces import Shared

ONE = "We keep the records of every order for a while."
TWO = "You may ask for a copy of them at any time."
THREE = "A helper of ours answers on working days."


def found(old: str, new: str) -> list[Edit]:
    one, other = parse(old), parse(new)
    return list(edits(one, other, align(one, other)))


def told(old: str, new: str) -> list[tuple[str, str, str]]:
    return [(e.kind.value, e.before, e.after) for e in found(old, new)]


def two(first: str, second: str) -> str:
    return f"## 1. Keeping {{#keep}}\n\n{first}\n\n## 2. Asking {{#ask}}\n\n{second}\n"


CASES = {
    "a text and itself": (two(ONE, TWO), two(ONE, TWO), []),
    "a passage in another clause": (
        two(f"{ONE}\n\n{TWO}", THREE), two(ONE, f"{THREE}\n\n{TWO}"), [("moved", TWO, TWO)],
    ),
    "a short passage may stand in two clauses by chance": (
        two(f"{ONE}\n\nNone.", THREE), two(ONE, f"{THREE}\n\nNone."), [("deleted", "None.", ""), ("inserted", "", "None.")],
    ),
    "a clause whose passage went elsewhere": (
        two(ONE, f"{TWO}\n\n{THREE}"), f"## 1. Keeping {{#keep}}\n\n{ONE}\n\n{TWO}\n",
        [("moved", TWO, TWO), ("deleted", "2. Asking", ""), ("deleted", THREE, "")],
    ),
    "a new clause made of an old passage": (
        f"## 1. Keeping {{#keep}}\n\n{ONE}\n\n{TWO}\n", two(ONE, f"{TWO}\n\n{THREE}"),
        [("inserted", "", "2. Asking"), ("moved", TWO, TWO), ("inserted", "", THREE)],
    ),
    "a whole clause": (
        two(ONE, TWO), f"## 1. Keeping {{#keep}}\n\n{ONE}\n", [("deleted", f"2. Asking\n{TWO}", "")],
    ),
    "a clause that went before another": (
        two(ONE, TWO), f"## 2. Asking {{#ask}}\n\n{TWO}\n", [("deleted", f"1. Keeping\n{ONE}", "")],
    ),
    "words before the first heading moved into a clause": (
        f"{TWO}\n\n{THREE}\n\n## 1. Keeping {{#keep}}\n\n{ONE}\n",
        f"## 1. Keeping {{#keep}}\n\n{ONE}\n\n{TWO}\n\n{THREE}\n",
        [("moved", TWO, TWO), ("moved", THREE, THREE)],
    ),
    "a paragraph that was split": (
        two(f"{ONE} {TWO}", THREE), two(f"{ONE}\n\n{TWO}", THREE), [("reset", f"{ONE} {TWO}", f"{ONE}\n\n{TWO}")],
    ),
    "paragraphs that were merged": (
        two(f"{ONE}\n\n{TWO}", THREE), two(f"{ONE} {TWO}", THREE), [("reset", f"{ONE}\n\n{TWO}", f"{ONE} {TWO}")],
    ),
    "a paragraph that became an item": (two(ONE, TWO), two(f"- {ONE}", TWO), [("reset", ONE, ONE)]),
    "an item with another number": (two(f"1. {ONE}", TWO), two(f"3. {ONE}", TWO), [("renumbered", ONE, ONE)]),
    "items that changed places": (
        two(f"- {ONE}\n- {TWO}\n- {THREE}", "End."), two(f"- {THREE}\n- {ONE}\n- {TWO}", "End."), [("moved", THREE, THREE)],
    ),
    "numbered items that changed places are not renumbered too": (
        two(f"1. {ONE}\n2. {TWO}\n3. {THREE}", "End."), two(f"1. {THREE}\n2. {ONE}\n3. {TWO}", "End."),
        [("moved", THREE, THREE), ("renumbered", ONE, ONE), ("renumbered", TWO, TWO)],
    ),
    "an item that moved and was edited": (
        two(f"- {ONE}\n- {TWO}\n- {THREE}", "End."), two(f"- {THREE[:-1]} only.\n- {ONE}\n- {TWO}", "End."),
        [("moved", THREE, f"{THREE[:-1]} only."), ("replaced", THREE, f"{THREE[:-1]} only.")],
    ),
    "a heading": (two(ONE, TWO), two(ONE, TWO).replace("Asking", "Copies"), [("replaced", "Asking", "Copies")]),
    "a number": (two(ONE, TWO), two(ONE, TWO).replace("2.", "7."), [("renumbered", "2. Asking", "7. Asking")]),
    "a deeper heading": (
        two(ONE, TWO), two(ONE, TWO).replace("## 2.", "### 2."), [("moved", "2. Asking", "2. Asking")],
    ),
    "a deeper heading at the top": (
        two(ONE, TWO), two(ONE, TWO).replace("## 1.", "# 1."),
        [("reset", "1. Keeping", "1. Keeping")],
    ),
    "a passage that came and one that went": (
        two(f"{ONE}\n\n{TWO}", "End."), two(f"{THREE}\n\n{ONE}", "End."), [("inserted", "", THREE), ("deleted", TWO, "")],
    ),
    "a link": (two("See [it](/a).", TWO), two("See [it](/b).", TWO), [("replaced", "See it.", "See it.")]),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES)
def test_edits(old: str, new: str, expected: list[tuple[str, str, str]]) -> None:
    assert told(old, new) == expected


def test_a_passage_that_moved_knows_both_clauses() -> None:
    (edit,) = found(two(f"{ONE}\n\n{TWO}", THREE), two(ONE, f"{THREE}\n\n{TWO}"))
    assert edit.kind is Kind.MOVED
    assert (edit.old_clause and edit.old_clause.id, edit.new_clause and edit.new_clause.id) == ("keep", "ask")
    assert edit.clause.id == "ask"


def test_of_two_equal_passages_each_moves_once() -> None:
    new = f"## 1. Keeping {{#keep}}\n\n{ONE}\n\n## 2. Asking {{#ask}}\n\n{THREE}\n\n{TWO}\n\n## 3. New {{#new}}\n\n{TWO}\n"
    assert [e.kind for e in found(two(f"{ONE}\n\n{TWO}", THREE), new)] == [Kind.MOVED, Kind.INSERTED]


#: Clauses of few kinds, so that some come again, twice in one text, at another place, with another number or none.
CLAUSE = st.tuples(
    st.sampled_from(["# 1. Keeping {#keep}", "# 2. Keeping {#keep}", "# Asking {#ask}", "# Asking", "## Else", ""]),
    st.lists(
        st.sampled_from([ONE, TWO, THREE, f"{ONE} {TWO}", "- one\n- two", "> said[^1]", "[^1]: by law"]), max_size=3
    ),
).map(lambda clause: "\n\n".join([clause[0], *clause[1]]))
TEXTS = st.lists(st.lists(CLAUSE, max_size=5).map(lambda clauses: "\n\n".join(clauses) + "\n"), min_size=2, max_size=4)


@given(TEXTS)
@example([f"# Asking\n\n{ONE}\n\n# Asking\n\n{ONE}\n", f"# Asking\n\n{ONE}\n", f"{ONE}\n\n# Asking\n\n{ONE}\n"])
@example([f"# A {{#a}}\n\n# A {{#a}}\n\n{ONE}\n\n# B {{#b}}\n", f"# A {{#a}}\n\n{ONE}\n\n# B {{#b}}\n"])
@example([two(f"{ONE}\n\n{TWO}", THREE), two(ONE, f"{THREE}\n\n{TWO}"), two(f"{ONE}\n\n{TWO}", THREE)])
def test_what_was_found_before_is_found_again(texts: list[str]) -> None:
    """Versions that are read and compared with what is known of the others are compared as if each pair stood alone."""
    shared, known = Shared(), Known()
    read = [parse(text, shared) for text in texts]
    pairs = [*pairwise(range(len(texts))), *((at, len(texts) - 1) for at in range(len(texts)))]
    for one, other in pairs:
        again = edits(read[one], read[other], align(read[one], read[other]), known)
        alone = found(texts[one], texts[other])
        assert [_shown(edit) for edit in again] == [_shown(edit) for edit in alone]


def _shown(edit: Edit) -> tuple[object, ...]:
    named = (clause and (clause.id, clause.name, clause.text) for clause in (edit.old_clause, edit.new_clause))
    return edit.kind, edit.before, edit.after, edit.old, edit.new, *named


def test_an_edit_without_clauses_is_a_defect() -> None:
    with pytest.raises(ValueError, match="belongs to a clause"):
        Edit(kind=Kind.DELETED, old_clause=None, new_clause=None, old=None, new=None, before="", after="").clause  # noqa: B018

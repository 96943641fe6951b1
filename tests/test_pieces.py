"""Two texts that share what they have in common are read as each would be alone."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it.token import Token

from publisher.texts.document import Document, parse
from publisher.texts.pieces import MOST_SHARED, Shared, cut

# Lines that begin, go on with, or end every kind of block; what reaches across pieces among them.
LINES = st.sampled_from(
    [
        "", "", "", " ", "# Scope {#scope}", "## 2. Keeping", "#", "#no heading", "  ## Set in {#in}", "제1조 (목적)", "===", "---",
        "We keep it.", "We **keep** [it](https://a.example.com/x) `so`.", "1\\. We keep it.", "a &lt;b&gt; c", "a * b_c [d] ![e](f)",
        "- one", "- - one", "* * *", "  more of one", "    set in far", "\tset in by a tab", "1. first", "3) third", "10. tenth",
        "> said", ">said  ", "| a | b |", "|---|---|", "a | b", "- | -", "```", "~~~ text", "[terms]: https://a.example.com/t",
        "see [terms] and [the terms][terms]", "[필수]: 이름", "it holds[^1]", "[^1]: by law", "so ^[a note] it is", "① 회사는 보관합니다.",
        "가. 이름", "2026. 12. 1.", "<!-- hidden", "-->", "{: .left}", "<div>", "</div>", "_under_", "\\# no heading", "Zeile\x0bzwei",
    ]
)  # fmt: skip
TEXT = st.lists(LINES, max_size=14).map(lambda lines: "\n".join(lines) + "\n")


def plain(document: Document) -> Document:
    """The document without the words that a token keeps, which are there only once they were asked for."""

    def strip(token: Token) -> None:
        token.meta.pop("words", None)
        for child in token.children or []:
            strip(child)

    for token in document.tokens:
        strip(token)
    return document


@given(TEXT, TEXT)
@example("# A {#a}\n\nSaid.\n", "\n# A {#a}\n\nSaid.\n\n# A {#a}\n\nSaid.\n")
@example("1\\. We keep it.\n", "- 1\\. We keep it.\n\n1\\. We keep it.\n\n\n1\\. We keep it.\n")
@example("- a\n\nb\n", "> a\n# B\nb\n\n- a\n\nb\n")
@example(
    "[terms]: https://a.example.com/t\n\nsee [terms] and [the terms][terms]\n", "see [terms] and [the terms][terms]\n"
)
def test_shared_texts_are_read_as_alone(old: str, new: str) -> None:
    shared = Shared()
    both = [parse(text, shared) for text in (old, new, old)]
    assert [plain(document) for document in both] == [plain(parse(text)) for text in (old, new, old)]


# Notes and their marks, in all kinds of blocks, one after the other and far apart.
NOTED = st.sampled_from(
    [
        "", "", "# Scope {#scope}", "#", "We keep it.", "제1조 (목적)", "it holds[^1]", "and[^b] so[^1]", "[^1]: by law", "[^b]: *two*",
        "[^1]: by law [x](y)", "    set in far", "- one[^1]", "  more", "> said[^b]", "| a | b |", "|---|---|", "x[^1] | y",
        "1. first", "===", "[^c]",
    ]
)  # fmt: skip
NOTED_TEXT = st.tuples(st.lists(NOTED, max_size=14), st.sampled_from(["\n", ""])).map(lambda x: "\n".join(x[0]) + x[1])


@given(NOTED_TEXT, NOTED_TEXT)
@example("We hold[^1]\n# A\n\nBar[^1]\n\n[^1]: by law\n", "a\n\nWe hold[^1]\n\nb\n\n[^1]: by law\n")
@example("we [^1]", "[^1]")
def test_notes_are_read_as_in_their_text(old: str, new: str) -> None:
    shared = Shared()
    both = [parse(text, shared) for text in (old, new, old)]
    assert [plain(document) for document in both] == [plain(parse(text)) for text in (old, new, old)]


def test_a_text_with_notes_shares_what_has_none() -> None:
    shared = Shared()
    parse("# A\n\nSaid[^1].\n\nAnd more.\n\n[^1]: by law\n", shared)
    assert "And more.\n\n[^1]: by law\n" not in shared.pieces
    parse("# A\n\nSaid[^1].\n\nAnd *more*.\n\n# B\n\n[^1]: by law\n", shared)
    assert set(shared.pieces) == {"# A\n\n", "And *more*.\n\n"}


@given(TEXT)
def test_the_pieces_are_the_text(text: str) -> None:
    assert "".join(cut(text)) == text


def test_a_text_is_cut_where_it_can_be() -> None:
    text = "Before.\n# A\n\nOne\ntwo.\n\n- three\n\n  four\n\n- five\n\nSix.\n\n제7조\n"
    assert cut(text) == ["Before.\n", "# A\n\n", "One\ntwo.\n\n- three\n\n  four\n\n- five\n\n", "Six.\n\n", "제7조\n"]
    for reaching in ("```\n\na\n```\n", "[a]: /b\n\na\n", "[^1]: a\n\na\n", "^[a]\n\na\n"):
        assert len(cut(text + reaching)) == 1


def test_what_both_texts_have_is_read_once() -> None:
    shared = Shared()
    old = parse("# A\n\nSaid.\n\nAnd *more*.\n", shared)
    new = parse("# A\n\nSaid otherwise.\n\nAnd *more*.\n", shared)
    assert set(shared.pieces) == {"# A\n\n", "Said.\n\n", "Said otherwise.\n\n", "And *more*.\n"}
    assert old.tokens[-2].children is new.tokens[-2].children


def test_a_passage_that_comes_twice_keeps_its_words() -> None:
    (clause,) = parse("1\\. We keep it &amp; more.\n\n- x\n\n  1\\. We keep it &amp; more.\n").clauses
    assert [block.text for block in clause.blocks] == ["1. We keep it & more.", "x", "1. We keep it & more."]


def test_what_was_read_is_forgotten_where_it_is_much() -> None:
    shared = Shared({str(n): [] for n in range(MOST_SHARED)}, {})
    shared.spare()
    assert len(shared.inlines) == MOST_SHARED
    shared.inlines["one more"] = []
    shared.spare()
    assert not shared.inlines
    assert not shared.pieces

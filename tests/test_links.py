"""A link that leads elsewhere: the same page in another place (M7), or another text (R26)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.changes.links import LinkChange, link_changes
from publisher.texts.document import Block, parse


def block(markdown: str) -> Block:
    return parse(markdown).clauses[0].blocks[0]


def changes(old: str, new: str) -> list[LinkChange]:
    return link_changes(block(old), block(new))


# words of the link, target before and after, whether the same page is proved
TARGETS = [
    # the same page, written otherwise
    ("our terms", "http://example.com/terms", "https://www.example.com/terms", True),
    ("our terms", "https://example.com/terms/", "https://example.com/terms/index.html", True),
    ("our terms", "https://example.com/terms.php", "https://EXAMPLE.com/terms.html", True),
    ("our terms", "https://example.com/en-GB/terms", "https://example.com/ko/terms", True),
    ("our terms", "https://example.com/terms?utm_source=a&hl=en", "https://example.com/terms?hl=ko", True),
    ("our terms", "https://example.com/terms", "/terms", True),
    ("our terms", "docs/terms.md", "legal/terms.md", True),
    # moved inside its site, by its name
    ("our terms", "https://example.com/a/terms", "https://help.example.com/b/terms", True),
    # another text
    ("our terms", "https://example.com/terms", "https://example.com/conditions", False),
    ("our terms", "https://example.com/terms", "https://example.org/terms", False),
    ("our terms", "https://example.com/terms?v=1", "https://example.com/terms?v=2", False),
    ("our terms", "https://example.com/", "https://example.org/", False),
    ("our terms", "terms.md", "conditions.md", False),
    ("list of processors", "/a", "/b", False),
    ("이용약관", "https://example.com/terms", "https://example.com/rules", False),
    ("수신 거부", "https://example.com/out", "https://example.com/settings", False),
    ("our terms", "https://%5Bexample/terms", "https://%5Bexample/other", False),
    # a link to what is no part of the text
    ("the guide", "https://example.com/a", "https://example.org/b", True),
    ("the guide", "/a", "/b", True),
    # but a page of this site that its address tells
    ("the guide", "/terms/a", "/b", False),
    ("the guide", "/a", "/third-parties", False),
]


@pytest.mark.parametrize(("words", "before", "after", "proved"), TARGETS)
def test_targets(words: str, before: str, after: str, *, proved: bool) -> None:
    found = changes(f"See [{words}]({before}) now.", f"See [{words}]({after}) now.")
    assert found == [LinkChange(words, before, after, proved)]
    back = changes(f"See [{words}]({after}) now.", f"See [{words}]({before}) now.")
    assert [change.proved for change in back] == [proved]


@pytest.mark.parametrize(("sentence", "proved"), [("To object, click [here]({}).", False), ("To smile, click [here]({}).", True),
    ("거부하려면 [여기]({})를 누릅니다.", False), ("웃으려면 [여기]({})를 누릅니다.", True)])  # fmt: skip
def test_words_that_say_nothing_are_read_with_their_sentence(sentence: str, *, proved: bool) -> None:
    old, new = (sentence.format(target) for target in ("https://example.com/a", "https://example.com/b"))
    assert [change.proved for change in changes(old, new)] == [proved]


def test_only_the_sentence_of_the_link_counts() -> None:
    text = "You can object. For a laugh click [here]({})."
    assert [c.proved for c in changes(text.format("https://example.com/a"), text.format("https://example.com/b"))] == [
        True
    ]


def test_a_place_inside_its_page_is_no_change() -> None:
    assert changes("[terms](https://example.com/a#one)", "[terms](https://example.com/a#two)") == []
    assert changes("[Our “terms”](https://example.com/a)", '[our "terms"](https://example.com/a)') == []


def test_words_that_are_no_link_any_more() -> None:
    assert changes("See [our terms](/t) now.", "See our terms now.") == [LinkChange("our terms", "/t", "", False)]
    assert changes("See our terms now.", "See [our terms](/t) now.") == [LinkChange("our terms", "", "/t", False)]
    assert changes("See [the zoo](/z) now.", "See the zoo now.") == [LinkChange("the zoo", "/z", "", True)]


def test_a_link_whose_words_went_is_judged_by_its_words() -> None:
    assert changes("See [our terms](/t) now.", "See now.") == []


TARGET = st.sampled_from(["/a", "/b", "https://example.com/a", "https://example.com/terms", "b.md", "", "#here"])
LINK = st.tuples(st.sampled_from(["terms", "here", "the zoo"]), TARGET).map(lambda link: f"[{link[0]}]({link[1]})")
TEXT = st.lists(LINK, min_size=1, max_size=4).map(lambda links: "x " + " and ".join(links))


@given(TEXT)
def test_a_block_and_itself(text: str) -> None:
    assert changes(text, text) == []


@given(TEXT, TEXT)
def test_backwards_as_many_links_change(old: str, new: str) -> None:
    forth, back = changes(old, new), changes(new, old)
    assert (forth == []) == (back == [])


def test_an_address_that_cannot_be_read_is_another_one() -> None:
    old, new = block("See [our terms](/a)."), block("See [our terms](/b).")
    link = replace(old.links[0], target="https://[one")
    other = replace(old.links[0], target="https://[two")
    assert [c.proved for c in link_changes(replace(old, links=(link,)), replace(new, links=(other,)))] == [False]

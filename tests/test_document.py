"""A text becomes clauses and blocks with nothing lost, and nothing active comes out of it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from publisher.errors import Place
from publisher.texts.document import Block, Document, parse, split_number
from publisher.texts.pieces import Shared
from publisher.texts.source import read_source
from publisher.texts.unseen import unseen
from publisher.website.prose import clause_html


def blocks(text: str) -> list[tuple[str, int, str, str]]:
    return [(b.kind, b.depth, b.number, b.text) for c in parse(text).clauses for b in c.blocks]


def html(text: str) -> str:
    document = parse(text)
    return "".join(clause_html(clause) for clause in document.clauses)


# ---- clauses


def test_clauses_with_ids_numbers_titles_and_lines() -> None:
    document = parse(
        "Before everything.\n\n# Privacy Policy {#policy}\n\n## 3. Retention {#retention}\n\nFor a year.\n\nOr two.\n\n"
        "### 제3조 (목적)\n\nSetext\n======\n\n- # no clause {#x}\n"
    )
    assert [(c.id, c.number, c.title, c.level, c.line) for c in document.clauses] == [
        ("", "", "", 0, 1),
        ("policy", "", "Privacy Policy", 1, 3),
        ("retention", "3.", "Retention", 2, 5),
        ("", "제3조", "(목적)", 3, 11),
        ("", "", "Setext", 1, 13),
    ]
    assert document.clauses[2].text == "For a year.\n\nOr two."
    assert document.clauses[2].name == "3. Retention"
    assert document.title == "Privacy Policy"
    assert document.by_id()["retention"] is document.clauses[2]
    assert [document.clauses[2].in_text(b.line) for b in document.clauses[2].blocks] == [7, 9]
    assert "{#retention}" not in " ".join(document.words())


def test_a_clause_without_number_and_title_is_called_by_its_id() -> None:
    (clause,) = parse("## {#empty}\n").clauses
    assert (clause.name, clause.title, clause.id) == ("empty", "", "empty")


def test_the_first_of_two_equal_ids_is_found() -> None:
    document = parse("# A {#x}\n\n# B {#x}\n")
    assert document.by_id()["x"].title == "A"


def test_a_text_without_headings_and_without_words() -> None:
    assert [c.level for c in parse("Only words.").clauses] == [0]
    assert parse("\n\n").clauses == ()
    assert parse("").title == ""


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("제3조 보유 기간", ("제3조", "보유 기간")),
        ("제3조(보유 기간)", ("제3조", "(보유 기간)")),
        ("제3조（보유 기간）", ("제3조", "（보유 기간）")),
        ("제3조의2 (보유)", ("제3조의2", "(보유)")),
        ("제 2 장 총칙", ("제 2 장", "총칙")),
        ("3. Retention", ("3.", "Retention")),
        ("3) Retention", ("3)", "Retention")),
        ("3.1 Retention", ("3.1", "Retention")),
        ("3.1.2. Retention", ("3.1.2.", "Retention")),
        ("II. Scope", ("II.", "Scope")),
        ("B. Scope", ("B.", "Scope")),
        ("Cookies", ("", "Cookies")),
        ("I agree", ("", "I agree")),
        ("A cookie", ("", "A cookie")),
        # figures that say something: a change of them is no renumbering
        ("14 days of notice", ("", "14 days of notice")),
        ("2026 changes", ("", "2026 changes")),
        ("2026. 12. 1. 시행", ("", "2026. 12. 1. 시행")),
        ("30일 전 통지", ("", "30일 전 통지")),
        ("", ("", "")),
    ],
)
def test_number_of_a_heading(heading: str, expected: tuple[str, str]) -> None:
    assert split_number(heading) == expected


# ---- blocks

BLOCKS = {
    "paragraphs and soft breaks": (
        "One\ntwo.\n\nThree.",
        [("paragraph", 0, "", "One two."), ("paragraph", 0, "", "Three.")],
    ),
    "hard break": ("One  \ntwo\\\nthree", [("paragraph", 0, "", "One\ntwo\nthree")]),
    "items": (
        "- a\n- b\n\n  c\n\nd",
        [("item", 1, "", "a"), ("item", 1, "", "b"), ("paragraph", 1, "", "c"), ("paragraph", 0, "", "d")],
    ),
    "nested items": ("- a\n  - b\n- c", [("item", 1, "", "a"), ("item", 2, "", "b"), ("item", 1, "", "c")]),
    "numbers as displayed": (
        "1. a\n3. b\n3. c",
        [("item", 1, "1.", "a"), ("item", 1, "2.", "b"), ("item", 1, "3.", "c")],
    ),
    "numbers from another start": ("7. a\n1. b", [("item", 1, "7.", "a"), ("item", 1, "8.", "b")]),
    "numbers in numbers": (
        "1. a\n   1. b\n2. c",
        [("item", 1, "1.", "a"), ("item", 2, "1.", "b"), ("item", 1, "2.", "c")],
    ),
    "an item at once in an item": ("1. - a", [("item", 2, "1.", "a")]),
    "a quotation in an item": ("1. > a\n\n   b", [("item", 2, "1.", "a"), ("paragraph", 1, "", "b")]),
    "an empty item": ("-\n\na", [("paragraph", 0, "", "a")]),
    "an empty numbered item": ("1.\n2. a", [("item", 1, "2.", "a")]),
    "code in an item": ("1. ```\n   a\n   ```\n\nb", [("code", 1, "1.", "a"), ("paragraph", 0, "", "b")]),
    "code": ("```toml\na  b\n```\n\n    c", [("code", 0, "", "a  b"), ("code", 0, "", "c")]),
    "quotation": ("> a\n> > b", [("paragraph", 1, "", "a"), ("paragraph", 2, "", "b")]),
    "a table": ("| a | b |\n| - | - |\n| c | d e |", [("row", 0, "", "a | b"), ("row", 0, "", "c | d e")]),
    "emphasis and code": ("A **b** *c* `d  e`", [("paragraph", 0, "", "A b c d e")]),
    "a picture's words": ("![a b](/c.png) d", [("paragraph", 0, "", "a b d")]),
    "a footnote": ("a[^n] b\n\n[^n]: c", [("paragraph", 0, "", "a[n] b"), ("paragraph", 0, "", "c")]),
    "an inline footnote": ("a^[b c]", [("paragraph", 0, "", "a[1]"), ("paragraph", 0, "", "b c")]),
    "no link's definition": ("[필수]: 이름", [("paragraph", 0, "", "[필수]: 이름")]),
}


@pytest.mark.parametrize(("text", "expected"), BLOCKS.values(), ids=BLOCKS)
def test_blocks(text: str, expected: list[tuple[str, int, str, str]]) -> None:
    assert blocks(text) == expected


def test_links_with_their_targets() -> None:
    document = parse("# See [a *b*](https://e.com/x)\n\n[c](#d) ![e](/f.png) <https://g.com>\n\n| [h](/i) |\n| - |\n")
    (clause,) = document.clauses
    assert [(k.words, k.target, k.image) for b in clause.blocks for k in b.links] == [
        ("c", "#d", False),
        ("e", "/f.png", True),
        ("https://g.com", "https://g.com", False),
        ("h", "/i", False),
    ]
    assert [(k.words, k.target, k.line) for k in document.heading(clause).links] == [("a b", "https://e.com/x", 1)]
    assert clause.title == "See a b"


def test_what_stands_before_the_first_heading_has_no_heading() -> None:
    document = parse("[x](/y)\n\n# T\n")
    assert document.heading(document.clauses[0]) == Block(
        kind="paragraph", depth=0, number="", text="", links=(), line=1
    )


# ---- the seven guards of reference/code.md, section 3.1


@pytest.mark.parametrize(
    "date", ["2026. 12. 1. 시행", "2026.12. 1. 시행", "26. 12. 1. 시행", "12. 1. 시행", "2026) 시행"]
)
@pytest.mark.parametrize(
    ("before", "kind", "depth", "number"),
    [
        ("", "paragraph", 0, ""),
        ("   ", "paragraph", 0, ""),
        ("> ", "paragraph", 1, ""),
        ("- ", "item", 1, ""),
        ("* ", "item", 1, ""),
        ("> - ", "item", 2, ""),
        ("- > ", "item", 2, ""),
        ("3) ", "item", 1, "3."),
    ],
)
def test_1_a_korean_date_is_no_list(date: str, before: str, kind: str, depth: int, number: str) -> None:
    assert blocks(before + date) == [(kind, depth, number, date)]
    assert date in html(before + date)


def test_1_a_date_after_a_list_and_in_code() -> None:
    assert blocks("1. a\n2026. 12. 1. b\n") == [("item", 1, "1.", "a 2026. 12. 1. b")]
    assert blocks("    2026. 1. 2.\n\n```\n2026. 1. 2.\n```\n\n`x\n2026. 1.`") == [
        ("code", 0, "", "2026. 1. 2."),
        ("code", 0, "", "2026. 1. 2."),
        ("paragraph", 0, "", "x 2026. 1."),
    ]


@pytest.mark.parametrize("text", ["1. 하나\n2. 둘\n", "10. 하나\n11. 둘\n", "100. 하나\n101. 둘\n"])
def test_1_lists_stay_lists(text: str) -> None:
    assert [b[0] for b in blocks(text)] == ["item", "item"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('**회사(이하 "회사")**는 알립니다.', '<strong>회사(이하 "회사")</strong>는'),
        ('**"개인정보"**란 이름', '<strong>"개인정보"</strong>란'),
        ("**「전자상거래법」**에 따라", "<strong>「전자상거래법」</strong>에"),
        ("이는**(중요)**한", "이는<strong>(중요)</strong>한"),
        ("*「법」*의", "<em>「법」</em>의"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("가 * 나 * 다", "가 * 나 * 다"),
        ("snake_case_word", "snake_case_word"),
        ("a**(b)**c", "a**(b)**c"),
    ],
)
def test_2_bold_before_a_korean_particle(text: str, words: str) -> None:
    assert words in html(text)


def test_3_deep_nesting_loses_nothing() -> None:
    text = "".join(f"{'  ' * level}- level{level}\n" for level in range(30))
    assert blocks(text) == [("item", level + 1, "", f"level{level}") for level in range(30)]
    page = html(text)
    assert all(f"level{level}\n" in page or f"level{level}<" in page for level in range(30))
    assert unseen(text, parse(text), Place()) == []


def test_3_what_is_nested_too_deep_is_reported() -> None:
    text = "".join(f"{'  ' * level}- level{level}\n" for level in range(80))
    problems = unseen(text, parse(text), Place(path="en.md"))
    lost = set(re.findall(r"level\d+", text)) - set(parse(text).words())
    assert lost
    assert {p.code for p in problems} == {"P109"}
    assert {f"level{p.place.line - 1}" for p in problems} == lost


def test_4_numbers_on_the_page_are_those_of_the_blocks() -> None:
    text = "4. a\n4. b\n\nBetween.\n\n1. c\n"
    assert [b[2] for b in blocks(text)] == ["4.", "5.", "", "1."]
    assert '<ol start="4">' in html(text)


@pytest.mark.parametrize(
    "text", ["① 하나\n② 둘", "가. 하나\n나. 둘", "(1) 하나\n(2) 둘", "1항은 다음과 같다.\n① 하나\n② 둘\n가. 셋"]
)
def test_5_lines_of_korean_items_stay_apart(text: str) -> None:
    assert blocks(text) == [("paragraph", 0, "", text)]
    assert html(text).count("<br>") == text.count("\n")


def test_5_other_lines_are_one_paragraph() -> None:
    assert blocks("가나다라\n마바사아") == [("paragraph", 0, "", "가나다라 마바사아")]


@pytest.mark.parametrize("text", ["<b>x</b>", "<div>\nx\n</div>", "# <i>x</i>", "- <script>x</script>"])
def test_6_html_is_text(text: str) -> None:
    document = parse(text)
    shown = " ".join(document.words())
    assert "<" in shown
    assert ">" in shown
    assert "x" in shown
    assert not {tag for tag, _ in tags(html(text))} - {"p", "ul", "li"}


def test_7_clean_lines_are_what_is_parsed() -> None:
    source = read_source("\ufeff# 제목 {#a}\r\n\r\n본문\r\n".encode(), Place())
    document = parse(source.text)
    assert [(c.id, c.title, c.text) for c in document.clauses] == [("a", "제목", "본문")]


# ---- nothing is lost

LOST = {
    "a cell too many": ("| a | b |\n| - | - |\n| c | d | extra |\n", "extra", 3),
    "a footnote nobody refers to": ("a\n\n[^n]: forgotten\n", "forgotten", 3),
    "a link's title": ('[a](https://e.com "small print")\n', "small print", 1),
}


@pytest.mark.parametrize(("text", "words", "line"), LOST.values(), ids=LOST)
def test_words_that_the_parser_leaves_out_are_reported(text: str, words: str, line: int) -> None:
    (problem,) = unseen(text, parse(text), Place(path="en.md"))
    assert (problem.code, problem.severity, problem.place.line) == ("P109", "error", line)
    assert dict(problem.message.values)["words"] == words


def test_words_that_stand_elsewhere_too_are_reported_without_a_line() -> None:
    text = "same\n\n| a |\n| - |\n| b | same |\n"
    (problem,) = unseen(text, parse(text), Place())
    assert (problem.code, problem.place.line) == ("P109", 0)


@pytest.mark.parametrize(
    "text",
    [
        "# A {#a}\n\n3. b\n3. c\n\n[d](https://한국.kr/개인?q=%EA%B0%80) &copy; AT&amp;T &#44032;\n",
        "a[^n]\n\n[^n]: note\n\n```toml\nx = 1\n```\n\n| a | b |\n| :- | -: |\n| c | |\n",
        "> 1. **가**나 *b*c `d` <https://E.com/F> ![g](/h.png)\n\n2026. 12. 1. 시행\n",
        "[bad](https://xn--0.com)\n",
    ],
)
def test_markup_is_not_reported_as_lost(text: str) -> None:
    assert unseen(text, parse(text), Place()) == []


WORDS = st.sampled_from(["alpha", "beta9", "x_y", "2026", "12", "1", "회사", "개인정보는", "90일", "제3조", "가", "①"])
MARKS = st.sampled_from(
    [*"*_`~#>-+|[](){}!<>&;:.,\\\"'=^", "**", "- ", "1. ", "12. ", "> ", "# ", "    ", "```\n", "](", "[^1]", "{#id}"]
)
TEXTS = st.lists(st.one_of(WORDS, MARKS, st.just(" "), st.just("\n"), st.just("\n\n")), max_size=40).map("".join)


@given(TEXTS)
@example("-\n\nalpha")
@example("1. ```\n   x\n   ```\n\nalpha")
@example("> - 1. alpha\n2. beta9")
def test_every_word_arrives_or_is_reported(text: str) -> None:
    document = parse(text)
    seen = arrived(document)
    reported = " ".join(dict(p.message.values)["words"] for p in unseen(text, document, Place()))
    for word in re.findall(r"[^\W_]+", re.sub(r"(?m)^(?:[ \t>]|[-+*][ \t]|\d+[.)](?=\s|$))+", "", text)):
        assert word in seen or word in reported or set(word) <= set(reported), (word, seen)


def arrived(document: Document) -> str:
    targets = [k.target for c in document.clauses for b in (document.heading(c), *c.blocks) for k in b.links]
    info = [t.info for t in document.tokens if t.type == "fence"]
    return " ".join([*document.words(), *targets, *(c.id for c in document.clauses), *info])


@given(TEXTS)
def test_lines_of_blocks_are_lines_of_the_source(text: str) -> None:
    count = text.count("\n") + 1
    for clause in parse(text).clauses:
        assert 1 <= clause.line <= count
        assert all(1 <= clause.in_text(block.line) <= count for block in clause.blocks)


# ---- nothing active comes out

ALLOWED_TAGS = {
    *("a", "blockquote", "br", "code", "div", "em", "hr", "li", "ol", "p", "pre", "section", "strong", "sup"),
    *("div", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}
ALLOWED_ATTRIBUTES = {"href", "id", "class", "start", "scope", "title", "role", "tabindex", "aria-label"}


def tags(page: str) -> list[tuple[str, dict[str, str | None]]]:
    found: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, dict(attrs)))

    Reader().feed(page)
    return found


def assert_harmless(page: str) -> None:
    for tag, attributes in tags(page):
        assert tag in ALLOWED_TAGS
        assert set(attributes) <= ALLOWED_ATTRIBUTES
        if "href" in attributes:
            target = attributes["href"] or ""
            assert re.match(r"(?:https?|mailto|tel):|#|/(?!/)", target), target


XSS = [
    "<script>alert(1)</script>",
    "# <script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](javascript&#58;alert(1))",
    "[x](java&Tab;script:alert(1))",
    "[x](&#x6A;avascript:alert(1))",
    "[x](< javascript:alert(1)>)",
    "[x](javascript%3Aalert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](data:image/svg+xml;base64,PHN2Zz4=)",
    "[x](vbscript:msgbox(1))",
    "[x](//evil.example)",
    "[x](/\\evil.example)",
    "[x](\\\\evil.example)",
    "[x](file:///etc/passwd)",
    "[x](../../secret)",
    "[x](https:javascript)",
    '[x](https://e.com "><script>alert(1)</script>")',
    '[x](https://e.com/"onmouseover="alert(1))',
    "![a](https://evil.example/x.png)",
    "![a](javascript:alert(1))",
    "[![a](https://evil.example/x.png)](javascript:alert(1))",
    "<javascript:alert(1)>",
    "<https://e.com/><script>",
    "```<script>\nalert(1)\n```",
    '```x" onmouseover="alert(1)\nalert(1)\n```',
    "a[^<b>]\n\n[^<b>]: <script>x</script>",
    "| <b>x</b> |\n| :-: |\n| [x](javascript:1) |",
    "`<script>`",
]


@pytest.mark.parametrize("text", XSS)
def test_nothing_active_comes_out(text: str) -> None:
    page = html(text)
    assert_harmless(page)
    assert not re.search(r"//[^/]*evil\.example", " ".join(str(a) for _, a in tags(page)))
    assert "style=" not in page


@given(st.one_of(TEXTS, st.lists(st.sampled_from(XSS) | MARKS | WORDS, max_size=8).map("".join)))
def test_nothing_active_comes_out_of_anything(text: str) -> None:
    assert_harmless(html(text))


def test_allowed_links_are_shown_and_others_keep_their_words() -> None:
    text = "[a](https://e.com) [b](mailto:x@e.com) [c](tel:+82) [d](#id) [e](/ko/) [f](javascript:1) <https://g.com>"
    document = parse(text)
    page = clause_html(document.clauses[0], "/base")
    assert [a.get("href") for t, a in tags(page) if t == "a"] == [
        "https://e.com",
        "mailto:x@e.com",
        "tel:+82",
        "#id",
        "/base/ko/",
        None,
        "https://g.com",
    ]
    assert ">f</a>" in page


def test_a_picture_is_its_words() -> None:
    assert html("![a b](https://evil.example/x.png)") == "<p>a b</p>\n"


def test_alignment_of_cells_is_a_class() -> None:
    page = html("| a | b |\n| :-: | - |\n| c | d |\n")
    assert '<th class="align-center" scope="col">a</th>' in page
    assert '<td class="align-center">c</td>' in page
    assert "<td>d</td>" in page


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("---\ntitle: T\nkey: 1\n---\n\nwords", "words"),
        ("---\ntitle: T\n...\nwords", "words"),
        ("words\n\n---\n\nkey: 1", "words key: 1"),
        ("a <!-- hidden --> b", "a b"),
        ("a <!-- over\ntwo lines --> b", "a b"),
        ("a <!-- one --> b <!-- two --> c", "a b c"),
        ("a <!-- never closed", "a <!-- never closed"),
        ("a \\<!-- b -->", "a <!-- b -->"),
        ("```\n<!-- shown -->\n```", "<!-- shown -->"),
        ("A heading {: #id }\n===", "A heading"),
        ("Effective June 1 {: datetime='2020-06-01' }", "Effective June 1"),
        ("a {:target b", "a {:target b"),
        ("[terms]: https://example.com/terms\n\nSee [the terms][terms].", "See the terms."),
        ("[필수]: 이름", "[필수]: 이름"),
    ],
)
def test_what_no_reader_sees_is_no_part_of_the_text(text: str, seen: str) -> None:
    document = parse(text)
    assert " ".join(document.words()) == seen


def test_lines_keep_their_number_after_what_nobody_sees() -> None:
    assert parse("---\na: 1\n---\n<!-- x\ny -->\n\nwords").clauses[0].blocks[0].line == 7


def test_passages_that_two_texts_share_are_read_once_and_alike() -> None:
    texts = [
        "# A {#a}\n\nOne *two* [three](https://example.com).\n",
        "# A {#b}\n\nOne *two* [three](https://example.com).\n\nFour\n",
    ]
    shared = Shared()
    together = [parse(text, shared) for text in texts]
    assert [d.clauses for d in together] == [parse(text).clauses for text in texts]


@pytest.mark.parametrize("passage", ["pear &amp; plum &#40;sweet)", r"2 \* 3 \_ 4", "![pear &amp; plum](/a.png) &lt;"])
def test_a_passage_that_stands_twice_reads_the_same(passage: str) -> None:
    once = [block.text for clause in parse(passage).clauses for block in clause.blocks]
    shared = Shared()
    for _ in range(3):
        twice = parse(f"{passage}\n\n{passage}", shared)
        assert [block.text for clause in twice.clauses for block in clause.blocks] == once * 2

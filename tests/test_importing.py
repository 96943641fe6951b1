"""A text from elsewhere becomes a policy text: headings, dates and former versions are found, and no word is lost."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from publisher.errors import Place
from publisher.messages import translator
from publisher.texts.document import Document, parse
from publisher.texts.importing import Imported, import_text
from publisher.texts.lint import lint
from publisher.texts.source import read_source
from publisher.texts.unseen import unseen

SEEDS = Path(__file__).parents[2] / "shared" / "seeds"
say = translator("en")

ENGLISH = """

Política de Ejemplo

Nimbus Garden Privacy Policy

Nimbus Garden Ltd. ("Nimbus") grows plants on balconies and keeps what it knows about gardeners to a minimum, as set out below.
A change of this text is announced seven days before.

We ask only for what a delivery needs.

Your name, your address and the *floor* of your balcony [roughly]. For parents there is a sample consent form here, and 2 * 3 = 6.
Nothing else is asked for; see <our shelf> & the file name_of_plant.txt.

Seeds are kept for five years, and letters about them for three; after that both are composted without exception.

1. Seeds are kept dry.
2. Letters are kept drier, and both are written down in a book that anyone may open on a Tuesday.
To read more about composting, please click here.

Announced: June 17, 2016Effective: June 24, 2016 View Former Privacy Policy
"""

KOREAN = """### 님버스가든 개인정보처리방침
화분을 기르는 사람에 관한 글입니다.
둘째 줄입니다.

#### 1. 수집하는 정보 ####
- 이름
- 발코니의 층수 [선택]

#### 2. 화분의 층수를 C#으로 셉니다. C#

[이전 목록](https://garden.example/policies/list?v=20190301)

- 공고일자 : 2020년 0월 0일
- 시행일자 : 2020년 3월 15일

[변경 전 개인정보처리방침 보기](https://garden.example/policies/privacy?v=20200727-2)

변경 전 방침은 창고에 있습니다.
"""


def imported(text: str, language: str, **more: list[str]) -> Imported:
    return import_text(text, language, Place(path="found.txt", language=language), **more)


def remarks(result: Imported) -> list[tuple[str, int]]:
    return [(r.code, r.place.line) for r in result.remarks]


def headings(result: Imported) -> list[tuple[int, str, str]]:
    return [(c.level, c.name, c.id) for c in parse(result.markdown).clauses]


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"[\w가-힣]+", text))


def arrived(document: Document) -> str:
    return " ".join(document.words())


# ---- plain text


def test_sentences_that_head_a_section_become_headings() -> None:
    assert headings(imported(ENGLISH, "en")) == [
        (0, "", ""),
        (1, "Nimbus Garden Privacy Policy", "nimbus-garden-privacy-policy"),
        (2, "We ask only for what a delivery needs.", "ask-only-what-delivery"),
        (
            2,
            "Seeds are kept for five years, and letters about them for three; after that both are composted without "
            "exception.",
            "seeds-kept-five-years",
        ),
    ]


def test_what_a_person_has_to_look_at() -> None:
    result = imported(ENGLISH, "en")
    assert remarks(result) == [
        ("L-LOCALE", 3),
        ("L-STRUCT", 5),
        ("L-STRUCT", 10),
        ("L-LINK-LOST", 12),
        ("L-STRUCT", 15),
        ("L-LINK-LOST", 19),
        ("L-DATE-RUNON", 21),
        ("L-LINK-LOST", 21),
    ]
    lines = ENGLISH.split("\n")
    for remark in result.remarks:
        assert remark.severity == "warning"
        assert remark.hint is not None
        quoted = re.search(r"“(.+?)”", say(remark.message))
        assert quoted is None or quoted[1][:40] in lines[remark.place.line - 1]


def test_dates_that_run_into_the_next_word() -> None:
    result = imported(ENGLISH, "en")
    assert (result.announced, result.effective) == (date(2016, 6, 17), date(2016, 6, 24))
    assert result.versions == ()


def test_every_character_is_shown_as_it_was() -> None:
    document = parse(imported(ENGLISH, "en").markdown)
    shown = [block.text for clause in document.clauses for block in (document.heading(clause), *clause.blocks)]
    assert [s for s in shown if s] == [line for line in ENGLISH.split("\n") if line]
    assert {block.kind for clause in document.clauses for block in clause.blocks} == {"paragraph"}


@pytest.mark.parametrize(
    "line",
    [
        "#1 in the market",
        "#",
        "> quoted",
        ">quoted",
        "- dash",
        "+ plus",
        "-",
        "1. one",
        "12)",
        "3. ",
        "2026. 12. 1. 시행",
        "=",
        "=====",
        "---",
        "- - -",
        "***",
        "___",
        "~~~",
        "```",
        "_under_ and __score__",
        "*star* and **stars**",
        "`code`",
        "[a](https://e.com)",
        "![a](b)",
        "[a]: https://e.com",
        "[^1]: note",
        "<b>bold</b> <https://e.com> <!-- x -->",
        "AT&amp;T &copy; &#65; & co",
        "back\\slash \\* \\",
        "a ^[b]",
        "snake_case",
        "| a | b |",
        "가. 나",
    ],
)
def test_characters_with_a_meaning_in_markdown(line: str) -> None:
    text = f"Words that stand before, long enough to be no heading.\n\n{line}\n\nx\n"
    document = parse(imported(text, "en").markdown)
    shown = [f"{b.number} {b.text}".strip() for c in document.clauses for b in (document.heading(c), *c.blocks)]
    assert line.strip() in shown


def test_lines_that_an_editor_wrapped_are_one_paragraph() -> None:
    wrapped = "A line that was wrapped by its editor because it became too long,\nand the rest of it.\nAnd a third."
    long = "x " * 80 + "\nsecond paragraph"
    result = imported(f"Title\n\n{wrapped}\n\n{long}\n", "en")
    texts = [b.text for c in parse(result.markdown).clauses for b in c.blocks]
    assert texts == [wrapped.replace("\n", " "), ("x " * 80).strip(), "second paragraph"]


def test_articles_are_headings() -> None:
    result = imported("제1조(목적)\n이 약관은 화분에 관한 것이다.\n\n제2조의2 (정의)\n화분은 그릇이다.\n", "ko")
    assert headings(result) == [(2, "제1조 (목적)", "clause-1"), (2, "제2조의2 (정의)", "clause-2")]
    assert remarks(result) == []


def test_ids_of_the_other_language_are_proposed_where_the_number_is_the_same() -> None:
    text = "제1조(목적)\n가나다\n\n제2조(정의)\n라마바\n"
    assert [i for _, _, i in headings(imported(text, "ko", known_ids=["purpose", "terms"]))] == ["purpose", "terms"]
    assert [i for _, _, i in headings(imported(text, "ko", known_ids=["one"]))] == ["clause-1", "clause-2"]


def test_proposed_ids_are_lawful_and_unlike() -> None:
    text = (
        "# The of\n\n## 3. 보유\n\n## Our data\n\n## Data\n\n## 기타\n\n## Kept {#data-2}\n\n## " + "verylongword" * 9
    )
    result = imported(text, "en")
    ids = [i for _, _, i in headings(result)]
    assert ids == ["title", "clause-3", "data", "data-3", "part-4", "data-2", ("verylongword" * 9)[:60]]
    assert lint(parse(result.markdown), Place()) == []


# ---- Markdown


def test_markdown_keeps_its_form_with_the_highest_heading_on_top() -> None:
    result = imported(KOREAN, "ko")
    assert headings(result) == [
        (1, "님버스가든 개인정보처리방침", "title"),
        (2, "1. 수집하는 정보", "clause-1"),
        (2, "2. 화분의 층수를 C#으로 셉니다. C#", "c-c"),
    ]
    assert "- 발코니의 층수 [선택]" in result.markdown


def test_dates_versions_and_lost_links_of_markdown() -> None:
    result = imported(KOREAN, "ko")
    assert (result.announced, result.effective) == (None, date(2020, 3, 15))
    assert result.versions == (
        ("20190301", "https://garden.example/policies/list?v=20190301"),
        ("20200727-2", "https://garden.example/policies/privacy?v=20200727-2"),
    )
    assert remarks(result) == [("L-DATE-PLACEHOLDER", 13), ("L-LINK-LOST", 18)]
    assert "2020년 0월 0일" in say(result.remarks[0].message)


@pytest.mark.parametrize(
    ("line", "language", "announced", "effective", "codes"),
    [
        ("Announced: June 17, 2016", "en", date(2016, 6, 17), None, []),
        ("Posted Sept. 3 2020; in force from Oct 4, 2020.", "en", date(2020, 9, 3), date(2020, 10, 4), []),
        ("Effective date: February 30, 2020", "en", None, None, ["L-DATE-PLACEHOLDER"]),
        ("In June 17, 2016 nothing was said", "en", None, None, []),
        ("공고일자: 2016년 6월 17일, 시행일자: 2016년 6월 24일", "ko", date(2016, 6, 17), date(2016, 6, 24), []),
        ("시행일: 2016.6.24", "ko", None, date(2016, 6, 24), []),
        ("시행일 2016. 6. 24.", "ko", None, date(2016, 6, 24), []),
        ("시행일자: 2016년 6월 24일부터 적용합니다.", "ko", None, date(2016, 6, 24), []),
        (
            "공고일자: 2016년 6월 17일시행일자: 2016년 6월 24일",
            "ko",
            date(2016, 6, 17),
            date(2016, 6, 24),
            ["L-DATE-RUNON"],
        ),
        ("시행일자: 2020년 13월 1일", "ko", None, None, ["L-DATE-PLACEHOLDER"]),
    ],
)
def test_dates(line: str, language: str, announced: date | None, effective: date | None, codes: list[str]) -> None:
    result = imported(f"# T\n\n{line}\n", language)
    assert (result.announced, result.effective) == (announced, effective)
    assert remarks(result) == [(code, 3) for code in codes]


def test_the_first_of_two_dates_counts() -> None:
    assert imported("# T\n\nPosted: May 1, 2020\n\nPosted: May 2, 2021\n", "en").announced == date(2020, 5, 1)


# ---- nothing is lost

LINES = st.lists(
    st.lists(
        st.sampled_from(
            [
                *(
                    "alpha",
                    "b_c",
                    "_d",
                    "__e__",
                    "회사",
                    "제1조",
                    "(목적)",
                    "2020년",
                    "1.",
                    "2)",
                    "#",
                    "##",
                    "C#",
                    "-",
                    "+",
                ),
                *(">", "*", "**x**", "`y`", "[z]", "(w)", "<i>", "&amp;", "===", "---", "|", "~~~", "```", "^[", "]:"),
                *("!", "\\", "  "),
            ]
        ),
        max_size=7,
    ).map(" ".join),
    max_size=10,
).map("\n".join)


@given(LINES)
@example("[필수]: 이름\n\n[선택]: 나이")
@example("# T #\n\n```\n# no heading\n```")
def test_no_word_is_lost(text: str) -> None:
    for language in ("en", "ko"):
        markdown = imported(text, language).markdown
        spoken = words(text.replace("_", " "))
        assert spoken - words(markdown.replace("_", " ")) == Counter()
        if not re.search(r"(?m)^#{1,6}[ \t]+", text.strip("\n")):  # what is Markdown is read as Markdown
            shown = words(arrived(parse(markdown)).replace("_", " "))
            assert spoken - shown == Counter()


#: What nobody sees, turns the direction, or ends a line oddly; some of it counts as a space.
HIDDEN = "\u200b\u00ad\ufeff\u3164\u202e\u2066\u2028\u0085\x0b\x0c\x1c\x1f\x07"


@pytest.mark.parametrize("character", HIDDEN, ids=ascii)
@pytest.mark.parametrize("text", [ENGLISH, KOREAN], ids=["plain", "markdown"])
def test_what_cannot_be_seen_stays_where_it_stood(text: str, character: str) -> None:
    """For it may have been published: at either end of a line, between words, in a heading, alone on a line."""
    dressed = [f"{character}{line}{character}" if line and line[0] not in "#-" else line for line in text.split("\n")]
    dressed = [line.replace(". ", f". {character}", 1) if line.startswith("#") else line for line in dressed]
    odd = "\n".join([*dressed, "", character, "", "A last paragraph, longer than the line before it."])
    result = imported(odd, "en")
    assert result.markdown.count(character) == odd.count(character)
    assert [level for level, name, _ in headings(result) if level and not name.strip(character)] == [], (
        "nothing is no heading"
    )
    plain = imported(text, "en").markdown
    assert words(plain) - words(result.markdown.replace(character, " ")) == Counter()


@pytest.mark.corpus
@pytest.mark.skipif(not SEEDS.is_dir(), reason="the real texts lie beside the repository, not in it")
@pytest.mark.parametrize(
    ("pattern", "language", "announced", "effective", "versions", "clauses", "codes"),
    [
        (
            "000_*.txt",
            "en",
            date(2016, 6, 17),
            date(2016, 6, 24),
            [],
            12,
            {"L-LOCALE": 1, "L-STRUCT": 11, "L-LINK-LOST": 3, "L-DATE-RUNON": 1},
        ),
        ("001_*.txt", "ko", None, None, ["20200727", "20200727"], 10, {"L-DATE-PLACEHOLDER": 2, "L-STALE": 1}),
    ],
)
def test_the_real_texts_arrive_whole(
    pattern: str,
    language: str,
    announced: date | None,
    effective: date | None,
    versions: list[str],
    clauses: int,
    codes: dict[str, int],
) -> None:
    (file,) = SEEDS.glob(pattern)
    source = read_source(file.read_bytes(), Place(path=file.name))
    assert [p for p in source.problems if p.severity == "error"] == []
    result = imported(source.text, language)
    document = parse(result.markdown)
    assert words(source.text) - words(result.markdown) == Counter()
    without_addresses = re.sub(r"\]\([^)]*\)", "]", source.text)
    assert words(without_addresses) - words(arrived(document)) == Counter()
    assert unseen(result.markdown, document, Place()) == []
    assert (result.announced, result.effective, [v for v, _ in result.versions]) == (announced, effective, versions)
    assert len(document.clauses) == clauses
    assert Counter(code for code, _ in remarks(result)) == codes
    assert {p.code for p in lint(document, Place()) if p.severity == "error"} <= {"L-DATE-PLACEHOLDER"}

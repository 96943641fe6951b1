"""`publisher compare` as people see it: in a terminal with and without colour, as one page, and when it is misused."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click import unstyle
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from publisher.changes.model import Comparison, Kind
from publisher.changes.redline import Run, redline, side
from publisher.cli.comparison import change_lines, verdict_lines
from publisher.cli.output import coloured
from publisher.cli.redline import WORDS_AROUND, columns, redline_lines, shortened, text_lines
from publisher.errors import TextFindings
from publisher.messages import translator
from publisher.run.comparing import compare_texts
from publisher.texts.visible import visible
from publisher.website.changed import change_views, changes_apart
from publisher.website.compare_page import Side, compare_page
from publisher.workspace import site_files
from tests.conftest import Desk, Ended
from tests.terminals import on_a_terminal

Command = Callable[..., Ended]

OLD = """# Sample Policy {#policy}

## 1. Records {#records}

Order records are kept for 5 years. They lie with us, in our own house, and nobody else has the key to the room in which
they lie until the day on which they are destroyed.

## 2. Contact {#contact}

Call +82-2-555-0100.

## 3. Promise {#promise}

We never sell your information.
"""
NEW = """# Sample Policy {#policy}

## 1. Records {#records}

Order records are kept for 7 years. They lie with us, in our own house, and nobody else has the key to the room in which
they lie until the day on which they are destroyed.

## 2. Contact {#contact}

Call +82-2-555-0199.

## 3. Helpers {#helpers}

A company in another country handles your information for us.
"""
OLD_KO = "# 예시 방침 {#policy}\n\n## 제1조 보유 기간 {#records}\n\n회사는 주문 기록을 5년간 보관합니다.\n"
NEW_KO = OLD_KO.replace("5년간", "7년간")
PAIRS = {"en": (OLD, NEW), "ko": (OLD_KO, NEW_KO)}

# Everything here is read as words and none of it as markup, address or direction.
HOSTILE = """# <script>alert(1)</script> {#policy}

## 1. "><img src=x onerror=alert(1)> {#a}

Press [here](javascript:alert(1)) or ![this](https://tracker.example.com/x.png), {{ 7*7 }} &lt;b&gt; </style></p>.

Keep it 30\u200b days \u202eegnahc\u202c and \u2066so\u2069 on\u00ad; \x07 \x1b[31m red \x9b32m, \ufeff, \u3164, \u2028 end.
"""


def write(folder: Path, old: str = OLD, new: str = NEW) -> None:
    (folder / "old.md").write_text(old, "utf-8")
    (folder / "new.md").write_text(new, "utf-8")


def page(old: str, new: str, language: str = "en", days: int = 14) -> str:
    comparison = compare_texts(old.encode(), new.encode(), language, {})
    sides = (Side("old.md", "0" * 64), Side("new.md", "1" * 64))
    return compare_page(comparison, sides, language, days, [site_files()]).decode("utf-8")


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


# ---- the terminal


def test_a_terminal_without_colour_marks_what_goes_and_comes(publisher: Command, tmp_path: Path) -> None:
    write(tmp_path)
    ended = publisher("compare", "old.md", "new.md", "--language", "en", cwd=tmp_path)
    assert (ended.status, ended.err) == (0, "")
    assert "\x1b" not in ended.out
    assert "Order records are kept for [-5-] {+7+} years." in ended.out
    flowing = " ".join(ended.out.split())
    assert "[significant, worse for the reader] R07 How long the information is kept changes." in flowing
    assert re.search(r"^1\. Records$", ended.out, re.MULTILINE)
    assert "they are destroyed" not in ended.out, "a long stretch that stays the same is shortened"
    assert " …\n" in ended.out
    assert max(map(len, ended.out.splitlines())) <= 80
    lines = ended.out.splitlines()
    assert lines.index("In short") < lines.index("significant, 14 days' notice")
    assert lines.index("== Changes that touch rights ==") < lines.index("== Minor and formatting changes ==")
    tail = " ".join(lines[lines.index("significant, 14 days' notice") :])
    assert "Notice alone is not enough" in tail


def test_sentences_follow_the_terminal_and_words_the_text(publisher: Command, tmp_path: Path) -> None:
    write(tmp_path)
    ended = publisher("compare", "old.md", "new.md", "--language", "en", cwd=tmp_path, language="ko")
    assert "중요한 변경, 공지 기간 14일" in ended.out
    assert "[-5-] {+7+} years" in ended.out
    assert "How long" not in ended.out
    write(tmp_path, OLD_KO, NEW_KO)
    ended = publisher("compare", "old.md", "new.md", "--language", "ko", cwd=tmp_path)
    assert "제1조 보유 기간" in ended.out
    assert "[-5년간-] {+7년간+}" in ended.out
    assert "significant, 14 days' notice" in ended.out
    assert all(columns(line) <= 80 for line in ended.out.splitlines())


@pytest.mark.parametrize(
    ("more", "colour"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False), ({"NO_COLOR": ""}, True)]
)
def test_colour_on_a_real_terminal(tmp_path: Path, more: dict[str, str], colour: bool) -> None:
    write(tmp_path)
    said = on_a_terminal("compare", "old.md", "new.md", "--language", "en", cwd=tmp_path, width=60, **more)
    text = said.replace("\r\n", "\n")
    assert ("\x1b[31m\x1b[9m5\x1b[0m" in text) is colour
    assert ("\x1b[32m\x1b[4m7\x1b[0m" in text) is colour
    assert ("[-5-] {+7+}" in text) is not colour
    assert "worse for the reader" in text
    assert all(len(line) <= 60 for line in unstyle(text).splitlines())


def test_whether_colour_may_be_used_is_asked_of_stream_and_environment() -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    class Pipe:
        def isatty(self) -> bool:
            return False

    assert coloured(Terminal(), {"TERM": "xterm"})  # type: ignore[arg-type]
    assert not coloured(Pipe(), {"TERM": "xterm"})  # type: ignore[arg-type]
    assert not coloured(Terminal(), {"TERM": "dumb"})  # type: ignore[arg-type]
    assert not coloured(Terminal(), {"TERM": "xterm", "NO_COLOR": "1"})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("runs", "width", "expected"),
    [
        ([("equal", "a "), ("delete", "b c"), ("equal", " d")], 80, ["a [-b c-] d"]),
        ([("delete", "5"), ("insert", "7"), ("equal", "년간 보관")], 80, ["[-5-]{+7+}년간 보관"]),
        ([("equal", "x"), ("delete", " y "), ("insert", " z ")], 80, ["x [-y-] {+z+}"]),
        ([("insert", "Name\nFirst\n\nSecond")], 80, ["{+Name", "First", "Second+}"]),
        ([("equal", "가나다 라마바")], 8, ["가나다", "라마바"]),
        ([("equal", "가나다라마바")], 8, ["가나다라", "마바"]),
        ([("delete", " "), ("equal", "x")], 80, ["x"]),
        ([], 80, []),
    ],
)
def test_lines_of_a_redline(runs: list[tuple[str, str]], width: int, expected: list[str]) -> None:
    found = redline_lines([Run(op, text) for op, text in runs], width=width, colour=False)  # type: ignore[arg-type]
    assert found == expected


def test_a_space_inside_a_stretch_is_struck_with_it_and_one_beside_it_is_not() -> None:
    lines = redline_lines([Run("equal", "a"), Run("delete", " b c"), Run("insert", " d")], width=80, colour=True)
    assert lines == ["a \x1b[31m\x1b[9mb c\x1b[0m \x1b[32m\x1b[4md\x1b[0m"]


def test_only_the_words_beside_a_change_are_shown_of_what_stays() -> None:
    many = [f"w{i}" for i in range(40)]
    text = " ".join(many)
    start, change, middle, _, end = shortened(
        [
            Run("equal", f"{text} "),
            Run("insert", "x"),
            Run("equal", f" {text} "),
            Run("delete", text),
            Run("equal", text),
        ]
    )
    assert start.text == "… " + " ".join(many[-WORDS_AROUND:]) + " "
    assert change.text == "x"
    assert middle.text == f" {' '.join(many[:WORDS_AROUND])} … {' '.join(many[-WORDS_AROUND:])} "
    assert end.text == " ".join(many[:WORDS_AROUND]) + " …"
    assert shortened([Run("equal", text)])[0].text == " ".join(many[:WORDS_AROUND]) + " …"
    assert shortened([Run("delete", text)]) == [Run("delete", text)], "what goes or comes is never shortened"


PASSAGES = st.lists(
    st.sampled_from(["년간", "5", "30일", "보관하며,", "words", "a", "long-ish", "https://example.com/aa/bb", "\n", "x " * 30]),
    max_size=25,
).map(" ".join)  # fmt: skip


@given(PASSAGES, PASSAGES, st.integers(10, 100))
def test_lines_fit_and_colour_changes_no_word(before: str, after: str, width: int) -> None:
    runs = redline(before, after)
    plain = redline_lines(runs, width=width, colour=False)
    painted = redline_lines(runs, width=width, colour=True)
    assert all(columns(line) <= width for line in plain)
    assert all(columns(unstyle(line)) <= width for line in painted)
    marks = re.compile(r"\[-|-\]|\{\+|\+\}|\s")
    assert marks.sub("", "".join(plain)) == marks.sub("", unstyle("".join(painted)))
    shown = shortened(runs)
    assert all(r.text == s.text for r, s in zip(runs, shown, strict=True) if r.op != "equal")
    goes_and_comes = "".join("".join(r.text.split()) for r in runs if r.op != "equal")
    styled = "".join(re.findall(r"\x1b\[3[12]m\x1b\[[49]m(.*?)\x1b\[0m", "".join(painted))).replace(" ", "")
    assert styled == goes_and_comes


@given(st.text(max_size=60), st.integers(10, 100))
def test_no_text_reaches_the_terminal_as_anything_but_words(text: str, width: int) -> None:
    for colour in (True, False):
        out = unstyle("\n".join(redline_lines([Run("insert", text)], width=width, colour=colour)))
        assert out == visible(out)
    assert "".join("".join(text_lines(text, width)).split()) == "".join(visible(text).split())


# ---- what cannot be seen


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain 한국어 “quoted”\n\tx", "plain 한국어 “quoted”\n\tx"),
        ("30\u200b days", "30[U+200B] days"),
        ("\u202eabc\u202c", "[U+202E]abc[U+202C]"),
        ("\x1b[31m", "[U+001B][31m"),
        ("\x9b\x00\x7f\r", "[U+009B][U+0000][U+007F][U+000D]"),
        ("\u3164\u115f\uffa0\u2028\ufeff\u00ad", "[U+3164][U+115F][U+FFA0][U+2028][U+FEFF][U+00AD]"),
        ("\ufdd0\uffff\U0001fffe", "[U+FDD0][U+FFFF][U+1FFFE]"),
        ("\ud800", "[U+D800]"),
        ("עברית ⚠\ufe0f", "עברית ⚠\ufe0f"),
    ],
)
def test_what_cannot_be_seen_is_named(text: str, expected: str) -> None:
    assert visible(text) == expected
    assert visible(expected) == expected


def test_a_difference_that_cannot_be_seen_is_shown(publisher: Command, tmp_path: Path) -> None:
    write(tmp_path, "# A\n\nKept 30 days.\n", "# A\n\nKept 30\u200b days.\n")
    ended = publisher("compare", "old.md", "new.md", "--language", "en", "--html", "o.html", cwd=tmp_path)
    assert ended.status == 0
    assert "[U+200B]" in (tmp_path / "o.html").read_text("utf-8")


# ---- JSON


def test_json_keeps_its_contract_with_a_page_beside_it(publisher: Command, tmp_path: Path) -> None:
    write(tmp_path)
    plain = publisher("compare", "old.md", "new.md", "--language", "en", "--json", cwd=tmp_path)
    found = json.loads(plain.out)
    assert set(found) == {"schema", "level", "consent_required", "notice_days", "topics", "counts", "findings"}
    assert set(found["counts"]) == {"clauses_changed", "clauses_added", "clauses_removed", "significant", "minor"}
    assert all(set(f["explanation"]) == {"en", "ko"} for f in found["findings"])
    both = publisher("compare", "old.md", "new.md", "--language", "en", "--json", "--html", "o.html", cwd=tmp_path)
    assert both.out == plain.out
    assert "o.html" in both.err
    assert (tmp_path / "o.html").is_file()


# ---- the page


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_page_says_everything_and_needs_nothing(publisher: Command, tmp_path: Path, language: str) -> None:
    write(tmp_path, *PAIRS[language])
    out = tmp_path / "new" / "o.html"
    for terminal in ("en", "ko"):
        ended = publisher(
            "compare", "old.md", "new.md", "--language", language, "--html", str(out), cwd=tmp_path, language=terminal
        )
        assert ended.status == 0, ended.err
        if terminal == "en":
            first = out.read_bytes()
    assert out.read_bytes() == first, "the page does not depend on the terminal"
    assert {p.name for p in out.parent.iterdir()} == {"o.html"}

    tree = html.document_fromstring(first.decode("utf-8"))
    say = translator(language)
    assert tree.get("lang") == language
    assert "old.md" in tree.findtext(".//title")
    facts = {words(d.find("dt")): words(d.find("dd")) for d in tree.xpath("//dl[@class='facts']/div")}
    for name, text in zip(("Before", "After"), PAIRS[language], strict=True):
        assert hashlib.sha256(text.encode()).hexdigest() in facts[say.gettext(name)]
    assert "14" in facts[say.gettext("Kind of change")]
    assert tree.xpath("//script | //link | //img | //iframe | //object | //form | //@style | //@onload") == []
    assert all(h.startswith("#") for h in tree.xpath("//@href"))
    assert tree.xpath("//@src") == []
    style = tree.xpath("//style")[0].text
    policy = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith("default-src 'none';")
    assert f"style-src 'sha256-{digest}'" in policy
    assert "url(" not in style
    assert "@import" not in style


def test_the_tables_and_the_running_text_of_the_page() -> None:
    tree = html.document_fromstring(page(OLD, NEW))
    significant, others = changes_apart(compare_texts(OLD.encode(), NEW.encode(), "en", {}))
    assert significant
    assert others
    tables = tree.xpath("//table")
    assert [len(t.xpath("./tbody/tr")) for t in tables] == [len(significant), len(others)]
    for table in tables:
        assert table.find("caption") is not None
        assert [words(th) for th in table.xpath("./thead//th[@scope='col']")] == [
            "Clause", "Before", "After", "What it means",
        ]  # fmt: skip
        assert all(row.xpath("./th[@scope='row']") for row in table.xpath("./tbody/tr"))
    last = len(significant) + len(others)
    assert tree.xpath("//*[@class='change']/@id") == [f"ch-{i}" for i in range(1, last + 1)]
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {h[1:] for h in tree.xpath("//@href")} <= set(ids)
    for number in range(1, last + 1):
        links = tree.xpath(f"//*[@id='ch-{number}']/p[@class='step']//a/@href")
        assert links == [f"#ch-{n}" for n in (number - 1, number + 1) if 1 <= n <= last]
    redlined = tree.xpath("//*[@id='ch-1']//p[@class='redline']")[0]
    assert "removed: 5 end of removed text. added: 7 end of added text. years" in words(redlined)
    assert "worse for the reader" in words(tables[0])
    assert [h.tag for h in tree.xpath("//h1 | //h2 | //h3 | //h4")][:5] == ["h1", "h2", "h2", "h3", "h4"]


def test_a_page_is_made_where_nothing_changed(publisher: Command, tmp_path: Path) -> None:
    write(tmp_path, OLD, OLD)
    ended = publisher("compare", "old.md", "new.md", "--language", "en", "--html", "o.html", cwd=tmp_path)
    assert ended.status == 0
    assert ended.out.splitlines() == [
        "A reader sees no difference between these texts.", "no change for readers, 0 days' notice",
    ]  # fmt: skip
    tree = html.document_fromstring((tmp_path / "o.html").read_text("utf-8"))
    assert "A reader sees no difference" in words(tree)
    assert tree.xpath("//table | //del | //ins | //*[@class='change']") == []


def test_only_minor_changes_stand_on_a_page_of_their_own_kind() -> None:
    tree = html.document_fromstring(page(OLD, OLD.replace("0100", "0199"), days=7))
    assert len(tree.xpath("//table")) == 1
    assert tree.xpath("//*[@id='minor']")
    assert not tree.xpath("//*[@id='significant'] | //aside")
    assert "7 full days" in words(tree)


@pytest.mark.parametrize(("old", "new"), [(OLD, HOSTILE), (HOSTILE, OLD), (HOSTILE, HOSTILE.replace("days", "months"))])
def test_hostile_texts_stay_words(old: str, new: str) -> None:
    made = page(old, new)
    tree = html.document_fromstring(made)
    assert tree.xpath("//script | //img | //iframe | //*[@onerror]") == []
    assert all(h.startswith("#") for h in tree.xpath("//@href"))
    assert tree.xpath("//@src") == []
    assert len(tree.xpath("//style")) == 1
    assert made == visible(made)
    assert "49" not in words(tree.xpath("//main")[0])
    assert "[U+202E]" in made
    assert "[U+200B]" in made
    out = "\n".join(
        change_lines(
            compare_texts(old.encode(), new.encode(), "en", {}), translator("en"), width=80, colour=False
        )
    )  # fmt: skip
    assert out == visible(out)


def test_names_of_files_are_words_too(publisher: Command, tmp_path: Path) -> None:
    name = "<b>\u202e'&.md"
    (tmp_path / name).write_text(OLD, "utf-8")
    (tmp_path / "new.md").write_text(NEW, "utf-8")
    ended = publisher("compare", name, "new.md", "--language", "en", "--html", "o.html", cwd=tmp_path)
    assert ended.status == 0, ended.err
    tree = html.document_fromstring((tmp_path / "o.html").read_text("utf-8"))
    assert "<b>[U+202E]'&.md" in tree.findtext(".//title")
    assert tree.xpath("//b") == []


def test_a_name_that_is_not_unicode_can_be_compared(publisher: Command, tmp_path: Path) -> None:
    write(tmp_path)
    raw = os.fsdecode(b"old\xff.md")
    (tmp_path / raw).write_text(OLD, "utf-8")
    ended = publisher("compare", raw, "new.md", "--language", "en", "--html", "o.html", cwd=tmp_path)
    assert ended.status == 0, ended.err
    assert "old[U+DCFF].md" in (tmp_path / "o.html").read_text("utf-8")


# ---- changes and their findings


def test_every_finding_stands_at_its_change() -> None:
    comparison = compare_texts(OLD.encode(), NEW.encode(), "en", {})
    changes = change_views(comparison)
    assert [f for c in changes for f in c.findings] == list(comparison.findings)
    assert all(
        f.before in side(c.runs, "delete") and f.after in side(c.runs, "insert") for c in changes for f in c.findings
    )
    assert len(changes) == len(comparison.edits)


def test_a_clause_that_is_moved_and_renumbered_has_each_finding_once() -> None:
    old = (
        "# T\n\n## 1. One {#a}\n\nFirst words.\n\n## 2. Two {#b}\n\nSecond words here.\n\n## 3. Three {#c}\n\nThird.\n"
    )
    new = (
        "# T\n\n## 1. Three {#c}\n\nThird.\n\n## 2. One {#a}\n\nFirst words.\n\n## 3. Two {#b}\n\nSecond words here.\n"
    )
    comparison = compare_texts(old.encode(), new.encode(), "en", {})
    changes = change_views(comparison)
    kinds = [e.kind for e in comparison.edits]
    assert Kind.MOVED in kinds
    assert Kind.RENUMBERED in kinds
    assert [f for c in changes for f in c.findings] == list(comparison.findings)


def test_a_link_that_leads_elsewhere_is_shown_with_its_addresses() -> None:
    old = "# A {#a}\n\nSee [the list](https://example.com/a) and <https://example.com/x>, [here](#b), [b](c:d).\n"
    new = old.replace("example.com/a", "example.org/a").replace("#b", "#c")
    (change,) = change_views(compare_texts(old.encode(), new.encode(), "en", {}))
    assert [(r.op, r.text) for r in change.runs if r.op != "equal"] == [
        ("delete", " (https://example.com/a)"), ("insert", " (https://example.org/a)"),
    ]  # fmt: skip


def test_an_item_that_is_renumbered_shows_its_numbers() -> None:
    old = "# A {#a}\n\n3. one thing\n"
    comparison = compare_texts(old.encode(), old.replace("3.", "4.").encode(), "en", {})
    (change,) = change_views(comparison)
    assert [r.text.strip() for r in change.runs if r.op != "equal"] == ["3", "4"]


def test_a_change_without_findings_is_told_by_its_kind() -> None:
    comparison = compare_texts(OLD.encode(), NEW.encode(), "en", {})
    bare = Comparison(edits=comparison.edits, findings=())
    lines = list(change_lines(bare, translator("en"), width=80, colour=False))
    assert "== Minor and formatting changes ==" in lines
    assert "  Change 1: changed" in lines
    assert list(verdict_lines(bare, 0, translator("en"), width=80))[-1] == "no change for readers, 0 days' notice"


# ---- misuse


def refused(ended: Ended, folder: Path, before: dict[str, bytes], code: str = "C538", status: int = 2) -> None:
    assert ended.status == status, ended
    assert ended.out == ""
    assert code in ended.err
    assert "Traceback" not in ended.err
    assert {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()} == before, "nothing is written"


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["old.md"], None),
        (["old.md", "new.md"], None),
        (["old.md", "nowhere.md", "--language", "en", "--html", "o.html"], "nowhere.md"),
        (["old.md", "x" * 300, "--language", "en", "--html", "o.html"], "x" * 300),
        (["old.md", "folder", "--language", "en", "--html", "o.html"], "folder"),
        (["old.md", "privacy@20200101", "--language", "en", "--html", "o.html"], "privacy@20200101"),
        (["old.md", "new.md", "--language", "en", "--html", "folder"], "folder"),
        (["old.md", "new.md", "--language", "en", "--html", "-"], "--html"),
        (["old.md", "new.md", "--language", "en", "--html", ""], "--html"),
        (["old.md", "new.md", "--language", "en", "--html", "new.md"], "new.md"),
        (["old.md", "new.md", "--language", "en", "--html", "./folder/../old.md"], "old.md"),
        (["old.md", "new.md", "--language", "en", "--html", "link.html"], "link.html"),
        (["--batch", "old.md", "--html", "o.html"], "--batch"),
        (["--batch", "old.md", "--html", ""], "--batch"),
        (["old.md", "new.md", "--batch", "old.md"], "--batch"),
    ],
)
def test_misuse_is_explained_and_writes_nothing(
    publisher: Command, tmp_path: Path, arguments: list[str], says: str | None, language: str
) -> None:
    write(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.html").symlink_to("old.md")
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.is_file()}
    ended = publisher("compare", *arguments, cwd=tmp_path, language=language)
    refused(ended, tmp_path, before)
    assert (says or "--language") in ended.err
    assert bool(re.search("[가-힣]", ended.err)) is (language == "ko")
    assert list((tmp_path / "folder").iterdir()) == []


@pytest.mark.parametrize(
    ("data", "code"), [(b"", "P105"), ("# 방침".encode("cp949"), "P121"), (b"x" * (1024 * 1024 + 1), "P105")]
)
def test_a_text_that_cannot_be_read_gives_no_page(publisher: Command, tmp_path: Path, data: bytes, code: str) -> None:
    write(tmp_path)
    (tmp_path / "new.md").write_bytes(data)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.is_file()}
    ended = publisher("compare", "old.md", "new.md", "--language", "en", "--html", "o.html", cwd=tmp_path)
    refused(ended, tmp_path, before, code, TextFindings.exit_status)
    assert "new.md" in ended.err


def test_versions_and_branches_of_a_workspace(publisher: Command, desk: Desk) -> None:
    desk.retention()
    ended = publisher(
        "compare", "privacy@20200101", "privacy@HEAD", "--language", "ko", "--html", "o.html", cwd=desk.root
    )
    assert ended.status == 0, ended.err
    assert "privacy@20200101" in (desk.root / "o.html").read_text("utf-8")
    for name, problem in (("privacy@19990101", "no such version"), ("nothing@HEAD", "does not exist in Korean")):
        ended = publisher("compare", name, "privacy@HEAD", "--language", "ko", "--html", "x.html", cwd=desk.root)
        assert ended.status == 2
        assert "C538" in ended.err
        assert problem in ended.err
        assert not (desk.root / "x.html").exists()


def test_a_page_that_cannot_be_written_is_no_half_page(publisher: Command, tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "file").write_text("kept", "utf-8")
    ended = publisher("compare", "old.md", "new.md", "--language", "en", "--html", "file/o.html", cwd=tmp_path)
    assert ended.status == 5
    assert "C521" in ended.err
    assert (tmp_path / "file").read_text("utf-8") == "kept"


def test_a_page_is_written_over_the_page_before(publisher: Command, tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "o.html").write_text("an older page", "utf-8")
    assert publisher("compare", "old.md", "new.md", "--language", "en", "--html", "o.html", cwd=tmp_path).status == 0
    assert "an older page" not in (tmp_path / "o.html").read_text("utf-8")


def test_help_shows_how_a_page_is_made(publisher: Command) -> None:
    ended = publisher("compare", "--help")
    assert "--html changes.html" in ended.out
    assert "privacy@HEAD" in ended.out


def test_what_is_kept_from_line_to_line_of_a_batch_changes_no_answer(publisher: Command) -> None:
    versions = [
        f"# A {{#a}}\n\n{'Padding line. ' * n}\n\n- one\n- [two](https://example.com/{n})\n\n## B {{#b}}\n\nKept for {n} days.\n"
        for n in (1, 2, 3, 2)
    ]
    pairs = [{"id": n, "language": "en", "old": versions[n], "new": versions[n + 1]} for n in range(3)]
    together = publisher("compare", "--batch", "-", stdin="".join(json.dumps(p) + "\n" for p in pairs))
    alone = [publisher("compare", "--batch", "-", stdin=json.dumps(p) + "\n").out for p in pairs]
    assert together.out == "".join(alone)
    assert together.out.count("R07") == 3

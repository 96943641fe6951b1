"""What a text must not contain is found with its line; what is right is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.errors import Place, Problem
from publisher.messages import translator
from publisher.register.sources import read_texts
from publisher.texts.document import parse
from publisher.texts.lint import allowed_target, lint

ROOT = Path(__file__).resolve().parent.parent
PLACE = Place(path="policy_docs/privacy/en.md", policy="privacy", language="en")
say = translator("en")


def findings(text: str, *, ids_required: bool = True) -> list[Problem]:
    return lint(parse(text), PLACE, ids_required=ids_required)


def body(words: str) -> str:
    return f"# Title {{#title}}\n\n{words}\n"


#: code, severity, a text that has the finding, its line, and one that has it not
CASES = {
    "id twice": ("P103", "error", "# A {#x}\n\n## B {#x}\n", 3, "# A {#x}\n\n## B {#y}\n"),
    "no id": ("P107", "error", "# A {#x}\n\n## B\n", 3, "Before.\n\n# A {#x}\n"),
    "Korean id": ("P108", "error", "# A {#보유}\n", 1, "# A {#retention-2}\n"),
    "id in capitals": ("P108", "error", "# A {#Retention}\n", 1, "# A {#r}\n"),
    "id with an underscore": ("P108", "error", "# A {#a_b}\n", 1, "# A {#a-b}\n"),
    "id too long": ("P108", "error", f"# A {{#{'a' * 65}}}\n", 1, f"# A {{#{'a' * 64}}}\n"),
    "html": ("P130", "error", body("a <b>c</b>"), 3, body("a < b and c > d")),
    "html comment": ("P130", "error", body("a <!-- b -->"), 3, body("a <-- b")),
    "html without spaces": ("P130", "error", body("<img/src=x>"), 3, body("<회사>")),
    "html in a heading": ("P130", "error", "# <script>x</script> {#a}\n", 1, "# `A` {#a}\n"),
    "html in a table": ("P130", "error", body("| a |\n| - |\n| <br> |"), 5, body("```\n<b>\n```")),
    "script link": ("P130", "error", body("[x](javascript:alert(1))"), 3, body("[x](https://e.com)")),
    "disguised script link": ("P130", "error", body("[x](javascript&#58;alert(1))"), 3, body("[x](#title)")),
    "link to another host": ("P130", "error", body("[x](//evil.example)"), 3, body("[x](/ko/privacy/)")),
    "link to a file": ("P130", "error", body("- a\n- [x](file:///etc/passwd)"), 4, body("[x](mailto:a@e.com)")),
    "link without a target": ("P130", "error", body("[x]()"), 3, body("[x](tel:+82-2-123)")),
    "link in a heading": ("P130", "error", "# [x](data:text/html,y) {#a}\n", 1, "# [x](https://e.com) {#a}\n"),
    "unencrypted link": ("L-LINK-HTTP", "warning", body("[x](HTTP://e.com)"), 3, body("[x](https://e.com)")),
    "picture from elsewhere": ("P132", "error", body("![a](https://e.com/x.png)"), 3, body("[a](https://e.com/x.png)")),
    "picture without scheme": ("P132", "error", body("![a](//e.com/x.png)"), 3, body("a")),
    "own picture": ("P132", "error", body("![a](/x.png)"), 3, body("a!")),
    "Korean date to fill in": (
        "L-DATE-PLACEHOLDER",
        "error",
        body("시행일자 : 2020년 0월 0일"),
        3,
        body("2020년 10월 20일"),
    ),
    "circles for a date": ("L-DATE-PLACEHOLDER", "error", body("○○○○년 ○○월 ○○일"), 3, body("○ 하나")),
    "date in capitals": ("L-DATE-PLACEHOLDER", "error", body("Effective: YYYY-MM-DD"), 3, body("Effective soon")),
    "date in brackets": ("L-DATE-PLACEHOLDER", "error", body("Effective [insert date]"), 3, body("the date of birth")),
    "zeros for a date": ("L-DATE-PLACEHOLDER", "error", body("Effective 0000-00-00"), 3, body("call 02-000-0000")),
}


@pytest.mark.parametrize(("code", "severity", "bad", "line", "good"), CASES.values(), ids=CASES)
def test_each_finding(code: str, severity: str, bad: str, line: int, good: str) -> None:
    (problem,) = findings(bad)
    assert (problem.code, problem.severity, problem.place.line) == (code, severity, line)
    assert problem.place.path == PLACE.path
    assert problem.place.clause
    assert problem.hint is not None
    assert say(problem.message)
    assert say(problem.hint)
    assert findings(good) == []


def test_ids_are_a_remark_where_there_is_one_language() -> None:
    assert [(p.code, p.severity) for p in findings("# A\n", ids_required=False)] == [("P107", "warning")]


def test_the_hint_shows_how_to_write_an_id() -> None:
    (problem,) = findings("## 3. Retention\n")
    assert problem.hint is not None
    assert say(problem.hint).endswith("3. Retention {#retention}")


def test_both_lines_of_an_id_are_named_without_separators() -> None:
    text = "# A {#x}\n" + "\n" * 1200 + "# B {#x}\n"
    (problem,) = findings(text)
    assert "(lines 1 and 1202)" in say(problem.message)


@pytest.mark.parametrize(
    ("target", "allowed"),
    [
        ("https://e.com", True),
        ("HTTPS://e.com", True),
        ("http://e.com", True),
        ("mailto:a@e.com", True),
        ("tel:118", True),
        ("#id", True),
        ("/ko/privacy/", True),
        ("/", True),
        ("", False),
        ("relative", False),
        ("./here", False),
        ("/a/../../b", False),
        ("//e.com", False),
        ("/\\e.com", False),
        ("\\\\e.com", False),
        ("file:///x", False),
        ("ftp://e.com", False),
        ("data:text/html,x", False),
        ("vbscript:x", False),
        (" javascript:x", False),
        ("java\nscript:x", False),
    ],
)
def test_where_links_may_lead(target: str, allowed: bool) -> None:
    assert allowed_target(target) is allowed


@pytest.mark.parametrize("folder", ["policy_docs", "publisher/examples/policy_docs"])
@pytest.mark.parametrize("policy", ["privacy", "third-parties"])
def test_the_texts_of_this_repository_have_no_findings(folder: str, policy: str) -> None:
    texts = {language: (ROOT / folder / policy / f"{language}.md").read_bytes() for language in ("en", "ko")}
    documents, problems = read_texts(texts, policy, ids_required=True)
    assert problems == []
    assert set(documents) == {"en", "ko"}

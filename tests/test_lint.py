"""What a text must not contain is found with its line; what is right is left alone."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from publisher.errors import Place, Problem
from publisher.messages import translator
from publisher.register.sources import read_texts
from publisher.texts.document import parse
from publisher.texts.lexicon import table
from publisher.texts.lint import lint
from publisher.texts.lint_content import old_names
from publisher.texts.targets import allowed_target

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


# ---- remarks, which stop nothing


def about(text: str, language: str = "", kind: str = "") -> list[tuple[str, str, int]]:
    """Code, severity and line of each remark on `text`."""
    problems = lint(parse(text), PLACE, ids_required=False, language=language, kind=kind)
    return [(p.code, p.severity, p.place.line) for p in problems if p.severity != "error"]


#: Enough words to be a policy and not the beginning of one.
FILLER = "\n\n" + "Pots. 화분. " * 30
PRIVACY = "# 처리방침 {#a}\n\n## 수집 항목 {#b}\n\n"

#: code, severity, language, kind, a text that has the defect, its line, and one that has it not
REMARKS = {
    "date glued to a word": ("L-DATE-RUNON", "warning", "", "", body("Of May 1, 2020Pots."), 3, body("Of May 1, 2020. Pots.")),
    "day first": ("L-DATE-RUNON", "warning", "", "", body("On 1 May 2020Pots grow."), 3, body("On 1 May 2020 pots grow.")),
    "Korean date glued to a label": (
        "L-DATE-RUNON", "warning", "", "", body("공고일자: 2020년 3월 1일시행일자: 2020년 4월 1일"), 3,
        body("2020년 3월 1일부터 시행합니다."),
    ),
    "effective before announced": (
        "L-DATE-ORDER", "warning", "", "", body("Announced: May 2, 2020\\\nEffective: May 1, 2020"), 3,
        body("Announced: May 1, 2020\\\nEffective: May 2, 2020"),
    ),
    "seven days' difference are six full days": (
        "L-DATE-ORDER", "warning", "", "",
        body("We change this policy with 7 days' notice.\n\nPosted on 1 May 2020, effective 8 May 2020."), 5,
        body("We change this policy with 7 days' notice.\n\nPosted on 1 May 2020, effective 9 May 2020."),
    ),
    "seven days' difference in Korean": (
        "L-DATE-ORDER", "warning", "", "",
        body("이 방침을 변경하면 7일 전에 공지합니다.\n\n- 공고일자: 2020년 5월 1일\n- 시행일자: 2020. 5. 8."), 6,
        body("이 방침을 변경하면 7일 전에 공지합니다.\n\n- 공고일자: 2020년 5월 1일\n- 시행일자: 2020. 5. 9."),
    ),
    "not after the version before": (
        "L-DATE-ORDER", "warning", "", "",
        body("Effective: May 1, 2020\n\n[Former policy](https://e.com/p?v=20200501)"), 3,
        body("Effective: May 2, 2020\n\n[Former policy](https://e.com/p?v=20200501)"),
    ),
    "a word that was a link": ("L-LINK-LOST", "warning", "", "", body("To leave, click here."), 3, body("To leave, click [here](/en/x/).")),
    "a former version that was a link": (
        "L-LINK-LOST", "warning", "", "", body("변경 전 방침 보기"), 3, body("[변경 전 방침 보기](/ko/privacy/history/)"),
    ),
    "printed host": ("L-LINK-BARE", "warning", "", "", body("See www.e.com에서"), 3, body("See <https://www.e.com> and `www.e.com`")),
    "printed address in a table": (
        "L-LINK-BARE", "warning", "", "", body("| a |\n| - |\n| https://e.com |"), 5, body("| a |\n| - |\n| a@www.e.com |"),
    ),
    "link to a version before the former one": (
        "L-LINK-PINNED", "warning", "", "",
        body("[list](https://e.com/l?v=20190101)\n\n[Former policy](https://e.com/p?v=20200101)"), 3,
        body("[list](https://e.com/l?v=20200102)\n\n[Former policy](https://e.com/p?v=20200101)"),
    ),
    "link older than the text": (
        "L-LINK-PINNED", "warning", "", "", body("Effective: May 1, 2020\n\n[list](https://e.com/l?v=20200430)"), 5,
        body("Effective: May 1, 2020\n\n[list](https://e.com/l?v=20200501)"),
    ),
    "link to an id that is nowhere": ("L-XREF", "warning", "", "", body("[x](#pots)"), 3, body("[x](#title)")),
    "part named by its title": (
        "L-XREF", "warning", "", "", body("Kept (see period of retention)."), 3,
        "# A {#a}\n\nKept (see period of retention).\n\n## Retention period {#r}\n",
    ),
    "part named by a Korean title": (
        "L-XREF", "warning", "", "", body("“보유 기간” 항목을 참고합니다."), 3,
        "# 가 {#a}\n\n“보유 기간” 항목을 참고합니다.\n\n## 보유와 기간 {#r}\n",
    ),
    "section that is not there": (
        "L-XREF", "warning", "", "", "# A {#a}\n\n## 1. B {#b}\n\n## 2. C {#c}\n\nSee section 9 for pots.\n", 7,
        "# A {#a}\n\n## 1. B {#b}\n\n## 2. C {#c}\n\nSee section 2, and section 9 of the Act.\n",
    ),
    "article that is not there": (
        "L-XREF", "warning", "", "", "# 가 {#a}\n\n## 제1조 나 {#b}\n\n제7조에 따릅니다.\n\n## 제2조 다 {#c}\n", 5,
        "# 가 {#a}\n\n## 제1조 나 {#b}\n\n민법 제7조와 제2조에 따릅니다.\n\n## 제2조 다 {#c}\n",
    ),
    "word twice": ("L-DUPWORD", "warning", "", "", body("All the the pots."), 3, body("We know that that, a, a and AAA grow.")),
    "Korean word twice": ("L-DUPWORD", "warning", "", "", body("전화로 신청 신청하시면 됩니다."), 3, body("신청 신청서와 하나 하나")),
    "not in two cells": ("L-DUPWORD", "warning", "", "", body("pots pots"), 3, body("| none | none |\n| - | - |\n| pots | pots |")),
    "unlike quotes": ("L-QUOTE", "warning", "", "", body('("pots”)'), 3, body('("pots") ("tools")')),
    "two kinds of quotes": ("L-QUOTE", "warning", "", "", body('"pots" and “tools”'), 3, body("“pots” and “tools”")),
    "hard space": ("L-NBSP", "info", "", "", body("a\u00a0b"), 3, body("a b")),
    "two middle dots": ("L-CHAR", "info", "", "", body("수집·이용\n\n보관∙파기"), 5, body("수집ㆍ이용, 보관ㆍ파기")),
    "no full stop": (
        "L-PUNCT", "info", "", "", body("We sell pots. Nobody else has asked for them so far"), 3,
        body("We sell pots. They are\n\n- green\n- red"),
    ),
    "bodies in a row": (
        "L-PUNCT", "info", "", "", body("One Office (+82-118) Other Office (+82-119) Third Office"), 3,
        body("- One Office (+82-118)\n- Other Office (+82-119)"),
    ),
    "party never named": ("L-TERM", "warning", "", "", body("회사는 화분을 팝니다."), 3, body('님버스(이하 "회사")는 화분을 팝니다. 회사는')),
    "another company": ("L-TERM", "warning", "", "", body("The pots of the Company."), 3, body("다른 회사는 화분회사가 아닙니다.")),
    "reader called by several words": (
        "L-TERM", "warning", "", "", body("이용자는 화분을 삽니다.\n\n귀하께서는 꽃을 삽니다."), 5, body("이용자는 화분을 삽니다. 이용자의 꽃."),
    ),
    "reader called by several words on purpose": (
        "L-TERM",
        "warning",
        "",
        "",
        body("여러분은 화분을, 귀하는 꽃을 삽니다."),
        3,
        body('여러분(이하 "이용자")은 화분을 삽니다. 이용자의 꽃.'),
    ),
    "figure and unit apart and together": (
        "L-SPACING-KO",
        "info",
        "",
        "",
        body("화분은 5 년, 꽃은 3년, 흙은 2 개월 둡니다."),
        3,
        body("화분은 5 년, 꽃은 3 년, 흙은 2 개월 둡니다."),
    ),
    "sentences run together": ("L-RUNON-SENT", "warning", "", "", body("화분을 팝니다.꽃도 팝니다."), 3, body("화분을 팝니다. 꽃.co.kr")),
    "English sentences run together": (
        "L-RUNON-SENT", "warning", "", "", body("We sell pots.They are green."), 3, body("Use www.pots.They are at e.Com now."),
    ),
    "heading in the sentence": (
        "L-RUNON-HEAD", "warning", "", "", body("님버스 배송 서비스 님버스에서 배송하는 화분입니다."), 3, body("님버스는 님버스에서 배송합니다."),
    ),
    "English heading in the sentence": (
        "L-RUNON-HEAD", "warning", "", "", body("Delivery of Pots We bring pots."), 3, body("If Pots We"),
    ),
    "list without a verb": (
        "L-FRAGMENT", "warning", "", "", body("Pots are sold. Green pots, red pots, seeds, tools, soil, and water."), 3,
        body("Pots are sold. We have green pots, red pots, seeds, tools, soil, and water."),
    ),
    "list that hangs on nothing": (
        "L-GARBLED", "info", "", "", body("It is shown depending on how you grow, your name, pot, seeds, tools, and soil."), 3,
        body("It is shown depending on how you grow, your pot can be red, your soil is dry, we water it, and more."),
    ),
    "bracket without a counterpart": ("L-GARBLED", "info", "", "", body("Pots (green ones."), 3, body("a) pots, b) seeds (c) soil")),
    "statute misnamed": (
        "L-LAWNAME", "warning", "", "", body("Children’s Online Privacy and Protection Act"), 3, body("Children's Online Privacy Protection Act"),
    ),
    "old address": ("L-STALE", "info", "", "", body("[x](https://www.ctrc.go.kr)"), 3, body("[x](https://ecrm.police.go.kr)")),
    "no longer for what matters": (
        "L-NOTICE-EQUAL", "warning", "", "",
        body("Changes to this policy: 7 days before.\n\nMaterial changes to this policy: 7 days before."), 5,
        body("Changes to this policy: 7 days before.\n\nMaterial changes to this policy: 8 days before."),
    ),
    "no headings": ("L-STRUCT", "warning", "", "", "a\n\nb\n\nc\n\nd\n", 1, "a\n\nb\n\nc\n"),
    "no title": ("L-STRUCT", "warning", "", "", "## A {#a}\n\n## B {#b}\n\n## C {#c}\n", 1, "# A {#a}\n\n## B {#b}\n\n## C {#c}\n"),
    "fused label": ("L-STRUCT", "warning", "", "", body("**[배송]**\n이름"), 3, body("**[배송]**  \n이름 **가**\n나")),
    "title in another language": ("L-LOCALE", "warning", "en", "", "# Condiciones de Uso {#a}\n\nThe rules of pots.\n", 1,
                                  "# Rules of Use {#a}\n\nThe rules of pots.\n"),
    "Korean in an English text": (
        "L-LOCALE", "warning", "en", "", body("The pots and the tools of the garden are sold to you.\n\n화분을 팝니다."), 5,
        body("The pots and the tools (화분) of the garden are sold to you."),
    ),
    "English in a Korean text": (
        "L-LOCALE", "warning", "ko", "", body("화분과 꽃을 팝니다. 흙도 팝니다.\n\nThe pots and the tools are sold to you there."), 5,
        body("화분과 꽃을 팝니다. 흙도 팝니다.\n\nNimbus Garden Web Services"),
    ),
    "the wrong language altogether": (
        "L-LOCALE", "warning", "ko", "", body("The pots and the tools of the garden are sold to you."), 0,
        body("화분과 꽃과 흙을 모두 발코니에서 팝니다."),
    ),
    "terms in a privacy policy": ("L-DOCTYPE", "warning", "", "privacy", body("Under these Terms, pots grow."), 3, body("Under these terms and pots.")),
    "privacy policy in terms": ("L-DOCTYPE", "warning", "", "terms", body("본 처리방침에 따릅니다."), 3, body("이 약관에 따릅니다.")),
    "items not marked": (
        "L-REQOPT", "warning", "ko", "privacy", PRIVACY + "**[배송]**  \n배송 시(이름, 주소)\n", 5,
        PRIVACY + "**[배송]**  \n[필수] 배송 시(이름, 주소)\n\n필수:  \n화분(크기, 색)\n\n화분(크기, 색)을 팝니다.\n",
    ),
}  # fmt: skip
#: What a Korean privacy policy has to state; not the subject of the cases above.
ASKED_FOR = {"L-MISSING-PIPA"}


@pytest.mark.parametrize(
    ("code", "severity", "language", "kind", "bad", "line", "good"), REMARKS.values(), ids=list(REMARKS)
)
def test_each_remark(code: str, severity: str, language: str, kind: str, bad: str, line: int, good: str) -> None:
    assert [r for r in about(bad, language, kind) if r[0] not in ASKED_FOR] == [(code, severity, line)]
    assert [r for r in about(good, language, kind) if r[0] == code] == []
    if language or kind:
        assert about(bad) == []


def test_a_remark_has_words_and_a_hint_in_both_languages() -> None:
    for code, _, language, kind, bad, _, _ in REMARKS.values():
        (problem,) = [p for p in lint(parse(bad), PLACE, language=language, kind=kind) if p.code == code]
        for speaks in ("en", "ko"):
            assert problem.hint is not None
            assert translator(speaks)(problem.message)
            assert translator(speaks)(problem.hint)


def test_at_most_twenty_of_a_kind_are_listed_and_the_rest_counted() -> None:
    problems = lint(parse("# A {#a}\n\n" + "The the pots.\n\n" * 25 + 'Of “pots\u201d and "soil".\n'), PLACE)
    assert [p.code for p in problems] == ["L-DUPWORD"] * 20 + ["L-QUOTE", "L-DUPWORD"]
    assert say(problems[-1].message) == "5 more remarks of this kind in this text."
    assert problems[-1].place.line == 43


@pytest.mark.parametrize("entry", table("misspellings")["words"], ids=lambda e: e["right"])
def test_each_misspelling_has_an_example(entry: dict[str, str]) -> None:
    assert [code for code, _, _ in about(body(entry["example"]))] == ["L-TYPO"]
    assert about(body(f"Usual: {entry['right']}.")) == []


@pytest.mark.parametrize("entry", table("laws")["names"], ids=lambda e: e["right"])
def test_each_misnamed_statute_has_an_example(entry: dict[str, str]) -> None:
    assert [code for code, _, _ in about(body(entry["example"]))] == ["L-LAWNAME"]
    assert about(body(f"Usual: {entry['right']}.")) == []


@pytest.mark.parametrize("entry", table("stale")["names"], ids=lambda e: e["example"])
def test_each_old_name_has_an_example(entry: dict[str, Any]) -> None:
    assert [p.code for p in old_names(entry["example"], PLACE, arriving=entry["arriving"])] == ["L-STALE"]
    assert list(old_names(entry["example"], PLACE, arriving=not entry["arriving"])) == []
    assert list(old_names(entry["now"]["en"], PLACE, arriving=entry["arriving"])) == []


@pytest.mark.parametrize("entry", table("spacing")["words"], ids=lambda e: e["usual"])
def test_each_spacing_has_an_example(entry: dict[str, Any]) -> None:
    alone, beside = body(entry["example"]), body(f"{entry['example']} 또 {entry['usual']}.")
    assert "L-SPACING-KO" in {code for code, _, _ in about(beside)}
    assert ("L-SPACING-KO" in {code for code, _, _ in about(alone)}) is entry["always"]
    assert about(body(entry["usual"])) == []


@pytest.mark.parametrize("entry", table("pipa")["items"], ids=lambda e: e["name"]["en"])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_each_item_that_the_law_asks_for_has_an_example(entry: dict[str, Any], language: str) -> None:
    def missing(text: str) -> bool:
        said = [say(p.message) for p in lint(parse(text + FILLER), PLACE, language=language, kind="privacy")]
        return any(entry["name"]["en"] in words for words in said)

    occasion = re.search(entry.get("where", {}).get(language, ""), entry["example"][language], re.IGNORECASE)
    asked = {"en": "Pots are sold in Korea. ", "ko": "화분을 팝니다. "}[language] + (occasion[0] if occasion else "")
    if "where" not in entry:
        assert missing(body(asked))
    assert not missing(body(f"{asked} {entry['example'][language]}"))
    assert "L-MISSING-PIPA" not in {code for code, _, _ in about(body(asked) + FILLER, language, "terms")}


def test_transfers_abroad_are_asked_for_only_where_there_are_some() -> None:
    said = [say(p.message) for p in lint(parse(body("Pots are stored in the United States, not Korea." + FILLER)), PLACE,
                                         language="en", kind="privacy")]  # fmt: skip
    assert any("transfers abroad" in words for words in said)
    said = [
        say(p.message)
        for p in lint(parse(body("Pots are stored in Korea." + FILLER)), PLACE, language="en", kind="privacy")
    ]
    assert said
    assert not any("transfers abroad" in words for words in said)


def test_the_verbs_tell_a_list_from_a_sentence() -> None:
    verbs = table("verbs")
    assert [c for c, _, _ in about(body(f"Pots are sold. {verbs['example']}"))] == ["L-FRAGMENT"]
    assert about(body(f"Pots are sold. {verbs['example_with_verb']}")) == []


@pytest.mark.parametrize(("language", "entry"), [(k, v) for k, v in table("languages").items() if k != "english"])
def test_each_language_is_told_from_english(language: str, entry: dict[str, str]) -> None:
    assert [c for c, _, _ in about(f"# {entry['example']} {{#a}}\n", "en")] == ["L-LOCALE"], language
    assert about(f"# {table('languages')['english']['example']} {{#a}}\n", "en") == []


@given(
    st.lists(
        st.sampled_from(
            [
                "가",
                "회사는 ",
                "7일 전에 ",
                "(",
                ")",
                '"',
                "”",
                "“",
                ". ",
                ".",
                "\n",
                "\n\n",
                "# A",
                "- ",
                "| a |\n| - |\n",
                "here",
                "click ",
                "[x](#y)",
                "**a**",
                "2020년 5월 1일",
                "May 1, 2020",
                "section 3 ",
                "제3조",
                ", ",
                "\u00a0",
            ]
        )
    )
)
@example([])
def test_any_text_can_be_looked_at(parts: list[str]) -> None:
    text = "".join(parts)
    for language, kind in (("", ""), ("en", "privacy"), ("ko", "privacy"), ("en", "terms")):
        found = lint(parse(text), PLACE, language=language, kind=kind)
        assert all(p.place.path == PLACE.path and p.hint for p in found)
        assert max(Counter(p.code for p in found if p.code.startswith("L-")).values(), default=0) <= 21


@pytest.mark.parametrize("folder", ["policy_docs", "publisher/examples/policy_docs"])
@pytest.mark.parametrize(("policy", "kind"), [("privacy", "privacy"), ("third-parties", "annex")])
def test_the_texts_of_this_repository_have_no_remarks(folder: str, policy: str, kind: str) -> None:
    texts = {language: (ROOT / folder / policy / f"{language}.md").read_bytes() for language in ("en", "ko")}
    assert read_texts(texts, policy, ids_required=True, kind=kind)[1] == []


def test_a_beginning_is_not_told_what_it_lacks() -> None:
    assert about(body("화분을 팝니다."), "ko", "privacy") == []
    assert {code for code, _, _ in about(body("화분을 팝니다.") + FILLER, "ko", "privacy")} == {"L-MISSING-PIPA"}


def test_only_so_many_titles_are_looked_up() -> None:
    problems = lint(parse(body("Kept (see period of retention). " * 300)), PLACE)
    (last,) = [p for p in problems if "more remark" in say(p.message)]
    assert last.code == "L-XREF"
    assert say(last.message).startswith("180 more")

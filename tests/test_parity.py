"""Both languages say the same clauses, in the same order and rank, or the publication is blocked."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.errors import Problem
from publisher.messages import Localized, msg, translator
from publisher.texts.document import parse
from publisher.texts.parity import one_sided, parity

ROOT = Path(__file__).resolve().parent.parent
TITLE = Localized.of({"en": "Privacy Policy", "ko": "개인정보 처리방침"})
ENGLISH = "# Policy {#policy}\n\n## 1. Scope {#scope}\n\nA.\n\n## 2. Retention {#retention}\n\nB.\n"
KOREAN = "# 방침 {#policy}\n\n## 1. 적용 범위 {#scope}\n\n가.\n\n## 2. 보유 기간 {#retention}\n\n나.\n"


def found(en: str, ko: str) -> list[Problem]:
    return parity({"en": parse(en), "ko": parse(ko)}, "privacy", TITLE)


#: what is said in English and in which language's file the change has to be made
CASES = {
    "missing in English": (
        ENGLISH.replace("## 2. Retention {#retention}", ""),
        KOREAN,
        [("en", "retention", "Privacy Policy: the clause “2. 보유 기간” stands in Korean but not in English.")],
    ),
    "missing in Korean": (
        ENGLISH,
        KOREAN.replace("## 1. 적용 범위 {#scope}", ""),
        [("ko", "scope", "Privacy Policy: the clause “1. Scope” stands in English but not in Korean.")],
    ),
    "another id": (
        ENGLISH.replace("{#scope}", "{#range}"),
        KOREAN,
        [
            ("en", "scope", "Privacy Policy: the clause “1. 적용 범위” stands in Korean but not in English."),
            ("ko", "range", "Privacy Policy: the clause “1. Scope” stands in English but not in Korean."),
        ],
    ),
    "another order": (
        "# Policy {#policy}\n\n## 2. Retention {#retention}\n\nB.\n\n## 1. Scope {#scope}\n\nA.\n",
        KOREAN,
        [
            (
                "en",
                "retention",
                "Privacy Policy: from “1. 적용 범위” on, the clauses stand in another order or rank in English than in "
                "Korean.",
            )
        ],
    ),
    "another rank": (
        ENGLISH.replace("## 2. R", "### 2. R"),
        KOREAN,
        [
            (
                "en",
                "retention",
                "Privacy Policy: from “2. 보유 기간” on, the clauses stand in another order or rank in English than in "
                "Korean.",
            )
        ],
    ),
}


@pytest.mark.parametrize(("en", "ko", "expected"), CASES.values(), ids=CASES)
def test_one_language_lacks_something(en: str, ko: str, expected: list[tuple[str, str, str]]) -> None:
    problems = found(en, ko)
    say = translator("en")
    assert [(p.place.language, p.place.clause, say(p.message)) for p in problems] == expected
    assert {p.code for p in problems} == {"P101"}
    for problem, (language, clause, _) in zip(problems, expected, strict=True):
        assert problem.place.path == f"policy_docs/privacy/{language}.md"
        assert problem.hint is not None
        assert f"{{#{clause}}} in policy_docs/privacy/{language}.md" in say(problem.hint)


def test_equal_clauses_have_no_findings() -> None:
    assert found(ENGLISH, KOREAN) == []


def test_words_and_clauses_without_id_are_not_compared() -> None:
    assert found(ENGLISH + "\n## Extra\n", KOREAN.replace("나.", "다른 말.")) == []


@pytest.mark.parametrize("languages", [(), ("en",), ("ko",)])
def test_one_language_agrees_with_itself(languages: tuple[str, ...]) -> None:
    assert parity({language: parse(ENGLISH) for language in languages}, "privacy", TITLE) == []


def test_the_problem_can_be_told_in_korean() -> None:
    (problem,) = found(ENGLISH.replace("## 2. Retention {#retention}", ""), KOREAN)
    words = translator("ko")(problem.message)
    assert "개인정보 처리방침" in words
    assert "2. 보유 기간" in words


def test_anything_one_sided_names_where_to_make_the_change() -> None:
    problem = one_sided("terms", "ko", "fees", msg("The fee stands in English only."))
    assert (problem.place.path, problem.place.clause, problem.severity) == ("policy_docs/terms/ko.md", "fees", "error")


@pytest.mark.parametrize("folder", ["policy_docs", "publisher/examples/policy_docs"])
@pytest.mark.parametrize("policy", ["privacy", "third-parties"])
def test_the_texts_of_this_repository_agree(folder: str, policy: str) -> None:
    documents = {
        language: parse((ROOT / folder / policy / f"{language}.md").read_text("utf-8")) for language in ("en", "ko")
    }
    assert parity(documents, policy, TITLE) == []
    assert len(documents["en"].by_id()) > 1

"""Both languages say the same clauses, or the publication is blocked; what they state differently is remarked on."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.errors import Place, Problem
from publisher.messages import Localized, msg, translator
from publisher.texts.denials import denied, polarity
from publisher.texts.document import parse
from publisher.texts.importing import import_text
from publisher.texts.lexicon import table
from publisher.texts.parity import compare_languages, one_sided, parity
from publisher.texts.topics import one_sided_topics, says_which_governs

ROOT = Path(__file__).resolve().parent.parent
SEEDS = Path(__file__).parents[2] / "shared" / "seeds"
TITLE = Localized.of({"en": "Privacy Policy", "ko": "개인정보 처리방침"})
ENGLISH = "# Policy {#policy}\n\n## 1. Scope {#scope}\n\nA.\n\n## 2. Retention {#retention}\n\nB.\n"
KOREAN = "# 방침 {#policy}\n\n## 1. 적용 범위 {#scope}\n\n가.\n\n## 2. 보유 기간 {#retention}\n\n나.\n"


GOVERNS = {"en": "The Korean text governs.", "ko": "한국어본이 우선합니다."}


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


def remarks(english: str, korean: str, *, heading: str = "## 1. A {#a}") -> list[Problem]:
    """What is remarked on one clause with these words in each language."""
    texts = {"en": f"{heading}\n\n{english}\n", "ko": f"{heading}\n\n{korean}\n"}
    documents = {language: parse(f"{text}\n{GOVERNS[language]}\n") for language, text in texts.items()}
    return compare_languages(documents, "privacy", TITLE)


def told(problems: list[Problem]) -> list[tuple[str, str]]:
    """Code, and the words after the name of the clause."""
    say = translator("en")
    return [(p.code, say(p.message).partition(": ")[2]) for p in problems]


#: English, Korean, code, what is said
DIFFERENT = {
    "a period": (
        "Kept for 5 years.",
        "3년 동안 보관합니다.",
        "L-XLANG-NUM",
        "the periods differ. Only in English: 5 years. Only in Korean: 3 years.",
    ),
    "a month that is thirty days": (
        "Kept for 30 days.",
        "한 달 동안 보관합니다.",
        "L-XLANG-NUM",
        "the periods differ. Only in English: 30 days. Only in Korean: 1 month.",
    ),
    "a limit": (
        "Told at least 14 days before.",
        "14일 전에 알립니다.",
        "L-XLANG-NUM",
        "the limits differ. Only in English: at least 14 days. Only in Korean: nothing.",
    ),
    "a limit whose figure differs is told once": (
        "Told at least 14 days before.",
        "최소 7일 전에 알립니다.",
        "L-XLANG-NUM",
        "the periods differ. Only in English: 14 days. Only in Korean: 7 days.",
    ),
    "an age": (
        "Children under 13 need consent.",
        "만 14세 미만 아동은 동의가 필요합니다.",
        "L-XLANG-NUM",
        "the ages differ. Only in English: under the age of 13. Only in Korean: under the age of 14.",
    ),
    "a date": (
        "As of July 2, 2020.",
        "2020년 7월 27일부터.",
        "L-XLANG-NUM",
        "the dates differ. Only in English: Thu 2 Jul 2020. Only in Korean: Mon 27 Jul 2020.",
    ),
    "a sum": (
        "It costs 5,000 won.",
        "5만 원입니다.",
        "L-XLANG-NUM",
        "the amounts of money differ. Only in English: KRW 5000. Only in Korean: KRW 50000.",
    ),
    "a percentage": (
        "The fee is 10%.",
        "수수료는 15퍼센트입니다.",
        "L-XLANG-NUM",
        "the percentages differ. Only in English: 10%. Only in Korean: 15%.",
    ),
    "a service": (
        "We use Google Analytics.",
        "Google Analytics와 Firebase를 씁니다.",
        "L-XLANG-ENTITY",
        "the names of companies and services differ. Only in English: nothing. Only in Korean: Firebase.",
    ),
    "a company more": (
        "Example Co., Ltd. helps us.",
        "(주)가나다, (주)라마바가 돕습니다.",
        "L-XLANG-ENTITY",
        "the names of companies and services differ. Only in English: Example. Only in Korean: 가나다 and 라마바.",
    ),
    "a country": (
        "Kept in Germany.",
        "프랑스에 보관합니다.",
        "L-XLANG-ENTITY",
        "the countries differ. Only in English: Germany. Only in Korean: France.",
    ),
    "an address behind a link": (
        "[Write](mailto:help@example.com).",
        "[문의](mailto:desk@example.com).",
        "L-XLANG-ENTITY",
        "the e-mail addresses differ. Only in English: help@example.com. Only in Korean: desk@example.com.",
    ),
    "a telephone number": (
        "Call +82-2-555-0100.",
        "02-555-0199로 전화합니다.",
        "L-XLANG-ENTITY",
        "the telephone numbers differ. Only in English: +8225550100. Only in Korean: +8225550199.",
    ),
    "a host": (
        "See https://www.example.com/en/a.",
        "https://example.org/ko/a 참조.",
        "L-XLANG-ENTITY",
        "the web addresses differ. Only in English: example.com. Only in Korean: example.org.",
    ),
    "a negation": (
        "We keep it.",
        "보관하지 않습니다.",
        "L-XLANG-PROMISE",
        "these sentences may not promise the same. English: “We keep it.” Korean: “보관하지 않습니다.”",
    ),
    "a narrowing": (
        "We use it only for delivery.",
        "배송에 이용합니다.",
        "L-XLANG-PROMISE",
        "these sentences may not promise the same. English: “We use it only for delivery.” Korean: “배송에 이용합니다.”",
    ),
    "another act denied": (
        "We never sell your data.",
        "정보를 공유하지 않습니다.",
        "L-XLANG-PROMISE",
        "these sentences may not promise the same. English: “We never sell your data.” Korean: “정보를 공유하지 않습니다.”",
    ),
}


@pytest.mark.parametrize(("english", "korean", "code", "words"), DIFFERENT.values(), ids=DIFFERENT)
def test_a_clause_states_something_else(english: str, korean: str, code: str, words: str) -> None:
    problems = remarks(english, korean)
    assert told(problems) == [(code, words)]
    (problem,) = problems
    assert (problem.severity, problem.place.clause, problem.place.policy) == ("warning", "a", "privacy")
    assert translator("en")(problem.message).startswith("Privacy Policy, “1. A”: ")


@pytest.mark.parametrize(
    ("english", "korean"),
    [
        ("Kept for three (3) months.", "석 달 동안 보관합니다."),
        ("Told within 30 days, and again within 30 days.", "30일 이내에 알립니다."),
        ("Example Co., Ltd. and Sample Inc. help us.", "(주)가나다와 (주)라마바가 돕습니다."),
        ("Call 1544-0570.", "+82 1544-0570으로 전화합니다."),
        ("See https://www.example.com/en/a.", "https://example.com/ko/a 참조."),
        (
            "Under COPPA, children under 13 need consent.",
            "「개인정보 보호법」에 따라 만 14세 미만 아동은 동의가 필요합니다.",
        ),
        ("We answer without delay.", "지체 없이 답변합니다."),
        ("Deleted. We do not keep it, nor use it.", "삭제합니다. 보관하거나 이용하지 않습니다."),
        ("If you do not use it, nothing is kept.", "이용하지 않으면 보관하지 않습니다."),
        # sentences cut otherwise are not held against each other
        ("We keep it. We do not sell it.", "보관하고 판매하지 않습니다."),
    ],
)
def test_a_clause_states_the_same(english: str, korean: str) -> None:
    assert remarks(english, korean) == []


def test_an_age_under_a_named_law_still_has_to_be_explained_on_the_other_side() -> None:
    (problem,) = remarks("Under COPPA, children under 13 need consent.", "만 14세 미만 아동의 동의를 받습니다.")
    assert problem.code == "L-XLANG-NUM"


def test_what_stands_under_no_id_is_compared_too() -> None:
    english, korean = "5 years.\n\n## A {#a}\n\nX.", "3년.\n\n## 가 {#a}\n\n나."
    documents = {"en": parse(f"{english} {GOVERNS['en']}"), "ko": parse(f"{korean} {GOVERNS['ko']}")}
    (problem,) = compare_languages(documents, "privacy", TITLE)
    assert translator("en")(problem.message) == (
        "Privacy Policy, what stands under no clause id: the periods differ. Only in English: 5 years. "
        "Only in Korean: 3 years."
    )


def test_no_language_says_which_one_governs() -> None:
    documents = {"en": parse("# A {#a}\n\nThis is governed by the laws of Korea."), "ko": parse("# 가 {#a}\n\n한국법.")}
    assert [p.code for p in compare_languages(documents, "privacy", TITLE) if p.code == "L-CONTROL"] == ["L-CONTROL"]
    assert compare_languages({"en": documents["en"]}, "privacy", TITLE) == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("If the two texts differ, the Korean text governs.", "en"),
        ("The English version of these terms shall prevail.", "en"),
        ("Governing language: Korean.", "en"),
        ("두 본문이 다르면 한국어본이 우선합니다.", "ko"),
        ("국문을 기준으로 합니다.", "ko"),
    ],
)
def test_a_statement_of_the_governing_language(text: str, language: str) -> None:
    assert says_which_governs(parse(text), language)
    assert not says_which_governs(parse("We govern nothing. 이용자의 권리를 우선합니다."), language)


@pytest.mark.parametrize("topic", table("topics")["topics"], ids=lambda topic: topic["title"]["en"])
def test_a_topic_in_one_language_only(topic: dict[str, dict[str, str]]) -> None:
    title = Localized.of(topic["title"])
    english, korean = parse(topic["example"]["en"]), parse(topic["example"]["ko"])
    assert one_sided_topics({"en": english, "ko": korean}) == []
    assert (title, "en") in one_sided_topics({"en": english, "ko": parse("다른 말.")})
    assert (title, "ko") in one_sided_topics({"en": parse("Other words."), "ko": korean})


def test_a_table_of_retention_periods_in_one_language_only() -> None:
    english, korean = parse("We keep records."), parse("- 주문: 5년\n- 편지: 3년\n- 방문: 3개월\n")
    ((title, language),) = one_sided_topics({"en": english, "ko": korean})
    assert (title["en"], language) == ("table of retention periods", "ko")
    in_prose = parse("Orders are kept for 5 years, letters for 3 years, visits for 3 months.")
    assert one_sided_topics({"en": in_prose, "ko": korean}) == []


@pytest.mark.parametrize(
    ("sentence", "language", "signs", "acts"),
    [
        ("We never use or sell it.", "en", {"negation": 1, "only": 0}, {"use", "sell"}),
        ("We don't share it only for fun.", "en", {"negation": 1, "only": 1}, {"disclose"}),
        ("Not limited to this, without delay.", "en", {"negation": 0, "only": 0}, set()),
        ("제공하거나 판매하지 않습니다.", "ko", {"negation": 1, "only": 0}, {"disclose", "sell"}),
        ("이 목적으로만 이용합니다. 하지만 불만은 지체없이 처리합니다.", "ko", {"negation": 0, "only": 1}, set()),
        ("만 14세 미만", "ko", {"negation": 0, "only": 0}, set()),
    ],
)
def test_what_a_sentence_denies_and_narrows(
    sentence: str, language: str, signs: dict[str, int], acts: set[str]
) -> None:
    assert polarity(sentence, language) == signs
    assert denied(sentence, language) == acts


@pytest.mark.parametrize("policy", ["privacy", "third-parties"])
@pytest.mark.parametrize(("folder", "codes"), [("policy_docs", []), ("publisher/examples/policy_docs", [])])
def test_the_texts_of_this_repository_state_the_same(folder: str, codes: list[str], policy: str) -> None:
    documents = {
        language: parse((ROOT / folder / policy / f"{language}.md").read_text("utf-8")) for language in ("en", "ko")
    }
    assert [p.code for p in compare_languages(documents, policy, TITLE)] == codes


@pytest.mark.corpus
@pytest.mark.skipif(not SEEDS.is_dir(), reason="the texts are not here")
@pytest.mark.parametrize("imported", [False, True], ids=["as found", "imported"])
def test_two_texts_that_drifted_apart(imported: bool) -> None:
    texts = {
        language: next(SEEDS.glob(f"{number}_*.txt")).read_text("utf-8")
        for language, number in (("en", "000"), ("ko", "001"))
    }
    if imported:
        texts = {name: import_text(text, name, Place(path=name)).markdown for name, text in texts.items()}
    problems = compare_languages({name: parse(text) for name, text in texts.items()}, "privacy", TITLE)
    assert {p.severity for p in problems} == {"warning"}
    words = [f"{code} {said}" for code, said in told(problems)]

    def said(code: str, *parts: str) -> bool:
        return any(line.startswith(code) and all(part in line for part in parts) for line in words)

    assert said("L-XLANG-NUM", "periods", "14 days", "5 years", "6 months", "3 months")
    assert said("L-XLANG-NUM", "limits", "at least 7 days")
    assert said("L-XLANG-NUM", "ages", "13", "14")
    assert said("L-XLANG-ENTITY", "companies", "Amazon Web Services", "Firebase", "시옷", "NHN", "NICE Payments")
    assert said("L-XLANG-ENTITY", "telephone")
    assert said("L-XLANG-ENTITY", "web addresses")
    for topic in ("processors", "table of retention periods", "security", "children", "linked sites"):
        assert said("L-XLANG-SECTION", f"“{topic}”")
    for topic in ("cookies", "transfer abroad", "rights of the users", "privacy officer"):
        assert not said("L-XLANG-SECTION", f"“{topic}”")
    assert said("L-XLANG-PROMISE", "IP")
    assert [p.code for p in problems].count("L-CONTROL") == 1

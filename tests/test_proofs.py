"""Proofs of the arrangement (M2, M3), of pointers and links (M7) and of the text's own date (M8), and what they do not prove."""

from __future__ import annotations

import pytest

from publisher.changes.classify import compare, one_language_only, read_change
from publisher.changes.lexicon import lexicon
from publisher.errors import Problem
from publisher.messages import Localized, translator
from publisher.texts.document import parse


def codes(old: str, new: str, language: str = "en") -> set[str]:
    return {f.code for f in compare(parse(old), parse(new), lexicon(language), {}).findings}


ONE, TWO, THREE = "The gate is green and tall.", "The pond is round and deep.", "The bench is long and old."
ITEMS = f"# T\n\n## 1. C {{#c}}\n\nThe garden has:\n\n- {ONE}\n- {TWO}\n- {THREE}\n"
MOVED = f"# T\n\n## 1. C {{#c}}\n\nThe garden has:\n\n- {THREE}\n- {ONE}\n- {TWO}\n"
CLAUSES = f"# T\n\n## Gate {{#gate}}\n\n{ONE}\n\n## Pond {{#pond}}\n\n{TWO}\n\n## Bench {{#bench}}\n\n{THREE}\n"
AROUND = f"# T\n\n## Bench {{#bench}}\n\n{THREE}\n\n## Gate {{#gate}}\n\n{ONE}\n\n## Pond {{#pond}}\n\n{TWO}\n"
C = "# T\n\n## 1. C {{#c}}\n\n{}\n"

PROVED = {
    "the date of the text at its top": ("M8", "# T\n\n1 May 2024\n\n" + ONE, "# T\n\n2 June 2025\n\n" + ONE),
    "a paragraph that was split": ("M2", C.format(f"{ONE} {TWO}"), C.format(f"{ONE}\n\n{TWO}")),
    "a deeper heading": ("M2", f"# T\n\n{ONE}\n", f"## T\n\n{ONE}\n"),
    "all of a list set otherwise": ("M2", C.format(f"- {ONE}\n- {TWO}"), C.format(f"{ONE}\n\n{TWO}")),
    "an item in another place": ("M3", ITEMS, MOVED),
    "a clause in another place": ("M3", CLAUSES, AROUND),
    "an item with another number": ("M3", C.format(f"1. {ONE}"), C.format(f"2. {ONE}")),
    "a heading that says more": ("M3", CLAUSES, CLAUSES.replace("## Pond", "## The old pond")),
    "a link to the same page": ("M7", C.format("See [the guide](/a)."), C.format("See [the guide](/b).")),
}


@pytest.mark.parametrize(("code", "old", "new"), PROVED.values(), ids=PROVED)
def test_proved(code: str, old: str, new: str) -> None:
    assert codes(old, new) == {code}
    assert codes(new, old) == {code}


def test_where_more_can_be_read() -> None:
    assert codes(C.format(ONE), C.format(f"{ONE} Learn more in [our guide](https://example.com/g).")) == {"M7"}


def test_a_number_that_a_reference_does_not_follow() -> None:
    old = f"# T\n\n## 1. Gate {{#g}}\n\n{ONE}\n\n## 2. Pond {{#p}}\n\nSee Section 1.\n"
    assert codes(old, old.replace("## 1.", "## 3.")) == {"U"}
    assert codes(old, old.replace("## 1.", "## 3.").replace("Section 1", "Section 3")) == {"M3"}


NOT_PROVED = {
    "a paragraph split into a list": (C.format(f"{ONE} {TWO}"), C.format(f"{ONE}\n\n- {TWO}")),
    "a paragraph split before a list": (C.format(f"{ONE} We never: {TWO}"), C.format(f"{ONE} We never:\n\n{TWO}")),
    "an item that left its list": (C.format(f"- {ONE}\n- {TWO}"), C.format(f"- {ONE}\n\n{TWO}")),
    "items in an order that counts": (ITEMS.replace("has:", "has, in this order:"), MOVED.replace("has:", "has, in this order:")),
    "an item that leans on the one before": (ITEMS.replace("The bench", "This bench"), MOVED.replace("The bench", "This bench")),
    "an item under words that point back": (ITEMS.replace("tall", "same"), MOVED.replace("tall", "same")),
    "a numbered item in another place": (
        C.format(f"1. {ONE}\n2. {TWO}\n3. {THREE}"), C.format(f"1. {THREE}\n2. {ONE}\n3. {TWO}"),
    ),
    "a passage before a list": (C.format(f"{ONE}\n\n{TWO}\n\n{THREE}\n\n- x"), C.format(f"{THREE}\n\n{ONE}\n\n{TWO}\n\n- x")),
    "a passage beside one that leans": (
        C.format(f"{ONE}\n\n{TWO}\n\nHowever, it rains.\n\n{THREE}"), C.format(f"{THREE}\n\n{ONE}\n\n{TWO}\n\nHowever, it rains."),
    ),
    "a passage in another clause": (CLAUSES.replace(TWO, f"{TWO}\n\nThe roof is red and steep."),
                                    CLAUSES.replace(ONE, f"{ONE}\n\nThe roof is red and steep.")),
    "an item to which a number refers": (C.format(f"See item 1.\n\n1. {ONE}"), C.format(f"See item 1.\n\n2. {ONE}")),
    "a clause to which words point": (CLAUSES.replace("tall", "above"), AROUND.replace("tall", "above")),
    "a clause under another heading": (CLAUSES, CLAUSES.replace("## Pond", "### Pond")),
    "a heading of another subject": (CLAUSES, CLAUSES.replace("## Pond", "## Retention")),
    "a heading of other words": (CLAUSES, CLAUSES.replace("## Pond", "## Quarrels")),
    "a heading with another figure": (CLAUSES.replace("## Pond", "## Pond 3"), CLAUSES.replace("## Pond", "## Pond 5")),
    "a heading that is turned round": (CLAUSES.replace("## Pond", "## The pond here"), CLAUSES.replace("## Pond", "## Not the pond here")),
    "a pointer that binds": (C.format(ONE), C.format(f"{ONE} Read [our guide](/g), which applies to you.")),
    "a pointer without a link": (C.format(ONE), C.format(f"{ONE} Learn more in our guide.")),
    "a date that is not the text's own": (f"{CLAUSES}\n1 May 2024\n", f"{CLAUSES}\n2 June 2025\n"),
    "a link to other terms": (C.format("See [our terms](/a)."), C.format("See [our terms](/b).")),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new"), NOT_PROVED.values(), ids=NOT_PROVED)
def test_not_proved(old: str, new: str) -> None:
    for one, other in ((old, new), (new, old)):
        assert any(code[0] in "RU" for code in codes(one, other))


TEXT = "# T\n\n## 1. C {{#c}}\n\n{}\n\n## 2. D {{#d}}\n\n{}\n"
KEPT, KEPT_KO = "It is kept for {} days.", "{}일 동안 보관합니다."


def one_sided(english: tuple[str, str], korean: tuple[str, str], exempt: dict[str, str] | None = None) -> list[Problem]:
    old, new = (
        {"en": parse(TEXT.format(e, ONE)), "ko": parse(TEXT.format(k, "문은 푸릅니다."))}
        for e, k in zip(english, korean, strict=True)
    )
    lexicons = {language: lexicon(language) for language in ("en", "ko")}
    change = read_change(old, new, lexicons, {}, Localized.of({"en": "Example", "ko": "예시"}))
    return one_language_only(change, new, "privacy", exempt or {})


def test_a_clause_that_changes_in_one_language() -> None:
    (problem,) = one_sided((KEPT.format(5), KEPT.format(9)), (KEPT_KO.format(5), KEPT_KO.format(5)))
    assert problem.code == "P101"
    assert "“1. C”" in translator("en")(problem.message)


def test_a_clause_that_changes_alike_in_both() -> None:
    assert one_sided((KEPT.format(5), KEPT.format(9)), (KEPT_KO.format(5), KEPT_KO.format(9))) == []


def test_a_clause_that_changes_to_other_periods() -> None:
    (problem,) = one_sided((KEPT.format(5), KEPT.format(9)), (KEPT_KO.format(5), KEPT_KO.format(8)))
    assert problem.code == "P106"


def test_only_a_minor_edit_may_be_exempt() -> None:
    reason = {"ko": "The slip stood in the English text alone."}
    slip, korean = ("Names are kept", "Names are kept."), ("이름을 씁니다.", "이름을 씁니다.")
    assert [p.code for p in one_sided(slip, korean)] == ["P101"]
    assert one_sided(slip, korean, reason) == []
    assert [p.code for p in one_sided((KEPT.format(5), KEPT.format(9)), korean, reason)] == ["P101"]

"""Hostile input is answered: with a comparison that is on the safe side, or with an error that has a code."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import textwrap
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.changes.model import Level
from publisher.changes.redline import redline, side
from publisher.changes.sequences import stretches
from publisher.errors import Place, PublisherError
from publisher.messages import LANGUAGES, translator
from publisher.run.comparing import compare_texts
from publisher.texts.document import parse
from publisher.texts.lint import lint
from publisher.texts.source import LONGEST_LINE, MOST_BYTES, read_source

#: Seconds after which a command is held to hang; no test looks at how long one takes.
HANGS = 60
ENGLISH = (
    "we keep share your name address data with partners for marketing and delete it after days unless you agree".split()  # noqa: SIM905
)
KOREAN = "회사는 이용자의 주소를 보관하며 제공하지 않습니다 동의를 받아 마케팅에 이용합니다 즉시 파기합니다 5년간 업체에".split()  # noqa: SIM905


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - the same in every run


def sentence(words: list[str], seed: int) -> str:
    return " ".join(seeded(seed).choices(words, k=14)) + "."


def policy(words: list[str], seed: int, clauses: int = 150) -> str:
    bodies = ("\n\n".join(sentence(words, seed * 100_000 + c * 10 + p) for p in range(4)) for c in range(clauses))
    return "# Policy\n\n" + "\n\n".join(f"## Clause {sentence(words, seed + c)}\n\n{b}" for c, b in enumerate(bodies))


def shuffled(text: str) -> str:
    parts = text.split("\n\n")
    seeded(1).shuffle(parts)
    return "\n\n".join(parts)


def lines_of(sign: str, count: int = 60_000) -> str:
    run = sign * (count // len(sign))
    return "# T\n\n" + "\n".join(run[i : i + 9_000] for i in range(0, len(run), 9_000))


def table(word: str, rows: int = 3_000) -> str:
    return "|a|b|\n|-|-|\n" + "\n".join("|" + f"{word}{i}|" * (i % 5 + 1) for i in range(rows))


ITEMS = [f"- item{i}" for i in range(10_000)]
SAME = "# T\n\n" + "It is kept for 5 days.\n" * 5_000

#: id: old, new, and the level that the pair must get ("refused" for an error with the code P105)
PAIRS = {
    "nothing": ("", "", "refused"),
    "nothing before": ("", "# T\n", "refused"),
    "blank": (" \n\t\n", "# T\n", "refused"),
    "too large": ("a b\n" * (MOST_BYTES // 4 + 1), "# T\n", "refused"),
    "one line": ("a " * 300_000, "a b", "refused"),
    "too many lines": ("a\n" * 30_000, "a b", "refused"),
    "shuffled": (policy(ENGLISH, 1), shuffled(policy(ENGLISH, 1)), "significant"),
    "another text": (policy(ENGLISH, 1), policy(ENGLISH, 2), "significant"),
    "another Korean text": (policy(KOREAN, 1), policy(KOREAN, 2), "significant"),
    "items in another order": ("\n".join(ITEMS), "\n".join(seeded(2).sample(ITEMS, len(ITEMS))), "significant"),
    "one of many equal sentences": (SAME, SAME + "It is kept for 6 days.\n", "significant"),
    "rows": (table("word"), table("other"), "significant"),
    "many cells": (
        "|a" * 2_000 + "\n" + "|-" * 2_000 + "\n|b",
        "|a" * 2_000 + "\n" + "|-" * 2_000 + "\n|c",
        "significant",
    ),
    "an open fence": ("# T\n\n```\n" + "a b\n" * 9_000, "# T\n\n```\n" + "a c\n" * 9_000, "significant"),
    "open comments": ("# T\n\n" + "<!-- a\n" * 9_000, "# T\n\n" + "<!-- b\n" * 9_000, "significant"),
    "open metadata": ("---\n" + "a: b\n" * 9_000, "---\n" + "a: c\n" * 9_000, "significant"),
    "one long sentence": ("a " * 4_000 + "\nb" * 15_000, "c " * 4_000 + "\nd" * 15_000, "significant"),
    **{
        f"a page of {sign!r}": (lines_of(sign), "We sell it.\n\n" + lines_of(sign) + "x", "significant")
        for sign in (
            "[",
            "![",
            "[^",
            "^[",
            "[a](",
            "*a ",
            "`a``",
            "<a ",
            "<!--",
            "&",
            "1",
            "-a",
            "가",
            "에는",
            "? ",
            "\t{:",
            "「법",
        )
    },
}


@pytest.mark.parametrize("name", PAIRS)
def test_a_pair_is_answered(name: str) -> None:
    old, new, expected = PAIRS[name]
    line = json.dumps({"id": 1, "language": "ko" if re.search("[가-힣]", old) else "en", "old": old, "new": new})
    command = [sys.executable, "-m", "publisher", "compare", "--batch", "-"]
    ended = subprocess.run(command, input=line + "\n", capture_output=True, text=True, timeout=HANGS)
    answer = json.loads(ended.stdout)
    if expected == "refused":
        assert {problem["code"] for problem in answer["error"]} == {"P105"}
        assert ended.returncode == 3
    else:
        assert answer["level"].replace("consent_required", "significant") == expected
        assert ended.returncode == 0


def test_a_hard_wrapped_text_is_the_same_text() -> None:
    text = policy(ENGLISH, 1)
    wrapped = "\n".join(line if line.startswith("#") else textwrap.fill(line, 72) for line in text.split("\n"))
    assert wrapped != text
    assert compare_texts(text.encode(), wrapped.encode(), "en", {}).level is Level.NONE


@pytest.mark.parametrize("text", ["", " \n", "a" * (LONGEST_LINE + 1), "a\n" * 30_000, "\ud800"])
def test_an_error_has_a_code_and_is_said_in_both_languages(text: str) -> None:
    with pytest.raises(PublisherError) as caught:
        compare_texts(text.encode("utf-8", "surrogatepass"), b"# T\n", "en", {})
    for problem in caught.value.problems:
        assert re.fullmatch(r"P1\d\d", problem.code)
        said = {translator(language)(problem.message) for language in LANGUAGES}
        assert len(said) == len(LANGUAGES)


def test_what_is_too_long_is_not_read_on() -> None:
    source = read_source(b"short\n" + b"a" * (LONGEST_LINE + 1), Place())
    assert source.text == ""


BRACKETS = {
    "[": "[" * 5_000,
    "pairs": "[]" * 5_000,
    "nested": "[" * 300 + "a" + "]" * 300,
    "notes": "^[" * 300 + "a" + "]" * 300,
    "labels": "[^" * 3_000,
}


@pytest.mark.parametrize("name", BRACKETS)
def test_brackets_lose_no_word(name: str) -> None:
    document = parse(f"before {BRACKETS[name]} after\n\n[^a]: a note")
    assert {"before", "after"} <= set(" ".join(document.words()).replace("[", " ").replace("]", " ").split())


def test_links_stay_links_after_a_link_with_many_brackets() -> None:
    document = parse("[a [b] c](/one) " * 200)
    assert len(document.clauses[0].blocks[0].links) == 200


WORDS = st.lists(st.sampled_from("abcdef"), max_size=30)


@given(WORDS, WORDS, st.booleans())
def test_stretches_are_both_sequences(old: list[str], new: list[str], long: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if long:
            patch.setattr("publisher.changes.sequences._MOST_PAIRS", 4)
        found = list(stretches(old, new))
    assert [w for s in found for w in old[s.old_start : s.old_end]] == old
    assert [w for s in found for w in new[s.new_start : s.new_end]] == new
    assert all(old[s.old_start : s.old_end] == new[s.new_start : s.new_end] for s in found if s.equal)
    assert all(a.old_end == b.old_start and a.new_end == b.new_start for a, b in pairwise(found))


FRAGMENTS = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *ENGLISH,
                *KOREAN,
                "\n",
                "\n\n",
                "# ",
                "## ",
                "- ",
                "1. ",
                "> ",
                "|",
                "\n|-|-|\n",
                "```",
                "~~~",
                "---\n",
                "<!--",
                "-->",
                "<b>",
                "[",
                "](",
                ")",
                "![",
                "[^1]",
                "[^1]: ",
                "^[",
                "*",
                "**",
                "_",
                "`",
                "\\",
                "{#a}",
                "{:",
                "\x00",
                "\u200b",
                "\u202e",
                "\ud800",
                "\u2028",
                "\r",
                "\t",
                "&amp;",
                "제3조",
                "Section 3",
                "30 days",
                "없이",
            ]
        ),
        st.characters(),
    ),
    max_size=40,
).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(FRAGMENTS, FRAGMENTS, st.sampled_from(["en", "ko"]))
def test_any_two_texts_are_compared_or_refused(old: str, new: str, language: str) -> None:
    sides = [text.encode("utf-8", "surrogatepass") for text in (old, new)]
    try:
        comparison = compare_texts(sides[0], sides[1], language, {})
    except PublisherError as error:
        codes = [problem.code for problem in error.problems]
    else:
        codes = []
    if codes:
        assert all(re.fullmatch(r"[A-Z]\d{3}", code) for code in codes)
        return
    documents = [parse(read_source(data, Place()).text) for data in sides]
    if comparison.level is Level.NONE:
        assert list(documents[0].words()) == list(documents[1].words())
    for edit in comparison.edits:
        runs = redline(edit.before, edit.after)
        assert (side(runs, "delete"), side(runs, "insert")) == (edit.before, edit.after)
    for document in documents:
        assert all(problem.code for problem in lint(document, Place(), language=language, kind="privacy"))


@pytest.mark.parametrize(
    "line", ['{"id":"\\ud800","language":"en","old":"a","new":"b"}', "[" * 100_000, '"\\ud800"', "\x00"]
)
def test_a_batch_answers_every_line(line: str) -> None:
    good = '{"id":2,"language":"en","old":"a","new":"a"}'
    command = [sys.executable, "-m", "publisher", "compare", "--batch", "-"]
    ended = subprocess.run(command, input=f"{line}\n{good}\n", capture_output=True, text=True, timeout=HANGS)
    answers = [json.loads(answer) for answer in ended.stdout.splitlines()]
    assert len(answers) == 2
    assert answers[1]["level"] == "none"

"""Texts to measure on, made by rule and the same at every run: policies of any length, and pairs of versions."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_EN = (
    ("We", "Our service", "The company", "Our support team", "The operator"),
    ("collects", "keeps", "shares", "deletes", "reviews", "stores"),
    ("your address", "the order history", "device identifiers", "messages to support", "payment records", "photos"),
    ("for {n} days", "after {n} months", "with {n} partners", "up to {n} times a year", "within {n} hours"),
    ("when you ask for it", "unless a law says otherwise", "to answer questions", "as the contract needs", "by e-mail"),
)
_KO = (
    ("회사는", "서비스는", "고객센터는", "운영자는", "담당자는"),
    ("배송 주소를", "주문 기록을", "기기 정보를", "상담 내용을", "결제 기록을", "사진을"),
    ("이용자가 요청하면", "법령에 따라", "문의에 답하기 위하여", "계약을 이행하기 위하여", "동의를 받아"),
    ("{n}일 동안", "{n}개월까지", "{n}개 협력사와 함께", "한 해에 {n}번", "{n}시간 안에"),
    ("보관합니다.", "수집합니다.", "파기합니다.", "확인합니다.", "제공할 수 있습니다."),
)
_HEADINGS = {
    "en": ("What we keep", "Whom we tell", "How long", "Your choices", "Safety", "Payment", "Ending the contract"),
    "ko": ("수집하는 항목", "알리는 상대", "보관 기간", "이용자의 선택", "안전 조치", "요금", "계약의 종료"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """A text before and after, as the bytes of two files."""

    id: str
    language: str
    old: bytes
    new: bytes


def sentence(rng: random.Random, language: str) -> str:
    parts = " ".join(rng.choice(words) for words in (_KO if language == "ko" else _EN))
    return parts.format(n=rng.randint(2, 90)) + ("" if language == "ko" else ".")


def clauses(rng: random.Random, language: str, size: int) -> list[list[str]]:
    """Clauses, each a list of blocks, of about `size` bytes together; every third has a list, every fifth a table."""
    made: list[list[str]] = []
    length = 0
    while length < size:
        number = len(made) + 1
        title = f"{rng.choice(_HEADINGS[language])} {number}"
        blocks = [f"## 제{number}조 {title}" if language == "ko" else f"## {number}. {title}"]
        blocks += [" ".join(sentence(rng, language) for _ in range(3)) for _ in range(2)]
        if number % 3 == 0:
            blocks.append("\n".join(f"- {sentence(rng, language)}" for _ in range(5)))
        if number % 5 == 0:
            rows = "\n".join(f"| {sentence(rng, language)} | {rng.randint(1, 99)} |" for _ in range(4))
            blocks.append(f"| A | B |\n|---|---|\n{rows}")
        made.append(blocks)
        length += sum(len(block.encode()) + 2 for block in blocks)
    return made


def whole(made: list[list[str]]) -> bytes:
    return ("\n\n".join(block for clause in made for block in clause) + "\n").encode()


def edited(made: list[list[str]], rng: random.Random, language: str, share: float = 0.03) -> list[list[str]]:
    """The same clauses with such a share of their sentences written anew."""

    def line(text: str) -> str:
        if text.startswith(("#", "|")) or rng.random() >= share * (1 if text.startswith("-") else 3):
            return text
        if text.startswith("- "):
            return f"- {sentence(rng, language)}"
        end = text.find(". ") + 1
        return f"{sentence(rng, language)}{text[end:]}"

    return [["\n".join(line(text) for text in block.split("\n")) for block in clause] for clause in made]


def restructured(made: list[list[str]], rng: random.Random, language: str) -> list[list[str]]:
    """Every clause elsewhere, under another heading, and each tenth sentence written anew."""
    moved = [clause.copy() for clause in edited(made, rng, language, share=0.1)]
    rng.shuffle(moved)
    for number, clause in enumerate(moved, 1):
        title = f"{rng.choice(_HEADINGS[language])} ({number})"
        clause[0] = f"## 제{number}조 {title}" if language == "ko" else f"## {number}. {title}"
    return moved


Change = Callable[[list[list[str]], random.Random, str], list[list[str]]]


def grown(size: int, language: str, change: Change) -> Pair:
    """A pair of about `size` bytes a side."""
    rng = random.Random(size)  # noqa: S311 - the same texts at every run
    made = clauses(rng, language, size)
    return Pair(id=f"{size}", language=language, old=whole(made), new=whole(change(made, rng, language)))


def pairs(count: int = 116) -> Iterator[Pair]:
    """Pairs of the sizes that real policies have (0.6 to 100 kB, most near 11), one in thirteen of them Korean."""
    rng = random.Random(count)  # noqa: S311
    for number in range(count):
        language = "ko" if number % 13 == 0 else "en"
        size = int(min(100_000, max(640, rng.lognormvariate(9.3, 0.8))))
        made = clauses(rng, language, size)
        changed = whole(edited(made, rng, language))
        yield Pair(id=f"g-{number:03}", language=language, old=whole(made), new=changed)

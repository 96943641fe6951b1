"""What may be exchanged for another of its kind, and where it stands in a passage."""

from __future__ import annotations

import pytest

from publisher.changes.instances import instances
from publisher.changes.lexicon import lexicon
from publisher.changes.references import Numbering

NOWHERE = Numbering({}, {}, {})

# language, text, (words, what they count as, proof)
FOUND = [
    ("en", "Nothing of the kind.", []),
    ("en", "See https://www.Example.com/a/b.", [("https://www.Example.com/a/b", "url example.com ", "M7")]),
    ("en", "The list of processors: https://example.com/p.",
     [("https://example.com/p", "url example.com https://example.com/p", "M7")]),
    ("ko", "수탁업체 목록은 https://example.com/p 에 있습니다.",
     [("https://example.com/p", "url example.com https://example.com/p", "M7")]),
    ("en", "Write to Privacy@Example.com now.", [("Privacy@Example.com", "email example.com", "M7")]),
    ("en", "Call +82-2-555-0100.", [("+82-2-555-0100", "phone", "M7")]),
    ("en", "We sit at 12 River Street, Suite 4.", [("12 River Street, Suite 4", "address", "M7")]),
    ("ko", "주소는 서울특별시 보기구 보기로 12입니다.", [("서울특별시 보기구 보기로 12", "address", "M7")]),
    ("en", "Click 'Settings' there.", [("Settings", "label ", "M7")]),
    ("en", "Click 'Delete my account' there.", [("Delete my account", "label R08,delete", "M7")]),
    ("ko", "'설정' 버튼을 누릅니다.", [("설정", "label ", "M7")]),
    ("en", "See Section 3.", [("Section 3", "number 3", "M3")]),
    ("ko", "행정자치부에 알립니다.", [("행정자치부", "name 행정안전부", "M9")]),
    ("en", "Google, Inc. and Facebook Inc were there.",
     [("Google, Inc.", "name Google LLC", "M9"), ("Facebook Inc", "name Meta Platforms, Inc", "M9")]),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "expected"), FOUND)
def test_instances(language: str, text: str, expected: list[tuple[str, str, str]]) -> None:
    found = [(text[a:b], key, code) for a, b, key, code in instances(text, lexicon(language), NOWHERE, new=False)]
    assert found == expected


def test_in_order_of_place_and_longer_ones_first() -> None:
    text = "Section 2, then https://example.com/010-1234-5678, and a@example.com."
    places = [(a, -b) for a, b, _, _ in instances(text, lexicon("en"), NOWHERE, new=True)]
    assert places == sorted(places)
    assert len(places) >= 3


def test_a_number_is_of_its_own_text() -> None:
    numbering = Numbering({"3": 7}, {"4": 7}, {})
    (before,) = instances("Section 3", lexicon("en"), numbering, new=False)
    (after,) = instances("Section 4", lexicon("en"), numbering, new=True)
    assert before[2] == after[2] == "clause 7"

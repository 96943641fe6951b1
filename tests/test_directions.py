"""Whether a change makes the reader's position better or worse, reason by reason and word by word."""

from __future__ import annotations

import pytest

from publisher.changes.directions import direction
from publisher.changes.lexicon import lexicon

# code, language, before, after, direction forwards, direction backwards
CASES = [
    # figures: a longer period serves whom the reason serves
    ("R07", "en", "It is kept for 30 days.", "It is kept for 90 days.", "worse", "better"),
    ("R20", "en", "We tell you 7 days before.", "We tell you 14 days before.", "better", "worse"),
    ("R17", "en", "You may sue within 30 days.", "You may sue within 60 days.", "better", "worse"),
    ("R15", "en", "We tell you within 2 days.", "We tell you within 5 days.", "worse", "better"),
    ("R07", "ko", "90일 동안 보관합니다.", "180일 동안 보관합니다.", "worse", "better"),
    ("R07", "en", "It is kept for 2 months.", "It is kept for 3 weeks.", "better", "worse"),
    # 30 days are a month
    ("R07", "en", "It is kept for 30 days.", "It is kept for one month.", "unknown", "unknown"),
    # two figures at once are not plain
    ("R07", "en", "It is kept for 30 days, then 5 days.", "It is kept for 40 days, then 2 days.", "unknown", "unknown"),
    # numbers without a unit of time
    ("R18", "en", "The fee is 1,000 won.", "The fee is 2,500 won.", "worse", "better"),
    ("R18", "en", "The fee is 1,000 won, twice 3.", "The fee is 2,500 won, twice 4.", "unknown", "unknown"),
    # power and benefit
    ("R05", "en", "", "We share it with couriers.", "worse", "better"),
    ("R10", "en", "", "You may ask for a copy.", "better", "worse"),
    ("R05", "en", "", "We do not share it.", "better", "worse"),
    ("R23", "en", "", "It holds for the shop.", "unknown", "unknown"),
    ("R22", "en", "Write to the desk.", "Write to the office.", "neutral", "neutral"),
    # small words
    ("R05", "en", "We share it.", "We do not share it.", "better", "worse"),
    ("R10", "en", "You may ask for a copy.", "You may ask for a copy unless it is old.", "worse", "better"),
    ("R05", "en", "We share it.", "We share it only with couriers.", "better", "worse"),
    ("R05", "en", "We share it.", "We share all of it.", "worse", "better"),
    ("R15", "en", "We will protect it.", "We try to protect it.", "worse", "better"),
    ("R07", "en", "It is kept for a while.", "It is kept for a while, except for invoices.", "worse", "better"),
    ("R05", "en", "We never share it with shops and banks.", "We never share it with shops.", "worse", "better"),
    # and for or: both of two items are more, both of two conditions harder to meet
    ("R05", "en", "We share names or photos.", "We share names and photos.", "worse", "better"),
    ("R10", "en", "If you ask or pay, we send it.", "If you ask and pay, we send it.", "worse", "better"),
    ("R11", "en", "You refuse by mail or telephone.", "You refuse by mail and telephone.", "worse", "better"),
    ("R05", "ko", "이름 또는 사진을 제공합니다.", "이름 및 사진을 제공합니다.", "worse", "better"),
    # limits
    ("R20", "en", "We tell you at least 7 days before.", "We tell you at most 7 days before.", "worse", "better"),
    ("R07", "en", "It is kept for 7 days.", "It is kept for at least 7 days.", "worse", "better"),
    ("R15", "en", "We tell you in 3 days.", "We tell you in no more than 3 days.", "better", "worse"),
    ("R23", "en", "It holds for 3 shops.", "It holds for at most 3 shops.", "unknown", "unknown"),
    # words that are better or worse by themselves
    ("R03", "en", "The field is optional.", "The field is mandatory.", "worse", "better"),
    ("R03", "ko", "선택 항목입니다.", "필수 항목입니다.", "worse", "better"),
    # a company that was named is only described
    (
        "R05",
        "en",
        "We share it with Example Ltd. as agreed.",
        "We share it with partners as agreed.",
        "worse",
        "unknown",
    ),
]


@pytest.mark.parametrize(("code", "language", "before", "after", "forth", "back"), CASES)
def test_directions(code: str, language: str, before: str, after: str, forth: str, back: str) -> None:
    words = lexicon(language)
    assert (direction(code, before, after, words).value, direction(code, after, before, words).value) == (forth, back)

"""Every sentence of program, pages and mails has its Korean, with the same gaps."""

from __future__ import annotations

import re

import pytest

from publisher.changes.reasons import REASONS
from publisher.messages import translator
from tests.catalogue import collected, stored


def texts(message_id: object) -> list[str]:
    return [message_id] if isinstance(message_id, str) else list(message_id)  # type: ignore[call-overload]


def gaps(text: str) -> set[str]:
    plain = text.replace("{{", "").replace("}}", "")
    return set(re.findall(r"\{(\w+)[^}]*\}", plain)) | set(re.findall(r"%\((\w+)\)s", plain))


def test_the_catalogue_is_complete_and_has_nothing_left_over() -> None:
    """`make messages` collects new sentences; their Korean is then to be written."""
    wanted = {str(m.id) for m in collected() if m.id}
    there = {str(m.id) for m in stored() if m.id}
    assert wanted - there == set()
    assert there - wanted == set()


@pytest.mark.parametrize("message", [m for m in stored() if m.id], ids=lambda m: texts(m.id)[0][:40])
def test_each_sentence_has_its_korean(message: object) -> None:
    english, korean = texts(message.id), texts(message.string)  # type: ignore[attr-defined]
    assert all(korean), english
    assert not message.fuzzy  # type: ignore[attr-defined]
    for words in korean:
        assert gaps(words) <= gaps(english[0]) | gaps(english[-1])
        assert gaps(english[0]) - {"count"} <= gaps(words), english
    if re.search(r"[a-z]{4,} [a-z]{3,} [a-z]{2,}", english[0]):
        assert re.search("[가-힣]", korean[0]), english


def test_every_reason_reads_in_korean() -> None:
    for reason in REASONS.values():
        assert re.search("[가-힣]{2}", translator("ko")(reason.sentence))

"""Mails before they go out: as files, and to oneself; and what in a notice advertises."""

from __future__ import annotations

import mailbox
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from publisher.notice.promotion import promotion
from tests.conftest import Desk, Ended
from tests.mailing import FINDING, NOTICE

NOW = "--now=2026-11-23T09:30"


def test_every_kind_of_reader_gets_files(desk: Desk, publisher: Callable[..., Ended]) -> None:
    desk.retention()
    ended = publisher("mail", "preview", "privacy", "--out", "preview", NOW, cwd=desk.root)
    assert (ended.status, ended.err) == (0, "")
    names = sorted(file.name for file in (desk.root / "preview").iterdir())
    kinds = ["account", "guardian", "watcher"]
    assert names == sorted(
        f"privacy-{language}-{kind}{suffix}"
        for language in ("en", "ko")
        for kind in kinds
        for suffix in (".eml", ".html", ".txt")
    )
    text = (desk.root / "preview" / "privacy-en-account.txt").read_text("utf-8")
    assert text.startswith("Dear Example Reader,\n")
    assert "10 Dec 2026" in text
    assert "(made when it is announced)" in text
    guardian = (desk.root / "preview" / "privacy-ko-guardian.html").read_text("utf-8")
    assert guardian.count("<h1>") == 1
    parsed = message_from_bytes((desk.root / "preview" / "privacy-ko-watcher.eml").read_bytes(), policy=policy.default)
    assert "List-Unsubscribe" in parsed
    assert not desk.register().waiting("privacy"), "a preview announces nothing"


def test_a_preview_of_what_is_pending_says_what_is_then_mailed(desk: Desk, publisher: Callable[..., Ended]) -> None:
    desk.retention()
    assert publisher("mail", "preview", "privacy", "--out", "before", NOW, cwd=desk.root).status == 0
    desk.recipients()
    desk.tick("2026-11-23T09:30")
    (id_,) = {version.id for version in desk.register().waiting("privacy")}
    assert publisher("mail", "preview", f"privacy-{id_}", "--out", "after", NOW, cwd=desk.root).status == 0
    for kind in ("en-account", "ko-guardian"):
        before = (desk.root / "before" / f"privacy-{kind}.txt").read_text("utf-8").splitlines()
        after = (desk.root / "after" / f"privacy-{id_}-{kind}.txt").read_text("utf-8").splitlines()
        assert before[:-1] == after[:-1]
        assert before[-1] != after[-1], "the line of the journal is not known before"


def test_a_test_mail_is_never_taken_for_the_notice(desk: Desk, publisher: Callable[..., Ended]) -> None:
    desk.retention()
    ended = publisher("mail", "test", "privacy", "--to", "legal@example.com", NOW, cwd=desk.root)
    assert (ended.status, ended.err) == (0, "")
    found = [message_from_bytes(bytes(m), policy=policy.default) for m in mailbox.Maildir(desk.root / "var" / "mail")]
    assert len(found) == 2
    assert all(str(m["Subject"]).startswith(("[Test] ", "[시험] ")) for m in found)
    assert all(str(m["To"]).endswith("<legal@example.com>") for m in found)
    assert len({m["Message-ID"] for m in found}) == 2
    (english,) = (m for m in found if m["Content-Language"] == "en")
    assert isinstance(english, EmailMessage)
    for kind in ("plain", "html"):
        body = english.get_body((kind,))
        assert body is not None
        assert "This is a test, sent to this address alone." in body.get_content()
    assert not desk.register().waiting("privacy")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("mail preview terms --out x", "S262"),
        ("mail preview privacy-20990101 --out x", "S262"),
        ("mail test privacy --to a,b@example.com", "S265"),
    ],
)
def test_what_cannot_be_previewed(desk: Desk, publisher: Callable[..., Ended], line: str, code: str) -> None:
    desk.retention()
    ended = publisher(*line.split(), NOW, cwd=desk.root)
    assert ended.status == 2
    assert code in ended.err
    assert not (desk.root / "x").exists()


def test_an_offer_in_the_reason_is_not_announced(desk: Desk, publisher: Callable[..., Ended]) -> None:
    reason = 'reason = { ko = "법이 바뀌었습니다. 지금 구매하세요.", en = "The law has changed. Buy now!" }\n'
    desk.retention(reason=reason)
    ended = publisher("check", NOW, cwd=desk.root)
    assert ended.status == 3
    assert ended.err.count("S263") == 2
    assert "Buy now" in ended.err
    desk.tick("2026-11-23T09:30")
    assert not desk.register().waiting("privacy")
    assert publisher("mail", "preview", "privacy", "--out", "x", NOW, cwd=desk.root).status in (2, 3)


@pytest.mark.parametrize(
    "words",
    [
        "지금 구매하세요",
        "(광고) 새 소식",
        "전 상품 20% 할인",
        "Shop now",
        "20% off everything",
        "A special offer for you",
        "쿠폰을 드립니다",
    ],
)
def test_offers(words: str) -> None:
    found = list(promotion(replace(NOTICE, reason={"ko": words, "en": words})))
    assert [(p.code, p.severity) for p in found] == [("S263", "error")] * 2


@pytest.mark.parametrize(
    "words", ["이벤트 참여자의 정보를 7년간 보관합니다.", "Records of purchases from events are kept.", "신규 기능"]
)
def test_words_of_advertising_are_pointed_out(words: str) -> None:
    found = list(promotion(replace(NOTICE, reason={"ko": words, "en": words})))
    assert {(p.code, p.severity) for p in found} == {("S264", "warning")}


def test_a_policy_about_events_may_say_so() -> None:
    finding = {**FINDING, "before": "Event entries: 1 year", "after": "Event entries: 20% off"}
    about = replace(
        NOTICE,
        reason={"ko": "", "en": "How long event entries are kept changes: 20% off."},
        summary={"ko": [], "en": []},
        findings={"ko": [], "en": [finding]},
    )
    assert list(promotion(about)) == []
    assert list(promotion(NOTICE)) == []

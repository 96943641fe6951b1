"""A site on which everything has happened that can happen to a version, for tests of whole sites."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from publisher.records import fingerprint
from publisher.register.journal import Event
from publisher.register.store import VersionStore
from tests.conftest import Desk, seoul
from tests.lives import announced, found, happened, postponed, shown, withdrawn

COOKIES = {
    "en": "# Cookie Policy {#top}\n\n## 1. Cookies {#cookies}\n\nWe use cookies, see [below](#end).\n\n"
    "| Name | Days |\n|---|--:|\n| id | 3 |\n\n## 2. End {#end}\n\nSee the [privacy policy](/en/privacy/#retention)[^1].\n\n"
    "[^1]: Or write to <mailto:office@example.com>.\n",
    "ko": "# 쿠키 방침 {#top}\n\n## 1. 쿠키 {#cookies}\n\n쿠키를 씁니다. [아래](#end)를 보십시오.\n\n"
    "| 이름 | 일 |\n|---|--:|\n| id | 3 |\n\n## 2. 끝 {#end}\n\n[개인정보 처리방침](/ko/privacy/#retention)을 보십시오[^1].\n\n"
    "[^1]: 또는 <mailto:office@example.com>로 쓰십시오.\n",
}


def first_version(
    desk: Desk, policy: str, id_: str, at: str, texts: dict[str, str] = COOKIES, **record: object
) -> None:
    """A first version, announced at `at` for the day that its id names."""
    model = found(desk, "20200101").record
    data = {language: text.encode("utf-8") for language, text in texts.items()}
    made = replace(
        model,
        policy=policy,
        id=id_,
        kind="terms",
        title={"ko": "쿠키 방침", "en": "Cookie Policy"},
        effective=date.fromisoformat(id_[:8]),
        announced=None,
        history=False,
        previous="",
        texts={language: fingerprint(text) for language, text in data.items()},
        **record,
    )
    VersionStore(desk.workspace.versions).put(made, data, at=seoul(at))
    happened(desk, Event.ANNOUNCED, id_, at, policy=policy, effective=made.effective.isoformat())


def everything_happened(desk: Desk) -> None:
    """In force, replaced, postponed, withdrawn, waiting; a first version that waits; two policies left alone."""
    desk.recipients()
    desk.retention()
    desk.tick("2026-11-23T09:00")
    first_version(desk, "cookies", "20270201", "2026-11-24T10:00")
    postponed(desk, "20261210", "2026-11-30T10:00", "2026-12-20")
    announced(desk, "20261210", "20261225", "2026-12-25", "2026-12-01T10:00", years=8, previous="20261210")
    withdrawn(desk, "20261225", "2026-12-05T10:00")
    happened(desk, Event.IN_FORCE, "20261210", "2026-12-20T00:01")
    announced(desk, "20261210", "20270110", "2027-01-10", "2026-12-21T10:00", years=9, previous="20261210")
    shown(desk)

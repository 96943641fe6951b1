"""Versions and what happens to them, written into the journal directly, for tests of what readers then see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from publisher.records import fingerprint
from publisher.register.journal import Event, next_entry
from publisher.register.store import VersionStore
from publisher.register.versions import Version
from publisher.website.build import build_site
from tests.conftest import Desk, seoul

WHY = {"ko": "번역을 고칠 시간이 필요합니다.", "en": "The translation needs more time."}
OFF = {"ko": "그 기능을 내지 않기로 했습니다.", "en": "The feature will not be offered."}


def happened(desk: Desk, event: Event, version: str, at: str, *, policy: str = "privacy", **data: Any) -> str:
    """Write one more line into the journal; its hash."""
    journal = VersionStore(desk.workspace.versions).journal
    entry = next_entry(journal.read(), at=seoul(at), event=event, policy=policy, version=version, data=data)
    journal.write(entry)
    return entry.hash


def postponed(desk: Desk, version: str, at: str, effective: str, reason: Mapping[str, str] = WHY, **more: Any) -> str:
    return happened(desk, Event.POSTPONED, version, at, effective=effective, reason=reason, **more)


def withdrawn(desk: Desk, version: str, at: str, reason: Mapping[str, str] | str = OFF, **more: Any) -> str:
    return happened(desk, Event.WITHDRAWN, version, at, reason=reason, **more)


def frozen(
    desk: Desk, like: str, id_: str, effective: str, at: str, *, years: int = 0, policy: str = "privacy", **record: Any
) -> None:
    """A version like another one, with another day of effect; with `years`, order records are kept for so long."""
    model = found(desk, like, policy)
    texts = dict(model.texts)
    for language, words in (("en", b"Order records: %d years"), ("ko", "주문 기록: %d년".encode())) if years else ():
        before = next(words % n for n in range(20) if words % n in texts[language])
        texts[language] = texts[language].replace(before, words % years)
    made = replace(
        model.record,
        id=id_,
        effective=date.fromisoformat(effective),
        texts={language: fingerprint(text) for language, text in texts.items()},
        **{"history": False, "announced": None, **record},
    )
    VersionStore(desk.workspace.versions).put(made, texts, at=seoul(at))


def announced(desk: Desk, like: str, id_: str, effective: str, at: str, **more: Any) -> None:
    """The same, and announced."""
    frozen(desk, like, id_, effective, at, **more)
    happened(desk, Event.ANNOUNCED, id_, at, policy=more.get("policy", "privacy"), effective=effective)


def found(desk: Desk, id_: str, policy: str = "privacy") -> Version:
    version = desk.register().find(policy, id_)
    assert version is not None
    return version


def shown(desk: Desk) -> None:
    """Build the site as the journal has it."""
    build_site(desk.workspace, desk.register())

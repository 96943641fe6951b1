"""What the tests of mailing share: a workspace by hand, recipients, a notice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from publisher.mail.compose import Composer
from publisher.mail.database import open_database
from publisher.mail.importing import ImportReport, import_recipients
from publisher.mail.recipients import Recipient
from publisher.mail.vault import Vault
from publisher.messages import Localized
from publisher.notice.wording import Notice
from publisher.website.addresses import Addresses
from publisher.workspace import Workspace, parse_settings, site_files

NOW = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
KEY = bytes(range(32))
VAULT = Vault(KEY)
HEAD = "sha256:" + "ab" * 32

HANA = Recipient(id="u1", address="hana@example.com", name="김하나", language="ko", guardian=False)
ANN = Recipient(id="u2", address="ann@example.org", name="Ann", language="en", guardian=False)


def workspace_at(root: Path, url: str = "sqlite:///var/publisher.db", smtp: str = "maildir:var/mail") -> Workspace:
    """A workspace that consists of its settings."""
    settings = f"""
        [site]
        base_url = "https://policies.example.com"
        organisation = {{ ko = "예시", en = "Example" }}
        contact = "privacy@example.com"
        [mail]
        from = "privacy@example.com"
        smtp_url = "{smtp}"
        [database]
        url = "{url}"
    """
    return Workspace(root=root, settings=parse_settings(settings.encode()))


@contextmanager
def database_at(workspace: Workspace) -> Iterator[Engine]:
    engine = open_database(workspace)
    try:
        yield engine
    finally:
        engine.dispose()


def take_in(engine: Engine, folder: Path, rows: str, vault: Vault = VAULT, **more: Any) -> ImportReport:
    """Import rows of id,email,name,language,guardian."""
    file = folder / "list.csv"
    file.write_text("id,email,name,language,guardian\n" + rows, "utf-8")
    return import_recipients(engine, vault, file, ("ko", "en"), **more)


FINDING = {
    "code": "R05",
    "topic": "retention",
    "level": "significant",
    "direction": "worse",
    "clause": {"id": "retention", "title": "Retention"},
    "before": "kept for 5 years",
    "after": "kept for 7 years",
    "explanation": {"ko": "보유 기간이 5년에서 7년으로 늘어납니다.", "en": "Kept for 7 years instead of 5."},
}
KOREAN_FINDING = {
    **FINDING,
    "clause": {"id": "retention", "title": "보유 기간"},
    "before": "5년간 보관",
    "after": "7년간 보관",
}
NOTICE = Notice(
    policy="privacy",
    version="20261208",
    previous="20200727",
    title=Localized.of({"ko": "개인정보 처리방침", "en": "Privacy Policy"}),
    organisation=Localized.of({"ko": "예시 주식회사", "en": "Example Inc."}),
    level="significant",
    days=14,
    announced=date(2026, 11, 23),
    effective=date(2026, 12, 8),
    zone="Asia/Seoul",
    counted={"ko": "", "en": ""},
    reason={"ko": "법이 바뀌었습니다.", "en": "The law has changed."},
    summary={"ko": ["주문 기록을 7년간 보관합니다."], "en": ["Order records are kept for 7 years."]},
    findings={"ko": [KOREAN_FINDING], "en": [FINDING]},
    consent="",
)


def composer(**of_notice: Any) -> Composer:
    """Writes the letters of a notice, changed by `of_notice`."""
    return Composer(
        notice=replace(NOTICE, **of_notice),
        sender="privacy@example.com",
        contact="help@example.com",
        addresses=Addresses("https://policies.example.com"),
        folders=[site_files()],
        announced_at=NOW,
        zone=ZoneInfo("Asia/Seoul"),
        head=HEAD,
    )

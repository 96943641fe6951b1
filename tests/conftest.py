"""Fixtures that many tests share: a workspace on a simulated clock, and the command line in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings

from publisher.mail.mailers import Mailer, MemoryMailer
from publisher.register.repository import commit_all, open_texts
from publisher.register.store import VersionStore
from publisher.register.versions import Register
from publisher.run.create import IDENTITY, create_workspace
from publisher.run.engine import Engine
from publisher.run.tick import Report, tick
from publisher.workspace import SETTINGS_FILE, Workspace, open_workspace
from tests import canary

settings.register_profile(
    "tests", derandomize=True, deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("tests")

# Every process of the tests has it, and says it nowhere.
os.environ["PUBLISHER_SMTP_PASSWORD"] = canary.PASSWORD

SEOUL = ZoneInfo("Asia/Seoul")
REASON = 'reason = { ko = "법이 바뀌었습니다.", en = "The law has changed." }\n'


def seoul(text: str) -> datetime:
    """A moment in Seoul, as the instant that it is."""
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL).astimezone(UTC)


@dataclass
class Desk:
    """A workspace as a lawyer and an operator use it, on a clock that the test sets."""

    root: Path
    now: datetime
    mailer: MemoryMailer

    @property
    def workspace(self) -> Workspace:
        return open_workspace(self.root)

    @property
    def site(self) -> Path:
        return self.workspace.output

    def edit(self, name: str, before: str, after: str) -> None:
        """Change words in a text; they must stand there."""
        file = self.root / "policy_docs" / name
        text = file.read_text("utf-8")
        assert before in text, f"{before!r} is not in {name}"
        file.write_text(text.replace(before, after), "utf-8")

    def write(self, name: str, content: str | bytes) -> None:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))

    def commit(self) -> str:
        return commit_all(self.root, "A change", IDENTITY)

    def set(self, before: str, after: str) -> None:
        """Change a setting."""
        file = self.root / SETTINGS_FILE
        text = file.read_text("utf-8")
        assert before in text
        file.write_text(text.replace(before, after), "utf-8")

    def retention(self, years: int = 7, *, reason: str = REASON) -> None:
        """The change of the examples that everything is tried with: order records are kept longer."""
        self.edit("privacy/en.md", "Order records: 5 years", f"Order records: {years} years")
        self.edit("privacy/ko.md", "주문 기록: 5년", f"주문 기록: {years}년")
        self.write("policy_docs/privacy/change.toml", reason)
        self.commit()

    def telephone(self) -> None:
        """A minor change: the same office has another number."""
        for language in ("en", "ko"):
            self.edit(f"privacy/{language}.md", "+82-2-555-0100", "+82-2-555-0199")
        self.write("policy_docs/privacy/change.toml", REASON)
        self.commit()

    def engine(self, mailers: Callable[[], Mailer] | None = None) -> Engine:
        workspace = self.workspace
        return Engine(
            workspace=workspace,
            clock=lambda: self.now,
            texts=lambda: open_texts(workspace.root),
            mailers=mailers or (lambda: self.mailer),
            git_dir=workspace.root / ".git",
        )

    def tick(self, at: str | None = None, mailers: Callable[[], Mailer] | None = None) -> Report:
        if at:
            self.now = seoul(at)
        return tick(self.engine(mailers))

    def register(self) -> Register:
        return VersionStore(self.workspace.versions).load()

    def recipients(self, rows: str = "u1,hana@example.com,하나,ko\nu2,ann@example.org,Ann,en\nu3,,,en\n") -> None:
        from publisher.mail.database import open_database
        from publisher.mail.importing import import_recipients
        from publisher.mail.vault import open_vault

        file = self.root / "var" / "list.csv"
        file.parent.mkdir(exist_ok=True)
        file.write_text("id,email,name,language\n" + rows, "utf-8")
        database = open_database(self.workspace)
        import_recipients(database, open_vault(self.workspace), file, ("ko", "en"))
        database.dispose()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that holds, and left an address or a password where none belongs, has failed."""
    report = yield
    if report.when == "call" and report.passed:
        found = canary.said(report.capstdout + report.capstderr + report.caplog)
        folder = getattr(item, "funcargs", {}).get("tmp_path")
        if folder:
            found += canary.written(folder)
        if found:
            report.outcome = "failed"
            report.longrepr = "It left what must stand nowhere:\n" + "\n".join(found)
    return report


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new workspace, made once."""
    root = tmp_path_factory.mktemp("template") / "w"
    create_workspace(root)
    settings_file = root / SETTINGS_FILE
    settings_file.write_text(settings_file.read_text("utf-8").replace("simulated = false", "simulated = true"), "utf-8")
    commit_all(root, "On a simulated clock", IDENTITY)
    return root


@pytest.fixture
def desk(template: Path, tmp_path: Path) -> Desk:
    """A workspace of the two example policies, in force since 2020, on the morning of Monday 23 November 2026."""
    import shutil

    root = tmp_path / "w"
    shutil.copytree(template, root)
    return Desk(root=root, now=seoul("2026-11-23T09:00"), mailer=MemoryMailer())


@dataclass
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str


@pytest.fixture
def publisher(tmp_path: Path) -> Callable[..., Ended]:
    """Run the command line in a process of its own: `publisher("tick", cwd=…, language="ko")`."""

    def run(
        *arguments: str, cwd: Path | None = None, language: str = "en", stdin: str | None = None, **more: str
    ) -> Ended:
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "GIT_", "COV_"))},
            "LANG": {"en": "en_US.UTF-8", "ko": "ko_KR.UTF-8"}[language],
            "PYTHONWARNINGS": "error",
            **more,
        }
        ended = subprocess.run(
            [sys.executable, "-m", "publisher", *arguments],
            cwd=cwd or tmp_path,
            env=environment,
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
        )
        if arguments[:2] != ("recipients", "export") and "--help" not in arguments:  # whose examples name one
            assert canary.said(ended.stdout + ended.stderr) == []
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    return run

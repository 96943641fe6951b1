"""The whole story on a simulated clock: a first version, a minor change and a significant one.

Everything is real but the time: a git repository, a mail server on loopback, the site as visitors would see
it. What a lawyer would write stands in `_MINOR` and `_SIGNIFICANT`.
"""

from __future__ import annotations

import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from publisher.errors import Blocked
from publisher.mail.database import open_database
from publisher.mail.importing import import_recipients
from publisher.mail.mailers import mailer_factory
from publisher.mail.vault import open_vault
from publisher.messages import Localized, Message, msg, msg_n, translator
from publisher.notice.wording import level_name, notice_id
from publisher.register.repository import commit_all, open_texts
from publisher.register.store import VersionStore
from publisher.register.versions import Version
from publisher.run.create import IDENTITY, create_workspace, example_policies
from publisher.run.engine import Engine
from publisher.run.status import deliveries
from publisher.run.tick import Report, tick
from publisher.run.verify import verify
from publisher.workspace import SETTINGS_FILE, Workspace, open_workspace

_MARK: Final = ".publisher-demo"
_RECIPIENTS: Final = """id,email,name,language,guardian
u-1,minji@example.com,민지,ko,
u-2,alex@example.org,Alex,en,
u-3,parent@example.net,보호자,ko,true
u-4,,,ko,
"""
_MINOR: Final = (
    ("privacy/en.md", "+82-2-555-0100", "+82-2-555-0199"),
    ("privacy/ko.md", "+82-2-555-0100", "+82-2-555-0199"),
)
_MINOR_REASON: Final = 'reason = { ko = "상담 전화번호가 바뀌었습니다.", en = "Our help line has a new number." }\n'
_SIGNIFICANT: Final = (
    ("privacy/en.md", "Order records: 5 years", "Order records: 7 years"),
    ("privacy/ko.md", "주문 기록: 5년", "주문 기록: 7년"),
)
_SIGNIFICANT_REASON: Final = (
    'reason = { ko = "세법의 보존 기간이 늘었습니다.", en = "Tax law now requires a longer period." }\n'
)


@dataclass
class _Story:
    """The workspace, its clock, and who listens."""

    root: Path
    show: Callable[[Message | str], None]
    now: datetime = datetime(2026, 11, 2, 0, 30, tzinfo=UTC)

    @property
    def workspace(self) -> Workspace:
        return open_workspace(self.root)

    def at(self, day: str) -> None:
        """Set the clock to a moment in Seoul."""
        self.now = datetime.fromisoformat(f"{day}+09:00").astimezone(UTC)
        self.tell(msg("● {moment}", moment=self.now.astimezone(self.workspace.settings.notice.timezone)))

    def tell(self, message: Message | str) -> None:
        self.show(message)

    def tick(self) -> Report:
        workspace = self.workspace
        return tick(
            Engine(
                workspace=workspace,
                clock=lambda: self.now,
                texts=lambda: open_texts(workspace.root),
                mailers=mailer_factory(workspace),
            )
        )

    def change(self, edits: tuple[tuple[str, str, str], ...], reason: str) -> None:
        """What a lawyer does: edit the texts, say why, commit."""
        for name, before, after in edits:
            file = self.root / "policy_docs" / name
            text = file.read_text("utf-8")
            if before not in text:
                raise ValueError(f"{before!r} is not in {name}")
            file.write_text(text.replace(before, after), "utf-8")
        (self.root / "policy_docs" / "privacy" / "change.toml").write_text(reason, "utf-8")
        commit_all(self.root, "A change", IDENTITY)


def demo(folder: Path, show: Callable[[Message | str], None]) -> None:
    """Tell the story in `folder`; what an earlier demonstration left there is removed.

    Raises Blocked (C539) where `folder` holds something else.
    """
    root = folder.absolute()
    _make_room(root)
    create_workspace(root, examples=False)
    (root / _MARK).write_text("The demonstration of publisher; it may be deleted.\n", "utf-8")
    with _mail_server(root / "var" / "received") as port:
        settings = root / SETTINGS_FILE
        text = settings.read_text("utf-8").replace("simulated = false", "simulated = true")
        settings.write_text(text.replace('"maildir:var/mail"', f'"smtp://127.0.0.1:{port}"'), "utf-8")
        _tell(_Story(root, show))


def _tell(story: _Story) -> None:
    for name, data in example_policies().items():
        path = story.root / "policy_docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    commit_all(story.root, "The first texts", IDENTITY)
    story.at("2026-11-02T09:30")
    story.tick()
    story.tell(msg("  The first versions are published: nobody has to be told of a change yet."))
    _recipients(story)

    story.at("2026-11-09T09:30")
    story.tell(msg("  A lawyer commits a new telephone number, in both languages, with the reason."))
    story.change(_MINOR, _MINOR_REASON)
    minor = _announce(story)
    story.at("2026-11-12T12:00")
    _nothing(story)
    _effect(story, minor)

    story.at("2026-11-23T09:00")
    story.tell(msg("  A lawyer commits a longer retention period, in both languages, with the reason."))
    story.change(_SIGNIFICANT, _SIGNIFICANT_REASON)
    significant = _announce(story)
    story.at("2026-12-01T12:00")
    _nothing(story)
    _effect(story, significant)
    _end(story)


def _recipients(story: _Story) -> None:
    workspace = story.workspace
    file = story.root / "var" / "recipients.csv"
    file.write_text(_RECIPIENTS, "utf-8")
    database = open_database(workspace)
    try:
        report = import_recipients(database, open_vault(workspace), file, tuple(workspace.settings.site.languages))
    finally:
        database.dispose()
        file.unlink()
    story.tell(
        msg(
            "  {count} recipients taken in, their addresses encrypted; {missing} without an address.",
            count=report.added,
            missing=report.without_address,
        )
    )


def _announce(story: _Story) -> Version:
    """A tick that announces; tells what the change was read as, the dates, and the mails."""
    report = story.tick()
    step = report.done[0]
    version = report.observation.register.find(step.policy, step.version)
    if version is None:
        raise ValueError(step)
    findings = version.record.findings
    for english, korean in zip(findings["en"], findings["ko"], strict=True):
        clause = Localized.of({"en": english["clause"]["title"], "ko": korean["clause"]["title"]})
        explained = Localized.of({"en": english["explanation"]["en"], "ko": korean["explanation"]["ko"]})
        story.tell(
            msg(
                "  read as {level} [{code}], {clause}: {explanation}",
                level=level_name(english["level"]),
                code=english["code"],
                clause=clause,
                explanation=explained,
            )
        )
    for language in ("en", "ko"):
        story.tell(f"  [{language}] " + version.record.counted[language])
    outcomes = deliveries(story.workspace)[notice_id(version.policy, version.id)]
    story.tell(
        msg_n(
            "  announced on the site; {count} mail handed over to the mail server",
            "  announced on the site; {count} mails handed over to the mail server",
            outcomes.get("handed_over", 0),
        )
    )
    return version


def _nothing(story: _Story) -> None:
    done = story.tick().done
    story.tell(msg("  In between nothing is due.") if not done else msg("  {count} steps done.", count=len(done)))


def _effect(story: _Story, version: Version) -> None:
    story.at(f"{version.effective.isoformat()}T00:00")
    story.tick()
    story.tell(msg("  Version {version} is in force; the one before stays at its address.", version=version.id))


def _end(story: _Story) -> None:
    workspace = story.workspace
    problems, entries, versions = verify(workspace)
    if problems:
        raise Blocked(problems)
    received = sorted((story.root / "var" / "received" / "new").iterdir())
    story.tell(
        msg(
            "✓ {entries} journal entries and {versions} versions verified, {mails} mails received.",
            entries=entries,
            versions=versions,
            mails=len(received),
        )
    )
    register = VersionStore(workspace.versions).load()
    current = register.in_force("privacy")
    for language in workspace.settings.site.languages:
        page = workspace.output / language / "privacy" / "history" / "index.html"
        story.tell(f"  {translator(language).value(current.record.title[language]) if current else ''}: {page}")
    story.tell(
        msg("To look around: {command} --workspace {folder} site serve", command=sys.argv[0], folder=str(story.root))
    )
    story.tell(msg("The mails are in {folder}", folder=str(story.root / "var" / "received" / "new")))


def _make_room(root: Path) -> None:
    if root.exists() and any(root.iterdir()) and not (root / _MARK).exists():
        raise Blocked.of(
            "C539",
            msg("{folder} holds something else than an earlier demonstration.", folder=str(root)),
            msg("Name another folder with --folder."),
        )
    if root.exists():
        shutil.rmtree(root)


@contextmanager
def _mail_server(folder: Path) -> Iterator[int]:
    """A mail server on loopback that keeps what it gets in a Maildir; its port."""
    from aiosmtpd.controller import Controller
    from aiosmtpd.handlers import Mailbox

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    folder.parent.mkdir(parents=True, exist_ok=True)
    controller = Controller(Mailbox(folder), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()

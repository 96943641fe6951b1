"""A program that sends what is due of one notice, to be killed by its test: python -m tests.mail_worker ROOT URL PORT."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from publisher.mail.mailers import mailer_factory
from publisher.mail.outbox import Outbox
from publisher.mail.send import Limits, send_notice
from publisher.mail.workers import hold_worker
from tests.mailing import VAULT, composer, database_at, workspace_at

NOTICE = "privacy-20261208"


def clock() -> datetime:
    return datetime.now(UTC)


def work(root: Path, url: str, port: int, connections: int, *, hold: bool) -> None:
    """Send until nothing is due."""
    workspace = workspace_at(root, url, smtp=f"smtp://127.0.0.1:{port}")
    limits = Limits(connections=connections, per_domain=connections)
    with database_at(workspace) as database, hold_worker(database, workspace.state) as worker:
        outbox = Outbox(database, VAULT, NOTICE, worker, hold=hold)
        outbox.recover(clock())
        send_notice(outbox, composer(), mailer_factory(workspace, {}), limits, clock)


if __name__ == "__main__":
    root, url, port, connections, hold = sys.argv[1:]
    work(Path(root), url, int(port), int(connections), hold=hold == "hold")

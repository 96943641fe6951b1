"""A tick that is killed at any of its writes and run again ends like one that was not disturbed (P1-P6)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from publisher.mail.mailers import mailer_factory
from tests.conftest import Desk, seoul

ANNOUNCED = "2026-11-23T09:00"
EFFECTIVE = "2026-12-10T00:00"
#: A prime, so that the writes tried differ from one kind of step to the next; 1 tries every write.
STRIDE = int(os.environ.get("PUBLISHER_KILL_STRIDE", "29"))


def killing(root: Path, *moments: str, stride: int = STRIDE) -> dict[str, object]:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.killing", str(root), str(stride), *(seoul(m).isoformat() for m in moments)],
        cwd=Path(__file__).parent.parent, capture_output=True, text=True, timeout=1200, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    found: dict[str, object] = json.loads(ended.stdout)
    return found


@pytest.mark.parametrize("change", ["significant", "minor"])
def test_killed_while_announcing(desk: Desk, change: str) -> None:
    desk.recipients()
    desk.tick("2026-11-20T09:00")
    desk.retention() if change == "significant" else desk.telephone()
    found = killing(desk.root, ANNOUNCED)
    assert found["bad"] == []
    assert isinstance(found["tried"], int)
    assert found["tried"] >= 20, "the tick made fewer writes than it must have"


@pytest.mark.parametrize("later", [("2026-11-23T20:00", "2026-11-24T10:00"), ("2026-11-25T10:00", "2026-11-26T10:00")])
def test_killed_while_announcing_and_resumed_later(desk: Desk, later: tuple[str, str]) -> None:
    """In the evening, or two days on, when the date that was hoped for is no longer lawful."""
    desk.recipients()
    desk.tick("2026-11-20T09:00")
    desk.retention()
    found = killing(desk.root, ANNOUNCED, *later, stride=2 * STRIDE + 1)
    assert found["bad"] == []


def test_killed_while_taking_effect(desk: Desk) -> None:
    desk.recipients()
    desk.retention()
    desk.tick(ANNOUNCED, mailers=mailer_factory(desk.workspace))
    found = killing(desk.root, EFFECTIVE)
    assert found["bad"] == []
    assert isinstance(found["tried"], int)
    assert found["tried"] >= 5


#: Kills of each kind; `make simulate` sets 200.
KILLS = int(os.environ.get("PUBLISHER_KILLS", "8"))


@pytest.mark.parametrize("step", ["announce", "take effect"])
def test_killed_at_random_moments(desk: Desk, step: str) -> None:
    """Also inside the database and git, where no audit event tells of a write: the end is that of an undisturbed run."""
    desk.recipients("".join(f"u{i},u{i}@example.com,Name {i},en\n" for i in range(40)))
    desk.tick("2026-11-20T09:00")
    desk.retention()
    moment = ANNOUNCED
    if step == "take effect":
        desk.tick(ANNOUNCED, mailers=mailer_factory(desk.workspace))
        moment = EFFECTIVE
    chosen = int(os.environ.get("PUBLISHER_SEED", "20261123"))
    ended = subprocess.run(
        [sys.executable, "-m", "tests.killing", "--random", str(KILLS), str(chosen), str(desk.root), "0",
         seoul(moment).isoformat()],
        cwd=Path(__file__).parent.parent, capture_output=True, text=True, timeout=7200, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    print(step, found)
    assert found["bad"] == []
    assert found["killed"] == KILLS


def test_a_killed_command_is_finished_by_the_next(desk: Desk) -> None:
    """The command line itself, from its start on."""
    desk.recipients("".join(f"u{i},u{i}@example.com,Name {i},en\n" for i in range(40)))
    desk.retention()
    command = [sys.executable, "-m", "publisher", "-C", str(desk.root), "tick", "--now", ANNOUNCED]
    for delay in (0.6, 0.9, 1.1, 1.3, 1.7):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
    desk.tick(ANNOUNCED, mailers=mailer_factory(desk.workspace))
    version = desk.register().find("privacy", "20261210")
    assert version is not None
    assert version.deliveries == {"handed_over": 40}
    assert len(list((desk.root / "var" / "mail" / "new").iterdir())) == 40
    assert [e.event.value for e in desk.register().entries].count("announced") == 1

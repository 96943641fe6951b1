"""Kills a tick at each of its writes in turn and runs it again. A process of its own, for it forks.

Usage: python -m tests.killing WORKSPACE STRIDE MOMENT [LATER ...]. WORKSPACE is a workspace with something due at
MOMENT; it is copied for every try. Run again at the same moment, it must end like an undisturbed run. Where LATER
moments are given it is run again at these instead, and must then be lawful and whole. Prints one JSON line: how many
writes there were, how many were tried, and what was wrong.

With --random KILLS SEED before the rest (STRIDE then means nothing) it is killed so often at random moments of its
run, also inside the database and git, where no audit event tells of a write.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from datetime import datetime
from email import message_from_bytes
from pathlib import Path
from typing import Any

from publisher.errors import Locked, PublisherError
from publisher.mail import receipts
from publisher.mail.mailers import mailer_factory
from publisher.notice.calendar import count
from publisher.register.holidays import rules_of
from publisher.register.repository import open_texts
from publisher.register.store import VersionStore
from publisher.run.engine import Engine
from publisher.run.tick import tick
from publisher.run.verify import verify
from publisher.workspace import open_workspace

CHANGING = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.truncate", "os.chmod"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def run(root: Path, moment: datetime) -> None:
    workspace = open_workspace(root)
    tick(
        Engine(
            workspace=workspace, clock=lambda: moment, texts=lambda: open_texts(workspace.root),
            mailers=mailer_factory(workspace),
        )
    )  # fmt: skip


def state(root: Path) -> dict[str, Any]:
    """All that a person could find afterwards."""
    workspace = open_workspace(root)
    files = {
        str(path.relative_to(folder)): path.read_bytes().hex()
        for folder in (workspace.versions, workspace.output.resolve())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".staging" not in path.parts
    }
    mails = sorted(str(message_from_bytes(path.read_bytes())["To"]) for path in (root / "var" / "mail").glob("new/*"))
    return {"files": files, "mails": mails, "problems": [p.code for p in verify(workspace)[0]]}


def torn(root: Path) -> str:
    """What a visitor would see at this moment that is neither the old site nor the new one; "" where it is whole."""
    from publisher.website.publish import changed_files

    output = open_workspace(root).output
    return ", ".join(changed_files(output)[:3]) if output.exists() else "no site"


def killed_at(root: Path, moment: datetime, wanted: int) -> bool:
    """Run a tick in a child that dies at its `wanted`-th write; False where it ended before."""
    child = os.fork()
    if child == 0:
        seen = 0

        def hook(event: str, arguments: tuple[Any, ...]) -> None:
            nonlocal seen
            writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING
            if writes or event in CHANGING:
                seen += 1
                if seen == wanted:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        status = 0
        try:
            run(root, moment)
        except PublisherError:
            status = 3
        os._exit(status)
    _, ended = os.waitpid(child, 0)
    if os.WIFSIGNALED(ended):
        return True
    if os.waitstatus_to_exitcode(ended) != 0:
        raise RuntimeError(f"the undisturbed tick ended with {ended}")
    return False


def killed_after(root: Path, moment: datetime, seconds: float) -> bool:
    """Run a tick in a child that is killed after so many seconds; False where it had ended before."""
    child = os.fork()
    if child == 0:
        status = 0
        try:
            run(root, moment)
        except BaseException:  # the child must not go on as a second parent
            traceback.print_exc()
            status = 3
        os._exit(status)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, ended = os.waitpid(child, 0)
    if os.WIFSIGNALED(ended):
        return True
    if os.waitstatus_to_exitcode(ended) != 0:
        raise RuntimeError(f"the undisturbed tick ended with {ended}")
    return False


def at_random(workspace: Path, kills: int, seed: int, moment: datetime) -> dict[str, Any]:
    """Kill so many runs, each at a moment drawn from the time that an undisturbed run takes."""
    drawn = random.Random(seed)  # noqa: S311
    bad: list[str] = []
    killed = late = waited = 0
    with tempfile.TemporaryDirectory(dir=memory()) as scratch:
        root = Path(scratch) / "try"
        took = []
        for _ in range(3):
            shutil.rmtree(root, ignore_errors=True)
            shutil.copytree(workspace, root, symlinks=True)
            begun = time.monotonic()
            run(root, moment)  # the first warms the caches, which every child inherits
            took.append(time.monotonic() - begun)
        expected, length = state(root), min(took)
        while killed < kills and late < 20 * kills:
            shutil.rmtree(root)
            shutil.copytree(workspace, root, symlinks=True)
            after = drawn.uniform(0, 1.1 * length)
            if not killed_after(root, moment, after):
                late += 1
                continue
            killed += 1
            wrong = torn(root)
            waited += resume(root, moment)
            wrong += different(state(root), expected)
            if wrong:
                bad.append(f"killed after {after:.3f} of {length:.3f} s: {wrong}")
    return {
        "killed": killed,
        "ended_before": late,
        "waited_for_the_lock": waited,
        "seconds": round(length, 3),
        "seed": seed,
        "bad": bad,
    }


def resume(root: Path, moment: datetime) -> bool:
    """Run again; True where the lock had to be waited for.

    A git that was being started when its parent was killed holds the lock until it has become git: some milliseconds.
    """
    for tried in range(200):
        try:
            run(root, moment)
        except Locked:
            time.sleep(0.05)
        else:
            return tried > 0
    raise RuntimeError("the lock outlived the run that was killed")


def memory() -> str | None:
    """A place in memory, where the machine has one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108


def unlawful(root: Path) -> str:
    """What is wrong with what was announced, whenever the run was resumed; "" where all is well."""
    workspace = open_workspace(root)
    rules = rules_of(workspace.settings.notice)
    register = VersionStore(workspace.versions).load()
    upcoming = [v for v in register.versions if register.state(v) == "upcoming"]
    found = [p.code for p in verify(workspace)[0]]
    if len(upcoming) != 1:
        found.append(f"{len(upcoming)} versions are announced")
    for version in upcoming:
        if version.announced_at is None or version.notified_at is None:
            found.append("not everyone was told")
            continue
        counted = count(rules.day_of(version.notified_at), version.record.days, rules)
        if version.record.effective < counted.earliest:
            found.append(f"{version.record.effective} is earlier than {counted.earliest}")
    mails = list((root / "var" / "mail" / "new").glob("*"))
    recipients = sum((v.deliveries or {}).get("handed_over", 0) for v in upcoming)
    if len(mails) != recipients:
        found.append(f"{len(mails)} mails for {recipients} recipients")
    return ", ".join(found)


def main(workspace: Path, stride: int, moment: datetime, later: list[datetime]) -> dict[str, Any]:
    bad: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        undisturbed = Path(scratch) / "undisturbed"
        shutil.copytree(workspace, undisturbed, symlinks=True)
        run(undisturbed, moment)
        expected = state(undisturbed)
        wanted = 1
        while True:
            root = Path(scratch) / "try"
            shutil.copytree(workspace, root, symlinks=True)
            if not killed_at(root, moment, wanted):
                break
            wrong = torn(root)
            for resumed in later or [moment]:
                run(root, resumed)
            wrong += unlawful(root) if later else different(state(root), expected)
            if wrong:
                bad.append(f"killed at write {wanted}: {wrong}")
            shutil.rmtree(root)
            wanted += stride
    return {"writes": wanted - 1, "tried": (wanted - 1) // stride, "bad": bad}


def different(found: dict[str, Any], expected: dict[str, Any]) -> str:
    names = {**found["files"], **expected["files"]}
    files = [k for k in names if found["files"].get(k) != expected["files"].get(k)]
    return "" if found == expected else f"{files[:5]} {found['mails']} {found['problems']}"


if __name__ == "__main__":
    # Two runs are compared byte by byte; what is random in them is made the same.
    receipts.new_salt = lambda recipient: hashlib.sha256(recipient.encode("utf-8")).digest()
    if sys.argv[1] == "--random":
        place, when = Path(sys.argv[4]), datetime.fromisoformat(sys.argv[6])
        print(json.dumps(at_random(place, int(sys.argv[2]), int(sys.argv[3]), when)))
        sys.exit(0)
    moments = [datetime.fromisoformat(m) for m in sys.argv[3:]]
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]), moments[0], moments[1:])))

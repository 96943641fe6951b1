"""A quiet tick: what a full tick looked at is as it was, and nothing falls due yet, so there is nothing to do.

A full tick that found nothing to do leaves in `var/quiet.json` what it saw and until when that holds
(`publisher.run.rest`). The next one compares and is done, in a few milliseconds however many versions there are. In
any doubt the answer is None, and a full tick follows.

It is asked before the program is loaded: only small modules of Python itself are imported here, and no git is run.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
from datetime import datetime, timedelta

TYPE_CHECKING = False  # typing takes longer to load than all that is done here
if TYPE_CHECKING:
    from typing import Any

FILE = "quiet.json"
SCHEMA = "publisher/quiet/v1"
SETTINGS = "publisher.toml"
#: As `clock.MOST_BACKWARDS` and `clock.MOST_AHEAD`, which cost too much to import (a test holds them together).
MOST_BACKWARDS = timedelta(minutes=5)
MOST_AHEAD = timedelta(hours=48)
#: So far the moment of the last tick may lie behind before it is written down anew.
MARK_LAGS = timedelta(hours=1)

#: inode, size, times of its content and of its entry in nanoseconds
Signature = list[int]


def still_quiet(root: str, now: datetime, git_dir: str, program: list[Any] | None = None) -> dict[str, Any] | None:
    """What the last full tick left, where it still holds at `now`; None in any doubt.

    `git_dir`: the repository that the texts are read from. `program`: the files that run, where this process has run
    for a while. Keys of the answer: `words` (by language, lines to say), `next` (moment of the next step or None).
    """
    state = os.path.join(root, "var")
    try:
        lock = os.open(os.path.join(state, "publisher.lock"), os.O_RDWR)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        stored = _read(os.path.join(state, FILE))
        mark = datetime.fromisoformat(_read(os.path.join(state, "clock.json"))["last"])
        known = stored["schema"] == SCHEMA and stored["seen"]["git_dir"] == os.path.realpath(git_dir)
        if not (known and _in_time(stored, mark, now)):
            return None
        found = look(root, git_dir, stored["seen"]["branches"], stored["seen"]["output"], program)
        if found is None or found != stored["seen"]:
            return None
        if now - mark > MARK_LAGS and not _marked(state, now):
            return None
        return {"words": stored["words"], "next": stored["next"]}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    finally:
        os.close(lock)


def look(
    root: str, git_dir: str, branches: list[str], output: str, program: list[Any] | None = None
) -> dict[str, Any] | None:
    """Everything that what is due depends on, as far as it can be had without reading it all; None where it cannot.

    Paths, signatures of files, the settings in full. The versions' own folders are not looked into.
    """
    try:
        root = os.path.realpath(root)
        with open(os.path.join(root, SETTINGS), encoding="utf-8") as file:
            settings = file.read()
        site = os.path.join(root, output)
        return {
            "root": root,
            "git_dir": os.path.realpath(git_dir),
            "branches": branches,
            "tips": [_tip(git_dir, branch) for branch in branches],
            "settings": settings,
            "versions": _signature(os.path.join(root, "versions")),
            "journal": _signature(os.path.join(root, "versions", "journal.jsonl")),
            "output": output,
            "site": [os.readlink(site), _signature(os.path.realpath(site) + ".db")],
            "own_site": _files(os.path.join(root, "site")),
            "program": program_files() if program is None else program,
            "libraries": _libraries(),
        }
    except (OSError, ValueError):
        return None


def program_files() -> list[Any]:
    """The program's own files with their signatures: another version of it has others."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    pages = [] if os.path.isdir(os.path.join(package, "site")) else _files(os.path.join(package, "..", "site"))
    return [sys.version, package, _files(package), pages]


def tip(git_dir: str, branch: str) -> str:
    """The commit that `branch` names, read from the files of the repository; "" where they do not tell plainly."""
    found = _tip(git_dir, branch)
    if isinstance(found, str):
        return found
    try:
        with open(os.path.join(git_dir, "packed-refs"), encoding="utf-8") as file:
            for line in file:
                commit, _, name = line.rstrip("\n").partition(" ")
                if name == f"refs/heads/{branch}":
                    return commit
    except (OSError, ValueError):
        pass
    return ""


def _tip(git_dir: str, branch: str) -> str | Signature | None:
    """What tells where `branch` is: its commit, or the signature of the file of packed refs. ValueError in doubt."""
    try:
        with open(os.path.join(git_dir, "refs", "heads", branch), encoding="ascii") as file:
            commit = file.read().strip()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        try:
            return _signature(os.path.join(git_dir, "packed-refs"))
        except FileNotFoundError:
            return None  # no such branch
    if len(commit) not in {40, 64} or commit.strip("0123456789abcdef"):
        raise ValueError(commit)
    return commit


def _in_time(stored: dict[str, Any], mark: datetime, now: datetime) -> bool:
    """Whether nothing falls due yet, and the clock is not one that the full tick would doubt."""
    looked, until = (datetime.fromisoformat(stored[key]) for key in ("looked", "until"))
    latest = max(mark, looked)
    return latest - MOST_BACKWARDS <= now < until and now <= mark + MOST_AHEAD


def _marked(state: str, now: datetime) -> bool:
    from pathlib import Path

    from publisher.errors import PublisherError
    from publisher.run.clock import write_mark

    try:
        write_mark(Path(state), now)
    except PublisherError:
        return False
    return True


def _signature(path: str) -> Signature:
    found = os.stat(path)
    return [found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def _files(folder: str) -> list[Any]:
    """Every file below `folder` with its signature, in order; what Python compiled is left out."""
    found: list[Any] = []
    try:
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda e: e.name):
                if entry.is_dir():
                    if entry.name != "__pycache__":
                        found += _files(entry.path)
                else:
                    found.append([entry.path, *_signature(entry.path)])
    except (FileNotFoundError, NotADirectoryError):
        pass
    return found


def _libraries() -> list[Any]:
    """The folders that libraries are installed into; installing another one changes them."""
    folders = [f for f in sys.path if os.path.basename(f) in {"site-packages", "dist-packages"} and os.path.isdir(f)]
    return [[folder, *_signature(folder)] for folder in sorted(folders)]


def _read(path: str) -> Any:
    with open(path, encoding="utf-8") as file:
        return json.load(file)

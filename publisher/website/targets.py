"""Where a built site is brought to: a folder of this machine, or another one by rsync. A bucket: `bucket`.

Each keeps, beside the pages, a record of what it was brought (`RECORD`): it says which files need not be brought
again, whose site this is, and which upload broke off. Nothing is ever removed from a target.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from publisher.errors import Misconfigured, PublisherError
from publisher.messages import msg
from publisher.website.builds import KEPT
from publisher.website.live import NotLive

#: The record of what a target was brought; it begins with a dot, so web servers by our rules do not show it.
RECORD: Final = ".publisher-deployed.json"
#: Seconds without a byte after which rsync gives up, and for one call of it in all.
_SILENCE: Final = 60
_PATIENCE: Final = 1800


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """What is brought: files of a build, in stages, of which each may be seen before the next one is there."""

    #: the build's folder
    source: Path
    #: paths below it
    stages: Sequence[Sequence[str]]
    #: the record while the upload goes on, and when it has ended
    begun: bytes
    done: bytes


class Target(Protocol):
    """A place that a web server shows."""

    def record(self) -> bytes | None:
        """What was written here last; None where nothing stands here yet.

        Raises Misconfigured (C587) where something else stands here, NotLive (S250) where it cannot be reached.
        """

    def deliver(self, delivery: Delivery) -> None:
        """Bring it, the record first and last; NotLive (S250, S251) where it could not be, or not all of it."""


def away(target: str, reason: str) -> PublisherError:
    return NotLive.of(
        "S250",
        msg("The site could not be brought to {target}: {reason}.", target=target, reason=reason.strip().rstrip(".")),
        msg("Nothing was announced. Look whether the target is up and may be written to; the next run tries again."),
    )


def broke_off(target: str, reason: str) -> PublisherError:
    return NotLive.of(
        "S251",
        msg("The upload to {target} broke off: {reason}.", target=target, reason=reason.strip().rstrip(".")),
        msg(
            "Nothing was announced. What readers see is whole: new pages are brought before those that lead to them. "
            "The next run finishes it."
        ),
    )


def foreign(target: str, found: str) -> PublisherError:
    return Misconfigured.of(
        "C587",
        msg(
            "{target} holds {found}, which publisher did not bring there; nothing was overwritten.",
            target=target,
            found=found,
        ),
        msg("Name an empty folder or prefix as deploy.target, or move away what stands there."),
    )


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of this machine.

    Where nothing stands there yet, it becomes a symbolic link to a folder beside it and each delivery is switched to
    by one rename. A folder that is there already (a mount, say) is filled file by file, each by one rename.
    """

    path: Path

    def record(self) -> bytes | None:
        try:
            if self.path.is_symlink():
                if not self.path.resolve().is_relative_to(self._builds.resolve()):
                    raise foreign(str(self.path), str(self.path.readlink()))
                return self._read()
            if not self.path.exists():
                return None
            if not self.path.is_dir():
                raise foreign(str(self.path), self.path.name)
            found = self._read()
            others = sorted(f.name for f in self.path.iterdir() if f.name != "lost+found")
            if found is None and others:
                raise foreign(str(self.path), others[0])
            return found
        except OSError as error:
            raise away(str(self.path), error.strerror or str(error)) from error

    def deliver(self, delivery: Delivery) -> None:
        try:
            if self.path.is_symlink() or not self.path.exists():
                self._switch(delivery)
            else:
                self._fill(delivery)
        except OSError as error:
            raise broke_off(str(self.path), error.strerror or str(error)) from error

    @property
    def _builds(self) -> Path:
        return self.path.with_name(f".{self.path.name}-deployed")

    def _read(self) -> bytes | None:
        try:
            return (self.path / RECORD).read_bytes()
        except FileNotFoundError:
            return None

    def _switch(self, delivery: Delivery) -> None:
        """A new folder, of links to what stays and of what is new, and one rename."""
        self._builds.mkdir(parents=True, exist_ok=True)
        self._builds.chmod(0o755)
        old = self.path.resolve() if self.path.is_symlink() else None
        current = int(old.name) if old else 0
        for stale in self._numbered():
            if int(stale.name) > current:
                shutil.rmtree(stale)
        new = self._builds / f"{current + 1:06d}"
        changed = {path for stage in delivery.stages for path in stage}
        if old:
            for file in (f for f in old.rglob("*") if f.is_file() and not f.is_symlink()):
                path = file.relative_to(old).as_posix()
                if path not in changed and path != RECORD:
                    _parents(new, path)
                    _link(file, new / path)
        for path in sorted(changed):
            _put(new, path, (delivery.source / path).read_bytes())
        _put(new, RECORD, delivery.done)
        os.sync()
        link = self.path.with_name(f".{self.path.name}.new")
        link.unlink(missing_ok=True)
        link.symlink_to(new.relative_to(self.path.parent), target_is_directory=True)
        link.replace(self.path)
        for older in self._numbered()[:-KEPT]:
            shutil.rmtree(older, ignore_errors=True)

    def _numbered(self) -> list[Path]:
        return sorted(f for f in self._builds.iterdir() if f.name.isdigit())

    def _fill(self, delivery: Delivery) -> None:
        _put(self.path, RECORD, delivery.begun)
        for stage in delivery.stages:
            for path in stage:
                _put(self.path, path, (delivery.source / path).read_bytes())
        os.sync()
        _put(self.path, RECORD, delivery.done)


def _parents(root: Path, path: str) -> Path:
    """The file of `path` below `root`, its folders made, which any web server may enter."""
    target = root / path
    for folder in reversed([root / each for each in Path(path).parents]):
        if not folder.is_dir():
            folder.mkdir(parents=True)
            folder.chmod(0o755)
    if not target.parent.resolve().is_relative_to(root.resolve()):
        raise foreign(str(root), path)
    return target


def _put(root: Path, path: str, data: bytes) -> None:
    """The file whole, by one rename; readable for any web server, whatever this account's mask."""
    target = _parents(root, path)
    temporary = target.with_name(f".{target.name}.publisher-new")
    temporary.unlink(missing_ok=True)
    temporary.write_bytes(data)
    temporary.chmod(0o644)
    temporary.replace(target)


def _link(file: Path, target: Path) -> None:
    try:
        os.link(file, target)
    except OSError:  # a file system without hard links
        shutil.copy2(file, target)


@dataclass(frozen=True, slots=True)
class Rsync:
    """Another machine by ssh, or a folder of this one, by rsync."""

    #: `user@host`, or "" for this machine
    host: str
    path: str

    def record(self) -> bytes | None:
        listed = self._run("--list-only", "--", self._there)
        if listed.returncode == 23 and b"No such file" in listed.stderr:
            return None
        if listed.returncode:
            raise away(self._name, _reason(listed))
        # "-rw-r--r--  1,234 2026/11/23 09:00:00 name"
        names = [line.split(None, 4)[4] for line in os.fsdecode(listed.stdout).splitlines() if line.count(" ") >= 4]
        if RECORD not in names:
            others = sorted(set(names) - {".", "lost+found"})
            if others:
                raise foreign(self._name, others[0])
            return None
        with tempfile.TemporaryDirectory() as folder:
            fetched = self._run("--ignore-times", "--", f"{self._there}{RECORD}", f"{folder}/")
            if fetched.returncode:
                raise away(self._name, _reason(fetched))
            return (Path(folder) / RECORD).read_bytes()

    def deliver(self, delivery: Delivery) -> None:
        self._write(delivery.begun, away)
        for stage in delivery.stages:
            if stage:
                self._bring(delivery.source, stage, broke_off)
        self._write(delivery.done, broke_off)

    def _write(self, record: bytes, failed: _Failure) -> None:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / RECORD).write_bytes(record)
            self._bring(Path(folder), [RECORD], failed)

    def _bring(self, source: Path, paths: Sequence[str], failed: _Failure) -> None:
        ended = self._run(
            # a file of the same length and second is another one all the same
            "--ignore-times",
            "--delay-updates",
            "--perms",
            "--chmod=D755,F644",
            "--mkpath",
            "--from0",
            "--files-from=-",
            "--",
            f"{source}/",
            self._there,
            stdin=b"".join(os.fsencode(path) + b"\0" for path in paths),
        )
        if ended.returncode:
            raise failed(self._name, _reason(ended))

    @property
    def _name(self) -> str:
        return f"{self.host}:{self.path}" if self.host else self.path

    @property
    def _there(self) -> str:
        return f"{self._name}/"

    def _run(self, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        kept = ("PATH", "HOME", "SSH_AUTH_SOCK", "TMPDIR")
        command = ["rsync", "--secluded-args", f"--timeout={_SILENCE}"]
        if self.host:
            command.append("--rsh=ssh -o BatchMode=yes -o ConnectTimeout=20")
        try:
            return subprocess.run(
                [*command, *arguments],
                input=stdin,
                capture_output=True,
                env={**{name: os.environ[name] for name in kept if name in os.environ}, "LC_ALL": "C"},
                timeout=_PATIENCE,
                check=False,
            )
        except FileNotFoundError as error:
            raise Misconfigured.of(
                "C590",
                msg("rsync is not installed here, and deploy.target needs it."),
                msg("Install rsync, or name another target."),
            ) from error
        except subprocess.TimeoutExpired as error:
            raise broke_off(self._name, "timeout") from error


class _Failure(Protocol):
    def __call__(self, target: str, reason: str) -> PublisherError: ...


def _reason(ended: subprocess.CompletedProcess[bytes]) -> str:
    lines = [line for line in ended.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[0][:300] if lines else f"rsync {ended.returncode}"

"""The one way to write a file or a folder: whole, flushed, put in place by one rename, read back.

Whoever reads sees the old bytes or the new ones, never a mixture, also after a kill or a power cut.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from publisher.errors import IntegrityBroken, Locked, PublisherError, cannot_write
from publisher.messages import msg


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_file(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Put `data` at `path`.

    Raises ServiceAway for a full or failing disk, Misconfigured where writing is not allowed; the former
    content of `path` then still stands.
    """
    temporary = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise cannot_write(str(path), error) from error
    if path.read_bytes() != data:
        raise _not_as_written(path)


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Fill the new folder `folder` with `files` (relative path to bytes); what stood there before is removed.

    The folder is not yet in its final place: the caller puts it there by one rename. Errors as `write_file`.
    """
    try:
        if folder.exists():
            shutil.rmtree(folder)
        for name, data in files.items():
            target = folder / name
            if not target.resolve().is_relative_to(folder.resolve()):
                raise PublisherError.of("C522", msg("{path} leads out of its folder.", path=name))
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        for below in sorted({(folder / name).parent for name in files} | {folder}):
            sync_folder(below)
    except OSError as error:
        raise cannot_write(str(folder), error) from error
    for name, data in files.items():
        if (folder / name).read_bytes() != data:
            raise _not_as_written(folder / name)


def move_folder(source: Path, target: Path) -> None:
    """Put `source` in its final place `target`, which must not exist, by one rename."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        raise cannot_write(str(target), error) from error


def _not_as_written(path: Path) -> PublisherError:
    return IntegrityBroken.of(
        "V401",
        msg("{path} does not hold what was just written to it.", path=str(path)),
        msg("The disk may be failing. Do not publish; check the disk, restore from a backup, run `publisher verify`."),
    )


@contextmanager
def only_run(lock: Path) -> Iterator[None]:
    """Hold `lock` while at work; it dies with its process. Raises Locked (exit 9) where another run holds it."""
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise cannot_write(str(lock), error) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Locked.of(
                "C530",
                msg("Another run of publisher is at work in this workspace."),
                msg("Wait until it has ended, or stop it with Ctrl-C; nothing was changed."),
            ) from error
        yield
    finally:
        os.close(descriptor)

"""Faults on purpose: the n-th write to the disk, statement of the database or letter fails, or the process dies there.

In one process: a crash is a BaseException, so what only a real kill can show is left to tests/test_kill.py.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
CHANGING = frozenset({"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.truncate"})
ERRORS = {"disk full": errno.ENOSPC, "input/output error": errno.EIO, "read-only": errno.EROFS}


class Crash(BaseException):
    """The process dies here."""


@dataclass(frozen=True)
class Fault:
    """What fails, and at which event counted from 1. `lasting`: everything of its kind after it fails too."""

    kind: str = "none"
    at: int = 0
    lasting: bool = False

    def __repr__(self) -> str:
        return f"Fault({self.kind!r}, {self.at}, {self.lasting})" if self.at else "Fault()"


NONE = Fault()
KINDS = (*ERRORS, "crash", "database", "database crash", "mail crash")


@dataclass
class Faults:
    """The one place that knows what is to fail next, below `root` only."""

    root: str = ""
    fault: Fault = NONE
    #: called where a fault strikes, before it does
    on_fault: Callable[[], None] = lambda: None
    struck: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    #: files written and not yet flushed to the disk
    unflushed: set[str] = field(default_factory=set)
    #: renamed into place before they were flushed: a power cut would leave them empty
    careless: list[str] = field(default_factory=list)
    _busy: bool = False

    def strike(self, event: str) -> None:
        """Count an event ("disk", "database", "mail"), and fail where it is the wanted one."""
        if self._busy or not self.root:
            return
        self.seen[event] += 1
        kind = self.fault.kind
        wanted = {"crash": "disk", "database": "database", "database crash": "database", "mail crash": "mail"}
        if event != wanted.get(kind, "disk" if kind in ERRORS else ""):
            return
        reached = self.seen[event]
        if not (reached == self.fault.at or (self.fault.lasting and reached > self.fault.at)):
            return
        self.struck += 1
        self._busy = True
        try:
            self.on_fault()
        finally:
            self._busy = False
        if kind in ERRORS:
            raise OSError(ERRORS[kind], os.strerror(ERRORS[kind]))
        if kind == "database":
            raise sqlite3.OperationalError("disk I/O error")
        raise Crash

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.root or self._busy:
            return
        if event == "open":
            path, _, flags = arguments
            if not (isinstance(flags, int) and flags & WRITING) or not self._ours(path):
                return
            self.strike("disk")
            self.unflushed.add(os.fspath(path))
        elif event in CHANGING:
            if not self._ours(arguments[0]):
                return
            self.strike("disk")
            if event == "os.rename":
                self._renamed(os.fspath(arguments[0]), os.fspath(arguments[1]))

    def _ours(self, path: object) -> bool:
        if not isinstance(path, str | os.PathLike):
            return False
        text = os.fspath(path)
        return not str(text).startswith("/") or str(text).startswith(self.root)

    def _renamed(self, source: str, target: str) -> None:
        self._busy = True
        try:
            places = [source, str(Path(source).resolve())]
        finally:
            self._busy = False
        if Path(target).suffix == ".cache" or Path(target).parent.name == "workers":
            return  # a compiled template that a power cut tore is noticed, and made again; a lock has nothing in it
        open_still = [p for p in self.unflushed if any(p == s or p.startswith(f"{s}/") for s in places)]
        self.careless += [f"{Path(p).name} by way of {Path(target).name}" for p in open_still]

    def fsync(self, descriptor: int) -> None:
        self.strike("disk")
        with suppress(OSError):
            self.unflushed.discard(str(Path(f"/proc/self/fd/{descriptor}").readlink()))

    def sync(self) -> None:
        if self.fault.kind == "crash":  # sync(2) cannot fail
            self.strike("disk")
        self.unflushed.clear()

    def statement(self, *_: object) -> None:
        self.strike("database")

    @contextmanager
    def armed(self, root: Path, fault: Fault, on_fault: Callable[[], None]) -> Iterator[Counter[str]]:
        """Let `fault` happen below `root`; yields what is counted meanwhile."""
        self.root, self.fault, self.on_fault = str(root), fault, on_fault
        self.struck, self.seen = 0, Counter()
        self.unflushed, self.careless = set(), []
        try:
            yield self.seen
        finally:
            self.root = ""


@contextmanager
def installed() -> Iterator[Faults]:
    """Faults can be armed within; nothing is flushed to a real disk meanwhile."""
    from sqlalchemy import Engine, event

    faults = Faults()
    # An audit hook stays for ever; without a root it does nothing.
    sys.addaudithook(faults.audit)
    fsync, sync = os.fsync, os.sync
    os.fsync, os.sync = faults.fsync, faults.sync  # type: ignore[assignment]
    event.listen(Engine, "before_cursor_execute", faults.statement)
    event.listen(Engine, "commit", faults.statement)
    try:
        yield faults
    finally:
        os.fsync, os.sync = fsync, sync
        event.remove(Engine, "before_cursor_execute", faults.statement)
        event.remove(Engine, "commit", faults.statement)

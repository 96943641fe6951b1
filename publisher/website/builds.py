"""The folders of builds beside the published site, and what is known of each: its units and its files.

A new build is made in the folder of the oldest one that is kept, in which most of it stands already; what changed since
is linked from the build in force or made anew. So a build costs as much as what has changed, however many files
the site has. A file is never written over: builds share it, and a visitor may be reading it.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from publisher.records import fingerprint
from publisher.website.clauses import Note
from publisher.website.units import is_noted

#: How many builds are kept, the one in force among them.
KEPT: Final = 3
_NEXT: Final = "next"
#: Of the tables; builds that were listed otherwise, by another release, are not built upon.
_LAYOUT: Final = 1
_TABLES: Final = f"""
PRAGMA user_version = {_LAYOUT};
CREATE TABLE about (inputs TEXT NOT NULL);
CREATE TABLE groups (name TEXT PRIMARY KEY, inputs TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE unit (name TEXT PRIMARY KEY, inputs TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE file (path TEXT PRIMARY KEY, digest TEXT NOT NULL, unit TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX file_of_unit ON file (unit);
CREATE TABLE note (
  unit TEXT NOT NULL, policy TEXT NOT NULL, language TEXT NOT NULL, clause TEXT NOT NULL, value TEXT NOT NULL
);
CREATE INDEX note_of_unit ON note (unit);
CREATE INDEX note_of_policy ON note (policy);
"""


class Builds:
    """The builds of the site that is published at `output`, a symbolic link to the folder of the one in force."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self.folder = output.parent / f".{output.name}-builds"

    def current(self) -> Path | None:
        """The folder of the build in force."""
        target = self.output.resolve()
        known = self.output.is_symlink() and target.parent == self.folder.resolve() and _listed(target)
        return self.folder / target.name if known else None

    def prepare(self) -> NextBuild:
        """A build to be filled: in the oldest folder where enough are kept, else in an empty one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        folder = self.folder / _NEXT
        # Left by a run that was killed; nobody knows how far it had come.
        shutil.rmtree(folder, ignore_errors=True)
        _list_of(folder).unlink(missing_ok=True)
        current = self.current()
        spare = [f for f in self._complete() if f != current][: 2 - KEPT]
        if current and spare:
            _list_of(spare[-1]).rename(_list_of(folder))
            spare[-1].rename(folder)
        else:
            folder.mkdir()
            with closing(sqlite3.connect(_list_of(folder))) as listing:
                listing.executescript(_TABLES)
        return NextBuild(self, folder, current)

    def _complete(self) -> list[Path]:
        """The builds that were finished, oldest first."""
        return sorted(f for f in self.folder.iterdir() if f.name.isdigit() and f.is_dir() and _listed(f))

    def sweep(self) -> None:
        """Remove what no visitor can still be reading: builds before the last three, and halves of builds."""
        current = self.current()
        keep = {current, *[f for f in self._complete() if current and f.name <= current.name][-KEPT:]}
        for found in self.folder.iterdir():
            if found.name.isdigit() and found not in keep:
                shutil.rmtree(found, ignore_errors=True)
            elif found.suffix == ".db" and found.with_suffix("") not in keep:
                found.unlink(missing_ok=True)

    def number(self) -> str:
        numbers = [int(f.stem) for f in self.folder.iterdir() if f.stem.isdigit()]
        return f"{max(numbers, default=0) + 1:06d}"


class NextBuild:
    """The build that is being made."""

    def __init__(self, builds: Builds, folder: Path, current: Path | None) -> None:
        self._builds = builds
        self.folder = folder
        self._current = current
        self._listing = sqlite3.connect(_list_of(folder))
        self._listing.execute("PRAGMA synchronous = OFF")
        self._listing.execute("ATTACH ? AS former", (str(_list_of(current)) if current else ":memory:",))
        if current is None:
            tables = _TABLES.replace("TABLE ", "TABLE former.").replace("INDEX ", "INDEX former.")
            self._listing.executescript(tables)

    def changed(self, groups: Mapping[str, str], *, force: bool = False) -> set[str]:
        """Names of the groups (fingerprint by name) that differ from the build in force; the others are taken over."""
        there = {name.split("/")[0] for (name,) in self._listing.execute("SELECT name FROM unit")}
        for name in there - groups.keys():
            for unit in self._units("main", name):
                self._forget(unit)
        former = dict(self._listing.execute("SELECT name, inputs FROM former.groups")) if not force else {}
        return {name for name, inputs in groups.items() if former.get(name) != inputs or not self._follow(name)}

    def _follow(self, group: str) -> bool:
        """Bring a group to how it is in the build in force; False where a file of that is not there any more."""
        here, wanted = self._units("main", group), self._units("former", group)
        for name, inputs in here.items():
            if wanted.get(name) != inputs:
                self._forget(name)
        return all(here.get(name) == inputs or self._take_over(name, inputs) for name, inputs in wanted.items())

    def _units(self, build: str, group: str) -> dict[str, str]:
        # "0" comes right after "/"
        asked = f"SELECT name, inputs FROM {build}.unit WHERE name > ? AND name < ?"  # noqa: S608 - one of two words
        return dict(self._listing.execute(asked, (f"{group}/", f"{group}0")))

    def stale(self, groups: Iterable[str], units: Mapping[str, str], *, noted: bool, force: bool = False) -> list[str]:
        """Names of those of `units` (fingerprint by name) that have to be made; the others stand there afterwards.

        They are all the units of `groups` that are made of notes (`noted`), or that are not: what else is there of
        these goes.
        """
        there: dict[str, str] = {}
        former: dict[str, str] = {}
        for group in groups:
            there |= {n: inputs for n, inputs in self._units("main", group).items() if is_noted(n) == noted}
            former |= self._units("former", group) if not force else {}
        for name, inputs in there.items():
            if force or units.get(name) != inputs:
                self._forget(name)
        missing = [name for name in units if force or there.get(name) != units[name]]
        return [name for name in missing if former.get(name) != units[name] or not self._take_over(name, units[name])]

    def settle(self, groups: Mapping[str, str]) -> None:
        """Write down that `groups` (fingerprint by name) are all there."""
        self._listing.execute("DELETE FROM groups")
        self._listing.executemany("INSERT INTO groups VALUES (?, ?)", groups.items())

    def _forget(self, unit: str) -> None:
        for (path,) in self._listing.execute("SELECT path FROM file WHERE unit = ?", (unit,)):
            (self.folder / path).unlink(missing_ok=True)
        self._listing.execute("DELETE FROM file WHERE unit = ?", (unit,))
        self._listing.execute("DELETE FROM note WHERE unit = ?", (unit,))
        self._listing.execute("DELETE FROM unit WHERE name = ?", (unit,))

    def _take_over(self, unit: str, inputs: str) -> bool:
        """Link the files of a unit from the build in force; False where one of them is not there any more."""
        assert self._current  # noqa: S101 - it is only called for what stands there
        files = self._listing.execute("SELECT path, digest FROM former.file WHERE unit = ?", (unit,)).fetchall()
        try:
            for path, _ in files:
                _link(self._current / path, self.folder / path)
        except FileNotFoundError:
            return False
        self.add(unit, inputs, files)
        self._listing.execute("INSERT INTO note SELECT * FROM former.note WHERE unit = ?", (unit,))
        return True

    def add(self, unit: str, inputs: str, files: Iterable[tuple[str, str]], notes: Iterable[Note] = ()) -> None:
        """Write down that a unit has been made: path and digest of its files, and its notes."""
        found = [(unit, n.policy, n.language, n.clause, n.value) for n in notes]
        self._listing.executemany("INSERT INTO note VALUES (?, ?, ?, ?, ?)", found)
        self._listing.execute("INSERT OR REPLACE INTO unit VALUES (?, ?)", (unit, inputs))
        rows = [(path, digest, unit) for path, digest in files]
        self._listing.executemany("INSERT OR REPLACE INTO file VALUES (?, ?, ?)", rows)

    def notes(self, policy: str) -> list[Note]:
        """All notes about a policy, in one order."""
        asked = "SELECT policy, language, clause, value FROM note WHERE policy = ? ORDER BY language, clause, value"
        return [Note(*row) for row in self._listing.execute(asked, (policy,))]

    def vanished(self) -> list[str]:
        """Files of the build in force that this one does not have."""
        gone = "SELECT path FROM former.file WHERE path NOT IN (SELECT path FROM file) ORDER BY path"
        return [path for (path,) in self._listing.execute(gone)]

    def finish(self, inputs: str) -> Path:
        """The folder under its lasting name, complete and on the disk; not yet in force."""
        self._listing.execute("DELETE FROM about")
        self._listing.execute("INSERT INTO about VALUES (?)", (inputs,))
        self.close()
        os.sync()
        folder = self._builds.folder / self._builds.number()
        self.folder.rename(folder)
        _list_of(self.folder).rename(_list_of(folder))
        return folder

    def close(self) -> None:
        """Let go of the list of files; what is not finished is begun anew by the next run."""
        with suppress(sqlite3.ProgrammingError):
            self._listing.commit()
            self._listing.close()


def write_new(folder: Path, path: str, data: bytes, former: Path | None) -> tuple[str, str]:
    """Put a file into a build; its path and digest.

    Where the build in force, in `former`, has the same bytes, they are linked, so that what did not change keeps its
    date, by which browsers and mirrors judge.
    """
    target, digest = folder / path, fingerprint(data)
    if former and _same(former / path, data):
        _link(former / path, target)
        return path, digest
    _into(target, lambda: _write(target, data))
    return path, digest


def _write(target: Path, data: bytes) -> None:
    with target.open("xb") as file:
        file.write(data)


def _into(target: Path, put: Callable[[], None]) -> None:
    """Put a new file at `target`; what stands there is removed and not written over, for other builds share it."""
    try:
        put()
    except FileExistsError:
        target.unlink()
        put()
    except FileNotFoundError:
        target.parent.mkdir(parents=True, exist_ok=True)
        put()


def _same(file: Path, data: bytes) -> bool:
    try:
        return file.stat().st_size == len(data) and file.read_bytes() == data
    except OSError:
        return False


def _link(source: Path, target: Path) -> None:
    _into(target, lambda: os.link(source, target))


def inputs_of(build: Path | None) -> str:
    """What a build was made of; "" where there is none."""
    with _reading(build) as listing:
        row = listing.execute("SELECT inputs FROM about").fetchone() if listing else None
    return str(row[0]) if row else ""


def files_of(build: Path | None) -> dict[str, str]:
    """The files of a build, and the SHA-256 of each; nothing where there is none."""
    with _reading(build) as listing:
        return dict(listing.execute("SELECT path, digest FROM file ORDER BY path")) if listing else {}


@contextmanager
def _reading(build: Path | None) -> Iterator[sqlite3.Connection | None]:
    if build is None:
        yield None
        return
    with closing(sqlite3.connect(f"file:{_list_of(build)}?mode=ro", uri=True)) as listing:
        yield listing


def _listed(folder: Path) -> bool:
    """Whether there is a list of the build, in the layout of this release."""
    if not _list_of(folder).is_file():
        return False
    with _reading(folder) as listing, suppress(sqlite3.DatabaseError):
        return bool(listing and listing.execute("PRAGMA user_version").fetchone() == (_LAYOUT,))
    return False


def _list_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.db")

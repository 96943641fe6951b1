"""Units made and written, by several processes where it pays."""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from publisher.website.builds import write_new
from publisher.website.clauses import Note
from publisher.website.units import Unit

#: Fewer units than this are made sooner than a second process has started.
_WORTH_IT: Final = 60
#: In so many parts each process does its work: few, for neighbours have most of their words in common.
_PARTS: Final = 5

#: The name of a unit, path and SHA-256 of its files, and its notes.
Made = tuple[str, list[tuple[str, str]], list[Note]]


def render(units: Sequence[Unit], folder: Path, former: Path | None) -> Iterator[Made]:
    """Make `units` and write their files into `folder`.

    `former`: the build in force, whose files are linked where they are the same.
    """
    work = _Work(units, folder, former)
    processes = min(len(os.sched_getaffinity(0)), len(units) // _WORTH_IT)
    # Where threads are running a process cannot be doubled safely: one of them may hold a lock.
    if processes < 2 or threading.active_count() > 1:
        yield from (work.make(at) for at in range(len(units)))
        return
    step = -(-len(units) // (processes * _PARTS))
    parts = [range(start, min(start + step, len(units))) for start in range(0, len(units), step)]
    gc.freeze()  # what is there already is shared with the processes, as long as nobody looks through it
    try:
        with multiprocessing.get_context("fork").Pool(processes, _begin, (work,)) as pool:
            for made in pool.imap_unordered(_make_some, parts):
                yield from made
    finally:
        gc.unfreeze()


@dataclass(frozen=True, slots=True)
class _Work:
    units: Sequence[Unit]
    folder: Path
    former: Path | None

    def make(self, at: int) -> Made:
        unit = self.units[at]
        files, notes = [], []
        for made in unit.make():
            if isinstance(made, Note):
                notes.append(made)
            else:
                files.append(write_new(self.folder, *made, self.former))
        return unit.name, files, notes


#: What a process of the pool works on: it is doubled with it, for templates and texts cannot be sent.
_work: _Work


def _begin(work: _Work) -> None:
    global _work  # noqa: PLW0603 - the one thing that a process of the pool knows
    _work = work
    gc.disable()


def _make_some(part: range) -> list[Made]:
    return [_made(at) for at in part]


def _made(at: int) -> Made:
    made = _work.make(at)
    # A template and its macros hold one another. Looked for after each page, and only among what is new since the last
    # one, they cost little; texts and what is known of them stay, and need not be looked through again and again.
    gc.collect(1)
    return made

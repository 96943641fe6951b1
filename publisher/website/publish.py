"""The site put in place whole: a new folder, and one rename by which visitors see it.

`build/site` is a symbolic link to the folder of the build in force. A visitor reads from the old folder or from the new
one, never from both; the last three builds are kept.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from publisher.errors import IntegrityBroken, Misconfigured, cannot_write
from publisher.files import sync_folder
from publisher.messages import msg
from publisher.records import fingerprint
from publisher.website.builds import Builds, NextBuild, files_of, inputs_of
from publisher.website.rendering import render
from publisher.website.units import Group, Unit


def publish(
    output: Path,
    groups: Sequence[Group],
    inputs: str,
    *,
    force: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Bring the site at `output` to what `groups` say, and read back what is new in it.

    `inputs` stands for everything the site is made of. Raises Misconfigured where `output` is something else than a
    site of ours, ServiceAway for a full disk, IntegrityBroken (V421) where an address would vanish; the old site then
    still stands.
    """
    builds = Builds(output)
    _refuse_foreign(output, builds.folder)
    try:
        made = builds.prepare()
        try:
            filling = _Filling(made, builds.current(), force, progress)
            filling.fill(groups)
            _refuse_vanished(made)
            folder = made.finish(inputs)
        finally:
            made.close()
        temporary = output.with_name(f".{output.name}.new")
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(folder.relative_to(output.parent), target_is_directory=True)
        temporary.replace(output)
        sync_folder(output.parent)
    except OSError as error:
        raise cannot_write(str(output), error) from error
    except sqlite3.OperationalError as error:
        full = error.sqlite_errorname == "SQLITE_FULL"
        raise cannot_write(str(output), OSError(errno.ENOSPC if full else errno.EIO, str(error))) from error
    read_back(output, filling.written)
    builds.sweep()


class _Filling:
    """A build while it is filled, and the digests of what was made anew for it, by path."""

    def __init__(
        self, made: NextBuild, current: Path | None, force: bool, progress: Callable[[int, int], None] | None
    ) -> None:
        self._made, self._current, self._force, self._progress = made, current, force, progress
        self.written: dict[str, str] = {}

    def fill(self, groups: Sequence[Group]) -> None:
        """Take over what stands already, and make the rest."""
        changed = self._made.changed({group.name: group.inputs for group in groups}, force=self._force)
        outdated = [group for group in groups if group.name in changed]
        # All at once, for it is for many units that several processes pay.
        self._make(changed, [unit for group in outdated for unit in group.units()], noted=False)
        noted = [unit for group in outdated for unit in group.of_notes(self._made.notes(group.name))]
        self._make(changed, noted, noted=True)
        self._made.settle({group.name: group.inputs for group in groups})

    def _make(self, groups: set[str], units: Sequence[Unit], *, noted: bool) -> None:
        by_name = {unit.name: unit for unit in units}
        wanted = {unit.name: unit.inputs for unit in units}
        to_make = [by_name[name] for name in self._made.stale(groups, wanted, noted=noted, force=self._force)]
        for done, (name, files, notes) in enumerate(render(to_make, self._made.folder, self._current), 1):
            self._made.add(name, by_name[name].inputs, files, notes)
            self.written.update(files)
            if self._progress:
                self._progress(done, len(to_make))


def read_back(output: Path, files: Mapping[str, str]) -> None:
    """Read `files` (digest by path) as a visitor would; IntegrityBroken (V420) where one is not what was built."""
    for path, digest in files.items():
        if _digest(output / path) != digest:
            raise IntegrityBroken.of(
                "V420",
                msg("The published site does not show {path} as it was built.", path=path),
                msg(
                    "Nothing was announced. Check the disk of {output}, then run the same command again.",
                    output=str(output),
                ),
            )


def built_from(output: Path) -> str:
    """What the published site was made of; "" where there is none."""
    return inputs_of(Builds(output).current())


def published_files(output: Path) -> dict[str, str]:
    """The files of the published site: the SHA-256 of each by its path."""
    return files_of(Builds(output).current())


def changed_files(output: Path) -> list[str]:
    """Files of the published site that are not as they were built, or are gone."""
    return [path for path, digest in published_files(output).items() if _digest(output / path) != digest]


def _refuse_foreign(output: Path, builds: Path) -> None:
    if output.is_symlink() and not output.resolve().is_relative_to(builds.resolve()):
        wrong = True
    else:
        wrong = output.exists() and not output.is_symlink()
    if wrong:
        raise Misconfigured.of(
            "C519",
            msg("{output} exists and was not made by publisher; it is not overwritten.", output=str(output)),
            msg("Move it away, or name another folder as output in the section [site] of publisher.toml."),
        )


def lasting(path: str) -> bool:
    """Whether a file answers for ever once it was published; pictures and styles may go with what used them."""
    return not path.startswith("static/")


def _refuse_vanished(made: NextBuild) -> None:
    gone = [path for path in made.vanished() if lasting(path)]
    if gone:
        raise IntegrityBroken.of(
            "V421",
            msg(
                "The page {path} was published and would vanish ({count} in all).",
                path=gone[0],
                count=len(gone),
            ),
            msg("Restore the folder versions from git or a backup; published addresses answer for ever."),
        )


def _digest(path: Path) -> str:
    try:
        return fingerprint(path.read_bytes())
    except OSError:
        return ""

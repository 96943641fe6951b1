"""The site put in place whole: a new folder, and one rename by which visitors see it.

`build/site` is a symbolic link to the folder of the build in force. A visitor reads from the old folder or
from the new one, never from both; the last three builds are kept.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from publisher.errors import IntegrityBroken, Misconfigured, cannot_write
from publisher.files import sync_folder
from publisher.messages import msg
from publisher.records import fingerprint, readable_json

#: Names the inputs and the files of a build; not part of the public site's addresses.
MANIFEST: Final = "build.json"
KEPT: Final = 3


def publish(output: Path, files: Mapping[str, bytes], inputs: str) -> None:
    """Write `files` beside `output` and switch `output` to them, then read every file back through it.

    `inputs` stands for everything the files were made of. Raises Misconfigured where `output` is something else
    than a site of ours, ServiceAway for a full disk; the old site then still stands.
    """
    builds = output.parent / f".{output.name}-builds"
    _refuse_foreign(output, builds)
    _refuse_vanished(output, files)
    manifest = {"inputs": inputs, "files": {path: fingerprint(data) for path, data in sorted(files.items())}}
    try:
        builds.mkdir(parents=True, exist_ok=True)
        folder = builds / _next_name(builds)
        for path, data in {**files, MANIFEST: readable_json(manifest)}.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        os.sync()
        temporary = output.with_name(f".{output.name}.new")
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(folder.relative_to(output.parent), target_is_directory=True)
        temporary.replace(output)
        sync_folder(output.parent)
    except OSError as error:
        raise cannot_write(str(output), error) from error
    read_back(output, files)
    _sweep(output, builds)


def read_back(output: Path, files: Mapping[str, bytes]) -> None:
    """Read the site as a visitor would; IntegrityBroken (V420) where it is not what was built."""
    for path, data in files.items():
        try:
            same = (output / path).read_bytes() == data
        except OSError:
            same = False
        if not same:
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
    try:
        return str(json.loads((output / MANIFEST).read_bytes())["inputs"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def published_paths(output: Path) -> set[str]:
    """The files of the published site."""
    try:
        return set(json.loads((output / MANIFEST).read_bytes())["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return set()


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


def _refuse_vanished(output: Path, files: Mapping[str, bytes]) -> None:
    """An address that was published answers for ever."""
    lasting = (".html", ".atom", ".ics", ".md", ".pdf", "version.json")
    gone = sorted(path for path in published_paths(output) - set(files) if path.endswith(lasting))
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


def _next_name(builds: Path) -> str:
    numbers = [int(f.name) for f in builds.iterdir() if f.name.isdigit()]
    return f"{max(numbers, default=0) + 1:06d}"


def _sweep(output: Path, builds: Path) -> None:
    """Remove what no visitor can still be reading: builds before the last three."""
    current = output.resolve().name
    older = sorted(f for f in builds.iterdir() if f.name.isdigit() and f.name < current)
    for folder in older[: -(KEPT - 1)]:
        shutil.rmtree(folder, ignore_errors=True)


def changed_files(output: Path) -> list[str]:
    """Files of the published site that are not as they were built, or are gone."""
    try:
        expected: dict[str, str] = json.loads((output / MANIFEST).read_bytes())["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return [MANIFEST]
    return [path for path, digest in expected.items() if _digest(output / path) != digest]


def _digest(path: Path) -> str:
    try:
        return fingerprint(path.read_bytes())
    except OSError:
        return ""

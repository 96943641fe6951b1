"""Texts as they lie in the working folder, for checking before they are committed. Never what is published."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from publisher.errors import Place, TextFindings, WrongUsage
from publisher.messages import msg
from publisher.register.commits import Commit
from publisher.register.repository import TreeFile
from publisher.register.sources import FOLDER, PolicySettings
from publisher.schema import read_toml


def settings_in_folder(root: Path, policy: str) -> PolicySettings:
    """The settings of a policy as they lie in the folder.

    Raises WrongUsage where there is no such policy, TextFindings where its settings cannot be read.
    """
    known = sorted(p.parent.name for p in (root / FOLDER).glob("*/policy.toml") if p.is_file())
    if policy not in known:
        raise WrongUsage.of(
            "C533",
            msg("There is no policy {policy} with a policy.toml.", policy=policy),
            msg("Known here are: {keys}.", keys=", ".join(known)),
        )
    place = Place(path=f"{FOLDER}/{policy}/policy.toml", policy=policy)
    settings, problems = read_toml((root / place.path).read_bytes(), PolicySettings, place, code="P115")
    if settings is None:
        raise TextFindings(problems)
    return settings


class FolderTexts:
    """The files of a folder in the form that git would give them."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def tip(self, ref: str) -> str:  # noqa: ARG002 - the folder has no commits
        return "0" * 40

    def files(self, commit: str, folder: str) -> list[TreeFile]:  # noqa: ARG002
        base = self._root / folder
        found = []
        # A link in the place of the folder is told of, and not followed.
        below = [base] if base.is_symlink() else sorted(base.rglob("*")) if base.is_dir() else []
        for path in below:
            relative = path.relative_to(self._root).as_posix()
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                found.append(TreeFile(relative, "120000", b""))
            elif stat.S_ISREG(mode):
                found.append(TreeFile(relative, "100644", path.read_bytes()))
        return found

    def contains(self, tip: str, commit: str) -> bool:  # noqa: ARG002
        return True

    def file(self, commit: str, path: str) -> bytes | None:  # noqa: ARG002
        found = self._root / path
        return found.read_bytes() if found.is_file() and not found.is_symlink() else None

    def history(
        self,
        tip: str,  # noqa: ARG002
        folder: str,  # noqa: ARG002
        *,
        since: str = "",  # noqa: ARG002
        mainline: bool = False,  # noqa: ARG002
    ) -> Sequence[Commit] | None:
        return None

"""Texts as they lie in the working folder, for checking before they are committed. Never what is published."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from publisher.register.commits import Commit
from publisher.register.repository import TreeFile


class FolderTexts:
    """The files of a folder in the form that git would give them."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def tip(self, ref: str) -> str:  # noqa: ARG002 - the folder has no commits
        return "0" * 40

    def files(self, commit: str, folder: str) -> list[TreeFile]:  # noqa: ARG002
        base = self._root / folder
        found = []
        for path in sorted(base.rglob("*")) if base.is_dir() else ():
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

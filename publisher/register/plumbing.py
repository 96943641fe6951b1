"""How git is called: plumbing in a named repository, with nothing of anybody's configuration that could run something.

In: a repository's git folder, arguments, bytes. Out: bytes. Neither hooks nor filters, pagers, helpers or lazy
downloads are ever run, whatever the repository or the caller's environment asks for. Only calls with
`network=True` reach another repository, by file, https or ssh, and never ask a question.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from publisher.errors import Misconfigured, Problem
from publisher.messages import msg

_CONFIG: Final = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.quotePath": "false",
    "core.autocrlf": "false",
    # What is in a history is read from its commits, never from an index that somebody may have made up.
    "core.commitGraph": "false",
    "core.useReplaceRefs": "false",
    "core.fsync": "committed,loose-object,reference",
    "core.sshCommand": "ssh -o BatchMode=yes",
    "core.askPass": "",
    "credential.helper": "",
    "safe.bareRepository": "explicit",
    "transfer.fsckObjects": "true",
    "fetch.fsckObjects": "true",
    "protocol.ext.allow": "never",
    "http.followRedirects": "false",
    "http.lowSpeedLimit": "1",
    "http.lowSpeedTime": "30",
    "gpg.program": "false",
    "log.showSignature": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
}
#: Where records go and texts come from; never `ext::`, which is a command.
_PROTOCOLS: Final = "file:https:ssh"
#: Seconds that another repository may take.
_PATIENCE: Final = 120
#: The name of no object.
NOTHING: Final = "0" * 40


class GitFailed(Exception):
    """git refused; `reason` is the line in which it says why. Each caller says what this means."""

    def __init__(self, said: bytes) -> None:
        lines = [line.strip() for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
        told = [line for line in lines if line.startswith(("fatal: ", "error: ", "! ", "ssh: "))]
        self.said = "\n".join(lines)
        self.reason = (told or lines or ["git"])[0]
        super().__init__(self.said)


@dataclass(frozen=True, slots=True)
class Found:
    """An object of a repository: its name (hexadecimal), kind (blob, commit, tag, tree) and bytes (b"" if not read)."""

    id: str
    kind: str
    size: int
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository, by its git folder."""

    git_dir: Path

    def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        network: bool = False,
        config: Mapping[str, str] | None = None,
        more: Mapping[str, str] | None = None,
    ) -> bytes:
        """What git prints; GitFailed where it ends with an error or takes too long."""
        foreign = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        own = environment(self.git_dir, network=network, config=config or {})
        try:
            ended = subprocess.run(
                ["git", *arguments],
                env={**foreign, **own, **(more or {})},
                cwd=self.git_dir if self.git_dir.is_dir() else None,
                input=stdin,
                capture_output=True,
                timeout=_PATIENCE if network else None,
                # Without a terminal nothing can be asked there.
                start_new_session=network,
                check=False,
            )
        except FileNotFoundError as error:
            raise no_git() from error
        except subprocess.TimeoutExpired as error:
            raise GitFailed(b"no answer") from error
        if ended.returncode:
            raise GitFailed(ended.stderr)
        return ended.stdout

    def look(self, names: Sequence[str]) -> list[Found | None]:
        """What each name (`refs/heads/x`, `x:path`, `x^{commit}`) stands for, without its bytes; None for nothing."""
        out = self.run("cat-file", "--batch-check", stdin="".join(f"{n}\n" for n in names).encode())
        return [_header(line) for line in out.split(b"\n")[: len(names)]]

    def read(self, names: Iterable[str]) -> list[Found | None]:
        """The same with the bytes."""
        out = self.run("cat-file", "--batch", stdin="".join(f"{n}\n" for n in names).encode())
        found: list[Found | None] = []
        at = 0
        while at < len(out):
            end = out.index(b"\n", at)
            header = _header(out[at:end])
            at = end + 1
            if header:
                data = out[at : at + header.size]
                at += header.size + 1
                header = Found(header.id, header.kind, header.size, data)
            found.append(header)
        return found

    def tree(self, commit: str, folder: str) -> list[tuple[str, str, str]]:
        """Mode, object and path of everything below `folder` in a commit."""
        out = self.run("ls-tree", "-r", "-z", "--full-tree", commit, "--", f"{folder}/").decode(
            "utf-8", "surrogateescape"
        )
        entries = (entry.split("\t", 1) for entry in out.split("\0") if entry)
        return [(meta.split(" ")[0], meta.split(" ")[2], path) for meta, path in entries]


def _header(line: bytes) -> Found | None:
    parts = line.decode("utf-8", "replace").split(" ")
    if len(parts) == 3 and parts[2].isdecimal():
        return Found(parts[0], parts[1], int(parts[2]))
    return None


def objects_folder(repository: Repository) -> Path:
    return _common_folder(repository.git_dir) / "objects"


def git_folder(root: Path) -> Path:
    """The git folder of a checkout, also where `.git` is a file that names it (a worktree)."""
    there = root / ".git"
    if there.is_file():
        named = there.read_text("utf-8", "replace").removeprefix("gitdir:").strip()
        return (root / named).resolve()
    return there


def _common_folder(git_dir: Path) -> Path:
    """Where objects and branches are: the git folder itself, save in a worktree."""
    named = git_dir / "commondir"
    return (git_dir / named.read_text("utf-8").strip()).resolve() if named.is_file() else git_dir


def blob_id(data: bytes, like: str) -> str:
    """The name under which git keeps `data`; by SHA-256 where `like`, another name, is one by SHA-256."""
    content = b"blob %d\0" % len(data) + data
    if len(like) == 64:
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def environment(
    git_dir: Path, work_tree: Path | None = None, *, network: bool = False, config: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The variables for git: nothing of the caller's configuration, no downloads, no questions.

    Every variable by which a caller could lead git elsewhere is named, for a library may add these to the others.
    """
    settings = {**_CONFIG, "safe.directory": str(work_tree or git_dir), **(config or {})}
    count = {"GIT_CONFIG_COUNT": str(len(settings))}
    for i, (key, value) in enumerate(settings.items()):
        count |= {f"GIT_CONFIG_KEY_{i}": key, f"GIT_CONFIG_VALUE_{i}": value}
    common = _common_folder(git_dir)
    return {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_PARAMETERS": "",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_GRAFT_FILE": os.devnull,
        "GIT_ALLOW_PROTOCOL": _PROTOCOLS if network else "none",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "SSH_ASKPASS": "",
        "SSH_ASKPASS_REQUIRE": "never",
        "GIT_SSH_COMMAND": "ssh -o BatchMode=yes",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_EXEC_PATH": "",
        "GIT_EXTERNAL_DIFF": "",
        "GIT_PROXY_COMMAND": "",
        "GIT_EDITOR": "false",
        "GIT_PAGER": "cat",
        "GIT_NAMESPACE": "",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": "",
        # Named outright, so that the variables of a hook or of another checkout do not lead elsewhere.
        "GIT_DIR": str(git_dir),
        "GIT_COMMON_DIR": str(common),
        "GIT_OBJECT_DIRECTORY": str(common / "objects"),
        "GIT_INDEX_FILE": str(git_dir / "index"),
        **({"GIT_WORK_TREE": str(work_tree)} if work_tree else {}),
        "LC_ALL": "C",
        **count,
    }


def no_git() -> Misconfigured:
    return Misconfigured(
        Problem(code="C518", message=msg("The program git was not found."), hint=msg("Install git 2.31 or newer."))
    )

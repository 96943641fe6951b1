"""The approved texts: read by plumbing on a named ref, so that no state of a checkout can matter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Final, Protocol

from publisher.errors import Misconfigured, PublisherError, ServiceAway
from publisher.messages import msg
from publisher.register.commits import Commit, parse_commit
from publisher.register.plumbing import blob_id, environment, git_folder, no_git

#: The git object modes of an ordinary file.
ORDINARY: Final = frozenset({"100644", "100755"})


@dataclass(frozen=True, slots=True)
class TreeFile:
    """A file in a commit: path, mode as git writes it, and bytes (empty where it is no ordinary file)."""

    path: str
    mode: str
    data: bytes


class Texts(Protocol):
    """Where the approved texts come from."""

    def tip(self, ref: str) -> str:
        """The commit that `ref` names."""
        ...

    def files(self, commit: str, folder: str) -> list[TreeFile]:
        """Every file below `folder` in `commit`, in order of path; `folder` itself where it is no folder."""
        ...

    def contains(self, tip: str, commit: str) -> bool:
        """Whether `commit` is in the history of `tip`; False also where it is not known at all."""
        ...

    def file(self, commit: str, path: str) -> bytes | None:
        """An ordinary file of `commit`; None where there is none at `path`."""
        ...

    def history(self, tip: str, folder: str, *, since: str = "", mainline: bool = False) -> Sequence[Commit] | None:
        """The commits up to `tip` that touch `folder`, newest first; None where nothing is committed at all.

        A merge touches it where it is another than at each parent. `since`: without that commit and what came before
        it. `mainline`: first parents only, so that a merge stands for all that it brought.
        """
        ...


@dataclass(frozen=True, slots=True)
class MemoryTexts:
    """Texts that are handed in; for tests and for whoever embeds the program."""

    contents: Mapping[str, bytes]
    commit: str = "0" * 40
    modes: Mapping[str, str] = field(default_factory=dict)
    #: the commits before this one
    earlier: frozenset[str] = frozenset()
    #: commits in one line, newest first, and what each holds; `contents` is what any other holds
    commits: tuple[Commit, ...] = ()
    states: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)

    def tip(self, ref: str) -> str:  # noqa: ARG002 - there is one state only
        return self.commit

    def files(self, commit: str, folder: str) -> list[TreeFile]:
        return [
            TreeFile(path, self.modes.get(path, "100644"), data)
            for path, data in sorted(self.states.get(commit, self.contents).items())
            if path.startswith(f"{folder}/")
        ]

    def contains(self, tip: str, commit: str) -> bool:
        return commit == tip or commit in self.earlier

    def file(self, commit: str, path: str) -> bytes | None:
        return self.states.get(commit, self.contents).get(path)

    def history(
        self,
        tip: str,  # noqa: ARG002
        folder: str,  # noqa: ARG002
        *,
        since: str = "",
        mainline: bool = False,  # noqa: ARG002
    ) -> Sequence[Commit]:
        return list(takewhile(lambda c: c.id != since, self.commits))


class GitTexts:
    """Texts in a git repository: the checkout at `root`, or a bare one whose git folder is given."""

    def __init__(self, root: Path, git_dir: Path | None = None) -> None:
        from git import Git

        self._git = Git(root)
        self._git.update_environment(**environment(git_dir or git_folder(root), None if git_dir else root))

    def close(self) -> None:
        self._git.clear_cache()

    def tip(self, ref: str) -> str:
        """The commit that the branch, tag or commit `ref` names; Misconfigured where there is none."""
        from git import GitCommandError, GitCommandNotFound

        for name in (f"refs/heads/{ref}", ref):
            try:
                return str(self._git.rev_parse("--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"))
            except GitCommandNotFound as error:
                raise no_git() from error
            except GitCommandError as error:
                if "not a git repository" in str(error.stderr):
                    raise Misconfigured.of(
                        "C515",
                        msg("The workspace is not a git repository."),
                        msg("Texts are published from git: run `git init -b main` and commit them."),
                    ) from error
        raise Misconfigured.of(
            "C516",
            msg("The branch {ref} does not exist in this repository, or has no commit yet.", ref=ref),
            msg("Commit the texts to it, or name the right branch as ref in the section [git] of publisher.toml."),
        )

    def files(self, commit: str, folder: str) -> list[TreeFile]:
        from git import GitCommandError

        try:
            listing = str(self._git.ls_tree("-r", "-z", "--full-tree", commit, "--", folder))
            found = []
            for entry in listing.split("\0"):
                if entry:
                    meta, path = entry.split("\t", 1)
                    mode, kind, object_id = meta.split(" ")
                    ordinary = kind == "blob" and mode in ORDINARY
                    data = bytes(self._git.get_object_data(object_id)[3]) if ordinary else b""
                    if ordinary and blob_id(data, object_id) != object_id:
                        raise ValueError(object_id)
                    found.append(TreeFile(path, mode, data))
            return sorted(found, key=lambda f: f.path)
        except (GitCommandError, ValueError) as error:
            raise _unreadable(commit) from error

    def contains(self, tip: str, commit: str) -> bool:
        from git import GitCommandError

        try:
            return not str(self._git.rev_list("--max-count=1", "--end-of-options", commit, f"^{tip}"))
        except GitCommandError:
            return False

    def file(self, commit: str, path: str) -> bytes | None:
        from git import GitCommandError

        try:
            entry = str(self._git.ls_tree("-z", "--full-tree", commit, "--", path)).split("\0")[0]
            mode, _, object_id = entry.split("\t")[0].partition(" blob ")
            return bytes(self._git.get_object_data(object_id)[3]) if mode in ORDINARY else None
        except (GitCommandError, ValueError) as error:
            raise _unreadable(commit) from error

    def history(self, tip: str, folder: str, *, since: str = "", mainline: bool = False) -> Sequence[Commit]:
        from git import GitCommandError

        parents = "--first-parent" if mainline else "--full-history"
        bounds = [tip, f"^{since}"] if since else [tip]
        try:
            ids = str(self._git.rev_list("--topo-order", parents, "--end-of-options", *bounds, "--", f"{folder}/"))
            return [parse_commit(name, bytes(self._git.get_object_data(name)[3])) for name in ids.split()]
        except (GitCommandError, ValueError) as error:
            raise _unreadable(tip) from error


def _unreadable(commit: str) -> PublisherError:
    return ServiceAway.of(
        "C517",
        msg("The texts of commit {commit} could not be read from git.", commit=commit[:12]),
        msg("The repository may be incomplete: run `git fsck`, then try again."),
    )


@contextmanager
def open_texts(root: Path, git_dir: Path | None = None) -> Iterator[GitTexts]:
    """The texts of a repository as in GitTexts, closed afterwards (each open one holds git processes)."""
    texts = GitTexts(root, git_dir)
    try:
        yield texts
    finally:
        texts.close()


def create(root: Path, message: str, identity: tuple[str, str]) -> bool:
    """Make `root` a git repository with everything in it committed; False where it is one already."""
    if (root / ".git").exists():
        return False
    from git import Git, GitCommandNotFound

    git = Git(root)
    git.update_environment(**environment(root / ".git", root))
    try:
        git.init("--initial-branch=main", "--template=")
    except GitCommandNotFound as error:
        raise no_git() from error
    commit_all(root, message, identity)
    return True


def commit_all(root: Path, message: str, identity: tuple[str, str]) -> str:
    """Commit everything in `root` to its branch main as `identity` (name, address); the commit.

    For workspaces that the program itself makes: in a person's checkout nothing is ever committed.
    """
    from git import Git

    name, address = identity
    people = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", name), ("EMAIL", address))
    }
    git = Git(root)
    git.update_environment(**environment(root / ".git", root), **people)
    git.add("--all")
    parents = str(git.for_each_ref("--format=%(objectname)", "refs/heads/main")).split()
    commit = git.commit_tree(git.write_tree(), *(f"-p{parent}" for parent in parents), "-m", message)
    git.update_ref("refs/heads/main", commit)
    return str(commit)

"""Where else the record stands: the publisher's branch, what was fetched of it before, the remote.

In: a workspace. Out: copies of the journal with the commits that hold them, and the one that reaches furthest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from publisher.errors import IntegrityBroken, PublisherError, ServiceAway
from publisher.messages import msg
from publisher.register.clone import fetch
from publisher.register.journal import FILE
from publisher.register.plumbing import GitFailed, Repository, git_folder
from publisher.workspace import Workspace

JOURNAL: Final = f"versions/{FILE}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Copy:
    """A commit of the record, wherever it is."""

    #: in words for a person
    where: str
    repository: Repository
    commit: str
    journal: bytes


def repository_of(root: Path) -> Repository | None:
    """The repository of a workspace; None where it is in none of its own."""
    folder = git_folder(root)
    return Repository(folder) if folder.is_dir() else None


def copies(workspace: Workspace) -> list[Copy]:
    """Every copy of the record that can be found; ServiceAway where the remote does not answer."""
    record = workspace.settings.git.record
    repository = repository_of(workspace.root)
    found: list[tuple[str, Repository, str]] = []
    if repository:
        listing = repository.run(
            "for-each-ref", "--format=%(objectname) %(refname)", f"refs/heads/{record}", f"refs/remotes/*/{record}"
        )
        for line in listing.decode().splitlines():
            commit, name = line.split(" ", 1)
            found.append((name, repository, commit))
    remote = workspace.settings.git.remote
    if remote and (clone := _fetched(workspace)):
        commit = clone.run("rev-parse", "--verify", "--quiet", "refs/record/tip").decode().strip()
        found.append((remote, clone, commit))
    return [copy_at(where, holder, commit) for where, holder, commit in found]


def copy_at(where: str, repository: Repository, commit: str) -> Copy:
    """The record as a commit has it; IntegrityBroken (V442) where there is no journal in it, or no such commit."""
    journal = repository.read([f"{commit}:{JOURNAL}"])[0]
    if journal is None:
        raise unreadable(GitFailed(f"{JOURNAL}, {where}".encode()))
    return Copy(where=where, repository=repository, commit=commit, journal=journal.data)


def _fetched(workspace: Workspace) -> Repository | None:
    """The clone with the record and the tags of its versions; None where the remote has no record."""
    try:
        return fetch(workspace, f"+refs/heads/{workspace.settings.git.record}:refs/record/tip")
    except ServiceAway as error:
        if "couldn't find remote ref" in str(dict(error.problems[0].message.values).get("reason")):
            return None
        raise


def furthest(found: Sequence[Copy]) -> Copy | None:
    """The copy with the longest journal, of which the others are the beginning; IntegrityBroken (V440) otherwise."""
    if not found:
        return None
    best = max(found, key=lambda copy: len(copy.journal))
    for copy in found:
        if not best.journal.startswith(copy.journal):
            raise another_record(best.where, copy.where)
    return best


def another_record(here: str, there: str) -> PublisherError:
    return IntegrityBroken.of(
        "V440",
        msg(
            "{there} holds another record than {here}: two publishers have written, or one was changed afterwards.",
            here=here,
            there=there,
        ),
        msg(
            "Do not publish. Run `publisher verify` on each machine that publishes, keep the record that the mails' "
            "fingerprints name, and let one machine alone publish."
        ),
    )


def behind(where: str, ours: bytes, theirs: bytes) -> PublisherError:
    return IntegrityBroken.of(
        "V441",
        msg(
            "The journal here has {ours:id} records, {where} has {theirs:id}. What was published elsewhere, or before, "
            "would be published once more.",
            ours=ours.count(b"\n"),
            where=where,
            theirs=theirs.count(b"\n"),
        ),
        msg("Nothing was done. Run `publisher restore`, then run the same command again."),
    )


def unreadable(error: GitFailed) -> PublisherError:
    return IntegrityBroken.of(
        "V442",
        msg("The record cannot be read: {reason}.", reason=error.reason),
        msg("Nothing was changed. Run `git fsck`, or restore from another copy of the repository."),
    )


def bring(copy: Copy, repository: Repository) -> None:
    """Put everything that a copy is made of into `repository`."""
    pack = copy.repository.run("pack-objects", "--quiet", "--revs", "--stdout", stdin=f"{copy.commit}\n".encode())
    repository.run("unpack-objects", "-q", "--strict", stdin=pack)

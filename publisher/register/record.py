"""The record in git: `versions/` on a branch that the publisher alone writes, and a tag for each announced version.

Nobody's checkout, index or branch is touched, so commits of people and of the publisher never conflict. What is to be
done follows from the state alone: where the journal on the branch is the beginning of the journal here, the rest is
committed; where it is the same, nothing is done; anything else stops the publisher.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from publisher.errors import PublisherError, ServiceAway
from publisher.messages import msg
from publisher.register.clone import push
from publisher.register.copies import (
    JOURNAL,
    Copy,
    another_record,
    behind,
    bring,
    copies,
    copy_at,
    furthest,
    repository_of,
    unreadable,
)
from publisher.register.journal import Entry, Event, Journal
from publisher.register.plumbing import NOTHING, GitFailed, Repository, blob_id
from publisher.register.signing import TAG, check_key, head_file, sign, sign_head, signature_file
from publisher.register.store import HEADS, VersionStore
from publisher.workspace import Workspace

#: Where the commit is made before the branch and its tags move to it, all at once.
_PENDING: Final = "refs/publisher/pending"


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """What was done: the commit that the branch is on now, how many entries it added, the tags that it got."""

    commit: str
    entries: int
    tags: tuple[str, ...]


class Record(Protocol):
    """A second copy of `versions/`, with a history."""

    def check(self) -> None:
        """Raise where the journal here does not continue the record; called before anything is done."""
        ...

    def keep(self) -> Kept | None:
        """Add what is new to the record; None where nothing is."""
        ...

    def push(self) -> bool:
        """Send the record to the remote; False where there is nothing to send."""
        ...


class NoRecord:
    """For a workspace that is no git repository."""

    def check(self) -> None:
        pass

    def keep(self) -> Kept | None:
        return None

    def push(self) -> bool:
        return False


@dataclass(frozen=True, kw_only=True, slots=True)
class _Branch:
    """The branch as it was last seen; object names, "" for what is not there."""

    commit: str
    journal: str
    #: the signature of the head of the journal as it is here
    signature: str
    #: the commit that the remote took last
    pushed: str


class GitRecord:
    """The record in the repository of a workspace; made for one tick, in which nobody else writes the branch."""

    def __init__(self, workspace: Workspace, repository: Repository) -> None:
        self._workspace = workspace
        self._repository = repository
        self._settings = workspace.settings.git
        self._ref = f"refs/heads/{self._settings.record}"
        #: by the remote's address, for another one has nothing yet
        self._pushed_ref = f"refs/publisher/pushed/{hashlib.sha256(self._settings.remote.encode()).hexdigest()[:16]}"
        self._branch: _Branch | None = None

    def check(self) -> None:
        """IntegrityBroken where another record was written elsewhere (V440), or this one is behind it (V441).

        Misconfigured (C545) where the key that signs cannot be read.
        """
        check_key(self._workspace)
        ours = self._journal()
        try:
            branch = self._look(ours)
            if branch.journal != blob_id(ours, branch.journal):
                self._continues(ours, branch)
        except GitFailed as error:
            if "not a git repository" not in error.said:  # whoever reads the texts says so
                raise unreadable(error) from error

    def keep(self) -> Kept | None:
        """Sign the head of the journal, and commit what the branch does not have yet.

        ServiceAway where git (C547) or the key (C548) refuses: the next tick does the rest.
        """
        ours = self._journal()
        if not ours:
            return None
        try:
            branch = self._branch or self._look(ours)
            signed = signature_file(head_file(self._workspace, ours.count(b"\n"))).exists()
            wanted = bool(self._workspace.settings.signing.key)
            same = branch.journal == blob_id(ours, branch.journal)
            if same and (not wanted or (signed and branch.signature)):
                return None
            return self._commit(ours, branch)
        except GitFailed as error:
            raise _not_kept(self._settings.record, error) from error

    def push(self) -> bool:
        """Send the branch and new tags to the remote.

        ServiceAway (C544) where it is away or refuses, IntegrityBroken (V440) where it holds another record.
        """
        if not self._settings.remote:
            return False
        branch = self._branch or self._look(self._journal())
        if not branch.commit or branch.commit == branch.pushed:
            return False
        try:
            refs = [f"{branch.commit}:{self._ref}", *self._tags_since(branch.pushed)]
            push(self._workspace, self._repository, branch.commit, refs)
            self._repository.run("update-ref", self._pushed_ref, branch.commit)
        except GitFailed as error:
            if "(fetch first)" in error.said or "(non-fast-forward)" in error.said:
                raise another_record(self._settings.record, self._settings.remote) from error
            raise _not_pushed(self._settings.remote, error) from error
        self._branch = replace(branch, pushed=branch.commit)
        return True

    def _journal(self) -> bytes:
        return Journal(self._workspace.versions).bytes()

    def _look(self, ours: bytes) -> _Branch:
        """The branch, by a single call of git."""
        head = signature_file(head_file(self._workspace, ours.count(b"\n"))).name
        names = [f"{self._ref}^{{commit}}", f"{self._ref}:{JOURNAL}", f"{self._ref}:versions/{HEADS}/{head}"]
        found = self._repository.look([*names, f"{self._pushed_ref}^{{commit}}"])
        commit, journal, signature, pushed = (f.id if f else "" for f in found)
        self._branch = _Branch(commit=commit, journal=journal, signature=signature, pushed=pushed)
        return self._branch

    def _continues(self, ours: bytes, branch: _Branch) -> None:
        """Raise where `ours` does not continue the record, wherever it is found."""
        if branch.commit:
            found: Copy | None = self._read(branch.commit)
        else:
            found = furthest(copies(self._workspace))
        if found is None or ours.startswith(found.journal):
            return
        if found.journal.startswith(ours):
            raise behind(found.where, ours, found.journal)
        raise another_record(JOURNAL, found.where)

    def _read(self, commit: str) -> Copy:
        return copy_at(self._settings.record, self._repository, commit)

    def _commit(self, ours: bytes, branch: _Branch) -> Kept | None:
        """One commit of everything new; branch and tags move to it together or not at all."""
        parent = self._read(branch.commit) if branch.commit else furthest(copies(self._workspace))
        if parent and not branch.commit:
            bring(parent, self._repository)
        before = parent.journal if parent else b""
        if not ours.startswith(before):
            raise another_record(JOURNAL, parent.where if parent else "")
        entries = VersionStore(self._workspace.versions).load().entries
        sign_head(self._workspace, entries[-1])
        new = entries[before.count(b"\n") :]
        commit = self._written(_stream(self._workspace, new, entries[-1], parent.commit if parent else ""))
        announced = [e for e in new if e.event is Event.ANNOUNCED]
        tags = {name: tag for e in announced if (name := tag_name(e)) and (tag := self._tag(name, commit, e))}
        moves = [f"update {self._ref} {commit} {branch.commit or NOTHING}"]
        moves += [f"create refs/tags/{name} {tag}" for name, tag in tags.items()]
        moves += [f"delete {_PENDING}"]
        self._repository.run("update-ref", "--stdin", stdin="".join(f"{move}\n" for move in moves).encode())
        self._branch = None
        self._branch = self._look(ours)
        return Kept(commit=commit, entries=len(new), tags=tuple(tags))

    def _written(self, stream: bytes) -> str:
        return self._repository.run("fast-import", "--quiet", "--force", stdin=stream).decode().split()[0]

    def _tag(self, name: str, commit: str, announced: Entry) -> str:
        """An annotated tag as an object, signed where a key is named; "" where there is a tag of that name."""
        if self._repository.look([f"refs/tags/{name}"])[0]:
            return ""
        content = (
            f"object {commit}\ntype commit\ntag {name}\n"
            f"tagger {self._settings.identity} {int(announced.at.timestamp())} +0000\n\n"
            f"{announced.policy} {announced.version}: announced\n\nRecord {announced.seq}, {announced.hash}\n"
        ).encode()
        content += sign(self._workspace, content, TAG)
        return self._repository.run("hash-object", "-t", "tag", "-w", "--stdin", stdin=content).decode().strip()

    def _tags_since(self, pushed: str) -> list[str]:
        """The tags of versions announced since a commit, as refs to push."""
        before = self._read(pushed).journal.count(b"\n") if pushed else 0
        entries = Journal(self._workspace.versions).read()[before:]
        names = [f"refs/tags/{tag_name(e)}" for e in entries if e.event is Event.ANNOUNCED]
        found = self._repository.look(names) if names else []
        return [f"{tag.id}:{name}" for name, tag in zip(names, found, strict=True) if tag]


def open_record(workspace: Workspace) -> Record:
    """The record of a workspace, in its git repository where it is one."""
    repository = repository_of(workspace.root)
    return GitRecord(workspace, repository) if repository else NoRecord()


def tag_name(entry: Entry) -> str:
    return f"{entry.policy}/{entry.version}"


def _stream(workspace: Workspace, new: Sequence[Entry], last: Entry, parent: str) -> bytes:
    """One commit in the form of git-fast-import(1): the journal, the folders that new entries name, new heads."""
    when = f"{workspace.settings.git.identity} {int(last.at.timestamp())} +0000"
    message = _message(new, last).encode()
    parts = [f"commit {_PENDING}\nmark :1\ncommitter {when}\ndata {len(message)}\n".encode(), message, b"\n"]
    if parent:
        parts.append(f"from {parent}\n".encode())
    folders = {(e.policy, e.version): None for e in new if "digest" in e.data}
    files = [workspace.versions / Path(JOURNAL).name]
    for policy, version in folders:
        files += sorted((workspace.versions / policy / version).iterdir())
    for seq in sorted({last.seq, *(e.seq for e in new)}):
        head = head_file(workspace, seq)
        files += [file for file in (head, signature_file(head)) if file.exists()]
    for file in files:
        data = file.read_bytes()
        path = file.relative_to(workspace.root).as_posix()
        parts += [f"M 100644 inline {path}\ndata {len(data)}\n".encode(), data, b"\n"]
    return b"".join([*parts, b"\nget-mark :1\ndone\n"])


def _message(new: Sequence[Entry], last: Entry) -> str:
    """What happened, in words, one line a record."""
    told = [f"{e.policy} {e.version}: {e.event.value.replace('_', ' ')}" for e in new]
    subject = told[0] if len(told) == 1 else f"{len(told)} records, the last: {told[-1]}" if told else "Signed head"
    lines = [f"{e.seq} {e.at:%Y-%m-%dT%H:%M:%SZ} {words}" for e, words in zip(new, told, strict=True)]
    return "\n".join([subject, "", *lines, "", f"Journal: {last.seq} {last.hash}", ""])


def _not_kept(record: str, error: GitFailed) -> PublisherError:
    return ServiceAway.of(
        "C547",
        msg("The record could not be committed to the branch {record}: {reason}.", record=record, reason=error.reason),
        msg("The folder versions holds everything; the next run commits it. Run `git fsck` if this happens again."),
    )


def _not_pushed(remote: str, error: GitFailed) -> PublisherError:
    return ServiceAway.of(
        "C544",
        msg("The record could not be sent to {remote}: {reason}.", remote=remote, reason=error.reason),
        msg("Nothing is lost, and the next run tries again. Check that the machine may write there."),
    )

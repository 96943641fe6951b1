"""`versions/` rebuilt from the record in git: read aside, verified whole, then put in place.

What stood there before is never deleted: it is kept in `var/`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from publisher.errors import IntegrityBroken, Misconfigured, PublisherError
from publisher.files import move_folder, only_run, write_folder
from publisher.messages import msg
from publisher.register.copies import (
    JOURNAL,
    Copy,
    another_record,
    bring,
    copies,
    furthest,
    repository_of,
    unreadable,
)
from publisher.register.journal import Journal
from publisher.register.plumbing import NOTHING, GitFailed, Repository
from publisher.register.repository import ORDINARY
from publisher.register.signing import check_heads
from publisher.register.store import VersionStore
from publisher.workspace import Workspace

#: What a record is made of; anything else in it is refused.
_FILE: Final = re.compile(
    r"versions/(journal\.jsonl|heads/[0-9]{6,}\.txt(\.sig)?|[a-z][a-z0-9-]*/[0-9]{8}(-[0-9]+)?/(version\.json|[a-z]{2}\.(md|pdf)))",
    re.ASCII,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Restored:
    """What was put in place, or would be."""

    #: where it came from, in words, and the commit
    where: str
    commit: str
    #: records in the journal before and now
    before: int
    entries: int
    versions: int
    #: whether the folder `versions` differed
    changed: bool
    #: where the former folder is now, relative to the workspace; "" where there was none
    former: str = ""


def restore(workspace: Workspace, *, dry_run: bool = False) -> Restored:
    """Rebuild `versions/` from the copy of the record that reaches furthest.

    Misconfigured (C549) where there is no record, IntegrityBroken where its content does not hold (V442 and the codes
    of `verify`) or the journal here is not its beginning (V440), Locked, ServiceAway. Then nothing was changed.
    """
    with only_run(workspace.lock):
        try:
            found = furthest(copies(workspace))
            if found is None or not found.journal:
                raise _nowhere(workspace)
            return _restore(workspace, found, dry_run=dry_run)
        except GitFailed as error:
            raise unreadable(error) from error


def _restore(workspace: Workspace, found: Copy, *, dry_run: bool) -> Restored:
    ours = Journal(workspace.versions).bytes()
    if not found.journal.startswith(ours):
        raise another_record(JOURNAL, found.where)
    files = _files(found)
    aside = workspace.state / "versions.restored"
    write_folder(aside, files)
    store = VersionStore(aside)
    problems = store.verify()
    problems = problems or check_heads(workspace, store.load(), aside)
    if problems:
        raise IntegrityBroken(problems)
    here = {name: workspace.versions / name for name in files}
    changed = any(not path.is_file() or path.read_bytes() != files[name] for name, path in here.items())
    result = Restored(
        where=found.where,
        commit=found.commit,
        before=ours.count(b"\n"),
        entries=found.journal.count(b"\n"),
        versions=len(store.load().versions),
        changed=changed,
    )
    if dry_run:
        return result
    former = _exchange(workspace, aside) if changed else ""
    _follow(workspace, found)
    return Restored(**{**{name: getattr(result, name) for name in Restored.__slots__}, "former": former})


def _files(found: Copy) -> dict[str, bytes]:
    """The files of the record by their path below `versions/`."""
    listing = found.repository.tree(found.commit, "versions")
    odd = next((path for mode, _, path in listing if mode not in ORDINARY or not _FILE.fullmatch(path)), "")
    if odd:
        raise IntegrityBroken.of(
            "V442",
            msg("{path} in the record at {where} was not written by publisher.", path=odd, where=found.where),
            msg("Nothing was changed. Find out who wrote to this branch, and restore from another copy."),
        )
    blobs = found.repository.read([name for _, name, _ in listing])
    if any(blob is None for blob in blobs):
        raise GitFailed(b"an object is missing")
    return {
        path.removeprefix("versions/"): blob.data for (_, _, path), blob in zip(listing, blobs, strict=True) if blob
    }


def _exchange(workspace: Workspace, aside: Path) -> str:
    """Put `aside` in the place of `versions/`, which is kept; where a kill falls in between, restore is run again."""
    former = ""
    if workspace.versions.exists():
        number = 1
        while (kept := workspace.state / f"versions.former-{number}").exists():
            number += 1
        move_folder(workspace.versions, kept)
        former = kept.relative_to(workspace.root).as_posix()
    move_folder(aside, workspace.versions)
    return former


def _follow(workspace: Workspace, found: Copy) -> None:
    """Let the publisher's branch be the commit that was restored, and have its tags."""
    repository = repository_of(workspace.root)
    if repository is None:
        return
    ref = f"refs/heads/{workspace.settings.git.record}"
    tip = repository.look([f"{ref}^{{commit}}"])[0]
    if tip and tip.id == found.commit:
        return
    bring(found, repository)
    moves = [f"update {ref} {found.commit} {tip.id if tip else NOTHING}"]
    for name, tag in _tags(found).items():
        if repository.look([name])[0] is None:
            kept = found.repository.read([tag])[0]
            if kept and kept.kind == "tag":
                repository.run("hash-object", "-t", "tag", "-w", "--stdin", stdin=kept.data)
                moves.append(f"create {name} {tag}")
    repository.run("update-ref", "--stdin", stdin="".join(f"{move}\n" for move in moves).encode())


def _tags(found: Copy) -> dict[str, str]:
    """Tags that came with the copy, which are those on its commits: name of the ref to the object."""
    holder: Repository = found.repository
    listing = holder.run("for-each-ref", "--format=%(objectname) %(refname)", f"--merged={found.commit}", "refs/tags/")
    return {name: tag for tag, name in (line.split(" ", 1) for line in listing.decode().splitlines())}


def _nowhere(workspace: Workspace) -> PublisherError:
    return Misconfigured.of(
        "C549",
        msg(
            "There is no record to restore from: neither the branch {record} here nor a remote has one.",
            record=workspace.settings.git.record,
        ),
        msg('Fetch the branch, or write remote = "https://…" in the section [git] of publisher.toml.'),
    )

"""Whether the record in git is what stands in `versions/`, and its tags are where they were put.

In: a workspace and its register. Out: problems. Nothing is written, and no other repository is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from publisher.errors import Place, Problem, PublisherError
from publisher.messages import Message, msg
from publisher.register.copies import JOURNAL, another_record, behind, repository_of
from publisher.register.journal import Entry, Event, Journal
from publisher.register.plumbing import Found, GitFailed, Repository, blob_id
from publisher.register.record import tag_name
from publisher.register.repository import ORDINARY
from publisher.register.store import HEADS
from publisher.register.versions import Register
from publisher.workspace import Workspace

_HINT: Final = msg(
    "Do not publish. Run `publisher verify` on another copy to learn which of the two was changed; `publisher restore` "
    "puts the folder versions right where the branch is."
)


def check_record(workspace: Workspace, register: Register) -> list[Problem]:
    """Every difference between the publisher's branch and `versions/`, and every tag that is gone or was moved.

    What was recorded after the branch's last commit is no difference: the next tick commits it.
    """
    repository = repository_of(workspace.root)
    record = workspace.settings.git.record
    if repository is None:
        return []
    try:
        tip, journal = repository.read([f"refs/heads/{record}^{{commit}}", f"refs/heads/{record}:{JOURNAL}"])
        if tip is None:
            return []
        ours = Journal(workspace.versions).bytes()
        theirs = journal.data if journal else b""
        if not ours.startswith(theirs):
            ahead: PublisherError = (
                behind(record, ours, theirs) if theirs.startswith(ours) else another_record(JOURNAL, record)
            )
            return list(ahead.problems)
        known = register.entries[: theirs.count(b"\n")]
        later = register.entries[len(known) :]
        return [
            *_files(workspace, repository, tip, known, later),
            *_tags(repository, record, tip, known),
        ]
    except GitFailed as error:
        return [
            Problem(
                code="V442",
                message=msg("The record cannot be read: {reason}.", reason=error.reason),
                place=Place(path=f"refs/heads/{record}"),
                hint=_HINT,
            )
        ]


def _files(
    workspace: Workspace, repository: Repository, tip: Found, known: Sequence[Entry], later: Sequence[Entry]
) -> Iterator[Problem]:
    """What is on the branch and not the same in the folder, and what is in the folder and not on the branch."""
    listing = repository.run("ls-tree", "-r", "-z", "--full-tree", tip.id).decode("utf-8", "surrogateescape")
    branch = {path: meta.split(" ") for meta, path in (e.split("\t", 1) for e in listing.split("\0") if e)}
    changed_later = {f"versions/{e.policy}/{e.version}/" for e in later if "digest" in e.data}
    for path, (mode, _, name) in sorted(branch.items()):
        file = _placed(workspace, path)
        if path == JOURNAL or any(path.startswith(folder) for folder in changed_later):
            continue
        same = (
            path.startswith("versions/")
            and mode in ORDINARY
            and file.is_file()
            and blob_id(file.read_bytes(), tip.id) == name
        )
        if not same:
            yield _differs(repository, tip, path)
    folders = {f"{e.policy}/{e.version}" for e in known if "digest" in e.data}
    here = [file for folder in sorted(folders) for file in sorted((workspace.versions / folder).glob("*"))]
    here += [
        file for file in sorted((workspace.versions / HEADS).glob("*")) if int(file.name.split(".")[0]) <= len(known)
    ]
    for file in here:
        path = file.relative_to(workspace.root).as_posix()
        if path not in branch and not any(path.startswith(folder) for folder in changed_later):
            yield _differs(repository, tip, path)


def _placed(workspace: Workspace, path: str) -> Path:
    """Where a file of the record is: in its place, or still aside where a run was killed before it put it there."""
    file = workspace.root / path
    aside = workspace.versions / ".staging" / path.removeprefix("versions/")
    return aside if aside.is_file() and not file.parent.exists() else file


def _differs(repository: Repository, tip: Found, path: str) -> Problem:
    """The difference, with the commit since which it is on the branch."""
    out = repository.run("rev-list", "--max-count=1", "--format=%ct", tip.id, "--", path).decode().split()
    since = datetime.fromtimestamp(int(out[2]), UTC).date() if len(out) > 2 else None
    message = (
        msg(
            "{path} is not the same here and in the record in git, where it was written on {day} (commit {commit}).",
            path=path,
            day=since,
            commit=out[1][:12],
        )
        if since
        else msg("{path} stands in the folder and not in the record in git.", path=path)
    )
    return _problem("V446", path, message)


def _tags(repository: Repository, record: str, tip: Found, known: Sequence[Entry]) -> Iterator[Problem]:
    """Tags that do not stand on the commit that announced their version."""
    announced = [e for e in known if e.event is Event.ANNOUNCED]
    if not announced:
        return
    ends = _ends(known)
    history = repository.run("rev-list", "--parents", tip.id).decode().splitlines()
    parents = {line.split(" ")[0]: line.split(" ")[1:] for line in history}
    names = [f"refs/tags/{tag_name(e)}" for e in announced]
    found = repository.look([f"{n}{part}" for n in names for part in ("", "^{commit}", f"^{{commit}}:{JOURNAL}")])
    tags, commits, journals = found[0::3], found[1::3], found[2::3]
    befores = repository.look(
        [f"{(parents.get(commit.id) or ['none'])[0]}:{JOURNAL}" if commit else "none" for commit in commits]
    )
    for entry, name, tag, commit, journal, before in zip(
        announced, names, tags, commits, journals, befores, strict=True
    ):
        held = (
            tag is not None
            and tag.kind == "tag"
            and commit is not None
            and commit.id in parents
            and journal is not None
            and (before.size if before else 0) < ends[entry.seq] <= journal.size
        )
        if not held:
            message = msg(
                "The tag {tag} does not stand on the commit of {record} that announced it (record {seq:id}, {day}).",
                tag=tag_name(entry),
                record=record,
                seq=entry.seq,
                day=entry.at.date(),
            )
            yield _problem("V447", name, message)


def _ends(entries: Sequence[Entry]) -> dict[int, int]:
    """How many bytes the journal has up to each entry, by its number."""
    ends: dict[int, int] = {}
    total = 0
    for entry in entries:
        total += len(entry.line())
        ends[entry.seq] = total
    return ends


def _problem(code: str, path: str, message: Message) -> Problem:
    return Problem(code=code, message=message, place=Place(path=path), hint=_HINT)

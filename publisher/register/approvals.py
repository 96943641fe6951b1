"""Who could approve a pending change, and what was committed for it, as git has it.

In: the texts with their history, the change's source and the version that it is compared with. Out: the facts that
`notice/approvals.py` judges. What is before the change is told by the publishing branch alone: its newest commit,
first parents only, with the texts of the version before. The approvers are those of publisher.toml at that commit.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Final

from publisher.errors import Place, Problem, PublisherError
from publisher.messages import msg
from publisher.notice.approvals import Approver, Circle, PlanCommit
from publisher.records import canonical_json, fingerprint
from publisher.register.commits import Commit, signed_by
from publisher.register.repository import ORDINARY, Texts, TreeFile
from publisher.register.sources import FOLDER, PolicySource
from publisher.register.versions import Version
from publisher.workspace import SETTINGS_FILE, parse_settings

#: The sections of change.toml that somebody else has to approve.
SECTIONS: Final = ("level", "early")
#: The fingerprint of a plan, and the names of its approvers by section.
Plan = tuple[str, Mapping[str, frozenset[str]]]


def circle_of(texts: Texts, tip: str, source: PolicySource, previous: Version) -> Circle | Problem:
    """Who could approve, and the commits of the change; or why that cannot be told.

    P151, a warning, where nothing is committed yet; P134 where the state before the change is not found.
    """
    folder = f"{FOLDER}/{source.policy}"
    place = Place(path=f"{folder}/change.toml", policy=source.policy)
    mainline = texts.history(tip, folder, mainline=True)
    if mainline is None:
        return Problem(
            code="P151",
            severity="warning",
            place=place,
            message=msg(
                "{policy}: an exception needs an approval, which is looked for once it is committed.",
                policy=source.title,
            ),
            hint=msg(
                "The author commits the change without any name in approved_by. Then each approver adds their own "
                "name and commits only that. `publisher check --ref main` says what is still missing."
            ),
        )
    base = _base(texts, folder, mainline, previous.texts, source.texts)
    if base is None:
        return Problem(
            code="P134",
            place=place,
            message=msg(
                "{policy}: who could approve before the change cannot be told, for no commit on the publishing branch "
                "has the very texts of version {version}, with which it is compared.",
                policy=source.title,
                version=previous.id,
            ),
            hint=msg(
                "Commit the texts as they were published, then the change on top of them. A copy without its history "
                "(a shallow clone) has too few commits. Or take the exception out of {path}.",
                path=place.path,
            ),
        )
    before = _approvers(texts, base)
    if before is None:
        return Problem(
            code="P134",
            place=place,
            message=msg(
                "{policy}: who could approve before the change cannot be told, for {file} of commit {commit} is not "
                "understood.",
                policy=source.title,
                file=SETTINGS_FILE,
                commit=base[:10],
            ),
            hint=msg("Take the exception out of {path}: the change then gets its full notice.", path=place.path),
        )
    plans = _Plans(texts, folder)
    now = {approver.name for approver in _approvers(texts, tip) or ()}
    return Circle(
        approvers=before,
        newcomers=frozenset(now - {approver.name for approver in before}),
        commits=tuple(_plan_commit(c, plans, before) for c in texts.history(tip, folder, since=base) or ()),
        plan=plans.at(tip)[0],
    )


def _base(
    texts: Texts, folder: str, mainline: Sequence[Commit], before: Mapping[str, bytes], after: Mapping[str, bytes]
) -> str | None:
    """The newest commit of the mainline at which the texts are those of the version before; None without one."""
    names = {f"{folder}/{language}.md": language for language in (*before, *after)}
    newer: Commit | None = None
    for commit in mainline:
        files = texts.files(commit.id, folder)
        if {names[f.path]: f.data for f in files if f.path in names} == before:
            # between two commits that touch the folder it stays as it is
            return newer.parents[0] if newer else commit.id
        newer = commit
    return None


def _approvers(texts: Texts, commit: str) -> tuple[Approver, ...] | None:
    """The approvers of publisher.toml at `commit`; None where it cannot be read strictly."""
    data = texts.file(commit, SETTINGS_FILE)
    if data is None:
        return None
    try:
        named = parse_settings(data).approvers
    except PublisherError:
        return None
    return tuple(Approver(name=n, address=a.email.casefold(), key=a.key) for n, a in named.items())


def _plan_commit(commit: Commit, plans: _Plans, approvers: Iterable[Approver]) -> PlanCommit:
    plan, named = plans.at(commit.id)
    parents = [plans.at(parent) for parent in commit.parents]
    written = {section: named[section].difference(*(there[section] for _, there in parents)) for section in SECTIONS}
    claimed = frozenset[str]().union(*written.values())
    return PlanCommit(
        id=commit.id,
        moment=commit.moment,
        address=commit.address,
        plan=plan,
        changed=all(plan != there for there, _ in parents),
        written=written,
        signers=frozenset(
            approver.name
            for approver in approvers
            # a signature is worth a process only where it can count
            if approver.key
            and approver.name in claimed
            and approver.address == commit.address
            and signed_by(commit, approver.key)
        ),
    )


class _Plans:
    """The plans of a policy by commit, each read once."""

    def __init__(self, texts: Texts, folder: str) -> None:
        self._texts = texts
        self._folder = folder
        self._known: dict[str, Plan] = {}

    def at(self, commit: str) -> Plan:
        if commit not in self._known:
            self._known[commit] = plan_of(self._texts.files(commit, self._folder))
        return self._known[commit]


def plan_of(files: Iterable[TreeFile]) -> Plan:
    """The fingerprint of a policy's plan, and the names of approvers in it by section of change.toml.

    Every file of the folder counts to the byte, but for change.toml, where the names themselves do not.
    """
    parts: list[list[str]] = []
    names: Mapping[str, frozenset[str]] = {section: frozenset() for section in SECTIONS}
    for file in sorted(files, key=lambda f: f.path):
        name = file.path.rsplit("/", 1)[-1]
        if name in {"README.md", ".gitkeep"}:
            continue
        said = fingerprint(file.data)
        if name == "change.toml" and file.mode in ORDINARY:
            said, names = _without_names(file.data)
        parts.append([file.path, file.mode if file.mode not in ORDINARY else "", said])
    return fingerprint(canonical_json(parts)), names


def _without_names(data: bytes) -> Plan:
    """The fingerprint of change.toml without the names of approvers, and these names by section."""
    nobody = {section: frozenset[str]() for section in SECTIONS}
    try:
        table = tomllib.loads(data.decode("utf-8").replace("\r\n", "\n").removeprefix("\ufeff"))
        named = dict(nobody)
        for section in SECTIONS:
            part = table.get(section)
            if isinstance(part, dict):
                given = part.pop("approved_by", [])
                named[section] = frozenset([given] if isinstance(given, str) else map(str, given))
        return fingerprint(canonical_json(_plain(table))), named
    except (ValueError, TypeError, RecursionError):
        return fingerprint(data), nobody


def _plain(value: Any) -> Any:
    """What TOML can say, in what canonical JSON can; tables as lists, for a key need not be ASCII."""
    if isinstance(value, dict):
        return [[key, _plain(item)] for key, item in sorted(value.items())]
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, (date, datetime, time)) else value

"""The built site brought to where readers get it, and read back from there.

What is brought is what the record at the target does not have yet. New pages that nothing leads to go first, then the
pages that changed, then lists, front pages and feeds, so that whoever reads meanwhile finds no dead link. Nothing is
removed. An upload that broke off is known by its record, and is finished by the next one.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from publisher.errors import IntegrityBroken, Misconfigured
from publisher.files import write_file
from publisher.messages import msg
from publisher.records import readable_json
from publisher.website.live import Live
from publisher.website.publish import built_from, lasting, published_files
from publisher.website.targets import Delivery, Folder, Rsync, Target, foreign
from publisher.workspace import Workspace, deploy_target

SCHEMA: Final = "publisher/deployed/v1"
#: What was brought last, and what is still to be read back; in `var/`.
_FILE: Final = "deployed.json"
#: Pages that are read back at the same time, and that one question is about.
_AT_ONCE: Final = 8
_TOGETHER: Final = 16

#: Versions, comparisons, notices and what they need: only lists and front pages lead to them.
_LEAVES: Final = re.compile(
    r"(?:[a-z]{2}/[^/]+/(?:v|compare|changes)/.+|[a-z]{2}/notices/[^/]+/.+|verify/(?:versions|heads)/.+|policies/.+)"
)
#: What leads to everything else: front pages, lists of notices, feeds, calendars, and whatever lies in the root.
_FRONTS: Final = re.compile(
    r"(?:[^/]+|[a-z]{2}/[^/]+|[a-z]{2}/notices/index\.html|[a-z]{2}/[^/]+/[^/]+\.(?:atom|json|ics|xml|link)|verify/[^/]+)"
)
_HOMES: Final = re.compile(r"[a-z]{2}/index\.html")
#: Answered by a server, and not as they lie in the folder.
_NOT_READ: Final = re.compile(r"404\.html|_headers|_redirects|policies/.*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployed:
    """What a target has, by its own record."""

    #: `site.base_url` of the site that it belongs to
    site: str
    #: SHA-256 by path
    files: Mapping[str, str]
    #: what the build was made of (`built_from`)
    build: str = ""
    #: paths of an upload that has not ended: as they were, or as they will be
    uploading: Sequence[str] = ()

    def as_bytes(self) -> bytes:
        return readable_json(
            {
                "schema": SCHEMA,
                "site": self.site,
                "build": self.build,
                "uploading": sorted(self.uploading),
                "files": dict(self.files),
            }
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Brought:
    """What was brought, or would be."""

    target: str
    #: in the order in which it goes
    stages: tuple[tuple[str, ...], ...]
    #: whether an earlier upload had broken off
    finished_another: bool = False
    #: pages that were read back
    read_back: int = 0

    @property
    def paths(self) -> list[str]:
        return [path for stage in self.stages for path in stage]


def open_target(workspace: Workspace, environment: Mapping[str, str] = os.environ) -> Target:
    """The target of the settings; Misconfigured where what it needs is missing."""
    found = deploy_target(workspace.settings.deploy.target)
    match found.kind:
        case "dir":
            return Folder(Path(found.path))
        case "rsync":
            return Rsync(found.host, found.path)
        case _:
            from publisher.website.bucket import open_bucket

            return open_bucket(workspace.settings.deploy, environment)


def bring_news(workspace: Workspace, live: Live) -> None:
    """Bring the built site to its target, where there is one, and where this build was not brought yet.

    Raises NotLive (S215, S250, S251): then readers do not have what was built. Misconfigured, IntegrityBroken: `bring`.
    """
    if not workspace.settings.deploy.target:
        return
    kept = _kept(workspace)
    if kept.build != built_from(workspace.output) or kept.unread:
        bring(workspace, live)


def bring(
    workspace: Workspace,
    live: Live,
    *,
    everything: bool = False,
    dry_run: bool = False,
    opened: Callable[[Workspace], Target] = open_target,
) -> Brought:
    """Bring what the target lacks (`everything`: all of it), then read it back from `site.live_url`.

    Raises NotLive where the target is away (S250), the upload broke off (S251) or readers do not get what was brought
    (S215); Misconfigured for a target that is not ours (C587, C591) or a site that was not built (C592);
    IntegrityBroken (V465) where the target has pages that this build does not have.
    """
    settings = workspace.settings
    name = settings.deploy.target
    files = published_files(workspace.output)
    if not files:
        raise Misconfigured.of(
            "C592", msg("There is no built site to bring to {target}.", target=name), msg("Run `publisher site build`.")
        )
    target = opened(workspace)
    there = _read_record(name, target.record(), settings.site.base_url)
    _refuse_older(name, files, there)
    unsure = set(there.uploading)
    changed = [p for p, digest in files.items() if everything or p in unsure or there.files.get(p) != digest]
    brought = Brought(
        target=name, stages=in_stages(changed, there.files.keys() - unsure), finished_another=bool(unsure)
    )
    if dry_run:
        return brought
    build = built_from(workspace.output)
    unread = sorted({*_kept(workspace).unread, *changed} & files.keys())
    _keep(workspace, build="", unread=unread)
    if changed or unsure:
        known = {**there.files, **files}
        begun = Deployed(site=there.site, files=there.files, build=there.build, uploading=changed)
        done = Deployed(site=there.site, files=known, build=build)
        target.deliver(
            Delivery(
                source=workspace.output.resolve(),
                stages=brought.stages,
                begun=begun.as_bytes(),
                done=done.as_bytes(),
            )
        )
    number = _read_back(live, settings.site.live_url, workspace.output.resolve(), unread)
    _keep(workspace, build=build, unread=[])
    return Brought(target=name, stages=brought.stages, finished_another=brought.finished_another, read_back=number)


def in_stages(changed: Iterable[str], known: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """`changed` in the order in which a reader may see it; `known` are the paths that stand at the target already."""
    there = set(known)
    stages: list[list[str]] = [[], [], [], [], [], []]
    for path in sorted(changed):
        if path.startswith("static/") or (path not in there and not _FRONTS.fullmatch(path)):
            stages[0].append(path)
        elif _LEAVES.fullmatch(path):
            stages[1].append(path)
        elif path == "index.html":
            stages[5].append(path)
        elif _HOMES.fullmatch(path):
            stages[4].append(path)
        elif _FRONTS.fullmatch(path):
            stages[3].append(path)
        else:  # the pages of a policy
            stages[2].append(path)
    return tuple(tuple(stage) for stage in stages if stage)


def _read_record(target: str, data: bytes | None, site: str) -> Deployed:
    """The record; an empty one where nothing stands at the target yet."""
    if data is None:
        return Deployed(site=site, files={})
    try:
        record = json.loads(data)
        if record["schema"] != SCHEMA:
            raise ValueError(record["schema"])
        there = Deployed(
            site=str(record["site"]),
            files={str(path): str(digest) for path, digest in record["files"].items()},
            build=str(record["build"]),
            uploading=tuple(str(path) for path in record["uploading"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise foreign(target, "a record that cannot be read") from error
    if there.site != site:
        raise Misconfigured.of(
            "C591",
            msg(
                "{target} shows the site {other}, not {site}; nothing was overwritten.",
                target=target,
                other=there.site,
                site=site,
            ),
            msg("Name another deploy.target. If the site has moved for good, bring it to a new one."),
        )
    return there


def _refuse_older(target: str, files: Mapping[str, str], there: Deployed) -> None:
    """An address that was published answers for ever: a build without it is older than what readers have."""
    gone = sorted(path for path in there.files.keys() - files.keys() if lasting(path))
    if gone:
        raise IntegrityBroken.of(
            "V465",
            msg(
                "{target} shows {path}, which the site as it was built here does not have ({count} in all): something "
                "newer was published from elsewhere.",
                target=target,
                path=gone[0],
                count=len(gone),
            ),
            msg("Nothing was brought there. Run `publisher restore`, then run the same command again."),
        )


def _read_back(live: Live, base: str, source: Path, paths: Sequence[str]) -> int:
    """How many files readers get as they were brought; NotLive (S215) for the first that they do not."""
    readable = [path for path in paths if not _NOT_READ.fullmatch(path)]
    together = [readable[i : i + _TOGETHER] for i in range(0, len(readable), _TOGETHER)]

    def read(part: Sequence[str]) -> None:
        live.check(base, {_address(path): (source / path).read_bytes() for path in part})

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        under_way = [pool.submit(read, part) for part in together]
        try:
            for each in under_way:
                each.result()
        finally:
            pool.shutdown(cancel_futures=True)
    return len(readable)


def _address(path: str) -> str:
    folder, _, name = path.rpartition("/")
    return f"/{folder}/".replace("//", "/") if name == "index.html" else f"/{path}"


@dataclass(frozen=True, slots=True)
class _Kept:
    build: str = ""
    unread: list[str] = field(default_factory=list)


def _kept(workspace: Workspace) -> _Kept:
    """What was brought last to the target of the settings; nothing where that is not known."""
    try:
        found: Any = json.loads((workspace.state / _FILE).read_bytes())
        if found["target"] != workspace.settings.deploy.target:
            return _Kept()
        return _Kept(str(found["build"]), [str(path) for path in found["unread"]])
    except (OSError, ValueError, KeyError, TypeError):
        return _Kept()


def _keep(workspace: Workspace, *, build: str, unread: list[str]) -> None:
    target = workspace.settings.deploy.target
    write_file(workspace.state / _FILE, readable_json({"target": target, "build": build, "unread": unread}))

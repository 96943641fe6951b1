"""A bare clone that the program owns, in `var/clone.git`: the one repository from which others are reached.

Only its own configuration counts there, so nothing that stands in the workspace's repository can lead a fetch or a
push elsewhere or run anything. It is made anew where it is missing, and may be deleted at any time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from publisher.errors import Misconfigured, PublisherError, ServiceAway, cannot_write
from publisher.messages import msg
from publisher.register.plumbing import GitFailed, Repository, objects_folder
from publisher.register.repository import GitTexts, open_texts
from publisher.workspace import Workspace, secret

FOLDER: Final = "clone.git"
#: Answers git's question for a password with the token; never seen on a command line or in a file.
_TOKEN: Final = "PUBLISHER_GIT_PASSWORD"  # noqa: S105 - the name of a variable
_HELPER: Final = f'!f() {{ test "$1" = get && printf "username=x-access-token\\npassword=%s\\n" "${_TOKEN}"; }}; f'


def own_clone(workspace: Workspace, like: str = "") -> Repository:
    """The clone, made where there is none; by SHA-256 where `like` is the name of such an object."""
    repository = Repository(workspace.state / FOLDER)
    if not (repository.git_dir / "HEAD").is_file():
        try:
            repository.git_dir.mkdir(parents=True, exist_ok=True)
            hashed = "sha256" if len(like) == 64 else "sha1"
            repository.run("init", "--quiet", "--bare", "--template=", f"--object-format={hashed}")
        except OSError as error:
            raise cannot_write(str(repository.git_dir), error) from error
        except GitFailed as error:
            raise _away(workspace, error) from error
    return repository


def fetch(workspace: Workspace, ref: str, *options: str) -> Repository:
    """The clone with what `ref` (`from:to`) names on the remote; ServiceAway (C546) where it does not answer."""
    remote = workspace.settings.git.remote
    if not remote:
        raise Misconfigured.of(
            "C549",
            msg("No repository is named from which anything could be fetched."),
            msg('Write remote = "https://…" in the section [git] of publisher.toml.'),
        )
    repository = own_clone(workspace)
    config, more = _credentials(workspace)
    try:
        repository.run(
            "fetch",
            "--quiet",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            *options,
            "--end-of-options",
            remote,
            ref,
            network=True,
            config=config,
            more=more,
        )
    except GitFailed as error:
        raise _away(workspace, error) from error
    return repository


def fetch_texts(workspace: Workspace) -> Repository:
    """The clone with every branch as it is on the remote now, also where history was rewritten there."""
    return fetch(workspace, "+refs/heads/*:refs/heads/*", "--no-tags", "--prune")


@contextmanager
def open_remote_texts(workspace: Workspace) -> Iterator[GitTexts]:
    """The approved texts of the remote, fetched now; ServiceAway (C546) where it does not answer."""
    repository = fetch_texts(workspace)
    with open_texts(workspace.state, repository.git_dir) as texts:
        yield texts


def push(workspace: Workspace, source: Repository, tip: str, refs: list[str]) -> None:
    """Send objects of `source` to the remote, as `refs` (`object:refs/…`) say; never forced. GitFailed otherwise."""
    config, more = _credentials(workspace)
    own_clone(workspace, tip).run(
        "push",
        "--quiet",
        "--no-verify",
        "--end-of-options",
        workspace.settings.git.remote,
        *refs,
        network=True,
        config=config,
        more={"GIT_ALTERNATE_OBJECT_DIRECTORIES": str(objects_folder(source)), **more},
    )


def _credentials(workspace: Workspace) -> tuple[dict[str, str], dict[str, str]]:
    """Settings and variables by which git answers with the token, where there is one."""
    token = secret(workspace.settings.git.token_env)
    if not token:
        return {}, {}
    return {"credential.helper": _HELPER}, {_TOKEN: token}


def _away(workspace: Workspace, error: GitFailed) -> PublisherError:
    return ServiceAway.of(
        "C546",
        msg(
            "Nothing could be fetched from {remote}: {reason}.",
            remote=workspace.settings.git.remote,
            reason=error.reason.rstrip("."),
        ),
        msg(
            "It is tried again. Check that the machine may read this repository. The folder {folder} is only a copy "
            "and may be deleted.",
            folder=f"var/{FOLDER}",
        ),
    )

"""A repository that was made to run something of its own: no command of ours runs anything from it.

Each payload would leave a canary. A control shows that git itself, used as people use it, does run them.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from publisher.cli import commands
from publisher.errors import Problem, PublisherError
from publisher.register.repository import open_texts
from publisher.run.observe import observe
from tests.conftest import Desk, Ended
from tests.test_record import git, here, published

HOOKS = [
    "applypatch-msg",
    "commit-msg",
    "fsmonitor-watchman",
    "post-applypatch",
    "post-checkout",
    "post-commit",
    "post-index-change",
    "post-merge",
    "post-receive",
    "post-rewrite",
    "post-update",
    "pre-applypatch",
    "pre-auto-gc",
    "pre-commit",
    "pre-merge-commit",
    "pre-push",
    "pre-rebase",
    "pre-receive",
    "prepare-commit-msg",
    "proc-receive",
    "push-to-checkout",
    "reference-transaction",
    "sendemail-validate",
    "update",
]
PLUMBING = "cat-file fast-import fetch for-each-ref hash-object init ls-tree pack-objects push rev-list rev-parse unpack-objects update-ref"


class Trap:
    """Canaries: a command for each payload, which leaves a file of its name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sung = folder / "sung"
        self.sung.mkdir(parents=True)
        self.script = folder / "canary"
        self.script.write_text(f'#!/bin/sh\ntouch "{self.sung}/$1"\nexit 0\n')
        self.script.chmod(0o755)

    def command(self, name: str) -> str:
        return f"{self.script} {name}"

    @property
    def heard(self) -> set[str]:
        return {file.name for file in self.sung.iterdir()}

    def clear(self) -> None:
        for file in self.sung.iterdir():
            file.unlink()


def hostile_config(trap: Trap) -> list[tuple[str, str]]:
    """Every setting known to make git run something, or look elsewhere."""
    run = trap.command
    return [
        ("core.fsmonitor", run("fsmonitor")),
        ("core.hooksPath", str(trap.folder / "hooks")),
        ("core.sshCommand", run("sshCommand")),
        ("core.gitProxy", run("gitProxy")),
        ("core.pager", run("pager")),
        ("core.editor", run("editor")),
        ("sequence.editor", run("sequenceEditor")),
        ("core.askPass", run("askPass")),
        ("core.alternateRefsCommand", run("alternateRefs")),
        ("credential.helper", f"!{run('credentialHelper')}"),
        ("diff.external", run("diffExternal")),
        ("diff.evil.command", run("diffCommand")),
        ("diff.evil.textconv", run("textconv")),
        ("filter.evil.smudge", f"{run('smudge')}; cat"),
        ("filter.evil.clean", f"{run('clean')}; cat"),
        ("merge.evil.driver", run("mergeDriver")),
        ("interactive.diffFilter", run("diffFilter")),
        ("gpg.format", "ssh"),
        ("gpg.program", run("gpg")),
        ("gpg.ssh.program", run("gpgSsh")),
        ("gpg.ssh.defaultKeyCommand", run("gpgKey")),
        ("commit.gpgSign", "true"),
        ("tag.gpgSign", "true"),
        ("log.showSignature", "true"),
        ("uploadpack.packObjectsHook", run("packObjects")),
        ("protocol.allow", "always"),
        ("protocol.ext.allow", "always"),
        ("remote.origin.url", f"ext::{run('remote')}"),
        ("remote.origin.uploadpack", run("uploadpack")),
        ("remote.origin.receivepack", run("receivepack")),
        ("remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"),
        ("remote.origin.promisor", "true"),
        ("extensions.partialClone", "origin"),
        (f"url.ext::{run('insteadOf')}.insteadOf", "file://"),
        (f"url.ext::{run('insteadOf')}.pushInsteadOf", "/"),
        ("gc.auto", "1"),
        ("maintenance.auto", "true"),
        *((f"pager.{name}", run(f"pager.{name}")) for name in PLUMBING.split()),
        *((f"alias.{name}", f"!{run(f'alias.{name}')}") for name in PLUMBING.split()),
    ]


@pytest.fixture
def trap(tmp_path: Path) -> Trap:
    return Trap(tmp_path / "trap")


@pytest.fixture
def hostile(desk: Desk, trap: Trap) -> Desk:
    """The desk, in a repository full of traps; half of them in a file that is only included."""
    desk.recipients()
    desk.write(".gitattributes", "* filter=evil diff=evil merge=evil\n")
    desk.retention()
    desk.edit("privacy/en.md", "+82-2-555-0100", "+82-2-555-0199")  # not committed
    git(desk.root, "reset", "-q")
    hooks = trap.folder / "hooks"
    for folder in (hooks, desk.root / ".git/hooks"):
        folder.mkdir(exist_ok=True)
        for name in HOOKS:
            (folder / name).write_text(f"#!/bin/sh\n{trap.command(f'hook.{name}')}\n")
            (folder / name).chmod(0o755)
    included = trap.folder / "included"
    config = desk.root / ".git/config"
    settings = hostile_config(trap)
    git(desk.root, "config", "core.repositoryFormatVersion", "1")
    for i, (key, value) in enumerate(settings):
        file = config if i % 2 or key.startswith(("remote", "extensions")) else included
        subprocess.run(["git", "config", "--file", str(file), "--add", key, value], check=True)
    subprocess.run(["git", "config", "--file", str(config), "include.path", str(included)], check=True)
    (desk.root / ".git/info").mkdir(exist_ok=True)
    (desk.root / ".git/info/attributes").write_text("* filter=evil diff=evil merge=evil\n")
    return desk


def hostile_environment(trap: Trap, folder: Path) -> dict[str, str]:
    """Variables of a caller that lead git elsewhere or make it run something."""
    run = trap.command
    settings = [f"'{key}={value}'" for key, value in hostile_config(trap) if "'" not in value]
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    for name in ("git-remote-https", "git-remote-ext", "git-upload-pack", "git-receive-pack"):
        (programs / name).write_text(f"#!/bin/sh\n{run('execPath')}\n")
        (programs / name).chmod(0o755)
    return {
        "GIT_SSH_COMMAND": run("env.ssh"),
        "GIT_SSH": str(trap.script),
        "GIT_ASKPASS": str(trap.script),
        "SSH_ASKPASS": str(trap.script),
        "GIT_PAGER": run("env.pager"),
        "GIT_EDITOR": run("env.editor"),
        "GIT_SEQUENCE_EDITOR": run("env.sequence"),
        "GIT_EXTERNAL_DIFF": run("env.diff"),
        "GIT_PROXY_COMMAND": run("env.proxy"),
        "GIT_EXEC_PATH": str(programs),
        "GIT_CONFIG_PARAMETERS": " ".join(settings),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.fsmonitor",
        "GIT_CONFIG_VALUE_0": run("env.config"),
        "GIT_CONFIG_GLOBAL": str(trap.folder / "included"),
        "GIT_ALLOW_PROTOCOL": "ext:file:ssh",
        "GIT_NO_LAZY_FETCH": "0",
        "GIT_DIR": str(folder / "elsewhere"),
        "GIT_WORK_TREE": str(folder / "elsewhere"),
        "GIT_INDEX_FILE": str(folder / "elsewhere/index"),
        "GIT_COMMON_DIR": str(folder / "elsewhere"),
        "GIT_OBJECT_DIRECTORY": str(folder / "elsewhere/objects"),
        "GIT_NAMESPACE": "elsewhere",
        "GIT_TEMPLATE_DIR": str(trap.folder),
    }


#: Every command that opens a workspace, in an order in which each has something to do.
LINES = [
    "check",
    "plan --json",
    "when",
    "compare privacy@20200101 privacy@HEAD --language en",
    "compare privacy@20200101 privacy@main --language ko --json",
    "tick --dry-run",
    "tick --now 2026-11-23T09:30",
    "tick --now 2026-11-23T09:31",
    "status --json",
    "verify",
    "restore --dry-run",
    "restore",
    "site build",
    "site rules nginx --mementos",
    "site deploy --dry-run",
    "recipients count",
    "mail status",
    "mail pause privacy-20261210",
    "mail resume privacy-20261210",
    "mail work --once",
    "mail bounces versions",
    "mail report privacy-20261210",
    "mail held privacy-20261210",
    "mail settle privacy-20261210 --not-taken old.txt",
    "mail preview privacy --out preview",
    "evidence privacy-20261210 --out pack.zip",
    "import old.txt --policy privacy --language en --dry-run",
    "init below",
    "tick --now 2026-12-10T00:00",
    "verify --json",
]
#: What is left out, and why.
ELSEWHERE = {"run": "tick, again and again", "demo": "in a workspace of its own making"}


def call(line: str) -> int:
    """The exit status of a command, run in this process."""
    try:
        status = commands.publisher.main(line.split(), standalone_mode=False)
    except PublisherError as error:
        return error.exit_status
    return status if isinstance(status, int) else 0


def test_every_command_is_tried() -> None:
    assert {line.split()[0] for line in LINES} | set(ELSEWHERE) == set(commands.COMMANDS)


@pytest.mark.parametrize("caller", ["clean", "hostile"])
@pytest.mark.parametrize("remote", ["", "file"])
def test_no_command_runs_anything_of_the_repository(
    hostile: Desk, trap: Trap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caller: str, remote: str
) -> None:
    desk = hostile
    address = tmp_path / "remote.git"
    if remote:
        git(tmp_path, "init", "-q", "--bare", str(address))
        desk.set('ref = "main"', f'ref = "main"\nremote = "{address}"')
    desk.write("old.txt", "Privacy Policy\n\nWe keep it for 3 years.\n")
    if caller == "hostile":
        for name, value in hostile_environment(trap, tmp_path).items():
            monkeypatch.setenv(name, value)
    monkeypatch.chdir(desk.root)
    trap.clear()
    ended = {}
    for line in LINES:
        ended[line] = call(line)
        assert not trap.heard, line
    for name in hostile_environment(trap, tmp_path):
        monkeypatch.delenv(name, raising=False)
    assert ended["verify"] == 0, ended
    assert ended["tick --now 2026-12-10T00:00"] == 0, ended
    assert [v.id for v in desk.register().of("privacy") if v.in_force_at] == ["20200101", "20261210"]
    assert quietly(desk.root) == here(desk.root)
    if remote:
        assert published(address) == here(desk.root)
    assert not (tmp_path / "elsewhere").exists()


def quietly(root: Path) -> dict[str, bytes]:
    """What stands on the record branch of a hostile repository, read from a clean copy of its git folder."""
    (root / ".git/config").write_text("[core]\n\trepositoryFormatVersion = 0\n")
    return published(root)


def test_a_remote_by_ssh_is_not_reached_by_a_command_of_the_repository(
    hostile: Desk, trap: Trap, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = hostile
    desk.set('ref = "main"', 'ref = "main"\nremote = "ssh://git@127.0.0.1:1/x.git"')
    monkeypatch.chdir(desk.root)
    trap.clear()
    assert call("tick --now 2026-11-23T09:30") == 6
    assert call("restore") == 6
    assert not trap.heard


def test_a_process_of_its_own_is_as_safe(
    hostile: Desk, trap: Trap, tmp_path: Path, publisher: Callable[..., Ended]
) -> None:
    trap.clear()
    ended = publisher("tick", "--now=2026-11-23T09:30", cwd=hostile.root, **hostile_environment(trap, tmp_path))
    assert (ended.status, trap.heard) == (0, set())
    assert "announced" in ended.out


@pytest.mark.parametrize(
    ("line", "canary"),
    [
        ("status", "fsmonitor"),
        ("archive -o /dev/null HEAD", "smudge"),
        ("checkout -q -f main", "hook.post-checkout"),
        ("add --renormalize .gitattributes", "clean"),
        ("diff HEAD~1 HEAD", "diffCommand"),
        ("log -p --no-ext-diff", "textconv"),
        ("update-ref refs/heads/x main", "hook.reference-transaction"),
        ("commit -q --allow-empty -m x", "hook.pre-commit"),
        ("fetch origin", "remote"),
        ("push ssh://127.0.0.1/x main", "sshCommand"),
        ("worktree add -q --detach ../aside main", "smudge"),
    ],
)
def test_git_as_people_use_it_does_run_them(hostile: Desk, trap: Trap, line: str, canary: str) -> None:
    """Without this control the tests above would prove nothing."""
    trap.clear()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    person = {"GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.com", "GIT_AUTHOR_NAME": "A"}
    subprocess.run(
        ["git", *line.split()],
        cwd=hostile.root,
        env={**environment, **person, "GIT_AUTHOR_EMAIL": "a@example.com"},
        capture_output=True,
        timeout=60,
    )
    assert canary in trap.heard


def missing_blob(desk: Desk) -> str:
    """Take the English text out of the repository, as a partial clone lacks it; its name."""
    name = git(desk.root, "rev-parse", "main:policy_docs/privacy/en.md").strip()
    (desk.root / ".git/objects" / name[:2] / name[2:]).unlink()
    return name


def test_a_missing_object_is_not_fetched(
    hostile: Desk, trap: Trap, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = missing_blob(hostile)
    subprocess.run(["git", "cat-file", "blob", name], cwd=hostile.root, capture_output=True)
    assert "remote" in trap.heard  # the control
    trap.clear()
    monkeypatch.chdir(hostile.root)
    for line in ("plan", "tick --now 2026-11-23T09:30", "compare privacy@20200101 privacy@HEAD --language en"):
        assert call(line) == 6
    assert not trap.heard
    capsys.readouterr()


def test_a_folder_that_is_to_be_the_workspace_is_not_followed(
    hostile: Desk, trap: Trap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "victim").mkdir()
    config = hostile.root / ".git/config"
    subprocess.run(["git", "config", "--file", str(config), "core.worktree", str(tmp_path / "victim")], check=True)
    monkeypatch.chdir(hostile.root)
    assert call("tick --now 2026-11-23T09:30") == 0
    assert not list((tmp_path / "victim").iterdir())
    assert not trap.heard


def commit_entries(desk: Desk, *changes: str) -> list[Problem]:
    """Commit entries to main as no checkout could make them, and what the publisher says."""
    stream = (
        "commit refs/heads/main\ncommitter A <a@example.com> 1795400000 +0000\ndata 0\nfrom refs/heads/main^0\n"
        + "\n".join(changes)
        + "\n"
    )
    subprocess.run(["git", "fast-import", "--quiet"], cwd=desk.root, input=stream.encode(), check=True)
    with open_texts(desk.root) as texts:
        return observe(desk.workspace, texts, desk.now).problems


def link(path: str, target: str) -> str:
    return f"M 120000 inline {path}\ndata {len(target)}\n{target}"


def text(path: str, content: str) -> str:
    return f"M 100644 inline {path}\ndata {len(content.encode())}\n{content}"


LFS = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12345\n"


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (link("policy_docs/privacy/en.md", "/etc/passwd"), "P105", "link to another file"),
        (link("policy_docs/privacy/change.toml", "policy.toml"), "P105", "link to another file"),
        (link("policy_docs/other", "privacy"), "P105", "link to another file"),
        (f"M 160000 {'1' * 40} policy_docs/privacy/en.md", "P105", "submodule"),
        (f"M 160000 {'1' * 40} policy_docs/other", "P105", "submodule"),
        (link("policy_docs", "/etc"), "P105", "link to another file"),
        (f"M 160000 {'1' * 40} policy_docs", "P105", "submodule"),
        (text("policy_docs/privacy/en.md", LFS), "P105", "Git LFS"),
        (text("policy_docs/privacy/EN.md", "# Other\n"), "P117", "EN.md"),
        (text("policy_docs/Privacy/en.md", "# Other\n"), "P114", "Privacy"),
        (text("policy_docs/privacy/en.md.exe", "# Other\n"), "P117", "en.md.exe"),
    ],
)
def test_an_entry_that_is_no_text_is_named(desk: Desk, change: str, code: str, words: str) -> None:
    before = here(desk.root)
    problems = commit_entries(desk, change)
    assert code in {p.code for p in problems}
    assert any(words in p.message.text or words in str(p.message.values) for p in problems if p.code == code)
    desk.tick("2026-11-23T09:30")
    after = {path: data for path, data in here(desk.root).items() if "journal" not in path}
    assert after.items() <= before.items()


def test_a_replaced_text_is_not_read(desk: Desk) -> None:
    """`git replace` shows another object under the name of one."""
    name = git(desk.root, "rev-parse", "main:policy_docs/privacy/en.md").strip()
    other = git(desk.root, "hash-object", "-w", "--stdin", input="# Forged\n").strip()
    git(desk.root, "replace", name, other)
    assert git(desk.root, "cat-file", "blob", name) == "# Forged\n"  # the control
    with open_texts(desk.root) as texts:
        files = {f.path: f.data for f in texts.files(texts.tip("main"), "policy_docs")}
    assert b"Forged" not in files["policy_docs/privacy/en.md"]


def test_an_object_that_is_not_what_its_name_says_is_not_read(desk: Desk) -> None:
    import zlib

    name = git(desk.root, "rev-parse", "main:policy_docs/privacy/en.md").strip()
    file = desk.root / ".git/objects" / name[:2] / name[2:]
    file.chmod(0o644)
    file.write_bytes(zlib.compress(b"blob 9\0# Forged\n"))
    assert git(desk.root, "cat-file", "blob", name) == "# Forged\n"  # git looks at no name: the control
    with open_texts(desk.root) as texts, pytest.raises(PublisherError) as error:
        texts.files(texts.tip("main"), "policy_docs")
    assert error.value.problems[0].code == "C517"


@pytest.mark.parametrize("place", ["policy_docs", "policy_docs/privacy", "policy_docs/privacy/en.md"])
def test_a_link_in_the_working_folder_is_not_followed(
    desk: Desk, place: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    there = desk.root / place
    there.rename(desk.root / "moved")
    there.symlink_to(desk.root / "moved")
    monkeypatch.chdir(desk.root)
    assert call("check") in {3, 4}
    assert "P105" in capsys.readouterr().err

"""The clone that the program owns: it follows the remote, also through a rewritten history, and is never needed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from publisher.errors import Misconfigured, ServiceAway
from publisher.register.clone import fetch_texts, open_remote_texts
from tests.conftest import Desk
from tests.test_record import git, remote


def pushed(desk: Desk, address: Path) -> str:
    git(desk.root, "push", "-q", "-f", str(address), "main")
    return git(desk.root, "rev-parse", "main").strip()


def test_the_texts_are_those_of_the_remote(desk: Desk, tmp_path: Path) -> None:
    address = remote(desk, tmp_path)
    first = pushed(desk, address)
    with open_remote_texts(desk.workspace) as texts:
        assert texts.tip("main") == first
        assert {f.path for f in texts.files(first, "policy_docs")} >= {"policy_docs/privacy/ko.md"}
    desk.retention()
    with open_remote_texts(desk.workspace) as texts:
        assert texts.tip("main") == first  # committed here, and not pushed
    second = pushed(desk, address)
    with open_remote_texts(desk.workspace) as texts:
        assert texts.tip("main") == second
        assert texts.contains(second, first)
        text = next(f for f in texts.files(second, "policy_docs") if f.path == "policy_docs/privacy/en.md")
        assert b"7 years" in text.data


def test_a_rewritten_history_is_fetched_as_it_is(desk: Desk, tmp_path: Path) -> None:
    address = remote(desk, tmp_path)
    desk.retention()
    former = pushed(desk, address)
    fetch_texts(desk.workspace)
    git(desk.root, "update-ref", "refs/heads/main", "main~1")
    now = pushed(desk, address)
    with open_remote_texts(desk.workspace) as texts:
        assert texts.tip("main") == now
        assert not texts.contains(now, former)


def test_a_branch_that_is_gone_is_gone(desk: Desk, tmp_path: Path) -> None:
    address = remote(desk, tmp_path)
    pushed(desk, address)
    git(address, "branch", "draft", "main")
    clone = fetch_texts(desk.workspace)
    assert git(clone.git_dir, "--git-dir=.", "branch", "--list", "draft").split() == ["draft"]
    git(address, "branch", "-D", "draft")
    fetch_texts(desk.workspace)
    with open_remote_texts(desk.workspace) as texts, pytest.raises(Misconfigured) as error:
        texts.tip("draft")
    assert error.value.problems[0].code == "C516"


def test_a_remote_that_is_away_comes_back(desk: Desk, tmp_path: Path) -> None:
    address = remote(desk, tmp_path)
    first = pushed(desk, address)
    away = address.rename(tmp_path / "away.git")
    with pytest.raises(ServiceAway) as error, open_remote_texts(desk.workspace):
        pass
    assert error.value.problems[0].code == "C546"
    away.rename(address)
    with open_remote_texts(desk.workspace) as texts:
        assert texts.tip("main") == first


def test_the_clone_may_be_deleted_or_half_made(desk: Desk, tmp_path: Path) -> None:
    address = remote(desk, tmp_path)
    first = pushed(desk, address)
    clone = fetch_texts(desk.workspace)
    shutil.rmtree(clone.git_dir / "refs")
    (clone.git_dir / "HEAD").unlink()
    with open_remote_texts(desk.workspace) as texts:
        assert texts.tip("main") == first
    shutil.rmtree(clone.git_dir)
    with open_remote_texts(desk.workspace) as texts:
        assert texts.tip("main") == first


def test_without_a_remote_it_says_what_to_set(desk: Desk) -> None:
    with pytest.raises(Misconfigured) as error:
        fetch_texts(desk.workspace)
    assert error.value.problems[0].code == "C549"


def test_what_is_no_sound_object_is_not_taken_in(desk: Desk, tmp_path: Path) -> None:
    """A tree with a file named `.git`, by which a checkout would be taken over."""
    address = remote(desk, tmp_path)
    blob = git(address, "--git-dir=.", "hash-object", "-w", "--stdin", input="x\n").strip()
    tree = subprocess.run(
        ["git", "hash-object", "-w", "-t", "tree", "--literally", "--stdin"],
        cwd=address,
        input=b"100644 .git\0" + bytes.fromhex(blob),
        capture_output=True,
        check=True,
    ).stdout.decode()
    commit = git(address, "--git-dir=.", "commit-tree", "-m", "x", tree.strip()).strip()
    git(address, "--git-dir=.", "update-ref", "refs/heads/main", commit)
    with pytest.raises(ServiceAway) as error, open_remote_texts(desk.workspace):
        pass
    assert error.value.problems[0].code == "C546"


def test_a_token_answers_for_a_password_and_is_written_nowhere(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """git is asked for the credentials that it would send to an https remote."""
    from publisher.register.clone import _credentials, own_clone

    monkeypatch.setenv("PUBLISHER_GIT_TOKEN", "canary-token")
    config, more = _credentials(desk.workspace)
    clone = own_clone(desk.workspace)
    question = b"protocol=https\nhost=example.com\n\n"
    answer = clone.run("credential", "fill", stdin=question, network=True, config=config, more=more).decode()
    assert "password=canary-token" in answer
    written = (f.read_bytes() for f in desk.root.rglob("*") if f.is_file())
    assert not any(b"canary-token" in content for content in written)

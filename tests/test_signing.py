"""Signed heads and tags: made by ssh-keygen, checked by ssh-keygen and git, found out where they do not hold."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.errors import Misconfigured
from publisher.register.record_check import check_record
from publisher.register.signing import HEAD, check_heads, sign, signed_by
from publisher.register.store import VersionStore
from tests.conftest import Desk
from tests.test_record import RECORD, announced, git, here, published


def new_key(folder: Path, name: str, passphrase: str = "") -> str:
    """Make an SSH key; the public half, as allowed_signers has it."""
    file = folder / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "", "-f", str(file)], check=True)
    return " ".join((file.with_name(f"{name}.pub")).read_text().split()[:2])


def signing(desk: Desk, key: str = "var/key", options: str = "") -> str:
    """Let the desk sign, with one key allowed."""
    (desk.root / "var").mkdir(exist_ok=True)
    public = new_key(desk.root / "var", Path(key).name)
    desk.write("allowed_signers", f"publisher@example.com {options}{public}\n")
    desk.set("[clock]", f'[signing]\nkey = "{key}"\n[clock]')
    return public


def found(desk: Desk) -> list[tuple[str, str]]:
    return [(p.code, p.place.path) for p in check_heads(desk.workspace, desk.register())]


def test_every_commit_of_the_record_has_a_signed_head(desk: Desk) -> None:
    signing(desk)
    announced(desk)
    assert sorted(f.name for f in (desk.root / "versions/heads").iterdir()) == [
        f"{n:06d}.txt{end}" for n in (3, 4, 5) for end in ("", ".sig")
    ]
    assert published(desk.root) == here(desk.root)
    assert found(desk) == []
    assert VersionStore(desk.workspace.versions).verify() == []
    assert check_record(desk.workspace, desk.register()) == []


def test_a_head_is_a_checkpoint_that_ssh_keygen_alone_can_check(desk: Desk) -> None:
    signing(desk)
    desk.tick()
    file = desk.root / "versions/heads/000002.txt"
    last = base64.b64encode(bytes.fromhex(desk.register().head)).decode()
    assert file.read_text() == f"policies.example.com/journal\n2\n{last}\n"
    check = "ssh-keygen -Y verify -f allowed_signers -I publisher@example.com -n publisher-head -s".split()  # noqa: SIM905
    subprocess.run(
        [*check, f"{file}.sig"],
        input=file.read_bytes(),
        cwd=desk.root,
        check=True,
        capture_output=True,
    )


def test_git_verifies_the_tag(desk: Desk) -> None:
    signing(desk)
    announced(desk)
    signers = f"gpg.ssh.allowedSignersFile={desk.root}/allowed_signers"
    git(desk.root, "-c", "gpg.format=ssh", "-c", signers, "verify-tag", "privacy/20261210")
    git(desk.root, "fsck", "--strict")
    git(desk.root, "tag", "-f", "-a", "-m", "x", "forged", f"{RECORD}~1")
    with pytest.raises(subprocess.CalledProcessError):
        git(desk.root, "-c", "gpg.format=ssh", "-c", signers, "verify-tag", "forged")


def test_nothing_is_signed_twice(desk: Desk) -> None:
    signing(desk)
    desk.tick()
    before = here(desk.root), git(desk.root, "for-each-ref")
    desk.tick()
    assert (here(desk.root), git(desk.root, "for-each-ref")) == before


def test_a_journal_from_before_the_key_is_signed_as_it_stands(desk: Desk) -> None:
    desk.tick()
    signing(desk)
    desk.tick()
    assert "versions/heads/000002.txt.sig" in published(desk.root)
    assert found(desk) == []


@pytest.mark.parametrize("key", ["var/missing", "/nowhere/key"])
def test_a_missing_key_stops_before_anything_is_done(desk: Desk, key: str) -> None:
    desk.set("[clock]", f'[signing]\nkey = "{key}"\n[clock]')
    desk.retention()
    before = here(desk.root)
    with pytest.raises(Misconfigured) as error:
        desk.tick("2026-11-23T09:30")
    assert [p.code for p in error.value.problems] == ["C545"]
    assert here(desk.root) == before
    assert not desk.site.exists()


def test_a_key_with_a_passphrase_is_never_asked_for(desk: Desk) -> None:
    signing(desk)
    (desk.root / "var/key").unlink()
    new_key(desk.root / "var", "locked", "a passphrase")
    desk.set("var/key", "var/locked")
    announced(desk)
    report = desk.tick()
    assert [(e.exit_status, e.problems[0].code) for e in report.errors] == [(6, "C548")]
    assert not (desk.root / "versions/heads").exists()


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An ssh-agent of our own."""
    with subprocess.Popen(["ssh-agent", "-D", "-a", str(tmp_path / "a")], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "a"))
        yield
        process.terminate()


@pytest.mark.usefixtures("agent")
def test_a_key_with_a_passphrase_signs_from_the_agent(desk: Desk, tmp_path: Path) -> None:
    signing(desk)
    desk.set("var/key", "var/locked")
    public = new_key(desk.root / "var", "locked", "a passphrase")
    desk.write("allowed_signers", f"publisher@example.com {public}\n")
    answer = tmp_path / "answer"
    answer.write_text("#!/bin/sh\necho a passphrase\n")
    answer.chmod(0o755)
    asked = {**os.environ, "SSH_ASKPASS": str(answer), "SSH_ASKPASS_REQUIRE": "force"}
    subprocess.run(["ssh-add", "-q", str(desk.root / "var/locked")], env=asked, check=True, capture_output=True)
    assert not desk.tick().errors
    assert (desk.root / "versions/heads/000002.txt.sig").exists()
    assert found(desk) == []


def test_every_changed_byte_of_a_head_is_found(desk: Desk) -> None:
    signing(desk)
    desk.tick()
    for name in ("000002.txt", "000002.txt.sig"):
        file = desk.root / "versions/heads" / name
        whole = file.read_bytes()
        for at in range(0, len(whole), 1 if name.endswith("txt") else 7):
            file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            assert found(desk), (name, at)
        file.write_bytes(whole)
    assert found(desk) == []


def test_a_head_of_another_journal_is_found(desk: Desk) -> None:
    signing(desk)
    announced(desk)
    heads = desk.root / "versions/heads"
    (heads / "000003.txt").write_bytes((heads / "000004.txt").read_bytes())
    (heads / "000003.txt.sig").write_bytes((heads / "000004.txt.sig").read_bytes())
    assert found(desk) == [("V443", "versions/heads/000003.txt")]


def test_a_journal_cut_off_at_its_end_is_found_by_its_heads(desk: Desk) -> None:
    signing(desk)
    announced(desk)
    journal = desk.root / "versions/journal.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:4]))
    assert found(desk) == [("V443", "versions/heads/000005.txt")]


def test_a_missing_signature_is_found(desk: Desk) -> None:
    signing(desk)
    desk.tick()
    (desk.root / "versions/heads/000002.txt.sig").unlink()
    assert found(desk) == [("V444", "versions/heads/000002.txt.sig")]


def test_a_signature_for_another_purpose_does_not_hold(desk: Desk) -> None:
    signing(desk)
    desk.tick()
    head = desk.root / "versions/heads/000002.txt"
    head.with_name("000002.txt.sig").write_bytes(sign(desk.workspace, head.read_bytes(), "git"))
    assert found(desk) == [("V444", "versions/heads/000002.txt.sig")]


def test_a_key_that_nobody_knows_is_found(desk: Desk) -> None:
    signing(desk)
    desk.tick()
    public = new_key(desk.root / "var", "another")
    desk.write("allowed_signers", f"# the others\n\npublisher@example.com {public}\n")
    assert found(desk) == [("V445", "versions/heads/000002.txt.sig")]
    (desk.root / "allowed_signers").unlink()
    assert found(desk) == [("V445", "versions/heads/000002.txt.sig")]


def test_a_changed_key_holds_for_its_time(desk: Desk) -> None:
    """The old key signed until 1 December, the new one since; each only for its own time."""
    old = signing(desk)
    announced(desk)
    new = new_key(desk.root / "var", "new")
    desk.set("var/key", "var/new")
    until, since = 'valid-before="20261201000000"', 'valid-after="20261201000000"'
    desk.write("allowed_signers", f"publisher@example.com {until} {old}\npublisher@example.com {since} {new}\n")
    desk.tick("2026-12-10T00:00")
    assert (desk.root / "versions/heads/000006.txt.sig").exists()
    assert found(desk) == []
    # A thief of the old key signs today's head with it.
    desk.set("var/new", "var/key")
    head = desk.root / "versions/heads/000006.txt"
    head.with_name("000006.txt.sig").write_bytes(sign(desk.workspace, head.read_bytes(), HEAD))
    assert found(desk) == [("V445", "versions/heads/000006.txt.sig")]


def test_names_of_signers_are_told_apart(desk: Desk) -> None:
    mine = signing(desk)
    other = new_key(desk.root / "var", "other")
    desk.write("allowed_signers", f'one@example.com {other}\ntwo@example.com namespaces="publisher-head" {mine}\n')
    at = datetime(2026, 11, 23, tzinfo=UTC)
    signers = desk.root / "allowed_signers"
    signature = sign(desk.workspace, b"words", HEAD)
    assert signed_by(signers, b"words", signature, HEAD, at) == "two@example.com"
    assert signed_by(signers, b"other words", signature, HEAD, at) == ""

"""The register: nothing in it can change unnoticed, and what was begun is finished."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from publisher.changes.model import RULES
from publisher.errors import Misconfigured, ServiceAway
from publisher.files import write_file
from publisher.records import canonical_json, instant, instant_text
from publisher.register.journal import ORIGIN, Entry, Event, Journal, next_entry, parse_journal
from publisher.register.repository import GitTexts, open_texts
from publisher.register.store import VersionStore
from publisher.run.verify import verify
from tests.conftest import Desk, seoul

AT = datetime(2026, 11, 23, tzinfo=UTC)


def chain(length: int) -> list[Entry]:
    entries: list[Entry] = []
    for i in range(length):
        entries.append(
            next_entry(entries, at=AT, event=Event.ANNOUNCED, policy="privacy", version=f"2026120{i}", data={"n": i})
        )  # fmt: skip
    return entries


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="ascii")), inner),
    max_leaves=10,
)


@given(JSON)
def test_canonical_json_is_that_of_rfc_8785(value: object) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [1.5, {"가": 1}, [{"a": [0.1]}], {1: 2}])
def test_what_has_no_single_spelling_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="record"):
        canonical_json(value)


def test_an_instant_needs_a_zone() -> None:
    assert instant(instant_text(seoul("2026-11-23T09:00"))) == datetime(2026, 11, 23, tzinfo=UTC)
    with pytest.raises(ValueError, match="zone"):
        instant_text(datetime(2026, 11, 23))  # noqa: DTZ001
    with pytest.raises(ValueError, match="zone"):
        instant("2026-11-23T00:00:00")


def test_each_line_hangs_on_the_one_before() -> None:
    entries = chain(4)
    assert entries[0].prev == ORIGIN
    assert [e.prev for e in entries[1:]] == [e.hash for e in entries[:-1]]
    read, problems = parse_journal(b"".join(e.line() for e in entries))
    assert (read, problems) == (entries, [])


def test_every_flipped_byte_is_noticed() -> None:
    data = b"".join(e.line() for e in chain(3))
    for position in range(len(data)):
        for bit in (1, 32):
            flipped = data[:position] + bytes([data[position] ^ bit]) + data[position + 1 :]
            assert parse_journal(flipped)[1], position


def test_lines_cannot_be_taken_out_swapped_or_put_in() -> None:
    lines = [e.line() for e in chain(4)]
    for changed in (
        lines[1:],
        [lines[0], *lines[2:]],
        [lines[1], lines[0], *lines[2:]],
        [lines[0], lines[0], *lines[1:]],
    ):
        assert [p.code for p in parse_journal(b"".join(changed))[1]] == ["V400"]
    assert parse_journal(b"".join(lines)[:-1])[1][0].code == "V402", "a torn line"


def test_the_tail_cut_off_is_noticed_by_the_mailed_head(desk: Desk) -> None:
    """The journal alone cannot tell; every mail carries a head that is then no longer in it."""
    desk.recipients()
    desk.retention()
    desk.tick("2026-11-23T09:00")
    head = next(e.hash for e in desk.register().entries if e.event is Event.ANNOUNCED)
    assert all(head.encode() in _plain(letter.data) for letter in desk.mailer.letters)
    journal = desk.root / "versions" / "journal.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:2]))
    assert head not in [e.hash for e in Journal(desk.root / "versions").read()]
    assert [p.code for p in verify(desk.workspace)[0]] == ["V404"], "and the folder is one too many"


def _plain(data: bytes) -> bytes:
    from email import message_from_bytes, policy

    body = message_from_bytes(data, policy=policy.default).get_body(("plain",))
    assert body is not None
    return bytes(body.get_content().encode())


def test_every_flipped_byte_of_a_version_is_noticed(desk: Desk) -> None:
    folder = desk.root / "versions" / "third-parties" / "20200101"
    store = VersionStore(desk.root / "versions")
    assert store.verify() == []
    for file in sorted(folder.iterdir()):
        content = file.read_bytes()
        for position in range(0, len(content), 3):
            file.write_bytes(content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :])
            found = store.verify()
            assert [p.code for p in found] == ["V405"]
            assert found[0].place.path.endswith(file.name)
        file.write_bytes(content)
    assert store.verify() == []


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda w: (w / "versions/privacy/20200101/en.md").unlink(), "V403"),
        (lambda w: (w / "versions/privacy/20200101/version.json").unlink(), "V403"),
        (lambda w: (w / "versions/privacy/20200101/note.txt").write_text("x"), "V404"),
        (lambda w: (w / "versions/privacy/20250101").mkdir(), "V404"),
        (lambda w: (w / "versions/stray.json").write_text("{}"), "V404"),
    ],
)
def test_missing_and_stray_files_are_named(desk: Desk, act: object, code: str) -> None:
    act(desk.root)  # type: ignore[operator]
    found = verify(desk.workspace)[0]
    assert [p.code for p in found] == [code]
    assert found[0].place.path.startswith("versions/")


def test_a_changed_page_is_named(desk: Desk) -> None:
    desk.tick()
    page = desk.site / "en" / "privacy" / "index.html"
    page.write_bytes(page.read_bytes().replace(b"5 years", b"9 years"))
    assert [p.code for p in verify(desk.workspace)[0]] == ["V420"]


def test_records_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "a" / "record"
    write_file(file, b"old")
    (tmp_path / "a" / ".record.new").mkdir()
    with pytest.raises(Misconfigured):
        write_file(file, b"new")
    assert file.read_bytes() == b"old"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB; without the right to mount, what a full disk says is not tried here."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting a small file system is not allowed here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_loses_nothing(desk: Desk, small_disk: Path) -> None:
    """P2, P5: the versions stay as they were, and with room again the run goes on."""
    import shutil

    desk.retention()
    desk.tick("2026-11-20T20:00")
    versions = desk.root / "versions"
    shutil.copytree(versions, small_disk, dirs_exist_ok=True)
    shutil.rmtree(versions)
    versions.symlink_to(small_disk)
    ballast = small_disk / ".ballast"
    ballast.write_bytes(b"x" * (_free(small_disk) - 8192))
    before = desk.register()
    report = desk.tick("2026-11-23T09:00")
    assert report.done == []
    assert [p.code for e in report.errors for p in e.problems] == ["C520"]
    assert desk.register() == before
    ballast.unlink()
    assert [s.kind.value for s in desk.tick("2026-11-23T09:00").done] == ["freeze", "announce", "notify"]


def _free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def test_reading_git_runs_nothing_of_the_repository(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hooks, filters, textconv, fsmonitor, aliases, lazy downloads: none may leave the canary behind."""
    canary = tmp_path / "canary"
    script = tmp_path / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {canary}\nexit 0\n")
    script.chmod(0o755)
    evil = str(script)
    with (desk.root / ".git" / "config").open("a") as config:
        config.write(
            f"[core]\n\tfsmonitor = {evil}\n\thooksPath = {tmp_path}/hooks\n\tpager = {evil}\n\tsshCommand = {evil}\n"
            f'[diff]\n\texternal = {evil}\n[diff "x"]\n\ttextconv = {evil}\n[filter "x"]\n\tsmudge = {evil}\n\tclean = {evil}\n'
            f"[alias]\n\trev-parse = !{evil}\n\tls-tree = !{evil}\n[gpg]\n\tprogram = {evil}\n[log]\n\tshowSignature = true\n"
            f'[remote "p"]\n\turl = ext::{evil}\n\tpromisor = true\n\tpartialclonefilter = blob:none\n'
            f"[extensions]\n\tpartialClone = p\n"
        )
    desk.write(".gitattributes", "*.md filter=x diff=x\n")
    (tmp_path / "hooks").mkdir()
    for name in ("post-checkout", "reference-transaction", "post-index-change", "pre-commit"):
        (tmp_path / "hooks" / name).symlink_to(script)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", evil)
    desk.tick("2026-11-20T10:00")
    missing = tmp_path / "missing"
    subprocess.run(
        ["git", "init", "-q", str(missing)], check=True, env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    )
    with open_texts(desk.root) as texts:
        commit = texts.tip("main")
        assert texts.files(commit, "policy_docs")
    # A blob that is not there would be fetched from the remote by an ordinary git.
    blob = next((desk.root / ".git" / "objects").glob("*/*"))
    blob.unlink()
    with open_texts(desk.root) as texts:
        for folder in ("policy_docs", "versions"):
            with contextlib.suppress(ServiceAway, Misconfigured):
                texts.files(texts.tip("main"), folder)
    assert not canary.exists()


def test_what_is_no_ordinary_file_is_not_followed(desk: Desk) -> None:
    outside = desk.root.parent / "secret.md"
    outside.write_text("# Secret {#s}\n")
    (desk.root / "policy_docs" / "privacy" / "en.md").unlink()
    (desk.root / "policy_docs" / "privacy" / "en.md").symlink_to(outside)
    desk.commit()
    report = desk.tick("2026-11-23T09:00")
    assert "P105" in {p.code for p in report.observation.problems}
    assert report.done == []


def test_a_dirty_or_broken_checkout_does_not_matter(desk: Desk) -> None:
    """What is on the ref is approved; what lies about is not."""
    desk.edit("privacy/en.md", "Order records: 5 years", "Order records: 99 years")
    desk.write("policy_docs/privacy/ko.md", "<<<<<<< half merged")
    (desk.root / ".git" / "index.lock").touch()
    report = desk.tick("2026-11-23T09:00")
    assert (report.done, report.observation.problems) == ([], [])


def test_a_branch_that_is_not_there(desk: Desk) -> None:
    desk.set('ref = "main" ', 'ref = "gone" ')
    with pytest.raises(Misconfigured) as raised:
        desk.tick()
    assert raised.value.problems[0].code == "C516"
    texts = GitTexts(desk.root)
    with pytest.raises(Misconfigured):
        texts.tip("--upload-pack=touch")
    texts.close()


def test_the_record_of_a_decision_is_complete(desk: Desk) -> None:
    desk.retention()
    desk.tick("2026-11-23T09:00")
    raw = json.loads((desk.root / "versions" / "privacy" / "20261210" / "version.json").read_bytes())
    assert raw["schema"] == "publisher/version/v1"
    assert (raw["previous"], raw["level"], raw["days"], raw["counting"]) == (
        "20200101",
        "significant",
        14,
        "clear-days",
    )
    assert set(raw["texts"]) == {"en", "ko"}
    assert raw["rules"] == RULES
    assert len(raw["source"]["commit"]) == 40
    assert raw["findings"]["ko"][0]["before"] == "주문 기록: 5년"
    assert "만 14일" in raw["counted"]["ko"]

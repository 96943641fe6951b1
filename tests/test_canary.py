"""The look for addresses and passwords finds what it looks for."""

from __future__ import annotations

import base64
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests import canary

HANA = canary.ADDRESSES[0]


@pytest.mark.parametrize(
    "place",
    [
        "w/var/publisher.db",
        "w/versions/privacy/20261210/notice.json",
        "w/versions/journal.jsonl",
        "w/site/public/index.html",
        "evidence.log",
    ],
)
def test_an_address_in_what_is_kept_is_found(tmp_path: Path, place: str) -> None:
    file = tmp_path / "deep" / place
    file.parent.mkdir(parents=True)
    file.write_bytes(b"\0x" + HANA.encode() + b"\n")
    assert list(canary.written(tmp_path / "deep")) == [f"{place}: {HANA}"]
    file.unlink()


@pytest.mark.parametrize("place", ["w/var/list.csv", "w/var/mail/new/1", "w/list.csv", "w/preview/a.eml"])
def test_an_address_where_it_belongs_is_not(tmp_path: Path, place: str) -> None:
    file = tmp_path / place
    file.parent.mkdir(parents=True)
    file.write_text(HANA, "utf-8")
    assert list(canary.written(tmp_path)) == []


def test_the_password_is_found_anywhere(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    for words in (canary.PASSWORD, base64.b64encode(f"\0operator\0{canary.PASSWORD}".encode()).decode()):
        file.write_text(f"x{words}x", "utf-8")
        assert [found.partition(": ")[0] for found in canary.written(tmp_path)] == ["list.csv"]
    file.unlink()


def test_git_and_zip_files_are_opened(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path / "r"], check=True)
    subprocess.run(["git", "-C", tmp_path / "r", "hash-object", "-w", "--stdin"], input=HANA.encode(), check=True,
                   capture_output=True)  # fmt: skip
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("receipts.jsonl", f"{HANA}\n" * 50)
    found = sorted(canary.written(tmp_path))
    assert [name.rpartition(": ")[2] for name in found] == [HANA, HANA]
    assert [name.partition("/")[0] for name in found] == [f"a.zip: {HANA}", "r"]
    for file in [p for p in tmp_path.rglob("*") if p.is_file()]:
        file.unlink()


def test_what_is_said_is_looked_through() -> None:
    assert canary.said(f"mail to {HANA} failed") == [HANA]
    assert canary.said("mail to u1 failed") == []

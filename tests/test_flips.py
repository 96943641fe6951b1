"""Every byte of the records changed in turn, files lost, added, renamed, cut short: each is found (P9)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from publisher.register.store import VersionStore
from publisher.run.verify import verify
from tests.faults import Faults, installed
from tests.simworld import World


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two policies; a change announced, mailed and in force."""
    with installed() as faults:
        yield a_life(faults, tmp_path_factory.mktemp("flips"))


def a_life(faults: Faults, folder: Path) -> World:
    world = World(faults, folder / "w")
    world.commit("privacy", years=7)
    report = world.tick()
    assert report is not None
    world.now = min(s.at for s in report.plan.steps)
    world.tick()
    return world


@pytest.fixture
def records(world: World, tmp_path: Path) -> Path:
    """A copy of the records, which hold."""
    copy = tmp_path / "versions"
    shutil.copytree(world.workspace.versions, copy)
    assert not VersionStore(copy).verify()
    return copy


def files_of(folder: Path) -> list[Path]:
    return sorted(f for f in folder.rglob("*") if f.is_file())


@pytest.mark.parametrize(("pattern", "stride"), [(0x01, 1), (0x20, 5)])
def test_every_byte_of_every_record(records: Path, pattern: int, stride: int) -> None:
    """0x20 turns a small letter into a capital one, the change that is hardest to see."""
    store, missed, tried = VersionStore(records), [], 0
    for file in files_of(records):
        data = file.read_bytes()
        for at in range(0, len(data), stride):
            file.write_bytes(data[:at] + bytes([data[at] ^ pattern]) + data[at + 1 :])
            tried += 1
            if not store.verify():
                missed.append(f"{file.relative_to(records)}:{at}")
        file.write_bytes(data)
    assert tried > 5000 // stride
    assert not missed


def test_the_tail_cut_off_is_found_by_any_head_that_was_mailed(world: World, records: Path) -> None:
    """Without a witness a journal that was cut is whole; a head in a mailbox shows that lines are gone."""
    journal = records / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    heads = [json.loads(line)["hash"] for line in lines]
    mailed = {letter.words.split()[-1] for letter in world.server.taken}
    assert len(mailed) == 1
    assert mailed <= set(heads), "what a mail carries is the hash of a journal line"
    for kept in range(len(lines)):
        journal.write_bytes(b"".join(lines[:kept]))
        left = [json.loads(line)["hash"] for line in journal.read_bytes().splitlines()]
        found = VersionStore(records).verify()
        for head in heads[kept:]:
            assert head not in left
        # versions without a line are found even without a head
        gone = {(json.loads(line)["policy"], json.loads(line)["version"]) for line in lines[kept:]
                if json.loads(line)["event"] == "frozen"}  # fmt: skip
        assert bool(found) == bool(gone)


def test_the_tail_rewritten_has_other_heads(records: Path) -> None:
    """A forger can make the chain fit again, but not with the hashes that readers keep."""
    from publisher.register.journal import next_entry, parse_journal

    journal = records / "journal.jsonl"
    entries, _ = parse_journal(journal.read_bytes())
    for forged in range(len(entries)):
        made = list(entries[:forged])
        for entry in entries[forged:]:
            data = {**entry.data, "forged": True} if entry is entries[forged] else entry.data
            made.append(
                next_entry(made, at=entry.at, event=entry.event, policy=entry.policy, version=entry.version, data=data)
            )
        assert not {e.hash for e in made[forged:]} & {e.hash for e in entries}


def removed(file: Path) -> None:
    file.unlink()


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def cut_by_one(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def cut_in_half(file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])


def one_more_byte(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"\n")


def doubled(file: Path) -> None:
    file.write_bytes(file.read_bytes() * 2)


def renamed(file: Path) -> None:
    file.rename(file.with_name(f"{file.name}.old"))


def a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def a_link_to_a_copy_with_other_words(file: Path) -> None:
    other = file.with_name("elsewhere")
    other.write_bytes(file.read_bytes() + b" ")
    file.unlink()
    file.symlink_to(other)


@pytest.mark.parametrize(
    "harm",
    [removed, emptied, cut_by_one, cut_in_half, one_more_byte, doubled, renamed, a_folder,
     a_link_to_a_copy_with_other_words],
)  # fmt: skip
def test_each_file_harmed(world: World, tmp_path: Path, harm: Callable[[Path], None]) -> None:
    for i, name in enumerate(f.relative_to(world.workspace.versions) for f in files_of(world.workspace.versions)):
        copy = tmp_path / str(i)
        shutil.copytree(world.workspace.versions, copy)
        harm(copy / name)
        assert VersionStore(copy).verify(), f"{harm.__name__}: {name}"


def test_files_swapped_and_added(records: Path) -> None:
    store = VersionStore(records)
    one, other = sorted(records.glob("privacy/*/en.md"))[:2]
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    assert len(store.verify()) == 2
    one.write_bytes(first)
    other.write_bytes(second)
    assert not store.verify()
    for extra in (one.with_name("fr.md"), one.with_name(".hidden"), records / "privacy" / "20990101" / "en.md",
                  records / "terms" / "20990101" / "en.md", records / "more.jsonl"):  # fmt: skip
        extra.parent.mkdir(parents=True, exist_ok=True)
        extra.write_bytes(first)
        assert store.verify(), f"{extra} was added and nobody noticed"
        extra.unlink()
        if not any(extra.parent.iterdir()):
            extra.parent.rmdir()
    assert not store.verify()


def test_version_folders_swapped(records: Path) -> None:
    one, other = sorted(f for f in (records / "privacy").iterdir())[:2]
    aside = records / "privacy" / "aside"
    one.rename(aside)
    other.rename(one)
    aside.rename(other)
    assert VersionStore(records).verify()


def test_every_file_of_the_site(world: World) -> None:
    """A page, a feed, a style that is changed on the public site is found; so is one that is gone."""
    folder = world.workspace.output.resolve()
    assert not verify(world.workspace)[0]
    for file in files_of(folder):
        data = file.read_bytes()
        for harm in (data[:-1] + bytes([data[-1] ^ 1]), b""):
            file.write_bytes(harm)
            assert verify(world.workspace)[0], f"{file.relative_to(folder)} was changed and nobody noticed"
        file.unlink()
        assert verify(world.workspace)[0], f"{file.relative_to(folder)} is gone and nobody noticed"
        file.write_bytes(data)
    assert not verify(world.workspace)[0]

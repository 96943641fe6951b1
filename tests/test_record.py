"""The record in git: what the publisher commits, what it refuses, and that versions/ can be rebuilt from it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.errors import IntegrityBroken, Misconfigured, PublisherError, ServiceAway
from publisher.register.record import GitRecord, NoRecord, open_record
from publisher.register.record_check import check_record
from publisher.register.restore import restore
from publisher.register.store import VersionStore
from publisher.run.tick import tick
from publisher.workspace import open_workspace, parse_settings
from tests.conftest import Desk, Ended

RECORD = "publisher/record"


def git(root: Path, *arguments: str, **more: object) -> str:
    """What git says in a repository, as a person would use it."""
    return subprocess.run(
        ["git", "-c", "user.name=A Person", "-c", "user.email=person@example.com", *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
        **more,  # type: ignore[call-overload]
    ).stdout


def published(root: Path) -> dict[str, bytes]:
    """What stands on the branch, by path."""
    names = git(root, "ls-tree", "-r", "--name-only", RECORD).splitlines()
    return {
        name: subprocess.run(["git", "cat-file", "blob", f"{RECORD}:{name}"], cwd=root, capture_output=True).stdout
        for name in names
    }


def here(root: Path) -> dict[str, bytes]:
    return {
        f.relative_to(root).as_posix(): f.read_bytes()
        for f in sorted((root / "versions").rglob("*"))
        if f.is_file() and f.name != ".gitkeep"
    }


def codes(error: pytest.ExceptionInfo[PublisherError]) -> list[str]:
    return [p.code for p in error.value.problems]


def announced(desk: Desk) -> None:
    """The usual change, announced and mailed."""
    desk.recipients()
    desk.retention()
    desk.tick("2026-11-23T09:30")


def remote(desk: Desk, tmp_path: Path) -> Path:
    """A bare repository that the workspace sends its record to."""
    folder = tmp_path / "remote.git"
    git(tmp_path, "init", "-q", "--bare", "-b", "main", str(folder))
    desk.set('ref = "main"', f'ref = "main"\nremote = "{folder}"')
    desk.commit()
    return folder


class TestKeep:
    def test_the_branch_holds_what_the_folder_holds(self, desk: Desk) -> None:
        announced(desk)
        assert published(desk.root) == here(desk.root)

    def test_each_step_is_a_commit_with_the_moment_of_its_record(self, desk: Desk) -> None:
        announced(desk)
        commits = git(desk.root, "log", "--format=%s|%an <%ae>|%cI", RECORD).splitlines()
        subjects, people, moments = zip(*(line.split("|") for line in commits), strict=True)
        assert subjects == (
            "privacy 20261210: notified",
            "privacy 20261210: announced",
            "3 records, the last: privacy 20261210: frozen",
        )
        assert set(people) == {"Publisher <publisher@example.com>"}
        # git writes UTC as Z since 2.46, before as +00:00
        assert datetime.fromisoformat(moments[0]) == datetime(2026, 11, 23, 0, 30, tzinfo=UTC)

    def test_a_second_tick_commits_nothing(self, desk: Desk) -> None:
        announced(desk)
        before = git(desk.root, "for-each-ref")
        desk.tick()
        assert git(desk.root, "for-each-ref") == before

    def test_people_see_nothing_of_it(self, desk: Desk) -> None:
        desk.recipients()
        desk.retention()
        git(desk.root, "reset", "-q")  # an index as a person has one
        index, head = (desk.root / ".git/index").read_bytes(), git(desk.root, "rev-parse", "main")
        desk.tick("2026-11-23T09:30")
        assert (desk.root / ".git/index").read_bytes() == index
        assert git(desk.root, "rev-parse", "main") == head
        assert git(desk.root, "symbolic-ref", "HEAD").strip() == "refs/heads/main"
        assert not git(desk.root, "for-each-ref", "refs/publisher")

    def test_an_announced_version_has_a_tag_on_the_commit_of_its_announcement(self, desk: Desk) -> None:
        announced(desk)
        assert git(desk.root, "tag").split() == ["privacy/20261210"]
        assert git(desk.root, "cat-file", "-t", "privacy/20261210").strip() == "tag"
        assert git(desk.root, "log", "-1", "--format=%s", "privacy/20261210").strip() == "privacy 20261210: announced"

    def test_git_finds_the_repository_sound(self, desk: Desk) -> None:
        announced(desk)
        git(desk.root, "fsck", "--strict", "--full")

    def test_what_was_left_uncommitted_is_committed_by_the_next_tick(self, desk: Desk) -> None:
        desk.recipients()
        desk.retention()
        tick(replace(desk.engine(), record=lambda _: NoRecord()))
        desk.tick()
        assert published(desk.root) == here(desk.root)
        assert git(desk.root, "tag").split() == ["privacy/20261210"]

    def test_a_checkout_of_the_branch_is_no_hindrance(self, desk: Desk, tmp_path: Path) -> None:
        desk.tick()
        git(desk.root, "worktree", "add", "-q", str(tmp_path / "aside"), RECORD)
        announced(desk)
        assert published(desk.root) == here(desk.root)

    def test_a_workspace_in_a_worktree_keeps_its_record(self, desk: Desk, tmp_path: Path) -> None:
        desk.recipients()
        git(desk.root, "worktree", "add", "-q", "--detach", str(tmp_path / "tree"), "main")
        shutil.copytree(desk.root / "var", tmp_path / "tree/var")
        desk.root, original = tmp_path / "tree", desk.root
        desk.tick()
        assert published(original) == here(desk.root)

    def test_without_a_repository_nothing_is_kept(self, desk: Desk) -> None:
        shutil.rmtree(desk.root / ".git")
        record = open_record(desk.workspace)
        record.check()
        assert (record.keep(), record.push()) == (None, False)

    def test_a_git_folder_that_is_none_is_told_as_such(self, desk: Desk) -> None:
        shutil.rmtree(desk.root / ".git")
        (desk.root / ".git").mkdir()
        with pytest.raises(Misconfigured) as error:
            desk.tick()
        assert codes(error) == ["C515"]

    def test_a_damaged_record_stops_the_publisher(self, desk: Desk) -> None:
        announced(desk)
        commit = git(desk.root, "rev-parse", RECORD).strip()
        file = desk.root / ".git/objects" / commit[:2] / commit[2:]
        file.chmod(0o644)
        file.write_bytes(b"damaged")
        with pytest.raises(IntegrityBroken) as error:
            desk.tick()
        assert codes(error) == ["V442"]
        file.unlink()
        with pytest.raises(IntegrityBroken) as error:
            desk.tick()
        assert codes(error) == ["V442"]

    def test_a_branch_of_somebody_else_is_not_built_on(self, desk: Desk) -> None:
        empty = git(desk.root, "mktree", input="").strip()
        git(desk.root, "update-ref", f"refs/heads/{RECORD}", git(desk.root, "commit-tree", "-m", "x", empty).strip())
        with pytest.raises(IntegrityBroken) as error:
            desk.tick()
        assert codes(error) == ["V442"]

    def test_a_branch_that_stands_in_the_way_is_named_and_the_work_goes_on(self, desk: Desk) -> None:
        git(desk.root, "branch", "publisher")
        desk.recipients()
        desk.retention()
        report = desk.tick("2026-11-23T09:30")
        assert [e.problems[0].code for e in report.errors] == ["C547"]
        assert [s.kind.value for s in report.done] == ["freeze", "announce", "notify"]
        git(desk.root, "branch", "-D", "publisher")
        assert not desk.tick().errors
        assert published(desk.root) == here(desk.root)

    def test_nothing_new_costs_one_process(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        announced(desk)
        calls: list[tuple[str, ...]] = []
        real = GitRecord.__init__.__globals__["Repository"].run

        def counted(self: object, *arguments: str, **more: object) -> bytes:
            calls.append(arguments)
            return bytes(real(self, *arguments, **more))

        monkeypatch.setattr(GitRecord.__init__.__globals__["Repository"], "run", counted)
        record = open_record(desk.workspace)
        record.check()
        record.keep()
        record.push()
        assert calls == [("cat-file", "--batch-check")]


class TestOthers:
    """Another copy of the record, here or elsewhere."""

    def test_another_record_stops_the_publisher(self, desk: Desk) -> None:
        desk.tick()
        other = Path(str(desk.root) + "-other")
        shutil.copytree(desk.root, other, symlinks=True)
        announced(desk)
        git(other, "fetch", "-q", str(desk.root), f"+{RECORD}:{RECORD}")
        elsewhere = Desk(root=other, now=desk.now, mailer=desk.mailer)
        elsewhere.telephone()
        tick_without = replace(elsewhere.engine(), record=lambda _: NoRecord())
        tick(tick_without)
        before = here(other)
        with pytest.raises(IntegrityBroken) as error:
            elsewhere.tick()
        assert codes(error) == ["V440"]
        assert here(other) == before

    @pytest.mark.parametrize("left", [0, 2])
    def test_a_lost_journal_is_never_started_anew(self, desk: Desk, left: int) -> None:
        announced(desk)
        journal = desk.root / "versions/journal.jsonl"
        lines = journal.read_bytes().splitlines(keepends=True)
        journal.write_bytes(b"".join(lines[:left])) if left else shutil.rmtree(desk.root / "versions")
        sent = len(desk.mailer.letters)
        with pytest.raises(IntegrityBroken) as error:
            desk.tick("2026-11-24T09:30")
        assert codes(error) == ["V441"]
        assert len(desk.mailer.letters) == sent

    def test_a_fresh_clone_is_told_to_restore(self, desk: Desk, tmp_path: Path) -> None:
        announced(desk)
        git(tmp_path, "clone", "-q", str(desk.root), "fresh")
        fresh = Desk(root=tmp_path / "fresh", now=desk.now, mailer=desk.mailer)
        with pytest.raises(IntegrityBroken) as error:
            fresh.tick()
        assert codes(error) == ["V441"]
        restore(fresh.workspace)
        assert not fresh.tick().done
        assert here(fresh.root) == here(desk.root)
        assert git(fresh.root, "rev-parse", RECORD) == git(desk.root, "rev-parse", RECORD)
        assert git(fresh.root, "rev-parse", "privacy/20261210") == git(desk.root, "rev-parse", "privacy/20261210")

    def test_a_shallow_clone_asks_the_remote(self, desk: Desk, tmp_path: Path) -> None:
        address = remote(desk, tmp_path)
        git(desk.root, "push", "-q", str(address), "main")
        announced(desk)
        git(tmp_path, "clone", "-q", "--depth=1", "--single-branch", f"file://{desk.root}", "fresh")
        fresh = Desk(root=tmp_path / "fresh", now=desk.now, mailer=desk.mailer)
        with pytest.raises(IntegrityBroken) as error:
            fresh.tick()
        assert codes(error) == ["V441"]
        restore(fresh.workspace)
        assert here(fresh.root) == here(desk.root)
        assert git(fresh.root, "rev-parse", "privacy/20261210") == git(desk.root, "rev-parse", "privacy/20261210")
        fresh.tick("2026-12-10T00:00")
        assert git(address, "log", "-1", "--format=%s", RECORD).strip() == "privacy 20261210: in force"

    def test_a_fresh_clone_waits_for_a_remote_that_is_away(self, desk: Desk, tmp_path: Path) -> None:
        desk.set('ref = "main"', f'ref = "main"\nremote = "{tmp_path}/nowhere.git"')
        desk.retention()
        with pytest.raises(ServiceAway) as error:
            desk.tick("2026-11-23T09:30")
        assert codes(error) == ["C546"]
        assert not [v for v in desk.register().versions if not v.record.history]


class TestPush:
    def test_the_remote_gets_branch_and_tags(self, desk: Desk, tmp_path: Path) -> None:
        address = remote(desk, tmp_path)
        announced(desk)
        assert published(address) == here(desk.root)
        assert git(address, "tag").split() == ["privacy/20261210"]
        desk.tick("2026-12-10T00:00")
        assert published(address) == here(desk.root)

    def test_a_remote_away_hinders_nothing_and_is_caught_up(self, desk: Desk, tmp_path: Path) -> None:
        address = remote(desk, tmp_path)
        desk.tick()
        away = address.rename(tmp_path / "away.git")
        desk.recipients()
        desk.retention()
        report = desk.tick("2026-11-23T09:30")
        assert [(e.exit_status, e.problems[0].code) for e in report.errors] == [(6, "C544")]
        assert [s.kind.value for s in report.done] == ["freeze", "announce", "notify"]
        away.rename(address)
        assert not desk.tick().errors
        assert published(address) == here(desk.root)
        assert git(address, "tag").split() == ["privacy/20261210"]

    def test_another_record_on_the_remote_is_never_overwritten(self, desk: Desk, tmp_path: Path) -> None:
        address = remote(desk, tmp_path)
        desk.tick()
        git(desk.root, "push", "-q", "-f", str(address), f"main:{RECORD}")
        theirs = git(address, "rev-parse", RECORD)
        desk.retention()
        with pytest.raises(IntegrityBroken) as error:
            desk.tick("2026-11-23T09:30")
        assert codes(error) == ["V440"]
        assert git(address, "rev-parse", RECORD) == theirs

    def test_a_remote_that_refuses_is_an_outside_service(self, desk: Desk, tmp_path: Path) -> None:
        address = remote(desk, tmp_path)
        hook = address / "hooks/pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text("#!/bin/sh\necho protected >&2\nexit 1\n")
        hook.chmod(0o755)
        report = desk.tick()
        assert [e.problems[0].code for e in report.errors] == ["C544"]
        assert published(desk.root) == here(desk.root)


class TestRestore:
    def test_a_lost_folder_is_rebuilt(self, desk: Desk) -> None:
        announced(desk)
        before = here(desk.root)
        shutil.rmtree(desk.root / "versions")
        done = restore(desk.workspace)
        assert (done.entries, done.before, done.changed, done.former) == (5, 0, True, "")
        assert here(desk.root) == before
        assert not VersionStore(desk.workspace.versions).verify()

    def test_a_changed_text_is_put_right_and_the_former_folder_kept(self, desk: Desk) -> None:
        announced(desk)
        before = here(desk.root)
        text = desk.root / "versions/privacy/20261210/ko.md"
        text.write_text("Something else.\n")
        done = restore(desk.workspace)
        assert here(desk.root) == before
        assert (desk.root / done.former / "privacy/20261210/ko.md").read_text() == "Something else.\n"

    def test_nothing_is_done_where_nothing_differs(self, desk: Desk) -> None:
        announced(desk)
        assert not restore(desk.workspace).changed
        assert not list((desk.root / "var").glob("versions.former*"))

    def test_a_dry_run_changes_nothing(self, desk: Desk) -> None:
        announced(desk)
        shutil.rmtree(desk.root / "versions")
        assert restore(desk.workspace, dry_run=True).changed
        assert not (desk.root / "versions").exists()

    def test_a_journal_that_goes_another_way_is_left_alone(self, desk: Desk) -> None:
        announced(desk)
        journal = desk.root / "versions/journal.jsonl"
        journal.write_bytes(journal.read_bytes().replace(b"announced", b"annaunced"))
        before = here(desk.root)
        with pytest.raises(IntegrityBroken) as error:
            restore(desk.workspace)
        assert codes(error) == ["V440"]
        assert here(desk.root) == before

    @pytest.mark.parametrize(
        ("path", "content", "code"),
        [
            ("versions/privacy/20261210/ko.md", "Forged.\n", "V405"),
            ("versions/privacy/20261210/notes.txt", "Forged.\n", "V442"),
            ("versions/../../escape/20261210/ko.md", "Forged.\n", "V442"),
        ],
    )
    def test_a_record_that_does_not_hold_is_not_put_in_place(
        self, desk: Desk, path: str, content: str, code: str
    ) -> None:
        announced(desk)
        forge(desk.root, path, content)
        shutil.rmtree(desk.root / "versions")
        with pytest.raises(IntegrityBroken) as error:
            restore(desk.workspace)
        assert codes(error)[0] == code
        assert not (desk.root / "versions").exists()

    def test_without_a_record_it_says_so(self, desk: Desk) -> None:
        with pytest.raises(Misconfigured) as error:
            restore(desk.workspace)
        assert codes(error) == ["C549"]

    def test_the_command(self, desk: Desk, publisher: Callable[..., Ended]) -> None:
        announced(desk)
        shutil.rmtree(desk.root / "versions")
        ended = publisher("restore", "--dry-run", cwd=desk.root)
        assert (ended.status, "Would be restored" in ended.out) == (0, True)
        ended = publisher("restore", "--json", cwd=desk.root)
        assert json.loads(ended.out)["entries"] == 5
        assert publisher("verify", cwd=desk.root).status == 0
        assert "nothing was changed" in publisher("restore", cwd=desk.root).out


def forge(root: Path, path: str, content: str | None) -> None:
    """Write a commit on the record branch as somebody who may write there could; `None` deletes the file."""
    text = content or ""
    change = f"M 100644 inline {path}\ndata {len(text)}\n{text}\n" if content is not None else f"D {path}\n"
    stream = (
        f"commit refs/heads/{RECORD}\ncommitter Mallory <m@example.org> 1795400000 +0000\ndata 0\n"
        f"from refs/heads/{RECORD}^0\n{change}\n"
    )
    ended = subprocess.run(["git", "fast-import", "--quiet"], cwd=root, input=stream.encode(), capture_output=True)
    if ended.returncode:  # git refuses such a path: a tree made by hand
        blob = git(root, "hash-object", "-w", "--stdin", input=text).strip()
        top = git(root, "rev-parse", f"{RECORD}^{{tree}}").strip()
        inner = git(root, "ls-tree", f"{top}:versions") + f"100644 blob {blob}\t..\n"
        versions = git(root, "mktree", input=inner).strip()
        tree = git(root, "mktree", input=f"040000 tree {versions}\tversions\n").strip()
        git(root, "update-ref", f"refs/heads/{RECORD}", git(root, "commit-tree", "-m", "x", tree).strip())


class TestCheck:
    def test_a_sound_record_has_no_problem(self, desk: Desk) -> None:
        assert check_record(desk.workspace, desk.register()) == []
        announced(desk)
        assert check_record(desk.workspace, desk.register()) == []
        desk.tick("2026-12-10T00:00")
        assert check_record(desk.workspace, desk.register()) == []

    def test_what_is_not_committed_yet_is_no_problem(self, desk: Desk) -> None:
        desk.tick()
        desk.retention()
        tick(replace(desk.engine(), record=lambda _: NoRecord()))
        assert check_record(desk.workspace, desk.register()) == []

    @pytest.mark.parametrize(
        ("path", "content"),
        [
            ("versions/privacy/20261210/ko.md", "Forged.\n"),
            ("versions/privacy/20261210/ko.md", None),
            ("versions/privacy/20261210/more.md", "Forged.\n"),
            ("README.md", "Forged.\n"),
        ],
    )
    def test_a_branch_that_differs_is_found(self, desk: Desk, path: str, content: str | None) -> None:
        announced(desk)
        forge(desk.root, path, content)
        problems = check_record(desk.workspace, desk.register())
        assert [(p.code, p.place.path) for p in problems] == [("V446", path)]

    def test_another_journal_on_the_branch_is_found(self, desk: Desk) -> None:
        announced(desk)
        forge(desk.root, "versions/journal.jsonl", "{}\n")
        assert [p.code for p in check_record(desk.workspace, desk.register())] == ["V440"]

    @pytest.mark.parametrize("moved", ["gone", "elsewhere", "before the announcement", "light"])
    def test_a_tag_that_is_not_where_it_was_put_is_found(self, desk: Desk, moved: str) -> None:
        announced(desk)
        match moved:
            case "gone":
                git(desk.root, "tag", "-d", "privacy/20261210")
            case "elsewhere":
                git(desk.root, "tag", "-f", "-a", "-m", "x", "privacy/20261210", "main")
            case "before the announcement":
                git(desk.root, "tag", "-f", "-a", "-m", "x", "privacy/20261210", f"{RECORD}~2")
            case "light":
                git(desk.root, "tag", "-f", "privacy/20261210", f"{RECORD}~1")
        problems = check_record(desk.workspace, desk.register())
        assert [(p.code, p.place.path) for p in problems] == [("V447", "refs/tags/privacy/20261210")]


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ('identity = "Publisher"', "C543"),
        ('identity = "Publisher <nobody>"', "C543"),
        ('identity = "A\\nB <a@example.com>"', "C543"),
        ('record = "../x"', "C510"),
        ('record = "-x"', "C510"),
        ('record = "main"', "C510"),
        ('remote = "ext::sh -c date"', "C510"),
        ('remote = "--upload-pack=date"', "C510"),
        ('remote = "ssh://-oProxyCommand=date/x"', "C510"),
        ('remote = "http://example.com/x.git"', "C510"),
        ('remote = "https://me:secret@example.com/x.git"', "C501"),
    ],
)
def test_settings_that_cannot_be_meant(desk: Desk, setting: str, code: str) -> None:
    text = (desk.root / "publisher.toml").read_text("utf-8").replace('ref = "main"', f'ref = "main"\n{setting}')
    with pytest.raises(Misconfigured) as error:
        parse_settings(text.encode())
    assert codes(error) == [code]
    assert "secret" not in str(error.value.problems)


def test_a_workspace_opens_with_every_kind_of_remote(desk: Desk) -> None:
    for address in ("https://example.com/x.git", "ssh://git@example.com/x.git", "git@example.com:x.git", "/srv/x.git"):
        text = (
            (desk.root / "publisher.toml")
            .read_text("utf-8")
            .replace('ref = "main"', f'ref = "main"\nremote = "{address}"')
        )
        assert parse_settings(text.encode()).git.remote == address
    assert open_workspace(desk.root).settings.git.remote == ""

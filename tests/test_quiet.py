"""A tick with nothing to do looks at little, and everything that could matter wakes it (docs/decisions/0020)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from publisher.errors import IntegrityBroken
from publisher.files import only_run
from publisher.run import clock
from publisher.run import quiet as module
from publisher.run.daemon import Waker
from publisher.run.health import Health
from publisher.run.rest import quiet
from publisher.run.verify import verify
from publisher.website.build import build_site
from tests.conftest import REASON, Desk, Ended, seoul

Command = Callable[..., Ended]


def is_quiet(desk: Desk) -> bool:
    return quiet(desk.engine()) is not None


@pytest.fixture
def resting(desk: Desk) -> Desk:
    """A workspace whose last full tick found nothing to do."""
    desk.tick("2026-11-23T10:00")
    desk.tick("2026-11-23T10:05")
    assert is_quiet(desk)
    return desk


@pytest.fixture
def waiting(desk: Desk) -> Desk:
    """A change is announced, mailed, and waits for its day."""
    desk.recipients()
    desk.retention()
    desk.tick("2026-11-23T09:00")
    desk.tick("2026-11-23T09:05")
    assert is_quiet(desk)
    return desk


def touch(path: Path) -> None:
    """The same bytes, written again."""
    path.write_bytes(path.read_bytes())


def packed(desk: Desk) -> None:
    subprocess.run(["git", "pack-refs", "--all"], cwd=desk.root, check=True)
    assert not (desk.root / ".git/refs/heads/main").exists()


def forced(desk: Desk) -> None:
    """The branch names another commit, of the same tree."""
    tree = "main^{tree}"
    made = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit-tree", tree, "-m", "anew"],
        cwd=desk.root, check=True, capture_output=True, text=True,
    )  # fmt: skip
    subprocess.run(["git", "update-ref", "refs/heads/main", made.stdout.strip()], cwd=desk.root, check=True)


def symbolic(desk: Desk) -> None:
    """The branch is only another name of a branch, whose commits its own file does not tell."""
    subprocess.run(["git", "branch", "other", "main"], cwd=desk.root, check=True)
    subprocess.run(["git", "symbolic-ref", "refs/heads/main", "refs/heads/other"], cwd=desk.root, check=True)


def recorded(desk: Desk) -> None:
    """Somebody moves the publisher's own branch."""
    subprocess.run(["git", "update-ref", "refs/heads/publisher/record", "main"], cwd=desk.root, check=True)


def rebuilt(desk: Desk) -> None:
    build_site(desk.workspace, desk.register(), force=True)


def own_style(desk: Desk) -> None:
    desk.write("site/static/own.css", "p { color: red }\n")


def redirected(desk: Desk) -> None:
    other = desk.site.with_name("other")
    shutil.copytree(desk.site, other)
    desk.site.unlink()
    desk.site.symlink_to(other.name)


def without(key: str) -> Callable[[Desk], None]:
    def remove(desk: Desk) -> None:
        file = desk.root / "var" / "quiet.json"
        stored = json.loads(file.read_bytes())
        del stored[key]
        file.write_text(json.dumps(stored), "utf-8")

    return remove


WAKING: dict[str, Callable[[Desk], object]] = {
    "a commit": lambda d: d.telephone(),
    "a commit of something else": lambda d: (d.write("notes.txt", "x"), d.commit()),
    "a branch moved by force": forced,
    "branches packed": packed,
    "a branch that is another one": symbolic,
    "the branch gone": lambda d: (d.root / ".git/refs/heads/main").unlink(),
    "the record's branch": recorded,
    "the journal written again": lambda d: touch(d.root / "versions/journal.jsonl"),
    "the journal gone": lambda d: (d.root / "versions/journal.jsonl").unlink(),
    "a folder among the versions": lambda d: (d.root / "versions/new").mkdir(),
    "a folder left aside": lambda d: (d.root / "versions/.staging").mkdir(),
    "a setting": lambda d: d.set("minor = 7", "minor = 8"),
    "the settings gone": lambda d: (d.root / "publisher.toml").rename(d.root / "x.toml"),
    "the site built again": rebuilt,
    "the site led elsewhere": redirected,
    "the site gone": lambda d: d.site.unlink(),
    "the site's manifest": lambda d: touch(d.site.resolve().with_suffix(".db")),
    "a style of one's own": own_style,
    "another run at work": lambda _: None,
    "no lock": lambda d: (d.root / "var/publisher.lock").unlink(),
    "nothing stored": lambda d: (d.root / "var/quiet.json").unlink(),
    "an empty store": lambda d: (d.root / "var/quiet.json").write_bytes(b""),
    "half a store": lambda d: (d.root / "var/quiet.json").write_bytes((d.root / "var/quiet.json").read_bytes()[:500]),
    "bytes": lambda d: (d.root / "var/quiet.json").write_bytes(b"\xff\xfe\x00"),
    "another document": lambda d: (d.root / "var/quiet.json").write_bytes(b"[1, 2]"),
    "a store without words": without("words"),
    "a store without an end": without("until"),
    "a store without what was seen": without("seen"),
    "no mark": lambda d: (d.root / "var/clock.json").unlink(),
    "a damaged mark": lambda d: (d.root / "var/clock.json").write_bytes(b"{}"),
    "a clock gone back": lambda d: setattr(d, "now", d.now - timedelta(minutes=6)),
    "the next day": lambda d: setattr(d, "now", seoul("2026-11-24T00:00")),
    "a day later": lambda d: setattr(d, "now", d.now + timedelta(hours=24)),
    "a clock far ahead": lambda d: setattr(d, "now", d.now + timedelta(days=10)),
}


@pytest.mark.parametrize("what", WAKING)
def test_what_wakes_it(resting: Desk, what: str) -> None:
    if what == "another run at work":
        with only_run(resting.workspace.lock):
            assert not is_quiet(resting)
        return
    engine = resting.engine()
    WAKING[what](resting)
    assert quiet(replace(engine, clock=lambda: resting.now)) is None


def test_what_does_not_wake_it(resting: Desk) -> None:
    """Work in the folder that is not yet committed, and a clock that was set right by a little."""
    resting.edit("privacy/en.md", "5 years", "7 years")
    resting.now -= timedelta(minutes=4)
    assert is_quiet(resting)
    resting.now = seoul("2026-11-23T23:59:59")
    assert is_quiet(resting)


def test_another_program_or_another_folder_wakes_it(resting: Desk, tmp_path: Path) -> None:
    other = [*resting.engine().program[:-1], [["new.html.j2", 1, 2, 3, 4]]]
    assert quiet(replace(resting.engine(), program=other)) is None
    assert quiet(replace(resting.engine(), git_dir=tmp_path)) is None
    assert quiet(replace(resting.engine(), git_dir=None)) is None
    moved = tmp_path / "moved"
    shutil.copytree(resting.root, moved, symlinks=True)
    assert not is_quiet(replace(resting, root=moved))
    assert is_quiet(resting)


def test_a_process_older_than_the_programs_files_leaves_nothing(desk: Desk) -> None:
    """After an update, what an old process saw would not hold for the new program."""
    from publisher.run.tick import tick

    desk.tick("2026-11-23T10:00")
    old = [*desk.engine().program[:-1], [["old.html.j2", 1, 2, 3, 4]]]
    tick(replace(desk.engine(), program=old))
    assert not (desk.root / "var/quiet.json").exists()


def test_a_process_with_the_settings_of_yesterday_leaves_nothing(desk: Desk) -> None:
    from publisher.run.tick import tick

    desk.tick("2026-11-23T10:00")
    old = desk.engine()
    desk.set("minor = 7", "minor = 8")
    tick(old)
    assert not (desk.root / "var/quiet.json").exists()


def test_a_change_while_the_full_tick_looks_leaves_nothing(desk: Desk) -> None:
    from publisher.run.tick import tick

    desk.tick("2026-11-23T10:00")

    def commits_meanwhile() -> datetime:
        if not (desk.root / "var/quiet.json").exists():
            desk.write("notes.txt", str(len(list(desk.root.iterdir()))))
            desk.write("notes.txt", (desk.root / "notes.txt").read_text("utf-8") + "x")
            subprocess.run(["git", "commit", "-q", "--allow-empty", "-m", "x"], cwd=desk.root, check=True, env=PEOPLE)
        return desk.now

    class Meanwhile:
        """Texts that are committed to as soon as they are read."""

        def __init__(self, texts: object) -> None:
            self._texts = texts

        def files(self, commit: str, folder: str) -> object:
            found = self._texts.files(commit, folder)  # type: ignore[attr-defined]
            commits_meanwhile()
            return found

        def __getattr__(self, name: str) -> object:
            return getattr(self._texts, name)

    from contextlib import contextmanager

    from publisher.register.repository import open_texts

    @contextmanager
    def texts():  # type: ignore[no-untyped-def]
        with open_texts(desk.root) as opened:
            yield Meanwhile(opened)

    tick(replace(desk.engine(), texts=texts))
    assert not (desk.root / "var/quiet.json").exists()


PEOPLE = {
    **{k: v for k, v in os.environ.items() if not k.startswith("GIT_")},
    **{
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "a"), ("EMAIL", "a@example.com"))
    },
}


def test_problems_and_open_mailings_are_never_quiet(desk: Desk) -> None:
    desk.recipients()
    desk.tick("2026-11-23T09:00")
    desk.retention(reason=REASON + 'effective = "2026-12-01"\n')
    for _ in range(2):
        assert [p.code for p in desk.tick().observation.problems] == ["P110"]
        assert not is_quiet(desk)
    desk.write("policy_docs/privacy/change.toml", REASON)
    desk.commit()
    desk.set('smtp_url = "maildir:var/mail"', 'smtp_url = "smtp://127.0.0.1:9"')
    from publisher.mail.mailers import mailer_factory

    for _ in range(2):
        desk.tick(mailers=mailer_factory(desk.workspace))
        assert not is_quiet(desk)


def test_it_wakes_at_the_moment_of_the_next_step(waiting: Desk) -> None:
    """However many quiet ticks there were, each day has one full look, and the day of effect is met."""
    full = []
    waiting.now = seoul("2026-11-23T09:10")
    while waiting.now < seoul("2026-12-10T00:00"):
        if not is_quiet(waiting):
            assert waiting.tick().done == []
            full.append(waiting.now)
        waiting.now += timedelta(hours=1)
    assert full == [seoul("2026-11-24T00:10") + timedelta(days=i) for i in range(16)]
    waiting.now = seoul("2026-12-10T00:00")
    assert not is_quiet(waiting)
    assert [s.kind.value for s in waiting.tick().done] == ["take_effect"]


def test_a_draft_that_waits_for_posting_hours_wakes_it(desk: Desk) -> None:
    desk.tick("2026-11-20T10:00")
    desk.telephone()
    desk.tick("2026-11-23T06:00")
    found = quiet(desk.engine())
    assert found is not None
    assert found["next"] == seoul("2026-11-23T09:00").isoformat()
    desk.now = seoul("2026-11-23T09:00")
    assert not is_quiet(desk)
    assert desk.tick().done != []


def test_the_mark_goes_along(resting: Desk) -> None:
    start = clock.read_mark(resting.workspace.state)
    resting.now = seoul("2026-11-23T10:50")
    assert is_quiet(resting)
    assert clock.read_mark(resting.workspace.state) == start
    resting.now = seoul("2026-11-23T11:10")
    assert is_quiet(resting)
    assert clock.read_mark(resting.workspace.state) == resting.now
    resting.now = seoul("2026-11-23T11:00")
    assert not is_quiet(resting)


def test_the_guards_of_both_are_the_same() -> None:
    assert (module.MOST_AHEAD, module.MOST_BACKWARDS) == (clock.MOST_AHEAD, clock.MOST_BACKWARDS)


def test_the_daemon_is_quiet_too(waiting: Desk) -> None:
    """In the same process, once it has looked at everything itself; the next step stays known."""
    looked: list[int] = []
    engine = waiting.engine()

    def texts() -> object:
        looked.append(1)
        return engine.texts()

    health = Health(waiting.workspace)
    waker = Waker(replace(engine, texts=texts), lambda _: None, health)  # type: ignore[arg-type]
    waker.wake()
    assert looked == [1]
    for _ in range(3):
        waker.wake()
    assert looked == [1]
    found = health.as_json()
    assert (found["ok"], found["last_tick_ok"]) == (True, True)
    assert found["next_step"]["at"].startswith("2026-12-10T00:00")
    waiting.telephone()
    waker.wake()
    assert looked == [1, 1]


def test_tampering_is_found_by_verify_at_once_and_by_the_next_full_tick(resting: Desk) -> None:
    file = resting.root / "versions" / "privacy" / "20200101" / "en.md"
    file.write_bytes(file.read_bytes().replace(b"5 years", b"1 years"))
    assert verify(resting.workspace)[0] != []
    assert is_quiet(resting), "it looks at little"
    resting.now = seoul("2026-11-24T00:00")
    assert not is_quiet(resting)
    with pytest.raises(IntegrityBroken):
        resting.tick()
    resting.now = seoul("2026-11-23T10:10")
    assert is_quiet(resting)
    resting.telephone()
    assert not is_quiet(resting), "no tick that does something leaves it out"
    with pytest.raises(IntegrityBroken):
        resting.tick()


# ---- the command


def loaded(root: Path, *arguments: str) -> tuple[str, set[str]]:
    """What `publisher …` prints, and which libraries it loads for it."""
    code = (
        "import sys; sys.argv = ['publisher', *sys.argv[1:]]\n"
        "from publisher.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*sys.modules, file=sys.stderr)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=root, capture_output=True, text=True, check=True,
        env={**os.environ, "LANG": "en_US.UTF-8", "LC_ALL": "", "PYTHONPATH": str(Path(__file__).parent.parent)},
    )  # fmt: skip
    return ended.stdout, set(ended.stderr.split())


def test_the_command_answers_before_anything_is_loaded(publisher: Command, desk: Desk) -> None:
    for _ in range(2):
        assert publisher("tick", cwd=desk.root).out == "Nothing is due.\n"
    for arguments in (["tick"], ["-C", str(desk.root), "tick"], ["--workspace", ".", "tick"]):
        said, modules = loaded(desk.root, *arguments)
        assert said == "Nothing is due.\n"
        assert not modules & {"click", "pydantic", "sqlalchemy", "git", "jinja2", "subprocess", "publisher.errors"}
    said, modules = loaded(desk.root / "policy_docs", "tick")
    assert said == "Nothing is due.\n"
    assert "click" not in modules
    assert publisher("tick", cwd=desk.root, language="ko").out == "지금 처리할 단계가 없습니다.\n"


def test_every_other_way_of_asking_is_answered_by_a_full_tick(publisher: Command, desk: Desk) -> None:
    for _ in range(2):
        publisher("tick", cwd=desk.root)
    now = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    for arguments in (["tick", "--json"], ["tick", "--now", now], ["--debug", "tick"], ["tick", "--dry-run"]):
        _, modules = loaded(desk.root, *arguments)
        assert "publisher.run.observe" in modules
    document = json.loads(publisher("tick", "--json", cwd=desk.root).out)
    assert [p["state"] for p in document["policies"]] == ["in_force", "in_force"]


def test_what_is_said_is_what_a_full_tick_says(publisher: Command, waiting: Desk) -> None:
    found = quiet(waiting.engine())
    assert found is not None
    for language in ("en", "ko"):
        full = publisher("tick", "--now", "2026-11-23T09:10", cwd=waiting.root, language=language)
        assert full.out.splitlines() == found["words"][language]
        assert len(found["words"][language]) == 2

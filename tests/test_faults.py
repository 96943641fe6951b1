"""Faults of the machine that no other test has: a folder that cannot be written, a full disk, a damaged or old
database, two publishers at once. Each ends with its exit status and in words, and is made good by the next run."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from publisher.mail.compose import Letter
from publisher.mail.mailers import MemoryMailer, mailer_factory
from publisher.mail.outcomes import Outcome, State
from publisher.register.journal import Event
from publisher.run.tick import Report
from publisher.run.verify import verify
from publisher.website.publish import changed_files
from tests.conftest import Desk, Ended

NOW = "2026-11-23T09:00"
FULL = resource.RLIMIT_FSIZE


def mails(desk: Desk) -> int:
    return len(list((desk.root / "var" / "mail" / "new").glob("*")))


def events(desk: Desk) -> list[str]:
    return [e.event.value for e in desk.register().entries if e.event is not Event.RECORDED]


@pytest.fixture
def ready(desk: Desk) -> Desk:
    """With recipients, the site built, and a change that is due."""
    desk.recipients()
    desk.tick("2026-11-20T09:00")
    desk.retention()
    return desk


def unprivileged(path: Path) -> bool:
    """Whether taking the right to write away has an effect (root writes all the same)."""
    probe = path / "probe"
    try:
        probe.touch()
    except OSError:
        return True
    probe.unlink()
    return False


def limited(desk: Desk, size: int) -> Ended:
    """The command where no file can grow beyond `size` bytes: what a full disk does, for each file."""

    def limit() -> None:
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # write(2) then fails with EFBIG
        resource.setrlimit(FULL, (size, size))

    ended = subprocess.run(
        [sys.executable, "-B", "-m", "publisher", "-C", str(desk.root), "tick", "--now", NOW],
        preexec_fn=limit, capture_output=True, text=True, timeout=300, env={**os.environ, "LANG": "en_US.UTF-8"},
    )  # fmt: skip
    return Ended(ended.returncode, ended.stdout, ended.stderr)


@pytest.mark.parametrize("size", [0, 300, 2_000, 8_000, 20_000])
def test_files_that_cannot_grow(ready: Desk, size: int) -> None:
    """At the record, at the site, at the database: said, nothing torn, and finished when there is room again."""
    ended = limited(ready, size)
    assert ended.status in {5, 6, 8}, ended.err
    assert "Traceback" not in ended.err
    assert changed_files(ready.site) == []
    ready.tick(NOW, mailers=mailer_factory(ready.workspace))
    assert events(ready) == ["frozen", "announced", "notified"]
    assert mails(ready) == 2
    assert not verify(ready.workspace)[0]


@pytest.mark.parametrize("folder", ["versions", "build", "var"])
def test_a_folder_that_cannot_be_written(
    ready: Desk, folder: str, publisher: Callable[..., Ended], tmp_path: Path
) -> None:
    """Exit 5 before any mail; as root, who may write everywhere, a file stands where the folder was."""
    place, aside = ready.root / folder, tmp_path / "aside"
    place.chmod(0o500)
    locked = unprivileged(place)
    if not locked:
        place.chmod(0o755)
        place.rename(aside)
        place.write_text("in the way", "utf-8")
    ended = publisher("-C", str(ready.root), "tick", "--now", NOW)
    # records that are gone are a matter of integrity
    assert ended.status in ({5, 6} if locked or folder != "versions" else {8}), ended.err
    assert "Traceback" not in ended.err
    if locked:
        place.chmod(0o755)
    else:
        place.unlink()
        aside.rename(place)
    assert mails(ready) == 0
    ready.tick(NOW, mailers=mailer_factory(ready.workspace))
    assert mails(ready) == 2


@pytest.mark.parametrize("at", [0, 20, 100, 4096, 8192, 12288])
def test_a_damaged_page_of_the_database(ready: Desk, at: int, publisher: Callable[..., Ended]) -> None:
    """Never repaired, never deleted: exit 8 where SQLite sees it; nobody is mailed twice or left out in silence."""
    file = ready.root / "var" / "publisher.db"
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    data = bytearray(file.read_bytes())
    assert len(data) > at + 512
    data[at : at + 512] = b"\xa5" * 512
    file.write_bytes(data)
    ended = publisher("-C", str(ready.root), "tick", "--now", NOW)
    assert "Traceback" not in ended.err, ended.err
    assert ended.status in {5, 6, 8}, (ended.status, ended.err)
    assert mails(ready) == 0
    assert "notified" not in events(ready)
    assert file.stat().st_size == len(data), "the damaged file is kept as it is"


def test_two_publishers_at_once(ready: Desk) -> None:
    """However often they meet: each ends with 0 or with 9, and together they do it once."""
    command = [sys.executable, "-m", "publisher", "-C", str(ready.root), "tick", "--now", NOW]
    runs = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(4)]
    ended = [(p.wait(), p.communicate()[1]) for p in runs]
    assert {status for status, _ in ended} <= {0, 9}, ended
    assert [status for status, _ in ended].count(0) >= 1
    assert events(ready) == ["frozen", "announced", "notified"]
    assert mails(ready) == 2
    assert not verify(ready.workspace)[0]


@pytest.fixture
def backed_up(ready: Desk) -> Callable[[], None]:
    """A backup of the database as it is before the mailing; called, it is put back."""
    file = ready.root / "var" / "publisher.db"
    return backup_of(file, ready.root / "backup.db")


def backup_of(file: Path, copy: Path) -> Callable[[], None]:
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    shutil.copy(file, copy)

    def put_back() -> None:
        for left in file.parent.glob(f"{file.name}*"):
            left.unlink()
        shutil.copy(copy, file)

    return put_back


def test_an_old_backup_of_the_database_mails_nobody_again(
    ready: Desk, backed_up: Callable[[], None], publisher: Callable[..., Ended]
) -> None:
    """The journal says that everyone was told; the database of the day before knows nothing of it."""
    ready.tick(NOW, mailers=mailer_factory(ready.workspace))
    assert mails(ready) == 2
    backed_up()
    report = ready.tick("2026-11-23T10:00", mailers=mailer_factory(ready.workspace))
    assert not report.done
    again = publisher("-C", str(ready.root), "mail", "retry", "privacy-20261210", "--now", "2026-11-23T11:00")
    assert again.status == 8
    assert "V450" in again.err
    assert mails(ready) == 2
    ready.tick("2026-12-10T00:00", mailers=mailer_factory(ready.workspace))
    assert events(ready)[-1] == "in_force"
    assert mails(ready) == 2


NOTICE = "privacy-20261210"


class Interrupted:
    """A mailing that had reached Hana when the backup was made, then Ann, and not Bo; then the backup was put back."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.letters: list[Letter] = []
        self.tick(NOW, not_now=("ann@example.org", "bo@example.net"))
        put_back = backup_of(desk.root / "var" / "publisher.db", desk.root / "backup.db")
        self.tick("2026-11-23T09:10", not_now=("bo@example.net",))
        assert self.reached == ["hana@example.com", "ann@example.org"]
        put_back()

    def tick(self, at: str, not_now: Sequence[str] = ()) -> Report:
        """The next run, with a mail server that takes over everything but what is for `not_now`."""
        taken = Outcome(state=State.HANDED_OVER, code=250, reply="taken")
        later = Outcome(state=State.DEFERRED, code=450, reply="later")
        mailer = MemoryMailer(lambda letter: later if letter.recipient in not_now else taken)
        report = self.desk.tick(at, mailers=lambda: mailer)
        self.letters += mailer.letters
        return report

    @property
    def reached(self) -> list[str]:
        return [letter.recipient for letter in self.letters]


@pytest.fixture
def interrupted(ready: Desk) -> Interrupted:
    ready.recipients("u1,hana@example.com,하나,ko\nu2,ann@example.org,Ann,en\nu3,bo@example.net,Bo,en\n")
    return Interrupted(ready)


def test_nothing_is_sent_from_a_database_older_than_its_mailing(
    interrupted: Interrupted, publisher: Callable[..., Ended]
) -> None:
    """The journal knows nothing of a mailing that goes on; the rounds of it noted on this machine do."""
    desk = interrupted.desk
    report = interrupted.tick("2026-11-23T10:00")
    assert [(e.exit_status, p.code) for e in report.errors for p in e.problems] == [(8, "V457")]
    assert interrupted.reached == ["hana@example.com", "ann@example.org"]
    for command in (["mail", "work", "--once"], ["mail", "retry", NOTICE], ["tick"]):
        ended = publisher("-C", str(desk.root), *command, "--now", "2026-11-23T11:00")
        assert ended.status == 8, (command, ended.err)
        assert "V457" in ended.err
        assert "Traceback" not in ended.err
    assert mails(desk) == 0
    assert "notified" not in events(desk)


def test_who_was_reached_since_the_backup_is_told_by_the_log_of_the_relay(
    interrupted: Interrupted, publisher: Callable[..., Ended], tmp_path: Path
) -> None:
    """`mail reconcile` puts aside whoever has no outcome; with `held` and `settle` nobody is mailed twice."""
    here = ("-C", str(interrupted.desk.root), "mail")
    at = ("--now", "2026-11-23T11:00")
    ended = publisher(*here, "reconcile", NOTICE, *at)
    assert (ended.status, ended.out) == (
        0,
        f"{NOTICE}: 2 mails may have gone out and are put aside; `publisher mail held {NOTICE}` lists them.\n",
    )
    assert interrupted.tick("2026-11-23T11:30").errors == []
    assert interrupted.reached == ["hana@example.com", "ann@example.org"], "they wait"
    (anns,) = (f"<{letter.token}@example.com>" for letter in interrupted.letters if letter.recipient.startswith("ann"))
    held = publisher(*here, "held", NOTICE).out.split()
    (taken, rest) = (tmp_path / "taken", tmp_path / "rest")
    ids = [word for word in held if word.startswith("<")]
    taken.write_text(anns, "utf-8")
    rest.write_text("\n".join(one for one in ids if one != anns), "utf-8")
    assert publisher(*here, "settle", NOTICE, "--handed-over", str(taken), *at).status == 0
    assert publisher(*here, "settle", NOTICE, "--not-taken", str(rest), *at).status == 0
    interrupted.tick("2026-11-23T12:00")
    assert interrupted.reached == ["hana@example.com", "ann@example.org", "bo@example.net"]
    assert events(interrupted.desk) == ["frozen", "announced", "notified"]
    assert not verify(interrupted.desk.workspace)[0]


def test_without_a_log_of_the_relay_everyone_put_aside_gets_the_same_mail_again(
    interrupted: Interrupted, publisher: Callable[..., Ended]
) -> None:
    ended = publisher(
        "-C", str(interrupted.desk.root), "mail", "reconcile", NOTICE, "--send-again", "--now", "2026-11-23T11:00"
    )
    assert (ended.status, ended.out) == (0, f"{NOTICE}: 2 mails may have gone out; the next run sends them again.\n")
    interrupted.tick("2026-11-23T12:00")
    ann, again = [letter for letter in interrupted.letters if letter.recipient == "ann@example.org"]
    assert (ann.token, ann.data) == (again.token, again.data)
    assert sorted(interrupted.reached) == ["ann@example.org", "ann@example.org", "bo@example.net", "hana@example.com"]
    assert events(interrupted.desk) == ["frozen", "announced", "notified"]


def test_a_backup_from_before_the_list_was_frozen(
    ready: Desk, backed_up: Callable[[], None], publisher: Callable[..., Ended]
) -> None:
    """Everyone is put aside, and a mailing that the journal calls ended sends nothing by itself afterwards."""
    ready.tick(NOW, mailers=mailer_factory(ready.workspace))
    backed_up()
    here = ("-C", str(ready.root), "mail")
    at = ("--now", "2026-11-23T11:00")
    unknown = publisher(*here, "reconcile", "terms-20261210", *at)
    assert unknown.status == 2
    assert "S245" in unknown.err
    assert publisher(*here, "reconcile", NOTICE, *at).status == 0
    assert publisher(*here, "work", "--once", *at).status == 0
    assert publisher(*here, "retry", NOTICE, *at).status == 0
    assert mails(ready) == 2
    nobody = publisher(*here, "settle", NOTICE, "--handed-over", "-", *at)
    assert nobody.status == 0
    assert publisher("-C", str(ready.root), "verify").status == 8, "the receipts stay lost, and it says so"


def test_a_backup_of_the_database_from_the_middle_of_a_mailing(ready: Desk) -> None:
    """Where the mailing had not ended, some are mailed once more, with the same Message-ID; nobody is left out."""
    file = ready.root / "var" / "publisher.db"
    ready.tick(NOW, mailers=mailer_factory(ready.workspace))
    with sqlite3.connect(file) as database:
        database.execute(
            "UPDATE deliveries SET state = 'pending', attempts = 0, not_before = updated_at WHERE recipient = 'u2'"
        )
    database.close()
    journal = ready.workspace.versions / "journal.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:-1]))
    record = "refs/heads/publisher/record"
    subprocess.run(["git", "update-ref", record, f"{record}~1"], cwd=ready.root, check=True)
    ready.tick("2026-11-23T10:00", mailers=mailer_factory(ready.workspace))
    assert mails(ready) == 2, "the letter that was repeated is the same one: its token is its name"
    assert events(ready) == ["frozen", "announced", "notified"]

"""One engine at a time on one database, also from two folders: races, a lost connection, an engine that is too late."""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Iterator
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

import pytest
from sqlalchemy import text

from publisher.errors import Locked
from publisher.mail.database import open_database
from publisher.mail.lease import SessionLease, hold_lease
from publisher.mail.outbox import Outbox
from publisher.register.store import VersionStore
from publisher.workspace import Workspace
from tests.conftest import Desk
from tests.mailing import NOW, VAULT, database_at, take_in, workspace_at

pytest_plugins = ["tests.postgresql"]
pytestmark = pytest.mark.postgresql

RACES = 1000


def code_of(caught: pytest.ExceptionInfo[Locked]) -> str:
    return caught.value.problems[0].code


@pytest.fixture
def shared(postgresql_url: str, tmp_path: Path) -> Workspace:
    return workspace_at(tmp_path, postgresql_url)


def end_sessions(workspace: Workspace) -> None:
    """What a broken network does: every session of the database but this one ends."""
    with database_at(workspace) as engine, engine.connect() as connection:
        others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database()"
        connection.execute(text(f"{others} AND pid <> pg_backend_pid()"))


def test_on_sqlite_the_lock_of_the_workspace_is_enough(tmp_path: Path) -> None:
    with hold_lease(workspace_at(tmp_path)) as lease:
        lease.check()
    assert not (tmp_path / "var").exists(), "no database is made for it"


def test_one_holds_it_and_the_next_has_a_higher_number(shared: Workspace) -> None:
    numbers = []
    for _ in range(3):
        with hold_lease(shared) as lease:
            assert isinstance(lease, SessionLease)
            lease.check()
            numbers.append(lease.number)
            with pytest.raises(Locked) as caught, hold_lease(shared):
                pass
            assert (code_of(caught), caught.value.exit_status) == ("C556", 9)
    assert numbers == [1, 2, 3]


def test_it_is_free_after_an_error(shared: Workspace) -> None:
    with pytest.raises(ZeroDivisionError), hold_lease(shared):
        raise ZeroDivisionError
    with hold_lease(shared):
        pass


def _racer(url: str, folder: str, pipe: Pipe) -> None:
    """Tries at each word of the referee; holds what it got until everyone has tried."""
    workspace = workspace_at(Path(folder), url)
    # The tables are there: what races is the lease alone.
    while pipe.recv() == "try":
        try:
            with hold_lease(workspace) as lease:
                assert isinstance(lease, SessionLease)
                pipe.send(lease.number)
                pipe.recv()
        except Locked:
            pipe.send(0)
            pipe.recv()
        pipe.send("ready")
    pipe.close()


@pytest.fixture
def racers(shared: Workspace) -> Iterator[list[Pipe]]:
    """Two processes, each with a workspace folder of its own and the same database."""
    with database_at(shared):
        pass
    context = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    for name in ("a", "b"):
        folder = shared.root / name
        folder.mkdir()
        mine, theirs = context.Pipe()
        process = context.Process(target=_racer, args=(shared.settings.database.url, str(folder), theirs))
        process.start()
        theirs.close()
        pipes.append(mine)
        processes.append(process)
    yield pipes
    for pipe in pipes:
        pipe.send("end")
    for process in processes:
        process.join(30)
        assert process.exitcode == 0


def test_of_two_that_race_one_wins_every_time(racers: list[Pipe]) -> None:
    for race in range(1, RACES // 10 + 1):
        for pipe in racers:
            pipe.send("try")
        numbers = [pipe.recv() for pipe in racers]
        assert sorted(numbers) == [0, race], "one winner, with a number of its own"
        for pipe in racers:
            pipe.send("go on")
        assert [pipe.recv() for pipe in racers] == ["ready", "ready"]


def test_a_thousand_races_for_the_lock_itself(shared: Workspace) -> None:
    """The same without what opening a database costs: many sessions, at once, in threads."""
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    from publisher.mail import lease as module

    with database_at(shared) as engine:
        sessions = [engine.connect().execution_options(isolation_level="AUTOCOMMIT") for _ in range(2)]
        barrier = Barrier(2)

        def race(session: object) -> int:
            barrier.wait(30)
            try:
                number = module._take(session)  # type: ignore[arg-type]
            except Locked:
                number = 0
            barrier.wait(30)
            if number:
                session.exec_driver_sql("SELECT pg_advisory_unlock_all()")  # type: ignore[attr-defined]
            return number

        with ThreadPoolExecutor(2) as pool:
            for i in range(1, RACES + 1):
                assert sorted(pool.map(race, sessions)) == [0, i]
        for session in sessions:
            session.invalidate()
            session.close()


def test_whoever_lost_the_connection_has_lost_the_lease(shared: Workspace) -> None:
    with hold_lease(shared) as lease:
        end_sessions(shared)
        with pytest.raises(Locked) as caught:
            lease.check()
        assert (code_of(caught), caught.value.exit_status) == ("C555", 9)
        with hold_lease(shared) as other:  # it is free already
            other.check()


def test_the_outbox_of_an_engine_that_is_too_late_cannot_commit(shared: Workspace) -> None:
    with hold_lease(shared) as lease, database_at(shared) as database:
        take_in(database, shared.root, "u1,hana@example.com,하나,ko,\nu2,ann@example.org,Ann,en,\n")
        lease.fence(database)
        outbox = Outbox(database, VAULT, "privacy-20261208")
        outbox.fill(NOW)
        (claimed,) = outbox.claim(NOW, 1)
        end_sessions(shared)
        with hold_lease(shared) as other, database_at(shared) as elsewhere:
            other.fence(elsewhere)
            theirs = Outbox(elsewhere, VAULT, "privacy-20261208")
            theirs.recover(NOW)
            database.dispose()  # as a pool does that finds its connections broken
            for write in (
                lambda: outbox.give_back([claimed], NOW),
                lambda: outbox.claim(NOW, 1),
                lambda: outbox.close(NOW),
                lambda: outbox.reopen(NOW),
                lambda: outbox.fill(NOW),
                lambda: outbox.recover(NOW),
            ):
                with pytest.raises(Locked) as caught:
                    write()
                assert code_of(caught) == "C555"
            assert theirs.outcomes() == {"pending": 2}
            assert len(theirs.claim(NOW, 5)) == 2


def shared_desk(desk: Desk, url: str, name: str) -> Desk:
    """The desk again in another folder, as on another machine, with the same database."""
    root = desk.root.parent / name
    shutil.copytree(desk.root, root)
    settings = root / "publisher.toml"
    text_ = settings.read_text("utf-8")
    assert "sqlite:///var/publisher.db" not in text_
    settings.write_text(f'{text_}\n[database]\nurl = "{url}"\n', "utf-8")
    return Desk(root=root, now=desk.now, mailer=desk.mailer)


def test_two_machines_with_one_database(desk: Desk, postgresql_url: str) -> None:
    one, two = shared_desk(desk, postgresql_url, "one"), shared_desk(desk, postgresql_url, "two")
    one.recipients()
    with hold_lease(one.workspace):
        with pytest.raises(Locked) as caught:
            two.tick()
        assert code_of(caught) == "C556"
    two.tick()


def test_an_engine_that_loses_its_connection_in_the_middle_writes_nothing_more(desk: Desk, postgresql_url: str) -> None:
    """The connection breaks during the mailing; another takes over; the first one can write neither row nor line."""
    from dataclasses import replace

    from publisher.mail.compose import Letter
    from publisher.mail.mailers import MemoryMailer
    from publisher.mail.outcomes import Outcome, State
    from publisher.run.tick import tick

    one = shared_desk(desk, postgresql_url, "one")
    one.recipients()
    one.retention()
    taken = []

    def answer(letter: Letter) -> Outcome:
        if not taken:
            end_sessions(one.workspace)
            taken.append(hold_lease(one.workspace))
            taken[0].__enter__()
        del letter
        return Outcome(state=State.HANDED_OVER, code=250)

    with pytest.raises(Locked) as caught:
        tick(replace(one.engine(lambda: MemoryMailer(answer)), on_step=lambda _: None))
    assert code_of(caught) == "C555"
    events = [e.event.value for e in VersionStore(one.workspace.versions).load().entries]
    assert events[-1] == "announced", "nothing was written down after the loss"
    database = open_database(one.workspace)
    with database.connect() as connection:
        states = connection.execute(text("SELECT DISTINCT state FROM deliveries ORDER BY 1")).scalars().all()
    database.dispose()
    assert "handed_over" not in states, "the mail that was taken is repeated, never forgotten"
    with pytest.raises(Locked):
        one.tick()
    taken[0].__exit__(None, None, None)
    one.tick()
    assert [e.event.value for e in one.register().entries][-1] == "notified"

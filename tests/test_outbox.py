"""Deliveries in the database, the same on SQLite and PostgreSQL; and what is said when it cannot be used."""

from __future__ import annotations

import os
import socket
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, event, select, text, update

from publisher.errors import IntegrityBroken, Misconfigured, PublisherError, ServiceAway
from publisher.mail.database import database_errors, deliveries, metadata, open_database, reading
from publisher.mail.erasing import forget
from publisher.mail.outbox import (
    BACK_OFF,
    LEASE,
    OPEN,
    Claimed,
    Outbox,
    Outcome,
    State,
    all_outcomes,
    failures,
    is_complete,
)
from publisher.mail.recipients import count_recipients
from publisher.mail.statements import Statements
from publisher.messages import translator
from publisher.workspace import Workspace
from tests.mailing import ANN, HANA, NOW, VAULT, database_at, take_in, workspace_at

pytest_plugins = ["tests.postgresql"]

PEOPLE = "u1,hana@example.com,김하나,ko,\nu2,ann@example.org,Ann,en,\nu3,,Bo,en,\n"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def engine(workspace: Workspace) -> Iterator[Engine]:
    with database_at(workspace) as engine:
        take_in(engine, workspace.root, PEOPLE)
        yield engine


@pytest.fixture
def outbox(engine: Engine) -> Outbox:
    """The outbox of a notice, filled with two persons to be mailed and one without an address."""
    outbox = Outbox(engine, VAULT, "privacy-20261208")
    outbox.fill(NOW)
    return outbox


def row(engine: Engine, recipient: str = "u1") -> dict[str, object]:
    with engine.connect() as connection:
        found = connection.execute(select(deliveries).where(deliveries.c.recipient == recipient)).mappings().one()
    return dict(found)


def claim(outbox: Outbox, recipient: str = "u1") -> Claimed:
    """Claim whoever is due; the others are given back."""
    every = {c.recipient.id: c for c in outbox.claim(NOW + timedelta(days=1), 10)}
    outbox.give_back([c for c in every.values() if c.recipient.id != recipient], NOW)
    return every[recipient]


# -- tables -----------------------------------------------------------------------------------------------------


def test_the_migrations_make_the_tables_that_the_program_uses(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_opening_it_again_changes_nothing(workspace: Workspace, engine: Engine) -> None:
    with database_at(workspace) as again:
        assert (
            count_recipients(again)
            == count_recipients(engine)
            == {
                "total": 3,
                "en": 2,
                "ko": 1,
                "without_address": 1,
            }
        )


def test_the_same_file_twice(workspace: Workspace, engine: Engine) -> None:
    report = take_in(engine, workspace.root, PEOPLE)
    assert (report.added, report.updated) == (0, 3)


# -- filling ----------------------------------------------------------------------------------------------------


def test_the_list_is_frozen_once(workspace: Workspace, engine: Engine, outbox: Outbox) -> None:
    assert outbox.outcomes() == {"no_address": 1, "pending": 2}
    take_in(engine, workspace.root, "u4,late@example.com,,ko,\nu3,bo@example.com,Bo,en,\n")
    outbox.fill(NOW + MINUTE)
    assert outbox.outcomes() == {"no_address": 1, "pending": 2}
    assert {c.recipient.id for c in outbox.claim(NOW, 10)} == {"u1", "u2"}


def test_each_notice_has_its_own_list(workspace: Workspace, engine: Engine, outbox: Outbox) -> None:
    take_in(engine, workspace.root, "u4,late@example.com,,ko,\n")
    other = Outbox(engine, VAULT, "terms-20261208")
    other.fill(NOW)
    claimed = other.claim(NOW, 10)
    assert len(claimed) == 3
    assert outbox.outcomes() == {"no_address": 1, "pending": 2}
    assert all_outcomes(engine) == {
        "privacy-20261208": {"no_address": 1, "pending": 2},
        "terms-20261208": {"no_address": 1, "sending": 3},
    }
    tokens = {c.recipient.id: c.token for c in claimed}
    assert not set(tokens.values()) & {c.token for c in outbox.claim(NOW, 10)}, "a token would link two notices"


def test_the_language_is_the_one_when_the_list_was_frozen(workspace: Workspace, engine: Engine, outbox: Outbox) -> None:
    take_in(engine, workspace.root, "u1,new@example.com,Hana,en,\n")
    recipient = claim(outbox).recipient
    assert (recipient.language, recipient.address) == ("ko", "new@example.com")


def test_an_empty_list_is_complete(workspace: Workspace) -> None:
    with database_at(workspace) as engine:
        outbox = Outbox(engine, VAULT, "n")
        outbox.fill(NOW)
        assert not outbox.has_due(NOW)
        assert outbox.claim(NOW, 5) == []
        assert outbox.outcomes() == {}
        assert is_complete(outbox.outcomes())


# -- attempts ---------------------------------------------------------------------------------------------------


def test_an_attempt_is_written_down_before_it_is_made(engine: Engine, outbox: Outbox) -> None:
    (claimed,) = outbox.claim(NOW, 1)
    assert claimed.recipient == HANA
    assert claimed.attempts == 1
    found = row(engine)
    assert (found["state"], found["attempts"], found["uncertain"]) == ("sending", 1, 0)
    assert [c.recipient for c in outbox.claim(NOW, 10)] == [ANN]
    assert outbox.claim(NOW, 10) == []
    assert not outbox.has_due(NOW)


@pytest.mark.parametrize(
    ("outcome", "not_before"),
    [
        (Outcome(state=State.HANDED_OVER, code=250, reply="queued as 4711"), False),
        (Outcome(state=State.FAILED, code=550, reply="no such user"), False),
        (Outcome(state=State.DEFERRED, code=451, reply="later"), True),
        (Outcome(state=State.BOUNCED), False),
        (Outcome(state=State.NO_ADDRESS), False),
    ],
)
def test_each_outcome_is_kept(engine: Engine, outbox: Outbox, outcome: Outcome, not_before: bool) -> None:
    outbox.record((), [(claim(outbox), outcome)], NOW)
    found = row(engine)
    assert (found["state"], found["code"], found["reply"]) == (
        outcome.state,
        outcome.code or None,
        outcome.reply or None,
    )
    assert (found["not_before"] is not None) == not_before
    assert found["uncertain"] == 0
    assert is_complete({outcome.state: 1}) == (outcome.state is not State.DEFERRED)


def test_an_outcome_is_written_once_and_only_while_sending(engine: Engine, outbox: Outbox) -> None:
    claimed = claim(outbox)
    outbox.record((), [(claimed, Outcome(state=State.FAILED, code=550, reply="x" * 2000))], NOW)
    outbox.record((), [(claimed, Outcome(state=State.HANDED_OVER, code=250))], NOW)
    outbox.give_back([claimed], NOW)
    found = row(engine)
    assert (found["state"], found["attempts"], found["reply"]) == ("failed", 1, "x" * 500)
    assert failures(engine) == [{"notice": "privacy-20261208", "recipient": "u1", "code": 550, "reply": "x" * 500}]


def test_what_was_refused_for_now_waits_longer_each_time(outbox: Outbox) -> None:
    now = NOW
    outbox.record((), [(claim(outbox, "u2"), Outcome(state=State.HANDED_OVER))], now)
    for attempt, minutes in enumerate([*BACK_OFF, BACK_OFF[-1]], 1):
        (claimed,) = outbox.claim(now, 10)
        assert claimed.attempts == attempt
        outbox.record((), [(claimed, Outcome(state=State.DEFERRED, code=451))], now)
        now += minutes * MINUTE
        early = now - minutes * MINUTE / 4  # up to a sixth sooner, so that not all come at the same moment
        assert not outbox.has_due(early)
        assert outbox.claim(early, 10) == []
        assert outbox.has_due(now)


def test_an_attempt_that_nobody_answered_is_none(engine: Engine, outbox: Outbox) -> None:
    outbox.give_back(outbox.claim(NOW, 10), NOW)
    assert outbox.outcomes() == {"no_address": 1, "pending": 2}
    assert row(engine)["attempts"] == 0
    assert outbox.has_due(NOW)


def test_after_a_crash_it_is_sent_again_with_the_same_message_id(engine: Engine, outbox: Outbox) -> None:
    before = outbox.claim(NOW, 10)
    assert outbox.record([c for c in before if c.recipient.id == "u1"], (), NOW) == {"u1"}
    again = Outbox(engine, VAULT, "privacy-20261208")  # the next run
    again.fill(NOW)
    assert not again.has_due(NOW)
    assert again.recover(NOW) == 2
    assert outbox.outcomes() == {"no_address": 1, "pending": 1, "uncertain": 1}
    after = again.claim(NOW, 10)
    assert {c.recipient.id: c.token for c in after} == {c.recipient.id: c.token for c in before}
    assert [(c.recipient.id, c.attempts, c.uncertain) for c in after] == [("u1", 2, 1), ("u2", 1, 0)]
    # Whoever thinks that these are still theirs changes nothing, and sends nothing.
    assert outbox.record(before, [(c, Outcome(state=State.HANDED_OVER)) for c in before], NOW) == set()
    outbox.give_back(before, NOW)
    assert again.outcomes() == {"no_address": 1, "sending": 2}


@pytest.mark.parametrize("hold", [False, True])
def test_what_may_have_arrived_twice_waits_for_a_person(engine: Engine, outbox: Outbox, hold: bool) -> None:
    now = NOW
    for times in range(1, 2 if hold else 3):
        worker = Outbox(engine, VAULT, "privacy-20261208", hold=hold)
        (claimed,) = [c for c in worker.claim(now, 10) if c.recipient.id == "u1"]
        assert worker.record([claimed], (), now) == {"u1"}
        if times == 1 and not hold:  # killed
            assert Outbox(engine, VAULT, "privacy-20261208", hold=hold).recover(now) == 2
        else:
            worker.record((), [(claimed, Outcome(state=State.UNCERTAIN, reply="TimeoutError"))], now)
    assert (row(engine)["state"], row(engine)["not_before"]) == ("uncertain", None)
    assert "u1" not in {c.recipient.id for c in outbox.claim(now + timedelta(days=3), 10)}
    assert not is_complete(outbox.outcomes())
    outbox.close(now)
    assert row(engine)["state"] == "failed"


def test_a_pause_holds_at_once(engine: Engine, outbox: Outbox) -> None:
    claimed = outbox.claim(NOW, 1)
    assert outbox.pause("paused by hand")
    assert outbox.record(claimed, (), NOW) == set()
    assert outbox.claim(NOW, 10) == []
    assert outbox.paused() == "paused by hand"
    assert outbox.resume()
    assert outbox.record(claimed, (), NOW) == {"u1"}
    assert len(outbox.claim(NOW, 10)) == 1
    assert not Outbox(engine, VAULT, "no-such-notice").pause("paused by hand")


def test_claims_and_recovery_read_no_more_than_they_must(engine: Engine, outbox: Outbox) -> None:
    """By the partial indexes: a mailing of millions is never read whole."""
    seen: list[tuple[str, object]] = []

    def look(_: object, __: object, statement: str, values: object, *___: object) -> None:
        seen.append((statement, values))

    event.listen(engine, "before_cursor_execute", look)
    outbox.claim(NOW, 1)
    outbox.has_due(NOW)
    Outbox(engine, VAULT, "privacy-20261208").recover(NOW)
    event.remove(engine, "before_cursor_execute", look)
    plans = []
    with engine.connect() as connection:
        postgresql = engine.dialect.name == "postgresql"
        if postgresql:
            connection.exec_driver_sql("SET enable_seqscan = off")
        for statement, values in seen:
            if "deliveries" in statement:
                explain = "EXPLAIN " if postgresql else "EXPLAIN QUERY PLAN "
                plans += [str(line[-1]) for line in connection.exec_driver_sql(explain + statement, values)]
    assert len(plans) > 5
    assert [line for line in plans if "SCAN deliveries" in line or "Seq Scan on deliveries" in line] == []


def test_only_intents_of_a_claim_that_still_holds_are_granted(engine: Engine, outbox: Outbox) -> None:
    first, second = outbox.claim(NOW, 2)
    this, other = first.recipient.id, second.recipient.id
    of_other = update(deliveries).where(deliveries.c.recipient == other)
    for lost in ({"owner": "another"}, {"owner": row(engine, this)["owner"], "attempts": second.attempts + 1}):
        with engine.begin() as connection:
            connection.execute(of_other.values(**lost))
        assert outbox.record([first, second], [], NOW) == {this}
        assert row(engine, this)["intent_at"]
        assert row(engine, other)["intent_at"] is None


def test_outcomes_and_intents_look_their_rows_up(tmp_path: Path) -> None:
    with database_at(workspace_at(tmp_path, "sqlite:///var/publisher.db")) as engine, engine.connect() as connection:
        statements = Statements(engine.dialect, LEASE)
        plans: list[str] = []

        def explained(_: Connection, __: object, statement: str, parameters: object, *___: object) -> None:
            if statement.startswith("UPDATE"):
                with closing(engine.raw_connection().cursor()) as cursor:
                    cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
                    plans.append(" ".join(str(line[3]) for line in cursor))

        event.listen(engine, "before_cursor_execute", explained)
        settled = ("u1", 1, "handed_over", 1, 0, 250, "ok", None)
        statements.settle(connection, "n", "owner", NOW, [settled])
        statements.intend(connection, "n", "owner", NOW, {"u1": 1})
        statements.claim(connection, "n", "owner", NOW, [("u1", "token")])
    assert len(plans) == 4, "the intent was not granted, and is asked for by name"
    for plan in plans:
        assert "SEARCH deliveries USING PRIMARY KEY (notice=? AND recipient=?)" in plan


def test_recovery_leaves_other_states_and_notices_alone(engine: Engine, outbox: Outbox) -> None:
    other = Outbox(engine, VAULT, "terms-20261208")
    other.fill(NOW)
    other.claim(NOW, 10)
    outbox.record((), [(claim(outbox), Outcome(state=State.HANDED_OVER))], NOW)
    outbox.recover(NOW)
    assert outbox.outcomes() == {"handed_over": 1, "no_address": 1, "pending": 1}
    assert other.outcomes() == {"no_address": 1, "sending": 2}


def test_an_unknown_fate_is_counted(engine: Engine, outbox: Outbox) -> None:
    outbox.record((), [(claim(outbox), Outcome(state=State.UNCERTAIN))], NOW)
    assert (row(engine)["state"], row(engine)["uncertain"]) == ("uncertain", 1)


def test_the_token_says_nothing_of_the_person(outbox: Outbox) -> None:
    tokens = {c.token for c in outbox.claim(NOW, 10)}
    assert len(tokens) == 2
    assert all(len(t) == 20 and t.isascii() and t.replace("-", "").replace("_", "").isalnum() for t in tokens)


def test_two_claims_never_give_the_same_row(workspace: Workspace, engine: Engine) -> None:
    take_in(engine, workspace.root, "".join(f"p{i:03},p{i}@example.com,,ko,\n" for i in range(60)))
    outbox = Outbox(engine, VAULT, "n")
    outbox.fill(NOW)

    def drain(_: int) -> list[str]:
        found = []
        while claimed := outbox.claim(NOW, 3):
            found += [c.recipient.id for c in claimed]
        return found

    with ThreadPoolExecutor(4) as pool:
        found = [one for many in pool.map(drain, range(4)) for one in many]
    assert len(found) == len(set(found)) == 62


@pytest.mark.postgresql
def test_a_claim_passes_over_what_another_is_claiming(postgresql_url: str, tmp_path: Path) -> None:
    workspace = workspace_at(tmp_path, postgresql_url)
    with database_at(workspace) as one, database_at(workspace) as two:
        take_in(one, tmp_path, PEOPLE)
        Outbox(one, VAULT, "n").fill(NOW)
        with one.begin() as connection:
            connection.execute(text("SELECT 1 FROM deliveries WHERE recipient = 'u1' FOR UPDATE"))
            assert [c.recipient.id for c in Outbox(two, VAULT, "n").claim(NOW, 10)] == ["u2"]


def test_who_was_forgotten_after_the_freeze_has_no_address(engine: Engine, outbox: Outbox) -> None:
    assert forget(engine, "u1")
    assert [c.recipient.id for c in outbox.claim(NOW, 10)] == ["u2"]
    assert outbox.outcomes() == {"no_address": 2, "sending": 1}


def test_an_address_taken_away_after_the_freeze_is_not_mailed(
    workspace: Workspace, engine: Engine, outbox: Outbox
) -> None:
    take_in(engine, workspace.root, "u1,,Hana,ko,\n")
    assert claim(outbox).recipient.address == ""


def test_when_the_time_is_over_what_waited_has_failed(engine: Engine, outbox: Outbox) -> None:
    outbox.record((), [(claim(outbox, "u2"), Outcome(state=State.HANDED_OVER))], NOW)
    outbox.record((), [(claim(outbox), Outcome(state=State.DEFERRED, code=451, reply="greylisted"))], NOW)
    assert not is_complete(outbox.outcomes())
    outbox.close(NOW)
    assert outbox.outcomes() == {"failed": 1, "handed_over": 1, "no_address": 1}
    assert is_complete(outbox.outcomes())
    assert (row(engine)["code"], row(engine)["reply"]) == (451, "greylisted")


def test_what_failed_can_be_tried_again_at_once(outbox: Outbox) -> None:
    first = claim(outbox)
    outbox.record((), [(first, Outcome(state=State.FAILED, code=550))], NOW)
    outbox.record((), [(claim(outbox, "u2"), Outcome(state=State.HANDED_OVER))], NOW)
    outbox.reopen(NOW)
    (again,) = outbox.claim(NOW, 10)
    assert (again.recipient.id, again.token) == ("u1", first.token)


@pytest.mark.parametrize("state", list(State))
def test_complete_is_a_notice_without_open_deliveries(state: State) -> None:
    assert is_complete({state.value: 3, "handed_over": 1}) == (state not in OPEN)
    assert is_complete({state.value: 0})


# -- a database that cannot be used -------------------------------------------------------------------------------


def refusal(use: Callable[[], object], kind: type[PublisherError], code: str) -> str:
    """What is said when `use` is refused."""
    with pytest.raises(kind) as refused:
        use()
    assert [p.code for p in refused.value.problems] == [code]
    return refused.value.problems[0].in_words(translator("en"))


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    workspace = workspace_at(tmp_path, "sqlite:///elsewhere/publisher.db")
    said = refusal(lambda: open_database(workspace), Misconfigured, "C523")
    assert "elsewhere" in said
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_where_the_file_should_be(tmp_path: Path) -> None:
    (tmp_path / "var" / "publisher.db").mkdir(parents=True)
    refusal(lambda: open_database(workspace_at(tmp_path)), Misconfigured, "C523")


def test_a_postgresql_that_is_away(tmp_path: Path) -> None:
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        workspace = workspace_at(tmp_path, f"postgresql+psycopg://someone@127.0.0.1:{port}/publisher")
        said = refusal(lambda: open_database(workspace), ServiceAway, "C524")
    assert "does not answer" in said


def test_a_driver_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "psycopg", None)
    workspace = workspace_at(tmp_path, "postgresql+psycopg://someone@127.0.0.1/publisher")
    said = refusal(lambda: open_database(workspace), Misconfigured, "C523")
    assert "policy-publisher[postgresql]" in said


@pytest.mark.postgresql
def test_a_postgresql_account_that_may_not_write(postgresql_url: str, tmp_path: Path) -> None:
    with database_at(workspace_at(tmp_path, postgresql_url)) as engine:
        with engine.begin() as connection:
            connection.execute(text("DROP ROLE IF EXISTS reader"))
            connection.execute(text("CREATE ROLE reader LOGIN"))
            connection.execute(text("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader"))
        workspace = workspace_at(tmp_path, postgresql_url.replace("postgres@", "reader@"))
        with database_at(workspace) as reader:
            refusal(lambda: Outbox(reader, VAULT, "n").fill(NOW), Misconfigured, "C523")
        with engine.begin() as connection:
            connection.execute(text("DROP OWNED BY reader"))
            connection.execute(text("DROP ROLE reader"))


@pytest.mark.postgresql
def test_a_postgresql_that_goes_away_in_between(postgresql_url: str, tmp_path: Path) -> None:
    with database_at(workspace_at(tmp_path, postgresql_url)) as engine:

        def cut(*_: object) -> None:
            with database_at(workspace_at(tmp_path, postgresql_url)) as other, other.connect() as connection:
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )

        event.listen(engine, "begin", cut)
        refusal(lambda: Outbox(engine, VAULT, "n").fill(NOW), ServiceAway, "C524")
        event.remove(engine, "begin", cut)
        assert Outbox(engine, VAULT, "n").outcomes() == {}, "nothing was half written, and it works again"


def test_an_sqlite_connection_that_may_only_read(tmp_path: Path) -> None:
    with database_at(workspace_at(tmp_path)) as engine:
        event.listen(engine, "checkout", lambda connection, *_: connection.execute("PRAGMA query_only=ON"))
        engine.dispose()
        said = refusal(lambda: Outbox(engine, VAULT, "n").fill(NOW), Misconfigured, "C523")
    assert "cannot be written" in said


@contextmanager
def without_privileges(folder: Path) -> Iterator[None]:
    """As an account that file modes apply to; `folder` is handed to it."""
    if os.geteuid() != 0:
        yield
        return
    nobody = 65534
    for path in (folder, *folder.rglob("*")):
        os.chown(path, nobody, nobody)
    os.seteuid(nobody)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("what", ["file", "folder", "unreadable"])
def test_an_sqlite_file_that_may_not_be_written(what: str) -> None:
    with tempfile.TemporaryDirectory() as name:  # tmp_path lies in a folder that only its owner may enter
        root = Path(name)
        workspace = workspace_at(root)
        with database_at(workspace):
            pass
        file = root / "var" / "publisher.db"
        if what == "folder":
            file.unlink()
        with without_privileges(root):
            file.parent.chmod(0o555)
            if what != "folder":
                file.chmod(0o444 if what == "file" else 0)
            try:
                refusal(lambda: open_database(workspace), Misconfigured, "C521" if what == "folder" else "C523")
            finally:
                file.parent.chmod(0o755)


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "var" / "publisher.db"
    file.parent.mkdir()
    file.write_bytes(b"something else " * 100)
    refusal(lambda: open_database(workspace_at(tmp_path)), IntegrityBroken, "V430")
    assert file.read_bytes() == b"something else " * 100


def test_a_damaged_database(tmp_path: Path) -> None:
    workspace = workspace_at(tmp_path)
    with database_at(workspace) as engine:
        take_in(engine, tmp_path, "".join(f"u{i},u{i}@example.com,,ko,\n" for i in range(500)))
    file = tmp_path / "var" / "publisher.db"
    data = bytearray(file.read_bytes())
    for page in range(4096, len(data), 4096):
        data[page : page + 64] = b"\xa5" * 64
    file.write_bytes(data)

    def use() -> None:
        with database_at(workspace) as engine:
            count_recipients(engine)

    refusal(use, IntegrityBroken, "V430")


def test_a_database_of_a_newer_program(workspace: Workspace, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert "9999" in refusal(lambda: open_database(workspace), Misconfigured, "C523")


def test_a_database_that_another_process_holds(tmp_path: Path) -> None:
    workspace = workspace_at(tmp_path)
    with database_at(workspace) as engine:
        event.listen(engine, "checkout", lambda connection, *_: connection.execute("PRAGMA busy_timeout=1"))
        engine.dispose()
        other = sqlite3.connect(tmp_path / "var" / "publisher.db", isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            refusal(lambda: Outbox(engine, VAULT, "n").fill(NOW), ServiceAway, "C524")
        finally:
            other.close()
        Outbox(engine, VAULT, "n").fill(NOW)


def test_a_full_disk(tmp_path: Path) -> None:
    with database_at(workspace_at(tmp_path)) as engine:
        event.listen(engine, "checkout", lambda connection, *_: connection.execute("PRAGMA max_page_count=1"))
        engine.dispose()
        rows = "".join(f"u{i},u{i}@example.com,,ko,\n" for i in range(2000))
        refusal(lambda: take_in(engine, tmp_path, rows), ServiceAway, "C524")
        assert count_recipients(engine)["total"] == 0


def test_errors_show_no_values(tmp_path: Path) -> None:
    def use() -> None:
        with (
            database_at(workspace_at(tmp_path)) as engine,
            database_errors("sqlite:///x"),
            engine.begin() as connection,
        ):
            connection.execute(text("SELECT :canary FROM nowhere"), {"canary": "canary@example.com"})

    with pytest.raises(PublisherError) as refused:
        use()
    cause: BaseException | None = refused.value
    while cause:
        assert "canary@" not in str(cause)
        cause = cause.__cause__


def test_whoever_writes_does_not_wait_for_whoever_counts(workspace: Workspace, outbox: Outbox) -> None:
    """Counts of a long list take a while, and a mailing goes on beside them."""
    with database_at(workspace) as other, reading(other) as connection:
        assert len(connection.execute(select(deliveries)).fetchmany(1)) == 1
        claim(outbox)
        assert outbox.outcomes()["sending"] == 1

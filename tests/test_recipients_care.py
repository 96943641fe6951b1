"""Recipients over time: found, told what is held, locked with another key, erased for their age; on both databases."""

from __future__ import annotations

import base64
import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, update

from publisher.errors import IntegrityBroken, Problem, PublisherError
from publisher.mail import rotating
from publisher.mail.companydb import query_of, query_rows
from publisher.mail.database import deliveries, mailings, receipts, recipients
from publisher.mail.erasing import erase_old, forget
from publisher.mail.held import held_about
from publisher.mail.importing import import_recipients, import_rows
from publisher.mail.outbox import Outbox
from publisher.mail.outcomes import Outcome, State
from publisher.mail.receipts import read_receipts, seal
from publisher.mail.recipients import Found, find_recipients
from publisher.mail.rotating import keys_in_use, rotate
from publisher.mail.vault import Vault, add_key, drop_keys, open_vault
from publisher.messages import translator
from publisher.workspace import Workspace
from tests.conftest import Desk, Ended
from tests.mailing import KEY, NOW, VAULT, database_at, take_in, workspace_at

pytest_plugins = ["tests.postgresql"]
BOTH = Vault({1: KEY, 2: bytes(range(1, 33))})
NEW = Vault({2: bytes(range(1, 33))})
NOTICE = "privacy-20261208"
ROWS = "u1,hana@example.com,김하나,ko,\nu2,Ann@example.org,Ann,en,\nu3,,Bo,en,\n"


@pytest.fixture
def engine(workspace: Workspace) -> Iterator[Engine]:
    with database_at(workspace) as engine:
        yield engine


def mailed(engine: Engine, vault: Vault = VAULT) -> Outbox:
    """A mailing in which everyone has an outcome, sealed."""
    outbox = Outbox(engine, vault, NOTICE)
    outbox.fill(NOW)
    for claimed in outbox.claim(NOW, 10):
        outbox.record((), [(claimed, Outcome(state=State.HANDED_OVER, code=250, reply="2.0.0 canary-queue"))], NOW)
    seal(engine, vault, NOTICE)
    return outbox


# -- found and told ---------------------------------------------------------------------------------------------


def test_an_address_is_found_however_it_is_written(engine: Engine, tmp_path: Path) -> None:
    take_in(engine, tmp_path, ROWS + "u4,ANN@EXAMPLE.ORG,,ko,\n")
    assert find_recipients(engine, VAULT, " ann@Example.org\n") == [Found("u2", "en"), Found("u4", "ko")]
    assert find_recipients(engine, VAULT, "nobody@example.org") == []
    take_in(engine, tmp_path, "u2,new@example.org,,en,\n")
    assert find_recipients(engine, VAULT, "ann@example.org") == [Found("u4", "ko")]
    forget(engine, "u4")
    assert find_recipients(engine, VAULT, "ann@example.org") == []
    with engine.connect() as connection:
        assert connection.scalars(select(recipients.c.blind).where(recipients.c.address.is_(None))).all() == [None]


def test_everything_held_about_a_person_and_about_nobody_else(engine: Engine, tmp_path: Path) -> None:
    take_in(engine, tmp_path, ROWS)
    mailed(engine)
    held = held_about(engine, VAULT, "u1")
    assert held is not None
    text = json.dumps(held, ensure_ascii=False)
    assert held["person"]["address"] == held["deliveries"][0]["address"] == held["receipts"][0]["address"]
    assert (held["person"]["name"], held["person"]["watcher"]) == ("김하나", False)
    assert (held["deliveries"][0]["state"], held["receipts"][0]["content"]["outcome"]) == ("handed_over", "handed_over")
    assert "canary-queue" in text
    assert "example.org" not in text
    forget(engine, "u1")
    assert held_about(engine, VAULT, "u1") is None


def test_a_mail_not_yet_sent_goes_to_the_newest_address_and_to_nobody_new(engine: Engine, tmp_path: Path) -> None:
    take_in(engine, tmp_path, ROWS)
    outbox = Outbox(engine, VAULT, NOTICE)
    outbox.fill(NOW)
    take_in(engine, tmp_path, "u1,moved@example.com,김하나,ko,\nu9,late@example.com,,ko,\n")
    forget(engine, "u2")
    take_in(engine, tmp_path, "u2,ann@example.org,Ann,en,\n")  # who was erased is not on that list any more
    assert [c.recipient.address for c in outbox.claim(NOW, 10)] == ["moved@example.com"]


def test_watchers_and_times(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("id,email,watcher\nu1,a@example.com,yes\nu2,b@example.com,\nu3,c@example.com,often\n", "utf-8")
    problems: list[Problem] = []
    import_recipients(engine, VAULT, file, ("ko",), problems.append)
    assert [p.code for p in problems] == ["S240"]
    later = NOW + timedelta(days=400)
    import_rows(engine, VAULT, [(1, {"id": "u1", "email": "a@example.com"})], "x", ("ko",), at=later)
    with engine.connect() as connection:
        rows = {r.id: r for r in connection.execute(select(recipients))}
    assert (rows["u1"].watcher, rows["u2"].watcher) == (False, False)
    assert rows["u1"].imported_at < rows["u1"].updated_at
    assert rows["u1"].updated_at.date() == later.date()


# -- another key ------------------------------------------------------------------------------------------------


def test_a_rotation_that_is_killed_goes_on(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotating, "BATCH", 2)
    take_in(engine, tmp_path, ROWS + "".join(f"v{i},v{i}@example.com,,ko,\n" for i in range(5)))
    mailed(engine)

    def killed(done: int) -> None:
        if done >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotate(engine, BOTH, killed)
    assert keys_in_use(engine, BOTH) == {1, 2}
    assert held_about(engine, BOTH, "u1") is not None  # both are read meanwhile
    assert find_recipients(engine, BOTH, "v4@example.com") == [Found("v4", "ko")]
    with pytest.raises(IntegrityBroken):
        rotate(engine, NEW)
    assert rotate(engine, BOTH) == (8 + 7 + 8) - 4
    assert rotate(engine, BOTH) == 0
    assert keys_in_use(engine, BOTH) == {2}
    held = held_about(engine, NEW, "u1")
    assert held
    assert held["receipts"][0]["address"] == held["deliveries"][0]["address"] == "hana@example.com"
    assert find_recipients(engine, NEW, "hana@example.com") == [Found("u1", "ko")]
    with engine.connect() as connection:
        assert set(connection.scalars(select(recipients.c.key_number))) == {2}


def test_a_row_without_blind_index_gets_one(engine: Engine, tmp_path: Path) -> None:
    take_in(engine, tmp_path, ROWS)
    with engine.begin() as connection:
        connection.execute(update(recipients).values(blind=None))
    assert find_recipients(engine, VAULT, "hana@example.com") == []
    assert rotate(engine, VAULT) == 2
    assert find_recipients(engine, VAULT, "hana@example.com") == [Found("u1", "ko")]


def test_keys_in_a_file(tmp_path: Path) -> None:
    workspace = workspace_at(tmp_path)
    locked = open_vault(workspace, {}).lock("Hana", "u1", "name")
    added = add_key(workspace, {})
    assert added
    assert added.numbers == open_vault(workspace, {}).numbers == (1, 2)
    assert added.unlock(locked, "u1", "name") == "Hana"
    assert drop_keys(workspace, (1,), {})
    with pytest.raises(IntegrityBroken):
        open_vault(workspace, {}).unlock(locked, "u1", "name")
    file = tmp_path / "var" / "recipients.key"
    assert file.stat().st_mode & 0o777 == 0o600


def test_keys_in_the_environment_are_not_touched(tmp_path: Path) -> None:
    workspace = workspace_at(tmp_path)
    one, two = (base64.b64encode(k).decode() for k in (KEY, bytes(range(1, 33))))
    environment = {"PUBLISHER_RECIPIENTS_KEY": f"1:{one} 2:{two}"}
    assert open_vault(workspace, environment).numbers == (1, 2)
    assert add_key(workspace, environment) is None
    assert not drop_keys(workspace, (1,), environment)
    for bad in (f"1:{one} 1:{two}", f"{one} {two}", f"0:{one}", f"70000:{one}", f"x:{one}"):
        with pytest.raises(PublisherError) as refused:
            open_vault(workspace, {"PUBLISHER_RECIPIENTS_KEY": bad})
        assert refused.value.problems[0].code == "C525"


# -- erased -----------------------------------------------------------------------------------------------------


def test_old_mailings_lose_their_persons_and_keep_their_proof(engine: Engine, tmp_path: Path) -> None:
    take_in(engine, tmp_path, ROWS)
    outbox = mailed(engine)
    before = [(r.leaf, r.content) for r in read_receipts(engine, NOTICE)]
    outcomes = outbox.outcomes()
    assert erase_old(engine, NOW + timedelta(days=29), 30) == []
    assert erase_old(engine, NOW + timedelta(days=9999), 0) == []
    assert held_about(engine, VAULT, "u1")
    assert erase_old(engine, NOW + timedelta(days=30), 30) == [NOTICE]
    assert erase_old(engine, NOW + timedelta(days=31), 30) == []
    after = list(read_receipts(engine, NOTICE, VAULT))
    assert [(r.leaf, r.content) for r in after] == before
    assert all(r.recipient is None and r.private is None for r in after)
    assert outbox.outcomes() == outcomes
    with engine.connect() as connection:
        rows = connection.execute(select(deliveries)).all()
        key = connection.scalar(select(mailings.c.key))
    assert all(r.recipient.startswith("erased-") and r.address is None and r.reply is None for r in rows)
    assert bytes(key or b"") == b""
    held = held_about(engine, VAULT, "u1")  # who still has an account is told of the next change
    assert held
    assert (held["deliveries"], held["receipts"]) == ([], [])


def test_a_mailing_that_is_tried_again_is_not_erased(engine: Engine, tmp_path: Path) -> None:
    take_in(engine, tmp_path, ROWS)
    mailed(engine)
    with engine.begin() as connection:
        connection.execute(update(deliveries).where(deliveries.c.recipient == "u1").values(state=State.DEFERRED))
    assert erase_old(engine, NOW + timedelta(days=99), 30) == []


def test_forgetting_ends_what_is_open_and_says_why(engine: Engine, tmp_path: Path) -> None:
    take_in(engine, tmp_path, ROWS)
    Outbox(engine, VAULT, NOTICE).fill(NOW)
    with engine.begin() as connection:
        connection.execute(
            update(deliveries)
            .where(deliveries.c.recipient == "u1")
            .values(state="uncertain", reply="nobody@example.com?")
        )
    assert forget(engine, "u1")
    with engine.connect() as connection:
        row = connection.execute(select(deliveries).where(deliveries.c.recipient.like("erased-%"))).one()
        assert connection.scalar(select(func.count()).select_from(receipts)) == 0
    assert (row.state, row.reply, row.address, row.not_before) == ("no_address", "erased", None, None)


# -- brought up to date -----------------------------------------------------------------------------------------


def test_rows_of_an_older_release_are_read_and_locked_anew(workspace: Workspace) -> None:
    """A database as revision 0003 left it: what is locked has no number, a mailing has no end."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine, text

    url = workspace.settings.database.url
    (workspace.root / "var").mkdir()
    old = create_engine(url.replace("sqlite:///", f"sqlite:///{workspace.root}/"))
    config = Config()
    config.set_main_option("script_location", str(Path(rotating.__file__).parent / "migrations"))
    locked = {c: (VAULT.lock(w, "u1", c) or b"")[2:] for c, w in (("address", "hana@example.com"), ("name", "하나"))}
    moment = str(NOW)  # the driver of SQLite has no type for moments any more
    with old.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        connection.execute(text("INSERT INTO recipients VALUES ('u1', :address, :name, 'ko', false)"), locked)
        connection.execute(text("INSERT INTO mailings VALUES ('n', :key, :at, '{}')"), {"key": b"k", "at": moment})
        connection.execute(
            text(
                "INSERT INTO deliveries (notice, recipient, language, state, attempts, uncertain, updated_at, address)"
                " VALUES ('n', 'u1', 'ko', 'handed_over', 1, 0, :at, :address)"
            ),
            {"at": moment, "address": locked["address"]},
        )
    old.dispose()
    with database_at(workspace) as engine:
        held = held_about(engine, VAULT, "u1")
        assert held
        assert (held["person"]["address"], held["person"]["name"]) == ("hana@example.com", "하나")
        assert held["deliveries"][0]["address"] == "hana@example.com"
        assert rotate(engine, BOTH) == 2
        assert find_recipients(engine, NEW, "hana@example.com") == [Found("u1", "ko")]
        assert erase_old(engine, NOW + timedelta(days=30), 30) == ["n"]


# -- lists ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"id;email\nu1;a@example.com\n", "semicolons"),
        (b"id\temail\nu1\ta@example.com\n", "tabs"),
        (b"id,email,email\nu1,a@example.com,b@example.com\n", "the column email twice"),
        ("id,email\nu1,a@example.com\n".encode("utf-16"), "UTF-16"),
        ("id,email\nu1,a@example.com\n".encode("utf-16-le"), "UTF-16"),
        (b"id,email\n" + b"\0" * 5000, "no text"),
        (b"id,email," + b"x" * 70_000, "longer than 65,536 bytes"),
    ],
)
def test_a_list_that_is_none_says_why(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "list.csv").write_bytes(content)
    with database_at(workspace_at(tmp_path)) as engine, pytest.raises(PublisherError) as refused:
        import_recipients(engine, VAULT, tmp_path / "list.csv", ("ko",))
    (problem,) = refused.value.problems
    assert problem.code == "S243"
    assert said in problem.in_words(translator("en"))


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_line_without_end_costs_its_row_and_no_memory(tmp_path: Path, kind: str) -> None:
    import tracemalloc

    file = tmp_path / f"list.{kind}"
    lines = [b"id,email", b"u1,a@example.com", b"u2,b@example.com"]
    if kind == "jsonl":
        lines = [b'{"id": "u0"}', b'{"id": "u1"}', b'{"id": "u2"}']
    with file.open("wb") as out:
        out.write(lines[0] + b"\n" + lines[1] + b"\n")
        for _ in range(32):
            out.write(b"x" * 1_000_000)
        out.write(b"\n" + lines[2] + b"\n")
    problems: list[Problem] = []
    with database_at(workspace_at(tmp_path)) as engine:
        tracemalloc.start()
        try:
            report = import_recipients(engine, VAULT, file, ("ko",), problems.append)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert (report.added, report.rejected) == (2 + (kind == "jsonl"), 1)
    assert [p.place.line for p in problems] == [3]
    assert peak < 8_000_000


# -- the company's own database ---------------------------------------------------------------------------------


@pytest.fixture
def users(tmp_path: Path) -> str:
    """The address of a company's database."""
    file = tmp_path / "users.db"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE users (nr INTEGER, mail TEXT, called TEXT, child BOOLEAN)")
        connection.execute(
            "INSERT INTO users VALUES (1, 'hana@example.com', '김하나', 0), (2, 'canary', '100%', 0), (3, NULL, '', 1)"
        )
    return f"sqlite:///{file}"


QUERY = "SELECT nr AS id, mail AS email, called AS name, child AS guardian, 'ko' AS language FROM users ORDER BY nr"


def test_a_query_on_sqlite(engine: Engine, users: str) -> None:
    problems: list[Problem] = []
    rows = query_rows(query_of(QUERY + ";\n"), "USERS", {"USERS": users})
    report = import_rows(engine, VAULT, rows, "USERS", ("ko",), problems.append)
    assert (report.added, report.rejected, report.without_address) == (2, 1, 1)
    assert [str(p.place) for p in problems] == ["USERS:2"]


@pytest.mark.postgresql
def test_a_query_on_postgresql_reads_and_cannot_write(postgresql_url: str, tmp_path: Path) -> None:
    query = (
        "SELECT 'u' || i AS id, 'u' || i || '@example.com' AS email FROM generate_series(1, 2500) i WHERE '%' LIKE '%'"
    )
    with database_at(workspace_at(tmp_path)) as engine:
        report = import_rows(engine, VAULT, query_rows(query, "USERS", {"USERS": postgresql_url}), "USERS", ("ko",))
    assert report.added == 2500
    for harmful in (
        "WITH x AS (INSERT INTO t VALUES (1) RETURNING 1) SELECT 'a' AS id, 'b' AS email FROM x",
        "SELECT nextval('s')::text AS id, 'b' AS email",
    ):
        import psycopg

        with psycopg.connect(postgresql_url.replace("postgresql+psycopg", "postgresql"), autocommit=True) as other:
            other.execute("CREATE TABLE IF NOT EXISTS t (n INTEGER)")
            other.execute("CREATE SEQUENCE IF NOT EXISTS s")
        with pytest.raises(PublisherError) as refused:
            list(query_rows(query_of(harmful), "USERS", {"USERS": postgresql_url}))
        assert re.search("read-only|data-modifying", refused.value.problems[0].in_words(translator("en")))
    with pytest.raises(PublisherError) as refused:
        list(query_rows("SELECT 'canary@example.com'::int AS id, '' AS email", "USERS", {"USERS": postgresql_url}))
    assert refused.value.problems[0].code == "S249"
    assert "canary" not in refused.value.problems[0].in_words(translator("en"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "DELETE FROM users",
        "SELECT 1; DROP TABLE users",
        "/* SELECT */ DROP TABLE users",
        "users.csv",
        "-- SELECT 1",
    ],
)
def test_what_is_no_select_is_refused(text: str) -> None:
    with pytest.raises(PublisherError) as refused:
        query_of(text)
    assert refused.value.problems[0].code == "S248"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "S247"),
        ("hunter2", "S247"),
        ("mysql://root:hunter2@127.0.0.1/x", "S247"),
        ("postgresql://root:hunter2@127.0.0.1:1/x", "S249"),
        ("sqlite:////nowhere/hunter2.db", "S249"),
    ],
)
def test_an_address_that_leads_nowhere_is_not_shown(url: str, code: str) -> None:
    with pytest.raises(PublisherError) as refused:
        list(query_rows(QUERY, "USERS", {"USERS": url}))
    assert refused.value.problems[0].code == code
    assert "hunter2" not in refused.value.problems[0].in_words(translator("en"))


def test_a_query_is_read_from_a_file_and_columns_are_checked(tmp_path: Path, users: str) -> None:
    (tmp_path / "q.sql").write_text("-- who; is told\nSELECT nr AS id FROM users;\n", "utf-8")
    query = query_of(str(tmp_path / "q.sql"))
    with pytest.raises(PublisherError) as refused:
        list(query_rows(query, "USERS", {"USERS": users}))
    assert refused.value.problems[0].code == "S243"


# -- at the command line ----------------------------------------------------------------------------------------


def test_at_the_command_line(desk: Desk, publisher: Callable[..., Ended], users: str) -> None:
    def run(*words: str, **more: str) -> Ended:
        return publisher("recipients", *words, cwd=desk.root, **more)

    imported = run("import", "--sql", QUERY, "--from", "USERS", "--json", USERS=users)
    assert (imported.status, json.loads(imported.out)["added"]) == (7, 2)
    assert "canary" not in imported.out + imported.err
    assert run("import", "--sql", QUERY).status == 2
    assert run("find", "HANA@example.com").out == "1 ko\n"
    assert run("find", stdin="hana@example.com\n").out == "1 ko\n"
    nobody = run("find", "canary@example.com")
    assert (nobody.status, "canary" in nobody.out + nobody.err) == (2, False)
    key = desk.root / "var" / "recipients.key"
    before = key.read_text("ascii")
    rotated = run("rotate-key")
    assert rotated.status == 0, rotated.err
    assert key.read_text("ascii").startswith("2:")
    assert before.strip() not in key.read_text("ascii")
    held = json.loads(run("export", "1").out)
    assert (held["person"]["name"], held["receipts"]) == ("김하나", [])
    assert held["meaning"].keys() == held.keys() - {"meaning"}
    assert run("retain").status == 0
    assert run("forget", "1").status == 0
    assert run("export", "1").status == 2
    assert "S254" in run("rotate-key", PUBLISHER_RECIPIENTS_KEY=base64.b64encode(KEY).decode()).err

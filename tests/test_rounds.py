"""Rounds of a mailing, in the database and noted beside it, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, select, update

from publisher.mail.database import deliveries, mailings
from publisher.mail.outbox import Outbox
from publisher.mail.outcomes import Outcome, State
from publisher.mail.rounds import OlderDatabase, Rounds
from publisher.messages import translator
from publisher.workspace import Workspace
from tests.mailing import NOW, VAULT, database_at, take_in

pytest_plugins = ["tests.postgresql"]
NOTICE = "privacy-20261208"


@pytest.fixture
def engine(workspace: Workspace) -> Iterator[Engine]:
    with database_at(workspace) as engine:
        take_in(engine, workspace.root, "u1,u1@example.com,A,ko,\nu2,u2@example.com,B,en,\nu3,,C,en,\n")
        Outbox(engine, VAULT, NOTICE).fill(NOW)
        yield engine


@pytest.fixture
def rounds(workspace: Workspace, engine: Engine) -> Rounds:
    return Rounds(engine, workspace.state)


def put_back(engine: Engine, number: int) -> None:
    with engine.begin() as connection:
        connection.execute(update(mailings).values(rounds=number))


def known(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(select(mailings.c.rounds)).scalar_one())


def noted(workspace: Workspace) -> str:
    return (workspace.state / "rounds" / NOTICE).read_text("ascii")


def test_each_round_is_counted_in_both_places(workspace: Workspace, engine: Engine, rounds: Rounds) -> None:
    rounds.begin(NOTICE)
    rounds.begin(NOTICE)
    assert (known(engine), noted(workspace)) == (2, "00000000000000000002")


@pytest.mark.parametrize(("knows", "older"), [(0, True), (2, True), (3, False), (4, False)])
def test_a_database_that_knows_of_fewer_is_older(
    engine: Engine, rounds: Rounds, workspace: Workspace, knows: int, older: bool
) -> None:
    for _ in range(3):
        rounds.begin(NOTICE)
    put_back(engine, knows)
    if not older:
        rounds.begin(NOTICE)
        assert noted(workspace) == f"{knows + 1:020}"
        return
    with pytest.raises(OlderDatabase) as caught:
        rounds.begin(NOTICE)
    (problem,) = caught.value.problems
    assert (problem.code, caught.value.exit_status) == ("V457", 8)
    assert f"It knows of {knows} rounds of sending, and this machine has begun 3" in translator("en")(problem.message)
    assert known(engine) == knows, "nothing was changed"


@pytest.mark.parametrize("left", [b"", b"0000000", b"a" * 20])
def test_half_a_number_is_none(workspace: Workspace, engine: Engine, rounds: Rounds, left: bytes) -> None:
    rounds.begin(NOTICE)
    (workspace.state / "rounds" / NOTICE).write_bytes(left)
    rounds.begin(NOTICE)
    assert (known(engine), noted(workspace)) == (2, "00000000000000000002")


def test_many_workers_at_once(workspace: Workspace, engine: Engine, rounds: Rounds) -> None:
    """None of them takes the others for a newer database."""
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: rounds.begin(NOTICE), range(60)))
    assert (known(engine), noted(workspace)) == (60, f"{60:020}")


@pytest.mark.parametrize("again", [False, True])
def test_reconciled_is_who_has_no_outcome(engine: Engine, rounds: Rounds, again: bool) -> None:
    for _ in range(3):
        rounds.begin(NOTICE)
    outbox = Outbox(engine, VAULT, NOTICE)
    claimed = {c.recipient.id: c for c in outbox.claim(NOW, 10)}
    outbox.record([], [(claimed["u1"], Outcome(state=State.HANDED_OVER, code=250, reply="taken"))], NOW)
    outbox.give_back([claimed["u2"]], NOW)
    put_back(engine, 1)
    assert not rounds.knows_the_end(NOTICE)
    assert rounds.reconcile(NOTICE, NOW, again=again) == 1
    assert rounds.knows_the_end(NOTICE)
    with engine.connect() as connection:
        asked = select(deliveries.c.recipient, deliveries.c.state, deliveries.c.not_before.is_(None))
        rows = [tuple(row) for row in connection.execute(asked.order_by(deliveries.c.recipient))]
    assert rows == [("u1", "handed_over", True), ("u2", "uncertain", not again), ("u3", "no_address", True)]
    rounds.begin(NOTICE)
    assert known(engine) == 5


def test_what_a_worker_is_sending_is_left_to_it(engine: Engine, rounds: Rounds) -> None:
    outbox = Outbox(engine, VAULT, NOTICE)
    claimed = outbox.claim(NOW, 1)
    assert rounds.reconcile(NOTICE, NOW, again=False) == 1
    assert outbox.record(claimed, [], NOW) == {claimed[0].recipient.id}


def test_a_notice_that_the_database_does_not_know(rounds: Rounds) -> None:
    assert not rounds.knows_the_end("terms-20261208")

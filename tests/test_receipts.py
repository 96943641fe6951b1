"""What became of each delivery is sealed under one root, and stays provable when a person is erased."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, func, inspect, select, text, update

import publisher.mail.database
from publisher.errors import IntegrityBroken
from publisher.mail.database import deliveries, mailings, receipts
from publisher.mail.erasing import forget
from publisher.mail.outbox import Outbox
from publisher.mail.outcomes import Outcome, State
from publisher.mail.receipts import (
    BATCH,
    Private,
    Receipt,
    content_of,
    proof_of,
    pseudonym,
    read_receipts,
    seal,
    sealed_mailing,
)
from publisher.mail.vault import Vault
from publisher.register.journal import Event
from publisher.register.merkle import is_included, leaf_hash, merkle_root
from publisher.workspace import Workspace
from tests.conftest import Desk
from tests.mailing import NOW, VAULT, database_at, take_in, workspace_at

pytest_plugins = ["tests.postgresql"]

NOTICE = "privacy-20261208"
PEOPLE = "u1,hana@example.com,김하나,ko,\nu2,ann@example.org,Ann,en,\nu3,,Bo,en,\nu4,cho@example.net,Cho,ko,\n"
REPLY = "550 no such mailbox <cho@example.net>"


@pytest.fixture
def engine(workspace: Workspace) -> Iterator[Engine]:
    with database_at(workspace) as engine:
        take_in(engine, workspace.root, PEOPLE)
        yield engine


@pytest.fixture
def mailed(engine: Engine) -> Outbox:
    """A mailing that has ended: two taken over, one refused for good, one without an address."""
    outbox = Outbox(engine, VAULT, NOTICE)
    outbox.fill(NOW)
    for claimed in outbox.claim(NOW, 10):
        refused = claimed.recipient.id == "u4"
        outcome = (
            Outcome(state=State.FAILED, code=550, reply=REPLY)
            if refused
            else Outcome(state=State.HANDED_OVER, code=250, reply="ok 1")
        )
        outbox.record((), [(claimed, outcome)], NOW + timedelta(minutes=1))
    return outbox


def private_of(engine: Engine, recipient: str) -> Receipt:
    return {r.recipient: r for r in read_receipts(engine, NOTICE, VAULT)}[recipient]


def root(engine: Engine) -> str:
    return merkle_root(r.leaf for r in read_receipts(engine, NOTICE)).hex()


@pytest.mark.usefixtures("mailed")
def test_a_mailing_is_sealed_with_its_counts_and_root(engine: Engine) -> None:
    sealed = seal(engine, VAULT, NOTICE)
    assert sealed.as_json() == {
        "outcomes": {"failed": 1, "handed_over": 2, "no_address": 1}, "leaves": 4, "root": root(engine),
    }  # fmt: skip
    assert sealed_mailing(engine, NOTICE) == sealed
    assert sealed_mailing(engine, "privacy-20300101") is None
    found = list(read_receipts(engine, NOTICE))
    assert [r.leaf for r in found] == sorted(r.leaf for r in found)
    assert all(r.fits and r.private is None for r in found)
    assert sorted(r.outcome for r in found) == ["failed", "handed_over", "handed_over", "no_address"]


@pytest.mark.usefixtures("mailed")
def test_a_receipt_is_tied_to_its_person_by_the_salt_only(engine: Engine) -> None:
    seal(engine, VAULT, NOTICE)
    receipt = private_of(engine, "u4")
    assert receipt.private
    assert receipt.content
    assert receipt.private.address == "cho@example.net"
    assert json.loads(receipt.content) == {
        "notice": NOTICE, "outcome": "failed", "code": 550, "at": "2026-11-23T00:01:00Z",
        "who": pseudonym(receipt.private.salt, "cho@example.net" + NOTICE), "reply": pseudonym(receipt.private.salt, REPLY),
    }  # fmt: skip
    assert b"example" not in receipt.content
    nobody = private_of(engine, "u3")
    assert nobody.private
    assert nobody.private.address == ""
    assert json.loads(nobody.content or b"")["who"] == pseudonym(nobody.private.salt, NOTICE)
    salts = {r.private.salt for r in read_receipts(engine, NOTICE, VAULT) if r.private}
    assert len(salts) == 4, "one salt a receipt: two receipts of one person cannot be seen to belong together"


@pytest.mark.usefixtures("mailed")
def test_each_receipt_has_its_proof(engine: Engine) -> None:
    sealed = seal(engine, VAULT, NOTICE)
    for index, receipt in enumerate(read_receipts(engine, NOTICE)):
        proof = proof_of(engine, NOTICE, index, sealed.leaves)
        assert is_included(receipt.leaf, index, sealed.leaves, proof, bytes.fromhex(sealed.root))


def test_sealed_is_sealed(engine: Engine, mailed: Outbox, workspace: Workspace) -> None:
    """Neither a second sealing, nor an address that changes, nor a delivery that is tried again changes a receipt."""
    first = seal(engine, VAULT, NOTICE)
    before = list(read_receipts(engine, NOTICE, VAULT))
    take_in(engine, workspace.root, "u4,moved@example.net,Cho,ko,\n")
    mailed.reopen(NOW)
    for claimed in mailed.claim(NOW, 10):
        assert claimed.recipient.address == "moved@example.net"
        mailed.record((), [(claimed, Outcome(state=State.HANDED_OVER, code=250))], NOW)
    assert mailed.outcomes() == {"handed_over": 3, "no_address": 1}
    assert seal(engine, VAULT, NOTICE) == first
    assert list(read_receipts(engine, NOTICE, VAULT)) == before


@pytest.mark.usefixtures("mailed")
def test_a_receipt_names_the_address_that_was_mailed(engine: Engine, workspace: Workspace) -> None:
    """Not the one that the list has by the time the last mail is out."""
    take_in(engine, workspace.root, "u1,hana.new@example.com,Hana,ko,\n")
    seal(engine, VAULT, NOTICE)
    receipt = private_of(engine, "u1").private
    assert receipt
    assert receipt.address == "hana@example.com"


@pytest.mark.usefixtures("mailed")
def test_erasing_a_person_leaves_the_leaf(engine: Engine) -> None:
    sealed = seal(engine, VAULT, NOTICE)
    assert forget(engine, "u4")
    assert root(engine) == sealed.root
    erased = [r for r in read_receipts(engine, NOTICE, VAULT) if r.content is None]
    assert [(r.recipient, r.private, r.outcome, r.fits) for r in erased] == [(None, None, "", True)]
    with engine.connect() as connection:
        row = connection.execute(select(deliveries).where(deliveries.c.state == "failed")).mappings().one()
    assert (row["address"], row["reply"]) == (None, None), "a mail server's reply may name the address"
    assert seal(engine, VAULT, NOTICE) == sealed


@pytest.mark.usefixtures("mailed")
def test_who_left_before_the_seal_is_in_it_as_nobody(engine: Engine) -> None:
    forget(engine, "u1")
    sealed = seal(engine, VAULT, NOTICE)
    assert sealed.outcomes == {"failed": 1, "handed_over": 2, "no_address": 1}
    assert "hana@example.com" not in {r.private.address for r in read_receipts(engine, NOTICE, VAULT) if r.private}


@pytest.mark.usefixtures("mailed")
def test_what_ties_a_receipt_to_a_person_is_encrypted(engine: Engine) -> None:
    seal(engine, VAULT, NOTICE)
    with engine.connect() as connection:
        every = b"".join(bytes(v) for v in connection.scalars(select(receipts.c.private)))
    assert b"example" not in every
    with pytest.raises(IntegrityBroken) as raised:
        list(read_receipts(engine, NOTICE, Vault(bytes(32))))
    assert raised.value.problems[0].code == "V431"


def test_many_receipts_are_sealed_in_batches(engine: Engine, workspace: Workspace) -> None:
    more = 2 * BATCH + 1
    take_in(engine, workspace.root, "".join(f"n{i},n{i}@example.com,,en,\n" for i in range(more)))
    Outbox(engine, VAULT, NOTICE).fill(NOW)
    with engine.begin() as connection:
        connection.execute(update(deliveries).values(state="handed_over"))
    sealed = seal(engine, VAULT, NOTICE)
    assert (sealed.leaves, sealed.outcomes, sealed.root) == (more + 4, {"handed_over": more + 4}, root(engine))


def test_an_empty_mailing_has_the_root_of_nothing(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM recipients"))
    Outbox(engine, VAULT, NOTICE).fill(NOW)
    assert seal(engine, VAULT, NOTICE).as_json() == {"outcomes": {}, "leaves": 0, "root": merkle_root([]).hex()}


def test_a_killed_seal_leaves_nothing_and_is_done_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = workspace_at(tmp_path)
    with database_at(workspace) as engine:
        take_in(engine, tmp_path, PEOPLE)
        outbox = Outbox(engine, VAULT, NOTICE)
        outbox.fill(NOW)
        with engine.begin() as connection:
            connection.execute(update(deliveries).values(state="handed_over"))
    child = os.fork()
    if child == 0:
        with database_at(workspace) as engine:
            # every receipt is written, and not yet committed
            monkeypatch.setattr("publisher.mail.receipts.Sealed", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
            seal(engine, VAULT, NOTICE)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    with database_at(workspace) as engine:
        assert sealed_mailing(engine, NOTICE) is None
        with engine.connect() as connection:
            assert connection.scalar(select(func.count()).select_from(receipts)) == 0
        assert seal(engine, VAULT, NOTICE).root == root(engine)


def test_the_journal_names_counts_and_root(desk: Desk) -> None:
    desk.recipients()
    desk.retention()
    desk.tick()
    entry = next(e for e in desk.register().entries if e.event is Event.NOTIFIED)
    with database_at(desk.workspace) as engine:
        sealed = sealed_mailing(engine, "privacy-20261210")
        assert sealed
        assert {k: entry.data[k] for k in ("outcomes", "leaves", "root")} == sealed.as_json()
        assert entry.data["outcomes"] == {"handed_over": 2, "no_address": 1}
        assert entry.data["notice"] == "privacy-20261210"
    assert b"example" not in (desk.root / "versions" / "journal.jsonl").read_bytes()


def test_a_database_of_before_gets_the_new_tables(tmp_path: Path) -> None:
    """A workspace that was in use keeps its recipients and deliveries."""
    workspace = workspace_at(tmp_path)
    (tmp_path / "var").mkdir()
    old = create_engine(f"sqlite:///{tmp_path}/var/publisher.db")
    config = Config()
    config.set_main_option("script_location", str(Path(publisher.mail.database.__file__).parent / "migrations"))
    with old.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(
            text("INSERT INTO mailings (notice, key, filled_at) VALUES ('n', x'00', '2026-11-23 00:00:00')")
        )
    assert not inspect(old).has_table("receipts")
    old.dispose()
    with database_at(workspace) as engine:
        with engine.connect() as connection:
            assert connection.execute(select(mailings.c.notice, mailings.c.sealed)).all() == [("n", None)]
        assert seal(engine, VAULT, "n").leaves == 0


def test_a_person_is_not_shown_by_repr() -> None:
    private = Private("hana@example.com", b"salt", "550 hana")
    assert "hana" not in repr(private)
    content = content_of("n", private, outcome="failed", code=550, at=NOW)
    assert Receipt(leaf_hash(content), "ko", content).outcome == "failed"
    assert Receipt(b"", "ko", b"{").outcome == ""

"""`publisher verify`: whatever does not hold is named, with where and since when."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from publisher.errors import IntegrityBroken, Problem, WrongUsage
from publisher.messages import translator
from publisher.register.journal import Event, Journal
from publisher.run.verify import Found, verify
from tests.conftest import Desk, Ended
from tests.mailing import database_at
from tests.test_register import _plain as plain

NOTICE = "privacy-20261210"


@pytest.fixture
def told(desk: Desk) -> Desk:
    """A workspace in which everyone has been told of a change."""
    desk.recipients()
    desk.retention()
    desk.tick("2026-11-23T09:00")
    assert found(desk) == []
    return desk


def found(desk: Desk, **asked: str) -> list[Problem]:
    return verify(desk.workspace, **asked)[0]  # type: ignore[arg-type]


def change(desk: Desk, statement: str) -> None:
    with database_at(desk.workspace) as engine, engine.begin() as connection:
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("DELETE FROM mailings", "V450"),
        ("UPDATE mailings SET sealed = NULL", "V450"),
        ("""UPDATE mailings SET sealed = replace(sealed, '"handed_over":2', '"handed_over":3')""", "V451"),
        ("DELETE FROM receipts WHERE language = 'ko'", "V452"),
        ("DELETE FROM receipts", "V452"),
        ("INSERT INTO receipts (notice, leaf, language) VALUES ('privacy-20261210', x'00', 'ko')", "V452"),
        ("UPDATE mailings SET sealed = '{'", "V430"),
        ("UPDATE receipts SET content = replace(content, 'no_address', 'handed_over')", "V453"),
        ("UPDATE receipts SET content = CAST(replace(content, '\"code\":250', '\"code\":251') AS BLOB)", "V453"),
    ],
)
def test_receipts_that_are_not_those_of_the_journal(told: Desk, statement: str, code: str) -> None:
    """Also a database that is older than the journal: it does not know the mailing."""
    change(told, statement)
    if code == "V430":
        with pytest.raises(IntegrityBroken) as raised:
            found(told)
        assert [p.code for p in raised.value.problems] == [code]
        return
    problems = found(told)
    assert [p.code for p in problems] == [code]
    said = translator("en")(problems[0].message)
    assert NOTICE in said
    assert "record 5" in said
    assert "23 Nov 2026" in said, "since when"
    assert problems[0].hint


def test_a_database_of_before_the_mailing_is_older_than_the_journal(desk: Desk) -> None:
    desk.recipients()
    desk.retention()
    backup = desk.root.parent / "backup.db"
    shutil.copy(desk.root / "var" / "publisher.db", backup)
    desk.tick("2026-11-23T09:00")
    for file in (desk.root / "var").glob("publisher.db*"):
        file.unlink()
    shutil.copy(backup, desk.root / "var" / "publisher.db")
    assert [p.code for p in found(desk)] == ["V450"]


def test_outcomes_that_were_swapped_with_their_leaves_have_another_root(told: Desk) -> None:
    """Whoever can write the database can make receipts that fit their leaves, but not the journal's root."""
    from publisher.mail.receipts import read_receipts
    from publisher.register.merkle import leaf_hash

    with database_at(told.workspace) as engine:
        old = next(r for r in list(read_receipts(engine, NOTICE)) if r.outcome == "no_address")
        new = (old.content or b"").replace(b"no_address", b"handed_over")
        with engine.begin() as connection:
            connection.execute(
                text("UPDATE receipts SET content = :new, leaf = :leaf WHERE leaf = :old"),
                {"new": new, "leaf": leaf_hash(new), "old": old.leaf},
            )
    assert [p.code for p in found(told)] == ["V452"]


def test_erased_receipts_hold(told: Desk) -> None:
    from publisher.mail.erasing import forget

    with database_at(told.workspace) as engine:
        for recipient in ("u1", "u2", "u3"):
            assert forget(engine, recipient)
            assert found(told) == []


def test_where_the_database_is_not_kept_the_rest_is_checked(told: Desk) -> None:
    for file in (told.root / "var").glob("publisher.db*"):
        file.unlink()
    remarks: list[Problem] = []
    assert verify(told.workspace, remark=remarks.append)[0] == []
    assert [p.code for p in remarks] == ["V454"]
    assert not (told.root / "var" / "publisher.db").exists(), "looking makes no database"


def test_a_mailing_from_before_receipts_is_not_asked_for_them(told: Desk) -> None:
    """Journals written by an earlier release name counts only."""
    from publisher.run.verify import finished_mailings

    entries = told.register().entries
    assert [e.event for e in finished_mailings(entries)] == [Event.NOTIFIED]
    assert finished_mailings(entries[:-1]) == []


def test_the_tail_cut_off_is_found_from_any_hash_that_was_given_out(told: Desk) -> None:
    """At every line the journal is cut: each hash after it is missed, each before it is still there."""
    file = told.root / "versions" / "journal.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    hashes = [e.hash for e in Journal(told.root / "versions").read()]
    for kept in range(len(lines) + 1):
        file.write_bytes(b"".join(lines[:kept]))
        for number, head in enumerate(hashes):
            codes = {p.code for p in found(told, head=head)}
            assert ("V455" in codes) == (number >= kept)
    file.write_bytes(b"".join(lines))
    assert found(told, head=hashes[0][:16]) == []


def test_a_rewritten_journal_is_found_from_a_mail(told: Desk) -> None:
    """Everything is written anew, every hash fits: only what was given out tells."""
    head = next(e.hash for e in told.register().entries if e.event is Event.ANNOUNCED)
    assert all(head.encode() in plain(letter.data) for letter in told.mailer.letters)
    before = Journal(told.root / "versions").read()
    (told.root / "versions" / "journal.jsonl").unlink()
    journal = Journal(told.root / "versions")
    for e in before:
        data = {**e.data, "days": 15} if "days" in e.data else e.data
        journal.append(at=e.at, event=e.event, policy=e.policy, version=e.version, data=data)
    assert [p.code for p in found(told)] == ["V440"], "the record in git tells as well"
    for name in ("refs/heads/publisher/record", "refs/tags/privacy/20261210"):
        subprocess.run(["git", "update-ref", "-d", name], cwd=told.root, check=True)
    assert found(told) == []
    problems = found(told, head=head)
    assert [p.code for p in problems] == ["V455"]
    assert "record 5 of Mon 23 Nov 2026" in translator("en")(problems[0].message)


@pytest.mark.parametrize("head", ["abc", "0" * 15, "0" * 65, "xyz" * 10, "sha256:", "０" * 16])
def test_what_is_no_hash_is_refused(told: Desk, head: str) -> None:
    with pytest.raises(WrongUsage) as raised:
        found(told, head=head)
    assert raised.value.problems[0].code == "V456"


def test_a_hash_is_taken_as_people_copy_it(told: Desk) -> None:
    head = told.register().head
    for copied in (head, f" {head.upper()}\n", f"sha256:{head}", head[:16]):
        assert found(told, head=copied) == []


def test_counts_fit_only_as_far_as_receipts_are_missing() -> None:
    from publisher.run.verify import _counts_fit

    def seen(erased: int, **outcomes: int) -> Found:
        made = Found(erased=erased)
        made.outcomes.update(outcomes)
        return made

    said = {"handed_over": 2, "failed": 1}
    assert _counts_fit(seen(0, handed_over=2, failed=1), said)
    assert _counts_fit(seen(2, handed_over=1), said)
    assert not _counts_fit(seen(1, handed_over=1), said)
    assert not _counts_fit(seen(0, handed_over=3), said)
    assert not _counts_fit(seen(0, handed_over=2, failed=1, bounced=1), said)


def test_every_flipped_byte_of_journal_and_version_is_found(told: Desk) -> None:
    folder = told.root / "versions"
    for file in (folder / "journal.jsonl", *sorted((folder / "privacy" / "20261210").iterdir())):
        content = file.read_bytes()
        for position in range(0, len(content), 41):
            file.write_bytes(content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :])
            assert found(told), (file.name, position)
        file.write_bytes(content)
    assert found(told) == []


def test_by_the_command_line(told: Desk, publisher: Callable[..., Ended]) -> None:
    head = told.register().head
    held = publisher("verify", "--head", head, cwd=told.root)
    assert (held.status, held.err) == (0, ""), "no progress where nobody watches"
    assert held.out.startswith("Everything holds: 5 journal entries, 3 versions.")
    change(told, "DELETE FROM receipts")
    broken = publisher("verify", "--head", "0" * 64, cwd=told.root)
    assert broken.status == 8
    assert "[V455]" in broken.err
    assert "[V452]" in broken.err
    found_json = json.loads(publisher("verify", "--json", cwd=told.root).out)
    assert (found_json["ok"], [f["code"] for f in found_json["findings"]]) == (False, ["V452"])
    assert publisher("verify", "--head", "short", cwd=told.root).status == 2


def test_without_the_database_it_says_so(told: Desk, publisher: Callable[..., Ended]) -> None:
    shutil.rmtree(told.root / "var")
    ended = publisher("verify", cwd=told.root)
    assert ended.status == 0
    assert "[V454]" in ended.err
    assert Path(told.root / "versions").is_dir()

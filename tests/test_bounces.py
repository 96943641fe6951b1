"""Letters that came back, from the file to the row; and what the counts of a notice say, in the terminal."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, select, text, update

from publisher.errors import Misconfigured, Problem, WrongUsage
from publisher.mail.bounces import Became, BounceReport, take_bounces
from publisher.mail.database import deliveries, mailings, recipients
from publisher.mail.outbox import Outbox
from publisher.mail.outcomes import Outcome, State
from publisher.mail.outcomes import State as Stands
from publisher.mail.reports import FEW, held, report_of, settle
from publisher.mail.tokens import token_of
from publisher.mail.vault import open_vault
from publisher.workspace import Workspace
from tests.conftest import Ended
from tests.mailing import NOW, VAULT, database_at, take_in, workspace_at
from tests.test_dsn import UNKNOWN, report, words

pytest_plugins = ["tests.postgresql"]

PEOPLE = "".join(
    f"u{n},u{n}@{'example.com' if n < 12 else 'example.org'},Name,{'ko' if n % 2 else 'en'},\n" for n in range(15)
)
NOTICE = "privacy-20261210"
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def engine(workspace: Workspace) -> Iterator[Engine]:
    """A mailing to fifteen persons, all handed over."""
    with database_at(workspace) as engine:
        mail(engine, workspace.root)
        yield engine


def mail(engine: Engine, folder: Path, vault: object = VAULT) -> None:
    take_in(engine, folder, PEOPLE, vault=vault)  # type: ignore[arg-type]
    outbox = Outbox(engine, vault, NOTICE)  # type: ignore[arg-type]
    outbox.fill(NOW)
    for claimed in outbox.claim(NOW, 100):
        outbox.record((), [(claimed, Outcome(state=State.HANDED_OVER, code=250, reply="2.0.0 queued"))], NOW)


def token(engine: Engine, recipient: str) -> str:
    with engine.connect() as connection:
        return token_of(bytes(connection.scalar(select(mailings.c.key)) or b""), recipient)


def state(engine: Engine, recipient: str) -> str:
    with engine.connect() as connection:
        return str(connection.scalar(select(deliveries.c.state).where(deliveries.c.recipient == recipient)))


def put(engine: Engine, recipient: str, **values: object) -> None:
    with engine.begin() as connection:
        connection.execute(update(deliveries).where(deliveries.c.recipient == recipient).values(**values))


def unusable(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(select(recipients.c.id).where(recipients.c.unusable_at.is_not(None))))


def dsn(engine: Engine, recipient: str, fields: str = UNKNOWN) -> str:
    return report(fields, to=f"bounces+{token(engine, recipient)}@example.com")


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    folder = tmp_path / "bounces"
    for name in ("tmp", "new", "cur"):
        (folder / name).mkdir(parents=True)
    return folder


def take(engine: Engine, folder: Path, problems: list[Problem] | None = None) -> BounceReport:
    return take_bounces(engine, VAULT, folder, lambda: LATER, (problems if problems is not None else []).append)


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_a_letter_that_came_back(engine: Engine, maildir: Path) -> None:
    (maildir / "new" / "1.mx").write_text(dsn(engine, "u1"))
    found = take(engine, maildir)
    assert found.as_json() | {"read": 1, "bounced": 1, "unusable": 1} == found.as_json()
    assert (state(engine, "u1"), state(engine, "u2")) == ("bounced", "handed_over")
    assert unusable(engine) == ["u1"]
    assert (names(maildir / "new"), names(maildir / "cur")) == ([], ["1.mx:2,S"])
    with engine.connect() as connection:
        row = connection.execute(select(deliveries).where(deliveries.c.recipient == "u1")).mappings().one()
    assert (row["code"], row["reply"]) == (550, "returned 5.1.1")


def test_twice_changes_nothing_more(engine: Engine, maildir: Path) -> None:
    for name in ("1.mx", "2.mx"):
        (maildir / "new" / name).write_text(dsn(engine, "u1"))
    assert take(engine, maildir).became == {Became.BOUNCED: 1, Became.KNOWN: 1}
    for path in list((maildir / "cur").iterdir()):
        path.rename(maildir / "new" / path.name)  # as after a crash between the commit and the rename
    assert take(engine, maildir).became == {Became.KNOWN: 2}
    assert take(engine, maildir).read == 0


def test_a_file_is_put_aside_only_after_the_commit(engine: Engine, maildir: Path) -> None:
    (maildir / "new" / "1.mx").write_text(dsn(engine, "u1"))

    def fail(_: object) -> None:
        raise KeyboardInterrupt

    event.listen(engine, "commit", fail)
    with pytest.raises(KeyboardInterrupt):
        take(engine, maildir)
    event.remove(engine, "commit", fail)
    assert names(maildir / "new") == ["1.mx"]
    assert state(engine, "u1") == "handed_over"
    assert take(engine, maildir).became == {Became.BOUNCED: 1}


@pytest.mark.parametrize(
    ("fields", "became", "after"),
    [
        ("Action: failed\nStatus: 5.2.2", Became.BOUNCED, "bounced"),
        ("Action: delayed\nStatus: 4.4.1", Became.DELAYED, "handed_over"),
        ("Action: relayed\nStatus: 2.0.0", Became.DELIVERED, "handed_over"),
    ],
)
def test_only_an_address_that_does_not_exist_is_marked(
    engine: Engine, maildir: Path, fields: str, became: Became, after: str
) -> None:
    (maildir / "new" / "1.mx").write_text(dsn(engine, "u1", fields))
    assert take(engine, maildir).became == {became: 1}
    assert state(engine, "u1") == after
    assert unusable(engine) == []


def test_a_newer_address_is_not_marked(engine: Engine, workspace: Workspace, maildir: Path) -> None:
    take_in(engine, workspace.root, "u1,new@example.net,Name,ko,\nu2,u2@example.com,Name,en,\n")
    for recipient in ("u1", "u2"):
        (maildir / "new" / recipient).write_text(dsn(engine, recipient))
    take(engine, maildir)
    assert (state(engine, "u1"), state(engine, "u2")) == ("bounced", "bounced")
    assert unusable(engine) == ["u2"]


@pytest.mark.parametrize("before", ["pending", "sending", "deferred"])
def test_a_letter_that_is_still_under_way_waits_for_the_next_run(engine: Engine, maildir: Path, before: str) -> None:
    put(engine, "u1", state=before)
    (maildir / "new" / "1.mx").write_text(dsn(engine, "u1"))
    assert take(engine, maildir).became == {Became.EARLY: 1}
    assert (state(engine, "u1"), names(maildir / "new")) == (before, ["1.mx"])
    put(engine, "u1", state="handed_over")
    assert take(engine, maildir).became == {Became.BOUNCED: 1}


@pytest.mark.parametrize("before", ["failed", "no_address", "bounced"])
def test_an_end_stays_an_end(engine: Engine, maildir: Path, before: str) -> None:
    put(engine, "u1", state=before)
    (maildir / "new" / "1.mx").write_text(dsn(engine, "u1"))
    assert take(engine, maildir).became == {Became.KNOWN: 1}
    assert state(engine, "u1") == before


def test_a_letter_of_unknown_fate_that_came_back_was_taken_over(engine: Engine, maildir: Path) -> None:
    put(engine, "u1", state=Stands.UNCERTAIN.value)
    (maildir / "new" / "1.mx").write_text(dsn(engine, "u1"))
    take(engine, maildir)
    assert state(engine, "u1") == "bounced"


def test_what_is_none_of_ours_changes_nothing(engine: Engine, maildir: Path) -> None:
    forged = token_of(b"another key", "u1")
    (maildir / "new" / "forged").write_text(report(UNKNOWN, to=f"bounces+{forged}@example.com"))
    (maildir / "new" / "spam").write_text("From: a@example.net\nTo: b@example.com\n\nBuy!\n")
    (maildir / "new" / "away").write_text("From: a@example.net\nTo: b@example.com\nAuto-Submitted: auto-replied\n\n.\n")
    assert take(engine, maildir).became == {Became.OTHER: 2, Became.AUTO_REPLY: 1}
    assert {state(engine, f"u{n}") for n in range(15)} == {"handed_over"}
    assert names(maildir / "new") == []


def test_one_message_cannot_return_two_letters(engine: Engine, maildir: Path) -> None:
    also = f"Message-ID: <{token(engine, 'u2')}@example.com>"
    text = report(UNKNOWN, to=f"bounces+{token(engine, 'u1')}@example.com", returned=also)
    (maildir / "new" / "1.mx").write_text(text)
    problems: list[Problem] = []
    assert take(engine, maildir, problems).became == {Became.UNCLEAR: 1}
    assert [p.code for p in problems] == ["S282"]
    assert (state(engine, "u1"), state(engine, "u2")) == ("handed_over", "handed_over")


def test_what_is_unclear_is_flagged_for_a_person(engine: Engine, maildir: Path) -> None:
    mine = words("Something happened.\n").replace("bounces+", "x+").replace("To: x+", "To: bounces+")
    head, _, rest = mine.partition("To: bounces+")
    (maildir / "new" / "1.mx").write_text(f"{head}To: bounces+{token(engine, 'u1')}@{rest.partition('@')[2]}")
    problems: list[Problem] = []
    take(engine, maildir, problems)
    assert [(p.code, p.place.path) for p in problems] == [("S282", "1.mx")]
    assert names(maildir / "cur") == ["1.mx:2,FS"]


def test_a_plain_folder(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    folder.mkdir()
    (folder / "1.eml").write_text(dsn(engine, "u1"))
    (folder / "17").write_text(dsn(engine, "u3"))
    (folder / "recipients.key").write_text("not a message")
    (folder / ".hidden").write_text(dsn(engine, "u2"))
    (folder / "link.eml").symlink_to(folder / ".hidden")
    assert take(engine, folder).became == {Became.BOUNCED: 2}
    assert names(folder / "done") == ["1.eml", "17"]
    assert names(folder) == [".hidden", "done", "link.eml", "recipients.key"]
    assert state(engine, "u2") == "handed_over"


def test_many_at_once(engine: Engine, maildir: Path) -> None:
    for number in range(1200):
        (maildir / "new" / f"{number}.mx").write_text(dsn(engine, f"u{number % 15}"))
    found = take(engine, maildir)
    assert (found.read, found.became[Became.BOUNCED], found.unusable) == (1200, 15, 15)
    assert len(names(maildir / "cur")) == 1200


def test_a_folder_that_is_not_there(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as raised:
        take(engine, tmp_path / "none")
    assert raised.value.problems[0].code == "S281"


def test_tokens_are_found_by_their_index(engine: Engine) -> None:
    query = "SELECT recipient FROM deliveries WHERE token IN (:a, :b) AND token IS NOT NULL"
    values = {"a": "x" * 15, "b": "y" * 15}
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            plan = connection.execute(text(f"EXPLAIN QUERY PLAN {query}"), values).all()
        else:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            plan = connection.execute(text(f"EXPLAIN {query}"), values).all()
    # A partition's index is named after the partition.
    assert "deliveries_by_token" in str(plan) or "_token_idx" in str(plan)


def test_the_report_counts_and_names_no_small_domain(engine: Engine, maildir: Path) -> None:
    (maildir / "new" / "1.mx").write_text(dsn(engine, "u1"))
    take(engine, maildir)
    found = report_of(engine, VAULT, NOTICE)
    assert found.total == 15
    assert found.outcomes == {"bounced": 1, "handed_over": 14}
    assert found.languages == {"en": {"handed_over": 8}, "ko": {"bounced": 1, "handed_over": 6}}
    assert found.domains == {"example.com": {"bounced": 1, "handed_over": 11}, "other": {"handed_over": 3}}
    assert found.replies == {"250 2.0.0": {"handed_over": 14}, "550 5.1.1": {"bounced": 1}}
    assert FEW == 10
    assert "@" not in json.dumps(found.as_json())


def test_persons_of_unknown_domain_are_counted(engine: Engine) -> None:
    put(engine, "u1", address=None, state="no_address", code=None, reply=None)
    found = report_of(engine, VAULT, NOTICE)
    assert found.domains["none"] == {"no_address": 1}
    assert found.replies["none"] == {"no_address": 1}


def test_a_notice_that_is_not_there(engine: Engine) -> None:
    for call in (lambda: report_of(engine, VAULT, "x"), lambda: list(held(engine, "x", "example.com"))):
        with pytest.raises(WrongUsage) as raised:
            call()
        assert raised.value.problems[0].code == "S245"


def test_held_letters_are_settled_by_the_log(engine: Engine) -> None:
    for number in (1, 2, 3):
        put(engine, f"u{number}", state=Stands.UNCERTAIN.value)
    found = list(held(engine, NOTICE, "example.com"))
    assert [one.message_id for one in found] == [f"<{token(engine, f'u{n}')}@example.com>" for n in (1, 2, 3)]
    assert {one.at.astimezone(UTC) for one in found} == {NOW}
    problems: list[Problem] = []
    lines = [found[0].message_id, "", "<nonsense>", f"<{token(engine, 'u9')}@example.com>"]
    assert settle(engine, NOTICE, lines, LATER, handed_over=True, on_problem=problems.append) == 1
    assert [(p.code, dict(p.message.values)["line"]) for p in problems] == [("S283", 3), ("S283", 4)]
    assert settle(engine, NOTICE, [found[1].message_id], LATER, handed_over=False) == 1
    states = [state(engine, f"u{n}") for n in (1, 2, 3, 9)]
    assert states == ["handed_over", "pending", "uncertain", "handed_over"]
    assert settle(engine, NOTICE, [found[0].message_id], LATER, handed_over=False) == 0
    assert state(engine, "u1") == "handed_over"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder in which the commands are called, with the mailing in its database."""
    root = tmp_path / "w"
    (root / "var").mkdir(parents=True)
    (root / "publisher.toml").write_text(
        '[site]\nbase_url = "https://policies.example.com"\norganisation = { ko = "예시", en = "Example" }\n'
        'contact = "privacy@example.com"\n[mail]\nfrom = "privacy@example.com"\nbounce_maildir = "bounces"\n'
    )
    workspace = Workspace(root=root, settings=workspace_at(root).settings)
    with database_at(workspace) as engine:
        mail(engine, root, open_vault(workspace))
        (root / "bounces").mkdir()
        (root / "bounces" / "1.eml").write_text(dsn(engine, "u1"))
        put(engine, "u2", state=Stands.UNCERTAIN.value)
    return root


@pytest.mark.parametrize("language", ["en", "ko"])
def test_in_the_terminal(desk: Path, publisher: Callable[..., Ended], language: str) -> None:
    def call(*arguments: str, **more: str) -> Ended:
        return publisher("mail", *arguments, cwd=desk, language=language, **more)

    read = call("bounces")
    assert (read.status, read.err) == (0, "")
    assert {"en": "1 read: 1 came back", "ko": "1건을 읽었습니다"}[language] in read.out
    table = call("report", NOTICE)
    assert table.status == 0
    assert "example.com: bounced 1" in table.out
    assert "u1@" not in table.out
    rows = list(csv.reader(io.StringIO(call("report", NOTICE, "--csv").out)))
    assert rows[0] == ["by", "value", "outcome", "number"]
    assert ["domain", "other", "handed_over", "3"] in rows
    assert json.loads(call("report", NOTICE, "--json").out)["outcomes"]["bounced"] == 1
    listed = call("held", NOTICE).out.split("\t")[0]
    assert json.loads(call("held", NOTICE, "--json").out)["held"][0]["message_id"] == listed
    neither = call("settle", NOTICE)
    assert (neither.status, "[S284]" in neither.err) == (2, True)
    wrong = call("settle", NOTICE, "--not-taken", "-", stdin="<x@example.com>\n")
    assert (wrong.status, "[S283]" in wrong.err) == (7, True)
    assert call("settle", NOTICE, "--handed-over", "-", stdin=f"{listed}\n").status == 0
    assert call("held", NOTICE).out == ""


def test_the_folder_has_to_be_known(desk: Path, publisher: Callable[..., Ended]) -> None:
    file = desk / "publisher.toml"
    file.write_text(file.read_text("utf-8").replace('bounce_maildir = "bounces"\n', ""), "utf-8")
    ended = publisher("mail", "bounces", cwd=desk)
    assert (ended.status, "[S280]" in ended.err) == (2, True)
    assert publisher("mail", "bounces", "bounces", "--json", cwd=desk).status == 0

"""Who is to be told: lists taken in row by row, encrypted at rest, erased for good."""

from __future__ import annotations

import base64
import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, select, update

from publisher.errors import IntegrityBroken, Misconfigured, Problem, TextFindings
from publisher.mail import importing as module
from publisher.mail.addresses import needs_smtputf8, usable_address
from publisher.mail.database import deliveries, recipients
from publisher.mail.erasing import forget
from publisher.mail.importing import import_recipients
from publisher.mail.outbox import Outbox
from publisher.mail.outcomes import Outcome, State
from publisher.mail.recipients import Recipient, count_recipients
from publisher.mail.vault import Vault, open_vault
from publisher.messages import translator
from tests.mailing import HANA, NOW, VAULT, database_at, take_in, workspace_at

LANGUAGES = ("ko", "en")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with database_at(workspace_at(tmp_path)) as engine:
        yield engine


def stored(engine: Engine, vault: Vault = VAULT) -> dict[str, Recipient]:
    """Everybody in the database, decrypted."""
    with engine.connect() as connection:
        return {
            row.id: Recipient(
                id=row.id,
                address=vault.unlock(row.address, row.id, "address"),
                name=vault.unlock(row.name, row.id, "name"),
                language=row.language,
                guardian=row.guardian,
                watcher=row.watcher,
            )
            for row in connection.execute(select(recipients))
        }


def in_words(problems: list[Problem]) -> str:
    return "\n".join(p.in_words(translator("en")) for p in problems) + repr(problems)


# -- reading files ----------------------------------------------------------------------------------------------


def test_csv_with_a_mark_quoted_fields_and_korean_names(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "list.CSV"
    file.write_bytes(
        '\ufeffemail,"id",extra,guardian,name,language\r\n'
        "hana@example.com,u1,x,no,김하나,ko\r\n"
        '"ann@example.org","u2","a ""quoted"", word",YES,"Lee, Ann",EN\r\n'
        "\r\n"
        " bo@example.net ,u3,,1,,\r\n".encode()
    )
    report = import_recipients(engine, VAULT, file, LANGUAGES)
    assert report.as_json() == {
        "added": 3,
        "updated": 0,
        "rejected": 0,
        "without_address": 0,
        "other_language": 1,
        "repeated": 0,
    }
    assert stored(engine) == {
        "u1": HANA,
        "u2": Recipient(id="u2", address="ann@example.org", name="Lee, Ann", language="en", guardian=True),
        "u3": Recipient(id="u3", address="bo@example.net", name="", language="ko", guardian=True),
    }


def test_json_lines(engine: Engine, tmp_path: Path) -> None:
    rows = [
        {"id": 7, "email": "hana@example.com", "name": "김하나", "language": "ko", "guardian": True, "tags": ["a"]},
        {"id": "u2", "email": None, "guardian": False},
    ]
    file = tmp_path / "list.jsonl"
    file.write_text("\ufeff" + "\r\n\n".join(json.dumps(r, ensure_ascii=False) for r in rows), "utf-8")
    report = import_recipients(engine, VAULT, file, LANGUAGES)
    assert (report.added, report.without_address, report.other_language, report.rejected) == (2, 1, 1, 0)
    assert stored(engine)["7"] == Recipient(
        id="7", address="hana@example.com", name="김하나", language="ko", guardian=True
    )
    assert stored(engine)["u2"].address == ""


@pytest.mark.parametrize(
    ("word", "guardian"),
    [
        *((word, True) for word in ("true", "Yes", "1", "y")),
        *((word, False) for word in ("false", "NO", "0", "n", "")),
        *((word, None) for word in ("maybe", "예")),
    ],
)
def test_guardian_words(engine: Engine, tmp_path: Path, word: str, guardian: bool | None) -> None:
    report = take_in(engine, tmp_path, f"u1,a@example.com,,ko,{word}\n")
    assert report.rejected == (guardian is None)
    assert [r.guardian for r in stored(engine).values()] == ([] if guardian is None else [guardian])


BAD_ADDRESSES = [
    "canary@e.com>, <z@z.com",
    "canary,z@e.com",
    "canary한\u200b글@e.com",
    "canary\u3000한글@e.com",
    "canary@e",
    "canary" * 54 + "@e.com",
    "canary@" + ".".join(["e" * 63] * 5) + ".com",
    "canary",
    "canary@",
    "canary @e.com",
    "canary@e..com",
    "canary@e.com.",
    "canary@-e.com",
    "canary@e.com\x00",
    "canary@127.0.0.10",
    "canary@[127.0.0.1]",
    '"canary x"@e.com',
    ".canary@e.com",
    "canary@e.com\u2028bcc:z@z.com",
    "canary@e.com\r\nBcc: z@z.com",
    "canary@\u202ee.com",
    "=?UTF-8?Q?canary?=@=?UTF-8?Q?e?=.com",
]


@pytest.mark.parametrize("address", BAD_ADDRESSES)
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_bad_address_leaves_out_its_row_and_no_other(engine: Engine, tmp_path: Path, address: str, kind: str) -> None:
    file = tmp_path / f"list.{kind}"
    rows = [("u1", "hana@example.com"), ("u2", address), ("u3", "ann@example.org")]
    if kind == "csv":
        quoted = "".join('{},"{}"\r\n'.format(i, a.replace('"', '""')) for i, a in rows)
        file.write_bytes(f"id,email\r\n{quoted}".encode())
    else:
        file.write_text("".join(json.dumps({"id": i, "email": a}) + "\n" for i, a in rows), "utf-8")
    problems: list[Problem] = []
    report = import_recipients(engine, VAULT, file, LANGUAGES, problems.append)
    assert (report.added, report.rejected) == (2, 1)
    assert set(stored(engine)) == {"u1", "u3"}
    (problem,) = problems
    assert (problem.code, problem.place.line) == ("S240", 3 if kind == "csv" else 2)
    assert "canary" not in in_words(problems)
    assert "z.com" not in in_words(problems)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b",a@example.com,Ann,en,", "it has no usable id"),
        (b"u 1,a@example.com,Ann,en,", "it has no usable id"),
        (b"%s,a@example.com,Ann,en," % (b"u" * 201), "it has no usable id"),
        (b"u1,a@example.com,An\x00n,en,", "the name contains characters"),
        (b"u1,a@example.com,=?UTF-8?Q?=0A?=Bcc: x@example.com,en,", "the name contains characters"),
        (b'u1,a@example.com,"Ann\r\nBcc: x@example.com",en,', "the name contains characters"),
        ("u1,a@example.com,Ann\u202e,en,".encode(), "the name contains characters"),
        (b"u1,a@example.com,%s,en," % (b"n" * 201), "the name contains characters"),
        (b"u1,a@example.com,\xb1\xe8\xc7\xcf\xb3\xaa,ko,", "it is not UTF-8"),
        (b'u1,a@example.com,"Ann" Lee,en,', "the row cannot be read as CSV"),
        (b"u1,a@example.com,Ann,en,no,more", "the row cannot be read as CSV"),
        (b"u1,a@example.com,Lee, Ann,en", "guardian is neither true nor false"),
        (b"erased-1,a@example.com,Ann,en,", "it has no usable id"),
        (b"u1,a@example.com,%s,en," % (b"n" * 70_000), "it is longer than 65,536 bytes"),
    ],
)
def test_every_kind_of_bad_row(engine: Engine, tmp_path: Path, row: bytes, reason: str) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(b"id,email,name,language,guardian\ng1,g@example.com,,ko,\n\n" + row + b"\ng2,,,ko,,\n")
    problems: list[Problem] = []
    report = import_recipients(engine, VAULT, file, LANGUAGES, problems.append)
    assert (report.added, report.rejected) == (2, 1)
    assert problems[0].place.line == 4
    assert f"Row 4 is left out: {reason}" in in_words(problems)
    assert "@example.com" not in in_words(problems)


def test_a_quote_that_is_not_closed_is_reported_where_it_stands(engine: Engine, tmp_path: Path) -> None:
    problems: list[Problem] = []
    report = take_in(engine, tmp_path, 'u1,,,ko,\nu2,,"Ann,ko,\nu3,,,ko,\n', on_problem=problems.append)
    assert (report.added, report.rejected) == (1, 1)
    assert problems[0].place.line == 3


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[1]",
        '"u9"',
        "null",
        "[" * 100_000,
        '{"id": ' + "9" * 5000 + "}",
        '{"id": ["u9"], "email": "a@example.com"}',
        '{"id": "u9", "name": {"a": 1}}',
        '{"id": "u9", "name": "\\ud800"}',
        '{"email": "a@example.com"}',
    ],
)
def test_every_kind_of_bad_json(engine: Engine, tmp_path: Path, line: str) -> None:
    file = tmp_path / "list.ndjson"
    file.write_text(f'{{"id": "u1"}}\n{line}\n{{"id": "u2"}}\n', "utf-8")
    problems: list[Problem] = []
    report = import_recipients(engine, VAULT, file, LANGUAGES, problems.append)
    assert (report.added, report.rejected) == (2, 1)
    assert problems[0].place.line == 2


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.csv", b""),
        ("list.csv", b"name,language\nAnn,en\n"),
        ("list.csv", b'"id"x,email\n'),
        ("list.csv", b"id,email\ru1,a@example.com\r"),
        ("list.csv", "id,email\n".encode("utf-16")),
        ("list.xlsx", b"PK"),
        ("list.csv", None),
    ],
)
def test_a_file_that_cannot_be_read_at_all(engine: Engine, tmp_path: Path, name: str, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(TextFindings) as refused:
        import_recipients(engine, VAULT, tmp_path / name, LANGUAGES)
    assert refused.value.problems[0].code == "S243"
    assert count_recipients(engine) == {"total": 0, "without_address": 0}


def test_no_address_and_no_language_are_counted_not_dropped(engine: Engine, tmp_path: Path) -> None:
    report = take_in(engine, tmp_path, "u1,,Hana,ko,\nu2,ann@example.org,Ann,jp,\nu3,bo@example.org,Bo,,\n")
    assert (report.added, report.without_address, report.other_language) == (3, 1, 2)
    assert {r.language for r in stored(engine).values()} == {"ko"}
    assert count_recipients(engine) == {"total": 3, "ko": 3, "without_address": 1}


def test_one_row_for_each_id_whatever_the_address(engine: Engine, tmp_path: Path) -> None:
    rows = "u1,hana@example.com,,ko,\nu2,HANA@example.com,,ko,\nu3,hana+x@example.com,,ko,\nu1,new@example.com,,en,\n"
    report = take_in(engine, tmp_path, rows)
    assert (report.added, report.updated, report.repeated) == (3, 0, 1)
    assert (stored(engine)["u1"].address, stored(engine)["u1"].language) == ("new@example.com", "en")


def test_a_large_file_comes_in_by_batches(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    batches = []
    upsert = module._upsert

    def watched(connection: Connection, rows: list[dict[str, object]]) -> None:
        batches.append(len(rows))
        upsert(connection, rows)

    monkeypatch.setattr(module, "_upsert", watched)
    rows = "".join(f"u{i},u{i}@example.com,이름{i},ko,\n" for i in range(5000)) + "u7,seven@example.com,,ko,\n"
    report = take_in(engine, tmp_path, rows)
    assert (report.added, report.updated, report.repeated) == (5000, 0, 1)
    assert max(batches) <= module.BATCH
    assert count_recipients(engine)["total"] == 5000
    assert stored(engine)["u7"].address == "seven@example.com"
    dry = take_in(engine, tmp_path, rows, dry_run=True)
    assert (dry.added, dry.updated, dry.repeated) == (0, 5000, 1)


def test_the_same_file_twice_changes_nothing(engine: Engine, tmp_path: Path) -> None:
    rows = "u1,hana@example.com,김하나,ko,\nu2,ann@example.org,Ann,en,yes\n"
    take_in(engine, tmp_path, rows)
    before = stored(engine)
    report = take_in(engine, tmp_path, rows)
    assert (report.added, report.updated, report.rejected) == (0, 2, 0)
    assert stored(engine) == before


def test_a_dry_run_says_the_same_and_writes_nothing(engine: Engine, tmp_path: Path) -> None:
    rows = "u1,hana@example.com,김하나,ko,\nu2,bad,,ko,\nu1,hana@example.com,,ko,\nu3,,,jp,\n"
    dry = take_in(engine, tmp_path, rows, dry_run=True)
    assert count_recipients(engine)["total"] == 0
    assert take_in(engine, tmp_path, rows).as_json() == dry.as_json()
    assert count_recipients(engine)["total"] == 2


# -- addresses --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "wire"),
    [
        ("u@faß.de", "u@xn--fa-hia.de"),
        ("u@학교.한국", "u@xn--9d0b527e.xn--3e0b707e"),
        ("u@한국.kr", "u@xn--3e0b707e.kr"),
        ("U.x+tag@EXAMPLE.com", "U.x+tag@example.com"),
        ("u@example。com", "u@example.com"),
        ("하나.kim@학교.한국", "하나.kim@xn--9d0b527e.xn--3e0b707e"),
        ("\u1112\u1161\u1102\u1161@example.com", "하나@example.com"),
    ],
)
def test_domains_by_idna_2008(address: str, wire: str) -> None:
    assert usable_address(address) == wire


@given(
    st.one_of(
        st.text(),
        st.from_regex(r"[a-z.@<>, \r\n-]{1,12}@[^@]{1,12}\.(com|한국)", fullmatch=True),
        st.builds("{}@{}".format, st.text(max_size=20), st.text(max_size=20)),
        st.emails(),
    )
)
def test_any_string_is_refused_or_becomes_one_plain_address(text: str) -> None:
    try:
        wire = usable_address(text)
    except ValueError:
        return
    assert wire.isascii() != needs_smtputf8(wire)
    assert wire.rpartition("@")[2].isascii()
    assert wire.count("@") == 1
    assert not re.search(r"[\x00-\x20\x7f,<>;:\"\\()\[\]]", wire)
    assert len(wire) <= 254
    assert usable_address(wire) == wire


# -- at rest ----------------------------------------------------------------------------------------------------


def every_byte(folder: Path) -> bytes:
    return b"".join(f.read_bytes() for f in sorted(folder.glob("publisher.db*")))


def test_nothing_personal_is_readable_in_the_file(engine: Engine, tmp_path: Path) -> None:
    take_in(engine, tmp_path, "u1,canary@example.com,김하나카나리아,ko,\n")
    held = every_byte(tmp_path / "var")
    engine.dispose()
    held += every_byte(tmp_path / "var")
    assert b"u1" in held
    assert b"canary" not in held
    assert "카나리아".encode() not in held
    assert stat.S_IMODE((tmp_path / "var" / "publisher.db").stat().st_mode) == 0o600


def test_rows_that_were_swapped_or_changed_are_refused(engine: Engine, tmp_path: Path) -> None:
    take_in(engine, tmp_path, "u1,hana@example.com,Hana,ko,\nu2,ann@example.org,Ann,en,\n")
    with engine.connect() as connection:
        rows = {row.id: row for row in connection.execute(select(recipients))}
    forged = {
        "swapped": rows["u2"].address,
        "of another field": rows["u1"].name,
        "one bit": bytes([rows["u1"].address[0] ^ 1]) + rows["u1"].address[1:],
        "cut": rows["u1"].address[:5],
        "cut further": rows["u1"].address[:14],
    }
    for address in forged.values():
        with engine.begin() as connection:
            connection.execute(update(recipients).where(recipients.c.id == "u1").values(address=address))
        with pytest.raises(IntegrityBroken) as refused:
            stored(engine)
        assert refused.value.problems[0].code == "V431"
        assert "example" not in in_words(list(refused.value.problems))


def test_another_key_is_refused_and_no_attempt_is_counted(engine: Engine, tmp_path: Path) -> None:
    take_in(engine, tmp_path, "u1,hana@example.com,Hana,ko,\n")
    outbox = Outbox(engine, Vault(bytes(32)), "privacy-20261208")
    outbox.fill(NOW)
    with pytest.raises(IntegrityBroken) as refused:
        outbox.claim(NOW, 1)
    assert refused.value.problems[0].code == "V431"
    assert outbox.outcomes() == {"pending": 1}
    assert Outbox(engine, VAULT, "privacy-20261208").claim(NOW, 1)[0].attempts == 1


def test_the_key_file_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    workspace = workspace_at(tmp_path)
    locked = open_vault(workspace, {}).lock("hana@example.com", "u1", "address")
    file = tmp_path / "var" / "recipients.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(base64.b64decode(file.read_bytes())) == 32
    assert open_vault(workspace, {}).unlock(locked, "u1", "address") == "hana@example.com"


def test_the_key_from_the_environment_comes_first(tmp_path: Path) -> None:
    given_key = {"PUBLISHER_RECIPIENTS_KEY": base64.b64encode(bytes(range(32))).decode()}
    locked = open_vault(workspace_at(tmp_path), given_key).lock("Hana", "u1", "name")
    assert VAULT.unlock(locked, "u1", "name") == "Hana"
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("text", ["short", base64.b64encode(b"x" * 31).decode(), "한글", "*" * 44])
def test_a_bad_key_is_refused_and_not_shown(tmp_path: Path, text: str) -> None:
    workspace = workspace_at(tmp_path)
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "recipients.key").write_text(text, "utf-8")
    for environment in ({}, {"PUBLISHER_RECIPIENTS_KEY": text}):
        with pytest.raises(Misconfigured) as refused:
            open_vault(workspace, environment)
        assert refused.value.problems[0].code == "C525"
        assert text not in in_words(list(refused.value.problems))


def test_a_key_file_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "var").write_bytes(b"")
    with pytest.raises(Misconfigured) as refused:
        open_vault(workspace_at(tmp_path), {})
    assert refused.value.problems[0].code == "C521"


# -- erasing ----------------------------------------------------------------------------------------------------


def test_forget_erases_everywhere_and_keeps_the_counts(engine: Engine, tmp_path: Path) -> None:
    take_in(engine, tmp_path, "canary-user,hana@example.com,Hana,ko,\nu2,ann@example.org,Ann,en,\n")
    told, open_ = Outbox(engine, VAULT, "privacy-20260101"), Outbox(engine, VAULT, "privacy-20261208")
    for outbox in (told, open_):
        outbox.fill(NOW)
    for claimed in told.claim(NOW, 10):
        told.record((), [(claimed, Outcome(state=State.HANDED_OVER, code=250, reply="queued"))], NOW)
    assert forget(engine, "canary-user")
    assert not forget(engine, "canary-user")
    assert count_recipients(engine) == {"total": 1, "en": 1, "without_address": 0}
    assert told.outcomes() == {"handed_over": 2}
    assert open_.outcomes() == {"no_address": 1, "pending": 1}
    assert [c.recipient.id for c in open_.claim(NOW, 10)] == ["u2"]
    with engine.connect() as connection:
        ids = set(connection.scalars(select(deliveries.c.recipient)))
    assert "canary-user" not in ids
    # Nothing tells that it was the same person whom two notices concerned.
    assert len([i for i in ids if i.startswith("erased-")]) == 2
    engine.dispose()
    assert b"canary-user" not in every_byte(tmp_path / "var")


@pytest.mark.parametrize("state", [State.PENDING, State.SENDING, State.DEFERRED])
def test_forget_stops_a_delivery_that_is_open(engine: Engine, tmp_path: Path, state: State) -> None:
    take_in(engine, tmp_path, "u1,hana@example.com,Hana,ko,\n")
    outbox = Outbox(engine, VAULT, "privacy-20261208")
    outbox.fill(NOW)
    claimed = outbox.claim(NOW, 1) if state is not State.PENDING else []
    if state is State.DEFERRED:
        outbox.record((), [(claimed[0], Outcome(state=state, code=451, reply="later"))], NOW)
    assert forget(engine, "u1")
    assert outbox.outcomes() == {"no_address": 1}
    for one in claimed:  # the outcome comes too late to say anything of a person
        outbox.record((), [(one, Outcome(state=State.HANDED_OVER, code=250))], NOW)
    outbox.recover(NOW)
    assert outbox.outcomes() == {"no_address": 1}
    assert not outbox.has_due(NOW.replace(year=2027))


def test_an_unknown_id_is_not_erased(engine: Engine) -> None:
    assert not forget(engine, "nobody")


def test_a_person_is_not_shown_by_repr() -> None:
    assert "hana" not in repr(HANA)
    assert "하나" not in repr(HANA)

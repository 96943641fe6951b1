"""One zip about a notice: whole, checked offline by its own verifier, the same each time, and it names nobody."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from publisher.errors import IntegrityBroken, PublisherError
from publisher.mail.erasing import forget
from publisher.mail.mailers import MemoryMailer
from publisher.mail.outcomes import Outcome, State
from publisher.register.journal import Event
from publisher.run.evidence import make_evidence
from publisher.workspace import site_files
from tests.conftest import Desk, Ended
from tests.mailing import database_at

NOTICE = "privacy-20261210"
PEOPLE = (
    "canary-hana,hana.canary@example.com,하나,ko\n"
    "canary-ann,ann.canary@example.org,Ann,en\n"
    "canary-bo,,Bo,en\n"
    "canary-cho,cho.canary@example.net,Cho,ko\n"
)


@pytest.fixture
def told(desk: Desk) -> Desk:
    """A workspace in which everyone has been told of a significant change, one of them in vain."""
    desk.recipients(PEOPLE)
    desk.retention()
    desk.mailer = MemoryMailer(
        lambda letter: (
            Outcome(state=State.FAILED, code=550, reply="5.1.1 <cho.canary@example.net> unknown")
            if b"cho.canary" in letter.data
            else Outcome(state=State.HANDED_OVER, code=250, reply="2.0.0 queued as 42")
        )
    )
    desk.tick("2026-11-23T09:00")
    assert desk.register().entries[-1].event is Event.NOTIFIED
    return desk


def bare(folder: Path, pack: Path, *arguments: str, language: str = "en") -> Ended:
    """The pack checked by the verifier in it: a bare Python in an empty folder, nothing else."""
    empty = folder / "elsewhere"
    shutil.rmtree(empty, ignore_errors=True)
    empty.mkdir()
    with zipfile.ZipFile(pack) as found:
        (empty / "verify.py").write_bytes(found.read("verify.py"))
    ended = subprocess.run(
        [sys.executable, "-I", "-W", "error", "verify.py", str(pack), *arguments],
        cwd=empty, env={"LANG": f"{language}_XX.UTF-8", "PYTHONIOENCODING": "utf-8"}, capture_output=True, timeout=60,
    )  # fmt: skip
    return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


def read(pack: Path, name: str) -> bytes:
    with zipfile.ZipFile(pack) as found:
        return found.read(name)


def make(desk: Desk, tmp_path: Path, address: str = "", name: str = "pack.zip") -> Path:
    out = tmp_path / name
    make_evidence(desk.workspace, NOTICE, out, address)
    return out


def test_it_is_whole_and_holds_offline(told: Desk, tmp_path: Path) -> None:
    pack = make(told, tmp_path)
    with zipfile.ZipFile(pack) as found:
        assert found.namelist() == [
            "README.en.md", "README.ko.md", "deliveries.json", "evidence.json", "findings.json", "journal.jsonl",
            "live-checks.json", "recipients.jsonl", "redline/en.html", "redline/ko.html", "verify.py",
            *(f"versions/privacy/{v}/{f}" for v in ("20200101", "20261210") for f in ("en.md", "ko.md", "version.json")),
        ]  # fmt: skip
    ended = bare(tmp_path, pack)
    assert (ended.status, ended.err) == (0, "")
    assert "4 receipts have the root" in ended.out
    assert "2 versions, 4 texts" in ended.out
    assert "BROKEN" not in ended.out
    assert stat.S_IMODE(pack.stat().st_mode) == 0o600


def test_it_says_what_was_decided_and_done(told: Desk, tmp_path: Path) -> None:
    told.tick("2026-12-10T00:00")
    pack = make(told, tmp_path)
    evidence = json.loads(read(pack, "evidence.json"))
    assert [e["event"] for e in evidence["events"]] == ["frozen", "announced", "notified", "in_force"]
    assert evidence["decision"]["level"] == "significant"
    assert evidence["decision"]["reason"] == {"ko": "법이 바뀌었습니다.", "en": "The law has changed."}
    assert "14" in evidence["decision"]["counted"]["en"]
    assert evidence["head"] == told.register().head
    assert json.loads(read(pack, "findings.json"))["en"][0]["before"] == "Order records: 5 years"
    english, korean = read(pack, "README.en.md").decode(), read(pack, "README.ko.md").decode()
    assert evidence["decision"]["counted"]["en"] in english
    assert evidence["decision"]["counted"]["ko"] in korean
    assert "Thu 10 Dec 2026 00:00" in english
    assert "2026년 12월 10일 (목)" in korean
    assert "<del" in read(pack, "redline/ko.html").decode()
    assert read(pack, "verify.py") == (site_files() / "verify.py").read_bytes()
    assert bare(tmp_path, pack).status == 0


def test_deliveries_are_counted_by_outcome_language_and_domain(told: Desk, tmp_path: Path) -> None:
    (mailing,) = json.loads(read(make(told, tmp_path), "deliveries.json"))["mailings"]
    assert mailing["outcomes"] == {"failed": 1, "handed_over": 2, "no_address": 1}
    assert mailing["by_language"] == {"en": {"handed_over": 1, "no_address": 1}, "ko": {"handed_over": 1, "failed": 1}}
    assert mailing["by_domain"] == {"other": mailing["outcomes"]}, "a domain of few would be a name"


def test_a_common_domain_is_named(desk: Desk, tmp_path: Path) -> None:
    desk.recipients("".join(f"u{i},u{i}@example.com,,en\n" for i in range(5)))
    desk.retention()
    desk.tick()
    (mailing,) = json.loads(read(make(desk, tmp_path), "deliveries.json"))["mailings"]
    assert mailing["by_domain"] == {"example.com": {"handed_over": 5}}


def test_the_same_records_make_the_same_bytes(told: Desk, tmp_path: Path) -> None:
    one = make(told, tmp_path, name="one.zip").read_bytes()
    told.now = told.now.replace(year=2027)
    assert make(told, tmp_path, name="two.zip").read_bytes() == one
    assert make(told, tmp_path, "hana.canary@example.com", "a.zip").read_bytes() != one


def everything(pack: Path) -> bytes:
    with zipfile.ZipFile(pack) as found:
        return b"\n".join([*map(str.encode, found.namelist()), *map(found.read, found.namelist())])


def test_nobody_is_named(told: Desk, tmp_path: Path) -> None:
    """Neither in a pack without --for, nor in the journal, nor on the site."""
    places = [everything(make(told, tmp_path))]
    places += [f.read_bytes() for f in (told.root / "versions").rglob("*") if f.is_file()]
    places += [f.read_bytes() for f in told.site.resolve().rglob("*") if f.is_file()]
    assert not [p for p in places if b"canary" in p]


def test_a_pack_for_one_person_opens_that_person_only(told: Desk, tmp_path: Path) -> None:
    pack = make(told, tmp_path, " CHO.canary@example.net ")
    person = json.loads(read(pack, "person.json"))
    (row,) = person["rows"]
    assert (row["address"], row["reply"]) == ("cho.canary@example.net", "5.1.1 <cho.canary@example.net> unknown")
    assert (row["content"]["outcome"], row["content"]["code"], row["content"]["at"]) == (
        "failed",
        550,
        "2026-11-23T00:00:00Z",
    )
    rows = [json.loads(line) for line in read(pack, "recipients.jsonl").splitlines()]
    assert [sorted(r) for r in rows] == [["leaf", "mailing"]] * 4, "of the others there is nothing but a leaf"
    assert b"hana" not in everything(pack)
    assert b"canary-" not in everything(pack), "nor the id in the company's own list"
    ended = bare(tmp_path, pack)
    assert ended.status == 0
    assert "failed (code 550)" in ended.out
    assert "canary" not in ended.out
    assert "한 사람을 위해" in read(pack, "README.ko.md").decode()


def test_erasing_the_person_leaves_every_proof_valid(told: Desk, tmp_path: Path) -> None:
    before = make(told, tmp_path, "cho.canary@example.net", "person.zip")
    all_before = make(told, tmp_path, name="all.zip")
    with database_at(told.workspace) as engine:
        assert forget(engine, "canary-cho")
    after = make(told, tmp_path, name="after.zip")
    for pack in (before, all_before, after):
        assert bare(tmp_path, pack).status == 0, pack.name
    assert "4 receipts have the root" in bare(tmp_path, after).out
    assert "(1 of them closed or erased)" in bare(tmp_path, after).out
    lines = [json.loads(line) for line in read(after, "recipients.jsonl").splitlines()]
    assert sorted("content" in line for line in lines) == [False, True, True, True]
    with pytest.raises(PublisherError) as raised:
        make(told, tmp_path, "cho.canary@example.net", "gone.zip")
    assert raised.value.problems[0].code == "S246"
    assert not (tmp_path / "gone.zip").exists()


@pytest.mark.parametrize(
    ("name", "before", "after", "said"),
    [
        ("journal.jsonl", b'"significant"', b'"minor"', "Line 4 of the journal"),
        ("versions/privacy/20261210/en.md", b"7 years", b"6 years", "versions/privacy/20261210/en.md"),
        ("versions/privacy/20261210/version.json", b"The law has changed.", b"No reason at all", "version.json"),
        ("versions/privacy/20200101/ko.md", "5년".encode(), "6년".encode(), "versions/privacy/20200101/ko.md"),
        ("recipients.jsonl", b'"failed"', b'"handed_over"', "recipients.jsonl"),
        ("recipients.jsonl", b'"leaf":"', b'"leaf":"ff', "recipients.jsonl"),
        ("evidence.json", b"The law has changed.", b"No reason at all.", "evidence.json"),
        ("evidence.json", b'"2026-11-23T00:00:00Z"', b'"2026-11-20T00:00:00Z"', "evidence.json"),
        ("findings.json", b"7 years", b"6 years", "findings.json"),
        ("live-checks.json", b"[]", b"[1]", "live-checks.json"),
        ("person.json", b'"5.1.1', b'"5.1.2', "person.json"),
        ("person.json", b'"cho.canary@', b'"ann.canary@', "person.json"),
        ("person.json", b'"failed"', b'"handed_over"', "person.json"),
        ("person.json", b'"index": ', b'"index": 1', "person.json"),
    ],
)
def test_whatever_was_changed_in_it_is_named(
    told: Desk, tmp_path: Path, name: str, before: bytes, after: bytes, said: str
) -> None:
    pack = make(told, tmp_path, "cho.canary@example.net" if name == "person.json" else "")
    bent = tmp_path / "bent.zip"
    with zipfile.ZipFile(pack) as found, zipfile.ZipFile(bent, "w") as copy:
        for each in found.namelist():
            data = found.read(each)
            if each == name:
                assert before in data
                data = data.replace(before, after)
            copy.writestr(each, data)
    ended = bare(tmp_path, bent)
    assert ended.status == 1
    assert [line for line in ended.out.splitlines() if "BROKEN" in line and said in line], ended.out
    assert "어긋남" in bare(tmp_path, bent, language="ko").out


def test_a_receipt_taken_out_is_missed(told: Desk, tmp_path: Path) -> None:
    pack, bent = make(told, tmp_path), tmp_path / "bent.zip"
    with zipfile.ZipFile(pack) as found, zipfile.ZipFile(bent, "w") as copy:
        for each in found.namelist():
            data = found.read(each)
            copy.writestr(each, b"".join(data.splitlines(keepends=True)[1:]) if each == "recipients.jsonl" else data)
    ended = bare(tmp_path, bent)
    assert ended.status == 1
    assert "some were changed, added or taken out" in ended.out


def test_the_hash_of_a_mail_is_found(told: Desk, tmp_path: Path) -> None:
    pack = make(told, tmp_path)
    head = next(e.hash for e in told.register().entries if e.event is Event.ANNOUNCED)
    assert bare(tmp_path, pack, "--head", head[:16]).status == 0
    assert bare(tmp_path, pack, "--head", "0" * 64).status == 1


def test_a_notice_whose_mailing_goes_on_has_evidence_too(desk: Desk, tmp_path: Path) -> None:
    desk.recipients()
    desk.retention()
    desk.mailer = MemoryMailer(lambda _: Outcome(state=State.DEFERRED, code=451, reply="later"))
    desk.tick("2026-11-23T09:00")
    assert desk.register().entries[-1].event is Event.ANNOUNCED
    pack = make(desk, tmp_path)
    with zipfile.ZipFile(pack) as found:
        assert "deliveries.json" not in found.namelist()
    assert bare(tmp_path, pack).status == 0
    with pytest.raises(PublisherError) as raised:
        make(desk, tmp_path, "hana@example.com")
    assert raised.value.problems[0].code == "S246"


@pytest.mark.parametrize("notice", ["privacy-20300101", "privacy-20200101", "../../etc", ""])
def test_a_notice_that_does_not_exist(desk: Desk, tmp_path: Path, notice: str) -> None:
    with pytest.raises(PublisherError) as raised:
        make_evidence(desk.workspace, notice, tmp_path / "pack.zip")
    assert (raised.value.problems[0].code, raised.value.exit_status) == ("S245", 2)
    assert not list(tmp_path.glob("*pack.zip*"))


def test_records_that_do_not_hold_give_no_evidence(told: Desk, tmp_path: Path) -> None:
    with database_at(told.workspace) as engine, engine.begin() as connection:
        connection.execute(text("DELETE FROM receipts WHERE language = 'ko'"))
    with pytest.raises(IntegrityBroken) as raised:
        make(told, tmp_path)
    assert raised.value.problems[0].code == "V452"
    (told.root / "var" / "publisher.db").unlink()
    with pytest.raises(IntegrityBroken) as raised:
        make(told, tmp_path)
    assert raised.value.problems[0].code == "V450"


def test_by_the_command_line(told: Desk, publisher: Callable[..., Ended]) -> None:
    ended = publisher("evidence", NOTICE, cwd=told.root)
    assert ended.status == 0
    assert f"evidence-{NOTICE}.zip: 4 receipts" in ended.out
    made = json.loads(publisher("evidence", NOTICE, "--json", cwd=told.root).out)
    assert made["receipts"] == 4
    assert made["sha256"] in ended.out
    person = publisher("evidence", NOTICE, "--for", "hana.canary@example.com", "--out", "p.zip", cwd=told.root)
    assert person.status == 0
    unknown = publisher("evidence", NOTICE, "--for", "nobody.canary@example.com", cwd=told.root)
    assert unknown.status == 2
    assert "[S246]" in unknown.err
    assert "canary" not in person.out + person.err + unknown.out + unknown.err, "no log of ours names an address"
    (told.root / "link.zip").symlink_to("elsewhere.zip")
    assert publisher("evidence", NOTICE, "--out", "link.zip", cwd=told.root).status == 2

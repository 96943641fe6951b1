"""The verifier that the site publishes: one file, any Python, nothing but the records; it trusts nothing it reads."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from publisher.mail.mailers import MemoryMailer
from publisher.records import canonical_json, fingerprint
from publisher.register.journal import Event, parse_journal
from publisher.website.build import build_site
from publisher.website.serve import make_server
from publisher.workspace import site_files
from tests.conftest import Desk, Ended, seoul
from tests.needs import needs

VERIFIER = site_files() / "verify.py"


def check(*arguments: object, language: str = "en", path: str = os.environ["PATH"]) -> Ended:
    ended = subprocess.run(
        [sys.executable, "-I", "-W", "error", VERIFIER, *map(str, arguments)],
        env={"LANG": f"{language}_XX.UTF-8", "PYTHONIOENCODING": "utf-8", "PATH": path}, capture_output=True, timeout=120,
    )  # fmt: skip
    assert b"Traceback" not in ended.stderr, ended.stderr.decode()
    return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


@pytest.fixture(scope="module")
def told(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A change was announced and everyone was told; made once, to be read only."""
    root = tmp_path_factory.mktemp("told") / "w"
    shutil.copytree(template, root)
    desk = Desk(root=root, now=seoul("2026-11-23T09:00"), mailer=MemoryMailer())
    desk.recipients()
    desk.retention()
    desk.tick()
    return desk


@pytest.fixture
def records(told: Desk, tmp_path: Path) -> Path:
    """What the site publishes below /verify/, to be changed."""
    folder = tmp_path / "records"
    shutil.copytree(told.site / "verify", folder)
    return folder


def journal_of(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "journal.jsonl").read_bytes().splitlines()]


def rewrite(folder: Path, entries: list[dict[str, object]]) -> None:
    """A journal of which every hash fits, whatever it says."""
    lines, prev = [], "0" * 64
    for number, entry in enumerate(entries, 1):
        unsigned = {**entry, "seq": number, "prev": prev}
        unsigned.pop("hash", None)
        prev = fingerprint(canonical_json(unsigned))
        lines.append(canonical_json({**unsigned, "hash": prev}) + b"\n")
    (folder / "journal.jsonl").write_bytes(b"".join(lines))


# -- what it is --------------------------------------------------------------------------------------------------


def test_it_runs_on_python_3_8_and_needs_nothing_else() -> None:
    tree = ast.parse(VERIFIER.read_text("utf-8"), feature_version=(3, 8))
    imported = {a.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    imported |= {str(n.module) for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert imported <= sys.stdlib_module_names
    assert "publisher" not in imported
    newer = {"removeprefix", "removesuffix", "file_digest", "UTC", "StrEnum", "is_relative_to", "pairwise", "batched"}
    assert not newer & {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.keyword) and n.arg in {"shell", "strict"}]


def test_it_stands_on_the_site_byte_for_byte(records: Path) -> None:
    assert (records / "verify.py").read_bytes() == VERIFIER.read_bytes()
    assert "verify.py" in (records / "files.txt").read_text().splitlines()


def test_it_reads_the_journal_as_the_program_does(records: Path) -> None:
    entries, problems = parse_journal((records / "journal.jsonl").read_bytes())
    assert problems == []
    assert entries[-1].hash in check(records).out


# -- where it looks ----------------------------------------------------------------------------------------------


def test_a_folder_a_site_a_workspace_and_what_lies_beside_it(told: Desk, records: Path, tmp_path: Path) -> None:
    for place in (records, told.site, told.root, told.root / "versions"):
        ended = check(place)
        assert (ended.status, ended.err) == (0, ""), place
        assert "3 versions, 6 texts" in ended.out
    beside = subprocess.run([sys.executable, "-I", records / "verify.py"], cwd=tmp_path, capture_output=True, text=True)
    assert beside.returncode == 0
    assert "3 versions, 6 texts" in beside.stdout


@pytest.fixture
def served(told: Desk) -> Iterator[str]:
    server = make_server(told.workspace, "127.0.0.1", 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/verify/"
    server.shutdown()
    server.server_close()


def test_the_public_site(served: str) -> None:
    ended = check(served)
    assert (ended.status, ended.err) == (0, "")
    assert "3 versions, 6 texts" in ended.out
    assert check(served.rstrip("/")).status == 0
    assert check(served + "nowhere/").status == 2


@pytest.mark.parametrize(
    ("name", "kind"),
    [("verify.py", "plain"), ("journal.jsonl", "plain"), ("versions/privacy/20261210/en.md", "markdown"),
     ("files.txt", "plain")],
)  # fmt: skip
def test_the_records_are_served_as_text(served: str, name: str, kind: str) -> None:
    from urllib.request import urlopen

    with urlopen(served + name) as answer:  # noqa: S310 - our own server
        assert answer.headers["Content-Type"] == f"text/{kind}; charset=utf-8"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_record_that_leads_elsewhere_is_not_followed() -> None:
    from http.server import BaseHTTPRequestHandler

    asked: list[str] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(302)
            self.send_header("Location", "/other/journal.jsonl")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    assert check(f"http://127.0.0.1:{server.server_address[1]}/verify/").status == 2
    server.shutdown()
    server.server_close()
    assert asked == ["/verify/journal.jsonl"]


def test_what_is_not_announced_is_fixed_but_not_shown(desk: Desk) -> None:
    """As where a run was killed between freezing and announcing, and the site was built for another policy."""
    desk.retention()
    desk.tick("2026-11-23T09:00")
    journal = desk.root / "versions" / "journal.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:3]))
    register = desk.register()
    assert register.entries[-1].event is Event.FROZEN
    output = desk.root / "build" / "other"
    assert build_site(desk.workspace, register, output=output)
    assert not (output / "verify" / "versions" / "privacy" / "20261210").exists()
    assert (output / "verify" / "versions" / "privacy" / "20200101").exists()
    ended = check(output)
    assert ended.status == 0
    assert "Fixed in the journal, but not announced yet: 1." in ended.out
    assert "7 years" not in "".join(f.read_text("utf-8") for f in output.resolve().rglob("*") if f.is_file())


# -- what it finds -----------------------------------------------------------------------------------------------


def test_every_flipped_byte_of_the_journal_is_found(records: Path) -> None:
    """The verifier's own functions, in this process, for each byte."""
    import contextlib
    import importlib.util
    import io

    spec = importlib.util.spec_from_file_location("verify_under_test", VERIFIER)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    data = (records / "journal.jsonl").read_bytes()
    for position in range(len(data)):
        report = module.Report()
        with contextlib.redirect_stdout(io.StringIO()):
            module.read_journal(data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :], report)
        assert report.broken, position


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("versions/privacy/20261210/en.md", "versions/privacy/20261210/en.md is missing or was changed after line 3"),
        ("versions/privacy/20261210/version.json", "version.json is missing or was changed after line 3"),
        ("versions/third-parties/20200101/ko.md", "versions/third-parties/20200101/ko.md"),
        ("journal.jsonl", "Line 1 of the journal"),
    ],
)
def test_what_was_changed_is_named(records: Path, name: str, said: str) -> None:
    file = records / name
    file.write_bytes(file.read_bytes().replace(b"a", b"b", 1))
    ended = check(records)
    assert ended.status == 1
    assert said in ended.out
    assert "NOT everything holds." in ended.out


def test_what_is_missing_is_named(records: Path) -> None:
    shutil.rmtree(records / "versions" / "privacy" / "20200101")
    ended = check(records)
    assert (ended.status, "version.json is missing; line " in ended.out) == (1, True)
    (records / "journal.jsonl").unlink()
    assert check(records).status == 2


def test_a_head_from_a_mail(told: Desk, records: Path) -> None:
    head = next(e.hash for e in told.register().entries if e.event is Event.ANNOUNCED)
    for given in (head, head[:16], f"sha256:{head}", head.upper()):
        ended = check(records, "--head", given)
        assert (ended.status, "line 4 (announced, privacy 20261210)" in ended.out) == (0, True)
    lines = (records / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (records / "journal.jsonl").write_bytes(b"".join(lines[:3]))
    assert "cut or rewritten" in check(records, "--head", head).out
    assert check(records, "--head", "abc").status == 2


def test_it_speaks_korean(records: Path) -> None:
    ended = check(records, "--head", "0" * 64, language="ko")
    assert ended.status == 1
    assert "저널: 5줄이 모두 앞줄과 이어집니다." in ended.out
    assert "이것으로 증명되지 않는 것:" in ended.out
    assert "holds" not in ended.out


# -- signatures --------------------------------------------------------------------------------------------------


@pytest.fixture
def signed(records: Path, tmp_path: Path) -> Path:
    """The records with a signed head, as publisher/register/signing.py writes them."""
    import base64

    needs(shutil.which("ssh-keygen") is not None, "ssh-keygen")
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key], check=True)
    entries = journal_of(records)
    (records / "heads").mkdir()
    for entry in entries[3:]:
        digest = base64.b64encode(bytes.fromhex(str(entry["hash"]))).decode()
        name = records / "heads" / f"{entry['seq']:06d}.txt"
        name.write_text(f"policies.example.com/journal\n{entry['seq']}\n{digest}\n")
        subprocess.run(
            ["ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", "publisher-head", name],
            check=True,
            stderr=subprocess.DEVNULL,
        )
    (records / "allowed_signers").write_text(f"publisher@example.com {key.with_suffix('.pub').read_text()}")
    return records


def test_signed_heads_hold(signed: Path) -> None:
    ended = check(signed)
    assert (ended.status, "2 signed heads" in ended.out) == (0, True)
    for file in sorted((signed / "heads").glob("*.txt.sig")):  # the other name for a signature
        file.rename(file.with_name(file.name.replace(".txt.sig", ".sig")))
    assert "2 signed heads" in check(signed).out


def test_without_ssh_keygen_it_says_what_it_did_not_check(signed: Path, tmp_path: Path) -> None:
    ended = check(signed, path=str(tmp_path))
    assert ended.status == 0
    assert "The 2 signatures were NOT checked: ssh-keygen is not there." in ended.out
    (signed / "allowed_signers").unlink()
    assert "NOT checked: allowed_signers is not there." in check(signed).out


def test_heads_and_keys_that_do_not_hold(signed: Path, tmp_path: Path) -> None:
    signers = (signed / "allowed_signers").read_text()
    (signed / "allowed_signers").write_text(signers.replace(" ssh-ed25519", ' valid-before="20260101" ssh-ed25519'))
    assert "not by a key that held on 2026-11-23" in check(signed).out
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "other"], check=True)
    (signed / "allowed_signers").write_text(f"publisher@example.com {(tmp_path / 'other.pub').read_text()}")
    assert check(signed).status == 1
    (signed / "allowed_signers").write_text(signers)
    assert check(signed).status == 0
    head = signed / "heads" / "000004.txt"
    whole = head.read_text()
    head.write_text(whole.replace("policies.example.com", "policies.example.org"))
    assert "not by a key" in check(signed).out
    head.write_text(whole.replace("\n4\n", "\n3\n"))
    assert "no head of this journal" in check(signed).out
    head.write_text(whole)
    (signed / "heads" / "000004.txt.sig").unlink()
    assert "has no signature" in check(signed).out


def test_a_journal_written_anew_does_not_fit_the_signed_heads(signed: Path) -> None:
    entries = journal_of(signed)
    entries[3]["data"]["days"] = 15  # type: ignore[index]
    rewrite(signed, entries)
    ended = check(signed)
    assert ended.status == 1
    assert "no head of this journal" in ended.out


# -- it trusts nothing it reads ----------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["../../../etc", "/etc", "..", "privacy\n", "개인", "con/../..", "a" * 65, ""])
def test_names_in_the_journal_never_lead_out_of_the_folder(records: Path, policy: str) -> None:
    entries = journal_of(records)
    entries[0]["policy"] = policy
    rewrite(records, entries)
    ended = check(records)
    assert ended.status == 1
    assert "is no name of a version" in ended.out


def test_a_link_out_of_the_folder_is_not_followed(records: Path, tmp_path: Path) -> None:
    text = records / "versions" / "privacy" / "20261210" / "en.md"
    (tmp_path / "outside.md").write_bytes(text.read_bytes())
    text.unlink()
    text.symlink_to(tmp_path / "outside.md")
    ended = check(records)
    assert (ended.status, "leads out of the folder" in ended.err) == (2, True)


@pytest.mark.parametrize(
    "data",
    [
        {"digest": 7},
        {"digest": ["x"]},
        {"digest": "x" * 64, "outcomes": []},
        {"root": 1, "notice": []},
        {"digest": None},
    ],
)
def test_a_journal_that_fits_but_means_nothing(records: Path, data: object) -> None:
    entries = journal_of(records)
    entries[2]["data"] = data
    rewrite(records, entries)
    evidence = {
        "policy": "privacy",
        "version": "20261210",
        "previous": "20200101",
        "notice": "n",
        "events": [],
        "head": "",
    }
    assert check(records).status in {0, 1}
    (records / "evidence.json").write_bytes(json.dumps(evidence).encode())
    assert check(records).status == 1


@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 100_000, b"null", b'{"seq":1,"seq":1}', b"\xff\xfe", b"1e999"])
@pytest.mark.parametrize("name", ["journal.jsonl", "evidence.json", "person.json", "recipients.jsonl"])
def test_rubbish_is_named_and_nothing_else_happens(records: Path, name: str, content: bytes) -> None:
    if name != "journal.jsonl":
        (records / "evidence.json").write_bytes(b"{}")
    (records / name).write_bytes(content + b"\n" * (content != b""))
    assert check(records).status == 1


def test_what_could_drive_a_terminal_is_not_printed(records: Path) -> None:
    entries = journal_of(records)
    entries[0]["policy"] = "\x1b]0;owned\x07"
    rewrite(records, entries)
    ended = check(records)
    assert "\x1b" not in ended.out + ended.err


def test_zips_that_are_none_or_damaged_or_doubled(records: Path, tmp_path: Path) -> None:
    none = tmp_path / "none.zip"
    none.write_bytes(b"not a zip")
    assert check(none).status == 2
    assert check(tmp_path / "nowhere.zip").status == 2
    doubled = tmp_path / "doubled.zip"
    with zipfile.ZipFile(doubled, "w") as pack:
        pack.writestr("journal.jsonl", (records / "journal.jsonl").read_bytes())
        with pytest.warns(UserWarning, match="Duplicate"):
            pack.writestr("journal.jsonl", b"")
    assert check(doubled).status == 2
    good = tmp_path / "good.zip"
    with zipfile.ZipFile(good, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("journal.jsonl", (records / "journal.jsonl").read_bytes())
    data = bytearray(good.read_bytes())
    data[120] ^= 0xFF
    good.write_bytes(data)
    assert check(good).status in {1, 2}


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as pack, pack.open("journal.jsonl", "w") as member:
        for _ in range(65):
            member.write(bytes(1 << 20))
    ended = check(bomb)
    assert (ended.status, "too large" in ended.err) == (2, True)

"""The command line as it is typed: what it prints, in which language, and with which status it ends."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from publisher.cli.commands import COMMANDS
from tests.conftest import REASON, Desk, Ended, seoul

Command = Callable[..., Ended]


def snapshot(root: Path) -> dict[str, bytes]:
    """Every file of a workspace but git's own and the lock."""
    return {
        str(p.relative_to(root)): p.read_bytes()
        for p in sorted(root.rglob("*"))
        if p.is_file() and ".git" not in p.parts and p.name != "publisher.lock"
    }


def test_help_names_every_command_with_examples(publisher: Command) -> None:
    ended = publisher("--help")
    assert ended.status == 0
    assert all(re.search(rf"^  {command} ", ended.out, re.MULTILINE) for command in COMMANDS)
    groups = {"site": ["build", "serve"], "recipients": ["import", "count", "forget"], "mail": ["status", "retry"]}
    for command in COMMANDS:
        for words in [[command, sub] for sub in groups.get(command, [])] or [[command]]:
            found = publisher(*words, "--help")
            assert found.status == 0
            assert (
                words in (["recipients", "count"], ["recipients", "forget"], ["mail", "status"])
                or "Example" in found.out
            )


def test_help_loads_nothing_heavy() -> None:
    heavy = ["sqlalchemy", "git", "jinja2", "pydantic", "holidays", "markdown_it", "rapidfuzz", "lxml", "babel.dates",
             "icalendar", "deepdiff", "apscheduler", "aiosmtplib", "cryptography", "kiwipiepy"]  # fmt: skip
    code = (
        "import sys\nsys.argv = ['publisher', '--help']\nfrom publisher.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit: pass\n"
        f"print([m for m in {heavy} if m in sys.modules], file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stderr.strip() == "[]"


def test_wrong_usage_ends_with_2(publisher: Command, tmp_path: Path) -> None:
    for arguments in (
        ["tik"], ["tick", "--nonsense"], ["when", "--posted", "yesterday"], ["when", "--effective", "2026-13-01"],
        ["when", "--days", "3", "--level", "minor"], ["compare", "a.md"], ["recipients"],
        ["compare", "nowhere.md", "nowhere.md", "--language", "en"],
    ):  # fmt: skip
        ended = publisher(*arguments, cwd=tmp_path)
        assert ended.status == 2, (arguments, ended)
        assert "Traceback" not in ended.err
    assert "tick" in publisher("tik").err


def test_when_answers_in_words_and_json(publisher: Command) -> None:
    ended = publisher("when", "--posted", "2026-11-23T09:00", "--days", "14", "--json")
    found = json.loads(ended.out)
    assert found["earliest_effective"] == "2026-12-08"
    assert found["days"] == 14
    assert found["posted"] == "2026-11-23T09:00:00+09:00"
    assert set(found["counting"]) == {"en", "ko"}
    assert publisher("when", "--posted", "2026-11-23T09:00", "--level", "minor").out.startswith("Tue 1 Dec 2026\n")
    assert "2026년 12월 8일" in publisher("when", "--posted", "2026-11-23T09:00", language="ko").out
    assert "Wed 23 Dec 2026" in publisher("when", "--effective", "2027-01-01", "--level", "minor").out


def test_the_story_by_commands(publisher: Command, tmp_path: Path) -> None:
    """From an empty directory, by the words of the README."""
    root = tmp_path / "w"
    assert publisher("init", "w").status == 0
    assert publisher("tick", "--now", "2026-11-23T09:00", cwd=root).status == 5, "a real workspace keeps real time"
    settings = (root / "publisher.toml").read_text("utf-8").replace("simulated = false", "simulated = true")
    (root / "publisher.toml").write_text(settings, "utf-8")
    Desk.commit(desk := Desk(root, seoul("2026-11-23T09:00"), None))  # type: ignore[arg-type]

    desk.edit("privacy/en.md", "Order records: 5 years", "Order records: 7 years")
    desk.commit()
    one_sided = publisher("tick", "--now", "2026-11-23T09:00", cwd=root)
    assert one_sided.status == 4
    assert "changes in English but not in Korean" in one_sided.err
    korean = publisher("tick", "--now", "2026-11-23T09:00", cwd=root, language="ko")
    assert korean.status == 4
    assert "P101" in korean.err
    assert "한국어" in korean.err
    assert "개인정보 처리방침" in korean.err

    desk.edit("privacy/ko.md", "주문 기록: 5년", "주문 기록: 7년")
    desk.write("policy_docs/privacy/change.toml", REASON + 'effective = "2026-12-01"\n')
    desk.commit()
    early = publisher("tick", "--now", "2026-11-23T09:00", cwd=root)
    assert early.status == 4
    assert "Thu 10 Dec 2026" in early.err
    assert "14 clear days" in early.err

    desk.write("policy_docs/privacy/change.toml", REASON)
    desk.commit()
    before = snapshot(root)
    dry = publisher("tick", "--dry-run", "--json", "--now", "2026-11-23T09:00", cwd=root)
    assert [s["step"] for s in json.loads(dry.out)["steps"]] == ["freeze", "announce", "notify", "take_effect"]
    assert snapshot(root) == before, "a dry run writes nothing"

    done = publisher("tick", "--json", "--now", "2026-11-23T09:00", cwd=root)
    assert done.status == 0, done.err
    found = json.loads(done.out)
    assert [s["step"] for s in found["steps"]] == ["freeze", "announce", "notify"]
    privacy = next(p for p in found["policies"] if p["policy"] == "privacy")
    assert privacy["state"] == "announced"
    assert privacy["effective_at"] == "2026-12-10T00:00:00+09:00"
    status = json.loads(publisher("status", "--json", cwd=root).out)
    assert [(v["id"], v["state"]) for v in status["policies"][0]["versions"]] == [
        ("20200101", "in_force"), ("20261210", "upcoming"),
    ]  # fmt: skip

    again = publisher("tick", "--json", "--now", "2026-11-24T09:00", cwd=root)
    assert (again.status, json.loads(again.out)["steps"]) == (0, [])
    effect = publisher("tick", "--now", "2026-12-10T00:00:00+09:00", cwd=root)
    assert "in force" in effect.out
    verified = publisher("verify", cwd=root)
    assert (verified.status, verified.out.startswith("Everything holds")) == (0, True)


BAD = [
    ("policy_docs/privacy/ko.md", "# 개인정보 처리방침".encode("cp949"), 3, "P121"),
    ("policy_docs/privacy/en.md", b"<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n", 3, "P102"),
    ("policy_docs/privacy/en.md", b"", 3, "P105"),
    ("policy_docs/privacy/en.md", "# A {#a}\n\n30\u200b days <script>alert(1)</script>\n".encode(), 3, "P120"),
    ("policy_docs/privacy/change.toml", b'reason = { ko = "x", en = "x" }\nefective = "2027-01-01"\n', 3, "P115"),
    ("policy_docs/privacy/change.toml", b'effective = "2027-01-01"\n', 3, "P116"),
    ("policy_docs/privacy/change.toml", b'reason = { ko = "x", en = "x" }\neffective = "2026-11-31"\n', 3, "P111"),
    ("policy_docs/privacy/policy.toml", b'kind = "privacy"\nnotice_days = { minor = 014 }\n', 3, "P112"),
    ("policy_docs/privacy/policy.toml", b'title = { ko = "x", en = "=?UTF-8?Q?=0A?=Bcc: x" }\n', 3, "P126"),
    ("policy_docs/privacy/ja.md", "# 方針\n".encode(), 3, "P117"),
    ("publisher.toml", b"[site]\nbase_ulr = 1\n", 5, "C510"),
    ("publisher.toml", b"[site\n", 5, "C510"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "status", "code"), BAD, ids=lambda v: v if isinstance(v, str) else "")
@pytest.mark.parametrize("language", ["en", "ko"])
def test_bad_input_is_named_and_nothing_is_written(
    publisher: Command, desk: Desk, name: str, content: bytes, status: int, code: str, language: str
) -> None:
    desk.tick()
    desk.retention(reason=REASON)
    desk.write(name, content)
    desk.commit()
    before = snapshot(desk.root)
    ended = publisher("tick", "--now", "2026-11-23T09:00", cwd=desk.root, language=language)
    assert ended.status == status, ended
    assert f"[{code}]" in ended.err
    assert "Traceback" not in ended.err
    assert Path(name).name in ended.err or name.split("/")[1] in ended.err
    assert bool(re.search("[가-힣]{2,}", ended.err)) or language == "en"
    assert snapshot(desk.root) == before


def test_a_folder_with_an_odd_name_is_named_and_hinders_no_other_policy(publisher: Command, desk: Desk) -> None:
    desk.retention()
    desk.write("policy_docs/Privacy/en.md", "# A\n")
    desk.commit()
    ended = publisher("tick", "--now", "2026-11-23T09:00", cwd=desk.root)
    assert ended.status == 3
    assert "P114" in ended.err
    assert "privacy: version 20261210 announced" in ended.out


def test_a_policy_named_outside_the_folder(publisher: Command, desk: Desk) -> None:
    text = desk.root / "text.md"
    text.write_text("# A\n", "utf-8")
    before = snapshot(desk.root)
    for policy in ("../x", "/etc/x", "-rf", "con", "개인정보", "a/b", "notices"):
        ended = publisher("import", "text.md", f"--policy={policy}", "--language", "en", cwd=desk.root)
        assert ended.status == 3, (policy, ended)
        assert "P114" in ended.err
    assert snapshot(desk.root) == before


def test_recipients_with_bad_rows(publisher: Command, desk: Desk) -> None:
    (desk.root / "var").mkdir(exist_ok=True)
    rows = ["id,email,name,language", "a,ok@example.com,Ann,en", "b,no at sign,Bob,en", ",x@example.com,C,ko",
            "d,u@e.com>, <z@z.com,D,en", "e,하나@example.com,하나,ko", "f,f@학교.한국,에프,jp"]  # fmt: skip
    (desk.root / "var" / "list.csv").write_text("\n".join(rows), "utf-8")
    ended = publisher("recipients", "import", "var/list.csv", cwd=desk.root)
    assert ended.status == 7
    assert "3 added, 0 updated, 3 left out." in ended.out
    assert all(f"Row {row} " in ended.err for row in (3, 4, 5))
    assert "z@z.com" not in ended.err
    count = json.loads(publisher("recipients", "count", "--json", cwd=desk.root).out)
    assert count == {"total": 3, "en": 1, "ko": 2, "without_address": 0}


def test_no_folder_for_the_database(publisher: Command, desk: Desk) -> None:
    desk.set(
        'smtp_url = "maildir:var/mail"', 'smtp_url = "maildir:var/mail"\n[database]\nurl = "sqlite:////nowhere/p.db"'
    )
    (desk.root / "list.csv").write_text("id,email\na,a@example.com\n", "utf-8")
    before = snapshot(desk.root)
    ended = publisher("recipients", "import", "list.csv", cwd=desk.root)
    assert ended.status == 5
    assert "/nowhere" in ended.err
    assert snapshot(desk.root) == before


def test_mail_server_down_ends_with_6_and_is_made_up_for(publisher: Command, desk: Desk) -> None:
    desk.recipients()
    desk.set('smtp_url = "maildir:var/mail"', 'smtp_url = "smtp://127.0.0.1:9"')
    desk.retention()
    down = publisher("tick", "--now", "2026-11-23T09:00", cwd=desk.root)
    assert down.status == 6
    assert "S210" in down.err
    desk.set('smtp_url = "smtp://127.0.0.1:9"', 'smtp_url = "maildir:var/mail"')
    assert publisher("tick", "--now", "2026-11-23T10:00", cwd=desk.root).status == 0
    assert len(list((desk.root / "var" / "mail" / "new").iterdir())) == 2


def test_a_locked_workspace_ends_with_9(publisher: Command, desk: Desk) -> None:
    from publisher.files import only_run

    with only_run(desk.root / "var" / "publisher.lock"):
        assert publisher("tick", cwd=desk.root).status == 9


def test_a_changed_record_ends_with_8(publisher: Command, desk: Desk) -> None:
    desk.tick()
    journal = desk.root / "versions" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b"recorded", b"announced", 1))
    for arguments in (["verify"], ["tick"], ["status"]):
        ended = publisher(*arguments, cwd=desk.root)
        assert ended.status == 8
        assert "V400" in ended.err


def test_outside_a_workspace_ends_with_5(publisher: Command, tmp_path: Path) -> None:
    ended = publisher("tick", cwd=tmp_path)
    assert ended.status == 5
    assert "publisher init" in ended.err
    (tmp_path / "publisher.toml").write_bytes(
        b'[site]\nbase_url="https://a.example.com"\ncontact="a@example.com"\n'
        b'organisation={en="A",ko="A"}\n[mail]\nfrom="a@example.com"\n'
    )
    assert "C515" in publisher("tick", cwd=tmp_path).err, "no git repository"


def test_init_does_not_overwrite(publisher: Command, desk: Desk) -> None:
    before = snapshot(desk.root)
    ended = publisher("init", ".", cwd=desk.root)
    assert ended.status == 4
    assert snapshot(desk.root) == before


def test_init_in_a_repository_commits_nothing(publisher: Command, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "-b", "main", str(tmp_path / "r")], check=True)
    ended = publisher("init", "r", cwd=tmp_path)
    assert ended.status == 0
    assert "commit" in ended.out
    log = subprocess.run(["git", "-C", str(tmp_path / "r"), "rev-parse", "-q", "--verify", "HEAD"], check=False)
    assert log.returncode != 0


def test_check_reads_the_folder_before_anything_is_committed(publisher: Command, desk: Desk) -> None:
    assert "no change is pending" in publisher("check", cwd=desk.root).out
    desk.edit("privacy/en.md", "Order records: 5 years", "Order records: 7 years")
    found = publisher("check", "--json", cwd=desk.root)
    assert found.status == 4
    report = json.loads(found.out)
    assert report["schema"] == "publisher/check/v1"
    assert {f["code"] for f in report["findings"]} == {"P101", "P116", "L-XLANG-NUM"}
    assert report["changes"] == [{"policy": "privacy", "level": "significant", "days": 14}]
    assert publisher("check", "--ref", "main", cwd=desk.root).status == 0
    desk.edit("privacy/ko.md", "주문 기록: 5년", "주문 기록: 7년")
    desk.write("policy_docs/privacy/change.toml", REASON)
    ended = publisher("check", "--now", "2026-11-23T09:00", cwd=desk.root)
    assert ended.status == 0, ended.err
    assert "significant, 14 days' notice" in ended.out
    assert "Thu 10 Dec 2026" in ended.out


def test_compare_files_versions_and_batches(publisher: Command, desk: Desk) -> None:
    desk.retention()
    ended = publisher("compare", "privacy@20200101", "privacy@HEAD", "--language", "ko", "--json", cwd=desk.root)
    found = json.loads(ended.out)
    assert found["schema"] == "publisher/compare/v1"
    assert (found["level"], found["notice_days"], found["topics"]) == ("significant", 14, ["retention"])
    finding = found["findings"][0]
    assert set(finding) == {"code", "topic", "level", "direction", "clause", "before", "after", "explanation"}
    assert (finding["code"], finding["direction"], finding["clause"]["id"]) == ("R07", "worse", "retention")
    assert "“5년” becomes “7년”" in finding["explanation"]["en"]

    pairs = [
        {
            "id": "1",
            "language": "en",
            "old": "# A\n\nWe keep it for 3 years.\n",
            "new": "# A\n\nWe keep it for 3 years.\n",
        },
        {"id": "2", "language": "en", "old": "# A\n\nIt is never shared.\n", "new": "# A\n\nIt is shared.\n"},
        {"id": "3", "language": "ko", "old": "", "new": "# 가\n"},
        {"id": "4", "language": "en", "old": "a", "new": "b \ud800"},
    ]
    lines = "".join(json.dumps(p) + "\n" for p in pairs) + "nonsense\n"
    batch = publisher("compare", "--batch", "-", stdin=lines)
    answers = [json.loads(x) for x in batch.out.splitlines()]
    assert [a.get("level") for a in answers] == ["none", "consent_required", None, None, None]
    assert all("error" in a for a in answers[2:])


def test_control_characters_do_not_reach_the_terminal(publisher: Command, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n\nOld.\n", "utf-8")
    (tmp_path / "b.md").write_text("# \x9b31mA\n\nNew.\n", "utf-8")
    ended = publisher("compare", "a.md", "b.md", "--language", "en", cwd=tmp_path)
    assert "\x9b" not in ended.out + ended.err
    assert "\x1b" not in ended.out + ended.err


def test_import_tells_what_it_found(publisher: Command, desk: Desk) -> None:
    text = "Our Terms\n\nOur promise.\n\nWe promise much, and we keep it if we can.\n\nAnnounced: May 2, 2019\n"
    (desk.root / "old.txt").write_text(text, "utf-8")
    found = publisher("import", "old.txt", "--policy", "terms", "--language", "en", "--json", cwd=desk.root)
    assert found.status == 0
    assert json.loads(found.out)["announced"] == "2019-05-02"
    assert (desk.root / "policy_docs" / "terms" / "en.md").is_file()
    second = publisher("import", "old.txt", "--policy", "privacy", "--language", "en", cwd=desk.root)
    assert (second.status, "C537" in second.err) == (4, True)
    past = ["import", "old.txt", "--policy", "terms", "--language", "en", "--announced", "2019-05-02"]
    assert publisher(*past, "--effective", "2019-05-09", cwd=desk.root).status == 0
    assert publisher(*past, "--effective", "2019-05-09", cwd=desk.root).status == 0, "the same again changes nothing"
    assert publisher(*past, cwd=desk.root).status == 2
    (desk.root / "old.txt").write_text(text + "More.\n", "utf-8")
    clash = publisher(*past, "--effective", "2019-05-09", cwd=desk.root)
    assert (clash.status, "P141" in clash.err) == (4, True)
    assert publisher("verify", cwd=desk.root).status == 0


class TestWhatNobodySees:
    """A past text is put on record as it was published, whatever stands in it; a text for publication is refused."""

    TEXT = "\ufeff# Terms {#terms}\r\n\r\n## Price {#price}\r\n\r\nIt costs 5\u200b dollars,\u2028\u202enot 50.\r\n"
    PAST = ("import", "old.md", "--policy", "terms", "--language", "en", "--effective", "2019-05-09")

    def test_history_is_recorded_byte_for_byte_and_said_to_hide_something(self, publisher: Command, desk: Desk) -> None:
        (desk.root / "old.md").write_bytes(self.TEXT.encode())
        now = publisher("import", "old.md", "--policy", "terms", "--language", "en", cwd=desk.root)
        assert (now.status, "P120" in now.err) == (3, True)
        assert not (desk.root / "policy_docs" / "terms").exists()
        ended = publisher(*self.PAST, "--json", cwd=desk.root)
        assert ended.status == 0
        told = json.loads(ended.out)["findings"]
        assert {(t["code"], t["severity"], t["line"]) for t in told} >= {
            ("P120", "warning", 5), ("P124", "warning", 5), ("P125", "warning", 5),
        }  # fmt: skip
        assert any("U+200B ZERO WIDTH SPACE" in t["message"] and "[U+200B]" in t["hint"] for t in told)
        folder = desk.root / "versions" / "terms" / "20190509"
        assert (folder / "en.md").read_bytes() == self.TEXT.encode()
        assert publisher("verify", cwd=desk.root).status == 0
        assert publisher("site", "build", cwd=desk.root).status == 0
        page = (desk.site / "en/terms/v/20190509/index.html").read_text("utf-8")
        assert "5[U+200B] dollars,[U+2028][U+202E]not 50." in page
        assert (desk.site / "en/terms/v/20190509/terms-20190509-en.md").read_bytes() == self.TEXT.encode()

    def test_it_is_said_on_the_terminal_without_reaching_it(self, publisher: Command, desk: Desk) -> None:
        (desk.root / "old.md").write_bytes(self.TEXT.encode())
        ended = publisher(*self.PAST, cwd=desk.root)
        assert (ended.status, "P120" in ended.err, "P124" in ended.err) == (0, True, True)
        assert not {"\u200b", "\u202e", "\u2028"} & {*ended.out, *ended.err}

    def test_what_a_change_starts_from_is_that_text(self, publisher: Command, desk: Desk) -> None:
        """The text in force hides something: the change that takes it out is read against it."""
        desk.write("policy_docs/terms/policy.toml", 'kind = "terms"\ntitle = { ko = "약관", en = "Terms" }\n')
        for language, words in (("en", "It costs 5\u200b dollars."), ("ko", "가격은 5\u200b달러입니다.")):
            (desk.root / "old.md").write_text(f"# T {{#terms}}\n\n## P {{#price}}\n\n{words}\n", "utf-8")
            past = publisher(*self.PAST[:5], language, *self.PAST[6:], cwd=desk.root)
            assert past.status == 0
            changed = words.replace("\u200b", "").replace("5", "6")
            desk.write(f"policy_docs/terms/{language}.md", f"# T {{#terms}}\n\n## P {{#price}}\n\n{changed}\n")
        desk.write("policy_docs/terms/change.toml", REASON)
        desk.commit()
        ended = publisher("check", "--json", cwd=desk.root)
        found = [p for p in json.loads(ended.out)["changes"] if p["policy"] == "terms"]
        assert [p["level"] for p in found] == ["significant"], ended.out

    def test_verbatim_proposes_nothing(self, publisher: Command, desk: Desk) -> None:
        text = "## Terms\n\n### Price\u200b\n\nIt costs 5 dollars."
        (desk.root / "old.md").write_text(text, "utf-8")
        assert publisher(*self.PAST, "--verbatim", cwd=desk.root).status == 0
        assert (desk.root / "versions/terms/20190509/en.md").read_text("utf-8") == text
        for wrong in (self.PAST[:6], (self.PAST[0], "old.txt", *self.PAST[2:])):
            (desk.root / "old.txt").write_text(text, "utf-8")
            ended = publisher(*wrong, "--verbatim", cwd=desk.root)
            assert (ended.status, "C536" in ended.err) == (2, True)

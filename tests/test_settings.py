"""`publisher.toml` is read strictly: every fault at once, with what was probably meant, and nothing but our errors."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from publisher.errors import Misconfigured, Problem
from publisher.messages import translator
from publisher.workspace import (
    MailServer,
    Settings,
    mail_server,
    open_workspace,
    parse_settings,
    secret,
    site_files,
)

ROOT = Path(__file__).resolve().parent.parent
GOOD = """[site]
base_url = "https://policies.example.com/"
organisation = { ko = "예시", en = "Example" }
contact = "privacy@example.com"

[mail]
from = "privacy@example.com"
"""
say = translator("en")


def faults(text: str | bytes) -> tuple[Problem, ...]:
    with pytest.raises(Misconfigured) as caught:
        parse_settings(text.encode() if isinstance(text, str) else text)
    assert caught.value.exit_status == 5
    for problem in caught.value.problems:
        assert problem.place.path == "publisher.toml"
        assert say(problem.message)
        assert problem.hint is None or say(problem.hint)
    return caught.value.problems


def fault(text: str | bytes) -> tuple[str, int, str, str]:
    (problem,) = faults(text)
    return problem.code, problem.place.line, say(problem.message), say(problem.hint) if problem.hint else ""


def site(line: str) -> str:
    """Good settings with one more line in [site], or another value for a key that is there."""
    key = line.split(" ")[0]
    kept = "".join(f"{other}\n" for other in GOOD.split("\n") if not other.startswith(key + " "))
    return kept.replace("[site]\n", f"[site]\n{line}\n").strip() + "\n"


def mail(line: str) -> str:
    return GOOD + line + "\n"


def also(table: str) -> str:
    return GOOD + table + "\n"


def test_the_defaults() -> None:
    settings = parse_settings(GOOD.encode())
    assert settings.site.base_url == "https://policies.example.com"
    assert settings.site.languages == ["ko", "en"]
    assert settings.git.ref == "main"
    assert (settings.notice.days.minor, settings.notice.days.significant) == (7, 14)
    assert settings.notice.timezone.key == "Asia/Seoul"
    assert settings.mail.sender == "privacy@example.com"
    assert settings.mail.smtp_url == "maildir:var/mail"
    assert settings.clock.simulated is False


@pytest.mark.parametrize("file", ["publisher.toml", "publisher/examples/publisher.toml"])
def test_the_settings_of_this_repository(file: str) -> None:
    assert parse_settings((ROOT / file).read_bytes()).site.languages == ["ko", "en"]


def test_windows_line_ends_and_a_byte_order_mark_are_read() -> None:
    assert parse_settings(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()) == parse_settings(GOOD.encode())


#: settings, then code, line, and words of message and hint
FAULTS = {
    "no table": ("", "C510", 0, "The key site is missing.", ""),
    "unknown key": (site('basurl = "x"'), "C510", 2, "The key site.basurl is not known.", "Did you mean base_url?"),
    "unknown key, far from any": (
        site("zzz = 1"),
        "C510",
        2,
        "The key site.zzz is not known.",
        "Known here are: base_url,",
    ),
    "alias suggested": (mail('fromm = "a@e.com"'), "C510", 8, "The key mail.fromm is not known.", "Did you mean from?"),
    "unknown table": (also("[notise]"), "C510", 8, "The key notise is not known.", "Did you mean notice?"),
    "key of a table in a table": (
        also("[notice]\ndays = { miner = 7 }"),
        "C510",
        9,
        "The key notice.days.miner is not known.",
        "Did you mean minor?",
    ),
    "missing key": (
        GOOD.replace('contact = "privacy@example.com"\n', ""),
        "C510",
        1,
        "The key site.contact is missing.",
        "docs/settings.md",
    ),
    "missing sender": (
        GOOD.replace('from = "privacy@example.com"\n', ""),
        "C510",
        6,
        "The key mail.from is missing.",
        "",
    ),
    "text for a number": (
        mail('connections = "8"'),
        "C510",
        8,
        "mail.connections cannot be 8: a whole number is expected.",
        "",
    ),
    "number for a text": (also("[git]\nref = 1"), "C510", 9, "git.ref cannot be 1: a text in quotes is expected.", ""),
    "text for true": (
        also('[clock]\nsimulated = "yes"'),
        "C510",
        9,
        "clock.simulated cannot be yes: true or false is expected.",
        "",
    ),
    "text for a list": (
        site('languages = "ko"'),
        "C510",
        2,
        "site.languages cannot be ko: a list in square brackets is expected.",
        "",
    ),
    "text for a table": ('clock = "x"\n' + GOOD, "C510", 1, "clock cannot be x: a table is expected.", ""),
    "too many connections": (mail("connections = 201"), "C510", 8, "mail.connections cannot be 201", ""),
    "a number beyond measure": (mail(f"connections = 0x{'f' * 5000}"), "C510", 8, "mail.connections cannot be …", ""),
    "more digits than can be read": (mail(f"connections = {'1' * 5000}"), "C510", 8, "This line cannot be read", ""),
    "nested beyond measure": (f"x = {'[' * 50000}\n", "C510", 1, "This line cannot be read: x = [[", ""),
    "a key twice": (mail('from = "b@e.com"'), "C510", 8, "This line cannot be read: from =", "each key only once"),
    "a zero before": (
        mail("connections = 014"),
        "C510",
        8,
        "A number must not begin with 0: connections = 014",
        "Write 14, not 014.",
    ),
    "a zero before, in a row": (
        also("[notice]\ndays = { minor = 07 }"),
        "C510",
        9,
        "A number must not begin with 0",
        "Write 14",
    ),
    "no quotes": (site("contact = privacy@example.com"), "C510", 2, "This line cannot be read: contact =", ""),
    "CP949": (GOOD.encode("cp949"), "C510", 0, "The file is not UTF-8 (byte", "Save it as UTF-8"),
    # addresses
    "http": (site('base_url = "http://policies.example.com"'), "C510", 2, "is not an https:// address.", ""),
    "no address": (site('base_url = "policies.example.com"'), "C510", 2, "is not an https:// address.", ""),
    "half an address": (site('base_url = "https://[::1"'), "C510", 2, "is not an https:// address.", ""),
    "address with a query": (site('base_url = "https://e.com/?a=b"'), "C510", 2, "is not an https:// address.", ""),
    "address with a line break": (
        site('base_url = "https://e.com\\n/x"'),
        "C510",
        2,
        "is not an https:// address.",
        "",
    ),
    "address with a user": (site('base_url = "https://e.com@f.com"'), "C510", 2, "is not an https:// address.", ""),
    "no e-mail address": (
        site('contact = "privacy at example"'),
        "C510",
        2,
        "site.contact: privacy at example is not an e-mail address.",
        "",
    ),
    "e-mail address with a line break": (
        site('contact = "a@e.com\\nBcc: b@f.com"'),
        "C510",
        2,
        "is not an e-mail address.",
        "",
    ),
    "e-mail address without a domain": (
        GOOD.replace('from = "privacy@example.com"', 'from = "a@localhost"'),
        "C510",
        7,
        "mail.from: a@localhost is not an e-mail address.",
        "",
    ),
    # words
    "name with a line break": (
        site('organisation = { ko = "x", en = "a\\nb" }'),
        "C510",
        2,
        "cannot contain a line break",
        "one plain line",
    ),
    "name as encoded word": (
        site('organisation = { ko = "x", en = "=?utf-8?q?a?=" }'),
        "C510",
        2,
        "“=?”",
        "one plain line",
    ),
    "name in one language": (
        site('organisation = { ko = "x" }'),
        "C510",
        1,
        "site: organisation lacks its name in en.",
        "",
    ),
    "name empty": (site('organisation = { ko = "x", en = "" }'), "C510", 2, "The words in en are empty.", ""),
    "name in an unknown language": (
        site('organisation = { ko = "x", en = "x", jp = "x" }'),
        "C510",
        2,
        "jp is not a language",
        "Use ko and en.",
    ),
    "name without a language": (site('organisation = "x"'), "C510", 2, "The words are needed by language.", "{ ko ="),
    # languages
    "no language": (site("languages = []"), "C510", 2, "site.languages cannot be []", ""),
    "unknown language": (
        site('languages = ["ko", "jp"]'),
        "C510",
        2,
        "site.languages.1 cannot be jp: expected is 'ko' or 'en'.",
        "",
    ),
    "language twice": (site('languages = ["ko", "ko"]'), "C510", 1, "A language stands twice in languages.", ""),
    "governing language not published": (
        site('languages = ["en"]'),
        "C510",
        1,
        "governing_language is not one of languages.",
        "",
    ),
    # notice
    "unknown time zone": (
        also('[notice]\ntimezone = "Asia/Soul"'),
        "C510",
        9,
        "notice.timezone: Asia/Soul is not a time zone.",
        "Asia/Seoul",
    ),
    "time zone that is a folder": (also('[notice]\ntimezone = "Asia"'), "C510", 9, "Asia is not a time zone.", ""),
    "time zone out of the way": (also('[notice]\ntimezone = "../../etc/passwd"'), "C510", 9, "is not a time zone.", ""),
    "time zone that is a number": (also("[notice]\ntimezone = 9"), "C510", 9, "9 is not a time zone.", ""),
    "significant before minor": (
        also("[notice]\ndays = { minor = 10, significant = 9 }"),
        "C510",
        9,
        "cannot have fewer days",
        "",
    ),
    "minor raised alone": (also("[notice]\ndays = { minor = 15 }"), "C510", 9, "cannot have fewer days", ""),
    "no days": (
        also("[notice]\ndays = { minor = 0 }"),
        "C510",
        9,
        "notice.days.minor: 0 is not a number of days.",
        "for example 14",
    ),
    "half a day": (also("[notice]\ndays = { minor = 7.5 }"), "C510", 9, "7.5 is not a number of days.", ""),
    "days for ever": (also("[notice]\ndays = { significant = 3651 }"), "C510", 9, "3651 is not a number of days.", ""),
    "one day less than promised": (
        also('[notice]\ncounting = "calendar-days"'),
        "C513",
        8,
        "one day less than promised",
        "clear-days",
    ),
    "unknown counting": (
        also('[notice]\ncounting = "days"'),
        "C510",
        9,
        "notice.counting cannot be days: expected is 'clear-days' or 'calendar-days'.",
        "",
    ),
    "unknown holidays": (also('[notice]\nholidays = "US"'), "C510", 9, "notice.holidays cannot be US", ""),
    "a mail window into the past": (
        also("[notice]\nmail_window_days = -1"),
        "C510",
        9,
        "notice.mail_window_days cannot be -1",
        "",
    ),
    # secrets
    "password for mail": (
        mail('smtp_url = "smtps://me:hush@mail.example.com"'),
        "C501",
        8,
        "A password stands in smtp_url",
        "password_env",
    ),
    "password for the database": (
        also('[database]\nurl = "postgresql+psycopg://me:hush@db/x"'),
        "C501",
        8,
        "A password stands in database.url",
        "pgpass",
    ),
    "password behind the database": (
        also('[database]\nurl = "postgresql+psycopg://me@db/x?password=hush"'),
        "C501",
        8,
        "A password stands in database.url",
        "",
    ),
    "unencrypted mail": (
        mail('smtp_url = "smtp://mail.example.com"'),
        "C502",
        8,
        "smtp:// to mail.example.com would send every mail",
        "smtps://",
    ),
    "unknown database": (
        also('[database]\nurl = "mysql://me:hush@db/x"'),
        "C510",
        8,
        "database.url is not understood: mysql://me:…@db/x",
        "",
    ),
    "no database": (
        also('[database]\nurl = "postgresql+psycopg://me:hush@[db/x"'),
        "C510",
        8,
        "database.url is not understood",
        "",
    ),
}


@pytest.mark.parametrize(("text", "code", "line", "words", "hint"), FAULTS.values(), ids=FAULTS)
def test_each_fault(text: str | bytes, code: str, line: int, words: str, hint: str) -> None:
    if not text:
        assert [say(p.message) for p in faults(text)] == [words, "The key mail is missing."]
        return
    found, at, message, advice = fault(text)
    assert (found, at) == (code, line)
    assert words in message
    assert hint in advice
    assert "hush" not in message + advice


def test_every_fault_is_told_at_once() -> None:
    text = (
        site("outpt = 1")
        + 'smtp_url = "smtp://far.example"\nconnections = "8"\n[notice]\ntimezone = "x"\n[git]\nrev = 1\n'
    )
    assert sorted((p.code, p.place.line) for p in faults(text)) == [
        ("C502", 9),
        ("C510", 2),
        ("C510", 10),
        ("C510", 12),
        ("C510", 14),
    ]


@pytest.mark.parametrize(
    "text",
    [
        site('base_url = "http://localhost:8000"'),
        site('base_url = "http://127.0.0.1:8000"'),
        site('base_url = "https://한국.kr/정책"'),
        site('languages = ["en"]\ngoverning_language = "en"\norganisation = { en = "Example" }').replace(
            'organisation = { ko = "예시", en = "Example" }\n', ""
        ),
        also('[notice]\ntimezone = "UTC"\nholidays = ""\nclock_starts = "site"\nmail_window_days = 0'),
        also("[notice]\ndays = { minor = 14 }"),
        also("[notice.days]\nminor = 7\nsignificant = 30"),
        also('[database]\nurl = "postgresql+psycopg://me@db.example.com/publisher"'),
        also('[recipients]\nkey_file = "elsewhere"'),
    ],
)
def test_what_is_right_is_accepted(text: str) -> None:
    assert isinstance(parse_settings(text.encode()), Settings)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("maildir:var/mail", MailServer(scheme="maildir", path="var/mail")),
        ("smtps://mail.example.com", MailServer(scheme="smtps", host="mail.example.com", port=465)),
        ("smtps://me@mail.example.com:4465", MailServer(scheme="smtps", host="mail.example.com", port=4465, user="me")),
        ("smtp+starttls://me%40e.com@h", MailServer(scheme="smtp+starttls", host="h", port=587, user="me@e.com")),
        ("smtp://localhost", MailServer(scheme="smtp", host="localhost", port=25)),
        ("smtp://127.0.0.1:2525", MailServer(scheme="smtp", host="127.0.0.1", port=2525)),
        ("smtp://127.8.9.1", MailServer(scheme="smtp", host="127.8.9.1", port=25)),
        ("smtp://[::1]:2525", MailServer(scheme="smtp", host="::1", port=2525)),
    ],
)
def test_where_mails_are_handed_over(url: str, expected: MailServer) -> None:
    assert mail_server(url) == expected
    assert parse_settings(mail(f'smtp_url = "{url}"').encode()).mail.smtp_url == url


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("smtp://mail.example.com", "C502"),
        ("smtp://10.0.0.1", "C502"),
        ("smtp://127.0.0.1.evil.example", "C502"),
        ("smtp://localhost.evil.example", "C502"),
        ("smtp://[::2]", "C502"),
        ("smtp://0.0.0.0", "C502"),
        ("smtps://me:hush@h", "C501"),
        ("smtps://me:@h", "C501"),
        ("smtp://me:hush@h", "C501"),
        ("maildir:", "C510"),
        ("smtps://", "C510"),
        ("smtps://h:99999", "C510"),
        ("smtps://h:x", "C510"),
        ("smtps://[h", "C510"),
        ("mail.example.com", "C510"),
        ("smpts://me:hu:sh@h", "C510"),
        ("https://h", "C510"),
        ("", "C510"),
    ],
)
def test_where_mails_cannot_be_handed_over(url: str, code: str) -> None:
    found, line, message, _ = fault(mail(f'smtp_url = "{url}"'))
    assert (found, line) == (code, 8)
    assert "hush" not in message
    assert "hu:" not in message


MUTATIONS = st.one_of(
    st.sampled_from(
        ["=", '"', "[", "]", "{", "}", "\n", ".", "#", "'''", "\\", ":", "0", "-1", "1e999", "nan", "true"]
    ),
    st.sampled_from(
        ["ko", "days", "[notice]\n", "[mail]\n", "[[site]]\n", "site.x = 1\n", "2026-11-31", "\u202e", "\r"]
    ),
    st.text(max_size=3),
)


@given(
    st.sampled_from([GOOD, (ROOT / "publisher.toml").read_text("utf-8")]),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), MUTATIONS), min_size=1, max_size=3),
)
@example(GOOD, [(0.0, 6, "[[site]]\n")])
def test_nothing_but_our_errors_comes_of_any_settings(text: str, mutations: list[tuple[float, int, str]]) -> None:
    for where, removed, put in mutations:
        at = int(where * len(text))
        text = text[:at] + put + text[at + removed :]
    problems: tuple[Problem, ...] = ()
    try:
        settings = parse_settings(text.encode())
    except Misconfigured as error:
        problems = error.problems
    assert problems or settings.site.organisation.as_dict()
    for problem in problems:
        assert problem.code.startswith("C")
        assert problem.in_words(say)
        assert 0 <= problem.place.line <= text.count("\n") + 1


def test_a_workspace_is_found_from_within(tmp_path: Path) -> None:
    (tmp_path / "publisher.toml").write_text(GOOD, "utf-8")
    inside = tmp_path / "policy_docs" / "privacy"
    inside.mkdir(parents=True)
    workspace = open_workspace(inside)
    assert workspace.root == tmp_path.resolve()
    assert workspace.output == tmp_path.resolve() / "build" / "site"
    assert workspace.versions.name == "versions"
    assert workspace.state.name == "var"
    assert workspace.site_folders() == [tmp_path.resolve() / "site", site_files()]


def test_this_repository_has_its_templates_once() -> None:
    assert open_workspace(ROOT).site_folders() == [ROOT / "site"]


def test_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as caught:
        open_workspace(tmp_path)
    assert [p.code for p in caught.value.problems] == ["C514"]
    assert str(tmp_path.resolve()) in say(caught.value.problems[0].message)


@pytest.mark.parametrize(("environment", "expected"), [({"A": "x"}, "x"), ({"A": ""}, None), ({}, None)])
def test_secrets_come_from_the_environment(environment: dict[str, str], expected: str | None) -> None:
    assert secret("A", environment) == expected

"""The letter: everything that a reader needs, in their language, and nothing that turns into something else."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import HeaderParser
from email.policy import compat32
from email.utils import parseaddr
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import IntegrityBroken, Misconfigured
from publisher.mail.compose import Composer, Letter
from publisher.mail.mould import Refused, headers_of
from publisher.mail.recipients import Recipient
from publisher.messages import Localized, translator
from tests.mailing import ANN, FINDING, HANA, HEAD, NOTICE, NOW, composer, workspace_at

_BREAKS = re.compile(r"[\x00\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")

TOKEN = "AbC-_0123456789abcde"
HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
    "Content-Language",
]
PEOPLE = {"ko": HANA, "en": ANN}


def read(letter: Letter) -> tuple[EmailMessage, str, str]:
    """The message as a mail program reads it, its plain text and its HTML."""
    parsed = message_from_bytes(letter.data, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    assert not parsed.defects
    text, html = parsed.iter_parts()
    assert isinstance(text, EmailMessage)
    assert isinstance(html, EmailMessage)
    assert [text.get_content_type(), html.get_content_type()] == ["text/plain", "text/html"]
    return parsed, text.get_content(), html.get_content()


class Seen(HTMLParser):
    """What a browser would make of HTML: its elements with their attributes, and its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    @property
    def tags(self) -> list[str]:
        return [tag for tag, _ in self.elements]

    @property
    def links(self) -> list[str | None]:
        return [attributes.get("href") for tag, attributes in self.elements if tag == "a"]


def same_words(text: str) -> str:
    return " ".join(text.split())


LINKS = [
    "https://policies.example.com/{}/notices/privacy-20261208/",
    "https://policies.example.com/{}/privacy/v/20261208/",
    "https://policies.example.com/{}/privacy/compare/20200727..20261208/",
    "https://policies.example.com/{}/privacy/v/20200727/",
]


# -- headers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["ko", "en"])
def test_headers(language: str) -> None:
    person = PEOPLE[language]
    letter = composer().letter(person, TOKEN)
    parsed, _, _ = read(letter)
    assert parsed.keys() == HEADERS
    assert [(a.display_name, a.addr_spec) for a in parsed["To"].addresses] == [(person.name, person.address)]
    assert [(a.display_name, a.addr_spec) for a in parsed["From"].addresses] == [
        (NOTICE.organisation[language], "privacy@example.com")
    ]
    assert parsed["Subject"] == translator(language)(NOTICE.subject())
    assert "2026-12-08" in parsed["Subject"]
    assert NOTICE.title[language] in parsed["Subject"]
    assert parsed["Date"].datetime == NOW
    assert str(parsed["Date"]).endswith("+0900")
    assert parsed["Message-ID"] == f"<{TOKEN}@example.com>"
    assert parsed["Reply-To"] == "help@example.com"
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert parsed["Content-Language"] == language
    assert (letter.sender, letter.recipient, letter.token) == ("privacy@example.com", person.address, TOKEN)


def test_it_goes_through_any_mail_server() -> None:
    data = composer(reason={"ko": "가" * 5000, "en": "x" * 5000}).letter(HANA, TOKEN).data
    assert data.isascii()
    assert all(len(line) <= 78 for line in data.split(b"\r\n"))
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"\r" not in data.replace(b"\r\n", b"")


def test_the_same_letter_twice_is_the_same_to_the_byte() -> None:
    assert composer().letter(HANA, TOKEN) == composer().letter(HANA, TOKEN)
    assert composer().letter(HANA, TOKEN).data != composer().letter(HANA, TOKEN[::-1]).data


def test_a_letter_does_not_show_its_reader_by_repr() -> None:
    assert "hana" not in repr(composer().letter(HANA, TOKEN))


# -- what it says -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["ko", "en"])
def test_text_and_html_say_the_same(language: str) -> None:
    say = translator(language)
    finding = NOTICE.findings[language][0]
    _, text, html = read(composer().letter(PEOPLE[language], TOKEN))
    seen = Seen(html)
    for words in (
        say(NOTICE.heading()),
        say(NOTICE.moment()),
        say.date(NOTICE.announced),
        say.date(NOTICE.effective),
        say(NOTICE.level_in_words()),
        say(NOTICE.by_when()),
        say(NOTICE.silence(NOTICE.kind)),
        NOTICE.reason[language],
        *NOTICE.summary[language],
        finding["clause"]["title"],
        finding["before"],
        finding["after"],
        PEOPLE[language].name,
        "help@example.com",
        HEAD,
    ):
        assert words in same_words(text), words
        assert words in same_words(seen.words), words
    for link in LINKS:
        assert link.format(language) in text.split()
        assert link.format(language) in seen.links
    assert ("html", {"lang": language}) in seen.elements


@pytest.mark.parametrize("language", ["ko", "en"])
def test_nothing_is_loaded_and_nobody_is_watched(language: str) -> None:
    letter = composer().letter(PEOPLE[language], TOKEN)
    _, text, html = read(letter)
    seen = Seen(html)
    assert not {"img", "script", "link", "iframe", "object", "form", "input", "base"} & set(seen.tags)
    assert not re.search(r"url\s*\(|@import|http:|\bsrc\s*=|\son\w+\s*=", html)
    assert "http:" not in text
    assert all(
        str(link).startswith(("https://policies.example.com/", "mailto:help@example.com")) for link in seen.links
    )
    assert PEOPLE[language].address not in text + html
    assert TOKEN not in text + html


def test_without_a_name_nobody_is_greeted() -> None:
    nameless = replace(ANN, name="")
    parsed, text, html = read(composer().letter(nameless, TOKEN))
    assert parsed["To"] == "ann@example.org"
    assert "Dear" not in text + html
    assert text.startswith("Privacy Policy changes on")
    _, named, _ = read(composer().letter(ANN, TOKEN))
    assert named.startswith("Dear Ann,\r\n")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_guardian_is_told_why(language: str) -> None:
    person = PEOPLE[language]
    _, text, html = read(composer().letter(person, TOKEN))
    _, for_guardian, html_for_guardian = read(composer().letter(replace(person, guardian=True), TOKEN))
    assert for_guardian != text
    assert html_for_guardian != html
    if language == "en":
        assert "as the guardian of a user of Example Inc." in for_guardian
        assert "as the guardian of a user of Example Inc." in same_words(html_for_guardian)
        assert "you have an account with Example Inc." in text


def test_agreement_is_asked_for_separately() -> None:
    _, text, html = read(composer(consent="click").letter(ANN, TOKEN))
    assert "you will be asked for it separately" in text
    assert "you will be asked for it separately" in html


def test_a_notice_without_findings() -> None:
    _, text, html = read(composer(findings={"ko": [], "en": []}, level="minor", days=7).letter(ANN, TOKEN))
    assert "table" not in Seen(html).tags
    assert "7 full days" in text


def test_words_that_were_only_inserted() -> None:
    finding = {**FINDING, "before": ""}
    _, text, html = read(composer(findings={"ko": [finding], "en": [finding]}).letter(ANN, TOKEN))
    assert "Before: –" in text
    assert "<del>" not in html


def test_from_a_workspace(tmp_path: Any) -> None:
    made = Composer.of(workspace_at(tmp_path), NOTICE, NOW, HEAD)
    parsed, text, _ = read(made.letter(HANA, TOKEN))
    assert parsed["Reply-To"] == "privacy@example.com"
    assert str(parsed["Date"]) == "Mon, 23 Nov 2026 09:00:00 +0900"
    assert LINKS[0].format("ko") in text


# -- hostile values -----------------------------------------------------------------------------------------------

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "=?UTF-8?Q?=0A?=Bcc: x@example.com",
    "=?utf-8?b?Qmxp?=",
    "a\r\nBcc: x@example.com",
    "a\nBcc: x@example.com\n\nbody",
    "a\rBcc: x@example.com",
    "a\u2028Bcc: x@example.com",
    "a\x85Bcc: x@example.com",
    "a\x0bBcc: x@example.com",
    "a\x00b",
    "👩‍👩‍👧 가족",
    "\u202egnp.exe",
    "مرحبا",
    "가" * 300,
    "x" * 300,
    "가 나 " * 75,
    "a, b; <x@example.com>",
    "x@example.com, y@example.com",
    'back\\slash "quoted" (comment)',
    "{{ 7 * 7 }} {% raw %} {name}",
    "\ud800",
    " leading and trailing ",
    "two  spaces\tand a tab",
]
FIELDS = ["organisation", "title", "summary", "reason", "before", "after", "clause", "explanation", "name"]


def hostile_letter(field: str, value: str) -> Letter:
    both = {"ko": value, "en": value}
    person = replace(ANN, name=value) if field == "name" else ANN
    if field in ("organisation", "title"):
        made = composer(**{field: Localized.of(both)})
    elif field == "reason":
        made = composer(reason=both)
    elif field == "summary":
        made = composer(summary={"ko": [value], "en": [value]})
    elif field == "name":
        made = composer()
    else:
        changed = {"clause": {"id": "x", "title": value}, "explanation": both}.get(field, value)
        finding = {**FINDING, field: changed}
        made = composer(findings={"ko": [finding], "en": [finding]})
    return made.letter(person, TOKEN)


@pytest.mark.parametrize("value", HOSTILE, ids=[ascii(v)[:30] for v in HOSTILE])
@pytest.mark.parametrize("field", FIELDS)
def test_a_hostile_value_arrives_as_it_is_or_not_at_all(field: str, value: str) -> None:
    try:
        letter = hostile_letter(field, value)
    except IntegrityBroken as refused:
        problems = refused.problems
        letter = None
    if letter is None:
        assert [p.code for p in problems] == ["S230"]
        risky = re.search(r"[\r\n\x00-\x1f\x7f-\x9f\u2028\ud800]|=\?", value) or value != same_words(value)
        assert risky, "an ordinary value was refused"
        return
    parsed, text, html = read(letter)
    assert parsed.keys() == HEADERS
    assert [a.addr_spec for a in parsed["To"].addresses] == [ANN.address]
    assert [a.addr_spec for a in parsed["From"].addresses] == ["privacy@example.com"]
    plain = Seen(read(composer().letter(ANN, TOKEN))[2])
    seen = Seen(html)
    assert seen.tags == plain.tags, "the words became markup"
    assert seen.links == plain.links
    assert "<script" not in html.lower()
    if field not in ("organisation", "explanation"):
        assert same_words(value) in same_words(seen.words)
        assert same_words(value) in same_words(text)


@pytest.mark.parametrize("field", ["organisation", "title", "name"])
@pytest.mark.parametrize("value", ["가나다 " * 20, "Ünïcödé, Ltd.", "주식회사 예시 (Example) & Söhne", "🙂", "O'Neil"])
def test_ordinary_words_are_never_refused(field: str, value: str) -> None:
    header = {"organisation": "From", "title": "Subject", "name": "To"}[field]
    # The older reader: up to Python 3.12 the newer one puts blanks between the encoded words of a name.
    raw = str(message_from_bytes(hostile_letter(field, value.strip()).data)[header]).replace("\r\n", "")
    words = raw if field == "title" else parseaddr(raw)[0]
    assert value.strip() in str(make_header(decode_header(words)))


def test_an_address_that_is_more_than_one_is_refused() -> None:
    for address in ("a@example.com, b@example.com", "a@example.com>, <b@example.com", "a@example.com\r\nBcc: b@e.com"):
        with pytest.raises(IntegrityBroken) as refused:
            composer().letter(replace(ANN, address=address), TOKEN)
        assert [p.code for p in refused.value.problems] == ["S230"]
        assert "example.com" not in str(refused.value)


WORDS = st.one_of(
    st.text(max_size=80),
    st.text(alphabet='가나a \r\n\t"<>@,;:=?\\()\u2028\x00', max_size=40),
    st.lists(
        st.sampled_from(["=?UTF-8?Q?=0A?=", "=?utf-8?b?QmNjOg==?=", "Bcc: x@example.com", "\r\n", " ", "가", ","])
    ).map("".join),
)


@given(name=WORDS, title=WORDS, organisation=WORDS)
def test_any_words_are_refused_or_make_the_same_headers(name: str, title: str, organisation: str) -> None:
    made = composer(
        title=Localized.of({"ko": title, "en": title}),
        organisation=Localized.of({"ko": organisation, "en": organisation}),
    )
    person = Recipient(id="u", address="ann@example.org", name=name, language="en", guardian=False)
    try:
        letter = made.letter(person, TOKEN)
    except IntegrityBroken:
        return
    parsed, _, _ = read(letter)
    assert parsed.keys() == HEADERS
    assert [a.addr_spec for a in parsed["To"].addresses] == ["ann@example.org"]
    assert [a.addr_spec for a in parsed["From"].addresses] == ["privacy@example.com"]
    assert parsed["Bcc"] is None
    head = letter.data.split(b"\r\n\r\n")[0].split(b"\r\n")
    assert sum(not line.startswith((b" ", b"\t")) for line in head) == len(HEADERS)


@given(st.text(st.sampled_from('aZ:;,.<>@"\\ \t\r\n=?김\x0b\x0c\x1c\x85\u2028\x00'), max_size=30))
def test_what_the_reader_of_heads_takes_the_standard_library_reads_alike(value: str) -> None:
    head = f"Begins: -\r\nTo: {value}\r\nEnds: -\r\n\r\n"
    try:
        found = headers_of(head)
    except Refused:
        return
    if not _BREAKS.search(value):  # that parser breaks lines at these as well; no value of ours has them
        assert found == HeaderParser(policy=compat32).parsestr(head, headersonly=True).items()


@pytest.mark.parametrize(
    "value", ["a\r\nBcc: b@example.com", "a\nBcc: b@example.com", "a\r\n\r\nb", "a\r\n \r\n b", "a\rb", "a\r\nb"]
)
def test_a_value_that_would_end_its_header_is_seen(value: str) -> None:
    meant = [("Begins", "-"), ("To", value), ("Ends", "-")]
    written = "".join(f"{name}: {words}\r\n" for name, words in meant) + "\r\n"
    with suppress(Refused):
        assert headers_of(written) != meant


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("length", range(1, 8))
def test_a_name_in_the_body_leaves_every_other_word_alone(language: str, length: int) -> None:
    person = replace(PEOPLE[language], name="가<b>&"[: length % 4 + 1] * length)
    letter = composer().letter(person, TOKEN)
    _, text, html = read(letter)
    from publisher.mail.readers import Reader

    wanted = composer().bodies(language, Reader.ACCOUNT, person.name)
    assert (text.replace("\r\n", "\n"), html.replace("\r\n", "\n")) == wanted


def test_watchers_can_unsubscribe_and_nobody_else() -> None:
    watcher = replace(ANN, watcher=True)
    made = composer()
    assert read(made.letter(watcher, TOKEN))[0]["List-Unsubscribe"] == "<mailto:help@example.com?subject=unsubscribe>"
    made = replace(made, unsubscribe="https://example.com/u/{token}", watchers_sender="watch@example.com")
    parsed, text, _ = read(made.letter(watcher, TOKEN))
    assert parsed["List-Unsubscribe"] == f"<https://example.com/u/{TOKEN}>"
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert parsed["From"].addresses[0].addr_spec == "watch@example.com"
    assert "you asked Example Inc. to be told" in text
    for owed in (ANN, replace(ANN, guardian=True), replace(watcher, guardian=True)):
        parsed = read(made.letter(owed, TOKEN))[0]
        assert parsed.keys() == HEADERS
        assert parsed["From"].addresses[0].addr_spec == "privacy@example.com"


def test_mail_comes_back_to_an_address_of_its_letter() -> None:
    letter = replace(composer(), bounces="bounces@example.com").letter(ANN, TOKEN)
    assert letter.sender == f"bounces+{TOKEN}@example.com"
    assert read(letter)[0]["From"].addresses[0].addr_spec == "privacy@example.com"


@pytest.mark.parametrize(
    ("template", "code"),
    [("{{ name | upper }}", "S260"), ("<img src='https://example.net/x.gif'>{{ name }}", "S261")],
)
def test_a_template_that_cannot_be_used(tmp_path: Any, template: str, code: str) -> None:
    folder = tmp_path / "site" / "templates" / "mail"
    folder.mkdir(parents=True)
    (folder / "notice.html.j2").write_text(template)
    made = composer()
    made = replace(made, folders=[tmp_path / "site", *made.folders])
    with pytest.raises(Misconfigured) as refused:
        made.letter(ANN, TOKEN)
    assert [p.code for p in refused.value.problems] == [code]


@given(name=st.text(alphabet="a가é👩 ,\"'", min_size=1, max_size=120))
def test_no_encoded_word_but_the_last_is_padded(name: str) -> None:
    from publisher.mail.mould import mailbox

    words = re.findall(r"=\?utf-8\?b\?([^?]*)\?=", mailbox(name, "a@example.com"))
    assert not any(word.endswith("=") for word in words[:-1])
    assert all(len(line) <= 75 for line in mailbox(name, "a@example.com").split("\r\n"))

"""Letters as others read them: through a real Postfix into a Maildir, by notmuch and by a parser of another language."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from publisher.mail.mailers import at_will
from publisher.mail.outcomes import Outcome, State
from publisher.mail.smtp import SmtpMailer
from publisher.messages import translator
from publisher.workspace import MailServer
from tests.browsing import TOOLS, chromium, opened_for_checks, sideways, violations
from tests.mailing import ANN, HANA, NOTICE, composer
from tests.needs import needs
from tests.postfix import delivered, postfix

NAMES = ("김하나", "Ann", 'Ann "A" Lee, (x)', "가나다 " * 20 + "끝", "Zoë Ünïcödé")
READER = """
const { default: PostalMime } = await import(process.argv[1]);
const { readFileSync } = await import("node:fs");
const mail = await PostalMime.parse(readFileSync(0));
console.log(JSON.stringify(mail));
"""


def people() -> list[tuple[str, bytes, str]]:
    """Names in both languages with the letters to them, and the languages."""
    made = replace(composer(), bounces="bounces@example.com")
    found = []
    for number, name in enumerate(NAMES):
        for person in (HANA, ANN):
            letter = made.letter(replace(person, name=name), f"token-{number}-{person.language}")
            found.append((name, letter.data, person.language))
    return found


def test_a_real_postfix_delivers_and_notmuch_reads(tmp_path: Path) -> None:
    notmuch = shutil.which("notmuch") or ""
    needs(bool(notmuch), "notmuch")
    made = replace(composer(), bounces="bounces@example.com")
    letters = [
        made.letter(replace(person, name=name), f"token-{number}-{person.language}")
        for number, name in enumerate(NAMES)
        for person in (HANA, replace(ANN, address="hana@example.com"))
    ]

    async def send(port: int) -> list[Outcome | None]:
        server = MailServer(scheme="smtp", host="127.0.0.1", port=port)
        async with SmtpMailer(server, None, ssl.create_default_context()) as mailer:
            return [await mailer.hand_over(letter, at_will) for letter in letters]

    with postfix("hana@example.com") as (port, mail):
        assert [o and o.state for o in asyncio.run(send(port))] == [State.HANDED_OVER] * len(letters)
        found = delivered(mail / "hana", len(letters))
        files = {message_from_bytes(f.read_bytes())["Message-ID"]: f.read_bytes() for f in found}
        copied = tmp_path / "box"
        shutil.copytree(mail / "hana", copied)
    for letter in letters:
        arrived = files[f"<{letter.token}@example.com>"]
        assert f"Return-Path: <bounces+{letter.token}@example.com>".encode() in arrived
        assert arrived.replace(b"\n", b"\r\n").endswith(letter.data), "a byte was changed on the way"
    config = tmp_path / "notmuch"
    config.write_text(f"[database]\npath={copied}\n[user]\nname=x\nprimary_email=x@example.org\n")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "NOTMUCH_CONFIG": str(config),
        "LC_ALL": "C.UTF-8",
    }
    subprocess.run([notmuch, "new", "--quiet"], env=environment, check=True)
    shown = subprocess.run(
        [notmuch, "show", "--format=json", "--include-html", "*"], env=environment, check=True, capture_output=True
    )
    read = {message["id"]: message for message in messages(json.loads(shown.stdout))}
    assert len(read) == len(letters)
    for letter, (name, _, language) in zip(letters, people(), strict=True):
        message = read[f"{letter.token}@example.com"]
        assert message["headers"]["Subject"] == translator(language)(NOTICE.subject())
        assert message["headers"]["From"] == f"{NOTICE.organisation[language]} <privacy@example.com>".replace(
            "Example Inc.", '"Example Inc."'
        )
        assert message["headers"]["To"].endswith("<hana@example.com>")
        assert message["headers"]["To"].count("@") == 1
        assert same(message["headers"]["To"].rpartition(" <")[0]) == same(name)
        (alternative,) = message["body"]
        assert [part["content-type"] for part in alternative["content"]] == ["text/plain", "text/html"]
        for part in alternative["content"]:
            assert NOTICE.reason[language] in part["content"]
        assert name in alternative["content"][0]["content"]


def same(name: str) -> str:
    """A name without the quotes of a mailbox."""
    return name.replace("\\", "").replace('"', "")


def messages(shown: Any) -> Iterator[dict[str, Any]]:
    """Every message in what notmuch shows, which nests them as threads do."""
    if isinstance(shown, dict):
        yield shown
    else:
        for inner in shown:
            yield from messages(inner)


def test_an_independent_parser_reads_the_same() -> None:
    node, parser = shutil.which("node") or "", TOOLS / "postal-mime" / "dist" / "esm" / "postal-mime.js"
    needs(bool(node), "Node")
    needs(parser.is_file(), "postal-mime (npm ci --prefix tests/tools)")
    for name, data, language in people():
        ended = subprocess.run(
            [node, "--input-type=module", "-e", READER, str(parser)], input=data, capture_output=True
        )
        assert ended.returncode == 0, ended.stderr
        read = json.loads(ended.stdout)
        ours = message_from_bytes(data, policy=policy.default)
        assert len(read["to"]) == 1
        assert read["to"][0]["address"] == {"ko": HANA, "en": ANN}[language].address
        assert read["to"][0]["name"].strip() == name.strip()
        assert read["subject"] == str(ours["Subject"])
        assert read["from"] == {"name": NOTICE.organisation[language], "address": "privacy@example.com"}
        assert [h["key"] for h in read["headers"]] == [k.lower() for k in ours]
        assert name in read["text"]
        assert NOTICE.reason[language] in read["html"]


@pytest.mark.browser
def test_letters_in_a_browser() -> None:
    """Both languages, every kind of reader, light and dark, on a narrow screen and at twice the size; no style too."""
    from publisher.mail.readers import Reader

    long = {"ko": ["주문 기록을 7년간 보관합니다. " * 6], "en": ["Order records are kept for 7 years. " * 6]}
    with chromium() as browser:
        for language in ("ko", "en"):
            for reader in Reader:
                _, html = composer(summary=long).bodies(language, reader, {"ko": "김하나", "en": "Ann"}[language])
                for width, scheme in ((1100, "light"), (1100, "dark"), (320, "light"), (320, "dark")):
                    page, said, asked = opened_for_checks(browser, width, scheme, "screen")
                    page.set_content(html)
                    assert violations(page) == [], (language, reader, width, scheme)
                    assert sideways(page) == 0, (language, reader, width)
                    if width == 1100:
                        page.set_viewport_size({"width": 550, "height": 400})  # as at 200 %
                        assert sideways(page) == 0
                        page.evaluate("document.querySelector('style').remove()")
                        assert page.locator("h1").count() == 1
                        assert page.locator("ins").count() >= 1
                        assert page.locator("del").count() >= 1
                    assert (said, asked) == ([], [])
                    page.context.close()

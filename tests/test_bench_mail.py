"""What the bench of mailing rests on, and that the documents say what it measured and nothing else."""

from __future__ import annotations

import asyncio
import json
import re
import smtplib
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.mailing import VAULT, database_at, workspace_at

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
sys.path.append(str(ROOT / "bench"))

from bar_plot import Bar, bars  # noqa: E402
from mail_table import page, picture, put_between  # noqa: E402
from people import write_list  # noqa: E402
from relay import Relay  # noqa: E402
from scale import TABLES, rows  # noqa: E402

from publisher.mail.importing import import_recipients  # noqa: E402
from publisher.mail.recipients import count_recipients  # noqa: E402


def test_the_same_people_are_made_each_time_and_all_can_be_mailed(tmp_path: Path) -> None:
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    write_list(one, 2500)
    write_list(two, 2500)
    assert one.read_bytes() == two.read_bytes()
    with database_at(workspace_at(tmp_path)) as engine:
        report = import_recipients(engine, VAULT, one, ("ko", "en"))
        found = count_recipients(engine)
    assert (report.added, report.rejected, report.repeated, report.without_address) == (2500, 0, 0, 0)
    assert found["total"] == 2500
    assert found["ko"] > found["en"] > 0


@pytest.mark.parametrize("pipelining", [False, True])
def test_the_relay_takes_messages_and_says_whether_it_pipelines(pipelining: bool) -> None:
    def talk(port: int) -> tuple[bool, list[tuple[int, bytes]]]:
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.ehlo()
            data = "Subject: a\r\n\r\nb\r\n.c\r\n"
            return client.has_extn("pipelining"), [
                client.mail("privacy@example.com"), client.rcpt("a@example.net"), client.data(data), client.noop()
            ]  # fmt: skip

    async def run() -> tuple[bool, list[tuple[int, bytes]]]:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Relay(0.001, pipelining=pipelining), "127.0.0.1", 0)
        async with server:
            return await asyncio.to_thread(talk, server.sockets[0].getsockname()[1])

    announced, replies = asyncio.run(run())
    assert announced is pipelining
    assert [code for code, _ in replies] == [250, 250, 250, 250]
    assert replies[2][1] == b"2.0.0 taken"


def test_bars_are_as_long_as_their_values() -> None:
    drawn = ElementTree.fromstring(bars("A", {"B": [Bar("x", 1.0, "1"), Bar("y", 2.0, "2", asked=4.0)]}))  # noqa: S314
    widths = [float(r.get("width", "")) for r in drawn.iter("{http://www.w3.org/2000/svg}rect") if r.get("rx") != "8"]
    assert widths[1] == pytest.approx(2 * widths[0], abs=0.2)
    assert len(list(drawn.iter("{http://www.w3.org/2000/svg}line"))) == 1


def test_what_stands_between_two_marks_is_written_anew(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text("a\n<!-- t -->\nold\n<!-- /t -->\nz\n", "utf-8")
    put_between(file, "t", "new")
    assert file.read_text("utf-8") == "a\n<!-- t -->\nnew\n<!-- /t -->\nz\n"


def figures() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DOCS / "performance.json").read_text("utf-8")).get("mail", {})
    return found


def between(document: str, name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", (DOCS / document).read_text("utf-8"), re.DOTALL)
    assert found, f"{document} lacks the marks of {name}"
    return found[1].strip()


@pytest.mark.parametrize("name", TABLES)
def test_the_tables_for_fifty_million_are_what_follows_from_what_was_measured(name: str) -> None:
    measured = figures()
    assert between("scale.md", name) == (rows(*TABLES[name](measured)) if measured else "")


def test_the_page_and_the_picture_show_what_was_measured() -> None:
    measured = figures()
    assert between("performance.md", "mail") == (page(measured) if measured else "")
    image = DOCS / "images" / "mail.svg"
    assert image.exists() is bool(measured)
    if measured:
        assert image.read_text("utf-8") == picture(measured)

"""`publisher check` tries the letters of what is pending, so that a template is mended before a mailing needs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from publisher.workspace import site_files
from tests.conftest import Desk, Ended

Command = Callable[..., Ended]
NOW = "2026-11-23T09:00"


def template(desk: Desk, name: str, before: str, after: str) -> None:
    """A template of the workspace's own: ours, with one thing changed."""
    text = (site_files() / "templates" / "mail" / name).read_text("utf-8")
    assert before in text
    desk.write(f"site/templates/mail/{name}", text.replace(before, after, 1))


def check(publisher: Command, root: Path) -> tuple[int, list[tuple[str, str]]]:
    ended = publisher("check", "--json", "--now", NOW, cwd=root)
    return ended.status, [(f["code"], f["severity"]) for f in json.loads(ended.out)["findings"]]


@pytest.mark.parametrize(
    ("name", "before", "after", "code"),
    [
        ("notice.html.j2", "{% block content %}", "{% blok content %}", "C595"),
        ("notice.txt.j2", "{{", "{{ nothing_of_that_name }}{{", "C596"),
        ("base.html.j2", "{{ greeting | say }}", "{{ greeting | say | upper }}", "S260"),
        ("base.html.j2", "{{ greeting | say }}", '{{ greeting | say }}<img src="https://example.net/a.png">', "S261"),
        ("opening.txt.j2", "{{ greeting | say }}", "{{ greeting | say }}\nBuy now and get 20% off!", "S263"),
    ],
)
def test_a_template_that_would_stop_the_mailing(
    desk: Desk, publisher: Command, name: str, before: str, after: str, code: str
) -> None:
    desk.retention()
    assert check(publisher, desk.root)[0] == 0
    template(desk, name, before, after)
    status, found = check(publisher, desk.root)
    assert status == 5
    assert {one for one in found if one[0][0] in "CS"} == {(code, "error")}


def test_a_word_of_advertising_is_only_pointed_out(desk: Desk, publisher: Command) -> None:
    desk.retention()
    template(desk, "opening.txt.j2", "{{ greeting | say }}", "{{ greeting | say }}\nThe coupons are gone.")
    status, found = check(publisher, desk.root)
    assert (status, [one for one in found if one[0][0] in "CS"]) == (0, [("S264", "warning")] * 2)


def test_a_template_of_ones_own_that_is_sound(desk: Desk, publisher: Command) -> None:
    desk.retention()
    template(desk, "opening.txt.j2", "{{ greeting | say }}", "{{ greeting | say }}\nGood morning.")
    status, found = check(publisher, desk.root)
    assert (status, [one for one in found if one[0][0] in "CS"]) == (0, [])


def test_where_nothing_is_pending_the_last_mailing_is_tried(desk: Desk, publisher: Command) -> None:
    template(desk, "base.html.j2", "{{ greeting | say }}", "{{ greeting | say | upper }}")
    assert check(publisher, desk.root)[0] == 0, "nobody was ever mailed"
    (desk.root / "site" / "templates" / "mail" / "base.html.j2").unlink()
    desk.retention()
    desk.tick(NOW)
    template(desk, "base.html.j2", "{{ greeting | say }}", "{{ greeting | say | upper }}")
    ended = publisher("check", "--now", NOW, cwd=desk.root)
    assert (ended.status, "S260" in ended.err) == (5, True)

"""Looks of a workspace's own: file by file before the program's, and what is said of a template that is broken."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from publisher.errors import Misconfigured
from publisher.website.build import build_site
from publisher.workspace import site_files
from tests.conftest import Desk

BASE = "site/templates/base.html.j2"


def built(desk: Desk) -> Path:
    build_site(desk.workspace, desk.register())
    return desk.site


def own(desk: Desk, name: str, before: str, after: str) -> None:
    """A file of the workspace like the program's, but for some words."""
    text = (site_files() / name.removeprefix("site/")).read_text("utf-8")
    assert before in text
    desk.write(name, text.replace(before, after))


def test_a_workspace_s_files_come_before_the_program_s_one_by_one(desk: Desk) -> None:
    own(desk, BASE, '<footer class="foot">', '<footer class="foot">\n<p>Part of the Example group</p>')
    own(desk, "site/templates/parts.html.j2", '<p class="legend">', '<p class="legend">Legend: ')
    own(desk, "site/static/site.css", "--link: #174f8f;", "--link: #6b2d5c;")
    desk.write("site/static/icon.svg", '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>')
    desk.write("site/static/seal.svg", '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"/>')
    desk.recipients()
    desk.retention()
    desk.tick("2026-11-23T09:00")
    site = built(desk)
    for page in ("en/index.html", "ko/privacy/index.html", "en/privacy/history/index.html"):
        assert "Part of the Example group" in (site / page).read_text("utf-8")
    compared = (site / "en/privacy/compare/20200101..20261210/index.html").read_text("utf-8")
    assert "Legend: " in compared
    assert "before and after" in compared, "the other macros of the same file are still there"
    assert "--link: #6b2d5c;" in (site / "static/site.css").read_text("utf-8")
    assert b"0 0 1 1" in (site / "static/icon.svg").read_bytes()
    assert b"0 0 2 2" in (site / "static/seal.svg").read_bytes()
    # Without its own files the workspace has the program's again.
    for name in (BASE, "site/static/icon.svg"):
        (desk.root / name).unlink()
    site = built(desk)
    assert "Part of the Example group" not in (site / "en/index.html").read_text("utf-8")
    assert (site / "static/icon.svg").read_bytes() == (site_files() / "static/icon.svg").read_bytes()


@pytest.mark.parametrize(
    ("name", "before", "after", "code", "said"),
    [
        (BASE, '<main id="_content"', '{% blok %}<main id="_content"', "C595", "blok"),
        (BASE, '<main id="_content"', '{{ colour }}<main id="_content"', "C596", "'colour' is undefined"),
        (BASE, '<main id="_content"', '{{ 1 / 0 }}<main id="_content"', "C596", "division"),
        (BASE, '<main id="_content"', "{% include 'mine.html.j2' %}<main id=\"content\"", "C597", "mine.html.j2"),
        ("site/templates/life.html.j2", "macro effect(life)", "macro effects(life)", "C596", "effect"),
    ],
)
def test_a_broken_template_is_named_with_its_line_and_the_old_site_stays(
    desk: Desk, name: str, before: str, after: str, code: str, said: str
) -> None:
    site = built(desk)
    kept = {file: file.read_bytes() for file in (site / "en").rglob("*.html")}
    own(desk, name, before, after)
    lines = (desk.root / name).read_text("utf-8").split("\n")
    with pytest.raises(Misconfigured) as caught:
        built(desk)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert said in str(dict(problem.message.values))
    if name == BASE:
        assert problem.place.path == name
        assert after in lines[problem.place.line - 1]
    else:  # a part that other templates miss: the one that asks for it is named
        assert problem.place.path.endswith(".html.j2")
        assert problem.place.line > 0
    assert problem.hint is not None
    assert kept
    assert all(file.read_bytes() == data for file, data in kept.items())


def test_an_error_reaches_another_process_as_it_is() -> None:
    from publisher.errors import Place
    from publisher.messages import msg

    error = Misconfigured.of("C595", msg("The template cannot be read: {reason}", reason="x"), None, Place(path="a"))
    sent = pickle.loads(pickle.dumps(error))  # noqa: S301 - made here
    assert type(sent) is Misconfigured
    assert sent.problems == error.problems

"""The pages in a real browser and before a real HTML checker, in both languages, light and dark, wide and narrow."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from publisher.mail.send import MemoryMailer
from publisher.website.serve import make_server
from tests.browsing import chromium, every_look, faults_of_html, opened_for_checks, sideways, violations
from tests.conftest import Desk, seoul
from tests.lives import announced, postponed, shown, withdrawn
from tests.test_site import PAGES

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def desk_announced(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    root = tmp_path_factory.mktemp("browser") / "w"
    shutil.copytree(template, root)
    desk = Desk(root=root, now=seoul("2026-11-09T09:00"), mailer=MemoryMailer())
    desk.recipients()
    desk.telephone()
    desk.tick("2026-11-09T09:00")
    desk.tick("2026-11-19T00:00")
    for language, before, after in (
        ("en", "Order records: 5 years", "Order records: 7 years"), ("ko", "주문 기록: 5년", "주문 기록: 7년"),
        ("en", "## 7. Security measures", "## 7. Protection {#protection}\n\nNew.\n\n## 8. Security measures"),
        ("ko", "## 7. 안전성 확보 조치", "## 7. 보호 {#protection}\n\n새 조항.\n\n## 8. 안전성 확보 조치"),
    ):  # fmt: skip
        desk.edit(f"privacy/{language}.md", before, after)
    desk.write(
        "policy_docs/privacy/change.toml", 'reason = { ko = "법.", en = "Law." }\nconsent = "Asked in the app."\n'
    )
    desk.commit()
    report = desk.tick("2026-11-23T09:00")
    assert report.observation.problems == []
    return desk


def lived(desk: Desk) -> None:
    """Announcements of every fate: postponed twice, withdrawn, corrected on the same day, overtaken, first, annex."""
    desk.recipients()
    desk.tick("2026-11-09T09:00")
    desk.retention()
    desk.tick("2026-11-09T10:00")
    shown(desk)
    announced(desk, "20261126", "20261203", "2026-12-03", "2026-11-10T10:00", years=8, previous="20261126")
    withdrawn(desk, "20261203", "2026-11-11T10:00")
    postponed(desk, "20261126", "2026-11-12T10:00", "2026-12-11")
    postponed(desk, "20261126", "2026-11-13T10:00", "2027-01-05")
    announced(desk, "20261126", "20261211", "2026-12-11", "2026-11-16T10:00", years=9, previous="20261126")
    announced(desk, "20261126", "20261211-2", "2026-12-11", "2026-11-17T10:00", years=10, previous="20261211")
    announced(desk, "20200101", "20270110", "2027-01-10", "2026-11-17T11:00", policy="third-parties", previous="")
    shown(desk)


@pytest.fixture(scope="module")
def desk_lived(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    root = tmp_path_factory.mktemp("lived") / "w"
    shutil.copytree(template, root)
    desk = Desk(root=root, now=seoul("2026-11-09T09:00"), mailer=MemoryMailer())
    lived(desk)
    return desk


LIVED = [
    "{l}/", "{l}/notices/", "{l}/privacy/", "{l}/privacy/history/", "{l}/privacy/v/20261126/", "{l}/privacy/v/20261203/",
    "{l}/privacy/v/20261211/", "{l}/notices/privacy-20261126/", "{l}/notices/privacy-20261203/",
    "{l}/notices/privacy-20261211/", "{l}/notices/privacy-20261211-2/", "{l}/third-parties/",
    "{l}/privacy/compare/20261126..20261203/",
]  # fmt: skip


def pages() -> list[str]:
    found = [p for p in PAGES if "compare" not in p]
    found.append("{l}/privacy/compare/20261119..20261210/")
    return found


@contextmanager
def serving(desk: Desk) -> Iterator[str]:
    server = make_server(desk.workspace, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def served(desk_announced: Desk) -> Iterator[str]:
    with serving(desk_announced) as address:
        yield address


@pytest.fixture(scope="module")
def served_lived(desk_lived: Desk) -> Iterator[str]:
    with serving(desk_lived) as address:
        yield address


@pytest.fixture(scope="module")
def browser(served: str, served_lived: str) -> Iterator[Browser]:  # noqa: ARG001 - made first: Playwright keeps an event loop running
    with chromium() as launched:
        yield launched


@pytest.mark.browser
@pytest.mark.parametrize("language", ["ko", "en"])
@every_look
def test_pages_in_chromium(
    browser: Browser, served: str, served_lived: str, language: str, width: int, scheme: str, media: str
) -> None:
    page, said, asked = opened_for_checks(browser, width, scheme, media)
    urls = [f"{served}/{path}" for path in pages()] + [f"{served_lived}/{path}" for path in LIVED]
    for url in (u.format(l=language) for u in urls):
        answer = page.goto(url)
        assert answer is not None
        assert answer.ok, url
        wide = sideways(page)
        assert wide <= 0, f"{url} scrolls sideways by {wide}px at {width}px"
        if media == "screen":
            assert violations(page) == [], url
    assert said == []
    assert all(url.startswith((served, served_lived)) for url in asked)
    page.context.close()


@pytest.mark.browser
def test_without_scripts_and_under_the_site_s_own_policy(browser: Browser, served: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{served}/")
    page.get_by_role("link", name="English").click()
    page.get_by_role("link", name="What changes and why").first.click()
    page.get_by_role("link", name="Compare with the text before").click()
    page.get_by_role("link", name="Change 1").click()
    assert page.url.endswith("#ch-1")
    assert said == []
    assert context.cookies() == []
    context.close()


@pytest.mark.browser
def test_a_comparison_is_walked_by_keyboard(browser: Browser, served: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{served}/en/privacy/compare/20261119..20261210/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the text"
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "document.activeElement.getAttribute('href') || document.activeElement.getAttribute('role') || ''"
            )
        )
    assert "region" in reached, "the table can be scrolled by keyboard"
    assert [x for x in reached if x.startswith("#ch-")][-1] != ""
    page.goto(f"{served}/en/privacy/compare/20261119..20261210/#ch-1")
    page.get_by_role("link", name="next change").first.press("Enter")
    assert page.url.endswith("#ch-2")
    context.close()


@pytest.mark.browser
def test_the_redline_prints_its_marks(browser: Browser, served: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{served}/ko/privacy/compare/20261119..20261210/")
    page.emulate_media(media="print")
    for selector, mark in (("ins", "[+"), ("del", "[-")):
        content = page.evaluate(f"getComputedStyle(document.querySelector('.change {selector}'), '::before').content")
        assert mark in content
    page.emulate_media(media="screen", forced_colors="active")
    assert "[+" in page.evaluate("getComputedStyle(document.querySelector('.change ins'), '::before').content")
    context.close()


@pytest.mark.html_checker
def test_the_html_checker_finds_nothing(desk_announced: Desk, desk_lived: Desk) -> None:
    for desk in (desk_announced, desk_lived):
        files = sorted(desk.site.rglob("*.html"))
        assert [(url.rsplit("/site/")[-1], fault) for url, fault in faults_of_html(files)] == []
        assert len(files) > 20


@pytest.mark.browser
def test_the_record_is_printed_with_the_page(browser: Browser, served_lived: str) -> None:
    """Who keeps the page on paper has its last record too."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{served_lived}/en/privacy/")
    page.emulate_media(media="print")
    assert page.locator("footer .head").is_visible()
    assert not page.locator("footer .elsewhere").is_visible()
    context.close()

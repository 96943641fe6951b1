"""The page of `publisher compare --html` in a real browser and before a real HTML checker, opened as the file it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browsing import chromium, every_look, faults_of_html, opened_for_checks, sideways, violations
from tests.test_compare_command import HOSTILE, NEW, NEW_KO, OLD, OLD_KO, page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.xdist_group("browser")

LONG = "## Part {#part}\n\n" + "".join(f"- item {i} https://example.com/{'path' * 30}/{i}\n" for i in range(30))
PAGES = {
    "english": (OLD, NEW, "en"),
    "korean": (OLD_KO, NEW_KO, "ko"),
    "minor": (OLD, OLD.replace("0100", "0199"), "en"),
    "unchanged": (OLD, OLD, "en"),
    "hostile": (OLD, HOSTILE, "en"),
    "hostile-korean": (HOSTILE, OLD_KO, "ko"),
    "long": (OLD, OLD + LONG, "en"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compare")
    for name, (old, new, language) in PAGES.items():
        (folder / f"{name}.html").write_text(page(old, new, language), "utf-8")
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


@pytest.mark.browser
@every_look
def test_the_page_in_chromium(browser: Browser, made: Path, width: int, scheme: str, media: str) -> None:
    opened, said, asked = opened_for_checks(browser, width, scheme, media)
    for name in PAGES:
        opened.goto((made / f"{name}.html").as_uri())
        wide = sideways(opened)
        assert wide <= 0, f"{name} scrolls sideways by {wide}px at {width}px"
        if media == "screen":
            assert violations(opened) == [], name
    assert said == []
    assert asked == [(made / f"{name}.html").as_uri() for name in PAGES]
    opened.context.close()


@pytest.mark.browser
def test_under_its_own_policy_the_page_is_styled_and_nothing_runs(browser: Browser, made: Path) -> None:
    context = browser.new_context()
    opened = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("dialog", lambda dialog: said.append(dialog.message))
    opened.on("request", lambda request: asked.append(request.url))
    for name in ("english", "hostile", "hostile-korean"):
        opened.goto((made / f"{name}.html").as_uri())
        paint = opened.evaluate("getComputedStyle(document.querySelector('ins')).backgroundColor")
        assert paint != "rgba(0, 0, 0, 0)", "the style is let in by its hash"
        assert opened.evaluate("document.scripts.length") == 0
    assert said == []
    assert len(asked) == 3
    # The policy itself is alive: what it does not name is refused.
    with opened.expect_console_message(lambda message: "Content Security Policy" in message.text):
        opened.evaluate(
            "document.body.append(Object.assign(document.createElement('img'), {src: 'https://example.com/x'}))"
        )
    context.close()


@pytest.mark.browser
def test_changes_are_walked_by_their_links(browser: Browser, made: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto((made / "english.html").as_uri())
    opened.keyboard.press("Tab")
    assert opened.locator(":focus").text_content() == "Skip to the text"
    opened.get_by_role("link", name="Change 1").first.press("Enter")
    assert opened.url.endswith("#ch-1")
    opened.get_by_role("link", name="next change").first.press("Enter")
    assert opened.url.endswith("#ch-2")
    opened.get_by_role("link", name="previous change").first.press("Enter")
    assert opened.url.endswith("#ch-1")
    context.close()


@pytest.mark.browser
def test_the_marks_survive_print_and_forced_colours(browser: Browser, made: Path) -> None:
    context = browser.new_context()
    opened = context.new_page()
    opened.goto((made / "korean.html").as_uri())
    for media in ({"media": "print"}, {"media": "screen", "forced_colors": "active"}):
        opened.emulate_media(**media)  # type: ignore[arg-type]
        for selector, mark in (("ins", "[+"), ("del", "[-")):
            asked = f"getComputedStyle(document.querySelector('.change {selector}'), '::before')"
            assert mark in opened.evaluate(f"{asked}.content")
            assert opened.evaluate(f"{asked}.display") == "inline-block", "a struck mark cannot be read"
    context.close()


@pytest.mark.html_checker
def test_the_html_checker_finds_nothing(made: Path) -> None:
    files = sorted(made.glob("*.html"))
    assert [(url.rsplit("/")[-1], fault) for url, fault in faults_of_html(files)] == []
    assert len(files) == len(PAGES)

"""Pages in Debian's Chromium and before the Nu HTML checker, for the tests of the site and of the comparison's page."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from publisher.website.serve import make_server
from publisher.workspace import Workspace
from tests.needs import needs

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TOOLS = Path(__file__).parent / "tools" / "node_modules"
AXE = TOOLS / "axe-core" / "axe.min.js"
CHECKER = TOOLS / "vnu-jar" / "build" / "dist" / "vnu.jar"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
# Without these Chromium looks for hosts of its own at every start.
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run", "--disable-quic"]  # fmt: skip

every_look = pytest.mark.parametrize(
    ("width", "scheme", "media"),
    [(1100, "light", "screen"), (1100, "dark", "screen"), (320, "light", "screen"), (794, "light", "print")],
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser; the test is skipped, or fails under CI, where there is none."""
    needs(bool(CHROMIUM), "Chromium")
    needs(AXE.is_file(), "axe-core (npm ci --prefix tests/tools)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield launched
        launched.close()


@contextmanager
def serving(workspace: Workspace) -> Iterator[str]:
    """The site of a workspace on this machine; its address."""
    server = make_server(workspace, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def opened_for_checks(browser: Browser, width: int, scheme: str, media: str) -> tuple[Page, list[str], list[str]]:
    """A page that looks so, what it says on the console or as an error, and the addresses that it asks for."""
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme,  # type: ignore[arg-type]
        bypass_csp=True,  # for the checker alone; the policy is tried by a test of its own
    )  # fmt: skip
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.emulate_media(media=media)  # type: ignore[arg-type]
    return page, said, asked


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def violations(page: Page) -> list[tuple[str, str]]:
    """What axe finds against WCAG 2.2 AA and good practice: the rule, and the first element."""
    page.add_script_tag(path=str(AXE))
    result = page.evaluate("axe.run(document, {runOnly: ['wcag2a','wcag2aa','wcag21aa','wcag22aa','best-practice']})")
    return [(v["id"], v["nodes"][0]["html"]) for v in result["violations"]]


def faults_of_html(files: Sequence[Path]) -> list[tuple[str, str]]:
    """What the Nu HTML checker finds: the file, and the fault.

    A content security policy is judged by Chromium instead: a file has no origin, so that 'self' allows it nothing, and
    the checker does not work out hashes.
    """
    needs(shutil.which("java") is not None, "Java")
    needs(CHECKER.is_file(), "the Nu HTML checker (npm ci --prefix tests/tools)")
    ended = subprocess.run(
        ["java", "-jar", str(CHECKER), "--also-check-css", "--format", "json", "--stdout", *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
    )
    found = json.loads(ended.stdout)["messages"]
    return [(m["url"], m["message"]) for m in found if "violates Content Security Policy" not in m["message"]]

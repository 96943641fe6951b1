"""The pages in a real browser and before a real HTML checker, in both languages, light and dark, wide and narrow."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from publisher.mail.mailers import MemoryMailer
from tests.browsing import chromium, every_look, faults_of_html, opened_for_checks, serving, sideways, violations
from tests.conftest import Desk, seoul
from tests.lives import announced, postponed, shown, withdrawn
from tests.needs import needs
from tests.showcase import COMING, CURRENT, PAGES, showcase

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def desk_shown(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return showcase(template, tmp_path_factory.mktemp("browser") / "w")


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


@pytest.fixture(scope="module")
def served(desk_shown: Desk) -> Iterator[str]:
    with serving(desk_shown.workspace) as address:
        yield address


@pytest.fixture(scope="module")
def served_lived(desk_lived: Desk) -> Iterator[str]:
    with serving(desk_lived.workspace) as address:
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
    urls = [f"{served}/{path}" for path in PAGES.values()] + [f"{served_lived}/{path}" for path in LIVED]
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
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    for path in PAGES.values():
        for language in ("ko", "en"):
            page.goto(f"{served}/{path.format(l=language)}")
    page.goto(f"{served}/")
    page.get_by_role("link", name="English").click()
    page.get_by_role("link", name="What changes and why").first.click()
    page.get_by_role("link", name="Compare with the text before").click()
    page.get_by_role("link", name="Change 1", exact=True).click()
    assert page.url.endswith("#ch-1")
    assert said == []
    assert all(url.startswith(served) for url in asked)
    assert context.cookies() == []
    context.close()


#: What has the focus: what it is, whether it can be seen whole in the window, and whether an outline is drawn round it.
FOCUSED = """() => {
  const e = document.activeElement, box = e.getBoundingClientRect(), style = getComputedStyle(e);
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height, 20) / 2);
  return {what: e.getAttribute('href') || e.getAttribute('role') || e.tagName.toLowerCase(), words: e.textContent,
          seen: !!top && (e.contains(top) || top.contains(e)), outline: parseFloat(style.outlineWidth)};
}"""


@pytest.mark.browser
def test_a_comparison_is_walked_by_keyboard(browser: Browser, served: str) -> None:
    context = browser.new_context(viewport={"width": 500, "height": 700})
    page = context.new_page()
    comparison = f"{served}/{PAGES['comparison'].format(l='en')}"
    page.goto(comparison)
    walked: list[dict[str, Any]] = []
    while not walked or walked[-1]["what"] != "body":
        page.keyboard.press("Tab")
        walked.append(page.evaluate(FOCUSED))
        assert len(walked) < 200
    assert walked[0]["words"] == "Skip to the text"
    reached = [step["what"] for step in walked]
    assert reached.count("region") == 2, "both tables can be scrolled by keyboard"
    changes = page.locator("[id^='ch-']").count()
    assert {f"#ch-{n}" for n in range(1, changes + 1)} <= set(reached)
    hidden = [step for step in walked[:-1] if not step["seen"] or step["outline"] < 2]
    assert hidden == [], "what has the focus is seen, with its outline"
    page.goto(comparison)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)"), "the skip link skips"
    page.goto(f"{comparison}#ch-1")
    for number in range(2, changes + 1):
        page.locator(f"#ch-{number - 1}").get_by_role("link", name=f"next change ({number})").press("Enter")
        assert page.url.endswith(f"#ch-{number}")
        box = page.locator(f"#ch-{number}").bounding_box()
        assert box is not None
        assert 0 <= box["y"] < 700
    page.locator(f"#ch-{changes}").get_by_role("link", name="previous change").press("Enter")
    assert page.url.endswith(f"#ch-{changes - 1}")
    page.goto(f"{served}/en/privacy/")
    page.locator("summary").press("Enter")
    assert page.locator("details").get_attribute("open") is None
    context.close()


MARK = "([element, end]) => getComputedStyle(document.querySelector('.change ' + element), '::' + end).content"


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_redlines_are_told_in_print_and_in_forced_colours(browser: Browser, served: str, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{served}/{PAGES['comparison'].format(l='ko')}")
    drawn = {"ins": ("underline", "[+", "+]"), "del": ("line-through", "[-", "-]")}
    for media, colours in (("screen", "none"), ("print", "none"), ("screen", "active")):
        page.emulate_media(media=media, forced_colors=colours)  # type: ignore[arg-type]
        for element, (line, begin, end) in drawn.items():
            look = page.evaluate(
                "e => (({textDecorationLine: l, textDecorationThickness: t, backgroundColor: b}) => [l, t, b])"
                "(getComputedStyle(document.querySelector('.change ' + e)))",
                element,
            )
            assert look[:2] == [line, "2px"]
            signs = [page.evaluate(MARK, [element, place]) for place in ("before", "after")]
            signed = media == "print" or colours == "active"
            assert signs == ([f'"{begin}"', f'"{end}"'] if signed else ["none", "none"])
            if media == "screen" and colours == "none":
                assert look[2] == GROUNDS[scheme, element]
    context.close()


#: The exact grounds of inserted and deleted words.
GROUNDS = {
    ("light", "ins"): "rgb(217, 242, 221)", ("light", "del"): "rgb(253, 227, 225)",
    ("dark", "ins"): "rgb(18, 53, 27)", ("dark", "del"): "rgb(69, 22, 20)",
}  # fmt: skip


@pytest.mark.browser
def test_large_letters_and_wide_spacing_cut_nothing_off(browser: Browser, served: str) -> None:
    """WCAG 2.2: 1.4.4 (200 %: half the window), 1.4.10 (400 %), 1.4.12 (spacing of lines, paragraphs, letters, words)."""
    page, _, _ = opened_for_checks(browser, 640, "light", "screen")
    spaced = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }"
    spaced += " p { margin-bottom: 2em !important }"
    cut = """[...document.querySelectorAll('main *, header *, footer *')].filter(e => {
      const style = getComputedStyle(e);
      return !e.closest('.vh, .scroll') && style.overflowX !== 'visible' && style.display !== 'inline'
        && e.scrollWidth > e.clientWidth + 1;
    }).map(e => e.outerHTML.slice(0, 80))"""
    for path in PAGES.values():
        for language in ("ko", "en"):
            page.goto(f"{served}/{path.format(l=language)}")
            page.add_style_tag(content=spaced)
            for width in (640, 320):
                page.set_viewport_size({"width": width, "height": 600})
                assert sideways(page) <= 0, (path, language, width)
                assert page.evaluate(cut) == [], (path, language, width)
    page.context.close()


@pytest.mark.browser
def test_a_text_is_printed_as_a_record(browser: Browser, served: str) -> None:
    """Address, version, validity and fingerprint stand on paper, and where links lead; what is of no use there does not."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{served}/en/privacy/v/20200101/")
    page.emulate_media(media="print")
    printed = page.locator("main").inner_text()
    for words in ("https://policies.example.com/en/privacy/v/20200101/", "20200101", "from Wed 1 Jan 2020", "SHA-256"):
        assert words in printed, words
    assert "replaced on Thu 19 Nov 2026" in printed
    assert not page.locator("nav").first.is_visible()
    assert not page.locator(".anchor").first.is_visible()
    target = "getComputedStyle(document.querySelector('.policy a:not(.anchor)[href^=\"/\"]'), '::after').content"
    assert "/en/third-parties/" in page.evaluate(target)
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("language", ["ko", "en"])
def test_each_sheet_says_what_it_is_of_and_its_number(
    browser: Browser, served: str, tmp_path: Path, language: str
) -> None:
    """As Chromium prints it, read back: a sheet that is lost from the others is still known."""
    needs(shutil.which("pdftotext") is not None, "poppler-utils")
    title = {"ko": "개인정보 처리방침", "en": "Privacy Policy"}[language]
    organisation = {"ko": "예시 회사", "en": "Example Company"}[language]
    page = browser.new_context().new_page()
    for name, says in (
        ("text", f"{title} ({CURRENT})"), ("coming", f"{title} ({COMING})"), ("comparison", title), ("notice", title),
    ):  # fmt: skip
        page.goto(f"{served}/{PAGES[name].format(l=language)}")
        file = tmp_path / f"{name}.pdf"
        page.pdf(path=file, format="A4", prefer_css_page_size=True)
        printed = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, check=True).stdout.decode()
        sheets = [sheet.strip().split("\n") for sheet in printed.removesuffix("\f").split("\f")]
        assert len(sheets) > 1
        for number, lines in enumerate(sheets, 1):
            assert lines[0].startswith(says), (name, number)
            assert lines[0].endswith(organisation), (name, number)
            assert "".join(lines[-1].split()) == f"{number}/{len(sheets)}", (name, number)
    page.context.close()


@pytest.mark.browser
@pytest.mark.parametrize("name", ["comparison", "notice"])
def test_on_a_telephone_the_sides_of_a_change_stand_below_one_another(browser: Browser, served: str, name: str) -> None:
    """Nothing has to be scrolled sideways, each side says which it is, and it is still a table to a screen reader."""
    context = browser.new_context(viewport={"width": 320, "height": 800})
    page = context.new_page()
    page.goto(f"{served}/{PAGES[name].format(l='en')}")
    wider = "[...document.querySelectorAll('.scroll')].map(each => each.scrollWidth - each.clientWidth)"
    assert max(page.evaluate(wider)) <= 0
    cells = page.locator("table.compare").first.locator("tbody tr").first.locator("th, td")
    boxes = [cells.nth(n).bounding_box() for n in range(cells.count())]
    assert len(boxes) >= 3
    assert all(a and b and a["y"] + a["height"] <= b["y"] + 1 for a, b in pairwise(boxes))
    label = (
        "[...document.querySelectorAll('tbody tr:first-child td')].map(x => getComputedStyle(x, '::before').content)"
    )
    assert page.evaluate(label)[:2] == ['"Before"', '"After"']
    tree = context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    roles = Counter(node["role"]["value"] for node in tree if not node["ignored"])
    assert roles["table"] >= 1
    assert roles["row"] > 3
    assert roles["columnheader"] >= 3
    assert roles["rowheader"] >= 3
    assert roles["cell"] >= 6
    assert not roles["LayoutTable"]
    context.close()


@pytest.mark.html_checker
def test_the_html_checker_finds_nothing(desk_shown: Desk, desk_lived: Desk) -> None:
    files = [file for desk in (desk_shown, desk_lived) for file in sorted(desk.site.rglob("*.html"))]
    files.append(desk_shown.site / "static" / "site.css")
    assert [(url.rsplit("/site/")[-1], fault) for url, fault in faults_of_html(files)] == []
    assert len(files) > 60


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

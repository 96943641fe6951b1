"""What a comparison's HTML owes its readers whoever they are; axe does not see it (docs/decisions/0026)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from markupsafe import Markup

from publisher.changes.model import Comparison, Kind
from publisher.changes.redline import Run, redline
from publisher.messages import translator
from publisher.register.versions import Version
from publisher.website.changed import ChangeView
from publisher.website.redlined import redline_filter
from publisher.website.views import SiteContent
from tests.conftest import Desk
from tests.showcase import BEFORE, COMING, CURRENT, showcase

#: The hidden words at the beginning and at the end of each mark.
SAID = {"ins": ("added:", "end of added text."), "del": ("removed:", "end of removed text.")}
PAIRS = [(BEFORE, CURRENT, CURRENT), (CURRENT, COMING, COMING), (BEFORE, CURRENT, "current")]


@pytest.fixture(scope="module")
def shown(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return showcase(template, tmp_path_factory.mktemp("redline") / "w")


def page_of(desk: Desk, language: str, old: str, named: str) -> html.HtmlElement:
    file = desk.site / language / "privacy" / "compare" / f"{old}..{named}" / "index.html"
    return html.fromstring(file.read_text("utf-8"))


def side(element: html.HtmlElement, without: str) -> str:
    """The words that are left when the elements `without` and what only a screen reader says are taken out."""

    def pieces(node: html.HtmlElement) -> Iterator[str]:
        if node.tag == "br":
            yield "\n"
        elif node.tag != without and "vh" not in node.classes:
            yield node.text or ""
            for child in node:
                yield from pieces(child)
        yield node.tail or "" if node is not element else ""

    return "".join(pieces(element))


def compared(desk: Desk, old: str, new: str, language: str) -> tuple[Comparison, list[ChangeView]]:
    register = desk.register()
    content = SiteContent(desk.workspace.settings.site, register, desk.workspace.settings.notice.timezone)
    versions = [register.find("privacy", x) for x in (old, new)]
    before, after = (v for v in versions if isinstance(v, Version))
    return content.comparison(before, after, language)


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize(("old", "new", "named"), PAIRS)
def test_each_change_has_its_marks_its_number_and_its_row(
    shown: Desk, old: str, new: str, named: str, language: str
) -> None:
    page = page_of(shown, language, old, named)
    _, changes = compared(shown, old, new, language)
    last = len(changes)
    rows = page.xpath("//table[contains(@class, 'compare')]/tbody/tr")
    assert len(rows) == last
    for number, change in enumerate(changes, 1):
        (place,) = page.xpath(f"//*[@id='ch-{number}']")
        steps = [x for x in place.xpath(".//a/@href") if x.startswith("#ch-")]
        expected = {f"#ch-{n}" for n in (number - 1, number + 1) if 1 <= n <= last}
        assert expected <= set(steps) <= expected | {f"#ch-{number}"}
        row = rows[number - 1]
        assert row.xpath("./th[@scope='row']//a/@href")[0] == f"#ch-{number}"
        before, after = row.xpath("./td")
        assert side(before, "ins") == ("".join(run.text for run in change.before) or "–")
        assert side(after, "del") == ("".join(run.text for run in change.after) or "–")
        if change.layout:
            assert row.get("id") == f"ch-{number}"
            continue
        (words,) = place.xpath("./p[@class='redline']")
        if not change.was:
            assert side(words, "ins") == "".join(run.text for run in change.before)
            assert words.xpath(".//ins | .//del"), "told by more than its place"
        assert side(words, "del") == "".join(run.text for run in change.after)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_each_mark_is_said_and_none_by_colour_alone(shown: Desk, language: str) -> None:
    page = page_of(shown, language, CURRENT, COMING)
    say = translator(language)
    for mark, said in SAID.items():
        found = page.xpath(f"//main//{mark}")
        assert len(found) > 3
        for element in found:
            hidden = [x.text_content().strip() for x in element.xpath("./span[@class='vh']")]
            assert hidden == [say.gettext(words) for words in said]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_words_of_the_page_are_those_of_the_texts(shown: Desk, language: str) -> None:
    """Nothing of an edit is lost on the way to the page, and nothing comes to it."""
    page = page_of(shown, language, CURRENT, COMING)
    cells = [(side(a, "ins"), side(b, "del")) for a, b in (tr.xpath("./td") for tr in page.xpath("//main//tbody/tr"))]
    edits = compared(shown, CURRENT, COMING, language)[0].edits
    plain = [e for e in edits if e.kind is not Kind.RENUMBERED]
    assert {e.kind for e in edits} == set(Kind)
    for edit in plain:
        assert (edit.before or "–", edit.after or "–") in cells


def test_moves_are_moves_and_layout_stands_apart(shown: Desk) -> None:
    page = page_of(shown, "en", CURRENT, COMING)
    words = " ".join(page.xpath("//main")[0].text_content().split())
    assert "moved from “9. Changes to this policy” to “1. Scope”" in words
    assert "the clause moved from after “2. Personal information we collect” to after “1. Scope”" in words
    assert "renumbered from 7. to 8." in words
    assert "1 passage set out differently" in words
    apart = page.xpath("//h2[@id='layout']/following-sibling::div//tbody/tr")
    assert len(apart) == 1
    assert "was a paragraph, is a list item" in apart[0].text_content()
    moved = [c for c in page.xpath("//div[@class='change']") if c.xpath(".//span[@class='tag']")[0].text == "moved"]
    assert len(moved) == 2
    assert all(not c.xpath(".//ins | .//del") for c in moved)


def test_a_comparison_with_the_text_in_force_names_both_and_the_permanent_one(shown: Desk) -> None:
    page = page_of(shown, "en", BEFORE, "current")
    (note,) = page.xpath("//p[@class='note']")
    words = " ".join(note.text_content().split())
    assert f"always compares version {BEFORE} with the text in force" in words
    assert f"Since Thu 19 Nov 2026 that is version {CURRENT}." in words
    assert note.xpath(".//a/@href") == [f"/en/privacy/compare/{BEFORE}..{CURRENT}/"]
    assert page_of(shown, "en", BEFORE, CURRENT).xpath("//p[@class='note']") == []


@given(st.text(max_size=60), st.text(max_size=60))
def test_both_sides_come_back_from_the_html(before: str, after: str) -> None:
    runs = redline(before, after)
    # What HTML cannot carry (control characters, other line ends) does not come this far: it is refused in a text.
    clean = [Run(r.op, "".join(c if c == "\n" or c.isprintable() else "·" for c in r.text)) for r in runs]
    element = html.fragment_fromstring(str(Markup("<p>{}</p>").format(redline_filter(translator("ko"))(clean))))
    assert side(element, "ins") == "".join(r.text for r in clean if r.op != "insert")
    assert side(element, "del") == "".join(r.text for r in clean if r.op != "delete")

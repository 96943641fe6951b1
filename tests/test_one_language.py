"""A site in one language, below a path of its host, of three policies of which two name an annex."""

from __future__ import annotations

import json
import re

import feedparser
import pytest
from icalendar import Calendar

from tests.conftest import REASON, Desk
from tests.linkcheck import BuiltSite, dead_links, one_way

BASE = "https://www.example.org/legal"
TERMS = "# Terms {#terms}\n\nYou accept these terms, and [the annex](/en/third-parties/#processors).\n\n## 1. Price {#price}\n\nIt costs 5 dollars.\n"


@pytest.fixture
def built(desk: Desk) -> BuiltSite:
    desk.set('"https://policies.example.com"', f'"{BASE}"')
    desk.set('languages = ["ko", "en"]', 'languages = ["en"]')
    desk.set('governing_language = "ko"', 'governing_language = "en"')
    for policy in ("privacy", "third-parties"):
        (desk.root / f"policy_docs/{policy}/ko.md").unlink()
    desk.write("policy_docs/terms/en.md", TERMS)
    desk.write(
        "policy_docs/terms/policy.toml", 'kind = "terms"\ntitle = { en = "Terms" }\nincludes = ["third-parties"]\n'
    )
    desk.commit()
    desk.recipients("u1,ann@example.org,Ann,en\n")
    desk.tick("2026-11-23T09:00")
    desk.edit("third-parties/en.md", "| Example Mail | sending e-mail |", "| Example Post | sending e-mail |")
    desk.write("policy_docs/third-parties/change.toml", REASON)
    desk.edit("terms/en.md", "5 dollars", "6 dollars")
    desk.write("policy_docs/terms/change.toml", REASON)
    desk.commit()
    desk.tick("2026-11-24T09:00")
    return BuiltSite(desk.site, BASE)


def test_pages_are_there_in_that_language_alone(built: BuiltSite) -> None:
    for policy in ("privacy", "third-parties", "terms"):
        assert f"en/{policy}/index.html" in built.files
        assert f"en/{policy}/history/index.html" in built.files
    assert len([x for x in built.files if re.fullmatch(r"en/notices/(terms|third-parties)-[0-9]+/index\.html", x)]) == 2
    assert [x for x in built.files if x.startswith("ko/")] == []
    words = "".join(page.text_content() for page in built.pages.values())
    assert "한국어" not in words


def test_links_stay_below_the_path(built: BuiltSite) -> None:
    assert [(x.file, x.written) for x in dead_links(built)] == []
    assert one_way(built) == []
    ours = [x for x in built.links() if x.full.startswith("https://www.example.org")]
    assert all(x.full.startswith(f"{BASE}/") for x in ours)
    assert "/legal/en/third-parties/#processors" in built.pages["en/terms/index.html"].xpath(
        "//div[@class='policy']//a/@href"
    )


def test_no_page_offers_another_language(built: BuiltSite) -> None:
    for file, page in built.pages.items():
        assert set(page.xpath("//@hreflang")) <= {"en", "x-default"}, file
        assert set(page.xpath("//@lang")) == {"en"}, file


def test_feeds_and_calendars_tell_of_both_changes(built: BuiltSite) -> None:
    feed = feedparser.parse(built.read("en/feed.atom"))
    assert feed.bozo == 0
    assert {e.link.removeprefix(f"{BASE}/en/notices/").split("-2")[0] for e in feed.entries if e.id.endswith("announced")} == {
        "terms", "third-parties",
    }  # fmt: skip
    assert {i["id"] for i in json.loads(built.read("en/feed.json"))["items"]} == {e.id for e in feed.entries}
    assert len(Calendar.from_ical(built.read("en/calendar.ics")).walk("VEVENT")) == 2
    for policy in ("terms", "third-parties"):
        assert len(Calendar.from_ical(built.read(f"en/{policy}/calendar.ics")).walk("VEVENT")) == 1

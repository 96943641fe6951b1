"""A site in one language, below a path of its host, of three policies of which two name an annex; and in a site of two
languages, policies whose text is there in one of them.
"""

from __future__ import annotations

import json
import re
from datetime import date

import feedparser
import pytest
from icalendar import Calendar

from publisher.run.intake import take_in
from publisher.website.build import build_site
from tests.browsing import chromium, faults_of_html, opened_for_checks, serving, violations
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


# -- one text in one of two languages -----------------------------------------------------------------------------


def recorded(desk: Desk, policy: str, language: str, day: date, text: str) -> None:
    file = desk.root.parent / "old.md"
    file.write_text(text, "utf-8")
    take_in(desk.workspace, file, policy=policy, language=language, announced=None, effective=day, replace=False,
            dry_run=False, at=desk.now)  # fmt: skip


@pytest.fixture
def halved(desk: Desk) -> BuiltSite:
    """Terms that were only ever English, and rules that were Korean once, which the text in force is not."""
    desk.tick("2026-11-23T09:00")
    recorded(desk, "terms", "en", date(2019, 3, 1), "# Terms {#terms}\n\nIt costs 5 dollars.\n")
    recorded(desk, "terms", "en", date(2021, 3, 1), "# Terms {#terms}\n\nIt costs 6 dollars.\n")
    recorded(desk, "rules", "ko", date(2018, 3, 1), "# 이용 수칙 {#rules}\n\n조용히 합니다.\n")
    build_site(desk.workspace, desk.register())
    recorded(desk, "rules", "en", date(2020, 3, 1), "# House rules {#rules}\n\nBe quiet.\n")
    # Nothing that was published may vanish: rules had a Korean text in force.
    build_site(desk.workspace, desk.register())
    return BuiltSite(desk.site, desk.workspace.settings.site.base_url)


def said(built: BuiltSite, file: str, where: str = "//main") -> str:
    return " ".join(" ".join(x.text_content() for x in built.pages[file].xpath(where)).split())


def test_the_list_names_a_policy_that_is_in_another_language_only(halved: BuiltSite) -> None:
    rows = "//ul[@class='policies']/li"
    assert [x.get("href") for x in halved.pages["ko/index.html"].xpath(f"{rows}/h2/a")] == [
        "/ko/privacy/", "/en/rules/", "/en/terms/", "/ko/third-parties/",
    ]  # fmt: skip
    (terms,) = halved.pages["ko/index.html"].xpath(f"{rows}[h2/a/@href='/en/terms/']")
    assert "영어로만 제공됩니다. 2021년 3월 1일 (월)부터 시행 중입니다." in " ".join(terms.text_content().split())
    assert terms.xpath("h2/a/@lang | h2/a/@hreflang") == ["en", "en"]
    assert "영어로 읽기" in terms.text_content()
    assert terms.xpath(".//a[@href='/ko/terms/history/']")
    assert "only" not in said(halved, "en/index.html")


def test_the_page_of_the_language_that_is_missing_says_which_there_is(halved: BuiltSite) -> None:
    never, no_more = said(halved, "ko/terms/index.html"), said(halved, "ko/rules/index.html")
    assert "이 문서는 영어로만 제공됩니다. 한국어로 게시된 적은 없습니다." in never
    assert "이 문서는 현재 영어로만 제공됩니다. 한국어로 게시되었던 이전 버전은" in no_more
    for policy in ("terms", "rules"):
        page = halved.pages[f"ko/{policy}/index.html"]
        assert "This policy is available in English only." in said(halved, f"ko/{policy}/index.html", "//p[@lang='en']")
        assert page.xpath("//main//a[@lang='en'][@hreflang='en']/@href") == [f"/en/{policy}/"]
        assert page.xpath("//main//a[not(@lang)]/@href") == [f"/ko/{policy}/history/"]
        assert page.xpath("//meta[@name='robots']/@content") == ["noindex"], "it has no text"
        assert halved.alternates(f"ko/{policy}/index.html") == {}, "and is no translation"
        assert f"/ko/{policy}/<" not in halved.read("sitemap-pages.xml").decode()


def test_pages_of_versions_and_of_the_history_say_so_too(halved: BuiltSite) -> None:
    assert "이 문서는 영어로만 제공됩니다. 영어로 읽기" in said(halved, "ko/terms/history/index.html")
    assert "현행 문안은 영어로만 제공됩니다. 영어로 읽기" in said(halved, "ko/rules/history/index.html")
    assert halved.pages["ko/terms/history/index.html"].xpath("string(//h1/span[@lang='en'])") == "Terms"
    only = said(halved, "en/terms/index.html", "//dl[@class='facts']")
    assert "LanguageEnglish only" in only
    assert "Governing language" not in only, "the governing language is Korean, in which there is no text"
    old = said(halved, "ko/rules/v/20180301/index.html", "//dl[@class='facts']")
    assert "언어한국어로만 제공" in old
    assert "20200301 (영어)" in old, "what replaced it is in the other language, and so cannot be compared"
    assert "only" not in said(halved, "en/privacy/index.html", "//dl[@class='facts']")


def test_no_link_of_it_is_dead_and_the_pages_are_in_order(halved: BuiltSite, desk: Desk) -> None:
    assert [(x.file, x.written) for x in dead_links(halved)] == []
    assert one_way(halved) == []
    pages = ["ko/index.html", "ko/terms/index.html", "ko/rules/index.html", "ko/terms/history/index.html"]
    assert faults_of_html([halved.root / page for page in pages]) == []
    with serving(desk.workspace) as address, chromium() as browser:
        page, said_, _ = opened_for_checks(browser, 320, "light", "screen")
        for file in pages:
            page.goto(f"{address}/{file.removesuffix('index.html')}")
            assert violations(page) == [], file
        assert said_ == []

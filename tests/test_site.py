"""The built site: its pages, feeds and files, what hostile texts become, and how it is put in place."""

from __future__ import annotations

import contextlib
import json
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import feedparser
import pytest
from icalendar import Calendar
from lxml import etree, html

from publisher.errors import IntegrityBroken, Misconfigured
from publisher.website.build import build_site
from publisher.website.publish import publish
from publisher.website.serve import HEADERS, make_server
from tests.building import groups
from tests.conftest import Desk

PAGES = [
    "", "{l}/", "{l}/privacy/", "{l}/privacy/v/20200101/", "{l}/privacy/v/20261210/", "{l}/privacy/history/",
    "{l}/privacy/compare/20200101..20261210/", "{l}/third-parties/", "{l}/notices/", "{l}/notices/privacy-20261210/",
    "verify/",
]  # fmt: skip


@pytest.fixture
def announced(desk: Desk) -> Desk:
    """A site with a change announced and not yet in force."""
    desk.recipients()
    desk.retention()
    desk.tick("2026-11-23T09:00")
    return desk


def tree(site: Path, path: str) -> html.HtmlElement:
    return html.fromstring((site / path / "index.html").read_text("utf-8"))


def test_every_page_stands_in_both_languages(announced: Desk) -> None:
    for language in ("ko", "en"):
        for path in PAGES:
            assert (announced.site / path.format(l=language) / "index.html").is_file(), path
        for name in ("feed.atom", "feed.json", "calendar.ics"):
            assert (announced.site / language / name).is_file()
    assert (announced.site / "404.html").is_file()


def test_every_link_leads_somewhere_and_languages_link_back(announced: Desk) -> None:
    site = announced.site
    ids: dict[str, set[str]] = {}
    links: list[tuple[str, str]] = []
    alternates: dict[str, set[str]] = {}
    for file in sorted(site.rglob("*.html")):
        here = "/" + file.relative_to(site).as_posix().removesuffix("index.html")
        page = html.fromstring(file.read_text("utf-8"))
        ids[here] = set(page.xpath("//@id"))
        links += [(here, x) for x in page.xpath("//a/@href | //link[not(@rel='canonical' or @rel='alternate')]/@href")]
        alternates[here] = {
            urlsplit(x.get("href")).path for x in page.xpath("//link[@hreflang and @hreflang!='x-default']")
        }
    for here, link in links:
        parts = urlsplit(link)
        if parts.scheme:
            assert parts.scheme in {"https", "mailto"}, (here, link)
            continue
        target = parts.path or here
        assert (site / target.lstrip("/") / ("index.html" if target.endswith("/") else "")).exists(), (here, link)
        if parts.fragment:
            assert parts.fragment in ids[target], (here, link)
    for here, others in alternates.items():
        for other in others - {here}:
            assert here in alternates[other] or here == "/", (here, other)


def test_the_text_in_force_says_what_comes(announced: Desk) -> None:
    page = tree(announced.site, "en/privacy")
    banner = page.xpath("//aside[@class='banner']")[0]
    words = " ".join(banner.text_content().split())
    assert "Privacy Policy changes." in words
    assert "00:00 on Thu 10 Dec 2026 (Korean time)" in words
    assert "/en/notices/privacy-20261210/" in banner.xpath(".//a/@href")
    upcoming = tree(announced.site, "ko/privacy/v/20261210")
    assert upcoming.xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert "아직" in upcoming.text_content() or "시행" in upcoming.text_content()


def test_each_clause_links_to_itself_and_to_the_other_language(announced: Desk) -> None:
    page = tree(announced.site, "ko/privacy")
    anchors = page.xpath("//*[@id='retention']//a/@href")
    assert "#retention" in anchors
    assert "/en/privacy/#retention" in anchors
    assert len(page.xpath("//h1")) == 1


def test_the_comparison_is_marked_by_more_than_colour(announced: Desk) -> None:
    page = tree(announced.site, "en/privacy/compare/20200101..20261210")
    for mark, before, after in (("ins", "added:", "end of added text."), ("del", "removed:", "end of removed text.")):
        found = page.xpath(f"//main//*[@class='change']//{mark}")
        assert found
        for element in found:
            hidden = [x.text_content().strip() for x in element.xpath("./span[@class='vh']")]
            assert hidden == [before, after]
    table = page.xpath("//table")[0]
    assert table.xpath("./caption")
    assert len(table.xpath(".//th[@scope='row']")) == len(page.xpath("//div[@class='change']"))
    assert [" ".join(td.text_content().split()) for td in table.xpath(".//tbody/tr/td")] == [
        "Order records: removed: 5 end of removed text. years", "Order records: added: 7 end of added text. years",
    ]  # fmt: skip


def test_feeds_are_read_by_others(announced: Desk) -> None:
    for language, words in (("en", "Privacy Policy changes on Thu 10 Dec 2026"), ("ko", "2026년 12월 10일")):
        data = (announced.site / language / "feed.atom").read_bytes()
        etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, recover=False))
        feed = feedparser.parse(data)
        assert feed.bozo == 0
        assert feed.feed.language == language
        entry = next(e for e in feed.entries if "announced" in e.id)
        assert words in entry.title
        assert entry.id == "tag:policies.example.com,2026:privacy/20261210/announced"
        assert entry.link == f"https://policies.example.com/{language}/notices/privacy-20261210/"
        items = json.loads((announced.site / language / "feed.json").read_bytes())["items"]
        assert {i["id"] for i in items} == {e.id for e in feed.entries}
        events = Calendar.from_ical((announced.site / language / "calendar.ics").read_bytes()).walk("VEVENT")
        assert [e["dtstart"].dt.isoformat() for e in events] == ["2026-12-10"]
        assert events[0]["uid"] == "privacy-20261210@policies.example.com"


def test_pages_need_no_script_cookie_or_other_host(announced: Desk) -> None:
    """P10"""
    for file in announced.site.rglob("*.html"):
        text = file.read_text("utf-8")
        page = html.fromstring(text)
        assert page.xpath("//script | //iframe | //form | //img | //style | //@style") == []
        loaded = page.xpath("//link[@rel='stylesheet' or @rel='icon']/@href | //@src")
        assert all(x.startswith("/static/") for x in loaded)
        assert "default-src 'none'" in page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
        assert page.get("lang") in {"ko", "en"}


def test_hostile_words_stay_words(desk: Desk) -> None:
    """What lint would refuse on the ref may still come in as history; nothing active comes out."""
    from publisher.register.history import record_history
    from publisher.register.store import VersionStore

    evil = (
        "# <img src=x onerror=alert(1)> {#a}\n\n<script>alert(1)</script> [x](javascript:alert(1)) [y](//evil.example/) "
        "![z](https://evil.example/p.png) <a href='https://evil.example' onclick=x>q</a>\n\n"
        '## "><svg onload=alert(1)> {#b}\n\n| a |\n|:-:|\n| <b>c</b> |\n'
    )
    from datetime import date

    record_history(
        VersionStore(desk.root / "versions"), desk.workspace.settings.notice, policy="terms", kind="terms",
        title={"ko": "<b>약관</b>", "en": '"><script>alert(2)</script>'},
        texts={"ko": evil.encode(), "en": evil.encode()}, announced=None, effective=date(2019, 1, 1), at=desk.now,
    )  # fmt: skip
    build_site(desk.workspace, desk.register())
    for file in desk.site.rglob("*.html"):
        page = html.fromstring(file.read_text("utf-8"))
        assert page.xpath("//script | //svg | //img | //*[@onerror or @onclick or @onload]") == []
        for href in page.xpath("//@href"):
            assert re.match(r"(/(?!/)|#|https://policies\.example\.com/|mailto:)", href), href


def test_the_same_register_gives_the_same_bytes(announced: Desk, tmp_path: Path) -> None:
    for name in ("a", "b"):
        build_site(announced.workspace, announced.register(), output=tmp_path / name)
    for file in (tmp_path / "a").resolve().rglob("*"):
        if file.is_file():
            other = (tmp_path / "b").resolve() / file.relative_to((tmp_path / "a").resolve())
            assert file.read_bytes() == other.read_bytes()


def test_nothing_is_built_where_nothing_changed(announced: Desk) -> None:
    before = announced.site.resolve()
    assert build_site(announced.workspace, announced.register()) is False
    announced.tick("2026-11-24T10:00")
    assert announced.site.resolve() == before


def test_a_workspace_can_have_its_own_template_and_style(announced: Desk) -> None:
    announced.write("site/static/site.css", "body { color: #123 }\n")
    announced.write("site/templates/notice-list.html.j2", "<p>ours</p>\n")
    announced.tick("2026-11-24T10:00")
    assert (announced.site / "static" / "site.css").read_text("utf-8") == "body { color: #123 }\n"
    assert "<p>ours</p>" in (announced.site / "en" / "notices" / "index.html").read_text("utf-8")
    assert "Order records" in (announced.site / "en" / "privacy" / "index.html").read_text("utf-8")


def test_what_was_published_does_not_vanish(tmp_path: Path) -> None:
    output = tmp_path / "site"
    publish(output, groups({"a/index.html": b"a", "b/index.html": b"b"}), "1")
    with pytest.raises(IntegrityBroken) as raised:
        publish(output, groups({"a/index.html": b"a"}), "2")
    assert raised.value.problems[0].code == "V421"
    assert (output / "b" / "index.html").read_bytes() == b"b"


def test_what_is_not_ours_is_not_overwritten(tmp_path: Path) -> None:
    output = tmp_path / "site"
    output.mkdir()
    (output / "precious.txt").write_text("x")
    with pytest.raises(Misconfigured):
        publish(output, groups({"index.html": b""}), "1")
    assert (output / "precious.txt").exists()


def test_the_last_three_builds_are_kept(tmp_path: Path) -> None:
    output = tmp_path / "site"
    for i in range(6):
        publish(output, groups({"index.html": str(i).encode()}), str(i))
    assert (output / "index.html").read_bytes() == b"5"
    builds = sorted((tmp_path / ".site-builds").iterdir())
    assert [f.name for f in builds if f.is_dir()] == ["000004", "000005", "000006"]
    assert [(f / "index.html").read_bytes() for f in builds if f.is_dir()] == [b"3", b"4", b"5"]


def test_a_reader_never_sees_a_mixture(tmp_path: Path) -> None:
    """P5: while the site is switched again and again, every page comes from a whole build."""
    output = tmp_path / "site"
    publish(output, groups({"a.html": b"0", "b.html": b"0"}), "0")
    stop = threading.Event()
    seen: list[tuple[bytes, bytes]] = []

    def read() -> None:
        while not stop.is_set():
            folder = output.resolve()  # as a server opens the folder once for a request
            with contextlib.suppress(
                FileNotFoundError
            ):  # four builds later the folder may be gone: no page, no mixture
                seen.append(((folder / "a.html").read_bytes(), (folder / "b.html").read_bytes()))

    reader = threading.Thread(target=read)
    reader.start()
    for i in range(1, 20):
        publish(output, groups({"a.html": str(i).encode(), "b.html": str(i).encode()}), str(i))
    stop.set()
    reader.join()
    assert seen
    assert all(a == b for a, b in seen)


@pytest.fixture
def served(announced: Desk) -> Iterator[str]:
    server = make_server(announced.workspace, "127.0.0.1", 0, lambda: {"ok": True})
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def fetch(url: str) -> tuple[int, dict[str, str], bytes]:
    opener = urllib.request.build_opener(_NoRedirect())
    try:
        with opener.open(url, timeout=10) as answer:
            return answer.status, {k.title(): v for k, v in answer.headers.items()}, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {k.title(): v for k, v in error.headers.items()}, error.read()


def test_the_server_sends_pages_with_its_headers(served: str) -> None:
    status, headers, body = fetch(f"{served}/en/privacy/")
    assert status == 200
    assert b"Order records" in body
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    for name, value in HEADERS.items():
        assert headers[name] == value
    assert "Set-Cookie" not in headers
    assert fetch(f"{served}/ko/feed.atom")[1]["Content-Type"].startswith("application/atom+xml")
    assert json.loads(fetch(f"{served}/healthz")[2]) == {"ok": True}


@pytest.mark.parametrize(
    "path", ["/nothing/", "/en/nothing", "/.site-builds/", "/../publisher.toml", "/%2e%2e/publisher.toml", "/static/",
             "/en/privacy/%00", "/policies/unknown?v=20200101"],
)  # fmt: skip
def test_the_server_shows_nothing_else(served: str, path: str) -> None:
    status, headers, body = fetch(served + path)
    assert status == 404
    assert b"publisher.toml" not in body
    assert headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]


def test_old_links_keep_working(served: str) -> None:
    status, headers, _ = fetch(f"{served}/policies/privacy?v=20200101")
    assert (status, headers["Location"]) == (301, "/ko/privacy/v/20200101/")
    status, headers, _ = fetch(f"{served}/policies/privacy")
    assert (status, headers["Location"]) == (302, "/ko/privacy/")
    assert fetch(f"{served}/policies/privacy?v=19990101")[0] == 404
    assert fetch(f"{served}/policies/privacy?v=../../x")[0] in {302, 404}

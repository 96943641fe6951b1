"""Files for programs beside the pages, what the heads of pages say, and every link of a whole site followed."""

from __future__ import annotations

import hashlib
import re
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser
from zoneinfo import ZoneInfo

import pytest

from publisher.register.journal import Event
from publisher.texts.document import parse
from publisher.website import plain, sitemap
from publisher.website.addresses import Addresses
from publisher.website.build import build_site
from publisher.website.plain import plain_text
from publisher.website.timemap import http_date, memento_datetime
from publisher.website.views import SiteContent
from tests.conftest import Desk
from tests.eventful import everything_happened, first_version
from tests.linkcheck import BuiltSite, Link, dead_links, one_way
from tests.lives import announced, found, happened, shown, withdrawn
from tests.schemas import SITEMAP, SITEMAP_INDEX, valid

ROOT, BELOW = "https://policies.example.com", "https://www.example.com/legal/texts"
VERSIONS = {
    "privacy": ("20200101", "20261210", "20261225", "20270110"),
    "third-parties": ("20200101",),
    "cookies": ("20270201",),
}


@pytest.fixture(scope="module")
def lived(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Everything that can happen has happened; tests only read it."""
    from publisher.mail.mailers import MemoryMailer
    from tests.conftest import seoul

    root = tmp_path_factory.mktemp("lived") / "w"
    shutil.copytree(template, root)
    desk = Desk(root=root, now=seoul("2026-11-23T09:00"), mailer=MemoryMailer())
    everything_happened(desk)
    return desk


@pytest.fixture(scope="module", params=[ROOT, BELOW], ids=["at the root", "below a folder"])
def site(request: pytest.FixtureRequest, lived: Desk, tmp_path_factory: pytest.TempPathFactory) -> BuiltSite:
    """The same site at an address of its own, and below a folder of another one."""
    workspace = lived.workspace
    settings = workspace.settings
    own = settings.model_copy(update={"site": settings.site.model_copy(update={"base_url": request.param})})
    output = tmp_path_factory.mktemp("sites") / "site"
    build_site(replace(workspace, settings=own), lived.register(), output=output)
    return BuiltSite(output, request.param)


# -- links --------------------------------------------------------------------------------------------------------


def test_no_link_is_dead(site: BuiltSite) -> None:
    """Of pages, feeds, calendars, sitemaps, TimeMaps, robots.txt and plain texts; to ids of clauses as well."""
    assert dead_links(site) == []
    followed = list(site.links())
    kinds = {Path(link.file).suffix for link in followed if site.file_of(link.full)}
    assert kinds == {".html", ".atom", ".json", ".ics", ".xml", ".link", ".txt"}
    assert any(link.in_text for link in followed)
    assert any("#" in link.full and "/v/" in link.file for link in followed)


def test_a_dead_link_is_found(site: BuiltSite, tmp_path: Path) -> None:
    """The check itself: a page that is gone, an id that is gone, a feed's address, an address beside the site."""
    copy = BuiltSite(tmp_path / "copy", site.base_url)
    shutil.copytree(site.root, copy.root)
    (copy.root / "en/privacy/v/20261210/index.html").unlink()
    page = copy.root / "ko/third-parties/index.html"
    target = re.search(r'href="#([\w-]+)"', page.read_text("utf-8"))
    assert target
    page.write_text(page.read_text("utf-8").replace(f'id="{target[1]}"', "", 1), "utf-8")
    verify = copy.root / "verify/index.html"
    verify.write_text(verify.read_text("utf-8").replace("</main>", '<a href="/elsewhere/">x</a></main>'), "utf-8")
    gone = f"{site.base_url}/en/privacy/v/20261210/"
    dead = dead_links(copy)
    assert {"en/feed.atom", "en/feed.json", "en/privacy/timemap.link"} <= {x.file for x in dead if x.full == gone}
    assert (
        Link("ko/third-parties/index.html", f"#{target[1]}", f"{site.base_url}/ko/third-parties/#{target[1]}") in dead
    )
    assert any(x.written == "/elsewhere/" for x in dead)


def test_languages_link_to_one_another(site: BuiltSite) -> None:
    """Each page names all its languages, itself included, in full; each of these names the very same ones."""
    assert one_way(site) == []
    named = {file: site.alternates(file) for file in site.pages}
    assert {file for file, others in named.items() if not others} == {"404.html", "verify/index.html"} | {
        f"policies/{policy}/index.html" for policy in ("cookies", "privacy", "third-parties")
    }
    for file, others in named.items():
        if not others:
            continue
        assert set(others) == {"ko", "en", "x-default"}
        assert all(address.startswith(site.base_url + "/") for address in others.values())
        front = file in {"index.html", "ko/index.html", "en/index.html"}
        assert others["x-default"] == (f"{site.base_url}/" if front else others["ko"])
        if file != "index.html":
            assert others[site.pages[file].get("lang")] == site.address(file)


def test_a_missing_counterpart_is_found(site: BuiltSite, tmp_path: Path) -> None:
    copy = BuiltSite(tmp_path / "copy", site.base_url)
    shutil.copytree(site.root, copy.root)
    page = copy.root / "en/notices/index.html"
    page.write_text(re.sub(r'<link[^>]*hreflang="ko"[^>]*>', "", page.read_text("utf-8")), "utf-8")
    assert {file for file, _ in one_way(copy)} >= {"ko/notices/index.html", "en/notices/index.html"}


def test_a_version_in_one_language_alone(desk: Desk) -> None:
    """Pages of the other language stay, name what there is, and nothing leads nowhere."""
    first_version(
        desk, "local", "20261201", "2026-11-23T08:00", texts={"ko": "# 지역 약관 {#top}\n\n## 1. 하나 {#one}\n\n말.\n"}
    )
    shown(desk)
    built = BuiltSite(desk.site, ROOT)
    assert dead_links(built) == []
    assert one_way(built) == []
    assert (desk.site / "ko/local/feed.atom").is_file()
    assert not (desk.site / "en/local/feed.atom").exists()
    assert built.alternates("ko/local/v/20261201/index.html") == {}


# -- what is indexed ----------------------------------------------------------------------------------------------


def test_what_is_not_in_force_is_not_indexed(site: BuiltSite) -> None:
    """Decision 27; each page names itself as the one to be indexed, but for the one that stands nowhere."""
    hidden = set()
    for file, page in site.pages.items():
        robots = page.xpath("//meta[@name='robots']/@content")
        assert robots in ([], ["noindex"])
        if robots:
            hidden.add(file.removesuffix("index.html"))
        canonical = page.xpath("//head/link[@rel='canonical']/@href")
        assert canonical == ([] if file == "404.html" else [site.address(file)])
    everywhere = {f.removesuffix("index.html") for f in site.pages}
    in_force = {"privacy/v/20261210/", "third-parties/v/20200101/"}
    expected = {"404.html", "policies/cookies/", "policies/privacy/", "policies/third-parties/"}
    for language in ("ko", "en"):
        mine = {f for f in everywhere if f.startswith(f"{language}/")}
        expected |= {f for f in mine if "/compare/" in f or "/changes/" in f}
        expected |= {f for f in mine if "/v/" in f and f.removeprefix(f"{language}/") not in in_force}
        # nothing of it has ever been in force
        expected.add(f"{language}/cookies/")
    assert hidden == expected


def test_the_sitemap_names_what_is_indexed(site: BuiltSite) -> None:
    """All of it but the dated pages, whose words stand at the policy's address too; with the languages of the page."""
    index = valid(SITEMAP_INDEX, site.read("sitemap.xml"))
    parts = [site.file_of(x.text) for x in index.iter("{*}loc")]
    assert parts == ["sitemap-pages.xml", "sitemap-2026.xml"]
    listed: dict[str, dict[str, str]] = {}
    changed: dict[str, str] = {}
    for part in parts:
        root = valid(SITEMAP, site.read(str(part)))
        for url in root.iter("{*}url"):
            address = url.findtext("{*}loc")
            assert address not in listed
            listed[address] = {x.get("hreflang"): x.get("href") for x in url.findall("{*}link")}
            changed[address] = url.findtext("{*}lastmod")
    indexed = {
        site.address(file)
        for file, page in site.pages.items()
        if not page.xpath("//meta[@name='robots']") and "/v/" not in file
    }
    assert set(listed) == indexed
    for address, others in listed.items():
        assert others == site.alternates(str(site.file_of(address)))
    assert changed[f"{site.base_url}/en/notices/privacy-20261225/"] == "2026-12-05T01:00:00Z", "withdrawn then"
    assert changed[f"{site.base_url}/ko/cookies/history/"] == "2026-11-24T01:00:00Z", "other policies do not touch it"
    assert changed[f"{site.base_url}/en/"] == "2026-12-21T01:00:00Z"


def test_a_sitemap_never_outgrows_the_protocol(monkeypatch: pytest.MonkeyPatch, desk: Desk) -> None:
    """More addresses than fit into one file go into several, each of which the list names; none is lost."""
    desk.retention()
    desk.tick("2026-11-23T09:00")
    for number in range(1, 6):
        announced(desk, "20261210", f"2027010{number}", f"2027-01-0{number}", "2026-12-01T10:00", previous="20261210")
    monkeypatch.setattr(sitemap, "MOST", 9)
    settings = desk.workspace.settings
    content = SiteContent(settings.site, desk.register(), settings.notice.timezone)
    parts = dict([*sitemap.front_part(content), *sitemap.year_part(content, 2026)])
    index = valid(SITEMAP_INDEX, parts.pop("/sitemap.xml"))
    assert [urlsplit(x.text).path for x in index.iter("{*}loc")] == list(parts)
    assert list(parts) == [
        "/sitemap-pages.xml",
        "/sitemap-pages-2.xml",
        "/sitemap-pages-3.xml",
        "/sitemap-2026.xml",
        "/sitemap-2026-2.xml",
        "/sitemap-2026-3.xml",
    ]
    found = [x.text for data in parts.values() for x in valid(SITEMAP, data).iter("{*}loc")]
    assert len(found) == len(set(found))
    assert len([x for x in found if "/notices/privacy-" in x]) == 12
    assert all(len(list(valid(SITEMAP, data).iter("{*}loc"))) <= 9 for data in parts.values())


def test_a_full_sitemap_stays_below_fifty_megabytes(desk: Desk) -> None:
    """With the longest addresses that the program makes, and a base of a hundred characters."""
    settings = desk.workspace.settings
    site_ = settings.site.model_copy(update={"base_url": "https://" + "a" * 60 + ".example.com/" + "b" * 27})
    content = SiteContent(site_, desk.register(), settings.notice.timezone)
    path = Addresses.notice("ko", "p" * 64 + "-20261210-12")
    page = sitemap._Page({"ko": path, "en": path.replace("/ko/", "/en/")}, datetime(2026, 1, 1, tzinfo=UTC))
    one = len(sitemap._sitemap(content, [page]))
    assert one / 2 * sitemap.MOST < 50_000_000


def test_robots_are_kept_from_nothing(site: BuiltSite) -> None:
    robots = RobotFileParser()
    robots.parse(site.read("robots.txt").decode("ascii").splitlines())
    assert all(robots.can_fetch("anything", site.address(file)) for file in site.files)
    assert robots.site_maps() == [f"{site.base_url}/sitemap.xml"]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_pages_name_their_feeds(site: BuiltSite, language: str) -> None:
    def named(path: str) -> set[str]:
        page = site.pages[f"{language}/{path}index.html"]
        kinds = "@type='application/atom+xml' or @type='application/feed+json' or @type='text/calendar'"
        links = page.xpath(f"//head/link[@rel='alternate'][{kinds}]")
        assert all(x.get("title") for x in links)
        return {urlsplit(x.get("href")).path.removeprefix(f"{urlsplit(site.base_url).path}/{language}/") for x in links}

    everything = {"feed.atom", "feed.json", "calendar.ics"}
    assert named("") == named("notices/") == everything
    of_one = {f"privacy/{name}" for name in everything}
    compared = "privacy/compare/20200101..20261210/"
    for path in ("privacy/", "privacy/history/", "privacy/v/20200101/", "notices/privacy-20261210/", compared):
        assert named(path) == everything | of_one, path


# -- TimeMaps -----------------------------------------------------------------------------------------------------


_LINK = re.compile(r'<([^<>\s]+)>((?:; [a-z]+="[^"]*")+)')


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_timemap_names_every_text_that_was_in_force(site: BuiltSite, language: str) -> None:
    text = site.read(f"{language}/privacy/timemap.link").decode("ascii")
    lines = text.removesuffix("\n").split(",\n")
    links = [(m[1], dict(re.findall(r'([a-z]+)="([^"]*)"', m[2]))) for line in lines if (m := _LINK.fullmatch(line))]
    assert len(links) == len(lines) == 4
    page = f"{site.base_url}/{language}/privacy/"
    assert links[0] == (page, {"rel": "original"})
    first, last = "Tue, 31 Dec 2019 15:00:00 GMT", "Sat, 19 Dec 2026 15:00:00 GMT"
    own = {"rel": "self", "type": "application/link-format", "from": first, "until": last}
    assert links[1] == (f"{page}timemap.link", own)
    assert links[2:] == [
        (f"{page}v/20200101/", {"rel": "first memento", "datetime": first}),
        (f"{page}v/20261210/", {"rel": "last memento", "datetime": last}),
    ]
    # 00:00 in Seoul on the days on which they took effect, as another reader of such dates has it
    assert [parsedate_to_datetime(x["datetime"]).astimezone(ZoneInfo("Asia/Seoul")).isoformat() for _, x in links[2:]] == [
        "2020-01-01T00:00:00+09:00", "2026-12-20T00:00:00+09:00",
    ]  # fmt: skip
    assert 'rel="first last memento"' in site.read(f"{language}/third-parties/timemap.link").decode("ascii")
    assert f"{language}/cookies/timemap.link" not in site.files, "nothing of it has ever been in force"


def test_pages_name_their_timemap(site: BuiltSite) -> None:
    def of(path: str) -> dict[str, str]:
        page = site.pages[f"en/{path}index.html"]
        return {
            x.get("rel"): x.get("href")
            for x in page.xpath("//link[@rel='original' or @rel='memento' or @rel='timemap']")
        }

    base = f"{site.base_url}/en/privacy/"
    timemap = {"timemap": f"{base}timemap.link"}
    assert of("privacy/") == {**timemap, "memento": f"{base}v/20261210/"}
    for version in ("20200101", "20261210"):
        assert of(f"privacy/v/{version}/") == {**timemap, "original": base}
    for path in ("privacy/v/20270110/", "privacy/v/20261225/", "cookies/", "privacy/history/"):
        assert of(path) == {}, path


def test_a_memento_begins_with_its_day_in_the_zone_of_the_notices(desk: Desk) -> None:
    version = found(desk, "20200101")
    assert memento_datetime(version, ZoneInfo("Asia/Seoul")) == datetime(2019, 12, 31, 15, tzinfo=UTC)
    assert http_date(memento_datetime(version, ZoneInfo("America/New_York"))) == "Wed, 01 Jan 2020 05:00:00 GMT"
    for day in range(1, 8):
        moment = datetime(2026, 2, day, 3, 4, 5, tzinfo=ZoneInfo("Asia/Seoul"))
        assert parsedate_to_datetime(http_date(moment)) == moment


# -- texts as files -----------------------------------------------------------------------------------------------


def test_the_markdown_is_what_the_fingerprint_is_of(site: BuiltSite, lived: Desk) -> None:
    for policy, versions in VERSIONS.items():
        for id_ in versions:
            version = found(lived, id_, policy)
            for language in ("ko", "en"):
                file = f"{language}/{policy}/v/{id_}/{policy}-{id_}-{language}.md"
                data = site.read(file)
                assert data == version.texts[language]
                page = site.pages[f"{language}/{policy}/v/{id_}/index.html"]
                shown_ = page.xpath("//dd[@class='fingerprint']")[0].text_content()
                assert shown_ == f"SHA-256 {hashlib.sha256(data).hexdigest()}"
                for kind, ending in (("text/markdown", "md"), ("text/plain", "txt")):
                    name = f"{site.base_url}/{file.removesuffix('md')}{ending}"
                    heads = page.xpath(f"//head/link[@rel='alternate'][@type='{kind}']/@href")
                    links = page.xpath(f"//main//a[@type='{kind}']/@href")
                    assert heads == links == [urlsplit(name).path]


def words(text: str) -> list[str]:
    """Words without what sets out lists and tables."""
    return [w for w in text.split() if w.strip("-|>")]


def test_the_plain_text_has_every_word_in_its_place(lived: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """And none besides, but where links lead and the numbers of notes; a table that is set as one has each word once."""
    monkeypatch.setattr(plain, "_WIDEST", 10_000)
    for policy, versions in VERSIONS.items():
        for id_ in versions:
            for data in found(lived, id_, policy).texts.values():
                document = parse(data.decode("utf-8"))
                text = plain_text(document, ROOT).decode("utf-8")
                told = re.sub(r" \((?:https://|mailto:|tel:)[^)]*\)|^\[\d+\] ", "", text, flags=re.MULTILINE)
                assert words(told) == words(" ".join(document.words()))


SAMPLE = """# Title {#top}

Intro *with* [a page](/en/terms/), [a clause](#one), [elsewhere](https://example.org/a?b=c) and <https://example.net/>[^x].

## 1. One {#one}

제1항 첫째 줄\\
둘째 줄
셋째 낱말 `code`

3. third

   more of the third
4. fourth
   - inner
   - with [bad](javascript:alert(1))
     1. deep

> quoted
> words

| 항목 | Days |
|---|--:|
| 기록 | 3 |
| b | [see](/en/x/) |

### 1.1 Deeper {#deeper}

    kept   as
      it is

![A seal](/static/seal.png)

[^x]: The note, with <mailto:office@example.com>.
"""


def test_plain_text_is_laid_out_for_reading() -> None:
    assert (
        plain_text(parse(SAMPLE), BELOW).decode("utf-8")
        == f"""Title

Intro with a page ({BELOW}/en/terms/), a clause, elsewhere (https://example.org/a?b=c) and https://example.net/[1].


1. One

제1항 첫째 줄
둘째 줄 셋째 낱말 code

3. third

   more of the third

4. fourth
   - inner
   - with bad
     1. deep

> quoted words

항목 | Days
-----|{"-" * (len(BELOW) + 13)}
기록 | 3
b    | see ({BELOW}/en/x/)

1.1 Deeper

kept   as
  it is

A seal

--------------------

[1] The note, with mailto:office@example.com.
"""
    )


def test_a_wide_table_is_a_list_of_its_rows() -> None:
    long_ = "가나다 라마바 " * 8
    text = f"| Item | What | |\n|---|---|---|\n| one | {long_} | x |\n| two | short | |\n"
    assert plain_text(parse(text), ROOT).decode("utf-8") == (
        f"Item: one\nWhat: {long_.strip()}\nx\n\nItem: two\nWhat: short\n"
    )


def test_a_withdrawn_version_keeps_its_files(desk: Desk) -> None:
    """What was published answers for ever."""
    desk.retention()
    desk.tick("2026-11-23T09:00")
    before = {f for f in BuiltSite(desk.site, ROOT).files if not f.startswith(("static/", "verify/"))}
    withdrawn(desk, "20261210", "2026-12-01T10:00")
    shown(desk)
    announced(desk, "20261210", "20270110", "2027-01-10", "2026-12-02T10:00", years=8, previous="20200101")
    happened(desk, Event.IN_FORCE, "20270110", "2027-01-10T00:01")
    shown(desk)
    after = BuiltSite(desk.site, ROOT)
    assert before <= set(after.files)
    assert dead_links(after) == []
    assert {"en/notices/privacy-20261210/notice.ics", "ko/privacy/v/20261210/privacy-20261210-ko.txt"} <= before
    assert found(desk, "20270110").effective == date(2027, 1, 10)

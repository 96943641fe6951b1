"""A site of texts that nobody here wrote: real policies with their histories, which lie beside the repository."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import feedparser
import pytest
from icalendar import Calendar
from lxml import etree

from publisher.changes.align import align
from publisher.changes.edits import edits
from publisher.changes.model import Kind
from publisher.errors import Place
from publisher.mail.mailers import MemoryMailer
from publisher.register.history import record_history
from publisher.register.journal import Event
from publisher.register.store import VersionStore
from publisher.register.versions import Register
from publisher.run.create import create_workspace
from publisher.texts.importing import import_text
from publisher.texts.source import read_source
from publisher.website.build import build_site
from publisher.website.harmless import harmless_register
from publisher.website.views import SiteContent
from tests.browsing import chromium, faults_of_html, sideways, violations
from tests.conftest import Desk, seoul
from tests.linkcheck import BuiltSite, dead_links, one_way

BESIDE = Path(__file__).parents[2] / "shared"
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not (BESIDE / "corpus").is_dir(), reason="the real texts lie beside the repository, not in it"),
]
BASE = "https://www.example.com/legal/texts"
FIRST = date(2018, 1, 1)


@dataclass(frozen=True)
class Real:
    """The site, and its versions: policy, language, id, text."""

    desk: Desk
    built: BuiltSite
    versions: list[tuple[str, str, str, bytes]]


def histories() -> dict[tuple[str, str], list[bytes]]:
    """The versions of each policy, by its name and language, oldest first; each once."""
    found: dict[tuple[str, str], list[bytes]] = {}
    with (BESIDE / "corpus" / "labels.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            words = re.sub(r"[^a-z0-9]+", "-", f"{row['repo'].split('/')[0]}-{row['path']}".lower()).strip("-")
            versions = found.setdefault((words.removesuffix("-md")[-60:].strip("-"), row["lang"]), [])
            for side in ("old", "new"):
                text = (BESIDE / "corpus" / "texts" / row["id"] / f"{side}.md").read_bytes()
                if text.strip() and text not in versions:
                    versions.append(text)
    for language, pattern in (("en", "000_*.txt"), ("ko", "001_*.txt")):
        for file_ in (BESIDE / "seeds").glob(pattern):
            source = read_source(file_.read_bytes(), Place())
            found[f"seed-{language}", language] = [import_text(source.text, language, Place()).markdown.encode()]
    return found


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Real:
    root = tmp_path_factory.mktemp("real") / "w"
    create_workspace(root)
    desk = Desk(root=root, now=seoul("2026-11-23T09:00"), mailer=MemoryMailer())
    desk.set('"https://policies.example.com"', f'"{BASE}"')
    store, versions = VersionStore(desk.workspace.versions), []
    for (policy, language), texts in histories().items():
        for number, text in enumerate(texts):
            made = record_history(
                store, desk.workspace.settings.notice, policy=policy, kind="privacy" if "priva" in policy else "terms",
                title={language: policy.replace("-", " ")}, texts={language: text}, announced=None,
                effective=FIRST + timedelta(days=30 * number + (400 if language == "ko" else 0)), at=desk.now,
            )  # fmt: skip
            versions.append((policy, language, made, text))
    build_site(desk.workspace, desk.register())
    return Real(desk, BuiltSite(desk.site, BASE), versions)


def files_of(real: Real, pattern: str) -> list[str]:
    return [file for file in real.built.files if re.fullmatch(pattern, file)]


def test_every_version_has_its_pages_and_its_bytes(real: Real) -> None:
    assert len(real.versions) >= 100
    for policy, language, version, text in real.versions:
        folder = f"{language}/{policy}/v/{version}/"
        assert f"{folder}index.html" in real.built.files
        (markdown,) = (x for x in real.built.files if x.startswith(folder) and x.endswith(".md"))
        assert real.built.read(markdown) == text


def test_the_checker_finds_nothing(real: Real) -> None:
    pages = [real.built.root.resolve() / file for file in real.built.pages]
    assert faults_of_html(pages) == []


def test_links_lead_somewhere_and_languages_link_back(real: Real) -> None:
    assert [(x.file, x.written) for x in dead_links(real.built, texts=False)] == []
    assert one_way(real.built) == []


def test_ids_are_of_one_thing_each(real: Real) -> None:
    for file, page in real.built.pages.items():
        ids = page.xpath("//@id")
        assert len(ids) == len(set(ids)), file


def test_feeds_calendars_and_sitemaps_are_read_by_others(real: Real) -> None:
    for file in files_of(real, r".*\.(atom|xml)"):
        etree.fromstring(real.built.read(file), etree.XMLParser(resolve_entities=False, no_network=True))
    for file in files_of(real, r".*\.atom"):
        assert feedparser.parse(real.built.read(file)).bozo == 0, file
    for file in files_of(real, r"(ko|en)/.*\.json"):
        assert json.loads(real.built.read(file))["items"] is not None
    for file in files_of(real, r".*\.ics"):
        assert Calendar.from_ical(real.built.read(file)).name == "VCALENDAR"


def test_both_sides_can_be_read_from_every_comparison(real: Real) -> None:
    """Every difference between the two texts has a row, with all of its words before and after."""
    settings = real.desk.workspace.settings
    register = harmless_register(real.desk.register())
    content = SiteContent(settings.site, register, settings.notice.timezone)
    compared = 0
    for file in files_of(real, r"(ko|en)/[a-z0-9-]+/compare/[0-9-]+\.\.[0-9-]+/index\.html"):
        language, policy, _, pair, _ = file.split("/")
        old, new = (content.document(v, language) for v in map(partial(register.find, policy), pair.split("..")) if v)
        rows = [tuple(map(_words, row.xpath("./td"))) for row in real.built.pages[file].xpath("//table/tbody/tr")]
        expected = list(edits(old, new, align(old, new)))
        assert len(rows) == len(expected), file
        for edit in expected:
            if edit.kind in {Kind.INSERTED, Kind.DELETED, Kind.REPLACED}:
                sides = [re.sub(r"\s", "", words) or "–" for words in (edit.before, edit.after)]
                # behind them may stand where their links came to lead
                assert any(r[0].startswith(sides[0]) and r[1].startswith(sides[1]) for r in rows), (file, sides)
                compared += 1
    assert compared > 1000


def _words(cell: Any) -> str:
    """What a cell says, without what is there for those who hear it."""
    words = cell.xpath(".//text()[not(ancestor::*[contains(concat(' ', @class, ' '), ' vh ')])]")
    return re.sub(r"\s", "", "".join(words))


def test_the_same_register_gives_the_same_site(real: Real, tmp_path: Path) -> None:
    build_site(real.desk.workspace, real.desk.register(), output=tmp_path / "site")
    again = BuiltSite(tmp_path / "site", BASE)
    assert again.files == real.built.files
    assert [f for f in again.files if again.read(f) != real.built.read(f)] == []


def test_a_site_that_grew_is_the_site_made_at_once(real: Real, tmp_path: Path) -> None:
    """Built after the first half of all records, then after the others; the folder of each version is the same."""
    register, site = real.desk.register(), tmp_path / "site"
    half = Register(
        register.entries[: len(register.entries) // 2],
        tuple(v for v in register.versions if any(e.version == v.id and e.policy == v.policy and e.event is Event.RECORDED
              for e in register.entries[: len(register.entries) // 2])),
    )  # fmt: skip
    assert 50 <= len(half.versions) < len(register.versions)
    build_site(real.desk.workspace, half, output=site)
    build_site(real.desk.workspace, register, output=site)
    grown = BuiltSite(site, BASE)
    assert [f for f in grown.files if f not in real.built.files or grown.read(f) != real.built.read(f)] == []
    assert grown.files == real.built.files


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as launched:
        yield launched


LOOKS = [(1100, "light"), (1100, "dark"), (320, "light")]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_axe_finds_nothing_and_no_page_is_wider_than_its_window(
    real: Real, browser: Any, width: int, scheme: str
) -> None:
    context = browser.new_context(bypass_csp=True, viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.route("**/*", lambda route: _answer(route, real, said))
    found: list[Any] = []
    for file in _sample(real):
        page.goto(real.built.address(file))
        found += [(file, *each) for each in violations(page)]
        found += [(file, "sideways")] if sideways(page) else []
    context.close()
    assert found == []
    assert said == []


def _sample(real: Real) -> list[str]:
    """The longest of each kind of page of each language, and every tenth text."""
    kinds = (
        r"{}/[a-z0-9-]+/index\.html",
        r"{}/.*/compare/[0-9].*",
        r"{}/.*/history/.*",
        r"{}/.*/changes/.*",
        r"{}/index\.html",
    )
    found = []
    for language in ("ko", "en"):
        for kind in kinds:
            files = [x for x in files_of(real, kind.format(language)) if x in real.built.pages]
            found += sorted(files, key=lambda x: len(real.built.read(x)))[-2:]
        found += files_of(real, rf"{language}/.*/v/.*index\.html")[::20]
    return list(dict.fromkeys(found))


def _answer(route: Any, real: Real, said: list[str]) -> None:
    file = real.built.file_of(route.request.url)
    if file not in real.built.files:
        said.append(f"asked for {route.request.url}")
        route.abort()
        return
    kinds = {"html": "text/html; charset=utf-8", "css": "text/css", "svg": "image/svg+xml"}
    route.fulfill(body=real.built.read(file), content_type=kinds.get(file.rpartition(".")[2], "text/plain"))

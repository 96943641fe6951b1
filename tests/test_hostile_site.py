"""Whatever a text, a title, a reason or an id contains: nothing active or misleading is on any page or in any file.

History is published as it was, and no lint has read it; so all of this goes straight into the register.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from lxml import etree, html

from publisher.errors import Place
from publisher.register.history import record_history
from publisher.register.journal import Event
from publisher.register.store import VersionStore
from publisher.texts.document import parse
from publisher.texts.lint import lint
from publisher.texts.source import read_source
from publisher.texts.targets import elsewhere
from publisher.texts.visible import harmless, harmless_source, visible
from publisher.website.harmless import harmless_text
from publisher.website.prose import clause_html
from publisher.website.views import anchors
from tests import attacks
from tests.browsing import chromium, sideways
from tests.conftest import Desk, desk, seoul, template  # noqa: F401 - a fixture of the module
from tests.linkcheck import BuiltSite, dead_links
from tests.lives import announced, happened, postponed, shown

TAGS = frozenset(
    [
        "a",
        "aside",
        "blockquote",
        "body",
        "br",
        "caption",
        "code",
        "dd",
        "del",
        "details",
        "div",
        "dl",
        "dt",
        "em",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "header",
        "hr",
        "html",
        "ins",
        "li",
        "link",
        "main",
        "meta",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "span",
        "strong",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "title",
        "tr",
        "ul",
    ]
)
#: What a cell of a comparison is called on a narrow screen: our words, never those of a text.
SIDES = frozenset(["Before", "After", "What it means", "변경 전", "변경 후", "변경의 의미"])
ATTRIBUTES = frozenset(
    [
        "aria-current",
        "aria-hidden",
        "aria-label",
        "aria-labelledby",
        "charset",
        "class",
        "colspan",
        "content",
        "data-side",
        "href",
        "hreflang",
        "http-equiv",
        "id",
        "lang",
        "name",
        "open",
        "rel",
        "role",
        "scope",
        "start",
        "tabindex",
        "type",
        "title",
    ]
)
LINK = re.compile(r"(https?://[^/\s@\\]+(/|$|\?|#)|mailto:|tel:|#|/(?![/\\]))", re.IGNORECASE)
#: What no file of ours may hold: controls, and what turns the direction of writing.
UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff]"
)
EVERYWHERE = "".join(attacks.FAMILIES["direction"][:2] + attacks.FAMILIES["unseen"][:6])


@dataclass(frozen=True)
class Hostile:
    """A site made of hostile texts, and the texts by policy."""

    built: BuiltSite
    texts: dict[str, bytes]

    def of(self, policy: str) -> dict[str, Any]:
        """The pages of one policy, parsed, by the paths of their files."""
        return {file: page for file, page in self.built.pages.items() if re.search(rf"/{policy}[/-]", file)}


def name_of(family: str) -> str:
    return family.replace(" ", "-")


@pytest.fixture(scope="module")
def hostile(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Hostile:  # noqa: F811
    """Every family a policy of two versions; and a notice with hostile words in everything that is said."""
    import shutil

    from publisher.mail.mailers import MemoryMailer

    root = tmp_path_factory.mktemp("hostile") / "w"
    shutil.copytree(template, root)
    made = Desk(root=root, now=seoul("2026-11-23T09:00"), mailer=MemoryMailer())
    texts = {name_of(family): attacks.policy(family) for family in attacks.FAMILIES} | {"ids": attacks.ids()}
    texts |= {name_of(name): text for name, text in attacks.LARGE.items()}
    data = {name: text.encode("utf-8", "surrogateescape") for name, text in texts.items()}
    for name, text in data.items():
        snippet = next(iter(attacks.FAMILIES.get(name.replace("-", " "), ["x"])))
        former = (
            text[: len(text) // 2].decode("utf-8", "ignore").encode()
            if name in attacks.FAMILIES
            else b"# T\n\nBefore.\n"
        )
        for day, version in ((date(2019, 1, 1), former), (date(2020, 1, 1), text)):
            record_history(
                VersionStore(made.workspace.versions), made.workspace.settings.notice, policy=name, kind="terms",
                title={"ko": f"{name} {snippet}", "en": f"{name} {snippet}"}, texts={"ko": version, "en": version},
                announced=None, effective=day, at=made.now,
            )  # fmt: skip
    said = [
        x
        for family in ("tags", "handlers", "nesting", "schemes", "direction", "unseen", "heaped signs")
        for x in attacks.FAMILIES[family]
    ]
    made.tick("2026-11-23T09:00")
    for number, words in enumerate(("; ".join(said[::2]), "; ".join(said[1::2]))):
        both = {"ko": words, "en": words}
        findings = {
            language: [{"clause": {"id": words, "title": words}, "before": words, "after": words, "code": "R01",
                        "explanation": both, "level": "significant", "direction": "worse"}]
            for language in both
        }  # fmt: skip
        announced(
            made, "20200101", f"202612{10 + number}", f"2026-12-{10 + number}", "2026-11-23T10:00", title=both, reason=both,
            summary={language: [words, words] for language in both}, counted=both, findings=findings, previous="20200101",
            level="significant", days=14, years=7 + number,
        )  # fmt: skip
    postponed(made, "20261210", "2026-11-24T10:00", "2026-12-20", {"ko": said[0], "en": EVERYWHERE})
    happened(made, Event.WITHDRAWN, "20261211", "2026-11-25T10:00", reason={"ko": said[1], "en": EVERYWHERE})
    shown(made)
    return Hostile(BuiltSite(made.site, "https://policies.example.com"), data)


def test_pages_have_only_the_marks_that_pages_have(hostile: Hostile) -> None:
    assert len(hostile.built.pages) > 200
    for file, page in hostile.built.pages.items():
        elements = [x for x in page.iter() if isinstance(x.tag, str)]
        assert not {x.tag for x in elements} - TAGS, file
        assert not {str(name) for x in elements for name in x.attrib} - ATTRIBUTES, file
        assert {str(x) for x in page.xpath("//@data-side")} <= SIDES, file
        assert [str(x) for x in page.xpath("//comment() | //processing-instruction()")] == [], file


def test_links_lead_where_links_may_lead(hostile: Hostile) -> None:
    for file, page in hostile.built.pages.items():
        for href in page.xpath("//@href"):
            assert LINK.match(href), (file, href)
            assert urlsplit(href).username is None, (file, href)


def test_ids_are_of_one_thing_each(hostile: Hostile) -> None:
    for file, page in hostile.built.pages.items():
        ids = page.xpath("//@id")
        assert [each for each, times in Counter(ids).items() if times > 1] == [], file
        assert not [each for each in ids if re.search(r"\s", each) or not each], file


def test_every_link_within_the_site_leads_somewhere(hostile: Hostile) -> None:
    """But those in hostile texts, which may name what is not there."""
    assert [(x.file, x.written) for x in dead_links(hostile.built, texts=False)] == []


def test_nothing_is_written_outside_the_site(hostile: Hostile) -> None:
    names = {re.sub(r"[a-z0-9.-]", "", part) for file in hostile.built.files for part in Path(file).parts}
    assert names <= {"", "_"}, names
    assert not list(hostile.built.root.resolve().parent.parent.glob("**/up"))


def test_what_hides_is_written_out(hostile: Hostile) -> None:
    for file in hostile.built.files:
        if re.search(r"\.(html|atom|json|ics|txt|xml|link)$", file) and not file.startswith("verify/"):
            text = hostile.built.read(file).decode("utf-8")
            found = UNSEEN.search(text.replace("\r\n", "\n"))
            assert found is None, (file, text[found.start() - 60 : found.end() + 20])
            assert not re.search("[\u0300-\u034e\u0350-\u036f]{6}", text), file


def test_a_page_says_what_it_writes_out(hostile: Hostile) -> None:
    for family, says in (
        ("unseen", True),
        ("direction", True),
        ("false-names", True),
        ("handlers", False),
    ):
        words = hostile.built.pages[f"en/{family}/index.html"].text_content()
        assert ("cannot be seen are written as [U+…]" in words) is says, family


def test_the_texts_themselves_stay_as_they_are(hostile: Hostile) -> None:
    for name, text in hostile.texts.items():
        for language in ("ko", "en"):
            files = [x for x in hostile.built.files if x.endswith(".md") and f"{language}/{name}/v/20200101/" in x]
            assert files
            assert {hostile.built.read(file) for file in files} == {text}


def test_no_word_is_lost(hostile: Hostile) -> None:
    """What stood in a text stands on its page and in its plain file, whatever stood around it."""
    for family in attacks.FAMILIES:
        words = {f"word{n}" for n in range(len(attacks.FAMILIES[family]))}
        page = hostile.built.pages[f"en/{name_of(family)}/index.html"].text_content()
        plain = next(f for f in hostile.built.files if re.fullmatch(rf"en/{name_of(family)}/v/20200101/.*\.txt", f))
        for text in (page, hostile.built.read(plain).decode("utf-8")):
            assert words <= set(re.findall(r"word\d+", text)), family


@pytest.mark.parametrize("name", ["heading of a megabyte", "word of a megabyte", "other bytes", "a hundred deep"])
def test_what_cannot_be_read_as_markdown_stands_there_letter_by_letter(hostile: Hostile, name: str) -> None:
    """A text in force is never shown as an empty page."""
    page = hostile.built.pages[f"en/{name_of(name)}/index.html"]
    text = attacks.LARGE[name].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    assert "".join(page.xpath("string(//div[@class='policy']//pre)").split()) == "".join(text.split())


def test_feeds_and_calendars_are_read_by_others(hostile: Hostile) -> None:
    kinds: Counter[str] = Counter()
    for file in hostile.built.files:
        data = hostile.built.read(file)
        kind = file.rpartition(".")[2]
        kinds[kind] += 1
        if kind in {"atom", "xml"}:
            root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, recover=False))
            assert {etree.QName(x).localname for x in root.iter()} <= {
                "feed", "id", "title", "updated", "author", "name", "link", "entry", "published", "category", "content",
                "urlset", "url", "loc", "lastmod", "sitemapindex", "sitemap",
            }  # fmt: skip
            assert {x.get("type") for x in root.iter("{*}content")} <= {"text"}
        elif kind == "json" and not file.startswith("verify/"):
            assert all(set(item) & {"content_html"} == set() for item in json.loads(data)["items"])
        elif kind == "ics":
            parts = [part.name for part in Calendar.from_ical(data).walk()]
            assert set(parts) <= {"VCALENDAR", "VEVENT"}
            assert all(len(line) <= 75 for line in data.split(b"\r\n"))
            assert data.count(b"\nBEGIN:VEVENT") == parts.count("VEVENT")
    assert min(kinds[kind] for kind in ("atom", "json", "ics", "xml", "txt")) > 0


def test_a_link_says_where_it_leads_when_its_words_name_another_place(hostile: Hostile) -> None:
    page = hostile.built.pages["en/false-names/index.html"]
    paragraphs = [" ".join(p.text_content().split()) for p in page.xpath("//div[@class='policy']/section/p[1]")]
    assert [re.sub(r"^word\d+ ", "", words) for words in paragraphs] == [
        "https://bank.example/ [evil.example]", "bank.example [evil.example]", "Log in at www.bank.example now [evil.example]",
        "help@bank.example [pay@evil.example]", "BANK.EXAMPLE [evil.example]", "bank.example [evil.example]",
        "bank.exampl[U+200B]e [evil.example]", "bank.example [evil.example]", "bank.example [bank.example.evil.example]",
        "bank.example [notbank.example]", "02-555-0100 [+82-2-555-0199]", "bank.example [/en/privacy/]",
        "b\u0430nk [xn--bnk-6cd.example]", "https://b\u0430nk.example/ [xn--bnk-6cd.example]", "bank [xn--bnk-7cd.example]",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "target"),
    [
        ("www.example.com", "https://example.com/x"), ("example.com", "https://www.example.com/"), ("docs.example.com", "https://example.com/"),
        ("https://www.example.com/a", "https://www.example.com/b"), ("the terms", "https://example.org/"), ("privacy@example.com", "mailto:privacy@example.com"),
        ("Privacy@Example.com", "mailto:privacy@example.com?subject=x"), ("write to us", "mailto:a@example.com"), ("(02) 555-0100", "tel:+8225550100"),
        ("118", "tel:118"), ("30 days, 5 years", "/en/terms/"), ("see 3.2", "#scope"), ("e.g. here", "https://example.com/"),
        ("www.example.com에서", "https://www.example.com/"),
    ],
)  # fmt: skip
def test_a_link_that_says_where_it_leads_is_left_alone(words: str, target: str) -> None:
    assert elsewhere(words, target) == ""


def test_an_address_over_another_is_refused_before_publication() -> None:
    """P147"""
    text = "# T {#t}\n\n[www.bank.example](https://evil.example/) [see bank.example](https://evil.example/)\n"
    found = [p for p in lint(parse(text), Place(), language="en", kind="terms") if p.severity == "error"]
    assert [p.code for p in found] == ["P147"]
    assert [dict(p.message.values)["place"] for p in found] == ["evil.example"]


def test_clauses_keep_their_ids_and_pages_their_own(hostile: Hostile) -> None:
    page = hostile.built.pages["en/ids/index.html"]
    proper = [each for each in dict.fromkeys(attacks.IDS) if re.fullmatch("[a-z][a-z0-9-]{0,63}", each)]
    sections = page.xpath("//div[@class='policy']/*/@id")
    assert [each for each in sections if each in proper] == proper
    for each in proper:
        assert f"Clause {attacks.IDS.index(each)}" in page.xpath("string(//section[@id=$id]/h2)", id=each)
    own = set(page.xpath("//@id")) - set(sections)
    assert all("_" in each for each in own - {page.xpath("string(//h1/@id)")})
    changed = {Path(file).parts[3] for file in hostile.built.files if file.startswith("en/ids/changes/")}
    assert changed == set(proper)
    for mark in page.xpath("//sup/a/@href | //li[contains(@class,'footnote')]//a[contains(@class,'backref')]/@href"):
        assert page.xpath("//*[@id=$id]", id=mark[1:]), mark


def test_headings_have_words_and_ranks(hostile: Hostile) -> None:
    for file, page in hostile.of("shapes").items():
        ranks = [int(x.tag[1]) for x in page.xpath("//h1|//h2|//h3|//h4|//h5|//h6")]
        assert ranks.count(1) == 1, file
        assert all(after <= before + 1 for before, after in pairwise(ranks)), file
        for heading in page.xpath("//h1|//h2|//h3|//h4|//h5|//h6"):
            words = "".join(
                x for x in heading.itertext() if x.strip() not in {"#", "history", "변경 이력", "EN", "한국어"}
            )
            assert words.strip(), file
        assert [x for x in page.xpath("//nav//a") if not x.text_content().strip()] == [], file


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as launched:
        yield launched


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context(bypass_csp=True, viewport={"width": 320, "height": 800})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("family", [*attacks.FAMILIES, "ids", "privacy", *attacks.LARGE])
def test_a_browser_finds_nothing_active(hostile: Hostile, page: Any, family: str) -> None:
    """Without the policy of the pages, which would forbid it: there is nothing to forbid."""
    pages = [f for f in hostile.of(name_of(family)) if f.startswith("en/") and "/changes/" not in f]
    assert pages
    said: list[str] = []
    page.on("dialog", lambda dialog: _dismiss(dialog, said))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text))
    page.route("**/*", lambda route: _answer(route, hostile, said))
    for file in pages:
        page.goto(hostile.built.address(file))
        found = page.evaluate(
            "[...document.querySelectorAll('*')].flatMap(e => [e.localName, ...[...e.attributes].map(a => '@' + a.name)])"
        )
        assert not {x for x in found if not x.startswith("@")} - TAGS, file
        assert not {x[1:] for x in found if x.startswith("@")} - ATTRIBUTES, file
        links = page.evaluate("[...document.links].map(a => [a.protocol, a.username, a.host, a.getAttribute('href')])")
        assert {x[0] for x in links} <= {"https:", "http:", "mailto:", "tel:"}, file
        assert {x[1] for x in links} == {""}, file
        ours = [x for x in links if x[3].startswith(("/", "#"))]
        assert {x[2] for x in ours} == {"policies.example.com"}, file
        assert sideways(page) == 0, file
    assert said == []


def _dismiss(dialog: Any, said: list[str]) -> None:
    said.append(f"dialog {dialog.message}")
    dialog.dismiss()


def _answer(route: Any, hostile: Hostile, said: list[str]) -> None:
    """A file of the site, with no header that forbids anything; any other address is a find."""
    file = hostile.built.file_of(route.request.url)
    if file not in hostile.built.files:
        said.append(f"asked for {route.request.url}")
        route.abort()
        return
    kinds = {"html": "text/html; charset=utf-8", "css": "text/css", "svg": "image/svg+xml"}
    route.fulfill(body=hostile.built.read(file), content_type=kinds.get(file.rpartition(".")[2], "text/plain"))


WORDS = st.lists(
    st.one_of(
        st.sampled_from([x for family in attacks.FAMILIES.values() for x in family]),
        st.sampled_from(
            [
                "\n",
                "\n\n",
                "# ",
                "- ",
                "> ",
                "|",
                "\n|-|-|\n",
                "```",
                "](",
                "[",
                "<",
                ">",
                '"',
                "'",
                "{#",
                "}",
                "&#",
                ";",
            ]
        ),
        st.text(max_size=8),
    ),
    max_size=12,
).map("".join)


@settings(max_examples=200)
@given(WORDS)
def test_any_text_is_made_of_the_marks_of_prose(words: str) -> None:
    data = words.encode("utf-8", "surrogatepass")
    if not data.strip():
        return
    document = parse(harmless_text(read_source(data, Place()).text, data))
    names = anchors(document)
    assert len(set(names)) == len(names)
    for clause in document.clauses:
        body = html.fragment_fromstring(str(clause_html(clause, "", "t")), create_parent="div")
        elements = [x for x in body.iter() if isinstance(x.tag, str)]
        assert not {x.tag for x in elements} - TAGS
        assert not {str(name) for x in elements for name in x.attrib} - (ATTRIBUTES - {"data-side"})
        assert all(LINK.match(href) for href in body.xpath(".//@href"))
        assert not UNSEEN.search(body.text_content())
        assert not [x for x in body.xpath(".//@id") if "_" not in x]


@given(st.text())
def test_what_is_written_out_is_written_out_once(words: str) -> None:
    assert visible(visible(words)) == visible(words)
    assert harmless(harmless(words)) == harmless(words)
    assert harmless_source(words).count("\n") == words.count("\n")
    assert not UNSEEN.search(harmless(words))


def test_words_of_any_language_stay_as_they_are() -> None:
    for words in (
        "개인정보 처리방침 제3조 ①",
        "Café naïve Ångström",
        "Tiếng Việt đã được",
        "שלום עולם",
        "हिन्दी में",
        "✔️ ☎️ ①",
    ):
        assert harmless(words) == words

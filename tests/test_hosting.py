"""Old links, headers and types, the same wherever the site is served: by ourselves, nginx, Caddy, Netlify, Cloudflare."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from lxml import html

from publisher.errors import Misconfigured
from publisher.mail.mailers import MemoryMailer
from publisher.records import fingerprint
from publisher.register.journal import Event
from publisher.register.store import VersionStore
from publisher.website import hosting, web_servers
from publisher.website.headers import HEADERS, TRANSPORT, UNINDEXED, content_type
from publisher.website.serve import make_server
from publisher.workspace import Workspace
from tests import hosting as servers
from tests import pages_hosts
from tests.conftest import Desk, Ended, seoul
from tests.hosting import Served
from tests.lives import found, frozen, happened, shown
from tests.needs import needs

Serve = Callable[[Workspace, Path], AbstractContextManager[Served]]


@pytest.fixture(scope="module")
def built(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A site with a change announced, a second version of the same day, and one that stands in English only."""
    root = tmp_path_factory.mktemp("hosting") / "w"
    shutil.copytree(template, root)
    desk = Desk(root=root, now=seoul("2026-11-23T09:00"), mailer=MemoryMailer())
    desk.tick("2026-11-20T10:00")
    desk.retention()
    desk.tick("2026-11-23T09:00")
    frozen(desk, "20261210", "20261210-2", "2026-12-10", "2026-11-24T09:00", years=8)
    happened(desk, Event.ANNOUNCED, "20261210-2", "2026-11-24T09:00", effective="2026-12-10")
    english_only(desk)
    shown(desk)
    # what must never be shown, whatever stands in the folder
    (desk.site / ".secret").write_text("secret", "utf-8")
    (desk.site / "en" / ".git").mkdir()
    (desk.site / "en" / ".git" / "config").write_text("secret", "utf-8")
    return desk


def english_only(desk: Desk) -> None:
    model = found(desk, "20200101")
    texts = {"en": model.texts["en"]}
    record = replace(
        model.record, id="20190101", effective=date(2019, 1, 1), announced=date(2018, 12, 1), history=True,
        texts={"en": fingerprint(texts["en"])},
    )  # fmt: skip
    VersionStore(desk.workspace.versions).put(record, texts, at=seoul("2026-11-24T10:00"))
    happened(desk, Event.RECORDED, "20190101", "2026-11-24T10:00", effective="2019-01-01")


@contextmanager
def ourselves(workspace: Workspace, _: Path) -> Iterator[Served]:
    server = make_server(workspace, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Served(int(server.server_address[1]))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def rules_of(workspace: Workspace, listen: str, **more: object) -> hosting.Hosted:
    return hosting.hosted(workspace.settings.site, str(workspace.output), listen=listen, **more)  # type: ignore[arg-type]


@contextmanager
def by_nginx(workspace: Workspace, folder: Path, **more: object) -> Iterator[Served]:
    port = servers.free_port()
    rules = web_servers.nginx(rules_of(workspace, f"127.0.0.1:{port}", **more))
    with servers.nginx(rules, port, folder) as served:
        yield served


@contextmanager
def by_caddy(workspace: Workspace, folder: Path, **more: object) -> Iterator[Served]:
    port = servers.free_port()
    rules = web_servers.caddy(rules_of(workspace, f"http://127.0.0.1:{port}", **more))
    with servers.caddy(rules, port, folder) as served:
        yield served


@pytest.fixture(scope="module", params=[ourselves, by_nginx, by_caddy], ids=["publisher", "nginx", "caddy"])
def served(request: pytest.FixtureRequest, built: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    serve: Serve = request.param
    with serve(built.workspace, tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.mark.parametrize(
    ("link", "status", "to"),
    [
        ("/policies/privacy?v=20200101", 301, "/ko/privacy/v/20200101/"),
        ("/policies/privacy/?v=20200101", 301, "/ko/privacy/v/20200101/"),
        ("/policies/privacy?lang=ko&v=20261210", 301, "/ko/privacy/v/20261210/"),
        ("/policies/privacy?v=20261210-2", 301, "/ko/privacy/v/20261210-2/"),
        # was never published in the first language
        ("/policies/privacy?v=20190101", 301, "/en/privacy/v/20190101/"),
        ("/policies/privacy", 302, "/ko/privacy/"),
        ("/policies/privacy/", 302, "/ko/privacy/"),
        ("/policies/privacy?utm_source=mail", 302, "/ko/privacy/"),
        # whoever asks for one text is not shown another
        ("/policies/privacy?v=19990101", 404, ""),
        ("/policies/privacy?v=", 404, ""),
        ("/policies/privacy?v", 404, ""),
        ("/policies/privacy?%76=19990101", 404, ""),
        ("/policies/privacy?v=latest", 404, ""),
        ("/policies/privacy?v=20200101-9", 404, ""),
        ("/policies/privacy?v=..%2f..%2fnotices", 404, ""),
        ("/policies/privacy?v=%2e%2e/history", 404, ""),
        ("/policies/privacy?v=20200101%0d%0aX-Evil:%201", 404, ""),
        ("/policies/privacy?v=*", 404, ""),
        ("/policies/unknown?v=20200101", 404, ""),
        ("/policies/unknown", 404, ""),
        ("/policies/PRIVACY?v=20200101", 404, ""),
    ],
)
def test_old_links(served: Served, link: str, status: int, to: str) -> None:
    for method in ("GET", "HEAD"):
        answer = served.ask(link, method)
        assert (answer.status, answer.headers.get("location", "")) == (status, to)
        assert "x-evil" not in answer.headers
    if to:
        assert served.ask(to).status == 200


@pytest.mark.parametrize(
    "path",
    ["/", "/en/privacy/", "/nothing/", "/policies/privacy?v=1", "/policies/privacy", "/en/feed.atom", "/en/privacy"],
)
def test_every_answer_has_the_headers(served: Served, path: str) -> None:
    headers = served.ask(path).headers
    for name, value in HEADERS.items():
        assert headers[name.lower()] == value
    assert TRANSPORT[0].lower() not in headers, "not over plain http"
    assert "set-cookie" not in headers


@pytest.mark.parametrize(
    "path",
    ["/en/privacy/", "/en/feed.atom", "/en/feed.json", "/ko/calendar.ics", "/static/site.css", "/static/icon.svg",
     "/robots.txt", "/verify/journal.jsonl", "/verify/verify.py", "/verify/versions/privacy/20200101/en.md",
     "/verify/versions/privacy/20200101/version.json"],
)  # fmt: skip
def test_types_and_bytes(served: Served, built: Desk, path: str) -> None:
    answer = served.ask(path)
    file = built.site / (path.strip("/") + ("/index.html" if path.endswith("/") else ""))
    assert (answer.status, answer.body) == (200, file.read_bytes())
    assert answer.headers["content-type"] == content_type(file.name)
    head = served.ask(path, "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(answer.body))


#: The text of a version as a file, whether in force, to come or replaced, on its page and beside its record.
TEXTS = [
    "/ko/privacy/v/20200101/privacy-20200101-ko.md", "/en/privacy/v/20200101/privacy-20200101-en.txt",
    "/en/privacy/v/20261210/privacy-20261210-en.md", "/en/privacy/v/20261210-2/privacy-20261210-2-en.txt",
    "/en/privacy/v/20190101/privacy-20190101-en.md", "/verify/versions/privacy/20190101/en.md",
    "/verify/versions/privacy/20200101/ko.md",
]  # fmt: skip
#: What is to be found by whoever searches, or says for itself that it is not.
OTHERS = [
    "/", "/en/privacy/", "/en/privacy/v/20200101/", "/en/privacy/v/20190101/", "/en/privacy/history/", "/verify/",
    "/en/feed.atom", "/verify/verify.py", "/robots.txt", "/sitemap.xml", "/nothing.md",
    "/en/privacy/v/20200101/nothing.txt",
]  # fmt: skip


def test_the_text_of_a_version_as_a_file_is_not_indexed(served: Served, built: Desk) -> None:
    """It has no banner that says what is in force by now; its page has, and says for itself whether it is indexed."""
    pdf = "/en/privacy/v/20190101/privacy-20190101-en.pdf"
    (built.site / pdf.lstrip("/")).write_bytes(b"%PDF-1.7")
    for path in (*TEXTS, pdf):
        for method in ("GET", "HEAD"):
            answer = served.ask(path, method)
            assert (answer.status, answer.headers.get("x-robots-tag")) == (200, "noindex"), path
    for path in OTHERS:
        assert "x-robots-tag" not in served.ask(path).headers, path


@pytest.mark.parametrize("ending", ["link", "pdf", "md", "txt", "xml", "png"])
def test_types_of_files_to_come(served: Served, built: Desk, ending: str) -> None:
    (built.site / f"x.{ending}").write_bytes(b"x")
    assert served.ask(f"/x.{ending}").headers["content-type"] == content_type(f"x.{ending}")


@pytest.mark.parametrize(
    "path",
    ["/nothing/", "/nothing.atom", "/en/nothing", "/_headers", "/_redirects", "/static/", "/en/privacy/v/",
     "/.secret", "/en/.git/config", "/%2esecret", "/en/%2egit/config", "/../publisher.toml", "/%2e%2e/publisher.toml",
     "/..%2fpublisher.toml", "/static/..%2f..%2f..%2fpublisher.toml", "/healthz", "/.site-builds/"],
)  # fmt: skip
def test_nothing_else_is_shown(served: Served, built: Desk, path: str) -> None:
    answer = served.ask(path)
    assert answer.status in ({400, 404} if ".." in path or "%2e%2e" in path else {404})
    if answer.status == 404:
        assert answer.body == (built.site / "404.html").read_bytes()
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert b"secret" not in answer.body


def test_nothing_is_written(served: Served) -> None:
    for method in ("POST", "PUT", "DELETE"):
        assert served.ask("/en/privacy/", method, Content_Length="0").status in {403, 405, 501}


def test_what_has_not_changed_is_not_sent_again(served: Served) -> None:
    tag = served.ask("/en/privacy/").headers["etag"]
    again = served.ask("/en/privacy/", If_None_Match=tag)
    assert (again.status, again.body) == (304, b"")
    assert served.ask("/en/privacy/", If_None_Match='"other"').status == 200


def test_a_folder_without_its_slash(served: Served) -> None:
    answer = served.ask("/en/privacy")
    assert answer.status in {301, 308}
    assert answer.headers["location"] == "/en/privacy/"
    assert served.ask("//evil.example/en/").status == 404 or "evil" not in served.ask("//evil.example/en").headers.get(
        "location", ""
    )


@pytest.mark.parametrize("serve", [ourselves, by_nginx, by_caddy], ids=["publisher", "nginx", "caddy"])
def test_a_site_below_a_path(built: Desk, tmp_path: Path, serve: Serve) -> None:
    settings = built.workspace.settings
    site = settings.site.model_copy(update={"base_url": "https://example.com/legal"})
    workspace = Workspace(root=built.root, settings=settings.model_copy(update={"site": site}))
    with serve(workspace, tmp_path) as served:
        for link, to in (
            ("/legal/policies/privacy?v=20200101", "/legal/ko/privacy/v/20200101/"),
            ("/legal/policies/privacy", "/legal/ko/privacy/"),
            ("/legal/en/privacy", "/legal/en/privacy/"),
        ):
            assert served.ask(link).headers["location"] == to
        assert served.ask("/legal/en/feed.json").headers["content-type"].startswith("application/feed+json")
        assert served.ask(f"/legal{TEXTS[0]}").headers["x-robots-tag"] == "noindex"
        assert "x-robots-tag" not in served.ask("/legal/en/privacy/v/20200101/").headers
        assert served.ask("/legal/en/privacy/").body == (built.site / "en/privacy/index.html").read_bytes()
        for path in ("/legal/nothing", "/legal/_headers", "/legal/policies/privacy?v=1"):
            answer = served.ask(path)
            assert (answer.status, answer.body) == (404, (built.site / "404.html").read_bytes())


@pytest.mark.parametrize("server", ["nginx", "caddy"])
def test_over_tls_a_browser_is_told_to_stay_there(built: Desk, tmp_path: Path, server: str) -> None:
    port = servers.free_port()
    cert, key = servers.certificate(tmp_path)
    if server == "nginx":
        rules = web_servers.nginx(rules_of(built.workspace, f"127.0.0.1:{port}"))
        tls = f"127.0.0.1:{port} ssl; ssl_certificate {cert}; ssl_certificate_key {key};"
        running = servers.nginx(rules.replace(f"127.0.0.1:{port};", tls), port, tmp_path)
    else:
        rules = web_servers.caddy(rules_of(built.workspace, f"https://127.0.0.1:{port}"))
        running = servers.caddy(rules.replace("\troute {\n", f"\ttls {cert} {key}\n\troute {{\n", 1), port, tmp_path)
    with running:
        for path in ("/en/privacy/", "/nothing", "/policies/privacy?v=20200101"):
            assert Served(port, tls=True).ask(path).headers[TRANSPORT[0].lower()] == TRANSPORT[1]


def test_a_link_in_the_folder_leads_nowhere(built: Desk, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret", "utf-8")
    (built.site / "en" / "linked.txt").symlink_to(tmp_path / "secret")
    (built.site / "en" / "linked").symlink_to(tmp_path)
    with ourselves(built.workspace, tmp_path) as served:
        for path in ("/en/linked.txt", "/en/linked/secret"):
            assert served.ask(path).status == 404
    (built.site / "en" / "linked.txt").unlink()
    (built.site / "en" / "linked").unlink()


def test_the_command(built: Desk, tmp_path: Path, publisher: Callable[..., Ended]) -> None:
    shown_rules = publisher("site", "rules", "nginx", "--folder", "/srv/www", cwd=built.root)
    assert shown_rules.status == 0
    assert 'root "/srv/www";' in shown_rules.out
    for host in ("caddy", "netlify", "cloudflare"):
        file = tmp_path / host / "rules"
        assert publisher("site", "rules", host, "--out", str(file), cwd=built.root).status == 0
        assert "policies" in file.read_text("utf-8")
    assert (tmp_path / "netlify/rules").read_bytes() == (built.site / "_redirects").read_bytes()
    moments = publisher("site", "rules", "caddy", "--mementos", cwd=built.root)
    assert "Tue, 31 Dec 2019 15:00:00 GMT" in moments.out
    refused = publisher("site", "rules", "nginx", "--folder", "/srv;evil", cwd=built.root)
    assert (refused.status, "C585" in refused.err) == (5, True)


@pytest.mark.parametrize("serve", [by_nginx, by_caddy], ids=["nginx", "caddy"])
def test_mementos(built: Desk, tmp_path: Path, serve: Callable[..., AbstractContextManager[Served]]) -> None:
    """RFC 7089, 2.1.1: the text that came into force on 1 January 2020 at midnight in Seoul."""
    workspace = built.workspace
    zone = workspace.settings.notice.timezone
    moments = hosting.mementos(built.register().versions, ("ko", "en"), zone)
    assert moments["/ko/privacy/v/20200101/"].astimezone(UTC) == datetime(2019, 12, 31, 15, tzinfo=UTC)
    assert "/ko/privacy/v/20261210/" not in moments, "it is not in force yet"
    with serve(workspace, tmp_path, mementos=moments) as served:
        dated = served.ask("/ko/privacy/v/20200101/")
        assert (dated.status, dated.headers["memento-datetime"]) == (200, "Tue, 31 Dec 2019 15:00:00 GMT")
        for path in ("/ko/privacy/", "/ko/privacy/v/20261210/", "/nothing"):
            assert "memento-datetime" not in served.ask(path).headers


def test_rules_name_no_version(built: Desk) -> None:
    site = rules_of(built.workspace, "")
    for write in (web_servers.nginx, web_servers.caddy, hosting.cloudflare):
        assert "2020" not in write(site)
    assert "listen 80;" in web_servers.nginx(site)
    assert "\npolicies.example.com {" in web_servers.caddy(site)


@pytest.mark.parametrize("value", ['/x"y', "/x$y", "/x;y", "/x{y", "/x\ny", "relative"])
def test_what_could_be_read_as_a_rule_is_refused(built: Desk, value: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        hosting.hosted(built.workspace.settings.site, value)
    assert refused.value.problems[0].code == "C585"
    with pytest.raises(Misconfigured):
        hosting.hosted(built.workspace.settings.site, "/srv/site", listen="80; } evil")


# -- hosts of static pages -----------------------------------------------------------------------------------------


def exists_in(folder: Path) -> Callable[[str], bool]:
    return lambda path: (folder / path.strip("/") / "index.html").is_file() or (folder / path.lstrip("/")).is_file()


@pytest.mark.parametrize(
    ("path", "query", "status", "to"),
    [
        ("/policies/privacy", "v=20200101", 301, "/ko/privacy/v/20200101/"),
        ("/policies/privacy/", "v=20261210-2", 301, "/ko/privacy/v/20261210-2/"),
        ("/policies/privacy", "v=20190101", 301, "/en/privacy/v/20190101/"),
        # these end at a page that does not exist, or at the one that names both ways; never at the text in force
        ("/policies/privacy", "v=19990101", 301, "/ko/privacy/v/19990101/"),
        ("/policies/privacy", "v=20200101&utm=x", 200, "/policies/privacy"),
        ("/policies/privacy", "v=", 200, "/policies/privacy"),
        ("/policies/privacy", "", 200, "/policies/privacy"),
        ("/policies/unknown", "", 404, ""),
    ],
)
def test_old_links_at_netlify(built: Desk, path: str, query: str, status: int, to: str) -> None:
    rules = (built.site / "_redirects").read_text("ascii")
    assert pages_hosts.netlify(rules, path, query, exists_in(built.site)) == (status, to)
    if status != 404:
        assert exists_in(built.site)(to) == ("19990101" not in to)


def test_cloudflare_leaves_the_old_links_to_the_page_and_to_the_function(built: Desk) -> None:
    assert pages_hosts.cloudflare((built.site / "_redirects").read_text("ascii")) == []


@pytest.mark.parametrize("path", ["/", "/en/privacy/", "/en/feed.atom", "/en/privacy/feed.json", "/ko/calendar.ics",
                                  "/verify/journal.jsonl", "/verify/verify.py", "/en/privacy/v/20200101/timemap.link"])  # fmt: skip
def test_headers_at_hosts_of_static_pages(built: Desk, path: str) -> None:
    text = (built.site / "_headers").read_text("ascii")
    rules = [line for line in text.splitlines() if not line.startswith(" ")]
    assert len(rules) <= 100, "Cloudflare Pages takes no more"
    assert all(rule.count("*") <= 1 for rule in rules)
    assert max(map(len, text.splitlines())) <= 2000
    found = pages_hosts.headers(text, path)
    for name, value in (*HEADERS.items(), TRANSPORT):
        assert found[name.lower()] == value
    if "." in path:
        assert found["content-type"] == content_type(path)


@pytest.mark.parametrize("prefix", ["", "/legal"])
def test_texts_as_files_are_not_indexed_at_hosts_of_static_pages(built: Desk, prefix: str) -> None:
    settings = built.workspace.settings.site.model_copy(update={"base_url": f"https://example.com{prefix}"})
    text = hosting.site_files(settings, built.register().versions)["_headers"].decode("ascii")
    for path in (*TEXTS, "/en/privacy/v/20190101/privacy-20190101-en.pdf"):
        assert pages_hosts.headers(text, prefix + path)[UNINDEXED[0].lower()] == UNINDEXED[1], path
    for path in OTHERS:
        if path != "/en/privacy/v/20200101/nothing.txt":  # a host of static pages cannot tell what is not there
            assert UNINDEXED[0].lower() not in pages_hosts.headers(text, prefix + path), path


NODE = """
import { readFileSync, existsSync, statSync } from "node:fs";
import { onRequest } from "./function.mjs";
const folder = process.argv[2];
const ASSETS = { fetch: async (request) => {
  const path = decodeURIComponent(new URL(request.url).pathname);
  const file = folder + path + (path.endsWith("/") ? "index.html" : "");
  return existsSync(file) && statSync(file).isFile()
    ? new Response(readFileSync(file), { status: 200 })
    : new Response(readFileSync(folder + "/404.html"), { status: 404 });
} };
const said = [];
for (const address of JSON.parse(process.argv[3])) {
  const request = new Request("https://policies.example.com" + address);
  const policy = new URL(request.url).pathname.split("/")[2];
  const answer = await onRequest({ request, env: { ASSETS }, params: { policy } });
  said.push([answer.status, Object.fromEntries(answer.headers), await answer.text()]);
}
console.log(JSON.stringify(said));
"""


def test_the_function_for_cloudflare(built: Desk, tmp_path: Path) -> None:
    node = shutil.which("node")
    needs(node is not None, "node")
    (tmp_path / "function.mjs").write_text(hosting.cloudflare(rules_of(built.workspace, "")), "utf-8")
    (tmp_path / "try.mjs").write_text(NODE, "utf-8")
    expected = {
        "/policies/privacy?v=20200101": (301, "/ko/privacy/v/20200101/"),
        "/policies/privacy?v=20190101&x=1": (301, "/en/privacy/v/20190101/"),
        "/policies/privacy?v=20261210-2": (301, "/ko/privacy/v/20261210-2/"),
        "/policies/privacy": (302, "/ko/privacy/"),
        "/policies/privacy?v=19990101": (404, ""),
        "/policies/privacy?v=": (404, ""),
        "/policies/privacy?v=20200101&v=20261210": (404, ""),
        "/policies/privacy?v=../../x": (404, ""),
        "/policies/PRIVACY": (404, ""),
        "/policies/unknown?v=20200101": (404, ""),
    }
    ended = subprocess.run(
        [str(node), str(tmp_path / "try.mjs"), str(built.site), json.dumps(list(expected))],
        capture_output=True, text=True, encoding="utf-8", timeout=60, check=True,
    )  # fmt: skip
    for (status, headers, body), (link, (wanted, to)) in zip(json.loads(ended.stdout), expected.items(), strict=True):
        assert (status, headers.get("location", "")) == (wanted, to), link
        for name, value in HEADERS.items():
            assert headers[name.lower()] == value
        if status == 404:
            assert body == (built.site / "404.html").read_text("utf-8")


def test_where_nothing_is_redirected_the_page_names_both_ways(built: Desk) -> None:
    page = html.fromstring((built.site / "policies/privacy/index.html").read_bytes())
    assert page.xpath("//main//a/@href") == [
        "/ko/privacy/history/",
        "/ko/privacy/",
        "/en/privacy/history/",
        "/en/privacy/",
    ]
    assert page.xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert "?v=" in page.xpath("string(//section[@lang='en'])")
    assert page.xpath("count(//h1)") == 1
    assert not page.xpath("//script | //meta[@http-equiv='refresh']")

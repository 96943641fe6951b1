"""An announcement counts once the public site shows it: against a real server that lies (trust, faults 24 and 25)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event as Signal
from threading import Thread

import pytest

from publisher.records import fingerprint
from publisher.register.journal import Event
from publisher.run.tick import Report, tick
from publisher.run.verify import verify
from publisher.website.live import Live, fetch
from tests.conftest import Desk, seoul

NOTICE = "/en/notices/privacy-20261210/"


@dataclass
class Server:
    """What readers get from: the built site, unless it lies."""

    folder: Path
    #: told of each request; True where it has answered itself
    lie: Callable[[SimpleHTTPRequestHandler], bool] = lambda _: False
    url: str = ""
    asked: list[str] = field(default_factory=list)
    released: Signal = field(default_factory=Signal)


@pytest.fixture
def server(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    told = Server(desk.site)

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(told.folder))  # type: ignore[arg-type]

        def do_GET(self) -> None:
            told.asked.append(self.path)
            if not told.lie(self):
                super().do_GET()

        def log_message(self, *_: object) -> None: ...

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=made.serve_forever)
    thread.start()
    told.url = f"http://127.0.0.1:{made.server_address[1]}"
    desk.set(
        'base_url = "https://policies.example.com"',
        f'base_url = "https://policies.example.com"\nlive_url = "{told.url}"',
    )
    desk.recipients()
    desk.tick("2026-11-20T10:00")
    desk.retention()
    yield told
    told.released.set()
    made.shutdown()
    made.server_close()
    thread.join()


def run(desk: Desk, at: str, patience: float = 5) -> tuple[Report, list[float]]:
    slept: list[float] = []
    live = Live(fetch=lambda url, most: fetch(url, most, patience), sleep=slept.append)
    desk.now = seoul(at)
    return tick(replace(desk.engine(), live=live)), slept


def codes(report: Report) -> list[str]:
    return [p.code for e in report.errors for p in e.problems]


def test_what_was_seen_is_written_with_the_announcement(desk: Desk, server: Server) -> None:
    report, slept = run(desk, "2026-11-23T09:00")
    assert [s.kind.value for s in report.done] == ["freeze", "announce", "notify"]
    assert slept == []
    entries = desk.register().entries
    at = [e.event for e in entries].index(Event.ANNOUNCED)
    announced, checked = entries[at : at + 2]
    assert checked.event is Event.LIVE_CHECKED
    assert (checked.data["url"], checked.data["of"]) == (server.url, "announced")
    assert set(checked.data["pages"]) == {
        f"/{language}/{rest}"
        for language in ("ko", "en")
        for rest in ("", "privacy/", "privacy/v/20261210/", "notices/privacy-20261210/", "feed.atom")
    }
    for letter in desk.mailer.letters:
        body = message_from_bytes(letter.data, policy=policy.default).get_body(("plain",))
        assert body is not None
        assert announced.hash in body.get_content()

    assert [s.kind.value for s in run(desk, "2026-12-10T00:00")[0].done] == ["take_effect"]
    effect, seen = desk.register().entries[-2:]
    assert (effect.event, seen.event, seen.data["of"]) == (Event.IN_FORCE, Event.LIVE_CHECKED, "in_force")
    shown = (desk.site / "en/privacy/index.html").read_bytes()
    assert seen.data["pages"]["/en/privacy/"] == fingerprint(shown)
    assert verify(desk.workspace)[0] == []
    before = desk.site.resolve()
    assert run(desk, "2026-12-10T00:05")[0].done == []
    assert desk.site.resolve() == before, "what was seen makes no other page"


def old_page(handler: SimpleHTTPRequestHandler) -> bool:
    """A cache that keeps the page it has."""
    if handler.path != "/en/privacy/":
        return False
    body = b"<p>yesterday's page</p>"
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
    return True


def missing(handler: SimpleHTTPRequestHandler) -> bool:
    if handler.path == NOTICE:
        handler.send_error(404)
        return True
    return False


def cut(handler: SimpleHTTPRequestHandler) -> bool:
    """The length that it has, and half the body."""
    if handler.path != NOTICE:
        return False
    data = (Path(handler.directory) / NOTICE.strip("/") / "index.html").read_bytes()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data[: len(data) // 2])
    handler.close_connection = True
    return True


def longer(handler: SimpleHTTPRequestHandler) -> bool:
    """The page, and something put in at its end on the way."""
    if handler.path != NOTICE:
        return False
    data = (Path(handler.directory) / NOTICE.strip("/") / "index.html").read_bytes()
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(data + b"<script>0</script>" * 100_000)
    return True


def elsewhere(handler: SimpleHTTPRequestHandler) -> bool:
    """Leads to an address where the right page would be."""
    if handler.path != NOTICE:
        return False
    handler.send_response(302)
    handler.send_header("Location", NOTICE + "index.html")
    handler.send_header("Content-Length", "0")
    handler.end_headers()
    return True


def huge_headers(handler: SimpleHTTPRequestHandler) -> bool:
    if handler.path != NOTICE:
        return False
    handler.send_response(200)
    handler.send_header("X-Huge", "x" * 200_000)
    handler.end_headers()
    return True


def many_headers(handler: SimpleHTTPRequestHandler) -> bool:
    if handler.path != NOTICE:
        return False
    handler.send_response(200)
    for i in range(1000):
        handler.send_header(f"X-{i}", "x")
    handler.end_headers()
    return True


def no_http(handler: SimpleHTTPRequestHandler) -> bool:
    handler.wfile.write(b"\x00\xff not a server of pages\r\n\r\n")
    handler.close_connection = True
    return True


@pytest.mark.parametrize("lie", [old_page, missing, cut, longer, elsewhere, huge_headers, many_headers, no_http])
def test_a_site_that_lies_starts_no_clock(
    desk: Desk, server: Server, lie: Callable[[SimpleHTTPRequestHandler], bool]
) -> None:
    server.lie = lie
    before = desk.register().entries
    report, slept = run(desk, "2026-11-23T09:00")
    assert [s.kind.value for s in report.done] == ["freeze"]
    assert codes(report) == ["S215"]
    assert report.errors[0].exit_status == 6
    assert slept == [1, 3], "a cache is given a moment"
    assert [e.event for e in desk.register().entries[len(before) :]] == [Event.FROZEN]
    assert desk.mailer.letters == []

    server.lie = lambda _: False
    later, _ = run(desk, "2026-11-23T09:05")
    assert [s.kind.value for s in later.done] == ["announce", "notify"]
    assert len(desk.mailer.letters) == 2
    assert verify(desk.workspace)[0] == []


def test_a_server_that_does_not_answer_is_waited_for_no_longer_than_it_may(desk: Desk, server: Server) -> None:
    def slow(handler: SimpleHTTPRequestHandler) -> bool:
        server.released.wait(30)
        handler.close_connection = True
        return True

    server.lie = slow
    report, _ = run(desk, "2026-11-23T09:00", patience=0.05)
    assert codes(report) == ["S215"]
    server.released.set()


def test_a_cache_that_is_slower_than_the_ticks_finds_the_same_page_again(
    desk: Desk, server: Server, tmp_path: Path
) -> None:
    """It shows what was built twenty minutes ago: the page must not become another one with each tick."""
    cache = tmp_path / "cache"
    shutil.copytree(desk.site, cache)
    server.folder = cache
    assert codes(run(desk, "2026-11-23T09:00")[0]) == ["S215"]
    built = {p.name: p.read_bytes() for p in desk.site.glob("en/notices/*/index.html")}
    first = desk.site.resolve()
    for moment in ("2026-11-23T09:05", "2026-11-23T09:10"):
        assert codes(run(desk, moment)[0]) == ["S215"]
        assert desk.site.resolve() == first
    shutil.rmtree(cache)
    shutil.copytree(first, cache)
    report, _ = run(desk, "2026-11-23T09:20")
    assert [s.kind.value for s in report.done] == ["announce", "notify"]
    assert built == {p.name: p.read_bytes() for p in cache.glob("en/notices/*/index.html")}
    announced, checked = (e for e in desk.register().entries if e.event in {Event.ANNOUNCED, Event.LIVE_CHECKED})
    assert announced.at == seoul("2026-11-23T09:00"), "shown since then, on the same day"
    assert checked.at == seoul("2026-11-23T09:20")


def test_the_notice_is_counted_from_the_day_on_which_it_was_seen(desk: Desk, server: Server) -> None:
    server.lie = missing
    run(desk, "2026-11-23T09:00")
    run(desk, "2026-11-23T17:00")
    server.lie = lambda _: False
    report, _ = run(desk, "2026-11-25T09:00")
    assert [s.kind.value for s in report.done] == ["withdraw", "freeze", "announce", "notify"]
    version = next(v for v in desk.register().of("privacy") if v.announced_at)
    assert (version.id, version.announced_at) == ("20261212", seoul("2026-11-25T09:00"))
    assert verify(desk.workspace)[0] == []


def test_what_is_shown_goes_first_also_when_something_else_falls_due(desk: Desk, server: Server) -> None:
    """A build for the other policy would take the pages of the first one away again."""
    server.lie = missing
    run(desk, "2026-11-23T09:00")
    shutil.copytree(desk.root / "policy_docs/third-parties", desk.root / "policy_docs/aaa")
    desk.commit()
    report, _ = run(desk, "2026-11-23T10:00")
    assert codes(report) == ["S215"]
    assert report.done == []
    assert (desk.site / "en/notices/privacy-20261210/index.html").is_file()
    server.lie = lambda _: False
    report, _ = run(desk, "2026-11-23T10:05")
    assert (report.done[0].policy, report.done[0].kind.value) == ("privacy", "announce")
    assert ("aaa", "take_effect") in [(s.policy, s.kind.value) for s in report.done]
    assert verify(desk.workspace)[0] == []


def test_taking_effect_waits_too_and_then_is_done_once(desk: Desk, server: Server) -> None:
    run(desk, "2026-11-23T09:00")
    server.lie = old_page
    assert codes(run(desk, "2026-12-10T00:00")[0]) == ["S215"]
    assert all(v.in_force_at is None for v in desk.register().of("privacy") if v.id == "20261210")
    server.lie = lambda _: False
    report, _ = run(desk, "2026-12-10T00:05")
    assert [s.kind.value for s in report.done] == ["take_effect"]
    assert [e.event for e in desk.register().entries].count(Event.IN_FORCE) == 1


def test_the_live_address_may_lie_below_another_one(desk: Desk, server: Server) -> None:
    served = server.folder.parent / "public" / "policies"
    served.parent.mkdir()
    served.symlink_to(server.folder.name if served.parent == server.folder.parent else f"../{server.folder.name}")
    server.folder = served.parent
    desk.set(f'live_url = "{server.url}"', f'live_url = "{server.url}/policies"')
    report, _ = run(desk, "2026-11-23T09:00")
    assert [s.kind.value for s in report.done] == ["freeze", "announce", "notify"]
    assert all(path.startswith("/policies/") for path in server.asked)


def test_without_a_live_address_nobody_is_asked(desk: Desk) -> None:
    desk.retention()
    desk.now = seoul("2026-11-23T09:00")

    def never(*_: object) -> None:
        raise AssertionError("asked")

    report = tick(replace(desk.engine(), live=Live(fetch=never)))
    assert [s.kind.value for s in report.done] == ["freeze", "announce", "notify"]
    assert Event.LIVE_CHECKED not in {e.event for e in desk.register().entries}

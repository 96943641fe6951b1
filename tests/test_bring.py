"""The built site brought to readers: into a folder, by rsync, into a bucket; each read back over HTTP."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from publisher.errors import IntegrityBroken, Misconfigured, PublisherError
from publisher.register.journal import Event
from publisher.run.tick import Report, tick
from publisher.run.verify import verify
from publisher.website import bucket as bucket_module
from publisher.website.deploy import bring, in_stages, open_target
from publisher.website.headers import content_type
from publisher.website.live import Live
from publisher.website.publish import published_files
from publisher.website.targets import RECORD
from publisher.workspace import deploy_target
from tests import hosting as servers
from tests.conftest import Desk, Ended, seoul
from tests.lives import shown
from tests.needs import needs

NOW = Live(sleep=lambda _: None)


@dataclass
class Place:
    """Where a site is brought to, and what readers get from there."""

    target: str
    settings: str = ""
    #: every file that stands there
    files: Callable[[], dict[str, bytes]] = dict
    put: Callable[[str, bytes], None] = lambda _, __: None
    one: Callable[[str], bytes | None] = lambda _: None
    #: what the readers' server answers instead
    lies: dict[str, bytes] = field(default_factory=dict)


def files_in(folder: Path) -> dict[str, bytes]:
    if not folder.is_dir():
        return {}
    return {f.relative_to(folder).as_posix(): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def write(folder: Path) -> Callable[[str, bytes], None]:
    def put(path: str, data: bytes) -> None:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)

    return put


def read(folder: Path) -> Callable[[str], bytes | None]:
    return lambda path: (folder / path).read_bytes() if (folder / path).is_file() else None


@contextmanager
def readers(place: Place) -> Iterator[str]:
    """A web server before a place, as a content network would be; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.lstrip("/") + ("index.html" if self.path.endswith("/") else "")
            data = place.lies.get(path) or place.one(path)
            self.send_response(404 if data is None else 200)
            self.send_header("Content-Length", str(len(data or b"")))
            self.end_headers()
            self.wfile.write(data or b"")

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an S3 server of our own, on loopback."""
    folder, port = tmp_path_factory.mktemp("s3"), servers.free_port()
    with servers.running([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], port, folder):
        yield f"http://127.0.0.1:{port}"


KEYS = {"SHOP_KEY": "key", "SHOP_SECRET": "secret"}


def in_folder(tmp_path: Path, **_: Any) -> Place:
    folder = tmp_path / "www" / "policies"
    return Place(f"dir:{folder}", files=lambda: files_in(folder), put=write(folder), one=read(folder))


def in_mount(tmp_path: Path, **_: Any) -> Place:
    folder = tmp_path / "www" / "policies"
    folder.mkdir(parents=True)
    return in_folder(tmp_path)


def by_rsync(tmp_path: Path, **_: Any) -> Place:
    needs(shutil.which("rsync") is not None, "rsync")
    folder = tmp_path / "www" / "policies"
    return Place(f"rsync:{folder}", files=lambda: files_in(folder), put=write(folder), one=read(folder))


def by_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **_: Any) -> Place:
    """rsync at both ends; what stands for ssh runs the command of the far end here."""
    needs(shutil.which("rsync") is not None, "rsync")
    programs = tmp_path / "bin"
    programs.mkdir()
    ssh = programs / "ssh"
    ssh.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n'
        'while [ "$1" != web.example.com ]; do shift; done; shift; exec sh -c "$*"\n'
    )
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    folder = tmp_path / "www" / "policies"
    return Place(
        f"rsync:www-data@web.example.com:{folder}", files=lambda: files_in(folder), put=write(folder), one=read(folder)
    )


def in_bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, s3: str) -> Place:
    import obstore
    from obstore.store import S3Store

    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    name = f"policies-{random.Random(str(tmp_path)).randrange(10**9)}"  # noqa: S311
    with urllib.request.urlopen(urllib.request.Request(f"{s3}/{name}", method="PUT")):  # noqa: S310
        pass
    store = S3Store(
        name, prefix="site", config={"endpoint": s3, "region": "us-east-1", "access_key_id": "k", "secret_access_key": "s"},
        client_options={"allow_http": True},
    )  # fmt: skip

    def one(path: str) -> bytes | None:
        try:
            return bytes(obstore.get(store, path).bytes())
        except FileNotFoundError:
            return None

    def files() -> dict[str, bytes]:
        keys = [meta["path"] for page in obstore.list(store) for meta in page]
        return {key: bytes(obstore.get(store, key).bytes()) for key in keys}

    return Place(
        f"s3://{name}/site",
        f'endpoint = "{s3}"\nkey_env = "SHOP_KEY"\nsecret_env = "SHOP_SECRET"\n',
        files=files,
        put=lambda path, data: obstore.put(store, path, data) and None,
        one=one,
    )


PLACES = [in_folder, in_mount, by_rsync, by_ssh, in_bucket]
MakePlace = Callable[..., Place]


def deployed(desk: Desk, place: Place, base: str) -> None:
    desk.set(
        'base_url = "https://policies.example.com"', f'base_url = "https://policies.example.com"\nlive_url = "{base}"'
    )
    settings = (desk.root / "publisher.toml").read_text("utf-8")
    desk.write("publisher.toml", f'{settings}\n[deploy]\ntarget = "{place.target}"\n{place.settings}')


@pytest.fixture
def placed(
    request: pytest.FixtureRequest, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    """A place for the desk's site, and a web server before it; the desk knows both."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    more = {"s3": request.getfixturevalue("s3")} if request.param is in_bucket else {}
    place = request.param(tmp_path=tmp_path, monkeypatch=monkeypatch, **more)
    with readers(place) as base:
        deployed(desk, place, base)
        desk.recipients()
        yield place


everywhere = pytest.mark.parametrize("placed", PLACES, indirect=True, ids=lambda make: make.__name__)


def run(desk: Desk, at: str) -> Report:
    desk.now = seoul(at)
    return tick(replace(desk.engine(), live=NOW))


def done(report: Report) -> list[str]:
    return [step.kind.value for step in report.done]


def codes(report: Report) -> list[str]:
    return [p.code for e in report.errors for p in e.problems]


def shows(place: Place, site: Path) -> bool:
    """Whether every file of the built site stands there, and nothing besides but its record."""
    there = {path: data for path, data in place.files().items() if path != RECORD}
    return there == {path: (site / path).read_bytes() for path in published_files(site)}


@everywhere
def test_readers_have_what_is_announced(desk: Desk, placed: Place) -> None:
    assert (done(run(desk, "2026-11-20T10:00")), placed.files()[RECORD][:1]) == ([], b"{")
    assert shows(placed, desk.site)
    desk.retention()
    report = run(desk, "2026-11-23T09:00")
    assert (done(report), codes(report)) == (["freeze", "announce", "notify"], [])
    assert shows(placed, desk.site)
    events = [e.event for e in desk.register().entries]
    assert events[events.index(Event.ANNOUNCED) + 1] is Event.LIVE_CHECKED
    assert done(run(desk, "2026-12-10T00:00")) == ["take_effect"]
    assert shows(placed, desk.site)
    assert verify(desk.workspace)[0] == []


@everywhere
def test_what_is_there_does_not_go_again(desk: Desk, placed: Place) -> None:
    run(desk, "2026-11-20T10:00")
    before = bring(desk.workspace, NOW, dry_run=True)
    assert before.paths == []
    old = published_files(desk.site)
    desk.retention()
    run(desk, "2026-11-23T09:00")
    # somebody's file, and a page that was changed there by hand
    placed.put("theirs.txt", b"theirs")
    placed.put("ko/index.html", b"changed")
    assert bring(desk.workspace, NOW).paths == [], "by the record, everything is there"
    now = published_files(desk.site)
    assert {p for p in now if old.get(p) != now[p]} < set(now), "or the next line proves nothing"
    again = bring(desk.workspace, NOW, everything=True)
    assert set(again.paths) == set(now)
    assert placed.files()["ko/index.html"] == (desk.site / "ko/index.html").read_bytes()
    assert placed.files()["theirs.txt"] == b"theirs", "nothing is removed"


@everywhere
def test_what_was_not_brought_by_us_is_not_overwritten(desk: Desk, placed: Place) -> None:
    if placed.target.startswith("dir:"):
        Path(placed.target.removeprefix("dir:")).mkdir(parents=True, exist_ok=True)
    placed.put("index.html", b"theirs")
    run_ = run(desk, "2026-11-20T10:00")
    assert codes(run_) == ["C587"]
    assert run_.errors[0].exit_status == 5
    desk.retention()
    with pytest.raises(Misconfigured) as refused:
        run(desk, "2026-11-23T09:00")
    assert refused.value.problems[0].code == "C587"
    assert dict(placed.files()) == {"index.html": b"theirs"}
    assert Event.ANNOUNCED not in [e.event for e in desk.register().entries]


@everywhere
def test_a_site_that_is_newer_elsewhere_is_not_overwritten(desk: Desk, placed: Place) -> None:
    run(desk, "2026-11-20T10:00")
    record = json.loads(placed.files()[RECORD])
    record["files"]["en/privacy/v/20270101/index.html"] = "0" * 64
    placed.put(RECORD, json.dumps(record).encode())
    with pytest.raises(IntegrityBroken) as refused:
        bring(desk.workspace, NOW)
    assert refused.value.problems[0].code == "V465"


@everywhere
def test_another_site_is_not_overwritten(desk: Desk, placed: Place) -> None:
    run(desk, "2026-11-20T10:00")
    desk.set("https://policies.example.com", "https://other.example.com")
    with pytest.raises(Misconfigured) as refused:
        bring(desk.workspace, NOW)
    assert refused.value.problems[0].code == "C591"
    placed.put(RECORD, b"[]")
    with pytest.raises(Misconfigured) as refused:
        bring(desk.workspace, NOW)
    assert refused.value.problems[0].code == "C587"


@everywhere
def test_what_readers_do_not_get_is_not_announced(desk: Desk, placed: Place) -> None:
    run(desk, "2026-11-20T10:00")
    desk.retention()
    # not one of the pages that tell of the change: each that went is read back
    placed.lies["en/privacy/history/index.html"] = b"as it was yesterday"
    report = run(desk, "2026-11-23T09:00")
    assert (done(report), codes(report)) == (["freeze"], ["S215"])
    assert report.errors[0].exit_status == 6
    assert desk.mailer.letters == []
    report = run(desk, "2026-11-23T09:05")
    assert (done(report), codes(report)) == ([], ["S215"]), "it was brought, and still nobody gets it"
    placed.lies.clear()
    assert done(run(desk, "2026-11-23T09:10")) == ["announce", "notify"]


# -- an upload that breaks off -------------------------------------------------------------------------------------


def break_folder(place: Place, _: pytest.MonkeyPatch, __: Path) -> Callable[[], None]:
    """One file cannot be written, when most have been."""
    root = Path(place.target.removeprefix("dir:"))
    stuck = root / "en" / ".feed.atom.publisher-new"
    stuck.mkdir()
    return stuck.rmdir


def break_rsync(place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[], None]:
    """The connection breaks in the second stage."""
    calls = 9 if "@" in place.target else 5  # the far end is a call of its own
    programs = tmp_path / "broken"
    programs.mkdir()
    script = programs / "rsync"
    script.write_text(
        f"#!/bin/sh\necho x >> {tmp_path}/calls\n"
        f"[ $(wc -l < {tmp_path}/calls) -ge {calls} ] && {{ echo 'connection unexpectedly closed' >&2; exit 12; }}\n"
        f'exec {shutil.which("rsync")} "$@"\n'
    )
    script.chmod(0o755)
    path = os.environ["PATH"]
    monkeypatch.setenv("PATH", f"{programs}:{path}")
    return lambda: monkeypatch.setenv("PATH", path)


def break_bucket(_: Place, monkeypatch: pytest.MonkeyPatch, __: Path) -> Callable[[], None]:
    original = bucket_module.Bucket._put
    left = [12]

    def put(self: bucket_module.Bucket, path: str, data: bytes) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError("connection reset by peer")
        original(self, path, data)

    monkeypatch.setattr(bucket_module.Bucket, "_put", put)
    return lambda: left.__setitem__(0, 10**9)


@pytest.mark.parametrize(
    ("placed", "broken"),
    [(in_mount, break_folder), (by_rsync, break_rsync), (by_ssh, break_rsync), (in_bucket, break_bucket)],
    indirect=["placed"],
    ids=lambda make: make.__name__,
)
def test_an_upload_that_broke_off_is_finished(
    desk: Desk,
    placed: Place,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    broken: Callable[..., Callable[[], None]],
) -> None:
    run(desk, "2026-11-20T10:00")
    desk.retention()
    mend = broken(placed, monkeypatch, tmp_path)
    report = run(desk, "2026-11-23T09:00")
    assert (done(report), codes(report)) == (["freeze"], ["S251"])
    assert report.errors[0].exit_status == 6
    assert desk.mailer.letters == []
    assert Event.ANNOUNCED not in [e.event for e in desk.register().entries]
    there = placed.files()
    assert json.loads(there[RECORD])["uploading"]
    assert "en/privacy/v/20261210/index.html" in there, "it was under way"
    assert not shows(placed, desk.site)
    assert dead_links(there) == [], "and no reader saw half of it"
    mend()
    report = run(desk, "2026-11-23T09:05")
    assert (done(report), codes(report)) == (["announce", "notify"], [])
    assert shows(placed, desk.site)
    assert json.loads(placed.files()[RECORD])["uploading"] == []


def dead_links(site: Mapping[str, bytes]) -> list[str]:
    """Addresses that a reader who begins at the front page comes to, and that are not there."""
    seen: set[str] = set()
    dead, waiting = [], ["/"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        data = site.get(path.lstrip("/") + ("index.html" if path.endswith("/") else ""))
        if data is None:
            dead.append(path)
        elif path.endswith("/"):
            waiting += [m.split("#")[0] for m in re.findall(r'href="(/[^"]*)"', data.decode("utf-8"))]
    return dead


def test_whenever_it_breaks_off_no_reader_finds_a_dead_link(desk: Desk) -> None:
    """Every beginning of the upload, for a first one and for a change."""

    def built() -> dict[str, bytes]:
        return {path: (desk.site / path).read_bytes() for path in published_files(desk.site)}

    desk.tick("2026-11-20T10:00")
    first = built()
    desk.retention()
    desk.tick("2026-11-23T09:00")
    announced = built()
    desk.tick("2026-12-10T00:00")
    in_force = built()
    for old, new in ((first, announced), (announced, in_force)):
        changed = [path for path in new if old.get(path) != new[path]]
        order = [path for stage in in_stages(changed, old) for path in stage]
        assert sorted(order) == sorted(changed)
        there = dict(old)
        assert dead_links(there) == []
        for path in order:
            there[path] = new[path]
            assert dead_links(there) == [], path
        assert there == new
        # or the order would prove nothing
        backwards = {
            **old,
            **{path: new[path] for path in order if path.endswith("index.html") and path.count("/") < 3},
        }
        assert old is announced or dead_links(backwards)
    order = [path for stage in in_stages(first, ()) for path in stage]
    for path in order[:-1]:
        assert path != "index.html", "nobody sees anything before everything is there"
    assert order[-1] == "index.html"


# -- each by itself ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("placed", [in_folder], indirect=True)
def test_a_folder_is_switched_at_once_and_may_be_read_by_a_web_server(desk: Desk, placed: Place) -> None:
    mask = os.umask(0o077)
    try:
        run(desk, "2026-11-20T10:00")
        folder = Path(placed.target.removeprefix("dir:"))
        first = folder.resolve()
        before = files_in(first)
        desk.retention()
        run(desk, "2026-11-23T09:00")
        run(desk, "2026-12-10T00:00")
    finally:
        os.umask(mask)
    assert folder.is_symlink()
    assert folder.resolve() != first
    for path in [folder.resolve(), *folder.resolve().rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644)
    kept = sorted(p.name for p in folder.resolve().parent.iterdir())
    assert len(kept) == 3
    if first.exists():
        assert files_in(first) == before, "what a reader has open does not change"


@pytest.mark.parametrize("placed", [in_folder], indirect=True)
def test_no_reader_of_a_folder_sees_two_builds(desk: Desk, placed: Place) -> None:
    """What a killed upload left is put away; the link leads to a whole site at any time."""
    run(desk, "2026-11-20T10:00")
    folder = Path(placed.target.removeprefix("dir:"))
    write(folder.resolve().parent / "000099")("index.html", b"half")
    desk.retention()
    run(desk, "2026-11-23T09:00")
    assert shows(placed, desk.site)
    assert "000099" not in [p.name for p in folder.resolve().parent.iterdir()]


@pytest.mark.parametrize("placed", [in_folder], indirect=True)
def test_a_link_to_somewhere_else_is_not_ours(desk: Desk, placed: Place, tmp_path: Path) -> None:
    folder = Path(placed.target.removeprefix("dir:"))
    folder.parent.mkdir()
    (tmp_path / "else").mkdir()
    folder.symlink_to(tmp_path / "else")
    assert codes(run(desk, "2026-11-20T10:00")) == ["C587"]
    assert files_in(tmp_path / "else") == {}


@pytest.mark.parametrize("placed", [by_ssh], indirect=True)
def test_rsync_is_called_so_that_nothing_is_taken_for_an_option(desk: Desk, placed: Place, tmp_path: Path) -> None:
    run(desk, "2026-11-20T10:00")
    assert shows(placed, desk.site)
    asked = (tmp_path / "asked").read_text("utf-8").splitlines()
    assert all(line.startswith("-o BatchMode=yes -o ConnectTimeout=20 ") for line in asked)
    assert all("policies" not in line for line in asked), "paths go by the protocol, not by a far shell"


@pytest.mark.parametrize("placed", [by_rsync], indirect=True)
def test_a_target_that_is_away_is_tried_again(
    desk: Desk, placed: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.set(placed.target, "rsync:web.example.com:/srv/www")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "ssh").write_text("#!/bin/sh\necho 'ssh: Could not resolve hostname' >&2\nexit 255\n")
    (programs / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    desk.retention()
    report = run(desk, "2026-11-23T09:00")
    assert (done(report), codes(report)) == (["freeze"], ["S250"])
    (words,) = [problem.message.values for problem in report.errors[0].problems]
    assert dict(words)["reason"] == "ssh: Could not resolve hostname"
    assert desk.mailer.letters == []


@pytest.mark.parametrize("placed", [by_rsync], indirect=True)
def test_without_rsync(desk: Desk, placed: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shown(desk)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Misconfigured) as refused:
        bring(desk.workspace, NOW)
    assert refused.value.problems[0].code == "C590"
    assert placed.files() == {}


@pytest.mark.parametrize("placed", [in_bucket], indirect=True)
def test_a_bucket_knows_types_and_its_keys_stay_secret(
    desk: Desk, placed: Place, monkeypatch: pytest.MonkeyPatch, s3: str
) -> None:
    import obstore

    run(desk, "2026-11-20T10:00")
    assert RECORD in placed.files()
    store = open_target(desk.workspace).store  # type: ignore[attr-defined]
    for path in ("en/privacy/index.html", "en/feed.atom", "en/feed.json", "ko/calendar.ics", "verify/journal.jsonl"):
        told = obstore.get(store, path).attributes
        assert (told["Content-Type"], told["Cache-Control"]) == (content_type(path), "public, max-age=60")
    monkeypatch.delenv("SHOP_SECRET")
    with pytest.raises(Misconfigured) as refused:
        bring(desk.workspace, NOW)
    assert refused.value.problems[0].code == "C588"
    monkeypatch.setenv("SHOP_SECRET", "top-secret")
    desk.set(s3, "http://127.0.0.1:1")
    with pytest.raises(PublisherError) as away:
        bring(desk.workspace, NOW)
    assert [p.code for p in away.value.problems] == ["S250"]
    assert "top-secret" not in str(away.value.problems)


@pytest.mark.parametrize("placed", [in_bucket], indirect=True)
def test_without_the_library_for_buckets(desk: Desk, placed: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    shown(desk)
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    with pytest.raises(Misconfigured) as refused:
        bring(desk.workspace, NOW)
    assert refused.value.problems[0].code == "C589"
    assert placed.target.startswith("s3://")


# -- settings and the command ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "kind", "host", "path"),
    [
        ("dir:/srv/www/policies", "dir", "", "/srv/www/policies"),
        ("dir:/srv/www with space/", "dir", "", "/srv/www with space"),
        ("rsync:/srv/www", "rsync", "", "/srv/www"),
        ("rsync:web.example.com:/srv/www/", "rsync", "web.example.com", "/srv/www"),
        ("rsync:deploy@web.example.com:/srv/www", "rsync", "deploy@web.example.com", "/srv/www"),
        ("s3://policies", "s3", "policies", ""),
        ("s3://policies/legal/site/", "s3", "policies", "legal/site"),
    ],
)
def test_targets_are_read(value: str, kind: str, host: str, path: str) -> None:
    found = deploy_target(value)
    assert (found.kind, found.host, found.path) == (kind, host, path)


@pytest.mark.parametrize(
    "value",
    ["/srv/www", "dir:srv/www", "dir:/", "dir:/srv/../etc", "dir:/srv\n", "rsync:-e:/srv", "rsync:--rsh=x:/srv",
     "rsync:host::module", "rsync://host/x", "rsync:host:srv", "rsync:a b:/srv", "rsync:host:/srv/$(x)", "rsync:/srv/..",
     "s3://Bucket", "s3:bucket", "s3://key:secret@bucket", "s3://bucket/../x", "s3://bucket//x", "ftp://host/x"],
)  # fmt: skip
def test_targets_that_could_be_taken_for_something_else(desk: Desk, value: str) -> None:
    settings = (desk.root / "publisher.toml").read_text("utf-8")
    desk.write("publisher.toml", f"{settings}\n[deploy]\ntarget = {json.dumps(value)}\n")
    with pytest.raises(Misconfigured) as refused:
        _ = desk.workspace
    assert refused.value.problems[0].code == "C510"
    assert "secret" not in str(refused.value.problems[0].message)


def test_a_target_needs_an_address_to_read_it_back(desk: Desk) -> None:
    settings = (desk.root / "publisher.toml").read_text("utf-8")
    desk.write("publisher.toml", f'{settings}\n[deploy]\ntarget = "dir:/srv/www"\n')
    with pytest.raises(Misconfigured) as refused:
        _ = desk.workspace
    assert refused.value.problems[0].code == "C586"


@pytest.mark.parametrize("placed", [in_mount], indirect=True)
def test_the_command(desk: Desk, placed: Place, publisher: Callable[..., Ended]) -> None:
    ended = publisher("site", "deploy", cwd=desk.root)
    assert (ended.status, "C592" in ended.err) == (5, True)
    assert publisher("site", "build", cwd=desk.root).status == 0
    dry = json.loads(publisher("site", "deploy", "--dry-run", "--json", cwd=desk.root).out)
    assert set(dry["files"]) == set(published_files(desk.site))
    assert placed.files() == {}
    real = json.loads(publisher("site", "deploy", "--json", cwd=desk.root).out)
    assert (real["files"], real["dry_run"], real["finished_another"]) == (dry["files"], False, False)
    assert 0 < real["read_back"] <= len(real["files"])
    assert shows(placed, desk.site)
    assert publisher("site", "deploy", cwd=desk.root).out.strip().endswith("has everything already.")


def test_the_command_without_a_target(desk: Desk, publisher: Callable[..., Ended]) -> None:
    ended = publisher("site", "deploy", cwd=desk.root)
    assert (ended.status, "C593" in ended.err) == (5, True)

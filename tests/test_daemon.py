"""`publisher run` as a process: health, logs without persons, clean stops, and ticks that fail without ending it."""

# ruff: noqa: ARG002, N802 - the names and arguments of aiosmtpd's handlers
from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from publisher.errors import IntegrityBroken, Locked, PartlyDone, Problem, ServiceAway
from publisher.mail.mailers import MemoryMailer
from publisher.messages import msg
from publisher.notice.plan import Step, StepKind
from publisher.register.repository import open_texts
from publisher.run import daemon
from publisher.run.daemon import EVERY, Waker, next_wake
from publisher.run.health import STALE, Health
from publisher.run.log import JsonLines, Line, logging_to, problem_line, without_replies, write_line
from publisher.run.tick import tick
from publisher.run.watching import Watched
from tests.conftest import SEOUL, Desk, Ended, seoul
from tests.test_send import Server, serving

NAMES = ("canary.person", "canary-name", "Kanarienvogel")


def always_posting(desk: Desk) -> None:
    """The process runs on the machine's clock: whatever the hour, something may be announced."""
    desk.set('timezone = "Asia/Seoul"', 'timezone = "Asia/Seoul"\nposting_hours = "Mon-Sun 00:00-24:00"\nholidays = ""')


class Process:
    """A running `publisher run`, with what it has said so far."""

    def __init__(self, root: Path, *arguments: str) -> None:
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "GIT_", "COV_"))}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "publisher", "run", "--port", "0", *arguments],
            cwd=root, env={**environment, "LANG": "en_US.UTF-8"}, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.said: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.said.append(line.rstrip("\n"))

    def close(self) -> None:
        self._reader.join(10)
        assert self.process.stderr
        self.process.stderr.close()

    def until(self, there: Callable[[], Any]) -> Any:
        """Wait for what must come; fails where the process ends before."""
        end = time.monotonic() + 120
        while not (found := there()):
            assert self.process.poll() is None, self.said
            assert time.monotonic() < end, self.said
            time.sleep(0.05)
        return found

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.said]

    def url(self) -> str:
        found: re.Match[str] = self.until(lambda: re.search(r"http://127\.0\.0\.1:\d+/", "\n".join(self.said)))
        return found.group()

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        status = self.process.wait(60)
        self._reader.join(10)
        return status


@contextmanager
def running(root: Path, *arguments: str) -> Iterator[Process]:
    process = Process(root, *arguments)
    try:
        yield process
    finally:
        if process.process.poll() is None:
            process.process.kill()
            process.process.wait()
        process.close()


def fetch(url: str) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_it_starts_says_how_it_is_and_stops(desk: Desk) -> None:
    desk.recipients()
    always_posting(desk)
    desk.retention()
    with running(desk.root) as process:
        url = process.url()
        status, health = fetch(f"{url}healthz")
        assert status == 200
        assert set(health) == {"ok", "last_tick", "last_tick_ok", "next_step", "at_risk", "held", "version"}
        assert (health["ok"], health["last_tick_ok"], health["at_risk"], health["held"]) == (True, True, [], None)
        assert set(health["next_step"]) == {"step", "policy", "version", "at"}
        assert (health["next_step"]["step"], health["next_step"]["policy"]) == ("take_effect", "privacy")
        assert abs(datetime.fromisoformat(health["last_tick"]) - datetime.now(UTC)) < timedelta(minutes=5)
        process.process.send_signal(signal.SIGHUP)
        assert fetch(f"{url}healthz")[0] == 200
        assert process.stop() == 0
    # stderr is no terminal here: lines of JSON, all of them
    events = [(line["event"], line.get("step")) for line in process.lines]
    steps = [("step", "freeze"), ("step", "announce"), ("mailing", None), ("step", "notify")]
    assert events == [*steps, ("serving", None), ("stopped", None)]
    assert all(line["policy"] == "privacy" and line["version"] for line in process.lines if line["event"] == "step")


def test_in_words_and_by_ctrl_c(desk: Desk) -> None:
    with running(desk.root, "--log", "words") as process:
        process.url()
        assert process.stop(signal.SIGINT) == 0
    assert process.said[0].startswith("The site is on http://")
    assert process.said[-1] == "Stopped. Started again, it goes on where it was."


class Slow(Server):
    """Thinks about each message."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        await asyncio.sleep(0.3)
        return await super().handle_DATA(server, session, envelope)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopped_in_the_middle_of_a_mailing(desk: Desk, number: int) -> None:
    """What is on its way gets its outcome, the rest waits; started again, everyone has exactly one mail."""
    always_posting(desk)
    people = [f"p{i:02}" for i in range(30)]
    desk.recipients("".join(f"{p},{p}@example.com,,en\n" for p in people))
    desk.retention()
    server = Slow()
    with serving(server) as port:
        desk.set('smtp_url = "maildir:var/mail"', f'smtp_url = "smtp://127.0.0.1:{port}"\nconnections = 2')
        with running(desk.root) as process:
            process.until(lambda: len(server.taken) >= 4)
            assert process.stop(number) == 0
            sent = len(server.taken)
            assert 4 <= sent < 30
        assert process.lines[-1]["event"] == "stopped"
        assert not desk.register().of("privacy")[-1].notified_at
        assert states(desk) == {"handed_over": sent, "pending": 30 - sent}, "no fate is unknown"
        with running(desk.root) as process:
            process.until(lambda: any(line.get("step") == "notify" for line in process.lines))
            assert process.stop() == 0
    assert server.told == {f"{p}@example.com": 1 for p in people}


def states(desk: Desk) -> dict[str, int]:
    from publisher.run.status import deliveries

    (found,) = deliveries(desk.workspace).values()
    return found


class Rude(Server):
    """Repeats in its answers whom it was asked about."""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        code = "451 4.7.1" if re.search("person1[135]@", address) else "550 5.1.1"
        return f"{code} Kanarienvogel canary-name <{address}> token"


@pytest.mark.parametrize("form", ["json", "words"])
def test_no_line_names_a_person(desk: Desk, form: str) -> None:
    """A whole run with everything going wrong: refused, put off, damaged; the logs name nobody."""
    always_posting(desk)
    rows = "".join(f"canary.person{i},canary.person{i}@example.com,canary-name,en\n" for i in range(11, 70, 2))
    desk.recipients(rows)
    desk.retention()
    with serving(Rude()) as port:
        desk.set('smtp_url = "maildir:var/mail"', f'smtp_url = "smtp://127.0.0.1:{port}"')
        desk.write(
            "publisher.toml",
            (desk.root / "publisher.toml").read_text("utf-8") + '\n[alarms]\nto = ["canary.person@example.com"]\n',
        )
        with running(desk.root, "--log", form) as process:
            url = process.url()
            process.until(lambda: all(any(code in line for line in process.said) for code in ("S225", "C557")))
            health = fetch(f"{url}healthz")
            assert process.stop() == 0
    said = "\n".join(process.said) + json.dumps(health)
    assert not [name for name in NAMES if name in said], said


def test_a_failing_tick_does_not_end_it(desk: Desk) -> None:
    """The records are damaged: health says so with 503, the site stays up."""
    with running(desk.root) as process:
        process.url()
        process.stop()
    file = desk.root / "versions" / "privacy" / "20200101" / "en.md"
    file.write_bytes(file.read_bytes() + b"x")
    with running(desk.root) as process:
        url = process.url()
        status, health = process.until(lambda: (f := fetch(f"{url}healthz")) and f[1]["last_tick"] and f)
        assert (status, health["ok"], health["last_tick_ok"]) == (503, False, False)
        with urllib.request.urlopen(f"{url}en/privacy/", timeout=10) as page:  # noqa: S310
            assert page.status == 200
        assert process.stop() == 0
    assert [(line["event"], line["code"]) for line in process.lines if line["event"] == "problem"] == [
        ("problem", "V405")
    ]


# -- the waker, without a process ---------------------------------------------------------------------------------


class Heard(list[Line]):
    @property
    def events(self) -> list[tuple[str, str]]:
        return [(line.event, line.code) for line in self]


def waker(desk: Desk, **more: Any) -> tuple[Waker, Health, Heard]:
    heard, health = Heard(), Health(desk.workspace)
    return Waker(replace(desk.engine(), **more), heard.append, health), health, heard


@pytest.mark.parametrize(
    ("error", "event"),
    [
        (KeyError("canary.person@example.com"), ("defect", "C558")),
        (ServiceAway.of("C524", msg("x")), ("problem", "C524")),
        (IntegrityBroken.of("V400", msg("x")), ("problem", "V400")),
        (RecursionError(), ("defect", "C558")),
    ],
)
def test_whatever_a_tick_raises_it_is_tried_again(
    desk: Desk, error: Exception, event: tuple[str, str], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    awake, health, heard = waker(desk)

    def broken(_: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(daemon, "tick", broken)
        before = datetime.now(UTC)
        assert before < awake.wake() <= datetime.now(UTC) + EVERY
    assert heard.events == [event]
    assert not health.as_json()["ok"]
    assert "canary" not in JsonLines().format(record(heard[0]))
    assert capsys.readouterr().err == "", "no stack without --debug"
    awake.wake()
    assert health.as_json()["ok"], "the next tick went well"


def record(line: Line) -> Any:
    import logging

    found = logging.makeLogRecord({"name": "publisher", "levelno": line.level})
    found.line = line
    return found


def test_with_debug_the_stack_is_shown(desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    def broken(_: object) -> None:
        raise KeyError("why")

    monkeypatch.setattr(daemon, "tick", broken)
    heard = Heard()
    Waker(desk.engine(), heard.append, Health(desk.workspace), debug=True).wake()
    assert "KeyError: 'why'" in capsys.readouterr().err
    assert heard[0].more["kind"] == "KeyError"


def test_ticks_never_overlap(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on, calls = threading.Event(), threading.Event(), []

    def slow(_: object) -> None:
        calls.append(1)
        begun.set()
        go_on.wait(30)
        raise Locked.of("C530", msg("x"))

    monkeypatch.setattr(daemon, "tick", slow)
    awake, _, _ = waker(desk)
    first = threading.Thread(target=awake.wake)
    first.start()
    assert begun.wait(30)
    assert awake.busy
    awake.wake()
    assert len(calls) == 1
    go_on.set()
    first.join(30)
    assert not awake.busy


def test_another_run_at_work_is_no_failure_but_in_time_no_health_either(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(_: object) -> None:
        raise Locked.of("C530", msg("x"))

    monkeypatch.setattr(daemon, "tick", locked)
    seconds = [0.0]
    health = Health(desk.workspace, lambda: seconds[0])
    awake = Waker(desk.engine(), Heard().append, health)
    awake.wake()
    assert health.as_json()["ok"]
    seconds[0] = STALE + 1
    awake.wake()
    assert not health.as_json()["ok"]
    assert health.asleep_for() == 0
    health.alive()
    assert health.as_json()["ok"], "a letter that went out is a sign of life"


def test_the_same_problem_is_said_once(desk: Desk) -> None:
    desk.retention(reason="")
    awake, _, heard = waker(desk)
    awake.wake()
    awake.wake()
    assert len([e for e in heard.events if e[0] == "problem"]) == len({*heard.events})


def test_failed_recipients_are_no_failed_tick(desk: Desk) -> None:
    health = Health(desk.workspace)
    report = tick(desk.engine())
    report.errors.append(PartlyDone.of("S226", msg("x")))
    health.done(report)
    assert health.as_json()["ok"]
    report.errors.append(ServiceAway.of("C550", msg("the clock"), msg("y")))
    health.done(report)
    assert (health.as_json()["ok"], health.as_json()["held"]) == (False, "C550: the clock")


def test_health_names_the_day_at_risk(desk: Desk) -> None:
    from publisher.mail.outcomes import Outcome, State

    desk.recipients()
    desk.retention()
    health = Health(desk.workspace)
    later = MemoryMailer(lambda _: Outcome(state=State.DEFERRED, code=451))
    for at, risks in (
        ("2026-11-23T09:00", []),
        ("2026-11-24T14:00", [{"policy": "privacy", "version": "20261210", "date": "2026-12-10", "code": "S222"}]),
    ):
        health.done(desk.tick(at, lambda: later))
        assert health.as_json()["at_risk"] == risks


def steps(*moments: datetime) -> Any:
    made = [Step(kind=StepKind.NOTIFY, policy="p", version="v", at=at) for at in moments]
    return SimpleNamespace(plan=SimpleNamespace(steps=tuple(made)))


NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 1, 5, 58, tzinfo=UTC)  # two minutes before New York's clocks go back for the first time


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        ([], NOW + EVERY),
        ([NOW - timedelta(hours=1)], NOW + EVERY),
        ([NOW], NOW + EVERY),
        ([NOW + timedelta(minutes=1)], NOW + timedelta(minutes=1)),
        ([NOW + timedelta(days=3)], NOW + EVERY),
        ([(NOW + timedelta(minutes=1)).astimezone(SEOUL)], NOW + timedelta(minutes=1)),
        # 01:01 comes twice that night: one hour and three minutes from now, and in three minutes never.
        ([datetime(2026, 11, 1, 1, 1, fold=1, tzinfo=NEW_YORK)], NOW + timedelta(minutes=3)),
        ([datetime(2026, 11, 1, 2, 1, fold=0, tzinfo=NEW_YORK)], NOW + EVERY),
    ],
)
def test_the_next_wake_up(moments: list[datetime], expected: datetime) -> None:
    assert next_wake(steps(*moments), NOW) == expected


def test_a_long_mailing_lets_other_steps_pass(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every so often the engine looks what else is due, says how far it is, and everyone is still mailed once."""
    monkeypatch.setattr("publisher.run.mailing.SLICE", 0.2)

    def slow(_: object) -> Any:
        from publisher.mail.outcomes import Outcome, State

        time.sleep(0.25)
        return Outcome(state=State.HANDED_OVER, code=250)

    desk.recipients("".join(f"p{i},p{i}@example.com,,en\n" for i in range(12)))
    desk.retention()
    mailer = MemoryMailer(slow)
    heard: list[dict[str, int]] = []
    report = tick(
        replace(desk.engine(lambda: mailer), on_mailing=lambda _step, states, _risks: heard.append(dict(states)))
    )
    assert [s.kind.value for s in report.done] == ["freeze", "announce", "notify"]
    assert heard
    assert all(states.get("handed_over", 0) < 12 for states in heard)
    assert sorted(x.recipient for x in mailer.letters) == sorted(f"p{i}@example.com" for i in range(12))


def test_stopping_keeps_what_is_not_begun(desk: Desk) -> None:
    desk.retention()
    done: list[str] = []
    engine = replace(desk.engine(), on_step=lambda s: done.append(s.kind.value), stopping=lambda: bool(done))
    tick(engine)
    assert done == ["freeze"]
    tick(desk.engine())
    assert desk.register().of("privacy")[-1].notified_at


# -- texts from a remote --------------------------------------------------------------------------------------------


class Remote:
    """A remote repository: here it is the desk's own, when it answers."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.answers = True
        self.copy = desk.root.parent / "fetched"

    @contextmanager
    def fetching(self) -> Iterator[Any]:
        if not self.answers:
            raise ServiceAway.of("C524", msg("The remote is away."))
        shutil.rmtree(self.copy, ignore_errors=True)
        shutil.copytree(self.desk.root / ".git", self.copy / ".git")
        with self.fetched() as texts:
            yield texts

    def fetched(self) -> Any:
        return open_texts(self.copy)


def test_while_the_remote_is_away_what_was_announced_goes_on(desk: Desk) -> None:
    desk.recipients()
    desk.retention()
    remote = Remote(desk)
    watched = Watched(remote.fetching, remote.fetched)
    engine = replace(desk.engine(), texts=watched.open, away=lambda: watched.away)
    desk.now = seoul("2026-11-23T09:00")
    tick(engine)
    remote.answers = False
    desk.now = seoul("2026-12-10T00:00")
    report = tick(engine)
    assert [s.kind.value for s in report.done] == ["take_effect"]
    assert [p.code for e in report.errors for p in e.problems] == ["C524"]


def test_while_the_remote_is_away_nothing_new_is_begun(desk: Desk) -> None:
    remote = Remote(desk)
    watched = Watched(remote.fetching, remote.fetched)
    engine = replace(desk.engine(), texts=watched.open, away=lambda: watched.away)
    desk.retention()
    with watched.open():
        pass
    remote.answers = False
    assert tick(engine).done == []
    remote.answers = True
    assert [s.kind.value for s in tick(engine).done] == ["freeze", "announce", "notify"]
    assert watched.away is None


def test_a_remote_that_never_answered() -> None:
    @contextmanager
    def never() -> Iterator[Any]:
        raise ServiceAway.of("C524", msg("x"))
        yield

    with pytest.raises(ServiceAway), Watched(never, never).open():
        pass


# -- lines ----------------------------------------------------------------------------------------------------------


def test_what_other_libraries_log_becomes_a_line_without_words(tmp_path: Path) -> None:
    import logging

    file = tmp_path / "log"
    with file.open("w") as stream, logging_to(JsonLines(), stream):
        logging.getLogger("aiosmtplib").warning("mail to %s", "canary.person@example.com")
        try:
            raise ValueError("canary-name")
        except ValueError:
            logging.getLogger("apscheduler.x").exception("canary-name")
        write_line(Line(event="mailing", policy="privacy", version="20261210", more={"handed_over": 3}))
        write_line(problem_line("problem", Problem(code="S226", message=msg("x"), severity="warning")))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [{k: v for k, v in line.items() if k != "at"} for line in lines] == [
        {"level": "warning", "event": "library", "logger": "aiosmtplib"},
        {"level": "error", "event": "library", "logger": "apscheduler.x", "kind": "ValueError"},
        {"level": "info", "event": "mailing", "policy": "privacy", "version": "20261210", "handed_over": 3},
        {"level": "warning", "event": "problem", "code": "S226"},
    ]
    assert all(datetime.fromisoformat(line["at"]).tzinfo for line in lines)


@pytest.mark.parametrize(
    ("reply", "kept"), [("5.7.1 no mail for canary-name", "5.7.1"), ("canary-name", "…"), ("", "…"), ("2.0", "…")]
)
def test_of_a_reply_its_code_is_kept(reply: str, kept: str) -> None:
    inner = msg("refused: {reply}", reply=reply)
    problem = without_replies(Problem(code="S225", message=msg("{what} {count}", what=inner, count=3)))
    assert dict(dict(problem.message.values)["what"].values) == {"reply": kept}


def test_plan_and_status_name_the_day_at_risk(desk: Desk, publisher: Callable[..., Ended]) -> None:
    desk.recipients()
    desk.retention()
    desk.set('smtp_url = "maildir:var/mail"', 'smtp_url = "smtp://127.0.0.1:9"')
    publisher("tick", "--now", "2026-11-23T09:00", cwd=desk.root)
    planned = publisher("plan", "--now", "2026-11-24T14:00", "--json", cwd=desk.root)
    (risk,) = json.loads(planned.out)["at_risk"]
    assert (risk["code"], risk["date"], risk["left"], risk["last_day"]) == ("S222", "2026-12-10", 2, "2026-11-25")
    assert "[S222]" in publisher("plan", "--now", "2026-11-24T14:00", cwd=desk.root).err
    status = json.loads(publisher("status", "--json", cwd=desk.root).out)
    assert "at_risk" in status

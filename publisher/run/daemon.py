"""The site served and the engine woken, until somebody stops it.

APScheduler only wakes the engine: at the next due moment, and every five minutes in any case. What is due is found by
the tick itself, so a missed wake-up costs minutes, never a step. Nothing that a tick does or runs into ends the
daemon, and the site is served all the while.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any, Final

from publisher.errors import Locked, Problem, PublisherError
from publisher.mail.outcomes import still_open
from publisher.messages import msg
from publisher.notice.plan import Step
from publisher.notice.risk import Risk
from publisher.run.clock import system_clock
from publisher.run.engine import Engine
from publisher.run.health import Health
from publisher.run.log import Line, Write, problem_line
from publisher.run.progress import logged
from publisher.run.rest import quiet
from publisher.run.tick import Report, tick
from publisher.website.serve import make_server

EVERY: Final = timedelta(minutes=5)
#: Seconds after which a wake-up that did not come, because the clock was set back, is made up for.
OVERDUE: Final = EVERY.total_seconds() + 30


class Waker:
    """Runs ticks, one at a time, says what they did, and keeps the health."""

    def __init__(self, engine: Engine, write: Write, health: Health, *, debug: bool = False) -> None:
        self._engine = replace(
            engine,
            on_step=self._step,
            on_alarm=self._alarm,
            on_letter=health.alive,
            on_mailing=self._mailing,
            onlooker=logged(write),
        )
        self._write = write
        self._health = health
        self._debug = debug
        self._busy = threading.Lock()
        self._said: tuple[Problem, ...] = ()

    @property
    def busy(self) -> bool:
        """Whether a tick is at work."""
        return self._busy.locked()

    def wake(self) -> datetime:
        """One tick; the moment of the next one. Raises nothing."""
        if self._busy.acquire(blocking=False):
            try:
                return self._wake()
            finally:
                self._busy.release()
        return system_clock() + EVERY

    def _wake(self) -> datetime:
        self._health.woken()
        if self._health.known and (resting := quiet(self._engine)):
            self._health.rested()
            following = datetime.fromisoformat(resting["next"]) if resting["next"] else None
            return min(m for m in (following, system_clock() + EVERY) if m)
        try:
            report = tick(self._engine)
        except Locked as error:
            # Another run has the right to act, by hand or on another machine; that is no fault of this one.
            self._tell(list(error.problems))
        except PublisherError as error:
            self._health.failed(error)
            self._tell(list(error.problems))
        except Exception as error:  # a defect of ours must not leave a date unwatched: it is tried again
            self._health.failed(error)
            self._defect(error)
        else:
            self._health.done(report)
            risks = [risk.problem() for risk in self._health.risks]
            errors = [p for e in report.errors for p in e.problems]
            self._tell([*report.observation.problems, *errors, *(p for p in risks if p.code == "S222")])
            return next_wake(report, system_clock())
        return system_clock() + EVERY

    def _tell(self, problems: list[Problem]) -> None:
        if tuple(problems) != self._said:  # not the same again every five minutes
            for problem in problems:
                self._write(problem_line("problem", problem))
            self._said = tuple(problems)

    def _step(self, step: Step) -> None:
        self._health.alive()
        message = msg("{step}: {policy} {version}", step=step.kind.value, policy=step.policy, version=step.version)
        more = {"step": step.kind.value}
        self._write(Line(event="step", policy=step.policy, version=step.version, more=more, message=message))

    def _mailing(self, step: Step, outcomes: Mapping[str, int], found: list[Risk]) -> None:
        self._health.mailing(found)
        total, left = sum(outcomes.values()), still_open(outcomes)
        message = msg("{policy}: {done} of {total} recipients", policy=step.policy, done=total - left, total=total)
        more = dict(outcomes)
        self._write(Line(event="mailing", policy=step.policy, version=step.version, more=more, message=message))
        for risk in found:
            self._write(problem_line("problem", risk.problem()))

    def _alarm(self, problem: Problem, error: PublisherError | None) -> None:
        if error is None:
            self._write(problem_line("alarm", problem))
        for failure in error.problems if error else ():
            self._write(problem_line("alarm_failed", failure, about=problem.code))

    def _defect(self, error: Exception) -> None:
        """A defect of ours, without its words: these may hold anything."""
        where = _where(error)
        self._write(
            Line(
                event="defect",
                level=logging.ERROR,
                code="C558",
                more={"kind": type(error).__name__, "where": where},
                message=msg(
                    "This is a defect of publisher: {kind} in {where}. The engine goes on and tries again; run it with "
                    "--debug to see more. [C558]",
                    kind=type(error).__name__,
                    where=where,
                ),
            )
        )
        if self._debug:
            traceback.print_exception(error, file=sys.stderr)


def next_wake(report: Report, now: datetime) -> datetime:
    """The next due moment, and at the latest in five minutes. In UTC, where no hour comes twice."""
    moments = (step.at.astimezone(UTC) for step in report.plan.steps)
    return min([now + EVERY, *(moment for moment in moments if moment > now)])


def _where(error: Exception) -> str:
    """Module and line in which an error arose; the last one of our own."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "publisher" in Path(f.filename).parts]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"


def run(engine: Engine, host: str, port: int, *, write: Write, debug: bool = False) -> None:
    """Serve and tick until SIGINT or SIGTERM; then finish the step at hand and end.

    In a mailing the letters that are on their way get their outcome first; the others wait for the next start.
    """
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.schedulers.background import BackgroundScheduler

    stop = threading.Event()
    with _signals(stop.set):
        health = Health(engine.workspace)
        waker = Waker(replace(engine, stopping=stop.is_set), write, health, debug=debug)
        server = make_server(engine.workspace, host, port, health.as_json)
        # In memory, one at a time and with no grace: a job that is late runs late, it is not dropped.
        scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        first = threading.Event()
        shown = engine.workspace.output.exists()  # of an earlier run; else the first tick builds it

        def wake() -> None:
            following = waker.wake()
            first.set()
            if not stop.is_set():
                scheduler.add_job(wake, "date", run_date=following, id="wake", replace_existing=True)

        serving = threading.Thread(target=server.serve_forever, name="site", daemon=True)
        try:
            serving.start()
            scheduler.start()
            scheduler.add_job(wake, id="first")
            _until(lambda: shown or first.is_set() or stop.is_set())
            url = f"http://{host}:{server.server_address[1]}/"
            message = msg("The site is on {url} (Ctrl-C stops it).", url=url)
            write(Line(event="serving", more={"url": url}, message=message))
            while not stop.wait(10):
                if (
                    not waker.busy and health.asleep_for() > OVERDUE
                ):  # a clock that was set back lets the scheduler sleep
                    scheduler.add_job(wake, id="overdue", replace_existing=True)
        finally:
            stop.set()
            scheduler.shutdown(wait=True)
            server.shutdown()
            server.server_close()
            write(Line(event="stopped", message=msg("Stopped. Started again, it goes on where it was.")))


def _until(there: Callable[[], bool]) -> None:
    """Wait until there is a site to show."""
    while not there():
        time.sleep(0.1)


@contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[None]:
    """SIGINT and SIGTERM call `stop`; SIGHUP, which a closed terminal sends, does nothing."""

    def stopping(_number: int, _frame: FrameType | None) -> None:
        stop()

    def nothing(_number: int, _frame: FrameType | None) -> None:
        return None

    handlers: dict[int, Any] = {signal.SIGINT: stopping, signal.SIGTERM: stopping, signal.SIGHUP: nothing}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""The site served and the engine woken, until somebody stops it.

APScheduler only wakes the engine: at the next due moment, and every five minutes in any case. What is due is
found by the tick itself, so a missed wake-up costs minutes, never a step.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from publisher.errors import Locked, Problem, PublisherError
from publisher.messages import Message, msg
from publisher.run.clock import system_clock
from publisher.run.engine import Engine
from publisher.run.rest import quiet
from publisher.run.tick import Report, tick
from publisher.website.serve import make_server

EVERY: Final = timedelta(minutes=5)


class Waker:
    """Runs ticks and remembers how the last one went."""

    def __init__(
        self,
        engine: Engine,
        tell: Callable[[Message | str], None],
        tell_problems: Callable[[Iterable[Problem]], None],
    ) -> None:
        self._engine = engine
        self._tell = tell
        self._tell_problems = tell_problems
        self._last: dict[str, Any] = {"last_tick": None, "next_step": None, "problems": [], "ok": True}
        self._said: tuple[Problem, ...] = ()

    def health(self) -> dict[str, Any]:
        return dict(self._last)

    def wake(self) -> datetime | None:
        """One tick; the moment of the next step, where there is one."""
        if resting := quiet(self._engine):
            following = datetime.fromisoformat(resting["next"]) if resting["next"] else None
            self._remember([], following, ok=True)
            return following
        try:
            report = tick(self._engine)
        except Locked:
            return None
        except PublisherError as error:
            self._remember(list(error.problems), None, ok=False)
            return None
        problems = [*report.observation.problems, *(p for e in report.errors for p in e.problems)]
        following = min((s.at for s in report.plan.steps if s.at > report.plan.now), default=None)
        self._remember(problems, following, ok=not report.errors)
        self._say(report)
        return following

    def _remember(self, problems: list[Problem], following: datetime | None, *, ok: bool) -> None:
        self._last = {
            "ok": ok,
            "last_tick": system_clock().isoformat(timespec="seconds"),
            "next_step": following.isoformat(timespec="seconds") if following else None,
            "problems": [p.code for p in problems],
        }
        if tuple(problems) != self._said:  # not the same again every five minutes
            self._tell_problems(problems)
            self._said = tuple(problems)

    def _say(self, report: Report) -> None:
        for step in report.done:
            self._tell(
                msg(
                    "{step}: {policy} {version}",
                    step=step.kind.value,
                    policy=step.policy,
                    version=step.version,
                )
            )


def run(
    engine: Engine,
    host: str,
    port: int,
    *,
    tell: Callable[[Message | str], None],
    tell_problems: Callable[[Iterable[Problem]], None],
) -> None:
    """Serve and tick until SIGINT or SIGTERM; then finish the step at hand and end."""
    from apscheduler.schedulers.background import BackgroundScheduler

    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    waker = Waker(engine, tell, tell_problems)
    server = make_server(engine.workspace, host, port, waker.health)
    # In memory and with no grace: a job that is late runs late, it is not dropped.
    scheduler = BackgroundScheduler(
        timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )

    def wake() -> None:
        following = waker.wake()
        if following and following < system_clock() + EVERY:
            scheduler.add_job(wake, "date", run_date=following, id="due", replace_existing=True)

    serving = threading.Thread(target=server.serve_forever, name="site", daemon=True)
    try:
        wake_first = threading.Thread(target=wake, name="first tick")
        wake_first.start()
        wake_first.join()
        scheduler.add_job(wake, "interval", seconds=EVERY.total_seconds(), id="regular")
        scheduler.start()
        serving.start()
        tell(msg("The site is on {url} (Ctrl-C stops it).", url=f"http://{host}:{server.server_address[1]}/"))
        stop.wait()
    finally:
        if scheduler.running:
            scheduler.shutdown(wait=True)
        if serving.is_alive():
            server.shutdown()
        server.server_close()
        for number, handler in before.items():
            signal.signal(number, handler)
        tell(msg("Stopped. Started again, it goes on where it was."))

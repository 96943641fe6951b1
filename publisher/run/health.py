"""How the engine is, for whoever watches it: the answer of `/healthz`. It names no person."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from publisher.errors import PartlyDone, Problem, PublisherError
from publisher.messages import translator
from publisher.notice.risk import Risk
from publisher.run.alarms import HELD
from publisher.run.clock import system_clock
from publisher.run.risks import outcomes, risks
from publisher.workspace import Workspace

if TYPE_CHECKING:
    from publisher.run.tick import Report

#: An engine that has given no sign of life for longer is not well.
STALE: Final = timedelta(minutes=15).total_seconds()


class Health:
    """What the last tick found. Written by the engine's thread, read by those of the site."""

    def __init__(self, workspace: Workspace, seconds: Callable[[], float] = time.monotonic) -> None:
        self._workspace = workspace
        self._seconds = seconds
        self._woken = self._signed = seconds()
        self._found: Mapping[str, Any] = {
            "last_tick": None, "last_tick_ok": None, "next_step": None, "at_risk": [], "held": None,
        }  # fmt: skip
        #: the days at risk at the end of the last tick
        self.risks: list[Risk] = []

    def woken(self) -> None:
        """A tick begins; whether it may do anything is another matter."""
        self._woken = self._seconds()

    def alive(self) -> None:
        """A sign of life: a tick came to an end, a step was done, a letter has its outcome."""
        self._woken = self._signed = self._seconds()

    def asleep_for(self) -> float:
        """Seconds since the engine was last awake, whatever the clock says."""
        return self._seconds() - self._woken

    def mailing(self, found: list[Risk]) -> None:
        """A long mailing goes on; the days that are at risk by now."""
        self.alive()
        self._found = {**self._found, "at_risk": _risks(found)}

    def done(self, report: Report) -> None:
        """A tick came to its end; what is away makes it fail, a recipient who cannot be reached does not."""
        self.alive()
        observation = report.observation
        counted = partial(outcomes, self._workspace)
        self.risks = risks(observation.register, observation.rules, report.plan.now, counted)
        problems = [p for e in report.errors for p in e.problems]
        step = min(report.plan.steps, key=lambda s: s.at.timestamp(), default=None)
        self._found = {
            "last_tick": _now(),
            "last_tick_ok": all(isinstance(e, PartlyDone) for e in report.errors),
            "next_step": {
                "step": step.kind.value,
                "policy": step.policy,
                "version": step.version,
                "at": step.at.astimezone(observation.rules.zone).isoformat(timespec="seconds"),
            }
            if step
            else None,
            "at_risk": _risks(self.risks),
            "held": _held([*problems, *observation.problems]),
        }

    @property
    def known(self) -> bool:
        """Whether the last tick was looked at in full and ended well, so that a quiet one after it adds nothing."""
        return self._found["last_tick_ok"] is True

    def rested(self) -> None:
        """A quiet tick: all is as the one before found it."""
        self.alive()
        self._found = {**self._found, "last_tick": _now()}

    def failed(self, error: Exception) -> None:
        """A tick could not be done; what was known before stays known."""
        self.alive()
        problems = error.problems if isinstance(error, PublisherError) else ()
        self._found = {**self._found, "last_tick": _now(), "last_tick_ok": False, "held": _held(problems)}

    def as_json(self) -> dict[str, Any]:
        """The answer of `/healthz`; `ok` is false, and the status 503, when nobody should rely on the engine."""
        found = self._found
        ok = found["last_tick_ok"] is not False and self._seconds() - self._signed <= STALE
        return {"ok": ok, **found, "version": version("policy-publisher")}


def _risks(found: list[Risk]) -> list[dict[str, str]]:
    return [
        {
            "policy": r.announced.policy,
            "version": r.announced.version,
            "date": r.announced.effective.isoformat(),
            "code": r.code,
        }
        for r in found
    ]


def _held(problems: tuple[Problem, ...] | list[Problem]) -> str | None:
    """Why nothing irreversible is done: the clock is not trusted."""
    held = next((p for p in problems if p.code in HELD), None)
    return f"{held.code}: {translator('en')(held.message)}" if held else None


def _now() -> str:
    return system_clock().isoformat(timespec="seconds")

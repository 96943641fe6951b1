"""Random histories of a workspace on a simulated clock, with faults; the promises P1-P9 are checked after each step.

    python -m tests.simulation [HISTORIES] [--seed N] [--processes N] [--real]

prints the seed, what was done and which faults struck. On a failure: the seed and the shortest history that shows it.
`--real`: with the pages of the program in place of plain ones (slower).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from publisher.errors import PublisherError
from publisher.run.tick import Report
from publisher.run.verify import verify
from tests.faults import KINDS, NONE, Fault, Faults, installed
from tests.invariants import Invariants, Told
from tests.oracle import day_in_seoul, midnight_in_seoul, rests
from tests.simworld import REASON, World

STEPS = 10
#: Histories of one seed: so many are made again to find the shortest one that fails.
CHUNK = 200
SERVER = ("up", "up", "down", "gone", "550", "451", "dropped after the dot")
WAITS = (timedelta(minutes=6), timedelta(hours=9), timedelta(days=1), timedelta(days=3), timedelta(days=16))
#: How far the clock moves at each look: not at all, or over midnight while a tick is at work.
DRIFTS = (timedelta(), timedelta(), timedelta(), timedelta(seconds=1), timedelta(hours=2))
EDITS = (
    "significant", "significant", "minor", "minor", "technical", "one language", "broken", "revert", "raised",
    "wanted", "no reason", "both",
)  # fmt: skip
NAMES = st.sampled_from(["privacy", "privacy", "partners", "terms"])

faults_ = st.one_of(
    st.just(NONE),
    st.builds(
        Fault,
        kind=st.sampled_from(KINDS),
        at=st.one_of(st.integers(1, 12), st.integers(1, 40), st.integers(1, 250)),
        lasting=st.booleans(),
    ),
)


def next_working_day(now: datetime) -> datetime:
    """09:00 in Seoul of the next day that is no day of rest."""
    day = day_in_seoul(now)
    while rests(day) or midnight_in_seoul(day) <= now:
        day += timedelta(days=1)
    return midnight_in_seoul(day) + timedelta(hours=9)


class Histories(RuleBasedStateMachine):
    """One history: what people, clock, mail server and machine do; the engine ticks in between."""

    faults: ClassVar[Faults]
    scratch: ClassVar[Path]
    plain: ClassVar[bool] = True
    counts: ClassVar[Counter[str]] = Counter()

    @initialize(days=st.integers(0, 420), minutes=st.sampled_from([0, 0, 545, 1439]))
    def begin(self, days: int, minutes: int) -> None:
        self.world = World(self.faults, self.scratch / "w", plain=self.plain)
        self.world.now += timedelta(days=days, minutes=minutes)
        self.past = [dict(self.world.wordings)]
        self.promises = Invariants(self.world)

    @rule(name=NAMES, kind=st.sampled_from(EDITS), fault=faults_, days=st.integers(-3, 45), rival=st.booleans())
    def edit(self, name: str, kind: str, fault: Fault, days: int, rival: bool) -> None:
        world = self.world
        now = world.wordings.get(name)
        if now is None:
            world.commit(name)
            self._tick(fault, rival=rival)
            return
        reason = REASON.format(n=world.commits + 1)
        mended: dict[str, Any] = {"broken": False, "only_english": False}
        match kind:
            case "significant":
                world.commit(name, years=now.years % 30 + 1, **mended)
            case "minor":
                world.commit(name, telephone=now.telephone % 89 + 1, **mended)
            case "both":
                world.commit(name, years=now.years % 30 + 1, telephone=now.telephone % 89 + 1, **mended)
            case "technical":
                world.commit(name, change=world.changes.get(name), spaced=not now.spaced)
            case "one language":
                world.commit(name, only_english=True)
            case "broken":
                world.commit(name, broken=True)
            case "revert":
                before = self.past[days % len(self.past)].get(name, now)
                world.commit(name, **vars(before))
            case "raised":
                why = '[level]\nis = "significant"\nreason = "A careful reader might see more in it."\n'
                world.commit(name, reason + why, telephone=now.telephone % 89 + 1, **mended)
            case "wanted":
                day = (world.now + timedelta(days=days)).date()
                world.commit(name, f'{reason}effective = "{day}"\n', years=now.years % 30 + 1, **mended)
            case "no reason":
                world.commit(name, world.changes.get(name, ""), years=now.years % 30 + 1, **mended)
        self.past.append(dict(world.wordings))
        self._tick(fault, rival=rival)

    @rule(name=NAMES, kind=st.sampled_from(EDITS), fault=faults_, minutes=st.integers(0, 600))
    def edit_in_office_hours(self, name: str, kind: str, fault: Fault, minutes: int) -> None:
        """The same at a time when it can be announced at once, or so late that the day ends meanwhile."""
        self.world.now = next_working_day(self.world.now) + timedelta(minutes=minutes)
        self.edit(name=name, kind=kind, fault=fault, days=20, rival=False)

    @rule(name=NAMES, days=st.integers(-3, 60), which=st.integers(0, 3), fault=faults_)
    def postpone(self, name: str, days: int, which: int, fault: Fault) -> None:
        """The legal team puts off a version that waits, or asks for what cannot be."""
        if version := self._waiting(name, which):
            day = version.effective + timedelta(days=days)
            reason = REASON.format(n=self.world.commits + 1)
            self.world.commit(name, f'{reason}postpone = {{ "{version.id}" = "{day}" }}\n')
            self._tick(fault)
            self._not_moved_forward(version)

    @rule(name=NAMES, which=st.integers(0, 3), back=st.booleans(), fault=faults_)
    def withdraw(self, name: str, which: int, back: bool, fault: Fault) -> None:
        """The legal team takes back a version that waits, and puts the text back or forgets to."""
        if version := self._waiting(name, which):
            reason = REASON.format(n=self.world.commits + 1)
            before = vars(self.past[0].get(name, self.world.wordings[name])) if back else {}
            self.world.commit(name, f'{reason}withdraw = "{version.id}"\n', **before)
            self._tick(fault)

    @rule(name=NAMES, fault=faults_)
    def rewrite_the_branch(self, name: str, fault: Fault) -> None:
        """Another history is pushed over the branch: nothing new comes of it until that is mended."""
        world = self.world
        known = {(v.policy, v.id) for v in self.promises.told()}
        world.rewritten = True
        world.commit(name, years=world.wordings[name].years % 30 + 1 if name in world.wordings else 5)
        self._tick(fault)
        if any(v.record["source"] for v in self.promises.told()):
            assert {(v.policy, v.id) for v in self.promises.told()} == known, "published from a rewritten history"
        world.rewritten = False

    def _waiting(self, name: str, which: int) -> Told | None:
        waiting = [v for v in self.promises.told()
                   if v.policy == name and v.announced and not v.in_force and not v.withdrawn]  # fmt: skip
        return waiting[which % len(waiting)] if waiting else None

    def _not_moved_forward(self, before: Told) -> None:
        now = next(v for v in self.promises.told() if v.notice == before.notice)
        assert now.effective >= before.effective, f"P1: {before.notice} came forward"

    @rule(by=st.sampled_from(WAITS), drift=st.sampled_from(DRIFTS), fault=faults_)
    def wait(self, by: timedelta, drift: timedelta, fault: Fault) -> None:
        self.world.now += by
        self._tick(fault, drift)

    @rule(late=st.sampled_from([-1, 0, 0, 1, 86400, 3 * 86400]), fault=faults_)
    def until_something_is_due(self, late: int, fault: Fault) -> None:
        moment = self._next()
        if moment:
            self.world.now = max(self.world.now, moment + timedelta(seconds=late))
        self._tick(fault)

    @rule(by=st.sampled_from([timedelta(days=60), timedelta(days=400), *(timedelta(days=-d) for d in (1, 3653))]))
    def clock_jumps(self, by: timedelta) -> None:
        """Ahead: the machine stood still for long. Back: nothing may be done by a clock that runs before the journal."""
        if by > timedelta():
            self.world.now += by
            self._tick(NONE)
        else:
            self._back(-by)

    def _back(self, by: timedelta) -> None:
        world, before = self.world, self.world.now
        last = max(datetime.fromisoformat(json.loads(line)["at"]) for line in self.promises.seen.journal.splitlines())
        if last - before + by <= timedelta(minutes=6):
            return
        world.now -= by
        state = self._state()
        refusal = ""
        try:
            world.tick()
        except PublisherError as error:
            refusal = error.problems[0].code
        assert refusal == "C531", f"a clock that jumped back was believed: {refusal}"
        assert self._state() == state, "something was done by a clock that jumped back"
        world.now = before
        self.counts["clock jumped back"] += 1

    @rule(mode=st.sampled_from(SERVER))
    def mail_server(self, mode: str) -> None:
        self.world.server.mode = mode

    @rule(who=st.sampled_from(["u1", "u2", "u4", "u5"]), leaves=st.booleans())
    def people(self, who: str, leaves: bool) -> None:
        if leaves:
            self.world.forget(who)
            self.promises.erased(who)
        elif who not in self.world.people:
            self.world.join(who, f"{who}@example.net", "ko" if who < "u5" else "en")

    @rule(at=st.integers(0, 2**32))
    @precondition(lambda self: self.world.ticks > 1)
    def flip_a_byte(self, at: int) -> None:
        # drawn once and spread, for a byte late in a file is as good as one early in it
        self.promises.flip(random.Random(at), self.scratch / "flipped")  # noqa: S311
        self.counts["byte flipped"] += 1

    def teardown(self) -> None:
        """The mail server comes back, time passes, and everything ends as it must."""
        if not hasattr(self, "promises"):
            return
        world = self.world
        world.server.mode = "up"
        for _ in range(12):
            self._tick(NONE)
            if not (moment := self._next()):
                break
            world.now = max(world.now, moment) + timedelta(minutes=61)
        self.promises.everyone_has_an_outcome(self.promises.told())
        problems = verify(world.workspace)[0]
        assert not problems, f"P9: verify finds {[p.code for p in problems]} where nobody touched anything"
        self._nothing_personal()
        self.counts["histories"] += 1
        self.counts["letters"] += len(world.server.taken)

    # what the rules share

    def _tick(self, fault: Fault, drift: timedelta = timedelta(), *, rival: bool = False) -> None:
        world = self.world
        world.drift, world.rival = drift, rival
        self.report = world.tick(fault, self._struck)
        world.drift, world.rival = timedelta(), False
        struck = world.faults.struck
        self.counts["ticks"] += 1
        self.counts["rival turned away"] += world.faults.seen["rival turned away"]
        if struck:
            self.counts[f"fault: {fault.kind}"] += 1
            world.disturbed.add(world.ticks)
        self.promises.look()
        self.promises.frozen_lists()
        if self.report and not struck:
            for step in self.report.done:
                self.counts[f"step: {step.kind.value}"] += 1
            for problem in (p for error in self.report.errors for p in error.problems):
                self.counts[f"error: {problem.code}"] += 1
            for problem in self.report.observation.problems:
                self.counts[f"blocked: {problem.code}"] += 1
            self.promises.agree(self.promises.told())
            if not drift:
                self._nothing_more()

    def _struck(self) -> None:
        """At the very moment of the fault a visitor sees one whole site."""
        self.promises.site_whole()

    def _nothing_more(self) -> None:
        """P6: at once once more does nothing."""
        state = self._state()
        again = self.world.tick()
        assert again is not None
        assert not again.done, f"P6: {again.done} once more"
        assert self._state() == state, "P6: a second tick changed something"

    def _state(self) -> tuple[bytes, str, int]:
        journal = (self.world.workspace.versions / "journal.jsonl").read_bytes()
        return journal, str(self.world.workspace.output.readlink()), len(self.world.server.taken)

    def _next(self) -> datetime | None:
        """When something is next due, as far as it is known."""
        report: Report | None = getattr(self, "report", None) or self.world.tick()
        moments = [s.at for s in report.plan.steps] if report else []
        return min(moments, default=None)

    def _nothing_personal(self) -> None:
        """P12: no address in the journal, the versions or on the site."""
        words = b"".join(self.promises.seen.files.values()) + self.promises.seen.journal
        words += b"".join(f.read_bytes() for f in self.world.workspace.output.rglob("*") if f.is_file())
        for address in ("hana@example.com", "ann@example.org", "example.net"):
            assert address.encode() not in words, f"P12: {address} stands on record"


def scratch_folder() -> Path:
    """In memory where the machine has a place for that."""
    memory = Path("/dev/shm")  # noqa: S108
    return Path(tempfile.mkdtemp(prefix="publisher-simulation-", dir=memory if memory.is_dir() else None))


def simulate(histories: int, first_seed: int, *, real: bool = False, chunk: int = CHUNK) -> dict[str, Any]:
    """Run so many histories; what was counted, and what went wrong where something did."""
    folder = scratch_folder()
    failed = ""
    try:
        with installed() as faults:
            Histories.faults, Histories.scratch, Histories.plain = faults, folder, not real
            Histories.counts = Counter()
            number = first_seed
            while not failed and Histories.counts["histories"] < histories:
                wanted = min(chunk, histories - Histories.counts["histories"])
                failed = _chunk(number, wanted)
                counts = Histories.counts
                print(f"seed {number}: {counts['histories']} histories, {counts['ticks']} ticks", file=sys.stderr)
                number += 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {"counts": dict(sorted(Histories.counts.items())), "failed": failed}


def _chunk(number: int, histories: int) -> str:
    machine = seed(number)(type("Histories", (Histories,), {}))
    machine.counts = Histories.counts
    try:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=histories, stateful_step_count=STEPS, deadline=None, database=None, derandomize=False,
                suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink], print_blob=False,
            ),
        )  # fmt: skip
    except Exception:  # whatever it is, it is shown with its seed
        return f"seed {number}\n{traceback.format_exc()}"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("histories", type=int, nargs="?", default=int(os.environ.get("SIMULATE", "10000")))
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6) * 1000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--real", action="store_true", help="with the program's own pages")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.worker:
        print(json.dumps(simulate(chosen.histories, chosen.seed, real=chosen.real)))
        return 0
    begun = time.monotonic()
    share = -(-chosen.histories // chosen.processes)
    workers = []
    for i in range(chosen.processes):
        first = chosen.seed + i * 100_000_000
        print(f"process {i + 1}: {share} histories, seeds from {first}", flush=True)
        command = [sys.executable, "-m", "tests.simulation", str(share), "--worker", "--seed", str(first)]
        workers.append(subprocess.Popen([*command, *(["--real"] if chosen.real else [])], stdout=subprocess.PIPE))
    total: Counter[str] = Counter()
    failures = []
    for worker in workers:
        out, _ = worker.communicate()
        found = json.loads(out.splitlines()[-1]) if worker.returncode == 0 else {"counts": {}, "failed": "it died"}
        total.update(found["counts"])
        failures += [found["failed"]] if found["failed"] else []
    for name, count in sorted(total.items()):
        print(f"{count:9}  {name}")
    took = time.monotonic() - begun
    print(f"{total['histories']} histories in {took:.0f} s, {total['histories'] / max(took, 1):.1f} a second")
    for failure in failures:
        print(failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

"""A short simulation with every test run; the long one is `make simulate`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults import ERRORS, Fault, Faults, installed
from tests.invariants import Invariants
from tests.oracle import earliest
from tests.simulation import Histories
from tests.simworld import World

HISTORIES = int(os.environ.get("PUBLISHER_HISTORIES", "60"))


@pytest.fixture(scope="module")
def faults() -> Iterator[Faults]:
    with installed() as found:
        yield found


@pytest.mark.xdist_group("simulation")
def test_random_histories_keep_the_promises(faults: Faults, tmp_path: Path) -> None:
    Histories.faults, Histories.scratch, Histories.plain = faults, tmp_path, True
    Histories.counts.clear()
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=HISTORIES, stateful_step_count=10, deadline=None, database=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    counts = Histories.counts
    assert counts["step: take_effect"] >= 20, f"the histories were too quiet to show anything: {counts}"
    assert sum(n for name, n in counts.items() if name.startswith("fault: ")) >= 10


def a_change(faults: Faults, root: Path, *, plain: bool = True) -> tuple[World, Invariants]:
    """A world on a working morning, with a significant change committed."""
    world = World(faults, root / "w", plain=plain)
    promises = Invariants(world)
    world.commit("privacy", years=7)
    return world, promises


@pytest.mark.xdist_group("simulation")
@pytest.mark.parametrize("kind", [*ERRORS, "database"])
@pytest.mark.parametrize("lasting", [False, True])
def test_every_write_that_fails(faults: Faults, tmp_path: Path, kind: str, lasting: bool) -> None:
    """The n-th write, flush, rename or statement fails, for n spread over the whole announcement; then all is mended."""
    event = "database" if kind == "database" else "disk"
    world, _ = a_change(faults, tmp_path)
    world.tick()
    total = world.faults.seen[event]
    assert total > 10
    step = int(os.environ.get("PUBLISHER_FAULT_STRIDE", "23" if event == "disk" else "5"))
    for at in [1, 2, 3, 4, 5, 6, 7, 8, 9, *range(10 + len(kind) % step, total + 1, step), total]:
        world, promises = a_change(faults, tmp_path)
        world.tick(Fault(kind, at, lasting), promises.site_whole)
        if world.faults.struck:
            world.disturbed.add(world.ticks)
        promises.look()
        world.tick()
        promises.look()
        promises.everyone_has_an_outcome(promises.told())
        promises.agree(promises.told())
        assert [v.id for v in promises.told() if v.policy == "privacy"] == ["20261120", "20261209"], (kind, at)


@pytest.mark.xdist_group("simulation")
def test_pages_of_the_program_agree_with_the_register(faults: Faults, tmp_path: Path) -> None:
    """The invariants hold on the real pages and mails too, which the simulation makes plain to be fast."""
    world, promises = a_change(faults, tmp_path, plain=False)
    world.tick()
    promises.look()
    promises.agree(promises.told())
    assert len(world.server.taken) == 2
    for letter in world.server.taken:
        language = "ko" if letter.address.startswith("hana") else "en"
        assert {"en": "Wed 9 Dec 2026", "ko": "2026년 12월 9일 (수)"}[language] in letter.words


@pytest.mark.parametrize(
    ("told", "days", "first"),
    [
        ("2016-06-17", 7, "2016-06-25"), ("2026-11-23", 14, "2026-12-08"), ("2026-11-21", 7, "2026-12-01"),
        ("2027-01-25", 14, "2027-02-11"), ("2026-09-17", 7, "2026-09-29"), ("2026-07-10", 7, "2026-07-21"),
        ("2026-05-27", 7, "2026-06-05"), ("2028-02-22", 7, "2028-03-01"),
    ],
)  # fmt: skip
def test_the_oracle_knows_the_worked_dates(told: str, days: int, first: str) -> None:
    from datetime import date

    assert earliest(date.fromisoformat(told), days) == date.fromisoformat(first)

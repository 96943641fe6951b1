"""A site brought up to date is the site built from nothing, byte by byte, whatever has happened; and it costs little."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from publisher.errors import ServiceAway
from publisher.register.journal import Event
from publisher.website.build import build_site
from publisher.website.publish import changed_files, published_files
from tests.conftest import Desk
from tests.lives import announced, happened, postponed, withdrawn

BOTH = {"ko": "이유가 있습니다.", "en": "For a reason."}
DECIDED = {
    "level": "significant",
    "days": 14,
    "counted": BOTH,
    "reason": BOTH,
    "summary": {k: [v] for k, v in BOTH.items()},
}


def files(folder: Path) -> dict[str, bytes]:
    root = folder.resolve()
    return {f.relative_to(root).as_posix(): f.read_bytes() for f in root.rglob("*") if f.is_file()}


def as_from_nothing(desk: Desk, aside: Path) -> None:
    """The site after an update is what a build from nothing gives, and so is what is known of it."""
    build_site(desk.workspace, desk.register())
    shutil.rmtree(aside, ignore_errors=True)
    build_site(desk.workspace, desk.register(), output=aside / "site")
    updated, cold = files(desk.site), files(aside / "site")
    assert updated.keys() == cold.keys()
    assert [path for path in cold if updated[path] != cold[path]] == []
    assert published_files(desk.site) == published_files(aside / "site")
    assert changed_files(desk.site) == []


def something(desk: Desk, rng: random.Random, day: int) -> None:
    """One lawful-looking event: a version announced, postponed, withdrawn, in force, mailed, seen."""
    register = desk.register()
    at = f"{2026 + (day // 336)}-{1 + day % 336 // 28:02d}-{1 + day % 28:02d}T09:00"
    waiting = [v for policy in register.policies for v in register.waiting(policy)]
    act = rng.choice(["announce", "announce", "postpone", "withdraw", "in_force", "in_force", "notified", "seen"])
    if act == "announce" or not waiting:
        policy = rng.choice(register.policies)
        like = rng.choice([v for v in register.of(policy) if v.public])
        previous = register.last_announced(policy)
        number = len(register.of(policy))
        year, month = 2030 + number // 12, 1 + number % 12
        announced(desk, like.id, f"{year}{month:02d}01", f"{year}-{month:02d}-01", at, policy=policy,
                  years=2 + number % 17 if policy == "privacy" else 0,
                  previous=previous.id if previous else "", **DECIDED)  # fmt: skip
        return
    version = rng.choice(waiting)
    if act == "postpone":
        later = version.effective.replace(year=version.effective.year + 1)
        postponed(desk, version.id, at, later.isoformat(), policy=version.policy)
    elif act == "withdraw":
        withdrawn(desk, version.id, at, policy=version.policy)
    elif act == "in_force":
        first = register.waiting(version.policy)[0]
        happened(desk, Event.IN_FORCE, first.id, at, policy=first.policy)
    elif act == "notified":
        happened(desk, Event.NOTIFIED, version.id, at, policy=version.policy, outcomes={"handed_over": 3})
    else:
        happened(
            desk,
            Event.LIVE_CHECKED,
            version.id,
            at,
            policy=version.policy,
            url="https://policies.example.com",
            pages={},
            of="announced",
        )


@pytest.mark.parametrize("seed", range(int(os.environ.get("PUBLISHER_HISTORIES", "4"))))
def test_an_update_is_a_build_from_nothing(desk: Desk, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - the same histories each time
    for day in range(14):
        for _ in range(rng.choice([1, 1, 2])):
            something(desk, rng, day)
        as_from_nothing(desk, tmp_path / "aside")


def test_only_what_depends_on_a_change_is_made_again(desk: Desk) -> None:
    """Inodes tell: what stands as it stood is the same file in the new build."""
    versions = [v.id for v in desk.register().of("privacy")]
    for n in range(4):
        announced(desk, versions[-1], f"2030010{n + 1}", f"2030-01-0{n + 1}", f"2026-11-2{n}T09:00", years=5 + n,
                  previous=([*versions, "20300101", "20300102", "20300103"])[len(versions) - 1 + n], **DECIDED)  # fmt: skip
        happened(desk, Event.IN_FORCE, f"2030010{n + 1}", f"2026-12-2{n}T09:00")
        build_site(desk.workspace, desk.register())
    before = {path: (desk.site / path).stat().st_ino for path in published_files(desk.site)}
    announced(desk, "20300104", "20310101", "2031-01-01", "2027-01-02T09:00", years=12, previous="20300104", **DECIDED)
    build_site(desk.workspace, desk.register())
    made = {path for path in published_files(desk.site) if (desk.site / path).stat().st_ino != before.get(path)}
    for language in ("ko", "en"):
        assert {f"{language}/index.html", f"{language}/privacy/index.html", f"{language}/privacy/history/index.html",
                f"{language}/privacy/v/20310101/index.html", f"{language}/privacy/compare/20300104..20310101/index.html",
                f"{language}/privacy/v/20300104/index.html"} <= made  # fmt: skip
        untouched = [f"{language}/third-parties/index.html", f"{language}/privacy/v/20300102/index.html",
                     f"{language}/privacy/compare/20300101..20300102/index.html",
                     f"{language}/privacy/compare/20300101..current/index.html"]  # fmt: skip
        assert not made & set(untouched)
        assert set(untouched) <= before.keys()
    assert len(made) < len(before) / 2


def test_a_build_that_was_killed_is_begun_anew(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """P5: half of a build is thrown away, also where it was begun in the folder of an older one."""
    versions = [v.id for v in desk.register().of("privacy")]
    for n in range(3):
        happened(
            desk,
            Event.LIVE_CHECKED,
            versions[-1],
            f"2026-11-2{n}T09:00",
            url="https://policies.example.com",
            pages={},
            of="x",
        )
        build_site(desk.workspace, desk.register())
    standing = files(desk.site)
    announced(
        desk, versions[-1], "20300101", "2030-01-01", "2026-11-25T09:00", years=9, previous=versions[-1], **DECIDED
    )
    with monkeypatch.context() as broken:
        broken.setattr(
            "publisher.website.publish.NextBuild.finish", lambda *_: (_ for _ in ()).throw(OSError(28, "full"))
        )
        with pytest.raises(ServiceAway):
            build_site(desk.workspace, desk.register())
    assert files(desk.site) == standing
    as_from_nothing(desk, tmp_path / "aside")
    assert len([f for f in (desk.site.parent / ".site-builds").iterdir() if f.is_dir()]) == 3


def test_a_page_that_was_damaged_is_mended_by_force(desk: Desk, tmp_path: Path) -> None:
    build_site(desk.workspace, desk.register())
    page = desk.site / "en" / "privacy" / "index.html"
    page.write_bytes(b"damaged")
    assert changed_files(desk.site) == ["en/privacy/index.html"]
    build_site(desk.workspace, desk.register(), force=True)
    as_from_nothing(desk, tmp_path / "aside")

"""How a tick with nothing to do, a full tick and `verify` grow with the versions on record, beside `git status`.

Workspaces of 50 policies in two languages with 5, 10, 20 and 40 versions each are made by rule and committed. For each,
`publisher tick` with nothing to do (a process, and the same inside a process that stays), and `git status` on the same
tree are measured in turns in the same run; then the full tick and `verify`. See bench/README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from compare import machine, slope, timed  # noqa: E402
from growth_plot import Axis, plot  # noqa: E402

from publisher.mail.mailers import MemoryMailer  # noqa: E402
from publisher.records import fingerprint, readable_json  # noqa: E402
from publisher.register.journal import Entry, Event, next_entry  # noqa: E402
from publisher.register.repository import commit_all, open_texts  # noqa: E402
from publisher.register.store import VersionStore  # noqa: E402
from publisher.register.versions import VersionRecord  # noqa: E402
from publisher.run.clock import system_clock  # noqa: E402
from publisher.run.create import IDENTITY, create_workspace  # noqa: E402
from publisher.run.engine import Engine  # noqa: E402
from publisher.run.rest import quiet  # noqa: E402
from publisher.run.tick import tick  # noqa: E402
from publisher.run.verify import verify  # noqa: E402
from publisher.website.build import site_inputs  # noqa: E402
from publisher.website.publish import publish  # noqa: E402
from publisher.website.units import Group, Unit  # noqa: E402
from publisher.workspace import open_workspace  # noqa: E402

POLICIES, VERSIONS, ASKED = 50, (5, 10, 20, 40), 3.0
PARAGRAPH = {
    "en": "We keep what we learn from an order in region {n} for {years} years and then erase it from every system. ",
    "ko": "지역 {n}의 주문에서 알게 된 정보는 {years}년 동안 보관한 뒤 모든 시스템에서 지웁니다. ",
}


def text(language: str, policy: int, version: int) -> bytes:
    """A policy of some four thousand bytes; each version changes one clause."""
    title = {"en": f"# Rules of service {policy} {{#top}}", "ko": f"# 서비스 {policy} 규정 {{#top}}"}[language]
    parts = [title]
    for n in range(1, 9):
        years = 1 + (version if n == 1 + version % 8 else policy) % 9
        name = {"en": f"## Part {n}", "ko": f"## {n}번째 부분"}[language]
        parts.append(f"{name} {{#part-{n}}}\n\n" + PARAGRAPH[language].format(n=n, years=years) * 5)
    return ("\n\n".join(parts) + "\n").encode("utf-8")


def make(root: Path, versions: int) -> None:
    """A workspace whose policies have `versions` versions on record each, the last of them the text on the branch."""
    create_workspace(root)
    # The versions lie in git's sight here, so that both look after the same tree.
    (root / ".gitignore").write_text("/build/\n/var/\n", "utf-8")
    shutil.rmtree(root / "policy_docs")
    shutil.rmtree(root / "versions")
    for policy in range(POLICIES):
        folder = root / "policy_docs" / f"service-{policy:02}"
        folder.mkdir(parents=True)
        title = f'{{ ko = "서비스 {policy} 규정", en = "Rules of service {policy}" }}'
        (folder / "policy.toml").write_text(f'kind = "terms"\ntitle = {title}\n', "utf-8")
        for language in ("ko", "en"):
            (folder / f"{language}.md").write_bytes(text(language, policy, versions - 1))
    entries: list[Entry] = []
    at = datetime(2026, 1, 1, tzinfo=UTC)
    for policy in range(POLICIES):
        previous = ""
        for number in range(versions):
            effective = date(2016, 1, 1) + timedelta(days=60 * number)
            texts = {language: text(language, policy, number) for language in ("ko", "en")}
            record = history(f"service-{policy:02}", policy, effective, previous, texts)
            folder = root / "versions" / record.policy / record.id
            folder.mkdir(parents=True)
            content = readable_json(record.as_json())
            (folder / "version.json").write_bytes(content)
            for language, data in texts.items():
                (folder / f"{language}.md").write_bytes(data)
            data = {"digest": fingerprint(content), "effective": effective.isoformat()}
            entries.append(
                next_entry(entries, at=at, event=Event.RECORDED, policy=record.policy, version=record.id, data=data)
            )
            previous = record.id
    (root / "versions" / "journal.jsonl").write_bytes(b"".join(entry.line() for entry in entries))
    commit_all(root, "Fifty policies", IDENTITY)
    # How long the pages take is no matter here; this site says that it shows the register as it is.
    workspace = open_workspace(root)
    inputs = site_inputs(workspace, VersionStore(workspace.versions).load())
    page = Unit("all/page", inputs, lambda: iter([("index.html", b"A site.\n")]))
    publish(workspace.output, [Group("all", inputs, lambda: [page])], inputs)


def history(policy: str, number: int, effective: date, previous: str, texts: dict[str, bytes]) -> VersionRecord:
    title = {"ko": f"서비스 {number} 규정", "en": f"Rules of service {number}"}
    return VersionRecord(
        policy=policy, id=effective.strftime("%Y%m%d"), kind="terms", title=title, effective=effective,
        announced=effective - timedelta(days=14), history=True, previous=previous, level="none", days=0,
        counting="clear-days", counted={}, reason={}, summary={}, findings={}, consent="", includes=[], rules="",
        source={}, texts={language: fingerprint(data) for language, data in texts.items()},
    )  # fmt: skip


def engine(root: Path) -> Engine:
    workspace = open_workspace(root)
    return Engine(
        workspace=workspace,
        clock=system_clock,
        texts=lambda: open_texts(root),
        mailers=MemoryMailer,
        git_dir=root / ".git",
    )


def process(root: Path, command: list[str]) -> tuple[float, float]:
    """Seconds of wall time and of processor time that `command` takes."""
    environment = {**{k: v for k, v in os.environ.items() if not k.startswith("GIT_")}, "PYTHONPATH": str(ROOT)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = timed(lambda: subprocess.run(command, cwd=root, env=environment, stdout=subprocess.DEVNULL, check=True))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def worked(work: Callable[[], object]) -> float:
    """Seconds of processor time, its own and that of the processes it starts: what others do does not disturb it."""
    before = sum(os.times()[:4])
    work()
    return sum(os.times()[:4]) - before


def measure(root: Path, versions: int, rounds: int) -> dict[str, Any]:
    """Seconds; a quiet tick and git in turns, of which the medians."""
    make(root, versions)
    acting = engine(root)
    # what the program `publisher` does once it is installed
    tick_command = [sys.executable, "-c", "from publisher.cli.main import main; main()", "tick"]
    git = ["git", "status"]
    full = [worked(lambda: tick(acting)) for _ in range(2)]
    if quiet(acting) is None:
        raise SystemExit("the workspace is not at rest, so there is nothing to measure")
    process(root, git), process(root, tick_command)
    turns = [
        (*process(root, git), *process(root, tick_command), timed(lambda: quiet(acting))) for _ in range(max(5, rounds))
    ]
    git_s, git_cpu, tick_s, tick_cpu, inside_s = (statistics.median(times) for times in zip(*turns, strict=True))
    verify_s = statistics.median(worked(lambda: verify(acting.workspace)) for _ in range(3))
    problems, _, found = verify(acting.workspace)
    if problems or found != POLICIES * versions or quiet(acting) is None:
        raise SystemExit("what was measured is not what it should be")
    return {"versions": versions, "on_record": POLICIES * versions, "git_status_s": git_s, "quiet_tick_s": tick_s,
            "git_status_cpu_s": git_cpu, "quiet_tick_cpu_s": tick_cpu, "quiet_tick_inside_s": inside_s,
            "ratio": tick_s / git_s, "ratio_cpu": tick_cpu / git_cpu, "ratio_inside": inside_s / git_s,
            "full_tick_s": min(full), "verify_s": verify_s}  # fmt: skip


def measured(rounds: int, sizes: tuple[int, ...]) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp())
    try:
        points = []
        for versions in sizes:
            points.append(measure(folder / str(versions), versions, rounds))
            shutil.rmtree(folder / str(versions))
            print(json.dumps(points[-1]), file=sys.stderr)
    finally:
        shutil.rmtree(folder)

    def growth(key: str) -> float:
        return slope([(p["on_record"], p[key]) for p in points])

    return {
        "policies": POLICIES, "languages": 2, "rounds": max(5, rounds), "ratio_asked": ASKED, "points": points,
        "quiet_tick_slope": growth("quiet_tick_s"),
        "quiet_cpu_slope": growth("quiet_tick_cpu_s"), "full_tick_slope": growth("full_tick_s"),
        "verify_slope": growth("verify_s"),
    }  # fmt: skip


def table(found: dict[str, Any]) -> str:
    rows = [("Versions", "`git status`", "quiet `publisher tick`", "the same, processor time", "inside a process",
             "full tick", "`verify`"), ("---",) * 7]  # fmt: skip
    for p in found["points"]:
        rows.append((str(p["on_record"]), f"{p['git_status_s'] * 1000:.0f} ms",
                     f"{p['quiet_tick_s'] * 1000:.0f} ms = {p['ratio']:.1f}",
                     f"{p['quiet_tick_cpu_s'] * 1000:.0f} ms = {p['ratio_cpu']:.1f}",
                     f"{p['quiet_tick_inside_s'] * 1000:.1f} ms = {p['ratio_inside']:.2f}",
                     f"{p['full_tick_s']:.2f} s", f"{p['verify_s']:.2f} s"))  # fmt: skip
    rows.append(("slope (1 is linear)", "", f"{found['quiet_tick_slope']:.2f}", f"{found['quiet_cpu_slope']:.2f}", "",
                 f"{found['full_tick_slope']:.2f}", f"{found['verify_slope']:.2f}"))  # fmt: skip
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def drawn(found: dict[str, Any]) -> str:
    names = {"git status": "git_status_s", "publisher tick, quiet": "quiet_tick_s", "publisher verify": "verify_s",
             "full tick": "full_tick_s"}  # fmt: skip
    lines = {name: [(p["on_record"], p[key]) for p in found["points"]] for name, key in names.items()}
    marks = {POLICIES * n: str(POLICIES * n) for n in VERSIONS}
    return plot(lines, Axis("Seconds by the number of versions on record", "versions on record", "time", marks))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--versions", type=int, nargs="+", default=list(VERSIONS))
    options.add_argument("--write", type=Path, metavar="DIR", help="write into performance.json, images/register.svg")
    asked = options.parse_args()
    before = machine()
    found = {
        "date": datetime.now(UTC).date().isoformat(),
        "command": "python " + " ".join(["bench/register.py", *sys.argv[1:]]),
        "machine": before,
        **measured(asked.rounds, tuple(asked.versions)),
    }
    if asked.write:
        file = asked.write / "performance.json"
        stored = json.loads(file.read_bytes()) if file.exists() else {}
        file.write_text(json.dumps({**stored, "register": found}, indent=2) + "\n", "utf-8")
        (asked.write / "images" / "register.svg").write_text(drawn(found), "utf-8")
    print(table(found))


if __name__ == "__main__":
    main()

"""How fast two texts are compared, measured beside a peer in the same run: see README.md.

python bench/compare.py [--pairs DIR | --generated] [--rounds N] [--only pairs|growth|start] [--json FILE] [--write DIR]
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
LABELLED = ROOT.parent / "shared" / "corpus"
sys.path[:0] = [str(ROOT), str(HERE)]

from growth_plot import plot  # noqa: E402
from texts import Change, Pair, edited, grown, pairs, restructured  # noqa: E402

GIT = ("git", "diff", "--no-index", "--word-diff=porcelain")
SIZES = (5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000)
#: From here on in bytes the slope is told apart, for a curve that bends up late looks straight as a whole.
LONG = 190_000
ASKED = {"ratio": 8.0, "slowest": 2.0, "start": 3.0}


def timed(work: Callable[[], object]) -> float:
    """Seconds of wall time."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


# ---- pairs


def written(folder: Path, found: list[Pair]) -> list[tuple[str, str, str, str]]:
    """The pairs as files: (id, language, old, new)."""
    listed = []
    for pair in found:
        home = folder / pair.id
        home.mkdir(parents=True)
        for side, data in (("old", pair.old), ("new", pair.new)):
            (home / f"{side}.md").write_bytes(data)
        listed.append((pair.id, pair.language, str(home / "old.md"), str(home / "new.md")))
    return listed


def labelled(folder: Path) -> list[tuple[str, str, str, str]]:
    """The pairs of a folder with labels.csv (id, lang) and texts/<id>/old.md, new.md."""
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    at = folder / "texts"
    return [(r["id"], r["lang"], str(at / r["id"] / "old.md"), str(at / r["id"] / "new.md")) for r in rows]


def ours(listed: list[tuple[str, str, str, str]]) -> dict[str, Any]:
    """One process of ours over all pairs. Each round has its own, so that it remembers nothing of the round before."""
    ended = subprocess.run(
        [sys.executable, str(HERE / "worker.py")], input=json.dumps(listed), capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def peer(listed: list[tuple[str, str, str, str]]) -> float:
    """Seconds of git, one process a pair, its answer thrown away."""

    def run() -> None:
        for _, _, old, new in listed:
            subprocess.run([*GIT, old, new], stdout=subprocess.DEVNULL, check=False)

    return timed(run)


def measure_pairs(listed: list[tuple[str, str, str, str]], rounds: int) -> dict[str, Any]:
    """Ours and git in turns; medians."""
    measured = [(ours(listed), peer(listed)) for _ in range(rounds)]
    totals = [found["total_s"] for found, _ in measured]
    per_pair = {i: statistics.median(found["pairs_s"][i] for found, _ in measured) for i in measured[0][0]["pairs_s"]}
    slowest = max(per_pair, key=lambda i: per_pair[i])
    return {
        "pairs": len(listed),
        "rounds": rounds,
        "total_s": statistics.median(totals),
        "git_s": statistics.median(git for _, git in measured),
        "ratio": statistics.median(found["total_s"] / git for found, git in measured),
        "ratios": [found["total_s"] / git for found, git in measured],
        "ratio_asked": ASKED["ratio"],
        "slowest_pair": slowest,
        "slowest_s": per_pair[slowest],
        "slowest_asked_s": ASKED["slowest"],
        "peak_memory_mb": max(found["peak_memory_mb"] for found, _ in measured),
        "korean_model_s": statistics.median(found["korean_model_s"] for found, _ in measured),
        "english_loads_korean_model": any(found["english_loads_korean_model"] for found, _ in measured),
    }


# ---- growth


def slope(points: list[tuple[int, float]]) -> float:
    """The slope of a line through the points on logarithmic axes: 1 is linear, 2 quadratic."""
    xs, ys = [math.log(x) for x, _ in points], [math.log(y) for _, y in points]
    return statistics.linear_regression(xs, ys).slope


def measure_growth(rounds: int) -> dict[str, Any]:
    changes: dict[str, Change] = {"edited": edited, "restructured": restructured}
    lines: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, change in changes.items():
            # the first pair has the word list loaded, which is no matter of length
            slip = Pair(id="first", language="en", old=b"We recieve it daily.\n", new=b"We receive it daily.\n")
            listed = written(Path(folder) / name, [slip])
            for size in SIZES:
                # a little below what a text may have at most
                listed += written(Path(folder) / name, [grown(min(size, 980_000), "en", change)])
            measured = [ours(listed)["pairs_s"] for _ in range(rounds)]
            points = []
            for i, _, _, new in listed[1:]:
                size = Path(new).stat().st_size
                points.append((size, statistics.median(found[i] for found in measured)))
            long = [point for point in points if point[0] >= LONG]
            lines[name] = {"slope": slope(points), "slope_of_long": slope(long), "points": points}
    return lines


# ---- start


def measure_start(rounds: int) -> dict[str, Any]:
    """`publisher --help` and `python -c pass` in turns, with the same Python."""
    help_, nothing = [sys.executable, "-m", "publisher", "--help"], [sys.executable, "-c", "pass"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def run(command: list[str]) -> float:
        return timed(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, env=environment, check=True))

    run(help_), run(nothing)
    measured = [(run(help_), run(nothing)) for _ in range(rounds)]
    medians = [statistics.median(times) for times in zip(*measured, strict=True)]
    return {"rounds": rounds, "help_s": medians[0], "python_s": medians[1], "ratio": medians[0] / medians[1],
            "ratio_asked": ASKED["start"]}  # fmt: skip


# ---- what is said


def machine() -> dict[str, str]:
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        named = [x.split(":")[1].strip() for x in cpuinfo.read_text().splitlines() if x.startswith("model name")]
        model = f"{named[0]}, {len(named)} threads" if named else model
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return {"processor": model, "system": platform.system(), "python": platform.python_version(), "git": git,
            "load_before": " ".join(f"{load:.1f}" for load in os.getloadavg())}  # fmt: skip


def table(found: dict[str, Any]) -> str:
    """The figures as Markdown."""
    rows = [("What", "Measured", "Asked for"), ("---", "---", "---")]
    if p := found.get("pairs"):
        rows += [
            (f"{p['pairs']} pairs, ours", f"{p['total_s']:.2f} s", ""),
            (f"{p['pairs']} pairs, git", f"{p['git_s']:.2f} s", ""),
            ("ours / git", f"{p['ratio']:.1f}", f"at most {p['ratio_asked']:.0f}"),
            (
                f"slowest pair ({p['slowest_pair']})",
                f"{p['slowest_s']:.2f} s",
                f"less than {p['slowest_asked_s']:.0f} s",
            ),
            ("most memory", f"{p['peak_memory_mb']:.0f} MB", ""),
            ("loading the Korean model", f"{p['korean_model_s']:.2f} s", ""),
            ("does English load it?", "yes" if p["english_loads_korean_model"] else "no", "no"),
        ]
    for name, line in found.get("growth", {}).items():
        size, seconds = line["points"][-1]
        rows.append((f"growth, {name}: slope", f"{line['slope']:.2f}", "1 is linear"))
        rows.append((f"growth, {name}: slope from 200 kB", f"{line['slope_of_long']:.2f}", "1 is linear"))
        rows.append((f"growth, {name}: {size / 1e6:.2f} MB", f"{seconds:.2f} s", ""))
    if s := found.get("start"):
        rows.append(("`publisher --help` / `python -c pass`",
                     f"{s['help_s'] * 1000:.0f} ms / {s['python_s'] * 1000:.0f} ms = {s['ratio']:.1f}",
                     f"less than {s['ratio_asked']:.0f}"))  # fmt: skip
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--pairs", type=Path, help="a folder with labels.csv and texts/<id>/old.md, new.md")
    options.add_argument("--generated", action="store_true", help="pairs made by rule, even where labelled ones are")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--only", choices=["pairs", "growth", "start"])
    options.add_argument("--json", type=Path, help="write the figures to this file")
    options.add_argument(
        "--write", type=Path, metavar="DIR", help="write performance.json and images/compare-growth.svg"
    )
    asked = options.parse_args()
    folder = asked.pairs or (LABELLED if LABELLED.exists() and not asked.generated else None)
    found: dict[str, Any] = {
        "schema": "publisher/performance/v1",
        "date": datetime.now(UTC).date().isoformat(),
        "command": "python " + " ".join(["bench/compare.py", *sys.argv[1:]]),
        "machine": machine(),
        "texts": "labelled" if folder else "generated",
    }
    made = Path(tempfile.mkdtemp())
    try:
        if asked.only in {None, "pairs"}:
            found["pairs"] = measure_pairs(labelled(folder) if folder else written(made, list(pairs())), asked.rounds)
        if asked.only in {None, "growth"}:
            found["growth"] = measure_growth(min(3, asked.rounds))
        if asked.only in {None, "start"}:
            found["start"] = measure_start(max(21, asked.rounds))
    finally:
        shutil.rmtree(made)
    text = json.dumps(found, indent=2) + "\n"
    if asked.json:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(text, "utf-8")
    if asked.write:
        file = asked.write / "performance.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        before = json.loads(file.read_bytes()) if file.exists() else {}
        kept = {key: before[key] for key in ("register", "site", "mail") if key in before}  # what others measured
        file.write_text(json.dumps({**found, **kept}, indent=2) + "\n", "utf-8")
    if asked.write and "growth" in found:
        image = asked.write / "images" / "compare-growth.svg"
        image.parent.mkdir(parents=True, exist_ok=True)
        image.write_text(plot({name: line["points"] for name, line in found["growth"].items()}), "utf-8")
    if not asked.write:
        print(text)
    print(table(found))


if __name__ == "__main__":
    main()

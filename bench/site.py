"""How long the site takes to build beside other generators on the same texts, and how that grows with the versions.

In one run: a clean build by Hugo, Eleventy, Pelican and MkDocs (those that are there), and ours from nothing, without
and with comparisons, feeds and files, in turns, medians; then, of sites with 40 and more versions of each policy, the
build after one more version was announced, and after it came into force. See bench/README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from compare import machine  # noqa: E402
from growth_plot import Axis, plot  # noqa: E402
from policies import add_versions, history_id, make_workspace, texts  # noqa: E402

from publisher.register.journal import Event  # noqa: E402

GENERATOR = ROOT.parent / "shared" / "reference" / "sitebench" / "gen.py"
VERSIONS, LARGE = 40, (40, 120, 400)
Texts = Mapping[tuple[str, str, int], str]
#: wall time and processor time in seconds, peak memory of the largest process in MB
Run = tuple[float, float, float]


def measured(command: list[str], folder: Path) -> Run:
    """`command` in a process whose resources are counted with those of its children."""
    counting = (
        "import os, resource, subprocess, sys, time\n"
        "start = time.perf_counter()\n"
        "ended = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)\n"
        "wall = time.perf_counter() - start\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "sys.stderr.buffer.write(ended.stderr)\n"
        "print(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)\n"
        "sys.exit(ended.returncode)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-c", counting, *command], cwd=folder, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if ended.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{ended.stderr[-2000:]}")
    wall, cpu, peak = map(float, ended.stdout.split())
    return wall, cpu, peak


# ---- peers


def _pages(folder: Path, found: Texts, head: Callable[[str, str, int], str]) -> None:
    for (policy, language, version), text in found.items():
        file = folder / language / policy / f"v{version:02d}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(head(policy, language, version) + text, "utf-8")


def _yaml(policy: str, language: str, version: int) -> str:
    return f"---\ntitle: {policy} {language} v{version}\n---\n"


_SHELL = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head><body>{body}</body></html>'
)


def hugo(folder: Path, found: Texts) -> tuple[list[str], Path]:
    _pages(folder / "content", found, _yaml)
    layouts = folder / "layouts" / "_default"
    layouts.mkdir(parents=True)
    (folder / "config.toml").write_text(
        'baseURL = "https://example.com/"\ntitle = "Policies"\ndisableKinds = ["taxonomy", "term", "RSS", "sitemap"]\n'
    )
    (layouts / "single.html").write_text(_SHELL.format(title="{{ .Title }}", body="<main>{{ .Content }}</main>"))
    listed = '<ul>{{ range .Pages }}<li><a href="{{ .RelPermalink }}">{{ .Title }}</a></li>{{ end }}</ul>'
    (layouts / "list.html").write_text(_SHELL.format(title="{{ .Title }}", body=listed))
    return ["hugo", "--quiet", "-s", str(folder)], folder / "public"


def eleventy(folder: Path, found: Texts, modules: Path) -> tuple[list[str], Path]:
    _pages(folder / "src", found, _yaml)
    (folder / "node_modules").symlink_to(modules)
    (folder / "src" / "_includes").mkdir()
    shell = _SHELL.format(title="{{ title }}", body="<main>{{ content }}</main>")
    (folder / "src" / "_includes" / "base.liquid").write_text(shell)
    (folder / "src" / "src.json").write_text('{"layout": "base.liquid"}')
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "eleventy.config.js").write_text(
        'export default () => ({dir: {input: "src", output: "_site"}, markdownTemplateEngine: false})'
    )
    return ["node", "node_modules/@11ty/eleventy/cmd.cjs", "--quiet"], folder / "_site"


def pelican(folder: Path, found: Texts, program: str) -> tuple[list[str], Path]:
    def head(policy: str, language: str, version: int) -> str:
        url = f"{language}/{policy}/v{version:02d}/"
        return (f"Title: {policy} {language} v{version}\nSlug: {policy}-{version}\nLang: {language}\n"
                f"save_as: {url}index.html\nurl: {url}\nDate: 2025-01-01\n\n")  # fmt: skip

    _pages(folder / "content", found, head)
    feeds = "FEED_ALL_ATOM = CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None\n"
    (folder / "pelicanconf.py").write_text(
        'AUTHOR = "a"\nSITENAME = "Policies"\nSITEURL = ""\nPATH = "content"\nTIMEZONE = "Asia/Seoul"\n'
        'DEFAULT_LANG = "en"\nTHEME = "simple"\nCACHE_CONTENT = False\nPAGE_PATHS = ["en", "ko"]\nARTICLE_PATHS = []\n'
        'DIRECT_TEMPLATES = ["index"]\nMARKDOWN = {"extension_configs": {"markdown.extensions.extra": {}}}\n' + feeds
    )
    return [program, "-q", "-s", "pelicanconf.py", "-o", "output", "content"], folder / "output"


def mkdocs(folder: Path, found: Texts, program: str) -> tuple[list[str], Path]:
    _pages(folder / "docs", found, _yaml)
    (folder / "mkdocs.yml").write_text(
        "site_name: Policies\ntheme: mkdocs\nplugins: []\nmarkdown_extensions: [tables, footnotes]\n"
    )
    return [program, "build", "-q", "-f", "mkdocs.yml"], folder / "site"


def peers(work: Path, found: Texts, tools: Path) -> dict[str, tuple[list[str], Path, Path]]:
    """By name: the command, the folder it is run in, and the folder that it builds."""
    made: dict[str, tuple[list[str], Path]] = {}
    folders = {name: work / name for name in ("Hugo", "Eleventy", "Pelican", "MkDocs")}
    for folder in folders.values():
        folder.mkdir()
    if shutil.which("hugo"):
        made["Hugo"] = hugo(folders["Hugo"], found)
    if (tools / "eleventy" / "node_modules" / "@11ty").is_dir():
        made["Eleventy"] = eleventy(folders["Eleventy"], found, tools / "eleventy" / "node_modules")
    for name, make in (("Pelican", pelican), ("MkDocs", mkdocs)):
        program = shutil.which(name.lower(), path=f"{tools / 'venv' / 'bin'}{os.pathsep}{os.environ['PATH']}")
        if program:
            made[name] = make(folders[name], found, program)
    return {name: (command, folders[name], out) for name, (command, out) in made.items()}


# ---- ours

# The units of `site build` but for those named on the command line, put in place by the same code.
_PARTLY = """
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from publisher.register.store import VersionStore
from publisher.website import build
from publisher.website.publish import publish
from publisher.workspace import open_workspace
left_out = sys.argv[2:]
def without(units):
    return [unit for unit in units if unit.name.split("/")[1] not in left_out]
def partly(target, groups, inputs, **more):
    found = [replace(g, units=partial(lambda g: without(g.units()), g), of_notes=lambda _: ()) for g in groups]
    publish(target, found, inputs)
build.publish = partly
workspace = open_workspace(Path.cwd())
build.build_site(workspace, VersionStore(workspace.versions).load(), output=Path(sys.argv[1]))
"""


def from_nothing(root: Path, out: Path, left_out: tuple[str, ...]) -> Run:
    clear(out)
    if left_out:
        return measured([sys.executable, "-c", _PARTLY, str(out), *left_out], root)
    return measured([sys.executable, "-m", "publisher", "site", "build", "--out", str(out)], root)


def clear(out: Path) -> None:
    shutil.rmtree(out.parent, ignore_errors=True)
    out.parent.mkdir(parents=True)


def brought_up_to_date(root: Path, out: Path) -> Run:
    return measured([sys.executable, "-m", "publisher", "site", "build", "--out", str(out)], root)


def after_a_version(root: Path, out: Path, found: Texts, numbers: list[int]) -> dict[str, list[Run]]:
    """The build after a version was announced, and the one after it came into force, for each of `numbers`."""
    runs: dict[str, list[Run]] = {"announced": [], "in_force": []}
    policy = sorted({policy for policy, _, _ in found})[0]
    for number in numbers:
        add_versions(root, found, range(number, number + 1), [policy], announced=True)
        runs["announced"].append(brought_up_to_date(root, out))
        add_event(root, policy, number, Event.IN_FORCE)
        runs["in_force"].append(brought_up_to_date(root, out))
    return runs


def add_event(root: Path, policy: str, number: int, event: Event) -> None:
    from publisher.register.journal import next_entry, parse_journal

    journal = root / "versions" / "journal.jsonl"
    entries = parse_journal(journal.read_bytes())[0]
    entry = next_entry(
        entries, at=datetime(2026, 1, 1, tzinfo=UTC), event=event, policy=policy, version=history_id(number), data={}
    )
    with journal.open("ab") as file:
        file.write(entry.line())


def median(runs: list[Run]) -> dict[str, float]:
    walls, cpus, peaks = zip(*runs, strict=True)
    return {"wall_s": statistics.median(walls), "cpu_s": statistics.median(cpus), "peak_mb": max(peaks)}


def measure(work: Path, tools: Path, rounds: int, sizes: tuple[int, ...]) -> dict[str, Any]:
    found = texts(work / "data", VERSIONS, GENERATOR)
    root, out = work / "ours", work / "out" / "site"
    make_workspace(root, found, last=VERSIONS)
    others = peers(work, found, tools)
    cold = {"pages": ("compare", "current"), "everything": ()}
    runs: dict[str, list[Run]] = {name: [] for name in (*others, *cold)}
    for _ in range(rounds):
        for name, (command, folder, built) in others.items():
            shutil.rmtree(built, ignore_errors=True)
            runs[name].append(measured(command, folder))
        for name, left_out in cold.items():
            runs[name].append(from_nothing(root, out, left_out))
    figures = {name: median(some) for name, some in runs.items()}
    growth = []
    for size in sizes:
        many = texts(work / f"data-{size}", size + rounds + 4, GENERATOR)
        root, out = work / f"ours-{size}", work / f"out-{size}" / "site"
        make_workspace(root, many, last=size)
        first = from_nothing(root, out, ())
        # Three builds are kept; from the fourth on each is made in the folder of the oldest.
        after_a_version(root, out, many, list(range(size + 1, size + 4)))
        steady = after_a_version(root, out, many, list(range(size + 4, size + 4 + rounds)))
        growth.append(
            {"versions": size, "cold_s": first[0], "cold_peak_mb": first[2]}
            | {f"{name}_{key}": value for name, some in steady.items() for key, value in median(some).items()}
        )
        print(json.dumps(growth[-1]), file=sys.stderr)
        shutil.rmtree(root)
        shutil.rmtree(out.parent)
    hugo_s = figures["Hugo"]["wall_s"] if "Hugo" in figures else float("nan")
    return {
        "texts": len(found), "rounds": rounds, "figures": figures, "growth": growth,
        "ratios": {"pages": figures["pages"]["wall_s"] / hugo_s, "everything": figures["everything"]["wall_s"] / hugo_s,
                   **{f"announced_{p['versions']}": p["announced_wall_s"] / hugo_s for p in growth},
                   **{f"in_force_{p['versions']}": p["in_force_wall_s"] / hugo_s for p in growth}},
    }  # fmt: skip


ASKED = {"pages": 2.0, "everything": 3.0, "announced": 0.5}
NAMES = {"pages": "this program, without comparisons", "everything": "this program, everything"}


def table(found: dict[str, Any]) -> str:
    hugo_s = found["figures"].get("Hugo", {}).get("wall_s", float("nan"))
    rows = ["| Build from nothing | Wall | of Hugo's | Processor | Peak memory |", "|---|--:|--:|--:|--:|"]
    for name, f in found["figures"].items():
        ratio = f["wall_s"] / hugo_s
        asked = f" (at most {ASKED[name]:g})" if name in ASKED else ""
        rows.append(f"| {NAMES.get(name, name)} | {f['wall_s']:.2f} s | {ratio:.2f}{asked} | {f['cpu_s']:.2f} s "
                    f"| {f['peak_mb']:.0f} MB |")  # fmt: skip
    heads = ("Versions of each policy", "after one is announced", "of Hugo's", "peak", "after it is in force",
             "from nothing", "peak")  # fmt: skip
    rows += ["", f"| {' | '.join(heads)} |",
             "|--:|--:|--:|--:|--:|--:|--:|"]  # fmt: skip
    for p in found["growth"]:
        rows.append(f"| {p['versions']} | {p['announced_wall_s']:.2f} s | {p['announced_wall_s'] / hugo_s:.2f} "
                    f"| {p['announced_peak_mb']:.0f} MB | {p['in_force_wall_s']:.2f} s | {p['cold_s']:.1f} s "
                    f"| {p['cold_peak_mb']:.0f} MB |")  # fmt: skip
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="*", default=list(LARGE))
    parser.add_argument("--tools", type=Path, default=Path(".tools/peers"), help="folder with venv/ and eleventy/")
    parser.add_argument("--write", type=Path, help="the folder docs, to write the figures and the plot")
    asked = parser.parse_args()
    work = Path(tempfile.mkdtemp())
    try:
        found = {**measure(work, asked.tools.resolve(), asked.rounds, tuple(asked.sizes)), "machine": machine()}
    finally:
        shutil.rmtree(work)
    print(json.dumps(found, indent=1))
    print(table(found))
    if asked.write:
        file = asked.write / "performance.json"
        known = json.loads(file.read_text("utf-8")) if file.exists() else {}
        file.write_text(json.dumps({**known, "site": found}, indent=1) + "\n", "utf-8")
        axis = Axis("Seconds to build the site, by the versions of each policy", "versions of each of five policies",
                    "time to build", {size: str(size) for size in (40, 120, 400)})  # fmt: skip
        lines = {name: [(p["versions"], p[key]) for p in found["growth"]] for name, key in (
            ("from nothing", "cold_s"), ("after one version came into force", "in_force_wall_s"),
            ("after one version was announced", "announced_wall_s"))}  # fmt: skip
        (asked.write / "images" / "site-build.svg").write_text(plot(lines, axis), "utf-8")


if __name__ == "__main__":
    main()

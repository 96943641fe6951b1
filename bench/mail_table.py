"""What bench/mail.py measured as Markdown, with what was asked for beside it, and as a picture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bar_plot import Bar, bars

#: Least shares of smtp-source, of what round trips allow, and of one worker; most MB and seconds.
ASKED = {"publisher, asyncio": 0.35, "publisher, uvloop": 0.6, "distance": 0.9, "two_workers": 1.6,
         "growth_mb": 5.0, "fill_s": 10.0}  # fmt: skip
NAMES = {
    "smtp-source, 6 kB": "smtp-source, a message of 6 kB",
    "publisher, asyncio": "this program, asyncio",
    "publisher, uvloop": "this program, uvloop",
    "aiosmtplib, asyncio": "aiosmtplib alone",
    "aiosmtplib, uvloop": "aiosmtplib alone, uvloop",
}
Figures = dict[str, Any]
_MB = 1e6


def table(found: Figures) -> str:
    parts = [
        make(found[name])
        for name, make in (("speed", _speed), ("distance", _distance), ("memory", _memory), ("postgresql", _postgresql))
        if name in found
    ]
    return "\n\n".join(parts)


def rows(*lines: tuple[str, ...]) -> str:
    first, *others = lines
    marks = ("---", *["--:"] * (len(first) - 1))
    return "\n".join(f"| {' | '.join(row)} |" for row in (first, marks, *others))


def _speed(f: Figures) -> str:
    def lines() -> Iterator[tuple[str, ...]]:
        for name, ratio in f["ratios"].items():
            cpu = f["cpu_us"].get(name)
            low, high = f["spread"][name]
            yield (NAMES.get(name, name), f"{f['rates'][name]:,.0f} ({low:,.0f}–{high:,.0f})", f"{ratio:.2f}",
                   f"at least {ASKED[name]:g}" if name in ASKED else "", f"{cpu:.0f} µs" if cpu else "")  # fmt: skip

    head = ("Sender", "Messages a second", "of smtp-source", "Asked for", "Processor a message")
    return rows(head, *lines()) + (
        f"\n\nA letter weighs {f['bytes']['ko']:,} bytes in Korean, {f['bytes']['en']:,} in English. What all letters "
        f"of a kind share is made once in a process, before the first; that took {f['prepared_s']:.2f} s and is not "
        "counted above."
    )


def _distance(f: Figures) -> str:
    def lines() -> Iterator[tuple[str, ...]]:
        for way, name in (("lock_step", "without PIPELINING (4 round trips)"), ("pipelining", "with it (2)"),
                          ("paced", "without, at first 2 in flight to a domain")):  # fmt: skip
            for loop, found in f[way]["rates"].items():
                asked = f"at least {ASKED['distance']:g}" if way == "lock_step" else ""
                yield (f"{name}, {loop}", f"{found:,.0f}", f"{f[way]['allowed']:,.0f}",
                       f"{f[way]['ratios'][loop]:.2f}", asked)  # fmt: skip

    trip = f["lock_step"]["measured_round_trip_s"] * 1000
    head = (f"{f['connections']} connections, {f['round_trip_s'] * 1000:g} ms ({trip:.1f} measured)",
            "Messages a second", "Round trips allow", "Share", "Asked for")  # fmt: skip
    return rows(head, *lines())


def _memory(found: list[Figures]) -> str:
    def lines() -> Iterator[tuple[str, ...]]:
        for f in found:
            weights, size = f["bytes"], f["recipients"]
            yield (f"{size:,}", f"{f['import_seconds']:.1f} s", f"{f['fill_seconds']:.2f} s",
                   f"{size / f['send_seconds']:,.0f} /s", f"{f['seal_seconds']:.1f} s", f"{f['open_seconds']:.2f} s",
                   f"{f['import_peak_mb']:.1f} MB",
                   f"{f['send_peak_mb']:.1f} MB", f"{f['seal_peak_mb']:.1f} MB", f"{weights['imported'] / size:.0f}",
                   f"{(weights['sent'] - weights['imported']) / size:.0f}",
                   f"{(weights['sealed'] - weights['sent']) / size:.0f}")  # fmt: skip

    head = ("SQLite, recipients", "Import", "Filling", "Sending", "Sealing", "Opening", "Peak: import", "sending",
            "sealing", "Bytes: recipient", "delivery", "receipt")  # fmt: skip
    grown = found[-1]["send_peak_mb"] - found[0]["send_peak_mb"]
    return (
        rows(head, *lines())
        + f"\n\nMemory of the sending process grows by {grown:.1f} MB from the first row to the last; at "
        f"most {ASKED['growth_mb']:g} MB was asked for, and at most {ASKED['fill_s']:g} s for filling a million rows."
    )


def _postgresql(f: Figures) -> str:
    def lines() -> Iterator[tuple[str, ...]]:
        for way, name in (("near", "a relay on this machine"), ("far", "a relay 20 ms away")):
            for workers, found in f[way]["rates"].items():
                asked = f"at least {ASKED['two_workers']:g}" if workers == "2" else ""
                wal = f["wal_bytes"][f"{way}_{workers}"]
                yield name, workers, f"{found:,.0f}", f"{f[way]['ratios'][workers]:.2f}", asked, f"{wal / 1000:.1f} kB"

    size, weights = f["recipients"], f["bytes"]
    head = ("PostgreSQL", "Workers", "Messages a second", "of one worker", "Asked for", "Log a message")
    return rows(head, *lines()) + (
        f"\n\n{size:,} recipients: imported in {f['import_seconds']:.1f} s, filled in {f['fill_seconds']:.2f} s (at "
        f"most {ASKED['fill_s']:g} s was asked for a million). Bytes: a recipient {weights['recipient']:.0f}, a "
        f"delivery {weights['filled']:.0f}, after it was sent {weights['delivery']:.0f}, a receipt "
        f"{weights['receipt']:.0f}."
    )


def page(found: Figures) -> str:
    """What docs/performance.md says of all this: when and how it was measured, the tables, the picture."""
    on = found["machine"]
    runs = sorted({(run["date"], run["command"]) for run in found["runs"].values()})
    how = "; ".join(f"on {date} by `{command}`" for date, command in runs)
    said = f"Measured {how} on {on['processor']} ({on['system']}, Python {on['python']})."
    return f"{said}\n\n{table(found)}\n\n![Messages a second, memory, and workers](images/mail.svg)"


def put_between(file: Path, name: str, words: str) -> None:
    """Write what stands between `<!-- name -->` and `<!-- /name -->` of a page anew."""
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, _, rest = file.read_text("utf-8").partition(start)
    _, _, after = rest.partition(end)
    file.write_text(f"{before}{start}\n{words}\n{end}{after}", "utf-8")


def picture(found: Figures) -> str:
    groups: dict[str, list[Bar]] = {}
    if "speed" in found:
        f = found["speed"]
        groups["Messages a second over loopback, beside smtp-source (the mark: asked for)"] = [
            Bar(NAMES.get(name, name), ratio, f"{f['rates'][name]:,.0f} = {ratio:.2f}",
                ours=name.startswith("publisher"), asked=ASKED.get(name, 0))
            for name, ratio in f["ratios"].items()
        ]  # fmt: skip
    if "distance" in found:
        f = found["distance"]["lock_step"]
        groups["At 20 ms, 64 connections, no PIPELINING: share of what round trips allow"] = [
            Bar(NAMES[f"publisher, {loop}"], ratio, f"{f['rates'][loop]:,.0f} = {ratio:.2f}", ours=True,
                asked=ASKED["distance"])
            for loop, ratio in f["ratios"].items()
        ]  # fmt: skip
    if "memory" in found:
        groups["Most memory of the sending process, by recipients (SQLite)"] = [
            Bar(f"{f['recipients']:,}", f["send_peak_mb"], f"{f['send_peak_mb']:.1f} MB", ours=True)
            for f in found["memory"]
        ]
    if "postgresql" in found:
        for way, name in (("near", "on this machine"), ("far", "20 ms away")):
            f = found["postgresql"][way]
            groups[f"PostgreSQL, workers, a relay {name}: messages a second, beside one worker"] = [
                Bar(workers, ratio, f"{f['rates'][workers]:,.0f} = {ratio:.2f}", ours=True,
                    asked=ASKED["two_workers"] if workers == "2" else 0)
                for workers, ratio in f["ratios"].items()
            ]  # fmt: skip
    return bars("Mailing a notice", groups)

"""Fifty million recipients by arithmetic from what bench/mail.py measured: the tables of docs/scale.md.

python bench/scale.py [--write docs]; it measures nothing, and reads docs/performance.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]

from mail_table import put_between, rows  # noqa: E402

RECIPIENTS = 50_000_000
#: Posting hours of a new workspace, 9 to 18; and the two working days after the announcement (mail_window_days).
POSTING_SECONDS = 2 * 9 * 3600
#: Connections of one client that Postfix takes (smtpd_client_connection_count_limit).
POSTFIX = 50
ROUND_TRIPS_MS = (0.2, 2, 20, 100)
Figures = dict[str, Any]
Rows = Iterator[tuple[str, ...]]


def hours(seconds: float) -> str:
    if seconds < 5400:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"


def weight(size: float) -> str:
    return f"{size / 1e9:,.0f} GB" if size < 1e12 else f"{size / 1e12:.1f} TB"


def time_to_finish(mail: Figures) -> Rows:
    yield "Who hands over", "Messages a second, measured", "50 million take", "of the 18 posting hours"
    measured = [("1 process on SQLite", mail["speed"]["rates"]["publisher, uvloop"]),
                ("the same without uvloop", mail["speed"]["rates"]["publisher, asyncio"])]  # fmt: skip
    for way, where in (("near", "a relay on the same machine"), ("far", "16 connections each, a relay 20 ms away")):
        for workers, found in mail["postgresql"][way]["rates"].items():
            measured.append((f"{workers} on PostgreSQL, {where}", found))
    needed = RECIPIENTS / POSTING_SECONDS
    for name, found in measured:
        yield name, f"{found:,.0f}", hours(RECIPIENTS / found), f"{needed / found:.0%}"
    yield "**what is owed**", f"**{needed:,.0f}**", hours(POSTING_SECONDS), "100%"


def connections(_: Figures) -> Rows:
    needed = RECIPIENTS / POSTING_SECONDS
    yield "Round trip to the relay", "connections with PIPELINING (2)", "without (4)", f"clients of {POSTFIX} (without)"
    for milliseconds in ROUND_TRIPS_MS:
        two, four = (needed * trips * milliseconds / 1000 for trips in (2, 4))
        yield (f"{milliseconds:g} ms", f"{max(1, two):,.0f}", f"{max(1, four):,.0f}",
               f"{max(1, -(-four // POSTFIX)):.0f}")  # fmt: skip


def storage(mail: Figures) -> Rows:
    last, postgresql = mail["memory"][-1], mail["postgresql"]["bytes"]
    of = last["bytes"]
    size = last["recipients"]
    sqlite = {"recipient": of["imported"] / size, "delivery": (of["sent"] - of["imported"]) / size,
              "receipt": (of["sealed"] - of["sent"]) / size}  # fmt: skip
    yield "Rows", "SQLite, bytes a row", "50 million", "PostgreSQL, bytes a row", "50 million"
    for name, what in (("recipient", "recipients, once"), ("delivery", "deliveries, each notice"),
                       ("receipt", "receipts, each notice")):  # fmt: skip
        yield (what, f"{sqlite[name]:.0f}", weight(sqlite[name] * RECIPIENTS), f"{postgresql[name]:.0f}",
               weight(postgresql[name] * RECIPIENTS))  # fmt: skip
    log = mail["postgresql"]["wal_bytes"]["near_1"]
    yield "log of one mailing (without its filling and sealing)", "", "", f"{log:.0f}", weight(log * RECIPIENTS)


def steps(mail: Figures) -> Rows:
    last, postgresql = mail["memory"][-1], mail["postgresql"]
    size, rows_there = last["recipients"], postgresql["recipients"]
    yield "Step", f"SQLite, {size:,} measured", "50 million", "PostgreSQL, 50 million", "peak memory, measured"
    for name, words, other in (
        ("import", "import of the whole list", postgresql["import_seconds"] / rows_there),
        ("fill", "filling", postgresql["fill_seconds"] / rows_there),
        ("send", "sending by one process", 1 / postgresql["near"]["rates"]["1"]),
        ("seal", "receipts and their root", postgresql["seal_us"] / 1e6),
    ):
        seconds = last[f"{name}_seconds"]
        yield (words, f"{seconds:.1f} s", hours(seconds / size * RECIPIENTS), hours(other * RECIPIENTS),
               f"{last[f'{name}_peak_mb']:.0f} MB")  # fmt: skip
    looked = last["open_seconds"]
    yield ("opening the database, each time", f"{looked:.2f} s", hours(looked / size * RECIPIENTS), "does not grow",
           f"{last['open_peak_mb']:.0f} MB")  # fmt: skip


def cost(mail: Figures) -> Rows:
    speed, last = mail["speed"], mail["memory"][-1]
    size, letter = last["recipients"], max(speed["bytes"].values())
    yield "What", "a message or row", "50 million"
    for name, words in (("publisher, uvloop", "sending, processor of our process"),
                        ("publisher, asyncio", "the same without uvloop")):  # fmt: skip
        cpu = speed["cpu_us"][name]
        yield words, f"{cpu:.0f} µs", f"{cpu * RECIPIENTS / 3.6e9:.1f} processor hours"
    for name, words in (("import", "import"), ("fill", "filling"), ("seal", "sealing")):
        cpu = last[f"{name}_cpu_s"] / size * 1e6
        yield f"{words}, processor (SQLite)", f"{cpu:.0f} µs", f"{cpu * RECIPIENTS / 3.6e9:.1f} processor hours"
    yield "traffic to the relay", f"{letter:,} bytes", weight(letter * RECIPIENTS)
    mbit = letter * RECIPIENTS / POSTING_SECONDS * 8 / 1e6
    yield "the same over the 18 posting hours", "", f"{mbit:.0f} Mbit/s"


TABLES = {"time": time_to_finish, "connections": connections, "storage": storage, "steps": steps, "cost": cost}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--figures", type=Path, default=HERE.parent / "docs" / "performance.json")
    parser.add_argument("--write", type=Path, help="the folder docs, to write the tables into scale.md")
    asked = parser.parse_args()
    mail = json.loads(asked.figures.read_text("utf-8"))["mail"]
    for name, made in TABLES.items():
        words = rows(*made(mail))
        print(f"{words}\n")
        if asked.write:
            put_between(asked.write / "scale.md", name, words)


if __name__ == "__main__":
    main()

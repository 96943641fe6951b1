"""How fast notices are mailed beside smtp-source and other senders, and how that grows with the recipients.

In one run: Postfix's smtp-source, this program (the whole path: claim, build, intent, send, record; SQLite with
synchronous=FULL), a plain aiosmtplib loop and django-mailer against one smtp-sink, in shuffled rounds, medians; this
program over a distance of 20 ms; memory from ten thousand to a million recipients; PostgreSQL with one, two and four
workers; import, filling and sealing. See bench/README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shlex
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "bench"
sys.path[:0] = [str(ROOT), str(HERE)]

from compare import machine  # noqa: E402
from mail_runs import ROUND_TRIP, Figures, make_mailing, measured, relay, round_trip, run, sink, tool  # noqa: E402
from mail_table import page, picture, put_between, rows, table  # noqa: E402
from scale import TABLES  # noqa: E402

CONNECTIONS, FAR_CONNECTIONS = 16, 64
OURS = {"asyncio": False, "uvloop": True}
STAGES = ("speed", "distance", "memory", "postgresql")


# ---- stages


def rate(figures: Figures) -> float:
    return float(figures["messages"] / figures["seconds"])


def measure_speed(work: Path, tools: Path, messages: int, rounds: int) -> Figures:
    mailing, _ = make_mailing(work, messages)
    letter = work / "letter.eml"
    size = measured("letter", root=str(mailing.root), file=str(letter))["bytes"]
    sources = {"smtp-source": work / "letter.lf", "smtp-source, 6 kB": work / "short.lf"}
    whole = letter.read_bytes().replace(b"\r\n", b"\n")
    sources["smtp-source"].write_bytes(whole)
    # Letters of ours weigh more than the 6 kB that were asked for; so it is seen what that changes.
    sources["smtp-source, 6 kB"].write_bytes(whole[: 6000 - whole[:6000].count(b"\n")].rpartition(b"\n")[0] + b"\n")
    django = tools / "venv" / "bin" / "python"
    with sink() as port:
        mailing.to(port)
        source = [tool("smtp-source"), "-4", "-d", "-s", str(CONNECTIONS), "-m", str(messages),
                  "-f", "privacy@example.com", "-t", "user1@example.net"]  # fmt: skip

        def ended(name: str) -> Figures:
            if name in sources:
                start = time.perf_counter()
                run([*source, "-F", sources[name], f"127.0.0.1:{port}"])
                return {"seconds": time.perf_counter() - start, "messages": messages}
            if name == "django-mailer":
                with tempfile.TemporaryDirectory() as folder:
                    few = [folder, str(port), str(min(messages, 1500)), str(letter)]
                    peer: Figures = json.loads(run([django, HERE / "mail_django.py", *few]))
                return peer
            who, loop = name.split(", ")
            if who == "aiosmtplib":
                few_messages = min(messages, 6000)
                one = measured("loop", port=port, connections=CONNECTIONS, messages=few_messages, file=str(letter),
                               uvloop=OURS[loop])  # fmt: skip
                return {**one, "messages": few_messages}
            return mailing.send(mailing.filled()[0], connections=CONNECTIONS, uvloop=OURS[loop])

        names = [*sources, *(f"{who}, {loop}" for who in ("publisher", "aiosmtplib") for loop in OURS)]
        names += ["django-mailer"] if django.exists() else []
        runs: dict[str, list[Figures]] = {name: [] for name in names}
        for number in range(rounds + 1):
            for name in random.sample(names, len(names)):
                runs[name].append(ended(name))
            if not number:  # the first round compiled what is compiled once
                for some in runs.values():
                    some.clear()
            print(f"speed: round {number} of {rounds}", file=sys.stderr)
    rates = {name: statistics.median(map(rate, some)) for name, some in runs.items()}
    return {
        "messages": messages, "connections": CONNECTIONS, "rounds": rounds, "bytes": size, "rates": rates,
        "ratios": {name: found / rates["smtp-source"] for name, found in rates.items()},
        "cpu_us": {name: statistics.median(f["cpu_s"] / f["messages"] * 1e6 for f in some)
                   for name, some in runs.items() if "cpu_s" in some[0]},
        "prepared_s": statistics.median(f["prepared_s"] for f in runs["publisher, uvloop"]),
        "spread": {name: [min(map(rate, some)), max(map(rate, some))] for name, some in runs.items()},
    }  # fmt: skip


def measure_distance(work: Path, messages: int, rounds: int) -> Figures:
    mailing, _ = make_mailing(work, messages)
    found: Figures = {"messages": messages, "connections": FAR_CONNECTIONS, "round_trip_s": ROUND_TRIP}
    ways = {"lock_step": (False, 4, FAR_CONNECTIONS), "paced": (False, 4, 2), "pipelining": (True, 2, FAR_CONNECTIONS)}
    for name, (pipelining, trips, per_domain) in ways.items():
        with relay(pipelining=pipelining) as port:
            mailing.to(port)
            rates: dict[str, list[float]] = {loop: [] for loop in OURS}
            for _ in range(rounds):
                for loop, with_uvloop in OURS.items():
                    one = mailing.send(mailing.filled()[0], uvloop=with_uvloop, connections=FAR_CONNECTIONS,
                                       per_domain=per_domain)  # fmt: skip
                    rates[loop].append(rate(one))
            allowed = FAR_CONNECTIONS / (trips * ROUND_TRIP)
            medians = {loop: statistics.median(some) for loop, some in rates.items()}
            found[name] = {"allowed": allowed, "measured_round_trip_s": round_trip(port), "rates": medians,
                           "ratios": {loop: median / allowed for loop, median in medians.items()}}  # fmt: skip
        print(f"distance: {name}", file=sys.stderr)
    return found


def sqlite_bytes(root: Path) -> int:
    """What the database weighs, with its log folded in."""
    import sqlite3

    with sqlite3.connect(root / "var" / "publisher.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        pages = connection.execute("PRAGMA page_count").fetchone()[0] - connection.execute(
            "PRAGMA freelist_count").fetchone()[0]  # fmt: skip
        return int(pages * connection.execute("PRAGMA page_size").fetchone()[0])


def measure_memory(work: Path, sizes: Sequence[int]) -> list[Figures]:
    found = []
    for size in sizes:
        mailing, imported = make_mailing(work, size)
        weights = {"imported": sqlite_bytes(mailing.root)}
        notice, filled = mailing.filled()
        weights["filled"] = sqlite_bytes(mailing.root)
        with sink() as port:
            mailing.to(port)
            sent = mailing.send(notice, connections=CONNECTIONS, uvloop=True)
        weights["sent"] = sqlite_bytes(mailing.root)
        sealed = measured("seal", root=str(mailing.root), notice=notice)
        weights["sealed"] = sqlite_bytes(mailing.root)
        looked = measured("open", root=str(mailing.root))
        steps = {"import": imported, "fill": filled, "send": sent, "seal": sealed, "open": looked}
        found.append(
            {"recipients": size, "bytes": weights}
            | {f"{name}_{key}": one[key] for name, one in steps.items() for key in ("seconds", "cpu_s", "peak_mb")}
        )
        print(json.dumps(found[-1]), file=sys.stderr)
        shutil.rmtree(mailing.root)
    return found


def measure_postgresql(work: Path, messages: int, size: int, rounds: int) -> Figures:
    """With the settings of a new server: every commit is on the disk before it is answered."""
    from tests.postgresql import new_database, running_postgresql

    found: Figures = {"messages": messages, "connections": CONNECTIONS, "recipients": size, "wal_bytes": {}}
    with running_postgresql() as server:
        large, imported = make_mailing(work, size, new_database(server))
        _, filled = large.filled()
        mailing, _ = make_mailing(work, messages, new_database(server))
        for name, trips in (("near", 0), ("far", 2)):
            with sink() if name == "near" else relay(pipelining=True) as port:
                mailing.to(port)
                rates: dict[str, list[float]] = {"1": [], "2": [], "4": []}
                for _ in range(rounds):
                    for workers, some in rates.items():
                        notice, _ = mailing.filled()
                        before = _asked(mailing.url, _WRITTEN)
                        some.append(rate(mailing.send_by(int(workers), notice, connections=CONNECTIONS)))
                        written = _asked(mailing.url, _WRITTEN) - before
                        found["wal_bytes"][f"{name}_{workers}"] = written / messages
            medians = {workers: statistics.median(some) for workers, some in rates.items()}
            found[name] = {"rates": medians, "ratios": {w: r / medians["1"] for w, r in medians.items()},
                           "allowed": CONNECTIONS / (trips * ROUND_TRIP) if trips else None}  # fmt: skip
            print(f"postgresql: {name} {json.dumps(found[name])}", file=sys.stderr)
        sealed = measured("seal", root=str(mailing.root), notice=notice)
        found |= {"import_seconds": imported["seconds"], "fill_seconds": filled["seconds"],
                  "seal_us": sealed["seconds"] / messages * 1e6,
                  "bytes": {"recipient": _weight(large.url, "recipients") / size,
                            "filled": _weight(large.url, "deliveries") / size,
                            "delivery": _weight(mailing.url, "deliveries") / (messages * 6 * rounds),
                            "receipt": _weight(mailing.url, "receipts") / messages}}  # fmt: skip
    return found


#: Bytes that the server has written to its log so far.
_WRITTEN = "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"


def _weight(url: str, table: str) -> int:
    """What a table weighs with its partitions and indexes."""
    every = f"SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relname LIKE '{table}%%' AND relkind = 'r'"  # noqa: S608
    return _asked(url, every)


def _asked(url: str, question: str) -> int:
    from sqlalchemy import create_engine

    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return int(connection.exec_driver_sql(question).scalar_one())
    finally:
        engine.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=20_000, help="of one run against the sink")
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--rows", type=int, default=1_000_000, help="imported and filled on PostgreSQL")
    parser.add_argument(
        "--tools", type=Path, default=Path(".tools/peers/mail"), help="folder with venv/ (django-mailer)"
    )
    parser.add_argument("--only", choices=STAGES, nargs="*", default=list(STAGES))
    parser.add_argument("--write", type=Path, help="the folder docs, to write the figures and the plot")
    asked = parser.parse_args()
    if len(os.sched_getaffinity(0)) < 2:
        raise SystemExit("two processors are needed: one for the sink, one for the sender")
    work = Path(tempfile.mkdtemp())
    this = {
        "date": datetime.now(UTC).date().isoformat(),
        "command": shlex.join(["python", "bench/mail.py", *sys.argv[1:]]),
    }
    found: Figures = {"machine": machine(), "runs": dict.fromkeys(asked.only, this)}
    try:
        if "speed" in asked.only:
            found["speed"] = measure_speed(work, asked.tools.resolve(), asked.messages, asked.rounds)
        if "distance" in asked.only:
            found["distance"] = measure_distance(work, asked.messages // 2, min(3, asked.rounds))
        if "memory" in asked.only:
            found["memory"] = measure_memory(work, asked.sizes)
        if "postgresql" in asked.only:
            found["postgresql"] = measure_postgresql(work, asked.messages, asked.rows, min(3, asked.rounds))
    finally:
        shutil.rmtree(work)
    print(json.dumps(found, indent=1))
    print(table(found))
    if asked.write:
        file = asked.write / "performance.json"
        known = json.loads(file.read_text("utf-8")) if file.exists() else {}
        before = known.get("mail", {})
        found = {**before, **found, "runs": {**before.get("runs", {}), **found["runs"]}}
        file.write_text(json.dumps({**known, "mail": found}, indent=1) + "\n", "utf-8")
        (asked.write / "images" / "mail.svg").write_text(picture(found), "utf-8")
        put_between(asked.write / "performance.md", "mail", page(found))
        for name, follows in TABLES.items():
            put_between(asked.write / "scale.md", name, rows(*follows(found)))


if __name__ == "__main__":
    main()

"""Senders that are killed again and again: nobody is left out, and what arrives twice is known (P3, P4)."""

from __future__ import annotations

import asyncio
import os
import random
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from publisher.mail.database import deliveries
from publisher.mail.outbox import Outbox
from tests.mail_worker import NOTICE, clock, work
from tests.mailing import VAULT, database_at, take_in, workspace_at

pytest_plugins = ["tests.postgresql"]

KILLS = int(os.environ.get("PUBLISHER_MAIL_KILLS", "5"))
RECIPIENTS = int(os.environ.get("PUBLISHER_MAIL_RECIPIENTS", "2000"))
CONNECTIONS = 8
_MESSAGE_ID = re.compile(rb"^Message-ID: <(\S+)>\r$", re.MULTILINE)


class Sink:
    """A mail server that writes down what it took before it says so: recipient and Message-ID."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        recipient = ""
        writer.write(b"220 sink\r\n")
        try:
            while line := await reader.readline():
                verb = line[:4].upper()
                if verb == b"EHLO":
                    writer.write(b"250-sink\r\n250 PIPELINING\r\n")
                elif verb == b"RCPT":
                    recipient = line.decode().partition("<")[2].partition(">")[0]
                    writer.write(b"250 ok\r\n")
                elif verb == b"DATA":
                    writer.write(b"354 go on\r\n")
                    data = await reader.readuntil(b"\r\n.\r\n")
                    found = _MESSAGE_ID.search(data)
                    assert found
                    self.taken.append((recipient, found[1].decode()))
                    await asyncio.sleep(0.002)  # the time in which a kill leaves it open whether it was taken
                    writer.write(b"250 queued\r\n")
                else:
                    writer.write(b"250 ok\r\n")
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@contextmanager
def sink() -> Iterator[tuple[Sink, int]]:
    """In a thread of its own, while the test kills who sends to it."""
    server, ready, ports = Sink(), threading.Event(), []
    loop, over = asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        listening = await asyncio.start_server(server.talk, "127.0.0.1", 0, limit=1 << 20)
        ports.append(listening.sockets[0].getsockname()[1])
        ready.set()
        await over.wait()
        listening.close()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:  # ends who is still being talked to
            runner.run(serve())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait()
    try:
        yield server, ports[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()


def started(root: Path, url: str, port: int, uncertain: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.mail_worker", str(root), url, str(port), str(CONNECTIONS), uncertain],
        cwd=Path(__file__).parent.parent, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.parametrize("uncertain", ["resend", "hold"])
@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_killed_while_sending(
    request: pytest.FixtureRequest, tmp_path: Path, database: str, workers: int, uncertain: str
) -> None:
    url = "sqlite:///var/publisher.db" if database == "sqlite" else request.getfixturevalue("postgresql_url")
    chance = random.Random(f"{database}{workers}{uncertain}")  # noqa: S311 - when to kill
    people = "".join(f"p{i:06},p{i:06}@example.com,,{'ko' if i % 2 else 'en'},\n" for i in range(RECIPIENTS))
    with database_at(workspace_at(tmp_path, url)) as engine, sink() as (server, port):
        take_in(engine, tmp_path, people)
        outbox = Outbox(engine, VAULT, NOTICE, hold=uncertain == "hold")
        outbox.fill(clock())
        running = [started(tmp_path, url, port, uncertain) for _ in range(workers)]
        kills = 0
        for kill in range(1, KILLS + 1):
            # Spread over the whole mailing, so that all of them meet senders at work.
            wanted = RECIPIENTS * kill // (KILLS + 2) + chance.randrange(30)
            while len(server.taken) < wanted and any(p.poll() is None for p in running):
                time.sleep(0.001)
            victim = chance.randrange(workers)
            if running[victim].poll() is None:
                running[victim].kill()
                kills += 1
            running[victim].communicate()
            running[victim] = started(tmp_path, url, port, uncertain)
        for process in running:
            _, said = process.communicate()
            assert process.returncode == 0, said.decode()
        for _ in range(3):  # what the last ones had claimed that were killed
            work(tmp_path, url, port, CONNECTIONS, hold=uncertain == "hold")
        with engine.connect() as connection:
            rows = connection.execute(select(deliveries.c.recipient, deliveries.c.state, deliveries.c.uncertain)).all()
            states = {row.recipient: row.state for row in rows}
            on_the_way = {row.recipient: row.uncertain for row in rows}
    assert kills >= KILLS // 2, "they were too quick to be killed"
    copies = Counter(server.taken)
    arrived = {address.partition("@")[0] for address, _ in copies}
    duplicates = sum(copies.values()) - len(copies)
    held = {person for person, state in states.items() if state == "uncertain"}
    print(  # the figures that are asked for
        f"\n{database}, {workers} workers, {uncertain}: {RECIPIENTS} recipients, {kills} kills, {duplicates} duplicates, "
        f"{len(held)} held of which {len(held & arrived)} arrived, {len(states.keys() - arrived - held)} lost"
    )
    assert set(states.values()) <= {"handed_over", "uncertain"}
    assert states.keys() - arrived - held == set(), "lost"
    assert len({message for _, message in copies}) == len(arrived), "one Message-ID for each person, at every attempt"
    if uncertain == "hold":
        assert duplicates == 0
        assert len(held) <= kills * CONNECTIONS
    else:
        assert duplicates <= kills * CONNECTIONS
        assert {on_the_way[person] for person in held} <= {2}, "only who was on the way at two kills"
        assert len(held) <= kills * CONNECTIONS // 2

"""What bench/mail.py runs: processes on a processor of their own, servers of the loopback, workspaces to mail from."""

from __future__ import annotations

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from people import write_list

HERE = Path(__file__).resolve().parent
SINK_CPU, CLIENT_CPU = "0", "1"
#: seconds to the relay that is far away, there and back
ROUND_TRIP = 0.020
COMPILED = Path(tempfile.gettempdir()) / "publisher-bench-compiled"
Figures = dict[str, Any]
_NUMBERS = count(1)


# ---- processes


def environment() -> dict[str, str]:
    # Compiled once for all, as installed programs are.
    found = {**os.environ, "PYTHONPATH": str(HERE.parent), "PYTHONPYCACHEPREFIX": str(COMPILED)}
    found.pop("PYTHONDONTWRITEBYTECODE", None)
    return found


def of_process(what: str, **arguments: object) -> list[str]:
    return [sys.executable, str(HERE / "mail_process.py"), what, json.dumps(arguments)]


def run(command: Sequence[str | Path], *, cpu: str | None = CLIENT_CPU) -> str:
    """What the command writes; pinned to one processor unless `cpu` is None."""
    pinned = ["taskset", "-c", cpu, *command] if cpu else command
    ended = subprocess.run(pinned, env=environment(), capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{ended.stderr[-3000:]}")
    return ended.stdout


def measured(what: str, *, cpu: str | None = CLIENT_CPU, **arguments: object) -> Figures:
    found: Figures = json.loads(run(of_process(what, **arguments), cpu=cpu))
    return found


@contextmanager
def listening(command: Sequence[str | Path], port: int) -> Iterator[int]:
    """A server of its own on `port` of the loopback, on the sink's processor, while the context lasts."""
    with subprocess.Popen(["taskset", "-c", SINK_CPU, *command], env=environment()) as server:
        try:
            until = time.monotonic() + 20
            while True:
                with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                if server.poll() is not None or time.monotonic() > until:
                    raise SystemExit(f"{command[0]} does not start")
                time.sleep(0.05)
            yield port
        finally:
            server.terminate()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def tool(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
    if not found:
        raise SystemExit(f"{name} is not there (Debian: postfix, which need not be started)")
    return found


@contextmanager
def sink() -> Iterator[int]:
    port = free_port()
    as_user = ["-u", "nobody"] if os.geteuid() == 0 else []
    with listening([tool("smtp-sink"), "-4", "-m", "1000", *as_user, f"127.0.0.1:{port}", "1000"], port):
        yield port


@contextmanager
def relay(*, pipelining: bool) -> Iterator[int]:
    port = free_port()
    options = ["--pipelining"] if pipelining else []
    command = [sys.executable, str(HERE / "relay.py"), str(port), str(ROUND_TRIP * 1000), *options]
    with listening(command, port):
        yield port


def round_trip(port: int) -> float:
    """Seconds of one exchange with the server, the median of 30."""
    with socket.create_connection(("127.0.0.1", port)) as one, one.makefile("rwb") as stream:
        stream.readline()
        taken = []
        for _ in range(30):
            start = time.perf_counter()
            stream.write(b"NOOP\r\n")
            stream.flush()
            stream.readline()
            taken.append(time.perf_counter() - start)
    return statistics.median(taken)


# ---- workspaces


@dataclass(frozen=True)
class Mailing:
    """A workspace with recipients; each notice of it is mailed once."""

    root: Path
    url: str
    number: int

    def to(self, port: int) -> None:
        """Have it send to `port`; the settings are those of a new workspace else."""
        (self.root / "publisher.toml").write_text(
            '[site]\nbase_url = "https://policies.example.com"\norganisation = { ko = "예시", en = "Example" }\n'
            'contact = "privacy@example.com"\n[mail]\nfrom = "privacy@example.com"\n'
            f'smtp_url = "smtp://127.0.0.1:{port}"\n[database]\nurl = "{self.url}"\n',
            "utf-8",
        )

    def filled(self) -> tuple[str, Figures]:
        """The name of a new notice whose list is frozen, and what freezing it took."""
        notice = f"bench-{next(_NUMBERS)}"
        return notice, measured("fill", root=str(self.root), notice=notice)

    def send(self, notice: str, *, uvloop: bool, **limits: int) -> Figures:
        found = measured("send", root=str(self.root), notice=notice, uvloop=uvloop, **limits)
        return {**found, **self._checked([found])}

    def send_by(self, workers: int, notice: str, *, connections: int) -> Figures:
        """By several processes that begin together, on whatever processor is free."""
        command = of_process("send", root=str(self.root), notice=notice, connections=connections, together=True)
        running = [
            subprocess.Popen(command, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(workers)
        ]
        for one in running:
            assert one.stdout
            assert one.stdout.readline() == "ready\n"
        found = [json.loads(one.communicate("go\n")[0]) for one in _told(running)]
        seconds = max(f["ended"] for f in found) - min(f["began"] for f in found)
        return {"workers": workers, "seconds": seconds, "cpu_s": sum(f["cpu_s"] for f in found), **self._checked(found)}

    def _checked(self, found: Sequence[Figures]) -> Figures:
        """Everybody was mailed: a run that is fast because it left somebody out is no measurement."""
        outcomes = max((f["outcomes"] for f in found), key=lambda one: one.get("handed_over", 0))
        if outcomes != {"handed_over": self.number}:
            raise SystemExit(f"not everyone was mailed: {outcomes}")
        return {"messages": self.number}


def _told(running: Sequence[subprocess.Popen[str]]) -> Sequence[subprocess.Popen[str]]:
    """All are told to begin before the first is waited for."""
    for one in running:
        assert one.stdin
        one.stdin.write("go\n")
        one.stdin.flush()
    return running


def make_mailing(work: Path, number: int, url: str = "sqlite:///var/publisher.db") -> tuple[Mailing, Figures]:
    """A workspace with `number` recipients, and what their import took."""
    root = Path(tempfile.mkdtemp(dir=work))
    (root / "var").mkdir()
    mailing = Mailing(root, url, number)
    mailing.to(25)
    file = root / "list.csv"
    write_list(file, number)
    found = measured("import", root=str(root), file=str(file))
    file.unlink()
    return mailing, found

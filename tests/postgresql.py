"""A PostgreSQL server of the tests' own, on a socket in a temporary folder; a new database for each test.

And a workspace on either kind of database. Registered by `pytest_plugins = ["tests.postgresql"]` where they are needed.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from publisher.workspace import Workspace
from tests.mailing import workspace_at
from tests.needs import needs

_NUMBERS = count(1)


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[-3]))
    on_path = shutil.which("postgres")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


def _account() -> pwd.struct_passwd | None:
    """Whom the server runs as: PostgreSQL refuses to be run by root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return None


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Path]:
    """The folder with the socket of a running server."""
    needs(_programs() is not None, "the programs of PostgreSQL")
    needs(_account() is not None, "the account postgres, for root may not run PostgreSQL")
    with running_postgresql("-F") as folder:
        yield folder


@contextmanager
def running_postgresql(*options: str) -> Iterator[Path]:
    """The folder with the socket of a server that runs while the context lasts; `-F` does without fsync."""
    programs, account = _programs(), _account()
    assert programs
    assert account
    # Not below tmp_path: a socket's path is short, and the server's account has to reach it.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    as_account: dict[str, Any] = {"cwd": folder, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C"}}
    if os.geteuid() == 0:
        os.chown(folder, account.pw_uid, account.pw_gid)
        as_account |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    data = folder / "data"
    server = None
    try:
        initdb = [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
        made = subprocess.run(initdb, capture_output=True, text=True, **as_account)
        assert made.returncode == 0, made.stderr
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", *options],
                stdout=log,
                stderr=log,
                **as_account,
            )
        _wait(programs, folder, server)
        yield folder
    finally:
        if server:
            server.send_signal(signal.SIGINT)  # a fast shutdown
            server.wait(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(programs: Path, folder: Path, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while subprocess.run([programs / "pg_isready", "-q", "-h", folder]).returncode:
        assert server.poll() is None, (folder / "log").read_text("utf-8", "replace")
        assert time.monotonic() < until, "PostgreSQL does not start"
        time.sleep(0.05)


@pytest.fixture
def postgresql_url(postgresql_server: Path) -> str:
    """The url of a new, empty database."""
    return new_database(postgresql_server)


def new_database(server: Path) -> str:
    """The url of a new, empty database of the server whose socket is in the folder `server`."""
    import psycopg

    name = f"publisher_{next(_NUMBERS)}"
    with psycopg.connect(host=str(server), user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
    return f"postgresql+psycopg://postgres@/{name}?host={server}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def workspace(request: pytest.FixtureRequest, tmp_path: Path) -> Workspace:
    """With its own database: on SQLite, and on PostgreSQL."""
    if request.param == "sqlite":
        return workspace_at(tmp_path)
    return workspace_at(tmp_path, request.getfixturevalue("postgresql_url"))

"""The wheel in an empty environment, outside any checkout: `init` and `run` work from it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from publisher.messages import translator
from tests.needs import needs

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command `publisher` of an environment that holds the wheel and what it depends on, nothing else."""
    uv = os.environ.get("UV") or shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
    needs(Path(uv).exists(), "uv")
    folder = tmp_path_factory.mktemp("wheel")
    environment = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "VIRTUAL_ENV"}}

    def run(*arguments: str) -> None:
        subprocess.run([uv, *arguments], check=True, capture_output=True, cwd=folder, env=environment, timeout=600)

    run("build", "--wheel", "--out-dir", str(folder), str(ROOT))
    run("venv", "--python", sys.executable, str(folder / "env"))
    wheel = next(folder.glob("*.whl"))
    run("pip", "install", "--python", str(folder / "env" / "bin" / "python"), str(wheel))
    return folder / "env" / "bin" / "publisher"


@pytest.mark.xdist_group("wheel")
def test_init_and_run_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    def publisher(*arguments: str) -> str:
        ended = subprocess.run([installed, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    publisher("init", "w")
    assert "no change is pending" in publisher("-C", "w", "check")
    process = subprocess.Popen(
        [installed, "-C", "w", "run", "--port", "0", "--log", "words"], cwd=tmp_path, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "LANG": "en_US.UTF-8", "LC_ALL": "en_US.UTF-8"},
    )  # fmt: skip
    try:
        assert process.stderr is not None
        line = next(line for line in process.stderr if "http://" in line)
        found = re.search(r"http://127\.0\.0\.1:\d+/", line)
        assert found, line
        with urllib.request.urlopen(f"{found.group()}ko/privacy/", timeout=10) as answer:  # noqa: S310
            page = answer.read().decode("utf-8")
            assert "개인정보 처리방침" in page
            assert translator("ko").gettext("Skip to the text") in page, "the Korean catalogue travels too"
        with urllib.request.urlopen(f"{found.group()}healthz", timeout=10) as answer:  # noqa: S310
            assert b'"ok": true' in answer.read()
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Stopped" in said
    assert "Everything holds" in publisher("-C", "w", "verify")

"""The help that is shown before anything is loaded is the help of the commands."""

from __future__ import annotations

import subprocess
import sys

import pytest

from publisher.cli.help_text import HELP
from tests.stored_help import FILE, WIDTHS, source, told


def test_the_stored_help_is_the_commands_own() -> None:
    assert {width: told(width) for width in WIDTHS} == HELP
    assert FILE.read_text("utf-8") == source()


@pytest.mark.parametrize("columns", ["", "60", "80", "99", "100", "250", "-3", "wide"])
@pytest.mark.parametrize("asked", ["--help", "-h"])
def test_help_is_told_as_wide_as_the_terminal(asked: str, columns: str) -> None:
    code = f"import sys\nsys.argv = ['publisher', {asked!r}]\nfrom publisher.cli.main import main\nmain()"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"COLUMNS": columns, "PYTHONPATH": ":".join(sys.path)},
    )
    width = {"60": 60, "100": 100, "250": 100}.get(columns, 80)
    assert ended.stdout == told(width)


def test_help_loads_nothing_but_its_text() -> None:
    code = (
        "import sys\nbefore = set(sys.modules)\nsys.argv = ['publisher', '--help']\n"
        "from publisher.cli.main import main\nmain()\nprint(*sorted(set(sys.modules) - before), file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    own = [m for m in ended.stderr.split() if m.startswith("publisher")]
    assert own == ["publisher", "publisher.cli", "publisher.cli.help_text", "publisher.cli.main"]
    assert "click" not in ended.stderr

"""The command line on a terminal of its own."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

_OF_TERMINALS = {"NO_COLOR", "COLUMNS", "LC_ALL", "LC_MESSAGES", "LANGUAGE"}


def on_a_terminal(*arguments: str, cwd: Path, language: str = "en", width: int = 80, **more: str) -> str:
    """Everything that `publisher` with `arguments` wrote, with what drives a terminal; it has to end well."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    environment = {k: v for k, v in os.environ.items() if k not in _OF_TERMINALS}
    environment |= {"LANG": {"en": "en_US.UTF-8", "ko": "ko_KR.UTF-8"}[language], "TERM": "xterm", **more}
    process = subprocess.Popen(
        [sys.executable, "-m", "publisher", *arguments],
        cwd=cwd, stdin=theirs, stdout=theirs, stderr=theirs, env=environment,
    )  # fmt: skip
    os.close(theirs)
    said = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        said += part
    os.close(ours)
    text = said.decode("utf-8")
    assert process.wait(timeout=60) == 0, text
    return text

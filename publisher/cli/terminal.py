"""The language of the terminal; needed also where nothing else is loaded."""

from __future__ import annotations

import os
from collections.abc import Mapping


def terminal_language(environment: Mapping[str, str] = os.environ) -> str:
    """Korean where the terminal is (LC_ALL, LC_MESSAGES, LANG, in this order), English elsewhere."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return "ko" if environment[name].startswith("ko") else "en"
    return "en"

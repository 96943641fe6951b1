"""What the facts and topics of a text are recognised by, as data: names.toml and topics.toml.

Read when first needed, from the program's own files.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """The data of `name`.toml ("names" or "topics")."""
    return tomllib.loads((resources.files(__package__) / f"{name}.toml").read_text("utf-8"))

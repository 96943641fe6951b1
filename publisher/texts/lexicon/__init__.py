"""What is known about words and names, as data: one file a subject. Each entry has an example, and each is a test."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """The data of `name`.toml in this folder, as it stands there."""
    return tomllib.loads((resources.files(__package__) / f"{name}.toml").read_text("utf-8"))

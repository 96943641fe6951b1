"""Sites by hand, for tests of publishing alone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from publisher.records import fingerprint
from publisher.website.units import Group, Unit


def groups(files: Mapping[str, bytes]) -> list[Group]:
    """One group with a unit for each file."""
    units = [Unit(f"all/file/{path}", fingerprint(data), partial(iter, [(path, data)])) for path, data in files.items()]
    return [Group("all", fingerprint(repr(units).encode()), lambda: units)]

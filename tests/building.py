"""Sites by hand, for tests of publishing alone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from publisher.records import fingerprint
from publisher.website.units import Unit


def units(files: Mapping[str, bytes]) -> list[Unit]:
    """A unit for each file."""
    return [Unit(path, fingerprint(data), partial(iter, [(path, data)])) for path, data in files.items()]

"""Links of former sites: `/policies/{policy}?v=YYYYMMDD` leads to the dated page, and never to another text.

With a version: its dated page in the first language that has it, for good (301); nothing where there is none, for
whoever asked for one text must not be shown another. Without a version: the text in force, for now (302).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

from publisher.website.addresses import Addresses

#: What may stand for a policy and for a version in an old link; rules for other servers are made of the same.
POLICY: Final = "[a-z][a-z0-9-]{0,63}"
VERSION: Final = "[0-9]{8}(?:-[0-9]{1,9})?"
_PATH: Final = re.compile(rf"/policies/({POLICY})/?")
_VERSION: Final = re.compile(VERSION)


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where an old link leads to."""

    path: str
    #: whether it will never lead elsewhere
    lasting: bool


def follow(path: str, query: str, languages: Sequence[str], exists: Callable[[str], bool]) -> Redirect | None:
    """Where the old link of `path` and `query` leads; None where it names nothing that `exists`, or is none."""
    old = _PATH.fullmatch(path)
    if old is None:
        return None
    asked = parse_qs(query, keep_blank_values=True).get("v", [])
    if asked and not (len(set(asked)) == 1 and _VERSION.fullmatch(asked[0])):
        return None
    for language in languages:
        found = Addresses.version(language, old[1], asked[0]) if asked else Addresses.policy(language, old[1])
        if exists(found):
            return Redirect(found, lasting=bool(asked))
    return None


def is_old_link(path: str) -> bool:
    return _PATH.fullmatch(path) is not None

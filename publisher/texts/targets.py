"""Where links may lead."""

from __future__ import annotations

import re
from typing import Final

SCHEME: Final = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")


def allowed_target(target: str) -> bool:
    """Whether a link may lead there: https, http, mailto, tel, a clause of the page, or a page of the site."""
    scheme = SCHEME.match(target)
    if scheme:
        return scheme[1].lower() in {"https", "http", "mailto", "tel"}
    if target.startswith("//") or "\\" in target or ".." in target.split("/"):
        return False
    return target.startswith(("#", "/"))

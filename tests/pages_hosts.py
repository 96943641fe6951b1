"""How Netlify and Cloudflare Pages read `_redirects` and `_headers`, as far as we use them, by their documentation.

Netlify: rules from above; a rule with a query applies where it has exactly those parameters; without `!` a file at the
address goes first. Cloudflare: a line of more than three words is left out; at most 100 rules with patterns.
Headers: every rule that matches counts, and a header that is given twice is joined by a comma.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qsl


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"(:[a-z]+|\*)", path.rstrip("/") if path != "/" else path)
    made = "".join(
        "(?P<splat>.*)" if part == "*" else f"(?P<{part[1:]}>[^/]+)" if part.startswith(":") else re.escape(part)
        for part in parts
    )
    return re.compile(made)


def lines(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def netlify(redirects: str, path: str, query: str, exists: Callable[[str], bool]) -> tuple[int, str]:
    """Status and address that a request ends at."""
    asked = dict(parse_qsl(query, keep_blank_values=True))
    for words in lines(redirects):
        source, *wanted, target, status = words
        found = _pattern(source).fullmatch(path.rstrip("/"))
        parameters = dict(word.split("=", 1) for word in wanted)
        if not found or set(parameters) != set(asked):
            continue
        if any(not value.startswith(":") and asked[key] != value for key, value in parameters.items()):
            continue
        if not status.endswith("!") and exists(path):
            continue
        values = {**found.groupdict(), **{v[1:]: asked[k] for k, v in parameters.items() if v.startswith(":")}}
        if any(not value for value in values.values()):
            continue
        for name, value in values.items():
            target = target.replace(f":{name}", value)
        return int(status.rstrip("!")), target
    return (200, path) if exists(path) else (404, "")


def cloudflare(redirects: str) -> list[list[str]]:
    """The rules that Cloudflare Pages takes."""
    return [words for words in lines(redirects) if len(words) in {2, 3}]


def headers(text: str, path: str) -> dict[str, str]:
    """What `path` is sent with."""
    found: dict[str, str] = {}
    applies = False
    for line in text.splitlines():
        if not line.startswith(" "):
            applies = bool(_pattern(line).fullmatch(path))
        elif applies:
            name, value = line.strip().split(": ", 1)
            found[name.lower()] = f"{found[name.lower()]}, {value}" if name.lower() in found else value
    return found

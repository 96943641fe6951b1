"""What every answer of the site carries, whoever serves it: headers, types, and what is not for the public.

The one table: the program's own server sends it, and the rules for other servers (`hosting`) are written from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    # One minute for everything: any page may get a banner, and nothing is worth being stale for longer.
    "Cache-Control": "public, max-age=60",
}
#: Files that are the text of a version, on its page or beside its record. They cannot say that another text is in force
#: by now, as a page can; whoever searches is to find the pages (docs/decisions/0027).
UNINDEXED: Final = ("X-Robots-Tag", "noindex")
#: Which these are, below the root of the site: a pattern that every server reads alike.
TEXT_FILES: Final = r"/(?:[^/]+/[^/]+/v/[^/]+/[^/]+\.(?:md|txt|pdf)|verify/versions/.+)"
#: The same for hosts with a star and names for parts of an address instead.
TEXT_PATTERNS: Final = (
    *(f"/:language/:policy/v/:version/*.{ending}" for ending in ("md", "txt", "pdf")),
    "/verify/versions/*",
)
#: Over TLS only (RFC 6797, 7.2); other hosts of the domain are not ours to speak for.
TRANSPORT: Final = ("Strict-Transport-Security", "max-age=31536000")

TYPES: Final[Mapping[str, str]] = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "ico": "image/x-icon",
    "woff2": "font/woff2",
    "pdf": "application/pdf",
    "xml": "application/xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "ics": "text/calendar; charset=utf-8",
    # RFC 6690, 7.3: a TimeMap (RFC 7089, 5)
    "link": "application/link-format; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    # below /verify/: to be read, never run by a browser
    "py": "text/plain; charset=utf-8",
    "jsonl": "text/plain; charset=utf-8",
    "sig": "text/plain; charset=utf-8",
}
OTHER_TYPE: Final = "text/plain; charset=utf-8"
#: JSON Feed 1.1 has a type of its own.
JSON_FEED: Final = ("feed.json", "application/feed+json; charset=utf-8")
#: Files in the root of the site that are for machines that serve it.
HIDDEN: Final = ("_headers", "_redirects")


def content_type(path: str) -> str:
    """The type of the file at `path`."""
    name = path.rpartition("/")[2]
    if name == JSON_FEED[0]:
        return JSON_FEED[1]
    return TYPES.get(name.rpartition(".")[2], OTHER_TYPE) if "." in name else OTHER_TYPE


def is_text_file(path: str) -> bool:
    """Whether `path`, from the root of the site, is one of those that are sent with UNINDEXED."""
    return re.fullmatch(TEXT_FILES, path) is not None

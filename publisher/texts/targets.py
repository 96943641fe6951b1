"""Where links may lead, and where they do lead, held against where their words say so; what clauses may be called.

Words that look like one address over a link to another are how readers are deceived; so are hosts whose letters look
like others (they are shown as they travel, `xn--…`), and what stands before an `@` in a web address.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote, urlsplit

_ID: Final = re.compile(r"[a-z][a-z0-9-]{0,63}", re.ASCII)
SCHEME: Final = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
#: A web address as it must be written: with its slashes, for browsers read `https:words` as a page of this site; and
#: with a host alone before the path, for what stands before an `@` is no host.
_WEB: Final = re.compile(r"https?://[^\s/?#\\@%<>\[\]\"']+(?:[/?#]|$)", re.IGNORECASE)
#: Hosts and mail addresses, as people write them.
_NAMED: Final = re.compile(r"(?<![\w.+@-])(?:[\w.+-]++@)?(?:[\w-]++\.)+(?:[a-zA-Z]{2,}|한국)")
_DIGITS: Final = re.compile(r"\D")
#: A number is told from another by so many of its last digits; what stands before is written in several ways.
_TELLING: Final = 7


def allowed_target(target: str) -> bool:
    """Whether a link may lead there: https, http, mailto, tel, a clause of the page, or a page of the site."""
    scheme = SCHEME.match(target)
    if scheme:
        name = scheme[1].lower()
        return name in {"mailto", "tel"} or (name in {"https", "http"} and _WEB.match(target) is not None)
    if target.startswith("//") or "\\" in target or ".." in target.split("/"):
        return False
    return target.startswith(("#", "/"))


def proper_id(clause_id: str) -> bool:
    """Whether a clause may be called so: a word of ASCII that is the same in every address."""
    return _ID.fullmatch(clause_id) is not None


def elsewhere(words: str, target: str) -> str:
    """Where a link really leads, in few words; "" where its words name no other place.

    `target` is one that is allowed, as browsers write it: hosts in ASCII.
    """
    scheme = SCHEME.match(target)
    if scheme and scheme[1].lower() == "tel":
        said, meant = (_DIGITS.sub("", x)[-_TELLING:] for x in (words, target))
        return unquote(target[4:]) if len(said) == _TELLING and said != meant else ""
    named = {name.lower() for name in _NAMED.findall(words)}
    if scheme and scheme[1].lower() == "mailto":
        address = unquote(target[7:].partition("?")[0])
        return address if any(address.lower() != name for name in named) else ""
    if not scheme:
        return target if named and not target.startswith("#") else ""
    host = _host(target)
    foreign = "xn--" in host and host not in words.lower()
    return host if foreign or any(not _same(name.partition("@")[2] or name, host) for name in named) else ""


def _host(target: str) -> str:
    try:
        return urlsplit(target).hostname or target
    except ValueError:
        return target


def _same(one: str, other: str) -> bool:
    """Whether one host is the other, or belongs to it."""
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}") or one == f"www.{other}"


def only_an_address(words: str) -> bool:
    """Whether the words of a link are an address and nothing else."""
    return re.fullmatch(rf"\s*(?:https?://)?{_NAMED.pattern}(?:[/?#:]\S*)?\s*", words) is not None

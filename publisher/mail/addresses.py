"""Addresses as mail can go to them: the local part by RFC 5321 and RFC 6531, the domain by IDNA 2008 (RFC 5891)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_ATEXT: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
_LOCAL: Final = re.compile(rf"{_ATEXT}(?:\.{_ATEXT})*")
_HOST: Final = re.compile(
    r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?![0-9]+$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])", re.ASCII
)
#: Controls, what cannot be seen or turns the direction of writing, private and unassigned characters, blanks.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})


def usable_address(address: str) -> str:
    """The address as it goes over the wire, its domain in ASCII; ValueError where no mail can go there.

    A local part may have letters of any script (NFC); then `needs_smtputf8` holds.
    """
    local, _, domain = address.strip().rpartition("@")
    host = _host(domain) if len(domain) <= 253 else ""
    if not local.isascii():
        local = unicodedata.normalize("NFC", local)
        if any(unicodedata.category(character) in _UNSEEN for character in local):
            raise ValueError("no mail can go to this address")
    if not host or not _LOCAL.fullmatch(local):
        raise ValueError("no mail can go to this address")
    octets = len(local.encode("utf-8"))
    if octets > 64 or octets + 1 + len(host) > 254:
        raise ValueError("no mail can go to this address")
    return f"{local}@{host}"


def needs_smtputf8(address: str) -> bool:
    """Whether only a mail server that offers SMTPUTF8 (RFC 6531) takes the address over."""
    return not address.isascii()


@lru_cache(maxsize=4096)  # most people have their mail with a few providers
def _host(domain: str) -> str:
    """The domain in ASCII; "" where it is none."""
    import idna

    try:
        host = idna.encode(domain, uts46=True).decode("ascii")
    except UnicodeError:  # what idna raises is one
        return ""
    return host if _HOST.fullmatch(host) else ""

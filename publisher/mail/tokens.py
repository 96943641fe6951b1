"""The token of a letter: left part of its Message-ID, and what a bounce is recognised by.

HMAC-SHA-256 of the recipient's id under the key of the mailing, 15 bytes: the same at every attempt, and linked to
nobody without the key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from typing import Final

#: Bytes of a token; 20 letters in base64url, without padding.
LENGTH: Final = 15
_TEXT: Final = re.compile(r"[A-Za-z0-9_-]{20}", re.ASCII)
_MESSAGE_ID: Final = re.compile(r"<?([A-Za-z0-9_-]{20})(?:@[^<>@\s]+)?>?", re.ASCII)


def token_of(key: bytes, recipient: str) -> bytes:
    """The token of the letter to `recipient` in the mailing that has `key`."""
    return hmac.digest(key, recipient.encode("utf-8"), hashlib.sha256)[:LENGTH]


def token_text(token: bytes) -> str:
    """As it stands in a Message-ID and before the @ of a bounce address."""
    return base64.urlsafe_b64encode(token).decode("ascii")


def read_token(text: str) -> bytes | None:
    """The token that `text` is; None where it is none."""
    if not _TEXT.fullmatch(text):
        return None
    try:
        return base64.urlsafe_b64decode(text)
    except (ValueError, binascii.Error):
        return None


def token_of_message_id(text: str) -> bytes | None:
    """The token in `<TOKEN@example.com>`, `TOKEN@example.com` or `TOKEN`; None where there is none."""
    match = _MESSAGE_ID.fullmatch(text.strip())
    return read_token(match[1]) if match else None

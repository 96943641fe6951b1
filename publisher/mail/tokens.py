"""The token of a letter: left part of its Message-ID, and what a bounce is recognised by.

HMAC-SHA-256 of the recipient's id under the key of the mailing, 15 bytes: the same at every attempt, and linked to
nobody without the key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Final

#: Bytes of a token; 20 letters in base64url, without padding.
LENGTH: Final = 15
_TEXT: Final = re.compile(r"[A-Za-z0-9_-]{20}", re.ASCII)
_MESSAGE_ID: Final = re.compile(r"<?([A-Za-z0-9_-]{20})(?:@[^<>@\s]+)?>?", re.ASCII)


def token_of(key: bytes, recipient: str) -> str:
    """The token of the letter to `recipient` in the mailing that has `key`."""
    digest = hmac.digest(key, recipient.encode("utf-8"), hashlib.sha256)[:LENGTH]
    return base64.urlsafe_b64encode(digest).decode("ascii")


def is_token(text: str) -> bool:
    """Whether it looks like one."""
    return _TEXT.fullmatch(text) is not None


def token_of_message_id(text: str) -> str | None:
    """The token in `<TOKEN@example.com>`, `TOKEN@example.com` or `TOKEN`; None where there is none."""
    match = _MESSAGE_ID.fullmatch(text.strip())
    return match[1] if match else None

"""The form in which records are kept: canonical JSON (RFC 8785 for what we store), UTC instants, SHA-256."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def canonical_json(value: Any) -> bytes:
    """One spelling for one value: sorted ASCII keys, no spaces, UTF-8, no floating-point numbers.

    Raises ValueError for what would not be spelled the same everywhere (a float, a key that is not ASCII).
    """
    _refuse_ambiguous(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def readable_json(value: Any) -> bytes:
    """JSON for files that people open; the fingerprint is taken over these very bytes."""
    _refuse_ambiguous(value)
    return (json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def _refuse_ambiguous(value: Any) -> None:
    if isinstance(value, float):
        raise ValueError("a record holds no floating-point number")  # noqa: TRY004 - one kind of refusal
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise ValueError(f"a record's key is plain ASCII, not {key!r}")
            _refuse_ambiguous(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _refuse_ambiguous(item)


def fingerprint(data: bytes) -> str:
    """SHA-256 in lower-case hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def instant_text(moment: datetime) -> str:
    """`2026-11-23T00:00:00Z`; refuses an instant without a zone."""
    if moment.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def instant(text: str) -> datetime:
    """The instant written by `instant_text`; ValueError for anything without a zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return moment.astimezone(UTC)

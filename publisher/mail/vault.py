"""Encrypts what belongs to a person, under a ring of numbered keys.

AES-256-GCM with the recipient's id and the field as associated data, so that rows cannot be swapped. What is locked
begins with the number of its key (two bytes, big-endian), then the nonce: so a key can be replaced while rows under
the old one are still read. The keys come from the environment or from a file that only its owner may read; they are
never in git. A single key without a number is number 1; of several, the one with the highest number locks.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from publisher.errors import IntegrityBroken, Misconfigured, cannot_write
from publisher.files import write_file
from publisher.messages import msg
from publisher.workspace import Workspace, secret

#: Bytes at the beginning of what is locked: the number of its key.
NUMBER: Final = 2
#: Bytes of a blind index: too many for two addresses to share one by chance.
BLIND: Final = 16
_NONCE: Final = 12
_KEY: Final = re.compile(r"(?:([1-9][0-9]{0,4}):)?(\S+)", re.ASCII)


class Vault:
    """Locks and unlocks; `keys` by number (or one key, number 1), 32 bytes each."""

    def __init__(self, keys: bytes | Mapping[int, bytes]) -> None:
        ring = {1: keys} if isinstance(keys, bytes) else dict(keys)
        self.numbers: Final = tuple(sorted(ring))
        #: the number of the key that locks
        self.current: Final = self.numbers[-1]
        self._ciphers = {number: AESGCM(key) for number, key in ring.items()}
        self._indexers = {number: _derived(key, b"publisher: blind index of addresses") for number, key in ring.items()}
        self._prefix = prefix(self.current)

    def lock(self, words: str, recipient: str, column: str) -> bytes | None:
        if not words:
            return None
        nonce = secrets.token_bytes(_NONCE)
        locked = self._ciphers[self.current].encrypt(nonce, words.encode("utf-8"), f"{column}\0{recipient}".encode())
        return self._prefix + nonce + locked

    def unlock(self, locked: bytes | None, recipient: str, column: str) -> str:
        """The words; IntegrityBroken where the key is another one or the row was tampered with."""
        if not locked:
            return ""
        try:
            cipher = self._ciphers[int.from_bytes(locked[:NUMBER], "big")]
            nonce, rest = locked[NUMBER : NUMBER + _NONCE], locked[NUMBER + _NONCE :]
            return cipher.decrypt(nonce, rest, f"{column}\0{recipient}".encode()).decode("utf-8")
        except (KeyError, InvalidTag, ValueError) as error:
            raise IntegrityBroken.of(
                "V431",
                msg("The recipients cannot be decrypted: the key is another one, or a row was changed."),
                msg("Put back the key that the recipients were imported with; nothing was sent."),
            ) from error

    def blind(self, address: str) -> bytes | None:
        """What an address is looked up by: HMAC-SHA-256 under a key derived (RFC 5869) from the current one."""
        return self._blind(address, self.current) if address else None

    def blinds(self, address: str) -> list[bytes]:
        """The same under every key of the ring."""
        return [self._blind(address, number) for number in self.numbers]

    def _blind(self, address: str, number: int) -> bytes:
        return hmac.digest(self._indexers[number], address.casefold().encode("utf-8"), "sha256")[:BLIND]


def prefix(number: int) -> bytes:
    """What everything locked with the key `number` begins with."""
    return number.to_bytes(NUMBER, "big")


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key)


def open_vault(workspace: Workspace, environment: Mapping[str, str] = os.environ) -> Vault:
    """The vault with the workspace's keys; a key file is made where there is none yet."""
    settings = workspace.settings.recipients
    given = secret(settings.key_env, environment)
    if given:
        return Vault(_ring(given, settings.key_env))
    path = workspace.root / settings.key_file
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(_text(secrets.token_bytes(32)) + "\n")
                file.flush()
                os.fsync(file.fileno())
        return Vault(_read(path))
    except OSError as error:
        raise cannot_write(str(path), error) from error


def add_key(workspace: Workspace, environment: Mapping[str, str] = os.environ) -> Vault | None:
    """The vault with one key more in its file; None where the keys stand in the environment, which is not ours."""
    settings = workspace.settings.recipients
    if secret(settings.key_env, environment):
        return None
    open_vault(workspace, environment)  # makes the first key where there is none
    path = workspace.root / settings.key_file
    ring = _read(path)
    ring[max(ring) + 1] = secrets.token_bytes(32)
    _write(path, ring)
    return Vault(ring)


def drop_keys(workspace: Workspace, numbers: tuple[int, ...], environment: Mapping[str, str] = os.environ) -> bool:
    """Take keys that nothing uses any more out of the file; False where they stand in the environment."""
    settings = workspace.settings.recipients
    if secret(settings.key_env, environment):
        return False
    path = workspace.root / settings.key_file
    _write(path, {number: key for number, key in _read(path).items() if number not in numbers})
    return True


def _read(path: Path) -> dict[int, bytes]:
    try:
        return _ring(path.read_text("ascii", "replace"), str(path))
    except OSError as error:
        raise cannot_write(str(path), error) from error


def _write(path: Path, ring: Mapping[int, bytes]) -> None:
    lines = "".join(f"{number}:{_text(key)}\n" for number, key in sorted(ring.items()))
    write_file(path, lines.encode("ascii"), mode=0o600)


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode("ascii")


def _ring(text: str, source: str) -> dict[int, bytes]:
    """Keys of a file or a variable: base64, or several `NUMBER:base64` apart by blanks."""
    words = text.split()
    ring: dict[int, bytes] = {}
    for word in words:
        match = _KEY.fullmatch(word)
        number = int(match[1] or 1) if match else 0
        key = _bytes(match[2]) if match else b""
        if len(key) != 32 or number in ring or not 0 < number < 256**NUMBER:
            ring = {}
            break
        ring[number] = key
    if not ring:
        raise Misconfigured.of(
            "C525",
            msg("The key in {source} is not 32 bytes in base64.", source=source),
            msg("Make one with: head -c 32 /dev/urandom | base64"),
        )
    return ring


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""

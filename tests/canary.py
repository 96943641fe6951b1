"""Two addresses and a password that must turn up nowhere: after every test its files and what it said are looked through.

The addresses are those of most tests' recipients; they may stand where a person put them or was mailed, and nowhere
else: not in the database, the journal, the versions, the site, git, an evidence pack, a log or a trace. The password is
that of the mail server in every process of the tests, and may stand nowhere at all.
"""

from __future__ import annotations

import base64
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Final

ADDRESSES: Final = ("hana@example.com", "ann@example.org")
PASSWORD: Final = "canary-correct-horse-97"

_ENCODED: Final = base64.b64encode(PASSWORD.encode()).decode()
_SECRETS: Final = (PASSWORD, _ENCODED, base64.b64encode(f"\0operator\0{PASSWORD}".encode()).decode())
#: What the program writes for good, wherever a test has it.
_ARTEFACTS: Final = ("publisher.db", "publisher.db-wal", "journal.jsonl", "versions", "public", ".git", "workers")
#: Bytes: what a zip file grows beyond is a test's bomb.
_LARGEST: Final = 50_000_000
#: Where a person's address belongs, inside of `var`: the list that was taken in, and mails that were delivered.
_PEOPLE: Final = ("list.csv", "mail")


def said(text: str) -> list[str]:
    """Which of them stand in what a program said."""
    return [word for word in (*ADDRESSES, *_SECRETS) if word in text]


def written(root: Path) -> Iterator[str]:
    """Files below `root` in which one stands, and which."""
    for file in root.rglob("*"):
        if not file.is_file() or file.is_symlink():
            continue
        parts = file.relative_to(root).parts
        kept = any(part in _ARTEFACTS for part in parts) or file.suffix in {".zip", ".log"}
        words = (*_SECRETS, *ADDRESSES) if kept and not _for_people(parts) else _SECRETS
        data = b"\n".join(_contents(file.read_bytes()))
        for word in words:
            if word.encode() in data:
                yield f"{file.relative_to(root)}: {word}"


def _for_people(parts: tuple[str, ...]) -> bool:
    return any(before == "var" and part in _PEOPLE for before, part in pairwise(parts))


def _contents(data: bytes) -> Iterator[bytes]:
    """What a file says to whoever opens it: git's objects and zip files are opened."""
    yield data
    if data[:2] == b"PK":
        try:
            with zipfile.ZipFile(BytesIO(data)) as pack:
                if sum(entry.file_size for entry in pack.infolist()) < _LARGEST:
                    yield from (pack.read(entry) for entry in pack.infolist())
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError):
            return  # damaged by a test
    elif data[:1] == b"\x78":
        try:
            yield zlib.decompress(data)
        except zlib.error:
            return

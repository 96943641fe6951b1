"""A commit as git keeps it, taken apart by ourselves, and the SSH signature that it may carry.

Nothing is asked of git's own signature commands or of the repository's configuration: the signature is taken out of
the commit object (git's gitformat-signature(5)) and checked by `ssh-keygen -Y verify` against one key.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from publisher.errors import Misconfigured
from publisher.messages import msg

_PERSON: Final = re.compile(rb"(.*?) ?<([^<>]*)> (\d{1,12}) ([+-])(\d\d)(\d\d)")
#: An SSH public key as `ssh-keygen` writes it: kind, key, perhaps a comment. No certificates.
_KEY: Final = re.compile(r"((?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]+) ([A-Za-z0-9+/]+={0,2})(?: .*)?")
#: Git's name for what is signed, so that a signature of something else is none of a commit.
_NAMESPACE: Final = "git"
_WHO: Final = "approver"


@dataclass(frozen=True, kw_only=True, slots=True)
class Commit:
    """A commit: its id, its parents, who wrote it and when (as the commit says), and what was signed."""

    id: str
    parents: tuple[str, ...]
    #: name and address of the author; nobody checks them but where a signature does
    author: str
    address: str
    moment: datetime
    #: the armoured signature, empty where there is none; and the commit without it, which is what was signed
    signature: bytes = field(default=b"", repr=False)
    payload: bytes = field(default=b"", repr=False)


def parse_commit(commit: str, data: bytes) -> Commit:
    """The commit object `data` (header lines, an empty line, the message); ValueError where it is none."""
    head, _, message = data.partition(b"\n\n")
    kept: list[bytes] = []
    signature: list[bytes] = []
    inside = b""
    for line in head.split(b"\n"):
        if line.startswith(b" ") and inside:
            if inside == b"gpgsig":
                signature.append(line[1:])
            continue
        header, _, value = line.partition(b" ")
        # gpgsig-sha256 is the signature of the same commit in another hash and no part of what this one signs
        inside = header if header in {b"gpgsig", b"gpgsig-sha256"} else b""
        if not inside:
            kept.append(line)
        elif inside == b"gpgsig":
            signature = [value]
    fields = [line.partition(b" ") for line in kept]
    authors = [value for key, _, value in fields if key == b"author"]
    name, address, moment = _person(authors[0] if len(authors) == 1 else b"")
    return Commit(
        id=commit,
        parents=tuple(value.decode("ascii") for key, _, value in fields if key == b"parent"),
        author=name,
        address=address,
        moment=moment,
        signature=b"\n".join(signature) + b"\n" if signature else b"",
        payload=b"\n".join(kept) + b"\n\n" + message,
    )


def _person(line: bytes) -> tuple[str, str, datetime]:
    """Name, address and moment of an author line; ValueError where they cannot be told."""
    match = _PERSON.fullmatch(line)
    if match is None:
        raise ValueError("a commit has one author line")
    name, address, seconds, sign, hours, minutes = match.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == b"-" else 1)
    zone = timezone(offset) if abs(offset) < timedelta(hours=24) else UTC
    try:
        moment = datetime.fromtimestamp(int(seconds), zone)
    except (OverflowError, OSError, ValueError) as error:
        raise ValueError("a commit has a moment") from error
    return name.decode("utf-8", "replace"), address.decode("utf-8", "replace").strip().casefold(), moment


def signed_by(commit: Commit, key: str) -> bool:
    """Whether `commit` carries a valid SSH signature by the public key `key`; Misconfigured without ssh-keygen."""
    written = _KEY.fullmatch(key.strip())
    if written is None or not commit.signature:
        return False
    with TemporaryDirectory(prefix="publisher-") as folder:
        signers, signature = Path(folder, "signers"), Path(folder, "signature")
        signers.write_text(f'{_WHO} namespaces="{_NAMESPACE}" {written[1]} {written[2]}\n', "ascii")
        signature.write_bytes(commit.signature)
        command = ["ssh-keygen", "-Y", "verify", "-n", _NAMESPACE, "-I", _WHO]
        command += ["-f", str(signers), "-s", str(signature)]
        try:
            ended = subprocess.run(
                command, input=commit.payload, capture_output=True, cwd=folder, timeout=60, check=False
            )
        except FileNotFoundError as error:
            raise Misconfigured.of(
                "P152",
                msg("An approver has an SSH key, and the program ssh-keygen, which checks signatures, was not found."),
                msg("Install OpenSSH 8.1 or newer."),
            ) from error
    return ended.returncode == 0

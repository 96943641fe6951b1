"""Signed heads of the journal, and signed tags: by `ssh-keygen`, with the key named in the settings.

A head is a text of three lines in the form of a C2SP checkpoint: whose journal it is, how many entries it has, the
last entry's hash in base64. Whoever holds one can show later that the journal up to there was not changed. In
`versions/heads/` it is `<entries, six digits>.txt`, with the signature beside it as `.txt.sig`.
"""

from __future__ import annotations

import base64
import os
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from publisher.errors import Misconfigured, Place, Problem, ServiceAway
from publisher.files import write_file
from publisher.messages import Message, msg
from publisher.register.journal import Entry
from publisher.register.store import HEAD_FILE, HEADS
from publisher.register.versions import Register
from publisher.workspace import Workspace

#: What a signature is for (ssh-keygen(1), -n): one for a head is none for a tag.
HEAD: Final = "publisher-head"
TAG: Final = "git"
#: Nothing is asked on a terminal, and dates in allowed_signers are read as UTC.
_ENVIRONMENT: Final = {"SSH_ASKPASS": "", "SSH_ASKPASS_REQUIRE": "never", "TZ": "UTC0", "LC_ALL": "C"}


def head_text(base_url: str, entry: Entry) -> bytes:
    """The head of a journal that ends with `entry`."""
    origin = f"{urlsplit(base_url).netloc}/journal"
    return f"{origin}\n{entry.seq}\n{base64.b64encode(bytes.fromhex(entry.hash)).decode()}\n".encode()


def head_file(workspace: Workspace, entries: int) -> Path:
    return workspace.versions / HEADS / f"{entries:06d}.txt"


def signature_file(head: Path) -> Path:
    return head.with_name(f"{head.name}.sig")


def check_key(workspace: Workspace) -> None:
    """Misconfigured (C545) where a key is named and cannot be read."""
    key = _key(workspace)
    if key is None:
        return
    try:
        with key.open("rb"):
            return
    except OSError as error:
        raise Misconfigured.of(
            "C545",
            msg(
                "The key {path} that signs the journal cannot be read: {reason}.",
                path=str(key),
                reason=str(error.strerror),
            ),
            msg(
                "Put it back from its backup, or name another key in the section [signing] of publisher.toml and list "
                "it in {signers}.",
                signers=workspace.settings.signing.allowed_signers,
            ),
        ) from error


def sign_head(workspace: Workspace, entry: Entry) -> None:
    """Write the signed head of the journal that ends with `entry`; nothing where no key is named, or it is there."""
    file = head_file(workspace, entry.seq)
    if _key(workspace) is None or signature_file(file).exists():
        return
    text = head_text(workspace.settings.site.base_url, entry)
    signature = sign(workspace, text, HEAD)
    write_file(file, text)
    write_file(signature_file(file), signature)


def sign(workspace: Workspace, data: bytes, purpose: str) -> bytes:
    """The signature of `data`, b"" where no key is named; ServiceAway (C548) where the key will not sign."""
    key = _key(workspace)
    if key is None:
        return b""
    check_key(workspace)
    ended = _ssh_keygen("sign", "-n", purpose, "-f", str(key), stdin=data)
    if ended.returncode or not ended.stdout.startswith(b"-----BEGIN SSH SIGNATURE-----"):
        said = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ServiceAway.of(
            "C548",
            msg("The key {path} did not sign: {reason}.", path=str(key), reason=said[-1] if said else "ssh-keygen"),
            msg("It is tried again. A key with a passphrase must be in the ssh-agent of whoever runs publisher."),
        )
    return ended.stdout


def _key(workspace: Workspace) -> Path | None:
    named = workspace.settings.signing.key
    return workspace.root / Path(named).expanduser() if named else None


def signed_by(signers: Path, data: bytes, signature: bytes, purpose: str, at: datetime) -> str:
    """Whose signature of `data` this is, by a key that was allowed at that moment.

    Out: the name in `signers` (ssh-keygen(1), ALLOWED SIGNERS); "?" for a signature by nobody who was allowed then;
    "" for none that fits the data at all.
    """
    moment = f"verify-time={at.astimezone(UTC):%Y%m%d%H%M%S}"
    with tempfile.TemporaryDirectory() as aside:
        file = Path(aside) / "signature"
        file.write_bytes(signature)
        about = ("-n", purpose, "-s", str(file), "-O", moment)
        for name in _names(signers):
            if not _ssh_keygen("verify", *about, "-f", str(signers), "-I", name, stdin=data).returncode:
                return name
        return "" if _ssh_keygen("check-novalidate", *about, stdin=data).returncode else "?"


def _names(signers: Path) -> list[str]:
    """Everyone named in a file of allowed signers, each once."""
    if not signers.is_file():
        return []
    lines = (line.strip() for line in signers.read_text("utf-8", "replace").splitlines())
    return list(dict.fromkeys(line.split()[0].split(",")[0] for line in lines if line and not line.startswith("#")))


def _ssh_keygen(action: str, *arguments: str, stdin: bytes) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["ssh-keygen", "-Y", action, *arguments],
            input=stdin,
            capture_output=True,
            env={**os.environ, **_ENVIRONMENT},
            start_new_session=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise Misconfigured.of(
            "C545",
            msg("The program ssh-keygen was not found, so nothing can be signed or checked."),
            msg("Install OpenSSH 8.9 or newer."),
        ) from error


def check_heads(workspace: Workspace, register: Register, versions: Path | None = None) -> list[Problem]:
    """Every signed head that is not one of this journal, or whose signature does not hold; in order of entries.

    `versions`: where the folder `versions` is, if not in its place.
    """
    folder = (versions or workspace.versions) / HEADS
    names = sorted(f.name for f in folder.iterdir() if HEAD_FILE.fullmatch(f.name)) if folder.is_dir() else []
    numbers = sorted({int(name.split(".")[0]) for name in names})
    with ThreadPoolExecutor(os.cpu_count()) as workers:  # each is a process of its own
        checked = workers.map(
            lambda number: _check_head(workspace, folder / f"{number:06d}.txt", register.entries), numbers
        )
        return [problem for problem in checked if problem]


def _check_head(workspace: Workspace, file: Path, entries: Sequence[Entry]) -> Problem | None:
    number = int(file.stem)
    text = file.read_bytes() if file.is_file() else b""
    lines = text.decode("utf-8", "replace").split("\n")
    if number > len(entries):
        return _problem(
            "V443",
            file,
            msg(
                "{path} was signed when the journal had {number:id} records; now it has {entries:id}: its end is gone.",
                path=_shown(file),
                number=number,
                entries=len(entries),
            ),
        )
    entry = entries[number - 1] if number else None
    expected = base64.b64encode(bytes.fromhex(entry.hash)).decode() if entry else ""
    if entry is None or len(lines) != 4 or lines[1:] != [str(number), expected, ""]:
        return _problem(
            "V443",
            file,
            msg(
                "{path} is no head of this journal: it does not name record {number:id}.",
                path=_shown(file),
                number=number,
            ),
        )
    signature = signature_file(file)
    signers = workspace.root / workspace.settings.signing.allowed_signers
    who = signed_by(signers, text, signature.read_bytes(), HEAD, entry.at) if signature.is_file() else ""
    if not who:
        return _problem(
            "V444",
            signature,
            msg(
                "The signature of {path} does not hold: it, or the head of record {number:id} ({day}), was changed "
                "afterwards.",
                path=_shown(file),
                number=number,
                day=entry.at.date(),
            ),
        )
    if who == "?":
        return Problem(
            code="V445",
            message=msg(
                "{path} was signed by a key that nobody listed in {signers} held on {day}.",
                path=_shown(file),
                signers=workspace.settings.signing.allowed_signers,
                day=entry.at.date(),
            ),
            place=Place(path=_shown(signature)),
            hint=msg(
                "If the key was changed, list the old one in {signers} with the time until which it was in use "
                "(valid-before). If nobody knows the key, do not publish, and find out who wrote the journal.",
                signers=workspace.settings.signing.allowed_signers,
            ),
        )
    return None


def _shown(file: Path) -> str:
    return f"versions/{HEADS}/{file.name}"


def _problem(code: str, file: Path, message: Message) -> Problem:
    return Problem(
        code=code,
        message=message,
        place=Place(path=_shown(file)),
        hint=msg("Do not publish. Restore the folder versions from git or a backup, then run `publisher verify`."),
    )

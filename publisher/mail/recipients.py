"""Who is to be told. Addresses and names are encrypted at rest and can be erased.

AES-256-GCM with the recipient's id and the field as associated data, so that rows cannot be swapped. The key
comes from the environment or from a file that only its owner may read; it is never in git.
"""

from __future__ import annotations

import base64
import binascii
import csv
import json
import os
import re
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import idna
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Engine, delete, func, insert, select, update

from publisher.errors import IntegrityBroken, Misconfigured, Place, Problem, TextFindings, cannot_write
from publisher.mail.database import database_errors, deliveries, receipts, recipients
from publisher.messages import Message, msg
from publisher.workspace import Workspace, secret

BATCH: Final = 1000
_NONCE: Final = 12
_COLUMNS: Final = ("id", "email", "name", "language", "guardian")
_ID: Final = re.compile(r"[^\x00-\x20\x7f-\x9f\u2028\u2029]{1,200}")
_LOCAL: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.ASCII)
_HOST: Final = re.compile(
    r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?![0-9]+$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])", re.ASCII
)
#: In a name these could turn into another header, another address or another direction of writing.
_UNSAFE_NAME: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff<>]|=\?"
)
_TRUE: Final = frozenset({"true", "yes", "1", "y"})
_FALSE: Final = frozenset({"false", "no", "0", "n", ""})


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipient:
    """A person to be told."""

    id: str
    #: "" where there is no address: told by the site only
    address: str = field(repr=False)
    name: str = field(repr=False)
    language: str
    #: told on behalf of a child
    guardian: bool
    #: asked to be told, and owed nothing
    watcher: bool = False


@dataclass(kw_only=True, slots=True)
class ImportReport:
    """What became of an imported file."""

    added: int = 0
    updated: int = 0
    rejected: int = 0
    without_address: int = 0
    #: rows whose language is not one of the workspace; they are written in the default one
    other_language: int = 0
    #: rows with an id that an earlier row has too; the last one counts
    repeated: int = 0

    def as_json(self) -> dict[str, int]:
        return {
            "added": self.added,
            "updated": self.updated,
            "rejected": self.rejected,
            "without_address": self.without_address,
            "other_language": self.other_language,
            "repeated": self.repeated,
        }


class Vault:
    """Encrypts what belongs to a person."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def lock(self, words: str, recipient: str, column: str) -> bytes | None:
        if not words:
            return None
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, words.encode("utf-8"), f"{column}\0{recipient}".encode())

    def unlock(self, locked: bytes | None, recipient: str, column: str) -> str:
        """The words; IntegrityBroken where the key is another one or the row was tampered with."""
        if not locked:
            return ""
        try:
            words = self._cipher.decrypt(locked[:_NONCE], locked[_NONCE:], f"{column}\0{recipient}".encode())
        except (InvalidTag, ValueError) as error:
            raise IntegrityBroken.of(
                "V431",
                msg("The recipients cannot be decrypted: the key is another one, or a row was changed."),
                msg("Put back the key that the recipients were imported with; nothing was sent."),
            ) from error
        return words.decode("utf-8")


def open_vault(workspace: Workspace, environment: Mapping[str, str] = os.environ) -> Vault:
    """The vault with the workspace's key; a key file is made where there is none yet."""
    settings = workspace.settings.recipients
    given = secret(settings.key_env, environment)
    if given:
        return Vault(_key(given, settings.key_env))
    path = workspace.root / settings.key_file
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(base64.b64encode(secrets.token_bytes(32)).decode("ascii") + "\n")
                file.flush()
                os.fsync(file.fileno())
        return Vault(_key(path.read_text("ascii", "replace").strip(), str(path)))
    except OSError as error:
        raise cannot_write(str(path), error) from error


def _key(text: str, source: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise Misconfigured.of(
            "C525",
            msg("The key in {source} is not 32 bytes in base64.", source=source),
            msg("Make one with: head -c 32 /dev/urandom | base64"),
        )
    return key


def usable_address(address: str) -> str:
    """The address as it goes over the wire, its domain by IDNA 2008; ValueError where no mail can go there."""
    local, _, domain = address.strip().rpartition("@")
    try:
        host = idna.encode(domain, uts46=True).decode("ascii")
    except UnicodeError:  # what idna raises is one
        host = ""
    wire = f"{local}@{host}"
    if not _LOCAL.fullmatch(local) or not _HOST.fullmatch(host) or len(local) > 64 or len(wire) > 254:
        raise ValueError("no mail can go to this address")
    return wire


def import_recipients(
    engine: Engine,
    vault: Vault,
    path: Path,
    languages: tuple[str, ...],
    on_problem: Callable[[Problem], None] = lambda _: None,
    *,
    dry_run: bool = False,
) -> ImportReport:
    """Take in a CSV or JSONL file with the columns id, email, name, language and guardian.

    Good rows go in, also beside bad ones; each bad row is reported by its number, never with its address. A
    recipient who is known already is updated. `languages`: those of the workspace, the default first.
    """
    report = ImportReport()
    batch: dict[str, Recipient] = {}
    seen: set[int] = set()  # hashes of ids: rows of a large file are not kept in memory
    first: set[str] = set()  # ids of this batch that no row before had
    with database_errors(str(engine.url)):
        for number, row in _rows(path):
            recipient = _recipient(row, number, path, languages, report, on_problem)
            if recipient is None:
                report.rejected += 1
                continue
            if hash(recipient.id) in seen:
                report.repeated += 1
            else:
                seen.add(hash(recipient.id))
                first.add(recipient.id)
            batch[recipient.id] = recipient
            if len(batch) >= BATCH:
                _store(engine, vault, batch, first, report, dry_run=dry_run)
                batch, first = {}, set()
        _store(engine, vault, batch, first, report, dry_run=dry_run)
    return report


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | Message]]:
    """Rows with the number of their line; a message instead of a row that cannot be read."""
    try:
        with path.open("rb") as file:
            lines = (line.decode("utf-8", "surrogateescape").removeprefix("\ufeff") for line in file)
            if path.suffix.lower() == ".csv":
                yield from _csv_rows(lines, path)
            elif path.suffix.lower() in {".jsonl", ".ndjson"}:
                for number, line in enumerate(lines, 1):
                    if line.strip():
                        yield number, _json_row(line)
            else:
                raise TextFindings.of(
                    "S243",
                    msg("{path} is neither .csv nor .jsonl.", path=str(path)),
                    msg("Save the list as CSV with the columns id, email, name, language."),
                )
    except OSError as error:
        raise TextFindings.of(
            "S243",
            msg("{path} cannot be read: {reason}.", path=str(path), reason=error.strerror or str(error)),
        ) from error


def _csv_rows(lines: Iterable[str], path: Path) -> Iterator[tuple[int, Mapping[str, Any] | Message]]:
    reader = csv.reader(lines, strict=True)
    try:
        columns = next(reader, [])
    except csv.Error:
        columns = []
    _check_columns(columns, path)
    while True:
        number = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield number, msg("the row cannot be read as CSV")
            continue
        if any(fields[len(columns) :]):
            yield number, msg("the row cannot be read as CSV")
        elif fields:
            yield number, dict(zip(columns, fields, strict=False))


def _json_row(line: str) -> Mapping[str, Any] | Message:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return msg("the row cannot be read as JSON")
    if not isinstance(row, dict):
        return msg("the row is not an object")
    if any(isinstance(row.get(name), (dict, list)) for name in _COLUMNS):
        return msg("the row cannot be read as JSON")
    return row


def _check_columns(columns: Iterable[str], path: Path) -> None:
    if not {"id", "email"} <= set(columns):
        raise TextFindings.of(
            "S243",
            msg("{path} lacks the columns id and email in its first line.", path=str(path)),
            msg("The first line names the columns: id,email,name,language,guardian"),
        )


def _recipient(
    row: Mapping[str, Any] | Message,
    number: int,
    path: Path,
    languages: tuple[str, ...],
    report: ImportReport,
    on_problem: Callable[[Problem], None],
) -> Recipient | None:
    def reject(reason: Message) -> None:
        on_problem(
            Problem(
                code="S240",
                message=msg("Row {row:id} is left out: {reason}.", row=number, reason=reason),
                place=Place(path=str(path), line=number),
            )
        )

    if isinstance(row, Message):
        reject(row)
        return None
    words = {name: str(row.get(name) if row.get(name) is not None else "").strip() for name in _COLUMNS}
    if any("\ud800" <= c <= "\udfff" for c in "".join(words.values())):
        reject(msg("it is not UTF-8"))
        return None
    if not _ID.fullmatch(words["id"]):
        reject(msg("it has no usable id"))
        return None
    if _UNSAFE_NAME.search(words["name"]) or len(words["name"]) > 200:
        reject(msg("the name contains characters that a mail's header cannot have, or is too long"))
        return None
    if words["guardian"].lower() not in _TRUE | _FALSE:
        reject(msg("guardian is neither true nor false"))
        return None
    address = ""
    if words["email"]:
        try:
            address = usable_address(words["email"])
        except ValueError:
            reject(msg("the e-mail address cannot be used"))
            return None
    report.without_address += not address
    language = words["language"].lower()
    if language not in languages:
        report.other_language += 1
        language = languages[0]
    return Recipient(
        id=words["id"],
        address=address,
        name=words["name"],
        language=language,
        guardian=words["guardian"].lower() in _TRUE,
    )


def _store(
    engine: Engine,
    vault: Vault,
    batch: Mapping[str, Recipient],
    first: Collection[str],
    report: ImportReport,
    *,
    dry_run: bool,
) -> None:
    if not batch:
        return
    with engine.begin() as connection:
        known = set(connection.scalars(select(recipients.c.id).where(recipients.c.id.in_(batch))))
        rows = [
            {
                "id": r.id,
                "address": vault.lock(r.address, r.id, "address"),
                "name": vault.lock(r.name, r.id, "name"),
                "language": r.language,
                "guardian": r.guardian,
            }
            for r in batch.values()
        ]
        report.updated += len(known.intersection(first))
        report.added += len(set(first) - known)
        if dry_run:
            return
        connection.execute(delete(recipients).where(recipients.c.id.in_(known)))
        connection.execute(insert(recipients), rows)


def count_recipients(engine: Engine) -> dict[str, int]:
    """How many recipients there are by language, and how many have no address."""
    with database_errors(str(engine.url)), engine.connect() as connection:
        by_language = connection.execute(
            select(recipients.c.language, func.count()).group_by(recipients.c.language)
        ).all()
        missing = connection.scalar(select(func.count()).where(recipients.c.address.is_(None))) or 0
    found: dict[str, int] = {
        language: int(number) for language, number in sorted((str(a), int(b)) for a, b in by_language)
    }
    return {"total": sum(found.values()), **found, "without_address": int(missing)}


def forget(engine: Engine, recipient: str) -> bool:
    """Erase a person: address, name, and the link between the person and each delivery. False where unknown.

    Of receipts only the leaf stays, so that the root that the journal names can still be worked out.
    """
    token = f"erased-{secrets.token_hex(12)}"
    with database_errors(str(engine.url)), engine.begin() as connection:
        erased = connection.execute(delete(recipients).where(recipients.c.id == recipient)).rowcount
        unsent = ("pending", "deferred", "sending")
        connection.execute(
            update(deliveries)
            .where(deliveries.c.recipient == recipient, deliveries.c.state.in_(unsent))
            .values(state="no_address", not_before=None)
        )
        # What a mail server replied may name the address.
        touched = connection.execute(
            update(deliveries)
            .where(deliveries.c.recipient == recipient)
            .values(recipient=token, address=None, reply=None)
        ).rowcount
        touched += connection.execute(
            update(receipts).where(receipts.c.recipient == recipient).values(recipient=None, content=None, private=None)
        ).rowcount
    return bool(erased or touched)

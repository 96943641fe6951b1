"""One zip about one notice that a regulator can check offline. The same records make the same bytes.

In: the register and the receipts. Out: a zip with both versions, the decision, the journal, the receipts without
anything that says who, and the verifier. For one person it holds that person's receipts opened, and of the others
nothing but their leaves.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from publisher.errors import IntegrityBroken, PublisherError, WrongUsage, cannot_write
from publisher.messages import msg, translator
from publisher.notice.wording import level_sentence, notice_id
from publisher.records import canonical_json, fingerprint, readable_json
from publisher.register.journal import Entry, Event
from publisher.register.store import VersionStore
from publisher.register.versions import Register, Version
from publisher.run.verify import Found, compare_with_journal, finished_mailings, has_database, no_receipts
from publisher.website.addresses import Addresses
from publisher.website.proof import VERIFIER, journal_bytes, signed_heads, verifier, version_files
from publisher.workspace import Workspace, site_files

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from publisher.mail.receipts import Receipt
    from publisher.mail.vault import Vault

#: Domains with fewer recipients than this are counted together: a domain of one's own would be a name.
FEW: Final = 5
_RECIPIENTS: Final = "recipients.jsonl"
_NOT_IN_DECISION: Final = frozenset({"schema", "policy", "id", "findings", "texts"})


@dataclass(frozen=True, slots=True)
class Pack:
    """What was written."""

    notice: str
    file: Path
    sha256: str
    #: hash of the last journal line in it
    head: str
    receipts: int
    #: receipts of the person it was made for; 0 where it was made for nobody
    person: int

    def as_json(self) -> dict[str, Any]:
        return {
            "schema": "publisher/evidence-pack/v1",
            "notice": self.notice,
            "file": str(self.file),
            "sha256": self.sha256,
            "head": self.head,
            "receipts": self.receipts,
            "person": self.person,
        }


def make_evidence(workspace: Workspace, notice: str, out: Path, address: str = "") -> Pack:
    """Write the evidence of `notice` to the file `out`, whole or not at all; with `address`, for that person.

    Raises WrongUsage where there is no such notice (S245) or no receipt of the person (S246), IntegrityBroken where
    the records do not hold.
    """
    register = VersionStore(workspace.versions).load()
    version = next(
        (v for v in register.versions if v.announced_at and not v.first and notice_id(v.policy, v.id) == notice), None
    )
    if version is None:
        raise WrongUsage.of(
            "S245", msg("There is no notice {notice}.", notice=notice), msg("`publisher mail status` lists them.")
        )
    mailings = [e for e in finished_mailings(register.entries) if (e.policy, e.version) == (version.policy, version.id)]
    files = _records(workspace, register, version)
    if not mailings or not has_database(workspace):
        if mailings:
            raise IntegrityBroken(no_receipts(mailings[0]))
        if address:
            raise _no_person(notice)
        return _write(workspace, out, notice, register, version, files, None, [], 0)
    from publisher.mail.database import open_database
    from publisher.mail.vault import open_vault

    engine = open_database(workspace)
    try:
        vault = open_vault(workspace)
        found = [_look(engine, vault, entry, address) for entry in mailings]
        rows = [row for mailing in found for row in mailing.rows]
        if address and not rows:
            raise _no_person(notice)
        if address:
            files["person.json"] = _person(engine, notice, rows)
        files["deliveries.json"] = readable_json(
            {"schema": "publisher/deliveries/v1", "notice": notice, "mailings": [m.as_json() for m in found]}
        )
        return _write(workspace, out, notice, register, version, files, engine, mailings, len(rows))
    finally:
        engine.dispose()


def _no_person(notice: str) -> PublisherError:
    return WrongUsage.of(
        "S246",
        msg("This person has no receipt of the notice {notice}.", notice=notice),
        msg(
            "The address was not on the list of this notice, was erased since, or the mailing has not ended yet. "
            "Check how the address is spelt; nothing was written."
        ),
    )


# -- receipts


@dataclass(frozen=True, slots=True)
class _Row:
    """A receipt of the person that the pack is made for."""

    entry: Entry
    index: int
    receipt: Receipt


@dataclass
class _Mailing:
    """A finished mailing as its receipts tell it."""

    entry: Entry
    rows: list[_Row] = field(default_factory=list)
    erased: int = 0
    by_language: dict[str, Counter[str]] = field(default_factory=dict)
    by_domain: dict[str, Counter[str]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        domains: dict[str, Counter[str]] = {}
        for domain, counts in self.by_domain.items():
            name = domain if counts.total() >= FEW else "other"
            domains.setdefault(name, Counter()).update(counts)
        data = self.entry.data
        return {
            "mailing": data["notice"],
            "record": self.entry.seq,
            "outcomes": data["outcomes"],
            "leaves": data["leaves"],
            "root": data["root"],
            "erased": self.erased,
            "by_language": {language: dict(counts) for language, counts in self.by_language.items()},
            "by_domain": {domain: dict(counts) for domain, counts in domains.items()},
        }


def _look(engine: Engine, vault: Vault, entry: Entry, address: str) -> _Mailing:
    """Count the receipts of a mailing, hold them against the journal, and find those of the person."""
    from publisher.mail.receipts import read_receipts, sealed_mailing

    wanted = address.strip().casefold()
    sealed = sealed_mailing(engine, entry.data["notice"])
    if sealed is None:
        raise IntegrityBroken(no_receipts(entry))
    mailing, found = _Mailing(entry), Found()
    for index, receipt in enumerate(read_receipts(engine, entry.data["notice"], vault)):
        found.add(receipt)
        if receipt.private is None:
            mailing.erased += 1
            continue
        mailing.by_language.setdefault(receipt.language, Counter())[receipt.outcome] += 1
        there = receipt.private.address
        mailing.by_domain.setdefault(there.rpartition("@")[2] or "none", Counter())[receipt.outcome] += 1
        if wanted and there.casefold() == wanted:
            mailing.rows.append(_Row(entry, index, receipt))
    problems = compare_with_journal(entry, found, sealed)
    if problems:
        raise IntegrityBroken(problems)
    return mailing


def _person(engine: Engine, notice: str, rows: list[_Row]) -> bytes:
    from publisher.mail.receipts import proof_of

    opened = []
    for row in rows:
        private, content = row.receipt.private, row.receipt.content
        if private is None or content is None:
            raise ValueError(notice)
        mailing, leaves = row.entry.data["notice"], row.entry.data["leaves"]
        opened.append(
            {
                "address": private.address,
                "mailing": mailing,
                "content": json.loads(content),
                "leaf": row.receipt.leaf.hex(),
                "salt": private.salt.hex(),
                "reply": private.reply,
                "index": row.index,
                "leaves": leaves,
                "proof": [h.hex() for h in proof_of(engine, mailing, row.index, leaves)],
            }
        )
    return readable_json({"schema": "publisher/person/v1", "notice": notice, "rows": opened})


def _lines(engine: Engine, mailings: list[Entry], *, leaves_only: bool) -> Iterator[bytes]:
    """The lines of recipients.jsonl."""
    from publisher.mail.receipts import read_receipts

    for entry in mailings:
        mailing = canonical_json(entry.data["notice"])
        for receipt in read_receipts(engine, entry.data["notice"]):
            content = b"" if leaves_only or receipt.content is None else b'"content":' + receipt.content + b","
            yield b"{" + content + b'"leaf":"' + receipt.leaf.hex().encode() + b'","mailing":' + mailing + b"}\n"


# -- what is on record


def _records(workspace: Workspace, register: Register, version: Version) -> dict[str, bytes]:
    life = [e for e in register.entries if (e.policy, e.version) == (version.policy, version.id)]
    previous = register.find(version.policy, version.record.previous)
    record = version.record.as_json()
    evidence = {
        "schema": "publisher/evidence/v1",
        "notice": notice_id(version.policy, version.id),
        "policy": version.policy,
        "version": version.id,
        "previous": version.record.previous,
        "zone": str(workspace.settings.notice.timezone),
        "effective": version.effective.isoformat(),
        "head": register.head,
        "decision": {name: value for name, value in record.items() if name not in _NOT_IN_DECISION},
        "events": [_as_json(e) for e in life],
    }
    files = {
        VERIFIER: verifier(),
        "journal.jsonl": journal_bytes(register),
        "evidence.json": readable_json(evidence),
        "findings.json": readable_json(record["findings"]),
        "live-checks.json": readable_json([_as_json(e) for e in life if e.event is Event.LIVE_CHECKED]),
        **signed_heads(workspace),
        **version_files(workspace, version),
    }
    if previous:
        files |= version_files(workspace, previous)
        for language in sorted(version.texts.keys() & previous.texts.keys()):
            files[f"redline/{language}.html"] = _redline(previous, version, language)
    return files


def _as_json(entry: Entry) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(entry.line())
    return found


def _redline(old: Version, new: Version, language: str) -> bytes:
    from publisher.run.comparing import compare_texts
    from publisher.website.compare_page import Side, compare_page

    before, after = old.texts[language], new.texts[language]
    comparison = compare_texts(before, after, language, {})
    sides = (
        Side(f"{old.policy}@{old.id}", fingerprint(before)),
        Side(f"{new.policy}@{new.id}", fingerprint(after)),
    )
    return compare_page(comparison, sides, language, new.record.days, [site_files()])


def _readme(workspace: Workspace, register: Register, version: Version, language: str, *, person: bool) -> bytes:
    from publisher.website.templates import environment

    settings, say = workspace.settings, translator(language)
    zone = settings.notice.timezone

    def moment(at: datetime | None) -> datetime | None:
        return at.astimezone(zone) if at else None

    template = environment([site_files()], language, escape=False).get_template(f"evidence/README.{language}.md.j2")
    text = template.render(
        notice=notice_id(version.policy, version.id),
        organisation=say.value(settings.site.organisation),
        title=version.record.title.get(language, version.policy),
        version=version,
        zone=str(zone),
        frozen=moment(version.frozen_at),
        announced=moment(version.announced_at),
        notified=moment(version.notified_at),
        in_force=moment(version.in_force_at),
        withdrawn=moment(version.withdrawn_at),
        level=level_sentence(version.record.level, version.record.days),
        counted=version.record.counted.get(language, ""),
        amendments=[
            {
                "day": moment(a.at),
                "before": a.before,
                "after": a.effective,
                "reason": a.reason.get(language, ""),
            }
            for a in version.amendments
        ],
        person=person,
        verify_url=Addresses(settings.site.base_url).full(Addresses.verify()),
        entries=len(register.entries),
        head=register.head,
    )
    return text.encode("utf-8")


# -- the zip


def _write(
    workspace: Workspace,
    out: Path,
    notice: str,
    register: Register,
    version: Version,
    files: Mapping[str, bytes],
    engine: Engine | None,
    mailings: list[Entry],
    person: int,
) -> Pack:
    readme = {
        f"README.{language}.md": _readme(workspace, register, version, language, person=bool(person))
        for language in ("ko", "en")
    }
    every: dict[str, bytes | Iterator[bytes]] = {**files, **readme}
    if engine is not None:
        every[_RECIPIENTS] = _lines(engine, mailings, leaves_only=bool(person))
    digest = _write_zip(out, every)
    receipts = sum(int(e.data["leaves"]) for e in mailings)
    return Pack(notice, out, digest, register.head, receipts, person)


def _write_zip(out: Path, files: Mapping[str, bytes | Iterator[bytes]]) -> str:
    """Write the zip, readable by its owner only, and put it in place by one rename; its SHA-256."""
    temporary = out.with_name(f".{out.name}.new")
    try:
        descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as pack:
                for name, data in sorted(files.items()):
                    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                    info.compress_type = zipfile.ZIP_DEFLATED
                    info.create_system = 3
                    info.external_attr = 0o644 << 16
                    with pack.open(info, "w", force_zip64=True) as member:
                        for piece in (data,) if isinstance(data, bytes) else data:
                            member.write(piece)
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        temporary.replace(out)
    except OSError as error:
        raise cannot_write(str(out), error) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    return digest

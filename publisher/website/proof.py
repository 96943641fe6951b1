"""What lies below `/verify/`, so that anyone can check the records without us: journal, versions, heads, the verifier.

Texts that were frozen and not announced yet are left out. The journal names their fingerprints all the same: it is
published whole, for a journal with a gap could not be checked.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from publisher.records import fingerprint, readable_json
from publisher.register.journal import FILE
from publisher.register.store import RECORD
from publisher.register.versions import Register, Version
from publisher.website.addresses import Addresses
from publisher.workspace import Workspace, site_files

VERIFIER: Final = "verify.py"
#: The names of all the others, one a line: whoever checks over the network cannot list a folder.
LIST: Final = "files.txt"
_FOLDER: Final = Addresses.verify().lstrip("/")


def proof_files(workspace: Workspace, register: Register) -> dict[str, bytes]:
    """Every file below `/verify/` besides the page, by its path below the root of the site."""
    files = {VERIFIER: verifier(), FILE: journal_bytes(register), **signed_heads(workspace)}
    for version in register.versions:
        if version.public:
            files |= version_files(workspace, version)
    files[LIST] = "".join(f"{name}\n" for name in sorted(files)).encode("ascii")
    return {_FOLDER + name: data for name, data in files.items()}


def proof_inputs(workspace: Workspace, register: Register) -> dict[str, Any]:
    """What `proof_files` is made of, besides the versions."""
    heads = signed_heads(workspace, names_only=True)
    return {"head": register.head, "verifier": fingerprint(verifier()), "heads": sorted(heads)} | {
        name: fingerprint(data) for name, data in heads.items() if data
    }


def verifier() -> bytes:
    """The program for whoever checks: one file, ours and not a workspace's."""
    return (site_files() / VERIFIER).read_bytes()


def journal_bytes(register: Register) -> bytes:
    return b"".join(entry.line() for entry in register.entries)


def signed_heads(workspace: Workspace, *, names_only: bool = False) -> dict[str, bytes]:
    """Heads with their signatures, and the keys that may sign; nothing where heads are not signed.

    `names_only`: without reading the heads, which are many.
    """
    folder = workspace.versions / "heads"
    heads = sorted(f for f in folder.iterdir() if f.suffix in {".txt", ".sig"}) if folder.is_dir() else []
    files = {f"heads/{f.name}": b"" if names_only else f.read_bytes() for f in heads}
    signers = workspace.root / Path(workspace.settings.signing.allowed_signers)
    if files and signers.is_file():
        files["allowed_signers"] = signers.read_bytes()
    return files


def version_files(workspace: Workspace, version: Version) -> dict[str, bytes]:
    """The files of a version as they lie in its folder."""
    folder = f"versions/{version.policy}/{version.id}/"
    record = readable_json(version.record.as_json())
    if fingerprint(record) != version.digest:  # written by an earlier release, which spelt a record differently
        record = (workspace.versions / version.policy / version.id / RECORD).read_bytes()
    texts = {f"{folder}{language}.md": text for language, text in version.texts.items()}
    pdfs = {f"{folder}{language}.pdf": pdf.read() for language, pdf in version.pdfs.items()}
    return {folder + RECORD: record, **texts, **pdfs}

"""What lies below `/verify/`, so that anyone can check the records without us: journal, versions, heads, the verifier.

Texts that were frozen and not announced yet are left out. The journal names their fingerprints all the same: it is
published whole, for a journal with a gap could not be checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from publisher.records import canonical_json, fingerprint, readable_json
from publisher.register.journal import FILE
from publisher.register.store import HEAD_FILE, HEADS, RECORD
from publisher.register.versions import Register, Version
from publisher.website.addresses import Addresses
from publisher.website.units import Group, Unit
from publisher.workspace import Workspace, site_files

VERIFIER: Final = "verify.py"
#: The names of all the others, one a line: whoever checks over the network cannot list a folder.
LIST: Final = "files.txt"
SIGNERS: Final = "allowed_signers"
_FOLDER: Final = Addresses.verify().lstrip("/")


#: No policy can have this name.
PROOF: Final = "~verify"


def proof_group(workspace: Workspace, register: Register) -> Group:
    """What makes every file below `/verify/` besides the page."""
    inputs = fingerprint(canonical_json(proof_inputs(workspace, register)))
    return Group(PROOF, inputs, partial(_units, workspace, register))


def _units(workspace: Workspace, register: Register) -> Iterator[Unit]:
    heads = head_files(workspace)
    names = [VERIFIER, FILE, *heads]
    for version in register.versions:
        if version.public:
            name = f"{version.policy}/{version.id}"
            pdfs = [f"{language}.pdf" for language in version.pdfs]
            files_of = [RECORD, *(f"{language}.md" for language in version.texts), *pdfs]
            names += [f"versions/{name}/{file}" for file in files_of]
            inputs = [version.digest, *(pdf.digest for pdf in version.pdfs.values())]
            make = partial(_below_verify, partial(version_files, workspace, version))
            yield Unit(f"{PROOF}/record/{name}", fingerprint(canonical_json(inputs)), make)
    for name, file in heads.items():
        yield Unit(f"{PROOF}/{name}", fingerprint(name.encode()), partial(_below_verify, partial(_read, name, file)))
    signers = allowed_signers(workspace) if heads else None
    names += [SIGNERS] if signers else []
    own = {VERIFIER: verifier(), **({SIGNERS: signers} if signers else {})}
    own[LIST] = "".join(f"{name}\n" for name in sorted(names)).encode("ascii")
    inputs = [register.head, *map(fingerprint, own.values())]

    def files() -> Mapping[str, bytes]:
        return {**own, FILE: journal_bytes(register)}

    yield Unit(f"{PROOF}/journal", fingerprint(canonical_json(inputs)), partial(_below_verify, files))


def proof_inputs(workspace: Workspace, register: Register) -> list[str]:
    """What all that is made of: the journal's head names every version, and what signs it lies beside."""
    signers = allowed_signers(workspace) or b""
    return [register.head, fingerprint(verifier()), fingerprint(signers), *head_files(workspace)]


def _below_verify(files: Callable[[], Mapping[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    return ((_FOLDER + name, data) for name, data in files().items())


def _read(name: str, file: Path) -> dict[str, bytes]:
    return {name: file.read_bytes()}


def verifier() -> bytes:
    """The program for whoever checks: one file, ours and not a workspace's."""
    return (site_files() / VERIFIER).read_bytes()


def journal_bytes(register: Register) -> bytes:
    return b"".join(entry.line() for entry in register.entries)


def head_files(workspace: Workspace) -> dict[str, Path]:
    """The heads with their signatures, by their names below `/verify/`; nothing where heads are not signed."""
    folder = workspace.versions / HEADS
    heads = sorted(f for f in folder.iterdir() if HEAD_FILE.fullmatch(f.name)) if folder.is_dir() else []
    return {f"{HEADS}/{f.name}": f for f in heads}


def signed_heads(workspace: Workspace) -> dict[str, bytes]:
    """The heads with their signatures, and the keys that may sign; nothing where heads are not signed."""
    files = {name: file.read_bytes() for name, file in head_files(workspace).items()}
    signers = allowed_signers(workspace)
    return files | ({SIGNERS: signers} if files and signers is not None else {})


def allowed_signers(workspace: Workspace) -> bytes | None:
    """The keys that may sign."""
    signers = workspace.root / Path(workspace.settings.signing.allowed_signers)
    return signers.read_bytes() if signers.is_file() else None


def version_files(workspace: Workspace, version: Version) -> dict[str, bytes]:
    """The files of a version as they lie in its folder."""
    folder = f"versions/{version.policy}/{version.id}/"
    record = readable_json(version.record.as_json())
    if fingerprint(record) != version.digest:  # written by an earlier release, which spelt a record differently
        record = (workspace.versions / version.policy / version.id / RECORD).read_bytes()
    texts = {f"{folder}{language}.md": text for language, text in version.texts.items()}
    pdfs = {f"{folder}{language}.pdf": pdf.read() for language, pdf in version.pdfs.items()}
    return {folder + RECORD: record, **texts, **pdfs}

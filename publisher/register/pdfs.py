"""The PDFs of versions, as they are on record: a file beside the text, and its SHA-256 in the journal's entry.

Nothing in `version.json` says that there are any, so records of before there were PDFs, and of workspaces without,
stay as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from publisher.errors import IntegrityBroken, Place
from publisher.messages import msg
from publisher.records import fingerprint

#: The key in the data of `frozen` and `recorded`: SHA-256 by language.
KEY: Final = "pdf"


@dataclass(frozen=True, kw_only=True, slots=True)
class Pdf:
    """The PDF of a version in one language, read only where it is needed."""

    path: Path
    #: SHA-256, as the journal has it
    digest: str

    def holds(self) -> bool:
        """Whether it is the file that was recorded."""
        return self._read() is not None

    def _read(self) -> bytes | None:
        try:
            data = self.path.read_bytes()
        except OSError:
            return None
        return data if fingerprint(data) == self.digest else None

    def read(self) -> bytes:
        """The bytes that were recorded; IntegrityBroken (V460) where they are not there any more."""
        data = self._read()
        if data is None:
            raise IntegrityBroken.of(
                "V460",
                msg("{path} is missing, or is not the PDF that was recorded.", path=str(self.path)),
                msg("Do not publish. Restore the folder versions from git or a backup, then run `publisher verify`."),
                Place(path=str(self.path)),
            )
        return data


def fingerprints(pdfs: Mapping[str, bytes]) -> dict[str, Any]:
    """What the journal says of PDFs by language; nothing where there are none."""
    return {KEY: {language: fingerprint(pdf) for language, pdf in pdfs.items()}} if pdfs else {}


def pdfs_in(folder: Path, data: Mapping[str, Any], languages: Collection[str]) -> dict[str, Pdf]:
    """The PDFs that an entry's `data` names, which are not read.

    FileNotFoundError where one is missing; ValueError, TypeError or AttributeError where the entry cannot be meant.
    """
    pdfs = {lang: Pdf(path=folder / f"{lang}.pdf", digest=digest) for lang, digest in data.get(KEY, {}).items()}
    if not set(pdfs) <= set(languages):
        raise ValueError(KEY)
    for pdf in pdfs.values():
        pdf.path.stat()
    return pdfs

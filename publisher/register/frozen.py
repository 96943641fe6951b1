"""The files of versions as they are on record, read when somebody needs them: a path, and the SHA-256 it must have.

Most runs need few of them, however many versions there are. What is read is compared with its fingerprint each time,
so nobody is ever given other bytes than those recorded. Nothing in `version.json` says that there are PDFs: that stands
in the journal's entry, so records of before there were PDFs, and of workspaces without, stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from publisher.errors import IntegrityBroken, Place
from publisher.messages import msg
from publisher.records import fingerprint

#: The key of PDFs in the data of `frozen` and `recorded`: SHA-256 by language.
PDF: Final = "pdf"


@dataclass(frozen=True, kw_only=True, slots=True)
class FrozenFile:
    """A file in the folder of a version."""

    path: Path
    #: SHA-256, as the records have it
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
                msg("{path} is missing, or is not the file that was recorded.", path=str(self.path)),
                msg("Do not publish. Restore the folder versions from git or a backup, then run `publisher verify`."),
                Place(path=str(self.path)),
            )
        return data


class FrozenTexts(Mapping[str, bytes]):
    """The texts of a version by language; IntegrityBroken (V460) where one that is asked for is not as recorded."""

    __slots__ = ("_files",)

    def __init__(self, files: Mapping[str, FrozenFile]) -> None:
        self._files = files

    def __getitem__(self, language: str) -> bytes:
        return self._files[language].read()

    def __contains__(self, language: object) -> bool:
        return language in self._files

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


def texts_in(folder: Path, digests: Mapping[str, str]) -> dict[str, FrozenFile]:
    """The texts of a version by language, not read; `digests`: as its record has them."""
    return _files(folder, digests, "md")


def pdfs_in(folder: Path, data: Mapping[str, Any]) -> dict[str, FrozenFile]:
    """The PDFs that an entry's `data` names, not read."""
    return _files(folder, data.get(PDF, {}), "pdf")


def _files(folder: Path, digests: Mapping[str, str], ending: str) -> dict[str, FrozenFile]:
    return {
        language: FrozenFile(path=folder / f"{language}.{ending}", digest=digest)
        for language, digest in digests.items()
    }


def fingerprints(pdfs: Mapping[str, bytes]) -> dict[str, Any]:
    """What the journal says of PDFs by language; nothing where there are none."""
    return {PDF: {language: fingerprint(pdf) for language, pdf in pdfs.items()}} if pdfs else {}

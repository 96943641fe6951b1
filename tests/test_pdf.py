"""The PDF of a version: its words are those of the text, whatever stands in it, and it is on record like the text."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from publisher.errors import IntegrityBroken, Place, PublisherError
from publisher.records import fingerprint
from publisher.register.store import VersionStore
from publisher.register.versions import VersionRecord
from publisher.run.evidence import make_evidence
from publisher.run.intake import take_in
from publisher.texts.document import parse
from publisher.texts.source import read_source
from publisher.website.pdf import make_pdfs
from publisher.workspace import Workspace, open_workspace, site_files
from tests.conftest import Desk, Ended
from tests.needs import needs

ROOT = Path(__file__).resolve().parent.parent
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
#: Ends the facts at the top of the copy; what follows is the text.
FACTS = {
    "en": "Whether it was postponed, withdrawn or replaced later is said there.",
    "ko": "Whether it was postponed, withdrawn or replaced later is said there.",
}


def workspace_of(**site: Any) -> Workspace:
    """This repository as a workspace that makes PDFs."""
    found = open_workspace(ROOT)
    changed = found.settings.site.model_copy(update={"pdf": True, **site})
    return Workspace(found.root, found.settings.model_copy(update={"site": changed}))


def record_of(texts: dict[str, bytes], **values: Any) -> VersionRecord:
    about: dict[str, Any] = {
        "policy": "privacy",
        "id": "20261208",
        "kind": "privacy",
        "title": {"en": "Privacy Policy", "ko": "개인정보 처리방침"},
        "effective": date(2026, 12, 8),
        "announced": None,
        "history": False,
        "previous": "20200101",
        "level": "minor",
        "days": 7,
        "counting": "clear-days",
        "counted": {},
        "reason": {},
        "summary": {},
        "findings": {},
        "consent": "",
        "includes": [],
        "rules": "",
        "source": {},
        "texts": {language: fingerprint(text) for language, text in texts.items()},
    }
    return VersionRecord(**{**about, **values})


def made(text: str, language: str = "en", **site: Any) -> bytes:
    """The PDF of a text."""
    texts = {language: text.encode("utf-8")}
    return make_pdfs(workspace_of(**site), record_of(texts), texts, AT)[language]


def extracted(pdf: bytes, *, body: bool = True) -> str:
    """The words of a PDF in the order in which they stand in it, read by poppler; of `body`, without page margins."""
    needs(shutil.which("pdftotext") is not None, "poppler-utils")
    box = ["-x", "0", "-y", "62", "-W", "595", "-H", "715"] if body else []
    return subprocess.run(
        ["pdftotext", "-raw", "-enc", "UTF-8", *box, "-", "-"], input=pdf, capture_output=True, check=True
    ).stdout.decode("utf-8")


def tags(pdf: bytes, tmp_path: Path) -> str:
    """The structure that a screen reader walks, read by poppler."""
    file = tmp_path / "copy.pdf"
    file.write_bytes(pdf)
    return subprocess.run(
        ["pdfinfo", "-struct-text", str(file)], capture_output=True, check=True, text=True, encoding="utf-8"
    ).stdout


def text_of(pdf: bytes, language: str = "en") -> str:
    """What the copy says of the text, without spaces and bullets."""
    after = bare(extracted(pdf)).split(bare(FACTS[language]), 1)[1]
    return after.split(bare({"en": "Where the links lead", "ko": "Where the links lead"}[language]), 1)[0]


def bare(words: str) -> str:
    """Words without what depends on the width of a line or is drawn: spaces, bullets, bars between cells."""
    return re.sub(r"[\s•|]+", "", words)


def expected(text: str) -> str:
    document = parse(read_source(text.encode("utf-8"), Place()).text)
    titled = document.clauses[0].level == 1
    words = []
    for i, clause in enumerate(document.clauses):
        words.append(clause.name if clause.level and not (titled and i == 0) else "")
        words += [f"{block.number}{block.text}" for block in clause.blocks]
    return bare("".join(words))


@pytest.fixture(scope="module", autouse=True)
def _library() -> None:
    try:
        import typst  # noqa: F401
    except ImportError:
        needs(False, "the extra pdf (typst)")
    found = subprocess.run(["fc-list"], capture_output=True, text=True).stdout if shutil.which("fc-list") else ""
    needs("Noto Sans CJK" in found or "Nanum" in found, "a Korean font (fonts-nanum or fonts-noto-cjk)")


@pytest.mark.parametrize("policy", ["privacy", "third-parties"])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_words_of_the_copy_are_those_of_the_text(policy: str, language: str) -> None:
    text = (ROOT / "policy_docs" / policy / f"{language}.md").read_text("utf-8")
    assert text_of(made(text, language), language) == expected(text)


MIXED = """# Terms {#terms}

Words before, with `code`, **strong**, *soft* and [a **long** link of many words](https://example.com/a?b=c&d=e).

## 3. Lists {#lists}

3. three
4. four
   1. first

      > quoted [inside](#table)
   - bullet
     - deeper

       another paragraph
- 「개인정보 **보호**법」에 따른[^law] 사항

## 제4조 (표) {#table}

| 항목 | Kept | `x | y` |
|:--|--:|:-:|
| 이름, [연락처](/ko/privacy/) | 3 years | **yes** |
| | 30일 | no[^2] |

    preformatted   with  spaces
        and depth

[^law]: 법률 제1호를 말합니다.

    Its second paragraph.

[^2]: Another note.
"""


def test_every_kind_of_passage_comes_out_in_reading_order() -> None:
    words = text_of(made(MIXED))
    notes = bare("[law]법률 제1호를 말합니다. Its second paragraph. [2]Another note.")
    assert words.endswith(notes)
    assert words.removesuffix(notes) == expected(MIXED.split("[^law]:")[0] + "\n[^law]: x\n\n[^2]: y\n").removesuffix(
        "xy"
    )

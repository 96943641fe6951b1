"""A PDF of each version in each language, made once, when the version goes on record.

In: a version as it was decided, and its texts. Out: bytes by language, which the register keeps beside the texts. The
same text with the same fonts gives the same bytes: the only date in them is the moment of the record.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from publisher.errors import Misconfigured, Place, Problem
from publisher.messages import Message, msg
from publisher.register.versions import VersionRecord
from publisher.website import typesetter
from publisher.website.paper import paper_of
from publisher.workspace import SiteSettings, Workspace, site_files

#: Fonts of the SIL Open Font License with Hangul, best first: they may be embedded.
KOREAN: Final = (
    "Noto Sans CJK KR",
    "Noto Sans KR",
    "Source Han Sans KR",
    "Source Han Sans K",
    "Pretendard",
    "IBM Plex Sans KR",
    "NanumGothic",
    "NanumBarunGothic",
    "Noto Serif CJK KR",
    "Noto Serif KR",
    "NanumMyeongjo",
)
#: Free fonts for what those lack: symbols, other scripts.
OTHERS: Final = (
    "Noto Sans",
    "DejaVu Sans",
    "Noto Sans Symbols",
    "Noto Sans Symbols 2",
    "Noto Sans Math",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Noto Emoji",
)
#: A text of ordinary length takes well below a second.
SECONDS: Final = 600


class NoPdf(Misconfigured):
    """A copy could not be made (C580 to C584); nothing was written. Other policies are not held up by it."""


def make_pdfs(
    workspace: Workspace, record: VersionRecord, texts: Mapping[str, bytes], at: datetime
) -> dict[str, bytes]:
    """A PDF for each of `texts` (Markdown by language), or {} where the settings ask for none.

    `at`: the moment of the record. NoPdf where the extra is not installed (C580), no Korean font is found (C581), the
    fonts lack a character (C582), the typesetter fails (C583) or takes too long (C584).
    """
    site = workspace.settings.site
    if not site.pdf or not texts:
        return {}
    copies = {language: paper_of(site, record, language, data) for language, data in texts.items()}
    folders = [str(folder) for folder in _font_folders(workspace)]
    answer = _typeset(record.policy, copies, folders, at)
    if "error" in answer:
        raise _failed(record.policy, site, answer)
    return {language: base64.b64decode(pdf) for language, pdf in answer["pdfs"].items()}


def _font_folders(workspace: Workspace) -> list[Path]:
    """The folder that the settings name; a file stands for the folder that it is in."""
    named = workspace.settings.site.pdf_fonts
    if not named:
        return []
    folder = workspace.root / Path(named).expanduser()
    return [folder.parent if folder.is_file() else folder]


def _typeset(policy: str, copies: Mapping[str, dict[str, Any]], folders: list[str], at: datetime) -> dict[str, Any]:
    """What the typesetter answers; it runs in a process and an empty folder of its own."""
    asked = {
        "template": (site_files() / "pdf" / "paper.typ").read_text("utf-8"),
        "families": [*KOREAN, *OTHERS],
        "korean": KOREAN,
        "folders": folders,
        "at": int(at.timestamp()),
        "copies": {language: json.dumps(copy, ensure_ascii=False) for language, copy in copies.items()},
    }
    program = [sys.executable, "-P", "-X", "utf8", str(Path(typesetter.__file__))]
    with tempfile.TemporaryDirectory() as empty:
        try:
            ended = subprocess.run(
                program,
                check=False,
                input=json.dumps(asked).encode("utf-8"),
                capture_output=True,
                cwd=empty,
                timeout=SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise _too_long(policy) from error
    try:
        answer: dict[str, Any] = json.loads(ended.stdout)
    except ValueError:
        said = ended.stderr.decode("utf-8", "replace").strip().rsplit("\n", 1)[-1]
        return {"error": "failed", "name": next(iter(copies)), "words": said or f"exit status {ended.returncode}"}
    return answer


def _failed(policy: str, site: SiteSettings, answer: Mapping[str, str]) -> NoPdf:
    """What the typesetter could not do, in words."""
    place = Place(policy=policy, language=answer.get("name", ""))
    words = answer["words"]
    match answer["error"]:
        case "library":
            return _no_pdf(
                "C580",
                msg("{policy}: no PDF can be made, for the library that makes it is not installed.", policy=policy),
                msg("Run `pip install policy-publisher[pdf]`, or set pdf = false in the section [site]."),
                place,
            )
        case "fonts" if site.pdf_fonts:
            return _no_pdf(
                "C581",
                msg("{policy}: no PDF can be made: no font is in {folder}.", policy=policy, folder=site.pdf_fonts),
                msg("Let pdf_fonts in the section [site] name a folder of .ttf or .otf files with Korean letters."),
                place,
            )
        case "fonts":
            return _no_pdf(
                "C581",
                msg(
                    "{policy}: no PDF can be made: this machine has no Korean font that is free to embed.",
                    policy=policy,
                ),
                msg(
                    "Install one (Debian and Ubuntu: apt-get install fonts-noto-cjk or fonts-nanum), or let pdf_fonts "
                    "in the section [site] name a folder with one."
                ),
                place,
            )
        case "glyphs":
            found = " ".join(f"{c} (U+{ord(c):04X})" for c in words[:10])
            return _no_pdf(
                "C582",
                msg(
                    "{policy}: no font has these characters of the text: {characters}.", policy=policy, characters=found
                ),
                msg(
                    "They would be empty boxes in the PDF. Take them out of the text, or add a font that has them: "
                    "install it, or put it into the folder that pdf_fonts names."
                ),
                place,
            )
    return _no_pdf(
        "C583",
        msg("{policy}: the PDF could not be made: {reason}.", policy=policy, reason=words.rstrip(".")),
        msg("Nothing was announced. If the text is in order, this is a defect of publisher: please report it."),
        place,
    )


def _too_long(policy: str) -> NoPdf:
    return _no_pdf(
        "C584",
        msg("{policy}: the PDF was not ready after {seconds} seconds.", policy=policy, seconds=SECONDS),
        msg("Nothing was announced; the next run tries again. Is a clause very long, or the machine busy?"),
        Place(policy=policy),
    )


def _no_pdf(code: str, message: Message, hint: Message, place: Place) -> NoPdf:
    return NoPdf(Problem(code=code, message=message, hint=hint, place=place))

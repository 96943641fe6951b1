"""Collects the sentences of program, pages and mails, and brings the Korean catalogue up to date.

Run as `python -m tests.catalogue`; a test holds the catalogue complete.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "publisher" / "locale" / "ko" / "LC_MESSAGES" / "publisher.po"
KEYWORDS = {"msg": None, "msg_n": (1, 2), "gettext": None, "ngettext": (1, 2), "_": None}


def collected() -> Catalog:
    """Every sentence that the program can say, as a template."""
    template = Catalog(project="policy-publisher", fuzzy=False)
    python = extract_from_dir(ROOT / "publisher", [("**.py", "python")], keywords=KEYWORDS)
    pages = extract_from_dir(
        ROOT / "site" / "templates",
        [("**.j2", "jinja2")],
        keywords=KEYWORDS,
        options_map={"**.j2": {"silent": "false", "trim_blocks": "true", "lstrip_blocks": "true"}},
    )
    for name, _line, text, _comments, _context in (*python, *pages):
        if text not in ("", ("",)):
            template.add(text, locations=[(name, 0)], flags=())
    return template


def stored() -> Catalog:
    return read_po(BytesIO(FILE.read_bytes()), locale="ko") if FILE.exists() else Catalog(locale="ko")


def main() -> None:
    catalogue = stored()
    catalogue.update(collected(), no_fuzzy_matching=True, update_header_comment=False)
    catalogue.obsolete.clear()
    catalogue.header_comment = "# The sentences of publisher in Korean."
    catalogue.project, catalogue.version, catalogue.fuzzy = "policy-publisher", "", False
    for message in catalogue:
        message.locations, message.flags = sorted(set(message.locations)), set()
    output = BytesIO()
    write_po(output, catalogue, width=110, sort_output=True, include_lineno=False, omit_header=False)
    lines = [
        line
        for line in output.getvalue().decode("utf-8").split("\n")
        if not line.startswith(('"POT-Creation-Date', '"PO-Revision-Date', '"Generated-By', '"Last-Translator'))
    ]
    FILE.write_bytes("\n".join(lines).encode("utf-8"))


if __name__ == "__main__":
    main()

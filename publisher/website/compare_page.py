"""A comparison of any two texts as one HTML file that can be mailed, filed and printed, and needs nothing else.

The page speaks the language of the texts, not of the terminal: it is handed on to those who read the texts, its
hidden words for screen readers stand inside their sentences, and the same two texts make the same bytes wherever
the command is run.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from publisher.changes.model import RULES, Comparison
from publisher.changes.summary import in_words, summarise
from publisher.messages import msg_n
from publisher.notice.wording import CONSENT_NEEDED, level_sentence
from publisher.texts.languages import LANGUAGE_NAMES
from publisher.texts.visible import visible
from publisher.website.changed import DIRECTIONS, by_clause, changes_apart, counts_in_words
from publisher.website.pages import static_files
from publisher.website.templates import environment, rendered


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two texts: how it was named, and the SHA-256 of its bytes in hexadecimal digits."""

    name: str
    fingerprint: str


def compare_page(
    comparison: Comparison, sides: tuple[Side, Side], language: str, days: int, folders: Sequence[Path]
) -> bytes:
    """The page as UTF-8, made with the templates and the stylesheet in `folders`; `days`: the notice that is owed."""
    style = static_files(folders)["site.css"].decode("utf-8")
    significant, others = changes_apart(comparison)
    templates = environment(folders, language)
    templates.filters["visible"] = visible
    page = rendered(
        templates,
        folders,
        "compare-file.html.j2",
        style=Markup(style),  # noqa: S704 - the program's own stylesheet
        style_digest=base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii"),
        sides=[Side(visible(side.name), side.fingerprint) for side in sides],
        language_name=LANGUAGE_NAMES[language],
        level=level_sentence(comparison.level.value, days),
        consent=CONSENT_NEEDED if comparison.consent_required else None,
        counts=[
            *counts_in_words(comparison),
            msg_n("{count} change touches rights", "{count} changes touch rights", len(significant)),
            msg_n("{count} is minor", "{count} are minor", len(others)),
        ],
        summary=[in_words(point) for point in summarise(comparison.findings)],
        significant=significant,
        others=others,
        significant_by_clause=by_clause(significant),
        others_by_clause=by_clause(others),
        last=len(significant) + len(others),
        directions=DIRECTIONS,
        rules=RULES,
    )
    return page.lstrip("\n").encode("utf-8")

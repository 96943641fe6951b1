"""What stands on the paper copy of a version: what it is, its clauses, and where its links lead.

In: a version as it was decided, and a text. Out: plain data (`paper_blocks` describes it) for
`site/pdf/paper.typ`. Nothing that may change later is said: no state, no later version.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from publisher.errors import Place
from publisher.messages import Message, Translator, msg, translator
from publisher.register.versions import VersionRecord
from publisher.texts.document import Clause, Document, parse
from publisher.texts.languages import LANGUAGE_NAMES
from publisher.texts.source import read_source
from publisher.texts.targets import allowed_target
from publisher.texts.visible import visible
from publisher.website.addresses import Addresses
from publisher.website.paper_blocks import LINE, blocks_of
from publisher.website.paper_words import Run, inline, parts_of, runs_of
from publisher.workspace import SiteSettings

#: A longer address is shown, and is no link: a PDF cannot hold it.
_LONGEST_LINK: Final = 2000


def paper_of(site: SiteSettings, record: VersionRecord, language: str, data: bytes) -> dict[str, Any]:
    """Everything that stands on the paper, as the template takes it. `data`: the text in Markdown, as recorded."""
    say = translator(language)
    document = parse(read_source(data, Place()).text)
    clauses = document.clauses
    title = record.title.get(language) or document.title or record.policy
    links = _Links(document, site.base_url)
    titled = bool(clauses) and clauses[0].level == 1 and bool(clauses[0].name)
    heading, *rest = parts_of(links.heading(clauses[0])) if titled else [[Run(visible(title))]]
    facts = _facts(site, record, language, say)
    ranks = [0, *_ranks(clauses[1:])] if titled else list(_ranks(clauses))
    return {
        "language": language,
        "title": _short(clauses[0].name if titled else title, 200),
        "organisation": _short(site.organisation[language], 200),
        "description": f"{record.policy} {record.id}, SHA-256 {record.texts[language]}",
        "keywords": [record.policy, record.id],
        "running": f"{_short(title, 60)} · {record.id}",
        "fingerprint": f"SHA-256 {record.texts[language]}",
        "page": say(msg("Page {page} of {pages}", page="{page}", pages="{pages}")),
        "heading": inline(heading, LINE * 0.5),
        "facts": [[say(name), inline([Run(visible(words))], LINE * 0.95)] for name, words in facts],
        "later": say(msg("Whether it was postponed, withdrawn or replaced later is said there.")),
        "clauses": [
            _clause(clause, rank, f"clause-{i}", links, rest if titled and not i else [])
            for i, (clause, rank) in enumerate(zip(clauses, ranks, strict=True))
        ],
        "links-title": say(msg("Where the links lead")),
        "links": [
            [inline([Run(visible(words))], LINE), inline([Run(visible(target))], LINE)]
            for words, target in links.listed(document)
        ],
    }


def _facts(
    site: SiteSettings, record: VersionRecord, language: str, say: Translator
) -> list[tuple[Message | str, str]]:
    noticed = record.previous and not record.history
    day = msg("Announced to take effect on {day}", day=record.effective) if noticed else None
    return [
        (msg("Published by"), site.organisation[language]),
        (msg("Version"), record.id),
        (msg("Day of effect"), say(day) if day else say.value(record.effective)),
        *([(msg("Announced on"), say.value(record.announced))] if record.announced else []),
        (msg("Governing language"), say.value(LANGUAGE_NAMES[site.governing_language])),
        ("SHA-256", record.texts[language]),
        (msg("Address"), Addresses(site.base_url).full(Addresses.version(language, record.policy, record.id))),
    ]


def _clause(clause: Clause, rank: int, anchor: str, links: _Links, rest: list[list[Run]]) -> dict[str, Any]:
    """`rest`: what did not fit into the title, where the clause bears it."""
    heading: list[Run] = []
    if rank:
        heading, *rest = parts_of(links.heading(clause))
    return {
        "rank": rank,
        "anchor": anchor,
        "heading": inline(heading, LINE * 0.7),
        "blocks": [["h", inline(part, LINE)] for part in rest] + blocks_of(clause.tokens, links),
    }


def _ranks(clauses: tuple[Clause, ...]) -> Iterator[int]:
    """How deep each clause stands among the others, without a gap; 0 where it has no heading."""
    above: list[int] = []
    for clause in clauses:
        if not clause.name:
            yield 0
            continue
        while above and above[-1] >= clause.level:
            above.pop()
        above.append(clause.level)
        yield len(above)


class _Links:
    """Where the links of a text lead on paper."""

    def __init__(self, document: Document, base_url: str) -> None:
        self._base_url = base_url
        self._anchors: dict[str, str] = {}
        for i, clause in enumerate(document.clauses):
            self._anchors.setdefault(f"#{clause.id or f'clause-{i}'}", f"#clause-{i}")

    def __call__(self, target: str) -> str:
        """An address, "#label" within the copy, or "" for nowhere: as on the page, but whole."""
        if target.startswith("#"):
            return self._anchors.get(target, "")
        if not allowed_target(target) or len(target) > _LONGEST_LINK:
            return ""
        return self._base_url + target if target.startswith("/") else target

    def heading(self, clause: Clause) -> list[Run]:
        return runs_of(clause.heading, self) if clause.heading else []

    def listed(self, document: Document) -> list[tuple[str, str]]:
        """Words and address of the links that lead out of the copy and do not name where they lead, each once."""
        blocks = [b for c in document.clauses for b in (document.heading(c), *c.blocks)]
        found = {
            (link.words, target): None
            for block in blocks
            for link in block.links
            if not link.image and (target := self(link.target)) and not target.startswith("#")
        }
        return [(words, target) for words, target in found if words not in {target, target.split(":", 1)[-1]}]


def _short(words: str, most: int) -> str:
    words = visible(" ".join(words.split()))
    return words if len(words) <= most else words[: most - 1] + "…"

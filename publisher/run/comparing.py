"""Two texts compared for a person or a program: files, recorded versions, or what is on a ref."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from publisher.changes.classify import compare
from publisher.changes.lexicon import lexicon
from publisher.changes.model import Comparison, Level, Topic
from publisher.errors import Place, TextFindings, WrongUsage
from publisher.messages import in_every_language, msg
from publisher.register.repository import open_texts
from publisher.register.sources import FOLDER, read_sources
from publisher.register.store import VersionStore
from publisher.texts.document import parse
from publisher.texts.source import read_source
from publisher.workspace import NoticeDays, Workspace

SCHEMA = "publisher/compare/v1"


def compare_texts(
    old: bytes,
    new: bytes,
    language: str,
    bases: Mapping[Topic, str],
    places: tuple[Place, Place] = (Place(), Place()),
) -> Comparison:
    """Compare two texts given as bytes; TextFindings where one cannot be read at all.

    What would only stop a publication (an invisible character, say) does not stop a comparison.
    """
    sources = [read_source(data, place) for data, place in zip((old, new), places, strict=True)]
    problems = [p for source in sources for p in source.problems if p.severity == "error"]
    if any(not source.text for source in sources):
        raise TextFindings(problems)
    return compare(parse(sources[0].text), parse(sources[1].text), lexicon(language), bases)


def comparison_json(comparison: Comparison, days: NoticeDays) -> dict[str, Any]:
    """The comparison in the form of the contract `publisher/compare/v1`."""
    owed = {Level.NONE: 0, Level.MINOR: days.minor, Level.SIGNIFICANT: days.significant}
    return {
        "schema": SCHEMA,
        "level": comparison.level.value,
        "consent_required": comparison.consent_required,
        "notice_days": owed[comparison.level],
        "topics": [topic.value for topic in comparison.topics],
        "counts": comparison.counts(),
        "findings": [f.as_json(in_every_language(f.explanation)) for f in comparison.findings],
    }


def load_side(side: str, language: str, workspace: Workspace | None) -> bytes:
    """The text that `side` names: a file, or `policy@version`, `policy@HEAD`, `policy@ref` in the workspace."""
    file = Path(side)
    if file.is_file():
        return file.read_bytes()
    policy, at, which = side.partition("@")
    if not at or workspace is None:
        raise WrongUsage.of(
            "C538",
            msg("There is no file {path}.", path=side),
            msg("Name a file, or in a workspace a version such as privacy@20200727 or privacy@HEAD."),
        )
    version = VersionStore(workspace.versions).load().find(policy, which)
    if version and language in version.texts:
        return version.texts[language]
    with open_texts(workspace.root) as texts:
        commit = texts.tip(workspace.settings.git.ref if which == "HEAD" else which)
        sources = {s.policy: s for s in read_sources(texts.files(commit, FOLDER), workspace.settings.site.languages)}
    if policy not in sources or language not in sources[policy].texts:
        raise WrongUsage.of(
            "C538",
            msg("{side} does not exist in {language}.", side=side, language=language),
            msg("`publisher status` lists the versions."),
        )
    return sources[policy].texts[language]

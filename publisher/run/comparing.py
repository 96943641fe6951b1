"""Two texts compared for a person or a program: files, recorded versions, or what is on a ref."""

from __future__ import annotations

import errno
import gc
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from publisher.changes.classify import compare
from publisher.changes.lexicon import lexicon
from publisher.changes.model import Comparison, Level, Topic
from publisher.errors import Misconfigured, Place, TextFindings, WrongUsage
from publisher.files import write_file
from publisher.messages import in_every_language, msg
from publisher.records import fingerprint
from publisher.register.repository import open_texts
from publisher.register.sources import FOLDER, PolicySource, read_sources
from publisher.register.store import VersionStore
from publisher.texts.document import parse
from publisher.texts.languages import LANGUAGE_NAMES
from publisher.texts.pieces import Shared
from publisher.texts.source import MOST_BYTES, read_source
from publisher.website.compare_page import Side, compare_page
from publisher.workspace import NoticeDays, Workspace, site_files

SCHEMA = "publisher/compare/v1"


def prepare_for_many() -> None:
    """Make the process ready for many comparisons: what is loaded stays, and is not searched for garbage each time."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def compare_texts(
    old: bytes,
    new: bytes,
    language: str,
    bases: Mapping[Topic, str],
    places: tuple[Place, Place] = (Place(), Place()),
    shared: Shared | None = None,
) -> Comparison:
    """Compare two texts given as bytes; TextFindings where one cannot be read at all.

    `shared`: what was read already, for many comparisons between versions of the same texts.
    What would only stop a publication (an invisible character, say) does not stop a comparison.
    """
    sources = [read_source(data, place) for data, place in zip((old, new), places, strict=True)]
    problems = [p for source in sources for p in source.problems if p.severity == "error"]
    if any(not source.text for source in sources):
        raise TextFindings(problems)
    shared = shared or Shared()
    old_text, new_text = (parse(source.text, shared) for source in sources)
    return compare(old_text, new_text, lexicon(language), bases)


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


def page_file(out: str, sides: Sequence[str]) -> Path:
    """The file that `--html` names; WrongUsage where writing it would lose something or is no file."""
    path = Path(out)
    hint = msg("Name a file to write, for example --html changes.html.")
    if out in {"", "-"}:
        raise WrongUsage.of("C538", msg("--html needs the name of a file."), hint)
    if any(side == out or (path.exists() and Path(side).exists() and path.samefile(side)) for side in sides):
        raise WrongUsage.of("C538", msg("{path} is one of the texts to compare; it is kept.", path=out), hint)
    # A link or a device (/dev/stdout) would be replaced by the page.
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise WrongUsage.of("C538", msg("{path} is no ordinary file; nothing was written.", path=out), hint)
    return path


def write_page(
    path: Path,
    comparison: Comparison,
    texts: tuple[tuple[str, bytes], tuple[str, bytes]],
    language: str,
    days: int,
) -> None:
    """Write the comparison as one page to `path`, whole or not at all; `texts`: name and bytes, old and new.

    The program's own look, not the workspace's: the page stands alone, and is the same for the same texts anywhere.
    """
    old, new = (Side(name, fingerprint(data)) for name, data in texts)
    write_file(path, compare_page(comparison, (old, new), language, days, [site_files()]))


def load_side(side: str, language: str, workspace: Workspace | None) -> bytes:
    """The text that `side` names: a file, or `policy@version`, `policy@HEAD`, `policy@ref` in the workspace."""
    data = _read(side)
    if data is not None:
        return data
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
    sources = {s.policy: s for s in _sources(workspace, side, which)}
    if policy not in sources or language not in sources[policy].texts:
        raise WrongUsage.of(
            "C538",
            msg("{side} does not exist in {language}.", side=side, language=LANGUAGE_NAMES[language]),
            msg("`publisher status` lists the versions."),
        )
    return sources[policy].texts[language]


def _read(side: str) -> bytes | None:
    """The bytes of the file `side`, as many as a text may have and one more; None where there is no such file."""
    try:
        with Path(side).open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG}:
            return None
        if error.errno == errno.EISDIR:
            raise WrongUsage.of(
                "C538",
                msg("{path} is a folder, not a text.", path=side),
                msg("Name a file, or in a workspace a version such as privacy@20200727 or privacy@HEAD."),
            ) from error
        raise WrongUsage.of(
            "C538",
            msg("{path} could not be read: {reason}.", path=side, reason=error.strerror or str(error)),
            msg("Name a file that you may read."),
        ) from error


def _sources(workspace: Workspace, side: str, which: str) -> list[PolicySource]:
    """The policies at the tip of the branch that `which` names; WrongUsage where it names none."""
    with open_texts(workspace.root) as texts:
        try:
            commit = texts.tip(workspace.settings.git.ref if which == "HEAD" else which)
        except Misconfigured as error:
            if which == "HEAD" or error.problems[0].code != "C516":
                raise
            raise WrongUsage.of(
                "C538",
                msg("{side} does not exist: there is no such version, and no such branch.", side=side),
                msg("`publisher status` lists the versions."),
            ) from error
        return read_sources(texts.files(commit, FOLDER), workspace.settings.site.languages)

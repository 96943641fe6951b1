"""Whether the PDFs of what is pending can be made: told before it is committed, not on the day of its announcement."""

from __future__ import annotations

from datetime import UTC, datetime

from publisher.errors import Problem
from publisher.records import fingerprint
from publisher.register.pending import Pending
from publisher.register.versions import VersionRecord
from publisher.run.observe import Observation
from publisher.website.pdf import NoPdf, make_pdfs
from publisher.workspace import Workspace


def paper_problems(workspace: Workspace, observation: Observation) -> list[Problem]:
    """C580 to C584 for each pending change; [] where the settings ask for no PDF. What is made is thrown away."""
    found: list[Problem] = []
    for change in observation.pending.values() if workspace.settings.site.pdf else ():
        try:
            make_pdfs(workspace, _draft(change), change.source.texts, datetime.fromtimestamp(0, UTC))
        except NoPdf as error:
            found += error.problems
    return found


def _draft(change: Pending) -> VersionRecord:
    """The version as far as it is known: enough to be set."""
    settings = change.source.settings
    return VersionRecord(
        policy=change.source.policy,
        id="",
        kind=settings.kind if settings else "",
        title=settings.title.as_dict() if settings else {},
        effective=datetime.fromtimestamp(0, UTC).date(),
        announced=None,
        history=False,
        previous="",
        level=change.level.value,
        days=change.days,
        counting="",
        counted={},
        reason={},
        summary={},
        findings={},
        consent="",
        includes=[],
        rules="",
        source={},
        texts={language: fingerprint(text) for language, text in change.source.texts.items()},
    )

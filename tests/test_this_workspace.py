"""This repository is itself a workspace: its texts are clean, its history holds, nothing is pending."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from publisher.register.folder import FolderTexts
from publisher.register.store import VersionStore
from publisher.run.observe import observe
from publisher.website.build import build_site
from publisher.workspace import open_workspace

WORKSPACE = open_workspace(Path(__file__).parent.parent)


def test_the_texts_are_clean_and_nothing_is_pending() -> None:
    observation = observe(WORKSPACE, FolderTexts(WORKSPACE.root), datetime(2026, 11, 23, tzinfo=UTC))
    assert observation.problems == []
    assert [r.code for s in observation.sources for r in s.remarks] == []
    assert {p.policy: (p.state, p.version) for p in observation.plan.policies} == {
        "privacy": ("in_force", "20200727"),
        "third-parties": ("in_force", "20200727"),
    }


def test_the_history_holds_and_is_published(tmp_path: Path) -> None:
    store = VersionStore(WORKSPACE.versions)
    assert store.verify() == []
    register = store.load()
    assert [(v.id, register.state(v)) for v in register.of("privacy")] == [
        ("20160624", "superseded"),
        ("20200727", "in_force"),
    ]
    first = register.of("privacy")[0].record
    assert (first.history, first.counting, first.days) == (True, "calendar-days", 7)
    build_site(WORKSPACE, register, output=tmp_path / "site")
    for language in ("ko", "en"):
        for path in ("v/20160624", "v/20200727", "compare/20160624..20200727", "history"):
            assert (tmp_path / "site" / language / "privacy" / path / "index.html").is_file()

"""What is about to be written down is shown first: built, switched, brought to the public site and fetched back.

Until the journal has it, the entry that the site already speaks of stands in `var/shown.json`. A later tick goes on
with it before anything else, because a build without it would make its pages vanish; and it goes on with this very
entry, whose hash stands on the pages, because a cache that is asked again after each tick must find the same page.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from typing import Final

from publisher.files import write_file
from publisher.notice.plan import Plan, Step
from publisher.register.journal import Entry, Event, next_entry, parse_journal
from publisher.register.versions import Register
from publisher.run.engine import Engine
from publisher.website.build import build_site, site_inputs
from publisher.website.live import telling_pages
from publisher.website.publish import built_from
from publisher.workspace import Workspace

_FILE: Final = "shown.json"


def show(engine: Engine, register: Register, entry: Entry, day_of: Callable[[datetime], date]) -> tuple[Entry, ...]:
    """Show the site as it is once `entry` holds; what may now be written, all at once: the entry, and, where there is
    a public site to ask, that it was seen there. Raises NotLive where it was not (S215), or could not be brought there
    (S250, S251), and then nothing may be.
    """
    workspace = engine.workspace
    base = workspace.settings.site.live_url
    # Whoever kept a page that an interrupted run showed finds its hash in the journal.
    entry = _already_shown(workspace, register, entry, day_of) or entry
    write_file(workspace.state / _FILE, entry.line())
    coming = register.with_entry(entry)
    build_site(workspace, coming)
    engine.bring(workspace, engine.live)
    version = coming.find(entry.policy, entry.version)
    if not base or version is None:
        return (entry,)
    pages = engine.live.check(base, telling_pages(version, workspace.output))
    checked = next_entry(
        coming.entries,
        at=engine.clock(),
        event=Event.LIVE_CHECKED,
        policy=entry.policy,
        version=entry.version,
        data={"url": base, "pages": pages, "of": entry.event.value},
    )
    return entry, checked


def shown_first(workspace: Workspace, plan: Plan, register: Register) -> list[Step]:
    """The steps that are due, what the site already shows before everything else."""
    shown = _unwritten(workspace, register)
    return sorted(plan.due(), key=lambda s: (s.policy, s.version) != shown)


def waits_to_be_written(workspace: Workspace, plan: Plan, register: Register) -> bool:
    """Whether the site shows what is still to be written down, so that it must not be built without it."""
    shown = _unwritten(workspace, register)
    return any((s.policy, s.version) == shown for s in plan.due())


def _unwritten(workspace: Workspace, register: Register) -> tuple[str, str] | None:
    """Policy and version of which the site may show what the journal does not have; None where there is none."""
    try:
        line = json.loads((workspace.state / _FILE).read_bytes())
        written = any(e.hash == line["hash"] for e in reversed(register.entries))
        return None if written else (str(line["policy"]), str(line["version"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def forget_shown(workspace: Workspace) -> None:
    """What was shown is in the journal, or was given up."""
    with suppress(OSError):
        (workspace.state / _FILE).unlink(missing_ok=True)


def _already_shown(
    workspace: Workspace, register: Register, entry: Entry, day_of: Callable[[datetime], date]
) -> Entry | None:
    """The entry for the same that the site has shown since earlier on the same day."""
    try:
        line = (workspace.state / _FILE).read_bytes()
    except OSError:
        return None
    entries, problems = parse_journal(b"".join(e.line() for e in register.entries) + line)
    if problems or len(entries) != len(register.entries) + 1:
        return None
    shown = entries[-1]
    same = (shown.event, shown.policy, shown.version, shown.data) == (
        entry.event,
        entry.policy,
        entry.version,
        entry.data,
    )
    if not same or shown.at > entry.at or day_of(shown.at) != day_of(entry.at):
        return None
    visible = built_from(workspace.output) == site_inputs(workspace, register.with_entry(shown))
    return shown if visible else None

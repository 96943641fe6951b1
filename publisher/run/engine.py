"""A workspace and the outside world that it acts on: everything that a step touches is handed in here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from publisher.mail.send import Mailer
from publisher.notice.lifecycle import Step
from publisher.register.record import Record, open_record
from publisher.register.repository import Texts
from publisher.register.store import VersionStore
from publisher.run.quiet import program_files
from publisher.website.live import Live
from publisher.workspace import Workspace


@dataclass(frozen=True)
class Engine:
    """A workspace and the outside world that it acts on."""

    workspace: Workspace
    clock: Callable[[], datetime]
    #: opens the approved texts
    texts: Callable[[], AbstractContextManager[Texts]]
    mailers: Callable[[], Mailer]
    #: told of each step as it is done
    on_step: Callable[[Step], None] = lambda _: None
    #: opens the second copy of the register, in git
    record: Callable[[Workspace], Record] = open_record
    #: another clock, asked when this one has jumped ahead; None from it where it does not answer. Where there is none,
    #: a simulated clock agrees with itself and any other one with nothing
    second_clock: Callable[[], datetime | None] | None = None
    #: the public site, from which what was built is fetched back
    live: Live = field(default_factory=Live)
    #: the repository whose branch `git.ref` the texts come from; without it no tick is a quiet one (`quiet`)
    git_dir: Path | None = None
    #: what the program's own files were when it began to act; files that came later are not what runs here
    program: list[Any] = field(default_factory=program_files)

    @property
    def store(self) -> VersionStore:
        return VersionStore(self.workspace.versions)

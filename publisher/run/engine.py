"""A workspace and the outside world that it acts on: everything that a step touches is handed in here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from publisher.mail.send import Mailer
from publisher.notice.lifecycle import Step
from publisher.register.record import Record, open_record
from publisher.register.repository import Texts
from publisher.register.store import VersionStore
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

    @property
    def store(self) -> VersionStore:
        return VersionStore(self.workspace.versions)

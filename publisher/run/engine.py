"""A workspace and the outside world that it acts on: everything that a step touches is handed in here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from publisher.errors import Problem, PublisherError
from publisher.files import only_run
from publisher.mail.lease import NO_LEASE, Lease, hold_lease
from publisher.mail.mailers import Mailer
from publisher.notice.plan import Step
from publisher.notice.risk import Risk
from publisher.register.record import Record, open_record
from publisher.register.repository import Texts
from publisher.register.store import VersionStore
from publisher.run.progress import Onlooker
from publisher.run.quiet import program_files
from publisher.website.deploy import bring_news
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
    #: brings the built site to where readers get it, where the settings say so; NotLive where it could not
    bring: Callable[[Workspace, Live], None] = bring_news
    #: the repository whose branch `git.ref` the texts come from; without it no tick is a quiet one (`quiet`)
    git_dir: Path | None = None
    #: what the program's own files were when it began to act; files that came later are not what runs here
    program: list[Any] = field(default_factory=program_files)
    #: told of an alarm that was handed over (no error), or could not be
    on_alarm: Callable[[Problem, PublisherError | None], None] = lambda _, __: None
    #: told of a mailing that goes on, from time to time: how its deliveries stand, and which days are at risk
    on_mailing: Callable[[Step, Mapping[str, int], list[Risk]], None] = lambda _, __, ___: None
    #: told how a mailing stands while letters go out; None where nobody looks
    onlooker: Onlooker | None = None
    #: told of every letter that has an outcome: a long mailing is alive
    on_letter: Callable[[], None] = lambda: None
    #: whether somebody wants the engine to end after what it has in hand
    stopping: Callable[[], bool] = lambda: False
    #: why the texts are those of an earlier fetch, where they are; nothing new is begun from such texts
    away: Callable[[], PublisherError | None] = lambda: None
    #: the right to act, where several engines share a database
    lease: Lease = NO_LEASE

    @property
    def store(self) -> VersionStore:
        return VersionStore(self.workspace.versions, self.lease.check)


@contextmanager
def at_work(engine: Engine) -> Iterator[Engine]:
    """The engine with the right to act: the lock of the workspace and the lease of the database.

    Raises Locked where another engine has one of them.
    """
    with only_run(engine.workspace.lock), hold_lease(engine.workspace) as lease:
        yield replace(engine, lease=lease)

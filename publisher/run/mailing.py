"""The mails of a notice: handed over, counted, and written down once everyone has an outcome."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from publisher.errors import WrongUsage
from publisher.mail.compose import Composer
from publisher.mail.database import open_database
from publisher.mail.outbox import Outbox, is_complete
from publisher.mail.recipients import open_vault
from publisher.mail.send import send_notice
from publisher.messages import msg
from publisher.notice.calendar import count, mail_until
from publisher.notice.wording import notice_id
from publisher.register.journal import Event
from publisher.register.versions import Version
from publisher.run.engine import Engine, at_work
from publisher.run.observe import Observation, observe
from publisher.website.views import notice_of

#: Seconds of mailing after which the engine looks whether something else has become due.
SLICE: Final = 300.0


class MoreToMail(Exception):
    """There are letters left that could be handed over now; how the deliveries stand."""

    def __init__(self, outcomes: dict[str, int]) -> None:
        super().__init__()
        self.outcomes = outcomes


def notify(engine: Engine, version: Version, observation: Observation, now: datetime) -> bool:
    """Mail everyone who has no outcome yet; finished when all have one."""
    outcomes = _mail(engine, version, observation, now)
    if not is_complete(outcomes):
        return False
    finished = engine.clock()
    earliest = count(observation.rules.day_of(finished), version.record.days, observation.rules).earliest
    engine.store.journal.append(
        at=finished,
        event=Event.NOTIFIED,
        policy=version.policy,
        version=version.id,
        data={
            "notice": notice_id(version.policy, version.id),
            "outcomes": outcomes,
            "earliest": earliest.isoformat(),
        },
    )
    return True


def _mail(
    engine: Engine, version: Version, observation: Observation, now: datetime, *, retry: bool = False
) -> dict[str, int]:
    """Hand over what is due of a notice; the outcomes so far."""
    if version.announced_at is None:
        raise ValueError(version.id)
    workspace, rules = engine.workspace, observation.rules
    announced = rules.day_of(version.announced_at)
    notice = notice_of(version, workspace.settings.site, rules.zone, announced=announced)
    announcement = next(
        e
        for e in observation.register.entries
        if (e.event, e.policy, e.version) == (Event.ANNOUNCED, version.policy, version.id)
    )
    composer = Composer.of(workspace, notice, version.announced_at, announcement.hash)
    database = open_database(workspace)
    engine.lease.fence(database)
    going_on = _for_a_while(engine, math.inf if retry else SLICE)
    try:
        outbox = Outbox(database, open_vault(workspace), notice.id)
        outbox.fill(now)
        outbox.recover()
        if retry:
            outbox.reopen()
        send_notice(outbox, composer, engine.mailers, workspace.settings.mail.connections, engine.clock, going_on)
        if not going_on() and not engine.stopping() and outbox.has_due(engine.clock()):
            raise MoreToMail(outbox.outcomes())
        if rules.day_of(now) > mail_until(announced, rules):
            outbox.close(now)
        return outbox.outcomes()
    finally:
        database.dispose()


def _for_a_while(engine: Engine, seconds: float) -> Callable[[], bool]:
    """Whether another letter should be begun: until somebody stops the engine, or the slice is over."""
    until = time.monotonic() + seconds

    def going_on() -> bool:
        engine.on_letter()
        return not engine.stopping() and time.monotonic() < until

    return going_on


def retry_failed(engine: Engine, notice: str) -> dict[str, int]:
    """Try the failed deliveries of a notice once more; its outcomes afterwards.

    What the journal says of the mailing stays as it was: the notice period does not begin anew. Raises WrongUsage
    where there is no such notice.
    """
    with at_work(engine) as working, working.texts() as texts:
        observation = observe(working.workspace, texts, working.clock())
        version = next(
            (v for v in observation.register.versions if v.announced_at and notice_id(v.policy, v.id) == notice),
            None,
        )
        if version is None or version.first:
            raise WrongUsage.of(
                "S245",
                msg("There is no notice {notice}.", notice=notice),
                msg("`publisher mail status` lists them."),
            )
        return _mail(working, version, observation, working.clock(), retry=True)

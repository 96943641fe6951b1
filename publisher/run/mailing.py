"""The mails of a notice: handed over, counted, and written down once everyone has an outcome."""

from __future__ import annotations

from datetime import datetime

from publisher.errors import WrongUsage
from publisher.files import only_run
from publisher.mail.compose import Composer
from publisher.mail.database import open_database
from publisher.mail.outbox import Outbox, is_complete
from publisher.mail.receipts import Sealed, seal
from publisher.mail.recipients import open_vault
from publisher.mail.send import send_notice
from publisher.messages import msg
from publisher.notice.calendar import count, mail_until
from publisher.notice.wording import notice_id
from publisher.register.journal import Event
from publisher.register.versions import Version
from publisher.run.engine import Engine
from publisher.run.observe import Observation, observe
from publisher.website.views import notice_of


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
            **seal_mailing(engine, notice_id(version.policy, version.id)).as_json(),
            "earliest": earliest.isoformat(),
        },
    )
    return True


def seal_mailing(engine: Engine, outbox: str) -> Sealed:
    """Write the receipts of a finished mailing; what the journal says of it. `outbox`: the id of the mailing."""
    database = open_database(engine.workspace)
    try:
        return seal(database, open_vault(engine.workspace), outbox)
    finally:
        database.dispose()


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
    try:
        outbox = Outbox(database, open_vault(workspace), notice.id)
        outbox.fill(now)
        outbox.recover()
        if retry:
            outbox.reopen()
        send_notice(outbox, composer, engine.mailers, workspace.settings.mail.connections, engine.clock)
        if rules.day_of(now) > mail_until(announced, rules):
            outbox.close(now)
        return outbox.outcomes()
    finally:
        database.dispose()


def retry_failed(engine: Engine, notice: str) -> dict[str, int]:
    """Try the failed deliveries of a notice once more; its outcomes afterwards.

    What the journal says of the mailing stays as it was: the notice period does not begin anew. Raises WrongUsage
    where there is no such notice.
    """
    with only_run(engine.workspace.lock), engine.texts() as texts:
        observation = observe(engine.workspace, texts, engine.clock())
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
        return _mail(engine, version, observation, engine.clock(), retry=True)

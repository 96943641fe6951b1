"""The letters of a change before it is announced, and whether they can be written: told before it is committed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from publisher.errors import Place, Problem, PublisherError
from publisher.mail.compose import Composer
from publisher.mail.readers import Reader
from publisher.mail.recipients import Recipient
from publisher.messages import msg, translator
from publisher.notice.plan import PolicyPlan
from publisher.notice.promotion import promotion_in
from publisher.notice.wording import notice_id
from publisher.register.versions import Version
from publisher.run.mailing import last_composer
from publisher.run.observe import Observation
from publisher.run.steps import decided
from publisher.website.views import notice_of
from publisher.workspace import Workspace, site_files

#: The left part of the Message-ID of a letter that nobody gets.
TOKEN = "preview-of-a-letter"  # noqa: S105 - an example
#: Where a workspace has templates of its own.
_FOLDER = "site/templates/mail"


def pending_composer(
    workspace: Workspace, observation: Observation, plan: PolicyPlan, now: datetime
) -> tuple[str, Composer] | None:
    """The id that the notice of a pending change will have, and who writes its letters; None where none is owed."""
    change = observation.pending.get(plan.policy)
    if change is None or change.first or plan.effective is None or change.source.settings is None:
        return None
    version = plan.version or plan.effective.strftime("%Y%m%d")
    at = plan.announce_at or now
    made = Version(
        record=decided(plan.policy, version, observation), texts=change.source.texts, digest="", frozen_at=at
    )
    rules = observation.rules
    notice = notice_of(made, workspace.settings.site, rules.zone, announced=rules.day_of(at))
    head = msg("(made when it is announced)")
    return notice_id(plan.policy, version), Composer.of(workspace, notice, at, head)


def somebody(language: str, reader: Reader, *, named: bool = True) -> Recipient:
    """A reader who does not exist."""
    return Recipient(
        id="preview",
        address="reader@example.com",
        name=translator(language)(msg("Example Reader")) if named else "",
        language=language,
        guardian=reader is Reader.GUARDIAN,
        watcher=reader is Reader.WATCHER,
    )


def letter_problems(workspace: Workspace, observation: Observation, now: datetime) -> list[Problem]:
    """What keeps a letter of a pending change from being written, for each kind of reader; each problem once.

    Templates of the workspace's own are tried with the last mailing where no change is pending, and must not
    advertise (S263, S264).
    """
    own = workspace.has_own("templates/mail")
    pending = (pending_composer(workspace, observation, plan, now) for plan in observation.plan.policies)
    composers = [found[1] for found in pending if found]
    if own and not composers and (last := last_composer(workspace, observation)):
        composers = [last]
    found: list[Problem] = []
    for composer in composers:
        for problem in _of_letters(composer, own=own):
            if problem not in found:
                found.append(problem)
    return found


def _of_letters(composer: Composer, *, own: bool) -> Iterator[Problem]:
    for language in composer.notice.title.as_dict():
        for reader in Reader:
            try:
                for named in (True, False):
                    composer.letter(somebody(language, reader, named=named), TOKEN)
            except PublisherError as error:
                yield from error.problems
                continue
            if own:
                yield from _promoted(composer, language, reader)


def _promoted(composer: Composer, language: str, reader: Reader) -> Iterator[Problem]:
    """What the templates say beyond the program's own; the notice itself is looked at elsewhere."""
    ours = replace(composer, folders=[site_files()])
    said, known = (
        [letters.bodies(language, reader, name)[0] for name in (somebody(language, reader).name, "")]
        for letters in (composer, ours)
    )
    for problem in promotion_in(language, said, known):
        yield replace(
            problem,
            place=Place(path=_FOLDER),
            hint=msg("Take it out of the templates of the mails, and say it elsewhere."),
        )

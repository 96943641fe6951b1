"""The letter of an alarm: plain words, Korean and English in one mail, nothing of any recipient in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING

from publisher.errors import Problem, PublisherError
from publisher.messages import LANGUAGES, Message, Translator, msg, translator
from publisher.records import fingerprint
from publisher.workspace import Workspace

if TYPE_CHECKING:
    from publisher.mail.compose import Letter
    from publisher.mail.mailers import Mailer


def alarm_letter(workspace: Workspace, problem: Problem, address: str, since: datetime, matter: str) -> Letter:
    """The alarm about `problem` to one address.

    `matter` and the day on which it began make the Message-ID: tried again, it is the same mail.
    """
    from publisher.mail.compose import Letter

    settings = workspace.settings
    zone = settings.notice.timezone
    local, _, domain = address.rpartition("@")
    sender_local, _, sender_domain = settings.mail.sender.rpartition("@")
    day = since.astimezone(zone).date().isoformat()
    token = "alarm-" + fingerprint("\n".join((matter, day, address)).encode())[:32]
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = Address(display_name="Publisher", username=sender_local, domain=sender_domain)
    message["To"] = Address(username=local, domain=domain)
    subject = msg("Alarm: {kind}", kind=_kind(problem.code))
    words = " / ".join(translator(language)(subject) for language in LANGUAGES)
    message["Subject"] = f"[{problem.code}] {words}"
    message["Date"] = format_datetime(since.astimezone(zone))
    message["Message-ID"] = f"<{token}@{sender_domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834
    message.set_content(
        "\n\n————\n\n".join(_body(workspace, problem, translator(language)) for language in LANGUAGES), cte="base64"
    )
    return Letter(sender=settings.mail.sender, recipient=address, token=token, data=message.as_bytes())


def _kind(code: str) -> Message:
    if code.startswith("V"):
        return msg("a record does not hold")
    if code in {"S223", "S225", "S226"}:
        return msg("mails could not be handed over")
    return msg("a date is at risk")


def _body(workspace: Workspace, problem: Problem, say: Translator) -> str:
    closing = msg(
        "Site: {site}. This alarm is sent once for each matter; what to do is in docs/runbook.md of the program. "
        "`publisher plan` and `publisher status` say how things stand.",
        site=workspace.settings.site.base_url,
    )
    return f"{problem.in_words(say)}\n\n{say(closing)}"


def hand_over_alarm(
    workspace: Workspace,
    mailers: Callable[[], Mailer],
    problem: Problem,
    address: str,
    since: datetime,
    matter: str,
) -> str | None:
    """Hand an alarm over; None where it was taken, else why it was not, in a word that names nobody."""
    from publisher.mail.mailers import at_will
    from publisher.mail.outcomes import State

    letter = alarm_letter(workspace, problem, address, since, matter)

    async def one() -> str | None:
        async with mailers() as mailer:
            outcome = await mailer.hand_over(letter, at_will)
        if outcome is None or outcome.state is State.HANDED_OVER:
            return None
        return str(outcome.code or outcome.state.value)

    try:
        return asyncio.run(one())
    except PublisherError as error:
        return error.problems[0].code

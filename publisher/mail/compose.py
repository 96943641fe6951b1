"""The letter: one recipient, their language, plain text and HTML that say the same.

Before it is handed to anyone, the finished message is read back and compared: the same header names, the same
subject, the one recipient. A value that would have become something else stops that message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from email import message_from_bytes, policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cached_property
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from jinja2 import Environment

from publisher.changes.redline import Run, redline
from publisher.errors import IntegrityBroken, PublisherError
from publisher.mail.recipients import Recipient
from publisher.messages import msg, translator
from publisher.notice.wording import AmendmentNotice, Notice
from publisher.register.versions import Amendment
from publisher.website.addresses import Addresses
from publisher.website.templates import environment
from publisher.workspace import Workspace

#: What the standard library raises over values that a message cannot hold, when it writes or reads one.
_GARBLED: Final = (MessageError, ValueError, AttributeError, IndexError, TypeError)


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """A message ready to be handed over."""

    sender: str
    recipient: str = field(repr=False)
    token: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Composer:
    """Writes the letters of one notice, or of one amendment of it."""

    #: as it was announced: a letter that goes out once more says what it said before
    notice: Notice
    sender: str
    contact: str
    addresses: Addresses
    folders: Sequence[Path]
    #: the moment of the announcement, or of the amendment: the Date of every letter, so that a repeated one is the
    #: same to the byte
    announced_at: datetime
    zone: ZoneInfo
    #: hash of the journal's line about the announcement, or the amendment; every mailbox becomes a witness of it
    head: str
    #: what the letters tell of, where it is not the announcement itself
    amendment: AmendmentNotice | None = None

    @classmethod
    def of(cls, workspace: Workspace, notice: Notice, announced_at: datetime, head: str) -> Composer:
        """For the announcement itself, whatever became of it since."""
        settings = workspace.settings
        return cls(
            notice=notice.as_announced(),
            sender=settings.mail.sender,
            contact=settings.site.contact,
            addresses=Addresses(settings.site.base_url),
            folders=workspace.site_folders(),
            announced_at=announced_at,
            zone=settings.notice.timezone,
            head=head,
        )

    @classmethod
    def of_amendment(cls, workspace: Workspace, notice: Notice, amendment: Amendment) -> Composer:
        """For a postponement or a withdrawal, one of `notice.amendments`; its mailing goes by `amendment_id`.

        Amendments that came after it are not known to the letter, so that it says the same whenever it goes out.
        """
        told = next(a for a in notice.amendments if a.line == amendment.hash)
        return replace(cls.of(workspace, notice, amendment.at, amendment.hash), amendment=told)

    def letter(self, recipient: Recipient, token: str) -> Letter:
        """The letter to `recipient`; IntegrityBroken (S230) where it would not arrive as it was written."""
        text, html = self._bodies(recipient)
        subject = translator(recipient.language)((self.amendment or self.notice).subject())
        try:
            message = self._message(recipient, token, subject, text, html)
            data = message.as_bytes()
        except _GARBLED:
            raise _would_not_arrive() from None
        _gate(data, list(message.keys()), subject, self.sender, recipient.address)
        return Letter(sender=self.sender, recipient=recipient.address, token=token, data=data)

    def _message(self, recipient: Recipient, token: str, subject: str, text: str, html: str) -> EmailMessage:
        message = EmailMessage(policy=policy.SMTP)
        message["From"] = _mailbox(self.notice.organisation[recipient.language], self.sender)
        message["To"] = _mailbox(recipient.name, recipient.address)
        message["Subject"] = subject
        message["Date"] = format_datetime(self.announced_at.astimezone(self.zone))
        message["Message-ID"] = f"<{token}@{self.sender.rpartition('@')[2]}>"
        message["Reply-To"] = self.contact
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies, please
        message.set_content(text, cte="base64")
        message.add_alternative(html, subtype="html", cte="base64")
        # Only now: making alternatives moves every Content- header into the first of them.
        message["Content-Language"] = recipient.language
        message.set_boundary(f"=_{token}")
        return message

    def _bodies(self, recipient: Recipient) -> tuple[str, str]:
        values = {
            "notice": self.notice,
            "amendment": self.amendment,
            "name": recipient.name,
            "greeting": msg("Dear {name},", name=recipient.name),
            "findings": self.notice.findings[recipient.language],
            "redlines": self._redlines[recipient.language],
            "to": Addresses,
            "full": self.addresses.full,
            "contact": self.contact,
            "head": self.head,
            "language": recipient.language,
            "reason_for_mail": msg(
                "You receive this because you are registered as the guardian of a user of {organisation}. "
                "It is a notice required by the policy itself, not advertising.",
                organisation=self.notice.organisation,
            )
            if recipient.guardian
            else msg(
                "You receive this because you have an account with {organisation}. It is a notice required "
                "by the policy itself, not advertising; it ends when the account is closed.",
                organisation=self.notice.organisation,
            ),
        }
        plain, html = self._templates[recipient.language]
        name = "amendment" if self.amendment else "notice"
        return (
            plain.get_template(f"mail/{name}.txt.j2").render(values),
            html.get_template(f"mail/{name}.html.j2").render(values),
        )

    @cached_property
    def _redlines(self) -> dict[str, list[tuple[Run, ...]]]:
        """For each finding the words that went and came; the same for everyone who reads the language."""
        return {
            language: [redline(finding["before"], finding["after"]) for finding in findings]
            for language, findings in self.notice.findings.items()
        }

    @cached_property
    def _templates(self) -> dict[str, tuple[Environment, Environment]]:
        return {
            language: (environment(self.folders, language, escape=False), environment(self.folders, language))
            for language in self.notice.title.as_dict()
        }


def _mailbox(name: str, address: str) -> Address:
    local, _, domain = address.rpartition("@")
    return Address(display_name=name, username=local, domain=domain)


def _gate(data: bytes, names: list[str], subject: str, sender: str, recipient: str) -> None:
    """Read the message back as a mail program would, and compare."""
    try:
        parsed = message_from_bytes(data, policy=policy.default)
        same = (
            [n.lower() for n in parsed] == [n.lower() for n in names]
            and parsed["Subject"] == subject
            and [a.addr_spec for a in parsed["From"].addresses] == [sender]
            and [a.addr_spec for a in parsed["To"].addresses] == [recipient]
        )
    except _GARBLED:
        same = False
    if not same:
        raise _would_not_arrive()


def _would_not_arrive() -> PublisherError:
    return IntegrityBroken.of(
        "S230",
        msg("A mail would not arrive as it was written: one of its headers turns into something else."),
        msg(
            "It was not sent. Look at the title, the organisation's name and the recipient's name for unusual "
            "characters."
        ),
    )

"""The letter: one recipient, their language, plain text and HTML that say the same.

A notice is rendered once for each language and kind of reader and made into bytes with holes (`mould`). That mould is
filled with hostile values, read back as a mail program would, and compared with what the templates say; a letter's own
head is read back each time. A value that would have become something else stops that message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment
from markupsafe import escape

from publisher.changes.redline import Run, redline
from publisher.errors import IntegrityBroken, Misconfigured, PublisherError
from publisher.mail.mould import NAME, TO, TOKEN, Body, Mould, Refused, mailbox, mould, unstructured
from publisher.mail.readers import Reader, opening, reason_for_mail
from publisher.mail.recipients import Recipient
from publisher.messages import Message, msg, translator
from publisher.notice.wording import AmendmentNotice, Notice, level_name
from publisher.register.versions import Amendment
from publisher.website.addresses import Addresses
from publisher.website.changed import DIRECTIONS
from publisher.website.templates import environment, rendered
from publisher.workspace import Workspace

#: What the standard library raises over values that a message cannot hold, when it writes or reads one.
_GARBLED: Final = (MessageError, ValueError, AttributeError, IndexError, TypeError, Refused)
#: Names that a mould is tried with: of every length modulo 3, marked up, quoted, long, in both scripts.
_SAMPLES: Final = (
    "a",
    "ab",
    "abc",
    "김하나",
    '<b>"&amp;" \\ \'</b>, (x); y@example.com',
    "가나 " * 40 + "다",
    "{{ name }} %s",
)
_SAMPLE_ADDRESS: Final = "o'neil+a=b@mail.example.com"
_SAMPLE_TOKEN: Final = "AZaz09-_AZaz09-_AZaz"  # noqa: S105 - an example
#: What would load something or ask for something when a mail is opened.
_ALIVE: Final = re.compile(
    r"<(?:img|script|link|iframe|object|embed|form|input|button|video|audio|svg|base|picture|source)\b|url\s*\(|@import"
    r"|<[^>]*\s(?:src|srcset|background|on\w+)\s*=|http-equiv",
    re.IGNORECASE,
)


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
    head: str | Message
    #: what the letters tell of, where it is not the announcement itself
    amendment: AmendmentNotice | None = None
    #: where mail comes back to, with the letter's token in it (VERP); "" for the sender
    bounces: str = ""
    #: whom letters to watchers come from; "" for the sender
    watchers_sender: str = ""
    #: the address with {token} where watchers unsubscribe by one click (RFC 8058); "" for a mail to the contact
    unsubscribe: str = ""
    #: a letter to oneself, which must not be taken for the notice
    test: bool = False

    @classmethod
    def of(cls, workspace: Workspace, notice: Notice, announced_at: datetime, head: str | Message) -> Composer:
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
            bounces=settings.mail.bounces,
            watchers_sender=settings.mail.watchers_from,
            unsubscribe=settings.mail.unsubscribe,
        )

    @classmethod
    def of_amendment(cls, workspace: Workspace, notice: Notice, amendment: Amendment) -> Composer:
        """For a postponement or a withdrawal, one of `notice.amendments`; its mailing goes by `amendment_id`.

        Amendments that came after it are not known to the letter, so that it says the same whenever it goes out.
        """
        told = next(a for a in notice.amendments if a.line == amendment.hash)
        return replace(cls.of(workspace, notice, amendment.at, amendment.hash), amendment=told)

    def letter(self, recipient: Recipient, token: str) -> Letter:
        """The letter to `recipient`; IntegrityBroken (S230) where it would not arrive as it was written.

        Misconfigured (S260, S261) where a template of the workspace cannot be used for letters.
        """
        reader = Reader.of(guardian=recipient.guardian, watcher=recipient.watcher)
        found = self._mould(recipient.language, reader, named=bool(recipient.name))
        try:
            data = found.filled(recipient.name, recipient.address, token)
        except _GARBLED:
            raise _would_not_arrive() from None
        return Letter(sender=self.envelope_sender(reader, token), recipient=recipient.address, token=token, data=data)

    def envelope_sender(self, reader: Reader, token: str) -> str:
        """Where a mail server returns the letter to."""
        if not self.bounces:
            return self._from(reader)
        local, _, domain = self.bounces.rpartition("@")
        return f"{local}+{token}@{domain}"

    def subject(self, language: str) -> str:
        subject = (self.amendment or self.notice).subject()
        return translator(language)(msg("[Test] {subject}", subject=subject) if self.test else subject)

    def bodies(self, language: str, reader: Reader, name: str) -> tuple[str, str]:
        """Plain text and HTML as the templates make them; Misconfigured (C595, C596, C597) where one cannot be used."""
        plain, html = self._templates[language]
        kind = "amendment" if self.amendment else "notice"
        values = self._values(language, reader, name)
        return (
            rendered(plain, self.folders, f"mail/{kind}.txt.j2", **values),
            rendered(html, self.folders, f"mail/{kind}.html.j2", **values),
        )

    def _from(self, reader: Reader) -> str:
        return (self.watchers_sender if reader is Reader.WATCHER else "") or self.sender

    def _mould(self, language: str, reader: Reader, *, named: bool) -> Mould:
        found = self._moulds.get((language, reader, named))
        if found is None:
            try:
                found = self._moulds[language, reader, named] = self._made(language, reader, named=named)
            except _GARBLED:
                raise _would_not_arrive() from None
        return found

    @cached_property
    def _moulds(self) -> dict[tuple[str, Reader, bool], Mould]:
        """Made when the first letter of its kind is."""
        return {}

    def _made(self, language: str, reader: Reader, *, named: bool) -> Mould:
        text, html = self.bodies(language, reader, NAME if named else "")
        if _ALIVE.search(html):
            raise _alive()
        digest = sha256("\0".join((text, html, language)).encode("utf-8")).hexdigest()[:24]
        boundary = f"=_{digest}"
        made = mould(
            self._headers(language, reader, boundary),
            boundary,
            Body(_crlf(text), str),
            Body(_crlf(html), lambda name: str(escape(name))),
            named=named,
        )
        for name in _SAMPLES if named else ("",):
            self._gate(made, language, reader, name)
        return made

    def _headers(self, language: str, reader: Reader, boundary: str) -> list[tuple[str, bytes]]:
        """The headers with their values as they go over the wire, marks standing for what differs."""
        sender = self._from(reader)
        message = EmailMessage(policy=policy.SMTP)
        subject = self.subject(language)
        encoded = unstructured(subject)
        message["Subject"] = subject
        message["Date"] = format_datetime(self.announced_at.astimezone(self.zone))
        message["Reply-To"] = self.contact
        written = {
            name: policy.SMTP.fold_binary(name, value).partition(b":")[2].strip() for name, value in message.items()
        }
        found: list[tuple[str, bytes]] = [
            ("From", mailbox(self.notice.organisation[language], sender, 6).encode("ascii")),
            ("To", TO.encode()),
            ("Subject", encoded or written["Subject"]),
            ("Date", written["Date"]),
            ("Message-ID", f"<{TOKEN}@{sender.rpartition('@')[2]}>".encode()),
            ("Reply-To", written["Reply-To"]),
            ("Auto-Submitted", b"auto-generated"),  # RFC 3834: no holiday replies, please
        ]
        # Nobody can unsubscribe from what the law obliges us to say; who asked to be told can (RFC 2369, RFC 8058).
        if reader is Reader.WATCHER and self.unsubscribe:
            found.append(("List-Unsubscribe", f"<{self.unsubscribe.replace('{token}', TOKEN)}>".encode()))
            found.append(("List-Unsubscribe-Post", b"List-Unsubscribe=One-Click"))
        elif reader is Reader.WATCHER:
            found.append(("List-Unsubscribe", f"<mailto:{self.contact}?subject=unsubscribe>".encode()))
        return [
            *found,
            ("MIME-Version", b"1.0"),
            ("Content-Type", f'multipart/alternative;\r\n boundary="{boundary}"'.encode()),
            ("Content-Language", language.encode()),
        ]

    def _gate(self, made: Mould, language: str, reader: Reader, name: str) -> None:
        """Read a letter back as a mail program would, and compare it with what the templates say.

        `Refused` where a header is another; Misconfigured (S260) where only a body is.
        """
        data = made.filled(name, _SAMPLE_ADDRESS, _SAMPLE_TOKEN)
        parsed = message_from_bytes(data, policy=policy.default)
        head = (
            list(parsed.keys()),
            str(parsed["Subject"]),
            [a.addr_spec for a in parsed["From"].addresses],
            [a.addr_spec for a in parsed["To"].addresses],
            str(parsed["Message-ID"]),
        )
        sender = self._from(reader)
        expected = (
            list(made.names),
            self.subject(language),
            [sender],
            [_SAMPLE_ADDRESS],
            f"<{_SAMPLE_TOKEN}@{sender.rpartition('@')[2]}>",
        )
        lines = data.split(b"\r\n")
        # No line begins with a dot, so that nothing has to be stuffed (RFC 5321, 4.5.2); none is too long (2.1.1).
        if head != expected or not data.isascii() or any(len(x) > 998 or x[:1] == b"." for x in lines):
            raise Refused
        if b"\r" in data.replace(b"\r\n", b"") or b"\n" in data.replace(b"\r\n", b""):
            raise Refused
        parts = [part.get_payload(decode=True) for part in parsed.walk() if not part.is_multipart()]
        if parts != [_crlf(body).encode("utf-8") for body in self.bodies(language, reader, name)]:
            raise _unusual()

    def _values(self, language: str, reader: Reader, name: str) -> dict[str, Any]:
        return {
            "notice": self.notice,
            "amendment": self.amendment,
            "name": name,
            "greeting": msg("Dear {name},", name=name),
            "findings": self.notice.findings[language],
            "redlines": self._redlines[language],
            "directions": _DIRECTIONS,
            "level_name": level_name,
            "to": Addresses,
            "full": self.addresses.full,
            "contact": self.contact,
            "head": self.head,
            "language": language,
            "reader": reader.value,
            "opening": opening(self.amendment or self.notice, reader, test=self.test),
            "reason_for_mail": reason_for_mail(self.notice, reader),
        }

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


_DIRECTIONS: Final[Mapping[str, Message]] = {direction.value: words for direction, words in DIRECTIONS.items()}


def _crlf(words: str) -> str:
    return re.sub(r"\r\n|\r|\n", "\r\n", words)


def _would_not_arrive() -> PublisherError:
    return IntegrityBroken.of(
        "S230",
        msg("A mail would not arrive as it was written: one of its headers turns into something else."),
        msg(
            "It was not sent. Look at the title, the organisation's name and the recipient's name for unusual "
            "characters."
        ),
    )


def _unusual() -> PublisherError:
    return Misconfigured.of(
        "S260",
        msg("A template of the mails does more with the reader's name than write it out."),
        msg(
            "A mail is made once for all readers, and their names are put in afterwards. In site/templates/mail, use "
            "{{{{ name }}}} and {{{{ greeting | say }}}} as they are, without filters or conditions on what the name "
            "is; nothing was sent."
        ),
    )


def _alive() -> PublisherError:
    return Misconfigured.of(
        "S261",
        msg("A template of the mails would load something, or ask for something, when the mail is opened."),
        msg(
            "A notice carries no image, no script, no form and nothing from elsewhere, so that nobody is watched while "
            "reading it. Take it out of site/templates/mail; nothing was sent."
        ),
    )

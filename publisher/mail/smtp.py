"""One lasting connection to a mail server."""

from __future__ import annotations

import re
import ssl
from contextlib import suppress
from typing import Final, Self

import aiosmtplib

from publisher.errors import PublisherError, ServiceAway
from publisher.mail.compose import Letter
from publisher.mail.mailers import Permit
from publisher.mail.outcomes import Outcome, State
from publisher.messages import msg
from publisher.workspace import MailServer

CONNECT_TIMEOUT: Final = 60.0
#: RFC 5321, 4.5.3.2: a server may think about a message for ten minutes.
REPLY_TIMEOUT: Final = 600.0
#: The code of a lost connection: others may still stand.
_LOST: Final = "S210"
_ADDRESSES: Final = re.compile(r"[^\s<>\"',;:=]+@[^\s<>\"',;:=]+")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class SmtpMailer:
    """One lasting connection to a mail server."""

    def __init__(self, server: MailServer, password: str | None, context: ssl.SSLContext) -> None:
        self._server = server
        self._password = password
        self._context = context
        self._client: aiosmtplib.SMTP | None = None

    async def __aenter__(self) -> Self:
        await self._connected()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._disconnect()

    async def _disconnect(self) -> None:
        client, self._client = self._client, None
        if client:
            with suppress(aiosmtplib.SMTPException, OSError):
                await client.quit(timeout=5)
            client.close()

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client and self._client.is_connected:
            return self._client
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            timeout=CONNECT_TIMEOUT,
            tls_context=self._context,
            use_tls=server.scheme == "smtps",
            start_tls=server.scheme == "smtp+starttls",
            username=server.user or None,
            password=self._password if server.user else None,
        )
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            client.close()
            raise _away(server, str(error) or type(error).__name__) from error
        self._client = client
        return client

    async def hand_over(self, letter: Letter, permit: Permit) -> Outcome | None:
        """What became of the letter; None where it may not go out."""
        await self._connected()
        if not await permit():
            return None
        try:
            return await self._transact(letter)
        except ServiceAway as error:
            if error.problems[0].code != _LOST:
                raise
        # A server closes a connection that has served its time; a new one may do.
        return await self._transact(letter)

    async def _transact(self, letter: Letter) -> Outcome:
        client = await self._connected()
        try:
            _, reply = await client.sendmail(letter.sender, [letter.recipient], letter.data, timeout=REPLY_TIMEOUT)
        except aiosmtplib.SMTPRecipientsRefused as error:
            return _refused(error.recipients[0].code, error.recipients[0].message, letter)
        except aiosmtplib.SMTPSenderRefused as error:
            if error.code >= 500:
                raise _refuses_us(self._server, error.code, error.message) from error
            await self._disconnect()
            raise _away(self._server, f"{error.code} {error.message}") from error
        except aiosmtplib.SMTPResponseException as error:
            return _refused(error.code, error.message, letter)
        except (aiosmtplib.SMTPException, OSError) as error:
            # Before the body or after it: aiosmtplib does not tell, so it may have been taken.
            client.close()
            return Outcome(state=State.UNCERTAIN, reply=type(error).__name__)
        return Outcome(state=State.HANDED_OVER, code=250, reply=_plain(reply, letter.recipient))


def _refused(code: int, reply: str, letter: Letter) -> Outcome:
    state = State.FAILED if code >= 500 else State.DEFERRED
    return Outcome(state=state, code=code, reply=_plain(reply, letter.recipient))


def _plain(reply: str, address: str = "") -> str:
    """What a server said, on one line of plain text and without the address that it may repeat."""
    words = _ADDRESSES.sub("…", reply.encode("utf-8", "replace").decode("utf-8"))
    if local := address.rpartition("@")[0]:
        words = re.sub(rf"(?<!\w){re.escape(local)}(?!\w)", "…", words, flags=re.IGNORECASE)
    return " ".join(_CONTROLS.sub(" ", words).split())


def _away(server: MailServer, reason: str) -> PublisherError:
    return ServiceAway.of(
        _LOST,
        msg(
            "The mail server {host}:{port:id} could not be used: {reason}.",
            host=server.host,
            port=server.port,
            reason=_plain(reason),
        ),
        msg(
            "Nothing is lost: mails that are not handed over yet are tried again at the next run. The announcement "
            "stands on the site."
        ),
    )


def _refuses_us(server: MailServer, code: int, reply: str) -> PublisherError:
    return ServiceAway.of(
        "S225",
        msg(
            "The mail server {host} refuses all mail from us: {code:id} {reply}.",
            host=server.host,
            code=code,
            reply=_plain(reply),
        ),
        msg("Mailing is stopped and nothing is lost. Ask the operator of the mail server, then run again."),
    )

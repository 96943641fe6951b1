"""Letters handed over by SMTP, over one lasting connection.

aiosmtplib connects, does TLS and logs in; then the session is ours (`pipelining`), because only who reads every reply
knows how far a letter came. TLS is required everywhere but on loopback; certificates are verified.
"""

from __future__ import annotations

import base64
import re
import ssl
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, cast

from publisher.errors import PublisherError, ServiceAway
from publisher.mail.compose import Letter
from publisher.mail.outcomes import Outcome, Permit, State
from publisher.mail.pipelining import Ended, Session, Timeouts
from publisher.mail.replies import Lost, Phase, Reply, judge, lost, plain
from publisher.messages import msg
from publisher.workspace import MailServer

if TYPE_CHECKING:
    import asyncio

    import aiosmtplib

#: An address as it may stand in a command: nothing that ends it, or the line.
_IN_A_COMMAND: Final = re.compile(r"[^\x00-\x20\x7f-\x9f<>\u2028\u2029]+@[^\x00-\x20\x7f-\x9f<>\u2028\u2029]+")
_DOT_FIRST: Final = re.compile(rb"\n\.")
#: How long the server's farewell is waited for, in seconds.
_PATIENCE: Final = 5.0


class SmtpMailer:
    """One lasting connection to a mail server; opened anew where the server closes it."""

    def __init__(
        self,
        server: MailServer,
        password: str | None,
        context: ssl.SSLContext,
        *,
        timeouts: Timeouts = Timeouts(),  # noqa: B008 - frozen
        our_name: str | None = None,
    ) -> None:
        """`context` is shared by all mailers of a run: each would load the machine's certificates anew.

        `our_name` stands in EHLO; without it the machine is asked once for its full name.
        """
        self._server = server
        self._password = password
        self._context = context
        self._timeouts = timeouts
        self._our_name = our_name
        self._session: Session | None = None
        self._extensions: frozenset[str] = frozenset()

    async def __aenter__(self) -> Self:
        await self._opened()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        session, self._session = self._session, None
        if session and kind is None:
            await session.quit(_PATIENCE)
        elif session:
            session.drop()

    async def hand_over(self, letter: Letter, permit: Permit) -> Outcome | None:
        """What became of the letter; None where `permit` said no, and nothing was sent.

        `permit` is awaited while the server answers the envelope, and once more where the connection turned out to
        have been closed meanwhile and the letter goes over another. Raises ServiceAway S210 where the server cannot
        be reached or lets nobody in: then nothing was sent either, also when `permit` had said yes.
        """
        session = self._session
        if session is None or session.closed:
            session = await self._opened()
        ended = await self._transact(session, letter, permit)
        if isinstance(ended, Ended) and session.used > 1 and _had_closed(ended):
            ended = await self._transact(await self._opened(), letter, permit)
        if not isinstance(ended, Ended):
            return ended
        phase, reply = ended
        return judge(phase, reply, letter.recipient) if isinstance(reply, Reply) else lost(phase, reply)

    async def _transact(self, session: Session, letter: Letter, permit: Permit) -> Ended | Outcome | None:
        envelope = self._envelope(letter)
        if isinstance(envelope, Outcome):
            return envelope
        return await session.transact(*envelope, _with_final_dot(letter.data), permit)

    def _envelope(self, letter: Letter) -> tuple[bytes, bytes] | Outcome:
        """The commands MAIL and RCPT; or what became of a letter that cannot go over this server, whatever it says."""
        recipient, sender, extensions = letter.recipient, letter.sender, self._extensions
        if not (_IN_A_COMMAND.fullmatch(recipient) and _IN_A_COMMAND.fullmatch(sender)):
            return Outcome(state=State.FAILED, reply="S271", unusable=True)
        mail = f"MAIL FROM:<{sender}>"
        if "size" in extensions:  # RFC 1870
            mail += f" SIZE={len(letter.data)}"
        if not letter.data.isascii():  # RFC 6152
            if "8bitmime" not in extensions:
                return Outcome(state=State.FAILED, reply="S270")
            mail += " BODY=8BITMIME"
        if not (recipient.isascii() and sender.isascii()):  # RFC 6531
            if "smtputf8" not in extensions:
                return Outcome(state=State.FAILED, reply="S270")
            mail += " SMTPUTF8"
        return f"{mail}\r\n".encode(), f"RCPT TO:<{recipient}>\r\n".encode()

    async def _opened(self) -> Session:
        session = self._session
        if session is None or session.closed:
            session = self._session = await self._open()
        return session

    async def _open(self) -> Session:
        import aiosmtplib

        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            local_hostname=self._our_name,
            timeout=self._timeouts.connect,
            tls_context=self._context,
            use_tls=server.scheme == "smtps",
            start_tls=server.scheme == "smtp+starttls",
            username=server.user or None,
            password=self._password if server.user else None,
        )
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await _greet(client)
            transport = client.transport
            if transport is None or transport.is_closing():
                raise ConnectionResetError(Lost.CLOSED.value)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            client.close()
            raise self._away(error) from None  # what it was raised from may hold what the server was told
        except BaseException:
            client.close()
            raise
        self._our_name = client.local_hostname
        self._extensions = frozenset(client.esmtp_extensions)
        # From here on nothing of `client` is used. (That of uvloop is a transport by its methods, not by its class.)
        return Session(
            cast("asyncio.Transport", transport), pipelining="pipelining" in self._extensions, timeouts=self._timeouts
        )

    def _away(self, error: Exception) -> PublisherError:
        reason = plain(str(error) or type(error).__name__)
        for secret in self._secrets():
            reason = reason.replace(secret, "…")
        server = self._server
        return ServiceAway.of(
            "S210",
            msg(
                "The mail server {host}:{port:id} could not be used: {reason}.",
                host=server.host,
                port=server.port,
                reason=reason,
            ),
            msg(
                "Nothing is lost: mails that are not handed over yet are tried again at the next run. The announcement "
                "stands on the site."
            ),
        )

    def _secrets(self) -> list[str]:
        """The password as it goes over the wire: a server could repeat it."""
        if not self._password:
            return []
        told = (f"\0{self._server.user}\0{self._password}", self._password)
        return [*(base64.b64encode(words.encode()).decode() for words in told), self._password]


async def _greet(client: aiosmtplib.SMTP) -> None:
    import aiosmtplib

    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        await client.helo()


def _had_closed(ended: Ended) -> bool:
    """Whether the session was over before this letter, or the server ends it for reasons of its own."""
    phase, reply = ended
    if isinstance(reply, Reply):
        return phase is Phase.CONNECT or (phase is Phase.MAIL and reply.code == 421)
    return phase in {Phase.CONNECT, Phase.MAIL} and reply is Lost.CLOSED


def _with_final_dot(data: bytes) -> bytes:
    """A message as it goes over the wire (RFC 5321 4.5.2); ours have no line that begins with a dot."""
    # Up to the last dot, which is found at once: there is none in base64.
    if data[:1] == b"." or _DOT_FIRST.search(data, 0, data.rfind(b".") + 1):
        data = data.replace(b"\n.", b"\n..")
        data = b"." + data if data[:1] == b"." else data
    return data + (b".\r\n" if data.endswith(b"\r\n") else b"\r\n.\r\n")

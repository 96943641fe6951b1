"""Letters handed over: to a mail server by SMTP, or into a Maildir.

A mailer takes one letter and says what became of it; only when nobody answers at all does it raise. TLS is
required everywhere but on loopback, and certificates are verified.
"""

from __future__ import annotations

import asyncio
import os
import re
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

import aiosmtplib

from publisher.errors import IntegrityBroken, Misconfigured, PublisherError, ServiceAway, cannot_write
from publisher.files import sync_folder
from publisher.mail.compose import Composer, Letter
from publisher.mail.outbox import Claimed, Outbox, Outcome, State
from publisher.messages import msg
from publisher.workspace import MailServer, Workspace, mail_server, secret

#: Refusals in a row after which the server is taken to refuse us, not the recipients.
BREAKER: Final = 20
CONNECT_TIMEOUT: Final = 60.0
#: RFC 5321, 4.5.3.2: a server may think about a message for ten minutes.
REPLY_TIMEOUT: Final = 600.0
#: The code of a lost connection: others may still stand.
_LOST: Final = "S210"
_ADDRESSES: Final = re.compile(r"[^\s<>\"',;:=]+@[^\s<>\"',;:=]+")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Mailer(Protocol):
    """Where letters are handed over; one at a time."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def hand_over(self, letter: Letter) -> Outcome:
        """What became of the letter; ServiceAway where nobody answers."""
        ...


class MemoryMailer:
    """Keeps the letters; for tests and for whoever embeds the program."""

    def __init__(self, answer: Callable[[Letter], Outcome] | None = None) -> None:
        self.letters: list[Letter] = []
        self._answer = answer or (lambda _: Outcome(state=State.HANDED_OVER, code=250, reply="kept"))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def hand_over(self, letter: Letter) -> Outcome:
        outcome = self._answer(letter)
        if outcome.state is State.HANDED_OVER:
            self.letters.append(letter)
        return outcome


class MaildirMailer:
    """Puts each letter into a Maildir, by one rename; the same letter again changes nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def __aenter__(self) -> Self:
        try:
            for name in ("tmp", "new", "cur"):
                (self._folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(str(self._folder), error) from error
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def hand_over(self, letter: Letter) -> Outcome:
        name = f"{letter.token}.publisher"
        if (self._folder / "cur").exists() and any((self._folder / "cur").glob(f"{name}:*")):
            return Outcome(state=State.HANDED_OVER, code=250, reply="maildir")
        temporary = self._folder / "tmp" / name
        try:
            with temporary.open("wb") as file:
                file.write(letter.data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._folder / "new" / name)
            sync_folder(self._folder / "new")
        except OSError as error:
            raise cannot_write(str(self._folder), error) from error
        return Outcome(state=State.HANDED_OVER, code=250, reply="maildir")


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

    async def hand_over(self, letter: Letter) -> Outcome:
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
            return Outcome(state=State.DEFERRED, reply=type(error).__name__, uncertain=True)
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


def mailer_factory(workspace: Workspace, environment: Mapping[str, str] = os.environ) -> Callable[[], Mailer]:
    """What makes a mailer as the settings say."""
    server = mail_server(workspace.settings.mail.smtp_url)
    if server.scheme == "maildir":
        return lambda: MaildirMailer(workspace.root / server.path)
    context = ssl.create_default_context()
    variable = workspace.settings.mail.password_env
    password = secret(variable, environment)
    if server.user and password is None:
        raise Misconfigured.of(
            "C503",
            msg(
                "smtp_url names the user {user}, but the variable {name} with the password is empty.",
                user=server.user,
                name=variable,
            ),
            msg("Set {name} in the environment of publisher, or take the user out of smtp_url.", name=variable),
        )
    return lambda: SmtpMailer(server, password, context)


def send_notice(
    outbox: Outbox,
    composer: Composer,
    mailers: Callable[[], Mailer],
    connections: int,
    clock: Callable[[], datetime],
    going_on: Callable[[], bool] = lambda: True,
) -> None:
    """Hand over every letter of a notice that is due, for as long as `going_on` says, which is asked before each.

    Raises ServiceAway where the mail server is away or refuses everything; what was not handed over then waits.
    """
    asyncio.run(_send(outbox, composer, mailers, connections, clock, going_on))


async def _send(
    outbox: Outbox,
    composer: Composer,
    mailers: Callable[[], Mailer],
    connections: int,
    clock: Callable[[], datetime],
    going_on: Callable[[], bool],
) -> None:
    refusals = _Refusals()
    lost: list[PublisherError] = []
    stopped: list[PublisherError] = []

    async def worker() -> None:
        # One that ends leaves the others time to finish their letter: cancelled, its fate would not be known.
        try:
            async with mailers() as mailer:
                while not stopped and going_on() and (claimed := outbox.claim(clock(), 1)):
                    await _one(claimed[0], outbox, composer, mailer, refusals, clock)
        except PublisherError as error:
            (lost if error.problems[0].code == _LOST else stopped).append(error)

    if not outbox.has_due(clock()):
        return
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(connections):
                group.create_task(worker())
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    if stopped or (lost and going_on() and outbox.has_due(clock())):
        raise (stopped or lost)[0]


async def _one(
    claimed: Claimed,
    outbox: Outbox,
    composer: Composer,
    mailer: Mailer,
    refusals: _Refusals,
    clock: Callable[[], datetime],
) -> None:
    if not claimed.recipient.address:
        outbox.settle(claimed, Outcome(state=State.NO_ADDRESS), clock())
        return
    try:
        letter = composer.letter(claimed.recipient, claimed.token)
    except IntegrityBroken as error:
        outbox.settle(claimed, Outcome(state=State.FAILED, reply=error.problems[0].code), clock())
        return
    try:
        outcome = await mailer.hand_over(letter)
    except PublisherError:
        outbox.give_back([claimed])
        raise
    outbox.settle(claimed, outcome, clock())
    refusals.count(outcome)


class _Refusals:
    """Counts refusals for good and letters of unknown fate in a row, over all connections."""

    def __init__(self) -> None:
        self._row = 0

    def count(self, outcome: Outcome) -> None:
        self._row = self._row + 1 if outcome.state is State.FAILED or outcome.uncertain else 0
        if self._row >= BREAKER:
            raise ServiceAway.of(
                "S225",
                msg(
                    "The mail server refused {count} mails in a row: {reply}.",
                    count=self._row,
                    reply=outcome.reply,
                ),
                msg(
                    "Mailing is stopped, so that no more addresses are burned. Ask the operator of the mail server, "
                    "then run `publisher mail retry`."
                ),
            )

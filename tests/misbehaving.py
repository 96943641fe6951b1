"""A mail server on loopback that misbehaves on purpose, and writes down what it took before it answers.

A script names what it does the first, second … time that something happens, over all connections:

    greeting, ehlo, helo, starttls, auth, rset, mail, rcpt, data: a command came (or a client)
    body: the first piece of a message came
    dot: a message came whole, and has been taken, unless the answer refuses it
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import ssl
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

EVERYTHING = ("PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 10485760")


@dataclass(frozen=True)
class Say:
    """Answers so, whatever it is, and goes on; a byte each `every` seconds, where that is more than 0."""

    words: bytes
    every: float = 0


@dataclass(frozen=True)
class Close:
    """Says its last words, and closes; by a reset where `abruptly`."""

    words: bytes = b""
    abruptly: bool = False


@dataclass(frozen=True)
class Silent:
    """Never answers, and leaves the connection open."""


Action = Say | Close | Silent


class _Over(Exception):
    """This connection has ended."""


class Misbehaving:
    """What it has heard and taken, of all connections."""

    def __init__(
        self,
        script: Mapping[str, Iterable[Action | None]] | None = None,
        *,
        extensions: tuple[str, ...] = EVERYTHING,
        helo_only: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._script: dict[str, Iterator[Action | None]] = {step: iter(does) for step, does in (script or {}).items()}
        self._extensions = extensions
        self._helo_only = helo_only
        self._tls = tls
        self._greylisted: set[bytes] = set()
        #: connections that were opened
        self.connections = 0
        #: verbs of all commands, in order; those in one piece are joined by +
        self.heard: list[str] = []
        #: whole lines of the commands
        self.lines: list[bytes] = []
        #: what was taken, before it was answered: the recipient, and the message without its final dot
        self.taken: list[tuple[str, bytes]] = []
        #: bytes of messages that came, whole or not
        self.body_bytes = 0
        self.port = 0

    @property
    def told(self) -> list[str]:
        return [recipient for recipient, _ in self.taken]

    @asynccontextmanager
    async def listening(self, implicit: ssl.SSLContext | None = None) -> AsyncIterator[int]:
        """Serve in the running loop; the port."""
        tasks: set[asyncio.Task[None]] = set()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task
            tasks.add(task)
            self.connections += 1
            try:
                await _Connection(self, reader, writer).serve()
            except (_Over, OSError, asyncio.IncompleteReadError, ssl.SSLError):
                pass
            finally:
                tasks.discard(task)
                writer.transport.abort()

        server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=implicit)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self.port
        finally:
            server.close()
            for task in list(tasks):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def action(self, step: str) -> Action | None:
        return next(self._script.get(step, iter(())), None)


class _Connection:
    def __init__(self, server: Misbehaving, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server = server
        self.reader = reader
        self.writer = writer
        self.recipient: bytes | None = None
        self.rest = b""

    async def serve(self) -> None:
        await self.answer("greeting", b"220 misbehaving.example.com ESMTP\r\n")
        while True:
            line = await self.line()
            verb = line[:4].upper().decode("ascii", "replace").strip()
            self.server.lines.append(line)
            if verb == "STAR":
                await self.start_tls()
            elif verb == "DATA":
                await self.data()
            elif verb == "QUIT":
                self.writer.write(b"221 2.0.0 bye\r\n")
                raise _Over
            else:
                await self.answer(verb.lower(), self.reply(verb, line))

    def reply(self, verb: str, line: bytes) -> bytes:
        if verb == "EHLO" and not self.server._helo_only:
            encrypted = self.writer.get_extra_info("sslcontext") is not None
            more = () if encrypted or not self.server._tls else ("STARTTLS",)
            words = ["misbehaving.example.com", *self.server._extensions, *more]
            return b"".join(f"250{' ' if word is words[-1] else '-'}{word}\r\n".encode() for word in words)
        if verb == "MAIL":
            self.recipient = None
        elif verb == "RCPT":
            self.recipient = line[line.find(b"<") + 1 : line.rfind(b">")]
        elif verb == "AUTH":
            return b"235 2.7.0 welcome\r\n"
        return b"250 2.0.0 ok\r\n" if verb in {"HELO", "MAIL", "RCPT", "RSET", "NOOP"} else b"502 5.5.1 what?\r\n"

    async def line(self) -> bytes:
        """The next command; what is heard in one piece is noted as one."""
        if b"\n" not in self.rest:
            self.rest = self.rest + await self.piece()
            while b"\n" not in self.rest:
                self.rest += await self.piece()
            self.server.heard.append("+".join(c[:4].decode("ascii", "replace") for c in self.rest.splitlines()))
        line, _, self.rest = self.rest.partition(b"\n")
        return line.strip()

    async def piece(self) -> bytes:
        piece = await self.reader.read(65536)
        if not piece:
            raise _Over
        return piece

    async def start_tls(self) -> None:
        await self.answer("starttls", b"220 2.0.0 go\r\n")
        assert self.server._tls
        await self.writer.start_tls(self.server._tls)

    async def data(self) -> None:
        ordinary = b"354 go ahead\r\n" if self.recipient else b"503 5.5.1 no valid recipients\r\n"
        said = await self.answer("data", ordinary)
        if not said.startswith(b"354"):
            return
        message, self.rest = self.rest, b""
        first = True
        while not (message.startswith(b".\r\n") or b"\r\n.\r\n" in message):
            piece = await self.piece()
            message += piece
            self.server.body_bytes += len(piece)
            if first and piece != b".\r\n":
                first = False
                await self.act(self.server.action("body"))
        if message.startswith(b".\r\n") or not self.recipient:
            self.rest = message.partition(b".\r\n")[2]
            self.writer.write(b"554 5.5.1 no valid recipients\r\n")
            return
        message, _, self.rest = message.partition(b"\r\n.\r\n")
        action = self.server.action("dot")
        words = getattr(action, "words", b"2")
        if words[:1] not in (b"4", b"5"):
            self.server.taken.append((self.recipient.decode(), message + b"\r\n"))
        if not await self.act(action):
            self.writer.write(b"250 2.0.0 queued as 4711\r\n")

    async def answer(self, step: str, ordinary: bytes) -> bytes:
        """Answer as the script says, or in the ordinary way; what was said."""
        action = self.server.action(step)
        if isinstance(action, Say):
            ordinary = action.words
            if step == "rcpt" and ordinary[:1] in (b"4", b"5"):
                self.recipient = None
        if not await self.act(action):
            self.writer.write(ordinary)
        return ordinary

    async def act(self, action: Action | None) -> bool:
        """Do what the script says; whether it said anything."""
        if isinstance(action, Silent):
            while True:  # until the client closes
                await self.piece()
        if isinstance(action, Close):
            self.writer.write(action.words)
            if action.abruptly:
                await asyncio.sleep(0.02)  # what was said before has to leave: a reset throws away what waits
            else:
                with contextlib.suppress(OSError):
                    self.writer.write_eof() if self.writer.can_write_eof() else self.writer.close()
                    await asyncio.sleep(0)
                    while await self.reader.read(65536):
                        pass
            raise _Over
        if isinstance(action, Say):
            if action.every:
                for at in range(len(action.words)):
                    self.writer.write(action.words[at : at + 1])
                    await asyncio.sleep(action.every)
                    if self.reader.at_eof():
                        raise _Over
            else:
                self.writer.write(action.words)
                await self.writer.drain()
            return True
        return False


def tls_for(folder: Path, name: str, *, expired: bool = False) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS with a certificate that it signed itself, and the file to trust it by."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "misbehaving")])
    alternative: x509.GeneralName
    try:
        alternative = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        alternative = x509.DNSName(name)
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=3))
        .not_valid_after(now + timedelta(days=-1 if expired else 1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / f"{name}.pem", folder / f"{name}.key"
    pem.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem, secret)
    return context, pem

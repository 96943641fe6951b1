"""Letters handed over to real servers, also ones that misbehave on purpose, and into a Maildir."""

# ruff: noqa: ARG002, N802 - the names and arguments of aiosmtpd's handlers
from __future__ import annotations

import asyncio
import base64
import ipaddress
import logging
import mailbox
import socket
import ssl
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import Engine, select

from publisher.errors import PublisherError, ServiceAway
from publisher.mail.breaker import IN_A_ROW as BREAKER
from publisher.mail.compose import Letter
from publisher.mail.database import deliveries
from publisher.mail.mailers import MaildirMailer, Mailer, MemoryMailer, at_will, mailer_factory
from publisher.mail.outbox import BACK_OFF, Outbox
from publisher.mail.outcomes import Outcome, Permit, State
from publisher.mail.send import Limits, send_notice
from publisher.mail.smtp import SmtpMailer
from publisher.messages import translator
from publisher.workspace import mail_server
from tests.canary import PASSWORD
from tests.mailing import HANA, NOW, VAULT, composer, database_at, take_in, workspace_at


class Server:
    """What a mail server does; each reply can be replaced by the recipient's address."""

    def __init__(self) -> None:
        self.mail = ""
        self.rcpt: dict[str, str] = {}
        self.data: dict[str, str] = {}
        #: drops the connection after the message was taken
        self.dropped: set[str] = set()
        self.taken: list[tuple[list[str], bytes]] = []
        self.attempted: list[str] = []
        self.sessions: set[int] = set()

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.sessions.add(id(session))
        assert "SMTPUTF8" not in options
        if self.mail:
            reply, self.mail = self.mail, "" if self.mail.startswith("421") else self.mail
            return reply
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.attempted.append(address)
        if reply := self.rcpt.get(address, self.rcpt.get("*", "")):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        (address,) = envelope.rcpt_tos
        assert isinstance(envelope.content, bytes)
        if reply := self.data.get(address):
            return reply
        self.taken.append(([*envelope.rcpt_tos], envelope.content))
        if address in self.dropped:
            self.dropped.discard(address)
            assert server.transport
            server.transport.close()
        return "250 2.0.0 queued as 4711"

    @property
    def told(self) -> Counter[str]:
        return Counter(address for (address,), _ in self.taken)


@contextmanager
def serving(handler: Server, **more: Any) -> Iterator[int]:
    """A server on a port of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port, ready_timeout=30, **more)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


class Mailing:
    """A notice to a number of people, on a clock that the test sets."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        self.now = NOW
        self.outbox = Outbox(engine, VAULT, "privacy-20261208")

    def to(self, *names: str, number: int = 0) -> None:
        everyone = [*names, *(f"p{i:03}" for i in range(number))]
        take_in(self.engine, self.folder, "".join(f"{n},{n}@example.com,,ko,\n" for n in everyone))
        self.outbox.fill(self.now)

    def run(self, port: int, connections: int = 2, scheme: str = "smtp") -> None:
        """One run: what a killed one left is put back first."""
        self.outbox.recover(NOW)
        workspace = workspace_at(self.folder, smtp=f"{scheme}://127.0.0.1:{port}")
        send_notice(
            self.outbox, composer(), mailer_factory(workspace, {}), Limits(connections=connections), lambda: self.now
        )

    def row(self, name: str) -> dict[str, Any]:
        with self.engine.connect() as connection:
            found = connection.execute(select(deliveries).where(deliveries.c.recipient == name)).mappings().one()
        return dict(found)


@pytest.fixture
def mailing(tmp_path: Path) -> Iterator[Mailing]:
    with database_at(workspace_at(tmp_path)) as engine:
        yield Mailing(engine, tmp_path)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def port(server: Server) -> Iterator[int]:
    with serving(server) as port:
        yield port


def away(run: Callable[[], None], code: str) -> str:
    """What is said when a run ends because of the server."""
    with pytest.raises(ServiceAway) as failed:
        run()
    assert [p.code for p in failed.value.problems] == [code]
    told = "".join(traceback.format_exception(failed.value)).replace(composer().sender, "")
    assert "@example.com" not in told
    return failed.value.problems[0].in_words(translator("en"))


def message_id(data: bytes) -> str:
    return str(message_from_bytes(data, policy=policy.default)["Message-ID"])


# -- the ordinary run ---------------------------------------------------------------------------------------------


def test_everyone_gets_exactly_one_message_of_their_own(mailing: Mailing, server: Server, port: int) -> None:
    mailing.to(number=40)
    mailing.run(port, connections=4)
    assert mailing.outbox.outcomes() == {"handed_over": 40}
    assert server.told == {f"p{i:03}@example.com": 1 for i in range(40)}
    for (address,), data in server.taken:
        assert message_from_bytes(data, policy=policy.default)["To"] == address
    assert len({message_id(data) for _, data in server.taken}) == 40
    assert len(server.sessions) <= 4
    found = mailing.row("p000")
    assert (found["code"], found["reply"], found["attempts"]) == (250, "2.0.0 queued as 4711", 1)


def test_running_it_again_does_nothing_more(mailing: Mailing, server: Server, port: int) -> None:
    mailing.to("hana")
    mailing.run(port)
    mailing.run(port)
    assert server.told == {"hana@example.com": 1}
    assert len(server.sessions) == 1, "nothing is due: nobody was called"


def test_who_has_no_address_any_more_is_passed_over(mailing: Mailing, server: Server, port: int) -> None:
    mailing.to("ann", "hana")
    take_in(mailing.engine, mailing.folder, "hana,,,ko,\n")
    mailing.run(port)
    assert server.told == {"ann@example.com": 1}
    assert mailing.outbox.outcomes() == {"handed_over": 1, "no_address": 1}


def test_a_letter_that_would_not_arrive_fails_alone(mailing: Mailing) -> None:
    mailing.to("ann")
    memory = MemoryMailer()
    send_notice(mailing.outbox, composer(title=_title("a\r\nb")), lambda: memory, Limits(connections=1), lambda: NOW)
    assert memory.letters == []
    assert (mailing.row("ann")["state"], mailing.row("ann")["reply"]) == ("failed", "S230")


def _title(words: str) -> Any:
    from publisher.messages import Localized

    return Localized.of({"ko": words, "en": words})


# -- refusals -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["rcpt", "data"])
@pytest.mark.parametrize(
    ("reply", "state"),
    [
        ("450 4.2.0 greylisted", State.DEFERRED),
        ("451 4.3.0 try later", State.DEFERRED),
        ("550 5.1.1 no such user", State.FAILED),
        ("552 5.2.2 mailbox full", State.FAILED),
    ],
)
def test_one_refusal_is_that_recipients_own(
    mailing: Mailing, server: Server, port: int, stage: str, reply: str, state: State
) -> None:
    mailing.to("ann", "bo", "hana")
    getattr(server, stage)["bo@example.com"] = reply
    mailing.run(port)
    assert server.told == {"ann@example.com": 1, "hana@example.com": 1}
    assert mailing.outbox.outcomes() == {"handed_over": 2, state: 1}
    found = mailing.row("bo")
    assert (found["code"], found["reply"]) == (int(reply[:3]), reply[4:])
    assert (found["attempts"], found["uncertain"]) == (1, 0)
    getattr(server, stage).clear()
    mailing.now += BACK_OFF[0] * timedelta(minutes=1)
    mailing.run(port)
    assert server.told["bo@example.com"] == (state is State.DEFERRED)


def test_what_a_server_says_is_kept_without_the_address(mailing: Mailing, server: Server, port: int) -> None:
    mailing.to("canary")
    server.rcpt["*"] = "550 5.1.1 <canary@example.com>: CANARY unknown\x1b[31m"
    mailing.run(port)
    assert mailing.row("canary")["reply"] == "5.1.1 <…>: … unknown [31m"


def test_a_reply_in_another_encoding_can_be_kept() -> None:
    from publisher.mail.replies import plain as _plain

    said = "없는 사용자\x00".encode("euc-kr").decode("utf-8", "surrogateescape")
    assert _plain(said, "a@b.cd").encode("utf-8").isascii()
    assert _plain("a@b.cd: a, ab, a.", "a@b.cd") == "…: …, ab, …."


@pytest.mark.parametrize("stage", ["rcpt", "data"])
def test_a_server_that_closes_for_now(mailing: Mailing, server: Server, port: int, stage: str) -> None:
    mailing.to("ann", "bo")
    getattr(server, stage)["ann@example.com"] = "421 4.7.0 closing"
    mailing.run(port, connections=1)
    assert mailing.outbox.outcomes() == {"deferred": 1, "handed_over": 1}
    getattr(server, stage).clear()
    mailing.now += timedelta(minutes=1)
    mailing.run(port)
    assert server.told == {"ann@example.com": 1, "bo@example.com": 1}


def test_a_connection_that_has_served_its_time_is_made_anew(mailing: Mailing, server: Server, port: int) -> None:
    mailing.to("ann", "bo")
    server.mail = "421 4.7.0 too many messages in one connection"
    mailing.run(port, connections=1)
    assert mailing.outbox.outcomes() == {"deferred": 1, "handed_over": 1}
    assert mailing.row("ann")["attempts"] == 0, "nobody's fault"
    mailing.now += timedelta(minutes=1)
    mailing.run(port, connections=1)
    assert mailing.outbox.outcomes() == {"handed_over": 2}


def test_a_server_that_takes_nothing_for_now(mailing: Mailing, server: Server, port: int) -> None:
    mailing.to("ann", "bo")
    server.mail = "452 4.3.1 no space"
    mailing.run(port)
    assert mailing.outbox.outcomes() == {"deferred": 2}
    assert (mailing.row("ann")["code"], mailing.row("ann")["reply"]) == (452, "4.3.1 no space")


def test_a_server_that_refuses_our_mail(mailing: Mailing, server: Server, port: int) -> None:
    mailing.to(number=30)
    server.mail = "550 5.7.1 you are blocked"
    said = away(lambda: mailing.run(port), "S225")
    assert "5.7.1 you are blocked" in said
    outcomes = mailing.outbox.outcomes()
    assert set(outcomes) == {"deferred", "pending"}
    assert outcomes["deferred"] <= 8, "no more than were on their way"
    assert server.attempted == []
    assert "5.7.1" in away(lambda: mailing.run(port), "S225"), "not tried again at once"
    mailing.now += timedelta(minutes=2)
    server.mail = ""
    mailing.run(port)
    assert set(server.told.values()) == {1}
    assert len(server.told) == 30


@pytest.mark.parametrize("connections", [1, 5])
def test_refusals_in_a_row_stop_the_mailing(mailing: Mailing, server: Server, port: int, connections: int) -> None:
    mailing.to(number=60)
    server.rcpt["*"] = "550 5.2.1 disabled, p000@example.com"
    said = away(lambda: mailing.run(port, connections), "S225")
    assert f"refused {BREAKER} mails in a row" in said
    outcomes = mailing.outbox.outcomes()
    assert BREAKER <= outcomes["failed"] <= BREAKER + connections
    assert outcomes["failed"] + outcomes["pending"] == 60
    server.rcpt.clear()
    mailing.outbox.reopen(NOW)
    mailing.outbox.resume()
    mailing.run(port)
    assert len(server.told) == 60
    assert set(server.told.values()) == {1}


def test_refusals_here_and_there_do_not_stop_it(mailing: Mailing, server: Server, port: int) -> None:
    mailing.to(number=60)
    server.rcpt |= {f"p{i:03}@example.com": "550 5.1.1 no" for i in range(60) if i % 10}
    mailing.run(port, connections=1)
    assert mailing.outbox.outcomes() == {"failed": 54, "handed_over": 6}


# -- connections --------------------------------------------------------------------------------------------------


def test_a_server_that_is_not_there_loses_nothing(mailing: Mailing, server: Server) -> None:
    mailing.to("ann", "bo")
    with serving(server) as port:
        pass
    said = away(lambda: mailing.run(port), "S210")
    assert f"127.0.0.1:{port} could not be used" in said
    assert mailing.outbox.outcomes() == {"pending": 2}
    assert {mailing.row(n)["attempts"] for n in ("ann", "bo")} == {0}
    with serving(server) as port:
        mailing.run(port)
    assert server.told == {"ann@example.com": 1, "bo@example.com": 1}
    assert mailing.row("ann")["uncertain"] == 0


def test_a_server_that_goes_away_in_between(mailing: Mailing) -> None:
    """One connection finds the server gone: the letter of the other one is finished, none is left half sent."""
    mailing.to(number=10)
    gone = ServiceAway.of("S210", composer().notice.heading())
    handed: list[str] = []

    class Failing(MemoryMailer):
        def __init__(self, *, fails: bool) -> None:
            super().__init__()
            self.fails = fails

        async def hand_over(self, letter: Letter, permit: Permit) -> Outcome | None:
            await asyncio.sleep(0.01)
            if self.fails:
                raise gone
            handed.append(letter.recipient)
            return Outcome(state=State.HANDED_OVER, code=250)

    mailers = iter([Failing(fails=True), Failing(fails=False), Failing(fails=True)])
    send_notice(mailing.outbox, composer(), lambda: next(mailers), Limits(connections=3), lambda: NOW)
    assert mailing.outbox.outcomes() == {"handed_over": 10}
    assert len(set(handed)) == len(handed) == 10
    assert {mailing.row(f"p{i:03}")["uncertain"] for i in range(10)} == {0}


def test_a_stop_lets_letters_under_way_be_finished(mailing: Mailing) -> None:
    mailing.to(number=10)

    class Slow(MemoryMailer):
        async def hand_over(self, letter: Letter, permit: Permit) -> Outcome | None:
            await asyncio.sleep(0.05)
            return await super().hand_over(letter, permit)

    class Blocked(MemoryMailer):
        async def hand_over(self, letter: Letter, permit: Permit) -> Outcome | None:
            raise ServiceAway.of("S225", composer().notice.heading())

    mailers: Iterator[Mailer] = iter([Slow(), Blocked()])
    away(
        lambda: send_notice(mailing.outbox, composer(), lambda: next(mailers), Limits(connections=2), lambda: NOW),
        "S225",
    )
    assert mailing.outbox.outcomes() == {"handed_over": 1, "pending": 9}


def test_a_connection_lost_after_the_letter_leaves_its_fate_open(mailing: Mailing, server: Server, port: int) -> None:
    mailing.to("ann", "bo")
    server.dropped.add("ann@example.com")
    mailing.run(port, connections=1)
    found = mailing.row("ann")
    assert (found["state"], found["uncertain"], found["attempts"]) == ("uncertain", 1, 1)
    assert mailing.row("bo")["state"] == "handed_over"
    mailing.now += timedelta(minutes=10)
    mailing.run(port)
    assert server.told == {"ann@example.com": 2, "bo@example.com": 1}
    twice = [data for (address,), data in server.taken if address.startswith("ann")]
    assert twice[0] == twice[1], "the same letter to the byte, with the same Message-ID"
    assert mailing.row("ann")["state"] == "handed_over"


def test_letters_of_unknown_fate_in_a_row_stop_the_mailing(mailing: Mailing, server: Server, port: int) -> None:
    mailing.to(number=40)
    server.dropped |= {f"p{i:03}@example.com" for i in range(40)}
    away(lambda: mailing.run(port, connections=1), "S225")
    assert mailing.outbox.outcomes() == {"uncertain": BREAKER, "pending": 20}


# -- TLS ----------------------------------------------------------------------------------------------------------


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS with a certificate that it signed itself, and the file to trust it by."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
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
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
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


def options(scheme: str, context: ssl.SSLContext) -> dict[str, Any]:
    return {"ssl_context": context} if scheme == "smtps" else {"tls_context": context}


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_a_certificate_that_nobody_vouches_for_is_refused(
    mailing: Mailing, server: Server, scheme: str, tmp_path: Path
) -> None:
    mailing.to("ann")
    context, _ = certificate(tmp_path, "127.0.0.1")
    with _serving_tls(server, scheme, context) as port:
        said = away(lambda: mailing.run(port, scheme=scheme), "S210")
    assert "certificate verify failed" in said
    assert (server.attempted, server.taken) == ([], [])
    assert mailing.outbox.outcomes() == {"pending": 1}


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
@pytest.mark.parametrize("name", ["127.0.0.1", "mail.example.com"])
def test_the_name_in_the_certificate_has_to_be_the_servers(
    mailing: Mailing, server: Server, scheme: str, name: str, tmp_path: Path
) -> None:
    mailing.to("ann")
    context, trusted = certificate(tmp_path, name)
    client = ssl.create_default_context(cafile=str(trusted))
    with _serving_tls(server, scheme, context) as port:
        target = mail_server(f"{scheme}://127.0.0.1:{port}")

        def run() -> None:
            send_notice(
                mailing.outbox, composer(), lambda: SmtpMailer(target, None, client), Limits(connections=1), lambda: NOW
            )

        if name == "127.0.0.1":
            run()
            assert server.told == {"ann@example.com": 1}
        else:
            assert "certificate verify failed" in away(run, "S210")
            assert (server.attempted, server.taken) == ([], [])


def test_a_server_without_starttls_gets_nothing(mailing: Mailing, server: Server, port: int) -> None:
    mailing.to("ann")
    said = away(lambda: mailing.run(port, scheme="smtp+starttls"), "S210")
    assert "STARTTLS" in said
    assert (server.attempted, server.taken) == ([], [])
    assert mailing.outbox.outcomes() == {"pending": 1}


def test_a_server_without_tls_gets_nothing(mailing: Mailing, server: Server, port: int) -> None:
    mailing.to("ann")
    away(lambda: mailing.run(port, scheme="smtps"), "S210")
    assert (server.attempted, server.taken) == ([], [])


@contextmanager
def _serving_tls(handler: Server, scheme: str, context: ssl.SSLContext) -> Iterator[int]:
    if scheme == "smtps":  # the Controller would itself connect to it, and not trust it
        with _in_a_thread(handler, context) as port:
            yield port
    else:
        with serving(handler, tls_context=context, require_starttls=True) as port:
            yield port


@contextmanager
def _in_a_thread(handler: Server, context: ssl.SSLContext) -> Iterator[int]:
    import threading

    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # clients that hang up are the point
    listening = loop.run_until_complete(
        loop.create_server(lambda: SMTP(handler, loop=loop), "127.0.0.1", 0, ssl=context)
    )
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def end() -> None:
        listening.close()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


# -- secrets ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("accepted", [True, False])
def test_no_secret_and_no_address_is_said_or_logged(
    mailing: Mailing, server: Server, accepted: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.CRITICAL, "mail.log")  # that of the server, not ours
    given: list[bytes] = []

    def check(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        given.append(data.password)
        return AuthResult(success=accepted, handled=False)

    mailing.to("canary")
    server.rcpt["*"] = "550 5.1.1 canary@example.com unknown"
    with serving(server, authenticator=check, auth_require_tls=False) as port:
        workspace = workspace_at(mailing.folder, smtp=f"smtp://operator@127.0.0.1:{port}")
        mailers = mailer_factory(workspace, {"PUBLISHER_SMTP_PASSWORD": PASSWORD})

        def run() -> None:
            send_notice(mailing.outbox, composer(), mailers, Limits(connections=1), lambda: NOW)

        said = "" if accepted else away(run, "S210")
        if accepted:
            run()
    assert given
    assert set(given) == {PASSWORD.encode()}
    assert accepted or "535" in said
    assert mailing.outbox.outcomes() == ({"failed": 1} if accepted else {"pending": 1})
    everything = said + caplog.text + repr(mailing.row("canary")["reply"])
    for secret in (PASSWORD, base64.b64encode(f"\0operator\0{PASSWORD}".encode()).decode(), "canary@"):
        assert secret not in everything


# -- Maildir ------------------------------------------------------------------------------------------------------


def test_into_a_maildir(mailing: Mailing, tmp_path: Path) -> None:
    mailing.to("ann", "bo")
    mailers = mailer_factory(workspace_at(tmp_path), {})
    send_notice(mailing.outbox, composer(), mailers, Limits(connections=2), lambda: NOW)
    assert mailing.outbox.outcomes() == {"handed_over": 2}
    box = mailbox.Maildir(str(tmp_path / "var" / "mail"), create=False)
    assert {m["To"] for m in box} == {"ann@example.com", "bo@example.com"}
    assert list((tmp_path / "var" / "mail" / "tmp").iterdir()) == []


def test_the_same_letter_twice_is_one_file(tmp_path: Path) -> None:
    letter = composer().letter(HANA, "token")

    async def twice() -> list[Outcome]:
        async with MaildirMailer(tmp_path / "mail") as mailer:
            return [await mailer.hand_over(letter, at_will) for _ in range(2)]

    assert [o.state for o in asyncio.run(twice())] == [State.HANDED_OVER] * 2
    (file,) = (tmp_path / "mail" / "new").iterdir()
    assert file.read_bytes() == letter.data
    file.rename(tmp_path / "mail" / "cur" / f"{file.name}:2,S")  # it was read in the meantime
    asyncio.run(twice())
    assert list((tmp_path / "mail" / "new").iterdir()) == []


def test_a_maildir_that_cannot_be_written(mailing: Mailing, tmp_path: Path) -> None:
    mailing.to("ann")
    (tmp_path / "file").write_bytes(b"")
    mailers = mailer_factory(workspace_at(tmp_path, smtp="maildir:file"), {})
    with pytest.raises(PublisherError) as refused:
        send_notice(mailing.outbox, composer(), mailers, Limits(connections=1), lambda: NOW)
    assert refused.value.problems[0].code == "C521"
    assert mailing.outbox.outcomes() == {"pending": 1}

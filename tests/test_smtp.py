"""One SMTP connection against a server that misbehaves on purpose: what became of the letter, what the server took,
and whether the next letter goes on rightly."""

from __future__ import annotations

import asyncio
import base64
import functools
import shutil
import socket
import ssl
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest

from publisher.errors import ServiceAway
from publisher.mail.compose import Letter
from publisher.mail.outcomes import Outcome, State
from publisher.mail.pipelining import LONGEST_REPLY, Timeouts
from publisher.mail.smtp import SmtpMailer
from publisher.messages import translator
from publisher.workspace import mail_server
from tests.misbehaving import EVERYTHING, Action, Close, Misbehaving, Say, Silent, tls_for
from tests.needs import needs

SENDER = "privacy@example.com"
LOCK_STEP = tuple(word for word in EVERYTHING if word != "PIPELINING")
PATIENT = Timeouts(connect=30, command=30, dot=30)
QUICK = Timeouts(connect=1, command=1, dot=1)
#: so that nothing asks the machine, which may ask the network, for its name
OUR_NAME = "publisher.example.com"
TRUSTING_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a coroutine to its end on one of the two event loops."""
    if request.param == "asyncio":
        return asyncio.run
    try:
        import uvloop
    except ImportError:
        needs(condition=False, what="uvloop")
        raise
    return uvloop.run


def letter(name: str, *, domain: str = "example.org", data: bytes = b"") -> Letter:
    ordinary = f"Message-ID: <{name}@example.com>\r\n\r\n{name}\r\n".encode("ascii", "replace")
    return Letter(sender=SENDER, recipient=f"{name}@{domain}", token=name, data=data or ordinary)


def mailer(
    port: int,
    scheme: str = "smtp",
    timeouts: Timeouts = PATIENT,
    context: ssl.SSLContext = TRUSTING_NOBODY,
    password: str | None = None,
) -> SmtpMailer:
    user = "operator@" if password else ""
    server = mail_server(f"{scheme}://{user}127.0.0.1:{port}")
    return SmtpMailer(server, password, context, timeouts=timeouts, our_name=OUR_NAME)


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


async def one_after_another(
    server: Misbehaving, names: str, timeouts: Timeouts = PATIENT, permit: Callable[[], Awaitable[bool]] = yes
) -> list[Outcome | None]:
    """Letters to each of `names` over one mailer."""
    async with server.listening() as port, mailer(port, timeouts=timeouts) as client:
        return [await client.hand_over(letter(name), permit) for name in names]


def away(run: Run, attempt: Coroutine[Any, Any, Any]) -> str:
    """What is said where the server lets nobody in."""
    with pytest.raises(ServiceAway) as failed:
        run(attempt)
    assert [problem.code for problem in failed.value.problems] == ["S210"]
    assert "@example" not in "".join(traceback.format_exception(failed.value))
    return failed.value.problems[0].in_words(translator("en"))


# -- faults -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """What goes wrong with the second of three letters, and what has to come of it."""

    name: str
    #: what the server does in place of the ordinary, by step; each on the second letter only
    script: dict[str, Action]
    #: state, and "uncounted", "ours" or "unusable"
    outcome: str
    #: part of what is kept of the reply
    reply: str = ""
    #: whether the server took the letter
    taken: bool = False
    #: whether the connection is kept
    kept: bool = True
    timeouts: Timeouts = PATIENT
    modes: tuple[str, ...] = field(default=("pipelined", "lock-step"))


def refusals() -> Iterator[Fault]:
    """A reply of each kind at each command."""
    for step in ("mail", "rcpt", "data"):
        gone = Close(b"421 4.3.2 closing\r\n")
        # At MAIL the server had closed before this letter: it goes over the next connection at once.
        if step == "mail":
            yield Fault("421 at mail", {step: gone}, "handed_over", taken=True, kept=False)
        else:
            yield Fault(f"421 at {step}", {step: gone}, "deferred uncounted", "4.3.2 closing", kept=False)
        for words in ("450 4.2.0 greylisted", "451 4.3.0 later", "452 4.3.1 no space"):
            yield Fault(f"{words} at {step}", {step: Say(f"{words}\r\n".encode())}, "deferred", words[4:])
        ours = "deferred ours"
        yield Fault(f"policy at {step}", {step: Say(b"554 5.7.1 blocked\r\n")}, ours, "5.7.1 blocked")
        refused = {"mail": ours, "rcpt": "failed unusable", "data": "failed"}[step]
        words = {"mail": "550 no", "rcpt": "550 5.1.1 no such mailbox", "data": "554 no"}[step]
        yield Fault(f"refused at {step}", {step: Say(f"{words}\r\n".encode())}, refused, words[4:])
        many = f"{words[:3]}-{words[4:]}\r\n" * 3 + f"{words}\r\n"
        yield Fault(f"in many lines at {step}", {step: Say(many.encode())}, refused, words[4:])
    for words, outcome in (
        ("450 4.2.0 greylisted", "deferred"),
        ("452 4.3.1 no space", "deferred"),
        ("552 5.3.4 too big", "deferred ours"),
        ("550 5.7.1 looks like spam", "deferred ours"),
        ("554 5.0.0 no", "failed"),
    ):
        yield Fault(f"{words} after the dot", {"dot": Say(f"{words}\r\n".encode())}, outcome, words[4:])
    closing = Close(b"421 4.3.2 closing\r\n")
    yield Fault("421 after the dot", {"dot": closing}, "deferred", "4.3.2 closing", kept=False)


def drops() -> Iterator[Fault]:
    """The connection breaks, or nothing that could be read comes."""
    for abruptly in (False, True):
        how = "reset" if abruptly else "closed"
        yield Fault(f"{how} at mail", {"mail": Close(abruptly=abruptly)}, "handed_over", taken=True, kept=False)
        for step in ("rcpt", "data", "body"):
            close = Close(abruptly=abruptly)
            outcome = "uncertain" if step == "body" else "deferred uncounted"
            yield Fault(f"{how} at {step}", {step: close}, outcome, "connection lost", kept=False)
        close = Close(abruptly=abruptly)
        yield Fault(f"{how} after the dot", {"dot": close}, "uncertain", "connection lost", taken=True, kept=False)
    half, whole = Close(b"250 2.0"), Close(b"250 2.0.0 queued\r\n")
    yield Fault("half a reply", {"dot": half}, "uncertain", "connection lost", taken=True, kept=False)
    yield Fault("a whole reply, and closed", {"dot": whole}, "handed_over", "queued", taken=True, kept=False)
    early = Close(b"354 go ahead\r\n550 5.7.1 not from you\r\n")
    yield Fault("refused along with the go-ahead", {"data": early}, "deferred ours", "not from you", kept=False)
    early = Close(b"354 go ahead\r\n55")
    yield Fault("half a word along with the go-ahead", {"data": early}, "deferred uncounted", kept=False)


def nonsense() -> Iterator[Fault]:
    """Replies that are none, or without end."""
    filler = b"x" * 70
    for step in ("mail", "rcpt", "data", "dot"):
        dot = step == "dot"
        nothing = "uncertain" if dot else "deferred uncounted"
        for name, words in {
            "garbage": b"\xff\x00 hello\r\n",
            "no code": b"two hundred\r\n",
            "code of four": b"2500 ok\r\n",
            "codes that differ": b"250-one\r\n550 two\r\n",
            "code out of range": b"650 what\r\n",
            "an empty line": b"\r\n",
        }.items():
            yield Fault(f"{name} at {step}", {step: Say(words)}, nothing, "no SMTP reply", taken=dot, kept=False)
        wrong = {"mail": b"354", "rcpt": b"354", "data": b"250", "dot": b"354"}[step]
        # A complete reply to the dot that answers nothing leaves the connection in step.
        yield Fault(
            f"{wrong.decode()} at {step}",
            {step: Say(wrong + b" what\r\n")},
            nothing,
            "no SMTP reply",
            taken=dot,
            kept=dot,
        )
        lines = b"250-" + filler + b"\r\n"
        endless = Say(lines * (10_000_000 // len(lines)))
        yield Fault(f"ten megabytes at {step}", {step: endless}, nothing, "too long", taken=dot, kept=False)
        line = Say(b"250 " + b"x" * (LONGEST_REPLY + 1000))
        yield Fault(f"one endless line at {step}", {step: line}, nothing, "too long", taken=dot, kept=False)
        short = Say(b"250-\r\n" * 1001)
        yield Fault(f"a thousand lines at {step}", {step: short}, nothing, "too long", taken=dot, kept=False)
    eight = Say((b"250-2.0.0 " + filler + b"\r\n") * 105 + b"250 2.0.0 last\r\n")
    yield Fault("eight kilobytes after the dot", {"dot": eight}, "handed_over", "2.0.0 last", taken=True)
    yield Fault(
        "bare line feeds", {"dot": Say(b"250-2.0.0 one\n250 2.0.0 two\n")}, "handed_over", "2.0.0 two", taken=True
    )
    yield Fault("no text", {"dot": Say(b"250\r\n")}, "handed_over", taken=True)
    two = Say(b"250 2.0.0 ok\r\n421 4.3.2 closing\r\n")
    yield Fault("a farewell along with the reply", {"dot": two}, "handed_over", "ok", taken=True, kept=False)


def waits() -> Iterator[Fault]:
    """Servers that take their time."""
    late = "no reply in time"
    for step in ("mail", "rcpt", "data", "body", "dot"):
        dot = step in {"body", "dot"}
        outcome = "uncertain" if dot else "deferred uncounted"
        yield Fault(
            f"silent at {step}", {step: Silent()}, outcome, late, taken=step == "dot", kept=False, timeouts=QUICK
        )
    loris = Say(b"250 2.0.0 " + b"x" * 1000 + b"\r\n", every=0.05)
    yield Fault("a byte now and then at rcpt", {"rcpt": loris}, "deferred uncounted", late, kept=False, timeouts=QUICK)
    yield Fault(
        "a byte now and then after the dot", {"dot": loris}, "uncertain", late, taken=True, kept=False, timeouts=QUICK
    )


def out_of_step() -> Iterator[Fault]:
    """The recipient is refused, and what the server says to DATA that came along with it."""
    refused = Say(b"550 5.1.1 no such mailbox\r\n")
    piped = ("pipelined",)
    for name, data in {
        "354": Say(b"354 go ahead\r\n"),
        "503": Say(b"503 5.5.1 no\r\n"),
        "554": Say(b"554 no\r\n"),
    }.items():
        yield Fault(
            f"recipient refused, {name}", {"rcpt": refused, "data": data}, "failed unusable", "no such", modes=piped
        )
    gone = {"rcpt": refused, "data": Close()}
    yield Fault("recipient refused, closed", gone, "failed unusable", "no such", kept=False, modes=piped)
    sender = {
        "mail": Say(b"550 5.7.1 not you\r\n"),
        "rcpt": Say(b"503 5.5.1 MAIL first\r\n"),
        "data": Say(b"354 go\r\n"),
    }
    yield Fault("sender refused, all the rest taken", sender, "deferred ours", "not you", modes=piped)


FAULTS = [*refusals(), *drops(), *nonsense(), *waits(), *out_of_step()]


def in_words(outcome: Outcome | None) -> str:
    assert outcome
    words = [outcome.state.value]
    words += ["uncounted"] * (not outcome.counted) + ["ours"] * outcome.refuses_us + ["unusable"] * outcome.unusable
    return " ".join(words)


@pytest.mark.parametrize(
    ("fault", "mode"), [pytest.param(f, mode, id=f"{f.name}-{mode}") for f in FAULTS for mode in f.modes]
)
def test_a_fault_and_the_letter_after_it(run: Run, fault: Fault, mode: str) -> None:
    script = {step: [None, action] for step, action in fault.script.items()}
    server = Misbehaving(script, extensions=EVERYTHING if mode == "pipelined" else LOCK_STEP)
    before, outcome, after = run(one_after_another(server, "abc", fault.timeouts))
    assert in_words(outcome) == fault.outcome
    assert outcome
    assert fault.reply in outcome.reply
    assert "b@" not in outcome.reply
    assert (in_words(before), in_words(after)) == ("handed_over", "handed_over")
    assert server.told == [f"{name}@example.org" for name in ("abc" if fault.taken else "ac")]
    assert server.connections == (1 if fault.kept else 2)
    assert [data for _, data in server.taken] == [letter(to[0]).data for to in server.told], "nothing mixed up"


@pytest.mark.parametrize("mode", ["pipelined", "lock-step"])
def test_a_server_that_closes_after_so_many_messages(run: Run, mode: str) -> None:
    rounds = [None, None, Close(b"421 4.3.2 too many messages\r\n")]
    extensions = EVERYTHING if mode == "pipelined" else LOCK_STEP
    server = Misbehaving({"mail": rounds * 4}, extensions=extensions)
    outcomes = run(one_after_another(server, "abcdefgh"))
    assert {in_words(outcome) for outcome in outcomes} == {"handed_over"}
    assert server.told == [f"{name}@example.org" for name in "abcdefgh"], "each of them once"
    assert server.connections == 4


def test_a_server_that_closes_at_each_first_letter_is_not_called_for_ever(run: Run) -> None:
    server = Misbehaving({"mail": repeat(Close(b"421 4.3.2 busy\r\n"))})
    (outcome,) = run(one_after_another(server, "a"))
    assert in_words(outcome) == "deferred uncounted"
    assert (server.connections, server.told) == (1, [])


def test_greylisting_lets_the_others_through(run: Run) -> None:
    server = Misbehaving({"rcpt": [Say(b"451 4.7.1 greylisted\r\n"), None, Say(b"451 4.7.1 greylisted\r\n")]})
    outcomes = run(one_after_another(server, "abca"))
    assert [in_words(outcome) for outcome in outcomes] == ["deferred", "handed_over", "deferred", "handed_over"]
    assert server.told == ["b@example.org", "a@example.org"]
    assert server.connections == 1


def test_an_idle_connection_that_the_server_closed(run: Run) -> None:
    async def attempt() -> list[Outcome | None]:
        server = Misbehaving({"dot": [Close(b"250 2.0.0 ok\r\n", abruptly=True)]})
        async with server.listening() as port, mailer(port) as client:
            first = await client.hand_over(letter("a"), yes)
            await asyncio.sleep(0.05)  # the loop hears of it
            second = await client.hand_over(letter("b"), yes)
            assert (server.told, server.connections) == (["a@example.org", "b@example.org"], 2)
            return [first, second]

    assert [in_words(outcome) for outcome in run(attempt())] == ["handed_over", "handed_over"]


# -- what is written ----------------------------------------------------------------------------------------------


def test_the_envelope_leaves_in_one_write_where_the_server_said_so(run: Run) -> None:
    server = Misbehaving()
    run(one_after_another(server, "ab"))
    assert server.heard == ["EHLO", "MAIL+RCPT+DATA", "MAIL+RCPT+DATA", "QUIT"]


@pytest.mark.parametrize("extensions", [LOCK_STEP, ("8BITMIME",), ()])
@pytest.mark.parametrize("helo_only", [True, False])
def test_lock_step_where_it_did_not(run: Run, extensions: tuple[str, ...], helo_only: bool) -> None:
    server = Misbehaving(extensions=extensions, helo_only=helo_only)
    outcomes = run(one_after_another(server, "ab"))
    assert {in_words(outcome) for outcome in outcomes} == {"handed_over"}
    greeted = ["EHLO", "HELO"] if helo_only else ["EHLO"]
    assert server.heard == [*greeted, *["MAIL", "RCPT", "DATA"] * 2, "QUIT"]
    assert b"MAIL FROM:<privacy@example.com>" + b" SIZE=34" * ("SIZE 10485760" in extensions and not helo_only) in (
        server.lines
    )


@pytest.mark.parametrize("mode", ["pipelined", "lock-step"])
def test_a_refusal_is_followed_by_a_clean_start(run: Run, mode: str) -> None:
    extensions = EVERYTHING if mode == "pipelined" else LOCK_STEP
    server = Misbehaving({"rcpt": [Say(b"550 5.1.1 no\r\n")]}, extensions=extensions)
    run(one_after_another(server, "ab"))
    joined = "+".join(server.heard)
    assert joined.count("RSET") == 1
    assert joined.index("RCPT") < joined.index("RSET") < joined.rindex("MAIL")


def test_a_server_that_refuses_to_start_afresh_is_left(run: Run) -> None:
    script = {"rcpt": [Say(b"550 5.1.1 no\r\n")], "rset": [Say(b"500 5.5.1 what?\r\n")]}
    server = Misbehaving(script)
    outcomes = run(one_after_another(server, "ab"))
    assert [in_words(outcome) for outcome in outcomes] == ["failed unusable", "handed_over"]
    assert (server.told, server.connections) == (["b@example.org"], 2)


@pytest.mark.parametrize(
    "body", [b"one\r\n", b"one", b".\r\n", b"..\r\n", b"a\r\n.\r\nb\r\n", b"a\r\n.b\r\n..\r\n", b"a\n.\r\nb\r\n"]
)
def test_no_line_of_a_message_ends_it(run: Run, body: bytes) -> None:
    server = Misbehaving()

    async def attempt() -> None:
        async with server.listening() as port, mailer(port) as client:
            for name in "ab":
                outcome = await client.hand_over(letter(name, data=body), yes)
                assert in_words(outcome) == "handed_over"

    run(attempt())
    stuffed = [b"\r\n" + data for _, data in server.taken]
    unstuffed = [data.replace(b"\n.", b"\n")[2:] for data in stuffed]
    assert unstuffed == [body if body.endswith(b"\r\n") else body + b"\r\n"] * 2


# -- addresses beyond ASCII ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("announced", [True, False])
def test_an_address_beyond_ascii_goes_where_the_server_takes_it(run: Run, announced: bool) -> None:
    server = Misbehaving(extensions=EVERYTHING if announced else ("PIPELINING", "8BITMIME"))
    outcome, after = run(one_after_another(server, "하a"))
    assert in_words(after) == "handed_over"
    if announced:
        assert in_words(outcome) == "handed_over"
        assert server.told == ["하@example.org", "a@example.org"]
        assert [b"SMTPUTF8" in line for line in server.lines if line.startswith(b"MAIL")] == [True, False]
    else:
        assert in_words(outcome) == "failed"
        assert outcome.reply == "S270"
        assert server.told == ["a@example.org"]
        assert "하".encode() not in b"".join(server.lines)


@pytest.mark.parametrize("announced", [True, False])
def test_a_message_in_eight_bits_goes_where_the_server_takes_it(run: Run, announced: bool) -> None:
    server = Misbehaving(extensions=("8BITMIME",) if announced else ())
    data = "Subject: 하나\r\n\r\n".encode()

    async def attempt() -> Outcome | None:
        async with server.listening() as port, mailer(port) as client:
            return await client.hand_over(letter("a", data=data), yes)

    outcome = run(attempt())
    assert in_words(outcome) == ("handed_over" if announced else "failed")
    assert server.taken == ([("a@example.org", data)] if announced else [])
    assert any(b"BODY=8BITMIME" in line for line in server.lines) == announced


@pytest.mark.parametrize(
    "name", ["a>\r\nRCPT TO:<b", "a b", "a>b", "<a", "a\x00", "a\x85", "a\u2028", "a\x7f", "a\n", ""]
)
def test_an_address_that_would_be_more_than_one_is_not_sent(run: Run, name: str) -> None:
    server = Misbehaving()

    async def attempt() -> Outcome | None:
        async with server.listening() as port, mailer(port) as client:
            return await client.hand_over(letter(name, data=b"x\r\n"), yes)

    outcome = run(attempt())
    assert in_words(outcome) == "failed unusable"
    assert outcome.reply == "S271"
    assert server.heard == ["EHLO", "QUIT"]


# -- the permit ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["pipelined", "lock-step"])
def test_the_body_waits_for_the_permit_and_the_envelope_does_not(run: Run, mode: str) -> None:
    server = Misbehaving(extensions=EVERYTHING if mode == "pipelined" else LOCK_STEP)
    seen: list[int] = []

    async def once_the_server_waits() -> bool:
        while "DATA" not in "".join(server.heard):
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)  # the go-ahead has come: a body would follow now
        seen.append(server.body_bytes)
        return True

    (outcome,) = run(one_after_another(server, "a", permit=once_the_server_waits))
    assert in_words(outcome) == "handed_over"
    assert seen == [0]
    assert server.told == ["a@example.org"]


@pytest.mark.parametrize("mode", ["pipelined", "lock-step"])
def test_a_connection_that_breaks_before_the_permit_has_taken_nothing(run: Run, mode: str) -> None:
    script = {"data": [None, Close(b"354 go ahead\r\n")]}
    server = Misbehaving(script, extensions=EVERYTHING if mode == "pipelined" else LOCK_STEP)

    async def late() -> bool:
        while server.heard.count("DATA") + "".join(server.heard).count("+DATA") < len(server.taken) + 1:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        return True

    outcomes = run(one_after_another(server, "abc", permit=late))
    assert [in_words(outcome) for outcome in outcomes] == ["handed_over", "deferred uncounted", "handed_over"]
    assert server.told == ["a@example.org", "c@example.org"]


@pytest.mark.parametrize("mode", ["pipelined", "lock-step"])
def test_nothing_is_sent_without_the_permit(run: Run, mode: str) -> None:
    server = Misbehaving(extensions=EVERYTHING if mode == "pipelined" else LOCK_STEP)
    answers = iter([True, False, True])

    async def permit() -> bool:
        return next(answers)

    outcomes = run(one_after_another(server, "abc", permit=permit))
    assert outcomes[1] is None
    assert server.told == ["a@example.org", "c@example.org"]
    assert server.connections == 2


def test_a_permit_that_fails_ends_the_session_and_nothing_was_sent(run: Run) -> None:
    server = Misbehaving()

    async def fails() -> bool:
        raise RuntimeError("the database is away")

    async def attempt() -> None:
        async with server.listening() as port, mailer(port) as client:
            with pytest.raises(RuntimeError, match="away"):
                await client.hand_over(letter("a"), fails)
            assert in_words(await client.hand_over(letter("b"), yes)) == "handed_over"

    run(attempt())
    assert (server.told, server.connections) == (["b@example.org"], 2)


def test_a_mailer_that_is_cancelled_goes_on_over_a_new_connection(run: Run) -> None:
    server = Misbehaving({"dot": [Silent()]})

    async def attempt() -> None:
        async with server.listening() as port, mailer(port) as client:
            task = asyncio.ensure_future(client.hand_over(letter("a"), yes))
            while not server.taken:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert in_words(await client.hand_over(letter("b"), yes)) == "handed_over"

    run(attempt())
    assert (server.told, server.connections) == (["a@example.org", "b@example.org"], 2)


def test_the_permit_is_asked_again_for_another_connection(run: Run) -> None:
    server = Misbehaving({"mail": [None, Close(b"421 4.3.2 enough\r\n")]})
    asked: list[int] = []

    async def permit() -> bool:
        asked.append(server.connections)
        return True

    run(one_after_another(server, "ab", permit=permit))
    assert server.told == ["a@example.org", "b@example.org"]
    assert len(asked) == 3


def test_a_refused_envelope_stays_refused_whatever_the_permit(run: Run) -> None:
    server = Misbehaving({"rcpt": repeat(Say(b"550 5.1.1 no\r\n"))})
    (outcome,) = run(one_after_another(server, "a"))
    assert in_words(outcome) == "failed unusable"
    (outcome,) = run(one_after_another(server, "a", permit=no))
    assert outcome is None
    assert server.told == []


# -- nobody there -------------------------------------------------------------------------------------------------


async def just_open(port: int, **more: Any) -> None:
    async with mailer(port, **more) as client:
        await client.hand_over(letter("a"), yes)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ({"greeting": Close()}, ""),
        ({"greeting": Close(abruptly=True)}, ""),
        ({"greeting": Close(b"421 4.3.2 busy\r\n")}, "4.3.2 busy"),
        ({"greeting": Close(b"554 5.7.1 not you\r\n")}, "5.7.1 not you"),
        ({"greeting": Say(b"\xff\xfe\r\n")}, ""),
        ({"greeting": Say(b"220-" + b"x" * 10_000_000)}, "too long"),
        ({"greeting": Silent()}, "Timed out"),
        ({"greeting": Say(b"220 " + b"x" * 1000, every=0.05)}, "Timed out"),
        ({"ehlo": Close()}, ""),
        ({"ehlo": Silent()}, "Timed out"),
        ({"ehlo": Say(b"550 no\r\n"), "helo": Say(b"550 no\r\n")}, "no"),
        ({"ehlo": Say((b"250-" + b"x" * 70 + b"\r\n") * 100_000)}, ""),
    ],
)
def test_a_server_that_lets_nobody_in_is_away(run: Run, script: dict[str, Action], said: str) -> None:
    server = Misbehaving({step: repeat(action) for step, action in script.items()})

    async def attempt() -> None:
        async with server.listening() as port:
            await just_open(port, timeouts=QUICK if "Timed out" in said else PATIENT)

    assert said in away(run, attempt())
    assert server.told == []
    assert "MAIL" not in "".join(server.heard)


def test_nothing_listening_or_a_name_that_is_none_is_away(run: Run) -> None:
    with socket.socket() as bound:  # and does not listen
        bound.bind(("127.0.0.1", 0))
        away(run, just_open(bound.getsockname()[1]))

    async def nowhere() -> None:
        server = mail_server("smtps://relay.invalid")
        async with SmtpMailer(server, None, TRUSTING_NOBODY, timeouts=PATIENT, our_name=OUR_NAME):
            pass

    assert "relay.invalid" in away(run, nowhere())


def test_a_server_that_goes_away_between_letters_is_away(run: Run) -> None:
    async def attempt() -> None:
        server = Misbehaving({"mail": [None, Close(b"421 bye\r\n")], "greeting": [None, *repeat(Close(), 5)]})
        async with server.listening() as port, mailer(port) as client:
            assert in_words(await client.hand_over(letter("a"), yes)) == "handed_over"
            try:
                await client.hand_over(letter("b"), yes)
            finally:
                assert server.told == ["a@example.org"]

    away(run, attempt())


@pytest.mark.parametrize("accepted", [True, False])
def test_a_login_and_its_secrets(run: Run, accepted: bool) -> None:
    password = "canary-password-4711"
    secret = base64.b64encode(f"\0operator\0{password}".encode())
    refused = Say(b"535 5.7.8 refused: " + secret + b" " + password.encode() + b"\r\n")
    server = Misbehaving({} if accepted else {"auth": repeat(refused)}, extensions=(*EVERYTHING, "AUTH PLAIN"))

    async def attempt() -> None:
        async with server.listening() as port:
            await just_open(port, password=password)

    if accepted:
        run(attempt())
        assert b"AUTH PLAIN " + secret in server.lines
        assert server.told == ["a@example.org"]
        return
    said = away(run, attempt())
    assert "5.7.8 refused: … …" in said
    assert server.told == []


# -- TLS ----------------------------------------------------------------------------------------------------------


@functools.cache
def _client_trusting(pem: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(pem))


async def over_tls(server: Misbehaving, scheme: str, tls: ssl.SSLContext, client: ssl.SSLContext) -> None:
    async with server.listening(tls if scheme == "smtps" else None) as port:
        await just_open(port, scheme=scheme, context=client)


def server_with(scheme: str, tls: ssl.SSLContext, script: dict[str, Any] | None = None, **more: Any) -> Misbehaving:
    return Misbehaving(script, tls=None if scheme == "smtps" else tls, **more)


@contextmanager
def quiet_loop() -> Iterator[None]:
    """A handshake that is refused is told of by the loop of the server, too."""
    import logging

    logger = logging.getLogger("asyncio")
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = False


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_a_letter_goes_over_tls(run: Run, scheme: str, tmp_path: Path) -> None:
    tls, pem = tls_for(tmp_path, "127.0.0.1")
    server = server_with(scheme, tls)
    run(over_tls(server, scheme, tls, _client_trusting(pem)))
    assert server.told == ["a@example.org"]
    assert server.heard[-2:] == ["MAIL+RCPT+DATA", "QUIT"]


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
@pytest.mark.parametrize("wrong", ["nobody vouches", "name", "expired"])
def test_a_certificate_that_is_not_good_is_refused(run: Run, scheme: str, wrong: str, tmp_path: Path) -> None:
    tls, pem = tls_for(tmp_path, "mail.example.com" if wrong == "name" else "127.0.0.1", expired=wrong == "expired")
    client = ssl.create_default_context() if wrong == "nobody vouches" else _client_trusting(pem)
    server = server_with(scheme, tls)
    with quiet_loop():
        assert "certificate verify failed" in away(run, over_tls(server, scheme, tls, client))
    assert server.told == []
    assert "MAIL" not in "".join(server.heard)


def test_a_server_whose_starttls_was_stripped_gets_nothing(run: Run) -> None:
    async def attempt(server: Misbehaving, scheme: str) -> None:
        async with server.listening() as port:
            await just_open(port, scheme=scheme, password="secret", timeouts=QUICK)

    server = Misbehaving(extensions=(*EVERYTHING, "AUTH PLAIN"))
    assert "STARTTLS" in away(run, attempt(server, "smtp+starttls"))
    assert server.heard == ["EHLO"], "neither the password nor a letter"
    server = Misbehaving()
    with quiet_loop():
        away(run, attempt(server, "smtps"))
    assert server.told == []


@pytest.mark.parametrize("reply", [b"454 4.7.0 not now\r\n", b"501 no\r\n", b"250 ok?\r\n"])
def test_a_server_that_refuses_starttls_gets_nothing(run: Run, reply: bytes, tmp_path: Path) -> None:
    tls, pem = tls_for(tmp_path, "127.0.0.1")
    server = Misbehaving({"starttls": [Close(reply)]}, tls=tls)
    away(run, over_tls(server, "smtp+starttls", tls, _client_trusting(pem)))
    assert server.told == []
    assert "MAIL" not in "".join(server.heard)


def test_plain_words_after_starttls_are_not_believed(run: Run, tmp_path: Path) -> None:
    tls, pem = tls_for(tmp_path, "127.0.0.1")
    injected = b"220 2.0.0 go\r\n250-evil.example.com\r\n250 PIPELINING\r\n"
    server = Misbehaving({"starttls": [Say(injected)]}, tls=tls, extensions=LOCK_STEP)
    run(over_tls(server, "smtp+starttls", tls, _client_trusting(pem)))
    assert server.told == ["a@example.org"]
    assert server.heard[-4:] == ["MAIL", "RCPT", "DATA", "QUIT"], "what was said in plain words announces nothing"


@pytest.mark.parametrize(
    "fault",
    [
        f
        for f in FAULTS
        if f.name
        in {"closed after the dot", "closed at body", "reset at rcpt", "half a reply", "450 4.2.0 greylisted at rcpt"}
    ],
    ids=lambda f: f.name,
)
def test_a_fault_over_tls(run: Run, fault: Fault, tmp_path: Path) -> None:
    tls, pem = tls_for(tmp_path, "127.0.0.1")
    server = Misbehaving({step: [None, action] for step, action in fault.script.items()}, tls=tls)

    async def attempt() -> list[str]:
        async with server.listening() as port, mailer(port, "smtp+starttls", context=_client_trusting(pem)) as client:
            return [in_words(await client.hand_over(letter(name), yes)) for name in "abc"]

    assert run(attempt()) == ["handed_over", fault.outcome, "handed_over"]
    assert server.told == [f"{name}@example.org" for name in ("abc" if fault.taken else "ac")]


# -- a server of others -------------------------------------------------------------------------------------------


@contextmanager
def smtp_sink(*options: str) -> Iterator[int]:
    """The sink of Postfix."""
    import os
    import subprocess
    import time

    program = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    needs(program is not None, "smtp-sink (Debian's postfix)")
    assert program
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    sink = subprocess.Popen([program, *user, "-4", *options, f"127.0.0.1:{port}", "100"])
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                assert sink.poll() is None
                time.sleep(0.02)
        yield port
    finally:
        sink.terminate()
        sink.wait(30)


@pytest.mark.parametrize(
    ("options", "outcome"),
    [
        ([], "handed_over"),
        (["-p"], "handed_over"),
        (["-8"], "handed_over"),
        (["-e"], "handed_over"),
        (["-p", "-8"], "handed_over"),
        (["-q", "MAIL"], "deferred uncounted"),
        (["-q", "RCPT"], "deferred uncounted"),
        (["-q", "DATA"], "deferred uncounted"),
        (["-q", "."], "uncertain"),
        (["-Q", "MAIL"], "deferred uncounted"),
        (["-Q", "RCPT"], "deferred uncounted"),
        (["-Q", "DATA"], "deferred uncounted"),
        (["-Q", "."], "deferred"),
        (["-r", "MAIL"], "deferred"),
        (["-r", "RCPT"], "deferred"),
        (["-r", "."], "deferred"),
        (["-f", "MAIL"], "deferred ours"),
        (["-f", "RCPT"], "deferred ours"),
        (["-f", "."], "deferred ours"),
    ],
    ids=" ".join,
)
def test_against_the_sink_of_postfix(run: Run, options: list[str], outcome: str) -> None:
    async def attempt(port: int) -> list[str]:
        async with mailer(port) as client:
            return [in_words(await client.hand_over(letter(name), yes)) for name in "abc"]

    with smtp_sink(*options) as port:
        assert run(attempt(port)) == [outcome] * 3


@pytest.mark.parametrize("step", ["CONNECT", "EHLO"])
def test_a_sink_that_lets_nobody_in(run: Run, step: str) -> None:
    with smtp_sink("-q", step) as port:
        away(run, just_open(port))


def test_many_connections_at_once(run: Run) -> None:
    server = Misbehaving({"dot": iter([None] * 20 + [Close()] * 3 + [None] * 10 + [Say(b"450 later\r\n")] * 3)})

    async def attempt() -> list[Outcome | None]:
        names = iter(f"n{number}" for number in range(200))
        outcomes = []

        async def work(port: int) -> None:
            async with mailer(port) as client:
                for name in names:
                    outcomes.append(await client.hand_over(letter(name), yes))

        async with server.listening() as port:
            await asyncio.gather(*(work(port) for _ in range(8)))
        return outcomes

    outcomes = run(attempt())
    states = [outcome.state for outcome in outcomes]
    assert {state: states.count(state) for state in states} == {
        State.HANDED_OVER: 194,
        State.UNCERTAIN: 3,
        State.DEFERRED: 3,
    }
    assert len(server.told) == len(set(server.told)) == 197
    assert all(data == letter(to.partition("@")[0]).data for to, data in server.taken)

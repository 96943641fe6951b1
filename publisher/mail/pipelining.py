"""One SMTP session after its greeting, TLS and login: one letter at a time, and always known how far it came.

MAIL, RCPT and DATA leave in one write where the server announced PIPELINING (RFC 2920), else one by one. All replies
are read before the envelope is judged. The body and its final dot leave in one write, when the envelope was accepted
and whoever sends has said that they may.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from publisher.mail.outcomes import Permit
from publisher.mail.replies import GREATEST_CODE, Lost, Phase, Reply

#: A reply, with all its lines. RFC 5321 4.5.3.1.5 asks for 512 octets a line; servers write whole paragraphs.
LONGEST_REPLY: Final = 64 * 1024
MOST_LINES: Final = 1000
_GO_AHEAD: Final = 354
_CLOSING: Final = 421


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeouts:
    """How long a server is waited for, in seconds (RFC 5321 4.5.3.2)."""

    #: connection, and each step until the login is through
    connect: float = 60.0
    #: the replies to an envelope sent in one write, or to one command
    command: float = 300.0
    #: the reply to the final dot: who gives up before the server does makes letters of unknown fate
    dot: float = 600.0


class Ended(NamedTuple):
    """How a transaction ended: what the last word answers, and what it was."""

    phase: Phase
    reply: Reply | Lost


class Session(asyncio.Protocol):
    """Takes over a connected transport, over which the server's next word is a reply to us."""

    def __init__(self, transport: asyncio.Transport, *, pipelining: bool, timeouts: Timeouts) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._pipelining = pipelining
        self._timeouts = timeouts
        #: transactions begun
        self.used = 0
        #: an accepted MAIL may still stand: RSET goes before the next one
        self._unfinished = False
        # the transaction
        self._phases: Sequence[Phase] = ()
        self._commands: Sequence[bytes] = ()
        self._answered = 0
        self._refusal: tuple[Phase, Reply] | None = None
        self._accepted = False
        self._permitted = False
        self._body: bytes | None = None
        self._written = False
        self._ended: Ended | None = Ended(Phase.CONNECT, Lost.CLOSED)  # none is under way
        self._waiter: asyncio.Future[None] | None = None
        # the reply that is being read
        self._rest = b""
        self._first: bytes | None = None
        self._code = 0
        self._lines = 0
        self._length = 0
        # the watch
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._quitting = False
        transport.set_protocol(self)

    @property
    def closed(self) -> bool:
        """Whether no further letter can go over it."""
        return self._transport.is_closing()

    async def transact(self, mail: bytes, rcpt: bytes, body: bytes, permit: Permit) -> Ended | None:
        """Hand one letter over: the commands MAIL and RCPT, and the body up to and with its final dot, as bytes.

        `permit` is awaited while the server answers the envelope; None where it says no: nothing was sent then, and
        the session is over, since a server that waits for a body can be stopped in no other way. The same where
        `permit` raises, or the task is cancelled.
        """
        self._begin(mail, rcpt, body)
        try:
            if not await permit():
                self.drop()
                return None
            self._permitted = True
            self._send_body()
            if self._ended is None:
                self._waiter = self._loop.create_future()
                await self._waiter
        except BaseException:
            self.drop()
            raise
        finally:
            self._waiter = None
            self._body = None
        return self._ended

    async def quit(self, patience: float) -> None:
        """Take leave, and wait for the server's word at most `patience` seconds."""
        if not self.closed:
            self._quitting = True
            self._waiter = self._loop.create_future()
            self._transport.write(b"QUIT\r\n")
            self._watch_for(patience)
            try:
                await self._waiter
            finally:
                self._waiter = None
        self.drop()

    def drop(self) -> None:
        """Close at once, whatever is under way."""
        self._transport.abort()

    # -- writing ------------------------------------------------------------------------------------------------------

    def _begin(self, mail: bytes, rcpt: bytes, body: bytes) -> None:
        self.used += 1
        self._answered = 0
        self._refusal = self._ended = None
        self._accepted = self._permitted = self._written = False
        self._body = body
        if self._unfinished:
            self._phases, self._commands = _AFTER_RESET, (b"RSET\r\n", mail, rcpt, b"DATA\r\n")
        else:
            self._phases, self._commands = _ENVELOPE, (mail, rcpt, b"DATA\r\n")
        self._unfinished = True
        self._write(b"".join(self._commands) if self._pipelining else self._commands[0])

    def _write(self, command: bytes) -> None:
        self._transport.write(command)
        self._watch_for(self._timeouts.command)

    def _send_body(self) -> None:
        # What came after the go-ahead, be it half a line, is the server's last word, and is read first.
        if not (self._accepted and self._permitted) or self._written or self._ended:
            return
        if self._rest or self._first is not None or self._body is None or self.closed:
            return
        self._written = True
        self._transport.write(self._body)
        self._watch_for(self._timeouts.dot)

    # -- reading ------------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            code, mark = _CODES.get(line[:3]), line[3:4]
            if code is None or mark not in _MARKS or (self._first is not None and code != self._code):
                return self._give_up(Lost.GARBLED)
            if self._first is None:
                if mark != b"-" and len(line) < LONGEST_REPLY:  # of one line, as nearly all are
                    self._take(code, line[4:], line[4:])
                    continue
                self._code, self._first, self._lines, self._length = code, line[4:], 0, 0
            self._lines += 1
            self._length += len(line) + 1
            if self._length > LONGEST_REPLY or self._lines > MOST_LINES:
                return self._give_up(Lost.TOO_LONG)
            if mark != b"-":
                first, self._first = self._first, None
                self._take(code, line[4:], first)
        if len(self._rest) > LONGEST_REPLY:
            return self._give_up(Lost.TOO_LONG)
        return self._send_body()

    def _take(self, code: int, text: bytes, first: bytes) -> None:
        """A reply, by the fields of `Reply`."""
        if self._ended or self._quitting:  # between letters a server speaks only to take its leave
            self._transport.close()
            self._wake()
        elif self._written:
            self._unfinished = False
            self._end(Phase.DOT, Reply(code, text, first))
        elif self._answered < len(self._commands):
            self._take_of_envelope(code, text, first)
        elif self._refusal:  # to the lone dot
            self._end(*self._refusal)
        elif code >= 400:  # a second word after the go-ahead: refused after all, and out of step
            self._end(Phase.DATA, Reply(code, text, first))
            self.drop()
        else:
            self._give_up(Lost.GARBLED, Phase.DATA)

    def _take_of_envelope(self, code: int, text: bytes, first: bytes) -> None:
        phase = self._phases[self._answered]
        self._answered += 1
        over = self._answered == len(self._commands)
        accepted = code == _GO_AHEAD if phase is Phase.DATA else code < 300
        if not accepted and code < 400:
            self._give_up(Lost.GARBLED, phase)
        elif accepted and not self._refusal:
            if over:
                self._accepted = True
            elif not self._pipelining:
                self._write(self._commands[self._answered])
        else:
            refusal = self._refusal = self._refusal or (phase, Reply(code, text, first))
            if over and accepted:
                # It waits for a body although nobody is to get it: a lone dot ends that (RFC 2920 3.1).
                self._write(b".\r\n")
            elif over or not self._pipelining or code == _CLOSING or phase is Phase.CONNECT:
                self._end(*refusal)

    def _end(self, phase: Phase, reply: Reply) -> None:
        """The transaction is over, and so is the session where the server says that it closes."""
        self._ended = Ended(phase, reply)
        if reply.code == _CLOSING or phase is Phase.CONNECT:
            self.drop()
        self._wake()

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    def _give_up(self, why: Lost, phase: Phase | None = None) -> None:
        """No reply can be read any more."""
        if not self._ended:
            self._ended = self._without_reply(why, phase)
        self._rest, self._first = b"", None
        self.drop()
        self._wake()

    def _without_reply(self, why: Lost, phase: Phase | None = None) -> Ended:
        """How a transaction ends whose next reply stays away; a refusal that was read before stands."""
        if self._refusal:
            return Ended(*self._refusal)
        if self._written:
            return Ended(Phase.DOT, why)
        return Ended(phase or self._phases[min(self._answered, len(self._phases) - 1)], why)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - of asyncio
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if not self._ended:
            self._ended = self._without_reply(Lost.CLOSED)
        self._wake()

    # -- the watch ----------------------------------------------------------------------------------------------------

    def _watch_for(self, seconds: float) -> None:
        """Give up unless a transaction ends within `seconds`, counted from now.

        The timer of the last letter stays where it rings sooner: it looks again then. One for each letter would cost.
        """
        self._deadline = self._loop.time() + seconds
        if self._timer and self._timer_at > self._deadline:
            self._timer.cancel()
            self._timer = None
        if not self._timer:
            self._set_timer()

    def _set_timer(self) -> None:
        self._timer_at = self._deadline
        self._timer = self._loop.call_at(self._deadline, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._quitting or not self._ended:
            if self._loop.time() >= self._deadline:
                self._give_up(Lost.TIME_OUT)
            else:
                self._set_timer()


_ENVELOPE: Final = (Phase.MAIL, Phase.RCPT, Phase.DATA)
_AFTER_RESET: Final = (Phase.CONNECT, *_ENVELOPE)
#: What stands after the code: of the last line, or of one before it; nothing where the line has no text.
_MARKS: Final = frozenset({b" ", b"-", b"\r", b""})
_CODES: Final = {b"%d" % code: code for code in range(200, GREATEST_CODE + 1)}

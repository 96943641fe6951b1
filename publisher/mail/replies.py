"""What a mail server's reply means for a letter: by the command that it answers, its code and its enhanced code.

RFC 5321 4.2 and 4.3.2 (codes), RFC 3463 (enhanced codes), RFC 2920 (pipelining). Pure.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final, NamedTuple

from publisher.mail.outcomes import Outcome, State


class Phase(StrEnum):
    """How far a letter had come: what the reply answers, or what was waited for when it stayed away."""

    #: before the envelope: a connection that is no longer good
    CONNECT = "connect"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    #: the body and the final dot have been written: from here on only a complete reply tells what became of it
    DOT = "dot"


class Lost(StrEnum):
    """Why no reply came that could be read."""

    CLOSED = "connection lost"
    TIME_OUT = "no reply in time"
    GARBLED = "no SMTP reply"
    TOO_LONG = "reply too long"


class Reply(NamedTuple):
    """A complete reply of the server."""

    #: 200 to 599
    code: int
    #: text of the last line, as it came
    text: bytes
    #: text of the first line; the last one where there is only one
    first: bytes


GREATEST_CODE: Final = 599
#: A reply is kept to so many characters.
KEPT: Final = 500

_CLOSING: Final = 421
_REFUSED: Final = 500
#: Commands or their order not understood, or a login wanted (RFC 5321 4.2.2, RFC 4954 6): about us at every command.
_ABOUT_US: Final = frozenset({500, 502, 503, 504, 521, 530, 534, 535, 538})
#: Size of the message, for the whole server (RFC 1870 6.1).
_TOO_LARGE: Final = 552
_ENHANCED: Final = re.compile(rb"([245])\.(\d{1,3})\.(\d{1,3})(?!\d)")
_ADDRESSES: Final = re.compile(r"[^\s<>\"',;:=]+@[^\s<>\"',;:=]+")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def judge(phase: Phase, reply: Reply, address: str) -> Outcome:
    """What became of a letter to `address` whose `phase` was answered by `reply`, the last word about it.

    A reply that accepts is the last word only after the final dot; before, it never comes here.
    """
    code = reply.code
    text = plain(reply.text, address)
    if phase is Phase.DOT and 200 <= code < 300:
        return Outcome(state=State.HANDED_OVER, code=code, reply=text)
    if not 400 <= code <= GREATEST_CODE:
        return lost(phase, Lost.GARBLED)
    if phase is Phase.CONNECT or (code == _CLOSING and phase is not Phase.DOT):
        return Outcome(state=State.DEFERRED, code=code, reply=text, counted=False)
    if code < _REFUSED:
        return Outcome(state=State.DEFERRED, code=code, reply=text)
    subject, detail = _enhanced(reply)
    if _refuses_us(phase, code, subject, detail):
        return Outcome(state=State.DEFERRED, code=code, reply=text, refuses_us=True)
    return Outcome(state=State.FAILED, code=code, reply=text, unusable=subject == 1)


def lost(phase: Phase, why: Lost) -> Outcome:
    """What became of a letter whose `phase` was not answered."""
    if phase is Phase.DOT:
        return Outcome(state=State.UNCERTAIN, reply=why.value)
    return Outcome(state=State.DEFERRED, reply=why.value, counted=False)


def _refuses_us(phase: Phase, code: int, subject: int, detail: int) -> bool:
    """Whether a refusal for good is about who sends, or what, and would meet the next recipient as well."""
    if phase is Phase.MAIL or subject == 7:  # the sender; policy
        return True
    if subject == 1:  # an address: 5.1.7 and 5.1.8 are the sender's, which many servers look at only at RCPT
        return detail in {7, 8}
    if subject == 6:  # content; but 5.6.7 is an address beyond ASCII (RFC 6531 4.4)
        return detail != 7
    if (subject, detail) == (3, 4):  # too large for the server; 5.2.3, for one mailbox, is the recipient's
        return True
    if code in _ABOUT_US:
        return True
    return code == _TOO_LARGE and subject == 0 and phase is not Phase.RCPT


def _enhanced(reply: Reply) -> tuple[int, int]:
    """Subject and detail of the enhanced code; 0, 0 without one that agrees with the code."""
    for text in (reply.text, reply.first):
        found = _ENHANCED.match(text)
        if found and int(found[1]) == reply.code // 100:
            return int(found[2]), int(found[3])
    return 0, 0


def plain(said: bytes | str, address: str = "") -> str:
    """What a server said, on one line of plain text and without the address that it may repeat."""
    words = said if isinstance(said, str) else said.decode("utf-8", "replace")
    if len(words) > KEPT:
        # Cut between words: half an address would not be known for one.
        words = words[:KEPT].rpartition(" ")[0]
    if "@" in words:
        words = _ADDRESSES.sub("…", words)
    local = address.rpartition("@")[0]
    if local and local.casefold() in words.casefold():
        words = re.sub(rf"(?<!\w){re.escape(local)}(?!\w)", "…", words, flags=re.IGNORECASE)
    if words.isprintable():  # nearly always, and quicker
        return " ".join(words.split())
    return " ".join(_CONTROLS.sub(" ", words.encode("utf-8", "replace").decode("utf-8")).split())

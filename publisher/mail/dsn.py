"""What a message that came back says: delivery status notifications (RFC 3464), and older shapes of them.

Pure: bytes in, verdict out. Only the first megabyte is looked at; what stands after it is the copy of our own letter.
Nothing that such a message says is believed but a token that only the mail servers on the way and the recipient saw.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import Message as Parsed
from enum import StrEnum
from typing import Final

from publisher.mail.tokens import is_token

#: Bytes of a message that are read, and parts of it that are looked at.
READ: Final = 1 << 20
PARTS: Final = 50
#: Tokens that one message may name; an honest one names one.
TOKENS: Final = 10

_TO: Final = (
    "to",
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "apparently-to",
    "x-failed-recipients",
)
_VERP: Final = re.compile(r"[+=.-]([A-Za-z0-9_-]{20})@", re.ASCII)
_MESSAGE_ID: Final = re.compile(r"<([A-Za-z0-9_-]{20})@[^<>\s]{1,255}>", re.ASCII)
_RETURNED: Final = re.compile(
    r"^[> \t]{0,4}(?:message-id|x-original-message-id|original-message-id)[ \t]*:[ \t\r\n>]*(<[^<>\s]{1,300}>)",
    re.I | re.M,
)
_RETURN_PATH: Final = re.compile(r"^[> \t]{0,4}return-path[ \t]*:[ \t]*<?([^<>\s]{1,300})>?", re.I | re.M)
_STATUS: Final = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)", re.ASCII)
_CODE: Final = re.compile(r"(?:^|[\s:(#])([45]\d\d)(?=[ \-)#:])", re.ASCII | re.M)
_SENDERS: Final = re.compile(r"mailer-daemon|postmaster|mail ?delivery|메일 ?시스템|메일 ?전송|반송", re.I)
#: How a copy of what we sent begins in messages that are not made of parts.
_COPY: Final = re.compile(
    r"^(?:-{3,} ?(?:below this line is a copy|this is a copy|original message|returned message|원본 ?메[일시])|"
    r"(?:received|return-path|dkim-signature|message-id):)",
    re.I | re.M,
)
#: Words of servers that give no code: of an address that does not exist, of any failure for good, of a delay.
_UNKNOWN: Final = re.compile(
    r"user unknown|unknown user|no such (?:user|recipient|mailbox|address)|(?:user|mailbox|recipient|address|account)"
    r"(?: \S+)? (?:does not exist|doesn'?t (?:exist|have)|not found|is unknown)|couldn'?t be found|address rejected|"
    r"invalid recipient|존재하지 ?않|없는 ?(?:메일|사용자|계정|주소|수신자)|(?:사용자|수신자|계정)를? ?찾을 ?수 ?없|"
    r"탈퇴한|잘못된 ?(?:메일 ?)?주소",
    re.I,
)
_FAILED: Final = re.compile(
    r"permanent (?:fatal )?error|permanently|could not be delivered|wasn'?t able to deliver|undeliverable|"
    r"did not reach|delivery (?:has )?failed|i'?ve given up|(?:mailbox|quota).{0,20}(?:full|exceeded)|"
    r"(?:전송|배달|발송).{0,10}(?:실패|못했|않았)|반송|용량.{0,10}(?:초과|부족)|휴면",
    re.I,
)
_DELAYED: Final = re.compile(
    r"delivery.{0,20}delayed|still (?:being|trying)|will (?:be )?(?:retr|keep trying|continue)|no need to resend|"
    r"you do not need to resend|(?:전송|배달|발송).{0,10}지연|재시도|다시 ?시도",
    re.I,
)  # fmt: skip


class Verdict(StrEnum):
    """What a message is."""

    #: the letter came back for good
    FAILED = "failed"
    #: it is still under way
    DELAYED = "delayed"
    #: it arrived, or was passed on
    DELIVERED = "delivered"
    #: somebody is on holiday, or the like (RFC 3834)
    AUTO_REPLY = "auto_reply"
    #: no notification at all
    OTHER = "other"
    #: it looks like a notification, and does not say what became of the letter
    UNCLEAR = "unclear"
    #: it could not be read
    UNREADABLE = "unreadable"


@dataclass(frozen=True, kw_only=True, slots=True)
class Returned:
    """What a message says that came to the address for bounces."""

    verdict: Verdict
    #: candidates for the token of the letter, likeliest first
    tokens: tuple[str, ...] = ()
    #: enhanced status code (RFC 3463), for example "5.1.1"; "" where there is none
    status: str = ""
    #: code of the SMTP reply it rests on; 0 where there is none
    code: int = 0

    @property
    def unusable(self) -> bool:
        """Whether the address does not exist (5.1.x): the addressee's mailbox or domain is unknown, or moved."""
        return self.verdict is Verdict.FAILED and self.status.startswith("5.1.") and self.status not in _OF_SENDER


#: X.1.7 and X.1.8 are about the sender's address, not the recipient's (RFC 3463, 3.2).
_OF_SENDER: Final = ("5.1.7", "5.1.8")
#: RFC 3464, 2.3.3.
_ACTIONS: Final = {
    "failed": Verdict.FAILED,
    "delayed": Verdict.DELAYED,
    "delivered": Verdict.DELIVERED,
    "relayed": Verdict.DELIVERED,
    "expanded": Verdict.DELIVERED,
}


def read_returned(data: bytes) -> Returned:
    """What a message says; whatever its bytes are, there is an answer."""
    data = data[:READ]
    try:
        parsed = message_from_bytes(data, policy=policy.compat32)
        parts = list(_parts(parsed))
        tokens = _tokens(parsed, parts)
        groups = [g for part in parts if part.get_content_type() in _STATUS_TYPES for g in _groups(part)]
        if groups:
            return _by_status(groups, tokens)
        if _is_auto_reply(parsed):
            return Returned(verdict=Verdict.AUTO_REPLY, tokens=tokens)
        return _by_words(parsed, parts, tokens)
    except (MessageError, RecursionError, ValueError, LookupError, TypeError, AttributeError, AssertionError):
        return Returned(verdict=Verdict.UNREADABLE)


_STATUS_TYPES: Final = ("message/delivery-status", "message/global-delivery-status")


def _parts(message: Parsed) -> Iterator[Parsed]:
    """The message and its parts, the first so many; not those of the letter that it returns."""
    waiting = [message]
    for _ in range(PARTS):
        if not waiting:
            return
        part = waiting.pop(0)
        yield part
        if part.is_multipart() and part.get_content_type() not in _STATUS_TYPES:
            inner = part.get_payload()
            waiting[:0] = [p for p in inner if isinstance(p, Parsed)] if isinstance(inner, list) else []


def _groups(part: Parsed) -> list[dict[str, str]]:
    """The fields about each recipient (RFC 3464, 2.3), names in lower case."""
    payload = part.get_payload()
    if isinstance(payload, list):
        found = [{k.lower(): str(v) for k, v in block.items()} for block in payload if isinstance(block, Parsed)]
    else:
        blocks = re.split(r"\n\s*\n", _text(part))
        found = [dict(re.findall(r"(?m)^([A-Za-z-]+):[ \t]*(.*)$", block)) for block in blocks]
        found = [{k.lower(): v for k, v in block.items()} for block in found]
    return [block for block in found if "action" in block or "status" in block or "final-recipient" in block]


def _by_status(groups: list[dict[str, str]], tokens: tuple[str, ...]) -> Returned:
    verdicts = [_verdict_of(group) for group in groups]
    # Our letters have one recipient each: where there are several, it was passed on to them, and one may have got it.
    for verdict in (Verdict.DELIVERED, Verdict.DELAYED, Verdict.UNCLEAR):
        if verdict in verdicts:
            return Returned(verdict=verdict, tokens=tokens)
    group = groups[0]
    words = group.get("diagnostic-code", "")
    status = _status(group.get("status", ""))
    in_words = _status(words)
    # "5.0.0" says nothing; what the last server said may say more.
    if in_words.startswith("5") and status in ("", "5.0.0", "5.3.0"):
        status = in_words
    code = _CODE.search(words)
    return Returned(verdict=Verdict.FAILED, tokens=tokens, status=status, code=int(code[1]) if code else 0)


def _verdict_of(group: dict[str, str]) -> Verdict:
    action = group.get("action", "").split("(")[0].strip().lower()
    if action in _ACTIONS:
        return _ACTIONS[action]
    # Without an action, the class of the status: for good, for now, or arrived.
    kinds = {"5": Verdict.FAILED, "4": Verdict.DELAYED, "2": Verdict.DELIVERED}
    return kinds.get(_status(group.get("status", ""))[:1], Verdict.UNCLEAR)


def _status(words: str) -> str:
    match = _STATUS.search(words)
    return match.group() if match else ""


def _is_auto_reply(message: Parsed) -> bool:
    auto = str(message.get("Auto-Submitted", "no")).split(";")[0].strip().lower()
    precedence = str(message.get("Precedence", "")).strip().lower()
    names = ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress-Reply")
    return (auto == "auto-replied" and not _is_from_server(message)) or (
        not _is_from_server(message) and (precedence == "auto_reply" or any(name in message for name in names))
    )


def _is_from_server(message: Parsed) -> bool:
    if str(message.get("Return-Path", "")).strip() == "<>":
        return True
    return bool(_SENDERS.search(_header(message.get("From", "")))) or message.get_content_type() == "multipart/report"


def _by_words(message: Parsed, parts: list[Parsed], tokens: tuple[str, ...]) -> Returned:
    """For servers that do not follow RFC 3464: what they say in words, before the copy of the letter begins."""
    if not _is_from_server(message):
        return Returned(verdict=Verdict.OTHER, tokens=tokens)
    words = "\n".join(_text(part) for part in parts[:5] if part.get_content_maintype() == "text")
    copy = _COPY.search(words)
    words = (words[: copy.start()] if copy else words)[:20_000]
    subject = _header(message.get("Subject", ""))[:500]
    status, code = _status(words), _CODE.search(words)
    number = int(code[1]) if code else 0
    if _DELAYED.search(words) or _DELAYED.search(subject):
        return Returned(verdict=Verdict.DELAYED, tokens=tokens)
    if status.startswith("5") or number >= 500:
        if status in ("", "5.0.0") and _UNKNOWN.search(words):
            status = "5.1.1"
        return Returned(verdict=Verdict.FAILED, tokens=tokens, status=status, code=number)
    if status.startswith("4") or 400 <= number < 500:
        given_up = _FAILED.search(words) or _FAILED.search(subject)
        verdict = Verdict.FAILED if given_up else Verdict.UNCLEAR
        return Returned(verdict=verdict, tokens=tokens, status=status, code=number)
    if _UNKNOWN.search(words):
        return Returned(verdict=Verdict.FAILED, tokens=tokens, status="5.1.1")
    if _FAILED.search(words) or _FAILED.search(subject):
        return Returned(verdict=Verdict.FAILED, tokens=tokens)
    return Returned(verdict=Verdict.UNCLEAR, tokens=tokens)


def _tokens(message: Parsed, parts: list[Parsed]) -> tuple[str, ...]:
    """Tokens in the address that it came to, else in what it returns of our letter."""
    places = [str(value) for name in _TO for value in message.get_all(name, [])]
    found = [m for place in places for m in _VERP.findall(place[:2000])]
    if not found:
        for name in ("In-Reply-To", "References"):
            found += _MESSAGE_ID.findall(str(message.get(name, ""))[:2000])
    for part in parts[1:] if len(parts) > 1 else parts:
        kind = part.get_content_type()
        if kind in _STATUS_TYPES:
            for group in _groups(part):
                found += [m for v in group.values() for m in (*_VERP.findall(v[:500]), *_MESSAGE_ID.findall(v[:500]))]
        elif kind in ("text/rfc822-headers", "message/rfc822-headers") or part.get_content_maintype() == "text":
            words = _text(part)
            found += [m for i in _RETURNED.findall(words)[:TOKENS] for m in _MESSAGE_ID.findall(i)]
            found += [m for i in _RETURN_PATH.findall(words)[:TOKENS] for m in _VERP.findall(i)]
        if part is not message:
            found += _MESSAGE_ID.findall(str(part.get("Message-ID", ""))[:500])
            found += _VERP.findall(str(part.get("Return-Path", ""))[:500])
    return tuple(dict.fromkeys(token for token in found if is_token(token)))[:TOKENS]


def _header(value: object) -> str:
    """Words of a header, also where they are encoded (RFC 2047), also where that is wrong."""
    from email.header import decode_header

    words = []
    for piece, charset in decode_header(str(value)):
        words.append(_decoded(piece, charset or "") if isinstance(piece, bytes) else piece)
    return "".join(words)


def _text(part: Parsed) -> str:
    raw = part.get_payload(decode=True)
    return _decoded(raw[:READ], str(part.get_content_charset() or "")) if isinstance(raw, bytes) else ""


def _decoded(raw: bytes, charset: str) -> str:
    """In the charset it names where that fits, else in those that are in use here."""
    for name in (charset, "utf-8", "cp949"):
        try:
            return raw.decode(name).replace("\r\n", "\n") if name else raw.decode("ascii")
        except (LookupError, ValueError):
            continue
    return raw.decode("latin-1").replace("\r\n", "\n")

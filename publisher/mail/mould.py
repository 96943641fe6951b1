"""A message with holes: everything that all readers of a kind share is made into bytes once, the rest per letter.

In: a finished message in which marks stand for what differs. Out: bytes, by joining. A name in a body stands in
base64, which takes three bytes at a time; so what follows a name is kept in three encodings, one for each remainder,
and only the few bytes around the name are encoded for a letter.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

#: Stand for the reader's name in a rendered body, and for what differs in a head. Private-use characters: no text of
#: a policy has them, and where one does, the comparison of `compose` with the template itself finds it.
NAME: Final = "\ue000\ue001\ue000"
TO: Final = "to@hole.invalid"
TOKEN: Final = "token-of-the-letter"  # noqa: S105 - a mark
#: Bytes of a line of base64: 76 characters (RFC 2045, 6.8).
_LINE: Final = 57
#: Bytes of an encoded word: with `=?utf-8?b?…?=` 68 characters, of the 75 that RFC 2047 allows.
_WORD: Final = 42
_COLUMNS: Final = 78
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.ASCII)
_PRINTABLE: Final = re.compile(r"[ -~]+", re.ASCII)
_ESCAPED: Final = re.compile(r'(["\\])')
#: What no header may hold, however it is written: it could become another header, or words once they are decoded.
_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]|=\?")
_ATEXT: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u00a1-\u2027\u2030-\ud7ff\uf900-\U0010fffd-]"
#: An address that needs no quotes, its domain in ASCII (RFC 5322, 3.4.1; RFC 6531 for the letters outside ASCII).
_ADDRESS: Final = re.compile(rf"{_ATEXT}+(?:\.{_ATEXT}+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_WORDS: Final = r"=\?utf-8\?(?:b\?[A-Za-z0-9+/]+=*|q\?(?:=[0-9A-F]{2})+)\?="
#: What a value of To looks like: a name in one of its three forms, and one address.
_ONE: Final = re.compile(
    rf"(?:(?:{_ATOMS.pattern}|\"(?:[^\"\\\r\n]|\\[\"\\])+\"|{_WORDS}(?:\r\n {_WORDS})*)(?: |\r\n ))?"
    rf"<{_ADDRESS.pattern}>"
)
TOKEN_FORM: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
#: One header: a name, and a value that goes on in lines that begin with a blank (RFC 5322, 2.2).
_HEADER: Final = re.compile(r"([!-9;-~]+): ([^\r\n \t][^\r\n]*(?:\r\n[ \t][^\r\n]*[^\r\n \t][^\r\n]*)*)\r\n", re.ASCII)
_BEGINS, _ENDS = ("Begins", "-"), ("Ends", "-")


class Refused(Exception):
    """A value that cannot stand where it would have to; nothing of it is repeated here."""


def mailbox(name: str, address: str, before: int = 4) -> str:
    """The value of To: `address` with `name` before it (RFC 5322, 3.4; RFC 2047 where it is not ASCII).

    `before`: columns that the header's name takes.
    """
    if not _ADDRESS.fullmatch(address) or len(address) > 254 or _UNSAFE.search(name):
        raise Refused
    if not name:
        return address if len(address) < _COLUMNS - before else f"<{address}>"
    if len(name) <= 64 and _ATOMS.fullmatch(name):
        words = name
    elif len(name) <= 64 and _PRINTABLE.fullmatch(name):
        words = '"' + _ESCAPED.sub(r"\\\1", name) + '"'
    else:
        words = _encoded(name)
    last = words.rpartition("\r\n")[2]
    room = _COLUMNS - (before if last == words else 0) - len(last)
    return f"{words}{' ' if len(address) + 3 <= room else chr(13) + chr(10) + ' '}<{address}>"


def unstructured(words: str) -> bytes | None:
    """The value of Subject in encoded words; None where it is ASCII, which is only folded."""
    if _UNSAFE.search(words):
        raise Refused
    return None if words.isascii() else _encoded(words).encode("ascii")


def _encoded(words: str) -> str:
    """Encoded words of whole characters, each on a line of its own (RFC 2047).

    All but the last are of three bytes each, so that none is padded: GMime reads the words as one and stops at a
    padding. Where no such cut exists, the word is in the other encoding (Q), which has none.
    """
    whole = words.encode("utf-8")
    if len(whole) <= _WORD:
        return f"=?utf-8?b?{b64encode(whole).decode('ascii')}?="
    found = []
    while words:
        size, end, cut = 0, 0, 0
        for end, character in enumerate(words, 1):
            size += len(character.encode("utf-8"))
            if size > _WORD:
                break
            if size % 3 == 0:
                cut = end
        else:
            cut = len(words)
        if cut:
            word = f"b?{b64encode(words[:cut].encode('utf-8')).decode('ascii')}"
        else:
            cut = max(1, end // 2)  # a byte takes three characters here
            word = "q?" + "".join(f"={byte:02X}" for byte in words[:cut].encode("utf-8"))
        found.append(f"=?utf-8?{word}?=")
        words = words[cut:]
    return "\r\n ".join(found)


class Body:
    """A body in base64 with a hole at each mark.

    `escape` makes a name fit where it stands.
    """

    def __init__(self, words: str, escape: Callable[[str], str]) -> None:
        self._escape = escape
        first, *rest = (part.encode("utf-8") for part in words.split(NAME))
        whole = len(first) - len(first) % _LINE if rest else len(first)
        self._before = _lines(first[:whole])
        #: the bytes before the first name that fill no line
        self._carry = first[whole:]
        self._after = [_Phases(part) for part in rest]

    def filled(self, name: str) -> bytes:
        """The body with `name` in its holes, each line at most 76 columns."""
        if not self._after:
            return self._before
        word = self._escape(name).encode("utf-8")
        parts, carry = [self._before], self._carry
        for number, phases in enumerate(self._after, 1):
            carry = phases.add(carry + word, parts, last=number == len(self._after))
        return b"".join(parts)


class _Phases:
    """What stands after a hole, encoded for each of the three remainders that a name may leave."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._phases = []
        for taken in range(3):
            end = len(data) - (len(data) - taken) % 3
            self._phases.append((data[:taken], _lines(data[taken:end]), data[end:], _lines(data[taken:])))

    def add(self, before: bytes, parts: list[bytes], *, last: bool) -> bytes:
        """Append `before` and what follows it to `parts`; what is left over for the next hole."""
        if len(self._data) < 3:
            if last:
                parts.append(_lines(before + self._data))
            return before + self._data
        taken, lines, left, to_the_end = self._phases[-len(before) % 3]
        parts.append(_lines(before + taken))
        parts.append(to_the_end if last else lines)
        return left


def _lines(data: bytes) -> bytes:
    encoded = b64encode(data)
    if len(encoded) <= 76:
        return encoded + b"\r\n" if encoded else b""
    return b"".join([encoded[at : at + 76] + b"\r\n" for at in range(0, len(encoded), 76)])


@dataclass(frozen=True, slots=True)
class Mould:
    """The message of one notice for all readers of one kind and language."""

    #: the head, cut where To or the token stands; (True, …) is followed by To, (False, …) by the token
    cuts: tuple[tuple[bool, bytes], ...]
    end: bytes
    #: names of its headers
    names: tuple[str, ...]
    #: those that differ from letter to letter, with the marks in their values
    differing: tuple[tuple[str, str], ...]
    #: the bodies, and what stands before, between and after them
    text: Body
    html: Body
    around: tuple[bytes, bytes, bytes]
    #: everything after the head, where no name stands in it
    whole: bytes | None

    def filled(self, name: str, address: str, token: str) -> bytes:
        """The message to one reader; `Refused` where its head would not be read as it was meant."""
        to = mailbox(name, address)
        if not TOKEN_FORM.fullmatch(token):
            raise Refused
        self._gate(to, address, token)
        head = self._head(to, token)
        body = self.whole
        if body is None:
            before, between, after = self.around
            body = b"".join((before, self.text.filled(name), between, self.html.filled(name), after))
        return b"".join((head, body))

    def _head(self, to: str, token: str) -> bytes:
        to_bytes, token_bytes = to.encode("utf-8"), token.encode("ascii")
        parts = []
        for is_to, data in self.cuts:
            parts.append(data)
            parts.append(to_bytes if is_to else token_bytes)
        parts.append(self.end)
        return b"".join(parts)

    def _gate(self, to: str, address: str, token: str) -> None:
        """Read back the headers that differ, as a mail program would find them.

        Those that stand before and after them are read as well: nothing may become a header of its own, or part of
        another. The rest of the head was compared when the mould was made.
        """
        meant = [
            _BEGINS,
            *((name, to if value == TO else value.replace(TOKEN, token)) for name, value in self.differing),
            _ENDS,
        ]
        written = "".join([f"{name}: {value}\r\n" for name, value in meant]) + "\r\n"
        if headers_of(written) != meant:
            raise Refused
        if to != address and (not _ONE.fullmatch(to) or not to.endswith(f"<{address}>")):
            raise Refused


def headers_of(head: str) -> list[tuple[str, str]]:
    """The headers that `head` is, with their values as they are folded; `Refused` where it is anything else.

    Stricter than the parsers of mail programs, which agree on what this one takes, and many times as quick as that of
    the standard library: each letter is read back.
    """
    found: list[tuple[str, str]] = _HEADER.findall(head)
    # Nothing else may stand before, between or after them.
    if "".join([f"{name}: {value}\r\n" for name, value in found]) + "\r\n" != head:
        raise Refused
    return found


def mould(head: Sequence[tuple[str, bytes]], boundary: str, text: Body, html: Body, *, named: bool) -> Mould:
    """The mould of a multipart/alternative.

    `head`: names and folded values of the headers as bytes, marks in them, without the line break at the end.
    """
    lines = b"".join(name.encode("ascii") + b": " + value + b"\r\n" for name, value in head) + b"\r\n"
    pieces = re.split(b"(" + TO.encode() + b"|" + TOKEN.encode() + b")", lines)
    cuts = tuple((mark == TO.encode(), data) for data, mark in zip(pieces[0::2], pieces[1::2], strict=False))
    mark = boundary.encode("ascii")
    kinds = [
        b"--" + mark + b"\r\nContent-Type: text/" + subtype + b'; charset="utf-8"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n"
        for subtype in (b"plain", b"html")
    ]
    around = (kinds[0], b"\r\n" + kinds[1], b"\r\n--" + mark + b"--\r\n")
    whole = None
    if not named:
        whole = b"".join((around[0], text.filled(""), around[1], html.filled(""), around[2]))
    return Mould(
        cuts=cuts,
        end=pieces[-1],
        names=tuple(name for name, _ in head),
        differing=tuple(
            (name, value.decode("utf-8")) for name, value in head if TO.encode() in value or TOKEN.encode() in value
        ),
        text=text,
        html=html,
        around=around,
        whole=whole,
    )

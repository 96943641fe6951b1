"""A mail server that is some milliseconds away: it takes everything, without PIPELINING, and answers late.

python bench/relay.py PORT MILLISECONDS [--pipelining]; it listens on 127.0.0.1 and runs until it is ended.
"""

from __future__ import annotations

import argparse
import asyncio

_ANSWERS = {b"MAIL": b"250 2.1.0 ok\r\n", b"RCPT": b"250 2.1.5 ok\r\n", b"DATA": b"354 go ahead\r\n",
            b"RSET": b"250 2.0.0 ok\r\n", b"NOOP": b"250 2.0.0 ok\r\n", b"HELO": b"250 relay.example.com\r\n",
            b"QUIT": b"221 2.0.0 bye\r\n"}  # fmt: skip
_END = b"\r\n.\r\n"


class Relay(asyncio.Protocol):
    """One connection. What is answered to one write goes out together, `delay` seconds later."""

    def __init__(self, delay: float, *, pipelining: bool) -> None:
        self._delay = delay
        self._hello = b"250-relay.example.com\r\n" + b"250-PIPELINING\r\n" * pipelining + b"250 8BITMIME\r\n"
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._body = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._say(b"220 relay.example.com ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        said = b""
        while True:
            mark = _END if self._body else b"\r\n"
            at = self._buffer.find(mark)
            if at < 0:
                break
            line = bytes(self._buffer[: min(at, 4)]).upper()
            del self._buffer[: at + len(mark)]
            if self._body:
                self._body = False
                said += b"250 2.0.0 taken\r\n"
            else:
                self._body = line == b"DATA"
                said += self._hello if line == b"EHLO" else _ANSWERS.get(line, b"500 5.5.2 what?\r\n")
        if said:
            self._say(said)

    def _say(self, words: bytes) -> None:
        self._loop.call_later(self._delay, self._write, words)

    def _write(self, words: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(words)
            if words.startswith(b"221"):
                self._transport.close()


async def serve(port: int, delay: float, *, pipelining: bool) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Relay(delay, pipelining=pipelining), "127.0.0.1", port, backlog=500)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("milliseconds", type=float)
    parser.add_argument("--pipelining", action="store_true")
    asked = parser.parse_args()
    asyncio.run(serve(asked.port, asked.milliseconds / 1000, pipelining=asked.pipelining))


if __name__ == "__main__":
    main()

"""The public site asked over HTTP: whether it shows what was built, and what time it says it is.

A build is only a folder here; what readers get may come from a cache or another machine. An announcement counts
once its pages were fetched back from the public address and were, byte for byte, those that were built.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from publisher.errors import Place, PublisherError, ServiceAway
from publisher.messages import msg
from publisher.notice.wording import notice_id
from publisher.records import fingerprint
from publisher.register.versions import Version
from publisher.website.addresses import Addresses

#: Seconds that a server may let us wait for each answer, and for a page in all.
PATIENCE: Final = 10.0
#: Seconds before a page that is not there yet is asked for again; a cache may need a moment.
PAUSES: Final = (1.0, 3.0)


class NotLive(ServiceAway):
    """The public site does not show what was built."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a server said; a redirect is an answer like any other and is not followed."""

    status: int
    #: at most one byte more than was asked for
    body: bytes
    headers: Mapping[str, str]


def fetch(url: str, most: int, patience: float = PATIENCE) -> Answer | None:
    """What `url` answers to GET, with at most `most` bytes of its body; None where there is no answer to be had."""
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import HTTPRedirectHandler, Request, build_opener

    class Stay(HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    until = time.monotonic() + patience
    asked = Request(url, headers={"User-Agent": "policy-publisher", "Cache-Control": "no-cache"})  # noqa: S310 - settings admit https and loopback only
    try:
        with build_opener(Stay).open(asked, timeout=patience) as answer:
            body = b""
            while len(body) <= most and (piece := answer.read1(min(65536, most + 1 - len(body)))):
                body += piece
                if time.monotonic() > until:
                    return None
            return Answer(status=answer.status, body=body, headers={k.lower(): v for k, v in answer.headers.items()})
    except HTTPError as error:
        with error:
            return Answer(status=error.code, body=b"", headers={k.lower(): v for k, v in error.headers.items()})
    except (OSError, HTTPException, ValueError):
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Live:
    """How the public site is asked; tests hand in servers that lie, and clocks that do not make them wait."""

    fetch: Callable[[str, int], Answer | None] = fetch
    pauses: tuple[float, ...] = PAUSES
    sleep: Callable[[float], None] = field(default=time.sleep)

    def check(self, base: str, pages: Mapping[str, bytes]) -> dict[str, str]:
        """The SHA-256 of each page by its path, once `base` shows all of `pages` as they are; NotLive (S215) else."""
        wanting = dict(pages)
        for pause in (0.0, *self.pauses):
            if pause:
                self.sleep(pause)
            wanting = {path: data for path, data in wanting.items() if not self._shows(base, path, data)}
            if not wanting:
                return {path: fingerprint(data) for path, data in sorted(pages.items())}
        raise _not_live(base, sorted(wanting))

    def _shows(self, base: str, path: str, data: bytes) -> bool:
        answer = self.fetch(Addresses(base).full(path), len(data))
        return answer is not None and answer.status == 200 and answer.body == data


def _not_live(base: str, paths: list[str]) -> PublisherError:
    return NotLive.of(
        "S215",
        msg(
            "The live site still shows the old page at {url}, or none; the notice clock has not started. Pages that "
            "are not as they were built: {count}.",
            url=Addresses(base).full(paths[0]),
            count=len(paths),
        ),
        msg(
            "Nothing was announced, mailed or put in force. Look whether what was built has been brought to the public "
            "server and whether a cache or a redirect stands before it; the next run tries again."
        ),
        Place(path=paths[0]),
    )


def telling_pages(version: Version, output: Path) -> dict[str, bytes]:
    """The built pages, by path, from which readers learn what happens to `version`: in every language its notice, its
    own page, its policy, the front page and the feed; a page that the site does not have is left out."""
    paths = []
    for language in version.texts:
        paths += [
            Addresses.home(language),
            Addresses.policy(language, version.policy),
            Addresses.version(language, version.policy, version.id),
            Addresses.notice(language, notice_id(version.policy, version.id)),
            Addresses.feed(language),
        ]
    files = {path: output / (path.lstrip("/") + ("index.html" if path.endswith("/") else "")) for path in paths}
    return {path: file.read_bytes() for path, file in files.items() if file.is_file()}


def time_of(url: str, ask: Callable[[str, int], Answer | None] = fetch) -> datetime | None:
    """What time `url` says it is, by its `Date` (RFC 9110) and, out of a cache, its `Age`; None where it does not."""
    answer = ask(url, 0)
    if answer is None:
        return None
    return read_date(answer.headers.get("date", ""), answer.headers.get("age", ""))


def read_date(date: str, age: str = "") -> datetime | None:
    """The instant of a `Date` header plus `age` seconds; a leap second is the second before it. None for neither."""
    from email.utils import parsedate_tz

    parts = parsedate_tz(date)
    if parts is None:
        return None
    year, month, day, hour, minute, second = parts[:6]
    try:
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
        return moment - timedelta(seconds=parts[9] or 0) + timedelta(seconds=int(age) if age.isdecimal() else 0)
    except (ValueError, OverflowError):
        return None

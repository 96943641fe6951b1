"""The built site over HTTP, for one machine: files only, with the headers that a public server should send too."""

from __future__ import annotations

import errno
import json
import logging
import sys
from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from publisher.errors import Misconfigured
from publisher.messages import msg
from publisher.records import fingerprint
from publisher.website.headers import HEADERS, HIDDEN, TYPES, UNINDEXED, content_type, is_text_file
from publisher.website.old_links import follow, is_old_link
from publisher.workspace import Workspace

#: Seconds that a reader may take over one request.
_PATIENCE: Final = 30


class _Handler(BaseHTTPRequestHandler):
    """Files below the output folder, which a publication may switch at any moment."""

    server_version = "publisher"
    sys_version = ""
    protocol_version = "HTTP/1.1"
    timeout = _PATIENCE

    def __init__(
        self, *args: Any, workspace: Workspace, health: Callable[[], dict[str, Any]] | None, **values: Any
    ) -> None:
        self._workspace = workspace
        self._health = health
        super().__init__(*args, **values)

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def _answer(self) -> None:
        site = self._workspace.settings.site
        parts = urlsplit("//h/" + self.path.lstrip("/"))
        # A request reads from one build, also where another one is put in force meanwhile.
        folder = self._workspace.output.resolve()
        prefix = urlsplit(site.base_url).path
        path = unquote(parts.path, errors="replace")
        below = path.removeprefix(prefix) if path.startswith(prefix + "/") else path
        if below == "/healthz" and self._health:
            health = self._health()
            status = HTTPStatus.OK if health["ok"] else HTTPStatus.SERVICE_UNAVAILABLE
            self._send(status, json.dumps(health).encode("utf-8"), TYPES["json"])
        elif is_old_link(below):
            to = follow(below, parts.query, site.languages, lambda page: _file(folder, page) is not None)
            if to:
                self._redirect(prefix + to.path, HTTPStatus.MOVED_PERMANENTLY if to.lasting else HTTPStatus.FOUND)
            else:
                self._missing(folder)
        elif file := _file(folder, below):
            data = _read(file)
            if data is None:
                self._missing(folder)
            else:
                more = [UNINDEXED] if is_text_file(below) else []
                self._send(HTTPStatus.OK, data, content_type(file.name), more, tag=f'"{fingerprint(data)[:32]}"')
        elif _file(folder, below + "/"):
            self._redirect(quote(prefix + below) + "/", HTTPStatus.MOVED_PERMANENTLY)
        else:
            self._missing(folder)

    def _missing(self, folder: Path) -> None:
        page = _read(folder / "404.html") or b"404\n"
        self._send(HTTPStatus.NOT_FOUND, page, TYPES["html"])

    def _redirect(self, to: str, status: HTTPStatus) -> None:
        self.send_response(status)
        self.send_header("Location", to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(
        self, status: HTTPStatus, body: bytes, kind: str, more: Sequence[tuple[str, str]] = (), tag: str = ""
    ) -> None:
        if tag and _knows(self.headers.get("If-None-Match", ""), tag):
            self.send_response(HTTPStatus.NOT_MODIFIED)
            self.send_header("ETag", tag)
            self.end_headers()
            return
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in more:
            self.send_header(name, value)
        if tag:
            self.send_header("ETag", tag)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def end_headers(self) -> None:
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: who reads a policy is nobody's business."""


def _file(folder: Path, path: str) -> Path | None:
    """The file that `path` (decoded) names in `folder`; None where it is none, not public, or led to from elsewhere."""
    parts = path.split("/")[1:]
    if path.endswith("/"):
        parts[-1] = "index.html"
    if any(not part or part.startswith(".") or "\0" in part for part in parts) or parts[0] in HIDDEN:
        return None
    file = folder.joinpath(*parts)
    try:
        return file if file.is_file() and file.resolve() == file else None
    except OSError:  # a name that is too long
        return None


def _read(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:  # swept away with an old build, or not readable
        return None


def _knows(asked: str, tag: str) -> bool:
    """Whether `If-None-Match` names `tag` (RFC 9110, 13.1.2)."""
    return asked.strip() == "*" or tag in [each.strip().removeprefix("W/") for each in asked.split(",")]


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - who asked is nobody's business
        """A reader who went away is nothing; anything else is a defect, logged without the reader's address."""
        if not isinstance(sys.exception(), ConnectionError):
            logging.getLogger(__name__).error("request failed", exc_info=True)


def make_server(
    workspace: Workspace, host: str, port: int, health: Callable[[], dict[str, Any]] | None = None
) -> ThreadingHTTPServer:
    """A server for the built site, bound but not yet serving; Misconfigured where the address is taken."""
    handler = partial(_Handler, workspace=workspace, health=health)
    try:
        return _Server((host, port), handler)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        raise Misconfigured.of(
            "C534",
            msg(
                "The address {host}:{port:id} cannot be used: {reason}.",
                host=host,
                port=port,
                reason=error.strerror or str(error),
            ),
            msg("Another program is using it; choose another with --port.") if taken else None,
        ) from error

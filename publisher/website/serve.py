"""The built site over HTTP, for one machine: files only, with the headers that a public server should send too."""

from __future__ import annotations

import errno
import json
import logging
import re
import sys
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from publisher.errors import Misconfigured
from publisher.messages import msg
from publisher.website.addresses import Addresses
from publisher.workspace import Workspace

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_OLD_LINK: Final = re.compile(r"/policies/([a-z][a-z0-9-]{0,63})", re.ASCII)
_VERSION: Final = re.compile(r"\d{8}(?:-\d+)?", re.ASCII)


class _Handler(SimpleHTTPRequestHandler):
    """Files below the output folder, which a publication may switch at any moment."""

    server_version = "publisher"
    sys_version = ""
    protocol_version = "HTTP/1.1"
    extensions_map = {
        **SimpleHTTPRequestHandler.extensions_map,
        ".html": "text/html; charset=utf-8",
        ".atom": "application/atom+xml; charset=utf-8",
        ".json": "application/feed+json; charset=utf-8",
        ".ics": "text/calendar; charset=utf-8",
        ".link": "application/link-format",
        ".xml": "application/xml; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".txt": "text/plain; charset=utf-8",
        # below /verify/: to be read, never run by a browser
        ".py": "text/plain; charset=utf-8",
        ".md": "text/plain; charset=utf-8",
        ".jsonl": "text/plain; charset=utf-8",
        ".sig": "text/plain; charset=utf-8",
        "": "text/plain; charset=utf-8",
    }

    def __init__(
        self, *args: Any, default_language: str, health: Callable[[], dict[str, Any]] | None, **values: Any
    ) -> None:
        self._default_language = default_language
        self._health = health
        super().__init__(*args, **values)

    def do_GET(self) -> None:
        if not self._answered():
            super().do_GET()

    def do_HEAD(self) -> None:
        if not self._answered():
            super().do_HEAD()

    def _answered(self) -> bool:
        """Answer what is no file: health, old links, and what is not for the public."""
        parts = urlsplit(self.path)
        if parts.path == "/healthz" and self._health:
            health = self._health()
            self._send(
                HTTPStatus.OK if health["ok"] else HTTPStatus.SERVICE_UNAVAILABLE,
                json.dumps(health).encode("utf-8"),
                "application/json",
            )
            return True
        old = _OLD_LINK.fullmatch(parts.path.rstrip("/"))
        if old:
            wanted = parse_qs(parts.query).get("v", [""])[0]
            version = bool(_VERSION.fullmatch(wanted))
            make = (
                Addresses.version(self._default_language, old[1], wanted)
                if version
                else Addresses.policy(self._default_language, old[1])
            )
            if (Path(self.directory) / make.lstrip("/")).is_dir():
                self.send_response(HTTPStatus.MOVED_PERMANENTLY if version else HTTPStatus.FOUND)
                self.send_header("Location", make)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return True
        if "/." in parts.path or "\0" in unquote(parts.path):
            self.send_error(HTTPStatus.NOT_FOUND)
            return True
        return False

    def list_directory(self, path: Any) -> None:  # noqa: ARG002 - folders without a page are not listed
        self.send_error(HTTPStatus.NOT_FOUND)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        page = Path(self.directory) / "404.html"
        if code == HTTPStatus.NOT_FOUND and page.is_file():
            self._send(HTTPStatus.NOT_FOUND, page.read_bytes(), "text/html; charset=utf-8")
        else:
            super().send_error(code, message, explain)

    def _send(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def end_headers(self) -> None:
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: who reads a policy is nobody's business."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - who asked is nobody's business
        """A reader who went away is nothing; anything else is a defect, logged without the reader's address."""
        if not isinstance(sys.exception(), ConnectionError):
            logging.getLogger(__name__).error("request failed", exc_info=True)


def make_server(
    workspace: Workspace, host: str, port: int, health: Callable[[], dict[str, Any]] | None = None
) -> ThreadingHTTPServer:
    """A server for the built site, bound but not yet serving; Misconfigured where the address is taken."""
    handler = partial(
        _Handler,
        directory=str(workspace.output),
        default_language=workspace.settings.site.languages[0],
        health=health,
    )
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

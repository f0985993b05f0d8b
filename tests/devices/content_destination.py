"""A content destination for tests: real HTTPS, Swift style, keeping what it was given in memory; and a controller.

One rule for the editor: it answers "taken" only to what it has whole, as an evidence system would.
"""

import hashlib
import http.client
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.devices.certificates import Certified

SIGN_IN, BASE = "/auth/v1.0", "/v1.0/abc"
NAME, KEY = "axis", "a key with spaces"
TOKEN = "token-1"
CAPABILITIES = b'{"Store": {"StoreBookmarks": true}}'
FILM = "2d6b8ea4-6b0c-4f0a-9d3e-3b1f1c7f0a11_ACCC8EF00001_20261122T081530Z"
OTHER_FILM = "9f2a4c11-1f50-4d0e-8f6e-0c1b2a3d4e5f_ACCC8EF00002_20261122T083000Z"


@dataclass
class Destination:
    """`kept` is every object and container with its bytes; `asked` every request with its headers."""

    certified: Certified
    kept: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    answers: Callable[[str, str], int] = lambda _method, _path: 0
    """A code to answer with instead; 0 answers as it should, -1 takes it and closes unanswered."""
    broken: int = 0
    """Requests whose body never came to its end."""
    storage: str = ""
    _server: ThreadingHTTPServer | None = None

    @property
    def origin(self) -> str:
        assert self._server is not None
        return f"https://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> "Destination":
        destination = self

        class Talk(_Talk):
            to = destination

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Talk)
        self._server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certified.cert_file, self.certified.key_file)
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


class _Talk(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    to: Destination

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            return

    def do_GET(self) -> None:
        if self.path == SIGN_IN:
            good = (self.headers["X-Auth-User"], self.headers["X-Auth-Key"]) == (NAME, KEY)
            stored = {"X-Auth-Token": TOKEN, "X-Storage-Url": self.to.storage or self.to.origin + BASE}
            self._answer(200 if good else 401, stored if good else {})
        elif self._is_in():
            tag = hashlib.md5(CAPABILITIES).hexdigest()
            self._answer(200, {"ETag": tag, "Content-Type": "application/json"}, CAPABILITIES)

    def do_HEAD(self) -> None:
        if self._is_in():
            self._answer(200, {"X-Object-Meta-Systemname": "Medway", "Content-Length": "7"})

    def do_PUT(self) -> None:
        try:
            body = b"".join(self._body())
        except (OSError, ValueError):
            self.to.broken += 1
            self.close_connection = True
            return
        if self._is_in():
            self.to.kept[self.path] = body
            self._answer(201 if self.command == "PUT" else 204)

    do_POST = do_PUT  # noqa: N815 - the standard library's name

    def do_DELETE(self) -> None:
        self.to.kept.pop(self.path, None)
        self._answer(204)

    def _is_in(self) -> bool:
        self.to.asked.append((self.command, self.path, dict(self.headers.items())))
        code = self.to.answers(self.command, self.path)
        if code == -1:
            self.close_connection = True
            return False
        if code or self.headers["X-Auth-Token"] != TOKEN:
            self._answer(code or 401)
            return False
        return True

    def _body(self) -> Iterator[bytes]:
        if self.headers["Transfer-Encoding"] != "chunked":
            length = int(self.headers["Content-Length"] or 0)
            data = self.rfile.read(length)
            if len(data) != length:
                raise ValueError("cut")
            yield data
            return
        while length := int(self.rfile.readline().strip() or b"x", 16):
            yield self.rfile.read(length)
            self.rfile.readline()
        self.rfile.readline()

    def _answer(self, code: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        self.send_response(code)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if code != 204 and self.command != "HEAD":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
        pass


@dataclass
class Controller:
    """A body-worn system's side: signs in, and writes as the specification says."""

    port: int
    ca_file: Path
    token: str = ""
    storage: str = ""

    def connection(self) -> http.client.HTTPSConnection:
        context = ssl.create_default_context(cafile=self.ca_file)
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=20, context=context)

    def ask(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        body: bytes | Iterator[bytes] = b"",
    ) -> http.client.HTTPResponse:
        """One request on a connection of its own, its answer read."""
        connection = self.connection()
        try:
            sent = {"X-Auth-Token": self.token} | (headers or {})
            connection.request(method, path, body, sent, encode_chunked=not isinstance(body, bytes))
            response = connection.getresponse()
            response.said = response.read()  # type: ignore[attr-defined]
            return response
        finally:
            connection.close()

    def sign_in(self, key: str = KEY) -> int:
        response = self.ask("GET", SIGN_IN, {"X-Auth-User": NAME, "X-Auth-Key": key})
        self.token = response.headers["X-Auth-Token"] or self.token
        self.storage = response.headers["X-Storage-Url"] or self.storage
        return response.status

    def begin(self, film: str = FILM) -> int:
        """Create a recording's container."""
        return self.ask("PUT", f"{BASE}/{film}", {"X-Container-Meta-Status": "Transferring"}).status

    def clip(
        self, body: bytes | Iterator[bytes], film: str = FILM, name: str = "20261122_081525_7CF7.mkv"
    ) -> int:
        """Write a clip."""
        return self.ask("PUT", f"{BASE}/{film}/{name}", {"X-Object-Meta-Containertype": "mkv"}, body).status

    def complete(self, film: str = FILM) -> int:
        """Say that all of a recording has been written."""
        return self.ask("POST", f"{BASE}/{film}", {"X-Container-Meta-Status": "Complete"}).status

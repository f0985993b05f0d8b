"""Between a client and a store, both by HTTPS: passes each request on, looks at what became of it, passes it back.

    controller --TLS--> relay --TLS--> destination
                          |
                       watching: what was written, and how the destination answered

One rule for the editor: the relay keeps nothing and promises nothing. "Taken" (2xx) and "never" (400) are said by the
destination alone. Whatever goes wrong here is 503, "not now, ask again": the client keeps what it has. The one other
answer of ours is 401, where it is not known to which address of the destination a request belongs: the client then
signs in again, and the destination's own answer to that tells.

What is bounded: connections, the time for a head and for each piece of a body, headers (the standard library's 100 of
64 KiB), the destination's answer. Bodies are not: a film is as long as it is, and 64 KiB of it are held.
"""

import logging
import ssl
import threading
import time
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from socket import AF_INET, AF_INET6, socket
from socketserver import TCPServer, ThreadingMixIn
from typing import Any, Protocol

from devices.errors import NotOpened
from devices.transports.deadlines import Deadlines
from devices.transports.http_body import Body, BodyCut, Unclear, body_of
from devices.transports.https_asking import (
    ANSWER_S,
    PER_HOP,
    PIECE_S,
    Asked,
    NotAnswered,
    Reply,
    ask,
    secure_context,
)

HEAD_S = 30.0
"""Longest from a request's first byte, or from the end of the one before it, to the end of its head."""

HEARD_OUT_BYTES = 16 << 20
"""Most of a body that is let go by after an answer that came before its end."""

STORAGE_HEADER = "X-Storage-Url"
SWEEP_S = 0.25

log = logging.getLogger(__name__)


class Watching(Protocol):
    """Who knows where things are kept, and is told what happened. Called from several threads; never raises."""

    def origin_of(self, path: str) -> str | None:
        """The origin ("https://host:port") at which `path` is kept; None where that is not known."""
        ...

    def learned(self, storage: str) -> None:
        """The destination has named the address of its storage."""
        ...

    def heard(self, asked: Asked, code: int) -> None:
        """The destination has answered so. Called before its answer is passed back."""
        ...

    def failed(self, asked: Asked, why: str) -> None:
        """The destination has not answered, and the client is told to ask again."""
        ...


@dataclass(frozen=True, slots=True)
class RelayPlan:
    """Where to listen and whom to ask.

    `sign_in` is the destination's address for signing in, `own_origin` what clients call this relay
    ("https://relay:8443"). `clients` are the addresses that may connect, all where there are none.
    """

    host: str
    port: int
    cert_file: str
    cert_key_file: str
    sign_in: str
    ca_file: str
    own_origin: str
    clients: frozenset[str] = frozenset()
    connections_max: int = 32


class Relay:
    """Listens from when it is made. Raises NotOpened where the port or a certificate cannot be used."""

    def __init__(self, plan: RelayPlan, watching: Watching) -> None:
        try:
            self._listener = _Listener(plan, watching)
        except (OSError, OverflowError) as error:
            raise NotOpened(
                f"{plan.host}:{plan.port} with {plan.cert_file}: cannot listen ({error})"
            ) from error
        self.port = self._listener.server_address[1]
        work = self._listener.serve_forever
        self._thread = threading.Thread(target=work, args=(SWEEP_S,), name="relay", daemon=True)
        self._thread.start()

    def is_alive(self) -> bool:
        """Whether it still listens."""
        return self._thread.is_alive()

    def renew(self) -> None:
        """Use the certificate that is in its file now, from the next connection on. Raises OSError, and goes on with
        the one before, where it and its key cannot be used."""
        self._listener.renew()

    def close(self) -> None:
        """Stop listening and end every request under way: the client asks again."""
        self._listener.shutdown()
        self._listener.deadlines.end()
        self._listener.server_close()


class _Listener(ThreadingMixIn, TCPServer):
    """A thread a connection, as many as may be open at once."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, plan: RelayPlan, watching: Watching) -> None:
        self.plan = plan
        self.watching = watching
        self.deadlines = Deadlines(time.monotonic)
        self.sign_in_path, self._sign_in_origin = _parted(plan.sign_in)
        self.destination = secure_context(plan.ca_file)
        self.renew()
        self._free = threading.BoundedSemaphore(plan.connections_max)
        self.address_family = AF_INET6 if ":" in plan.host else AF_INET
        super().__init__((plan.host, plan.port), _Conversation)

    def renew(self) -> None:
        """Read certificate and key."""
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.minimum_version = ssl.TLSVersion.TLSv1_2
        tls.load_cert_chain(self.plan.cert_file, self.plan.cert_key_file)
        self._tls = tls

    def origin_of(self, path: str) -> str | None:
        """Where a request goes."""
        return self._sign_in_origin if path == self.sign_in_path else self.watching.origin_of(path)

    def get_request(self) -> tuple[socket, Any]:
        """A connection whose TLS is still to be agreed on, by its own thread."""
        sock, address = super().get_request()
        sock.settimeout(PIECE_S)
        return self._tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False), address

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether there is room for it, and it may connect. Who gets no room is closed upon, and asks again."""
        del request
        if self.plan.clients and client_address[0].removeprefix("::ffff:") not in self.plan.clients:
            log.warning("relay: %s is not among the controllers", client_address[0])
            return False
        return self._free.acquire(blocking=False)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start the connection's thread."""
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # the machine has no thread left
            self._free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """One connection, from its first byte to its last."""
        self.deadlines.give(request, HEAD_S)
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.deadlines.forget(request)
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A fault in one conversation: the client hears nothing, and asks again."""
        del request
        log.exception("relay: a fault while speaking with %s", client_address[0])

    def service_actions(self) -> None:
        """Called every SWEEP_S."""
        self.deadlines.sweep()


class _Conversation(BaseHTTPRequestHandler):
    """One client's requests, one after the other."""

    protocol_version = "HTTP/1.1"
    server: _Listener
    connection: ssl.SSLSocket

    def handle(self) -> None:
        """Agree on TLS, then take requests until one of us closes."""
        try:
            self.connection.do_handshake()
            super().handle()
        except (OSError, ValueError) as error:
            log.info("relay: %s: %s", self.client_address[0], error)

    def handle_one_request(self) -> None:
        """One request."""
        self.server.deadlines.give(self.connection, HEAD_S)
        self._may_go_on = False
        super().handle_one_request()

    def handle_expect_100(self) -> bool:
        """The client asked whether it may send the body: it is told when the destination can be reached."""
        self._may_go_on = True
        return True

    def do_GET(self) -> None:
        """Pass it on. So with every method that a body-worn system uses; any other is answered 503."""
        try:
            body = body_of(self.headers, self.rfile, self)  # type: ignore[arg-type]
        except Unclear as why:
            self.send_error(503, str(why))
            return
        bare = self.path.partition("?")[0]
        origin = self.server.origin_of(bare) if bare.startswith("/") and self.path.isascii() else None
        if origin is None:
            self._give(Reply(401, "Unauthorized", (), b""), body)
            return
        self._pass_on(origin, body, is_sign_in=bare == self.server.sign_in_path)

    do_HEAD = do_PUT = do_POST = do_GET  # noqa: N815 - the standard library's names

    def reading(self) -> None:
        """The client has its time for a piece of its body; one that asked "may I?" is told to go on."""
        self.server.deadlines.give(self.connection, PIECE_S)
        if self._may_go_on:
            self._may_go_on = False
            self.send_response_only(100)
            self.end_headers()

    def all_read(self) -> None:
        """Now the client waits for the destination."""
        self.server.deadlines.give(self.connection, ANSWER_S + PIECE_S)

    def _pass_on(self, origin: str, body: Body, *, is_sign_in: bool) -> None:
        asked = Asked(self.command, self.path, tuple(self.headers.items()))
        try:
            reply = ask(origin, self.server.destination, asked, body, self.server.deadlines)
            reply = self._signed_in(reply) if is_sign_in else reply
        except BodyCut as why:
            log.warning("relay: %s broke off: %s", self.client_address[0], why)
            self.close_connection = True
            return
        except NotAnswered as why:
            log.warning("relay: 503 for %s: %s", self.client_address[0], why)
            self.server.watching.failed(asked, str(why))
            reply = Reply(503, "Service Unavailable", (), b"")
        else:
            if not is_sign_in:
                self.server.watching.heard(asked, reply.code)
        self._give(reply, body)

    def _signed_in(self, reply: Reply) -> Reply:
        """The answer to signing in, with our address in place of the destination's. Raises NotAnswered."""
        stored = next((value for name, value in reply.headers if name.lower() == STORAGE_HEADER.lower()), "")
        if not stored:
            return reply
        try:
            path, origin = _parted(stored)
        except ValueError as error:
            raise NotAnswered(f"{stored}: the destination keeps things at no address ({error})") from error
        if not origin.startswith("https://"):
            raise NotAnswered(f"{stored}: the destination keeps things where there is no HTTPS")
        self.server.watching.learned(f"{origin}{path.rstrip('/')}")
        others = tuple(it for it in reply.headers if it[0].lower() != STORAGE_HEADER.lower())
        return reply._replace(headers=(*others, (STORAGE_HEADER, f"{self.server.plan.own_origin}{path}")))

    def _give(self, reply: Reply, body: Body) -> None:
        """Pass an answer back. A body that was not read to its end leaves a line that nobody can read on."""
        self.server.deadlines.give(self.connection, PIECE_S)
        is_bare = self.command == "HEAD" or reply.code == 204
        is_last = not body.is_read and body.length != 0
        self.send_response_only(reply.code, reply.reason)
        for name, value in reply.headers:
            if name.lower() not in PER_HOP or (is_bare and name.lower() == "content-length"):
                self.send_header(name, value)
        if not is_bare:
            self.send_header("Content-Length", str(len(reply.body)))
        if is_last:
            self.send_header("Connection", "close")
        self.end_headers()
        if not is_bare:
            self.wfile.write(reply.body)
        if is_last and not self._may_go_on:
            self._hear_out(body)

    def _hear_out(self, body: Body) -> None:
        """Closing on a client that still sends would take our answer from it: what it sends is let go by."""
        left = HEARD_OUT_BYTES
        try:
            for piece in body.pieces():
                left -= len(piece)
                if left < 0:
                    return
        except BodyCut:
            return

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Every refusal of ours, whatever the standard library found: not now, and nothing was lost."""
        if code != 503:
            log.warning("relay: %s: %s %s", self.client_address[0], code, message or explain or "")
        self.close_connection = True
        self.request_version = self.protocol_version  # or what spoke no HTTP would get no answer
        self.send_response_only(503)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
        """Nothing: a request's line names a person, and its headers hold a key."""


def _parted(address: str) -> tuple[str, str]:
    """An address as its path and its origin."""
    at = urllib.parse.urlsplit(address)
    return at.path or "/", f"{at.scheme}://{at.netloc}"


def path_of(storage: str) -> str:
    """The path of a storage address, without a slash at its end."""
    return _parted(storage)[0].rstrip("/")


def origin_among(storage: Sequence[str], path: str) -> str | None:
    """The origin of the storage address that `path` lies below: the longest such, of equals the first."""
    below = [it for it in storage if path == path_of(it) or path.startswith(f"{path_of(it)}/")]
    return _parted(max(below, key=lambda it: len(path_of(it))))[1] if below else None

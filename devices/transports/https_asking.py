"""One request to a server by HTTPS, its body streamed, its answer whole: by the standard library.

One rule for the editor: an answer that says "taken" is given back only where every byte of the body was handed over.
"""

import http.client
import ssl
import urllib.parse
from collections.abc import Iterable
from typing import NamedTuple

from devices.transports.deadlines import Deadlines
from devices.transports.http_body import Body

CONNECT_S = 10.0
PIECE_S = 60.0
"""Longest for one piece of a body (64 KiB) to be taken."""

ANSWER_S = 300.0
"""Longest for an answer after the whole body: a store may have to copy a long film."""

ANSWER_BYTES_MAX = 1 << 20

PER_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
     "transfer-encoding", "upgrade", "expect", "host", "content-length"}
)  # fmt: skip
"""Headers that are between two neighbours alone, or that we write ourselves."""

Headers = Iterable[tuple[str, str]]


class NotAnswered(Exception):
    """The server gave no answer that may be passed on. The message says why."""


class Asked(NamedTuple):
    """A request to pass on."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]


class Reply(NamedTuple):
    """A server's answer."""

    code: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


def secure_context(ca_file: str) -> ssl.SSLContext:
    """TLS that believes `ca_file`, or the machine's authorities where it is empty. Raises OSError."""
    context = ssl.create_default_context(cafile=ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def ask(origin: str, context: ssl.SSLContext, asked: Asked, body: Body, deadlines: Deadlines) -> Reply:
    """Pass a request on to `origin` ("https://host:port") and give its answer. Raises NotAnswered, BodyCut."""
    at = urllib.parse.urlsplit(origin)
    connection = http.client.HTTPSConnection(at.hostname or "", at.port, timeout=CONNECT_S, context=context)
    sock = None
    try:
        connection.connect()
        sock = connection.sock
        deadlines.give(sock, PIECE_S)
        _head(connection, at.netloc, asked, body)
        is_whole = _send(connection, body, deadlines)
        deadlines.give(sock, ANSWER_S)
        sock.settimeout(ANSWER_S)
        return _checked(_reply(connection), is_whole=is_whole)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotAnswered(f"{origin}: {str(error) or type(error).__name__}") from error
    finally:
        if sock is not None:
            deadlines.forget(sock)
        connection.close()  # mid-body this is what tells the server that the rest will never come


def _head(connection: http.client.HTTPSConnection, netloc: str, asked: Asked, body: Body) -> None:
    connection.putrequest(asked.method, asked.path, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", netloc)
    for name, value in asked.headers:
        if name.lower() not in PER_HOP:
            connection.putheader(name, value)
    connection.putheader("Connection", "close")
    if body.length is None:
        connection.putheader("Transfer-Encoding", "chunked")
    elif body.length or asked.method in ("PUT", "POST"):
        connection.putheader("Content-Length", str(body.length))
    connection.endheaders()


def _send(connection: http.client.HTTPSConnection, body: Body, deadlines: Deadlines) -> bool:
    """Hand the body over. False where the server stopped taking it: it may have said why."""
    for piece in body.pieces():
        deadlines.give(connection.sock, PIECE_S)
        connection.sock.settimeout(PIECE_S)
        try:
            connection.send(piece if body.length is not None else b"%x\r\n%b\r\n" % (len(piece), piece))
        except OSError:
            return False
    if body.length is None:
        try:
            connection.send(b"0\r\n\r\n")
        except OSError:
            return False
    return True


def _reply(connection: http.client.HTTPSConnection) -> Reply:
    with connection.getresponse() as response:
        answer = response.read(ANSWER_BYTES_MAX + 1)
        if len(answer) > ANSWER_BYTES_MAX:
            raise ValueError(f"an answer of more than {ANSWER_BYTES_MAX} bytes")
        if response.length:  # `read` with a limit does not say so itself
            raise http.client.IncompleteRead(answer, response.length)
        return Reply(response.status, response.reason, tuple(response.getheaders()), answer)


def _checked(reply: Reply, *, is_whole: bool) -> Reply:
    if 300 <= reply.code < 400:
        raise ValueError(f"answered {reply.code}, which would lead the asker past us")
    if not is_whole and reply.code < 400:
        raise ValueError(f"answered {reply.code} to a body that it had not taken whole")
    return reply

"""One persistent HTTP connection to the service, by the standard library.

One rule for the editor: `post` ends within its time-out, whatever the other side does, and leaves either an
answer or an exception that says whether to try again (`LinkDown`) or not (`Rejected`).

A socket time-out alone does not do that: it counts between bytes, so a service that drips one byte a second
would hold us for ever. A timer shuts the socket at the deadline.
"""

import http.client
import select
import socket
import ssl
import threading
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from devices.wire import read
from firmware_bridge.errors import LinkDown, Rejected

READINGS_PATH = "/api/v1/bridge/readings"
HEARTBEAT_PATH = "/api/v1/bridge/heartbeat"
COMMANDS_PATH = "/api/v1/bridge/commands"

ANSWER_BYTES_MAX = 4 << 20
KEY_BYTES_MAX = 512

_anything = msgspec.json.Decoder()


class _ClosedByService(LinkDown):
    """The connection ended without an answer, and not by our time-out."""


LATER_CODES = frozenset({408, 425, 429})
"""4xx codes that mean "not now"; every 5xx does too."""


def read_key(path: Path) -> str:
    """The bridge's key in `path`: one line of printable ASCII. Raises LinkDown naming the file."""
    try:
        key = path.read_bytes()[: KEY_BYTES_MAX + 1].decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise LinkDown(f"{path}: the bridge's key cannot be read ({error})") from error
    if not key or len(key) > KEY_BYTES_MAX or not key.isprintable() or " " in key:
        raise LinkDown(f"{path}: expected the bridge's key on one line, at most {KEY_BYTES_MAX} characters")
    return key


@dataclass(frozen=True, slots=True)
class Service:
    """Where the service is, and what opens it. The key is read anew for every connection, so that a rotated
    one needs no restart."""

    url: str
    key: Callable[[], str]
    ca_file: str = ""
    software: str = "kit-bridge"

    def connection(self, timeout_s: float) -> http.client.HTTPConnection:
        """A connection, not yet open."""
        at = urllib.parse.urlsplit(self.url)
        host = at.hostname or ""
        if at.scheme == "http":
            return http.client.HTTPConnection(host, at.port, timeout=timeout_s)
        context = ssl.create_default_context(cafile=self.ca_file or None)
        return http.client.HTTPSConnection(host, at.port, timeout=timeout_s, context=context)

    def path(self, path: str) -> str:
        """`path` under the service's own path, if it has one."""
        return urllib.parse.urlsplit(self.url).path.rstrip("/") + path


@dataclass(slots=True)
class Line:
    """A connection that one thread posts on. `cancel` may come from another and ends the post under way."""

    service: Service
    _connection: http.client.HTTPConnection | None = field(default=None, init=False)
    _sock: socket.socket | None = field(default=None, init=False)
    _key: str = field(default="", init=False)
    _cancelled: bool = field(default=False, init=False)

    def post(self, path: str, body: bytes, timeout_s: float) -> bytes:
        """POST JSON and return the answer's body. Raises LinkDown, or Rejected with the code."""
        if self._still_open():
            try:
                return self._post_once(path, body, timeout_s)
            except _ClosedByService:
                # A kept connection may be closed as we write. The delivery key makes a repeat harmless.
                pass
        return self._post_once(path, body, timeout_s)

    def cancel(self) -> None:
        """End the post under way, and refuse any more."""
        self._cancelled = True
        self._shut()

    def close(self) -> None:
        """Let the connection go; the next post opens another."""
        connection, self._connection, self._sock = self._connection, None, None
        if connection is not None:
            connection.close()

    def _post_once(self, path: str, body: bytes, timeout_s: float) -> bytes:
        if self._connection is None:
            self._key = self.service.key()
            self._connection = self.service.connection(timeout_s)
        expired = threading.Event()
        alarm = threading.Timer(timeout_s, self._expire, (expired,))
        alarm.daemon = True
        alarm.start()
        try:
            self._connect(self._connection, timeout_s)
            code, answer = self._exchange(self._connection, path, body)
            if expired.is_set():  # an answer without a length, cut by our own alarm, looks whole
                raise TimeoutError
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            if expired.is_set() or isinstance(error, TimeoutError):
                raise LinkDown(f"{self.service.url}: no answer within {timeout_s:g} s") from error
            failure = _ClosedByService if isinstance(error, ConnectionError) else LinkDown
            raise failure(f"{self.service.url}: {_why(error)}") from error
        finally:
            alarm.cancel()
        return self._judged(code, answer)

    def _connect(self, connection: http.client.HTTPConnection, timeout_s: float) -> None:
        """Open the connection if it is not, and keep hold of its socket: http.client lets go of it before the
        answer is read where the service says that it will close. A kept one may have been made for a shorter wait."""
        if connection.sock is None:
            connection.connect()
        connection.sock.settimeout(timeout_s)
        self._sock = connection.sock
        if self._cancelled:  # set before the other thread looked for a socket, or it has shut this one
            self.close()
            raise LinkDown("stopping")

    def _expire(self, expired: threading.Event) -> None:
        expired.set()  # first: the blocked thread asks as soon as it wakes
        self._shut()

    def _shut(self) -> None:
        """Shut the socket from another thread: the blocked one wakes with an error."""
        sock = self._sock
        if sock is None:
            return
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def _exchange(self, connection: http.client.HTTPConnection, path: str, body: bytes) -> tuple[int, bytes]:
        headers = {
            "Authorization": f"Bridge {self._key}",
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": self.service.software,
        }
        connection.request("POST", self.service.path(path), body, headers)
        with connection.getresponse() as response:
            answer = response.read(ANSWER_BYTES_MAX + 1)
            if len(answer) > ANSWER_BYTES_MAX:
                raise ValueError(f"the answer is longer than {ANSWER_BYTES_MAX} bytes")
            if response.length:  # `read` with a limit does not say so itself
                raise http.client.IncompleteRead(answer, response.length)
            return response.status, answer

    def _judged(self, code: int, answer: bytes) -> bytes:
        if 200 <= code < 300:
            return answer
        said = _said(answer)
        if code in (401, 403):
            self.close()  # the next connection reads the key again
        if code >= 500 or code in LATER_CODES or code < 400:
            raise LinkDown(f"{self.service.url}: answered {code}: {said}")
        raise Rejected(code, said)

    def _still_open(self) -> bool:
        """Whether there is a kept connection that the service has not closed meanwhile."""
        kept = self._connection
        if kept is None or kept.sock is None:
            self.close()
            return False
        if select.select([kept.sock], [], [], 0)[0]:  # nothing is asked, so this can only be an end
            self.close()
            return False
        return True


def _why(error: Exception) -> str:
    if isinstance(error, http.client.RemoteDisconnected):
        return "closed the connection without an answer"
    return str(error) or type(error).__name__


def _said(answer: bytes) -> str:
    """A problem's own words (RFC 9457), or the beginning of whatever came."""
    try:
        problem = read(_anything, answer)
    except msgspec.DecodeError:
        problem = None
    if isinstance(problem, dict):
        words = [str(problem[key]) for key in ("title", "detail") if problem.get(key)]
        if words:
            return ": ".join(words)[:400]
    return answer[:200].decode("utf-8", "replace")

"""A stand-in service for the screens alone: it shows rendered pages, streams what is pushed, keeps what is posted.

One rule for the editor: nothing of the kit store runs here, so nothing tested here is said to work end to end;
tests/browser/test_*.py against the real service do that.
"""

import json
import queue
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
STATIC = Path(__file__).resolve().parents[2] / "api" / "static"


class Stage:
    """Pages by path, answers by path, and the screens that listen."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.answers: dict[str, Any] = {}
        self.posted: list[tuple[str, Any]] = []
        self.is_away = False
        self.is_signed_out = False
        self.first_takes_s = 0.0
        self._screens: list[queue.SimpleQueue[Any]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._requests())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def origin(self) -> str:
        """Where a browser finds it."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "Stage":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def push(self, body: Any) -> None:
        """Send one message to every screen that listens."""
        for screen in list(self._screens):
            screen.put(body)

    def cut(self) -> None:
        """Hang up on every screen."""
        for screen in list(self._screens):
            screen.put(None)

    def listen(self) -> "queue.SimpleQueue[Any]":
        """A queue that `push` fills."""
        mine: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._screens.append(mine)
        return mine

    def wait_for_screen(self) -> None:
        """Wait until a screen listens."""
        until = time.monotonic() + 10
        while not self._screens and time.monotonic() < until:
            time.sleep(0.01)

    def wait_for_posts(self, number: int) -> None:
        """Wait until so many posts have come."""
        until = time.monotonic() + 10
        while len(self.posted) < number and time.monotonic() < until:
            time.sleep(0.01)

    def leave(self, mine: "queue.SimpleQueue[Any]") -> None:
        """Forget a screen that has gone."""
        if mine in self._screens:
            self._screens.remove(mine)

    def _requests(self) -> type[BaseHTTPRequestHandler]:
        stage = self

        class Answering(_Answering):
            on = stage

        return Answering


class _Answering(BaseHTTPRequestHandler):
    on: Stage
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """A page, a file of ours, the stream, or a canned answer."""
        path = self.path.split("?")[0]
        if self.on.is_away:
            return self._send(503, "text/plain", b"away")
        if self.on.is_signed_out and path in ("/live", "/api/v1/me"):
            return self._send(401, "application/problem+json", b'{"detail": "Sign in first."}')
        if path == "/live":
            return self._stream()
        if path.startswith("/static/"):
            file = STATIC / path.rsplit("/", 1)[1]
            return self._send(200, TYPES[file.suffix], file.read_bytes())
        page = self.on.pages.get(path)
        if page is not None:
            return self._send(200, "text/html; charset=utf-8", page.encode())
        return self._json(path)

    def do_POST(self) -> None:
        """Keep what was posted; give the canned answer."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.on.is_away:
            return self._send(503, "text/plain", b"away")
        path = self.path.split("?")[0]
        takes_s, self.on.first_takes_s = self.on.first_takes_s, 0.0
        time.sleep(takes_s)
        self.on.posted.append((path, json.loads(body or b"null")))
        return self._json(path)

    def _json(self, path: str) -> None:
        if path == "/health":
            return self._send(200, "application/json", b"{}")
        answer = self.on.answers.get(path)
        if answer is None:
            return self._send(404, "application/problem+json", b'{"detail": "There is no such thing."}')
        return self._send(200, "application/json", json.dumps(answer).encode())

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        mine = self.on.listen()
        try:
            self.wfile.write(b": here\n\n")
            while (body := mine.get()) is not None:
                self.wfile.write(f"event: message\ndata: {json.dumps(body)}\n\n".encode())
        except OSError:
            pass  # the screen has gone
        self.on.leave(mine)

    def _send(self, code: int, kind: str, body: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", CSP)
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

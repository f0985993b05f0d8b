"""A person at a screen, played: signs in over HTTP, touches what a person touches, and watches what a screen watches.

One rule for the editor: only the service's public interface is used here, with the same cookies and tokens as a
browser, so that what the demo can do anybody can.
"""

import contextlib
import http.client
import json
import queue
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TIMEOUT_S = 30.0
LOOKS = 3
"""How often a question is asked of a service that does not answer."""

LIVE_TIMEOUT_S = 40.0
"""The service says something at least every 15 seconds."""

API = "/api/v1"
UNKNOWN = 401


class Refused(RuntimeError):
    """The service answered with a problem; `code` is HTTP's, the message names the request and what was wrong."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Unreachable(RuntimeError):
    """The service did not answer."""


@dataclass(slots=True)
class Desk:
    """One signed-in screen. Not for several threads, except that `watch` has a connection of its own."""

    host: str
    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str = ""
    _who: dict[str, str] = field(default_factory=dict)

    def sign_in(self, name: str, password: str) -> dict[str, Any]:
        """Sign in; the answer says who and where. Raises Refused or Unreachable."""
        self._who = {}
        me: dict[str, Any] = self.post("/sign-in", {"name": name, "password": password})
        self.csrf, self._who = me["csrf"], {"name": name, "password": password}
        return me

    def sign_out(self) -> None:
        """End the sign-in. Raises Refused or Unreachable."""
        self.post("/sign-out", {})
        self.csrf, self._who = "", {}

    def get(self, path: str) -> Any:
        """What the service says at `path` (below /api/v1). Raises Refused or Unreachable."""
        for _ in range(LOOKS - 1):
            with contextlib.suppress(Unreachable):  # looking twice does no harm
                return self._ask("GET", path, None, {})
        return self._ask("GET", path, None, {})

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Do something. Raises Refused or Unreachable."""
        return self._ask("POST", path, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def send_file(self, path: str, data: bytes) -> Any:
        """Send a CSV file. Raises Refused or Unreachable."""
        return self._ask("POST", path, data, {"Content-Type": "text/csv"})

    def watch(self, topics: str) -> "Watching":
        """Listen to live topics ("place:3,store:2")."""
        return Watching(self.host, self.port, topics, self._headers())

    def _headers(self) -> dict[str, str]:
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        return sent | ({"X-CSRF": self.csrf} if self.csrf else {})

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Any:
        """Ask; a sign-in that has run out is renewed, as a person would."""
        try:
            return self._once(method, path, body, headers)
        except Refused as problem:
            if problem.code != UNKNOWN or not self._who:
                raise
        self.sign_in(**self._who)
        return self._once(method, path, body, headers)

    def _once(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Any:
        # A connection for each request: one that was kept may die between our sending and the answer, and then
        # nobody could say whether the act was done.
        line = http.client.HTTPConnection(self.host, self.port, timeout=TIMEOUT_S)
        try:
            line.request(method, API + path, body, {**self._headers(), **headers, "Connection": "close"})
            answer = line.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as problem:
            raise Unreachable(f"{method} {path}: {problem!r}") from problem
        finally:
            line.close()
        self._keep_cookies(answer)
        if answer.status >= 400:
            raise Refused(answer.status, f"{method} {path}: {answer.status} {_problem(text)}")
        return json.loads(text) if text else None

    def _keep_cookies(self, answer: http.client.HTTPResponse) -> None:
        for line in answer.headers.get_all("Set-Cookie", []):
            name, _, rest = line.partition("=")
            self.cookies[name] = rest.partition(";")[0].strip('"')


def _problem(text: bytes) -> str:
    """What an RFC 9457 problem says, in one line."""
    try:
        said = json.loads(text)
    except ValueError:
        return text[:200].decode("utf-8", "replace")
    if not isinstance(said, dict):
        return str(said)[:200]
    fields = "; ".join(f"{e.get('field')}: {e.get('expected')}" for e in said.get("errors", []))
    return " ".join(str(part) for part in (said.get("title"), said.get("detail"), fields) if part)


class Watching:
    """Live events of some topics, kept in order by a thread until they are asked for."""

    def __init__(self, host: str, port: int, topics: str, headers: dict[str, str]) -> None:
        self._where = (host, port)
        self._path = f"/live?topics={topics}"
        self._headers = headers
        self._said: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._open = threading.Event()
        self.problem: str | None = None
        threading.Thread(target=self._listen, name="live", daemon=True).start()

    def wait_until_open(self, timeout_s: float) -> None:
        """Wait for the stream. Raises Unreachable."""
        if not self._open.wait(timeout_s) or self.problem:
            raise Unreachable(f"GET {self._path}: {self.problem or 'no answer'}")

    def next(self, timeout_s: float) -> dict[str, Any] | None:
        """The next event, None where none came in time."""
        with contextlib.suppress(queue.Empty):
            return self._said.get(timeout=timeout_s)
        return None

    def forget(self) -> None:
        """Drop what was said so far."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._said.get_nowait()

    def _listen(self) -> None:
        try:
            line = http.client.HTTPConnection(*self._where, timeout=LIVE_TIMEOUT_S)
            line.request("GET", self._path, headers=self._headers)
            answer = line.getresponse()
            if answer.status != 200:
                self.problem = f"{answer.status} {_problem(answer.read())}"
                return
            self._open.set()
            while raw := answer.readline():
                if raw.startswith(b"data: "):
                    self._said.put(json.loads(raw[6:]))
            self.problem = "the stream ended"
        except (OSError, http.client.HTTPException) as problem:
            self.problem = repr(problem)
        finally:
            self._open.set()

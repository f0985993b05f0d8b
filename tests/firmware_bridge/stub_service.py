"""A small real HTTP service for the bridge's tests: stores by delivery key, answers, and misbehaves on demand.

One rule for the editor: it keeps the contract of `devices.wire` and decides nothing; the real service is
tested elsewhere.
"""

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

from devices.wire import (
    SCAN_AGE_MAX_MS,
    Accepted,
    Answer,
    BayCommand,
    Commanded,
    Delivery,
    Heartbeat,
    HeartbeatAnswer,
    Listening,
    Sent,
    decode_delivery,
    encode,
)

Key = tuple[str, str, int]


@dataclass
class StubService:
    """The service's side. `seen` holds each key once; `deliveries` every POST that was read, repeats too."""

    key: str = "test-key"
    epoch: str = "epoch-1"
    seen: dict[Key, Sent] = field(default_factory=dict)
    decided: dict[Key, Answer] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
    heartbeats: list[Heartbeat] = field(default_factory=list)
    connections: int = 0
    commands: list[BayCommand] | None = None
    """What bays are to do; None: a service of before there were commands."""
    told: threading.Condition = field(default_factory=threading.Condition)
    refuses: Callable[[Delivery], int] = lambda _delivery: 0
    """An HTTP code to answer a delivery with instead of storing it; 0 stores it."""
    mode: str = "well"
    """well | deaf (reads, never answers) | drip (a byte at a time) | lost (stores, then closes unanswered)"""
    _server: ThreadingHTTPServer | None = None
    _port: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """Its address; the port stays the same through `stop` and `start`."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> "StubService":
        """Listen."""
        service = self

        class Talk(_Talk):
            stub = service

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Talk)
        self._server.daemon_threads = True
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Go away; what was stored stays."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def scans(self) -> list[Sent]:
        """Each scan once, in the order first seen."""
        return [sent for (_, stream, _), sent in self.seen.items() if stream == "scan"]

    def observations(self) -> list[Sent]:
        """Each observation once, in the order first seen."""
        return [sent for (_, stream, _), sent in self.seen.items() if stream == "obs"]

    def said_of(self, sent: Sent) -> str:
        """The outcome this scan had."""
        return next(answer.outcome for key, answer in self.decided.items() if self.seen[key] == sent)

    def sends_of(self, seq: int, stream: str = "scan") -> list[Sent]:
        """Every time a sequence was sent, oldest first."""
        return [it for d in self.deliveries if d.stream == stream for it in d.sent if it.seq == seq]

    def upto(self, boot: str, stream: str) -> int:
        """The highest stored sequence without a gap."""
        last = 0
        while (boot, stream, last + 1) in self.seen:
            last += 1
        return last

    def tell(self, *commands: BayCommand) -> None:
        """Have bays do something."""
        with self.told:
            self.commands = [*(self.commands or []), *commands]
            self.told.notify_all()

    def listened(self, said: Listening) -> Commanded | None:
        """Wait for commands that the bridge has not got."""
        with self.told:
            if self.commands is None:
                return None

            def new() -> tuple[BayCommand, ...]:
                return tuple(it for it in self.commands or () if it.id not in said.have)

            began_s = time.monotonic()
            self.told.wait_for(new, said.wait_ms / 1000)
            return Commanded(commands=new(), waited_ms=int((time.monotonic() - began_s) * 1000))

    def take(self, delivery: Delivery) -> Accepted:
        """Store a delivery and answer its scans; a repeated key gets its first answer."""
        with self._lock:
            self.deliveries.append(delivery)
            answers = []
            for sent in delivery.sent:
                key = (delivery.boot, delivery.stream, sent.seq)
                repeat = key in self.seen
                self.seen.setdefault(key, sent)
                if delivery.stream == "scan":
                    first = self.decided.setdefault(key, _decide(sent))
                    answers.append(msgspec.structs.replace(first, repeat=repeat))
            upto = self.upto(delivery.boot, delivery.stream)
            return Accepted(upto=upto, epoch=self.epoch, answers=tuple(answers))


def _decide(sent: Sent) -> Answer:
    if sent.age_ms > SCAN_AGE_MAX_MS:
        return Answer(seq=sent.seq, outcome="LATE")
    text = getattr(sent.reading, "text", "that")
    return Answer(seq=sent.seq, outcome="IN_SET", light="green", tone="ok", sentence=f"{text} added.")


class _Talk(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stub: StubService

    def setup(self) -> None:
        super().setup()
        self.stub.connections += 1

    def do_GET(self) -> None:
        self._answer(200, b"{}")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Authorization"] != f"Bridge {self.stub.key}":
            self._answer(401, b'{"title":"Unauthorized","detail":"unknown key"}')
        elif self.path == "/api/v1/bridge/heartbeat":
            self._heartbeat(body)
        elif self.path == "/api/v1/bridge/commands":
            commanded = self.stub.listened(msgspec.json.decode(body, type=Listening))
            self._answer(200 if commanded else 404, encode(commanded) if commanded else b"{}")
        else:
            self._readings(body)

    def _readings(self, body: bytes) -> None:
        try:
            delivery = decode_delivery(body)
        except msgspec.DecodeError as error:
            self._answer(400, msgspec.json.encode({"title": "Bad Request", "detail": str(error)}))
            return
        code = self.stub.refuses(delivery)
        if code:
            self._answer(code, msgspec.json.encode({"title": "Refused", "detail": "as the test asked"}))
            return
        if self.stub.mode == "deaf":
            time.sleep(30)
        accepted = self.stub.take(delivery)
        if self.stub.mode == "lost":
            self.close_connection = True
            return
        self._answer(200, encode(accepted))

    def _heartbeat(self, body: bytes) -> None:
        said = msgspec.json.decode(body, type=Heartbeat)
        self.stub.heartbeats.append(said)
        upto = self.stub.upto(said.boot, "obs")
        self._answer(
            200, encode(HeartbeatAnswer(service_wall_us=said.wall_us, epoch=self.stub.epoch, upto=upto))
        )

    def _answer(self, code: int, body: bytes) -> None:
        with contextlib.suppress(OSError):  # a bridge that was killed reads no answer
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self._write(body)

    def _write(self, body: bytes) -> None:
        if self.stub.mode != "drip":
            self.wfile.write(body)
            return
        for byte in body:
            self.wfile.write(bytes([byte]))
            time.sleep(0.1)

    def log_message(self, *_words: Any) -> None:
        """Be quiet."""

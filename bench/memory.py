"""Memory of a real bridge process while 1,000,000 readings go through it: from MQTT to the spool and to a service.

    python -m bench.memory [READINGS]

A dock publishes to a real Mosquitto; `kit-bridge run` takes, keeps and delivers; what stands for the service here only
acknowledges. The spool's quota is small, so that what it lets go of is a part of the measurement. Flat means that the
figures from 10 % on are alike: what comes before is what a bridge loads and its caches.
"""

import contextlib
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import psutil

from bench import report
from bench.observations import BRIDGE, LIMITS, payload
from bench.service import free_port
from devices.readings import BayReported
from devices.transports.mqtt import Message, MqttVoice
from devices.wire import Accepted, Commanded, Delivery, HeartbeatAnswer, decode_delivery, encode
from tests.devices.mosquitto import Mosquitto

AHEAD_MAX = 5_000
"""Most readings on their way at a time."""

MIB = 1 << 20
STEPS = 10
PATIENCE_S = 120.0
SETTINGS = """
bridge = "{bridge}"
service = "http://127.0.0.1:{service}"
allow_plain_http = true
key_file = "key"
spool_dir = "spool"
[broker]
host = "127.0.0.1"
port = {broker}
[timing]
heartbeat_s = 1.0
[limits]
spool_max_mb = 32
[[station]]
device = "docks"
driver = "kit-dock"
"""


@dataclass
class Acknowledging:
    """What a service has acknowledged: the highest sequence of the one boot there is, and how many words of bays."""

    upto: int = 0
    bays: int = 0
    went: threading.Condition = field(default_factory=threading.Condition)

    def took(self, delivery: Delivery) -> int:
        with self.went:
            fresh = [it for it in delivery.sent if it.seq > self.upto]
            self.upto = max(self.upto, delivery.sent[-1].seq)
            self.bays += sum(isinstance(it.reading, BayReported) for it in fresh)
            self.went.notify_all()
        return self.upto

    def reaches(self, bays: int, patience_s: float = PATIENCE_S) -> None:
        """Wait until so many are there. Raises TimeoutError where nothing moves any more."""
        with self.went:
            while (before := self.bays) < bays:
                if not self.went.wait(patience_s) and self.bays == before:
                    raise TimeoutError(f"{before} of {bays} acknowledged, and no more comes")


@contextmanager
def acknowledging() -> Iterator[tuple[int, Acknowledging]]:
    """A server that acknowledges every delivery, and its port."""
    said = Acknowledging()

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = encode(self.answer(body))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def answer(self, body: bytes) -> msgspec.Struct:
            what = self.path.rpartition("/")[2]
            if what == "readings":
                delivery = decode_delivery(body)
                return Accepted(upto=said.took(delivery), epoch="e")
            if what == "heartbeat":
                return HeartbeatAnswer(service_wall_us=time.time_ns() // 1000, epoch="e", upto=said.upto)
            time.sleep(wait_s := json.loads(body).get("wait_ms", 0) / 1000)
            return Commanded(waited_ms=int(wait_s * 1000))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1], said
    server.shutdown()
    server.server_close()


@contextmanager
def bridge(folder: Path, service: int, broker: int) -> Iterator[psutil.Process]:
    """`kit-bridge run`, in a process of its own."""
    (folder / "key").write_text("a-key-of-nobody\n")
    (folder / "key").chmod(0o600)
    file = folder / "bridge.toml"
    file.write_text(SETTINGS.format(bridge=BRIDGE, service=service, broker=broker))
    command = str(Path(sys.executable).with_name("kit-bridge"))
    with (folder / "log").open("wb") as log:
        started = subprocess.Popen([command, "run", "--config", str(file)], stdout=log, stderr=log)
    try:
        yield psutil.Process(started.pid)
    except (TimeoutError, psutil.Error):
        print((folder / "log").read_text("utf-8", "replace")[-3000:])
        raise
    finally:
        started.terminate()
        started.wait(60)


def until_heard(dock: MqttVoice, said: Acknowledging) -> None:
    """Publish a word of a bay until the bridge listens."""
    dock.connected(10)
    for number in range(1, 600):
        dock.say(Message(f"kit/v1/{BRIDGE}/dock/d1/bay/999", payload(number), retain=False))
        with contextlib.suppress(TimeoutError):
            said.reaches(1, 0.1)
            return
    raise TimeoutError("the bridge hears no dock")


def through(
    readings: int, process: psutil.Process, said: Acknowledging, dock: MqttVoice
) -> list[dict[str, object]]:
    """Publish them all, and look at the process at each tenth."""
    rows: list[dict[str, object]] = []
    began, before = time.perf_counter(), said.bays
    for number in range(1, readings + 1):
        dock.say(Message(f"kit/v1/{BRIDGE}/dock/d1/bay/{1 + number % 900}", payload(number), retain=False))
        if number % (AHEAD_MAX // 5) == 0:
            said.reaches(before + number - AHEAD_MAX)
        if number % (readings // STEPS) == 0:
            said.reaches(before + number)
            kept = process.memory_info().rss
            rows.append({
                "readings": number, "rss_mib": round(kept / MIB, 1), "threads": process.num_threads(),
                "files": process.num_fds(), "per_second": round(number / (time.perf_counter() - began)),
            })  # fmt: skip
            report.show_row(rows[-1])
    return rows


def main() -> None:
    """Command line, see the module."""
    readings = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as name, acknowledging() as (service, said):
        folder = Path(name)
        (folder / "broker").mkdir()
        broker = Mosquitto(folder / "broker", more=LIMITS, port=free_port()).start()
        dock = MqttVoice(broker.broker(), "docks")
        dock.start()
        try:
            with bridge(folder, service, broker.port) as process:
                until_heard(dock, said)
                rows = through(readings, process, said, dock)
        finally:
            dock.close(timeout_s=5)
            broker.kill()
    first, last = float(str(rows[0]["rss_mib"])), float(str(rows[-1]["rss_mib"]))
    rows.append(
        {"what": "from 10 % to 100 %", "grown_mib": round(last - first, 1), "times": round(last / first, 3)}
    )
    report.show_row(rows[-1])
    report.write("memory", rows)


if __name__ == "__main__":
    main()

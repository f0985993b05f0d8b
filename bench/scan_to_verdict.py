"""Scan to verdict: from bytes written to the scanner's pty until the verdict's event reaches a screen's client.

    python -m bench.scan_to_verdict [--scans N] [--rate SCANS_PER_SECOND]

Everything is real: the bridge process reads the pty through pyserial, journals with fsync, posts to the service,
which decides, commits and tells the screens; a client on the live stream takes the time. Scans come at the pace of
the force's shift starts (15 a second by default), whatever the answers do.
"""

import argparse
import http.client
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench import report, synthetic
from bench.issues import _password_hash
from bench.service import ROOT, pair, served, sign_in

SCANS_A_PERSON = 8
ANSWER_S = 20.0


@dataclass
class Screen:
    """A client on the hatch's live stream: when each verdict arrived, and what it said."""

    port: int
    headers: dict[str, str]
    heard: "queue.Queue[tuple[float, dict[str, object]]]" = field(default_factory=queue.Queue)

    def listen(self) -> None:
        """Listen for ever, in a thread."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        connection.request("GET", f"/live?topics=place:{synthetic.HATCH}", headers=self.headers)
        answer = connection.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"the live stream answered {answer.status}")
        for raw in answer:
            if raw.startswith(b"data:"):
                at = time.perf_counter()
                told = json.loads(raw[5:])
                if told.get("type") == "hatch" and told["verdict"]["outcome"] != "DROPPED":
                    self.heard.put((at, told))


@contextmanager
def bridged(folder: Path, port: int, key: str) -> Iterator[int]:
    """`kit-bridge run` on one pty; gives the end that bytes are written to."""
    master, slave = os.openpty()
    tty.setraw(slave)
    link = folder / "scanner"
    link.symlink_to(os.ttyname(slave))
    (folder / "bridge.key").write_text(key + "\n", "ascii")
    (folder / "bridge.key").chmod(0o600)
    (folder / "bridge.toml").write_text(
        f'bridge = "bench"\nservice = "http://127.0.0.1:{port}"\nkey_file = "bridge.key"\nspool_dir = "spool"\n'
        f'allow_plain_http = true\n[[station]]\ndevice = "scanner"\ndriver = "serial-scanner"\nport = "{link}"\n'
        'options = { prefix = "aim" }\n',
        "utf-8",
    )
    command = Path(sys.executable).parent / "kit-bridge"
    with (folder / "bridge.log").open("wb") as log:
        process = subprocess.Popen(
            [command, "run", "--config", folder / "bridge.toml"], stdout=log, stderr=log, cwd=ROOT
        )
        try:
            time.sleep(4)
            if process.poll() is not None:
                raise RuntimeError((folder / "bridge.log").read_text("utf-8"))
            yield master
        finally:
            process.terminate()
            process.wait(10)
            os.close(master)


def codes(scans: int) -> list[str]:
    """A shift start: each person's collar, their camera, and their CED set, one after the other."""
    found: list[str] = []
    for person in range(scans // SCANS_A_PERSON + 1):
        found.append(f"C{synthetic.FIRST_PERSON + person}")
        found.append(f"B{synthetic.FIRST_CAMERA + person}")
        found += [f"B{each}" for each in synthetic.set_items(person)]
    return found[:scans]


def run(screen: Screen, scanner: int, scans: int, rate: float) -> list[float]:
    """Scan at `rate` and return how long each verdict took, in milliseconds."""
    written: queue.Queue[float] = queue.Queue()

    def scan_all() -> None:
        began = time.perf_counter()
        for n, code in enumerate(codes(scans)):
            time.sleep(max(0.0, began + n / rate - time.perf_counter()))
            written.put(time.perf_counter())
            os.write(scanner, f"]C0{code}\r".encode())

    threading.Thread(target=scan_all, daemon=True).start()
    took = []
    for n in range(scans):
        at, told = screen.heard.get(timeout=ANSWER_S)
        took.append(1000 * (at - written.get(timeout=ANSWER_S)))
        if n % SCANS_A_PERSON == SCANS_A_PERSON - 1:
            _drop(screen, told)
    return took


def _drop(screen: Screen, told: dict[str, object]) -> None:
    """End the visit, as its countersign would; the event this causes is nobody's scan and is not waited for."""
    visit = told["view"]["visit"]  # type: ignore[index]
    if visit is None:
        return
    connection = http.client.HTTPConnection("127.0.0.1", screen.port, timeout=20)
    connection.request(
        "POST",
        f"/api/v1/visits/{visit['id']}/drop",
        "{}",
        {"Content-Type": "application/json", **screen.headers},
    )
    answer = connection.getresponse()
    if answer.status >= 300:
        raise RuntimeError(f"ending the visit answered {answer.status}: {answer.read()[:300]!r}")


def main() -> None:
    """Command line, see the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scans", type=int, default=960)
    parser.add_argument("--rate", type=float, default=15.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'kit.sqlite3'}"
        people = asked.scans // SCANS_A_PERSON + 2
        synthetic.build(url, people, people, _password_hash())
        kitstore = str(Path(sys.executable).parent / "kitstore")
        environment = {**os.environ, "KIT_DATABASE": url}
        words = [kitstore, "bridge", "add", "bench", "--store", "BE"]
        key = subprocess.run(
            words, env=environment, check=True, capture_output=True, text=True
        ).stdout.strip()
        subprocess.run(
            [kitstore, "bridge", "bind", "bench", "scanner", str(synthetic.HATCH)],
            env=environment,
            check=True,
        )
        words = [kitstore, "kiosk", str(synthetic.HATCH), "--name", "bench"]
        code = subprocess.run(
            words, env=environment, check=True, capture_output=True, text=True
        ).stdout.strip()
        with served(url, folder) as port:
            screen = Screen(port, sign_in(port, "bench", synthetic.PASSWORD, pair(port, code)))
            threading.Thread(target=screen.listen, daemon=True).start()
            with bridged(folder, port, key) as scanner:
                took = sorted(run(screen, scanner, asked.scans, asked.rate))
    at = {f"p{p}_ms": round(took[min(len(took) - 1, len(took) * p // 100)], 1) for p in (50, 95, 99)}
    row: dict[str, object] = {"scans": len(took), "rate": asked.rate, **at, "max_ms": round(took[-1], 1)}
    report.show_row(row)
    report.write("scan_to_verdict", [row])


if __name__ == "__main__":
    main()

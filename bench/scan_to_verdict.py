"""Scan to verdict: from bytes written to the scanner's pty until the verdict's event reaches a screen's client.

    python -m bench.scan_to_verdict [--scans N] [--rate SCANS_PER_SECOND] [--no-page]

Everything is real: the bridge process reads the pty through pyserial, journals with fsync, posts to the service,
which decides, commits and tells the screens; a client on the live stream takes the time. Scans come at the pace of
the force's shift starts (15 a second by default), whatever the answers do.

Beside the event stand its pixels: the hatch's page in a headless Chromium (`bench.pixels`) looks on from the same
machine, and its own work is in the figures. `--no-page` measures without it.
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
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench import pixels, report, synthetic
from bench.issues import hash_password
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


@dataclass(frozen=True, slots=True)
class Verdict:
    """One scan: written to the pty and its verdict heard by the stream's client, in seconds; the verdict's own time."""

    written_s: float
    heard_s: float
    at_us: int


def run(screen: Screen, scanner: int, scans: int, rate: float) -> list[Verdict]:
    """Scan at `rate` and return every verdict."""
    written: queue.Queue[float] = queue.Queue()

    def scan_all() -> None:
        began = time.perf_counter()
        for n, code in enumerate(codes(scans)):
            time.sleep(max(0.0, began + n / rate - time.perf_counter()))
            written.put(time.perf_counter())
            os.write(scanner, f"]C0{code}\r".encode())

    threading.Thread(target=scan_all, daemon=True).start()
    verdicts = []
    for n in range(scans):
        at, told = screen.heard.get(timeout=ANSWER_S)
        verdicts.append(Verdict(written.get(timeout=ANSWER_S), at, told["verdict"]["at_us"]))  # type: ignore[index]
        if n % SCANS_A_PERSON == SCANS_A_PERSON - 1:
            _drop(screen, told)
    return verdicts


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
    parser.add_argument("--no-page", action="store_true", help="measure without a browser looking on")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'kit.sqlite3'}"
        people = asked.scans // SCANS_A_PERSON + 2
        synthetic.build(url, people, people, hash_password())
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
        row = measured(folder, url, (key, code), asked)
    report.show_row(row)
    report.write("scan_to_verdict", [row])


def measured(folder: Path, url: str, secrets: tuple[str, str], asked: argparse.Namespace) -> dict[str, object]:
    """One run against the service on the database at `url`, with the bridge's key and the kiosk's code."""
    key, code = secrets
    path = None if asked.no_page else pixels.browser()
    with ExitStack() as stack:
        port = stack.enter_context(served(url, folder))
        screen = Screen(port, sign_in(port, "bench", synthetic.PASSWORD, pair(port, code)))
        threading.Thread(target=screen.listen, daemon=True).start()
        page = None
        if path is not None:
            cookies = screen.headers["Cookie"]
            page = stack.enter_context(pixels.looking(path, port, synthetic.HATCH, cookies))
        scanner = stack.enter_context(bridged(folder, port, key))
        verdicts = run(screen, scanner, asked.scans, asked.rate)
        row: dict[str, object] = {"scans": len(verdicts), "rate": asked.rate}
        row |= quantiles("", [1000 * (each.heard_s - each.written_s) for each in verdicts])
        return row | (on_the_page(page, verdicts) if page else {"pixels": "not measured: no browser"})


def on_the_page(page: pixels.Looking, verdicts: list[Verdict]) -> dict[str, object]:
    """The same scans until they are in the page's document, and until they are painted."""
    seen, error_ms = page.seen()
    both = [(each, seen[each.at_us]) for each in verdicts if each.at_us in seen]
    return (
        {"on_page": len(both), "page_clock_error_ms": round(error_ms, 2)}
        | quantiles("document_", [1000 * (shown.changed_s - each.written_s) for each, shown in both])
        | quantiles("pixels_", [1000 * (shown.painted_s - each.written_s) for each, shown in both])
    )


def quantiles(name: str, took_ms: list[float]) -> dict[str, object]:
    """p50, p95, p99 and the longest, in milliseconds."""
    took = sorted(took_ms)
    at = {f"{name}p{p}_ms": round(took[min(len(took) - 1, len(took) * p // 100)], 1) for p in (50, 95, 99)}
    return {**at, f"{name}max_ms": round(took[-1], 1)}


if __name__ == "__main__":
    main()

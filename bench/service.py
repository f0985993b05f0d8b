"""Starting the real service for a measurement, and signing in to it."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.postgresql_server import as_the_service

ROOT = Path(__file__).parent.parent
START_S = 60


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(url: str, folder: Path, instances: int = 1, more: str = "") -> Iterator[int]:
    """`kitstore serve` on the database at `url`, until the block ends; gives the port. `more` is added to its file."""
    port = free_port()
    config = folder / f"serve-{port}.toml"
    lines = (
        f'database = "{as_the_service(url)}"', 'host = "127.0.0.1"', f"port = {port}", 'overlay = "demo"',
        f"instances = {instances}", more,
    )  # fmt: skip
    config.write_text("\n".join(lines), "utf-8")
    with (folder / f"serve-{port}.log").open("wb") as log:
        kitstore = Path(sys.executable).parent / "kitstore"
        process = subprocess.Popen(
            [str(kitstore), "--config", str(config), "serve"],
            cwd=ROOT,
            stdout=log,
            stderr=log,
            env={**os.environ},
        )
        try:
            _wait(port, process, Path(log.name), instances)
            yield port
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(port: int, process: subprocess.Popen[bytes], log: Path, instances: int) -> None:
    until = time.monotonic() + START_S
    answered: set[int] = set()
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the service ended:\n{log.read_text('utf-8')[-2000:]}")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/health")
            answer = connection.getresponse()
            if answer.status == 200:
                answered.add(json.loads(answer.read())["instance"])
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
        if len(answered) == instances:
            return
    raise RuntimeError("the service did not become ready")


def _post(port: int, path: str, body: dict[str, str], headers: dict[str, str]) -> tuple[dict[str, str], str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json", **headers})
    answer = connection.getresponse()
    found = json.loads(answer.read())
    if answer.status >= 300:
        raise RuntimeError(f"{path} answered {answer.status}: {found}")
    cookies = (value.split(";")[0] for key, value in answer.getheaders() if key.lower() == "set-cookie")
    return found, "; ".join(cookies)


def pair(port: int, code: str) -> str:
    """The cookie of a kiosk paired with `code`."""
    return _post(port, "/api/v1/kiosks/pair", {"code": code}, {})[1]


def sign_in(port: int, name: str, password: str, kiosk: str = "") -> dict[str, str]:
    """The headers of a signed-in client, at a paired kiosk where its cookie is given."""
    asked = {"name": name, "password": password}
    found, cookies = _post(port, "/api/v1/sign-in", asked, {"Cookie": kiosk} if kiosk else {})
    return {"Cookie": "; ".join(each for each in (cookies, kiosk) if each), "X-CSRF": found["csrf"]}


def request_bytes(port: int, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """One HTTP/1.1 request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Content-Length: {len(body)}"]
    lines += [f"{key}: {value}" for key, value in {"Content-Type": "application/json", **headers}.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body

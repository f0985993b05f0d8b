"""A load generator: one process, so many keep-alive connections, requests prepared beforehand.

    python -m bench.load HOST PORT CLIENTS REQUESTS_FILE

The file holds one request a line, hex. Each client takes the next request when its last one is answered. Prints
one JSON object: seconds, answers by code, and the latencies' p50, p95 and p99 in milliseconds.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import uvloop


class Client(asyncio.Protocol):
    """One connection: sends the next request when the answer to the last one is whole."""

    def __init__(
        self, requests: Iterator[bytes], took: list[float], codes: Counter[int], done: asyncio.Future[None]
    ):
        self.requests, self.took, self.codes, self.done = requests, took, codes, done
        self.buffer = b""
        self.sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._next()

    def data_received(self, data: bytes) -> None:
        """Collect one answer; its length is in its head."""
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        if len(body) < length:
            return
        self.took.append(time.perf_counter() - self.sent)
        self.codes[int(head[9:12])] += 1
        self.buffer = body[length:]
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio names it
        """The server closed the connection."""
        if not self.done.done():
            self.done.set_result(None)

    def _next(self) -> None:
        request = next(self.requests, None)
        if request is None:
            self.transport.close()
            return
        self.sent = time.perf_counter()
        self.transport.write(request)


async def run(host: str, port: int, clients: int, requests: list[bytes]) -> dict[str, object]:
    """Send every request once, `clients` at a time."""
    loop = asyncio.get_running_loop()
    took: list[float] = []
    codes: Counter[int] = Counter()
    waiting = iter(requests)
    futures = [loop.create_future() for _ in range(clients)]
    began = time.perf_counter()
    for future in futures:
        await loop.create_connection(partial(Client, waiting, took, codes, future), host, port)
    await asyncio.gather(*futures)
    seconds = time.perf_counter() - began
    ordered = sorted(took)
    at = {
        f"p{p}_ms": round(1000 * ordered[min(len(ordered) - 1, len(ordered) * p // 100)], 2)
        for p in (50, 95, 99)
    }
    return {"seconds": seconds, "codes": dict(codes), "per_second": len(took) / seconds, **at}


def main() -> None:
    """Command line, see the module."""
    host, port, clients, path = sys.argv[1:5]
    requests = [bytes.fromhex(line) for line in Path(path).read_text("ascii").splitlines()]
    uvloop.install()
    print(json.dumps(asyncio.run(run(host, int(port), int(clients), requests))))


if __name__ == "__main__":
    main()

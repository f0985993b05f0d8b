"""How long the console and the force's figures take: 20,000 pieces, thousands of carriers, and years of movements.

    python -m bench.console [--quick] [--history N] [--database sqlite|postgresql]

A force made to be measured (`bench.synthetic`): 2,860 people with a camera and a CED set each, 20,020 pieces and nearly
twice the carriers of the demo force, with `--history` ledger rows of use under it (`bench.history`; 4,000,000 is a year
of the demo force). Asked over HTTP by one client at a time, with the line committed to the processing log before the
answer leaves. "look" is a look at the whole force taken anew, without the service: what the first who asks after half a
minute waits for. Targets: the console 200 ms at p95, availability and readiness 300 ms.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from bench import history, postgresql, report, synthetic
from bench.issues import hash_password
from bench.reads import asked_of
from bench.service import request_bytes, served, sign_in
from inventory.gate import policy as policies
from inventory.oversight.force_look import look_at_force
from inventory.schema.engine import make_engine

TARGET_MS = {"console": 200.0, "availability": 300.0, "readiness": 300.0, "look": 300.0}
PATHS = {"console": "/console", "availability": "/api/v1/availability", "readiness": "/api/v1/readiness"}
PIECES_A_SET = 6


@dataclass(frozen=True, slots=True)
class Size:
    """How many people (and cameras), how many CED sets, how many ledger rows of history, how often each is asked."""

    people: int
    sets: int
    history: int
    count: int


def measure(url: str, folder: Path, size: Size) -> Iterator[dict[str, object]]:
    """Rows of the report for one database."""
    synthetic.build(url, size.people, size.sets, hash_password())
    if size.history:
        history.add(url, size.people, size.people, size.history, time.time_ns() // 1000)
    yield _row(url, size, "look", _looks(url))
    with served(url, folder) as port:
        headers = sign_in(port, "bench", synthetic.PASSWORD)
        for what, path in PATHS.items():
            asked = [request_bytes(port, "GET", path, headers).hex()] * size.count
            asked_of(what, asked[:3], folder, port)  # what is loaded at first, and the first look
            yield _row(url, size, what, asked_of(what, asked, folder, port))


def _looks(url: str, times: int = 7) -> dict[str, float]:
    """Looks at the whole force taken anew, in this process."""
    engine, policy = make_engine(url), policies.load(overlay=policies.DEMO)
    took = []
    with engine.connect() as conn:
        for _ in range(times):
            began = time.perf_counter()
            _look(conn, policy)
            took.append((time.perf_counter() - began) * 1000)
    engine.dispose()
    took.sort()
    return {"p50_ms": round(took[times // 2], 1), "p95_ms": round(took[-1], 1)}


def _look(conn: sa.Connection, policy: policies.Policy) -> None:
    look_at_force(conn, policy, time.time_ns() // 1000)


def _row(url: str, size: Size, what: str, done: dict[str, float]) -> dict[str, object]:
    return {
        "database": url.split(":")[0].split("+")[0], "people": size.people,
        "pieces": size.people + PIECES_A_SET * size.sets, "history": size.history, "what": what,
        "p50_ms": done["p50_ms"], "p95_ms": done["p95_ms"], "target_ms": TARGET_MS[what],
    }  # fmt: skip


def main() -> None:
    """Command line, see the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the people and pieces, few requests")
    parser.add_argument("--history", type=int, default=0, metavar="N", help="ledger rows of history (4000000)")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="this one alone")
    asked = parser.parse_args()
    people = 286 if asked.quick else 2860
    size = Size(people, people, asked.history, 20 if asked.quick else 200)
    rows = []
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        urls = {"sqlite": lambda: f"sqlite:///{folder / 'kit.sqlite3'}",
                "postgresql": lambda: stack.enter_context(postgresql.server())}  # fmt: skip
        for database, url in urls.items():
            if asked.database in (None, database):
                for row in measure(url(), folder, size):
                    rows.append(row)
                    report.show_row(row)
    report.write("console-quick" if asked.quick else "console", rows)


if __name__ == "__main__":
    main()

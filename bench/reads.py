"""How long a person waits for an answer: a look-up, the search box, a list of 100 items, and the pages.

    python -m bench.reads [--quick] [--history N] [--database sqlite|postgresql]

On SQLite and PostgreSQL with 20,000 people and as many items in stock, one client at a time over a kept connection,
each answer with its line committed to the processing log before it leaves. `--history` puts so many ledger rows under
it, with the decisions, custody, visits, readings, checks, alarms and log lines that such a history has (seven rows to
each of the ledger: `bench.history`), so that two runs show whether years of use slow anybody down. Beside three of
the rows stands the best open peer, which takes 60 ms to look up a barcode and 234 ms to list 100 items on a machine
like the one this was written on.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bench import history, postgresql, report, synthetic
from bench.issues import hash_password
from bench.service import request_bytes, served, sign_in

PEER_MS = {"look-up": 60.0, "search": 60.0, "list of 100": 234.0}
ROUNDS = 3
"""Each kind is asked for in so many rounds, turn and turn about; the best round counts, for others use the machine."""

SHELF = 1500
"""Items of the smaller store whose page is measured: a large one's shelf, not the whole force's."""

PAGES = ("item's page", "person's page", "hatch", "alarms", "log of a day", "log of a person", "store's page")
HEAVY = frozenset(PAGES)
"""Kinds that are asked for a tenth as often."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is, and how often each kind is asked for in a round."""

    items: int
    history: int
    count: int


def _paths(size: Size) -> dict[str, list[str]]:
    some = [n * 7 % size.items for n in range(size.count)]
    few = some[: max(20, size.count // 10)]
    serials = [f"B{synthetic.FIRST_CAMERA + n}" for n in some]
    days = {n: _day(100 + n % 200) for n in few}
    return {
        "look-up": [f"/api/v1/items?q={serial}" for serial in serials],
        "search": [f"/api/v1/search?q={serial}" for serial in serials],
        "search a collar": [f"/api/v1/search?q=C{synthetic.FIRST_PERSON + n}" for n in some],
        "list of 100": [f"/api/v1/items?store_id={synthetic.STORE}&limit=100"] * size.count,
        "item": [f"/api/v1/items/{synthetic.FIRST_CAMERA + n}" for n in some],
        "who had it": [f"/api/v1/items/{synthetic.FIRST_CAMERA + n}/had?at_us={_ago(n % 900)}" for n in some],
        "decisions": [f"/api/v1/decisions?store_id={synthetic.STORE}"] * len(few),
        "item's page": [f"/items/{synthetic.FIRST_CAMERA + n}" for n in few],
        "person's page": [f"/people/{synthetic.FIRST_PERSON + n}" for n in few],
        "hatch": [f"/hatch/{synthetic.HATCH}"] * len(few),
        "alarms": [f"/alarms?store={synthetic.STORE}"] * len(few),
        "log of a day": [f"/log?day={day}" for day in days.values()],
        "log of a person": [f"/log?day={day}&who=C{synthetic.FIRST_PERSON + n}" for n, day in days.items()],
        "store's page": [f"/stores/{synthetic.SECOND_STORE}"] * len(few),
    }  # fmt: skip


def _day(ago: int) -> str:
    return (date.today() - timedelta(days=ago)).isoformat()  # noqa: DTZ011 - a day's difference does not matter here


def _ago(days: int) -> int:
    return int((datetime.now(UTC) - timedelta(days=days)).timestamp() * 1_000_000)


def measure(url: str, folder: Path, size: Size) -> Iterator[dict[str, object]]:
    """Rows of the report for one database."""
    began = time.monotonic()
    synthetic.build(url, size.items, 0, hash_password())
    synthetic.second_store(url, size.items, min(SHELF, size.items // 10))
    rows = history.add(url, size.items, size.items, size.history, time.time_ns() // 1000) if size.history else 0
    print(f"made in {time.monotonic() - began:.0f} s, {rows} rows of history", flush=True)
    with served(url, folder) as port:
        headers = sign_in(port, "bench", synthetic.PASSWORD)
        wanted = {
            what: [request_bytes(port, "GET", path, headers).hex() for path in paths]
            for what, paths in _paths(size).items()
            if size.history or what != "who had it"  # without a past nobody had it
        }
        done = [{what: asked_of(what, each, folder, port) for what, each in wanted.items()} for _ in range(ROUNDS)]
    for what in wanted:
        best = min((each[what] for each in done), key=lambda found: float(found["p50_ms"]))
        yield {
            "database": url.split(":")[0].split("+")[0], "history": size.history, "what": what,
            "p50_ms": best["p50_ms"], "p95_ms": best["p95_ms"],
            "times_the_peer": round(PEER_MS[what] / best["p50_ms"], 1) if what in PEER_MS else None,
        }  # fmt: skip


def asked_of(what: str, requests: list[str], folder: Path, port: int) -> dict[str, float]:
    """What `bench.load` says of these requests (hex), sent one after the other. RuntimeError: not all were answered."""
    path = folder / "reads.hex"
    path.write_text("\n".join(requests), "ascii")
    words = [sys.executable, "-m", "bench.load", "127.0.0.1", str(port), "1", str(path)]
    done = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    if set(done["codes"]) != {"200"}:
        raise RuntimeError(f"{what}: not every answer was 200: {done['codes']}")
    return done  # type: ignore[no-any-return]


def main() -> None:
    """Command line, see the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the items and requests")
    parser.add_argument("--history", type=int, default=0, metavar="N", help="ledger rows of history (2000000)")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="this one alone")
    asked = parser.parse_args()
    size = Size(2000, asked.history, 100) if asked.quick else Size(20_000, asked.history, 700)
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
    report.write(f"reads-{asked.history}" if asked.history else "reads", rows)


if __name__ == "__main__":
    main()

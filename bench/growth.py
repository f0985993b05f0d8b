"""How two questions grow with the ledger: who had a serial at a moment, and everything that an officer holds.

    python -m bench.growth [--to 1000000] [--database sqlite|postgresql]

From 10,000 movements upwards by tens, each in a database of its own, over HTTP with the answer's line committed to
the processing log before it leaves. Years of use come from `bench.history`; the people who are asked about hold a
camera, drawn through the gate after the history was laid. `times` is the median beside that of 10,000 movements. The
targets are 50 ms and 20 ms at four million movements (a year of the demo force).
"""

import argparse
import http.client
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from bench import history, postgresql, report, synthetic
from bench.issues import hash_password
from bench.reads import asked_of
from bench.service import request_bytes, served, sign_in

SMALLEST = 10_000
ASKED = 400
HOLDERS = 50
TARGET_MS = {"who had it": 50.0, "what they hold": 20.0}


def items_for(movements: int) -> int:
    """How many items have made so many movements: a small force's few, a large one's many."""
    return max(1000, min(20_000, movements // 50))


def measure(url: str, folder: Path, movements: int) -> Iterator[dict[str, object]]:
    """Rows of the report for one database of one size."""
    items = items_for(movements)
    synthetic.build(url, items, 0, hash_password())
    now_us = time.time_ns() // 1000
    history.add(url, items, items, movements, now_us)
    with served(url, folder) as port:
        headers = sign_in(port, "bench", synthetic.PASSWORD)
        for n in range(HOLDERS):
            _draw(port, headers, n)
        moments = [now_us - (n * 7919 % 1000) * 86_400_000_000 for n in range(ASKED)]
        camera = synthetic.FIRST_CAMERA
        paths = {
            "who had it": [f"/api/v1/items/{camera + n % items}/had?at_us={at}" for n, at in enumerate(moments)],
            "what they hold": [f"/api/v1/people/{synthetic.FIRST_PERSON + n % HOLDERS}" for n in range(ASKED)],
        }
        for what, wanted in paths.items():
            done = asked_of(what, [request_bytes(port, "GET", each, headers).hex() for each in wanted], folder, port)
            yield {
                "database": url.split(":")[0].split("+")[0], "movements": movements, "items": items, "what": what,
                "p50_ms": done["p50_ms"], "p95_ms": done["p95_ms"], "target_ms": TARGET_MS[what],
            }  # fmt: skip


def _draw(port: int, headers: dict[str, str], number: int) -> None:
    body = {"person_id": synthetic.FIRST_PERSON + number, "store_id": synthetic.STORE,
            "items": [{"item_id": synthetic.FIRST_CAMERA + number}], "authenticated_by": "FACE"}  # fmt: skip
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST", "/api/v1/issues", json.dumps(body), {"Content-Type": "application/json", **headers})
    answer = connection.getresponse()
    said = answer.read()
    if answer.status != 201:
        raise RuntimeError(f"the gate said {answer.status}: {said.decode()[:500]}")
    connection.close()


def main() -> None:
    """Command line, see the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=int, default=1_000_000, metavar="N", help="the largest number of movements")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="this one alone")
    asked = parser.parse_args()
    sizes = [SMALLEST * 10**n for n in range(8) if SMALLEST * 10**n <= asked.to]
    rows = []
    for database in ("sqlite", "postgresql"):
        if asked.database not in (None, database):
            continue
        first: dict[str, float] = {}
        for movements in sizes:
            with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
                url = f"sqlite:///{name}/kit.sqlite3"
                if database == "postgresql":
                    url = stack.enter_context(postgresql.server())
                for row in measure(url, Path(name), movements):
                    what, p50 = str(row["what"]), float(str(row["p50_ms"]))
                    row["times"] = round(p50 / first.setdefault(what, p50), 2)
                    rows.append(row)
                    report.show_row(row)
    report.write("growth", rows)


if __name__ == "__main__":
    main()

"""How long a person waits for an answer: one item by its serial, the search box, and a list of 100 items.

    python -m bench.reads [--quick]

On SQLite and PostgreSQL with 20,000 people and items in stock, one client at a time over a kept connection, each
answer with its line committed to the processing log before it leaves. Beside each stands the best open peer, which
takes 60 ms to look up a barcode and 234 ms to list 100 items on a machine like the one this was written on.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import postgresql, report, synthetic
from bench.issues import hash_password
from bench.service import request_bytes, served, sign_in

PEER_MS = {"look-up": 60.0, "search": 60.0, "list of 100": 234.0}


def _paths(count: int, items: int) -> dict[str, list[str]]:
    serials = [f"B{synthetic.FIRST_CAMERA + n * 7 % items}" for n in range(count)]
    return {
        "look-up": [f"/api/v1/items?q={serial}" for serial in serials],
        "search": [f"/api/v1/search?q={serial}" for serial in serials],
        "list of 100": [f"/api/v1/items?store_id={synthetic.STORE}&limit=100"] * count,
    }


def measure(url: str, folder: Path, count: int) -> list[dict[str, object]]:
    """Rows of the report for one database."""
    items = 10 * count
    synthetic.build(url, items, 0, hash_password())
    rows: list[dict[str, object]] = []
    with served(url, folder) as port:
        headers = sign_in(port, "bench", synthetic.PASSWORD)
        for what, paths in _paths(count, items).items():
            requests = folder / "reads.hex"
            requests.write_text("\n".join(request_bytes(port, "GET", p, headers).hex() for p in paths), "ascii")
            words = [sys.executable, "-m", "bench.load", "127.0.0.1", str(port), "1", str(requests)]
            done = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
            if set(done["codes"]) != {"200"}:
                raise RuntimeError(f"{what}: not every answer was 200: {done['codes']}")
            rows.append({
                "database": url.split(":")[0].split("+")[0], "what": what, "p50_ms": done["p50_ms"],
                "p95_ms": done["p95_ms"], "times_the_peer": round(PEER_MS[what] / done["p50_ms"], 1),
            })  # fmt: skip
            report.show_row(rows[-1])
    return rows


def main() -> None:
    """Command line, see the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the items and requests")
    count = 200 if parser.parse_args().quick else 2000
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows += measure(f"sqlite:///{folder / 'kit.sqlite3'}", folder, count)
        with postgresql.server() as url:
            rows += measure(url, folder, count)
    report.write("reads", rows)


if __name__ == "__main__":
    main()

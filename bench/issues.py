"""Complete issues a second over HTTP, as a share of the same database's raw limit, in one run.

    python -m bench.issues [--quick]

For SQLite and PostgreSQL, at 1, 8 and 32 clients: one-item issues (a camera), six-item CED sets, and the raw limit
measured in between with the same client count on the same two cores. An issue is facts, decision, ledger, custody,
processing log and answer, durable (`synchronous=FULL`, `fsync=on`). PostgreSQL is measured with one instance of the
service and with two (`kitstore serve --instances 2`), which share the same two cores.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import postgresql, report, synthetic
from bench.service import request_bytes, served, sign_in

CLIENTS = (1, 8, 32)
ROUNDS = 3


def hash_password() -> str:
    """The hash of the measurement's own password, quick to verify."""
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1).hash(synthetic.PASSWORD)


def _one(person: int) -> bytes:
    return json.dumps({"person_id": synthetic.FIRST_PERSON + person, "store_id": synthetic.STORE,
                       "items": [{"item_id": synthetic.FIRST_CAMERA + person}],
                       "authenticated_by": "FACE"}).encode()  # fmt: skip


def _set(person: int) -> bytes:
    items = synthetic.set_items(person)
    return json.dumps({"person_id": synthetic.FIRST_PERSON + person, "store_id": synthetic.STORE,
                       "items": [{"item_id": each} for each in items], "authenticated_by": "FACE",
                       "fit_declared": True, "function_tests": items[:1]}).encode()  # fmt: skip


def _load(port: int, clients: int, bodies: list[bytes], folder: Path) -> dict[str, float]:
    headers = sign_in(port, "bench", synthetic.PASSWORD)
    path = folder / "requests.hex"
    path.write_text(
        "\n".join(request_bytes(port, "POST", "/api/v1/issues", headers, b).hex() for b in bodies), "ascii"
    )
    words = [sys.executable, "-m", "bench.load", "127.0.0.1", str(port), str(clients), str(path)]
    done = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    if set(done["codes"]) != {"201"}:
        raise RuntimeError(f"not every issue succeeded: {done['codes']}")
    return done  # type: ignore[no-any-return]


def _raw(url: str, clients: int, count: int) -> dict[str, float]:
    words = [sys.executable, "-m", "bench.raw", url, str(clients), str(count)]
    return json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)  # type: ignore[no-any-return]


def measure(url: str, raw_url: str, folder: Path, count: int, instances: int = 1) -> list[dict[str, object]]:
    """Rows of the report for one database served by so many instances."""
    sets = count // 5
    force = synthetic.build(url, ROUNDS * sum(count if c > 1 else count // 4 for c in CLIENTS), ROUNDS * 3 * sets,
                            hash_password())  # fmt: skip
    rows: list[dict[str, object]] = []
    person, set_person = 0, 0
    with served(url, folder, instances) as port:
        for clients in CLIENTS:
            share = count if clients > 1 else count // 4
            single, six, raw = [], [], []
            for _ in range(ROUNDS):
                raw.append(_raw(raw_url, clients, 2 * share))
                single.append(_load(port, clients, [_one(person + n) for n in range(share)], folder))
                person += share
                many = sets if clients > 1 else sets // 4
                six.append(_load(port, clients, [_set(set_person + n) for n in range(many)], folder))
                set_person += many
            rows.append({**_row(url, clients, single, six, raw), "instances": instances})
            report.show_row(rows[-1])
    assert person <= force.people
    return rows


def _row(url: str, clients: int, single: list[dict], six: list[dict], raw: list[dict]) -> dict[str, object]:  # type: ignore[type-arg]
    ratio = statistics.median(s["per_second"] / r["per_second"] for s, r in zip(single, raw, strict=True))
    return {
        "database": url.split(":")[0].split("+")[0],
        "clients": clients,
        "one_item_per_second": round(statistics.median(s["per_second"] for s in single)),
        "p95_ms": statistics.median(s["p95_ms"] for s in single),
        "six_item_sets_per_second": round(statistics.median(s["per_second"] for s in six)),
        "raw_limit_per_second": round(statistics.median(r["per_second"] for r in raw)),
        "raw_way": raw[0]["way"],
        "raw_ways": {way: round(statistics.median(r["all"][way] for r in raw)) for way in raw[0]["all"]},
        "share_of_raw": round(ratio, 3),
    }


def main() -> None:
    """Command line, see the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the issues")
    count = 300 if parser.parse_args().quick else 1500
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows += measure(
            f"sqlite:///{folder / 'kit.sqlite3'}", f"sqlite:///{folder / 'raw.sqlite3'}", folder, count
        )
        for instances in (1, 2):
            with postgresql.server() as url:
                rows += measure(url, url, folder, count, instances)
    report.write("issues", rows)


if __name__ == "__main__":
    main()

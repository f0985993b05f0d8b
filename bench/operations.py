"""How long an operation takes to be answered for a whole force, and a policy change to be looked over.

    python -m bench.operations [--quick] [--people N] [--database sqlite|postgresql]

A force made to be measured (`bench.synthetic`): 7,120 constables, each with a camera, and 2,000 CED sets of six pieces
(19,120 pieces). "small" asks for twenty people with a CED and a camera, "large" for eight hundred, which is more than
the sets allow, so that the solver says what is short as well. In this process, read and solved anew each time. Target:
two seconds.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from api.solver import solve
from bench import postgresql, report, synthetic
from bench.issues import hash_password
from inventory.gate import policy as policies
from inventory.oversight.mobilisation.answer import answer
from inventory.oversight.mobilisation.operation import DAY_US, Operation, Post
from inventory.schema.engine import make_engine

TARGET_MS = 2000.0
SETS_SHARE = 3.56
KIT = ("CED_HANDLE", "BWV_CAMERA")


def measure(url: str, people: int, times: int) -> Iterator[dict[str, object]]:
    """Rows of the report for one database."""
    synthetic.build(url, people, int(people / SETS_SHARE), hash_password())
    policy = policies.load(overlay=policies.DEMO)
    now_us = time.time_ns() // 1000
    small = Operation("small", now_us + DAY_US, 2, 1, posts=(Post("Constable", 20, "CONSTABLE", KIT),))
    large = replace(small, name="large", units=max(1, people // 9 // 20))
    engine = make_engine(url)
    with engine.connect() as conn:
        for asked in (small, large):
            took = _timed(times, lambda of=asked: answer(conn, of, policy, solve, now_us))
            yield {
                "database": url.split(":")[0].split("+")[0], "people": people, "what": asked.name,
                "p50_ms": took[len(took) // 2], "p95_ms": took[-1], "target_ms": TARGET_MS,
            }  # fmt: skip
    engine.dispose()


def _timed(times: int, run: Callable[[], object]) -> list[float]:
    run()  # the solver is loaded at first
    took = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        took.append(round((time.perf_counter() - began) * 1000, 1))
    return sorted(took)


def main() -> None:
    """Command line, see the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the people")
    parser.add_argument("--people", type=int, default=7120)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="this one alone")
    asked = parser.parse_args()
    people = asked.people // 10 if asked.quick else asked.people
    rows = []
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        urls = {"sqlite": lambda: f"sqlite:///{folder / 'kit.sqlite3'}",
                "postgresql": lambda: stack.enter_context(postgresql.server())}  # fmt: skip
        for database, url in urls.items():
            if asked.database in (None, database):
                for row in measure(url(), people, 3 if asked.quick else 7):
                    rows.append(row)
                    report.show_row(row)
    report.write("operations-quick" if asked.quick else "operations", rows)


if __name__ == "__main__":
    main()

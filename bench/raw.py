"""The raw limit: the least a custody transaction can be (insert a ledger row, update the item if it is unchanged,
commit durably), by the fastest Python driver we have, with as many clients as asked.

    python -m bench.raw URL CLIENTS TRANSACTIONS

Prints one JSON object: transactions a second, of the best way found (it names it).
"""

import json
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

SQLITE_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=60000", "foreign_keys=ON")


def sqlite_limit(path: str, clients: int, count: int) -> dict[str, float]:
    """Transactions a second on SQLite: each client a connection, and all of them through one connection in turn."""
    Path(path).unlink(missing_ok=True)
    setup = _sqlite(path)
    setup.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, holder INTEGER, version INTEGER NOT NULL)")
    setup.execute("CREATE TABLE ledger (id INTEGER PRIMARY KEY, item INTEGER, holder INTEGER, at INTEGER)")
    setup.executemany("INSERT INTO item VALUES (?, 0, 0)", [(n,) for n in range(count)])
    setup.close()

    def work(connection: sqlite3.Connection, numbers: range) -> None:
        for n in numbers:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO ledger (item, holder, at) VALUES (?, ?, ?)", (n, 7, n))
            connection.execute(
                "UPDATE item SET holder = 7, version = version + 1 WHERE id = ? AND version = 0", (n,)
            )
            connection.execute("COMMIT")

    half = count // 2
    many = _timed(clients, half, 0, lambda: _sqlite(path), work)
    one = _timed(1, half, half, lambda: _sqlite(path), work)
    return {"a connection a client": many, "one connection": one}


def _sqlite(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    for pragma in SQLITE_PRAGMAS:
        connection.execute("PRAGMA " + pragma)
    return connection


def postgresql_limit(dsn: str, clients: int, count: int) -> dict[str, float]:
    """Transactions a second on PostgreSQL: three round trips, and one with everything in a single statement."""
    with psycopg.connect(dsn, autocommit=True) as setup:
        setup.execute("DROP TABLE IF EXISTS raw_item, raw_ledger")
        setup.execute("CREATE TABLE raw_item (id bigint PRIMARY KEY, holder bigint, version bigint NOT NULL)")
        setup.execute(
            "CREATE TABLE raw_ledger (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, item bigint, holder bigint,"
            " at bigint)"
        )
        setup.execute(f"INSERT INTO raw_item SELECT n, 0, 0 FROM generate_series(0, {count}) n")

    def steps(connection: psycopg.Connection, numbers: range) -> None:
        for n in numbers:
            with connection.transaction():
                connection.execute("INSERT INTO raw_ledger (item, holder, at) VALUES (%s, 7, %s)", (n, n))
                connection.execute(
                    "UPDATE raw_item SET holder = 7, version = version + 1 WHERE id = %s AND version = 0",
                    (n,),
                )

    def single(connection: psycopg.Connection, numbers: range) -> None:
        for n in numbers:
            connection.execute(
                "WITH e AS (INSERT INTO raw_ledger (item, holder, at) VALUES (%s, 7, %s) RETURNING item)"
                " UPDATE raw_item SET holder = 7, version = version + 1 FROM e WHERE id = e.item AND version = 0",
                (n, n),
            )

    half = count // 2

    def connect() -> psycopg.Connection:
        return psycopg.connect(dsn, autocommit=True, prepare_threshold=1)

    return {
        "two statements": _timed(clients, half, 0, connect, steps),
        "one statement": _timed(clients, half, half, connect, single),
    }


def _timed(
    clients: int, count: int, first: int, connect: Callable[[], Any], work: Callable[[Any, range], None]
) -> float:
    """Transactions a second of `clients` threads that share `count` transactions numbered from `first`."""
    share = count // clients
    connections = [connect() for _ in range(clients)]
    threads = [
        threading.Thread(target=work, args=(each, range(first + n * share, first + (n + 1) * share)))
        for n, each in enumerate(connections)
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    for each in connections:
        each.close()
    return share * clients / seconds


def main() -> None:
    """Command line, see the module."""
    url, clients, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if url.startswith("sqlite"):
        found = sqlite_limit(url.removeprefix("sqlite:///"), clients, count)
    else:
        found = postgresql_limit(url.replace("+psycopg", ""), clients, count)
    best = max(found, key=lambda way: found[way])
    print(json.dumps({"per_second": found[best], "way": best, "all": found}))


if __name__ == "__main__":
    main()

"""Reading in steps: what does not wait for each other's answer goes to the database together.

A reader is a generator. It yields the statements it wants now, is sent their rows, and returns what it made of
them. `abreast` lets several readers go side by side, `read` drives one to its end. On PostgreSQL the statements of
one step travel as ONE statement of constant text (a round trip costs more than most of these reads); on SQLite,
where there is nothing to travel, they run one after the other.

One rule for the editor: only reads, and none that another in the same step must see the effect of. All of a step
see one snapshot.
"""

import json
import re
from collections.abc import Generator, Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

from inventory.schema.fast import Fast, Row, given, run_text

T = TypeVar("T")
Wanted = tuple[Fast, Mapping[str, Any]]
Steps = Generator[list[Wanted], list[list[Row]], T]
"""A reader: yields statements with their parameters, is sent a list of rows for each, returns a T."""

_NAME = re.compile(r"%\((\w+)\)s")
_joined: dict[tuple[Fast, ...], str] = {}


def once(statement: Fast, params: Mapping[str, Any]) -> Steps[list[Row]]:
    """The reader of one statement's rows."""
    (rows,) = yield [(statement, params)]
    return rows


def nothing() -> Steps[list[Row]]:
    """The reader that asks nothing and finds nothing."""
    yield from ()
    return []


def abreast(*readers: Steps[Any]) -> Steps[tuple[Any, ...]]:
    """The reader of what all of `readers` find, in their order; each step of all of them is one step of it."""
    found: list[Any] = [None] * len(readers)
    wanting: dict[int, list[Wanted]] = {}
    sending: dict[int, list[list[Row]] | None] = dict.fromkeys(range(len(readers)))
    while sending:
        for n, rows in sending.items():
            try:
                wanting[n] = next(readers[n]) if rows is None else readers[n].send(rows)
            except StopIteration as end:
                found[n] = end.value
        if not wanting:
            break
        answers = iter((yield [each for some in wanting.values() for each in some]))
        sending = {n: [next(answers) for _ in some] for n, some in wanting.items()}
        wanting = {}
    return tuple(found)


def read(conn: sa.Connection, reader: Steps[T]) -> T:
    """Drive `reader` to its end on `conn`."""
    try:
        wanted = next(reader)
        while True:
            wanted = reader.send(_rows(conn, wanted))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def _rows(conn: sa.Connection, wanted: Sequence[Wanted]) -> list[list[Row]]:
    if conn.dialect.name == "sqlite" or len(wanted) < 2:
        return [statement.rows(conn, params) for statement, params in wanted]
    params = {
        f"p{n}_{name}": value
        for n, (statement, own) in enumerate(wanted)
        for name, value in (statement.constants("postgresql") | given("postgresql", own)).items()
    }
    [(text,)] = run_text(conn, _together(tuple(each for each, _ in wanted)), params)
    return [[tuple(row) for row in rows or ()] for rows in json.loads(text)]


def _together(statements: tuple[Fast, ...]) -> str:
    """One statement that gives the rows of all, as one JSON text: a list of lists of rows."""
    found = _joined.get(statements)
    if found is None:
        parts = ", ".join(_part(n, each) for n, each in enumerate(statements))
        found = _joined[statements] = f"SELECT json_build_array({parts})::text"
    return found


def _part(n: int, statement: Fast) -> str:
    own = _NAME.sub(rf"%(p{n}_\1)s", statement.text("postgresql"))
    columns = ", ".join(f"c{each}" for each in range(statement.width))
    return f"(SELECT json_agg(json_build_array({columns})) FROM ({own}) AS t({columns}))"  # noqa: S608 - our own text

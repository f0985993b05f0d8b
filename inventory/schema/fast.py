"""SQL compiled once from SQLAlchemy Core and run on the driver's own cursor, where it is hot.

One rule for the editor: a `Fast` statement has a constant text. Lists of ids go in as ONE parameter
(`among`), so the text never depends on how many there are and both drivers keep it prepared. Building Core
statements anew costs two to three times the whole raw transaction (design `libraries.md` section 2).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

Row = tuple[Any, ...]


class _Among(sa.sql.expression.ColumnElement[bool]):
    """`column IN (a list given as one parameter)`; see `among`."""

    inherit_cache = False
    type = sa.Boolean()

    def __init__(self, column: sa.ColumnElement[Any], name: str, texts: bool) -> None:
        self.column = column
        self.param: sa.BindParameter[Any] = sa.bindparam(name)
        self.texts = texts

    def self_group(self, against: Any = None) -> "_Among":  # noqa: ARG002 - the base class names it
        """Stand as it is: SQLAlchemy would add `= 1` on SQLite, which hides the index."""
        return self


@compiles(_Among, "sqlite")
def _among_sqlite(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:
    left, right = compiler.process(element.column, **kw), compiler.process(element.param, **kw)
    return f"{left} IN (SELECT value FROM json_each({right}))"  # noqa: S608 - compiled on both sides


@compiles(_Among, "postgresql")
def _among_postgresql(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:
    left, right = compiler.process(element.column, **kw), compiler.process(element.param, **kw)
    return f"{left} = ANY({right}::{'text' if element.texts else 'bigint'}[])"


def among(column: sa.ColumnElement[Any], name: str, *, texts: bool = False) -> sa.ColumnElement[bool]:
    """True where `column` is one of the ids (or texts) in the list parameter `name`."""
    return _Among(column, name, texts)


class _AmongFound(sa.sql.expression.ColumnElement[bool]):
    """`column IN (the ids a statement finds)`; see `among_found`."""

    inherit_cache = False
    type = sa.Boolean()

    def __init__(self, column: sa.ColumnElement[Any], found: sa.SelectBase) -> None:
        self.column = column
        self.found = found

    def self_group(self, against: Any = None) -> "_AmongFound":  # noqa: ARG002 - the base class names it
        """Stand as it is, as `_Among` does."""
        return self


@compiles(_AmongFound, "sqlite")
def _among_found_sqlite(element: _AmongFound, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{compiler.process(element.column, **kw)} IN ({compiler.process(element.found, **kw)})"


@compiles(_AmongFound, "postgresql")
def _among_found_postgresql(element: _AmongFound, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{compiler.process(element.column, **kw)} = ANY(ARRAY({compiler.process(element.found, **kw)}))"


def among_found(column: sa.ColumnElement[Any], found: sa.SelectBase) -> sa.ColumnElement[bool]:
    """True where `column` is one of the few ids that `found` finds by itself.

    PostgreSQL finds them first and then looks each up: with IN it guesses hundreds and reads the whole table.
    """
    return _AmongFound(column, found)


class Fast:
    """One statement, compiled once a dialect. Parameters are named; list parameters are given as lists.

    Constants in the statement are bound too, with the values they had when it was compiled.
    """

    def __init__(self, statement: sa.Executable) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, dict[str, Any]]] = {}

    def text(self, dialect: str) -> str:
        """The SQL for "sqlite" (`:name`) or "postgresql" (`%(name)s`)."""
        return self._for(dialect)[0]

    def constants(self, dialect: str) -> dict[str, Any]:
        """What is bound beside the parameters of a run."""
        return self._for(dialect)[1]

    @property
    def width(self) -> int:
        """How many columns its rows have."""
        return len(self._statement.selected_columns)  # type: ignore[attr-defined]

    def rows(self, conn: sa.Connection, params: Mapping[str, Any] | None = None) -> list[Row]:
        """All rows as plain tuples, in the statement's column order."""
        cursor = _cursor(conn)
        try:
            self._execute(cursor, conn, params or {})
            return list(cursor.fetchall())
        finally:
            cursor.close()

    def run(self, conn: sa.Connection, params: Mapping[str, Any] | None = None) -> int:
        """Execute without a result; returns the number of rows touched."""
        cursor = _cursor(conn)
        try:
            self._execute(cursor, conn, params or {})
            return int(cursor.rowcount)
        finally:
            cursor.close()

    def many(self, conn: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute once per row of parameters, in one call of the driver."""
        if not rows:
            return
        text, constants = self._for(conn.dialect.name)
        cursor = _cursor(conn)
        try:
            cursor.executemany(text, [{**constants, **row} for row in rows] if constants else rows)
        finally:
            cursor.close()

    def _execute(self, cursor: Any, conn: sa.Connection, params: Mapping[str, Any]) -> None:
        text, constants = self._for(conn.dialect.name)
        cursor.execute(text, constants | given(conn.dialect.name, params))

    def _for(self, dialect: str) -> tuple[str, dict[str, Any]]:
        found = self._compiled.get(dialect)
        if found is None:
            target = sqlite.dialect(paramstyle="named") if dialect == "sqlite" else PGDialect_psycopg()  # type: ignore[no-untyped-call]
            for bind in self._statement.compile(dialect=target).binds.values():  # type: ignore[attr-defined]
                bind.required = (
                    False  # given at run time; the compiler need not have them to write out a constant list
                )
            made = self._statement.compile(dialect=target, compile_kwargs={"render_postcompile": True})  # type: ignore[attr-defined]
            constants = {name: value for name, value in made.params.items() if value is not None}
            found = self._compiled[dialect] = (str(made), constants)
        return found


class Inserter:
    """Bulk insert into one table with a constant column list; absent columns are NULL.

    On PostgreSQL all rows go in one statement, a list a column: a row costs a tenth of an INSERT of its own.
    """

    def __init__(self, table: sa.Table, columns: Sequence[str] | None = None) -> None:
        self.columns = tuple(columns or (column.name for column in table.columns))
        self._blank: dict[str, Any] = dict.fromkeys(self.columns)
        marks: dict[str, Any] = {name: sa.bindparam(name) for name in self.columns}
        self._fast = Fast(sa.insert(table).values(marks))
        listed = ", ".join(f'"{name}"' for name in self.columns)
        lists = _lists(table, self.columns)
        self._lists = f'INSERT INTO "{table.name}" ({listed}) SELECT * FROM unnest({lists})'  # noqa: S608 - our names

    def add(self, conn: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert `rows`. Raises the driver's IntegrityError where a constraint or trigger refuses."""
        if not rows:
            return
        if conn.dialect.name == "sqlite":
            self._fast.many(conn, [{**self._blank, **row} for row in rows])
            return
        _run_lists(conn, self._lists, self.columns, rows)


class Updater:
    """Bulk update of one table, each row found by its own key, every row in one statement on PostgreSQL.

    A row whose column `while_null` holds something already is passed over.
    """

    def __init__(
        self, table: sa.Table, key: str, columns: Sequence[str], while_null: str | None = None
    ) -> None:
        self.columns = (key, *columns)
        found = [table.c[key] == sa.bindparam(f"of_{key}")]
        open_still = [table.c[while_null].is_(None)] if while_null else []
        self._fast = Fast(
            sa.update(table)
            .where(*found, *open_still)
            .values({name: sa.bindparam(f"to_{name}") for name in columns})
        )
        self._names = {key: f"of_{key}"} | {name: f"to_{name}" for name in columns}
        setting = ", ".join(f'"{name}" = new."{name}"' for name in columns)
        listed = ", ".join(f'"{name}"' for name in self.columns)
        still = f' AND "{table.name}"."{while_null}" IS NULL' if while_null else ""
        self._lists = (
            f'UPDATE "{table.name}" SET {setting} FROM unnest({_lists(table, self.columns)}) AS new({listed})'  # noqa: S608
            f' WHERE "{table.name}"."{key}" = new."{key}"{still}'
        )

    def change(self, conn: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Update `rows`, each given with its key and every column. Keys must be distinct."""
        if not rows:
            return
        if conn.dialect.name == "sqlite":
            self._fast.many(conn, [{self._names[name]: row[name] for name in self.columns} for row in rows])
            return
        _run_lists(conn, self._lists, self.columns, rows)


_PG_TYPES: dict[type[Any], str] = {
    sa.SmallInteger: "smallint",
    sa.BigInteger: "bigint",
    sa.Integer: "integer",
}


def _lists(table: sa.Table, columns: Sequence[str]) -> str:
    """One list a column, as PostgreSQL's unnest takes them."""
    return ", ".join(f"%({name})s::{_PG_TYPES.get(type(table.c[name].type), 'text')}[]" for name in columns)


def _run_lists(
    conn: sa.Connection, text: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> None:
    cursor = _cursor(conn)
    try:
        cursor.execute(text, {name: pg_list([row.get(name) for row in rows]) for name in columns})
    finally:
        cursor.close()


def run_text(conn: sa.Connection, text: str, params: Mapping[str, Any]) -> list[Row]:
    """The rows of a statement in the driver's own words."""
    cursor = _cursor(conn)
    try:
        cursor.execute(text, params)
        return list(cursor.fetchall())
    finally:
        cursor.close()


def _cursor(conn: sa.Connection) -> Any:
    return conn.connection.cursor()


def given(dialect: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """`params` as the driver takes them: a list is one parameter."""
    made = json.dumps if dialect == "sqlite" else pg_list
    return {name: made(value) if isinstance(value, list) else value for name, value in params.items()}


def pg_list(values: Sequence[Any]) -> str:
    """A PostgreSQL array as text (its manual, section 8.15.2). The driver's own way takes ten times as long."""
    return "{" + ",".join(map(_pg_value, values)) + "}"


def _pg_value(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, int):
        return str(int(value))
    raise TypeError(f"a list holds numbers and texts, not {type(value).__name__}")

"""Texts that begin so, as a range that an index serves on SQLite and on PostgreSQL alike.

One rule for the editor: a prefix is asked for with `begins` and nothing else. LIKE with a parameter cannot use an
index, and PostgreSQL's usual order of text is a language's, in which what begins alike need not stand together; so
the index and the question both compare byte by byte (PostgreSQL's manual, sections 11.10 and 24.2).
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

LAST = "\U0010ffff"
"""The last character there is: what begins with a text lies between the text and the text with this behind it."""


class _ByBytes(sa.sql.expression.ColumnElement[str]):
    """An expression whose comparisons and order go byte by byte; see `by_bytes`."""

    inherit_cache = False
    type = sa.Text()

    def __init__(self, inner: sa.ColumnElement[Any]) -> None:
        self.inner = inner


@compiles(_ByBytes, "sqlite")
def _by_bytes_sqlite(element: _ByBytes, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.inner, **kw)  # SQLite's own order is of bytes


@compiles(_ByBytes, "postgresql")
def _by_bytes_postgresql(element: _ByBytes, compiler: SQLCompiler, **kw: Any) -> str:
    return f'({compiler.process(element.inner, **kw)} COLLATE "C")'


def by_bytes(inner: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    """`inner` compared and ordered byte by byte. Its table must be named in the statement's FROM."""
    return _ByBytes(inner)


def begins(inner: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
    """True where the text `inner` begins with what `beginning(name, ...)` gives as parameters."""
    asked = by_bytes(inner)
    return sa.and_(asked >= sa.bindparam(f"{name}_from"), asked < sa.bindparam(f"{name}_to"))


def beginning(name: str, text: str) -> dict[str, str]:
    """The parameters of `begins` for texts that begin with `text`."""
    return {f"{name}_from": text, f"{name}_to": text + LAST}


def folded_indexes(
    name: str, column: str, before: str | None = None, where: str | None = None
) -> tuple[sa.Index, sa.Index]:
    """The index, in the form of each database, that serves `begins(func.lower(column), ...)`.

    `before`: a column that the statement asks to be equal to something; `where`: the rows that it holds.
    """
    condition = sa.text(where) if where else None
    first = [before] if before else []
    return (
        sa.Index(name, *first, sa.text(f"lower({column})"), sqlite_where=condition).ddl_if(dialect="sqlite"),
        sa.Index(name, *first, sa.text(f'lower({column}) COLLATE "C"'), postgresql_where=condition).ddl_if(
            dialect="postgresql"
        ),
    )

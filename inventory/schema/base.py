"""The metadata every table hangs on, and the few column shapes they are made of.

One rule for the editor: a column is one of the shapes below. Times are UTC microseconds since 1970 in a
64-bit integer (names end in `_us`), validity dates are Europe/London calendar dates as ISO text (names end
in `_on`), ids are integers handed out by `inventory.schema.ids`, words are short text with a CHECK. What a column's
CHECK says is kept by triggers made from it (`schema.triggers`), so that a new word needs no new table.
"""

from collections.abc import Iterable

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Int64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""64-bit integer; INTEGER on SQLite, so that a primary key is the rowid."""


def key(name: str = "id") -> sa.Column[int]:
    """The primary key, assigned by `Ids` before the insert."""
    return sa.Column(name, Int64, primary_key=True, autoincrement=False)


def ref(name: str, target: str, *, null: bool = False, index: bool = False) -> sa.Column[int]:
    """A reference to `target` ("person.id")."""
    return sa.Column(name, Int64, sa.ForeignKey(target), nullable=null, index=index)


def moment(name: str, *, null: bool = False) -> sa.Column[int]:
    """A UTC time in microseconds since 1970."""
    return sa.Column(name, Int64, nullable=null)


def day(name: str, *, null: bool = False) -> sa.Column[str]:
    """A Europe/London calendar date as ISO text, "2026-11-22"."""
    return sa.Column(name, sa.Text, sa.CheckConstraint(f"length({name}) = 10", name=name), nullable=null)


def text(name: str, *, null: bool = False, default: str | None = None) -> sa.Column[str]:
    """Free or opaque text."""
    return sa.Column(name, sa.Text, nullable=null, server_default=default)


def number(name: str, *, null: bool = False, default: str | None = None) -> sa.Column[int]:
    """A 64-bit integer that is neither a key nor a time."""
    return sa.Column(name, Int64, nullable=null, server_default=default)


def flag(name: str, *, default: str = "0") -> sa.Column[int]:
    """A truth value kept as 0 or 1, so that one SQL text serves both databases."""
    return sa.Column(
        name,
        sa.SmallInteger,
        sa.CheckConstraint(f"{name} IN (0, 1)", name=name),
        nullable=False,
        server_default=default,
    )


def word(name: str, words: Iterable[str], *, null: bool = False) -> sa.Column[str]:
    """One of a closed set of words."""
    listed = ", ".join(f"'{each}'" for each in words)
    return sa.Column(name, sa.Text, sa.CheckConstraint(f"{name} IN ({listed})", name=name), nullable=null)


def sealed() -> sa.Column[int]:
    """The transaction this row was written in: a seal row for it must exist at COMMIT (see `ledger.tx_seal`)."""
    return sa.Column(
        "tx_id",
        Int64,
        sa.ForeignKey("tx_seal.id", deferrable=True, initially="DEFERRED"),
        nullable=False,
    )


def index_seals() -> None:
    """Index `tx_id` of every sealed table, on SQLite alone. Called once, when every table is known.

    When the seal is written, SQLite looks in every such table for rows that wait for it: without an index it reads
    them whole, at every commit (https://sqlite.org/foreignkeys.html, 3 and 4.2). PostgreSQL looks from the row's side.
    """
    for table in metadata.tables.values():
        if "tx_id" in table.c:
            sa.Index(f"ix_{table.name}_tx_id", table.c.tx_id).ddl_if(dialect="sqlite")


def part(name: str, columns: Iterable[str], where: str) -> sa.Index:
    """An index of those rows alone for which `where` holds, on columns or expressions: of what is open now, mostly.

    A statement that is to use it must write `where` out, constants and all (`sa.literal_column`).
    """
    clause = sa.text(where)
    return sa.Index(name, *(sa.text(each) for each in columns), sqlite_where=clause, postgresql_where=clause)


def live_unique(name: str, table_columns: Iterable[str], where: str) -> sa.Index:
    """A partial unique index that means the same on both databases."""
    clause = sa.text(where)
    return sa.Index(name, *table_columns, unique=True, sqlite_where=clause, postgresql_where=clause)

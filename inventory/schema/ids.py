"""Ids are handed out in blocks, so that a batch of rows can be built, linked and hashed before it is inserted.

One rule for the editor: a block is reserved in a transaction of its own and never given back. Ids stay below
2**53, so a JavaScript client can read them (decision record 0003).
"""

import threading

import sqlalchemy as sa

from inventory.schema.oversight import id_block

BLOCK = 4096
FIRST = 1000


class Ids:
    """Hands out ids unique across all tables and all instances of one database. Safe to call from any thread."""

    def __init__(self, engine: sa.Engine, block: int = BLOCK) -> None:
        """`engine` must be a writing engine (`engine.writing`)."""
        self._engine = engine
        self._block = block
        self._next = 0
        self._end = 0
        self._lock = threading.Lock()

    def reserve(self, conn: sa.Connection | None = None, count: int = 0) -> None:
        """Make sure `count` ids can be taken without touching the database. Must not run inside a write on SQLite
        unless that write's own `conn` is given."""
        with self._lock:
            if self._end - self._next < max(count, 1):
                self._take_block(conn, max(count, self._block))

    def take(self) -> int:
        """The next id."""
        with self._lock:
            if self._next >= self._end:
                self._take_block(None, self._block)
            self._next += 1
            return self._next - 1

    def _take_block(self, conn: sa.Connection | None, size: int) -> None:
        if conn is not None:
            self._next = _reserve(conn, size)
        else:
            with self._engine.begin() as own:
                self._next = _reserve(own, size)
        self._end = self._next + size


def _reserve(conn: sa.Connection, size: int) -> int:
    moved = conn.execute(
        sa.update(id_block).where(id_block.c.name == "all").values(next_id=id_block.c.next_id + size)
        .returning(id_block.c.next_id)
    ).scalar()  # fmt: skip
    if moved is None:
        conn.execute(sa.insert(id_block).values(name="all", next_id=FIRST + size))
        return FIRST
    return int(moved) - size

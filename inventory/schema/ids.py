"""Ids are handed out in blocks, so that a batch of rows can be built, linked and hashed before it is inserted.

One rule for the editor: a block is reserved in a transaction of its own and never given back. Ids stay below
2**53, so a JavaScript client can read them (decision record 0003).
"""

import threading

import sqlalchemy as sa

from inventory.schema.oversight import id_block

BLOCK = 65_536
FIRST = 1000


class IdsExhausted(RuntimeError):
    """More ids were taken in one transaction than were reserved before it began."""


class Ids:
    """Hands out ids unique across all tables and all instances of one database. Safe to call from any thread."""

    def __init__(self, engine: sa.Engine, block: int = BLOCK) -> None:
        """`engine` must be a writing engine (`engine.writing`)."""
        self._engine = engine
        self._block = block
        self._next = 0
        self._end = 0
        self._lock = threading.Lock()

    def reserve(self, count: int) -> None:
        """Make sure `count` ids can be taken. Call before the transaction that takes them: the reservation has a
        transaction of its own, so that a rollback never hands the same ids out twice."""
        with self._lock:
            if self._end - self._next >= count:
                return
            size = max(count, self._block)
            with self._engine.begin() as own:
                self._next = _reserve(own, size)
            self._end = self._next + size

    def take(self) -> int:
        """The next id. Raises IdsExhausted when `reserve` was not called for enough."""
        with self._lock:
            if self._next >= self._end:
                raise IdsExhausted("reserve ids before the transaction begins (Ids.reserve)")
            self._next += 1
            return self._next - 1


def _reserve(conn: sa.Connection, size: int) -> int:
    moved = conn.execute(
        sa.update(id_block).where(id_block.c.name == "all").values(next_id=id_block.c.next_id + size)
        .returning(id_block.c.next_id)
    ).scalar()  # fmt: skip
    if moved is None:
        conn.execute(sa.insert(id_block).values(name="all", next_id=FIRST + size))
        return FIRST
    return int(moved) - size

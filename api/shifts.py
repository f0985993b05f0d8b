"""When a store's current or next shift ends, believed for a second, so that most asks cost no query.

One rule for the editor: what is believed is only the proposal for a duty's end; the gate judges whatever it becomes.
"""

from dataclasses import dataclass, field
from typing import Any, Protocol

from inventory.custody import visits

BELIEVED_US = 1_000_000


class Reads(Protocol):
    """A request's context, as far as it is needed here."""

    now_us: int

    async def read(self, look: Any) -> Any:
        """Run `look` on a reading connection."""
        ...


@dataclass(slots=True)
class Shifts:
    """The ends of current shifts by store, each with when it was looked up."""

    _found: dict[int, tuple[int, int | None]] = field(default_factory=dict)

    async def ends_us(self, ctx: Reads, store_id: int) -> int | None:
        """UTC microseconds at which the current or next shift of the store ends; None where it has no pattern."""
        now_us = ctx.now_us
        known = self._found.get(store_id)
        if known is None or not 0 <= now_us - known[0] < BELIEVED_US:
            window = await ctx.read(lambda conn: visits.shift_at(conn, store_id, now_us))
            known = self._found[store_id] = (now_us, window.ends_us if window else None)
        return known[1]

"""What an item's page shows of loading: the places of a magazine, or the magazine that a cartridge is in.

One rule for the editor: reads only; loading and unloading are `api.magazines`, the same acts as for programs.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.fittings import Fit, fits_of
from inventory.custody.loading import Magazine, magazine_now
from inventory.gate.kind_policy import Policy


@dataclass(frozen=True, slots=True)
class LoadingShown:
    """`magazine` where the item is one, with its places; `within` where it is loaded in something."""

    magazine: Magazine | None = None
    places: tuple[tuple[int | None, Fit | None], ...] = ()
    within: Fit | None = None


def loading_shown(conn: sa.Connection, item_id: int, kind: str, policy: Policy, now_us: int) -> LoadingShown:
    """What there is to show of one item; nothing for what is neither a magazine nor loaded."""
    if kind != "CED_MAGAZINE":
        return LoadingShown(within=fits_of(conn, [item_id]).within.get(item_id))
    now = magazine_now(conn, item_id, policy, now_us)
    return LoadingShown(now, _places(now)) if now else LoadingShown()


def _places(now: Magazine) -> tuple[tuple[int | None, Fit | None], ...]:
    """Every place and what is in it, then what is in it without one."""
    by_place = {fit.slot: fit for fit in now.cartridges if fit.slot is not None}
    last = max(now.capacity or 0, *by_place, 0)
    loose = [(None, fit) for fit in now.cartridges if fit.slot is None]
    return (*((at, by_place.get(at)) for at in range(1, last + 1)), *loose)

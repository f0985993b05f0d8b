"""A scan beside a shelf, where kit is counted: what it is a sighting of, and what whoever scanned is told.

One rule for the editor: in a blind count nobody is told more than that it was seen; a code that names several items is
taken for the one of this store, and for none where there are several of those.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from inventory.custody.stocktake.counting import Answered, Sighting, sight
from inventory.custody.stocktake.reading import open_counts
from inventory.schema.tx import Tx
from inventory.stock.kinds import title
from inventory.stock.last_seen import Sighted, saw
from inventory.stock.marks import Match

NOT_ONE = "is not one known item. It is kept as it was read."


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where and by what something was scanned; `key` is its reading's, None by touch and wedge."""

    store_id: int
    place_id: int
    text: str
    key: str | None
    station: str | None


SAID: dict[str, tuple[str, str, str]] = {
    "FOUND": ("green", "COUNTED", "{what} is where it should be."),
    "SEEN": ("green", "COUNTED", "{what} is counted."),
    "AGAIN": ("green", "COUNTED", "{what} was counted before."),
    "BESIDE": ("amber", "NOT COUNTED HERE", "{what} is this store's, and not what is counted."),
    "STRAYED": (
        "amber",
        "NOT THIS STORE'S",
        "{what} is with somebody else by the ledger. It is kept as seen here.",
    ),
    "UNKNOWN": ("amber", "NOT KNOWN", "{what} " + NOT_ONE),
    "LATE": ("amber", "COUNT CLOSED", "{what} is kept, and came after the count had closed."),
}
"""Word -> light, title, sentence."""


def the_one(matches: Sequence[Match], store_id: int) -> Match | None:
    """The item that a code means in this store; None where that is not one."""
    near = [each for each in matches if (each.holder, each.holder_id) == ("STORE", store_id)] or list(matches)
    return near[0] if len(near) == 1 else None


def at_shelf(tx: Tx, at: Shelf, matches: Sequence[Match]) -> tuple[str, str, str]:
    """Count what was scanned in every open count of that shelf; gives the light, a title and a sentence."""
    one = the_one(matches, at.store_id)
    what = f"{title(one.kind)} {one.serial}" if one else repr(at.text)
    counts = [each for each in open_counts(tx.conn, at.store_id) if each.place_id in (None, at.place_id)]
    if not counts:
        if one is not None:
            seen = Sighted(one.item_id, at.store_id, at.place_id, "SCAN", at.station or "", tx.now_us, at.key)
            saw(tx, [seen])
        return (
            "amber",
            "SEEN",
            f"{what} is kept as seen here. No count is open: open one to count this shelf.",
        )
    sighting = Sighting(
        at.key or f"shelf/{tx.id}/{at.text}", at.text, "SCAN", tx.now_us, one.item_id if one else None, len(matches),
        device=at.station, place_id=at.place_id,
    )  # fmt: skip
    answers: list[Answered] = [sight(tx, each.id, [sighting])[0] for each in counts]
    light, heading, sentence = SAID[answers[-1].word]
    return light, heading, sentence.format(what=what)

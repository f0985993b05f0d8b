"""What a dock last said of a bay, as a screen shows it: a tone, a shape and words.

One rule for the editor: a feed that has gone silent is UNKNOWN, not ready; `static/store.js` draws the same from
what arrives live, with the words of this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SILENT_US = 600_000_000
"""`dock.feed_max_age_min` of the design: after ten minutes a bay's word is no longer believed."""

WORDS: dict[str, tuple[str, str, str]] = {
    "EMPTY": ("still", "empty", "Empty"),
    "CHARGING": ("back", "battery", "Charging"),
    "UPLOADING": ("back", "upload", "Uploading"),
    "UPDATING": ("back", "upload", "Updating"),
    "READY": ("good", "tick", "Charged"),
    "FAULT": ("bad", "warning", "Fault"),
    "UNKNOWN": ("warn", "warning", "Unknown"),
    "SILENT": ("warn", "clock", "Silent"),
}
"""A dock's word -> tone, shape, words. A dock's READY is "charged": ready to issue is for the gate to say."""


@dataclass(frozen=True, slots=True)
class BayShown:
    """One bay as drawn."""

    dock: str
    bay: int
    tone: str
    shape: str
    says: str
    serial: str | None
    item_id: int | None
    charge_percent: int | None
    files_pending: int | None
    fault: str | None
    received_us: int
    is_silent: bool
    is_lit: bool


FAILED_TO = {"POINT": "Did not light", "RELEASE": "Did not open", "LOCK": "Did not lock"}
"""What a bay did not do when it was told to, as a screen says it."""


def bay_shown(
    row: Mapping[str, Any], now_us: int, failed_to: str | None = None, *, is_lit: bool = False
) -> BayShown:
    """A row of `store_reads.bays` as drawn; `failed_to` is what the bay was told last and did not do, None for nothing.
    `is_lit`: it has said that its light is on, for somebody at a hatch.

    What did not open and has been emptied since was opened by hand, and is of no more interest.
    """
    is_silent = now_us - row["received_us"] > SILENT_US
    word = "SILENT" if is_silent else "EMPTY" if row["present"] == 0 else row["word"]
    tone, shape, says = WORDS.get(word, WORDS["UNKNOWN"])
    is_empty = row["present"] == 0
    if failed_to and tone != "bad" and not is_silent and not (failed_to == "RELEASE" and is_empty):
        tone, shape, says = "warn", "warning", FAILED_TO[failed_to]
    return BayShown(
        dock=row["dock"], bay=row["bay"], tone=tone, shape=shape, says=says, serial=None if is_empty else row["serial"],
        item_id=None if is_empty else row["item_id"], charge_percent=None if is_empty else row["charge_percent"],
        files_pending=row["files_pending"], fault=row["fault"], received_us=row["received_us"], is_silent=is_silent,
        is_lit=is_lit,
    )  # fmt: skip

"""The rows of a lapse: its beginning, what is written down in it, its end; each with its entry in the item's chain.

One rule for the editor: the one place that writes them. Who may say what is `acts`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inventory.custody.lapses.reading import Lapse
from inventory.custody.ledger import Entry, append, item_chain
from inventory.schema.fast import Inserter
from inventory.schema.lapses import lapse, lapse_event
from inventory.schema.tx import Tx

ENDS = {
    "KIT_BACK": "The kit is back.",
    "ELIGIBLE_AGAIN": "The holder may hold it again.",
    "TAKEN_OVER": "A graver lapse took its place.",
}
_LAPSE = Inserter(lapse)
_EVENT = Inserter(lapse_event)


@dataclass(frozen=True, slots=True)
class Ineligible:
    """Somebody who holds kit and may not, as it would be said: public codes, with ", " between."""

    person_id: int
    store_id: int
    item_id: int
    codes: str
    must_return: bool


def begin(tx: Tx, who: Ineligible) -> int:
    """Somebody holds kit and may no longer; the lapse's id."""
    payload = {"person_id": who.person_id, "codes": who.codes}
    entry = Entry(chain=item_chain(who.item_id), kind="LAPSE", item_id=who.item_id, reason="OPENED", payload=payload)
    row = {
        "id": tx.ids.take(), "tx_id": tx.id, "person_id": who.person_id, "store_id": who.store_id,
        "item_id": who.item_id, "codes": who.codes, "must_return": int(who.must_return), "opened_us": tx.now_us,
        "entry_id": append(tx, [entry])[0],
    }  # fmt: skip
    _LAPSE.add(tx.conn, [row])
    tx.say(f"store:{who.store_id}", {"type": "lapse", "lapse_id": row["id"], "person_id": who.person_id})
    return int(str(row["id"]))


def finish(tx: Tx, of: Lapse, how: str) -> int:
    """The lapse is over; the event's id."""
    return write(tx, of, {"act": "ENDED", "by_person": None, "detail": ENDS[how], "how": how})


def write(tx: Tx, of: Lapse, said: Mapping[str, Any]) -> int:
    """Write down one act of a lapse, its columns in `said`; the event's id."""
    row: dict[str, Any] = {
        "id": tx.ids.take(), "tx_id": tx.id, "lapse_id": of.id, "at_us": tx.now_us, "until_us": None, "how": None,
    } | dict(said)  # fmt: skip
    act = str(row["act"])
    entry = Entry(
        chain=item_chain(of.item_id), kind="LAPSE", item_id=of.item_id, by_person=row["by_person"],
        reason=act if row["how"] is None else f"{act}: {row['how']}",
        payload={name: row[name] for name in ("id", "until_us", "detail")},
    )  # fmt: skip
    _EVENT.add(tx.conn, [row | {"entry_id": append(tx, [entry])[0]}])
    tx.say(f"store:{of.store_id}", {"type": "lapse", "lapse_id": of.id, "person_id": of.person_id, "act": act})
    return int(row["id"])

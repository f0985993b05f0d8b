"""What a bay's word does to custody: a camera that docks while out is returned; one that vanishes is missed; one
that is faulty with films on board is held for them.

One rule for the editor: an observation moves custody only if it is the bay's newest and was made, less the
clock's uncertainty, after that custody opened. Everything else is a sighting. Retained copies refresh the bay.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody import bays
from inventory.custody.alarms import Raise, raise_alarms
from inventory.custody.passages.footage import films_said, keep_films
from inventory.custody.returns import Back, return_kit
from inventory.custody.visits import HERE
from inventory.schema.custody import custody, visit
from inventory.schema.fast import Fast
from inventory.schema.stock import bay, item
from inventory.schema.tx import Tx
from inventory.stock import clocks
from inventory.stock.dockings import docked
from inventory.stock.docks import BayWord, Kept, keep
from inventory.stock.firmware import Bearer, Subject
from inventory.stock.firmware import saw as saw_firmware
from inventory.stock.last_seen import Sighted, saw

UNCERTAINTY_US = 500_000
"""How far a corrected bridge clock is believed to be off, at most, while its skew alarm is quiet."""

TAKEN_AFTER_US = 120_000_000
"""An item may be out of its bay this long without being issued (domain.md 3.6: 120 s)."""


@dataclass(frozen=True, slots=True)
class Docked:
    """What a bay's word did: RETURNED, SIGHTED, REFRESHED or STALE; and the item concerned."""

    word: str
    item_id: int | None = None


_FOR_KEEPS = sa.and_(
    custody.c.return_mode == sa.literal_column("'PERSONAL'"), item.c.personal_to == custody.c.person_id
)
_OUT = Fast(
    sa.select(custody.c.person_id, custody.c.opened_us, sa.case((_FOR_KEEPS, 1), else_=0))
    .select_from(custody.join(item, item.c.id == custody.c.item_id))
    .where(
        custody.c.item_id == sa.bindparam("item_id"),
        custody.c.closed_entry.is_(None),
        custody.c.person_id.is_not(None),
    )
)
"""Who has it, since when, and whether it is theirs for keeps: assigned to them, and docked without being handed in."""
_TAKEN = Fast(
    sa.select(bay.c.item_id, bay.c.store_id, bay.c.dock, bay.c.bay, item.c.serial)
    .select_from(bay.join(item, item.c.id == bay.c.item_id).join(custody, custody.c.item_id == item.c.id))
    .where(
        bay.c.present == 0,
        bay.c.observed_us < sa.bindparam("before_us"),
        custody.c.closed_entry.is_(None),
        custody.c.holder == "STORE",
        custody.c.opened_us < bay.c.observed_us,
    )
)


_CAMERA = Fast(
    sa.select(item.c.serial).where(
        item.c.id == sa.bindparam("item_id"), item.c.kind == sa.literal_column("'BWV_CAMERA'")
    )
)
_FILES = Fast(
    sa.select(bay.c.files_pending)
    .select_from(bay.join(item, item.c.id == bay.c.item_id))
    .where(item.c.serial == sa.bindparam("serial"), item.c.kind == sa.literal_column("'BWV_CAMERA'"))
)
_SERVED = Fast(sa.select(visit.c.id).where(visit.c.store_id == sa.bindparam("store_id"), HERE).limit(1))
_ON_SHELF = Fast(
    sa.select(item.c.serial)
    .select_from(custody.join(item, item.c.id == custody.c.item_id))
    .where(
        custody.c.item_id == sa.bindparam("item_id"), custody.c.closed_entry.is_(None),
        custody.c.holder == sa.literal_column("'STORE'"), item.c.kind == sa.literal_column("'BWV_CAMERA'"),
        custody.c.opened_us < sa.bindparam("at_us"),
    )
)  # fmt: skip


def bay_reported(tx: Tx, said: BayWord, *, retained: bool = False) -> Docked:
    """Keep a bay's word and act on it."""
    films = _films(tx, said)
    kept = keep(tx, said)
    if not kept.newest:
        return Docked("STALE", kept.item_id)
    tx.say(f"store:{said.store_id}", _told(said, kept.item_id))
    _firmware(tx, said, kept.item_id)
    if said.serial and kept.item_id is None and said.present:
        raise_alarms(
            tx,
            [
                Raise(
                    "UNKNOWN_IN_BAY",
                    f"{said.dock} bay {said.bay}: {said.serial} is not one known item",
                    said.store_id,
                )
            ],
        )
    if not retained:
        _taken_at_once(tx, said, kept)
    at = f"{said.dock} bay {said.bay}"
    if not retained:
        _docking(tx, said, kept, at)
    if retained or kept.item_id is None or not said.present:
        return Docked("REFRESHED", kept.item_id)
    saw(tx, [Sighted(kept.item_id, said.store_id, None, "DOCK", at, said.observed_us, said.reading_key)])
    out = _OUT.rows(tx.conn, {"item_id": kept.item_id})
    is_back = bool(out) and not out[0][2] and said.observed_us - UNCERTAINTY_US > out[0][1]
    if is_back:
        return_kit(tx, [Back(kept.item_id, said.store_id, reading_key=said.reading_key)])
    if is_back or (not out and kept.before_present is False):
        bays.lock(tx, said.store_id, kept.item_id)
    _look_at_camera(tx, said, kept.item_id, films)
    return Docked("RETURNED" if is_back else "SIGHTED", kept.item_id)


def _docking(tx: Tx, said: BayWord, kept: Kept, at: str) -> None:
    """What comes to a bay was docked now, and so was what left it, until now."""
    is_new = not kept.before_present or kept.before_item_id != kept.item_id
    if said.present and kept.item_id is not None and is_new:
        docked(tx, kept.item_id, at, said.observed_us)
    if said.present is False and kept.before_present and kept.before_item_id is not None:
        docked(tx, kept.before_item_id, at, said.observed_us)


def _films(tx: Tx, said: BayWord) -> int | None:
    """How many films are on what stands in a faulty bay, by this word or else by the last that told; None: no fault, or
    nothing ever told."""
    if not said.fault or not said.serial or said.present is False:
        return None
    if said.files_pending is not None:
        return said.files_pending
    told = _FILES.rows(tx.conn, {"serial": said.serial.strip().upper()})
    return max((row[0] for row in told if row[0] is not None), default=None)


def _look_at_camera(tx: Tx, said: BayWord, item_id: int, films: int | None) -> None:
    """Note how a camera's clock goes, and hold it where it is faulty with films on board."""
    if films and (rows := _CAMERA.rows(tx.conn, {"item_id": item_id})):
        keep_films(tx, item_id, said.store_id, films_said(rows[0][0], films, str(said.fault)))
    if said.clock_offset_ms is not None:
        clocks.note(tx, item_id, said.clock_offset_ms, f"{said.dock} bay {said.bay}")


def _taken_at_once(tx: Tx, said: BayWord, kept: Kept) -> None:
    """A camera that leaves its bay while nobody is being served at the store was taken; while somebody is, it may be on
    its way to the hatch, and is missed after `TAKEN_AFTER_US` (`taken_without_issue`)."""
    if said.present is not False or not kept.before_present or kept.before_item_id is None:
        return
    asked = {"item_id": kept.before_item_id, "at_us": said.observed_us - UNCERTAINTY_US}
    rows = _ON_SHELF.rows(tx.conn, asked)
    if rows and not _SERVED.rows(tx.conn, {"store_id": said.store_id}):
        raise_alarms(tx, [_taken(rows[0][0], said.dock, said.bay, (said.store_id, kept.before_item_id))])


def _taken(serial: str, dock: str, number: int, of: tuple[int, int]) -> Raise:
    return Raise("TAKEN_WITHOUT_ISSUE", f"{serial} left {dock} bay {number} and was not issued", *of)


def _firmware(tx: Tx, said: BayWord, item_id: int | None) -> None:
    """Note the firmware of what stands in the bay; of a serial that is not one known item too."""
    if not said.serial or said.present is False:
        return
    serial = said.serial.strip().upper()
    who = (str(item_id), serial) if item_id is not None else (serial, serial)
    subject: Subject = "SERIAL" if item_id is None else "ITEM"
    saw_firmware(
        tx, Bearer(subject, *who, said.store_id, said.bridge_id, item_id), said.firmware, said.observed_us
    )


def _told(said: BayWord, item_id: int | None) -> dict[str, object]:
    """The bay as screens draw it again: all that they show of it, so that nothing of what stood there before stays."""
    if said.present is False:
        return {"type": "bay", "dock": said.dock, "bay": said.bay, "word": "EMPTY", "item_id": None, "serial": None,
                "charge_percent": None, "files_pending": None, "fault": said.fault}  # fmt: skip
    return {
        "type": "bay", "dock": said.dock, "bay": said.bay, "word": said.word, "item_id": item_id,
        "serial": said.serial, "charge_percent": said.charge_percent, "files_pending": said.files_pending,
        "fault": said.fault,
    }  # fmt: skip


def taken_without_issue(tx: Tx) -> list[int]:
    """Raise an alarm for each item that left its bay and has not been issued since; returns the items."""
    rows = _TAKEN.rows(tx.conn, {"before_us": tx.now_us - TAKEN_AFTER_US})
    raise_alarms(
        tx,
        [
            _taken(serial, dock, number, (store_id, item_id))
            for item_id, store_id, dock, number, serial in rows
        ],
    )
    return [row[0] for row in rows]

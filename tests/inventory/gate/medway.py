"""Medway's store on a real database: a few rows for each fact the gate reads, each written by one call.

One rule for the editor: a row goes through `put`, with an id, so that a test reads as what happened.
"""

import itertools
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from inventory.schema.custody import custody, ledger
from inventory.schema.people import (
    capability_grant,
    carry_authorisation,
    opt_in,
    person,
    person_gate,
    store,
    training_feed,
    training_result,
)
from inventory.schema.stock import bay, fitting, hold, hold_lift, inspection, item, lot, lot_balance
from inventory.schema.vendor import vendor_fact, vendor_import, vendor_mapping
from tests.inventory.gate.cases import ISSUER, NOW_US, PC_4417, STORE, us

LONG_AGO_US = us("2024-01-01 00:00")
TX = 1


@dataclass
class Medway:
    """An open transaction with what happened so far."""

    conn: sa.Connection
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(100_000))

    def put(self, table: sa.Table, **row: Any) -> int:
        """Insert one row; returns its id."""
        if "id" in table.c:
            row.setdefault("id", next(self.numbers))
        self.conn.execute(sa.insert(table), row)
        return int(row.get("id", 0))

    def person(self, number: int, **more: Any) -> int:
        """Somebody of Medway, a regular officer unless said otherwise."""
        row = {
            "kind": "REGULAR",
            "family_name": "Fenn",
            "given_name": "Ada",
            "home_store_id": STORE,
            "frontline": 1,
        }
        dated = {"joined_on": "2019-04-01", "recorded_us": LONG_AGO_US}
        return self.put(person, id=number, ref=f"P{number}", **(row | dated | more))

    def passed(
        self, person_id: int, course: str, on: str, model: str | None = None, outcome: str = "PASS"
    ) -> None:
        """A training result."""
        number = next(self.numbers)
        self.put(
            training_result, id=number, person_id=person_id, course=course, model=model, attended_on=on,
            minutes=1200, outcome=outcome, source="LMS", source_ref=str(number), recorded_us=LONG_AGO_US,
        )  # fmt: skip

    def item(self, number: int, kind: str, model: str, **more: Any) -> int:
        """An item, in the Medway store."""
        row = {"maker": "AXON", "serial": f"S{number}", "home_store_id": STORE, "pool": "OPERATIONAL"}
        self.put(item, id=number, kind=kind, model=model, **(row | {"recorded_us": LONG_AGO_US} | more))
        self.moved(number, "STORE", STORE)
        return number

    def moved(self, item_id: int, holder: str, holder_id: int, purpose: str | None = None) -> None:
        """Close an item's custody and open the next, as an asserted fact where it is a person's."""
        entry = self._entry(item_id, holder, holder_id)
        still_open = (custody.c.item_id == item_id) & custody.c.closed_entry.is_(None)
        self.conn.execute(sa.update(custody).where(still_open).values(closed_entry=entry, closed_us=NOW_US))
        row: dict[str, Any] = {"holder": holder, "holder_id": holder_id, "basis": "HELD"}
        if holder == "PERSON":
            row |= {"person_id": holder_id, "basis": "ASSERTED", "purpose": purpose, "asserted_by": ISSUER,
                    "asserted_second": ISSUER + 1, "document": "Register p. 3"}  # fmt: skip
        kind = self.conn.execute(sa.select(item.c.kind).where(item.c.id == item_id)).scalar()
        row |= {
            "is_handle": int(kind == "CED_HANDLE"),
            "opened_entry": entry,
            "opened_us": NOW_US,
            "tx_id": TX,
        }
        self.put(custody, item_id=item_id, **row)

    def _entry(self, item_id: int, taker: str | None, taker_id: int | None, kind: str = "RECEIVED") -> int:
        number = next(self.numbers)
        return self.put(
            ledger, id=number, tx_id=TX, chain=f"item:{item_id}", seq=number, prev_hash="0", hash=str(number),
            kind=kind, at_us=NOW_US, item_id=item_id, taker=taker, taker_id=taker_id,
        )  # fmt: skip

    def held_back(self, reason: str, item_id: int | None = None, lot_id: int | None = None) -> int:
        """A hold on an item or lot."""
        return self.put(
            hold, item_id=item_id, lot_id=lot_id, reason=reason, placed_us=NOW_US, detail="seen", tx_id=TX
        )

    def lifted(self, hold_id: int) -> None:
        """The end of a hold."""
        self.put(hold_lift, hold_id=hold_id, lifted_us=NOW_US, lifted_by=ISSUER, detail="mended", tx_id=TX)

    def checked(self, item_id: int, kind: str, at: str, passed: bool = True) -> None:
        """An inspection."""
        self.put(inspection, item_id=item_id, kind=kind, at_us=us(at), by_person=ISSUER, passed=int(passed))

    def docked(self, item_id: int, place: int, at: str, **more: Any) -> None:
        """A bay's last word."""
        row = {
            "present": 1,
            "charge_percent": 100,
            "files_pending": 0,
            "free_mb": 30_000,
            "clock_offset_ms": 5,
        }
        heard = {"word": "READY", "observed_us": us(at), "received_us": us(at), "reading_key": f"r{place}"}
        self.put(bay, dock="D1", bay=place, store_id=STORE, item_id=item_id, **(row | heard | more))

    def vendor_said(self, item_id: int, fact: str, at: str, said: int | str) -> None:
        """What a vendor's file said of an item."""
        mapping = self.put(vendor_mapping, name="M", vendor="V", headings="", body="{}", made_us=LONG_AGO_US)
        counts = dict.fromkeys(("row_count", "taken", "unchanged", "unknown", "refused", "contradicted"), 0)
        of = {"mapping_id": mapping, "file_name": "f", "sha256": "s", "size": 1, "sheet": "", "at_us": us(at)}
        import_id = self.put(vendor_import, **of, **counts)
        value = {"number": said} if isinstance(said, int) else {"words": said}
        self.put(vendor_fact, item_id=item_id, fact=fact, at_us=us(at), import_id=import_id, line=2, **value)

    def loaded(self, parent: int, *children: int) -> None:
        """Cartridges put in a magazine."""
        for slot, child in enumerate(children, 1):
            entry = self._entry(child, None, None, "LOADED")
            self.put(
                fitting, child_id=child, parent_id=parent, slot=slot, from_us=LONG_AGO_US, loaded_entry=entry
            )


def stock(medway: Medway) -> Medway:
    """PC 4417 and storekeeper 50, in date and authorised; a T7 set, a camera, spit guards by serial and by lot."""
    medway.put(store, id=STORE, code="ME", name="Medway", opened_us=LONG_AGO_US)
    medway.put(store, id=8, code="MA", name="Maidstone", opened_us=LONG_AGO_US)
    for number in (PC_4417, ISSUER, ISSUER + 1, 99):
        medway.person(number)
    _qualify(medway, PC_4417)
    medway.put(
        capability_grant,
        person_id=ISSUER,
        capability="ISSUER",
        store_id=STORE,
        from_us=LONG_AGO_US,
        reason="post",
    )
    medway.put(training_feed, source="LMS", last_good_us=us("2026-11-21 21:00"), detail="")
    medway.item(1, "CED_HANDLE", "T7", in_service_on="2024-01-10")
    medway.checked(1, "FULL_CHECK", "2026-09-01 10:00")
    medway.item(2, "CED_BATTERY", "T7")
    medway.checked(2, "DOCKED", "2026-11-20 08:00")
    for number in (11, 12):
        medway.item(
            number, "CED_CARTRIDGE", "T7", purpose="LIVE_DUTY", variant="STANDOFF", expires_on="2029-03-31"
        )
    medway.item(5, "BWV_CAMERA", "BODY 4")
    medway.docked(5, 1, "2026-11-21 21:44")
    medway.put(
        lot,
        id=90,
        kind="SBG",
        maker="SAFEGUARD",
        lot_no="24-11",
        product="SAFE HOOD",
        recorded_us=LONG_AGO_US,
    )
    medway.put(lot_balance, lot_id=90, holder="STORE", holder_id=STORE, quantity=40)
    medway.item(6, "SBG", "SAFE HOOD", lot_id=90)
    return medway


def _qualify(medway: Medway, number: int) -> None:
    for course in ("PPST", "FIRST_AID", "JRFT", "BWV_USER"):
        medway.passed(number, course, "2026-06-01")
    medway.passed(number, "CED_INITIAL", "2026-06-01", "T7")
    medway.put(
        carry_authorisation, person_id=number, model="T7", mode="OVERT", granted_by="Supt Dale", grade="Supt",
        from_on="2026-06-02", to_on="2027-06-01", source_ref=f"A{number}", recorded_us=LONG_AGO_US,
    )  # fmt: skip
    medway.put(opt_in, person_id=number, opted_in=1, recorded_us=LONG_AGO_US)
    medway.put(
        person_gate, person_id=number, gate="DEMS_ACCOUNT", met_on="2024-01-01", document="D1",
        recorded_us=LONG_AGO_US,
    )  # fmt: skip

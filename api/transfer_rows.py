"""Consignments as clients, pages and files have them: one shape for all three.

One rule for the editor: nothing is decided here, and every person named is one that the reader's line in the processing
log is about (`people_of`).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from api import store_reads
from inventory.custody.hatch_names import people_said
from inventory.custody.transfers.reading import Consignment, Event
from inventory.schema.fast import Fast, among
from inventory.schema.stock import item
from inventory.stock.kinds import title

State = Literal["DRAFT", "ON_ITS_WAY", "SHORT", "UNSIGNED", "RECEIVED", "CANCELLED"]
STATES: dict[str, tuple[str, str, str]] = {
    "DRAFT": ("still", "empty", "Being listed"),
    "ON_ITS_WAY": ("back", "moved", "On its way"),
    "SHORT": ("bad", "warning", "Short"),
    "UNSIGNED": ("warn", "warning", "Here, not signed for"),
    "RECEIVED": ("good", "tick", "Received"),
    "CANCELLED": ("still", "cross", "Cancelled"),
}
"""State -> tone, shape and words of it."""


class TransferRow(msgspec.Struct, frozen=True, kw_only=True):
    """A consignment in a list. `pieces` is what a carrier counts; `open_pieces` what has not come."""

    id: int
    state: State
    from_store_id: int
    from_store: str
    to_store_id: int
    to_store: str
    stock: str
    terms: str
    back_on: str | None
    reason: str
    due_us: int
    opened_us: int
    opened_by: str
    sent_us: int | None
    sent_by: str | None
    carrier: str | None
    seals: list[str]
    pieces: int
    open_pieces: int
    received_us: int | None
    received_by: str | None


class TransferLine(msgspec.Struct, frozen=True, kw_only=True):
    """An item of a consignment; `within` it goes loaded in that item. `word`: LISTED, NOT_SENT, ON_ITS_WAY, ARRIVED,
    UNACCOUNTED."""

    item_id: int
    kind: str
    kind_label: str
    serial: str
    within: int | None
    word: str


class TransferLot(msgspec.Struct, frozen=True, kw_only=True):
    """Pieces of a lot: listed, arrived, with the carrier still, and missed."""

    lot_id: int
    kind_label: str
    lot_no: str
    quantity: int
    arrived: int
    carried: int
    missed: int


class SeenItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item scanned where the consignment arrives, not signed for yet. `listed`: it is on the list."""

    item_id: int
    kind_label: str
    serial: str
    condition: str
    listed: bool


class SeenHere(msgspec.Struct, frozen=True, kw_only=True):
    """What is scanned at one of the two stores and not signed for yet; lots as (lot, pieces)."""

    store_id: int
    items: list[SeenItem]
    lots: list[tuple[int, int]]


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """A hand-over that two people signed: SENT or RECEIVED, where, how many pieces, under which seals."""

    act: str
    at_us: int
    store_id: int | None
    by_person: str
    carrier: str
    counted: int | None
    seals: list[str]


class Transfer(TransferRow, frozen=True, kw_only=True):
    """A consignment, whole."""

    lines: list[TransferLine]
    lots: list[TransferLot]
    seen: list[SeenHere]
    signed: list[Signature]


_NAMES = Fast(sa.select(item.c.id, item.c.kind, item.c.serial).where(among(item.c.id, "ids")))


def people_of(some: Iterable[Consignment]) -> list[int]:
    """Everybody who is named in what is shown of these consignments."""
    found = {of.opened_by for of in some}
    signed = [each for of in some for each in of.events if each.act in ("SENT", "RECEIVED")]
    return sorted(found | {who for each in signed for who in (each.by_person, each.second_person) if who is not None})


def rows_of(conn: sa.Connection, some: Sequence[Consignment]) -> list[TransferRow]:
    """Consignments as a list has them."""
    stores = {row["id"]: str(row["name"]) for row in store_reads.stores(conn)}
    people = people_said(conn, people_of(some))
    return [TransferRow(**_values(each, stores, people)) for each in some]


def transfer_of(conn: sa.Connection, of: Consignment) -> Transfer:
    """One consignment, whole."""
    stores = {row["id"]: str(row["name"]) for row in store_reads.stores(conn)}
    people = people_said(conn, people_of([of]))
    lines = [
        TransferLine(
            item_id=each.item_id, kind=each.kind, kind_label=title(each.kind), serial=each.serial, within=each.within,
            word=each.word,
        )
        for each in of.lines
    ]  # fmt: skip
    lots = [
        TransferLot(
            lot_id=each.lot_id, kind_label=title(each.kind), lot_no=each.lot_no, quantity=each.quantity,
            arrived=each.arrived, carried=each.carried, missed=each.missed,
        )
        for each in of.lots
    ]  # fmt: skip
    seen = [_seen(conn, of, store_id) for store_id in (of.from_store_id, of.to_store_id)]
    signed = [_signature(each, people) for each in of.events if each.act in ("SENT", "RECEIVED")]
    return Transfer(**_values(of, stores, people), lines=lines, lots=lots, seen=seen, signed=signed)


def _seen(conn: sa.Connection, of: Consignment, store_id: int) -> SeenHere:
    events, listed = of.seen(store_id), {each.item_id for each in of.lines}
    names = {row[0]: row[1:] for row in _NAMES.rows(conn, {"ids": sorted(events)})} if events else {}
    items = [
        SeenItem(
            item_id=each, kind_label=title(names[each][0]), serial=names[each][1],
            condition=event.condition or "GOOD", listed=each in listed,
        )
        for each, event in events.items()
    ]  # fmt: skip
    return SeenHere(store_id=store_id, items=items, lots=list(of.seen_lots(store_id).items()))


def _signature(event: Event, people: Mapping[int, str]) -> Signature:
    return Signature(
        act=event.act, at_us=event.at_us, store_id=event.store_id, counted=event.counted, seals=list(event.seals),
        by_person=_said(people, event.by_person) or "", carrier=_said(people, event.second_person) or "",
    )  # fmt: skip


def _values(of: Consignment, stores: Mapping[int, str], people: Mapping[int, str]) -> dict[str, Any]:
    sent, received = of.last("SENT"), of.last("RECEIVED")
    missing = sum(each.word in ("ON_ITS_WAY", "UNACCOUNTED") for each in of.lines)
    return {
        "id": of.id, "state": of.state, "from_store_id": of.from_store_id, "to_store_id": of.to_store_id,
        "from_store": stores.get(of.from_store_id, f"store {of.from_store_id}"),
        "to_store": stores.get(of.to_store_id, f"store {of.to_store_id}"), "stock": of.stock, "terms": of.terms,
        "back_on": of.back_on, "reason": of.reason, "due_us": of.due_us, "opened_us": of.opened_us,
        "opened_by": people.get(of.opened_by, ""), "sent_us": sent.at_us if sent else None,
        "sent_by": _said(people, sent.by_person) if sent else None,
        "carrier": _said(people, sent.second_person) if sent else None, "seals": list(sent.seals) if sent else [],
        "pieces": of.pieces, "open_pieces": missing + sum(each.carried + each.missed for each in of.lots),
        "received_us": received.at_us if received else None,
        "received_by": _said(people, received.by_person) if received else None,
    }  # fmt: skip


def _said(people: Mapping[int, str], person_id: int | None) -> str | None:
    return None if person_id is None else people.get(person_id, "a person whose data was erased")

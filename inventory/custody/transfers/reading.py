"""How consignments stand: what is listed, what the carrier has, what came and what did not. Reads only.

One rule for the editor: a state is worked out here from acts and custody and stored nowhere. A consignment is open
while a carrier has anything of it, or nobody knows where something of it is.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from inventory.schema.custody import custody, ledger
from inventory.schema.fast import Fast, among
from inventory.schema.stock import item, lot, lot_balance
from inventory.schema.transfers import consignment, consignment_event
from inventory.stock.kinds import title

ON_ITS_WAY, ARRIVED, UNACCOUNTED, LISTED, NOT_SENT = "ON_ITS_WAY", "ARRIVED", "UNACCOUNTED", "LISTED", "NOT_SENT"
OPEN_WORDS = (ON_ITS_WAY, UNACCOUNTED)
"""Words of lines that keep a consignment open."""


@dataclass(frozen=True, slots=True)
class Event:
    """One act, as it was written down."""

    id: int
    consignment_id: int
    act: str
    at_us: int
    by_person: int | None
    second_person: int | None
    store_id: int | None
    item_id: int | None
    lot_id: int | None
    quantity: int | None
    condition: str | None
    counted: int | None
    seals: tuple[str, ...]
    detail: str | None
    entry_id: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """One item of a consignment. `within`: it goes loaded in that item. `word`: LISTED, NOT_SENT (taken away before
    the others went), ON_ITS_WAY, ARRIVED (at `store_id`, where a store took it) or UNACCOUNTED."""

    item_id: int
    kind: str
    serial: str
    within: int | None
    word: str
    store_id: int | None = None

    @property
    def name(self) -> str:
        """ "Cartridge C31017NX4"."""
        return f"{title(self.kind)} {self.serial}"


@dataclass(frozen=True, slots=True)
class LotLine:
    """Pieces of one lot: so many listed, arrived, missed for good or ill, and still with the carrier."""

    lot_id: int
    kind: str
    lot_no: str
    quantity: int
    arrived: int = 0
    missed: int = 0
    carried: int = 0

    @property
    def is_open(self) -> bool:
        """Whether pieces of it are with the carrier, or nobody knows where they are."""
        return self.carried > 0 or self.missed > 0

    @property
    def name(self) -> str:
        """ "Spit guard lot L77"."""
        return f"{title(self.kind)} lot {self.lot_no}"


@dataclass(frozen=True, slots=True)
class Consignment:
    """A consignment and all that is known of it now."""

    id: int
    from_store_id: int
    to_store_id: int
    stock: str
    terms: str
    back_on: str | None
    reason: str
    due_us: int
    opened_us: int
    opened_by: int
    events: tuple[Event, ...] = ()
    lines: tuple[Line, ...] = ()
    lots: tuple[LotLine, ...] = ()

    def last(self, act: str) -> Event | None:
        """The last act of this sort."""
        return next((each for each in reversed(self.events) if each.act == act), None)

    @property
    def open_lines(self) -> list[Line]:
        """Items that have not come: with the carrier, or nobody knows where."""
        return [each for each in self.lines if each.word in OPEN_WORDS]

    @property
    def open_lots(self) -> list[LotLine]:
        """Lots of which pieces have not come."""
        return [each for each in self.lots if each.is_open]

    @property
    def state(self) -> str:
        """DRAFT, CANCELLED, ON_ITS_WAY (nobody received any of it yet), SHORT, RECEIVED (nothing is open), or UNSIGNED:
        all of it came, and nobody has signed for it (it was scanned at a hatch)."""
        if self.last("CANCELLED"):
            return "CANCELLED"
        if not self.last("SENT"):
            return "DRAFT"
        if not self.open_lines and not self.open_lots:
            return "RECEIVED" if self.last("RECEIVED") else "UNSIGNED"
        lost = any(each.word == UNACCOUNTED for each in self.lines) or any(each.missed for each in self.lots)
        return "SHORT" if self.last("RECEIVED") or lost else "ON_ITS_WAY"

    @property
    def pieces(self) -> int:
        """How many pieces a carrier counts: items that are loaded in nothing, and pieces of lots."""
        return sum(each.within is None for each in self.lines) + sum(each.quantity for each in self.lots)

    def seen(self, store_id: int) -> dict[int, Event]:
        """What is scanned at a store and not yet signed for: item -> its last SEEN."""
        found: dict[int, Event] = {}
        for each in self._since_signed(store_id):
            if each.item_id is not None and each.act == "SEEN":
                found[each.item_id] = each
            elif each.item_id is not None and each.act == "UNSEEN":
                found.pop(each.item_id, None)
        return found

    def seen_lots(self, store_id: int) -> dict[int, int]:
        """As `seen`, for pieces of lots: lot -> how many."""
        found: dict[int, int] = {}
        for each in self._since_signed(store_id):
            if each.lot_id is not None and each.quantity is not None and each.act in ("SEEN", "UNSEEN"):
                found[each.lot_id] = each.quantity if each.act == "SEEN" else 0
        return {lot_id: quantity for lot_id, quantity in found.items() if quantity}

    def _since_signed(self, store_id: int) -> list[Event]:
        of_store = [each for each in self.events if each.store_id == store_id]
        signed = max((n for n, each in enumerate(of_store) if each.act == "RECEIVED"), default=-1)
        return of_store[signed + 1 :]


_COLUMNS = (
    "id", "from_store_id", "to_store_id", "stock", "terms", "back_on", "reason", "due_us", "opened_us", "opened_by",
)  # fmt: skip
_EVENT = (
    "id", "consignment_id", "act", "at_us", "by_person", "second_person", "store_id", "item_id", "lot_id", "quantity",
    "condition", "counted", "seals", "detail", "entry_id",
)  # fmt: skip
_SOME = Fast(sa.select(*(consignment.c[name] for name in _COLUMNS)).where(among(consignment.c.id, "ids")))
_EVENTS = Fast(
    sa.select(*(consignment_event.c[name] for name in _EVENT))
    .where(among(consignment_event.c.consignment_id, "ids"))
    .order_by(consignment_event.c.consignment_id, consignment_event.c.at_us, consignment_event.c.id)
)
_NOW, _MOVED = custody.alias("now"), ledger.alias("moved")
_ITEMS = Fast(
    sa.select(
        item.c.id, item.c.kind, item.c.serial, custody.c.holder_id, custody.c.closed_entry, _MOVED.c.kind,
        _MOVED.c.taker, _MOVED.c.taker_id, _NOW.c.opened_entry,
    )
    .select_from(
        item.outerjoin(
            custody,
            sa.and_(custody.c.item_id == item.c.id, custody.c.holder == sa.literal_column("'CARRIER'")),
        )
        .outerjoin(_MOVED, _MOVED.c.id == custody.c.closed_entry)
        .outerjoin(_NOW, sa.and_(_NOW.c.item_id == item.c.id, _NOW.c.closed_entry.is_(None)))
    )
    .where(among(item.c.id, "items"))
)  # fmt: skip
_LOTS = Fast(sa.select(lot.c.id, lot.c.kind, lot.c.lot_no).where(among(lot.c.id, "lots")))
_CARRIED = Fast(
    sa.select(lot_balance.c.holder_id, lot_balance.c.lot_id, lot_balance.c.quantity).where(
        lot_balance.c.holder == sa.literal_column("'CARRIER'"), among(lot_balance.c.holder_id, "ids")
    )
)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the statements gave, for all the consignments asked for."""

    items: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    words: Mapping[tuple[int, int], tuple[str, int | None]] = field(default_factory=dict)
    lots: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    carried: Mapping[tuple[int, int], int] = field(default_factory=dict)


def consignments(conn: sa.Connection, ids: Iterable[int]) -> dict[int, Consignment]:
    """These consignments, whole, in a number of statements that does not grow with them. An unknown id has none."""
    asked = {"ids": sorted(set(ids))}
    rows = _SOME.rows(conn, asked) if asked["ids"] else []
    events: dict[int, list[Event]] = defaultdict(list)
    for row in _EVENTS.rows(conn, asked) if rows else []:
        told = dict(zip(_EVENT, row, strict=True))
        events[row[1]].append(Event(**told | {"seals": tuple(json.loads(told["seals"] or "[]"))}))
    named = [each for some in events.values() for each in some]
    known = _known(conn, asked["ids"], named) if rows else _Known()
    return {row[0]: _whole(Consignment(*row), events[row[0]], known) for row in rows}


def consignment_of(conn: sa.Connection, consignment_id: int) -> Consignment | None:
    """One consignment, whole."""
    return consignments(conn, [consignment_id]).get(consignment_id)


def _known(conn: sa.Connection, ids: Sequence[int], events: Sequence[Event]) -> _Known:
    item_ids = sorted({each.item_id for each in events if each.item_id is not None})
    lot_ids = sorted({each.lot_id for each in events if each.lot_id is not None})
    items: dict[int, tuple[str, str]] = {}
    words: dict[tuple[int, int], tuple[str, int | None]] = {}
    found = _ITEMS.rows(conn, {"items": item_ids})
    for item_id, kind, serial, carried_by, closed, moved, taker, taker_id, now in found:
        items[item_id] = (kind, serial)
        if carried_by is not None:
            at = taker_id if taker == "STORE" else None
            gone = moved == "UNACCOUNTED" and closed == now
            words[carried_by, item_id] = (ON_ITS_WAY if closed is None else UNACCOUNTED if gone else ARRIVED, at)
    lots = {row[0]: (row[1], row[2]) for row in _LOTS.rows(conn, {"lots": lot_ids})}
    carried = {(row[0], row[1]): row[2] for row in _CARRIED.rows(conn, {"ids": list(ids)})}
    return _Known(items, words, lots, carried)


def _whole(bare: Consignment, events: Sequence[Event], known: _Known) -> Consignment:
    values = {name: getattr(bare, name) for name in _COLUMNS}
    lines, lots = _lines(bare, events, known), _lots(bare, events, known)
    return Consignment(**values, events=tuple(events), lines=lines, lots=lots)


def _lines(bare: Consignment, events: Sequence[Event], known: _Known) -> tuple[Line, ...]:
    within: dict[int, int | None] = {}
    for each in events:
        if each.item_id is not None and each.act in ("LISTED", "WITH"):
            within[each.item_id] = int(each.detail) if each.act == "WITH" and each.detail else None
        elif each.act == "UNLISTED" and each.item_id is not None:
            within.pop(each.item_id, None)
    sent = any(each.act == "SENT" for each in events)
    lines = []
    for item_id, parent in within.items():
        word, at = known.words.get((bare.id, item_id), (NOT_SENT if sent else LISTED, None))
        lines.append(Line(item_id, *known.items[item_id], parent, word, at))
    return tuple(lines)


def _lots(bare: Consignment, events: Sequence[Event], known: _Known) -> tuple[LotLine, ...]:
    quantity: dict[int, int] = {}
    came: dict[int, int] = defaultdict(int)
    missed: dict[int, int] = defaultdict(int)
    for each in events:
        if each.lot_id is None or each.quantity is None:
            continue
        if each.act in ("LISTED", "UNLISTED"):
            quantity[each.lot_id] = each.quantity if each.act == "LISTED" else 0
        elif each.act == "ARRIVED":
            came[each.lot_id] += each.quantity
        elif each.act == "MISSED":
            missed[each.lot_id] += each.quantity  # a piece that is found again is a negative one
    return tuple(
        LotLine(
            lot_id, *known.lots[lot_id], number, came[lot_id], missed[lot_id],
            known.carried.get((bare.id, lot_id), 0),
        )
        for lot_id, number in quantity.items()
        if number
    )  # fmt: skip


# ---- lists -------------------------------------------------------------------------------------------------

_NEWEST = Fast(
    sa.select(consignment.c.id)
    .where(consignment.c.id < sa.bindparam("before"))
    .order_by(consignment.c.id.desc())
    .limit(sa.bindparam("most"))
)
_NEWEST_OF = Fast(
    sa.select(consignment.c.id)
    .where(
        consignment.c.id < sa.bindparam("before"),
        sa.or_(among(consignment.c.from_store_id, "stores"), among(consignment.c.to_store_id, "stores")),
    )
    .order_by(consignment.c.id.desc())
    .limit(sa.bindparam("most"))
)
_WITH_A_CARRIER = Fast(
    sa.union(
        sa.select(custody.c.holder_id).where(
            custody.c.holder == sa.literal_column("'CARRIER'"), custody.c.closed_entry.is_(None)
        ),
        sa.select(lot_balance.c.holder_id).where(
            lot_balance.c.holder == sa.literal_column("'CARRIER'"), lot_balance.c.quantity > 0
        ),
    )
)


def newest(conn: sa.Connection, stores: set[int] | None, before: int, most: int) -> list[Consignment]:
    """Consignments from or to these stores (None: any), newest first."""
    asked: dict[str, object] = {"before": before, "most": most}
    mine = {} if stores is None else {"stores": sorted(stores)}
    rows = (_NEWEST if stores is None else _NEWEST_OF).rows(conn, asked | mine)
    found = consignments(conn, [row[0] for row in rows])
    return [found[row[0]] for row in rows]


def with_a_carrier(conn: sa.Connection) -> list[int]:
    """The consignments of which a carrier has something now."""
    return sorted(row[0] for row in _WITH_A_CARRIER.rows(conn, {}))

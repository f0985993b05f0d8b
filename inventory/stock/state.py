"""The field's own word for how each item stands ("awaiting download"), worked out anew at every look.

One rule for the editor: a state is a row of STATES and is never stored. The first row that holds is the item's, so the
order is the precedence: where it is, then what holds it back, then its pool, the calendar, and what its dock said last.
Words, kinds and precedence: design `domain.md` 3.1 to 3.6. States say what is; whether it may go out, the gate says.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa

from inventory.schema.custody import custody, ledger
from inventory.schema.fast import Fast, Row, among
from inventory.schema.stock import bay, inspection
from inventory.schema.words import ITEM_KINDS, SPENT_FOR_GOOD
from inventory.stock.item_facts import read_items
from inventory.stock.kept import keep_in_mind
from inventory.stock.kit_facts import ItemFacts

HANDLE, BATTERY, CARTRIDGE, MAGAZINE, GUARD, CAMERA = ITEM_KINDS
EVERY = frozenset(ITEM_KINDS)
SINGLE_USE = frozenset({CARTRIDGE, GUARD})
DAY_US = 86_400_000_000
MAGAZINE_HOLDS = 10
"""A T10 magazine is full with ten (design `domain.md` 3.0, invariant 9)."""


@dataclass(frozen=True, slots=True)
class Clock:
    """When it is (UTC microseconds and the London day), and the force's numbers that make a state by time alone.

    `feed_max_us`: how old a dock's word about a camera may be. `dock_days`: model of a pack -> days between dockings.
    """

    now_us: int
    today: date
    feed_max_us: int = 600_000_000
    dock_days: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """All that a state is made of. `came_by` is the ledger's word for how it came where it is."""

    item: ItemFacts
    clock: Clock
    planned_return_us: int | None = None
    opened_us: int | None = None
    came_by: str | None = None
    bay_word: str | None = None
    sanitised: bool = False
    loaded_us: int | None = None

    def held(self, *reasons: str) -> bool:
        """Whether one of these holds is in force on it, or on its lot."""
        return self.item.holds is not None and bool(self.item.holds.intersection(reasons))

    @property
    def docked(self) -> bool:
        """Whether its bay says that it stands in it."""
        return self.item.bay is not None and bool(self.item.bay.present)


When = Callable[[Seen], bool]


@dataclass(frozen=True, slots=True)
class State:
    """One row: the word, what must be true, and of which kinds it is said. `says` is the condition for people."""

    word: str
    says: str
    when: When
    kinds: frozenset[str] = EVERY


def _always(_seen: Seen) -> bool:
    return True


def _with(holder: str | None) -> When:
    return lambda seen: seen.item.holder == holder


def _held(*reasons: str) -> When:
    return lambda seen: seen.held(*reasons)


def _set_aside(seen: Seen) -> bool:
    """It is reserved now, for a time or until somebody lifts it."""
    return seen.held("RESERVED") or any(
        each.meets(seen.clock.now_us, seen.clock.now_us) for each in seen.item.kept
    )


def _lost(reason: str) -> When:
    return lambda seen: seen.item.holder == "UNKNOWN" and seen.held(reason)


def _bay_says(*words: str) -> When:
    return lambda seen: seen.docked and seen.bay_word in words


def _overdue(seen: Seen) -> bool:
    due = seen.planned_return_us
    return seen.item.holder == "PERSON" and due is not None and due < seen.clock.now_us


def _expired(seen: Seen) -> bool:
    """From 00:00 of the London day after the printed date, unless it is training stock by now."""
    ends = seen.item.expires_on
    return ends is not None and ends < seen.clock.today and seen.item.pool != "TRAINING"


def _dock_overdue(seen: Seen) -> bool:
    days = seen.clock.dock_days.get(seen.item.model)
    if days is None:
        return False
    spoke = seen.item.bay.observed_us if seen.item.bay and seen.item.bay.present else 0
    last = max(seen.item.docked_us or 0, spoke)
    return 0 < last < seen.clock.now_us - days * DAY_US


def _feed_silent(seen: Seen) -> bool:
    spoke = seen.item.bay
    return (
        spoke is not None and seen.docked and seen.clock.now_us - spoke.observed_us > seen.clock.feed_max_us
    )


def _uploading(seen: Seen) -> bool:
    pending = seen.item.bay.files_pending if seen.item.bay else None
    return seen.docked and (seen.bay_word == "UPLOADING" or bool(pending))


def _came_back_in_part(seen: Seen) -> bool:
    """Some of it came back loaded, and nothing was loaded since."""
    since = seen.loaded_us is None or seen.opened_us is None or seen.loaded_us <= seen.opened_us
    return bool(seen.item.fitted) and seen.came_by == "RETURNED" and since


def _of(*kinds: str) -> frozenset[str]:
    return frozenset(kinds)


STATES: tuple[State, ...] = (
    # where it is
    State("DESTROYED", "it was handed over for destruction", _with("DISPOSAL"), _of(HANDLE, CAMERA)),
    State("DISPOSED", "it was handed over for disposal", _with("DISPOSAL")),
    State("ON_ORDER", "nobody has received it yet", _with(None)),
    State("STOLEN", "nobody knows where it is, and it was reported stolen", _lost("STOLEN")),
    State("LOST", "nobody knows where it is, and it was declared lost", _lost("LOST")),
    State("UNACCOUNTED", "nobody knows where it is", _with("UNKNOWN")),
    State("EXTERNAL_EXAM", "it is being examined outside", _held("EXTERNAL_EXAM")),
    State("EXHIBIT", "an evidential hold is in force", _held("EVIDENTIAL"), SINGLE_USE),
    State("EVIDENTIAL_HOLD", "an evidential hold is in force", _held("EVIDENTIAL")),
    State("EXHIBIT", "the exhibit store has it", _with("EXHIBIT")),
    State("IN_TRANSIT", "a carrier has it", _with("CARRIER")),
    State("RMA", "the supplier has it", _with("SUPPLIER")),
    State("OVERDUE", "a person has it past its planned return", _overdue),
    State("ISSUED", "a person has it", _with("PERSON")),
    # what holds it back in the store
    State("DISCHARGED_OPERATIONAL", "it was discharged on duty", _held("DISCHARGED_OPERATIONAL"), _of(CARTRIDGE)),
    State("DISCHARGED_TRAINING", "it was discharged in training", _held("DISCHARGED_TRAINING"), _of(CARTRIDGE)),
    State("DISCHARGED_UNINTENTIONAL", "it was discharged unintentionally", _held("DISCHARGED_UNINTENTIONAL"),
          _of(CARTRIDGE)),
    State("SPENT", "it was used; what sort of discharge is not written down", _held("SPENT"), _of(CARTRIDGE)),
    State("USED", "it was used, and is for single use", _held("SPENT"), _of(GUARD)),
    State("QUARANTINED", "it is faulty, and films are on board", _held("FOOTAGE"), _of(CAMERA)),
    State("SANITISED", "it is retired, and its memory was wiped", lambda s: s.held("WITHDRAWN") and s.sanitised,
          _of(CAMERA)),
    State("RETIRED", "it is withdrawn from service", _held("WITHDRAWN", *SPENT_FOR_GOOD), _of(CAMERA)),
    State("WITHDRAWN", "it is withdrawn from service", _held("WITHDRAWN", *SPENT_FOR_GOOD)),
    State("RECALLED", "it or its lot is recalled", _held("RECALL"), SINGLE_USE),
    State("RECEIVED", "it is not accepted into service yet", _held("NOT_ACCEPTED")),
    State("RECOVERED", "it was found again, and nobody has looked at it yet", _held("RECOVERED", "LOST", "STOLEN")),
    State("WET_QUARANTINE", "it was wet or dropped", _held("WET")),
    State("IN_MAINTENANCE", "a technician has it in hand", _held("MAINTENANCE")),
    State("DAMAGED", "a defect is reported", _held("DEFECT"), SINGLE_USE),
    State("FAULTY", "a defect is reported", _held("DEFECT"), _of(BATTERY)),
    State("FAULT", "a defect is reported", _held("DEFECT"), _of(CAMERA)),
    State("DEFECTIVE", "a defect is reported", _held("DEFECT")),
    State("QUARANTINED", "it is in quarantine, or recalled", _held("QUARANTINE", "RECALL", "FOOTAGE")),
    State("DOCKED_UPLOADING", "its log is still to be read, and it is docked",
          lambda s: s.held("DOWNLOAD") and s.docked, _of(BATTERY)),
    State("AWAITING_DOWNLOAD", "its log is still to be read", _held("DOWNLOAD")),
    State("ASSIGNED", "it is set aside for somebody", _set_aside, _of(CAMERA)),
    State("RESERVED", "it is set aside", _set_aside),
    # its pool, the calendar, and what its dock said
    State("EXHIBIT", "it is exhibit stock", lambda s: s.item.pool == "EXHIBIT"),
    State("EXPIRED", "its printed date is past", _expired, SINGLE_USE),
    State("LOADED_IN_MAGAZINE", "it is loaded", lambda s: s.item.fitted_in is not None, _of(CARTRIDGE)),
    State("TRAINING_POOL", "it is training stock", lambda s: s.item.pool == "TRAINING", EVERY - {MAGAZINE}),
    State("LOADED_FULL", "all its places are loaded", lambda s: len(s.item.fitted) >= MAGAZINE_HOLDS, _of(MAGAZINE)),
    State("RETURNED_PARTIAL", "it came back with places empty", _came_back_in_part, _of(MAGAZINE)),
    State("LOADING", "some of its places are loaded", lambda s: bool(s.item.fitted), _of(MAGAZINE)),
    State("EMPTY", "nothing is loaded in it", _always, _of(MAGAZINE)),
    State("DOCK_OVERDUE", "it has not been docked within the days set", _dock_overdue, _of(BATTERY)),
    State("DOCKED_UPLOADING", "its dock reads its log", _bay_says("UPLOADING"), _of(BATTERY)),
    State("CHARGING", "its dock charges it", _bay_says("CHARGING"), _of(BATTERY)),
    State("FAULTY", "its dock says it is faulty", _bay_says("FAULT"), _of(BATTERY)),
    State("READY", "nothing is known against it", _always, _of(BATTERY)),
    State("UNKNOWN", "its dock has been silent too long", _feed_silent, _of(CAMERA)),
    State("FAULT", "its dock says it is faulty", _bay_says("FAULT"), _of(CAMERA)),
    State("UPLOADING", "films are still to be uploaded", _uploading, _of(CAMERA)),
    State("UPDATING_FIRMWARE", "its dock updates it", _bay_says("UPDATING"), _of(CAMERA)),
    State("CHARGING", "its dock charges it", _bay_says("CHARGING"), _of(CAMERA)),
    State("READY", "its dock says it is ready", _bay_says("READY"), _of(CAMERA)),
    State("RETURNED", "it came back and is not docked", lambda s: s.came_by == "RETURNED", _of(CAMERA)),
    State("PROVISIONED", "it is in service and not docked", _always, _of(CAMERA)),
    State("IN_STOCK", "nothing is known against it", _always, SINGLE_USE),
    State("AVAILABLE", "nothing is known against it", _always, _of(HANDLE)),
)  # fmt: skip
"""Every state there is, in order of precedence. The last row of each kind always holds."""

WORDS = tuple(dict.fromkeys(row.word for row in STATES))
_BY_KIND = {kind: tuple(row for row in STATES if kind in row.kinds) for kind in ITEM_KINDS}


def states_of(kind: str) -> tuple[str, ...]:
    """Every word that may be said of a kind, in order of precedence."""
    return tuple(dict.fromkeys(row.word for row in _BY_KIND[kind]))


def state_of(seen: Seen) -> str:
    """The one word for how an item stands."""
    return next(row.word for row in _BY_KIND[seen.item.kind] if row.when(seen))


# ---- read in bulk --------------------------------------------------------------------------------------

_CUSTODY = Fast(
    sa.select(custody.c.item_id, custody.c.planned_return_us, custody.c.opened_us, ledger.c.kind)
    .select_from(custody.join(ledger, ledger.c.id == custody.c.opened_entry))
    .where(among(custody.c.item_id, "ids"), custody.c.closed_entry.is_(None))
)
_BAYS = Fast(
    sa.select(bay.c.item_id, bay.c.word).where(among(bay.c.item_id, "ids")).order_by(bay.c.observed_us)
)
_SANITISED = Fast(
    sa.select(inspection.c.item_id, inspection.c.kind, inspection.c.passed)
    .where(
        among(inspection.c.item_id, "ids"),
        inspection.c.kind.in_((sa.literal_column("'SANITISED'"), sa.literal_column("'FULL_CHECK'"))),
    )
    .order_by(inspection.c.at_us, inspection.c.id)
)
"""A camera that was wiped is checked whole before it goes into service again: then it is not wiped any more."""

_LAST_LOADED = Fast(
    sa.select(ledger.c.item_id, sa.func.max(ledger.c.at_us))
    .where(among(ledger.c.item_id, "ids"), ledger.c.kind == sa.literal_column("'LOADED'"))
    .group_by(ledger.c.item_id)
)


def look_at(conn: sa.Connection, ids: Iterable[int], clock: Clock) -> dict[int, Seen]:
    """All that the states of these items are made of, in a number of statements that does not grow with them.

    An unknown id has no entry.
    """
    items = keep_in_mind(conn, read_items(conn, ids), clock.now_us)
    asked = {"ids": sorted(items)}
    opened = {row[0]: row for row in _CUSTODY.rows(conn, asked)}
    bays = {row[0]: row[1] for row in _BAYS.rows(conn, asked)}
    cameras = {"ids": [each.id for each in items.values() if each.kind == CAMERA]}
    magazines = {"ids": [each.id for each in items.values() if each.kind == MAGAZINE]}
    checks = _SANITISED.rows(conn, cameras) if cameras["ids"] else []
    wiped = {item_id: kind == "SANITISED" and bool(passed) for item_id, kind, passed in checks}
    loaded = {row[0]: row[1] for row in _LAST_LOADED.rows(conn, magazines)} if magazines["ids"] else {}
    beside = _Beside(opened, bays, wiped, loaded)
    return {item_id: _seen(item, clock, beside) for item_id, item in items.items()}


@dataclass(frozen=True, slots=True)
class _Beside:
    """What the statements gave beside the items' own facts, by item id."""

    opened: Mapping[int, Row]
    bays: Mapping[int, str]
    wiped: Mapping[int, bool]
    loaded: Mapping[int, int]


def _seen(item: ItemFacts, clock: Clock, beside: _Beside) -> Seen:
    _, due, opened, came_by = beside.opened.get(item.id, (None, None, None, None))
    word, wiped = beside.bays.get(item.id), beside.wiped.get(item.id, False)
    return Seen(item, clock, due, opened, came_by, word, wiped, beside.loaded.get(item.id))


def read_states(conn: sa.Connection, ids: Iterable[int], clock: Clock) -> dict[int, str]:
    """The state of each item, by id; an unknown id has no entry."""
    return {item_id: state_of(seen) for item_id, seen in look_at(conn, ids, clock).items()}

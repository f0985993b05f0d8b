"""Spit guards as people look at them: lots on a store's shelf and with people, what is due back, what months took.

One rule for the editor: read only. A report of force is a reference or a number here, and what differs is shown, never
explained away (design `domain.md` 5.3, Q16: a difference is an unreported use or a loss).
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa

from inventory.custody.alarms import Lasting, Raise
from inventory.people.calendar import add_months, day_start_us, local_day
from inventory.schema.fast import Fast, Row, among
from inventory.schema.guards import force_count, lot_due
from inventory.schema.people import person
from inventory.schema.stock import hold, hold_lift, item, lot, lot_balance
from inventory.schema.uses import use_answer, use_declared

NOT_BACK = "GUARDS_NOT_BACK"
BY_SERIAL = "by serial"
MONTHS_MAX = 24
OUT_AT_MOST = 400


@dataclass(frozen=True, slots=True)
class LotShown:
    """A lot of spit guards as a store sees it. `out` counts the pieces that people of this store hold."""

    lot_id: int
    lot_no: str
    product: str
    expires_on: str | None
    here: int
    out: int
    holds: tuple[str, ...]

    def is_past(self, today: date) -> bool:
        """Whether its date is over."""
        return self.expires_on is not None and self.expires_on < today.isoformat()


@dataclass(frozen=True, slots=True)
class Carried:
    """Pieces of a lot that one person of a store has. `due_us`: the first are due back then, after one duty."""

    person_id: int
    lot_id: int
    lot_no: str
    quantity: int
    due_us: int | None


_LOTS = Fast(
    sa.select(lot.c.id, lot.c.lot_no, lot.c.product, lot.c.expires_on).where(
        among(lot.c.id, "lots"), lot.c.kind == sa.literal_column("'SBG'")
    )
)
_HERE = Fast(
    sa.select(lot_balance.c.lot_id, lot_balance.c.quantity).where(
        lot_balance.c.holder == sa.literal_column("'STORE'"), lot_balance.c.holder_id == sa.bindparam("of_store")
    )
)
_OUT = Fast(
    sa.select(lot_balance.c.lot_id, sa.func.sum(lot_balance.c.quantity))
    .select_from(lot_balance.join(person, person.c.id == lot_balance.c.holder_id))
    .where(
        lot_balance.c.holder == sa.literal_column("'PERSON'"), person.c.home_store_id == sa.bindparam("of_store"),
        lot_balance.c.quantity > 0,
    )
    .group_by(lot_balance.c.lot_id)
)  # fmt: skip
_HELD_BACK = Fast(
    sa.select(hold.c.lot_id, hold.c.reason)
    .select_from(hold.outerjoin(hold_lift, hold_lift.c.hold_id == hold.c.id))
    .where(among(hold.c.lot_id, "lots"), hold_lift.c.hold_id.is_(None))
)
_CARRIED = Fast(
    sa.select(lot_balance.c.holder_id, lot.c.id, lot.c.lot_no, lot_balance.c.quantity)
    .select_from(
        lot_balance.join(lot, lot.c.id == lot_balance.c.lot_id).join(person, person.c.id == lot_balance.c.holder_id)
    )
    .where(
        lot_balance.c.holder == sa.literal_column("'PERSON'"), person.c.home_store_id == sa.bindparam("of_store"),
        lot_balance.c.quantity > 0, lot.c.kind == sa.literal_column("'SBG'"),
    )
    .order_by(person.c.family_name, person.c.id, lot.c.lot_no)
    .limit(sa.bindparam("most"))
)  # fmt: skip
_OPEN_DUE = (
    sa.select(
        lot_due.c.person_id, lot_due.c.lot_id, lot.c.lot_no, lot_due.c.quantity - lot_due.c.back, lot_due.c.due_us,
        lot_due.c.store_id, lot_due.c.id,
    )
    .select_from(lot_due.join(lot, lot.c.id == lot_due.c.lot_id))
    .where(lot_due.c.back < lot_due.c.quantity)
    .order_by(lot_due.c.due_us, lot_due.c.id)
)  # fmt: skip
_DUE = Fast(_OPEN_DUE)
_LATE = Fast(_OPEN_DUE.where(lot_due.c.due_us < sa.bindparam("now_us")))


def lots_of(conn: sa.Connection, store_id: int) -> list[LotShown]:
    """The lots of spit guards that a store or its people have pieces of, the first to expire first."""
    asked = {"of_store": store_id}
    here: dict[int, int] = dict(_HERE.rows(conn, asked))
    out: dict[int, int] = dict(_OUT.rows(conn, asked))
    lots = {"lots": sorted({each for some in (here, out) for each, pieces in some.items() if pieces})}
    if not lots["lots"]:
        return []
    holds: dict[int, list[str]] = defaultdict(list)
    for lot_id, reason in _HELD_BACK.rows(conn, lots):
        holds[lot_id].append(reason)
    found = [
        LotShown(
            lot_id, lot_no, product, expires_on, here.get(lot_id, 0), int(out.get(lot_id, 0)), tuple(holds[lot_id])
        )
        for lot_id, lot_no, product, expires_on in _LOTS.rows(conn, lots)
    ]
    return sorted(found, key=lambda each: (each.expires_on or "9999", each.lot_no))


def carried(conn: sa.Connection, store_id: int) -> list[Carried]:
    """What people of a store carry, by lot; those who owe some back first."""
    due: dict[tuple[int, int], int] = {}
    for person_id, lot_id, _, _, due_us, _, _ in _DUE.rows(conn):
        due.setdefault((person_id, lot_id), due_us)
    rows = _CARRIED.rows(conn, {"of_store": store_id, "most": OUT_AT_MOST})
    found = [
        Carried(person_id, lot_id, lot_no, quantity, due.get((person_id, lot_id)))
        for person_id, lot_id, lot_no, quantity in rows
    ]
    return sorted(found, key=lambda each: (each.due_us is None, each.due_us or 0))


def not_back(conn: sa.Connection, now_us: int) -> list[Lasting]:
    """What went out on an override for one duty that is over: an alarm for each such issue, until it is back."""
    return [
        Lasting(
            Raise(
                NOT_BACK,
                f"{_pieces(out)} of lot {lot_no} went out for one duty, which is over. Book them in, or write down what"
                f" became of them (issue {due_id}).",
                store_id,
                None,
                person_id,
            ),
            due_us,
        )
        for person_id, _, lot_no, out, due_us, store_id, due_id in _LATE.rows(conn, {"now_us": now_us})
    ]


def _pieces(number: int) -> str:
    return "1 spit guard" if number == 1 else f"{number} spit guards"


# ---- what each month took ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Taken:
    """What one lot (or the guards with serials of their own) came to in a store and a month, in pieces by reason.

    `references` are the different use-of-force references written down; `unreferenced` are applications without one.
    """

    store_id: int
    month: str
    lot: str
    by_reason: Mapping[str, int]
    references: frozenset[str]
    unreferenced: int

    @property
    def used(self) -> int:
        """How many were applied."""
        return self.by_reason.get("USED", 0)


@dataclass(frozen=True, slots=True)
class Month:
    """A store's month: its lots, and the number of reports that the force gives for it (None: not given yet)."""

    store_id: int
    month: str
    lots: tuple[Taken, ...]
    reported: int | None = None
    source: str | None = None

    @property
    def used(self) -> int:
        """How many were applied."""
        return sum(each.used for each in self.lots)

    @property
    def references(self) -> int:
        """How many different references stand for them."""
        return len({one for each in self.lots for one in each.references})

    @property
    def unreferenced(self) -> int:
        """How many applications have none yet."""
        return sum(each.unreferenced for each in self.lots)

    @property
    def difference(self) -> int | None:
        """Applied here more (or, below nought, fewer) than reported; None where no number is given."""
        return None if self.reported is None else self.used - self.reported

    def of(self, reason: str) -> int:
        """How many pieces went for this reason."""
        return sum(each.by_reason.get(reason, 0) for each in self.lots)


_CONSUMED = Fast(
    sa.select(
        use_declared.c.id, use_declared.c.store_id, use_declared.c.used_us, use_declared.c.reason,
        use_declared.c.quantity, use_declared.c.uof_ref, lot.c.lot_no,
    )
    .select_from(
        use_declared.outerjoin(item, item.c.id == use_declared.c.item_id).outerjoin(
            lot, lot.c.id == sa.func.coalesce(use_declared.c.lot_id, item.c.lot_id)
        )
    )
    .where(
        among(use_declared.c.store_id, "stores"), use_declared.c.at_us >= sa.bindparam("from_us"),
        use_declared.c.used_us >= sa.bindparam("from_us"), use_declared.c.used_us < sa.bindparam("until_us"),
        use_declared.c.reason.is_not(None),
    )
    .order_by(use_declared.c.id)
)  # fmt: skip
_ANSWERED = Fast(
    sa.select(use_answer.c.use_id, use_answer.c.facts)
    .where(among(use_answer.c.use_id, "uses"), use_answer.c.point == sa.literal_column("'UOF_REF'"))
    .order_by(use_answer.c.id)
)
_REPORTED = Fast(
    sa.select(force_count.c.store_id, force_count.c.month, force_count.c.number, force_count.c.source)
    .where(among(force_count.c.store_id, "stores"), force_count.c.month >= sa.bindparam("first"))
    .order_by(force_count.c.recorded_us, force_count.c.id)
)


@dataclass(slots=True)
class _Sum:
    by_reason: dict[str, int] = field(default_factory=dict)
    references: set[str] = field(default_factory=set)
    unreferenced: int = 0


def months(conn: sa.Connection, store_ids: Sequence[int], now_us: int, number: int = 12) -> list[Month]:
    """The last `number` London months of these stores, this one among them, newest first; quiet ones too where the
    force gave a number."""
    first = add_months(local_day(now_us).replace(day=1), 1 - min(max(number, 1), MONTHS_MAX))
    asked = {"stores": sorted(set(store_ids)), "from_us": day_start_us(first), "until_us": now_us + 1}
    rows = _CONSUMED.rows(conn, asked) if store_ids else []
    later = {use_id: _reference(facts) for use_id, facts in _ANSWERED.rows(conn, {"uses": [row[0] for row in rows]})}
    sums: dict[tuple[int, str], dict[str, _Sum]] = defaultdict(lambda: defaultdict(_Sum))
    for row in rows:
        _add(sums[row[1], local_day(row[2]).isoformat()[:7]][row[6] or BY_SERIAL], row, later.get(row[0]))
    given = {
        (store_id, month): (reported, source)
        for store_id, month, reported, source in _REPORTED.rows(
            conn, {"stores": asked["stores"], "first": first.isoformat()[:7]}
        )
    }
    keys = sorted(sums.keys() | given.keys(), key=lambda key: (key[1], -key[0]), reverse=True)
    return [_month(key, sums.get(key, {}), given.get(key, (None, None))) for key in keys]


def _add(to: _Sum, row: Row, answered: str | None) -> None:
    _, _, _, reason, quantity, uof_ref, _ = row
    pieces = quantity or 1
    to.by_reason[reason] = to.by_reason.get(reason, 0) + pieces
    reference = uof_ref or answered
    if reason == "USED" and reference:
        to.references.add(reference.strip().upper())
    elif reason == "USED":
        to.unreferenced += 1


def _month(key: tuple[int, str], lots: Mapping[str, _Sum], given: tuple[int | None, str | None]) -> Month:
    taken = tuple(
        Taken(*key, name, dict(one.by_reason), frozenset(one.references), one.unreferenced)
        for name, one in sorted(lots.items())
    )
    return Month(*key, taken, *given)


def _reference(facts: str) -> str | None:
    told = json.loads(facts).get("reference")
    return told if isinstance(told, str) else None

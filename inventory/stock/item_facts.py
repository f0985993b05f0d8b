"""Reads what is known of many items and lots at once, in a handful of statements of constant text.

One rule for the editor: this gathers and never judges. A statement is added only for a fact that a rule reads,
and it is asked once a batch, never once an item.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import sqlalchemy as sa

from inventory.schema.custody import custody
from inventory.schema.fast import Fast, Row, among
from inventory.schema.service import bridge, device_state
from inventory.schema.steps import Steps, read
from inventory.schema.stock import bay, fitting, hold, hold_lift, inspection, item, lot, lot_balance
from inventory.schema.vendor import vendor_fact
from inventory.stock.kit_facts import BayFacts, CheckFacts, ItemFacts, LotFacts, VendorFacts

SAME_TIME_US = 600_000_000
"""Two bays that say they hold one item disagree when they spoke within this time; else the later is right."""
_CHECKED_KINDS: tuple[sa.ColumnElement[str], ...] = tuple(
    sa.literal_column(f"'{kind}'") for kind in ("CED_HANDLE", "CED_BATTERY")
)
_VENDOR_SAYS: tuple[sa.ColumnElement[str], ...] = tuple(
    sa.literal_column(f"'{fact}'") for fact in ("CHARGE", "FIRMWARE")
)
"""What a rule reads of what a vendor's file may say. When it was docked is kept as a check."""

DEPTH_MAX = 3
"""A cartridge in a magazine in a handle; nothing is loaded deeper."""

_ITEMS = Fast(
    sa.select(
        item.c.id, item.c.kind, item.c.maker, item.c.serial, item.c.model, item.c.home_store_id, item.c.pool,
        item.c.purpose, item.c.variant, item.c.expires_on, item.c.in_service_on, item.c.personal_to,
        item.c.lot_id, custody.c.holder, custody.c.holder_id, lot.c.expires_on,
    )
    .select_from(
        item.outerjoin(custody, sa.and_(custody.c.item_id == item.c.id, custody.c.closed_entry.is_(None)))
        .outerjoin(lot, lot.c.id == item.c.lot_id)
    )
    .where(among(item.c.id, "ids"))
)  # fmt: skip
_HELD_BACK = Fast(
    sa.union_all(
        sa.select(hold.c.item_id, hold.c.reason)
        .select_from(hold.outerjoin(hold_lift, hold_lift.c.hold_id == hold.c.id))
        .where(among(hold.c.item_id, "ids"), hold_lift.c.hold_id.is_(None)),
        # What holds a lot back holds back every item that came from it.
        sa.select(item.c.id, hold.c.reason)
        .select_from(
            item.join(hold, hold.c.lot_id == item.c.lot_id).outerjoin(
                hold_lift, hold_lift.c.hold_id == hold.c.id
            )
        )
        .where(among(item.c.id, "ids"), hold_lift.c.hold_id.is_(None)),
    )
)
_LOTS_HELD_BACK = Fast(
    sa.select(hold.c.lot_id, hold.c.reason)
    .select_from(hold.outerjoin(hold_lift, hold_lift.c.hold_id == hold.c.id))
    .where(among(hold.c.lot_id, "ids"), hold_lift.c.hold_id.is_(None))
)
_SPOKE = device_state.alias("spoke")
_ITSELF = device_state.alias("itself")
_BAYS = Fast(
    sa.select(
        bay.c.item_id, bay.c.store_id, bay.c.present, bay.c.observed_us, bay.c.charge_percent,
        bay.c.files_pending, bay.c.free_mb, bay.c.firmware, bay.c.clock_offset_ms, bay.c.fault,
        sa.func.coalesce(_ITSELF.c.driver, _SPOKE.c.driver),
        # Of the dock that names itself, else of the device that spoke for it: never of one the name of the other.
        sa.case((_ITSELF.c.driver.is_(None), _SPOKE.c.firmware), else_=_ITSELF.c.firmware),
    )
    .select_from(
        bay.outerjoin(
            _SPOKE, sa.and_(_SPOKE.c.bridge_id == bay.c.bridge_id, _SPOKE.c.device == bay.c.device)
        )
        .outerjoin(bridge, bridge.c.id == bay.c.bridge_id)
        .outerjoin(
            _ITSELF,
            sa.and_(
                _ITSELF.c.bridge_id == bay.c.bridge_id,
                _ITSELF.c.device == sa.func.substr(bay.c.dock, sa.func.length(bridge.c.name) + sa.literal_column("2")),
            ),
        )
    )
    .where(among(bay.c.item_id, "ids"))
)  # fmt: skip
_FITTED = Fast(
    sa.select(fitting.c.child_id, fitting.c.parent_id)
    .where(among(fitting.c.child_id, "ids"), fitting.c.to_us.is_(None))
    .union(
        sa.select(fitting.c.child_id, fitting.c.parent_id).where(
            among(fitting.c.parent_id, "ids"), fitting.c.to_us.is_(None)
        )
    )
)
_VENDOR = Fast(
    sa.select(
        vendor_fact.c.item_id, vendor_fact.c.fact, vendor_fact.c.number, vendor_fact.c.words, vendor_fact.c.at_us
    ).where(among(vendor_fact.c.item_id, "ids"), vendor_fact.c.fact.in_(_VENDOR_SAYS))
)
_LOTS = Fast(
    sa.select(lot.c.id, lot.c.kind, lot.c.maker, lot.c.lot_no, lot.c.product, lot.c.expires_on).where(
        among(lot.c.id, "ids")
    )
)
_BALANCES = Fast(
    sa.select(lot_balance.c.lot_id, lot_balance.c.holder_id, lot_balance.c.quantity).where(
        among(lot_balance.c.lot_id, "ids"),
        lot_balance.c.holder == sa.literal_column("'STORE'"),
        among(lot_balance.c.holder_id, "stores"),
    )
)


def _newest(kind: str) -> sa.ScalarSelect[int]:
    """The time of the newest check of a kind, negative where it failed: one number out of one index probe."""
    return (
        sa.select(
            sa.case(
                (inspection.c.passed == sa.literal_column("1"), inspection.c.at_us), else_=-inspection.c.at_us
            )
        )
        .where(inspection.c.item_id == item.c.id, inspection.c.kind == sa.literal_column(f"'{kind}'"))
        .order_by(inspection.c.at_us.desc(), inspection.c.id.desc())
        .limit(sa.literal_column("1"))
        .scalar_subquery()
    )


_CHECKS = Fast(
    sa.select(item.c.id, _newest("FULL_CHECK"), _newest("FUNCTION_TEST"), _newest("DOCKED")).where(
        among(item.c.id, "ids"), item.c.kind.in_(_CHECKED_KINDS)
    )
)


def read_items(conn: sa.Connection, ids: Iterable[int], *, fitted_too: bool = False) -> dict[int, ItemFacts]:
    """What is known of each item, by id; an unknown id has no entry.

    With `fitted_too`, also of what is loaded in them, and in that.
    """
    return read(conn, item_steps(ids, fitted_too=fitted_too))


def item_steps(ids: Iterable[int], *, fitted_too: bool = False) -> Steps[dict[int, ItemFacts]]:
    """The reader behind `read_items`."""
    found: dict[int, ItemFacts] = {}
    wanted = list(dict.fromkeys(ids))
    for _ in range(DEPTH_MAX if fitted_too else 1):
        if not wanted:
            break
        params = {"ids": wanted}
        rows = yield [(each, params) for each in (_ITEMS, _HELD_BACK, _BAYS, _FITTED, _CHECKS, _VENDOR)]
        made = _all_made(*rows)
        found |= made
        wanted = [child for each in made.values() for child in each.fitted if child not in found]
    return found


@dataclass(frozen=True, slots=True)
class _Beside:
    """What the other statements gave about a batch of items, by item id."""

    holds: Mapping[int, list[str]]
    checks: Mapping[int, Row]
    bays: Mapping[int, list[BayFacts]]
    inside: Mapping[int, list[int]]
    within: Mapping[int, int]
    vendor: Mapping[int, VendorFacts]


def _all_made(items: list[Row], *others: list[Row]) -> dict[int, ItemFacts]:
    holds, bays, fitted, checks, vendor = others
    inside, within = _fittings(fitted)
    beside = _Beside(
        holds=_grouped(holds),
        checks={row[0]: row[1:] for row in checks},
        bays=_by_item(bays),
        inside=inside,
        within=within,
        vendor=_of_vendors(vendor),
    )
    return {row[0]: _made(row, beside) for row in items}


def _made(row: Row, beside: _Beside) -> ItemFacts:
    full_check, function_test, docked = beside.checks.get(row[0], (None, None, None))
    last, count = _last_word(beside.bays.get(row[0], ()))
    return ItemFacts(
        id=row[0],
        kind=row[1],
        maker=row[2],
        serial=row[3],
        model=row[4],
        home_store_id=row[5],
        pool=row[6],
        purpose=row[7],
        variant=row[8],
        expires_on=_earlier(day_or_none(row[9]), day_or_none(row[15])),
        in_service_on=day_or_none(row[10]),
        personal_to=row[11],
        lot_id=row[12],
        holder=row[13],
        holder_id=row[14],
        holds=frozenset(beside.holds.get(row[0], ())),
        fitted_in=beside.within.get(row[0]),
        fitted=tuple(beside.inside.get(row[0], ())),
        full_check=_check(full_check),
        function_test=_check(function_test),
        docked_us=docked if docked is None or docked > 0 else None,
        bay=last,
        bays=count,
        vendor=beside.vendor.get(row[0]),
    )


def lot_steps(asked: Sequence[tuple[int, int, int]]) -> Steps[dict[tuple[int, int, int], LotFacts]]:
    """The reader of what is known of each (lot id, quantity, store id) asked for; an unknown lot has no entry."""
    if not asked:
        return {}
    ids, stores = list({lot_id for lot_id, _, _ in asked}), list({store_id for _, _, store_id in asked})
    lot_rows, held_back, balance_rows = yield [
        (_LOTS, {"ids": ids}),
        (_LOTS_HELD_BACK, {"ids": ids}),
        (_BALANCES, {"ids": ids, "stores": stores}),
    ]
    lots = {row[0]: row for row in lot_rows}
    holds = _grouped(held_back)
    balances = {(row[0], row[1]): row[2] for row in balance_rows}
    return {
        key: LotFacts(
            id=key[0],
            kind=lots[key[0]][1],
            maker=lots[key[0]][2],
            lot_no=lots[key[0]][3],
            model=lots[key[0]][4],
            quantity=key[1],
            balance=balances.get((key[0], key[2]), 0),
            expires_on=day_or_none(lots[key[0]][5]),
            holds=frozenset(holds.get(key[0], ())),
        )
        for key in asked
        if key[0] in lots
    }


def day_or_none(text: str | None) -> date | None:
    """A stored date; what is no date is not known."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _earlier(one: date | None, other: date | None) -> date | None:
    return min(one, other) if one and other else one or other


def _check(signed_us: int | None) -> CheckFacts | None:
    return None if signed_us is None else CheckFacts(abs(signed_us), signed_us > 0)


def _grouped(rows: Iterable[Row]) -> dict[int, list[str]]:
    groups: dict[int, list[str]] = defaultdict(list)
    for key, value in rows:
        groups[key].append(value)
    return groups


def _by_item(rows: Iterable[Row]) -> dict[int, list[BayFacts]]:
    groups: dict[int, list[BayFacts]] = defaultdict(list)
    for item_id, store_id, present, *rest in rows:
        groups[item_id].append(BayFacts(store_id, None if present is None else bool(present), *rest))
    return groups


def _of_vendors(rows: Iterable[Row]) -> dict[int, VendorFacts]:
    found: dict[int, VendorFacts] = {}
    for item_id, fact, number, words, at_us in rows:
        told = {"charge_percent": number, "charge_us": at_us} if fact == "CHARGE" else {
            "firmware": words, "firmware_us": at_us,
        }  # fmt: skip
        found[item_id] = replace(found.get(item_id, VendorFacts()), **told)
    return found


def _last_word(bays: Sequence[BayFacts]) -> tuple[BayFacts | None, int]:
    """The newest word of any bay about an item, and how many bays say, at that time, that they hold it."""
    if not bays:
        return None, 0
    last = max(bays, key=lambda each: each.observed_us)
    agree = [each for each in bays if each.present and last.observed_us - each.observed_us <= SAME_TIME_US]
    return last, len(agree)


def _fittings(rows: Iterable[Row]) -> tuple[dict[int, list[int]], dict[int, int]]:
    """Parent -> what is loaded in it, and child -> what it is loaded in."""
    inside: dict[int, list[int]] = defaultdict(list)
    within: dict[int, int] = {}
    for child_id, parent_id in sorted(rows):
        inside[parent_id].append(child_id)
        within[child_id] = parent_id
    return inside, within

"""What pages read that no other part of the service asks for. Reads only.

One rule for the editor: no rule lives in SQL. Whether kit is ready or late is for the kit store to say.
"""

from typing import Any

import sqlalchemy as sa

from api.store_reads import Rows, named
from inventory.custody.visits import HERE
from inventory.schema.custody import alarm, custody, ledger, visit
from inventory.schema.fast import Fast, among
from inventory.schema.people import capability_grant, person, place, store
from inventory.schema.stock import bay, inspection, item

_PLACE = Fast(
    sa.select(place.c.id, place.c.name, place.c.activity, store.c.id, store.c.name)
    .select_from(place.join(store, store.c.id == place.c.store_id))
    .where(place.c.id == sa.bindparam("place_id"))
)
_CHECKS = Fast(
    sa.select(
        inspection.c.id, inspection.c.kind, inspection.c.at_us, inspection.c.by_person, inspection.c.passed,
        inspection.c.detail,
    )
    .where(inspection.c.item_id == sa.bindparam("item_id"))
    .order_by(inspection.c.at_us)
)  # fmt: skip
_BAY_OF = Fast(
    sa.select(
        bay.c.dock, bay.c.bay, bay.c.word, bay.c.charge_percent, bay.c.observed_us, bay.c.store_id
    ).where(bay.c.item_id == sa.bindparam("item_id"), bay.c.present == 1)
)
_ALARMS = Fast(
    sa.select(
        alarm.c.id,
        alarm.c.kind,
        alarm.c.detail,
        alarm.c.raised_us,
        alarm.c.store_id,
        alarm.c.item_id,
        alarm.c.person_id,
        item.c.kind,
        item.c.serial,
    )
    .select_from(alarm.outerjoin(item, item.c.id == alarm.c.item_id))
    .where(alarm.c.settled_us.is_(None))
    .order_by(alarm.c.raised_us.desc())
)
_SETTLED = Fast(
    sa.select(
        alarm.c.id, alarm.c.kind, alarm.c.detail, alarm.c.raised_us, alarm.c.store_id, alarm.c.item_id,
        alarm.c.person_id, item.c.kind, item.c.serial, alarm.c.settled_us, alarm.c.settled_by, alarm.c.settlement,
    )
    .select_from(alarm.outerjoin(item, item.c.id == alarm.c.item_id))
    .where(alarm.c.settled_us >= sa.bindparam("since_us"))
    .order_by(alarm.c.settled_us.desc(), alarm.c.id.desc())
    .limit(400)
)  # fmt: skip
_OF_ITEM = Fast(
    sa.select(
        alarm.c.id, alarm.c.kind, alarm.c.detail, alarm.c.raised_us, alarm.c.store_id, alarm.c.person_id,
        alarm.c.settled_us, alarm.c.settled_by, alarm.c.settlement,
    )
    .where(alarm.c.item_id == sa.bindparam("item_id"))
    .order_by(alarm.c.raised_us)
)  # fmt: skip
_OVERDUE = Fast(
    sa.select(
        custody.c.item_id, item.c.kind, item.c.model, item.c.serial, custody.c.person_id, custody.c.planned_return_us,
        item.c.home_store_id,
    )
    .select_from(custody.join(item, item.c.id == custody.c.item_id))
    .where(
        custody.c.closed_entry.is_(None), custody.c.person_id.is_not(None),
        custody.c.planned_return_us < sa.bindparam("now_us"),
    )
    .order_by(custody.c.planned_return_us, item.c.serial)
)  # fmt: skip
_COUNTS = Fast(
    sa.select(item.c.home_store_id, item.c.kind, custody.c.holder, sa.func.count())
    .select_from(custody.join(item, item.c.id == custody.c.item_id))
    .where(custody.c.closed_entry.is_(None))
    .group_by(item.c.home_store_id, item.c.kind, custody.c.holder)
)
_HISTORY = Fast(
    sa.select(
        custody.c.item_id, item.c.kind, item.c.model, item.c.serial, custody.c.opened_us, custody.c.closed_us,
        custody.c.basis, ledger.c.kind.label("ended"),
    )
    .select_from(
        custody.join(item, item.c.id == custody.c.item_id).outerjoin(ledger, ledger.c.id == custody.c.closed_entry)
    )
    .where(custody.c.person_id == sa.bindparam("person_id"), custody.c.closed_entry.is_not(None))
    .order_by(custody.c.closed_us.desc(), custody.c.opened_us.desc(), item.c.kind, item.c.serial)
    .limit(60)
)  # fmt: skip
_HOLDING_CAPABILITY = Fast(
    sa.select(capability_grant.c.capability, person.c.given_name, person.c.family_name, person.c.id)
    .select_from(capability_grant.join(person, person.c.id == capability_grant.c.person_id))
    .where(
        capability_grant.c.from_us <= sa.bindparam("now_us"),
        sa.or_(capability_grant.c.to_us.is_(None), capability_grant.c.to_us > sa.bindparam("now_us")),
        sa.or_(
            capability_grant.c.store_id.is_(None),
            capability_grant.c.store_id == sa.cast(sa.bindparam("store_id"), sa.BigInteger),
        ),
        among(capability_grant.c.capability, "capabilities", texts=True),
    )
    .order_by(capability_grant.c.capability, person.c.family_name)
)
_VISITS = Fast(
    sa.select(visit.c.place_id, visit.c.state, sa.func.count())
    .where(visit.c.store_id == sa.bindparam("store_id"), HERE)
    .group_by(visit.c.place_id, visit.c.state)
)


def place_named(conn: sa.Connection, place_id: int) -> dict[str, Any] | None:
    """A place and its store by name; None where there is none."""
    names = ("id", "place", "activity", "store_id", "store")
    return next(iter(named(_PLACE.rows(conn, {"place_id": place_id}), *names)), None)


def checks(conn: sa.Connection, item_id: int) -> Rows:
    """Every inspection of an item, oldest first."""
    names = ("id", "kind", "at_us", "by_person", "passed", "detail")
    return named(_CHECKS.rows(conn, {"item_id": item_id}), *names)


def bay_of(conn: sa.Connection, item_id: int) -> dict[str, Any] | None:
    """The bay an item stands in, if it stands in one."""
    names = ("dock", "bay", "word", "charge_percent", "observed_us", "store_id")
    return next(iter(named(_BAY_OF.rows(conn, {"item_id": item_id}), *names)), None)


def open_alarms(conn: sa.Connection) -> Rows:
    """Every alarm nobody has settled, newest first."""
    names = ("id", "kind", "detail", "raised_us", "store_id", "item_id", "person_id", "item_kind", "serial")
    return named(_ALARMS.rows(conn), *names)


def settled_alarms(conn: sa.Connection, since_us: int) -> Rows:
    """The alarms that somebody settled since then, the latest first, with who did and what was found."""
    names = (
        "id", "kind", "detail", "raised_us", "store_id", "item_id", "person_id", "item_kind", "serial", "settled_us",
        "settled_by", "settlement",
    )  # fmt: skip
    return named(_SETTLED.rows(conn, {"since_us": since_us}), *names)


def alarms_of(conn: sa.Connection, item_id: int) -> Rows:
    """Every alarm about an item, settled ones with who did and what was found."""
    names = (
        "id", "kind", "detail", "raised_us", "store_id", "person_id", "settled_us", "settled_by", "settlement",
    )  # fmt: skip
    return named(_OF_ITEM.rows(conn, {"item_id": item_id}), *names)


def overdue(conn: sa.Connection, now_us: int) -> Rows:
    """Everything that should have been back by now, longest first."""
    names = ("item_id", "kind", "model", "serial", "person_id", "planned_return_us", "store_id")
    return named(_OVERDUE.rows(conn, {"now_us": now_us}), *names)


def counts(conn: sa.Connection) -> Rows:
    """How many items of each store's books, by kind and by who holds them."""
    return named(_COUNTS.rows(conn), "store_id", "kind", "holder", "number")


def history(conn: sa.Connection, person_id: int) -> Rows:
    """The last sixty things a person had and gave back or passed on."""
    names = ("item_id", "kind", "model", "serial", "opened_us", "closed_us", "basis", "ended")
    return named(_HISTORY.rows(conn, {"person_id": person_id}), *names)


def people_with(
    conn: sa.Connection, capabilities: tuple[str, ...], store_id: int | None, now_us: int
) -> Rows:
    """Who holds one of these capabilities in a store (or in every store)."""
    params = {"capabilities": list(capabilities), "store_id": store_id, "now_us": now_us}
    return named(_HOLDING_CAPABILITY.rows(conn, params), "capability", "given_name", "family_name", "id")


def visits_here(conn: sa.Connection, store_id: int) -> Rows:
    """How many visits are open or parked at each place of a store."""
    return named(_VISITS.rows(conn, {"store_id": store_id}), "place_id", "state", "number")

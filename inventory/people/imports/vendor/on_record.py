"""What the kit store holds about the items that a vendor's file names: asked in a handful of statements a file.

One rule for the editor: this reads and never judges. What the vendor said before, what our own docks said, and who
has it are kept apart, so that none is taken for another.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.people.credentials import COLLAR
from inventory.people.imports.vendor.rows import Value, VendorRow
from inventory.schema.custody import custody
from inventory.schema.fast import Fast, among
from inventory.schema.people import binding, person, store
from inventory.schema.stock import bay, inspection, item
from inventory.schema.vendor import vendor_fact

_ITEMS = Fast(
    sa.select(
        item.c.serial, item.c.id, item.c.maker, item.c.kind, item.c.home_store_id, item.c.expires_on,
        item.c.personal_to, custody.c.holder, custody.c.holder_id, custody.c.opened_us,
    )
    .select_from(item.outerjoin(custody, sa.and_(custody.c.item_id == item.c.id, custody.c.closed_entry.is_(None))))
    .where(among(item.c.serial, "serials", texts=True))
)  # fmt: skip
_FACTS = Fast(
    sa.select(
        vendor_fact.c.item_id, vendor_fact.c.fact, vendor_fact.c.number, vendor_fact.c.words, vendor_fact.c.at_us
    ).where(among(vendor_fact.c.item_id, "ids"))
)
_DOCKED = Fast(
    sa.select(inspection.c.item_id, sa.func.max(inspection.c.at_us))
    .where(inspection.c.kind == sa.literal_column("'DOCKED'"), among(inspection.c.item_id, "ids"))
    .group_by(inspection.c.item_id)
)
_IN_BAY = Fast(
    sa.select(bay.c.item_id, bay.c.observed_us).where(
        among(bay.c.item_id, "ids"), bay.c.present == sa.literal_column("1")
    )
)
_STORES = Fast(sa.select(store.c.id, store.c.name))
_SAME = sa.func.coalesce(person.c.same_as, person.c.id)
_COLLARS = Fast(
    sa.select(binding.c.value, _SAME)
    .select_from(binding.join(person, person.c.id == binding.c.person_id))
    .where(
        binding.c.technology == sa.literal_column(f"'{COLLAR}'"),
        binding.c.to_us.is_(None),
        among(binding.c.value, "collars", texts=True),
    )
)
_HOLDERS = Fast(
    sa.select(person.c.id, _SAME, binding.c.value)
    .select_from(
        person.outerjoin(
            binding,
            sa.and_(
                binding.c.person_id == person.c.id,
                binding.c.technology == sa.literal_column(f"'{COLLAR}'"),
                binding.c.to_us.is_(None),
            ),
        )
    )
    .where(among(person.c.id, "ids"))
)


@dataclass(frozen=True, slots=True)
class KnownItem:
    """One item: what it is, and who has it by the ledger."""

    id: int
    maker: str
    kind: str
    home_store_id: int
    expires_on: str | None
    personal_to: int | None
    holder: str | None
    holder_id: int | None
    opened_us: int | None


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What is known before a file is judged. `facts` and `docked_us` are changed as its rows are taken.

    `people` are canonical ids by any id of theirs, `collars` those ids by collar, `collar_of` the collar of an id.
    """

    items: dict[str, list[KnownItem]]
    facts: dict[tuple[int, str], Value]
    docked_us: dict[int, int]
    stores: dict[int, str]
    collars: dict[str, int]
    people: dict[int, int]
    collar_of: dict[int, str]


def on_record(conn: sa.Connection, rows: Iterable[VendorRow]) -> OnRecord:
    """Everything that is held about what `rows` name."""
    rows = list(rows)
    items: dict[str, list[KnownItem]] = defaultdict(list)
    for serial, *facts in _ITEMS.rows(conn, {"serials": sorted({row.serial for row in rows})}):
        items[serial].append(KnownItem(*facts))
    found = [each for many in items.values() for each in many]
    ids = {"ids": [each.id for each in found]}
    docked: dict[int, int] = dict(_DOCKED.rows(conn, ids))
    for item_id, observed_us in _IN_BAY.rows(conn, ids):
        docked[item_id] = max(docked.get(item_id, 0), observed_us)
    said = {row.facts["ASSIGNED_COLLAR"].words for row in rows if "ASSIGNED_COLLAR" in row.facts}
    collars: dict[str, int] = dict(_COLLARS.rows(conn, {"collars": sorted(each for each in said if each)}))
    holders = {each.holder_id for each in found if each.holder == "PERSON"} | {each.personal_to for each in found}
    known = _HOLDERS.rows(conn, {"ids": sorted(each for each in holders if each)})
    return OnRecord(
        items=dict(items),
        facts={(row[0], row[1]): Value(row[2], row[3], row[4]) for row in _FACTS.rows(conn, ids)},
        docked_us=docked,
        stores=dict(_STORES.rows(conn)),
        collars=collars,
        people={row[0]: row[1] for row in known},
        collar_of={row[0]: row[2] for row in known if row[2]},
    )

"""Q5: cartridges that expire within 30, 90 and 180 days, by store, beside what the store needs.

One rule for the editor: what expires is read where every list of dates reads it (`custody.coming_due`). What should be
lent to whom is solved on the managers' console, where the transfer is opened too.
"""

from collections import Counter, defaultdict

import sqlalchemy as sa

from inventory.custody.coming_due import expiring
from inventory.oversight.force_kit import ForceKit
from inventory.oversight.lending import Force, need_of
from inventory.oversight.moments import open_stores
from inventory.oversight.redistribute import BANDS, band_of
from inventory.oversight.reports.report import Answer, Asked, Column, Parameter, Plot, Report, Row
from inventory.oversight.targets import targets_on
from inventory.people.calendar import local_day
from inventory.schema.custody import custody
from inventory.schema.fast import Fast
from inventory.schema.stock import item

CARTRIDGE = "CED_CARTRIDGE"
_HERE = Fast(
    sa.select(custody.c.holder_id, item.c.model, sa.func.count())
    .select_from(custody.join(item, item.c.id == custody.c.item_id))
    .where(
        custody.c.closed_entry.is_(None),
        custody.c.holder == sa.literal_column("'STORE'"),
        item.c.kind == sa.literal_column(f"'{CARTRIDGE}'"),
        item.c.pool == sa.literal_column("'OPERATIONAL'"),
    )
    .group_by(custody.c.holder_id, item.c.model)
)
_OPERATIONAL = Fast(
    sa.select(item.c.id).where(
        item.c.kind == sa.literal_column(f"'{CARTRIDGE}'"),
        item.c.pool == sa.literal_column("'OPERATIONAL'"),
        item.c.expires_on <= sa.bindparam("day"),
    )
)


def ask(conn: sa.Connection, asked: Asked) -> Answer:
    """A row a store and model of which something expires or has expired, or which the store has."""
    wanted = asked.given.get("store")
    stores = [each for each in open_stores(conn) if wanted in (None, each.id)]
    soon = expiring(conn, BANDS[-1], asked.now_us)
    last = max((each.expires_on for each in soon), default=local_day(asked.now_us)).isoformat()
    own = {row[0] for row in _OPERATIONAL.rows(conn, {"day": last})}
    bands: dict[tuple[int, str], Counter[int]] = defaultdict(Counter)
    for each in soon:
        if each.item_id in own:
            bands[each.store_id, each.model][-1 if each.days < 0 else band_of(each.days)] += 1
    here = {(row[0], row[1]): int(row[2]) for row in _HERE.rows(conn)}
    force = Force(stores, ForceKit({}, {}), targets_on(conn, local_day(asked.now_us)), asked.policy, asked.now_us)
    rows: list[Row] = []
    for store in stores:
        models = sorted({model for store_id, model in (*here, *bands) if store_id == store.id})
        rows += [
            (store.id, model, *(bands[store.id, model][n] for n in (-1, 0, 1, 2)), here.get((store.id, model), 0),
             need_of(force, CARTRIDGE, store, (model,)))
            for model in models
        ]  # fmt: skip
    counted = {"expired": 2, "d30": 3, "d90": 4, "d180": 5}
    totals = {name: sum(int(row[n] or 0) for row in rows) for name, n in counted.items()}
    notes = ("Which store could lend what to which is on the managers' console, with the transfer to open.",)
    return Answer(rows, notes, frozenset(), totals)


REPORT = Report(
    name="expiring-cartridges",
    question="Q5",
    title="Cartridges that expire",
    definition=(
        "Cartridges of the operational pool by the date printed on them, on the shelf or out, with the store that has"
        " them or whose they are: expired already, within 30 days, 31 to 90, 91 to 180. In store: all that are there."
        " Need: what the store's targets ask at its busiest, times what a set is drawn with."
    ),
    trap=(
        "The date is the last good day; a duty that ends after it cannot be drawn for. Cartridges for training are left"
        " out: they may be past their date."
    ),
    source="Design domain.md 5.3, Q5",
    seers=("STORE_MANAGER", "CED_SPOC", "TECHNICIAN", "SUPERVISOR", "PLANNER", "AUDITOR"),
    columns=(
        Column("store", "Store", "store"), Column("model", "Model"), Column("expired", "Expired", "count"),
        Column("d30", "Within 30 days", "count"), Column("d90", "31 to 90 days", "count"),
        Column("d180", "91 to 180 days", "count"), Column("here", "In store", "count"),
        Column("need", "Need", "count"),
    ),
    ask=ask,
    parameters=(Parameter("store", "Store", "store", optional=True),),
    plot=Plot("stacked", "store", ("expired", "d30", "d90", "d180")),
)  # fmt: skip

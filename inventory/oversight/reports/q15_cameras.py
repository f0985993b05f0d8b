"""Q15: cameras ready against people rostered, and cameras behind: films to upload, not docked, and use without one.

One rule for the editor: ready is the gate's own word (`gate.camera_ready`), rostered is `people.roster`'s, and what a
dock said last is its bay's. Nothing is ready because nobody said otherwise.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from inventory.gate.camera_ready import statements
from inventory.oversight.reports.period import STORE, among_stores, hours, last_days, since_us, stores_asked
from inventory.oversight.reports.report import Answer, Asked, Column, Parameter, Plot, Report, Row
from inventory.people.calendar import HOUR_US
from inventory.people.roster import rostered
from inventory.people.stores import shift_at_hatch
from inventory.schema.custody import custody
from inventory.schema.fast import Fast, among
from inventory.schema.stock import bay, item
from inventory.schema.stocktake import item_seen
from inventory.schema.uses import use_declared, use_item

SEERS = ("STORE_MANAGER", "SUPERVISOR", "DUTY_INSPECTOR", "TECHNICIAN", "AUDITOR", "PLANNER", "ADMINISTRATOR")
EARLY_US, LATE_US = 24 * HOUR_US, 48 * HOUR_US
_CAMERAS = Fast(
    sa.select(
        item.c.id, item.c.home_store_id, item.c.personal_to, custody.c.holder, custody.c.holder_id, custody.c.opened_us,
        bay.c.present, bay.c.files_pending,
        sa.case((item_seen.c.way == sa.literal_column("'DOCK'"), item_seen.c.seen_us)),
    )
    .select_from(
        item.join(custody, sa.and_(custody.c.item_id == item.c.id, custody.c.closed_entry.is_(None)))
        .outerjoin(bay, bay.c.item_id == item.c.id)
        .outerjoin(item_seen, item_seen.c.item_id == item.c.id)
    )
    .where(item.c.kind == sa.literal_column("'BWV_CAMERA'"), custody.c.holder.in_(("STORE", "PERSON")))
    .order_by(item.c.id)
)  # fmt: skip
_USED = Fast(
    sa.select(use_declared.c.id, use_declared.c.store_id, use_declared.c.person_id, use_declared.c.used_us)
    .where(
        among(use_declared.c.store_id, "stores"), use_declared.c.at_us >= sa.bindparam("from_us"),
        use_declared.c.person_id.is_not(None),
        use_declared.c.sort == sa.literal_column("'OPERATIONAL'"), use_declared.c.uses != sa.literal_column("''"),
        sa.exists().where(
            use_item.c.use_id == use_declared.c.id, use_item.c.part == sa.literal_column("'HANDLE'")
        ),
    )
)  # fmt: skip
_HAD_CAMERA = Fast(
    sa.select(sa.func.count())
    .select_from(custody.join(item, item.c.id == custody.c.item_id))
    .where(
        item.c.kind == sa.literal_column("'BWV_CAMERA'"), custody.c.person_id == sa.bindparam("person_id"),
        custody.c.opened_us <= sa.bindparam("at_us"),
        sa.or_(custody.c.closed_us.is_(None), custody.c.closed_us > sa.bindparam("at_us")),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera in use: who has it, whose it is, whether it stands in a bay, and how long it has not."""

    item_id: int
    store_id: int
    personal_to: int | None
    person_id: int | None
    is_docked: bool
    files: int
    undocked_us: int | None

    def since(self, now_us: int) -> int:
        """For how long it has not stood in a dock, at the least."""
        return 0 if self.is_docked or self.undocked_us is None else now_us - self.undocked_us


@dataclass(slots=True)
class _Store:
    rostered: set[int] = field(default_factory=set)
    shift: str | None = None
    carry: int = 0
    ready: int = 0
    cameras: int = 0
    backlog: int = 0
    late: int = 0
    later: int = 0
    without: int = 0


def cameras(conn: sa.Connection) -> list[Camera]:
    """Every camera that a store or a person has."""
    return [
        Camera(
            row[0], row[4] if row[3] == "STORE" else row[1], row[2], row[4] if row[3] == "PERSON" else None,
            row[6] == 1, row[7] or 0, row[8] if row[8] is not None else row[5],
        )
        for row in _CAMERAS.rows(conn)
    ]  # fmt: skip


def ready(conn: sa.Connection, asked: Asked) -> Answer:
    """Each store: who is on at its current or next shift, and what is ready for them."""
    found = cameras(conn)
    states = statements(
        conn, [each.item_id for each in found if each.person_id is None], asked.policy, asked.now_us
    )
    stores: dict[int, _Store] = defaultdict(_Store)
    for store_id in stores_asked(conn, asked):
        _roster(conn, stores[store_id], store_id, asked.now_us)
    for each in found:
        one = stores[each.store_id]
        one.cameras += 1
        one.backlog += each.files > 0
        one.late += each.since(asked.now_us) >= EARLY_US
        one.later += each.since(asked.now_us) >= LATE_US
        if each.person_id is not None:
            one.carry += each.person_id in one.rostered
        elif each.item_id in states and states[each.item_id].ready:
            one.ready += each.personal_to is None or each.personal_to in one.rostered
    for store_id, without in _without(conn, stores_asked(conn, asked), since_us(asked)).items():
        stores[store_id].without += without
    seen = {store_id: one for store_id, one in stores.items() if among_stores(asked, [store_id]) and _counts(one)}
    rows = [_row(store_id, one) for store_id, one in seen.items()]
    silent = sum(not one.rostered for one in seen.values())
    notes = (f"Stores with nobody on record for that shift: {silent}. No roster is not nobody.",) if silent else ()
    return Answer(rows, notes)


def _roster(conn: sa.Connection, one: _Store, store_id: int, now_us: int) -> None:
    window = shift_at_hatch(conn, store_id, now_us)
    if window is not None:
        one.shift = window.name
        duties = rostered(conn, store_id, window.starts_us, window.ends_us)
        one.rostered = {each.person_id for each in duties}


def _without(conn: sa.Connection, stores: Sequence[int], from_us: int) -> Mapping[int, int]:
    """How many declared uses of a CED were by somebody who had no camera then, by store."""
    found: dict[int, int] = defaultdict(int)
    for _, store_id, person_id, used_us in _USED.rows(conn, {"stores": list(stores), "from_us": from_us}):
        found[store_id] += not _HAD_CAMERA.rows(conn, {"person_id": person_id, "at_us": used_us})[0][0]
    return found


def _counts(one: _Store) -> bool:
    return bool(one.cameras or one.rostered or one.without)


def _row(store_id: int, one: _Store) -> Row:
    short = max(0, len(one.rostered) - one.carry - one.ready)
    return (
        store_id, one.shift, len(one.rostered), one.carry, one.ready, short, one.cameras, one.backlog, one.late,
        one.later, one.without,
    )  # fmt: skip


def behind(conn: sa.Connection, asked: Asked) -> Answer:
    """Each camera with films on board, or not in a dock for so many hours; the longest first."""
    least = asked.given["hours"]
    assert isinstance(least, int), "the parameter has a default"
    found = [
        each for each in cameras(conn)
        if among_stores(asked, [each.store_id])
        and (each.files > 0 or (not each.is_docked and each.since(asked.now_us) >= least * HOUR_US))
    ]  # fmt: skip
    found.sort(key=lambda each: (-each.since(asked.now_us), -each.files, each.item_id))
    rows: list[Row] = [
        (
            each.item_id, each.store_id, each.person_id, "In a dock" if each.is_docked else "Not in a dock",
            None if each.is_docked else each.undocked_us, hours(each.since(asked.now_us)), each.files,
        )
        for each in found
    ]  # fmt: skip
    people = frozenset(each.person_id for each in found if each.person_id is not None)
    return Answer(rows, (), people, {"cameras": len(rows), "files": sum(each.files for each in found)})


READY = Report(
    name="cameras-ready",
    question="Q15",
    title="Cameras ready against people rostered",
    definition=(
        "By store, for its current or next shift: different people rostered; those of them who hold a camera already;"
        " cameras in the store that the gate's own rules would issue now, assigned ones only where their officer is"
        " rostered; and how many people that leaves short. Beside it: cameras with films to upload, cameras that have"
        " not stood in a dock for 24 and 48 hours, and declared uses of a CED by somebody who held no camera then."
    ),
    trap=(
        "Nobody rostered means that no roster was given, not that nobody comes. Ready now is not ready at the shift's"
        " start: what charges may be, and what fails may not. Held is not worn, and not switched on."
    ),
    source="Design domain.md 5.3, Q15; no exemption for plain clothes (Kent O47)",
    seers=SEERS,
    columns=(
        Column("store", "Store", "store"), Column("shift", "Shift"), Column("rostered", "Rostered", "count"),
        Column("carry", "Hold one already", "count"), Column("ready", "Ready", "count"),
        Column("short", "Short", "count"), Column("cameras", "Cameras in use", "count"),
        Column("backlog", "Films to upload", "count"), Column("late", "Not docked 24 h", "count"),
        Column("later", "Not docked 48 h", "count"), Column("without", "Uses without a camera", "count"),
    ),
    ask=ready,
    parameters=(STORE, last_days(28)),
    plot=Plot("bars", "store", ("rostered", "ready")),
)  # fmt: skip

BEHIND = Report(
    name="cameras-behind",
    question="Q15",
    title="Cameras behind: films on board, or not docked",
    definition=(
        "Every camera that a store or a person has, that its dock says still holds films, or that has not stood in a"
        " dock for the hours asked for. Since: when a dock last said it stood there; where none is on record, since it"
        " came to whoever has it, so it was not docked for at least that long."
    ),
    trap=(
        "What a camera filmed since it was lifted out no dock can know: no films to upload means none when it left. A"
        " silent dock makes its cameras look late."
    ),
    source="Design domain.md 5.3, Q15, and 2.2 (not docked by the end of the duty)",
    seers=SEERS,
    columns=(
        Column("item", "Camera", "item"), Column("store", "Store", "store"), Column("person", "With", "person"),
        Column("where", "Where"), Column("since", "Since", "moment"), Column("age", "Not docked for", "hours"),
        Column("files", "Films to upload", "count"),
    ),
    ask=behind,
    parameters=(STORE, Parameter("hours", "Not docked for so many hours", "number", default=24, least=0, most=8760)),
    plot=Plot("ages", "where", ("age",)),
    names_people=True,
)  # fmt: skip

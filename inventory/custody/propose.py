"""Which unit the store would give to the person at the hatch, of those that stand in a bay: the gate asked beforehand.

One rule for the editor: nothing is judged here. A unit is proposed only where the gate would take it into this set now;
the order among those it would take is `ORDER`, and any other valid item is accepted as before.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from inventory.custody.drafts import ask_of, in_set
from inventory.custody.visits import Line, Visit
from inventory.gate.camera_ready import statements
from inventory.gate.decision import decide
from inventory.gate.gather import gather
from inventory.gate.kind_policy import Policy
from inventory.schema.custody import custody
from inventory.schema.fast import Fast
from inventory.schema.steps import read
from inventory.schema.stock import bay, item
from inventory.stock.docks import dock_said
from inventory.stock.kept import by_item, kept_steps
from inventory.stock.kinds import title

ORDER: Mapping[str, tuple[str, ...]] = {
    "BWV_CAMERA": ("kept", "own", "pointed", "fullest"),
    "CED_HANDLE": ("kept", "pointed", "first", "fullest"),
    "CED_BATTERY": ("kept", "pointed", "fullest", "first"),
}
"""Kind -> what counts, most first: what is reserved for the person; their own; the one that is lit for them already, so
that a light does not wander; the fullest; the first to expire. Then the dock and bay, so that two looks agree."""

ASKED_MOST = 4
"""Most units of a kind that the gate is asked about: a store of two hundred bays must not slow a scan."""

_ENDLESS = "9999-12-31"


@dataclass(frozen=True, slots=True)
class Standing:
    """A unit in a bay of this store. `is_own`: it is the person's; `is_pointed`: its bay is lit for them; `is_kept`: it
    is reserved for them."""

    item_id: int
    kind: str
    model: str
    serial: str
    expires_on: str | None
    dock: str
    bay: int
    charge_percent: int | None
    is_own: bool = False
    is_pointed: bool = False
    is_kept: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A visit and its lines."""

    visit: Visit
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What may be proposed: (kind, model) pairs ("" for any model), what is lit for this person already, and what is
    promised to somebody at another hatch or stands in a set."""

    kinds: frozenset[tuple[str, str]]
    pointed: frozenset[int] = frozenset()
    taken: frozenset[int] = frozenset()


_COLUMNS = (
    item.c.id, item.c.kind, item.c.model, item.c.serial, item.c.expires_on, bay.c.dock, bay.c.bay,
    bay.c.charge_percent, item.c.personal_to,
)  # fmt: skip
_IN_BAYS = Fast(
    sa.select(*_COLUMNS)
    .select_from(
        bay.join(item, item.c.id == bay.c.item_id).join(
            custody, sa.and_(custody.c.item_id == item.c.id, custody.c.closed_entry.is_(None))
        )
    )
    .where(
        bay.c.store_id == sa.bindparam("store_id"),
        bay.c.present == 1,
        custody.c.holder == sa.literal_column("'STORE'"),
        custody.c.holder_id == sa.bindparam("store_id"),
        item.c.pool == sa.bindparam("of_pool"),
    )
)
_RANKS: Mapping[str, Any] = {
    "kept": lambda unit: not unit.is_kept,
    "own": lambda unit: not unit.is_own,
    "pointed": lambda unit: not unit.is_pointed,
    "fullest": lambda unit: -(unit.charge_percent or 0),
    "first": lambda unit: unit.expires_on or _ENDLESS,
}
_BECAUSE: Mapping[str, str] = {
    "kept": "reserved for them", "own": "their own", "fullest": "the fullest", "first": "the first to expire",
}  # fmt: skip


def ranked(units: Iterable[Standing]) -> list[Standing]:
    """The units of one kind, the one to give first at the front."""
    return sorted(
        units, key=lambda unit: (*(_RANKS[each](unit) for each in ORDER[unit.kind]), unit.dock, unit.bay)
    )


def because(unit: Standing) -> str:
    """Why this unit and not another, in a word or two."""
    if unit.is_kept:
        return _BECAUSE["kept"]
    if unit.is_own:
        return _BECAUSE["own"]
    by = next(each for each in ORDER[unit.kind] if each in ("fullest", "first"))
    known = unit.charge_percent if by == "fullest" else unit.expires_on
    return _BECAUSE[by] if known is not None else ""


def propose(
    conn: sa.Connection, draft: Draft, wanted: Wanted, policy: Policy, now_us: int
) -> list[Standing]:
    """One unit for each kind that the set still lacks and a bay here holds, as the gate would take it now."""
    lacking = _kept(conn, draft.visit, _lacking(conn, draft.visit, wanted), now_us)
    every = {kind: ranked(units) for kind, units in lacking.items()}
    first = [units[:ASKED_MOST] for units in every.values()]
    found = {unit.kind: unit for unit in _allowed(conn, draft, first, (policy, now_us))}
    cameras = [] if "BWV_CAMERA" in found else every.get("BWV_CAMERA", [])[ASKED_MOST:]
    if cameras:  # the fullest are not uploaded, say: those that state that they are ready, and the gate once more
        told = statements(conn, (unit.item_id for unit in cameras), policy, now_us)
        ready = [unit for unit in cameras if told[unit.item_id].ready][:ASKED_MOST]
        found |= {unit.kind: unit for unit in _allowed(conn, draft, [ready], (policy, now_us))}
    return [found[kind] for kind in every if kind in found]


def _allowed(
    conn: sa.Connection, draft: Draft, some: Sequence[Sequence[Standing]], under: tuple[Policy, int]
) -> list[Standing]:
    """Of each of these kinds the first unit that the gate would take into the set, under this policy at this moment."""
    units, (policy, now_us) = [unit for each in some for unit in each], under
    if not units:
        return []
    base = ask_of(draft.visit, in_set(draft.lines), None, "ADDING")
    asks = [replace(base, item_ids=(*base.item_ids, unit.item_id)) for unit in units]
    facts = dict(zip((unit.item_id for unit in units), gather(conn, asks, policy, now_us), strict=True))
    found = (next((unit for unit in each if decide(facts[unit.item_id], policy).allowed), None) for each in some)
    return [unit for unit in found if unit is not None]


def wanted_of(may_draw: Sequence[Mapping[str, Any]], kinds_in_set: frozenset[str]) -> frozenset[tuple[str, str]]:
    """The kinds that a set still lacks: what the person may draw, and a battery once there is a handle."""
    kinds = {
        (str(row["kind"]), str(row["model"]) if row["kind"] == "CED_HANDLE" else "")
        for row in may_draw
        if row["may"] and row["kind"] in ORDER and row["kind"] not in kinds_in_set
    }
    needs_battery = "CED_HANDLE" in kinds_in_set and "CED_BATTERY" not in kinds_in_set
    return frozenset(kinds | ({("CED_BATTERY", "")} if needs_battery else set()))


def _lacking(conn: sa.Connection, visit: Visit, wanted: Wanted) -> dict[str, list[Standing]]:
    found: dict[str, list[Standing]] = {}
    if not wanted.kinds:
        return found
    for row in _IN_BAYS.rows(conn, {"store_id": visit.store_id, "of_pool": visit.purpose}):
        item_id, kind, model, serial, expires_on, dock, number, charge, personal_to = row
        own, pointed = personal_to == visit.person_id, item_id in wanted.pointed
        unit = Standing(item_id, kind, model, serial, expires_on, dock, number, charge, own, pointed)
        meant = {(unit.kind, unit.model), (unit.kind, "")} & wanted.kinds
        if meant and unit.item_id not in wanted.taken and personal_to in (None, visit.person_id):
            found.setdefault(unit.kind, []).append(unit)
    return found


def _kept(
    conn: sa.Connection, visit: Visit, units: Mapping[str, Sequence[Standing]], now_us: int
) -> dict[str, list[Standing]]:
    """The same without what is reserved for others, marked where it is reserved for the person."""
    ids = [unit.item_id for some in units.values() for unit in some]
    kept = by_item(read(conn, kept_steps((), ids, now_us)).lines) if ids else {}
    until_us = max(now_us, visit.planned_return_us or 0)
    meant = {
        item_id: any(visit.person_id in each.people for each in lines)
        for item_id, lines in ((item_id, [each for each in some if each.meets(now_us, until_us)])
                               for item_id, some in kept.items())
        if lines
    }  # fmt: skip
    return {
        kind: [replace(unit, is_kept=unit.item_id in meant) for unit in some if meant.get(unit.item_id, True)]
        for kind, some in units.items()
    }


def shown(unit: Standing) -> dict[str, Any]:
    """The unit as the hatch's screen shows it: "Body-worn camera X00243, rack bay 6 (94 %)", and why."""
    charge = f" ({unit.charge_percent}\N{NO-BREAK SPACE}%)" if unit.charge_percent is not None else ""
    return {
        "item_id": unit.item_id,
        "kind": unit.kind,
        "kind_label": title(unit.kind),
        "serial": unit.serial,
        "dock": unit.dock,
        "bay": unit.bay,
        "where": f"{dock_said(unit.dock)} bay {unit.bay}{charge}",
        "because": because(unit),
    }

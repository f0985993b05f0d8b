"""What a hatch's screen shows, as one JSON object: who is here, the set so far, what is missing, what is parked.

One rule for the editor: read only, and built from the same rows and the same rules that the acts use. The screen
draws this object and computes nothing.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from inventory.custody import bays, visits
from inventory.custody.drafts import ask_of, in_set, judge
from inventory.custody.hatch_names import people_named, people_said
from inventory.custody.life import holdings
from inventory.custody.may_draw import may_draw
from inventory.custody.overrides import who_may
from inventory.custody.propose import Draft, Wanted, propose, shown, wanted_of
from inventory.custody.reservations.reading import line_said, live_at
from inventory.custody.visits import Line, Visit
from inventory.gate.decision import Decision
from inventory.gate.kind_policy import Policy
from inventory.gate.override_rules import DUTY_INSPECTOR, SUPERVISOR
from inventory.schema.custody import custody
from inventory.schema.fast import Fast, among
from inventory.schema.people import store
from inventory.schema.stock import bay, item, lot, lot_balance
from inventory.stock.docks import dock_said
from inventory.stock.kinds import title

IDLE_US = 90_000_000
_STORE = Fast(sa.select(store.c.id, store.c.code, store.c.name).where(store.c.id == sa.bindparam("store_id")))
_ITEMS = Fast(
    sa.select(item.c.id, item.c.kind, item.c.model, item.c.serial, sa.func.max(bay.c.charge_percent))
    .select_from(item.outerjoin(bay, bay.c.item_id == item.c.id))
    .where(among(item.c.id, "ids"))
    .group_by(item.c.id, item.c.kind, item.c.model, item.c.serial)
)
_LOTS = Fast(sa.select(lot.c.id, lot.c.kind, lot.c.product, lot.c.lot_no).where(among(lot.c.id, "ids")))
_LOTS_HERE = Fast(
    sa.select(lot.c.id, lot.c.product, lot.c.lot_no, lot_balance.c.quantity)
    .select_from(lot.join(lot_balance, lot_balance.c.lot_id == lot.c.id))
    .where(
        lot_balance.c.holder == "STORE",
        lot_balance.c.holder_id == sa.bindparam("store_id"),
        lot_balance.c.quantity > 0,
    )
    .order_by(lot.c.lot_no)
)
_CHOICES = Fast(
    sa.select(
        item.c.id, item.c.kind, item.c.model, item.c.serial, custody.c.holder, custody.c.holder_id, store.c.name,
        bay.c.dock, bay.c.bay,
    )
    .select_from(
        item.outerjoin(custody, sa.and_(custody.c.item_id == item.c.id, custody.c.closed_entry.is_(None)))
        .outerjoin(store, sa.and_(custody.c.holder == "STORE", store.c.id == custody.c.holder_id))
        .outerjoin(bay, sa.and_(bay.c.item_id == item.c.id, bay.c.present == 1))
    )
    .where(among(item.c.id, "ids"))
    .order_by(item.c.kind, item.c.serial, item.c.id)
)  # fmt: skip
_ELSEWHERE = {
    "EXHIBIT": "in the exhibit store", "CARRIER": "with the carrier", "SUPPLIER": "with the supplier",
    "DISPOSAL": "disposed of", "UNKNOWN": "unaccounted for", None: "not yet received",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choices:
    """What one code may have meant: items and people, by id. One of them must be touched."""

    items: tuple[int, ...] = ()
    people: tuple[int, ...] = ()


NO_CHOICES = Choices()


def view(
    conn: sa.Connection, place_id: int, policy: Policy, now_us: int, choices: Choices = NO_CHOICES
) -> dict[str, Any]:
    """The screen of one hatch at `now_us`."""
    place = visits.place_of(conn, place_id)
    opened, parked = visits.at_place(conn, place_id)
    people = people_named(conn, [v.person_id for v in [*parked, *([opened] if opened else [])]])
    lines = visits.lines_of(conn, [v.id for v in [*parked, *([opened] if opened else [])]])
    code = _STORE.rows(conn, {"store_id": place.store_id})[0]
    return {
        "place": {"id": place.id, "name": place.name},
        "store": {"id": code[0], "code": code[1], "name": code[2]},
        "at_us": now_us,
        "visit": _visit(conn, opened, lines[opened.id], policy, now_us) | {"person": people[opened.person_id]}
        if opened
        else None,
        "parked": [
            {"id": v.id, "person": people[v.person_id], "lines": len(in_set(lines[v.id]))} for v in parked
        ],
        "choices": _choices(conn, choices),
        "lots": [
            {"lot_id": lot_id, "product": product, "lot_no": number, "quantity": quantity}
            for lot_id, product, number, quantity in _LOTS_HERE.rows(conn, {"store_id": place.store_id})
        ],
        "bays": bays.at_hatch(conn, place_id, now_us),
    }


def _visit(
    conn: sa.Connection, opened: Visit, lines: list[Line], policy: Policy, now_us: int
) -> dict[str, Any]:
    drawing = in_set(lines)
    made = None
    if drawing:
        _, made = judge(conn, ask_of(opened, drawing, None, "ADDING"), policy, now_us)
    scanned = _lines(conn, [line for line in lines if line.word != "REMOVED"])
    missing = list(made.missing) if made else []
    may = may_draw(conn, opened, policy, now_us)
    wanted = _wanted(conn, opened, scanned, may)
    return {
        "id": opened.id,
        "state": opened.state,
        "shift_name": opened.shift_name,
        "planned_return_us": opened.planned_return_us,
        "shifts": [pattern.name for pattern in visits.shifts(conn, opened.store_id)],
        "purpose": opened.purpose,
        "fit_declared": bool(opened.fit_declared),
        "fit_needed": any(line["kind"].startswith("CED_") and line["word"] == "IN_SET" for line in scanned),
        "authenticated_by": opened.authenticated_by,
        "lines": scanned,
        "missing": missing,
        "may_draw": may,
        "proposed": [shown(each) for each in propose(conn, Draft(opened, lines), wanted, policy, now_us)],
        "supervisors": _supervisors(conn, opened, scanned, now_us),
        "holding": holdings(conn, opened.person_id),
        "ready_to_complete": _ready(made, missing),
        "drops_at_us": opened.touched_us + IDLE_US,
        "handover": _handover(conn, opened),
        "reserved": _reserved(conn, opened, now_us),
    }


def _handover(conn: sa.Connection, opened: Visit) -> dict[str, Any] | None:
    """Whose visit of a hand-over this is, who gives, and how they proved who they are; None where there is none."""
    if opened.hands is None:
        return None
    giver = people_named(conn, [opened.giver_id])[opened.giver_id] if opened.giver_id is not None else None
    return {"side": opened.hands, "giver": giver, "giver_proof": opened.giver_proof}


def _reserved(conn: sa.Connection, opened: Visit, now_us: int) -> list[dict[str, Any]]:
    """What is kept here for this person and begins before their duty ends: "Late shift: 2 cartridges"."""
    until_us = opened.planned_return_us or now_us
    return [
        {"reservation_id": each.id, "reason": each.reason, "from_us": each.from_us, "to_us": each.to_us,
         "what": [line_said(line) for line in each.lines if line.with_person is None]}
        for each in live_at(conn, opened.store_id, now_us)
        if opened.person_id in each.people and each.from_us < max(until_us, now_us + 1)
    ]  # fmt: skip


def _wanted(
    conn: sa.Connection, opened: Visit, scanned: Sequence[dict[str, Any]], may: Sequence[dict[str, Any]]
) -> Wanted:
    """What the set still lacks, and what is lit for whom."""
    has = frozenset(line["kind"] for line in scanned if line["word"] == "IN_SET")
    lit = bays.lit_in(conn, opened.store_id, opened.place_id)
    return Wanted(wanted_of(may, has), lit.here, lit.elsewhere)


def _supervisors(
    conn: sa.Connection, opened: Visit, shown: Sequence[dict[str, Any]], now_us: int
) -> list[dict[str, Any]]:
    """Who may override what was refused here, where somebody may: nobody is named while nothing is refused so."""
    offered = {line["override_by"] for line in shown}
    able = {
        word: who_may(conn, word, opened.store_id, now_us) for word in (SUPERVISOR, DUTY_INSPECTOR) if word in offered
    }
    named = people_named(conn, sorted({each for ids in able.values() for each in ids} - {opened.person_id}))
    may = [{**each, "may": [word for word in able if each["id"] in able[word]]} for each in named.values()]
    return sorted(may, key=lambda each: (each["name"], each["id"]))


def _ready(made: Decision | None, missing: list[str]) -> bool:
    return made is not None and made.verdict == "ALLOW" and not missing


def _lines(conn: sa.Connection, lines: Sequence[Line]) -> list[dict[str, Any]]:
    items = {
        row[0]: row for row in _ITEMS.rows(conn, {"ids": [line.item_id for line in lines if line.item_id]})
    }
    lots = {row[0]: row for row in _LOTS.rows(conn, {"ids": [line.lot_id for line in lines if line.lot_id]})}
    return [_line(line, items, lots) for line in lines]


def _line(line: Line, items: dict[int, tuple[Any, ...]], lots: dict[int, tuple[Any, ...]]) -> dict[str, Any]:
    if line.item_id is not None:
        _, kind, model, serial, charge = items[line.item_id]
    else:
        _, kind, model, serial = lots[line.lot_id or 0]
        charge = None
    said = json.loads(line.detail)
    live = line.word == "IN_SET"
    return {
        "id": line.id,
        "item_id": line.item_id,
        "lot_id": line.lot_id,
        "quantity": line.quantity,
        "kind": kind,
        "kind_label": title(kind),
        "model": model,
        "serial": serial,
        "word": line.word,
        "title": said["title"],
        "sentences": said["sentences"],
        "remedies": said["remedies"],
        "came_in": said.get("came_in"),
        "said": said.get("said"),
        "override_by": said.get("override_by", "") if line.word == "REFUSED" else "",
        "function_test_needed": live and kind == "CED_HANDLE",
        "function_test_passed": bool(line.function_test_passed),
        "charge_needed": live and kind in ("CED_BATTERY", "BWV_CAMERA") and charge is None,
        "charge_percent": line.charge_percent if line.charge_percent is not None else charge,
        "at_us": line.at_us,
    }


def _choices(conn: sa.Connection, choices: Choices) -> list[dict[str, Any]]:
    if not choices.items and not choices.people:
        return []
    rows = _CHOICES.rows(conn, {"ids": list(choices.items)}) if choices.items else []
    held_by = {row[0]: row[5] for row in rows if row[4] == "PERSON"}
    named = people_said(conn, [*choices.people, *held_by.values()])
    people = [
        {"item_id": None, "person_id": each, "held_by": None, "kind_label": "Person", "model": "",
         "serial": named[each], "where": ""}
        for each in choices.people
    ]  # fmt: skip
    return people + [
        {"item_id": row[0], "person_id": None, "held_by": held_by.get(row[0]), "kind_label": title(row[1]),
         "model": row[2], "serial": row[3], "where": _where(row[4:], named)}
        for row in rows
    ]  # fmt: skip


def _where(found: tuple[Any, ...], named: dict[int, str]) -> str:
    """'Medway, dock ME-CED-05 bay 3', 'Dover, on the shelf', 'with PC Hollis 4417'."""
    holder, holder_id, store_name, dock, number = found
    if holder == "PERSON":
        return f"with {named[holder_id]}"
    if holder != "STORE":
        return _ELSEWHERE.get(holder, str(holder).lower())
    return f"{store_name}, dock {dock_said(dock)} bay {number}" if dock else f"{store_name}, on the shelf"

"""What is due by the retention schedule, and what of that a legal hold keeps.

One rule for the editor: reads only; a decision belongs to one line of the schedule alone, and what cannot be judged is
not due.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa

from inventory.gate.retention_terms import Kept
from inventory.oversight.retention.holds import Holds, holds_in_force, releases_on
from inventory.people.calendar import day_start_us
from inventory.schema import words
from inventory.schema.custody import custody, decision, decision_item
from inventory.schema.fast import Fast, among
from inventory.schema.oversight import processing_log
from inventory.schema.people import person
from inventory.schema.service import reading
from inventory.schema.stock import item, lot_balance
from inventory.schema.uses import use_declared

RUN_MAX = 5000
"""Most people or decisions of one run; the next run takes the next."""
LOOKED_AT = 20_000
DESTROYED = "DISPOSAL"
SUBJECT = {
    "DRAWS_OF_CEDS": "DECISION", "DRAWS_USED": "DECISION", "OTHER_DRAWS": "DECISION", "REFUSALS": "DECISION",
    "PEOPLE": "PERSON", "LOG": "LOG", "READINGS": "READINGS", "TELEMETRY": "TELEMETRY",
}  # fmt: skip
"""Rule -> what a line of its runs covers; a rule that is not here is done by hand."""
BULK = ("LOG", "READINGS", "TELEMETRY")


@dataclass(frozen=True, slots=True)
class Due:
    """What is due: the ids (none for what goes by its time alone), how many, and how many a legal hold keeps."""

    ids: tuple[int, ...]
    count: int
    kept: int
    cutoff_us: int


@dataclass(slots=True)
class _Draw:
    """A decision with what tells when its time began."""

    id: int
    person: int
    verdict: str
    decided_us: int
    is_section_5: bool = False
    is_open: bool = False
    closed_us: int = 0
    destroyed_us: int | None = 0  # None: some of its section 5 kit still exists
    items: list[int] = field(default_factory=list)
    incidents: set[str] = field(default_factory=set)
    is_discharge: bool = False


def due(conn: sa.Connection, line: Kept, today: date) -> Due:
    """What of a line of the schedule is due on `today`."""
    cutoff = line.cutoff(today)
    cutoff_us = day_start_us(cutoff)
    if line.rule in BULK:
        return _in_bulk(conn, line.rule, cutoff_us)
    if line.rule == "PEOPLE":
        return _people(conn, cutoff, cutoff_us)
    return _draws(conn, line, cutoff_us)


def kinds_of_reading(rule: str) -> sa.ColumnElement[bool]:
    """Which readings a rule is about, by how their bodies begin."""
    begins = ("tags\"", "garbled\"") if rule == "READINGS" else ("bay", "device\"")
    return sa.or_(
        *(sa.func.substr(reading.c.body, 1, 9 + len(each)) == f'{{"type":"{each}' for each in begins)
    )


def _in_bulk(conn: sa.Connection, rule: str, cutoff_us: int) -> Due:
    if rule == "LOG":
        asked = sa.select(sa.func.count()).select_from(processing_log).where(processing_log.c.at_us < cutoff_us)
        count = int(conn.execute(asked).scalar_one())
        kept = count if any(hold.person_id for hold in holds_in_force(conn).all) else 0
        return Due((), count - kept, kept, cutoff_us)
    asked = sa.select(sa.func.count()).select_from(reading).where(
        reading.c.received_us < cutoff_us, kinds_of_reading(rule)
    )
    return Due((), int(conn.execute(asked).scalar_one()), 0, cutoff_us)


# ---- people --------------------------------------------------------------------------------------------

_HOLDS_KIT = sa.exists().where(custody.c.person_id == person.c.id, custody.c.closed_entry.is_(None))
_HOLDS_PIECES = sa.exists().where(
    lot_balance.c.holder == "PERSON", lot_balance.c.holder_id == person.c.id, lot_balance.c.quantity > 0
)
_DECIDED = sa.exists().where(decision.c.person_id == person.c.id, decision.c.facts != "{}")
_root = person.alias("root")
_LEFT = Fast(
    sa.select(person.c.id)
    .select_from(person.outerjoin(_root, _root.c.id == person.c.same_as))
    .where(
        sa.func.coalesce(_root.c.left_on, person.c.left_on) < sa.bindparam("cutoff_on"),
        person.c.disposed_us.is_(None), ~_HOLDS_KIT, ~_HOLDS_PIECES, ~_DECIDED,
    )
    .order_by(person.c.id)
    .limit(RUN_MAX)
)  # fmt: skip


def _people(conn: sa.Connection, cutoff: date, cutoff_us: int) -> Due:
    """Leavers of before `cutoff` who hold nothing and about whom no decision is still kept."""
    found = [row[0] for row in _LEFT.rows(conn, {"cutoff_on": cutoff.isoformat()})]
    held = holds_in_force(conn)
    free = tuple(each for each in found if not held.on_person(conn, each))
    return Due(free, len(free), len(found) - len(free), cutoff_us)


# ---- decisions -----------------------------------------------------------------------------------------

_DECISIONS = Fast(
    sa.select(decision.c.id, decision.c.person_id, decision.c.verdict, decision.c.decided_us)
    .where(decision.c.decided_us < sa.bindparam("before_us"), decision.c.facts != "{}")
    .order_by(decision.c.decided_us, decision.c.id)
    .limit(LOOKED_AT)
)
_now = custody.alias("now_with")
_ITEMS = Fast(
    sa.select(decision_item.c.decision_id, item.c.id, item.c.kind, custody.c.closed_us, _now.c.holder,
              _now.c.opened_us, custody.c.id)
    .select_from(
        decision_item.join(item, item.c.id == decision_item.c.item_id)
        .outerjoin(custody, sa.and_(custody.c.item_id == item.c.id,
                                    custody.c.decision_id == decision_item.c.decision_id))
        .outerjoin(_now, sa.and_(_now.c.item_id == item.c.id, _now.c.closed_entry.is_(None)))
    )
    .where(among(decision_item.c.decision_id, "ids"))
)  # fmt: skip
_USES = Fast(
    sa.select(use_declared.c.decision_id, use_declared.c.incident_ref, use_declared.c.uses, use_declared.c.dsi,
              use_declared.c.sort)
    .where(among(use_declared.c.decision_id, "ids"))
)  # fmt: skip
DISCHARGES = ("FIRED", "DRIVE_STUN", "ANGLED_DRIVE_STUN")


def _draws(conn: sa.Connection, line: Kept, cutoff_us: int) -> Due:
    held = holds_in_force(conn)
    released = releases_on(conn)
    found, kept = [], 0
    for draw in _looked_at(conn, cutoff_us):
        touched = [each for each in released if each.touches(conn, draw.person, draw.items, draw.incidents)]
        rule = _rule_of(draw, is_linked=draw.is_discharge or bool(touched))
        if rule != line.rule:
            continue
        at_us = _began_us(draw, line.trigger, [each.counts_from_us for each in touched])
        if at_us is None or at_us >= cutoff_us:
            continue
        if held.on_draw(conn, draw.person, draw.items, draw.incidents):
            kept += 1
        else:
            found.append(draw.id)
    return Due(tuple(found[:RUN_MAX]), min(len(found), RUN_MAX), kept, cutoff_us)


def _looked_at(conn: sa.Connection, cutoff_us: int) -> Iterable[_Draw]:
    draws = {row[0]: _Draw(*row) for row in _DECISIONS.rows(conn, {"before_us": cutoff_us})}
    ids = list(draws)
    for decision_id, item_id, kind, closed_us, holder, since_us, taken in _ITEMS.rows(conn, {"ids": ids}):
        draw = draws[decision_id]
        draw.items.append(item_id)
        draw.is_open |= taken is not None and closed_us is None
        draw.closed_us = max(draw.closed_us, closed_us or 0)
        if kind in words.SECTION_5_KINDS:
            draw.is_section_5 = True
            gone = holder == DESTROYED
            draw.destroyed_us = max(draw.destroyed_us, since_us) if gone and draw.destroyed_us is not None else None
    for decision_id, incident, uses, dsi, sort in _USES.rows(conn, {"ids": ids}):
        draw = draws[decision_id]
        draw.incidents |= {incident} if incident else set()
        draw.is_discharge |= bool(dsi) or (sort != "TRAINING" and any(each in uses for each in DISCHARGES))
    return draws.values()


def _rule_of(draw: _Draw, *, is_linked: bool) -> str:
    if is_linked:
        return "DRAWS_USED"
    if draw.verdict == "DENY":
        return "REFUSALS"
    return "DRAWS_OF_CEDS" if draw.is_section_5 else "OTHER_DRAWS"


def _began_us(draw: _Draw, trigger: str, released_us: list[int]) -> int | None:
    """When the time of a decision began; None where it has not."""
    if draw.is_open:
        return None
    closed = max(draw.closed_us, draw.decided_us)
    if trigger == "LATER_OF_KIT_DESTROYED_AND_ISSUE_CLOSED":
        return None if draw.destroyed_us is None else max(closed, draw.destroyed_us)
    if trigger == "HOLD_RELEASED_OR_18TH_BIRTHDAY":
        return max(released_us) if released_us else None
    return closed if trigger == "ISSUE_CLOSED" else draw.decided_us


__all__ = ["BULK", "Due", "Holds", "due", "kinds_of_reading"]

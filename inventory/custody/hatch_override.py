"""A supervisor at the hatch: what was refused for a SOFT reason is answered for, judged again, and joins the set.

One rule for the editor: the supervisor's override is stored as a fact and the gate is asked again; nothing joins the
set because somebody says so. Who they are was proved before (`api.hatch_override`).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from inventory.custody import visits
from inventory.custody.answers import HatchAnswer, Verdict, answer, detail
from inventory.custody.drafts import ask_of, in_set, judge
from inventory.custody.hatch_names import person_name
from inventory.custody.overrides import Answered, Giving, OverrideRefused, give
from inventory.custody.visits import Line, Place, Visit
from inventory.gate.ask import Ask
from inventory.gate.decision import Decision
from inventory.gate.kind_policy import Policy
from inventory.gate.override_rules import DUTY_INSPECTOR, NOBODY, SUFFICES, SUPERVISOR, offered
from inventory.people.capabilities import may
from inventory.schema.tx import Tx

ROLES = {SUPERVISOR: "a sergeant or above", DUTY_INSPECTOR: "an inspector or above"}


@dataclass(frozen=True, slots=True)
class Signed:
    """Who answers for it and why; `issuer_id` is who is signed in at the hatch."""

    by_person: int
    reason: str
    issuer_id: int | None


def override(tx: Tx, visit_id: int, line_id: int, signed: Signed, policy: Policy) -> HatchAnswer:
    """Answer every SOFT reason for which a line was refused, for this duty, and judge it again.

    Raises LookupError for a line that is not refused, OverrideRefused where this person may not answer for it.
    """
    opened, place, lines = _open(tx, visit_id)
    line = _refused_line(lines, line_id)
    ask = _with_line(ask_of(opened, in_set(lines), signed.issuer_id, "ADDING"), line)
    _, made = judge(tx.conn, ask, policy, tx.now_us)
    if not made.allowed:
        _answer_for(tx, opened, made, signed)
        _, made = judge(tx.conn, ask, policy, tx.now_us)
    if not made.allowed:
        raise OverrideRefused("line_id", "Something else stops this now. Scan it again.")
    name = person_name(tx.conn, signed.by_person)
    said = Verdict(
        "OVERRIDDEN", "amber", "warning", "OVERRIDDEN", (f"In the set, on {name}'s override for this duty.",)
    )
    values = {"item_id": line.item_id, "lot_id": line.lot_id, "quantity": line.quantity}
    visits.change_line(tx, line.id, word="REMOVED")
    visits.add_line(tx, visit_id, "IN_SET", detail(said), **values)
    visits.change(tx, visit_id)
    return answer(tx, place, policy, said)


def may_answer(tx: Tx, opened: Visit, lines: Sequence[Line], person_id: int) -> bool:
    """Whether this person could override something that was refused in this visit."""
    offers = {json.loads(line.detail).get("override_by", NOBODY) for line in lines if line.word == "REFUSED"}
    enough = {each for offer in offers for each in SUFFICES[offer]}
    return any(may(tx.conn, person_id, each, opened.store_id, tx.now_us) for each in sorted(enough))


def _answer_for(tx: Tx, opened: Visit, made: Decision, signed: Signed) -> None:
    """Store the override of everything that stops. Raises OverrideRefused where it is not this person's to answer."""
    needed = offered(made.refusals)
    if needed == NOBODY:
        raise OverrideRefused("line_id", "Nobody overrides this refusal.")
    if signed.by_person == signed.issuer_id:
        raise OverrideRefused("by_person", "The issuer signed in here cannot override too. Ask another supervisor.")
    if not any(may(tx.conn, signed.by_person, each, opened.store_id, tx.now_us) for each in SUFFICES[needed]):
        raise OverrideRefused("by_person", f"This takes {ROLES[needed]} of this store.")
    if opened.planned_return_us is None:
        raise OverrideRefused("line_id", "An override is for one duty: choose the shift first.")
    stops = tuple(Answered(each.code, each.item_id) for each in made.refusals if each.stops)
    give(
        tx,
        Giving(
            person_id=opened.person_id,
            store_id=opened.store_id,
            purpose=opened.purpose,
            rules=stops,
            by_person=signed.by_person,
            reason=signed.reason,
            until_us=opened.planned_return_us,
            visit_id=opened.id,
        ),
    )


def _open(tx: Tx, visit_id: int) -> tuple[Visit, Place, list[Line]]:
    opened = visits.visit_of(tx.conn, visit_id)
    if opened.state != "OPEN":
        raise LookupError(f"visit {visit_id} is not open")
    return opened, visits.place_of(tx.conn, opened.place_id), visits.lines_of(tx.conn, [visit_id])[visit_id]


def _refused_line(lines: list[Line], line_id: int) -> Line:
    line = next((each for each in lines if each.id == line_id and each.word == "REFUSED"), None)
    if line is None:
        raise LookupError(f"line {line_id} is not refused")
    return line


def _with_line(ask: Ask, line: Line) -> Ask:
    if line.item_id is not None:
        return replace(ask, item_ids=tuple(dict.fromkeys((*ask.item_ids, line.item_id))))
    return replace(ask, lots=(*ask.lots, (line.lot_id or 0, line.quantity)))

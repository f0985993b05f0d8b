"""A use declared at the hatch, of what came back in this visit: one touch on its line, and the words that follow.

One rule for the editor: the kit is back whatever is said; only a line of this visit is spoken of.
"""

import json
from dataclasses import dataclass, replace

from inventory.custody import visits
from inventory.custody.answers import HatchAnswer, Verdict, answer, detail
from inventory.custody.uses.declaring import Declaration, Declared, declare
from inventory.custody.uses.downloads import names_of
from inventory.custody.uses.points import POINTS
from inventory.gate.kind_policy import Policy
from inventory.people.calendar import moment_said
from inventory.schema.tx import Tx


@dataclass(frozen=True, slots=True)
class UseSaid:
    """What is said of the item on a line; `said` names neither item nor store: the line does."""

    visit_id: int
    line_id: int
    said: Declaration


def say_used(tx: Tx, use: UseSaid, policy: Policy) -> HatchAnswer:
    """Declare it. Raises LookupError for a line of something else, and what `declare` raises."""
    opened = visits.visit_of(tx.conn, use.visit_id)
    lines = visits.lines_of(tx.conn, [use.visit_id])[use.visit_id]
    line = next((each for each in lines if each.id == use.line_id and each.word == "RETURNED"), None)
    if opened.state != "OPEN" or line is None or line.item_id is None or json.loads(line.detail).get("said"):
        raise LookupError(f"line {use.line_id} is not of something that came back in this visit")
    said = replace(use.said, item_id=line.item_id, store_id=opened.store_id, visit_id=opened.id)
    done = declare(tx, said, policy)
    verdict = _verdict(names_of(tx.conn, [line.item_id])[line.item_id], said, done)
    visits.change_line(tx, line.id, word="REMOVED")
    told = json.dumps(json.loads(detail(verdict)) | {"said": "DECLARED"}, separators=(",", ":"))
    visits.add_line(tx, opened.id, "RETURNED", told, item_id=line.item_id)
    visits.change(tx, opened.id)
    return answer(tx, visits.place_of(tx.conn, opened.place_id), policy, verdict)


def _verdict(name: str, said: Declaration, done: Declared) -> Verdict:
    kept = "as evidence" if said.dsi else "until its log is read" if said.uses else "and is not used again"
    owed = tuple(f"{POINTS[each.point].title}: by {moment_said(each.due_us)}." for each in done.owed)
    return Verdict("USED", "amber", "warning", "USE RECORDED", (f"{name} is held {kept}.",), owed)

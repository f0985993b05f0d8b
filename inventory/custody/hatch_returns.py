"""Kit coming back over the hatch: what is said of it, what came along in it, and what is seen of that afterwards.

One rule for the editor: a return is never refused here. What came along has a line of its own in the visit, so that
everybody at the hatch can see each serial and say what is not so.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody import visits
from inventory.custody.answers import HatchAnswer, Verdict, answer, detail
from inventory.custody.came_along import Seen, say_of
from inventory.custody.hatch_names import person_name
from inventory.custody.reconcile import names_of, still_out
from inventory.custody.returns import MISSING, Along, Back, Returned, return_kit
from inventory.custody.visits import Line, Visit
from inventory.gate.kind_policy import Policy
from inventory.schema.tx import Tx
from inventory.stock.kinds import label, title


def take_back(tx: Tx, back: Back, opened: Visit | None, name: str) -> Verdict:
    """Take an item back and note it in the visit, if one is open; `name` is how sentences call the item."""
    done = return_kit(tx, [back])[0]
    verdict = _returned(tx.conn, opened, name, done)
    if opened is not None:
        visits.add_line(tx, opened.id, "RETURNED", detail(verdict), item_id=back.item_id)
        for each in done.along:
            _note(tx, opened.id, each.item_id, _with(each, name), came_in=_in_mid(name))
        visits.change(tx, opened.id)
    return verdict


def seen_again(lines: Sequence[Line], item_id: int) -> Verdict | None:
    """What is said of a scan of something that came along in this visit; None where it did not."""
    came = next((line for line in lines if line.item_id == item_id and _came_in(line)), None)
    if came is None:
        return None
    said = tuple(json.loads(came.detail)["sentences"])
    return Verdict("RETURNED", "green", "ok", "IT IS BACK", said)


@dataclass(frozen=True, slots=True)
class Looked:
    """What somebody at the hatch sees of a cartridge that came back in its magazine: it was USED, or is MISSING."""

    line_id: int
    word: str
    by_person: int | None


def say_of_cartridge(tx: Tx, visit_id: int, looked: Looked, policy: Policy) -> HatchAnswer:
    """Write down what is seen of a cartridge that came along. Raises LookupError for a line of something else."""
    opened = visits.visit_of(tx.conn, visit_id)
    if opened.state != "OPEN":
        raise LookupError(f"visit {visit_id} is not open")
    lines = visits.lines_of(tx.conn, [visit_id])[visit_id]
    line = next((each for each in lines if each.id == looked.line_id and _came_in(each)), None)
    if line is None or line.item_id is None or json.loads(line.detail).get("said"):
        raise LookupError(f"line {looked.line_id} is not of something that came back in a magazine")
    fit = say_of(tx, Seen(line.item_id, opened.store_id, visit_id, looked.word, looked.by_person))
    verdict = (
        Verdict("MISSING", "amber", "warning", "NOT THERE", (f"{fit.child} was not in {fit.parent}.",),
                ("It stays open as unaccounted for. Tell the sergeant now.",))
        if looked.word == MISSING
        else Verdict("USED", "amber", "warning", "USED", (f"{fit.child} was used and is spent.",),
                     ("Take it out of the magazine. It is never loaded again.",))
    )  # fmt: skip
    visits.change_line(tx, looked.line_id, word="REMOVED")
    _note(tx, visit_id, line.item_id, verdict, came_in=fit.parent, said=looked.word)
    visits.change(tx, visit_id)
    return answer(tx, visits.place_of(tx.conn, opened.place_id), policy, verdict)


def _note(tx: Tx, visit_id: int, item_id: int, verdict: Verdict, **more: str) -> None:
    visits.add_line(
        tx, visit_id, "RETURNED", json.dumps(json.loads(detail(verdict)) | more, separators=(",", ":")), item_id=item_id
    )


def _came_in(line: Line) -> bool:
    return line.word == "RETURNED" and "came_in" in json.loads(line.detail)


def _with(each: Along, parent: str) -> Verdict:
    name = f"{title(each.kind)} {each.serial}"
    return Verdict("RETURNED", "green", "returned", "RETURNED", (f"{name} is back in {_in_mid(parent)}.",))


def _in_mid(name: str) -> str:
    """A name that begins a sentence, inside one."""
    return name[:1].lower() + name[1:]


def _returned(conn: sa.Connection, opened: Visit | None, name: str, done: Returned) -> Verdict:
    inside = _inside(done)
    if done.from_person is None:
        said = f"{name} was unaccounted for and is back{inside}."
        then = "Set it aside: two people write down how it was found, and it goes into quarantine."
        return Verdict("RETURNED", "amber", "warning", "FOUND", (said, then))
    holder = person_name(conn, done.from_person)
    short = still_out(conn, [done.decision_id] if done.decision_id else [])
    rest = [f"Still out: {', '.join(names_of(conn, short))}."] if short else []
    if done.out_of is not None:
        rest.insert(0, f"It was recorded in {done.out_of}, which is short of it now.")
    if opened is not None and opened.person_id != done.from_person:
        said = f"{name} is back{inside}. It was out with {holder}, not with the person at the hatch."
        return Verdict("RETURNED", "amber", "warning", "RETURNED", (said, *rest))
    light, tone = ("green", "returned") if done.out_of is None else ("amber", "warning")
    return Verdict("RETURNED", light, tone, "RETURNED", (f"{name} is back from {holder}{inside}.", *rest))


def _inside(done: Returned) -> str:
    """ " with the 10 cartridges in it", or nothing."""
    there = [each for each in done.along if each.word != MISSING]
    return f" with the {len(there)} {label(there[0].kind, len(there))} in it" if there else ""

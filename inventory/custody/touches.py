"""What is touched at the hatch, not scanned: declarations, tests, the shift, and the countersign that completes.

One rule for the editor: a touch works on the visit's draft; only `complete` reaches custody, and it does so
through `issue.issue_kit` like every other door.
"""

from collections.abc import Callable
from dataclasses import replace

from inventory.custody import bays, visits
from inventory.custody.answers import HatchAnswer, Verdict, answer, detail, refused
from inventory.custody.drafts import ask_of, in_set, judge
from inventory.custody.handovers.at_hatch import complete_handover, said_of_giver
from inventory.custody.hatch_names import person_name
from inventory.custody.holds import Placing, place_holds
from inventory.custody.issue import Request, issue_kit, record_refusal
from inventory.custody.reconcile import came_back, names_of, raise_short
from inventory.custody.visits import Line, Place, Visit
from inventory.gate.kind_policy import Policy
from inventory.schema.tx import Tx

IDLE_US = 90_000_000
"""A draft nobody touches for this long is dropped, said aloud on the screen."""


_PUT_AWAY = {
    "IN_SET": Verdict("REMOVED", "amber", "ok", "PUT BACK", ("Out of the set again.",)),
    "REFUSED": Verdict("REMOVED", "amber", "ok", "OFF THE LIST", ("The refusal itself stays on record.",)),
}
"""What a line was -> what is said when it leaves the screen. Kit that came back or went out stays to be seen."""


def add_lot(tx: Tx, visit_id: int, lot_id: int, quantity: int, policy: Policy) -> HatchAnswer:
    """Add pieces of a lot to the set."""
    opened, lines, place = _open(tx, visit_id)
    ask = ask_of(opened, in_set(lines), None, "ADDING")
    ask = replace(ask, lots=(*ask.lots, (lot_id, quantity)))
    facts, made = judge(tx.conn, ask, policy, tx.now_us)
    if made.verdict == "DENY":
        record_refusal(tx, Request(ask, opened.id), facts, made)
        verdict, word = refused(made), "REFUSED"
    else:
        verdict, word = (
            Verdict("IN_SET", "green", "ok", "IN SET", (f"{quantity} of the lot in the set.",)),
            "IN_SET",
        )
    visits.add_line(tx, visit_id, word, detail(verdict), lot_id=lot_id, quantity=quantity)
    visits.change(tx, visit_id)
    return answer(tx, place, policy, verdict)


def declare_fit(tx: Tx, visit_id: int, policy: Policy) -> HatchAnswer:
    """The person declares to be fit for duty."""
    return _touch(tx, visit_id, policy, Verdict("DECLARED", "green", "ok", "FIT FOR DUTY", ("Declared fit for duty.",)),
                  lambda v: visits.change(tx, v.id, fit_declared=1))  # fmt: skip


def function_test_passed(tx: Tx, visit_id: int, line_id: int, policy: Policy) -> HatchAnswer:
    """The handle's function test at this draw was passed."""
    _, lines, _ = _open(tx, visit_id)
    _line(lines, line_id)
    said = Verdict("TESTED", "green", "ok", "TEST PASSED", ("Function test passed.",))
    return _touch(
        tx, visit_id, policy, said, lambda _v: visits.change_line(tx, line_id, function_test_passed=1)
    )


def function_test_failed(
    tx: Tx, visit_id: int, line_id: int, policy: Policy, by_person: int | None
) -> HatchAnswer:
    """The handle failed its function test: it leaves the set and is held as defective."""
    _, lines, _ = _open(tx, visit_id)
    line = _line(lines, line_id)
    _hold_failed(tx, line, by_person)
    said = ("It stays here as defective.",)
    verdict = Verdict("TEST_FAILED", "red", "refused", "TEST FAILED", said, ("Take another handle.",))
    return _touch(tx, visit_id, policy, verdict, lambda _v: visits.change_line(tx, line_id, word="REMOVED"))


def set_charge(tx: Tx, visit_id: int, line_id: int, percent: int, policy: Policy) -> HatchAnswer:
    """The charge read off the device, in percent, where no dock reports it."""
    if not 0 <= percent <= 100:
        raise ValueError(f"percent: expected 0 to 100, got {percent}")
    _, lines, _ = _open(tx, visit_id)
    _line(lines, line_id)
    said = Verdict("CHARGE_SET", "green", "ok", f"{percent} %", (f"Charge {percent} per cent.",))
    return _touch(
        tx, visit_id, policy, said, lambda _v: visits.change_line(tx, line_id, charge_percent=percent)
    )


def remove_line(tx: Tx, visit_id: int, line_id: int, policy: Policy) -> HatchAnswer:
    """Put something back out of the set, or take what was refused off the list."""
    _, lines, _ = _open(tx, visit_id)
    line = next((each for each in lines if each.id == line_id and each.word in _PUT_AWAY), None)
    if line is None:
        raise LookupError(f"line {line_id} is neither in the set nor refused")
    said = _PUT_AWAY[line.word]
    return _touch(tx, visit_id, policy, said, lambda _v: visits.change_line(tx, line_id, word="REMOVED"))


def choose_shift(tx: Tx, visit_id: int, shift_name: str, policy: Policy) -> HatchAnswer:
    """Draw for another shift; what is in the set is judged again when it is completed."""
    opened, _, _ = _open(tx, visit_id)
    window = visits.shift_at(tx.conn, opened.store_id, tx.now_us, shift_name)
    if window is None:
        raise ValueError(f"name: this store has no shift called {shift_name!r}")
    said = Verdict("SHIFT_CHOSEN", "green", "ok", window.name, (f"Drawing for the {window.name} shift.",))
    drawn = {"shift_name": window.name, "planned_return_us": window.ends_us}
    return _touch(tx, visit_id, policy, said, lambda v: visits.change(tx, v.id, **drawn))


def park(tx: Tx, visit_id: int, policy: Policy) -> HatchAnswer:
    """Set the draft aside, visibly."""
    said = Verdict("PARKED", "amber", "ok", "PARKED", ("The set is parked.",))
    return _touch(tx, visit_id, policy, said, lambda v: visits.change(tx, v.id, state="PARKED"))


def resume(tx: Tx, visit_id: int, policy: Policy) -> HatchAnswer:
    """Take a parked draft up again (another open one is parked), or keep an open one from being dropped as idle.

    Raises LookupError where it has ended.
    """
    mine = visits.visit_of(tx.conn, visit_id)
    if mine.state == "OPEN":
        kept = Verdict("KEPT_OPEN", "green", "ok", "STILL OPEN", ("The visit stays open.",))
        return _touch(tx, visit_id, policy, kept, lambda v: visits.change(tx, v.id))
    if mine.state != "PARKED":
        raise LookupError(f"visit {visit_id} has ended")
    opened, _ = visits.at_place(tx.conn, mine.place_id)
    if opened is not None:
        visits.change(tx, opened.id, state="PARKED")
    visits.change(tx, visit_id, state="OPEN")
    said = Verdict("RESUMED", "green", "ok", "WELCOME BACK", ("The set is as it was left.",))
    return answer(tx, visits.place_of(tx.conn, mine.place_id), policy, said)


def drop(tx: Tx, visit_id: int, policy: Policy, why: str) -> HatchAnswer:
    """End a visit without issuing what is in its set. What it returned stays returned."""
    mine = visits.visit_of(tx.conn, visit_id)
    if mine.state not in ("OPEN", "PARKED"):
        raise LookupError(f"visit {visit_id} is not open")
    lines = visits.lines_of(tx.conn, [visit_id])[visit_id]
    left = in_set(lines)
    state = "DROPPED" if left or not lines else "COMPLETED"
    visits.change(tx, visit_id, state=state, ended_us=tx.now_us)
    short = raise_short(tx, mine.store_id, came_back(tx.conn, _returned_ids(lines), mine.opened_us))
    words = (
        why,
        *(("Nothing was issued.",) if left else ()),
        *(f"Still out: {each}." for each in names_of(tx.conn, short)),
    )
    said = Verdict(
        "DROPPED", "amber" if left or short else "none", "warning" if left or short else "ok", "ENDED", words
    )
    return answer(tx, visits.place_of(tx.conn, mine.place_id), policy, said)


def _returned_ids(lines: list[Line]) -> list[int]:
    return [line.item_id for line in lines if line.word == "RETURNED" and line.item_id is not None]


def drop_idle(tx: Tx, policy: Policy, idle_us: int = IDLE_US) -> list[HatchAnswer]:
    """Drop every visit nobody has touched for `idle_us`."""
    idle = visits.idle_since(tx.conn, tx.now_us - idle_us)
    return [drop(tx, each.id, policy, "Nothing was scanned for 90 seconds.") for each in idle]


def complete(tx: Tx, visit_id: int, issuer_id: int, authenticated_by: str, policy: Policy) -> HatchAnswer:
    """The issuer's countersign: facts read again, one decision over the whole set, everything in one commit.

    `authenticated_by` says how the recipient was made sure of: PIN, or FACE (the issuer attests it).
    """
    opened, lines, place = _open(tx, visit_id)
    drawing = in_set(lines)
    if not drawing:
        return answer(
            tx,
            place,
            policy,
            Verdict("NOTHING_IN_SET", "amber", "warning", "EMPTY", ("Nothing is in the set.",)),
        )
    ask = replace(ask_of(opened, drawing, issuer_id, "COMPLETING"), authenticated_by=authenticated_by)
    if opened.giver_id is not None:
        done = complete_handover(tx, opened, ask, policy)
    else:
        done = issue_kit(tx, [Request(ask, visit_id)], policy)[0]
    if isinstance(done, Verdict):
        visits.change(tx, visit_id)
        return answer(tx, place, policy, done)
    if not done.allowed:
        visits.change(tx, visit_id)
        return answer(tx, place, policy, refused(done.decision))
    for line in drawing:
        visits.change_line(tx, line.id, word="ISSUED")
    bays.release(tx, place.store_id, place.id, done.item_ids)
    visits.change(
        tx,
        visit_id,
        state="COMPLETED",
        ended_us=tx.now_us,
        by_person=issuer_id,
        authenticated_by=authenticated_by,
    )
    name = person_name(tx.conn, opened.person_id)
    count = len(done.item_ids) + sum(quantity for _, quantity in done.lots)
    words = [f"{count} {'item' if count == 1 else 'items'} issued to {name}."]
    if opened.giver_id is not None:
        words += said_of_giver(tx, opened.giver_id)
    return answer(tx, place, policy, Verdict("COMPLETED", "green", "issued", "ISSUED", tuple(words)))


def _open(tx: Tx, visit_id: int) -> tuple[Visit, list[Line], Place]:
    opened = visits.visit_of(tx.conn, visit_id)
    if opened.state != "OPEN":
        raise LookupError(f"visit {visit_id} is not open")
    return opened, visits.lines_of(tx.conn, [visit_id])[visit_id], visits.place_of(tx.conn, opened.place_id)


def _line(lines: list[Line], line_id: int) -> Line:
    line = next((each for each in in_set(lines) if each.id == line_id), None)
    if line is None:
        raise LookupError(f"line {line_id} is not in the set")
    return line


def _touch(
    tx: Tx, visit_id: int, policy: Policy, verdict: Verdict, act: Callable[[Visit], None]
) -> HatchAnswer:
    opened, _, place = _open(tx, visit_id)
    visits.change(tx, opened.id)
    act(opened)
    return answer(tx, place, policy, verdict)


def _hold_failed(tx: Tx, line: Line, by_person: int | None) -> None:
    said = "Function test failed at the hatch"
    place_holds(tx, [Placing(reason="DEFECT", detail=said, item_id=line.item_id, placed_by=by_person)])

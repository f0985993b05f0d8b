"""A hand-over at the hatch: begun by a touch in either visit, the kit scanned, both officers proved, countersigned.

One rule for the editor: until the set is completed everything stays with the giver; what is said no to here moved
nothing. Kit of a third officer that is scanned on the way is handed in, as ever.
"""

from collections.abc import Sequence
from dataclasses import replace

from inventory.custody import visits
from inventory.custody.answers import HatchAnswer, Verdict, answer, refused
from inventory.custody.drafts import in_set
from inventory.custody.handovers.act import INSTEAD, Handing, NotHandedOver, hand_over, held_by
from inventory.custody.handovers.draft import end_handover, set_handover
from inventory.custody.hatch_names import person_name
from inventory.custody.issue import Issued
from inventory.custody.life import holdings
from inventory.custody.visits import Line, Place, Visit
from inventory.gate.ask import Ask
from inventory.gate.kind_policy import Policy
from inventory.people.capabilities import may
from inventory.people.people import root_of
from inventory.schema.tx import Tx

GIVES, TAKES = "GIVES", "TAKES"


def begin_handover(tx: Tx, visit_id: int, side: str | None, policy: Policy) -> HatchAnswer:
    """The officer of this visit hands over (GIVES) or takes over (TAKES) kit; None: neither, after all.

    Raises LookupError for a visit that is not open.
    """
    opened = visits.visit_of(tx.conn, visit_id)
    if opened.state != "OPEN":
        raise LookupError(f"visit {visit_id} is not open")
    lines = in_set(visits.lines_of(tx.conn, [visit_id])[visit_id])
    if side == GIVES and lines:
        said = Verdict("NOT_DONE", "amber", "warning", "SET NOT EMPTY", ("There is kit in the set already.",),
                       ("Put it back, or issue it, before you hand over.",))  # fmt: skip
    elif side is None:
        said = _neither(tx, opened, lines)
    else:
        set_handover(tx, visit_id, side=side, is_on=1, giver_id=None, giver_proof=None, proved_by=None)
        what = "Now the card of who takes over." if side == GIVES else "Now scan the kit that is handed over."
        said = Verdict("HANDOVER", "amber", "ok", "HAND OVER", (what,))
    visits.change(tx, visit_id)
    return answer(tx, visits.place_of(tx.conn, opened.place_id), policy, said)


def _neither(tx: Tx, opened: Visit, lines: Sequence[Line]) -> Verdict:
    """Nothing is handed over; what was to be leaves the set, and stays with the giver."""
    items = [line.item_id for line in lines if line.item_id is not None]
    handed = held_by(tx.conn, opened.giver_id, items) if opened.giver_id is not None else {}
    for line in lines:
        if line.item_id in handed:
            visits.change_line(tx, line.id, word="REMOVED")
    end_handover(tx, opened.id)
    return Verdict("HANDOVER_OFF", "amber", "ok", "NO HAND-OVER", ("Nothing is handed over.", "Scan your kit."))


def card_in_handover(tx: Tx, place: Place, opened: Visit, person_id: int) -> Verdict | None:
    """What the card of somebody else does in a visit with a hand-over; None: what it does in any visit."""
    name = person_name(tx.conn, person_id)
    if opened.hands == GIVES:
        visits.change(tx, opened.id, state="COMPLETED", ended_us=tx.now_us)
        taking = visits.open_visit(tx, place, person_id)
        set_handover(tx, taking.id, side=TAKES, giver_id=opened.person_id)
        giver = person_name(tx.conn, opened.person_id)
        return Verdict("HANDOVER", "amber", "ok", "HAND OVER", (f"{giver} hands over to {name}.", "Scan the kit."))
    if opened.giver_id is None:
        if may(tx.conn, person_id, "ISSUER", place.store_id, tx.now_us):
            return None
        set_handover(tx, opened.id, giver_id=person_id)
        visits.change(tx, opened.id)
        return Verdict("HANDOVER", "amber", "ok", "HAND OVER", (f"{name} hands over.", "Scan the kit."))
    if person_id != opened.giver_id:
        return None
    visits.change(tx, opened.id)
    said = f"{name}: enter your PIN to hand over, or the issuer checks your face."
    return Verdict("GIVER_NEEDED", "amber", "ok", "WHO HANDS OVER", (said,))


def kit_in_handover(tx: Tx, opened: Visit, holder_id: int) -> Visit | Verdict | None:
    """The visit as it is to be judged with kit that somebody has; what is said instead; None: it is handed in."""
    if opened.hands == GIVES:
        if holder_id != opened.person_id:
            return None
        visits.change(tx, opened.id)
        return Verdict("HANDOVER", "amber", "warning", "CARD FIRST", ("Now the card of who takes over, then the kit.",),
                       ("To hand it in instead, touch No hand-over.",))  # fmt: skip
    if holder_id == opened.person_id or holder_id != (opened.giver_id or holder_id):
        return None
    if opened.giver_id is None:
        set_handover(tx, opened.id, giver_id=holder_id)
    return replace(opened, giver_id=holder_id)


def giver_proved(tx: Tx, visit_id: int, proof: str, by_person: int, policy: Policy) -> HatchAnswer:
    """The officer who hands over has proved who they are: by PIN, or FACE as `by_person` attests.

    Raises LookupError where nobody hands over in this visit.
    """
    opened = visits.visit_of(tx.conn, visit_id)
    if opened.state != "OPEN" or opened.giver_id is None:
        raise LookupError(f"nobody hands over in visit {visit_id}")
    place = visits.place_of(tx.conn, opened.place_id)
    visits.change(tx, visit_id)
    if proof == "FACE" and root_of(tx.conn, by_person) == root_of(tx.conn, opened.giver_id):
        said = Verdict("NOT_DONE", "amber", "warning", "PIN NEEDED", ("Nobody attests their own face.",),
                       ("Enter your PIN.",))  # fmt: skip
        return answer(tx, place, policy, said)
    set_handover(tx, visit_id, giver_proof=proof, proved_by=by_person)
    name = person_name(tx.conn, opened.giver_id)
    return answer(tx, place, policy, Verdict("GIVER_PROVED", "green", "ok", "HAND OVER", (f"{name} hands over.",)))


def complete_handover(tx: Tx, opened: Visit, ask: Ask, policy: Policy) -> Issued | Verdict:
    """Hand over what is in the set, in one act; what is said instead where that cannot be."""
    if opened.giver_proof is None:
        name = person_name(tx.conn, opened.giver_id or 0)
        how = ("Their PIN, or the issuer checks their face.",)
        said = (f"{name} has not proved who they are yet.",)
        return Verdict("GIVER_NEEDED", "amber", "warning", "WHO HANDS OVER", said, how)
    try:
        done = hand_over(tx, Handing(ask, opened.giver_proof, visit_id=opened.id), policy)
    except NotHandedOver as told:
        return Verdict("NOT_DONE", "amber", "warning", "NOT HANDED OVER", (str(told),), (INSTEAD,))
    return done.issued if done.issued is not None else instead(refused(done.decision))


def instead(verdict: Verdict) -> Verdict:
    """A refusal of kit that is handed over, with what is possible instead."""
    return replace(verdict, remedies=(*verdict.remedies, INSTEAD))


def said_of_giver(tx: Tx, giver_id: int) -> list[str]:
    """What is said of the giver once it is done: that it is off them, and what they have still."""
    name = person_name(tx.conn, giver_id)
    left = [f"{each['kind_label']} {each['serial']}".strip() for each in holdings(tx.conn, giver_id)
            if each.get("item_id") and not each.get("within")]  # fmt: skip
    return [f"{name} no longer has it."] + ([f"Still with {name}: {', '.join(left)}."] if left else [])

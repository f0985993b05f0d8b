"""The hatch: a card opens a visit, scans build the set or bring kit back, the issuer's countersign completes it.

One rule for the editor: no act here writes custody itself. What comes back goes through `returns`, what goes out
through `issue`; the draft in between is working data. There is no mode button: who holds an item decides whether
a scan is a return or a draw.
"""

from dataclasses import dataclass, replace

from inventory.custody import visits
from inventory.custody.alarms import Raise, raise_alarms
from inventory.custody.answers import HatchAnswer, Verdict, answer, detail, refused
from inventory.custody.drafts import ask_of, in_set, judge
from inventory.custody.handovers.at_hatch import (
    begin_handover,
    card_in_handover,
    giver_proved,
    instead,
    kit_in_handover,
)  # fmt: skip
from inventory.custody.hatch_names import item_name, person_name
from inventory.custody.hatch_override import may_answer, override
from inventory.custody.hatch_returns import say_of_cartridge, seen_again, take_back
from inventory.custody.hatch_view import NO_CHOICES, Choices
from inventory.custody.issue import Request, record_refusal
from inventory.custody.returns import Back
from inventory.custody.stocktake.shelf import Shelf, at_shelf
from inventory.custody.touches import (
    add_lot,
    choose_shift,
    complete,
    declare_fit,
    drop,
    drop_idle,
    function_test_failed,
    function_test_passed,
    park,
    remove_line,
    resume,
    set_charge,
)  # fmt: skip
from inventory.custody.visits import Line, Place, Visit
from inventory.gate.kind_policy import Policy
from inventory.gate.wording import how_many
from inventory.people.capabilities import may
from inventory.schema.tx import Tx
from inventory.stock.last_seen import Sighted, saw
from inventory.stock.marks import Found, Match, find, item_now

AGAIN_US = 3_000_000
"""A second scan of the same item within this time is the scanner stuttering, not a wish to put it back."""


@dataclass(frozen=True, slots=True)
class Presented:
    """A scan, a card or a typed code, already identified (`devices.codes`) but not yet looked up.

    `lookups` are (technology, value) pairs; `problem` is a sentence when the code itself was malformed;
    `reading_key` names the reading it came from, None for touch and wedge.
    """

    lookups: tuple[tuple[str, str], ...]
    text: str
    problem: str | None = None
    reading_key: str | None = None
    station: str | None = None


@dataclass(frozen=True, slots=True)
class AtHatch:
    """What every act at one hatch is given."""

    tx: Tx
    place: Place
    policy: Policy
    issuer_id: int | None
    shown: Presented


def present(tx: Tx, place_id: int, shown: Presented, policy: Policy, issuer_id: int | None) -> HatchAnswer:
    """Act on one scan or card at a hatch. Raises LookupError for an unknown place."""
    here = AtHatch(tx, visits.place_of(tx.conn, place_id), policy, issuer_id, shown)
    if here.place.activity == "SHELF":
        return _shelf(here)
    if here.place.activity == "RECEIVING":
        return _bench(here)
    if here.place.activity != "HATCH":
        return _say(here, Verdict("SEEN", "none", "ok", "SEEN", ("Only a hatch passes kit to a person.",)))
    if shown.problem is not None:
        return _unknown(here, shown.problem)
    found = find(tx.conn, shown.lookups)
    whose = len(found.people) + len(found.lost)
    if whose > 1 or (whose and (found.items or found.lots)):
        return _which(here, found)
    if found.lost:
        return _lost_token(here, found.lost[0])
    if found.people:
        return _person(here, found.people[0])
    return _kit(here, found)


def choose(tx: Tx, place_id: int, item_id: int, policy: Policy, issuer_id: int | None) -> HatchAnswer:
    """Touch one of the items that a code matched."""
    shown = Presented((("ITEM", str(item_id)),), "chosen by touch")
    here = AtHatch(tx, visits.place_of(tx.conn, place_id), policy, issuer_id, shown)
    return _item(here, item_now(tx.conn, item_id))


def choose_person(
    tx: Tx, place_id: int, person_id: int, policy: Policy, issuer_id: int | None
) -> HatchAnswer:
    """Touch one of the people that a number matched: it identifies, as a typed collar does, and proves nothing."""
    person_name(tx.conn, person_id)
    here = AtHatch(
        tx, visits.place_of(tx.conn, place_id), policy, issuer_id, Presented((), "chosen by touch")
    )
    return _person(here, person_id)


def _bench(here: AtHatch) -> HatchAnswer:
    """Read where deliveries are unpacked: said to the screens there, and whoever unpacks with it takes it."""
    here.tx.say(f"place:{here.place.id}", {"type": "read_here", "text": here.shown.text})
    return _say(here, Verdict("SEEN", "none", "ok", "READ", ("A delivery that is open at this bench takes it.",)))


# -- people -----------------------------------------------------------------------------------------


def _person(here: AtHatch, person_id: int) -> HatchAnswer:
    opened, parked = visits.at_place(here.tx.conn, here.place.id)
    if opened is None:
        return _welcome(here, person_id, parked)
    if opened.person_id == person_id:
        visits.change(here.tx, opened.id)
        return _say(here, Verdict("VISIT_OPEN", "green", "ok", "READY", ("Scan your kit.",)))
    handing = card_in_handover(here.tx, here.place, opened, person_id) if opened.hands is not None else None
    if handing is not None:
        return _say(here, handing)
    lines = visits.lines_of(here.tx.conn, [opened.id])[opened.id]
    if in_set(lines) and may(here.tx.conn, person_id, "ISSUER", here.place.store_id, here.tx.now_us):
        visits.change(here.tx, opened.id)
        name = person_name(here.tx.conn, person_id)
        return _say(
            here,
            Verdict(
                "COUNTERSIGN_NEEDED", "amber", "ok", "COUNTERSIGN", (f"{name}: enter your PIN to issue.",)
            ),
        )
    if may_answer(here.tx, opened, lines, person_id):
        visits.change(here.tx, opened.id)
        name = person_name(here.tx.conn, person_id)
        said = f"{name}: say why, and enter your PIN to override."
        return _say(here, Verdict("OVERRIDE_NEEDED", "amber", "ok", "SUPERVISOR", (said,)))
    visits.change(here.tx, opened.id, state="PARKED")
    return _welcome(here, person_id, parked, parked_other=person_name(here.tx.conn, opened.person_id))


def _welcome(
    here: AtHatch, person_id: int, parked: list[Visit], parked_other: str | None = None
) -> HatchAnswer:
    said = (f"{parked_other}'s set is parked.",) if parked_other else ()
    mine = next((v for v in parked if v.person_id == person_id), None)
    if mine is not None:
        visits.change(here.tx, mine.id, state="OPEN")
        return _say(
            here, Verdict("RESUMED", "green", "ok", "WELCOME BACK", (*said, "Your set is as you left it."))
        )
    visits.open_visit(here.tx, here.place, person_id)
    return _say(
        here, Verdict("VISIT_OPENED", "amber" if said else "green", "ok", "READY", (*said, "Scan your kit."))
    )


def _lost_token(here: AtHatch, person_id: int) -> HatchAnswer:
    name = person_name(here.tx.conn, person_id)
    lost = Raise("LOST_TOKEN_USED", f"Card of {name}, reported lost, was shown at {here.place.name}",
                 here.place.store_id, None, person_id)  # fmt: skip
    raise_alarms(here.tx, [lost])
    return _say(
        here,
        Verdict("LOST_TOKEN", "red", "refused", "CARD REPORTED LOST", ("This card was reported lost and is revoked.",),
                ("Keep the card and tell the duty sergeant.",)),
    )  # fmt: skip


def _which(here: AtHatch, found: Found) -> HatchAnswer:
    """A number that is on several cards, or on a card and on kit: whoever holds it says which."""
    kit = bool(found.items or found.lots)
    said = "This number is a person's and also on kit." if kit else "This number is on more than one card."
    lost = ("One of the cards was reported lost.",) if found.lost else ()
    asks = Verdict("CHOOSE", "amber", "warning", "WHICH ONE?", (said, *lost, "Touch the one that is meant."))
    near = tuple(match.item_id for match in _near(here, found.items))
    return _say(here, asks, Choices(near, found.people))


# -- kit --------------------------------------------------------------------------------------------


def _kit(here: AtHatch, found: Found) -> HatchAnswer:
    if found.lots:
        opened, _ = visits.at_place(here.tx.conn, here.place.id)
        if opened is not None:
            return add_lot(here.tx, opened.id, found.lots[0], 1, here.policy)
        return _nobody(here, "Spit guards of this lot are here.")
    if not found.items:
        return _unknown(here, f"Nothing is known by {here.shown.text!r}.")
    near = _near(here, found.items)
    if len(near) == 1:
        return _item(here, near[0])
    choices = Choices(tuple(m.item_id for m in near))
    asks = Verdict(
        "CHOOSE",
        "amber",
        "warning",
        "WHICH ONE?",
        ("This code is on more than one item. Touch the one you hold.",),
    )
    return _say(here, asks, choices)


def _near(here: AtHatch, items: tuple[Match, ...]) -> list[Match]:
    """The matches that can be meant here: in this store, or with a person. All of them when none is near."""
    if len(items) == 1:
        return list(items)
    near = [m for m in items if (m.holder, m.holder_id) == ("STORE", here.place.store_id)]
    out = [m for m in items if m.holder == "PERSON"]
    return near + out or list(items)


def _shelf(here: AtHatch) -> HatchAnswer:
    """A scan beside a shelf is a sighting in whatever is counted there; it passes nothing to anybody."""
    found = find(here.tx.conn, here.shown.lookups) if here.shown.problem is None else Found()
    if found.people or found.lost:
        return _say(here, Verdict("SEEN", "none", "ok", "SEEN", ("Only a hatch passes kit to a person.",)))
    shelf = Shelf(
        here.place.store_id, here.place.id, here.shown.text, here.shown.reading_key, here.shown.station
    )
    light, title, said = at_shelf(here.tx, shelf, found.items)
    return _say(here, Verdict("COUNTED", light, "warning" if light == "amber" else "ok", title, (said,)))


def _item(here: AtHatch, match: Match) -> HatchAnswer:
    by = here.shown.station or here.place.name
    at = (match.item_id, here.place.store_id, here.place.id)
    saw(here.tx, [Sighted(*at, "SCAN", by, here.tx.now_us, here.shown.reading_key)])
    opened, _ = visits.at_place(here.tx.conn, here.place.id)
    if opened is not None and opened.hands is not None and match.holder == "PERSON":
        scanned = kit_in_handover(here.tx, opened, match.holder_id or 0)
        if scanned is not None:
            return _hand(here, scanned, match)
    if match.holder in ("PERSON", "CARRIER", "UNKNOWN"):
        return _take_back(here, opened, match)
    if opened is None:
        return _nobody(here, f"{item_name(match)} is {_where(here, match)}.")
    lines = visits.lines_of(here.tx.conn, [opened.id])[opened.id]
    if (seen := seen_again(lines, match.item_id)) is not None:
        visits.change(here.tx, opened.id)
        return _say(here, seen)
    mine = next((line for line in in_set(lines) if line.item_id == match.item_id), None)
    if mine is not None:
        return _scanned_again(here, opened, mine, match)
    return _add(here, opened, lines, match)


def _where(here: AtHatch, match: Match) -> str:
    return (
        "in this store"
        if (match.holder, match.holder_id) == ("STORE", here.place.store_id)
        else "of another store"
    )


def _hand(here: AtHatch, scanned: Visit | Verdict, match: Match) -> HatchAnswer:
    """Something that is handed over joins the receiver's set; it stays with the giver until the set is completed."""
    if isinstance(scanned, Verdict):
        return _say(here, scanned)
    lines = visits.lines_of(here.tx.conn, [scanned.id])[scanned.id]
    mine = next((line for line in in_set(lines) if line.item_id == match.item_id), None)
    if mine is not None:
        return _scanned_again(here, scanned, mine, match)
    return _add(here, scanned, lines, match)


def _take_back(here: AtHatch, opened: Visit | None, match: Match) -> HatchAnswer:
    back = Back(
        item_id=match.item_id,
        store_id=here.place.store_id,
        by_person=here.issuer_id,
        visit_id=opened.id if opened else None,
        reading_key=here.shown.reading_key,
    )
    return _say(here, take_back(here.tx, back, opened, item_name(match)))


def _scanned_again(here: AtHatch, opened: Visit, line: Line, match: Match) -> HatchAnswer:
    visits.change(here.tx, opened.id)
    if here.tx.now_us - line.at_us < AGAIN_US:
        return _say(here, Verdict("IN_SET", "green", "ok", "IN SET", (f"{item_name(match)} is in the set.",)))
    visits.change_line(here.tx, line.id, word="REMOVED")
    return _say(
        here, Verdict("REMOVED", "amber", "ok", "PUT BACK", (f"{item_name(match)} is out of the set again.",))
    )


def _add(here: AtHatch, opened: Visit, lines: list[Line], match: Match) -> HatchAnswer:
    ask = ask_of(opened, in_set(lines), here.issuer_id, "ADDING")
    ask = replace(ask, item_ids=(*ask.item_ids, match.item_id))
    facts, made = judge(here.tx.conn, ask, here.policy, here.tx.now_us)
    if made.verdict == "DENY":
        record_refusal(here.tx, Request(ask, opened.id, here.shown.reading_key), facts, made)
        verdict = refused(made) if match.holder != "PERSON" else instead(refused(made))
        word = "REFUSED"
    else:
        warnings = tuple(r.sentence for r in made.refusals)
        light = "amber" if warnings else "green"
        inside = next((len(each.fitted) for each in facts.items if each.id == match.item_id), 0)
        what = f" with the {how_many(inside, 'cartridge')} in it" if inside else ""
        verdict = Verdict("IN_SET", light, "warning" if warnings else "ok", "IN SET",
                          (f"{item_name(match)} is in the set{what}.", *warnings))  # fmt: skip
        word = "IN_SET"
    visits.add_line(
        here.tx, opened.id, word, detail(verdict), item_id=match.item_id, reading_key=here.shown.reading_key
    )
    visits.change(here.tx, opened.id)
    return _say(here, verdict)


def _unknown(here: AtHatch, sentence: str) -> HatchAnswer:
    unknown = Verdict(
        "UNKNOWN_CODE",
        "red",
        "warning",
        "NOT KNOWN",
        (sentence,),
        ("It is kept as it was read; nothing was guessed.",),
    )
    return _say(here, unknown)


def _nobody(here: AtHatch, sentence: str) -> HatchAnswer:
    return _say(
        here,
        Verdict("NOTHING_OPEN", "amber", "warning", "CARD FIRST", (sentence, "Show your card to draw it.")),
    )


def _say(here: AtHatch, verdict: Verdict, choices: Choices = NO_CHOICES) -> HatchAnswer:
    return answer(here.tx, here.place, here.policy, verdict, choices)


__all__ = [
    "HatchAnswer", "Presented", "add_lot", "begin_handover", "choose", "choose_person", "choose_shift", "complete",
    "declare_fit", "drop", "drop_idle", "function_test_failed", "function_test_passed", "giver_proved", "override",
    "park", "present", "remove_line", "resume", "say_of_cartridge", "set_charge",
]  # fmt: skip

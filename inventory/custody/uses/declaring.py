"""Declared use: what was done with kit that comes back, written down in one act with all that follows from it.

One rule for the editor: nothing that is not known yet keeps kit from coming back. It becomes a point with its time;
only what cannot be true is refused, by the name of its field.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from inventory.custody.alarms import Raise, raise_alarms
from inventory.custody.fittings import lock_fitted
from inventory.custody.ledger import Entry, append, item_chain
from inventory.custody.loss import Missing, report_unaccounted
from inventory.custody.passages.fields import BadEvidence
from inventory.custody.passages.row import Value
from inventory.custody.returns import Back, return_kit
from inventory.custody.uses.answering import Answering, answer_point
from inventory.custody.uses.downloads import names_of
from inventory.custody.uses.hands import Hands, last_hands, set_of
from inventory.custody.uses.parts import LOST, Part, write_parts
from inventory.custody.uses.points import open_of, open_points
from inventory.custody.uses.spending import Spent, check_spent, to_exhibits
from inventory.gate.kind_policy import Policy
from inventory.gate.use_terms import PointTerms
from inventory.schema.fast import Inserter
from inventory.schema.tx import Tx
from inventory.schema.uses import use_declared
from inventory.schema.words import GUARD_REASONS, USE_SORTS

CED_USES = ("DRAWN", "AIMED", "RED_DOT", "ARCED", "DRIVE_STUN", "ANGLED_DRIVE_STUN", "FIRED")
DISCHARGING = frozenset({"DRIVE_STUN", "ANGLED_DRIVE_STUN", "FIRED"})
"""The first four of the seven deliver no discharge (design `domain.md` 1.3)."""
REFERENCE_CHARS_MAX = 120
AGO_DAYS_MAX = 366
LOST_SAID = "Lost by who carried it; replaced"
DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Declaration:
    """What is declared of one handle or one spit guard with a serial, at `store_id`.

    `uses` are words of CED_USES; none for a guard, which is replaced for a `reason`. `used_us` None: now. `sort` is a
    word of `words.USE_SORTS` and goes for each cartridge that says none of its own. `answers` are points answered at
    once: point -> its fields.
    """

    item_id: int
    store_id: int
    by_person: int
    uses: tuple[str, ...] = ()
    used_us: int | None = None
    sort: str = "OPERATIONAL"
    dsi: bool = False
    reason: str | None = None
    spent: tuple[Spent, ...] = ()
    incident_ref: str | None = None
    uof_ref: str | None = None
    answers: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    visit_id: int | None = None


@dataclass(frozen=True, slots=True)
class Owed:
    """A point that is still owed, and by when."""

    point: str
    due_us: int


@dataclass(frozen=True, slots=True)
class Declared:
    """What was written down, and what is still owed; `item_ids` are held from now on."""

    use_id: int
    entry_id: int
    item_ids: tuple[int, ...]
    person_id: int | None
    owed: tuple[Owed, ...]


_USE = Inserter(use_declared)


def declare(tx: Tx, said: Declaration, policy: Policy) -> Declared:
    """Write a declaration down: kit that is still out comes back first, then all that follows from its use.

    Raises BadEvidence naming what cannot be true, LookupError for an item that is not known, and what `answer_point`
    raises for answers given along.
    """
    ids = [said.item_id, *(each.item_id for each in said.spent)]
    if len(set(ids)) < len(ids):
        raise BadEvidence("cartridges", "each once, and not the handle")
    lock_fitted(tx, ids)
    hands = last_hands(tx.conn, ids)
    _check(tx, said, hands)
    own = hands[said.item_id]
    _bring_back(tx, said, hands)
    to_exhibits(tx, said.spent, said.by_person, said.visit_id)
    use_id, entry_id = _write(tx, said, own)
    parts = _parts(tx, said, hands)
    held = write_parts(tx, use_id, parts, said.by_person, policy.uses.authority if said.dsi else None)
    open_points(tx, use_id, _owed(said, policy), said.used_us or tx.now_us)
    for point, facts in said.answers.items():
        answer_point(tx, Answering(use_id, point, said.by_person, facts), policy)
    _alarm(tx, said, hands)
    tx.say(f"store:{said.store_id}", {"type": "used", "item_ids": held, "use_id": use_id, "at_us": tx.now_us})
    owed = tuple(Owed(each.point, each.due_us) for each in open_of(tx.conn, [use_id]))
    return Declared(use_id, entry_id, tuple(held), own.person_id, owed)


def reference(name: str, text: str | None) -> str | None:
    """A reference as it is kept, None for none. Raises BadEvidence for what is no reference."""
    found = (text or "").strip()
    if found and not (2 <= len(found) <= REFERENCE_CHARS_MAX and found.isprintable()):
        raise BadEvidence(name, f"2 to {REFERENCE_CHARS_MAX} characters")
    return found or None


# ---- what is asked ------------------------------------------------------------------------------------------


def _check(tx: Tx, said: Declaration, hands: Mapping[int, Hands]) -> None:
    own = hands.get(said.item_id)
    if own is None:
        raise LookupError(f"item {said.item_id} is not known")
    if own.kind not in ("CED_HANDLE", "SBG"):
        raise BadEvidence("item_id", "a CED handle or a spit guard; a battery and cartridges go with their handle")
    if own.custody_id is None:
        raise BadEvidence("item_id", "kit that was issued to somebody; this never was")
    used_us = said.used_us if said.used_us is not None else tx.now_us
    if not tx.now_us - AGO_DAYS_MAX * DAY_US <= used_us <= tx.now_us:
        raise BadEvidence("used_us", "UTC microseconds, within the last year and not after now")
    if said.sort not in USE_SORTS:
        raise BadEvidence("sort", f"one of {', '.join(USE_SORTS)}")
    reference("incident_ref", said.incident_ref)
    reference("uof_ref", said.uof_ref)
    (_check_guard if own.kind == "SBG" else _check_ced)(said)
    check_spent(tx.conn, said.spent, hands)


def _check_ced(said: Declaration) -> None:
    known = set(said.uses) <= set(CED_USES) and len(set(said.uses)) == len(said.uses)
    if not said.uses or not known:
        raise BadEvidence("uses", f"one or more of {', '.join(CED_USES)}, each once")
    if said.reason is not None:
        raise BadEvidence("reason", "nothing: it is asked of spit guards")


def _check_guard(said: Declaration) -> None:
    if said.uses:
        raise BadEvidence("uses", "nothing: a spit guard was used, or is replaced for another reason")
    if said.reason not in GUARD_REASONS:
        raise BadEvidence("reason", f"one of {', '.join(GUARD_REASONS)}")
    if said.spent:
        raise BadEvidence("cartridges", "none, with a spit guard")


# ---- what is done -------------------------------------------------------------------------------------------


def _bring_back(tx: Tx, said: Declaration, hands: Mapping[int, Hands]) -> None:
    """Whatever was handed in with the declaration and is not yet in a store comes back now; what is lost is a loss."""
    if said.reason == LOST:
        if hands[said.item_id].holder in ("PERSON", "STORE", "CARRIER"):
            missing = Missing(said.item_id, said.store_id, said.by_person, LOST_SAID, visit_id=said.visit_id)
            report_unaccounted(tx, [missing])
        return
    away = [said.item_id, *(each.item_id for each in said.spent if not each.is_exhibit)]
    away += [each.item_id for each in said.spent if each.is_exhibit and hands[each.item_id].holder == "UNKNOWN"]
    out = [each for each in away if hands[each].holder in ("PERSON", "UNKNOWN", "CARRIER")]
    return_kit(tx, [Back(each, said.store_id, said.by_person, visit_id=said.visit_id) for each in out])


def _write(tx: Tx, said: Declaration, own: Hands) -> tuple[int, int]:
    use_id = tx.ids.take()
    uses = said.uses or (("APPLIED",) if said.reason == "USED" else ())
    row = {
        "id": use_id, "tx_id": tx.id, "item_id": said.item_id, "lot_id": None, "quantity": None,
        "store_id": said.store_id, "person_id": own.person_id, "decision_id": own.decision_id,
        "uses": ",".join(uses), "sort": said.sort, "dsi": int(said.dsi), "reason": said.reason,
        "used_us": tx.now_us if said.used_us is None else said.used_us, "at_us": tx.now_us,
        "by_person": said.by_person, "visit_id": said.visit_id,
        "incident_ref": reference("incident_ref", said.incident_ref), "uof_ref": reference("uof_ref", said.uof_ref),
    }  # fmt: skip
    payload = {name: value for name, value in row.items() if name not in ("tx_id", "at_us")}
    entry = Entry(
        chain=item_chain(said.item_id), kind="USED", item_id=said.item_id, by_person=said.by_person,
        visit_id=said.visit_id, reason=", ".join(uses) or said.reason,
        payload={**payload, "spent": [each.item_id for each in said.spent]},
    )  # fmt: skip
    row["entry_id"] = append(tx, [entry])[0]
    _USE.add(tx.conn, [row])
    return use_id, int(str(row["entry_id"]))


def _parts(tx: Tx, said: Declaration, hands: Mapping[int, Hands]) -> list[Part]:
    own = hands[said.item_id]
    if own.kind == "SBG":
        return [Part("GUARD", own, reason=said.reason)]
    batteries = [each for each in set_of(tx.conn, own) if each.kind == "CED_BATTERY"]
    logged = [Part("HANDLE", own), *(Part("BATTERY", each) for each in batteries)]
    return logged + [Part("SPENT", hands[each.item_id], each.sort or said.sort) for each in said.spent]


def _owed(said: Declaration, policy: Policy) -> list[PointTerms]:
    return [each for each in policy.uses.owed(words_of(said)) if each.point not in _given(said)]


def _given(said: Declaration) -> frozenset[str]:
    given = {"UOF_REF": said.uof_ref, "INCIDENT_REF": said.incident_ref}
    named = {point for point, text in given.items() if reference(point, text)}
    return frozenset(named | ({"DOWNLOAD"} if said.dsi else set()))


def words_of(said: Declaration) -> frozenset[str]:
    """What the policy calls such a use (`use_terms.AFTERS`). For a death or injury its log is another's to read."""
    if said.reason is not None:
        return frozenset({"GUARD"}) if said.reason == "USED" else frozenset()
    words = {"USE"} | ({"DSI"} if said.dsi else set())
    is_discharge = bool(DISCHARGING & set(said.uses)) or bool(said.spent)
    if is_discharge:
        words |= {"DISCHARGE", said.sort, *(each.sort for each in said.spent if each.sort)}
    if "FIRED" in said.uses and not said.spent:
        words.add("FIRED")
    return frozenset(words)


def _alarm(tx: Tx, said: Declaration, hands: Mapping[int, Hands]) -> None:
    own = hands[said.item_id]
    name = names_of(tx.conn, [said.item_id])[said.item_id]
    raised: Sequence[Raise] = []
    if said.dsi:
        detail = f"{name} was used, and somebody died or was seriously injured. It is held as evidence."
        raised = [Raise("DEATH_OR_SERIOUS_INJURY", detail, said.store_id, said.item_id, own.person_id)]
    if "UNINTENTIONAL" in words_of(said):
        detail = f"{name} was discharged unintentionally. An inspector decides."
        raised = [*raised, Raise("UNINTENTIONAL_DISCHARGE", detail, said.store_id, said.item_id, own.person_id)]
    others = [each.item_id for each in said.spent if hands[each.item_id].person_id != own.person_id]
    for each, called in names_of(tx.conn, others).items():
        detail = f"{called} was discharged with {name}, and was issued to somebody else."
        raised = [*raised, Raise("CARTRIDGE_OF_ANOTHER", detail, said.store_id, each, hands[each].person_id)]
    raise_alarms(tx, raised)

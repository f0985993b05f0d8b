"""What is done about a loss: searched for, declared, told, assessed, found by two, disposed of by authority, closed.

One rule for the editor: an act is a row of ACTS and is refused whole, with what is possible instead. A case is never
closed while its item is missing, and what was found goes into quarantine, never straight back on the shelf.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from inventory.custody.fittings import lock_fitted
from inventory.custody.holds import Placing, lift_hold, place_holds
from inventory.custody.ledger import Entry, append, item_chain
from inventory.custody.locks import lock
from inventory.custody.losses.case import DECLARED, Case, lacking
from inventory.custody.losses.looking import cases
from inventory.custody.moves import Holder
from inventory.custody.passages.looking import capable
from inventory.custody.passing import Passage, pass_items
from inventory.gate.loss_terms import LossTerms
from inventory.people.capabilities import Held, held_by
from inventory.people.people import root_of
from inventory.schema.fast import Fast, Inserter, Updater, among
from inventory.schema.losses import loss_case, loss_event
from inventory.schema.stock import hold, hold_lift
from inventory.schema.tx import Tx
from inventory.schema.words import LOSS_TOLD

WATCHES = ("ISSUER", "STORE_MANAGER", "SUPERVISOR", "DUTY_INSPECTOR", "CED_SPOC", "PSD")
INSPECTOR = ("DUTY_INSPECTOR",)
OF_LOSSES = ("LOST", "STOLEN", "RECOVERED")
"""Holds that the recovery lifts: what takes their place is QUARANTINE."""


class CaseRefused(ValueError):
    """Nothing was done. `bars` say why, one sentence each; `instead` are the acts that are possible."""

    def __init__(self, bars: list[str], instead: list[str]) -> None:
        super().__init__(" ".join(bars))
        self.bars, self.instead = bars, instead


@dataclass(frozen=True, slots=True)
class Doing:
    """An act that somebody asks for. `happened_us` is when it was done, None now; `second_person` signed by themselves.

    `facts` is what the act asks for beside: its row in ACTS says which. `store_id`: where what was found is brought.
    """

    case_id: int
    act: str
    by_person: int
    detail: str
    happened_us: int | None = None
    second_person: int | None = None
    told: str | None = None
    reference: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    store_id: int | None = None


Bar = Callable[[Case, LossTerms], list[str]]


@dataclass(frozen=True, slots=True)
class CaseAct:
    """One row: what people call it, who may do it and who may be its second person (None: one is enough, (): anybody
    else), what stands against it, and the facts and the reference that it asks for."""

    title: str
    who: tuple[str, ...]
    bars: tuple[Bar, ...]
    second: tuple[str, ...] | None = None
    needs: tuple[str, ...] = ()


def _missing(case: Case, _terms: LossTerms) -> list[str]:
    return [] if case.is_missing else ["It is not missing any more."]


def _searched(case: Case, _terms: LossTerms) -> list[str]:
    return [] if case.last("SEARCHED") else ["Nobody has written down a search yet. Search for it first."]


def _declared(case: Case, _terms: LossTerms) -> list[str]:
    return [] if case.declared else ["It was not declared lost or stolen."]


def _not_declared_so(word: str) -> Bar:
    return lambda case, _terms: [f"It is declared {word.lower()} already."] if case.declared == word else []


def _breach(case: Case, terms: LossTerms) -> list[str]:
    return [] if terms.is_breach(case.kind) else ["Nothing is kept on it that could be a breach of personal data."]


def _no_statement(case: Case, _terms: LossTerms) -> list[str]:
    return ["How it was found is written down already."] if case.last("RECOVERED", "DISPOSED") else []


def _back(case: Case, _terms: LossTerms) -> list[str]:
    return ["It is still missing. A loss is never closed while its item is missing."] if case.is_missing else []


def _statement(case: Case, _terms: LossTerms) -> list[str]:
    has = case.is_missing or case.last("RECOVERED", "DISPOSED")
    return [] if has else ["Two people have not yet written down how it was found."]


ACTS: dict[str, CaseAct] = {
    "SEARCHED": CaseAct("Write down a search", WATCHES, (_missing,)),
    "DECLARED_LOST": CaseAct(
        "Declare it lost", INSPECTOR, (_missing, _searched, _not_declared_so("LOST")), needs=("reference",)
    ),
    "DECLARED_STOLEN": CaseAct(
        "Declare it stolen", INSPECTOR, (_missing, _not_declared_so("STOLEN")), needs=("reference", "crime_ref")
    ),
    "NOTIFIED": CaseAct("Write down who was told", WATCHES, (), needs=("told",)),
    "BREACH_ASSESSED": CaseAct(
        "Assess the breach of personal data", ("DUTY_INSPECTOR", "PSD", "STORE_MANAGER"), (_breach,),
        needs=("risk", "encryption", "unuploaded_minutes"),
    ),
    "RECOVERED": CaseAct(
        "Write down how it was found", ("ISSUER", "STORE_MANAGER"), (_no_statement,), second=(),
        needs=("found_by", "found_where", "found_us", "condition"),
    ),
    "DISPOSED": CaseAct(
        "Write it off as destroyed, by authority", INSPECTOR, (_missing, _declared),
        second=("CED_SPOC", "STORE_MANAGER", "PSD"), needs=("authority", "certificate"),
    ),
    "CLOSED": CaseAct("Close the case", ("DUTY_INSPECTOR", "PSD"), (_back, _statement, lacking)),
}  # fmt: skip
"""Act -> its row. What is not here is not done."""

_EVENT = Inserter(loss_event)
_CLOSE = Updater(loss_case, "id", ("closed_event", "closed_us"), while_null="closed_event")
_ITEM_OF = Fast(sa.select(loss_case.c.item_id).where(loss_case.c.id == sa.bindparam("case_id")))
_HOLDS = Fast(
    sa.select(hold.c.id)
    .select_from(hold.outerjoin(hold_lift, hold_lift.c.hold_id == hold.c.id))
    .where(
        hold.c.item_id == sa.bindparam("item_id"), among(hold.c.reason, "reasons", texts=True),
        hold_lift.c.hold_id.is_(None),
    )
    .order_by(hold.c.id)
)  # fmt: skip


def against(case: Case, act: str, terms: LossTerms) -> list[str]:
    """Everything that stands against an act, but for who asks; nothing where it can be done."""
    if case.closed_us is not None:
        return ["This case is closed."]
    return [said for bar in ACTS[act].bars for said in bar(case, terms)]


def possible(case: Case, terms: LossTerms) -> list[str]:
    """The acts that can be done in a case as it stands, by whoever may."""
    return [act for act in ACTS if not against(case, act, terms)]


def do(tx: Tx, doing: Doing, terms: LossTerms) -> int:
    """Do one act; the id of its row in the case.

    Raises LookupError for a case that is not known, CaseRefused where it is not possible or not for these people,
    ValueError naming the field that is missing or not what was expected.
    """
    found = _ITEM_OF.rows(tx.conn, {"case_id": doing.case_id})
    if not found:
        raise LookupError(f"case {doing.case_id} is not known")
    lock(tx, [each for each in (doing.by_person, doing.second_person) if each is not None], [])
    lock_fitted(tx, [found[0][0]])
    case = cases(tx.conn, [doing.case_id])[doing.case_id]
    row = ACTS[doing.act]
    bars = _people_bars(tx, row, case, doing) or against(case, doing.act, terms)
    if bars:
        raise CaseRefused(bars, possible(case, terms))
    _check(tx, row, doing)
    EFFECTS.get(doing.act, _nothing)(tx, case, doing)
    event_id = _write(tx, case, doing)
    if doing.act == "CLOSED":
        _CLOSE.change(tx.conn, [{"id": case.id, "closed_event": event_id, "closed_us": tx.now_us}])
    tx.say(f"store:{case.store_id}", {"type": "loss", "case_id": case.id, "item_id": case.item_id, "act": doing.act})
    return event_id


def _people_bars(tx: Tx, row: CaseAct, case: Case, doing: Doing) -> list[str]:
    people = [each for each in (doing.by_person, doing.second_person) if each is not None]
    held = held_by(tx.conn, people, tx.now_us)
    if not capable(held[doing.by_person], row.who, case.store_id):
        return [f"This is for {_listed(row.who)} of this store."]
    return [] if row.second is None else _second_bars(tx, row.second, case, doing, held)


def _second_bars(
    tx: Tx, wanted: tuple[str, ...], case: Case, doing: Doing, held: Mapping[int, frozenset[Held]]
) -> list[str]:
    second = doing.second_person
    if second is None:
        return [f"This takes two people. The second is {_listed(wanted) or 'anybody else'}."]
    if root_of(tx.conn, second) == root_of(tx.conn, doing.by_person):
        return ["The second person is the first. Somebody else signs as the second."]
    if not capable(held[second], wanted, case.store_id):
        return [f"The second person for this is {_listed(wanted)} of this store."]
    return []


def _listed(capabilities: tuple[str, ...]) -> str:
    return " or ".join(each.replace("_", " ").lower() for each in capabilities)


def _check(tx: Tx, row: CaseAct, doing: Doing) -> None:
    if len(doing.detail.strip()) < 3:
        raise ValueError("detail: say it in a sentence")
    if doing.happened_us is not None and not 0 < doing.happened_us <= tx.now_us:
        raise ValueError("happened_us: a time that is not after now")
    given = {"reference": doing.reference, "told": doing.told, **doing.facts}
    for name in row.needs:
        if given.get(name) in (None, ""):
            raise ValueError(f"{name}: expected for {doing.act}")
    if doing.told is not None and doing.told not in LOSS_TOLD:
        raise ValueError(f"told: one of {', '.join(LOSS_TOLD)}")
    found_us = doing.facts.get("found_us")
    if found_us is not None and not 0 < found_us <= tx.now_us:
        raise ValueError("found_us: a time that is not after now")


# ---- what an act does ------------------------------------------------------------------------------------


def _nothing(_tx: Tx, _case: Case, _doing: Doing) -> None:
    """It is written down, and that is all."""


def _declare(tx: Tx, case: Case, doing: Doing) -> None:
    """A hold says which, wherever the item turns up."""
    _lift(tx, case, doing, tuple(DECLARED.values()))
    place_holds(tx, [Placing(DECLARED[doing.act], doing.detail, item_id=case.item_id, placed_by=doing.by_person)])


def _recover(tx: Tx, case: Case, doing: Doing) -> None:
    """Back into a store by a movement of its own, and into quarantine."""
    if case.is_missing:
        store = Holder("STORE", doing.store_id or case.store_id)
        pass_items(
            tx,
            [
                Passage(
                    case.item_id, "FOUND", store, by_person=doing.by_person, second_person=doing.second_person,
                    reason=f"Loss {case.id}",
                )
            ],
        )  # fmt: skip
    said = f"Was missing (loss {case.id}): look at it and test it before it goes out"
    place_holds(tx, [Placing("QUARANTINE", said, item_id=case.item_id, placed_by=doing.by_person)])
    _lift(tx, case, doing, OF_LOSSES)


def _dispose(tx: Tx, case: Case, doing: Doing) -> None:
    pass_items(
        tx,
        [
            Passage(
                case.item_id, "DISPOSED", Holder("DISPOSAL", 0), by_person=doing.by_person,
                second_person=doing.second_person, reason=f"Loss {case.id}: {doing.facts['certificate']}",
            )
        ],
    )  # fmt: skip


EFFECTS: dict[str, Callable[[Tx, Case, Doing], None]] = {
    "DECLARED_LOST": _declare, "DECLARED_STOLEN": _declare, "RECOVERED": _recover, "DISPOSED": _dispose,
}  # fmt: skip


def _lift(tx: Tx, case: Case, doing: Doing, reasons: tuple[str, ...]) -> None:
    for (hold_id,) in _HOLDS.rows(tx.conn, {"item_id": case.item_id, "reasons": list(reasons)}):
        lift_hold(tx, hold_id, doing.by_person, doing.act)


def _write(tx: Tx, case: Case, doing: Doing) -> int:
    row: dict[str, Any] = {
        "id": tx.ids.take(), "tx_id": tx.id, "case_id": case.id, "act": doing.act, "at_us": tx.now_us,
        "happened_us": doing.happened_us or tx.now_us, "by_person": doing.by_person,
        "second_person": doing.second_person if ACTS[doing.act].second is not None else None, "told": doing.told,
        "reference": doing.reference, "detail": doing.detail.strip(),
        "facts": json.dumps(dict(doing.facts), separators=(",", ":"), sort_keys=True) if doing.facts else None,
    }  # fmt: skip
    entry = Entry(
        chain=item_chain(case.item_id), kind="LOSS", item_id=case.item_id, by_person=doing.by_person,
        second_person=row["second_person"], reason=doing.act if doing.told is None else f"{doing.act}: {doing.told}",
        payload={name: row[name] for name in ("id", "happened_us", "reference", "detail", "facts")},
    )  # fmt: skip
    _EVENT.add(tx.conn, [row | {"entry_id": append(tx, [entry])[0]}])
    return int(row["id"])

"""What is done about a recall: opened with everything held at once, told, ended line by line, closed, or lifted whole.

One rule for the editor: an act is refused whole, with what is possible instead. A recall closes only when every line is
accounted for, and only the one act here lifts it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from inventory.custody.holds import lift_hold
from inventory.custody.ledger import Entry, append
from inventory.custody.losses.looking import cases_of_item
from inventory.custody.recalls.holding import list_items, list_lots
from inventory.custody.recalls.reading import Line, Recall, recalls
from inventory.custody.recalls.which import CRITERIA, Criteria, InForce, check_criteria, matches
from inventory.people.capabilities import Held, held_by
from inventory.schema.fast import Inserter
from inventory.schema.recalls import recall, recall_event
from inventory.schema.tx import Tx
from inventory.schema.words import NOTICES_FROM

LOCK = 0x6B69741A
SPOC = ("CED_SPOC",)
WATCHES = ("ISSUER", "STORE_MANAGER", "SUPERVISOR", "DUTY_INSPECTOR", "CED_SPOC", "TECHNICIAN")
ENDS: dict[str, tuple[str, ...]] = {
    "CORRECTED": ("TECHNICIAN", "CED_SPOC"),
    "NOT_AFFECTED": ("CED_SPOC",),
    "LOST": ("DUTY_INSPECTOR", "CED_SPOC"),
}
"""How a line may be ended by hand -> who may. The others come about by where the thing goes."""


class RecallRefused(ValueError):
    """Nothing was done. `bars` say why; `instead` is what is possible."""

    def __init__(self, bars: list[str], instead: list[str]) -> None:
        super().__init__(" ".join(bars))
        self.bars, self.instead = bars, instead


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice to recall: what it is about, whose it is and its reference, and what it says."""

    criteria: Criteria
    notice_from: str
    notice_ref: str
    detail: str
    by_person: int


@dataclass(frozen=True, slots=True)
class Telling:
    """Somebody was told of one line: who, in words, when (None: now) and how."""

    recall_id: int
    line_id: int
    by_person: int
    told: str
    detail: str
    happened_us: int | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How one line ended: a key of ENDS, and the reference of what shows it."""

    recall_id: int
    line_id: int
    by_person: int
    outcome: str
    reference: str
    detail: str


_RECALL = Inserter(recall)
_EVENT = Inserter(recall_event)


def open_recall(tx: Tx, notice: Notice) -> int:
    """Open a recall, hold everything that fits over every store and holder, and list it; the recall's id.

    Raises ValueError naming the field that is not right, RecallRefused for who may not.
    """
    check_criteria(notice.criteria)
    if notice.notice_from not in NOTICES_FROM:
        raise ValueError(f"notice_from: one of {', '.join(NOTICES_FROM)}")
    for name in ("notice_ref", "detail"):
        if len(getattr(notice, name).strip()) < 2:
            raise ValueError(f"{name}: say it")
    if not _held(tx, notice.by_person, SPOC):
        raise RecallRefused(["A recall is opened by the CED single point of contact."], [])
    _lock(tx)
    of = InForce(tx.ids.take(), notice.criteria, notice.notice_from, notice.notice_ref.strip())
    said = {name: value or None for name, value in asdict(notice.criteria).items()}
    said["serials"] = json.dumps(notice.criteria.serials) if notice.criteria.serials else None
    payload = said | {"notice_ref": of.notice_ref, "detail": notice.detail.strip()}
    opened = Entry(
        chain=chain_of(of.id), kind="RECALL", by_person=notice.by_person, reason=f"OPENED: {notice.notice_from}",
        payload=payload,
    )  # fmt: skip
    row = {
        "id": of.id, "tx_id": tx.id, "notice_from": of.notice_from, "notice_ref": of.notice_ref,
        "detail": notice.detail.strip(), "opened_us": tx.now_us, "opened_by": notice.by_person,
        "entry_id": append(tx, [opened])[0],
    }  # fmt: skip
    _RECALL.add(tx.conn, [row | {name: said[name] for name in CRITERIA}])
    found = matches(tx.conn, notice.criteria)
    list_items(tx, [(of, one) for one in found.items], notice.by_person, late=False)
    list_lots(tx, [(of, one) for one in found.lots], notice.by_person, late=False)
    tx.say("all", {"type": "recall", "recall_id": of.id})
    return of.id


def tell(tx: Tx, telling: Telling) -> int:
    """Write down that somebody was told of a line; the event's id. Raises LookupError, RecallRefused and ValueError."""
    of, line = _line(tx, telling.recall_id, telling.line_id)
    if not _held(tx, telling.by_person, WATCHES, line.store_id):
        raise RecallRefused(["This is for those who look after the store of this line."], [])
    if not line.is_outstanding:
        raise RecallRefused(["This line is accounted for: there is nobody left to tell."], [])
    if len(telling.told.strip()) < 2:
        raise ValueError("told: who was told")
    happened_us = tx.now_us if telling.happened_us is None else telling.happened_us
    if not of.opened_us <= happened_us <= tx.now_us:
        raise ValueError("happened_us: a time after the recall was opened and not after now")
    said = {"by_person": telling.by_person, "detail": telling.detail, "told": telling.told.strip()}
    return _write(tx, of, line, said | {"act": "TOLD", "happened_us": happened_us})


def end(tx: Tx, ending: Ending) -> int:
    """Write down how a line ended; the event's id. What was put right, or is not one of those, is held no longer.

    Raises LookupError, RecallRefused and ValueError.
    """
    of, line = _line(tx, ending.recall_id, ending.line_id)
    if ending.outcome not in ENDS:
        raise ValueError(f"outcome: one of {', '.join(ENDS)}")
    if not _held(tx, ending.by_person, ENDS[ending.outcome], line.store_id):
        who = " or ".join(each.replace("_", " ").lower() for each in ENDS[ending.outcome])
        raise RecallRefused([f"This is for a {who} of this store."], [])
    if len(ending.reference.strip()) < 2:
        raise ValueError("reference: what shows it")
    bars = _against(tx.conn, line, ending.outcome)
    if bars:
        raise RecallRefused(bars, possible_ends(tx.conn, line))
    if ending.outcome != "LOST" and line.held and line.hold_id is not None:
        lift_hold(tx, line.hold_id, ending.by_person, f"{ending.outcome}: {ending.reference.strip()}")
    said = {"outcome": ending.outcome, "reference": ending.reference.strip(), "detail": ending.detail}
    return _write(tx, of, line, said | {"act": "ENDED", "by_person": ending.by_person})


def possible_ends(conn: sa.Connection, line: Line) -> list[str]:
    """The ends that can be written down of a line as it stands."""
    return [] if line.end else [each for each in ENDS if not _against(conn, line, each)]


def close(tx: Tx, recall_id: int, by_person: int, detail: str) -> int:
    """Close a recall whose lines are all accounted for; what is held stays held. Raises as `end` does."""
    of = _open(tx, recall_id)
    if not _held(tx, by_person, SPOC):
        raise RecallRefused(["A recall is closed by the CED single point of contact."], [])
    if of.closed is not None:
        raise RecallRefused(["It is closed already."], ["lift"])
    left = of.outstanding
    if left:
        says = "1 line is" if len(left) == 1 else f"{len(left)} lines are"
        raise RecallRefused([f"{says} not accounted for. A recall closes when every line is."], ["tell", "end", "lift"])
    return _write(tx, of, None, {"act": "CLOSED", "by_person": by_person, "detail": detail})


def lift(tx: Tx, recall_id: int, by_person: int, authority: str, detail: str) -> int:
    """Lift a whole recall by authority: every hold of its own is lifted, and nothing is held for it any more.

    By the CED single point of contact of every store where it holds something. Raises as `end` does.
    """
    of = _open(tx, recall_id)
    stores = {line.store_id for line in of.lines if line.held}
    if not _held(tx, by_person, SPOC) or not all(_held(tx, by_person, SPOC, each) for each in stores):
        raise RecallRefused(
            ["A recall is lifted by the CED single point of contact of every store where it holds kit."], ["end"]
        )
    if len(authority.strip()) < 2:
        raise ValueError("authority: by whose authority, and its reference")
    for hold_id in sorted({line.hold_id for line in of.lines if line.held and line.hold_id is not None}):
        lift_hold(tx, hold_id, by_person, f"Recall {of.id} lifted: {authority.strip()}")
    said = {"act": "LIFTED", "by_person": by_person, "detail": detail, "reference": authority.strip()}
    return _write(tx, of, None, said)


def _against(conn: sa.Connection, line: Line, outcome: str) -> list[str]:
    if line.end is not None:
        return ["How this line ended is written down already."]
    if outcome != "LOST":
        in_store = line.holder in ("STORE", "EXHIBIT", "SUPPLIER") and line.lot_id is None
        return [] if in_store else ["It must be back in a store first, where somebody can look at it."]
    if line.state != "UNACCOUNTED" and line.lot_id is None:
        return ["It is not missing."]
    if line.item_id is None:
        return []
    declared = any(case.declared and case.closed_us is None for case in cases_of_item(conn, line.item_id))
    return [] if declared else ["An inspector has not declared it lost or stolen yet: its loss comes first."]


def _open(tx: Tx, recall_id: int) -> Recall:
    _lock(tx)
    found = recalls(tx.conn, [recall_id]).get(recall_id)
    if found is None:
        raise LookupError(f"recall {recall_id} is not known")
    if found.lifted is not None:
        raise RecallRefused(["This recall was lifted."], [])
    return found


def _line(tx: Tx, recall_id: int, line_id: int) -> tuple[Recall, Line]:
    found = _open(tx, recall_id)
    line = next((each for each in found.lines if each.id == line_id), None)
    if line is None:
        raise LookupError(f"line {line_id} is not known in recall {recall_id}")
    return found, line


def _lock(tx: Tx) -> None:
    """Recalls are rare and whole: two instances that write in one wait for each other."""
    if tx.conn.dialect.name == "postgresql":
        tx.conn.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))


def _held(tx: Tx, person_id: int, wanted: Sequence[str], store_id: int | None = None) -> bool:
    held = held_by(tx.conn, [person_id], tx.now_us)[person_id]
    if store_id is None:
        return any(each.capability in wanted for each in held)
    return any(Held(each, at) in held for each in wanted for at in (None, store_id))


def chain_of(recall_id: int) -> str:
    """The chain of one recall in the ledger."""
    return f"recall:{recall_id}"


def _write(tx: Tx, of: Recall, line: Line | None, said: Mapping[str, Any]) -> int:
    """Write down one act of a recall, its columns in `said`; the event's id."""
    detail = str(said["detail"]).strip()
    if len(detail) < 3:
        raise ValueError("detail: say it in a sentence")
    row: dict[str, Any] = {
        "id": tx.ids.take(), "tx_id": tx.id, "recall_id": of.id, "line_id": None if line is None else line.id,
        "at_us": tx.now_us, "happened_us": tx.now_us, "told": None, "outcome": None, "reference": None,
    } | dict(said) | {"detail": detail}  # fmt: skip
    entry = Entry(
        chain=chain_of(of.id), kind="RECALL", item_id=line.item_id if line else None,
        lot_id=line.lot_id if line else None, by_person=row["by_person"],
        reason=f"{row['act']}: {row['outcome']}" if row["outcome"] else row["act"],
        payload={name: row[name] for name in ("id", "line_id", "happened_us", "told", "reference", "detail")},
    )  # fmt: skip
    _EVENT.add(tx.conn, [row | {"entry_id": append(tx, [entry])[0]}])
    tx.say("all", {"type": "recall", "recall_id": of.id})
    return int(row["id"])

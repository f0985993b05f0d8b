"""The register of policy documents: what came with the program, and over it what the force wrote down since.

One rule for the editor: a review is written down as a new row, whole; nothing is edited, and the newest row speaks.

Source: design `domain.md` 6, rows B14, B17 and B20; 5.3 Q24.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from inventory.custody.alarms import Lasting, Raise, keep_raised, to_change
from inventory.gate.documents import AHEAD_DAYS, Document, Review, last_good_day, review_of, shipped
from inventory.people.calendar import day_end_us, local_day
from inventory.people.capabilities import may
from inventory.schema.fast import Fast, Inserter
from inventory.schema.policies import policy_document
from inventory.schema.tx import Tx
from inventory.schema.words import POLICY_RISKS

OWNER = "POLICY_OWNER"
SAID = ("title", "owner", "contact", "risk", "version", "reviewed_on", "next_review_on", "link", "eia_ref")
REVIEW_DUE = "POLICY_REVIEW"
"""The alarm of a document whose review is due or over."""
DAY_US = 86_400_000_000

_ROWS = Fast(
    sa.select(
        policy_document.c.reference, *(policy_document.c[each] for each in SAID), policy_document.c.recorded_us,
        policy_document.c.recorded_by,
    ).order_by(policy_document.c.recorded_us, policy_document.c.id)
)  # fmt: skip
_DOCUMENT = Inserter(policy_document)


@dataclass(frozen=True, slots=True)
class Entry:
    """A document as it stands, where it stands with its review, and who wrote it down last (None: it came so)."""

    document: Document
    review: Review
    recorded_us: int | None
    recorded_by: int | None


def documents(conn: sa.Connection) -> Mapping[str, Document]:
    """Every document by reference: those shipped first, each as it was written down last."""
    return {name: entry.document for name, entry in register(conn, date.max).items()}


def register(conn: sa.Connection, today: date) -> dict[str, Entry]:
    """The register as it stands, with every document's review seen from a London day."""
    known = {name: Entry(each, review_of(each, today), None, None) for name, each in shipped().items()}
    for reference, *said, recorded_us, recorded_by in _ROWS.rows(conn):
        marks = known[reference].document.cited_as if reference in known else ()
        document = Document(reference, **dict(zip(SAID, said, strict=True)), cited_as=marks)
        known[reference] = Entry(document, review_of(document, today), recorded_us, recorded_by)
    return known


def write_down(tx: Tx, document: Document, by_person: int) -> int:
    """Write down a document as it stands after a review (or as it is new here); the row's id.

    Raises PermissionError for who owns no policy, ValueError naming the field that is not right.
    """
    if not may(tx.conn, by_person, OWNER, None, tx.now_us):
        raise PermissionError("The register is kept by whoever owns policy.")
    check(document, local_day(tx.now_us))
    kept = {name: getattr(document, name) for name in SAID}
    row_id = tx.ids.take()
    row = {"id": row_id, "reference": document.reference.strip(), "recorded_us": tx.now_us, "recorded_by": by_person}
    _DOCUMENT.add(tx.conn, [row | kept])
    look(tx)
    return row_id


def check(document: Document, today: date) -> None:
    """Raise ValueError naming the field of a document that is not right."""
    for name in ("reference", "title", "owner"):
        if not getattr(document, name).strip():
            raise ValueError(f"{name}: say it")
    if document.risk is not None and document.risk not in POLICY_RISKS:
        raise ValueError(f"risk: one of {', '.join(POLICY_RISKS)}")
    days = {}
    for name in ("reviewed_on", "next_review_on"):
        try:
            days[name] = last_good_day(getattr(document, name))
        except ValueError as wrong:
            raise ValueError(f"{name}: {wrong}") from None
    reviewed, following = days["reviewed_on"], days["next_review_on"]
    if reviewed is not None and document.reviewed_on is not None and document.reviewed_on[:7] > f"{today:%Y-%m}":
        raise ValueError("reviewed_on: a day that has been")
    if reviewed is not None and following is not None and following <= reviewed:
        raise ValueError("next_review_on: a day after the last review")


# ---- the clock -----------------------------------------------------------------------------------------


def is_due(conn: sa.Connection, now_us: int) -> bool:
    """Whether an alarm of a review is to be raised or settled."""
    return to_change(conn, (REVIEW_DUE,), _late(conn, now_us)).any()


def look(tx: Tx) -> None:
    """Raise an alarm for each review that is due or over, and settle those that were done."""
    keep_raised(tx, (REVIEW_DUE,), _late(tx.conn, tx.now_us))


def _late(conn: sa.Connection, now_us: int) -> list[Lasting]:
    late = []
    for name, entry in register(conn, local_day(now_us)).items():
        due_on = entry.review.due_on
        if due_on is None or entry.review.state not in ("DUE", "OVERDUE"):
            continue
        is_over = entry.review.state == "OVERDUE"
        says = f"{name}, {entry.document.title}: its review was due by" if is_over else f"{name}: review it by"
        since_us = day_end_us(due_on) - (0 if is_over else (AHEAD_DAYS + 1) * DAY_US)
        late.append(Lasting(Raise(REVIEW_DUE, f"{says} {due_on.day} {due_on:%B %Y}"), since_us))
    return late

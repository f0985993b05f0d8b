"""What is owed after a use: the points, what each asks for, and how one is opened and answered.

One rule for the editor: an answer is an entry in the ledger and a row beside it; a point is closed by the answer that
settles it and by nothing else. Nobody's leave is asked here (`answering` asks).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.ledger import Entry, append, item_chain, lot_chain
from inventory.custody.passages import fields
from inventory.custody.passages.row import Field, Value
from inventory.gate.use_terms import PointTerms
from inventory.schema.fast import Fast, Inserter, among
from inventory.schema.tx import Tx
from inventory.schema.uses import use_answer, use_declared, use_point

PROPER, UNDECLARED = "PROPER", "UNDECLARED"
EXPLAINED, REFERRED = "EXPLAINED", "REFERRED"
AFIDS_LEAST = 2
"""Two to three discs are to be recovered of each cartridge fired (design `domain.md` 2.2, S3)."""


@dataclass(frozen=True, slots=True)
class Point:
    """What a point is called, and what is written down to answer it."""

    title: str
    asks: tuple[Field, ...]


POINTS: dict[str, Point] = {
    "UOF_REF": Point("Use of force report", (fields.said("reference", "Its reference"),)),
    "INCIDENT_REF": Point("Incident", (fields.said("reference", "Its reference"),)),
    "CARTRIDGES": Point("Cartridges fired, by serial", ()),
    "BESPOKE_FORM": Point(
        "Model's own form to NLLW",
        (fields.said("reference", "Its reference"), Field("sent_us", "When it was sent", "moment", optional=True)),
    ),
    "DISCS": Point(
        "Discs and probes recovered",
        (
            Field("afids", "AFIDs (identity discs) recovered", "number", most=200),
            Field("probes", "Probes recovered", "number", most=80),
            fields.said("reference", "Exhibit or bag reference", optional=True),
        ),
    ),
    "DOWNLOAD": Point(
        "Log downloaded and reviewed",
        (
            fields.said("download_ref", "Download, by its reference"),
            fields.DIGEST,
            fields.one_of("review", "What the log shows", PROPER="Every use is accounted for",
                          UNDECLARED="Something nobody declared"),
            fields.said("detail", "What it shows, in a few words", optional=True),
        ),
    ),
    "UD_DECISION": Point(
        "Inspector's decision on an unintentional discharge",
        (
            fields.said("reference", "Reference of the investigation"),
            fields.one_of("decision", "Authority to carry", KEPT="Kept", SUSPENDED="Suspended for now"),
        ),
    ),
    "TRAINING_RECORD": Point(
        "Course and instructor",
        (fields.said("course", "Course, by its reference"), fields.said("instructor", "Instructor, by collar number")),
    ),
    "EXHIBIT_REF": Point(
        "Exhibit", (fields.said("reference", "Exhibit reference"), fields.said("seal", "Seal number"))
    ),
    "LOG_REVIEW": Point(
        "Activity that nobody declared",
        (
            fields.said("reference", "Reference of the review"),
            fields.one_of("outcome", "What came of it", EXPLAINED="Explained, and accounted for",
                          REFERRED="Referred: it stays held"),
        ),
    ),
}  # fmt: skip
"""Word -> what it is. CARTRIDGES is answered by naming them (`declaring.name_spent`)."""


@dataclass(frozen=True, slots=True)
class OpenPoint:
    """A point that is owed now, of which use, and on whose chain its answer goes."""

    id: int
    use_id: int
    point: str
    due_us: int
    item_id: int | None
    lot_id: int | None
    store_id: int
    person_id: int | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What is written down to answer a point. `second_person` has signed beside `by_person`, by their own PIN."""

    by_person: int
    facts: Mapping[str, Value]
    second_person: int | None = None


_POINT = Inserter(use_point, ("id", "tx_id", "use_id", "point", "due_us"))
_ANSWER = Inserter(use_answer)
_COLUMNS = (
    use_point.c.id, use_point.c.use_id, use_point.c.point, use_point.c.due_us, use_declared.c.item_id,
    use_declared.c.lot_id, use_declared.c.store_id, use_declared.c.person_id,
)  # fmt: skip
_OPEN_OF = Fast(
    sa.select(*_COLUMNS)
    .select_from(use_point.join(use_declared, use_declared.c.id == use_point.c.use_id))
    .where(among(use_point.c.use_id, "uses"), use_point.c.answer_id.is_(None))
    .order_by(use_point.c.due_us, use_point.c.id)
)
_CLOSE = Fast(
    sa.update(use_point)
    .where(use_point.c.id == sa.bindparam("of_point"), use_point.c.answer_id.is_(None))
    .values(answer_id=sa.bindparam("answer"), answered_us=sa.bindparam("at"))
)


def open_points(tx: Tx, use_id: int, terms: Sequence[PointTerms], from_us: int) -> None:
    """Open points of a use; their time counts from `from_us`."""
    _POINT.add(
        tx.conn,
        [
            {"id": tx.ids.take(), "tx_id": tx.id, "use_id": use_id, "point": each.point,
             "due_us": from_us + each.within_us}
            for each in terms
        ],
    )  # fmt: skip


def open_of(conn: sa.Connection, use_ids: Sequence[int]) -> list[OpenPoint]:
    """What is owed now for these uses, the most urgent first."""
    return [OpenPoint(*row) for row in _OPEN_OF.rows(conn, {"uses": sorted(set(use_ids))})]


def point_of(conn: sa.Connection, use_id: int, word: str) -> OpenPoint | None:
    """One point of a use, where it is owed."""
    return next((each for each in open_of(conn, [use_id]) if each.point == word), None)


def write_answer(tx: Tx, owed: OpenPoint, answer: Answer, *, settles: bool = True) -> int:
    """Write an answer down, and close its point where it settles that; gives the ledger's entry."""
    chain = item_chain(owed.item_id) if owed.item_id is not None else lot_chain(owed.lot_id or 0)
    entry = Entry(
        chain=chain, kind="USE_ANSWERED", item_id=owed.item_id, lot_id=owed.lot_id, by_person=answer.by_person,
        second_person=answer.second_person, reason=POINTS[owed.point].title,
        payload={"use": owed.use_id, "point": owed.point, "facts": dict(answer.facts), "settles": settles},
    )  # fmt: skip
    entry_id = append(tx, [entry])[0]
    answer_id = tx.ids.take()
    made = {
        "id": answer_id, "tx_id": tx.id, "use_id": owed.use_id, "point_id": owed.id, "point": owed.point,
        "at_us": tx.now_us, "by_person": answer.by_person, "second_person": answer.second_person,
        "facts": json.dumps(dict(answer.facts), sort_keys=True), "settles": int(settles), "entry_id": entry_id,
    }  # fmt: skip
    _ANSWER.add(tx.conn, [made])
    if settles:
        _CLOSE.run(tx.conn, {"of_point": owed.id, "answer": answer_id, "at": tx.now_us})
    return entry_id

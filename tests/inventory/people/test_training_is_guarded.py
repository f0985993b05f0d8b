"""What the database refuses of training by itself, on SQLite and on PostgreSQL, whoever writes to it."""

from typing import Any

import pytest
import sqlalchemy as sa

from inventory.people.people import link_duplicate
from inventory.schema.people import training_result
from inventory.schema.training import (
    specialist_result,
    training_retraction,
    training_seat,
    training_session,
    training_session_ended,
    visitor_attestation,
)
from tests.inventory.people.conftest import NOW, KitStore

pytestmark = pytest.mark.db

Refused = (sa.exc.IntegrityError, sa.exc.DatabaseError)


def refused(store: KitStore, statement: Any, match: str, row: dict[str, Any] | None = None) -> None:
    with pytest.raises(Refused, match=match), store.conn.begin_nested():
        store.conn.execute(statement, row) if row else store.conn.execute(statement)


def test_no_result_by_hand_without_two_and_none_by_whom_it_is_about(store: KitStore) -> None:
    hollis, one, two, again = (store.person(ref) for ref in ("K1", "R1", "R2", "K1-OLD"))
    link_duplicate(store.conn, again, hollis)
    row = {"person_id": hollis, "course": "PPST", "attended_on": "2026-11-01", "minutes": 720, "outcome": "PASS",
           "source": "MANUAL", "source_ref": "D1", "recorded_us": NOW, "recorded_by": one,
           "second_person": two}  # fmt: skip
    insert = sa.insert(training_result)
    for changed, says in (
        ({"second_person": None}, "two people"), ({"recorded_by": None}, "two people"),
        ({"second_person": one}, "two people"), ({"source_ref": " "}, "two people"),
        ({"second_person": hollis}, "their own"), ({"recorded_by": again}, "their own"),
        ({"source": "CLASS", "second_person": None}, "two people"),
    ):  # fmt: skip
        refused(store, insert, says, {**row, "id": store.ids.take(), **changed})
    number = store.ids.take()
    store.conn.execute(insert, {**row, "id": number})
    by_feed = {"source": "LMS", "recorded_by": None, "second_person": None}
    store.conn.execute(insert, {**row, "id": store.ids.take(), **by_feed})
    mine = training_result.c.id == number
    for changed in ({"outcome": "FAIL"}, {"attended_on": "2026-11-02"}, {"minutes": 1}, {"curriculum": "PPST-2024"},
                    {"second_person": None}, {"recorded_us": 1}):  # fmt: skip
        refused(store, sa.update(training_result).where(mine).values(**changed), "never edited")
    store.conn.execute(sa.update(training_result).where(mine).values(retracted_us=NOW))
    back = {"result_id": number, "at_us": NOW, "by_person": one, "second_person": two, "reason": "r", "document": "d"}
    refused(store, sa.insert(training_retraction), "retracted_by_two|CHECK", {**back, "second_person": one})
    store.conn.execute(sa.insert(training_retraction), back)
    refused(store, sa.update(training_retraction).values(reason="x"), "append-only")
    refused(store, sa.delete(training_retraction), "append-only|approved")


def test_course_days_and_what_others_attest_stay_as_they_were_written(store: KitStore) -> None:
    hollis, one, two = (store.person(ref) for ref in ("K1", "R1", "R2"))
    day = {"id": 71, "course": "PPST", "held_on": "2026-11-01", "seats": 9, "place": "M", "recorded_us": NOW,
           "recorded_by": one}  # fmt: skip
    store.conn.execute(sa.insert(training_session), day)
    refused(store, sa.update(training_session).values(seats=99), "append-only")
    ended = {"session_id": 71, "how": "HELD", "at_us": NOW, "by_person": one, "second_person": None, "document": "d"}
    refused(store, sa.insert(training_session_ended), "held_by_two|CHECK", ended)
    store.conn.execute(sa.insert(training_session_ended), {**ended, "second_person": two})
    seat = {"id": 72, "session_id": 71, "person_id": hollis, "taken_us": NOW, "taken_by": one}
    refused(store, sa.insert(training_seat), "is over", seat)
    word = {"id": 73, "person_id": hollis, "donor_force": "E", "attested_by": "V", "model": "T7", "operation": "O",
            "from_us": NOW, "until_us": NOW + 9, "document": "d", "recorded_us": NOW, "recorded_by": one,
            "second_person": two}  # fmt: skip
    refused(store, sa.insert(visitor_attestation), "neither of them", {**word, "second_person": hollis})
    refused(store, sa.insert(visitor_attestation), "in_order|CHECK", {**word, "until_us": NOW})
    store.conn.execute(sa.insert(visitor_attestation), word)
    refused(store, sa.update(visitor_attestation).values(until_us=NOW + 99), "never edited")
    refused(store, sa.delete(visitor_attestation), "append-only|approved")
    store.conn.execute(sa.update(visitor_attestation).values(withdrawn_us=NOW))
    row = {"id": 74, "person_id": hollis, "domain": "ARMED", "course": "AFO", "attended_on": "2026-01-01",
           "source": "s", "source_ref": "1", "recorded_us": NOW}  # fmt: skip
    store.conn.execute(sa.insert(specialist_result), row)
    refused(store, sa.update(specialist_result).values(course="x"), "never edited")

"""Course days, whole classes, taking back, attestations and reviews, as the training unit writes them down."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from inventory.people.as_known import compared, records_of
from inventory.people.attended import minutes_taught, not_current
from inventory.people.curricula import Curriculum
from inventory.people.errors import BadField, BadRows
from inventory.people.gates import Attestation, GateMet, attest, meet_gate, withdraw_attestation
from inventory.people.imports.run import ImportRun
from inventory.people.imports.specialist_file import import_specialist
from inventory.people.imports.training_file import import_training
from inventory.people.people import link_duplicate
from inventory.people.results import ManualResult, Retraction, record_by_hand, retract_by_two
from inventory.people.sessions import (
    ClassHeld,
    ClassRow,
    NewSession,
    cancel_session,
    on_it,
    plan_session,
    release_seat,
    session_of,
    sessions_between,
    take_seats,
    write_class,
)
from inventory.people.specialist import specialists
from inventory.people.standing import standings
from inventory.people.training import Result, ValidityRule
from inventory.people.unit_lists import mismatches
from inventory.schema.people import training_result
from tests.inventory.people.conftest import NOW, TODAY, KitStore, at

pytestmark = pytest.mark.db

DAY_US = 86_400_000_000
PPST_2024 = Curriculum("PPST-2024", "PPST", "COP", "t", date(2024, 4, 1), None, 720)
RULES = {"PPST": ValidityRule(12, minutes_min={"PPST": 720}), "CED": ValidityRule(12)}
TAUGHT = NewSession("PPST", None, TODAY, 3, "Maidstone", 0, "09:00", "Sgt Ames", "PPST-2024")


def staff(store: KitStore) -> tuple[int, int]:
    return store.person("R1", "POLICE_STAFF"), store.person("R2", "POLICE_STAFF")


def test_a_whole_class_is_written_down_in_one_act(store: KitStore) -> None:
    one, two = staff(store)
    people = [store.person(f"K{n}") for n in range(4)]
    day = plan_session(store.conn, store.ids, replace(TAUGHT, recorded_by=one), NOW, (PPST_2024,))
    assert take_seats(store.conn, store.ids, day, people[:2], (one, NOW)) == 1
    with pytest.raises(BadField, match="at most 1 more"):
        take_seats(store.conn, store.ids, day, people[2:], (one, NOW))
    with pytest.raises(BadRows) as refused:
        take_seats(store.conn, store.ids, day, [people[0], 999], (one, NOW))
    assert [each.field for each in refused.value.bad] == ["person_ids.0", "person_ids.1"]
    take_seats(store.conn, store.ids, day, [people[2]], (one, NOW))
    release_seat(store.conn, day, people[2], NOW)
    rows = [ClassRow(people[0], "PASS", 720), ClassRow(people[1], "FAIL", 720), ClassRow(people[3], "PASS", 480)]
    done = write_class(store.conn, store.ids, ClassHeld(day, rows, "REG-1", one, two), NOW, (PPST_2024,))
    assert set(done) == {people[0], people[1], people[3]}, "who came without a seat is written down too"
    asked = sa.select(training_result).where(training_result.c.id == done[people[0]])
    stored = store.conn.execute(asked).mappings().one()
    says = {"curriculum": "PPST-2024", "session_id": day, "source": "CLASS", "assessor": "Sgt Ames"}
    assert {name: stored[name] for name in says} == says
    found = standings(store.conn, people, NOW, RULES)
    assert [("PPST", None) in found[each].training for each in people] == [True, False, False, False]
    session = session_of(store.conn, day)
    assert (session.how, session.taken, session.document) == ("HELD", 2, "REG-1")
    assert [each.id for each in sessions_between(store.conn, TODAY, TODAY)] == [day]
    for act in (
        lambda: write_class(store.conn, store.ids, ClassHeld(day, rows, "REG-2", one, two), NOW, (PPST_2024,)),
        lambda: take_seats(store.conn, store.ids, day, [people[2]], (one, NOW)),
        lambda: cancel_session(store.conn, day, "Snow", (one, NOW)),
    ):
        with pytest.raises(BadField, match="this one was held"):
            act()


def test_of_a_class_with_bad_rows_nothing_is_written_and_each_is_named(store: KitStore) -> None:
    one, two = staff(store)
    people = [store.person(f"K{n}") for n in range(3)]
    again = store.person("K0-OLD")
    link_duplicate(store.conn, again, people[0])
    day = plan_session(store.conn, store.ids, replace(TAUGHT, recorded_by=one, seats=9), NOW, (PPST_2024,))
    take_seats(store.conn, store.ids, day, people[:2], (one, NOW))
    rows = [ClassRow(people[0], "PASS", 720), ClassRow(again, "PASS", 720), ClassRow(one, "PASS", 720),
            ClassRow(999, "PASS", 720), ClassRow(people[2], "MAYBE", 720)]  # fmt: skip
    with pytest.raises(BadRows) as refused:
        write_class(store.conn, store.ids, ClassHeld(day, rows, "REG-1", one, two), NOW, (PPST_2024,))
    assert [(each.field, each.value) for each in refused.value.bad] == [
        ("rows.0.person_id", str(people[0])), ("rows.1.person_id", str(again)), ("rows.2.person_id", str(one)),
        ("rows.3.person_id", "999"), ("rows.4.outcome", "MAYBE"), ("rows", str(people[1]))]  # fmt: skip
    with pytest.raises(BadField, match="a different person"):
        two_same = ClassHeld(day, [ClassRow(p, "PASS", 720) for p in people[:2]], "REG-1", one, one)
        try:
            write_class(store.conn, store.ids, two_same, NOW, (PPST_2024,))
        except BadRows as error:
            raise error.bad[0] from None
    assert store.conn.execute(sa.select(sa.func.count()).select_from(training_result)).scalar() == 0
    assert on_it(store.conn, [day])[day] == people[:2]
    assert session_of(store.conn, day).how is None
    tomorrow = plan_session(store.conn, store.ids, replace(TAUGHT, recorded_by=one, held_on=TODAY + timedelta(1)), NOW,
                            (PPST_2024,))  # fmt: skip
    with pytest.raises(BadField, match="a course day that has come"):
        write_class(store.conn, store.ids, ClassHeld(tomorrow, [], "REG", one, two), NOW)
    cancel_session(store.conn, tomorrow, "Snow", (one, NOW))
    assert session_of(store.conn, tomorrow).how == "CANCELLED"


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"course": "KNITTING"}, "course"), ({"model": "T7"}, "model"), ({"course": "CED_REFRESHER"}, "model"),
     ({"seats": 0}, "seats"), ({"place": " "}, "place"), ({"curriculum": "P9"}, "curriculum"),
     ({"course": "JRFT"}, "curriculum")],
)  # fmt: skip
def test_a_course_day_that_cannot_be_names_its_field(store: KitStore, changed: dict[str, object], field: str) -> None:
    with pytest.raises(BadField) as refused:
        plan_session(store.conn, store.ids, replace(TAUGHT, **changed), NOW, (PPST_2024,))  # type: ignore[arg-type]
    assert refused.value.field == field


def test_what_was_known_then_and_what_is_known_now(store: KitStore) -> None:
    one, two = staff(store)
    hollis = store.person("K1")
    old = store.person("K1-OLD")
    link_duplicate(store.conn, old, hollis)
    then = at("2026-09-01 06:00")
    passed = ManualResult(old, "PPST", None, date(2026, 2, 1), 720, "PASS", "D1", one, two)
    result_id = record_by_hand(store.conn, store.ids, passed, at("2026-02-02 09:00"))
    with pytest.raises(BadField, match="reason"):
        retract_by_two(store.conn, Retraction(result_id, " ", "MEMO", one, two), NOW)
    for first, second, field in ((one, one, "second_person"), (one, hollis, "person_id"), (hollis, two, "person_id")):
        with pytest.raises(BadField) as refused:
            retract_by_two(store.conn, Retraction(result_id, "Wrong person", "MEMO", first, second), NOW)
        assert refused.value.field == field
    retract_by_two(store.conn, Retraction(result_id, "Another officer's", "MEMO 7", one, two), NOW)
    records = records_of(store.conn, [hollis])[hollis]
    assert [each.why_retracted for each in records] == ["Another officer's"]
    seen = compared(records, RULES, then, then, NOW)[0]
    assert (seen.was_in_date, seen.is_in_date, seen.differs) == (True, False, True)
    before = compared(records, RULES, then, at("2026-02-01 12:00"), NOW)[0]
    assert (before.was_in_date, before.differs) == (False, False), "it was not yet recorded at noon of the course"


def test_whoever_attended_in_vain_is_told_why() -> None:
    def ppst(day: str, outcome: str = "PASS", minutes: int = 720) -> Result:
        return Result("PPST", None, date.fromisoformat(day), minutes, outcome)

    for results, why in (
        ([ppst("2026-11-01", minutes=480)], "attended for 8 h of 12 h"),
        ([ppst("2026-01-10"), ppst("2026-11-01", "FAIL")], "did not pass"),
        ([ppst("2026-11-01", "PARTIAL")], "attended in part"),
        ([ppst("2025-01-01")], "has run out since"),
        ([Result("CED_REFRESHER", "T7", date(2026, 11, 1), 360, "PASS")],
         "a refresher without an initial or conversion course"),
    ):  # fmt: skip
        assert [each.sentence for each in not_current(results, RULES, TODAY)] == [why]
    assert not_current([ppst("2026-01-01"), ppst("2026-11-01", minutes=480)], RULES, TODAY) == []
    taught = [ppst("2025-11-22"), ppst("2025-11-23", minutes=60), ppst("2026-11-22", "PARTIAL", 90)]
    assert minutes_taught(taught, TODAY) == {"PPST": 150}


WORD = Attestation(
    0, "Essex Police", "Insp Vale, CED lead", "t7", "OP LINDEN", NOW - DAY_US, NOW + 9 * DAY_US, "E1", 0, 0
)


def test_a_donor_forces_word_ends_with_the_operation_or_when_it_is_taken_back(store: KitStore) -> None:
    one, two = staff(store)
    visitor, own = store.person("V1", "VISITING_OFFICER"), store.person("K1")
    word = replace(WORD, person_id=visitor, recorded_by=one, second_person=two)
    for changed, field in (
        ({"person_id": own}, "person_id"), ({"second_person": one}, "second_person"), ({"until_us": NOW}, "until_us"),
        ({"second_person": visitor}, "person_id"), ({"operation": " "}, "operation"),
        ({"until_us": NOW + 185 * DAY_US}, "until_us"),
    ):  # fmt: skip
        with pytest.raises(BadField) as refused:
            attest(store.conn, store.ids, replace(word, **changed), NOW)  # type: ignore[arg-type]
        assert refused.value.field == field
    number = attest(store.conn, store.ids, word, NOW)
    attested = standings(store.conn, [visitor], NOW, RULES)[visitor].attested
    assert [(each.model, each.until_us) for each in attested] == [("T7", word.until_us)]
    assert withdraw_attestation(store.conn, number, NOW + 5) == visitor
    assert standings(store.conn, [visitor], NOW, RULES)[visitor].attested == ()
    assert standings(store.conn, [visitor], NOW, RULES, known_us=NOW)[visitor].attested == attested
    with pytest.raises(BadField):
        withdraw_attestation(store.conn, number, NOW + 6)


def test_a_gate_is_met_with_its_document_and_never_by_oneself(store: KitStore) -> None:
    one, _ = staff(store)
    student = store.person("S1", "STUDENT")
    met = GateMet(student, "STUDENT_CONFLICT_HANDLING", TODAY, "D1", one)
    known = ["STUDENT_CONFLICT_HANDLING"]
    for changed, field in (
        ({"gate": "BRAVERY"}, "gate"), ({"document": ""}, "document"), ({"person_id": 999}, "person_id"),
        ({"met_on": TODAY + timedelta(1)}, "met_on"), ({"recorded_by": student}, "person_id"),
    ):  # fmt: skip
        with pytest.raises(BadField) as refused:
            meet_gate(store.conn, store.ids, replace(met, **changed), known, NOW)  # type: ignore[arg-type]
        assert refused.value.field == field
    meet_gate(store.conn, store.ids, met, known, NOW)
    assert standings(store.conn, [student], NOW, RULES)[student].gates == {"STUDENT_CONFLICT_HANDLING": TODAY}
    with pytest.raises(BadField):
        meet_gate(store.conn, store.ids, met, known, NOW)


def test_specialist_training_is_read_in_and_counts_for_nothing(store: KitStore) -> None:
    hollis = store.person("K1")
    head = "ref,policy,course,attended,valid to,reference,withdrawn\n"
    line = "K1,AFO,AFO refresher,2026-03-01,2026-09-01,A1,\n"

    def taken(text: str) -> tuple[int, int, int, int]:
        report = import_specialist(ImportRun(store.conn, store.ids, NOW), (head + text).encode())
        return report.new, report.changed, report.unchanged, len(report.problems)

    assert taken(line + "K9,AFO,x,2026-03-01,,A2,\nK1,PSU,Level 2,2027-01-01,,A3,\n" + line) == (1, 0, 0, 3)
    assert taken(line) == (0, 0, 1, 0)
    assert taken(line.replace("2026-09-01", "2026-10-01")) == (0, 1, 0, 0)
    assert [(each.domain, each.last_good_on) for each in specialists(store.conn, [hollis])] == [("ARMED", "2026-10-01")]
    assert standings(store.conn, [hollis], NOW, RULES)[hollis].training == {}
    assert taken("K1,AFO,AFO refresher,2026-03-01,2026-10-01,A1,yes\n") == (0, 1, 0, 0)
    assert specialists(store.conn, [hollis]) == []


def test_a_file_names_the_version_a_course_was_taught_by(store: KitStore) -> None:
    hollis = store.person("K1")
    text = "ref,course,date,minutes,outcome,record,curriculum version\nK1,PPST,2026-03-01,720,PASS,T1,PPST-2023\n"
    text += "K1,PPST,2026-03-02,720,PASS,T2,PPST-2024\nK1,PPST,2026-03-03,720,PASS,T3,\n"
    assert import_training(ImportRun(store.conn, store.ids, NOW), text.encode(), "LMS").new == 3
    assert import_training(ImportRun(store.conn, store.ids, NOW), text.encode(), "LMS").unchanged == 3
    known = (replace(PPST_2024, name="PPST-2023", from_on=date(2023, 4, 1)), PPST_2024)
    found = mismatches(store.conn, known, NOW - DAY_US, NOW + 1)
    assert [(each.recorded.person_id, each.said, each.why, each.current) for each in found] == [
        (hollis, "PPST-2023", "SUPERSEDED", "PPST-2024")]  # fmt: skip
    with pytest.raises(BadField, match="take two people"):
        import_training(ImportRun(store.conn, store.ids, NOW), text.encode(), "CLASS")

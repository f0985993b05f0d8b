"""Kit that is kept for somebody: nobody else draws it, who it is for does, and it is over by itself."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from inventory.custody.checking import look
from inventory.custody.coming_due import reviews_due
from inventory.custody.docking import bay_reported
from inventory.custody.issue import Issued, Request, issue_kit
from inventory.custody.reservations.bars import NotReserved
from inventory.custody.reservations.making import Reserving, end_reservation, reserve
from inventory.custody.reservations.reading import line_said, live_at, live_of_item, newest, reservation_of
from inventory.gate.readiness import ready
from inventory.oversight.audit import audit
from inventory.people.calendar import local_day
from inventory.people.errors import BadField
from inventory.schema.custody import alarm, ledger
from inventory.schema.engine import writing
from inventory.schema.ids import Ids
from inventory.schema.reservations import reservation
from inventory.schema.stock import item
from inventory.stock.docks import BayWord
from inventory.stock.state import Clock, read_states
from tests.small_force import (
    CAMERAS,
    DOVER_HANDLE,
    GUARDS,
    HOLLIS,
    HOUR,
    ISSUER,
    MEDWAY,
    MERCER,
    NOW,
    SHIFT_ENDS,
    acting,
    camera_ask,
    ced_ask,
    demo_policy,
    serial,
)  # fmt: skip

POLICY = demo_policy()
LATE = Reserving(MEDWAY, (HOLLIS,), NOW, SHIFT_ENDS, "Op Larch, late shift", ISSUER)


def keeps(engine: sa.Engine, ids: Ids, now_us: int = NOW, **what: object) -> int:
    with acting(engine, ids, now_us) as tx:
        return reserve(tx, replace(LATE, **what))  # type: ignore[arg-type]


def draws(engine: sa.Engine, ids: Ids, ask: object, now_us: int = NOW) -> Issued:
    with acting(engine, ids, now_us) as tx:
        return issue_kit(tx, [Request(ask)], POLICY)[0]  # type: ignore[arg-type]


def stops(done: Issued) -> list[str]:
    return [each.code for each in done.decision.refusals if each.stops]


def test_a_reserved_item_is_refused_to_others_and_drawn_by_who_it_is_for(engine: sa.Engine, ids: Ids) -> None:
    number = keeps(engine, ids, items=(CAMERAS[0],))
    assert stops(draws(engine, ids, camera_ask(MERCER))) == ["RESERVED"]
    with engine.connect() as conn:
        clock = Clock(NOW, local_day(NOW))
        assert [each.code for each in ready(conn, [CAMERAS[0]], POLICY, NOW)[CAMERAS[0]]] == ["RESERVED"]
        assert read_states(conn, CAMERAS, clock)[CAMERAS[0]] == "ASSIGNED", "the word of cameras for it"
        assert [each.id for each in live_of_item(conn, CAMERAS[0], NOW)] == [number]
    assert draws(engine, ids, camera_ask(HOLLIS)).allowed
    with engine.connect() as conn:
        (kept,) = live_at(conn, MEDWAY, NOW)
        assert [(line_said(each), each.with_person) for each in kept.lines] == [("Body-worn camera X00241", HOLLIS)]
        assert audit(conn) == []


def test_it_is_over_by_itself_and_before_its_time_only_by_somebody_who_says_why(engine: sa.Engine, ids: Ids) -> None:
    number = keeps(engine, ids, items=CAMERAS[:1], to_us=NOW + HOUR)
    early = keeps(engine, ids, items=CAMERAS[1:2])
    with pytest.raises(BadField), acting(engine, ids) as tx:
        end_reservation(tx, early, ISSUER, " ")
    with acting(engine, ids) as tx:
        end_reservation(tx, early, ISSUER, "Op Larch is off")
    with pytest.raises(NotReserved, match="over already"), acting(engine, ids) as tx:
        end_reservation(tx, early, ISSUER, "Op Larch is off")
    with pytest.raises(LookupError), acting(engine, ids) as tx:
        end_reservation(tx, 1, ISSUER, "Op Larch is off")
    with acting(engine, ids, NOW + HOUR - 1) as tx:
        assert stops(issue_kit(tx, [Request(camera_ask(MERCER))], POLICY)[0])[0] == "RESERVED"
    with engine.connect() as conn:
        assert [each.id for each in live_at(conn, MEDWAY, NOW + HOUR)] == []
        assert "RESERVED" not in [
            each.code for each in ready(conn, [CAMERAS[0]], POLICY, NOW + HOUR)[CAMERAS[0]]
        ]
        states = {each.id: each.state(NOW + HOUR) for each in newest(conn, None, 2**62, 9)}
        assert states == {number: "OVER", early: "ENDED"}
        found = reservation_of(conn, early)
        assert found is not None
        assert (found.ended_by, found.ended_reason, found.state(NOW)) == (ISSUER, "Op Larch is off", "ENDED")
        words = conn.execute(sa.select(ledger.c.kind).where(ledger.c.kind.like("%RESERVED")).order_by(ledger.c.id))
        assert list(words.scalars()) == ["RESERVED", "RESERVED", "UNRESERVED"]


def test_the_last_of_a_number_that_is_promised_stay_for_who_they_are_for(engine: sa.Engine, ids: Ids) -> None:
    keeps(engine, ids, people=(HOLLIS,), kinds=(("CED_HANDLE", "T7", 2),))
    assert draws(engine, ids, ced_ask(MERCER)).allowed, "the third of three is free"
    late = draws(engine, ids, ced_ask(107, 1, by_person_id=ISSUER))
    assert stops(late) == ["RESERVED"]
    assert "The last T7 TASER handles here are reserved" in late.decision.refusals[0].sentence
    assert draws(engine, ids, ced_ask(HOLLIS, 1)).allowed
    assert stops(draws(engine, ids, ced_ask(107, 2, by_person_id=ISSUER))) == ["RESERVED"], "one is still to come"


def test_a_shift_that_runs_into_a_reservation_takes_nothing_of_it(engine: sa.Engine, ids: Ids) -> None:
    keeps(engine, ids, items=CAMERAS[:1], from_us=SHIFT_ENDS - HOUR, to_us=SHIFT_ENDS + HOUR)
    done = draws(engine, ids, camera_ask(MERCER))
    assert stops(done) == ["RESERVED"]
    assert "from 22 November 2026, 15:00" in done.decision.refusals[0].sentence
    assert draws(engine, ids, camera_ask(MERCER, planned_return_us=SHIFT_ENDS - HOUR)).allowed


WRONG: list[tuple[dict[str, object], str]] = [
    ({"people": ()}, "people"),
    ({"people": (1,)}, "people"),
    ({"reason": " "}, "reason"),
    ({"to_us": NOW}, "to_us"),
    ({"to_us": NOW + 15 * 24 * HOUR}, "to_us"),
    ({"from_us": NOW + 91 * 24 * HOUR, "to_us": NOW + 92 * 24 * HOUR}, "from_us"),
    ({"items": ()}, "items"),
    ({"items": (CAMERAS[0], CAMERAS[0])}, "items"),
    ({"kinds": (("BWV_CAMERA", None, 0),)}, "kinds"),
    ({"kinds": (("BWV_CAMERA", None, 1), ("BWV_CAMERA", None, 1))}, "kinds"),
    ({"store_id": 99}, "store_id"),
]
BARRED: list[tuple[dict[str, object], str]] = [
    ({"items": (CAMERAS[0],)}, "reserved already"),
    ({"items": (DOVER_HANDLE,)}, "not in this store"),
    ({"items": (1,)}, "not known"),
    ({"items": (CAMERAS[2],)}, "not in this store"),
    ({"items": (), "kinds": (("BWV_CAMERA", None, 3),)}, "too few"),
    ({"items": (), "kinds": (("CED_HANDLE", "T7", 4),)}, "1 T7 TASER handle too few"),
]


def test_what_cannot_be_promised_is_refused_with_every_reason(engine: sa.Engine, ids: Ids) -> None:
    keeps(engine, ids, items=CAMERAS[:1])
    assert draws(engine, ids, camera_ask(MERCER, CAMERAS[2])).allowed
    for what, field in WRONG:
        with pytest.raises(BadField, match=field):
            keeps(engine, ids, **({"items": CAMERAS[1:2]} | what))
    for what, says in BARRED:
        with pytest.raises(NotReserved, match=says):
            keeps(engine, ids, **what)
    tomorrow = {"from_us": SHIFT_ENDS, "to_us": SHIFT_ENDS + HOUR}
    keeps(engine, ids, items=(CAMERAS[0], CAMERAS[2]), **tomorrow)
    keeps(engine, ids, kinds=(("BWV_CAMERA", "BODY 3", 1),), **tomorrow)
    with pytest.raises(NotReserved, match="too few"):
        keeps(engine, ids, kinds=(("BWV_CAMERA", None, 1),), **tomorrow)
    with engine.connect() as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(reservation)).scalar_one() == 3


def _review_is_an_alarm(engine: sa.Engine, ids: Ids) -> None:
    """It is an alarm from a fortnight before, and another one from the day on; on the next day there is one of them."""
    for days, kinds in ((165, []), (166, ["REVIEW_DUE"]), (181, ["REVIEW_OVERDUE"])):
        with acting(engine, ids, NOW + days * 24 * HOUR) as tx:
            look(tx, POLICY)
            asked = sa.select(alarm.c.kind).where(alarm.c.item_id == CAMERAS[0], alarm.c.settled_us.is_(None))
            assert [kind for kind in tx.conn.execute(asked).scalars() if kind.startswith("REVIEW")] == kinds


def test_kit_for_keeps_has_a_day_of_review_and_no_hour_of_return(engine: sa.Engine, ids: Ids) -> None:
    """A guard is personal by its policy; a camera that is assigned to its officer is, where the force says so."""
    own = replace(POLICY, kinds={key: replace(kind, return_own="PERSONAL", review_days=180)
                                 if key[0] == "BWV_CAMERA" else kind for key, kind in POLICY.kinds.items()},
                  _terms={})  # fmt: skip
    with writing(engine).begin() as conn:
        conn.execute(sa.update(item).where(item.c.id == CAMERAS[0]).values(personal_to=HOLLIS))
    ask = ced_ask(HOLLIS, item_ids=(CAMERAS[0], GUARDS[0]))
    with acting(engine, ids) as tx:
        assert issue_kit(tx, [Request(ask)], own)[0].allowed
        assert issue_kit(tx, [Request(camera_ask(MERCER, CAMERAS[1]))], own)[0].allowed
    with engine.connect() as conn:
        columns = "item_id, return_mode, planned_return_us, review_on"
        kept = conn.exec_driver_sql(f"SELECT {columns} FROM custody WHERE person_id IS NOT NULL ORDER BY item_id")
        assert [tuple(row) for row in kept] == [
            (CAMERAS[0], "PERSONAL", None, "2027-05-21"), (CAMERAS[1], "DUTY", SHIFT_ENDS, None),
            (GUARDS[0], "PERSONAL", None, "2027-11-22"),
        ]  # fmt: skip
        assert audit(conn) == []
        for days, band in ((0, "LATER"), (150, "DUE_30"), (166, "DUE_14"), (180, "OVERDUE")):
            due = {each.item_id: each for each in reviews_due(conn, NOW + days * 24 * HOUR)}
            assert (due[CAMERAS[0]].band, due[CAMERAS[0]].person_id) == (band, HOLLIS), "counted to its day of review"
    _review_is_an_alarm(engine, ids)
    for item_id, word in ((CAMERAS[0], "SIGHTED"), (CAMERAS[1], "RETURNED")):
        with acting(engine, ids, SHIFT_ENDS) as tx:
            docked = BayWord(dock="home-rack", bay=item_id, store_id=MEDWAY, serial=serial(item_id), word="UPLOADING",
                             present=True, observed_us=SHIFT_ENDS, reading_key=f"k{item_id}")  # fmt: skip
            assert bay_reported(tx, docked).word == word, "what is theirs for keeps is docked, not handed in"

"""People with exactly one thing against them, and staff with exactly one capability each, in the small force.

One rule for the editor: each of the ineligible would be given a whole CED set but for the one fact named here, so
that a single guard gone is a set gone.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from inventory.schema import words
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.people import (
    authority_stop,
    binding,
    capability_grant,
    carry_authorisation,
    duty_restriction,
    opt_in,
    person,
    training_result,
)
from inventory.schema.service import sign_in
from tests import small_force as force
from tests.built_once import quick_hash

LAPSED, SUSPENDED, PCSO, X2_ONLY, OPTED_OUT, LIMITED, LEFT, OWN_ISSUER = range(131, 139)
INELIGIBLE = {
    LAPSED: "PPST_OUT_OF_DATE",
    SUSPENDED: "AUTHORITY_SUSPENDED",
    PCSO: "NOT_A_CONSTABLE",
    X2_ONLY: "CED_NOT_TRAINED",
    OPTED_OUT: "NOT_OPTED_IN",
    LIMITED: "DUTY_RESTRICTED",
    LEFT: "PERSON_LEFT",
    OWN_ISSUER: "ISSUES_TO_SELF",
}
"""Person -> the code of what is against them. The last one is eligible, and only may not be their own issuer."""

EVERYTHING, NOTHING, OF_DOVER = 170, 171, 172
"""Who holds every capability everywhere, none at all, and every one at Dover alone."""

STAFF = {180 + n: capability for n, capability in enumerate(words.CAPABILITIES)}
STAFF_WITH = {capability: person_id for person_id, capability in STAFF.items()}
PASSWORD = "correct horse 9"
PIN = "402817"
DUPLICATE = 139
"""A second record of PC Hollis, linked to the first."""

RUNNERS = range(2001, 2051)
"""Fifty eligible officers who all reach for the same serial (`add_runners`)."""

COLLARS = {force.HOLLIS: "4417", **{each: f"60{each}" for each in (*INELIGIBLE, DUPLICATE, *RUNNERS)}}


def name_of(person_id: int) -> str:
    """The sign-in name of a member of staff, or of the one who issues to themselves."""
    return f"person{person_id}"


def build(url: str) -> None:
    """The small force with the ineligible and the staff."""
    force.build(url)
    add_to(url)


def add_to(url: str) -> None:
    """Add the ineligible and the staff to the small force at `url`."""
    engine = make_engine(url)
    ids = Ids(writing(engine))
    with force.acting(engine, ids, force.NOW - 29 * 24 * force.HOUR) as tx:
        for person_id in (*INELIGIBLE, DUPLICATE):
            _officer(tx.conn, ids.take, person_id)
        tx.conn.execute(sa.update(person).where(person.c.id == DUPLICATE).values(same_as=force.HOLLIS))
        for person_id in (*STAFF, EVERYTHING, NOTHING, OF_DOVER):
            _insert(tx.conn, person, id=person_id, ref=str(person_id), kind="POLICE_STAFF", family_name="Staff",
                    given_name=str(person_id), recorded_us=1)  # fmt: skip
        _grants(tx.conn, ids.take)
        for person_id in (*STAFF, EVERYTHING, NOTHING, OF_DOVER, OWN_ISSUER):
            _insert(tx.conn, sign_in, person_id=person_id, name=name_of(person_id),
                    password_hash=quick_hash(PASSWORD), pin_hash=quick_hash(PIN), changed_us=1)  # fmt: skip
    engine.dispose()


def _insert(conn: sa.Connection, table: sa.Table, **values: Any) -> None:
    conn.execute(sa.insert(table).values(**values))


def _officer(conn: sa.Connection, take: Callable[[], int], person_id: int) -> None:
    """Somebody trained and authorised for everything, but for the one thing against them."""
    kind = "PCSO" if person_id == PCSO else "REGULAR"
    left_on = force.LAST_GOOD if person_id == LEFT else None
    _insert(conn, person, id=person_id, ref=str(person_id), kind=kind, family_name=f"Number{person_id}", rank="PC",
            given_name="Alex", home_store_id=force.MEDWAY, frontline=1, joined_on="2015-01-05", left_on=left_on,
            recorded_us=1)  # fmt: skip
    collar = {"technology": "COLLAR", "value": COLLARS[person_id]}
    for mark in (collar, {"technology": "EM4100", "value": force.card(person_id)}):
        _insert(conn, binding, id=take(), person_id=person_id, from_us=1, **mark)
    model = "X2" if person_id == X2_ONLY else "T7"
    for course in ("PPST", "FIRST_AID", "JRFT", "SBG", "BWV_USER", "CED_INITIAL"):
        on = force.LONG_AGO if (person_id, course) == (LAPSED, "PPST") else force.LAST_GOOD
        _insert(conn, training_result, id=take(), person_id=person_id, course=course, attended_on=on, minutes=1200,
                model=model if course == "CED_INITIAL" else None, outcome="PASS", source="test",
                source_ref=f"{person_id}-{course}", recorded_us=1)  # fmt: skip
    for chosen in (1, 0) if person_id == OPTED_OUT else (1,):
        _insert(conn, opt_in, id=take(), person_id=person_id, opted_in=chosen, recorded_us=2 - chosen)
    _insert(conn, carry_authorisation, id=take(), person_id=person_id, model=model, mode="OVERT", grade="INSPECTOR",
            granted_by="CI Ward", from_on=force.LAST_GOOD, to_on="2027-06-30", source_ref=f"g{person_id}",
            recorded_us=1)  # fmt: skip
    if person_id == SUSPENDED:
        _insert(conn, authority_stop, id=take(), person_id=person_id, kind="SUSPENDED", from_us=1, authority="CI Ward",
                reason_class="REVIEW", source_ref="s1", recorded_us=1)  # fmt: skip
    if person_id == LIMITED:
        _insert(conn, duty_restriction, id=take(), person_id=person_id, category="ADJUSTED",
                kinds_allowed="BWV_CAMERA", from_on=force.LAST_GOOD, review_on="2027-06-30", recorded_us=1)  # fmt: skip


def _grants(conn: sa.Connection, take: Callable[[], int]) -> None:
    held = [*STAFF.items(), (OWN_ISSUER, "ISSUER"), *((EVERYTHING, each) for each in words.CAPABILITIES)]
    for person_id, capability in held:
        _insert(conn, capability_grant, id=take(), person_id=person_id, capability=capability, from_us=1, reason="t")
    for capability in words.CAPABILITIES:
        _insert(conn, capability_grant, id=take(), person_id=OF_DOVER, capability=capability, store_id=force.DOVER,
                from_us=1, reason="t")  # fmt: skip


def add_runners(url: str) -> None:
    """Add the fifty to the force at `url`."""
    engine = make_engine(url)
    ids = Ids(writing(engine))
    ids.reserve(2000)
    with force.acting(engine, ids, force.NOW - 29 * 24 * force.HOUR) as tx:
        for person_id in RUNNERS:
            _officer(tx.conn, ids.take, person_id)
    engine.dispose()

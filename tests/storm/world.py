"""The force that a storm falls upon, and what is against each of its people and things: written down here, beside the
database, so that what the gate says can be held against it.

One rule for the editor: what stops an issue is stated in the words of the rules (design `domain.md` 2.1), never read
back from what the program under test makes of it.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher

from bench import synthetic
from inventory.custody.holds import Placing, place_holds
from inventory.custody.receive import Delivered, receive
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.people import (
    authority_stop,
    capability_grant,
    duty_restriction,
    opt_in,
    person,
    store,
    training_result,
)
from inventory.schema.service import sign_in
from inventory.schema.stock import item
from inventory.schema.tx import Tx
from tests import small_force as force

ELSEWHERE = synthetic.SECOND_STORE
FIRST_HAND, STRANGER, OF_ELSEWHERE = 5_000, 6_000, 7_000
PROCESSES = 20
"""So many client processes at most: each has a stranger and an issuer of another store of its own."""
LONG_PAST = "2020-01-31"
PIN = "402817"

CED, CAMERA = "CED", "CAMERA"
REFER = frozenset({"REFER_TO_SUPERVISOR"})
"""What is shown where the reason is nobody's business at the hatch."""
BOTH = frozenset({CED, CAMERA})
AGAINST: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "": (frozenset(), frozenset()),
    "SUSPENDED": (REFER, frozenset({CED})),
    "FAILED_PPST": (frozenset({"PPST_OUT_OF_DATE"}), frozenset({CED})),
    "FAILED_CED": (frozenset({"CED_OUT_OF_DATE"}), frozenset({CED})),
    "OPTED_OUT": (frozenset({"NOT_OPTED_IN"}), frozenset({CED})),
    "LIMITED": (REFER, frozenset({CED})),
    "LEFT": (frozenset({"PERSON_LEFT"}), BOTH),
    "STAFF": (frozenset({"ROLE_NOT_PERMITTED", "BWV_USER_NOT_TRAINED", "DEMS_ACCOUNT_MISSING"}), BOTH),
}
"""What is against a person -> the codes of the refusal, and which kit it keeps from them. STAFF: the issuers."""

EVERY_NTH_IS_NOT_CURRENT = 3
EVERY_NTH_CARTRIDGE_SET_IS_PAST = 9
EVERY_NTH_CAMERA_IS_HELD = 11


@dataclass
class World:
    """Officer -> what is against them; the ids of kit by what it is. `hands`: issuers at the storm's store."""

    officers: dict[int, str] = field(default_factory=dict)
    sets: int = 0
    cameras: list[int] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    past: list[int] = field(default_factory=list)
    strays: list[int] = field(default_factory=list)
    hands: int = 0
    began_us: int = force.NOW

    def save(self, path: Path) -> None:
        """Write it where the clients find it."""
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, path: Path) -> "World":
        """Read what `save` wrote."""
        said: dict[str, Any] = json.loads(path.read_text())
        said["officers"] = {int(each): what for each, what in said["officers"].items()}
        return cls(**said)


def sign_in_of(officer: int) -> str:
    """Under what name an officer signs with a PIN."""
    return f"officer{officer}"


def build(url: str, officers: int, sets: int, hands: int) -> World:
    """Make the force in the empty database at `url`: a camera for each officer, so many CED sets, so many issuers."""
    hashed = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(synthetic.PASSWORD)
    synthetic.build(url, officers, sets, hashed, force.NOW - force.HOUR)
    world = World(sets=sets, hands=hands)
    world.cameras = [synthetic.FIRST_CAMERA + n for n in range(officers)]
    engine = make_engine(url)
    ids = Ids(writing(engine))
    with force.acting(engine, ids, force.NOW - force.HOUR // 2) as tx:
        _not_current(tx, world, officers)
        _not_fit(tx, world)
        _elsewhere(tx, world)
        _staff(tx, world, hashed)
    engine.dispose()
    return world


def _add(tx: Tx, table: sa.Table, **values: Any) -> None:
    tx.conn.execute(sa.insert(table).values(**values))


def _not_current(tx: Tx, world: World, officers: int) -> None:
    facts = [each for each in AGAINST if each not in ("", "STAFF")]
    for n in range(officers):
        officer = synthetic.FIRST_PERSON + n
        what = facts[n // EVERY_NTH_IS_NOT_CURRENT % len(facts)] if n % EVERY_NTH_IS_NOT_CURRENT == 0 else ""
        world.officers[officer] = what
        _put_against(tx, officer, what)


def _put_against(tx: Tx, officer: int, what: str) -> None:
    mark: dict[str, Any] = {"person_id": officer, "recorded_us": 2}
    if what in ("FAILED_PPST", "FAILED_CED"):
        course, model = ("PPST", None) if what == "FAILED_PPST" else ("CED_REFRESHER", "T7")
        _add(tx, training_result, id=tx.ids.take(), course=course, model=model, attended_on=force.TODAY.isoformat(),
             minutes=300, outcome="FAIL", source="storm", source_ref=f"s{officer}", **mark)  # fmt: skip
    elif what == "SUSPENDED":
        _add(tx, authority_stop, id=tx.ids.take(), kind="SUSPENDED", from_us=1, authority="CI Ward",
             reason_class="REVIEW", source_ref="s", **mark)  # fmt: skip
    elif what == "OPTED_OUT":
        _add(tx, opt_in, id=tx.ids.take(), opted_in=0, **mark)
    elif what == "LIMITED":
        _add(tx, duty_restriction, id=tx.ids.take(), category="ADJUSTED", kinds_allowed="BWV_CAMERA",
             from_on=force.LAST_GOOD, review_on="2027-06-30", **mark)  # fmt: skip
    elif what == "LEFT":
        tx.conn.execute(sa.update(person).where(person.c.id == officer).values(left_on=force.LAST_GOOD))


def _not_fit(tx: Tx, world: World) -> None:
    world.held = world.cameras[::EVERY_NTH_CAMERA_IS_HELD]
    place_holds(tx, [Placing("RECALL", "Notice 7/26", each, None, synthetic.ISSUER, "") for each in world.held])
    for number in range(0, world.sets, EVERY_NTH_CARTRIDGE_SET_IS_PAST):
        past = synthetic.set_items(number)[-1]
        world.past.append(past)
        tx.conn.execute(sa.update(item).where(item.c.id == past).values(expires_on=LONG_PAST))


def _elsewhere(tx: Tx, world: World) -> None:
    _add(tx, store, id=ELSEWHERE, code="EL", name="Elsewhere", opened_us=1)
    world.strays = [synthetic.FIRST_CAMERA - 1 - n for n in range(max(4, len(world.cameras) // 20))]
    _add_cameras = [
        {"id": each, "kind": "BWV_CAMERA", "maker": "BENCH", "serial": f"E{each}", "model": "BODY 3",
         "home_store_id": ELSEWHERE, "pool": "OPERATIONAL", "in_service_on": "2026-01-01", "recorded_us": 1}
        for each in world.strays
    ]  # fmt: skip
    tx.conn.execute(sa.insert(item), _add_cameras)
    receive(tx, [Delivered(each, ELSEWHERE, synthetic.ISSUER) for each in world.strays])


def _staff(tx: Tx, world: World, hashed: str) -> None:
    held = [
        (FIRST_HAND + n, each, synthetic.STORE) for n in range(world.hands) for each in ("ISSUER", "STORE_MANAGER")
    ]
    held += [(STRANGER + n, "INSTRUCTOR", ELSEWHERE) for n in range(PROCESSES)]
    held += [(OF_ELSEWHERE + n, "ISSUER", ELSEWHERE) for n in range(PROCESSES)]
    pin = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PIN)
    for officer in world.officers:
        _add(tx, sign_in, person_id=officer, name=sign_in_of(officer), password_hash=hashed, pin_hash=pin, changed_us=1)
    for who in dict.fromkeys(who for who, _, _ in held):
        _add(tx, person, id=who, ref=f"s{who}", kind="POLICE_STAFF", family_name=f"Hand{who}", given_name="Storm",
             frontline=0, home_store_id=synthetic.STORE, recorded_us=1)  # fmt: skip
        _add(tx, sign_in, person_id=who, name=f"hand{who}", password_hash=hashed, changed_us=1)
    for who, capability, store_id in held:
        _add(tx, capability_grant, id=tx.ids.take(), person_id=who, capability=capability, store_id=store_id,
             from_us=1, reason="storm")  # fmt: skip

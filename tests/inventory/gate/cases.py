"""Cases for the gate in a storekeeper's words: a sound draw by PC 4417, and phrases that change one fact of it.

One rule for the editor: a phrase changes facts or the ask and nothing else; what follows from it is the gate's
business. The words are listed at the head of `policy_table.txt`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from inventory.gate.ask import Ask, Override
from inventory.gate.facts import (
    Authority,
    Facts,
    IssuerFacts,
    PersonFacts,
    StoreFacts,
)
from inventory.gate.policy import DEMO, Policy, load
from inventory.people.calendar import LONDON, local_day
from inventory.people.training import Currency, Ending
from inventory.stock.kit_facts import BayFacts, CheckFacts, ItemFacts, Kept, LotFacts

OTHER_FORCE = Path(__file__).parent / "other_force.toml"
PC_4417, ISSUER, STORE = 4417, 50, 7


def us(text: str) -> int:
    """'2026-11-22 07:00', London, as UTC microseconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=LONDON).timestamp()) * 1_000_000


NOW_US = us("2026-11-21 21:45")
DUTY_ENDS_US = us("2026-11-22 07:00")
LONG = us("2027-06-01 00:00")


@cache
def policy_named(name: str) -> Policy:
    """'shipped' as it comes, 'demo' with the demonstration force's numbers, 'other' with another force's."""
    return load(overlay={"shipped": None, "demo": DEMO, "other": OTHER_FORCE}[name])


@dataclass
class Case:
    """One draw, to be changed phrase by phrase and then judged."""

    policy: str = "demo"
    now_us: int = NOW_US
    ask: dict[str, Any] = field(default_factory=dict)
    person: PersonFacts | None = None
    items: dict[str, ItemFacts] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    lots: list[LotFacts] = field(default_factory=list)
    store: StoreFacts | None = field(default_factory=lambda: StoreFacts(STORE, "Medway", open=True))
    issuer: IssuerFacts | None = field(default_factory=lambda: IssuerFacts(ISSUER, may_issue=True))
    feed_us: int | None = us("2026-11-21 21:00")
    unknown_items: tuple[int, ...] = ()
    unknown_lots: tuple[int, ...] = ()
    overrides: tuple[Override, ...] = ()
    kept: tuple[Kept, ...] = ()
    left: dict[tuple[str, str], int] = field(default_factory=dict)

    def facts(self) -> Facts:
        """The facts as they stand."""
        given = {
            "person_id": PC_4417,
            "store_id": STORE,
            "item_ids": tuple(self.items[name].id for name in self.asked) + self.unknown_items,
            "lots": tuple((lot.id, lot.quantity) for lot in self.lots)
            + tuple((n, 1) for n in self.unknown_lots),
            "purpose": "OPERATIONAL",
            "planned_return_us": DUTY_ENDS_US,
            "door": "hatch",
            "by_person_id": ISSUER,
            "stage": "COMPLETING",
            "fit_declared": True,
            "function_tests": frozenset(each.id for each in self.items.values()),
            "charges": tuple((each.id, 80) for each in self.items.values() if each.kind == "CED_BATTERY"),
            "authenticated_by": "PIN",
        }
        return Facts(
            ask=Ask(**(given | self.ask)),
            now_us=self.now_us,
            today=local_day(self.now_us),
            person=self.person,
            items=tuple(self.items.values()),
            lots=tuple(self.lots),
            store=self.store,
            issuer=self.issuer,
            feed_us=self.feed_us,
            unknown_items=self.unknown_items,
            unknown_lots=self.unknown_lots,
            overrides=self.overrides,
            kept=self.kept,
            left=self.left,
        )


# ---- the sound draw --------------------------------------------------------------------------------


def held_until(until_us: int | None, ended_by: Ending = Ending.TIME) -> Currency:
    """A currency that ends then."""
    last = None if until_us is None else local_day(until_us - 1)
    return Currency(date(2026, 1, 5), last, until_us, ended_by)


def sound_person() -> PersonFacts:
    """PC 4417: everything in date, authorised for every model, opted in, holding nothing."""
    models = ("X2", "T7", "T10")
    courses = ("PPST", "FIRST_AID", "JRFT", "SBG", "BWV_USER")
    training: dict[tuple[str, str | None], Currency] = {
        (course, None): held_until(LONG) for course in courses
    }
    return PersonFacts(
        id=PC_4417,
        kind="REGULAR",
        name="Ada Fenn",
        collar="4417",
        joined_on=date(2019, 4, 1),
        frontline=True,
        opted_in=True,
        training=training | {("CED", model): held_until(LONG) for model in models},
        authorities=tuple(Authority(model, "OVERT", us("2026-01-06 00:00"), LONG) for model in models),
        suspensions=(),
        restrictions=(),
        gates={"DEMS_ACCOUNT": date(2024, 1, 1)},
        holding=(),
    )


def sound_item(number: int, kind: str, model: str, **more: Any) -> ItemFacts:
    """An item in the store with nothing against it."""
    facts: dict[str, Any] = {
        "id": number,
        "kind": kind,
        "maker": "AXON",
        "serial": f"S{number}",
        "model": model,
        "home_store_id": STORE,
        "pool": "OPERATIONAL",
        "holder": "STORE",
        "holder_id": STORE,
        "holds": frozenset(),
    }
    if kind == "CED_HANDLE":
        facts |= {
            "full_check": CheckFacts(us("2026-09-01 10:00"), passed=True),
            "in_service_on": date(2024, 1, 10),
        }
    if kind == "CED_BATTERY":
        facts |= {"docked_us": us("2026-11-20 08:00"), "variant": "APPM" if model == "X2" else None}
    if kind == "CED_CARTRIDGE":
        facts |= {"purpose": "LIVE_DUTY", "expires_on": date(2029, 3, 31), "variant": "STANDOFF"}
    if kind == "BWV_CAMERA":
        facts["bay"] = BayFacts(STORE, True, us("2026-11-21 21:44"), 100, 0, 30000, "1.24.3", 20)
    return ItemFacts(**(facts | more))


def _ced_set(model: str, cartridges: int) -> dict[str, ItemFacts]:
    items = {"handle": sound_item(1, "CED_HANDLE", model), "battery": sound_item(2, "CED_BATTERY", model)}
    for n in range(1, cartridges + 1):
        items[f"cartridge {n}"] = sound_item(10 + n, "CED_CARTRIDGE", model)
    return items


def _t10_set() -> dict[str, ItemFacts]:
    items = _ced_set("T10", 0)
    inside = {
        f"cartridge {n}": sound_item(10 + n, "CED_CARTRIDGE", "T10", fitted_in=3, variant=None)
        for n in range(1, 11)
    }
    loaded = tuple(item.id for item in inside.values())
    return items | {"magazine": sound_item(3, "CED_MAGAZINE", "T10", fitted=loaded)} | inside


def _training_set() -> dict[str, ItemFacts]:
    items = _ced_set("T7", 2)
    return {
        name: replace(item, pool="TRAINING", purpose="HALT" if item.purpose else None)
        for name, item in items.items()
    }


DRAWS: dict[str, Callable[[], dict[str, ItemFacts]]] = {
    "nothing": dict,
    "T7 set": lambda: _ced_set("T7", 2),
    "T7 set and spares": lambda: _ced_set("T7", 4),
    "X2 set": lambda: _ced_set("X2", 2),
    "T10 set": _t10_set,
    "training set": _training_set,
    "camera": lambda: {"camera": sound_item(5, "BWV_CAMERA", "BODY 3")},
    "spit guard": lambda: {"guard": sound_item(6, "SBG", "SAFE HOOD")},
    "spit guard lot": dict,
    "T7 battery": lambda: {"battery": sound_item(2, "CED_BATTERY", "T7")},
    "T7 cartridge": lambda: {"cartridge 1": sound_item(11, "CED_CARTRIDGE", "T7")},
    "pepper spray": lambda: {"spray": sound_item(8, "PAVA", "PAVA")},
}


def case_of(draws: str) -> Case:
    """The sound case of one draw, by its name in `DRAWS`, and perhaps 'without <item>' or 'and camera' after it."""
    name, *without = re.split(r" without ", draws)
    both = name.split(" and camera")
    case = Case(person=sound_person(), items=DRAWS[both[0]]())
    if len(both) > 1:
        case.items |= DRAWS["camera"]()
    for item in without:
        del case.items[item]
    loaded = {child for item in case.items.values() for child in item.fitted}
    case.asked = [name for name, item in case.items.items() if item.id not in loaded]
    if name == "spit guard lot":
        case.lots = [LotFacts(90, "SBG", "NIPPON", "24-11", "SAFE HOOD", 1, 40, None, frozenset())]
    if name == "training set":
        case.ask["purpose"] = "TRAINING"
    return case

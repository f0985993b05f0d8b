"""What lies ready at the Medway hatch on one day, handed out piece by piece to the people of a script.

One rule for the editor: a piece is taken once. Only pieces that nothing could stop are ready: in date, checked,
charged, and not held back.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from inventory.demo import kit, posts, upkeep
from inventory.demo.force import DemoForce
from inventory.demo.kit import Dated, Piece
from inventory.demo.plan import MEDWAY, TEAMS, dice
from inventory.demo.roster import Member
from inventory.demo.view import Person, people_of
from inventory.people.calendar import add_months

LIFE_MONTHS = 53
"""A CED in service longer is near or past its useful life (I-13), and may be refused."""

EARLY_DAYS = 2
CYCLE_DAYS = 10
"""Six on, four off: two early, two late, two night; each team starts its early days two days after the last."""

SHORT_A_DAY = 2


class Bench:
    """The kit and the people of one script. Everything it hands out depends only on the force and the day."""

    def __init__(self, demo: DemoForce, day: date) -> None:
        self.demo = demo
        self.day = day
        self.issuer = posts.holder(demo.force, "ISSUER", MEDWAY)
        self.last_handle = ""
        self._people = _team_first(people_of(demo.force, MEDWAY, day), day)
        self._here: set[str] = set()
        self._short = _short_of_spit_guards(demo, day)
        self._cameras = _cameras(demo)
        self._piles = _piles(demo, day)
        self.spit_guard_label = next(kit.lots(demo.force)).label

    def people(self, sort: str, number: int) -> list[Person]:
        """Up to `number` people of a sort who have not come yet, those of the team on duty first."""
        found: list[Person] = []
        number = min(number, self._sets(sort))
        for each in self._people:
            if len(found) < number and each.member.ref not in self._here and self._is(each, sort):
                found.append(each)
                self._here.add(each.member.ref)
        return found

    def _is(self, person: Person, sort: str) -> bool:
        own = self._cameras.get(person.member.ref)
        if sort == "CAMERA OF OWN" and not own:
            return False
        if sort == "SHORT OF SPIT GUARDS" and person.member.ref not in self._short:
            return False
        return person.is_a(sort)

    def pairs(self) -> Iterator[tuple[Person, Person]]:
        """One pair: somebody drawing a CED, and somebody who comes between."""
        first, second = self.people("T7", 1), self.people("PASSER-BY", 1)
        if first and second:
            yield first[0], second[0]

    def _sets(self, sort: str) -> int:
        """How many more people of a sort there is kit for."""
        if sort == "T7":
            return self.room()
        if sort == "T10":
            return min(
                len(self._piles[f"T10 {kind}"]) for kind in ("CED_HANDLE", "CED_BATTERY", "CED_MAGAZINE")
            )
        return len(self._people)

    def room(self) -> int:
        """How many more sets of a T7 there are."""
        pile = self._piles
        pairs = min(len(pile["CED_CARTRIDGE STANDOFF"]), len(pile["CED_CARTRIDGE CLOSE"])) // 2
        return min(len(pile["CED_HANDLE"]), len(pile["CED_BATTERY"]), pairs)

    def take(self, what: str) -> str:
        """The serial of the next ready piece of a pile, which nobody else gets."""
        serial = self._piles[what].pop(0)
        if what.endswith("CED_HANDLE"):
            self.last_handle = serial
        return serial

    def show(self, what: str) -> str:
        """The serial of a piece of a pile that somebody only reaches for."""
        return self._piles[what][-1]

    def camera(self, member: Member) -> str:
        """The key of the officer's own camera, or of the next one of the pool."""
        return self._cameras.get(member.ref) or self._piles["POOL CAMERA"].pop(0)

    def camera_of_another(self, member: Member) -> str:
        """The key of somebody else's own camera."""
        return next(key for ref, key in sorted(self._cameras.items()) if ref not in self._here | {member.ref})


_PILES = (
    "CED_HANDLE", "CED_BATTERY", "CED_CARTRIDGE STANDOFF", "CED_CARTRIDGE CLOSE", "T10 CED_HANDLE",
    "T10 CED_BATTERY", "EXPIRED CED_CARTRIDGE", "LOW CED_BATTERY", "MAIDSTONE CED_HANDLE", "MEDWAY CED_HANDLE",
)  # fmt: skip
"""Everything by what it is; MEDWAY CED_HANDLE is every T7 of the store, ready or not."""


def _team_first(people: list[Person], day: date) -> list[Person]:
    """The team whose early days these are in front, each in an order that changes from day to day."""
    turn = day.toordinal() // EARLY_DAYS % (CYCLE_DAYS // EARLY_DAYS)
    team = f"{MEDWAY}-{TEAMS[turn]}"
    rng = dice(day.toordinal(), "queue")
    return sorted(people, key=lambda each: (each.member.team != team, rng.random()))


def _short_of_spit_guards(demo: DemoForce, day: date) -> set[str]:
    """Those whose day it is to draw what they lack: a few every day, until nobody is short."""
    start = SHORT_A_DAY * (day - demo.force.anchor).days
    return set(kit.short_at_medway(demo.force)[start : start + SHORT_A_DAY])


def _cameras(demo: DemoForce) -> dict[str, str]:
    """The keys of personal cameras, by their owners."""
    mine = [
        each for each in demo.kit if each.kind == "BWV_CAMERA" and each.store == MEDWAY and each.personal_to
    ]
    return {each.personal_to: kit.camera_key(each) for each in mine}


def _piles(demo: DemoForce, day: date) -> dict[str, list[str]]:
    """The serials of what is ready, by what it is; of pool cameras their keys."""
    there = list(kit.dated(demo.force, demo.kit, day))
    docked = {row.serial for row in upkeep.bays(demo.force, demo.kit)}
    piles: dict[str, list[str]] = {name: [] for name in _PILES}
    for each in there:
        pile = _pile(demo, each, day, docked)
        if pile:
            piles[pile].append(each.piece.serial)
    pool = [each.piece for each in there if each.piece.kind == "BWV_CAMERA" and each.piece.store == MEDWAY]
    handles = [
        each.piece for each in there if each.piece.kind == "CED_HANDLE" and each.piece.pool == "OPERATIONAL"
    ]
    piles["MEDWAY CED_HANDLE"] = [
        each.serial for each in handles if each.store == MEDWAY and each.model == "T7"
    ]
    piles["POOL CAMERA"] = [
        kit.camera_key(each) for each in pool if not each.personal_to and each.serial in docked
    ]
    piles["T10 CED_MAGAZINE"] = _full_magazines(demo, there, day)
    return piles


def _pile(demo: DemoForce, dated: Dated, day: date, docked: set[str]) -> str:
    piece = dated.piece
    if piece.pool != "OPERATIONAL" or piece.model == "X2" or piece.store not in (MEDWAY, "MA"):
        return ""
    if piece.store == "MA":
        return "MAIDSTONE CED_HANDLE" if piece.kind == "CED_HANDLE" and piece.model == "T7" else ""
    if piece.kind == "CED_CARTRIDGE" and piece.model == "T7":
        return _cartridge_pile(dated, day)
    if piece.kind == "CED_BATTERY":
        return _battery_pile(piece, docked)
    if piece.kind == "CED_HANDLE" and _is_sound(demo, dated, day):
        return "CED_HANDLE" if piece.model == "T7" else "T10 CED_HANDLE"
    return ""


def _cartridge_pile(dated: Dated, day: date) -> str:
    if dated.expires_on is None or dated.expires_on < day:
        return "EXPIRED CED_CARTRIDGE"
    return f"CED_CARTRIDGE {dated.piece.variant}" if dated.expires_on > day + timedelta(days=1) else ""


def _battery_pile(piece: Piece, docked: set[str]) -> str:
    if piece.model == "T10":
        return "T10 CED_BATTERY"
    if piece.serial not in docked:
        return ""
    return "LOW CED_BATTERY" if upkeep.is_low(piece) else "CED_BATTERY"


def _is_sound(demo: DemoForce, dated: Dated, day: date) -> bool:
    since = kit.item_row(demo.force, dated).in_service_on
    in_life = since is not None and add_months(since, LIFE_MONTHS) > day
    return in_life and not upkeep.checked_late(dated.piece)


def _full_magazines(demo: DemoForce, there: list[Dated], day: date) -> list[str]:
    """Medway's loaded magazines in which no cartridge has expired or is about to."""
    ends = {each.piece.serial: each.expires_on for each in there if each.piece.model == "T10"}
    loaded: dict[str, list[date | None]] = {}
    for row in kit.fittings(demo.kit):
        loaded.setdefault(row.magazine, []).append(ends[row.cartridge])
    mine = {each.serial for each in demo.kit if each.kind == "CED_MAGAZINE" and each.store == MEDWAY}
    soon = day + timedelta(days=1)
    return [
        name for name, inside in loaded.items() if name in mine and all(end and end > soon for end in inside)
    ]

"""Who of the demo force draws what, shift by shift: the three shifts of all fourteen stores, refusals among them.

One rule for the editor: nothing here looks at a database or repeats a rule of the gate. Only kit that nothing could
stop is drawn, and only by people of whom every fact is certain (`inventory.demo.view`), but for those who are refused.

Left out, because their acts are not draws and returns of items: T10 sets (a magazine and ten cartridges in one), spit
guards (lots), kit for training. Who carries a T10 draws a camera here.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from inventory.demo import kit, posts, upkeep
from inventory.demo.bench import LIFE_MONTHS
from inventory.demo.force import DemoForce
from inventory.demo.kit import Dated
from inventory.demo.plan import SHIFTS, STORES, TEAMS, StorePlan, dice
from inventory.demo.view import Person, people_of
from inventory.people.calendar import HOUR_US, SECOND_US, add_months, day_start_us

MINUTE_US = 60 * SECOND_US
CYCLE_DAYS, EACH_DAYS = 10, 2
"""Six days on, four off: two early, two late, two night; each team begins two days after the one before."""

HALF_HOUR_S = 1800
SET_PARTS = ("CED_HANDLE", "CED_BATTERY", "STANDOFF", "STANDOFF", "CLOSE", "CLOSE")
SPARE_DAYS = 2
"""A cartridge is drawn only where its date is later than the day by so much."""

REFUSED = {"CED LAPSED": "CED_OUT_OF_DATE", "CED AND PPST LAPSED": "PPST_OUT_OF_DATE"}
"""Who reaches for a T7 all the same -> a code that must be among the reasons."""


@dataclass(frozen=True, slots=True)
class Draw:
    """One person's draw: serials by what they are, when they go out and come back, and the end of the duty (UTC
    microseconds). `refused` is "" or the code that must be among the reasons; then nothing goes out. `battery` is "" or
    the pack that goes with the handle: where no dock speaks of it, its charge is read off the display and typed."""

    store: str
    ref: str
    issuer: str
    serials: tuple[str, ...]
    out_us: int
    back_us: int
    planned_us: int
    handle: str
    battery: str
    refused: str = ""


class Shelf:
    """The kit of one store that is fit to go out, each pile in the order in which it came back."""

    def __init__(self, piles: dict[str, deque[tuple[str, date | None]]], own: dict[str, str]) -> None:
        """`piles` by a word of SET_PARTS or CAMERA: (serial, the last day on which it may go out); `own` are personal
        cameras by their officers."""
        self._piles = piles
        self._own = own
        self._back: dict[str, int] = {}

    def add(self, pile: str, serial: str, until: date | None) -> None:
        """Something that came onto the books."""
        self._piles.setdefault(pile, deque()).append((serial, until))

    def take(self, pile: str, day: date, times: tuple[int, int]) -> str | None:
        """The next serial of a pile, which goes to its end: nobody else has it before all the others went. None where
        that is still out. `times`: when it goes and when it is back."""
        waiting = self._piles.get(pile, deque())
        while waiting:
            serial, until = waiting.popleft()
            if until is not None and until <= day:
                continue
            if self._back.get(serial, 0) >= times[0]:
                waiting.appendleft((serial, until))
                return None
            waiting.append((serial, until))
            self._back[serial] = times[1]
            return serial
        return None

    def ced(self, day: date, times: tuple[int, int]) -> tuple[str, ...] | None:
        """A whole set; None where a part of it is missing."""
        parts = [self.take(each, day, times) for each in SET_PARTS]
        return None if None in parts else tuple(str(each) for each in parts)

    def camera(self, ref: str, day: date, times: tuple[int, int]) -> str | None:
        """The officer's own camera, or the next one of the pool."""
        return self._own.get(ref) or self.take("CAMERA", day, times)


class Year:
    """The draws of the demo force from its anchor day on. Days must be asked for in order: kit goes round."""

    def __init__(self, demo: DemoForce, upto: date) -> None:
        """`upto`: the last day that will be asked for."""
        self.demo = demo
        self._issuers = {each.code: posts.holder(demo.force, "ISSUER", each.code) for each in STORES}
        self._dated = sorted(kit.dated(demo.force, demo.kit, upto), key=lambda each: each.on)
        self._fit = _Fit(demo)
        self._shelves = {each.code: Shelf({}, {}) for each in STORES}
        self._place = 0
        self._nights: dict[str, frozenset[str]] = {}
        """By store, who is still on the night shift when the next day begins."""
        for code, own in self._fit.personal().items():
            self._shelves[code] = Shelf({}, own)

    def day(self, day: date, on_books: date) -> list[Draw]:
        """Every draw that begins on the day, in the order of their times, of kit that was delivered by `on_books`."""
        self._unpack(on_books)
        found: list[Draw] = []
        for each in STORES:
            people, came = [one for one in people_of(self.demo.force, each.code, day) if _draws(one)], set[str]()
            for number, (name, starts, ends) in enumerate(SHIFTS):
                kept = came if number else self._nights.get(each.code, frozenset())
                team = f"{each.code}-{TEAMS[_team_on(day, number)]}"
                rest = [one for one in people if one.member.ref not in kept]
                dice(day.toordinal(), each.code, name).shuffle(rest)
                rest.sort(key=lambda one: one.member.team != team)  # whoever else is wanted comes on a day off
                here = rest[: _size(each, number)]
                came |= {one.member.ref for one in here}
                found += self._shift(each, here, _Times.of(day, starts, ends))
            self._nights[each.code] = frozenset(one.member.ref for one in here)
        return sorted(found, key=lambda one: (one.out_us, one.ref))

    def _unpack(self, day: date) -> None:
        while self._place < len(self._dated) and self._dated[self._place].on <= day:
            each = self._dated[self._place]
            self._place += 1
            pile = self._fit.pile(each)
            if pile:
                until = each.expires_on - timedelta(days=SPARE_DAYS) if each.expires_on else self._fit.life_ends(each)
                self._shelves[each.piece.store].add(pile, each.piece.serial, until)

    def _shift(self, store: StorePlan, came: list[Person], times: "_Times") -> Iterator[Draw]:
        shelf, issuer = self._shelves[store.code], self._issuers[store.code]
        for place, person in enumerate(came):
            out_us, back_us = when = times.of_place(place, len(came))
            more = _More(store.code, person.member.ref, issuer, out_us, back_us, times.ends_us)
            refused = next((code for sort, code in REFUSED.items() if person.is_a(sort)), "")
            wanted = shelf.ced(times.day, when) if refused or person.is_a("T7") else None
            if refused and wanted:
                yield more.draw(wanted, refused)
                wanted = None
            camera = shelf.camera(person.member.ref, times.day, when) if person.is_a("CAMERA") else None
            serials = (wanted or ()) + ((camera,) if camera else ())
            if serials:
                yield more.draw(serials)


@dataclass(frozen=True, slots=True)
class _More:
    store: str
    ref: str
    issuer: str
    out_us: int
    back_us: int
    planned_us: int

    def draw(self, serials: tuple[str, ...], refused: str = "") -> Draw:
        """A refusal is half a minute before whatever the same person draws then."""
        out_us = self.out_us - MINUTE_US // 2 if refused else self.out_us
        handle, battery = (serials[0], serials[1]) if len(serials) > 1 else ("", "")
        return Draw(
            self.store, self.ref, self.issuer, serials, out_us, self.back_us, self.planned_us, handle, battery, refused
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Times:
    day: date
    starts_us: int
    ends_us: int

    @classmethod
    def of(cls, day: date, starts: str, ends: str) -> "_Times":
        """A shift's times, told in London's wall clock; one that ends at or before it starts ends on the next day."""
        return cls(day, _moment(day, starts), _moment(day if ends > starts else day + timedelta(days=1), ends))

    def of_place(self, place: int, people: int) -> tuple[int, int]:
        """When the so-manieth of so many draws, in the half hour around the start, and brings it back."""
        step_us = HALF_HOUR_S * SECOND_US // max(people, 1)
        return self.starts_us - 15 * MINUTE_US + place * step_us, self.ends_us - 20 * MINUTE_US + place * step_us // 2


def _moment(day: date, at: str) -> int:
    # A shift's wall time on a day of 23 or 25 hours is counted from midnight as on any other: it is a made-up force.
    hours, minutes = at.split(":")
    return day_start_us(day) + int(hours) * HOUR_US + int(minutes) * MINUTE_US


def _team_on(day: date, shift: int) -> int:
    """Which team of five has the shift."""
    return (day.toordinal() // EACH_DAYS + shift) % (CYCLE_DAYS // EACH_DAYS)


def _draws(person: Person) -> bool:
    return person.member.rank != "Insp" and (person.is_a("CAMERA") or any(map(person.is_a, REFUSED)))


def _size(store: StorePlan, shift: int) -> int:
    return (store.early, store.late, store.night)[shift]


class _Fit:
    """What may go out of each store, by the facts that the force is made of."""

    def __init__(self, demo: DemoForce) -> None:
        self._demo = demo
        self._docked = {row.serial for row in upkeep.bays(demo.force, demo.kit)}

    def personal(self) -> dict[str, dict[str, str]]:
        """Personal cameras that stand in a dock: store -> officer -> serial."""
        found: dict[str, dict[str, str]] = {each.code: {} for each in STORES}
        for each in self._demo.kit:
            if each.kind == "BWV_CAMERA" and each.personal_to and each.serial in self._docked:
                found[each.store][each.personal_to] = each.serial
        return found

    def pile(self, dated: Dated) -> str:
        """The pile it belongs to; "" where it does not go out."""
        piece = dated.piece
        if piece.kind == "BWV_CAMERA":
            return "" if piece.personal_to or piece.serial not in self._docked else "CAMERA"
        if piece.pool != "OPERATIONAL" or piece.model != "T7":
            return ""
        if piece.kind == "CED_CARTRIDGE":
            return piece.variant
        if piece.kind == "CED_BATTERY":
            return "" if upkeep.is_low(piece) or upkeep.docks_late(piece) else "CED_BATTERY"
        return "CED_HANDLE" if piece.kind == "CED_HANDLE" and not upkeep.checked_late(piece) else ""

    def life_ends(self, dated: Dated) -> date | None:
        """The last day on which a handle may go out; None for what has no end."""
        if dated.piece.kind != "CED_HANDLE":
            return None
        since = kit.item_row(self._demo.force, dated).in_service_on
        return add_months(since, LIFE_MONTHS) if since else dated.on

"""The early shift at Medway: 56 people, about 328 scans in half an hour, refusals among them.

One rule for the editor: a step says what the kit store must answer, and why, from the plan alone; nothing here
looks at a database. The script is for a day on which the kit of the store is in the store.

A visit is a card, then scans, then touches, then the issuer's countersign. What is refused stays on the counter.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from inventory.demo import plan
from inventory.demo.bench import Bench
from inventory.demo.force import DemoForce
from inventory.demo.roster import Member
from inventory.demo.view import Person

PEOPLE = 56
SCANS = 328
LASTS_S = 1_800.0
TOUCH_S = 0.7
CARD, SCAN, FIT, FUNCTION_TEST, CHARGE, COUNTERSIGN = (
    "CARD",
    "SCAN",
    "FIT",
    "FUNCTION_TEST",
    "CHARGE",
    "COUNTERSIGN",
)
READ_BY_HARDWARE = (CARD, SCAN)
T10_CHARGE_PERCENT = 80
UNKNOWN_EAN = "5012345678900"


@dataclass(frozen=True, slots=True)
class Step:
    """One act at the hatch, `at_s` seconds after the start.

    `code` is what the device reads: a card's UID (EM4100), a code's text, the serial a touch is about, or the
    issuer's number for a countersign. `symbology` is the AIM identifier a scanner sends. `expected` is the
    verdict's code ("IN_SET", "REFUSED" ...) and `refusals` the codes that must be among the reasons.
    """

    at_s: float
    ref: str
    act: str
    code: str
    expected: str
    symbology: str = ""
    refusals: tuple[str, ...] = ()
    value: int | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """A step before it has a time and a person."""

    act: str
    code: str
    expected: str
    symbology: str = ""
    refusals: tuple[str, ...] = ()
    value: int | None = None


Visit = Callable[[Bench, Person], list[Act]]


def early_shift(demo: DemoForce, day: date) -> list[Step]:
    """The script of the Medway early shift on `day`. Raises ValueError for a day before the anchor day."""
    if day < demo.force.anchor:
        raise ValueError(f"day: expected {demo.force.anchor} or later, got {day}")
    bench = Bench(demo, day)
    visits = list(_visits(bench))
    ordered = [each for _, acts in sorted(visits, key=lambda pair: pair[0]) for each in acts]
    return _timed(ordered)


def returns(steps: list[Step]) -> list[Step]:
    """The same people at the end of the shift: each shows the card and scans back what was issued.

    A T10's magazine brings its cartridges back with it. Spit guards stay with the officer.
    """
    cards = {each.ref: each for each in steps if each.act == CARD}
    issued = {each.ref for each in steps if each.act == COUNTERSIGN}
    acts = []
    for ref in dict.fromkeys(each.ref for each in steps if each.ref in issued):
        acts.append((ref, Act(CARD, cards[ref].code, "VISIT_OPENED")))
        for each in steps:
            if each.ref == ref and each.act == SCAN and each.expected == "IN_SET" and each.code[:3] != "SBG":
                acts.append((ref, Act(SCAN, each.code, "RETURNED", each.symbology)))
    return _timed(acts)


def _timed(acts: list[tuple[str, Act]]) -> list[Step]:
    """Readings evenly over the half hour, touches shortly after what they follow."""
    readings = sum(each.act in READ_BY_HARDWARE for _, each in acts)
    gap_s, at_s, steps, place = LASTS_S / max(readings, 1), 0.0, [], 0
    for ref, each in acts:
        if each.act in READ_BY_HARDWARE:
            at_s, place = place * gap_s, place + 1
        else:
            at_s += TOUCH_S
        steps.append(
            Step(round(at_s, 3), ref, each.act, each.code, each.expected, each.symbology, each.refusals, each.value)
        )  # fmt: skip
    return steps


# ---- who comes, in which order ---------------------------------------------------------------------


def _visits(bench: Bench) -> Iterator[tuple[float, list[tuple[str, Act]]]]:
    """(place in the queue, acts): the characters of `CAST` spread among ordinary visits."""
    rng = plan.dice(bench.demo.force.seed, "queue", bench.day)
    count = 0
    for find, visit, number in CAST:
        for person in bench.people(find, number):
            count += 1
            yield rng.random(), [(person.member.ref, act) for act in visit(bench, person)]
    for first, second in bench.pairs():
        count += 2
        yield rng.random(), _interrupted(bench, first, second)
    rest = PEOPLE - count
    carrying = min(bench.room(), max(0, (SCANS_LEFT - 2 * rest) // 6))
    for person in bench.people("T7", min(carrying, rest)):
        count += 1
        yield rng.random(), [(person.member.ref, act) for act in _ced(bench, person)]
    for person in bench.people("CAMERA", PEOPLE - count):
        yield rng.random(), [(person.member.ref, act) for act in _camera_only(bench, person)]


SCANS_LEFT = 236
"""What the ordinary visits are to scan: six more than two a person for each who draws a CED."""


# ---- visits ----------------------------------------------------------------------------------------


def _open(person: Person) -> Act:
    return Act(CARD, person.member.card, "VISIT_OPENED")


def _scan(serial: str) -> Act:
    return Act(SCAN, serial, "IN_SET", "]C0")


def _refused(serial: str, *codes: str) -> Act:
    return Act(SCAN, serial, "REFUSED", "]C0", codes)


def _camera(bench: Bench, member: Member) -> Act:
    return Act(SCAN, f"8004{bench.camera(member)}", "IN_SET", "]C1")


def _close(bench: Bench) -> Act:
    return Act(COUNTERSIGN, bench.issuer, "COMPLETED")


def _ced(bench: Bench, person: Person) -> list[Act]:
    """The ordinary draw of a T7: handle, battery, two cartridges loaded, two spare, and the camera."""
    return [_open(person), *_set(bench), _camera(bench, person.member), *_touches(bench), _close(bench)]


def _set(bench: Bench) -> list[Act]:
    serials = [bench.take("CED_HANDLE"), bench.take("CED_BATTERY")]
    serials += [
        bench.take(f"CED_CARTRIDGE {variant}") for variant in ("STANDOFF", "STANDOFF", "CLOSE", "CLOSE")
    ]
    return [_scan(serial) for serial in serials]


def _touches(bench: Bench) -> list[Act]:
    return [Act(FIT, "", "DECLARED"), Act(FUNCTION_TEST, bench.last_handle, "TESTED")]


def _t10(bench: Bench, person: Person) -> list[Act]:
    """A T10: its magazine of ten goes as one, and the charge is read off the display."""
    handle, battery = bench.take("T10 CED_HANDLE"), bench.take("T10 CED_BATTERY")
    pieces = [_scan(handle), _scan(battery), _scan(bench.take("T10 CED_MAGAZINE"))]
    charge = Act(CHARGE, battery, "CHARGE_SET", value=T10_CHARGE_PERCENT)
    return [_open(person), *pieces, _camera(bench, person.member), *_touches(bench), charge, _close(bench)]


def _camera_only(bench: Bench, person: Person) -> list[Act]:
    return [_open(person), _camera(bench, person.member), _close(bench)]


def _no_ced(*codes: str) -> Visit:
    """Somebody reaches for a T7 and is refused for every reason in `codes`; the camera is still theirs."""

    def visit(bench: Bench, person: Person) -> list[Act]:
        refused = _refused(bench.show("MEDWAY CED_HANDLE"), *codes)
        return [_open(person), refused, _camera(bench, person.member), _close(bench)]

    return visit


def _limited(bench: Bench, person: Person) -> list[Act]:
    refused = [_open(person), _refused(bench.show("MEDWAY CED_HANDLE"), "DUTY_RESTRICTED")]
    if "BWV_CAMERA" not in person.kinds_left:
        return refused
    return [*refused, _camera(bench, person.member), _close(bench)]


def _spit_guard(*codes: str) -> Visit:
    """A spit guard by its lot's label, drawn or (with `codes`) refused; and the camera."""

    def visit(bench: Bench, person: Person) -> list[Act]:
        label = bench.spit_guard_label
        guard = _refused(label, *codes) if codes else _scan(label)
        return [_open(person), guard, _camera(bench, person.member), _close(bench)]

    return visit


def _stumbles(what: str, *codes: str) -> Visit:
    """An ordinary draw with one wrong thing scanned before the right one."""

    def visit(bench: Bench, person: Person) -> list[Act]:
        wrong = _refused(bench.show(what), *codes)
        opened, *rest = _ced(bench, person)
        place = 0 if "CED_HANDLE" in what else 1 if "BATTERY" in what else 2
        return [opened, *rest[:place], wrong, *rest[place:]]

    return visit


def _unknown_code(bench: Bench, person: Person) -> list[Act]:
    """An ordinary draw, in which the scanner first catches the bar code of a sandwich."""
    opened, *rest = _ced(bench, person)
    return [opened, Act(SCAN, UNKNOWN_EAN, "UNKNOWN_CODE", "]E0"), *rest]


def _anothers_camera(bench: Bench, person: Person) -> list[Act]:
    opened, *rest = _camera_only(bench, person)
    wrong = Act(
        SCAN, f"8004{bench.camera_of_another(person.member)}", "REFUSED", "]C1", ("ASSIGNED_TO_ANOTHER",)
    )
    return [opened, wrong, *rest]


def _interrupted(bench: Bench, first: Person, second: Person) -> list[tuple[str, Act]]:
    """Somebody's card is shown in the middle of a visit: that visit is parked, and taken up again after."""
    opened, *rest = _ced(bench, first)
    between = _camera_only(bench, second)
    again = Act(CARD, first.member.card, "RESUMED")
    mine = [(first.member.ref, act) for act in (opened, *rest[:2])]
    theirs = [(second.member.ref, act) for act in between]
    return mine + theirs + [(first.member.ref, act) for act in (again, *rest[2:])]


CAST: tuple[tuple[str, Visit, int], ...] = (
    ("CED AND PPST LAPSED", _no_ced("CED_OUT_OF_DATE", "PPST_OUT_OF_DATE"), 1),
    ("CED LAPSED", _no_ced("CED_OUT_OF_DATE"), 2),
    ("SUSPENDED", _no_ced("AUTHORITY_SUSPENDED"), 1),
    ("LIMITED", _limited, 1),
    ("X2 ONLY", _no_ced("CED_NOT_TRAINED", "NOT_AUTHORISED"), 1),
    ("PPST LAPSED", _spit_guard("PPST_OUT_OF_DATE"), 1),
    ("SHORT OF SPIT GUARDS", _spit_guard(), 2),
    ("CAMERA OF OWN", _anothers_camera, 1),
    ("T7", _stumbles("EXPIRED CED_CARTRIDGE", "EXPIRED"), 1),
    ("T7", _stumbles("MAIDSTONE CED_HANDLE", "AT_ANOTHER_STORE"), 1),
    ("T7", _stumbles("LOW CED_BATTERY", "CHARGE_LOW"), 1),
    ("T7", _unknown_code, 1),
    ("T10", _t10, 3),
)
"""Who must be among the 56: what they are (`view`), what happens to them, and how many of them."""

"""Views of a hatch as `inventory.custody.hatch_view` makes them, for the states a real force reaches rarely.

One rule for the editor: figures are those of the demo force's Medway store, and the shape is the service's own
(tests/browser/test_hatch_screen.py compares the keys with a view of the real service).
"""

import copy
from typing import Any

NOW_US = 1_795_326_600_000_000
"""Sunday 22 November 2026, 05:50 GMT."""

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US


def person(number: int, collar: str, name: str, rank: str = "PC", kind: str = "REGULAR") -> dict[str, Any]:
    """Somebody as the hatch names them."""
    return {"id": number, "name": name, "collar": collar, "rank": rank, "kind": kind}


WHITCOMBE = person(4417, "4417", "Sarah Whitcombe")
OKAFOR = person(2210, "2210", "Daniel Okafor", "Sgt")


def line(number: int, kind: str, label: str, model: str, serial: str, **more: Any) -> dict[str, Any]:
    """One line of the set."""
    return {
        "id": number, "item_id": 9000 + number, "lot_id": None, "quantity": 1, "kind": kind, "kind_label": label,
        "model": model, "serial": serial, "word": "IN_SET", "title": "IN SET", "sentences": [], "remedies": [],
        "function_test_needed": kind == "CED_HANDLE", "function_test_passed": False, "charge_needed": False,
        "charge_percent": None, "at_us": NOW_US - 20_000_000 + number * 1_000_000, "override_by": "",
        "came_in": None, "said": None,
    } | more  # fmt: skip


def may(kind: str, label: str, model: str, *sentences: str, remedies: tuple[str, ...] = ()) -> dict[str, Any]:
    """One row of what the person may draw."""
    return {"kind": kind, "kind_label": label, "model": model, "may": not sentences, "sentences": list(sentences),
            "remedies": list(remedies)}  # fmt: skip


CARTRIDGES = [
    line(n, "CED_CARTRIDGE", "Cartridge", "T7 stand-off", f"C7301{n:04d}") for n in (3, 4, 5)
]  # fmt: skip
SET = [
    line(1, "CED_HANDLE", "TASER handle", "T7", "X30001234", function_test_passed=True),
    line(2, "CED_BATTERY", "Battery", "T7", "B7000412", charge_percent=96, charge_needed=True),
    *CARTRIDGES,
    line(7, "BWV_CAMERA", "Body-worn camera", "Body 3", "X60A12345", charge_percent=100),
]

EMPTY: dict[str, Any] = {
    "place": {"id": 3, "name": "Hatch 1"},
    "store": {"id": 1, "code": "ME", "name": "Medway"},
    "at_us": NOW_US,
    "visit": None,
    "parked": [],
    "choices": [],
    "bays": [],
    "lots": [{"lot_id": 61, "product": "Spit guard", "lot_no": "SG-2291", "quantity": 240}],
}

DRAWING: dict[str, Any] = EMPTY | {
    "visit": {
        "id": 801, "state": "OPEN", "person": WHITCOMBE, "shift_name": "Early",
        "planned_return_us": NOW_US + 10 * HOUR_US + 10 * MINUTE_US, "shifts": ["Early", "Late", "Night"],
        "purpose": "OPERATIONAL", "fit_declared": False, "fit_needed": True, "authenticated_by": None, "lines": SET,
        "missing": ["1 cartridge to go", "Fit for duty to declare"],
        "may_draw": [
            may("CED_HANDLE", "TASER", "T7"),
            may("CED_HANDLE", "TASER", "T10", "You have not passed a course on the T10.",
                remedies=("Book a conversion course with the Staff Safety Training Unit.",)),
            may("SBG", "Spit guard", "any"),
            may("BWV_CAMERA", "Body-worn camera", "any"),
        ],
        "holding": [
            {"item_id": 77, "kind": "SBG", "kind_label": "Spit guard", "model": "SG", "serial": "SG-1187",
             "since_us": NOW_US - 40 * 24 * HOUR_US, "planned_return_us": None},
        ],
        "proposed": [],
        "ready_to_complete": False, "drops_at_us": NOW_US + 84_000_000, "supervisors": [],
        "handover": None, "reserved": [],
    },
}  # fmt: skip


def changed(view: dict[str, Any], visit: dict[str, Any] | None = None, **top: Any) -> dict[str, Any]:
    """`view` with other values on top and in its visit."""
    made = copy.deepcopy(view) | copy.deepcopy(top)
    if visit is not None:
        made["visit"] |= copy.deepcopy(visit)
    return made


CAMERA = {"item_id": 9200, "kind": "BWV_CAMERA", "kind_label": "Body-worn camera", "serial": "X60A00243",
          "dock": "medway/rack", "bay": 6, "where": "rack bay 6 (94\xa0%)", "because": "the fullest"}  # fmt: skip
BATTERY = {"item_id": 9201, "kind": "CED_BATTERY", "kind_label": "Battery", "serial": "B7000412",
           "dock": "medway/ME-CED-05", "bay": 3, "where": "ME-CED-05 bay 3 (97\xa0%)",
           "because": "the fullest"}  # fmt: skip
OPEN_BAY = {"tone": "good", "sentence": "Bay 6 of rack is open: take X60A00243."}
SILENT_BAY = {"tone": "warn", "sentence": "Bay 3 of ME-CED-05 did not answer: open it by hand."}

POINTED = changed(DRAWING, {"proposed": [CAMERA, BATTERY], "lines": SET[:1]}, bays=[OPEN_BAY, SILENT_BAY])
READY = changed(
    DRAWING,
    {
        "lines": [*SET[:5], line(6, "CED_CARTRIDGE", "Cartridge", "T7 stand-off", "C73010006"), SET[5]],
        "missing": [], "fit_declared": True, "ready_to_complete": True,
    },
)  # fmt: skip

REFUSALS = (
    "Your CED refresher ran out on 3 November 2026.",
    "Your first aid ran out on 14 November 2026.",
    "Your authority to carry the T7 ended on 3 November 2026.",
)
REMEDIES = ("Book with the Staff Safety Training Unit.", "Speak to your CED single point of contact.")

REFUSED = changed(
    DRAWING,
    {
        "lines": [line(1, "CED_HANDLE", "TASER handle", "T7", "X30001234", word="REFUSED", title="REFUSED",
                       sentences=list(REFUSALS), remedies=list(REMEDIES)),
                  line(7, "BWV_CAMERA", "Body-worn camera", "Body 3", "X60A12345", charge_percent=100)],
        "missing": [], "fit_needed": False, "ready_to_complete": True,
        "may_draw": [may("CED_HANDLE", "TASER", "T7", *REFUSALS, remedies=REMEDIES),
                     may("SBG", "Spit guard", "any"), may("BWV_CAMERA", "Body-worn camera", "any")],
    },
)  # fmt: skip

PARKED = changed(EMPTY, parked=[{"id": 800, "person": OKAFOR, "lines": 3}])

CHOOSING = changed(
    DRAWING,
    choices=[
        {"item_id": 51, "person_id": None, "held_by": None, "kind_label": "Cartridge", "model": "T7 stand-off",
         "serial": "C73010006", "where": "Medway, on the shelf"},
        {"item_id": 52, "person_id": None, "held_by": None, "kind_label": "Battery", "model": "T7",
         "serial": "C73010006", "where": "Medway, dock ME-CED-02 bay 5"},
        {"item_id": 53, "person_id": None, "held_by": 2210, "kind_label": "Body-worn camera", "model": "Body 3",
         "serial": "C73010006", "where": "with Sgt Okafor 2210"},
    ],
)  # fmt: skip

WHOSE = changed(
    EMPTY,
    choices=[
        {"item_id": None, "person_id": 4417, "held_by": None, "kind_label": "Person", "model": "",
         "serial": "PC Whitcombe 4417", "where": ""},
        {"item_id": 54, "person_id": None, "held_by": None, "kind_label": "TASER handle", "model": "T7",
         "serial": "4417", "where": "Medway, on the shelf"},
    ],
)  # fmt: skip

RETURNING = changed(
    DRAWING,
    {
        "lines": [line(n, kind, label, model, serial, word="RETURNED", title="RETURNED", function_test_needed=False)
                  for n, kind, label, model, serial in (
                      (1, "CED_HANDLE", "TASER handle", "T7", "X30001234"),
                      (2, "CED_BATTERY", "Battery", "T7", "B7000412"),
                      (3, "CED_CARTRIDGE", "Cartridge", "T7 stand-off", "C73010003"))],
        "missing": [], "fit_needed": False,
        "holding": [
            {"item_id": 78, "kind": "CED_CARTRIDGE", "kind_label": "Cartridge", "model": "T7 stand-off",
             "serial": "C73010004", "since_us": NOW_US - 9 * HOUR_US, "planned_return_us": NOW_US + 25 * MINUTE_US}],
    },
)  # fmt: skip


def verdict(
    tone: str, title: str, *sentences: str, remedies: tuple[str, ...] = (), outcome: str = ""
) -> dict[str, Any]:
    """What a hatch was last told."""
    lights = {"issued": "green", "ok": "green", "returned": "green", "refused": "red", "warning": "amber"}
    return {"outcome": outcome or title.replace(" ", "_"), "light": lights[tone], "tone": tone, "title": title,
            "sentences": list(sentences), "remedies": list(remedies), "at_us": NOW_US}  # fmt: skip


IN_SET = verdict("ok", "IN SET", "Cartridge C73010005 is in the set.", outcome="IN_SET")
ISSUED = verdict("issued", "ISSUED", "7 items issued to PC Whitcombe 4417.", outcome="COMPLETED")
RETURNED = verdict("returned", "RETURNED", "TASER handle X30001234 is back.", outcome="RETURNED")
REFUSED_VERDICT = verdict("refused", "REFUSED", *REFUSALS, remedies=REMEDIES, outcome="REFUSED")
WARNING = verdict("warning", "WHICH ONE?", "This code is on more than one item.", outcome="CHOOSE")

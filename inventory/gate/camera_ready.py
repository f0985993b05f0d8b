"""A camera's readiness as one statement: each thing that must be so before it goes out, with the gate's reasons.

One rule for the editor: no rule of its own. Every reason is a refusal of the gate (`readiness`), sorted under the point
it is about; a camera is ready when none of them stops it, which is what the hatch and its proposal ask too.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.gate.decision import Refusal
from inventory.gate.kind_policy import Policy
from inventory.gate.readiness import judge_item
from inventory.stock.item_facts import read_items
from inventory.stock.kit_facts import BayFacts, ItemFacts

YES, NO, UNKNOWN = "YES", "NO", "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Point:
    """One point: its word, what people read, and the codes of the refusals that are about it."""

    word: str
    says: str
    codes: frozenset[str]


POINTS = (
    Point("UPLOADED", "Films uploaded", frozenset({"UPLOAD_NOT_COMPLETE"})),
    Point("CHARGED", "Charged for the duty", frozenset({"CAMERA_CHARGE_LOW"})),
    Point("FIRMWARE", "Firmware", frozenset({"FIRMWARE_OLD", "FIRMWARE_UNREADABLE", "DOCK_FIRMWARE_OLD",
                                             "FIRMWARE_UPDATE_DUE"})),
    Point("CLOCK", "Clock", frozenset({"CLOCK_NOT_IN_STEP"})),
    Point("ASSIGNED", "Assigned", frozenset({"ASSIGNED_TO_ANOTHER", "RESERVED"})),
    Point("DOCK", "Dock", frozenset({"DOCK_FEED_STALE", "DOCK_FAULT", "STORAGE_LOW"})),
    Point("FREE", "Nothing holds it", frozenset()),
)  # fmt: skip
"""In the order people ask; whatever is about none of the first is about the last."""

_OF_CODE = {code: point.word for point in POINTS for code in point.codes}


@dataclass(frozen=True, slots=True)
class Said:
    """One point of a camera: YES, NO or UNKNOWN (nobody has told), what is known of it, and the gate's reasons.

    `stops` is false where a reason is only worth saying.
    """

    word: str
    title: str
    answer: str
    known: str
    reasons: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()
    stops: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """One camera: whether it may go out now, and every point with its reasons. `assigned_to` is its own officer."""

    item_id: int
    ready: bool
    points: tuple[Said, ...]
    assigned_to: int | None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Everything that stops it."""
        return tuple(one for each in self.points if each.stops for one in each.reasons)


def statements(
    conn: sa.Connection, item_ids: Iterable[int], policy: Policy, now_us: int
) -> dict[int, Statement]:
    """The statement of each camera among these items, by id."""
    items = read_items(conn, item_ids)
    return {
        item_id: state(item, judge_item(item, policy, now_us))
        for item_id, item in items.items()
        if item.kind == "BWV_CAMERA"
    }


def state(item: ItemFacts, refusals: Sequence[Refusal]) -> Statement:
    """The statement that these refusals of one camera amount to."""
    under: dict[str, list[Refusal]] = {point.word: [] for point in POINTS}
    for each in refusals:
        under[_OF_CODE.get(each.code, "FREE")].append(each)
    points = tuple(_said(point, item, under[point.word]) for point in POINTS)
    return Statement(item.id, not any(each.stops for each in refusals), points, item.personal_to)


def _said(point: Point, item: ItemFacts, refusals: Sequence[Refusal]) -> Said:
    known, is_told = _KNOWN[point.word](item)
    answer = NO if refusals else YES if is_told else UNKNOWN
    sentences = tuple(dict.fromkeys(each.sentence for each in refusals))
    remedies = tuple(dict.fromkeys(each.remedy for each in refusals if each.remedy))
    return Said(point.word, point.says, answer, known, sentences, remedies, any(each.stops for each in refusals))


Known = tuple[str, bool]


def _uploaded(item: ItemFacts) -> Known:
    files = _bay(item).files_pending
    if files is None:
        return "no dock has told", False
    return ("none left on it" if files == 0 else f"{files} still on it"), True


def _charged(item: ItemFacts) -> Known:
    charge = _bay(item).charge_percent
    return ("no dock has told", False) if charge is None else (f"{charge} %", True)


def _firmware(item: ItemFacts) -> Known:
    return (item.firmware, True) if item.firmware else ("nobody has told", False)


def _clock(item: ItemFacts) -> Known:
    offset = _bay(item).clock_offset_ms
    if offset is None:
        return "its dock cannot tell", False
    way = "ahead" if offset > 0 else "behind"
    return (f"{abs(offset) / 1000:.1f} s {way}" if offset else "in step"), True


def _assigned(item: ItemFacts) -> Known:
    return ("to one officer" if item.personal_to is not None else "as it is issued, from the pool"), True


def _dock(item: ItemFacts) -> Known:
    if item.bay is None:
        return "never seen in a dock", False
    return ("stands in its dock" if item.bay.present else "lifted out of its dock"), True


def _free(_item: ItemFacts) -> Known:
    return "", True


_NOTHING = BayFacts(0, None, 0)


def _bay(item: ItemFacts) -> BayFacts:
    return item.bay or _NOTHING


_KNOWN = {
    "UPLOADED": _uploaded, "CHARGED": _charged, "FIRMWARE": _firmware, "CLOCK": _clock, "ASSIGNED": _assigned,
    "DOCK": _dock, "FREE": _free,
}  # fmt: skip
"""Point -> what is known of it, and whether anybody told."""


def tally(found: Mapping[int, Statement]) -> dict[str, dict[str, int]]:
    """How many cameras answer each point YES, NO and UNKNOWN."""
    counted = Counter((said.word, said.answer) for each in found.values() for said in each.points)
    return {
        point.word: {answer: counted[point.word, answer] for answer in (YES, NO, UNKNOWN)} for point in POINTS
    }

"""What somebody wants, before any fact is read.

One rule for the editor: an ask carries wishes and what was declared at the hatch, never a fact that the gate
can read for itself. A new field goes last and has a default that asks for no favour.
"""

from dataclasses import dataclass
from typing import Literal

ADDING = "ADDING"
COMPLETING = "COMPLETING"

Stage = Literal["ADDING", "COMPLETING"]


@dataclass(frozen=True, slots=True)
class Ask:
    """One person's wish for kit, at one store, through one door.

    `lots` are (lot id, quantity). `purpose` is OPERATIONAL or TRAINING. `planned_return_us` is the end of the
    duty, None where there is none. `by_person_id` is the issuer. `stage` ADDING judges what a scan adds to a
    draft set: completeness, countersign, fitness, charge typed and function test are still to come and are
    listed as missing. COMPLETING (and any other word) asks everything. `function_tests` are the items whose
    function test passed at this draw, `charges` the (item id, percent) typed at the hatch.
    `authenticated_by` is PIN or FACE. `mode` is the way of carrying: OVERT or COVERT. `armour_worn` and
    `single_crewed` are None where nobody asked. `handed_by` is the officer who hands over: what they hold is judged as
    if they had handed it in at this store, and is, by the act that issues it (`custody.handovers`).
    """

    person_id: int
    store_id: int
    item_ids: tuple[int, ...]
    lots: tuple[tuple[int, int], ...]
    purpose: str
    planned_return_us: int | None
    door: str
    by_person_id: int | None
    stage: str
    fit_declared: bool = False
    function_tests: frozenset[int] = frozenset()
    charges: tuple[tuple[int, int], ...] = ()
    authenticated_by: str | None = None
    mode: str = "OVERT"
    armour_worn: bool | None = None
    single_crewed: bool | None = None
    handed_by: int | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """A second person's answer to one SOFT refusal of a duty: `code`, for one item or (None) whatever it is about.

    `by_person_id` gave it by `capability`, until `until_us` (exclusive). `is_party`: they are the one who draws or
    the one who issues, perhaps by a linked duplicate of their record. It is read from the database and never asked.
    """

    id: int
    code: str
    item_id: int | None
    by_person_id: int
    capability: str
    reason: str
    until_us: int
    is_party: bool = False

"""The strategic assessments of the demo force: last winter's, and the one in force, with their targets.

One rule for the editor: fictional. A shift's CEDs are 57 % of those on duty and 15 % in reserve (design `domain.md`
5.2), and everybody on duty has a camera; only at Thanet the assessment asks for more than the store has.
"""

from datetime import timedelta
from math import ceil

from inventory.demo import plan
from inventory.demo.posts import holder
from inventory.demo.training import Force
from inventory.oversight.targets import NewAssessment, Target

RESERVE = 1.15
CARRY, CARRIED_BEFORE = 0.57, 0.43
HOT_SPOT, CARRY_THERE = "TH", 0.95
AGO = ((330, "STRA/2025/W", CARRIED_BEFORE), (150, "STRA/2026/S", CARRY))
"""Days before the anchor on which each was made, its reference, and what part of a shift it asks to carry."""
IN_FORCE_AFTER = timedelta(days=14)


def assessments(force: Force, stores: dict[str, int]) -> list[NewAssessment]:
    """Both, the older first; `stores` are ids by code."""
    return [
        NewAssessment(
            title="Strategic threat and risk assessment of CED, fictional",
            reference=reference,
            assessed_on=force.anchor - timedelta(days=ago),
            approved_by="Deputy Chief Constable (fictional)",
            from_on=force.anchor - timedelta(days=ago) + IN_FORCE_AFTER,
            targets=tuple(_targets(part, stores, is_last=n == len(AGO) - 1)),
        )
        for n, (ago, reference, part) in enumerate(AGO)
    ]


def _targets(part: float, stores: dict[str, int], *, is_last: bool) -> list[Target]:
    found = []
    for each in plan.STORES:
        carry = CARRY_THERE if is_last and each.code == HOT_SPOT else part
        for (shift, _, _), on_duty in zip(plan.SHIFTS, (each.early, each.late, each.night), strict=True):
            handles = ceil(on_duty * carry * RESERVE)
            found.append(Target(stores[each.code], shift, "CED_HANDLE", "", handles))
            found.append(Target(stores[each.code], shift, "BWV_CAMERA", "", on_duty))
    return found


def recorded_by(force: Force) -> tuple[str, str]:
    """Who wrote them down, and the second person."""
    return holder(force, "CED_SPOC"), holder(force, "STORE_MANAGER", plan.MEDWAY)

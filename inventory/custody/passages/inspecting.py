"""Passages of the full check that a technician makes by a check list (`domain.md` 2.1 I-03): it passes, or it fails.

One rule for the editor: rows only. A check changes where an item stands only when it fails.
"""

from inventory.custody.passages import fields, guards
from inventory.custody.passages.row import Check, Effect, Place, Row

TECHNICIAN = ("TECHNICIAN",)
LISTED = (
    fields.sure("casing", "Casing, safety switch and trigger undamaged"),
    fields.sure("contacts", "Contacts and cartridge bays clean"),
    fields.sure("display", "Display, light and laser work"),
    fields.sure("spark_test", "Spark test passed, and it cut off after 5 seconds"),
    fields.CLOCK,
)
"""The check list; each point is a yes, or the check has failed."""

_SOURCE = "2.1 I-03: full check by a competent person within 24 weeks"
_DONE: tuple[Effect, ...] = (Check("FULL_CHECK"), Check("FUNCTION_TEST"))


def _passes(state: str) -> Row:
    return Row(
        act="INSPECT",
        title="Full check passed",
        kinds=("CED_HANDLE",),
        from_states=(state,),
        to=state,
        who=TECHNICIAN,
        guards=(guards.in_a_store,),
        evidence=(
            *LISTED,
            fields.said("result", "What was measured or seen"),
            fields.said("document", "Check sheet, by its reference", optional=True),
        ),
        does=_DONE,
        source=_SOURCE,
    )


ROWS = (
    *(_passes(state) for state in ("AVAILABLE", "TRAINING_POOL", "RESERVED")),
    Row(
        act="INSPECT_FAILED",
        title="Full check failed",
        kinds=("CED_HANDLE",),
        from_states=("AVAILABLE", "TRAINING_POOL", "RESERVED"),
        to="DEFECTIVE",
        who=TECHNICIAN,
        guards=(guards.in_a_store,),
        evidence=(
            fields.one_of(
                "failed", "What failed", CASING="Casing, switch or trigger", CONTACTS="Contacts or cartridge bays",
                DISPLAY="Display, light or laser", SPARK_TEST="Spark test, or the cut-off after 5 seconds",
                CLOCK="Clock", OTHER="Something else",
            ),
            fields.DETAIL,
        ),
        does=(Check("FULL_CHECK", passed=False), Place("DEFECT", "detail")),
        source=_SOURCE,
    ),
)  # fmt: skip

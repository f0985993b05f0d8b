"""Passages of evidence: seized, examined outside, released by its authority alone (design `domain.md` 3.0, 3.1).

One rule for the editor: rows only; nothing but RELEASE lifts an evidential hold.
"""

from inventory.custody.passages import fields, guards
from inventory.custody.passages.holding import IN_STORE
from inventory.custody.passages.row import Lift, Move, Place, Row
from inventory.schema.words import ITEM_KINDS, SPENT_FOR_GOOD

HELD = ("EVIDENTIAL_HOLD", "EXHIBIT")
SEIZERS = ("SUPERVISOR", "DUTY_INSPECTOR", "PSD", "EXHIBITS")

ROWS = (
    Row(
        act="SEIZE",
        title="Hold as evidence",
        kinds=ITEM_KINDS,
        from_states=(*IN_STORE, *SPENT_FOR_GOOD, "USED", "WITHDRAWN", "RETIRED", "ISSUED", "OVERDUE"),
        to="EVIDENTIAL_HOLD",
        who=SEIZERS,
        evidence=(
            fields.said("exhibit_ref", "Exhibit reference"),
            fields.said("authority", "Who alone may release it"),
            fields.said("seal", "Seal number"),
        ),
        does=(Place("EVIDENTIAL", "exhibit_ref", "authority"),),
        source="3.1 any → EVIDENTIAL_HOLD",
    ),
    Row(
        act="SEND_TO_EXAM",
        title="Send to be examined",
        kinds=ITEM_KINDS,
        from_states=HELD,
        to="EXTERNAL_EXAM",
        who=("EXHIBITS",),
        guards=(guards.in_a_store, guards.stands_alone, guards.held_by_itself("EVIDENTIAL")),
        evidence=(
            fields.said("laboratory", "Laboratory"),
            fields.said("consignment", "Consignment out"),
            fields.said("seal", "Seal number"),
        ),
        does=(Place("EXTERNAL_EXAM", "laboratory"), Move("TRANSFERRED", "EXHIBIT")),
        source="3.1 EVIDENTIAL_HOLD → EXTERNAL_EXAM",
    ),
    Row(
        act="BACK_FROM_EXAM",
        title="Back from the examination",
        kinds=ITEM_KINDS,
        from_states=("EXTERNAL_EXAM",),
        to="EVIDENTIAL_HOLD",
        who=("EXHIBITS",),
        guards=(guards.held_by_itself("EXTERNAL_EXAM"),),
        evidence=(
            fields.said("consignment", "Consignment in"),
            fields.said("seal", "Seal number it came with"),
            fields.said("result", "Report, by its reference", optional=True),
        ),
        does=(Move("TRANSFERRED", "STORE"), Lift(("EXTERNAL_EXAM",))),
        source="3.1 EXTERNAL_EXAM → EVIDENTIAL_HOLD",
    ),
    Row(
        act="RELEASE",
        title="Release the evidence",
        kinds=ITEM_KINDS,
        from_states=HELD,
        to="QUARANTINED",
        who=("PSD",),
        guards=(guards.in_a_store, guards.held_by_itself("EVIDENTIAL"), guards.by_its_authority),
        evidence=(
            fields.said("authority", "Who releases it, as recorded on the hold"),
            fields.said("document", "Document of the release"),
        ),
        does=(Lift(("EVIDENTIAL",)), Place("QUARANTINE", "document")),
        source="3.1 EVIDENTIAL_HOLD → QUARANTINED; 3.0 invariant 5",
    ),
)

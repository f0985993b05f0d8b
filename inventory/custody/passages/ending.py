"""Passages between pools, and to the end: training stock, withdrawal, wiping, destruction (design `domain.md` 3.1-3.6).

One rule for the editor: rows only; whatever ends kit for good takes two people, but for spit guards.
"""

from inventory.custody.passages import fields, guards
from inventory.custody.passages.holding import IN_STORE
from inventory.custody.passages.row import Check, Lift, Move, Place, Pool, Purpose, Row
from inventory.schema.words import SPENT_FOR_GOOD

CED = ("CED_HANDLE", "CED_BATTERY", "CED_CARTRIDGE", "CED_MAGAZINE")
DESTROYERS = ("STORE_MANAGER", "CED_SPOC", "TECHNICIAN", "EXHIBITS")
DISPOSED = Move("DISPOSED", "DISPOSAL")
ALONE = (guards.in_a_store, guards.stands_alone, guards.no_evidence_on_it)
MARKING = fields.sure("marked", "Marked as training kit, seen by both")
WIPES = (guards.in_a_store, guards.nothing_left_to_upload, guards.no_evidence_on_it, guards.no_films_at_risk)
WIPED = (
    fields.said("method", "How its memory was wiped, and by which tool"),
    fields.said("certificate", "Certificate of the wiping"),
)
METHOD = fields.said("method", "How it is disposed of (ESD-safe)")

_POOLS = (
    Row(
        act="TO_TRAINING",
        title="Move to the training pool",
        kinds=("CED_HANDLE", "CED_BATTERY", "CED_MAGAZINE", "BWV_CAMERA"),
        from_states=("AVAILABLE", "READY", "CHARGING", "EMPTY", "PROVISIONED", "RETURNED"),
        to="TRAINING_POOL",
        who=("CED_SPOC",),
        second=("TECHNICIAN",),
        guards=ALONE,
        evidence=(fields.REASON, MARKING),
        does=(Pool("TRAINING"),),
        source="3.1 AVAILABLE → TRAINING_POOL",
    ),
    Row(
        act="FROM_TRAINING",
        title="Move back to duty",
        kinds=("CED_HANDLE", "CED_BATTERY", "BWV_CAMERA"),
        from_states=("TRAINING_POOL",),
        to="AVAILABLE",
        who=("CED_SPOC",),
        second=("TECHNICIAN",),
        guards=ALONE,
        evidence=(fields.REASON, fields.sure("unmarked", "Its training marks are off"), fields.FULL_CHECK),
        does=(Pool("OPERATIONAL"), Check("FULL_CHECK"), Check("FUNCTION_TEST")),
        source="3.1 TRAINING_POOL → AVAILABLE",
    ),
    Row(
        act="TO_TRAINING",
        title="Move to the training pool",
        kinds=("CED_CARTRIDGE",),
        from_states=("IN_STOCK",),
        to="TRAINING_POOL",
        who=("CED_SPOC",),
        second=("TECHNICIAN",),
        guards=(*ALONE, guards.not_live_duty),
        evidence=(fields.REASON, MARKING),
        does=(Pool("TRAINING"),),
        source="3.1 live duty cartridges barred",
    ),
    Row(
        act="TO_TRAINING",
        title="Mark again for training",
        kinds=("CED_CARTRIDGE",),
        from_states=("EXPIRED",),
        to="TRAINING_POOL",
        who=("CED_SPOC",),
        second=(),
        guards=ALONE,
        evidence=(
            fields.one_of(
                "purpose", "What it is marked as", LIVE_TRAINING="Live training", HALT="HALT", INERT="Inert"
            ),
            MARKING,
            fields.REASON,
        ),
        does=(Purpose("purpose"), Pool("TRAINING")),
        source="3.3 EXPIRED → TRAINING_POOL",
    ),
)

_END = (
    Row(
        act="WITHDRAW",
        title="Withdraw from service",
        kinds=(*CED, "SBG"),
        from_states=tuple(word for word in IN_STORE if word != "LOADED_IN_MAGAZINE"),
        to="WITHDRAWN",
        who=("CED_SPOC",),
        guards=(guards.in_a_store,),
        evidence=(
            fields.one_of("reason", "Why", END_OF_LIFE="End of its life", MODEL="Its model is withdrawn",
                          BEYOND_REPAIR="Beyond repair", OTHER="Something else"),
            fields.said("authority", "By whose authority"),
        ),
        does=(Place("WITHDRAWN", "authority"),),
        source="3.1 any → WITHDRAWN",
    ),
    Row(
        act="WITHDRAW",
        title="Retire",
        kinds=("BWV_CAMERA",),
        from_states=IN_STORE,
        to="SANITISED",
        who=("TECHNICIAN",),
        guards=(guards.in_a_store, guards.nothing_left_to_upload, guards.no_evidence_on_it, guards.no_films_at_risk,
                guards.wiped),
        evidence=(fields.REASON,),
        does=(Place("WITHDRAWN", "reason"), Lift(("NOT_ACCEPTED", "DEFECT", "MAINTENANCE"))),
        source="3.6 RETURNED → RETIRED: upload complete; sanitisation",
    ),
    Row(
        act="SANITISE",
        title="Memory wiped",
        kinds=("BWV_CAMERA",),
        from_states=IN_STORE,
        to="RECEIVED",
        who=("TECHNICIAN",),
        second=(),
        guards=WIPES,
        evidence=WIPED,
        does=(Check("SANITISED"), Place("NOT_ACCEPTED", "certificate")),
        source="2.2 RETIRED after sanitisation certificate; it is provisioned anew, or retired",
    ),
    Row(
        act="SANITISE",
        title="Memory wiped",
        kinds=("BWV_CAMERA",),
        from_states=("RETIRED",),
        to="SANITISED",
        who=("TECHNICIAN",),
        second=(),
        guards=WIPES,
        evidence=WIPED,
        does=(Check("SANITISED"),),
        source="3.6 RETIRED → SANITISED",
    ),
    Row(
        act="DESTROY",
        title="Destroy",
        kinds=("CED_HANDLE",),
        from_states=("WITHDRAWN",),
        to="DESTROYED",
        who=DESTROYERS,
        second=(),
        guards=(*ALONE, guards.log_is_downloaded, guards.nothing_else_holds_it("WITHDRAWN")),
        evidence=(fields.CERTIFICATE, fields.said("witness", "Who saw it done"),
                  fields.said("supplier_ref", "Return reference of the supplier", optional=True)),
        does=(DISPOSED,),
        source="3.1 WITHDRAWN → DESTROYED",
    ),
    Row(
        act="DESTROY",
        title="Destroy",
        kinds=("BWV_CAMERA",),
        from_states=("SANITISED",),
        to="DESTROYED",
        who=DESTROYERS,
        second=(),
        guards=(*ALONE, guards.nothing_else_holds_it("WITHDRAWN")),
        evidence=(fields.CERTIFICATE, fields.said("witness", "Who saw it done")),
        does=(DISPOSED,),
        source="3.6 SANITISED → DESTROYED",
    ),
    Row(
        act="DISPOSE",
        title="Dispose of",
        kinds=("CED_BATTERY", "CED_CARTRIDGE", "CED_MAGAZINE"),
        from_states=("EXPIRED", "FAULTY", "DAMAGED", "WITHDRAWN", "RECALLED", *SPENT_FOR_GOOD),
        to="DISPOSED",
        who=DESTROYERS,
        second=(),
        guards=(*ALONE, guards.log_is_downloaded),
        evidence=(METHOD, fields.CERTIFICATE),
        does=(DISPOSED,),
        source="3.3 → DISPOSED, two people; 3.2 DEPLETED → DISPOSED",
    ),
    Row(
        act="DISPOSE",
        title="Dispose of",
        kinds=("SBG",),
        from_states=("USED", "DAMAGED", "EXPIRED", "RECALLED", "WITHDRAWN", "QUARANTINED"),
        to="DISPOSED",
        who=("ISSUER", "STORE_MANAGER"),
        guards=ALONE,
        evidence=(fields.one_of("method", "How", HYGIENIC="Hygienically, as used", SEALED="Sealed or unused"),),
        does=(DISPOSED,),
        source="3.5 → DISPOSED",
    ),
)  # fmt: skip

ROWS = (*_POOLS, *_END)

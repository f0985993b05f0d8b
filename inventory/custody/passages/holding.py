"""Passages of kit that is held back in its store: quarantine, defect and repair, wet kit, downloads (`domain.md` 3.1).

One rule for the editor: rows only.
"""

from inventory.custody.passages import fields, footage, guards
from inventory.custody.passages.row import Also, Check, Field, Lift, Move, Place, Row
from inventory.custody.uses import downloads
from inventory.schema.words import ITEM_KINDS
from inventory.stock.state import states_of

EVERY = ITEM_KINDS
POWERED = ("CED_HANDLE", "CED_BATTERY", "BWV_CAMERA")
PLAIN = ("CED_CARTRIDGE", "CED_MAGAZINE", "SBG")
STORE = ("ISSUER", "STORE_MANAGER", "TECHNICIAN", "CED_SPOC")
TECHNICIAN = ("TECHNICIAN",)
SERVICEABLE = (
    "AVAILABLE", "READY", "IN_STOCK", "TRAINING_POOL", "RESERVED", "ASSIGNED", "LOADED_IN_MAGAZINE", "LOADED_FULL",
    "RETURNED_PARTIAL", "LOADING", "EMPTY", "DOCK_OVERDUE", "DOCKED_UPLOADING", "CHARGING", "UPLOADING",
    "UPDATING_FIRMWARE", "RETURNED", "PROVISIONED", "UNKNOWN", "EXPIRED", "AWAITING_DOWNLOAD",
)  # fmt: skip
"""In a store, and nothing worse is known of it."""

DEFECTIVE = ("DEFECTIVE", "FAULTY", "FAULT", "DAMAGED")
IN_STORE = tuple(
    word
    for word in dict.fromkeys(word for kind in ITEM_KINDS for word in states_of(kind))
    if word in {*SERVICEABLE, *DEFECTIVE, "RECEIVED", "RECOVERED", "WET_QUARANTINE", "IN_MAINTENANCE", "QUARANTINED",
                "RECALLED"}
)  # fmt: skip
"""In a store, and neither evidence nor at its end."""

QUARANTINE_REASONS = fields.one_of(
    "reason",
    "Why",
    DAMAGE="Damage",
    RECALL="Recall or notice of the maker",
    FAILED_CHECK="A check failed",
    CHECK_OVERDUE="Its 24-week check is overdue",
    OTHER="Something else",
)

_HOLDING = (
    Row(
        act="QUARANTINE",
        title="Put in quarantine",
        kinds=EVERY,
        from_states=(*SERVICEABLE, *DEFECTIVE, "RECEIVED", "RECOVERED", "IN_MAINTENANCE"),
        to="QUARANTINED",
        who=STORE,
        guards=(guards.in_a_store,),
        evidence=(QUARANTINE_REASONS, fields.DETAIL),
        does=(Place("QUARANTINE", "detail"), Lift(("RECOVERED", "LOST", "STOLEN"))),
        source="3.1 any in-store → QUARANTINED; RECOVERED → QUARANTINED",
    ),
    Row(
        act="RELEASE_QUARANTINE",
        title="Release from quarantine",
        kinds=POWERED,
        from_states=("QUARANTINED",),
        to="AVAILABLE",
        who=("TECHNICIAN", "CED_SPOC"),
        guards=(guards.no_films_at_risk, guards.held_by_itself("QUARANTINE")),
        evidence=(fields.DETAIL, fields.FULL_CHECK),
        does=(Lift(("QUARANTINE",)), Check("FULL_CHECK"), Check("FUNCTION_TEST")),
        source="3.1 QUARANTINED → AVAILABLE",
    ),
    Row(
        act="RELEASE_QUARANTINE",
        title="Release from quarantine",
        kinds=PLAIN,
        from_states=("QUARANTINED",),
        to="IN_STOCK",
        who=("TECHNICIAN", "CED_SPOC"),
        guards=(guards.held_by_itself("QUARANTINE"),),
        evidence=(fields.DETAIL, fields.sure("undamaged", "Looked at, and undamaged")),
        does=(Lift(("QUARANTINE",)),),
        source="3.3, 3.4, 3.5",
    ),
    Row(
        act="DOWNLOADED",
        title="Log downloaded and reviewed",
        kinds=("CED_HANDLE", "CED_BATTERY", "BWV_CAMERA"),
        from_states=("AWAITING_DOWNLOAD", "DOCKED_UPLOADING"),
        to="AVAILABLE",
        who=TECHNICIAN,
        guards=(guards.held_by_itself("DOWNLOAD"), guards.no_evidence_on_it),
        evidence=(
            fields.said("download_ref", "Download, by its reference"),
            fields.DIGEST,
            fields.one_of(
                "review", "What the review found", PROPER="Every use is accounted for",
                UNACCOUNTED="Improper or unaccounted use, passed on",
            ),
        ),
        does=(Also("the log is kept; what it shows that nobody declared keeps it held", downloads.by_passage),),
        source="3.1 AWAITING_DOWNLOAD → AVAILABLE",
    ),
)  # fmt: skip

_FOOTAGE = (
    Row(
        act="KEEP_FOOTAGE",
        title="Faulty, with films on board",
        kinds=("BWV_CAMERA",),
        from_states=(*SERVICEABLE, *DEFECTIVE, "RECEIVED", "RECOVERED", "IN_MAINTENANCE", "WET_QUARANTINE"),
        to="QUARANTINED",
        who=STORE,
        guards=(guards.in_a_store,),
        evidence=(fields.DETAIL,),
        does=(Place("FOOTAGE", "detail"),),
        source="3.6 fault with footage on board → QUARANTINED",
    ),
    Row(
        act="FOOTAGE_SAFE",
        title="Films are uploaded or recovered",
        kinds=("BWV_CAMERA",),
        from_states=("QUARANTINED",),
        to="FAULT",
        who=TECHNICIAN,
        guards=(guards.held_by_itself("FOOTAGE"), guards.films_are_safe),
        evidence=(
            fields.one_of("how", "What became of the films", UPLOADED="Uploaded to the evidence system",
                          RECOVERED="Recovered by somebody"),
            fields.said("recovered_by", "Who recovered them, by name or company", optional=True),
            fields.said("reference", "Reference of the upload or the recovery"),
        ),
        does=(Lift(("FOOTAGE",)), Place("DEFECT", "reference")),
        source="3.6 forensic recovery ref; never factory-reset while files > 0",
    ),
)  # fmt: skip

_REPAIR = (
    Row(
        act="REPORT_DEFECT",
        title="Report a defect",
        kinds=EVERY,
        from_states=(*SERVICEABLE, "QUARANTINED", "RECEIVED"),
        to="DEFECTIVE",
        who=STORE,
        guards=(guards.in_a_store,),
        evidence=(fields.DETAIL,),
        does=(Place("DEFECT", "detail"), Also("a camera with films on board is held for them", footage.on_defect)),
        source="2.2 Defect; 3.3, 3.5 DAMAGED; 3.2 FAULTY",
    ),
    Row(
        act="MAINTAIN",
        title="Take into maintenance",
        kinds=(*POWERED, "CED_MAGAZINE"),
        from_states=DEFECTIVE,
        to="IN_MAINTENANCE",
        who=TECHNICIAN,
        guards=(guards.held_by_itself("DEFECT"),),
        evidence=(fields.said("fault_code", "Fault code"),),
        does=(Place("MAINTENANCE", "fault_code"), Lift(("DEFECT",))),
        source="3.1 DEFECTIVE → IN_MAINTENANCE",
    ),
    Row(
        act="REPAIRED",
        title="Repaired and checked",
        kinds=(*POWERED, "CED_MAGAZINE"),
        from_states=("IN_MAINTENANCE",),
        to="AVAILABLE",
        who=TECHNICIAN,
        guards=(guards.held_by_itself("MAINTENANCE"), guards.log_is_downloaded),
        evidence=(
            fields.said("fault_code", "Fault code"),
            fields.said("parts", "Parts replaced, or none"),
            fields.said("result", "What the check showed"),
            fields.FULL_CHECK,
        ),
        does=(Lift(("MAINTENANCE", "DEFECT")), Check("FULL_CHECK"), Check("FUNCTION_TEST")),
        source="3.1 IN_MAINTENANCE → AVAILABLE",
    ),
    Row(
        act="SEND_TO_MAKER",
        title="Send back to the maker (RMA)",
        kinds=(*POWERED, "CED_MAGAZINE"),
        from_states=(*DEFECTIVE, "IN_MAINTENANCE"),
        to="RMA",
        who=TECHNICIAN,
        guards=(guards.in_a_store, guards.stands_alone, guards.log_is_downloaded, guards.no_evidence_on_it),
        evidence=(
            fields.said("rma_ref", "RMA number"),
            fields.said("supplier", "Maker or supplier"),
            fields.said("consignment", "Consignment or tracking number"),
        ),
        does=(Move("TRANSFERRED", "SUPPLIER"),),
        source="3.1 IN_MAINTENANCE → RMA",
    ),
    Row(
        act="BACK_FROM_MAKER",
        title="Back from the maker",
        kinds=(*POWERED, "CED_MAGAZINE"),
        from_states=("RMA",),
        to="RECEIVED",
        who=STORE,
        second=(),
        guards=(guards.serial_as_printed,),
        evidence=(fields.SERIAL_READ, fields.said("consignment", "Consignment or delivery note"),
                  fields.said("result", "What the maker did")),
        does=(Move("RECEIVED", "STORE"), Place("NOT_ACCEPTED", "result"), Lift(("DEFECT", "MAINTENANCE"))),
        source="3.1 RMA; ON_ORDER → RECEIVED",
    ),
)  # fmt: skip

_WET = (
    Row(
        act="WET",
        title="It is wet, or was dropped",
        kinds=EVERY,
        from_states=(*SERVICEABLE, *DEFECTIVE, "QUARANTINED", "RECEIVED"),
        to="WET_QUARANTINE",
        who=STORE,
        guards=(guards.in_a_store,),
        evidence=(fields.DETAIL,),
        does=(Place("WET", "detail"),),
        source="3.1 any → WET_QUARANTINE",
    ),
    Row(
        act="DRIED",
        title="Dried, and it works",
        kinds=EVERY,
        from_states=("WET_QUARANTINE",),
        to="AVAILABLE",
        who=TECHNICIAN,
        guards=(guards.held_by_itself("WET"), guards.dried_for_a_day),
        evidence=(Field("tests_passed", "Tests of 5 seconds passed, one after the other", "number", least=3, most=20),
                  fields.said("result", "What was seen", optional=True)),
        does=(Lift(("WET",)), Check("FUNCTION_TEST")),
        source="3.1 WET_QUARANTINE → AVAILABLE",
    ),
    Row(
        act="DRIED_FAULTY",
        title="Dried, and it does not work",
        kinds=EVERY,
        from_states=("WET_QUARANTINE",),
        to="DEFECTIVE",
        who=TECHNICIAN,
        guards=(guards.held_by_itself("WET"),),
        evidence=(fields.said("result", "What was seen"),),
        does=(Place("DEFECT", "result"), Lift(("WET",)), Check("FUNCTION_TEST", passed=False)),
        source="3.1 WET_QUARANTINE → DEFECTIVE",
    ),
)  # fmt: skip

ROWS = (*_HOLDING, *_FOOTAGE, *_REPAIR, *_WET)

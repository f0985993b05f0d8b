"""Passages into service: what was received is looked at, tested and accepted (design `domain.md` 3.1 to 3.6).

One rule for the editor: rows only.
"""

from inventory.custody.passages import fields, guards
from inventory.custody.passages.row import Check, Field, Lift, Row

STORE = ("ISSUER", "STORE_MANAGER")
TECHNICIAN = ("TECHNICIAN",)
ACCEPTED = Lift(("NOT_ACCEPTED",))

ROWS = (
    Row(
        act="ACCEPT",
        title="Accept into service",
        kinds=("CED_HANDLE",),
        from_states=("RECEIVED",),
        to="AVAILABLE",
        who=TECHNICIAN,
        guards=(guards.tag_bound, guards.firmware_new_enough, guards.held_by_itself("NOT_ACCEPTED")),
        evidence=(
            fields.FUNCTION_TEST,
            fields.FIRMWARE,
            fields.said("config", "UK configuration loaded (5 s cycle): its id"),
            fields.CLOCK,
        ),
        does=(ACCEPTED, Check("FUNCTION_TEST"), Check("FULL_CHECK")),
        source="3.1 RECEIVED → AVAILABLE",
    ),
    Row(
        act="ACCEPT",
        title="Accept into service",
        kinds=("CED_BATTERY",),
        from_states=("RECEIVED",),
        to="READY",
        who=TECHNICIAN,
        guards=(guards.tag_bound, guards.held_by_itself("NOT_ACCEPTED")),
        evidence=(fields.SERIAL_READ, fields.FUNCTION_TEST),
        does=(ACCEPTED, Check("FUNCTION_TEST"), Check("FULL_CHECK")),
        source="3.2 RECEIVED → CHARGING",
    ),
    Row(
        act="ACCEPT",
        title="Take into stock",
        kinds=("CED_CARTRIDGE",),
        from_states=("RECEIVED",),
        to="IN_STOCK",
        who=STORE,
        second=(),
        guards=(guards.serial_as_printed, guards.expiry_as_printed, guards.held_by_itself("NOT_ACCEPTED")),
        evidence=(
            fields.SERIAL_READ,
            Field("expiry_read", "Expiry date printed on it", "day"),
            fields.said("lot", "Lot on its label"),
        ),
        does=(ACCEPTED,),
        source="3.3 RECEIVED → IN_STOCK",
    ),
    Row(
        act="ACCEPT",
        title="Take into stock",
        kinds=("CED_MAGAZINE",),
        from_states=("RECEIVED",),
        to="EMPTY",
        who=STORE,
        guards=(guards.tag_bound, guards.serial_as_printed, guards.held_by_itself("NOT_ACCEPTED")),
        evidence=(fields.SERIAL_READ,),
        does=(ACCEPTED,),
        source="3.4 EMPTY",
    ),
    Row(
        act="ACCEPT",
        title="Take into stock",
        kinds=("SBG",),
        from_states=("RECEIVED",),
        to="IN_STOCK",
        who=STORE,
        guards=(guards.held_by_itself("NOT_ACCEPTED"),),
        evidence=(fields.sure("sealed", "Its packing is sealed"),),
        does=(ACCEPTED,),
        source="3.5 RECEIVED → IN_STOCK",
    ),
    Row(
        act="ACCEPT",
        title="Provision",
        kinds=("BWV_CAMERA",),
        from_states=("RECEIVED",),
        to="PROVISIONED",
        who=TECHNICIAN,
        guards=(guards.firmware_new_enough, guards.held_by_itself("NOT_ACCEPTED")),
        evidence=(
            fields.FIRMWARE,
            fields.CLOCK,
            fields.said("registered", "Its registration in the footage system"),
        ),
        does=(ACCEPTED, Check("FULL_CHECK")),
        source="3.6 RECEIVED → PROVISIONED",
    ),
)

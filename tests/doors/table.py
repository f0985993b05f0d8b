"""The second-door matrix: every way into the service, and what can come of it.

One rule for the editor: a new door gets a row here, in docs/doors.md where it issues, and an attempt in
test_no_second_door.py where it can lead to custody with a person. It is never given the row of another.
"""

ISSUES = "ISSUES"
"""Kit can pass to a person here, by an ALLOW decision made in the same commit."""

DRAFTS = "DRAFTS"
"""Works on the draft set that an ISSUES door may complete."""

RETURNS = "RETURNS"
"""Kit comes back to a store; never refused."""

ADMITS = "ADMITS"
"""Changes what the gate reads: people, training, authority, kit, holds, sign-ins. No custody with a person."""

KEEPS = "KEEPS"
"""The service's own upkeep: sessions, checkpoints, screens, device states."""

READS = "READS"
"""Changes nothing but the processing log."""

COPIES = "COPIES"
"""Whole databases: backup, restore, migration. What they bring in, `audit` and `verify` look through."""

DOORS: dict[str, str] = {
    # ---- routes that act
    "POST /api/v1/issues": ISSUES,
    "POST /api/v1/visits/{visit_id:int}/complete": ISSUES,
    "POST /api/v1/hatch/{place_id:int}/scan": DRAFTS,
    "POST /api/v1/hatch/{place_id:int}/choose": DRAFTS,
    "POST /api/v1/visits/{visit_id:int}/declare-fit": DRAFTS,
    "POST /api/v1/visits/{visit_id:int}/shift": DRAFTS,
    "POST /api/v1/visits/{visit_id:int}/lots": DRAFTS,
    "POST /api/v1/visits/{visit_id:int}/park": DRAFTS,
    "POST /api/v1/visits/{visit_id:int}/resume": DRAFTS,
    "POST /api/v1/visits/{visit_id:int}/drop": DRAFTS,
    "POST /api/v1/visits/{visit_id:int}/lines/{line_id:int}/charge": DRAFTS,
    "POST /api/v1/visits/{visit_id:int}/lines/{line_id:int}/function-test": DRAFTS,
    "POST /api/v1/visits/{visit_id:int}/lines/{line_id:int}/remove": DRAFTS,
    "POST /api/v1/bridge/readings": DRAFTS,
    "POST /api/v1/returns": RETURNS,
    "POST /api/v1/holds": ADMITS,
    "POST /api/v1/holds/{hold_id:int}/lift": ADMITS,
    "POST /api/v1/alarms/{alarm_id:int}/settle": ADMITS,
    "POST /api/v1/imports/{kind:str}": ADMITS,
    "POST /api/v1/kiosks": ADMITS,
    "POST /api/v1/kiosks/pair": ADMITS,
    "POST /api/v1/kiosks/{kiosk_id:int}/revoke": ADMITS,
    "POST /api/v1/me/secrets": ADMITS,
    "POST /api/v1/sign-in": KEEPS,
    "POST /api/v1/sign-out": KEEPS,
    "POST /sign-in": KEEPS,
    "POST /sign-out": KEEPS,
    "POST /api/v1/bridge/heartbeat": KEEPS,
    "POST /api/v1/issues/ask": READS,
    # ---- routes that show
    "GET /": READS,
    "GET /api/v1/alarms": READS,
    "GET /api/v1/hatch/{place_id:int}": READS,
    "GET /api/v1/items": READS,
    "GET /api/v1/items/{item_id:int}": READS,
    "GET /api/v1/items/{item_id:int}/had": READS,
    "GET /api/v1/items/{item_id:int}/life": READS,
    "GET /api/v1/kiosks": READS,
    "GET /api/v1/me": READS,
    "GET /api/v1/openapi.json": READS,
    "GET /hatch": READS,
    "GET /hatch/{place_id:int}": READS,
    "GET /health": READS,
    "GET /items/{item_id:int}": READS,
    "GET /live": READS,
    "GET /metrics": READS,
    "GET /pair": READS,
    "GET /people/{person_id:int}": READS,
    "GET /search": READS,
    "GET /sign-in": READS,
    "GET /static/{version:str}/{name:str}": READS,
    "GET /stores": READS,
    "GET /stores/{store_id:int}": READS,
    # ---- what a bridge delivers
    "reading code": DRAFTS,
    "reading card": DRAFTS,
    "reading tags": DRAFTS,
    "reading bay": RETURNS,
    "reading device": KEEPS,
    "reading garbled": KEEPS,
    # ---- the hatch's acts, however they are reached
    "act complete": ISSUES,
    "act present": DRAFTS,
    "act choose": DRAFTS,
    "act choose_shift": DRAFTS,
    "act declare_fit": DRAFTS,
    "act function_test": DRAFTS,
    "act set_charge": DRAFTS,
    "act add_lot": DRAFTS,
    "act remove_line": DRAFTS,
    "act park": DRAFTS,
    "act resume": DRAFTS,
    "act drop": DRAFTS,
    "act drop_idle": DRAFTS,
    # ---- commands that the writer runs many at a time
    "bulk Issues": ISSUES,
    "bulk IssueKind": ISSUES,
    "bulk Returns": RETURNS,
    "bulk ReturnKind": RETURNS,
    "bulk Lines": KEEPS,
    # ---- what the service does by the clock
    "job idle-visits": DRAFTS,
    "job left-their-bay": KEEPS,
    "job sessions": KEEPS,
    "job housekeeping": KEEPS,
    "job checkpoint": KEEPS,
    "job policy": ADMITS,
    # ---- files
    "import people": ADMITS,
    "import training": ADMITS,
    "import authorisations": ADMITS,
    "import stops": ADMITS,
    "import restrictions": ADMITS,
    "import gates": ADMITS,
    "import items": ADMITS,
    "import lots": ADMITS,
    "import checks": ADMITS,
    # ---- the bridge's program: it has no database
    "kit-bridge devices": READS,
    "kit-bridge doctor": READS,
    "kit-bridge monitor": READS,
    "kit-bridge udev": READS,
    "kit-bridge simulate": READS,
    "kit-bridge run": DRAFTS,
}

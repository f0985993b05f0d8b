"""The second-door matrix: every way into the service, and what can come of it.

One rule for the editor: a new door gets a row here, in docs/doors.md where it issues, and an attempt in
test_no_second_door.py where it can lead to custody with a person. It is never given the row of another.
"""

ISSUES = "ISSUES"
"""Kit can pass to a person here, by an ALLOW decision made in the same commit."""

DRAFTS = "DRAFTS"
"""Works on the draft set that an ISSUES door may complete."""

ASSERTS = "ASSERTS"
"""Writes down that people hold kit already: two people, a document, and the gate's real decision beside it."""

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
    "POST /api/v1/visits/{visit_id:int}/lines/{line_id:int}/override": DRAFTS,
    "POST /api/v1/visits/{visit_id:int}/lines/{line_id:int}/cartridge": RETURNS,
    "POST /api/v1/bridge/readings": DRAFTS,
    "POST /api/v1/returns": RETURNS,
    "POST /api/v1/magazines/{item_id:int}/load": ADMITS,
    "POST /api/v1/magazines/{item_id:int}/unload": ADMITS,
    "POST /api/v1/holds": ADMITS,
    "POST /api/v1/holds/{hold_id:int}/lift": ADMITS,
    "POST /api/v1/alarms/{alarm_id:int}/settle": ADMITS,
    "POST /api/v1/overrides": ADMITS,
    "POST /api/v1/overrides/{override_id:int}/revoke": ADMITS,
    "POST /api/v1/imports/{kind:str}": ADMITS,
    "POST /api/v1/vendor-imports": ADMITS,
    "POST /api/v1/vendor-imports/columns": READS,
    "POST /api/v1/vendor-imports/preview": READS,
    "POST /api/v1/vendor-mappings": ADMITS,
    "POST /api/v1/kiosks": ADMITS,
    "POST /api/v1/kiosks/pair": ADMITS,
    "POST /api/v1/kiosks/{kiosk_id:int}/revoke": ADMITS,
    "POST /api/v1/me/secrets": ADMITS,
    "POST /api/v1/people/{person_id:int}/capabilities": ADMITS,
    "POST /api/v1/capabilities/{grant_id:int}/end": ADMITS,
    "POST /api/v1/sign-in": KEEPS,
    "POST /api/v1/sign-out": KEEPS,
    "POST /sign-in": KEEPS,
    "POST /sign-out": KEEPS,
    "POST /api/v1/bridge/heartbeat": KEEPS,
    "POST /api/v1/issues/ask": READS,
    # ---- routes that show
    "GET /": READS,
    "GET /api/v1/alarms": READS,
    "GET /api/v1/decisions": READS,
    "GET /api/v1/decisions/{decision_id:int}": READS,
    "GET /api/v1/hatch/{place_id:int}": READS,
    "GET /api/v1/items": READS,
    "GET /api/v1/items/{item_id:int}": READS,
    "GET /api/v1/items/{item_id:int}/had": READS,
    "GET /api/v1/items/{item_id:int}/life": READS,
    "GET /api/v1/kiosks": READS,
    "GET /api/v1/magazines/{item_id:int}": READS,
    "GET /api/v1/me": READS,
    "GET /api/v1/overrides": READS,
    "GET /api/v1/people": READS,
    "GET /api/v1/people/{person_id:int}": READS,
    "GET /api/v1/people/{person_id:int}/capabilities": READS,
    "GET /api/v1/processing-log": READS,
    "GET /api/v1/search": READS,
    "GET /api/v1/stores": READS,
    "GET /api/v1/vendor-imports": READS,
    "GET /api/v1/vendor-imports/{import_id:int}": READS,
    "GET /api/v1/vendor-mappings": READS,
    "GET /api/v1/stores/{store_id:int}": READS,
    "GET /api/v1/stores/{store_id:int}/devices": READS,
    "GET /api/v1/stores/{store_id:int}/docks": READS,
    "GET /api/v1/stores/{store_id:int}/shelf": READS,
    "GET /api/v1/stores/{store_id:int}/strange-tags": READS,
    "GET /api/v1/openapi": READS,
    "GET /api/v1/openapi.json": READS,
    "GET /api/v1/openapi/openapi.json": READS,
    "GET /api/v1/openapi/{path:str}": READS,
    "GET /hatch": READS,
    "GET /hatch/{place_id:int}": READS,
    "GET /health": READS,
    "GET /items/{item_id:int}": READS,
    "GET /live": READS,
    "GET /metrics": READS,
    "GET /pair": READS,
    "GET /people/{person_id:int}": READS,
    "GET /search": READS,
    "GET /alarms": READS,
    "GET /log": READS,
    "GET /my-record/looks": READS,
    "GET /sign-in": READS,
    "GET /static/{version:str}/{name:str}": READS,
    "GET /stores": READS,
    "GET /stores/{store_id:int}": READS,
    # ---- what listens to a broker: bays, docks and devices alone, by the function of POST /api/v1/bridge/readings
    "consumer api.mqtt_ingest": RETURNS,
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
    "act choose_person": DRAFTS,
    "act choose_shift": DRAFTS,
    "act declare_fit": DRAFTS,
    "act function_test_failed": DRAFTS,
    "act function_test_passed": DRAFTS,
    "act set_charge": DRAFTS,
    "act add_lot": DRAFTS,
    "act remove_line": DRAFTS,
    "act say_of_cartridge": RETURNS,
    "act override": DRAFTS,
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
    "import vendor": ADMITS,
    # ---- the kit store's program
    "kitstore serve": ISSUES,
    "kitstore demo": ASSERTS,
    "kitstore init": ADMITS,
    "kitstore import": ADMITS,
    "kitstore bridge add": ADMITS,
    "kitstore bridge bind": ADMITS,
    "kitstore bridge revoke": ADMITS,
    "kitstore bridge rotate": ADMITS,
    "kitstore kiosk": ADMITS,
    "kitstore user add": ADMITS,
    "kitstore user grant": ADMITS,
    "kitstore user password": ADMITS,
    "kitstore user pin": ADMITS,
    "kitstore bridge list": READS,
    "kitstore user list": READS,
    "kitstore places": READS,
    "kitstore decode": READS,
    "kitstore audit": READS,
    "kitstore ledger export": READS,
    "kitstore ledger verify": READS,
    "kitstore db check": READS,
    "kitstore db backup": COPIES,
    "kitstore db restore": COPIES,
    "kitstore db upgrade": COPIES,
    "kitstore db roles": COPIES,
    # ---- the bridge's program: it has no database
    "kit-bridge devices": READS,
    "kit-bridge doctor": READS,
    "kit-bridge monitor": READS,
    "kit-bridge udev": READS,
    "kit-bridge simulate": READS,
    "kit-bridge card": READS,
    "kit-bridge commission": READS,
    "kit-bridge decode": READS,
    "kit-bridge run": DRAFTS,
}

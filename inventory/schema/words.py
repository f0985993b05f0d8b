"""The closed sets of words that the tables hold. Domain terms: design `domain.md` section 1.

One rule for the editor: a word that has stood in a ledger is never renamed and never reused.
"""

PERSON_KINDS = (
    "REGULAR", "STUDENT", "SPECIAL", "PCSO", "DETENTION_OFFICER", "POLICE_STAFF", "VOLUNTEER", "VISITING_OFFICER",
)  # fmt: skip
CONSTABLES = ("REGULAR", "STUDENT", "SPECIAL")

ITEM_KINDS = ("CED_HANDLE", "CED_BATTERY", "CED_CARTRIDGE", "CED_MAGAZINE", "SBG", "BWV_CAMERA")
SECTION_5_KINDS = ("CED_HANDLE", "CED_BATTERY", "CED_CARTRIDGE", "CED_MAGAZINE")
"""Prohibited weapons and their parts (Firearms Act 1968 s.5(1)(b)): fail closed, nobody overrides."""

CARTRIDGE_PURPOSES = ("LIVE_DUTY", "LIVE_TRAINING", "HALT", "INERT")
POOLS = ("OPERATIONAL", "TRAINING", "EXHIBIT")

CAPABILITIES = (
    "ISSUER", "COUNTERSIGNER", "TRAINING_RECORDER", "TECHNICIAN", "CED_SPOC", "EXHIBITS", "PSD", "INSTRUCTOR",
    "STORE_MANAGER", "AUDITOR", "LOG_READER", "ADMINISTRATOR", "SUPERVISOR", "DUTY_INSPECTOR",
)  # fmt: skip
OVERRIDERS = ("SUPERVISOR", "DUTY_INSPECTOR")
"""Who may answer a SOFT refusal: a sergeant or above, an inspector or above (design `domain.md` 2.3)."""

COURSES = ("PPST", "FIRST_AID", "JRFT", "CED_INITIAL", "CED_REFRESHER", "CED_CONVERSION", "SBG", "BWV_USER")
OUTCOMES = ("PASS", "FAIL", "PARTIAL")

HOLDERS = ("STORE", "PERSON", "EXHIBIT", "CARRIER", "SUPPLIER", "DISPOSAL", "UNKNOWN")
BASES = ("ISSUED", "ASSERTED", "HELD")
"""ISSUED: by an ALLOW decision. ASSERTED: it had already happened (two people, a document). HELD: not with a person."""

RETURN_MODES = ("DUTY", "PERSONAL")
PURPOSES = ("OPERATIONAL", "TRAINING")
VERDICTS = ("ALLOW", "DENY")
WEIGHTS = ("HARD", "SOFT", "WARN")

LEDGER_KINDS = (
    "RECEIVED", "ISSUED", "RETURNED", "TRANSFERRED", "ASSERTED", "HANDED_OVER", "UNACCOUNTED", "FOUND", "DISPOSED",
    "HELD", "LIFTED", "REFUSED", "MARKED", "UNMARKED", "CORRECTED", "ERASED", "OVERRIDDEN", "REVOKED",
    "LOADED", "UNLOADED", "PASSED",
)  # fmt: skip
"""PASSED: an act of the table of passages (`custody.passages`), with its evidence; what it did has its own entries."""


HOLD_REASONS = (
    "DOWNLOAD", "WET", "QUARANTINE", "DEFECT", "RECALL", "EVIDENTIAL", "EXTERNAL_EXAM", "MAINTENANCE", "WITHDRAWN",
    "NOT_ACCEPTED", "RESERVED", "SPENT", "DISCHARGED_OPERATIONAL", "DISCHARGED_TRAINING", "DISCHARGED_UNINTENTIONAL",
    "LOST", "STOLEN", "RECOVERED",
)  # fmt: skip
SPENT_FOR_GOOD = ("SPENT", "DISCHARGED_OPERATIONAL", "DISCHARGED_TRAINING", "DISCHARGED_UNINTENTIONAL")
"""Holds that nobody lifts: what was used once is never used again (design `domain.md` 3.0, invariant 6)."""

CHECKS = ("FUNCTION_TEST", "FULL_CHECK", "DOCKED", "DOWNLOAD", "SANITISED")

ACTIVITIES = ("HATCH", "SHELF", "RECEIVING", "PORTAL", "DOCK")
VISIT_STATES = ("OPEN", "PARKED", "COMPLETED", "DROPPED")

LOG_OPERATIONS = ("COLLECTION", "ALTERATION", "CONSULTATION", "DISCLOSURE", "COMBINATION", "ERASURE", "NONE")
"""DPA 2018 s.62(1); NONE marks a route that touches no personal data."""

ACTOR_KINDS = ("PERSON", "KIOSK", "BRIDGE", "SYSTEM", "ANONYMOUS")

FIRMWARE_OF = ("BRIDGE", "DEVICE", "ITEM", "SERIAL")
"""Whose firmware: a bridge's own software, a device or dock of a bridge, an item in a bay, a serial nobody knows."""

VENDOR_FACTS = (
    "FIRMWARE", "LOG_SYNCED", "CHARGE", "HEALTH", "WARRANTY", "EXPIRES", "DOCKED", "DOCK", "BAY", "STATE", "ASSIGNEE",
    "ASSIGNED_COLLAR",
)  # fmt: skip
"""What a vendor's own system may say of an item (decision record of vendor files)."""

BAY_ACTS = ("POINT", "RELEASE", "LOCK")
BAY_WORDS = ("WAITING", "DONE", "UNABLE", "REFUSED", "SILENT", "EXPIRED")
"""What became of a command to a bay: still to be answered, or the dock's or bridge's word (`devices.readings`)."""

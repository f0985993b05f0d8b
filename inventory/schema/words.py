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
    "PLANNER", "POLICY_OWNER", "EQUALITY_ANALYST", "RECORDS_MANAGER",
)  # fmt: skip
OVERRIDERS = ("SUPERVISOR", "DUTY_INSPECTOR")
"""Who may answer a SOFT refusal: a sergeant or above, an inspector or above (design `domain.md` 2.3)."""

ROLE_REVIEWS = ("KEPT", "REMOVED")
"""What the JNCC's yearly review of a mobilisable role came to: on the list for another year, or off it."""
PLAN_SORTS = ("OPERATION", "WHAT_IF")

COURSES = ("PPST", "FIRST_AID", "JRFT", "CED_INITIAL", "CED_REFRESHER", "CED_CONVERSION", "SBG", "BWV_USER")
OUTCOMES = ("PASS", "FAIL", "PARTIAL")
SESSION_ENDS = ("HELD", "CANCELLED")
"""What became of a course day: its class was written down, or it was called off."""
SPECIALIST_DOMAINS = ("ARMED", "PUBLIC_ORDER")
"""Training under policies of their own (Policy O43 2.3): read in, never counted with the rest, never asked."""

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
    "LOADED", "UNLOADED", "PASSED", "COUNT_OPENED", "COUNT_CLOSED", "LOSS", "SENT", "DELIVERED",
    "USED", "USE_ANSWERED", "RECALL", "LAPSE", "WRITTEN_UP",
    "RESERVED", "UNRESERVED", "POLICY",
)  # fmt: skip
"""PASSED: an act of the table of passages (`custody.passages`), with its evidence; what it did has its own entries."""


HOLD_REASONS = (
    "DOWNLOAD", "WET", "QUARANTINE", "DEFECT", "RECALL", "EVIDENTIAL", "EXTERNAL_EXAM", "MAINTENANCE", "WITHDRAWN",
    "NOT_ACCEPTED", "RESERVED", "SPENT", "DISCHARGED_OPERATIONAL", "DISCHARGED_TRAINING", "DISCHARGED_UNINTENTIONAL",
    "LOST", "STOLEN", "RECOVERED", "FOOTAGE",
)  # fmt: skip
"""FOOTAGE: a camera is faulty and has films on board; they are brought to safety before anything else (3.6)."""
SPENT_FOR_GOOD = ("SPENT", "DISCHARGED_OPERATIONAL", "DISCHARGED_TRAINING", "DISCHARGED_UNINTENTIONAL")
"""Holds that nobody lifts: what was used once is never used again (design `domain.md` 3.0, invariant 6)."""

REPORT_STATES = ("RUNNING", "DONE", "FAILED")

CHECKS = ("FUNCTION_TEST", "FULL_CHECK", "DOCKED", "DOWNLOAD", "SANITISED", "CLOCK")
"""CLOCK: what a dock says of a camera's clock, each time that it differs from what was last written down."""

ACTIVITIES = ("HATCH", "SHELF", "RECEIVING", "PORTAL", "DOCK")
VISIT_STATES = ("OPEN", "PARKED", "COMPLETED", "DROPPED")

LOG_OPERATIONS = ("COLLECTION", "ALTERATION", "CONSULTATION", "DISCLOSURE", "COMBINATION", "ERASURE", "NONE")
"""DPA 2018 s.62(1); NONE marks a route that touches no personal data."""

ACTOR_KINDS = ("PERSON", "KIOSK", "BRIDGE", "FEED", "SYSTEM", "ANONYMOUS")

PREVIEWED_FILES = ("training", "authorisations", "suspensions", "restrictions", "gates")
"""Kinds of file that change who may draw: looked over first, and taken in as they were looked over."""

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

COUNT_SORTS = ("HANDOVER", "DAILY", "WEEKLY", "MONTHLY", "ANNUAL", "SPOT")
COUNT_WAYS = ("SCAN", "TYPED", "TOUCH", "SWEEP", "DOCK")
"""By what something was seen in a count: a scanner, a keyboard, a finger, a tag reader, a dock's bay."""
COUNT_OUTCOMES = ("CLOSED", "ABANDONED")
COUNT_WORDS = ("FOUND", "MISSING", "STRAYED", "UNKNOWN", "CAME", "WENT", "BESIDE")
"""What a count says of one thing (`stock.counting`)."""
COUNT_ACTS = ("REPORTED_MISSING", "TAKEN_BACK", "TAKEN_OVER")
"""The movement that settled a variance: to nobody we know of, back from who had it, over from another store."""
LOT_ACTS = ("WRITTEN_OFF", "TAKEN_IN")
"""The movement that settled a lot that was counted with fewer or more pieces than the ledger says."""
SEEN_WAYS = ("SCAN", "SWEEP", "DOCK", "COUNT")

LOSS_ACTS = (
    "SEARCHED", "DECLARED_LOST", "DECLARED_STOLEN", "NOTIFIED", "BREACH_ASSESSED", "RECOVERED", "DISPOSED", "CLOSED",
)  # fmt: skip
"""What is written down in the case of a loss, one row each (`custody.losses`)."""
LOSS_TOLD = ("DUTY_INSPECTOR", "FORCE_CONTROL", "PSD", "CED_SPOC", "NLLW", "DPO", "ICO", "SIRO", "MAKER", "OTHER")
"""Who is told of a loss (design `domain.md` 2.2, Loss/theft; NLLW: the National Less Lethal Weapons Secretariat)."""
LAST_SEEN_WAYS = ("MOVEMENT", "TAG", "DOCK", "CHECK")
"""How a missing item was last certainly seen: it passed, its tag was read, a dock had it, somebody checked it."""

USES = ("DRAWN", "AIMED", "RED_DOT", "ARCED", "DRIVE_STUN", "ANGLED_DRIVE_STUN", "FIRED", "APPLIED")
"""The seven uses of a CED (design `domain.md` 1.3); APPLIED is a spit guard's."""
USE_SORTS = ("OPERATIONAL", "TRAINING", "UNINTENTIONAL")
USE_PARTS = ("HANDLE", "BATTERY", "SPENT", "GUARD")
USE_POINTS = (
    "UOF_REF", "INCIDENT_REF", "CARTRIDGES", "BESPOKE_FORM", "DISCS", "DOWNLOAD", "UD_DECISION", "TRAINING_RECORD",
    "EXHIBIT_REF", "LOG_REVIEW",
)  # fmt: skip
"""What is still to be written down after a use, one clock each (`custody.uses`)."""
GUARD_REASONS = ("USED", "DAMAGED", "EXPIRED", "CONTAMINATED", "LOST", "OPENED")
"""Why a spit guard is replaced (design `domain.md` 3.5). OPENED: its packing was opened, and it was not used."""

STOCKS = ("OPERATIONAL", "TRAINING", "EXHIBIT", "HELD")
"""What a consignment is of, never mixed. HELD: a hold is in force; EXHIBIT: an evidential one, or exhibit stock."""
TRANSFER_TERMS = ("FOR_GOOD", "LOAN")
TRANSFER_ACTS = (
    "LISTED", "UNLISTED", "CANCELLED", "SENT", "WITH", "SEEN", "UNSEEN", "RECEIVED", "ARRIVED", "MISSED",
)  # fmt: skip
"""What is written down of a consignment. WITH: it goes loaded in something listed; ARRIVED, MISSED: pieces of a lot."""
TRANSFER_CONDITIONS = ("GOOD", "DAMAGED", "WET", "FAULTY", "MISSING")
"""How something is when it arrives. MISSING: it should be loaded in something that arrived, and is not."""

CORRECTIONS = (
    "WRONG_STORE", "WRONG_PERSON", "WRONG_ITEM_OUT", "WRONG_ITEM_BACK", "WRONG_CONDITION", "WRONG_SERIAL",
)  # fmt: skip
"""What was wrong with an entry of the ledger (`custody.corrections`)."""
PAPER_SORTS = ("REGISTER", "OPENING_BALANCE", "FOUND_IN_HAND")
"""What a page written up afterwards is: the register of a time without the system, or kit that people had already."""
PAPER_ACTS = ("DRAWN", "RETURNED")

NOTICES_FROM = ("MAKER", "NPCC", "HOME_OFFICE", "FORCE")
"""Whose notice a recall goes by."""
RECALL_ACTS = ("TOLD", "ENDED", "CLOSED", "LIFTED")
RECALL_OUTCOMES = ("IN_HAND", "SENT_BACK", "DESTROYED", "CORRECTED", "NOT_AFFECTED", "LOST")
"""How a line of a recall's chase list ended: held where it is, with its maker, destroyed, put right, found not to be
one of those, or lost (a loss goes on with it)."""

LAPSE_ACTS = ("TOLD", "RETURN_NOW", "RETAIN_UNTIL", "ENDED")
LAPSE_ENDS = ("KIT_BACK", "ELIGIBLE_AGAIN", "TAKEN_OVER")
"""What is written down of somebody who holds kit and may no longer (design `domain.md` 4.6), and how it ended:
TAKEN_OVER by a graver one, of an authority that was suspended."""

AUTHORITY_ACTS = (
    "GRANTED", "SUSPENDED", "LIFTED", "ENDED", "REVIEWED", "RESTRICTED", "UNRESTRICTED", "OPTED_IN", "OPTED_OUT",
)  # fmt: skip
"""What is done to somebody's permission to carry or to what they may draw, one row each (`people.authority_acts`)."""
ROLE_MOVES = ("LEFT", "OFFICE", "OUT_OF_PROFILE", "INTO_PROFILE", "HOME_STORE", "TEAM", "OPTED_OUT")
"""How a role moved: they leave, they hold another office (kind), they leave or join the front line, another store or
team, they no longer choose to carry."""

PROOFS = ("PIN", "FACE")
"""How the store made sure of who stood there: their own PIN, or whoever issues attested their face."""
HANDOVER_SIDES = ("GIVES", "TAKES")
"""Whose visit a hand-over at the hatch was begun in: the giver's, or the receiver's."""

POLICY_RISKS = ("LOW", "MEDIUM", "HIGH")
POLICY_ENDS = ("APPROVED", "REJECTED", "WITHDRAWN")
"""How a proposed change of policy ended; what was approved is superseded by a later change, never ended."""

CHARACTERISTICS = (
    "AGE", "DISABILITY", "ETHNICITY", "GENDER", "GENDER_REASSIGNMENT", "NATIONALITY", "RELIGION", "SEXUAL_ORIENTATION",
)  # fmt: skip
"""What is counted by for equality (design `domain.md` 6, row B15; Equality Act 2010 s.4)."""
EQUALITY_MEASURES = (
    "SERVING", "OFFERED", "ATTENDED", "PASSED", "AUTHORISED", "SUSPENDED", "ASKED", "DENIED",
)  # fmt: skip
"""What is counted, persons each: SERVING at any time of the quarter, and of them those to whom it happened then."""

DISPOSALS_OF = ("PERSON", "DECISION", "READINGS", "TELEMETRY", "LOG")
"""What a line of a disposal covers: a person's own data, a decision's facts, raw tag reads, docks' words, log lines."""
DISPOSAL_ANSWERS = ("APPROVED", "REJECTED")
RIGHTS_ACTS = ("EXTENDED", "ANSWERED", "WITHDRAWN")
"""What becomes of somebody's request for their own data (UK GDPR art. 15; DPA 2018 s.45)."""
PACKS = ("EVIDENCE", "ASSESSMENT", "PCC", "ICO", "ACCESS")
"""What is put together to leave the kit store, each with its hash on record."""

"""What is asked of kit that comes from a supplier: who may order, unpack and sign, and what may be taken all the same.

One rule for the editor: words and numbers only. Order, supplier and consignment are recorded because forces must show
an audit trail of procurement (Code of Practice 2020; design `domain.md` 2.4, source S11).
"""

ORDERERS = ("STORE_MANAGER", "CED_SPOC")
"""Who writes an order down, and ends a line of one."""
UNPACKERS = ("ISSUER", "STORE_MANAGER")
"""Who unpacks at their store (design `domain.md` 3.1: storekeeper and a second person)."""
SEERS = ("ISSUER", "STORE_MANAGER", "TECHNICIAN", "CED_SPOC", "AUDITOR", "ADMINISTRATOR")

SCAN, TYPED = "SCAN", "TYPED"
WAYS = (SCAN, TYPED)
READ_MAX = 200
"""Most units that are read and not signed for."""
LINES_MAX = 40
WHY_CHARS = (3, 400)

TAKEN_ALL_THE_SAME = frozenset({"OVER", "LINE_ENDED", "UNLISTED", "TYPED_TWICE", "DATE_PAST"})
"""What does not fit and is in the box all the same: kit that is there is never left out of the ledger, so it is taken
with a reason, and an alarm is raised as it is signed for."""
ACCEPTANCE = "NOT_ACCEPTED"
"""The hold that everything with a serial is under until it is accepted into service (`custody.passages.accepting`)."""

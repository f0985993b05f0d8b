"""Tables of the gate and the ledger: decisions, custody, the chained entries, and the visit at the hatch.

One rule for the editor: every row here except a visit's draft carries `tx_id`, and the database refuses a
COMMIT without the seal row of that transaction. Custody can only be opened while its transaction is not yet
sealed, so a decision can never be used by a later transaction (`triggers.py`; decision record 0005).
"""

import sqlalchemy as sa

from inventory.schema import words
from inventory.schema.base import (
    Int64,
    day,
    flag,
    key,
    live_unique,
    metadata,
    moment,
    number,
    part,
    ref,
    sealed,
    text,
    word,
)  # fmt: skip

tx_seal = sa.Table("tx_seal", metadata, key(), moment("at_us"), number("instance"))

decision = sa.Table(
    "decision",
    metadata,
    key(),
    sealed(),
    ref("person_id", "person.id"),
    ref("store_id", "store.id"),
    number("visit_id", null=True),
    word("purpose", words.PURPOSES),
    word("verdict", words.VERDICTS),
    moment("decided_us"),
    moment("planned_return_us", null=True),
    moment("valid_until_us"),
    text("policy_hash"),
    text("door"),  # which door asked: hatch, api, handover ...
    ref("by_person", "person.id", null=True),
    text("refusals"),  # JSON list of refusals in precedence order, warnings included
    text("facts"),  # JSON snapshot the decision was made on: the proof of currency
    sa.Index("ix_decision_person", "person_id", "decided_us"),
    sa.Index("ix_decision_store", "store_id", "decided_us"),
    sa.Index("ix_decision_decided", "decided_us", "id"),
)

decision_item = sa.Table(
    "decision_item",
    metadata,
    sa.Column("decision_id", Int64, sa.ForeignKey("decision.id"), primary_key=True, autoincrement=False),
    sa.Column("item_id", Int64, sa.ForeignKey("item.id"), primary_key=True, autoincrement=False),
)

decision_lot = sa.Table(
    "decision_lot",
    metadata,
    sa.Column("decision_id", Int64, sa.ForeignKey("decision.id"), primary_key=True, autoincrement=False),
    sa.Column("lot_id", Int64, sa.ForeignKey("lot.id"), primary_key=True, autoincrement=False),
    number("quantity"),
)

ledger = sa.Table(
    "ledger",
    metadata,
    key(),
    sealed(),
    text("chain"),  # "item:17", "lot:3", "store:2"
    number("seq"),
    text("prev_hash"),
    text("hash"),
    word("kind", words.LEDGER_KINDS),
    moment("at_us"),
    ref("item_id", "item.id", null=True),
    ref("lot_id", "lot.id", null=True),
    number("quantity", null=True),
    word("giver", words.HOLDERS, null=True),
    number("giver_id", null=True),
    word("taker", words.HOLDERS, null=True),
    number("taker_id", null=True),
    number("decision_id", null=True),
    number("hold_id", null=True),
    number("visit_id", null=True),
    number("by_person", null=True),
    number("second_person", null=True),
    text("reading_key", null=True),
    text("policy_hash", null=True),
    number("corrects", null=True),
    text("reason", null=True),
    text("payload_hash", null=True),
    sa.UniqueConstraint("chain", "seq"),
    sa.Index("ix_ledger_item", "item_id", "at_us"),
    sa.Index("ix_ledger_taker", "taker", "taker_id", "at_us"),
    sa.Index("ix_ledger_giver", "giver", "giver_id", "at_us"),
)

ledger_payload = sa.Table(
    "ledger_payload",
    metadata,
    sa.Column("ledger_id", Int64, sa.ForeignKey("ledger.id"), primary_key=True, autoincrement=False),
    text("salt"),
    text("body"),  # JSON; only an approved retention run may erase it, appending an ERASED entry
)

chain_head = sa.Table(
    "chain_head",
    metadata,
    sa.Column("chain", sa.Text, primary_key=True),
    number("seq"),
    text("hash"),
    number("noted_seq", default="0"),  # what the last checkpoint said of it
)

custody = sa.Table(
    "custody",
    metadata,
    key(),
    sealed(),
    ref("item_id", "item.id"),
    word("holder", words.HOLDERS),
    number("holder_id"),
    ref("person_id", "person.id", null=True),
    flag("is_handle"),
    word("basis", words.BASES),
    word("purpose", words.PURPOSES, null=True),
    ref("decision_id", "decision.id", null=True),
    word("return_mode", words.RETURN_MODES, null=True),
    moment("planned_return_us", null=True),
    day("review_on", null=True),
    number("visit_id", null=True),
    ref("opened_entry", "ledger.id"),
    moment("opened_us"),
    ref("closed_entry", "ledger.id", null=True),
    moment("closed_us", null=True),
    ref("asserted_by", "person.id", null=True),
    ref("asserted_second", "person.id", null=True),
    text("document", null=True),
    live_unique("uq_custody_open_item", ("item_id",), "closed_entry IS NULL"),
    live_unique("uq_custody_open_handle", ("person_id",), "closed_entry IS NULL AND is_handle = 1"),
    sa.UniqueConstraint("decision_id", "item_id"),
    sa.Index(
        "ix_custody_open_person",
        "person_id",
        "opened_us",
        sqlite_where=sa.text("closed_entry IS NULL AND person_id IS NOT NULL"),
        postgresql_where=sa.text("closed_entry IS NULL AND person_id IS NOT NULL"),
    ),
    sa.Index(
        "ix_custody_open_holder",
        "holder",
        "holder_id",
        "item_id",  # so that a page of what a store holds is read in the order it is shown
        sqlite_where=sa.text("closed_entry IS NULL"),
        postgresql_where=sa.text("closed_entry IS NULL"),
    ),
    part("ix_custody_due", ("planned_return_us",), "closed_entry IS NULL AND person_id IS NOT NULL"),
    part("ix_custody_asserted", ("opened_us",), "basis = 'ASSERTED'"),
    sa.Index("ix_custody_item", "item_id", "opened_us"),
    sa.Index("ix_custody_person", "person_id", "opened_us"),
    sa.CheckConstraint("(holder = 'PERSON') = (person_id IS NOT NULL)", name="person"),
    sa.CheckConstraint("holder <> 'PERSON' OR person_id = holder_id", name="holder_id"),
    sa.CheckConstraint("(holder = 'PERSON') = (basis <> 'HELD')", name="basis_of_person"),
    sa.CheckConstraint("basis <> 'ISSUED' OR decision_id IS NOT NULL", name="issued_needs_decision"),
    sa.CheckConstraint(
        "basis <> 'ASSERTED' OR (asserted_by IS NOT NULL AND asserted_second IS NOT NULL"
        " AND asserted_by <> asserted_second AND document IS NOT NULL AND length(document) > 0)",
        name="asserted_needs_two_and_document",
    ),
    sa.CheckConstraint("return_mode <> 'DUTY' OR planned_return_us IS NOT NULL", name="duty_needs_return"),
    sa.CheckConstraint("basis <> 'ISSUED' OR return_mode IS NOT NULL", name="issued_needs_return_mode"),
)

visit = sa.Table(
    "visit",
    metadata,
    key(),
    ref("store_id", "store.id"),
    ref("place_id", "place.id"),
    ref("person_id", "person.id"),
    word("state", words.VISIT_STATES),
    word("purpose", words.PURPOSES),
    text("shift_name", null=True),
    moment("planned_return_us", null=True),
    moment("opened_us"),
    moment("touched_us"),
    moment("ended_us", null=True),
    flag("fit_declared"),
    text("authenticated_by", null=True),  # PIN, FACE
    ref("by_person", "person.id", null=True),
    sa.Index(
        "uq_visit_open_place",
        "place_id",
        unique=True,
        sqlite_where=sa.text("state = 'OPEN'"),
        postgresql_where=sa.text("state = 'OPEN'"),
    ),
    part("ix_visit_here", ("place_id", "store_id"), "state IN ('OPEN', 'PARKED')"),
)

visit_line = sa.Table(
    "visit_line",
    metadata,
    key(),
    ref("visit_id", "visit.id", index=True),
    ref("item_id", "item.id", null=True),
    ref("lot_id", "lot.id", null=True),
    number("quantity", default="1"),
    word("word", ("IN_SET", "REFUSED", "RETURNED", "REMOVED", "ISSUED")),
    text("detail"),  # JSON shown on the screen: refusals, sentences
    moment("at_us"),
    flag("function_test_passed"),
    number("charge_percent", null=True),
    text("reading_key", null=True),
)

alarm = sa.Table(
    "alarm",
    metadata,
    key(),
    text("kind"),
    ref("store_id", "store.id", null=True),
    ref("item_id", "item.id", null=True, index=True),
    ref("person_id", "person.id", null=True, index=True),
    moment("raised_us"),
    text("detail"),
    moment("settled_us", null=True),
    ref("settled_by", "person.id", null=True),
    text("settlement", null=True),
    sa.Index(
        "ix_alarm_open", "store_id", "kind",
        sqlite_where=sa.text("settled_us IS NULL"), postgresql_where=sa.text("settled_us IS NULL"),
    ),
    part("ix_alarm_unsettled", ("id",), "settled_us IS NULL"),
    part("ix_alarm_settled", ("settled_us", "id"), "settled_us IS NOT NULL"),
)  # fmt: skip

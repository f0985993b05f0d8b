"""Tables of declared use: what was done with kit, each thing it was done with, and what is still to be written down.

One rule for the editor: a declaration is never changed. What is still owed is a point with its time, closed once by an
answer (`schema.use_triggers`); incident and use of force are references, never accounts of what happened.
"""

import sqlalchemy as sa

from inventory.schema import words
from inventory.schema.base import (
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
)

use_declared = sa.Table(
    "use_declared",
    metadata,
    key(),
    sealed(),
    ref("item_id", "item.id", null=True),
    ref("lot_id", "lot.id", null=True),
    number("quantity", null=True),
    ref("store_id", "store.id"),
    ref("person_id", "person.id", null=True),  # who had it; nobody where only its log says that it was used
    ref("decision_id", "decision.id", null=True),  # the issue it had it by
    text("uses"),  # words of `words.USES` with commas between; "" where only its log says that it was used
    word("sort", words.USE_SORTS),
    flag("dsi"),  # a death or serious injury
    word("reason", words.GUARD_REASONS, null=True),
    moment("used_us"),  # when, as declared
    moment("at_us"),  # when it was written down
    ref("by_person", "person.id"),
    ref("visit_id", "visit.id", null=True),
    text("incident_ref", null=True),
    text("uof_ref", null=True),
    ref("entry_id", "ledger.id"),
    sa.Index("ix_use_declared_item", "item_id", "at_us"),
    sa.Index("ix_use_declared_store", "store_id", "at_us"),
    sa.Index("ix_use_declared_person", "person_id", "used_us"),
    sa.CheckConstraint("(item_id IS NULL) <> (lot_id IS NULL)", name="one_thing"),
    sa.CheckConstraint("(lot_id IS NULL) = (quantity IS NULL)", name="quantity"),
    sa.CheckConstraint("used_us <= at_us", name="in_order"),
)

use_item = sa.Table(
    "use_item",
    metadata,
    key(),
    sealed(),
    ref("use_id", "use_declared.id"),
    ref("item_id", "item.id"),
    word("part", words.USE_PARTS),
    word("sort", words.USE_SORTS, null=True),  # of a discharged cartridge
    ref("decision_id", "decision.id", null=True),  # its parent issue; none where it was ASSERTED
    ref("custody_id", "custody.id", null=True),  # the custody it was used in: whose hands it was in
    ref("hold_id", "hold.id", null=True),  # what holds it since
    sa.Index("ix_use_item_use", "use_id"),
    sa.Index("ix_use_item_item", "item_id"),
    live_unique("uq_use_item_spent", ("item_id",), "part = 'SPENT'"),
    sa.CheckConstraint("(part = 'SPENT') = (sort IS NOT NULL)", name="spent"),
    sa.CheckConstraint("part <> 'SPENT' OR (hold_id IS NOT NULL AND custody_id IS NOT NULL)", name="held"),
)

use_point = sa.Table(
    "use_point",
    metadata,
    key(),
    sealed(),
    ref("use_id", "use_declared.id"),
    word("point", words.USE_POINTS),
    moment("due_us"),
    number("answer_id", null=True),  # the answer that closed it (`schema.use_triggers`)
    moment("answered_us", null=True),
    sa.Index("ix_use_point_use", "use_id"),
    live_unique("uq_use_point_open", ("use_id", "point"), "answer_id IS NULL"),
    part("ix_use_point_open", ("due_us",), "answer_id IS NULL"),
    sa.CheckConstraint("(answer_id IS NULL) = (answered_us IS NULL)", name="answered_whole"),
)

use_answer = sa.Table(
    "use_answer",
    metadata,
    key(),
    sealed(),
    ref("use_id", "use_declared.id"),
    ref("point_id", "use_point.id"),
    word("point", words.USE_POINTS),
    moment("at_us"),
    ref("by_person", "person.id"),
    ref("second_person", "person.id", null=True),  # who signed beside them
    text("facts"),  # JSON of the fields the point asks for
    flag("settles"),  # whether it closes the point
    ref("entry_id", "ledger.id"),
    sa.Index("ix_use_answer_use", "use_id", "id"),
    sa.CheckConstraint("second_person IS NULL OR second_person <> by_person", name="two"),
)

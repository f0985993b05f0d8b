"""What was used, with what, and what is still to be written down of it"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("answer_id IS NULL")
SPENT = sa.text("part = 'SPENT'")
REFERS = {
    "use_declared": {
        "item_id": "item.id", "lot_id": "lot.id", "store_id": "store.id", "person_id": "person.id",
        "decision_id": "decision.id", "by_person": "person.id", "visit_id": "visit.id", "entry_id": "ledger.id",
    },
    "use_item": {
        "use_id": "use_declared.id", "item_id": "item.id", "decision_id": "decision.id", "custody_id": "custody.id",
        "hold_id": "hold.id",
    },
    "use_point": {"use_id": "use_declared.id"},
    "use_answer": {
        "use_id": "use_declared.id", "point_id": "use_point.id", "by_person": "person.id", "second_person": "person.id",
        "entry_id": "ledger.id",
    },
}  # fmt: skip


def upgrade() -> None:
    _table(
        "use_declared", _number("item_id", null=True), _number("lot_id", null=True), _number("quantity", null=True),
        _number("store_id"), _number("person_id", null=True), _number("decision_id", null=True), _text("uses"), _text("sort"),
        _flag("dsi"), _text("reason", null=True), _number("used_us"), _number("at_us"), _number("by_person"),
        _number("visit_id", null=True), _text("incident_ref", null=True), _text("uof_ref", null=True), _number("entry_id"),
        _check("use_declared", "one_thing", "(item_id IS NULL) <> (lot_id IS NULL)"),
        _check("use_declared", "quantity", "(lot_id IS NULL) = (quantity IS NULL)"),
        _check("use_declared", "in_order", "used_us <= at_us"),
    )  # fmt: skip
    op.create_index("ix_use_declared_item", "use_declared", ["item_id", "at_us"])
    op.create_index("ix_use_declared_store", "use_declared", ["store_id", "at_us"])
    _table(
        "use_item", _number("use_id"), _number("item_id"), _text("part"), _text("sort", null=True),
        _number("decision_id", null=True), _number("custody_id", null=True), _number("hold_id", null=True),
        _check("use_item", "spent", "(part = 'SPENT') = (sort IS NOT NULL)"),
        _check("use_item", "held", "part <> 'SPENT' OR (hold_id IS NOT NULL AND custody_id IS NOT NULL)"),
    )  # fmt: skip
    op.create_index("ix_use_item_use", "use_item", ["use_id"])
    op.create_index("ix_use_item_item", "use_item", ["item_id"])
    op.create_index(
        "uq_use_item_spent", "use_item", ["item_id"], unique=True, sqlite_where=SPENT, postgresql_where=SPENT
    )
    _table(
        "use_point", _number("use_id"), _text("point"), _number("due_us"), _number("answer_id", null=True),
        _number("answered_us", null=True),
        _check("use_point", "answered_whole", "(answer_id IS NULL) = (answered_us IS NULL)"),
    )  # fmt: skip
    op.create_index("ix_use_point_use", "use_point", ["use_id"])
    op.create_index(
        "uq_use_point_open", "use_point", ["use_id", "point"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_index("ix_use_point_open", "use_point", ["due_us"], sqlite_where=OPEN, postgresql_where=OPEN)
    _table(
        "use_answer", _number("use_id"), _number("point_id"), _text("point"), _number("at_us"), _number("by_person"),
        _number("second_person", null=True), _text("facts"), _flag("settles"), _number("entry_id"),
        _check("use_answer", "two", "second_person IS NULL OR second_person <> by_person"),
    )  # fmt: skip
    op.create_index("ix_use_answer_use", "use_answer", ["use_id", "id"])


def downgrade() -> None:
    for name in ("use_answer", "use_point", "use_item", "use_declared"):
        op.drop_table(name)


def _table(name: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        name, _number("id"), _number("tx_id"), *columns,
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{name}_{column}"))
            for column, target in REFERS[name].items()
        ),
        sa.ForeignKeyConstraint(
            ["tx_id"], ["tx_seal.id"], name=op.f(f"fk_{name}_tx_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )  # fmt: skip


def _check(table: str, name: str, holds: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(holds, name=op.f(f"ck_{table}_{name}"))


def _number(name: str, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, INT64, autoincrement=False, nullable=null)


def _text(name: str, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _flag(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.SmallInteger(), nullable=False, server_default="0")

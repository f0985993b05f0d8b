"""What was ordered, and what suppliers deliver"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REFERS = {
    "purchase": {"store_id": "store.id", "opened_by": "person.id"},
    "purchase_line": {"purchase_id": "purchase.id"},
    "purchase_line_ended": {"line_id": "purchase_line.id", "by_person": "person.id"},
    "delivery": {"purchase_id": "purchase.id", "store_id": "store.id", "opened_by": "person.id"},
    "delivery_event": {
        "delivery_id": "delivery.id", "by_person": "person.id", "second_person": "person.id",
        "line_id": "purchase_line.id",
    },
    "delivery_file": {"delivery_id": "delivery.id", "by_person": "person.id"},
}  # fmt: skip


def upgrade() -> None:
    _table(
        "purchase", _number("id"), _text("order_ref"), _text("supplier"), _text("funding"), _number("store_id"),
        _text("ordered_on", null=True), _number("opened_us"), _number("opened_by"), _unique("purchase", "order_ref"),
    )  # fmt: skip
    op.create_index("ix_purchase_store", "purchase", ["store_id", "id"])
    _table(
        "purchase_line", _number("id"), _number("purchase_id"), _number("line_no"), _text("kind"), _text("maker"),
        _text("model"), _number("quantity"), _flag("by_lot"), _text("pool"), _text("purpose", null=True),
        _text("variant", null=True), _unique("purchase_line", "purchase_id", "line_no"),
        _check("purchase_line_quantity", "quantity >= 1"),
        _check("purchase_line_cartridge_has_a_purpose", "(kind = 'CED_CARTRIDGE') = (purpose IS NOT NULL)"),
    )  # fmt: skip
    _table("purchase_line_ended", _number("line_id"), _number("at_us"), _number("by_person"), _text("reason"))
    _table(
        "delivery", _number("id"), _number("purchase_id"), _number("store_id"), _text("note_ref"),
        _number("opened_us"), _number("opened_by"), _unique("delivery", "purchase_id", "note_ref"),
    )  # fmt: skip
    op.create_index("ix_delivery_store", "delivery", ["store_id", "id"])
    _table(
        "delivery_event", _number("id"), _number("delivery_id"), _text("act"), _number("at_us"),
        _number("by_person", null=True), _number("second_person", null=True), _number("line_id", null=True),
        _number("unit_id", null=True), _text("serial", null=True), _number("quantity", null=True), _text("facts"),
        _check(
            "delivery_event_signed_by_two",
            "act <> 'SIGNED' OR (by_person IS NOT NULL AND second_person IS NOT NULL AND second_person <> by_person)",
        ),
        _check("delivery_event_of_a_unit",
               "act NOT IN ('READ', 'MARKED', 'TAKEN_BACK') OR unit_id IS NOT NULL"),
    )  # fmt: skip
    op.create_index("ix_delivery_event_of", "delivery_event", ["delivery_id", "id"])
    op.create_index("ix_delivery_event_serial", "delivery_event", ["serial"])
    _once("ended", "delivery_id", "act = 'ENDED'")
    _once("read", "unit_id", "act = 'READ'")
    _table(
        "delivery_file", _number("id"), _number("delivery_id"), _text("file_name"), _text("sha256"), _text("headings"),
        _text("columns"), _number("row_count"), _number("taken"), _number("refused"), _number("at_us"),
        _number("by_person", null=True),
    )  # fmt: skip
    op.create_index("ix_delivery_file_delivery_id", "delivery_file", ["delivery_id"])
    op.create_index("ix_delivery_file_headings", "delivery_file", ["headings", "id"])


def downgrade() -> None:
    for name in reversed(REFERS):
        op.drop_table(name)


def _table(name: str, first: sa.Column[int], *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        name, first, _number("tx_id"), *columns,
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{name}_{column}"))
            for column, target in REFERS[name].items()
        ),
        sa.ForeignKeyConstraint(
            ["tx_id"], ["tx_seal.id"], name=op.f(f"fk_{name}_tx_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint(first.name, name=op.f(f"pk_{name}")),
    )  # fmt: skip


def _once(name: str, column: str, when: str) -> None:
    condition = sa.text(when)
    op.create_index(
        f"uq_delivery_event_{name}", "delivery_event", [column], unique=True, sqlite_where=condition,
        postgresql_where=condition,
    )  # fmt: skip


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def _check(name: str, holds: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(holds, name=op.f(f"ck_{name}"))


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, INT64, autoincrement=False, nullable=null)


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _flag(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.SmallInteger(), nullable=False, server_default="0")

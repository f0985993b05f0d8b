"""What is on its way between stores: consignments, and what was written down of each"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SENT = sa.text("act = 'SENT'")
REFERS = {"from_store_id": "store.id", "to_store_id": "store.id", "opened_by": "person.id"}
EVENT_REFERS = {
    "consignment_id": "consignment.id", "by_person": "person.id", "second_person": "person.id", "store_id": "store.id",
    "item_id": "item.id", "lot_id": "lot.id", "entry_id": "ledger.id",
}  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "consignment", _number("id"), _number("tx_id"), _number("from_store_id"), _number("to_store_id"),
        _text("stock"), _text("terms"), _text("back_on", null=True), _text("reason"), _number("due_us"),
        _number("opened_us"), _number("opened_by"),
        _check("consignment_two_stores", "from_store_id <> to_store_id"),
        _check("consignment_loan_has_a_day", "(terms = 'LOAN') = (back_on IS NOT NULL)"),
        *_ends("consignment", REFERS),
    )  # fmt: skip
    op.create_index("ix_consignment_from", "consignment", ["from_store_id", "id"])
    op.create_index("ix_consignment_to", "consignment", ["to_store_id", "id"])
    op.create_table(
        "consignment_event", _number("id"), _number("tx_id"), _number("consignment_id"), _text("act"),
        _number("at_us"), _number("by_person", null=True), _number("second_person", null=True),
        _number("store_id", null=True),
        _number("item_id", null=True), _number("lot_id", null=True), _number("quantity", null=True),
        _text("condition", null=True),
        _number("counted", null=True), _text("seals", null=True), _text("detail", null=True),
        _number("entry_id", null=True),
        _check("consignment_event_two", "second_person IS NULL OR second_person <> by_person"),
        _check(
            "consignment_event_by_two",
            "act NOT IN ('SENT', 'RECEIVED') OR (by_person IS NOT NULL AND second_person IS NOT NULL)",
        ),
        _check("consignment_event_lots_by_quantity", "(lot_id IS NULL) = (quantity IS NULL)"),
        *_ends("consignment_event", EVENT_REFERS),
    )  # fmt: skip
    op.create_index("ix_consignment_event_of", "consignment_event", ["consignment_id", "at_us", "id"])
    op.create_index("ix_consignment_event_item", "consignment_event", ["item_id", "consignment_id"])
    op.create_index(
        "uq_consignment_event_sent", "consignment_event", ["consignment_id"], unique=True, sqlite_where=SENT,
        postgresql_where=SENT,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("consignment_event")
    op.drop_table("consignment")


def _ends(name: str, refers: dict[str, str]) -> list[sa.schema.SchemaItem]:
    return [
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{name}_{column}"))
            for column, target in refers.items()
        ),
        sa.ForeignKeyConstraint(
            ["tx_id"], ["tx_seal.id"], name=op.f(f"fk_{name}_tx_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    ]


def _check(name: str, holds: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(holds, name=op.f(f"ck_{name}"))


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, INT64, autoincrement=False, nullable=null)


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)

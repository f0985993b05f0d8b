"""Rows are found by their transaction, where the database looks for them at every commit"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

SEALED = (
    "consignment", "consignment_event", "correction", "custody", "decision", "delivery", "delivery_event",
    "delivery_file", "handover", "handover_item", "hold", "hold_lift", "lapse", "lapse_event", "ledger",
    "loss_case", "loss_event", "lot_due", "override", "override_revoked", "paper_line", "paper_page",
    "purchase", "purchase_line", "purchase_line_ended", "recall", "recall_event", "recall_line", "reservation",
    "reservation_ended", "reservation_line", "reservation_person", "stocktake", "stocktake_closed",
    "stocktake_lot_settled", "stocktake_settled", "told_later", "use_answer", "use_declared", "use_item",
    "use_point",
)  # fmt: skip


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in SEALED:
            op.create_index(f"ix_{table}_tx_id", table, ["tx_id"])


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in SEALED:
            op.drop_index(f"ix_{table}_tx_id", table_name=table)

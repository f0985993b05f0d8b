"""What is loaded in what has its entries in the ledger, and a place in a magazine holds one cartridge"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ENTRIES = ("loaded_entry", "unloaded_entry")


def upgrade() -> None:
    with op.batch_alter_table("fitting", schema=None) as batch_op:
        for name in ENTRIES:
            batch_op.add_column(
                sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
            )
            batch_op.create_foreign_key(batch_op.f(f"fk_fitting_{name}"), "ledger", [name], ["id"])
        batch_op.create_index(
            "uq_fitting_slot",
            ["parent_id", "slot"],
            unique=True,
            sqlite_where=sa.text("to_us IS NULL"),
            postgresql_where=sa.text("to_us IS NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("fitting", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_fitting_slot",
            sqlite_where=sa.text("to_us IS NULL"),
            postgresql_where=sa.text("to_us IS NULL"),
        )
        for name in ENTRIES:
            batch_op.drop_constraint(batch_op.f(f"fk_fitting_{name}"), type_="foreignkey")
            batch_op.drop_column(name)

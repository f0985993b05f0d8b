"""What bays were told and answered, and when a bridge last asked for it"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PARTS = {
    "ix_bay_command_waiting": (["bridge_id", "until_us"], "word = 'WAITING'"),
    "ix_bay_command_lit": (["store_id"], "act = 'POINT' AND light <> 'none' AND dark_us IS NULL"),
    "ix_bay_command_unable": (["store_id", "at_us"], "word = 'UNABLE'"),
}
REFERS = {
    "store_id": "store.id", "bridge_id": "bridge.id", "item_id": "item.id", "place_id": "place.id",
    "entry": "ledger.id",
}  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "bay_command",
        sa.Column("id", INT64, autoincrement=False, nullable=False),
        sa.Column("store_id", INT64, nullable=False),
        sa.Column("bridge_id", INT64, nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("dock", sa.Text(), nullable=False),
        sa.Column("bay", INT64, nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("light", sa.Text(), nullable=False),
        sa.Column("item_id", INT64, nullable=True),
        sa.Column("place_id", INT64, nullable=True),
        sa.Column("entry", INT64, nullable=True),
        sa.Column("at_us", INT64, nullable=False),
        sa.Column("until_us", INT64, nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("answered_us", INT64, nullable=True),
        sa.Column("dark_us", INT64, nullable=True),
        *(
            sa.ForeignKeyConstraint([name], [target], name=op.f(f"fk_bay_command_{name}"))
            for name, target in REFERS.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bay_command")),
    )
    for name, (columns, where) in PARTS.items():
        only = sa.text(where)
        op.create_index(name, "bay_command", columns, sqlite_where=only, postgresql_where=only)
    op.create_index("ix_bay_command_place", "bay_command", ["place_id", "at_us"])
    op.create_index("ix_bay_command_store", "bay_command", ["store_id", "at_us"])
    op.add_column("bridge", sa.Column("listens_us", INT64, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("bridge", schema=None) as batch_op:
        batch_op.drop_column("listens_us")
    op.drop_table("bay_command")

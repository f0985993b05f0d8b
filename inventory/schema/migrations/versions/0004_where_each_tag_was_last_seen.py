"""Where each tag was last seen"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sighting",
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("item_id", INT64, nullable=True),
        sa.Column("matches", INT64, nullable=False),
        sa.Column("store_id", INT64, nullable=False),
        sa.Column("place_id", INT64, nullable=True),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("antenna", INT64, nullable=True),
        sa.Column("antennas", sa.Text(), nullable=True),
        sa.Column("rssi_cdbm", INT64, nullable=True),
        sa.Column("reads", INT64, nullable=False),
        sa.Column("seen_us", INT64, nullable=False),
        sa.Column("received_us", INT64, nullable=False),
        sa.Column("reading_key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_sighting_item_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_sighting_place_id")),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_sighting_store_id")),
        sa.PrimaryKeyConstraint("tag", name=op.f("pk_sighting")),
    )
    with op.batch_alter_table("sighting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sighting_item_id"), ["item_id"], unique=False)
        batch_op.create_index("ix_sighting_store", ["store_id", "seen_us"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("sighting", schema=None) as batch_op:
        batch_op.drop_index("ix_sighting_store")
        batch_op.drop_index(batch_op.f("ix_sighting_item_id"))
    op.drop_table("sighting")

"""What firmware was seen, what devices said before, and how full a bridge's spool is"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OF_BRIDGE = ("spool_bytes", "spool_quota_bytes", "certificate_ends_us")
GARBLED = sa.text("outcome = 'GARBLED'")


def upgrade() -> None:
    op.create_table(
        "firmware_seen",
        sa.Column("id", INT64, autoincrement=False, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("store_id", INT64, nullable=False),
        sa.Column("bridge_id", INT64, nullable=True),
        sa.Column("item_id", INT64, nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("driver", sa.Text(), nullable=True),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("first_us", INT64, nullable=False),
        sa.Column("last_us", INT64, nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_firmware_seen_store_id")),
        sa.ForeignKeyConstraint(["bridge_id"], ["bridge.id"], name=op.f("fk_firmware_seen_bridge_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_firmware_seen_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_firmware_seen")),
    )
    op.create_index("ix_firmware_seen_who", "firmware_seen", ["subject", "who", "first_us"], unique=False)
    op.create_index("ix_firmware_seen_store", "firmware_seen", ["store_id"], unique=False)
    op.create_table(
        "device_word",
        sa.Column("id", INT64, autoincrement=False, nullable=False),
        sa.Column("bridge_id", INT64, nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("at_us", INT64, nullable=False),
        sa.ForeignKeyConstraint(["bridge_id"], ["bridge.id"], name=op.f("fk_device_word_bridge_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_word")),
    )
    op.create_index("ix_device_word_device", "device_word", ["bridge_id", "device", "at_us"], unique=False)
    with op.batch_alter_table("bay", schema=None) as batch_op:
        batch_op.add_column(sa.Column("bridge_id", INT64, nullable=True))
        batch_op.add_column(sa.Column("device", sa.Text(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_bay_bridge_id"), "bridge", ["bridge_id"], ["id"])
    for name in OF_BRIDGE:
        op.add_column("bridge", sa.Column(name, INT64, nullable=True))
    op.create_index(
        "ix_reading_garbled", "reading", ["bridge_id", "device", "received_us"], unique=False, sqlite_where=GARBLED,
        postgresql_where=GARBLED,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_reading_garbled", "reading", sqlite_where=GARBLED, postgresql_where=GARBLED)
    with op.batch_alter_table("bridge", schema=None) as batch_op:
        for name in OF_BRIDGE:
            batch_op.drop_column(name)
    with op.batch_alter_table("bay", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_bay_bridge_id"), type_="foreignkey")
        batch_op.drop_column("device")
        batch_op.drop_column("bridge_id")
    op.drop_table("device_word")
    op.drop_table("firmware_seen")

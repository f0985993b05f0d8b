"""What vendors' own systems say, by their files"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COUNTS = ("row_count", "taken", "unchanged", "unknown", "refused", "contradicted")


def upgrade() -> None:
    op.create_table(
        "vendor_mapping",
        sa.Column("id", INT64, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("headings", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_us", INT64, nullable=False),
        sa.Column("made_by", INT64, nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_vendor_mapping_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vendor_mapping")),
    )
    op.create_index("ix_vendor_mapping_name", "vendor_mapping", ["name", "id"], unique=False)
    op.create_index("ix_vendor_mapping_headings", "vendor_mapping", ["headings", "id"], unique=False)
    op.create_table(
        "vendor_import",
        sa.Column("id", INT64, autoincrement=False, nullable=False),
        sa.Column("mapping_id", INT64, nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", INT64, nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("as_of_us", INT64, nullable=True),
        sa.Column("at_us", INT64, nullable=False),
        sa.Column("by_person", INT64, nullable=True),
        *(sa.Column(name, INT64, nullable=False) for name in COUNTS),
        sa.ForeignKeyConstraint(["mapping_id"], ["vendor_mapping.id"], name=op.f("fk_vendor_import_mapping_id")),
        sa.ForeignKeyConstraint(["by_person"], ["person.id"], name=op.f("fk_vendor_import_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vendor_import")),
    )
    op.create_index("ix_vendor_import_sha256", "vendor_import", ["sha256"], unique=False)
    op.create_table(
        "vendor_refusal",
        sa.Column("id", INT64, autoincrement=False, nullable=False),
        sa.Column("import_id", INT64, nullable=False),
        sa.Column("line", INT64, nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["vendor_import.id"], name=op.f("fk_vendor_refusal_import_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vendor_refusal")),
    )
    op.create_index(op.f("ix_vendor_refusal_import_id"), "vendor_refusal", ["import_id"], unique=False)
    op.create_table(
        "vendor_fact",
        sa.Column("item_id", INT64, autoincrement=False, nullable=False),
        sa.Column("fact", sa.Text(), nullable=False),
        sa.Column("number", INT64, nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("at_us", INT64, nullable=False),
        sa.Column("import_id", INT64, nullable=False),
        sa.Column("line", INT64, nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_vendor_fact_item_id")),
        sa.ForeignKeyConstraint(["import_id"], ["vendor_import.id"], name=op.f("fk_vendor_fact_import_id")),
        sa.PrimaryKeyConstraint("item_id", "fact", name=op.f("pk_vendor_fact")),
    )


def downgrade() -> None:
    for name in ("vendor_fact", "vendor_refusal", "vendor_import", "vendor_mapping"):
        op.drop_table(name)

"""Targets of availability"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KINDS = "'CED_HANDLE', 'CED_BATTERY', 'CED_CARTRIDGE', 'CED_MAGAZINE', 'SBG', 'BWV_CAMERA'"


def upgrade() -> None:
    op.create_table(
        "assessment",
        sa.Column("id", INT64, autoincrement=False, nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("assessed_on", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Text(), nullable=False),
        sa.Column("review_on", sa.Text(), nullable=False),
        sa.Column("recorded_us", INT64, nullable=False),
        sa.Column("recorded_by", INT64, nullable=False),
        sa.Column("second_person", INT64, nullable=False),
        sa.CheckConstraint("length(assessed_on) = 10", name=op.f("ck_assessment_assessed_on")),
        sa.CheckConstraint("length(from_on) = 10", name=op.f("ck_assessment_from_on")),
        sa.CheckConstraint("length(review_on) = 10", name=op.f("ck_assessment_review_on")),
        sa.CheckConstraint("second_person <> recorded_by", name=op.f("ck_assessment_two_people")),
        sa.CheckConstraint("review_on > assessed_on", name=op.f("ck_assessment_reviewed_later")),
        sa.ForeignKeyConstraint(["recorded_by"], ["person.id"], name=op.f("fk_assessment_recorded_by")),
        sa.ForeignKeyConstraint(["second_person"], ["person.id"], name=op.f("fk_assessment_second_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment")),
        sa.UniqueConstraint("reference", name=op.f("uq_assessment_reference")),
    )
    op.create_index("ix_assessment_from", "assessment", ["from_on", "id"], unique=False)
    op.create_table(
        "availability_target",
        sa.Column("id", INT64, autoincrement=False, nullable=False),
        sa.Column("assessment_id", INT64, nullable=False),
        sa.Column("store_id", INT64, nullable=False),
        sa.Column("shift", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("pieces", INT64, nullable=False),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("ck_availability_target_kind")),
        sa.CheckConstraint("pieces >= 0", name=op.f("ck_availability_target_pieces")),
        sa.ForeignKeyConstraint(
            ["assessment_id"], ["assessment.id"], name=op.f("fk_availability_target_assessment_id")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_availability_target_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_availability_target")),
        sa.UniqueConstraint(
            "assessment_id", "store_id", "shift", "kind", "role",
            name=op.f("uq_availability_target_assessment_id_store_id_shift_kind_role"),
        ),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("availability_target")
    op.drop_table("assessment")

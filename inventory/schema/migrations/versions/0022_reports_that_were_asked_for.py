"""Reports that were asked for"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

ASSERTED = sa.text("basis = 'ASSERTED'")
INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "report_run", _number("id"), _text("name"), _number("by_person"), _number("asked_us"), _text("given"),
        _text("policy_version"), _text("state"),
        sa.Column("permille", INT64, autoincrement=False, nullable=False, server_default="0"), _number("heard_us"),
        _number("ended_us", null=True), _text("trouble", null=True), _text("digest", null=True),
        _text("answer", null=True),
        sa.CheckConstraint("permille BETWEEN 0 AND 1000", name=op.f("ck_report_run_permille")),
        sa.ForeignKeyConstraint(["by_person"], ["person.id"], name=op.f("fk_report_run_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_run")),
    )  # fmt: skip
    op.create_index("ix_report_run_by_person", "report_run", ["by_person", "asked_us"])
    op.create_index("ix_report_run_asked", "report_run", ["asked_us"])
    op.create_index("ix_told_later_holder", "told_later", ["holder", "holder_id", "from_us"])
    op.create_index("ix_paper_line_entry", "paper_line", ["entry_id"])
    op.create_index(
        "ix_custody_asserted", "custody", ["opened_us"], sqlite_where=ASSERTED, postgresql_where=ASSERTED
    )


def downgrade() -> None:
    op.drop_index("ix_custody_asserted", "custody")
    op.drop_index("ix_paper_line_entry", "paper_line")
    op.drop_index("ix_told_later_holder", "told_later")
    op.drop_table("report_run")


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, INT64, autoincrement=False, nullable=null)


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)

"""Who is rostered and what feeds bring"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LIVE = sa.text("withdrawn_us IS NULL")


def upgrade() -> None:
    op.create_table(
        "roster", _number("id"), _number("person_id"), _number("store_id"), _number("starts_us"), _number("ends_us"),
        _text("duty", null=True), _text("source"), _text("source_ref", null=True), _number("recorded_us"),
        _number("withdrawn_us", null=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_roster_person_id")),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_roster_store_id")),
        sa.CheckConstraint("starts_us < ends_us AND ends_us - starts_us <= 86400000000", name=op.f("ck_roster_a_duty")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster")),
    )  # fmt: skip
    op.create_index(
        "uq_roster_live", "roster", ["source", "person_id", "starts_us"], unique=True, sqlite_where=LIVE,
        postgresql_where=LIVE,
    )  # fmt: skip
    op.create_index("ix_roster_store", "roster", ["store_id", "starts_us"])
    op.create_index("ix_roster_person", "roster", ["person_id", "starts_us"])


def downgrade() -> None:
    op.drop_table("roster")


def _number(name: str, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, INT64, autoincrement=False, nullable=null)


def _text(name: str, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)

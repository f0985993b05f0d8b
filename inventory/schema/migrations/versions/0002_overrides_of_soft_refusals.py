"""Overrides of SOFT refusals: who gave them, who revoked them, and which decisions relied on them"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _key(name: str) -> sa.Column[int]:
    return sa.Column(name, INT64, autoincrement=False, nullable=False)


def _ref(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def _sealed(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tx_id"], ["tx_seal.id"], name=op.f(f"fk_{table}_tx_id"), initially="DEFERRED", deferrable=True
    )


def upgrade() -> None:
    op.create_table(
        "override",
        _key("id"),
        sa.Column("tx_id", INT64, nullable=False),
        sa.Column("person_id", INT64, nullable=False),
        sa.Column("store_id", INT64, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("item_id", INT64, nullable=True),
        sa.Column("by_person", INT64, nullable=False),
        sa.Column("capability", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("given_us", INT64, nullable=False),
        sa.Column("until_us", INT64, nullable=False),
        sa.Column("visit_id", INT64, nullable=True),
        sa.Column("entry_id", INT64, nullable=False),
        sa.CheckConstraint("by_person <> person_id", name=op.f("ck_override_by_another")),
        sa.CheckConstraint(
            "until_us > given_us AND until_us - given_us <= 43200000000", name=op.f("ck_override_one_duty")
        ),
        sa.CheckConstraint("length(trim(reason)) >= 3", name=op.f("ck_override_reason")),
        sa.CheckConstraint("purpose IN ('OPERATIONAL', 'TRAINING')", name=op.f("ck_override_purpose")),
        sa.CheckConstraint(
            "capability IN ('SUPERVISOR', 'DUTY_INSPECTOR')", name=op.f("ck_override_capability")
        ),
        _ref("override", "by_person", "person.id"),
        _ref("override", "entry_id", "ledger.id"),
        _ref("override", "item_id", "item.id"),
        _ref("override", "person_id", "person.id"),
        _ref("override", "store_id", "store.id"),
        _sealed("override"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_override")),
    )
    op.create_index("ix_override_person", "override", ["person_id", "until_us"])
    op.create_index("ix_override_given", "override", ["given_us"])
    op.create_table(
        "override_revoked",
        _key("override_id"),
        sa.Column("tx_id", INT64, nullable=False),
        sa.Column("revoked_us", INT64, nullable=False),
        sa.Column("revoked_by", INT64, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("entry_id", INT64, nullable=False),
        _ref("override_revoked", "entry_id", "ledger.id"),
        _ref("override_revoked", "override_id", "override.id"),
        _ref("override_revoked", "revoked_by", "person.id"),
        _sealed("override_revoked"),
        sa.PrimaryKeyConstraint("override_id", name=op.f("pk_override_revoked")),
    )
    op.create_table(
        "decision_override",
        _key("decision_id"),
        _key("override_id"),
        _ref("decision_override", "decision_id", "decision.id"),
        _ref("decision_override", "override_id", "override.id"),
        sa.PrimaryKeyConstraint("decision_id", "override_id", name=op.f("pk_decision_override")),
    )
    op.create_index("ix_decision_override_override", "decision_override", ["override_id"])


def downgrade() -> None:
    op.drop_table("decision_override")
    op.drop_table("override_revoked")
    op.drop_table("override")

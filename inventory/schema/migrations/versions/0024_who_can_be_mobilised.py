"""Who can be mobilised"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REFERS = {
    "mobilisable_role": {"recorded_by": "person.id"},
    "role_review": {"role_id": "mobilisable_role.id", "recorded_by": "person.id"},
    "person_role": {"person_id": "person.id", "role_id": "mobilisable_role.id"},
    "saved_plan": {"made_by": "person.id"},
}
INDEXES = (
    ("ix_role_review_role", "role_review", ("role_id", "reviewed_on", "id")),
    ("ix_person_role_person", "person_role", ("person_id", "role_id", "from_on", "id")),
    ("ix_person_role_role", "person_role", ("role_id", "person_id")),
    ("ix_saved_plan_name", "saved_plan", ("sort", "name", "id")),
)


def upgrade() -> None:
    _table(
        "mobilisable_role", _text("name"), _text("detail"), _number("recorded_us"), _number("recorded_by"),
        sa.UniqueConstraint("name", name=op.f("uq_mobilisable_role_name")),
    )  # fmt: skip
    _table(
        "role_review", _number("role_id"), _text("reviewed_on"), _text("outcome"), _text("minute_ref"),
        _number("recorded_us"), _number("recorded_by"),
    )  # fmt: skip
    _table(
        "person_role", _number("person_id"), _number("role_id"), _text("from_on"), _text("to_on", null=True),
        _text("ppe_sized_on", null=True), _text("source_ref"), _number("recorded_us"),
        sa.CheckConstraint("to_on IS NULL OR to_on > from_on", name=op.f("ck_person_role_held_in_order")),
    )  # fmt: skip
    _table("saved_plan", _text("sort"), _text("name"), _text("body"), _number("made_us"), _number("made_by"))
    for name, table, columns in INDEXES:
        op.create_index(name, table, list(columns))


def downgrade() -> None:
    for name in ("saved_plan", "person_role", "role_review", "mobilisable_role"):
        op.drop_table(name)


def _table(name: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        name, _number("id"), *columns,
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{name}_{column}"))
            for column, target in REFERS[name].items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )  # fmt: skip


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, INT64, autoincrement=False, nullable=False)


def _text(name: str, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)

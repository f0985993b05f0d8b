"""What was taught and by which curriculum"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LIVE = {each: sa.text(f"{each} IS NULL") for each in ("released_us", "retracted_us")}
ADDED = (
    ("training_result", sa.Column("curriculum", sa.Text(), nullable=True)),
    ("training_result", sa.Column("session_id", INT64, nullable=True)),
    ("person_gate", sa.Column("recorded_by", INT64, nullable=True)),
)
REFERS = {
    "training_session": {"recorded_by": "person.id"},
    "training_seat": {"session_id": "training_session.id", "person_id": "person.id", "taken_by": "person.id"},
    "training_session_ended": {
        "session_id": "training_session.id", "by_person": "person.id", "second_person": "person.id",
    },
    "training_retraction": {
        "result_id": "training_result.id", "by_person": "person.id", "second_person": "person.id",
    },
    "visitor_attestation": {"person_id": "person.id", "recorded_by": "person.id", "second_person": "person.id"},
    "use_review": {
        "use_id": "use_declared.id", "person_id": "person.id", "reviewed_by": "person.id", "recorded_by": "person.id",
    },
    "specialist_result": {"person_id": "person.id"},
}  # fmt: skip


def upgrade() -> None:
    for table, column in ADDED:
        op.add_column(table, column._copy())
    back = sa.text("retracted_us IS NOT NULL")
    student = sa.text("kind = 'STUDENT'")
    op.create_index("ix_person_student", "person", ["id"], sqlite_where=student, postgresql_where=student)
    op.create_index("ix_use_declared_person", "use_declared", ["person_id", "used_us"])
    op.create_index("ix_training_result_attended", "training_result", ["attended_on"])
    op.create_index("ix_training_result_recorded", "training_result", ["recorded_us"])
    op.create_index("ix_training_result_retracted", "training_result", ["retracted_us"], sqlite_where=back,
                    postgresql_where=back)  # fmt: skip
    taught = sa.text("session_id IS NOT NULL")
    op.create_index("ix_training_result_session", "training_result", ["session_id"], sqlite_where=taught,
                    postgresql_where=taught)  # fmt: skip
    _sessions()
    _table(
        "training_retraction", _number("result_id"), _number("at_us"), _number("by_person"), _number("second_person"),
        _text("reason"), _text("document"),
        _check("training_retraction", "retracted_by_two", "second_person <> by_person"), key="result_id",
    )  # fmt: skip
    _table(
        "visitor_attestation", _number("id"), _number("person_id"), *map(_text, (
            "donor_force", "attested_by", "model", "operation")), _number("from_us"), _number("until_us"),
        _text("document"), _number("recorded_us"), _number("recorded_by"), _number("second_person"),
        _number("withdrawn_us", null=True),
        _check("visitor_attestation", "attested_by_two", "second_person <> recorded_by"),
        _check("visitor_attestation", "attested_in_order", "from_us < until_us"),
    )  # fmt: skip
    op.create_index("ix_visitor_attestation_person_id", "visitor_attestation", ["person_id"])
    _table(
        "use_review", _number("use_id"), _number("person_id"), _text("reviewed_on"), _number("reviewed_by"),
        _text("document"), _number("recorded_us"), _number("recorded_by"),
        _check("use_review", "reviewed_by_another", "reviewed_by <> recorded_by AND reviewed_by <> person_id"),
        key="use_id",
    )  # fmt: skip
    op.create_index("ix_use_review_person_id", "use_review", ["person_id"])
    _table(
        "specialist_result", _number("id"), _number("person_id"), _text("domain"), _text("course"),
        _text("attended_on"), _text("last_good_on", null=True), _text("source"), _text("source_ref"),
        _number("recorded_us"), _number("retracted_us", null=True),
    )  # fmt: skip
    op.create_index("ix_specialist_result_person_id", "specialist_result", ["person_id"])
    _live("uq_specialist_result_live", "specialist_result", ["source", "source_ref"], "retracted_us")


def _sessions() -> None:
    _table(
        "training_session", _number("id"), _text("course"), _text("model", null=True), _text("held_on"),
        _text("starts", null=True), _number("seats"), _text("place"), _text("assessor", null=True),
        _text("curriculum", null=True), _number("recorded_us"), _number("recorded_by"),
        _check("training_session", "has_seats", "seats > 0"),
    )  # fmt: skip
    op.create_index("ix_training_session_held", "training_session", ["held_on", "course"])
    _table(
        "training_seat", _number("id"), _number("session_id"), _number("person_id"), _number("taken_us"),
        _number("taken_by"), _number("released_us", null=True),
    )  # fmt: skip
    op.create_index("ix_training_seat_person_id", "training_seat", ["person_id"])
    _live("uq_training_seat_live", "training_seat", ["session_id", "person_id"], "released_us")
    _table(
        "training_session_ended", _number("session_id"), _text("how"), _number("at_us"), _number("by_person"),
        _number("second_person", null=True), _text("document"),
        _check("training_session_ended", "session_ended_by_two", "second_person IS NULL OR second_person <> by_person"),
        _check("training_session_ended", "held_by_two", "how <> 'HELD' OR second_person IS NOT NULL"),
        key="session_id",
    )  # fmt: skip


def downgrade() -> None:
    for name in reversed(REFERS):
        op.drop_table(name)
    op.drop_index("ix_training_result_session", "training_result")
    op.drop_index("ix_training_result_retracted", "training_result")
    op.drop_index("ix_training_result_recorded", "training_result")
    op.drop_index("ix_training_result_attended", "training_result")
    op.drop_index("ix_use_declared_person", "use_declared")
    op.drop_index("ix_person_student", "person")
    for table, column in reversed(ADDED):
        op.drop_column(table, column.name)


def _table(name: str, *columns: sa.schema.SchemaItem, key: str = "id") -> None:
    op.create_table(
        name, *columns,
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{name}_{column}"))
            for column, target in REFERS[name].items()
        ),
        sa.PrimaryKeyConstraint(key, name=op.f(f"pk_{name}")),
    )  # fmt: skip


def _live(name: str, table: str, columns: list[str], ended: str) -> None:
    op.create_index(name, table, columns, unique=True, sqlite_where=LIVE[ended], postgresql_where=LIVE[ended])


def _check(table: str, name: str, holds: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(holds, name=op.f(f"ck_{table}_{name}"))


def _number(name: str, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, INT64, autoincrement=False, nullable=null)


def _text(name: str, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)

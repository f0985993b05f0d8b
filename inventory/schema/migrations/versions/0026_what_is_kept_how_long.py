"""What is kept how long"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REFERS = {
    "legal_hold": {
        "person_id": "person.id", "item_id": "item.id", "placed_by": "person.id", "second_person": "person.id",
    },
    "legal_hold_released": {"hold_id": "legal_hold.id", "released_by": "person.id", "second_person": "person.id"},
    "disposal_run": {"proposed_by": "person.id"},
    "disposal_line": {"run_id": "disposal_run.id"},
    "disposal_answer": {"run_id": "disposal_run.id", "by_person": "person.id", "second_person": "person.id"},
    "disposal_batch": {"run_id": "disposal_run.id", "entry_id": "ledger.id"},
    "disposal_certificate": {"run_id": "disposal_run.id"},
    "rights_request": {"person_id": "person.id", "by_person": "person.id"},
    "rights_event": {"request_id": "rights_request.id", "by_person": "person.id"},
    "pack_made": {"by_person": "person.id"},
}  # fmt: skip
INDEXES = (
    ("ix_legal_hold_person", "legal_hold", ["person_id"]),
    ("ix_legal_hold_item", "legal_hold", ["item_id"]),
    ("ix_legal_hold_incident", "legal_hold", ["incident"]),
    ("ix_disposal_run_proposed", "disposal_run", ["proposed_us", "id"]),
    ("ix_disposal_line_run", "disposal_line", ["run_id", "id"]),
    ("ix_disposal_line_subject", "disposal_line", ["subject", "subject_id"]),
    ("ix_disposal_batch_run", "disposal_batch", ["run_id", "id"]),
    ("ix_rights_request_due", "rights_request", ["due_on", "id"]),
    ("ix_rights_event_request", "rights_event", ["request_id", "id"]),
    ("ix_pack_made_at", "pack_made", ["made_us", "id"]),
)
ONE_THING = (
    "(CASE WHEN person_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN item_id IS NULL THEN 0 ELSE 1 END)"
    " + (CASE WHEN incident IS NULL THEN 0 ELSE 1 END) = 1"
)


def upgrade() -> None:
    op.add_column("person", _number("disposed_us", null=True))
    _holds()
    _disposals()
    _table(
        "rights_request", _number("id"), _number("person_id"), _text("received_on"), _text("due_on"),
        _text("reference"), _number("at_us"), _number("by_person"),
    )  # fmt: skip
    _table(
        "rights_event", _number("id"), _number("request_id"), _text("act"), _number("at_us"), _number("by_person"),
        _text("until_on", null=True), _text("detail"), _text("sha256", null=True),
        _check("rights_event_extended_until", "(act = 'EXTENDED') = (until_on IS NOT NULL)"),
        _check("rights_event_answered_with", "(act = 'ANSWERED') = (sha256 IS NOT NULL)"),
    )  # fmt: skip
    _table(
        "pack_made", _number("id"), _text("kind"), _text("subject"), _text("sha256"), _number("made_us"),
        _number("by_person"), _text("purpose"), _text("recipient"),
    )  # fmt: skip
    for name, table, columns in INDEXES:
        op.create_index(name, table, columns)
    if op.get_bind().dialect.name == "sqlite":
        for table in REFERS:
            op.create_index(f"ix_{table}_tx_id", table, ["tx_id"])


def _holds() -> None:
    _table(
        "legal_hold", _number("id"), _number("person_id", null=True), _number("item_id", null=True),
        _text("incident", null=True), _text("reason"), _text("reference"), _text("minor_until", null=True),
        _number("placed_us"), _number("placed_by"), _number("second_person"),
        _check("legal_hold_on_one_thing", ONE_THING),
        _check("legal_hold_placed_by_two", "placed_by <> second_person"),
    )  # fmt: skip
    _table(
        "legal_hold_released", _number("hold_id"), _number("released_us"), _number("released_by"),
        _number("second_person"), _text("reason"),
        _check("legal_hold_released_released_by_two", "released_by <> second_person"),
    )  # fmt: skip


def _disposals() -> None:
    _table(
        "disposal_run", _number("id"), _text("rule"), _text("rule_says"), _text("policy_hash"), _number("cutoff_us"),
        _number("proposed_us"), _number("proposed_by"), _number("due"), _number("kept"),
    )  # fmt: skip
    _table("disposal_line", _number("id"), _number("run_id"), _text("subject"), _number("subject_id"))
    _table(
        "disposal_answer", _number("run_id"), _text("act"), _number("at_us"), _number("by_person"),
        _number("second_person", null=True), _text("reason"),
        _check("disposal_answer_approved_by_two",
               "act <> 'APPROVED' OR (second_person IS NOT NULL AND second_person <> by_person)"),
    )  # fmt: skip
    _table(
        "disposal_batch", _number("id"), _number("run_id"), _number("line_from"), _number("line_upto"),
        _text("erased"), _number("at_us"), _number("entry_id"),
        _check("disposal_batch_in_order", "line_from <= line_upto"),
    )  # fmt: skip
    _table("disposal_certificate", _number("run_id"), _number("at_us"), _text("body"), _text("sha256"))


def downgrade() -> None:
    for name in reversed(REFERS):
        op.drop_table(name)
    op.drop_column("person", "disposed_us")


def _table(name: str, first: sa.Column[int], *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        name, first, _number("tx_id"), *columns,
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{name}_{column}"))
            for column, target in REFERS[name].items()
        ),
        sa.ForeignKeyConstraint(
            ["tx_id"], ["tx_seal.id"], name=op.f(f"fk_{name}_tx_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint(first.name, name=op.f(f"pk_{name}")),
    )  # fmt: skip


def _check(name: str, holds: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(holds, name=op.f(f"ck_{name}"))


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, INT64, autoincrement=False, nullable=null)


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)

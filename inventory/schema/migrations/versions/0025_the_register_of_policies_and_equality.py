"""The register of policies and equality"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SEALED = ("policy_change", "policy_change_end")
TABLES = (
    "equality_figure", "equality_release", "equality_declared", "equality_file", "policy_taken_up",
    "policy_change_end", "policy_change", "policy_document",
)  # fmt: skip


def upgrade() -> None:
    _policies()
    _equality()
    if op.get_bind().dialect.name == "sqlite":
        for table in SEALED:
            op.create_index(f"ix_{table}_tx_id", table, ["tx_id"])


def _policies() -> None:
    _table(
        "policy_document", {"recorded_by": "person.id"}, _number("id"), _text("reference"), _text("title"),
        _text("owner"), *(_text(each, null=True) for each in (
            "contact", "risk", "version", "reviewed_on", "next_review_on", "link", "eia_ref")),
        _number("recorded_us"), _number("recorded_by"),
    )  # fmt: skip
    op.create_index("ix_policy_document_reference", "policy_document", ["reference", "recorded_us"])
    _table(
        "policy_change", {"proposed_by": "person.id", "entry_id": "ledger.id"}, _number("id"), _number("tx_id"),
        _text("family"), _text("key"), _text("value", null=True), _text("was", null=True), _text("reason"),
        _text("document"), _text("in_force_on"), _text("base_hash"), _number("proposed_us"), _number("proposed_by"),
        _number("entry_id"),
    )  # fmt: skip
    _table(
        "policy_change_end",
        {"change_id": "policy_change.id", "by_person": "person.id", "entry_id": "ledger.id"}, _number("change_id"),
        _number("tx_id"), _text("outcome"), _number("at_us"), _number("by_person"), _text("detail"),
        _number("from_us", null=True), _text("preview", null=True), _number("entry_id"),
        _check("policy_change_end", "approved_from", "(outcome = 'APPROVED') = (from_us IS NOT NULL)"),
        _check("policy_change_end", "never_in_force_before", "from_us IS NULL OR from_us >= at_us"),
    )  # fmt: skip
    _table("policy_taken_up", {}, _number("id"), _number("at_us"), _number("instance"), _text("hash"), _text("version"))
    op.create_index("ix_policy_taken_up_at", "policy_taken_up", ["at_us"])


def _equality() -> None:
    _table(
        "equality_file", {"taken_by": "person.id"}, _number("id"), _text("digest"), _text("document"), _number("rows"),
        _number("left_out"), _number("taken_us"), _number("taken_by"),
    )  # fmt: skip
    _table(
        "equality_declared", {"file_id": "equality_file.id", "person_id": "person.id"}, _number("id"),
        _number("file_id"), _number("person_id"), _text("characteristic"), _text("answer", null=True),
        _number("recorded_us"),
    )  # fmt: skip
    op.create_index("ix_equality_declared_person", "equality_declared", ["person_id", "characteristic"])
    _table(
        "equality_release", {"released_by": "person.id"}, _number("id"), _text("quarter"), _number("from_us"),
        _number("to_us"), _number("released_us"), _number("released_by"), _text("reason"),
        sa.UniqueConstraint("quarter", name=op.f("uq_equality_release_quarter")),
    )  # fmt: skip
    _table(
        "equality_figure", {"release_id": "equality_release.id"}, _number("id"), _number("release_id"),
        _text("division", null=True), _text("characteristic"), _text("answers"), _text("measure"),
        _number("people", null=True),
    )  # fmt: skip
    op.create_index("ix_equality_figure_release", "equality_figure", ["release_id", "characteristic"])


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(name)


def _table(name: str, refers: dict[str, str], *columns: sa.schema.SchemaItem) -> None:
    sealed = [
        sa.ForeignKeyConstraint(
            ["tx_id"], ["tx_seal.id"], name=op.f(f"fk_{name}_tx_id"), initially="DEFERRED", deferrable=True
        )
    ]
    first = columns[0]
    assert isinstance(first, sa.Column), "every table begins with its key"
    op.create_table(
        name, *columns,
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{name}_{column}"))
            for column, target in refers.items()
        ),
        *(sealed if name in SEALED else ()),
        sa.PrimaryKeyConstraint(first.name, name=op.f(f"pk_{name}")),
    )  # fmt: skip


def _check(table: str, name: str, holds: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(holds, name=op.f(f"ck_{table}_{name}"))


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, INT64, autoincrement=False, nullable=null)


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)

"""Losses, a case each, and what was written down in it"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("closed_event IS NULL")
CASE_REFERS = {
    "item_id": "item.id", "store_id": "store.id", "opened_by": "person.id", "entry_id": "ledger.id",
    "person_id": "person.id",
}  # fmt: skip
EVENT_REFERS = {
    "case_id": "loss_case.id", "by_person": "person.id", "second_person": "person.id", "entry_id": "ledger.id",
}  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "loss_case", _number("id"), _number("tx_id"), _number("item_id"), _number("store_id"), _number("opened_us"),
        _number("opened_by", null=True), _text("detail"), _number("entry_id"), _number("person_id", null=True),
        _number("last_seen_us", null=True), _text("last_seen_way", null=True), _text("facts"), _number("closed_event", null=True),
        _number("closed_us", null=True),
        sa.CheckConstraint(
            "(closed_event IS NULL) = (closed_us IS NULL)", name=op.f("ck_loss_case_closed_whole")
        ),
        *_ends("loss_case", CASE_REFERS),
    )  # fmt: skip
    op.create_index(
        "uq_loss_case_open_item", "loss_case", ["item_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_index("ix_loss_case_open", "loss_case", ["id"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_loss_case_item", "loss_case", ["item_id", "opened_us"])
    op.create_index("ix_loss_case_opened", "loss_case", ["opened_us"])
    op.create_table(
        "loss_event", _number("id"), _number("tx_id"), _number("case_id"), _text("act"), _number("at_us"),
        _number("happened_us"), _number("by_person"), _number("second_person", null=True), _text("told", null=True),
        _text("reference", null=True), _text("detail"), _text("facts", null=True), _number("entry_id"),
        _check("two", "second_person IS NULL OR second_person <> by_person"),
        _check("says_who_was_told", "(act = 'NOTIFIED') = (told IS NOT NULL)"),
        _check("by_two", "act NOT IN ('RECOVERED', 'DISPOSED') OR second_person IS NOT NULL"),
        _check("in_order", "happened_us <= at_us"),
        *_ends("loss_event", EVENT_REFERS),
    )  # fmt: skip
    op.create_index("ix_loss_event_case", "loss_event", ["case_id", "id"])


def downgrade() -> None:
    op.drop_table("loss_event")
    op.drop_table("loss_case")


def _ends(name: str, refers: dict[str, str]) -> list[sa.schema.SchemaItem]:
    return [
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{name}_{column}"))
            for column, target in refers.items()
        ),
        sa.ForeignKeyConstraint(
            ["tx_id"], ["tx_seal.id"], name=op.f(f"fk_{name}_tx_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    ]


def _check(name: str, holds: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(holds, name=op.f(f"ck_loss_event_{name}"))


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, INT64, autoincrement=False, nullable=null)


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)

"""What was put right, what the ledger was told later, and the pages of paper that were written up"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NUMBERED = sa.text("register IS NOT NULL")
REFERS = {
    "correction": {
        "corrects": "ledger.id", "entry_id": "ledger.id", "item_id": "item.id", "store_id": "store.id",
        "by_person": "person.id", "second_person": "person.id",
    },
    "told_later": {"item_id": "item.id", "entry_id": "ledger.id"},
    "paper_page": {
        "store_id": "store.id", "by_person": "person.id", "second_person": "person.id", "entry_id": "ledger.id",
    },
    "paper_line": {
        "page_id": "paper_page.id", "person_id": "person.id", "issuer_id": "person.id", "item_id": "item.id",
        "lot_id": "lot.id", "decision_id": "decision.id", "entry_id": "ledger.id",
    },
}  # fmt: skip


def upgrade() -> None:
    _corrections()
    _paper()


def _corrections() -> None:
    _table(
        "correction", _text("sort"), _number("corrects"), _number("entry_id"), _number("item_id"), _number("store_id"),
        _number("by_person"), _number("second_person", null=True), _number("at_us"), _text("reason"),
        _text("document", null=True), _text("was", null=True), _text("became", null=True),
        sa.UniqueConstraint("corrects", name=op.f("uq_correction_corrects")),
        _check("correction", "reason", "length(trim(reason)) > 0"),
        _check("correction", "two", "second_person IS NULL OR second_person <> by_person"),
        _check("correction", "by_two", "sort = 'WRONG_CONDITION' OR second_person IS NOT NULL"),
    )  # fmt: skip
    op.create_index("ix_correction_store", "correction", ["store_id", "at_us"])
    op.create_index("ix_correction_item", "correction", ["item_id"])
    _table(
        "told_later", _number("item_id"), _text("holder"), _number("holder_id"), _number("from_us"),
        _number("upto_us"), _number("entry_id"), _check("told_later", "in_order", "from_us < upto_us"),
    )  # fmt: skip
    op.create_index("ix_told_later_item", "told_later", ["item_id", "from_us"])


def _paper() -> None:
    _table(
        "paper_page", _number("store_id"), _text("sort"), _text("document"), _text("register", null=True),
        _number("page_no", null=True), _text("sha256"), _text("media"), _number("size"), _text("lines_hash"),
        _number("by_person"), _number("second_person"), _number("at_us"), _flag("late"), _number("entry_id"),
        sa.UniqueConstraint("sha256", name=op.f("uq_paper_page_sha256")),
        _check("paper_page", "two", "by_person <> second_person"),
        _check("paper_page", "document", "length(trim(document)) > 0"),
        _check("paper_page", "numbered_whole", "(register IS NULL) = (page_no IS NULL)"),
    )  # fmt: skip
    op.create_index(
        "uq_paper_page_register", "paper_page", ["store_id", "register", "page_no"], unique=True,
        sqlite_where=NUMBERED, postgresql_where=NUMBERED,
    )  # fmt: skip
    op.create_index("ix_paper_page_store", "paper_page", ["store_id", "at_us"])
    op.create_table(
        "paper_scan", _number("page_id"), _text("body"),
        sa.ForeignKeyConstraint(["page_id"], ["paper_page.id"], name=op.f("fk_paper_scan_page_id")),
        sa.PrimaryKeyConstraint("page_id", name=op.f("pk_paper_scan")),
    )  # fmt: skip
    _table(
        "paper_line", _number("page_id"), _number("line_no"), _text("act"), _number("person_id"),
        _number("issuer_id", null=True), _number("item_id", null=True), _number("lot_id", null=True),
        _number("quantity", null=True), _number("happened_us"), _flag("late"), _number("decision_id", null=True),
        _number("entry_id"),
        _check("paper_line", "one_thing", "(item_id IS NULL) <> (lot_id IS NULL)"),
        _check("paper_line", "quantity", "(lot_id IS NULL) = (quantity IS NULL)"),
    )  # fmt: skip
    op.create_index("ix_paper_line_page_id", "paper_line", ["page_id"])
    op.create_index("ix_paper_line_refused", "paper_line", ["decision_id"])


def downgrade() -> None:
    for name in ("paper_line", "paper_scan", "paper_page", "told_later", "correction"):
        op.drop_table(name)


def _table(name: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        name, _number("id"), _number("tx_id"), *columns,
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{name}_{column}"))
            for column, target in REFERS[name].items()
        ),
        sa.ForeignKeyConstraint(
            ["tx_id"], ["tx_seal.id"], name=op.f(f"fk_{name}_tx_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )  # fmt: skip


def _check(table: str, name: str, holds: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(holds, name=op.f(f"ck_{table}_{name}"))


def _number(name: str, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, INT64, autoincrement=False, nullable=null)


def _text(name: str, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _flag(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.SmallInteger(), nullable=False, server_default="0")

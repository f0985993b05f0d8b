"""What is recalled and chased, and who holds kit and may no longer"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OF_ITEM, OF_LOT = sa.text("item_id IS NOT NULL"), sa.text("lot_id IS NOT NULL")
LIFTED = sa.text("act = 'LIFTED'")
PARTS = (
    ("item", "ix_item_lot", "lot_id"), ("item", "ix_item_expires", "expires_on"), ("lot", "ix_lot_expires", "expires_on"),
)  # fmt: skip
REFERS = {
    "recall": {"opened_by": "person.id", "entry_id": "ledger.id"},
    "recall_line": {"recall_id": "recall.id", "item_id": "item.id", "lot_id": "lot.id", "hold_id": "hold.id"},
    "recall_event": {
        "recall_id": "recall.id", "line_id": "recall_line.id", "by_person": "person.id", "entry_id": "ledger.id",
    },
    "lapse": {"person_id": "person.id", "store_id": "store.id", "item_id": "item.id", "entry_id": "ledger.id"},
    "lapse_event": {"lapse_id": "lapse.id", "by_person": "person.id", "entry_id": "ledger.id"},
}  # fmt: skip


def upgrade() -> None:
    _table(
        "recall", _text("kind"), *(_text(each, null=True) for each in (
            "maker", "model", "lot_no", "serial_from", "serial_to", "serials", "firmware_from", "firmware_to")),
        _text("notice_from"), _text("notice_ref"), _text("detail"), _number("opened_us"), _number("opened_by"),
        _number("entry_id"),
        _check("recall", "says_which", "model IS NOT NULL OR lot_no IS NOT NULL OR serial_from IS NOT NULL"
               " OR serials IS NOT NULL OR firmware_to IS NOT NULL"),
        _check("recall", "range_whole", "(serial_from IS NULL) = (serial_to IS NULL)"),
    )  # fmt: skip
    _table(
        "recall_line", _number("recall_id"), _number("item_id", null=True), _number("lot_id", null=True),
        _text("holder", null=True), _number("holder_id", null=True), _number("quantity", null=True),
        _number("hold_id", null=True), _number("found_us"), _flag("late"),
        _check("recall_line", "one_thing", "(item_id IS NULL) <> (lot_id IS NULL)"),
        _check("recall_line", "quantity", "(lot_id IS NULL) = (quantity IS NULL)"),
    )  # fmt: skip
    op.create_index("uq_recall_line_item", "recall_line", ["recall_id", "item_id"], unique=True,
                    sqlite_where=OF_ITEM, postgresql_where=OF_ITEM)  # fmt: skip
    op.create_index("uq_recall_line_lot", "recall_line", ["recall_id", "lot_id", "holder", "holder_id"], unique=True,
                    sqlite_where=OF_LOT, postgresql_where=OF_LOT)  # fmt: skip
    op.create_index("ix_recall_line_item", "recall_line", ["item_id"])
    _table(
        "recall_event", _number("recall_id"), _number("line_id", null=True), _text("act"), _number("at_us"),
        _number("happened_us"), _number("by_person"), _text("told", null=True), _text("outcome", null=True),
        _text("reference", null=True), _text("detail"), _number("entry_id"),
        _check("recall_event", "of_a_line", "(act IN ('TOLD', 'ENDED')) = (line_id IS NOT NULL)"),
        _check("recall_event", "says_who", "(act = 'TOLD') = (told IS NOT NULL)"),
        _check("recall_event", "says_how", "(act = 'ENDED') = (outcome IS NOT NULL)"),
        _check("recall_event", "by_authority", "act <> 'LIFTED' OR reference IS NOT NULL"),
        _check("recall_event", "recall_in_order", "happened_us <= at_us"),
    )  # fmt: skip
    op.create_index("ix_recall_event_recall", "recall_event", ["recall_id", "id"])
    op.create_index("ix_recall_event_lifted", "recall_event", ["recall_id"], sqlite_where=LIFTED, postgresql_where=LIFTED)
    _table(
        "lapse", _number("person_id"), _number("store_id"), _number("item_id"), _text("codes"), _flag("must_return"),
        _number("opened_us"), _number("entry_id"),
    )  # fmt: skip
    op.create_index("ix_lapse_person", "lapse", ["person_id", "id"])
    op.create_index("ix_lapse_store", "lapse", ["store_id", "id"])
    _table(
        "lapse_event", _number("lapse_id"), _text("act"), _number("at_us"), _number("by_person", null=True),
        _number("until_us", null=True), _text("how", null=True), _text("detail"), _number("entry_id"),
        _check("lapse_event", "says_until", "(act = 'RETAIN_UNTIL') = (until_us IS NOT NULL)"),
        _check("lapse_event", "says_how_it_ended", "(act = 'ENDED') = (how IS NOT NULL)"),
        _check("lapse_event", "by_somebody", "act = 'ENDED' OR by_person IS NOT NULL"),
    )  # fmt: skip
    op.create_index("ix_lapse_event_lapse", "lapse_event", ["lapse_id", "id"])
    for table, name, column in PARTS:
        there = sa.text(f"{column} IS NOT NULL")
        op.create_index(name, table, [column], sqlite_where=there, postgresql_where=there)


def downgrade() -> None:
    for table, name, _ in PARTS:
        op.drop_index(name, table)
    for name in ("lapse_event", "lapse", "recall_event", "recall_line", "recall"):
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


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, INT64, autoincrement=False, nullable=null)


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _flag(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.SmallInteger(), nullable=False, server_default="0")

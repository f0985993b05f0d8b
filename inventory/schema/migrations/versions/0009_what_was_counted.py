"""What was counted, what was seen in it, what came of it, and where each item was last seen"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REFERS = {
    "stocktake": {
        "store_id": "store.id", "place_id": "place.id", "recount_of": "stocktake.id", "opened_by": "person.id",
        "entry_id": "ledger.id",
    },
    "stocktake_sighting": {"stocktake_id": "stocktake.id", "item_id": "item.id", "by_person": "person.id"},
    "stocktake_closed": {
        "stocktake_id": "stocktake.id", "closed_by": "person.id", "second_person": "person.id", "entry_id": "ledger.id",
    },
    "stocktake_settled": {
        "stocktake_id": "stocktake.id", "item_id": "item.id", "entry_id": "ledger.id", "by_person": "person.id",
        "second_person": "person.id",
    },
    "item_seen": {"item_id": "item.id", "store_id": "store.id", "place_id": "place.id"},
}  # fmt: skip


def upgrade() -> None:
    _table(
        "stocktake", ("id",), _key("id"), _sealed(), _number("store_id"), _text("sort"), _text("kinds", null=True),
        _text("models", null=True), _text("pool", null=True), _number("place_id", null=True), _number("recount_of", null=True),
        _flag("blind"), _flag("two_person"), _flag("docks"), _text("expected"), _number("opened_us"),
        _number("opened_by"), _number("entry_id"), _seal("stocktake"),
    )  # fmt: skip
    op.create_index("ix_stocktake_store", "stocktake", ["store_id", "opened_us"])
    _table(
        "stocktake_sighting", ("id",), _key("id"), _number("stocktake_id"), _number("item_id", null=True),
        _number("matches"), _text("code"), _text("evidence", null=True), _text("way"), _number("by_person", null=True),
        _text("device", null=True), _text("holder", null=True), _number("holder_id", null=True), _number("seen_us"),
        _number("received_us"), _flag("late"), _text("reading_key"),
        sa.UniqueConstraint("stocktake_id", "reading_key", name=op.f("uq_stocktake_sighting_stocktake_id_reading_key")),
    )  # fmt: skip
    op.create_index("ix_stocktake_sighting_item", "stocktake_sighting", ["item_id", "seen_us"])
    _table(
        "stocktake_closed", ("stocktake_id",), _key("stocktake_id"), _sealed(), _text("outcome"), _number("closed_us"),
        _number("closed_by"), _number("second_person", null=True), _text("reason", null=True), _text("result"),
        _text("result_hash"), _number("entry_id"), _seal("stocktake_closed"),
        sa.CheckConstraint(
            "second_person IS NULL OR second_person <> closed_by", name=op.f("ck_stocktake_closed_two")
        ),
    )  # fmt: skip
    _table(
        "stocktake_settled", ("stocktake_id", "item_id"), _key("stocktake_id"), _key("item_id"), _sealed(),
        _text("act"), _number("entry_id"), _number("by_person"), _number("second_person", null=True), _text("reason"),
        _number("at_us"), _seal("stocktake_settled"),
    )  # fmt: skip
    _table(
        "item_seen", ("item_id",), _key("item_id"), _number("store_id"), _number("place_id", null=True), _text("way"),
        _text("device"), _number("seen_us"), _text("reading_key", null=True),
    )  # fmt: skip
    op.create_index("ix_item_seen_place", "item_seen", ["place_id", "item_id"])


def downgrade() -> None:
    for name in ("item_seen", "stocktake_settled", "stocktake_closed", "stocktake_sighting", "stocktake"):
        op.drop_table(name)


def _table(name: str, keys: tuple[str, ...], *parts: sa.schema.SchemaItem) -> None:
    refers = [
        sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{name}_{column}"))
        for column, target in REFERS[name].items()
    ]
    op.create_table(name, *parts, *refers, sa.PrimaryKeyConstraint(*keys, name=op.f(f"pk_{name}")))


def _key(name: str) -> sa.Column[int]:
    return sa.Column(name, INT64, autoincrement=False, nullable=False)


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, INT64, nullable=null)


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _flag(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.SmallInteger(), server_default="0", nullable=False)


def _sealed() -> sa.Column[int]:
    return _number("tx_id")


def _seal(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tx_id"], ["tx_seal.id"], name=op.f(f"fk_{name}_tx_id"), initially="DEFERRED", deferrable=True
    )

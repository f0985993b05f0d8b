"""Kit handed from officer to officer, and kit that is kept for somebody"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REFERS = {
    "handover": {
        "store_id": "store.id", "giver_id": "person.id", "receiver_id": "person.id", "decision_id": "decision.id",
        "by_person": "person.id",
    },
    "handover_item": {
        "handover_id": "handover.id", "item_id": "item.id", "returned_entry": "ledger.id", "issued_entry": "ledger.id",
    },
    "reservation": {"store_id": "store.id", "made_by": "person.id", "entry_id": "ledger.id"},
    "reservation_person": {"reservation_id": "reservation.id", "person_id": "person.id"},
    "reservation_line": {"reservation_id": "reservation.id", "item_id": "item.id"},
    "reservation_ended": {"reservation_id": "reservation.id", "by_person": "person.id", "entry_id": "ledger.id"},
    "visit_handover": {"visit_id": "visit.id", "giver_id": "person.id", "proved_by": "person.id"},
}  # fmt: skip


def upgrade() -> None:
    _handovers()
    _reservations()


def _handovers() -> None:
    _table(
        "handover", "id", _number("tx_id"), _number("store_id"), _number("giver_id"), _number("receiver_id"),
        _number("decision_id"), _number("by_person"), _text("giver_proof"), _text("receiver_proof"), _number("at_us"),
        _number("visit_id", null=True), _text("reason", null=True),
        _check("handover", "two_officers", "giver_id <> receiver_id"),
        _check("handover", "by_a_third", "by_person <> giver_id AND by_person <> receiver_id"),
        sa.UniqueConstraint("decision_id", name=op.f("uq_handover_decision_id")),
    )  # fmt: skip
    op.create_index("ix_handover_store", "handover", ["store_id", "id"])
    op.create_index("ix_handover_giver", "handover", ["giver_id", "id"])
    op.create_index("ix_handover_receiver", "handover", ["receiver_id", "id"])
    _table(
        "handover_item", "id", _number("tx_id"), _number("handover_id"), _number("item_id"), _number("returned_entry"),
        _number("issued_entry"),
        sa.UniqueConstraint("handover_id", "item_id", name=op.f("uq_handover_item_handover_id_item_id")),
    )  # fmt: skip
    op.create_index("ix_handover_item_item_id", "handover_item", ["item_id"])
    _table(
        "visit_handover", "visit_id", _text("side"), _flag("is_on"), _number("giver_id", null=True),
        _text("giver_proof", null=True), _number("proved_by", null=True),
    )  # fmt: skip


def _reservations() -> None:
    _table(
        "reservation", "id", _number("tx_id"), _number("store_id"), _text("reason"), _number("from_us"),
        _number("to_us"), _number("made_us"), _number("made_by"), _number("entry_id"),
        _check("reservation", "from_before_to", "from_us < to_us"),
    )  # fmt: skip
    op.create_index("ix_reservation_store", "reservation", ["store_id", "to_us"])
    _table(
        "reservation_person", "id", _number("tx_id"), _number("reservation_id"), _number("person_id"),
        sa.UniqueConstraint(
            "reservation_id", "person_id", name=op.f("uq_reservation_person_reservation_id_person_id")
        ),
    )  # fmt: skip
    _table(
        "reservation_line", "id", _number("tx_id"), _number("reservation_id"), _number("item_id", null=True),
        _text("kind", null=True), _text("model", null=True), _number("quantity"),
        _check("reservation_line", "an_item_or_a_kind", "(item_id IS NULL) <> (kind IS NULL)"),
        _check("reservation_line", "pieces", "quantity >= 1 AND (item_id IS NULL OR quantity = 1)"),
    )  # fmt: skip
    op.create_index("ix_reservation_line_reservation_id", "reservation_line", ["reservation_id"])
    op.create_index("ix_reservation_line_item_id", "reservation_line", ["item_id"])
    _table(
        "reservation_ended", "reservation_id", _number("tx_id"), _number("at_us"), _number("by_person"),
        _text("reason"), _number("entry_id"),
    )  # fmt: skip


def downgrade() -> None:
    for name in (
        "reservation_ended", "reservation_line", "reservation_person", "reservation", "visit_handover", "handover_item",
        "handover",
    ):  # fmt: skip
        op.drop_table(name)


def _table(name: str, key: str, *columns: sa.schema.SchemaItem) -> None:
    is_sealed = any(isinstance(each, sa.Column) and each.name == "tx_id" for each in columns)
    seal = sa.ForeignKeyConstraint(
        ["tx_id"], ["tx_seal.id"], name=op.f(f"fk_{name}_tx_id"), initially="DEFERRED", deferrable=True
    )
    op.create_table(
        name, _number(key), *columns,
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{name}_{column}"))
            for column, target in REFERS[name].items()
        ),
        *([seal] if is_sealed else []),
        sa.PrimaryKeyConstraint(key, name=op.f(f"pk_{name}")),
    )  # fmt: skip


def _check(table: str, name: str, holds: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(holds, name=op.f(f"ck_{table}_{name}"))


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, INT64, autoincrement=False, nullable=null)


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _flag(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.SmallInteger(), nullable=False, server_default="0")

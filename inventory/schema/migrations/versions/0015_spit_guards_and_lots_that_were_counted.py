"""Spit guards that are due back, how often force of that sort was reported, and lots that were counted"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OUT = sa.text("back < quantity")


LENT = """
INSERT INTO lot_due (id, tx_id, lot_id, person_id, store_id, decision_id, quantity, due_us, back)
SELECT l.id, l.tx_id, l.lot_id, l.taker_id, l.giver_id, l.decision_id, l.quantity, d.planned_return_us,
  CASE WHEN back.pieces >= l.quantity THEN l.quantity ELSE COALESCE(back.pieces, 0) END
FROM ledger l JOIN decision d ON d.id = l.decision_id LEFT JOIN (
  SELECT o.id AS id, SUM(g.quantity) AS pieces FROM ledger o JOIN ledger g ON g.lot_id = o.lot_id
    AND g.giver = 'PERSON' AND g.giver_id = o.taker_id AND g.seq > o.seq
  WHERE o.kind = 'ISSUED' AND o.lot_id IS NOT NULL GROUP BY o.id
) back ON back.id = l.id
WHERE l.kind = 'ISSUED' AND l.lot_id IS NOT NULL AND l.giver = 'STORE' AND d.planned_return_us IS NOT NULL
  AND EXISTS (SELECT 1 FROM decision_override v WHERE v.decision_id = l.decision_id)
"""
"""What went out on an override before this was kept: due at the end of its duty, less what was given back since. Its id is
that of its entry, which no other row of the kit store has."""


def upgrade() -> None:
    _table(
        "lot_due", ("lot_id", "person_id", "store_id", "decision_id"), _number("id"),
        _number("quantity"), _number("due_us"),
        sa.Column("back", INT64, autoincrement=False, nullable=False, server_default="0"),
        sa.CheckConstraint("quantity > 0 AND back >= 0 AND back <= quantity", name=op.f("ck_lot_due_pieces")),
        *_seal("lot_due"),
    )  # fmt: skip
    op.create_index("ix_lot_due_open", "lot_due", ["due_us", "id"], sqlite_where=OUT, postgresql_where=OUT)
    op.create_index("ix_lot_due_person", "lot_due", ["person_id", "lot_id"])
    op.execute(sa.text(LENT))
    _table(
        "force_count", ("store_id",), _number("id"), _text("month"), _number("number"), _text("source"),
        _number("by_person", null=True), _number("recorded_us"),
        sa.ForeignKeyConstraint(["by_person"], ["person.id"], name=op.f("fk_force_count_by_person")),
        sa.CheckConstraint("number >= 0 AND length(month) = 7", name=op.f("ck_force_count_sound")),
    )  # fmt: skip
    op.create_index("ix_force_count_store", "force_count", ["store_id", "month", "recorded_us"])
    _table(
        "stocktake_lot", ("stocktake_id", "lot_id"), _number("id"), _number("quantity"), _number("balance"),
        _number("by_person"), _number("at_us"), _text("reading_key"),
        sa.ForeignKeyConstraint(["by_person"], ["person.id"], name=op.f("fk_stocktake_lot_by_person")),
        sa.UniqueConstraint("stocktake_id", "reading_key", name=op.f("uq_stocktake_lot_stocktake_id_reading_key")),
        sa.CheckConstraint("quantity >= 0 AND balance >= 0", name=op.f("ck_stocktake_lot_pieces")),
    )  # fmt: skip
    op.create_index("ix_stocktake_lot_of", "stocktake_lot", ["stocktake_id", "lot_id", "id"])
    _table(
        "stocktake_lot_settled", ("stocktake_id", "lot_id"), _text("act"), _number("quantity"), _number("entry_id"),
        _number("by_person"), _text("reason"), _number("at_us"),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger.id"], name=op.f("fk_stocktake_lot_settled_entry_id")),
        sa.ForeignKeyConstraint(["by_person"], ["person.id"], name=op.f("fk_stocktake_lot_settled_by_person")),
        *_seal("stocktake_lot_settled"), keys=("stocktake_id", "lot_id"),
    )  # fmt: skip


def downgrade() -> None:
    for name in ("stocktake_lot_settled", "stocktake_lot", "force_count", "lot_due"):
        op.drop_table(name)


def _table(name: str, refers: tuple[str, ...], *parts: sa.schema.SchemaItem, keys: tuple[str, ...] = ("id",)) -> None:
    op.create_table(
        name, *(_number(each) for each in refers), *parts,
        *(
            sa.ForeignKeyConstraint([each], [f"{each.removesuffix('_id')}.id"], name=op.f(f"fk_{name}_{each}"))
            for each in refers
        ),
        sa.PrimaryKeyConstraint(*keys, name=op.f(f"pk_{name}")),
    )  # fmt: skip


def _seal(name: str) -> list[sa.schema.SchemaItem]:
    return [
        _number("tx_id"),
        sa.ForeignKeyConstraint(
            ["tx_id"], ["tx_seal.id"], name=op.f(f"fk_{name}_tx_id"), initially="DEFERRED", deferrable=True
        ),
    ]


def _number(name: str, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, INT64, autoincrement=False, nullable=null)


def _text(name: str, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)

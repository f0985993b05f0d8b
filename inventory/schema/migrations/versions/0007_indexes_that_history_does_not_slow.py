"""Indexes that history does not slow: beginnings of names and serials, and what is open now"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OPEN = "closed_entry IS NULL"
HELD = f"{OPEN} AND person_id IS NOT NULL"
BEGUN = {
    "ix_person_family_name_begun": ("person", ["lower(family_name)"], None),
    "ix_person_given_name_begun": ("person", ["lower(given_name)"], None),
    "ix_person_ref_begun": ("person", ["lower(ref)"], None),
    "ix_binding_begun": ("binding", ["technology", "lower(value)"], "to_us IS NULL"),
}
PARTS = {
    "ix_binding_em4100_end": ("binding", ["substr(value, length(value) - 5)"], "technology = 'EM4100'"),
    "ix_custody_due": ("custody", ["planned_return_us"], HELD),
    "ix_visit_here": ("visit", ["place_id", "store_id"], "state IN ('OPEN', 'PARKED')"),
    "ix_alarm_unsettled": ("alarm", ["id"], "settled_us IS NULL"),
    "ix_alarm_settled": ("alarm", ["settled_us", "id"], "settled_us IS NOT NULL"),
}
WHOLE = {
    "ix_item_kind": ("item", ["kind", "id"]),
    "ix_item_model": ("item", ["model", "id"]),
    "ix_lot_balance_holder": ("lot_balance", ["holder", "holder_id"]),
    "ix_decision_decided": ("decision", ["decided_us", "id"]),
}


def upgrade() -> None:
    by_bytes = ' COLLATE "C"' if _is_postgresql() else ""  # SQLite's own order is of bytes
    for name, (table, columns, where) in BEGUN.items():
        _part(name, table, [*columns[:-1], columns[-1] + by_bytes], where)
    for name, (table, columns, where) in PARTS.items():
        _part(name, table, columns, where)
    for name, (table, columns) in WHOLE.items():
        op.create_index(name, table, columns)
    if _is_postgresql():
        op.create_index("ix_item_serial_begun", "item", [sa.text('serial COLLATE "C"'), "id"])
    _again("ix_item_kind_model", "item", ["kind", "model", "id"], None)
    _again("ix_custody_open_holder", "custody", ["holder", "holder_id", "item_id"], OPEN)
    _again("ix_custody_open_person", "custody", ["person_id", "opened_us"], HELD)


def downgrade() -> None:
    tables = {name: table for each in (BEGUN, PARTS, WHOLE) for name, (table, *_) in each.items()}
    for name, table in tables.items():
        op.drop_index(name, table_name=table)
    if _is_postgresql():
        op.drop_index("ix_item_serial_begun", table_name="item")
    _again("ix_item_kind_model", "item", ["kind", "model"], None)
    _again("ix_custody_open_holder", "custody", ["holder", "holder_id"], OPEN)
    _again("ix_custody_open_person", "custody", ["person_id"], HELD)


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _part(name: str, table: str, columns: list[str], where: str | None) -> None:
    clause = sa.text(where) if where else None
    op.create_index(name, table, [sa.text(c) for c in columns], sqlite_where=clause, postgresql_where=clause)


def _again(name: str, table: str, columns: list[str], where: str | None) -> None:
    op.drop_index(name, table_name=table)
    _part(name, table, columns, where)

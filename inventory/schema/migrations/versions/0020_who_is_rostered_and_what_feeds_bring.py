"""Who is rostered and what feeds bring"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LIVE = sa.text("withdrawn_us IS NULL")


def upgrade() -> None:
    op.create_table(
        "roster", _number("id"), _number("person_id"), _number("store_id"), _number("starts_us"), _number("ends_us"),
        _text("duty", null=True), _text("source"), _text("source_ref", null=True), _number("recorded_us"),
        _number("withdrawn_us", null=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_roster_person_id")),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_roster_store_id")),
        sa.CheckConstraint("starts_us < ends_us AND ends_us - starts_us <= 86400000000", name=op.f("ck_roster_a_duty")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster")),
    )  # fmt: skip
    op.create_index(
        "uq_roster_live", "roster", ["source", "person_id", "starts_us"], unique=True, sqlite_where=LIVE,
        postgresql_where=LIVE,
    )  # fmt: skip
    op.create_index("ix_roster_starts_us", "roster", ["starts_us"])
    op.create_index("ix_roster_store", "roster", ["store_id", "starts_us"])
    op.create_index("ix_roster_person", "roster", ["person_id", "starts_us"])
    _files()
    _feeds()


def _files() -> None:
    _table(
        "file_mapping", _number("id"), _text("kind"), _text("name"), _text("headings"), _text("body"),
        _number("made_us"), _number("made_by", null=True), _refers("file_mapping", "made_by", "person.id"),
    )  # fmt: skip
    op.create_index("ix_file_mapping_headings", "file_mapping", ["headings", "kind", "id"])
    _table("kept_file", _text("sha256"), _text("body"), _number("kept_us"), key="sha256")
    _table(
        "file_preview", _number("id"), _text("kind"), _text("source"), _number("mapping_id"), _text("file_name"),
        _text("sha256"), _number("size"), _text("sheet"), _number("at_us"), _number("by_person"), _text("outcome"),
        _refers("file_preview", "mapping_id", "file_mapping.id"), _refers("file_preview", "by_person", "person.id"),
        _refers("file_preview", "sha256", "kept_file.sha256"),
    )  # fmt: skip
    op.create_index("ix_file_preview_at", "file_preview", ["at_us", "id"])
    _table(
        "file_taken", _number("preview_id"), _number("at_us"), _number("by_person"), _number("second_person", null=True),
        *(_number(each) for each in ("new", "changed", "unchanged", "refused", "ineligible")),
        _refers("file_taken", "preview_id", "file_preview.id"), _refers("file_taken", "by_person", "person.id"),
        _refers("file_taken", "second_person", "person.id"),
        sa.CheckConstraint(
            "second_person IS NULL OR second_person <> by_person", name=op.f("ck_file_taken_taken_by_two")
        ),
        key="preview_id",
    )  # fmt: skip


def _feeds() -> None:
    _table(
        "feed", _number("id"), _text("source"), _number("made_us"),
        sa.UniqueConstraint("source", name=op.f("uq_feed_source")),
    )  # fmt: skip
    _table(
        "feed_key", _text("key_hash"), _number("feed_id"), _number("from_us"), _number("revoked_us", null=True),
        _refers("feed_key", "feed_id", "feed.id"), key="key_hash",
    )  # fmt: skip
    op.create_index("ix_feed_key_feed_id", "feed_key", ["feed_id"])
    _table(
        "feed_batch", _number("id"), _number("feed_id"), _number("seq"), _text("sha256"), _number("upto_us"),
        *(_number(each) for each in ("at_us", "new", "changed", "unchanged", "refused")), _text("body"),
        _text("answer"), _refers("feed_batch", "feed_id", "feed.id"),
        sa.UniqueConstraint("feed_id", "seq", name=op.f("uq_feed_batch_feed_id_seq")),
    )  # fmt: skip


def downgrade() -> None:
    for name in ("feed_batch", "feed_key", "feed", "file_taken", "file_preview", "kept_file", "file_mapping", "roster"):
        op.drop_table(name)


def _table(name: str, *parts: sa.schema.SchemaItem, key: str = "id") -> None:
    op.create_table(name, *parts, sa.PrimaryKeyConstraint(key, name=op.f(f"pk_{name}")))


def _refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def _number(name: str, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, INT64, autoincrement=False, nullable=null)


def _text(name: str, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)

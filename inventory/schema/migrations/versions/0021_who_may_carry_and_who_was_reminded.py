"""Who may carry, by whose act; whose role moved; and who was reminded of what"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REFERS = {
    "role_move": {"person_id": "person.id"},
    "authority_act": {
        "person_id": "person.id", "by_person": "person.id", "authorisation_id": "carry_authorisation.id",
        "stop_id": "authority_stop.id", "restriction_id": "duty_restriction.id", "move_id": "role_move.id",
    },
    "reminder": {"person_id": "person.id"},
}  # fmt: skip


def upgrade() -> None:
    _table("role_move", _number("person_id"), _text("what"), _text("was"), _text("becomes"), _number("at_us"))
    op.create_index("ix_role_move_person", "role_move", ["person_id", "id"])
    op.create_index("ix_role_move_at", "role_move", ["at_us", "id"])
    _table(
        "authority_act", _number("tx_id"), _number("person_id"), _text("act"), _number("at_us"),
        _number("by_person", null=True), _text("capability", null=True), _number("authorisation_id", null=True),
        _number("stop_id", null=True), _number("restriction_id", null=True), _number("move_id", null=True),
        _text("document"),
        sa.ForeignKeyConstraint(
            ["tx_id"], ["tx_seal.id"], name=op.f("fk_authority_act_tx_id"), initially="DEFERRED", deferrable=True
        ),
        _check("act_by_somebody", "by_person IS NOT NULL OR (act = 'ENDED' AND move_id IS NOT NULL)"),
        _check("act_names_its_grant", "(act = 'GRANTED') = (authorisation_id IS NOT NULL)"),
        _check("act_names_its_stop", "(act IN ('SUSPENDED', 'LIFTED', 'ENDED', 'OPTED_OUT')) = (stop_id IS NOT NULL)"),
        _check("act_names_its_restriction",
               "(act IN ('RESTRICTED', 'UNRESTRICTED')) = (restriction_id IS NOT NULL)"),
    )  # fmt: skip
    op.create_index("ix_authority_act_person", "authority_act", ["person_id", "id"])
    op.create_index("ix_authority_act_stop", "authority_act", ["stop_id"])
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("ix_authority_act_tx_id", "authority_act", ["tx_id"])
    _table(
        "reminder", _number("person_id"), _text("what"), _text("model"), _text("ends_on"), _number("band"),
        _number("made_us"), *(
            _number(each, null=True) for each in ("seen_us", "acknowledged_us", "mailing_us", "mailed_us")),
        _text("mail_problem", null=True),
        sa.UniqueConstraint("person_id", "what", "model", "ends_on", "band",
                            name=op.f("uq_reminder_person_id_what_model_ends_on_band")),
    )  # fmt: skip
    op.create_index("ix_reminder_made", "reminder", ["made_us", "id"])


def downgrade() -> None:
    for name in ("reminder", "authority_act", "role_move"):
        op.drop_table(name)


def _table(name: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        name, _number("id"), *columns,
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{name}_{column}"))
            for column, target in REFERS[name].items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )  # fmt: skip


def _check(name: str, holds: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(holds, name=op.f(f"ck_authority_act_{name}"))


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, INT64, autoincrement=False, nullable=null)


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)

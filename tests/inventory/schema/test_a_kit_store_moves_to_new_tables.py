"""A kit store of an earlier revision, its history in it, comes to today's tables: nothing lost, nothing unguarded."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from alembic import command

from inventory.schema import metadata, migrate, revision
from inventory.schema.custody import custody, decision, ledger, tx_seal
from inventory.schema.engine import make_engine, writing
from inventory.schema.guards import lot_due
from inventory.schema.overrides import decision_override, override
from inventory.schema.people import capability_grant, person, store
from inventory.schema.stock import lot

Refused = (sa.exc.IntegrityError, sa.exc.DatabaseError)
NOW = 1_760_000_000_000_000


@pytest.fixture
def earlier(make_database: Callable[..., str]) -> Iterator[sa.Engine]:
    """A kit store at the first revision, with one store, two people, a refusal in the ledger and its decision."""
    engine = make_engine(make_database())
    with writing(engine).begin() as conn:
        command.upgrade(migrate._config(conn), "0001")
        conn.execute(sa.insert(store), {"id": 1, "code": "ME", "name": "Medway", "opened_us": 1})
        for number in (1, 2):
            row = {"id": number, "ref": str(number), "kind": "REGULAR", "family_name": "Hollis", "given_name": "A"}
            conn.execute(sa.insert(person), row | {"frontline": 1, "recorded_us": 1})
        conn.execute(sa.insert(tx_seal), {"id": 9, "at_us": NOW, "instance": 1})
        conn.execute(sa.insert(ledger), {"id": 60, "tx_id": 9, "chain": "store:1", "seq": 1, "prev_hash": "0",
                                         "hash": "1", "kind": "REFUSED", "at_us": NOW})  # fmt: skip
        conn.execute(sa.insert(decision), {
            "id": 50, "tx_id": 9, "person_id": 1, "store_id": 1, "purpose": "OPERATIONAL", "verdict": "DENY",
            "decided_us": NOW, "valid_until_us": NOW, "policy_hash": "p", "door": "hatch", "refusals": "[]",
            "facts": "{}"})  # fmt: skip
    yield engine
    engine.dispose()


def test_it_comes_to_todays_tables_with_every_row_and_every_guard(earlier: sa.Engine) -> None:
    assert migrate.upgrade(earlier)
    assert not migrate.upgrade(earlier), "once is enough"
    with earlier.connect() as conn:
        assert revision.current(conn) == revision.head()
        assert revision.missing_triggers(conn) == []
        assert set(sa.inspect(conn).get_table_names()) >= set(metadata.tables)
        assert conn.execute(sa.select(ledger.c.hash)).scalars().all() == ["1"]
        assert conn.execute(sa.select(decision.c.verdict)).scalars().all() == ["DENY"]
        assert conn.execute(sa.select(custody.c.id)).all() == []


def test_an_override_can_be_given_there_and_is_guarded(earlier: sa.Engine) -> None:
    migrate.upgrade(earlier)
    given = {"id": 80, "person_id": 1, "store_id": 1, "purpose": "OPERATIONAL", "code": "STORE_CLOSED", "by_person": 2,
             "capability": "SUPERVISOR", "reason": "Relief needed", "given_us": NOW, "until_us": NOW + 1}  # fmt: skip
    with pytest.raises(Refused, match="may not override"), writing(earlier).begin() as conn:
        conn.execute(sa.insert(override), given | {"tx_id": 10, "entry_id": 60})
    with writing(earlier).begin() as conn:
        grant = {"id": 31, "person_id": 2, "capability": "SUPERVISOR", "from_us": 1, "reason": "Posted"}
        conn.execute(sa.insert(capability_grant), grant)
        conn.execute(sa.insert(override), given | {"tx_id": 10, "entry_id": 60})
        conn.execute(sa.insert(tx_seal), {"id": 10, "at_us": NOW, "instance": 1})
    with pytest.raises(Refused, match="append-only"), writing(earlier).begin() as conn:
        conn.execute(sa.delete(override))


def test_pieces_that_went_out_on_an_override_before_are_due_back_less_what_came(earlier: sa.Engine) -> None:
    with writing(earlier).begin() as conn:
        command.upgrade(migrate._config(conn), "0014")
        row = {"id": 21, "kind": "SBG", "maker": "MK", "lot_no": "L1", "product": "Guard", "recorded_us": 1}
        conn.execute(sa.insert(lot), row)
        base = conn.execute(sa.select(decision)).mappings().one()
        for number in (51, 52):
            made = {"id": number, "verdict": "ALLOW", "planned_return_us": NOW + 1}
            conn.execute(sa.insert(decision), dict(base) | made)
        given = {"id": 80, "tx_id": 9, "person_id": 1, "store_id": 1, "purpose": "OPERATIONAL", "code": "STORE_CLOSED",
                 "by_person": 2, "capability": "SUPERVISOR", "reason": "Relief needed", "given_us": NOW,
                 "until_us": NOW + 1, "entry_id": 60}  # fmt: skip
        conn.execute(sa.insert(override), given)
        conn.execute(sa.insert(decision_override), {"decision_id": 51, "override_id": 80})
        for seq, (number, pieces, kind, giver, taker, by) in enumerate(
            ((61, 2, "ISSUED", ("STORE", 1), ("PERSON", 1), 51), (62, 1, "ISSUED", ("STORE", 1), ("PERSON", 1), 52),
             (63, 1, "RETURNED", ("PERSON", 1), ("STORE", 1), None)), start=1,
        ):  # fmt: skip
            entry = {"id": number, "tx_id": 9, "chain": "lot:21", "seq": seq, "prev_hash": "0", "hash": str(number),
                     "kind": kind, "at_us": NOW, "lot_id": 21, "quantity": pieces, "giver": giver[0],
                     "giver_id": giver[1], "taker": taker[0], "taker_id": taker[1], "decision_id": by}  # fmt: skip
            conn.execute(sa.insert(ledger), entry)
    migrate.upgrade(earlier)
    with earlier.connect() as conn:
        asked = sa.select(lot_due.c.id, lot_due.c.person_id, lot_due.c.quantity, lot_due.c.back, lot_due.c.due_us)
        assert [tuple(row) for row in conn.execute(asked)] == [(61, 1, 2, 1, NOW + 1)]

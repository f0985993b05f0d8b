"""Kit goes from state to state by the table of passages, by the people and with the evidence that it asks for."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from inventory.custody.passages.fields import BadEvidence
from inventory.custody.passages.looking import look
from inventory.custody.passages.perform import NotPerformed
from inventory.custody.passages.table import ROWS
from inventory.oversight.audit import audit
from inventory.schema.custody import ledger, ledger_payload
from inventory.schema.engine import make_engine, writing
from inventory.schema.fast import Fast
from inventory.schema.ids import Ids
from inventory.stock.state import states_of
from tests.inventory.custody.passage_force import (
    AUTHORITY,
    EXHIBITS,
    POLICY,
    PSD,
    SERGEANT,
    SPOC,
    TECHNICIAN,
    Doing,
)  # fmt: skip
from tests.small_force import CAMERAS, CARTRIDGES, GUARDS, HANDLES, ISSUER, NOW, SECOND_ISSUER

HOUR = 3_600_000_000


@pytest.fixture(scope="module")
def force(make_database: Callable[..., str], built: str) -> Iterator[Doing]:
    """The small force, empowered; each test takes kit of its own."""
    engine = make_engine(make_database(template=built))
    yield Doing(engine, Ids(writing(engine)))
    engine.dispose()


@pytest.fixture
def doing(force: Doing) -> Doing:
    """The force, its clock back at the morning."""
    force.now_us = NOW
    return force


@pytest.fixture
def handle(doing: Doing) -> int:
    """A handle on the shelf."""
    return doing.fresh("CED_HANDLE")


def refused(doing: Doing, act: str, *args: Any, **evidence: Any) -> NotPerformed:
    """The refusal of an act that must not be done."""
    with pytest.raises(NotPerformed) as told:
        doing.do(act, *args, **evidence)
    return told.value


def test_a_new_handle_is_accepted_by_a_technician_once_its_tag_is_bound(doing: Doing, handle: int) -> None:
    doing.hold(handle, "NOT_ACCEPTED")
    assert doing.state(handle) == "RECEIVED"
    told = refused(doing, "ACCEPT", handle, TECHNICIAN)
    assert "no code bound" in str(told)
    doing.label(handle)
    done = doing.do("ACCEPT", handle, TECHNICIAN)
    assert (done.before, done.after) == ("RECEIVED", "AVAILABLE")


def test_what_is_not_in_the_table_is_refused_with_what_is_possible_and_for_whom(doing: Doing, handle: int) -> None:
    told = refused(doing, "DESTROY", handle, SPOC, SECOND_ISSUER)
    assert "available" in str(told)
    offered = {option.row.act: option.may for option in told.instead}
    assert offered["WITHDRAW"] is True, "the SPOC may withdraw it"
    assert offered["SEIZE"] is False, "seizing is for others"
    assert "ISSUE" not in offered, "issuing has its own door"


def test_nobody_acts_without_the_capability_and_nothing_is_written(doing: Doing, handle: int) -> None:
    told = refused(doing, "QUARANTINE", handle, SERGEANT)
    assert "Put in quarantine is for" in str(told)
    assert doing.state(handle) == "AVAILABLE"
    with doing.engine.connect() as conn:
        entries = sa.select(ledger.c.kind).where(ledger.c.item_id == handle)
        assert list(conn.execute(entries).scalars()) == ["RECEIVED"]


def test_two_people_means_two_different_people(doing: Doing, handle: int) -> None:
    doing.do("WITHDRAW", handle, SPOC)
    assert "takes two people" in str(refused(doing, "DESTROY", handle, SPOC))
    assert "is the first" in str(refused(doing, "DESTROY", handle, SPOC, SPOC))
    done = doing.do("DESTROY", handle, SPOC, SECOND_ISSUER)
    assert done.after == "DESTROYED"
    assert refused(doing, "WITHDRAW", handle, SPOC).instead == (), "nothing leaves a terminal state"


def test_evidence_leaves_only_by_the_authority_written_on_it(doing: Doing, handle: int) -> None:
    doing.do("SEIZE", handle, SERGEANT, authority=AUTHORITY)
    assert doing.do("SEND_TO_EXAM", handle, EXHIBITS).after == "EXTERNAL_EXAM"
    assert doing.do("BACK_FROM_EXAM", handle, EXHIBITS).after == "EVIDENTIAL_HOLD"
    assert AUTHORITY in str(refused(doing, "RELEASE", handle, PSD, authority="DI Somebody"))
    refused(doing, "RELEASE", handle, EXHIBITS)
    assert doing.do("RELEASE", handle, PSD).after == "QUARANTINED"


def test_wet_kit_dries_for_a_day_and_passes_three_tests(doing: Doing, handle: int) -> None:
    doing.do("WET", handle, ISSUER)
    assert "24 hours" in str(refused(doing, "DRIED", handle, TECHNICIAN))
    doing.now_us = NOW + 24 * HOUR
    with pytest.raises(BadEvidence, match="tests_passed"):
        doing.do("DRIED", handle, TECHNICIAN, tests_passed=2)
    assert doing.do("DRIED", handle, TECHNICIAN).after == "AVAILABLE"


def test_a_defect_goes_through_maintenance_or_to_the_maker_and_back(doing: Doing, handle: int) -> None:
    assert doing.do("REPORT_DEFECT", handle, ISSUER).after == "DEFECTIVE"
    assert doing.do("MAINTAIN", handle, TECHNICIAN).after == "IN_MAINTENANCE"
    assert doing.do("SEND_TO_MAKER", handle, TECHNICIAN).after == "RMA"
    assert doing.do("BACK_FROM_MAKER", handle, ISSUER, SECOND_ISSUER).after == "RECEIVED"
    doing.label(handle)
    assert doing.do("ACCEPT", handle, TECHNICIAN).after == "AVAILABLE"


def test_live_duty_cartridges_never_enter_the_training_pool_until_they_expire(doing: Doing) -> None:
    cartridge = doing.fresh("CED_CARTRIDGE")
    assert "live duty" in str(refused(doing, "TO_TRAINING", cartridge, SPOC, TECHNICIAN))
    doing.now_us = NOW + 20 * 365 * 24 * HOUR
    assert doing.state(cartridge) == "EXPIRED"
    done = doing.do("TO_TRAINING", cartridge, SPOC, TECHNICIAN, purpose="LIVE_TRAINING")
    assert done.after == "TRAINING_POOL"


def test_a_handle_goes_to_the_training_pool_and_back_by_two(doing: Doing, handle: int) -> None:
    assert doing.do("TO_TRAINING", handle, SPOC, TECHNICIAN).after == "TRAINING_POOL"
    assert "second person" in str(refused(doing, "FROM_TRAINING", handle, SPOC, ISSUER))
    assert doing.do("FROM_TRAINING", handle, SPOC, TECHNICIAN).after == "AVAILABLE"


def test_evidence_is_kept_beside_the_chain_with_its_salt(doing: Doing, handle: int) -> None:
    done = doing.do("QUARANTINE", handle, ISSUER, detail="cracked grip")
    with doing.engine.connect() as conn:
        kept = ledger_payload.c.ledger_id == done.entry_id
        body = conn.execute(sa.select(ledger_payload.c.body).where(kept)).scalar()
        reason = conn.execute(sa.select(ledger.c.reason).where(ledger.c.id == done.entry_id)).scalar()
        assert audit(conn) == []
    assert body is not None
    assert "cracked grip" in body
    assert reason == "QUARANTINE: AVAILABLE to QUARANTINED"


@pytest.mark.parametrize(
    ("field", "value"),
    [("detail", ""), ("detail", "x"), ("detail", "a\x00b"), ("reason", "BECAUSE"), ("unknown", "field")],
)
def test_evidence_that_does_not_fit_is_refused_by_its_name(doing: Doing, handle: int, field: str, value: str) -> None:
    with pytest.raises(BadEvidence, match=field):
        doing.do("QUARANTINE", handle, ISSUER, **{field: value})
    assert doing.state(handle) == "AVAILABLE"


def test_a_camera_is_wiped_only_when_nothing_is_left_on_it(doing: Doing) -> None:
    assert doing.do("SANITISE", CAMERAS[0], TECHNICIAN, SECOND_ISSUER).after == "RECEIVED"
    assert doing.do("WITHDRAW", CAMERAS[0], TECHNICIAN).after == "SANITISED"
    assert doing.do("DESTROY", CAMERAS[0], TECHNICIAN, SECOND_ISSUER).after == "DESTROYED"


def test_every_row_leads_from_states_its_kinds_have_and_is_the_only_one_of_its_act() -> None:
    for row in ROWS:
        for kind in row.kinds:
            assert set(row.from_states) & set(states_of(kind)), f"{row.act} of {kind} leads from nowhere"
    seen: set[tuple[str, str, str]] = set()
    for row in ROWS:
        for kind in row.kinds:
            for state in set(row.from_states) & set(states_of(kind)):
                assert (row.act, kind, state) not in seen, f"{row.act} of {kind} from {state} stands twice"
                seen.add((row.act, kind, state))


def test_a_page_of_items_costs_as_many_statements_as_two(doing: Doing, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(Fast, "_execute", _counting(Fast._execute, asked))
    counts = []
    for items in ((HANDLES[0], CAMERAS[0]), (*HANDLES, *CARTRIDGES, *CAMERAS, *GUARDS)):
        asked.clear()
        with doing.engine.connect() as conn:
            assert len(look(conn, items, POLICY, NOW)) == len(items)
        counts.append(len(asked))
    assert counts[0] == counts[1] > 0


def _counting(execute: Callable[..., None], asked: list[str]) -> Callable[..., None]:
    def counted(self: Fast, *args: Any) -> None:
        asked.append("statement")
        execute(self, *args)

    return counted

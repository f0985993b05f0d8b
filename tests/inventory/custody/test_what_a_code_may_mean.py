"""A code on several things asks by touch and says where each is; a card's number is known by its end; no guess."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from inventory.custody import hatch
from inventory.custody.answers import HatchAnswer
from inventory.custody.docking import bay_reported
from inventory.custody.hatch import Presented
from inventory.people.credentials import Bind, bind
from inventory.schema.custody import alarm
from inventory.schema.ids import Ids
from inventory.schema.people import binding
from inventory.schema.tx import Tx
from inventory.stock.docks import BayWord
from inventory.stock.marks import EM4100_END
from tests import small_force as force

POLICY = force.demo_policy()
TWINS = (force.CAMERAS[0], force.CAMERAS[1], force.HANDLES[0])


@dataclass
class AtHatch:
    """The Medway hatch, acted on an hour apart: nothing is a stutter of a scanner."""

    engine: sa.Engine
    ids: Ids
    now: int = force.NOW

    def reads(self, *lookups: tuple[str, str]) -> HatchAnswer:
        shown = Presented(lookups, lookups[0][1])
        return self.acts(lambda tx: hatch.present(tx, force.HATCH, shown, POLICY, force.ISSUER))

    def acts(self, act: Callable[[Tx], HatchAnswer]) -> HatchAnswer:
        self.now += 5_000_000
        with force.acting(self.engine, self.ids, self.now) as tx:
            return act(tx)

    def changes(self, table: sa.Table, where: sa.ColumnElement[bool], **values: object) -> None:
        with self.engine.begin() as conn:
            conn.execute(sa.update(table).where(where).values(**values))


@pytest.fixture
def at(engine: sa.Engine, ids: Ids) -> AtHatch:
    return AtHatch(engine, ids)


@pytest.fixture
def twins(at: AtHatch) -> AtHatch:
    """Three items of three makers with one serial: one in a dock, one on the shelf, one out with PC Mercer."""
    draws(at, force.MERCER, force.CAMERAS[1])
    word = BayWord(dock="medway/RACK-02", bay=7, store_id=force.MEDWAY, word="READY", present=True,
                   serial=force.serial(force.CAMERAS[0]), observed_us=at.now, reading_key="b/1/obs/1")  # fmt: skip
    with force.acting(at.engine, at.ids, at.now) as tx:
        bay_reported(tx, word)
    for number, item_id in enumerate(TWINS):
        force.relabel(at.engine, item_id, serial="TWIN", maker=f"MAKER {number}")
    return at


def draws(at: AtHatch, person_id: int, item_id: int) -> None:
    """A person draws one camera."""
    at.reads(("EM4100", force.card(person_id)))
    said = at.reads(("SERIAL", force.serial(item_id)))
    done = at.acts(lambda tx: hatch.complete(tx, said.view["visit"]["id"], force.ISSUER, "FACE", POLICY))
    assert done.outcome == "COMPLETED", done.sentences


def test_each_item_a_code_is_on_is_shown_with_where_it_is(twins: AtHatch) -> None:
    answer = twins.reads(("SERIAL", "TWIN"))
    assert answer.outcome == "CHOOSE"
    assert {each["item_id"]: each["where"] for each in answer.view["choices"]} == {
        force.CAMERAS[0]: "Medway, dock RACK-02 bay 7",
        force.CAMERAS[1]: "with PC Mercer 4418",
        force.HANDLES[0]: "Medway, on the shelf",
    }
    assert [each["held_by"] for each in answer.view["choices"] if each["held_by"]] == [force.MERCER]


def test_a_card_typed_by_its_printed_number_opens_its_owners_visit(at: AtHatch) -> None:
    answer = at.reads(("SERIAL", "0000000101"), (EM4100_END, force.card(force.HOLLIS)[2:]))
    assert answer.outcome == "VISIT_OPENED"
    assert answer.view["visit"]["person"]["id"] == force.HOLLIS


def test_a_number_that_is_the_end_of_two_cards_asks_whose_and_opens_nothing(at: AtHatch) -> None:
    at.changes(
        binding, binding.c.value == force.card(force.MERCER), value="B0" + force.card(force.HOLLIS)[2:]
    )
    answer = at.reads((EM4100_END, force.card(force.HOLLIS)[2:]))
    assert (answer.outcome, answer.view["visit"]) == ("CHOOSE", None)
    assert {each["person_id"]: each["serial"] for each in answer.view["choices"]} == {
        force.HOLLIS: "PC Hollis 4417", force.MERCER: "PC Mercer 4418",
    }  # fmt: skip
    touched = at.acts(lambda tx: hatch.choose_person(tx, force.HATCH, force.MERCER, POLICY, force.ISSUER))
    assert touched.view["visit"]["person"]["id"] == force.MERCER


def test_a_number_on_a_card_and_on_kit_asks_which(at: AtHatch) -> None:
    number = force.card(force.HOLLIS)[2:]
    force.relabel(at.engine, force.CAMERAS[0], serial="2684354661")
    answer = at.reads(("SERIAL", "2684354661"), (EM4100_END, number))
    assert (answer.outcome, answer.view["visit"]) == ("CHOOSE", None)
    asked = [(each["person_id"], each["item_id"]) for each in answer.view["choices"]]
    assert asked == [(force.HOLLIS, None), (None, force.CAMERAS[0])]


def test_a_serial_that_is_somebodys_collar_asks_which(at: AtHatch) -> None:
    force.relabel(at.engine, force.CAMERAS[0], serial="4417")
    assert at.reads(("SERIAL", "4417")).outcome == "CHOOSE"


def test_a_lost_card_is_known_by_its_printed_number_too(at: AtHatch) -> None:
    lost = {"to_us": force.NOW, "end_reason": "LOST"}
    at.changes(binding, binding.c.value == force.card(force.HOLLIS), **lost)
    answer = at.reads((EM4100_END, force.card(force.HOLLIS)[2:]))
    assert (answer.outcome, answer.view["visit"]) == ("LOST_TOKEN", None)
    with at.engine.connect() as conn:
        assert conn.execute(sa.select(alarm.c.kind)).scalars().all() == ["LOST_TOKEN_USED"]


def test_a_card_that_was_lost_and_given_out_again_is_its_new_owners(at: AtHatch) -> None:
    lost = {"to_us": force.NOW, "end_reason": "LOST"}
    value = force.card(force.HOLLIS)
    at.changes(binding, binding.c.value == value, **lost)
    with force.acting(at.engine, at.ids, at.now) as tx:
        bind(tx.conn, tx.ids, Bind("EM4100", value, person_id=force.MERCER), at.now)
    answer = at.reads(("EM4100", value))
    assert answer.outcome == "VISIT_OPENED"
    assert answer.view["visit"]["person"]["id"] == force.MERCER


def test_nobody_is_chosen_who_is_not_known(at: AtHatch) -> None:
    with pytest.raises(LookupError):
        at.acts(lambda tx: hatch.choose_person(tx, force.HATCH, 999_999, POLICY, force.ISSUER))


def test_what_was_refused_is_taken_off_the_list_and_the_refusal_stays_on_record(at: AtHatch) -> None:
    at.reads(("EM4100", force.card(force.LAPSED)))
    refused = at.reads(("SERIAL", force.serial(force.HANDLES[0])))
    visit, line = refused.view["visit"]["id"], refused.view["visit"]["lines"][0]
    assert (refused.outcome, line["word"]) == ("REFUSED", "REFUSED")
    answer = at.acts(lambda tx: hatch.remove_line(tx, visit, line["id"], POLICY))
    assert (answer.title, answer.view["visit"]["lines"]) == ("OFF THE LIST", [])
    with at.engine.connect() as conn:
        assert conn.exec_driver_sql("SELECT verdict FROM decision").scalars().all() == ["DENY"]
    with pytest.raises(LookupError):
        at.acts(lambda tx: hatch.remove_line(tx, visit, line["id"], POLICY))


def test_what_came_back_cannot_be_taken_off_the_list(at: AtHatch) -> None:
    draws(at, force.MERCER, force.CAMERAS[1])
    at.reads(("EM4100", force.card(force.MERCER)))
    back = at.reads(("SERIAL", force.serial(force.CAMERAS[1]))).view["visit"]
    assert [line["word"] for line in back["lines"]] == ["RETURNED"]
    with pytest.raises(LookupError):
        at.acts(lambda tx: hatch.remove_line(tx, back["id"], back["lines"][0]["id"], POLICY))

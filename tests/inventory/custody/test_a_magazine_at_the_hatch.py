"""A magazine over the hatch: drawn with one scan, back with one scan, and what is not in it said by touch."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from inventory.custody import hatch
from inventory.custody.answers import HatchAnswer
from inventory.custody.hatch_returns import Looked
from inventory.custody.life import holdings, who_had
from inventory.oversight.audit import audit
from inventory.schema.custody import alarm
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from tests import t10
from tests.small_force import (
    HATCH,
    HOLLIS,
    ISSUER,
    MEDWAY,
    MERCER,
    NOW,
    acting,
    demo_policy,
    scan,
    serial,
    show_card,
)

POLICY = demo_policy()
SECOND = 1_000_000
FIRST = t10.MAGAZINES[0]
TEN = t10.inside()


class Hatch:
    """The hatch, acted on a second apart."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine, self.ids, self.now = engine, Ids(writing(engine)), NOW

    def act(self, act: Callable[..., Any]) -> Any:
        self.now += SECOND
        with acting(self.engine, self.ids, self.now) as tx:
            return act(tx)

    def shows(self, person_id: int) -> HatchAnswer:
        said: HatchAnswer = self.act(lambda tx: hatch.present(tx, HATCH, show_card(person_id), POLICY, ISSUER))
        return said

    def scans(self, item_id: int) -> HatchAnswer:
        said: HatchAnswer = self.act(lambda tx: hatch.present(tx, HATCH, scan(serial(item_id)), POLICY, ISSUER))
        return said

    def draws(self, person_id: int = HOLLIS) -> HatchAnswer:
        self.shows(person_id)
        for item_id in (t10.HANDLES[0], t10.BATTERIES[0], FIRST):
            answer = self.scans(item_id)
        visit = answer.view["visit"]
        handle, battery = (line["id"] for line in visit["lines"][:2])
        self.act(lambda tx: hatch.function_test_passed(tx, visit["id"], handle, POLICY))
        self.act(lambda tx: hatch.set_charge(tx, visit["id"], battery, 90, POLICY))
        self.act(lambda tx: hatch.declare_fit(tx, visit["id"], POLICY))
        done: HatchAnswer = self.act(lambda tx: hatch.complete(tx, visit["id"], ISSUER, "FACE", POLICY))
        return done

    def says(self, answer: HatchAnswer, item_id: int, word: str) -> HatchAnswer:
        """Touch the line of a cartridge that came along."""
        visit = answer.view["visit"]
        line = next(line["id"] for line in visit["lines"] if line["item_id"] == item_id)
        looked = Looked(line, word, ISSUER)
        said: HatchAnswer = self.act(lambda tx: hatch.say_of_cartridge(tx, visit["id"], looked, POLICY))
        return said


@pytest.fixture(scope="module")
def loaded(make_database: Callable[..., str], built: str) -> str:
    """URL of the small force with the T10 kit, its first magazine loaded."""
    url = make_database(template=built)
    t10.add_to(url)
    engine = make_engine(url)
    with acting(engine, Ids(writing(engine)), NOW) as tx:
        t10.fill(tx, POLICY)
    engine.dispose()
    return url


@pytest.fixture
def at(make_database: Callable[..., str], loaded: str) -> Iterator[Hatch]:
    """A hatch of its own; the ledger is sound when the test is over."""
    engine = make_engine(make_database(template=loaded))
    yield Hatch(engine)
    with engine.connect() as conn:
        assert audit(conn) == []
    engine.dispose()


def test_one_scan_draws_a_magazine_with_its_ten_and_the_screen_says_so(at: Hatch) -> None:
    at.shows(HOLLIS)
    at.scans(t10.HANDLES[0])
    said = at.scans(FIRST)
    assert said.outcome == "IN_SET"
    assert said.sentences == ("Magazine X00421 is in the set with the 10 cartridges in it.",)
    assert len(said.view["visit"]["lines"]) == 2


def test_the_countersign_counts_every_serial_that_is_issued(at: Hatch) -> None:
    done = at.draws()
    assert (done.outcome, done.sentences) == ("COMPLETED", ("13 items issued to PC Hollis 4417.",))


def test_one_scan_brings_a_magazine_back_and_the_screen_shows_each_serial(at: Hatch) -> None:
    at.draws()
    at.shows(HOLLIS)
    said = at.scans(FIRST)
    assert (said.outcome, said.light) == ("RETURNED", "green")
    assert said.sentences[0] == "Magazine X00421 is back from PC Hollis 4417 with the 10 cartridges in it."
    lines = said.view["visit"]["lines"]
    assert [line["item_id"] for line in lines] == [FIRST, *TEN]
    assert {line["came_in"] for line in lines[1:]} == {"magazine X00421"}
    assert lines[0]["came_in"] is None
    assert {row["item_id"] for row in said.view["visit"]["holding"]} == {t10.HANDLES[0], t10.BATTERIES[0]}


def test_what_is_still_out_names_the_magazine_and_not_ten_cartridges(at: Hatch) -> None:
    at.draws()
    at.shows(HOLLIS)
    said = at.scans(t10.HANDLES[0])
    assert said.sentences[1] == (
        "Still out: Battery pack X00411, Magazine X00421 and the 10 cartridges in it."
    )  # fmt: skip
    held = said.view["visit"]["holding"]
    assert [row["within"] for row in held] == [None, None, *[FIRST] * 10], "each follows what it is loaded in"


def test_a_cartridge_scanned_after_its_magazine_is_seen_and_not_drawn_again(at: Hatch) -> None:
    at.draws()
    at.shows(HOLLIS)
    at.scans(FIRST)
    said = at.scans(TEN[3])
    assert (said.outcome, said.light, said.sentences) == (
        "RETURNED", "green", ("Cartridge X00434 is back in magazine X00421.",),
    )  # fmt: skip
    assert len(said.view["visit"]["lines"]) == 11


def test_a_cartridge_scanned_before_its_magazine_was_taken_out_of_it(at: Hatch) -> None:
    at.draws()
    at.shows(HOLLIS)
    said = at.scans(TEN[3])
    assert (said.outcome, said.light) == ("RETURNED", "amber")
    assert "It was recorded in magazine X00421, which is short of it now." in said.sentences
    assert "with the 9 cartridges in it" in at.scans(FIRST).sentences[0]


def test_a_cartridge_that_is_not_there_is_said_by_touch_and_the_visit_ends_short(at: Hatch) -> None:
    at.draws()
    at.shows(HOLLIS)
    for item_id in (t10.HANDLES[0], t10.BATTERIES[0]):
        at.scans(item_id)
    said = at.says(at.scans(FIRST), TEN[6], "MISSING")
    assert (said.outcome, said.light, said.title) == ("MISSING", "amber", "NOT THERE")
    assert said.sentences == ("Cartridge X00437 was not in magazine X00421.",)
    shown = {line["item_id"]: line["said"] for line in said.view["visit"]["lines"]}
    assert (shown[TEN[6]], shown[TEN[5]], len(shown)) == ("MISSING", None, 13)
    with at.engine.connect() as conn:
        found = who_had(conn, TEN[6], at.now + 1)
        assert found is not None
        assert found["holder"] == "UNKNOWN"
        raised = conn.execute(sa.select(alarm.c.kind, alarm.c.item_id, alarm.c.person_id)).all()
    assert [tuple(row) for row in raised] == [("RETURN_SHORT", TEN[6], HOLLIS)]
    ended = at.act(lambda tx: hatch.drop(tx, said.view["visit"]["id"], POLICY, "Done."))
    assert (ended.light, ended.sentences) == ("amber", ("Done.", "Still out: Cartridge X00437."))
    with at.engine.connect() as conn:
        assert len(conn.execute(sa.select(alarm.c.id)).all()) == 1, "one alarm for one cartridge"


def test_a_cartridge_found_later_in_the_visit_is_back(at: Hatch) -> None:
    at.draws()
    at.shows(HOLLIS)
    at.says(at.scans(FIRST), TEN[6], "MISSING")
    said = at.scans(TEN[6])
    assert (said.outcome, said.title) == ("RETURNED", "FOUND")


def test_a_cartridge_that_was_used_is_said_by_touch_and_never_drawn_again(at: Hatch) -> None:
    at.draws()
    at.shows(HOLLIS)
    said = at.says(at.scans(FIRST), TEN[0], "USED")
    assert (said.outcome, said.title) == ("USED", "USED")
    at.act(lambda tx: hatch.drop(tx, said.view["visit"]["id"], POLICY, "Done."))
    at.shows(MERCER)
    refused = at.scans(FIRST)
    assert refused.outcome == "REFUSED"
    assert "Cartridge X00431 has been withdrawn from service." in refused.sentences


def test_only_a_line_of_something_that_came_along_is_spoken_of_and_once(at: Hatch) -> None:
    at.draws()
    at.shows(HOLLIS)
    said = at.scans(FIRST)
    visit = said.view["visit"]
    with pytest.raises(LookupError, match="came back in a magazine"):
        at.says(said, FIRST, "USED")
    done = at.says(said, TEN[0], "MISSING")
    with pytest.raises(LookupError, match="came back in a magazine"):
        at.says(done, TEN[0], "USED")
    at.act(lambda tx: hatch.drop(tx, visit["id"], POLICY, "Done."))
    with pytest.raises(LookupError, match="not open"):
        at.says(said, TEN[1], "USED")


def test_a_magazine_comes_back_without_a_card_too(at: Hatch) -> None:
    at.draws()
    said = at.scans(FIRST)
    assert "with the 10 cartridges in it" in said.sentences[0]
    with at.engine.connect() as conn:
        assert {row["item_id"] for row in holdings(conn, HOLLIS)} == {t10.HANDLES[0], t10.BATTERIES[0]}
        found = who_had(conn, TEN[0], at.now + 1)
    assert found is not None
    assert (found["holder"], found["holder_id"]) == ("STORE", MEDWAY)


def test_a_loaded_cartridge_is_not_drawn_by_itself(at: Hatch) -> None:
    at.shows(HOLLIS)
    said = at.scans(TEN[0])
    assert said.outcome == "REFUSED"
    assert "Cartridge X00431 is recorded as loaded in a magazine." in said.sentences
    assert "Scan the magazine, or have the cartridge unloaded first." in said.remedies

"""Years of history slow nobody down: no read of any route or page, and no act at the hatch, walks a long table.

One rule for the editor: the routes are asked of the application and the statements of the databases, so a new route
and a new statement are judged without being listed here. What may be walked is named in `BY_NATURE` with its reason.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from litestar.handlers import HTTPRouteHandler

from api.app import create_app
from api.settings import Settings
from inventory.oversight.reports import REPORTS
from inventory.schema import words
from inventory.schema.people import capability_grant
from tests import small_force as force
from tests.api import asks
from tests.api.conftest import AUDITOR, House, Person
from tests.api.plans import Heard, hearing, walks
from tests.api.shared import anyio_backend, shared_house

pytestmark = pytest.mark.anyio
__all__ = ["anyio_backend", "shared_house"]

NOT_ASKED = {
    "/live": "its answer never ends", "/hatch": "sends a kiosk on to its own hatch and reads nothing",
    "/api/v1/training-feed": "asked with the key of a feed, and reads that feed alone",
}  # fmt: skip
IDS: dict[str, Any] = {
    "item_id": force.HANDLES[0], "person_id": force.HOLLIS, "store_id": force.MEDWAY, "place_id": force.HATCH,
    "version": "0", "name": "base.css",
}  # fmt: skip
"""Parameters of paths; anything else is asked for by the number 1, which may well not be there."""

SPAN = f"from_us={force.NOW - 86_400_000_000}&to_us={force.NOW + 1}"
ASKED_SO: dict[str, tuple[str, ...]] = {
    "/api/v1/items": ("q=X0024", "kind=SBG", "model=T7", "kind=CED_HANDLE&model=T7", f"store_id={force.MEDWAY}",
                      f"store_id={force.MEDWAY}&kind=SBG", f"store_id={force.MEDWAY}&q=X002", "limit=2"),
    "/api/v1/items/{item_id:int}/had": (f"at_us={force.NOW}",),
    "/api/v1/search": ("q=X00241", "q=hollis", "q=alex h", "q=0001234567"),
    "/api/v1/people": ("q=holl", "q=pc alex 44"),
    "/api/v1/alarms": ("", "open=false", f"store_id={force.MEDWAY}", f"open=false&store_id={force.MEDWAY}"),
    "/api/v1/decisions": ("", "verdict=DENY", f"store_id={force.MEDWAY}", f"person_id={force.HOLLIS}",
                          f"store_id={force.MEDWAY}&verdict=ALLOW"),
    "/api/v1/processing-log": (SPAN, f"{SPAN}&person_id={force.HOLLIS}"),
    "/api/v1/overrides": ("", f"store_id={force.MEDWAY}", f"person_id={force.HOLLIS}"),
    "/api/v1/labels": (f"items={force.HANDLES[0]}",),
    "/api/v1/policy/in-force": ("on=2026-11-22",),
    "/policy/numbers": ("", "on=2026-11-22", "family=training&key=courses.PPST.months"),
    "/api/v1/purchases": ("", f"store_id={force.MEDWAY}"),
    "/api/v1/uses": (f"store_id={force.MEDWAY}",),
    "/api/v1/uses.csv": (f"store_id={force.MEDWAY}",),
    "/uses": ("", f"store={force.MEDWAY}"),
    "/search": ("", "q=alex", "q=X002"),
    "/log": ("", "who=4417"),
    "/alarms": ("", f"store={force.MEDWAY}"),
    "/my-record/looks": ("", "own=true&weeks=1"),
    "/api/v1/stores/{store_id:int}/device": ("bridge_id=1&name=scanner&device=scanner",),
    "/stores/{store_id:int}/device": ("bridge_id=1&name=scanner&device=scanner",),
}  # fmt: skip
"""Queries with which a list is asked for: one for each way of finding its rows."""

REPORT = "/api/v1/reports/{name:str}"
REPORTS_SO = {"where-is": "person=4417", "held-by": "person=4417"}
"""With what a report is asked that needs something."""
OF_SOMETHING = range(6, 17)
"""The questions that are of an item, an officer, or some days; the others look at the whole force, by nature."""

BY_NATURE: dict[str, str] = {
    "DELETE FROM bay_command": "once an hour and for nobody who waits; it could have an index of what is not a release",
    "lapse_event.lapse_id = lapse.id AND lapse_event.act": "a row for each time somebody ever lapsed with kit in hand, "
    "some a week; a lapse is over by a row of its own, so that nothing of it is ever changed",
    "carry_authorisation.model FROM carry_authorisation JOIN person": "everybody who carries a CED, for a look at the "
    "whole force: a row or two for each of them and year, and the look serves all who ask within moments",
    "FROM training_result WHERE training_result.person_id = person.id": "everybody of the force, for what runs out: "
    "by nature, and for the clock every half hour; of their results only whether there is one",
    "coalesce(person.same_as, person.id) AS coalesce_1, person.team": "everybody who carries, for the list of who may: "
    "a row or two for each of them and year",
    "SELECT DISTINCT item.home_store_id, item.kind, item.model": "the models that each store has, for a plan of the "
    "whole force or a what-if, by nature; a page that a planner asks for",
    "FROM person_role JOIN person ON person.id = person_role.person_id ORDER": "who holds a role that may be called "
    "up, once in a while by the clock: some hundreds",
    "loss_case.opened_us FROM loss_case JOIN loss_event ON": "open losses that somebody of PSD acts in: some a week",
    "delivery.opened_us FROM delivery WHERE NOT": "some a week; a delivery is over by an event of its own",
    "max(stocktake_closed.closed_us)": "once a minute by the clock: a row for each whole count there ever was, some a "
    "day and store; it could be bounded by the longest term of the policy",
}
"""A statement's words -> why it must walk what it walks."""


def paths() -> Iterator[str]:
    """Every path of the service that is read, as often as there are ways of asking for it."""
    app = create_app(Settings(database="sqlite:///none.sqlite3", overlay="demo"))
    for route in app.routes:
        handlers: list[HTTPRouteHandler] = getattr(route, "route_handlers", [])
        if route.path == REPORT:
            asked = (each.name for each in REPORTS if int(each.question[1:]) in OF_SOMETHING)
            yield from (f"{REPORT.partition('{')[0]}{name}?{REPORTS_SO.get(name, '')}" for name in asked)
        elif route.path not in NOT_ASKED and any("GET" in each.http_methods for each in handlers):
            for query in ASKED_SO.get(route.path, ("",)):
                yield f"{_filled(route.path)}?{query}".rstrip("?")


def _filled(path: str) -> str:
    parts = (part.strip("{}").partition(":")[0] if part.startswith("{") else None for part in path.split("/"))
    return "/".join(p if n is None else str(IDS.get(n, 1)) for p, n in zip(path.split("/"), parts, strict=True))


@pytest.fixture(scope="module")
async def heard(shared_house: House, sees_all: Person) -> Heard:
    """Every statement that reading the whole service, a visit at the hatch and the clock's jobs have sent."""
    with pytest.MonkeyPatch.context() as patch, hearing(shared_house.service.database.engine, patch) as heard:
        await _acts(shared_house, sees_all, heard)
        for path in paths():
            heard.while_asked = path
            answer = await sees_all.get(path)
            said = f"{path}: say in ASKED_SO how it is asked for: {answer.text}"
            assert answer.status_code in (200, 303, 404), said
    return heard


@pytest.fixture(scope="module")
async def sees_all(shared_house: House) -> Person:
    """Somebody signed in who holds every capability everywhere."""
    rows = [
        {"id": 900_000 + n, "person_id": AUDITOR, "capability": each, "store_id": None, "from_us": 1, "reason": "t"}
        for n, each in enumerate(words.CAPABILITIES)
    ]
    await shared_house.service.database.awrite(lambda tx: tx.conn.execute(sa.insert(capability_grant), rows))
    return await shared_house.sign_in("auditor")


async def _acts(house: House, person: Person, heard: Heard) -> None:
    """A camera goes out and comes back, an officer shows a card and kit at the hatch, and the clock does its jobs."""
    heard.while_asked = "issue and return"
    assert (await person.post("/api/v1/issues", asks.camera(force.HOLLIS))).status_code == 201
    back = {"store_id": force.MEDWAY, "items": [{"item_id": force.CAMERAS[0]}]}
    assert (await person.post("/api/v1/returns", back)).status_code == 200
    heard.while_asked = "the hatch"
    bridge = asks.Bridge(await house.bridge())
    await house.kiosk()
    await bridge.beats()
    said = await bridge.scans(asks.card_of(force.HOLLIS), asks.serial_of(force.CAMERAS[1]))
    assert len(said) == 2
    await bridge.told("obs", (1, asks.bay(4)))
    heard.while_asked = "the clock"
    for job in house.clock._jobs:
        assert await house.clock.once(job)


async def test_no_statement_of_the_service_walks_a_long_table(shared_house: House, heard: Heard) -> None:
    found = []
    with shared_house.service.database.engine.connect() as conn:
        for text, (params, while_asked) in heard.statements.items():
            walked = walks(conn, text, params)
            said = " ".join(text.split())
            if walked and not any(words in said for words in BY_NATURE):
                found.append(f"{while_asked}: {'; '.join(walked)}\n    {said[:600]}")
    assert found == []


async def test_every_read_of_the_service_was_heard(heard: Heard) -> None:
    assert len(heard.statements) > 80, "a search that finds nothing proves nothing"
    for table in ("item", "person", "custody", "ledger", "decision", "processing_log", "visit", "alarm", "inspection"):
        assert any(f" {table} " in text or f" {table}." in text for text in heard.statements), table


@pytest.mark.parametrize("text", [
    "SELECT id FROM ledger WHERE reason = 'x'", "SELECT count(*) FROM item",
    "SELECT i.id FROM item AS i WHERE i.pool = 'x'",
    "SELECT id FROM person WHERE lower(family_name) LIKE '%x%' OR ref = 'x'", "SELECT id FROM visit ORDER BY id",
])  # fmt: skip
async def test_a_statement_that_walks_is_seen(shared_house: House, text: str) -> None:
    with shared_house.service.database.engine.connect() as conn:
        assert walks(conn, text, None)


@pytest.mark.parametrize("text", [
    "SELECT id FROM ledger WHERE item_id = 1", "SELECT id FROM item WHERE id > 5 ORDER BY id LIMIT 3",
    "SELECT id FROM visit WHERE state IN ('OPEN', 'PARKED')", "SELECT id FROM store",
])  # fmt: skip
async def test_a_statement_that_goes_by_an_index_is_let_be(shared_house: House, text: str) -> None:
    with shared_house.service.database.engine.connect() as conn:
        assert walks(conn, text, None) == []

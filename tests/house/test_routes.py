"""Every route of the service says what it does with personal data (Data Protection Act 2018, section 62).

One rule for the editor: a route that touches nobody's data is listed here by its path, so that adding one is
seen. The routes are asked of the running application: one that is not in `api.app` does not exist.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.handlers import BaseRouteHandler

from api.app import create_app
from api.processing import Log
from api.settings import Settings
from inventory.schema.words import LOG_OPERATIONS
from tests.house.source_tree import refuse

TOUCH_NOBODY = {
    "/health": "whether the service is there",
    "/metrics": "counts without names",
    "/api/v1/training/courses": "what the policy says of courses",
    "/api/v1/openapi.json": "the service's own description",
    "/api/v1/openapi": "the framework's copy of it",
    "/api/v1/openapi/openapi.json": "the framework's copy of it",
    "/api/v1/openapi/{path:str}": "the framework's answer to any other form of it",
    "/api/v1/bridge/heartbeat": "clocks, counts and lights of a bridge",
    "/api/v1/bridge/commands": "bays to light, open and lock: docks and numbers, no person",
    "/api/v1/kiosks": "screens and their places",
    "/api/v1/kiosks/pair": "a screen's one-time code",
    "/api/v1/kiosks/{kiosk_id:int}/revoke": "a screen",
    "/api/v1/policy/terms": "numbers of the policy",
    "/api/v1/policy/in-force": "numbers of the policy on a day",
    "/policy/numbers": "the same, on a page",
    "/api/v1/equality/releases": "which quarters were published",
    "/api/v1/equality/releases/{quarter:str}": "published figures, none of fewer than ten people",
    "/api/v1/equality/releases/{quarter:str}/figures.csv": "the same, as a file",
    "/equality": "the same, on a page",
    "/api/v1/reports": "which reports there are, and what they count",
    "/api/v1/availability": "numbers of kit by store, kind and model",
    "/api/v1/availability.csv": "the same, as a file",
    "/api/v1/lending": "kit that stores could lend each other",
    "/api/v1/lending.csv": "the same, as a file",
    "/api/v1/assessments/{number:int}/targets": "numbers by store, shift and kind",
    "/api/v1/assessments/{number:int}/targets.csv": "the same, as a file",
    "/api/v1/assessments/read": "a file of such numbers, looked over",
    "/api/v1/training-feed": "the number of a feed's last batch",
    "/api/v1/training-feeds": "how fresh each source of training records is",
    "/api/v1/labels": "serials and codes of items",
    "/static/{version:str}/{name:str}": "styles and scripts",
    "/sign-in": "an empty form",
    "/pair": "an empty form",
    "/hatch": "which hatch this screen is at",
    "/api/v1/stores": "stores and their places",
    "/api/v1/stores/{store_id:int}": "one store and its places",
    "/api/v1/stores/{store_id:int}/devices": "readers and docks",
    "/api/v1/stores/{store_id:int}/docks": "bays, and kit that nobody holds",
    "/api/v1/stores/{store_id:int}/shelf": "kit on the shelf, none of it with anybody",
    "/api/v1/stores/{store_id:int}/strange-tags": "tags that are bound to no item and to no person",
    "/api/v1/stores/{store_id:int}/bridges": "clocks, counts and versions of bridges",
    "/api/v1/stores/{store_id:int}/firmware": "versions on devices, docks and kit",
    "/api/v1/stores/{store_id:int}/counts/due": "which counts a store owes",
    "/api/v1/stores/{store_id:int}/unseen": "kit in the store, and when a reader saw it",
    "/api/v1/stores/{store_id:int}/unseen.csv": "the same, as a file",
    "/api/v1/stores/{store_id:int}/states.csv": "kit in the store and how it stands, as a file",
    "/api/v1/stores/{store_id:int}/cameras.csv": "cameras in the store and what stops them, as a file",
    "/api/v1/stores/{store_id:int}/guards/months": "numbers of spit guards by month and lot",
    "/api/v1/stores/{store_id:int}/guards/months.csv": "the same, as a file",
    "/api/v1/records-of-processing.csv": "what the service does with personal data, route by route",
    "/stores/{store_id:int}/devices": "readers, docks and bridges",
    "/devices": "readers, docks and bridges",
    "/stores/{store_id:int}/firmware": "versions on devices, docks and kit",
    "/stores/{store_id:int}": "kit on the shelf and in docks, none of it with anybody",
}
"""Paths that may declare no operation, and why."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    """The whole service, not started."""
    path = tmp_path_factory.mktemp("routes") / "kit.sqlite3"
    return create_app(Settings(database=f"sqlite:///{path}"))


def routes(app: Litestar) -> Iterator[tuple[str, BaseRouteHandler]]:
    """Every (path, route handler); the framework's own answers to OPTIONS and HEAD left out."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", None) or [route.route_handler]:
            if getattr(handler, "http_methods", set()) != {"OPTIONS"}:
                yield route.path, handler


def operation_of(handler: BaseRouteHandler) -> str | None:
    """The operation a route declares; None where it declares nothing that is one."""
    log = handler.opt.get("log")
    return log.operation if isinstance(log, Log) else None


def test_every_route_declares_its_operation(app: Litestar) -> None:
    known = {*LOG_OPERATIONS, "NONE"}
    refuse(f"{path} {h.handler_name}" for path, h in routes(app) if operation_of(h) not in known)


def test_the_routes_that_touch_nobodys_data_are_the_ones_listed(app: Litestar) -> None:
    free = {path for path, handler in routes(app) if operation_of(handler) == "NONE"}
    refuse(sorted(free - set(TOUCH_NOBODY)))
    refuse(sorted(set(TOUCH_NOBODY) - free))


def test_what_is_disclosed_names_to_whom(app: Litestar) -> None:
    refuse(
        f"{path} {handler.handler_name}"
        for path, handler in routes(app)
        if operation_of(handler) == "DISCLOSURE" and not handler.opt["log"].recipient
    )


def test_every_route_of_ours_says_in_a_sentence_what_it_does(app: Litestar) -> None:
    ours = [(path, handler.fn) for path, handler in routes(app) if handler.fn.__module__.startswith("api.")]
    assert ours
    refuse(f"{path} {function.__name__}" for path, function in ours if not (function.__doc__ or "").strip())


def test_the_service_can_be_looked_at_without_opening_a_database(tmp_path: Path) -> None:
    create_app(Settings(database=f"sqlite:///{tmp_path / 'kit.sqlite3'}"))
    assert list(tmp_path.iterdir()) == []

"""The OpenAPI document: valid, complete, and true to the running service, so that a client can be made from it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from api.app import create_app
from api.settings import Settings
from tests import small_force as force
from tests.api.asks import camera
from tests.api.conftest import House
from tests.api.shared import anyio_backend, shared_house

__all__ = ["anyio_backend", "shared_house"]
V1 = "/api/v1"
METHODS = ("get", "post", "put", "patch", "delete")
HIDDEN = {f"{V1}/openapi", f"{V1}/openapi.json", f"{V1}/openapi/openapi.json", f"{V1}/openapi/{{path:str}}"}


@pytest.fixture(scope="module")
async def document(shared_house: House) -> dict[str, Any]:
    """The document as the running service hands it out to anybody."""
    answer = await shared_house.browser().get(f"{V1}/openapi.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/vnd.oai.openapi+json")
    return dict(answer.json())


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every (path, method, operation)."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def schema_of(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """A schema that can be used by itself: with the document's components beside it."""
    return {**schema, "components": document["components"], "$schema": "https://json-schema.org/draft/2020-12/schema"}


def test_every_schema_in_the_document_is_a_valid_json_schema(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert document["components"]["schemas"]
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.validator_for(schema_of(document, schema))


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references(document)) - known == set()


def references(part: Any) -> Iterator[str]:
    """Every `$ref` below a part of the document."""
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def test_every_route_of_the_service_is_in_the_document(document: dict[str, Any], tmp_path: Path) -> None:
    app = create_app(Settings(database=f"sqlite:///{tmp_path / 'kit.sqlite3'}"))
    routed = {
        (route.path, method.lower())
        for route in app.routes
        if route.path.startswith(V1) and route.path not in HIDDEN
        for method in route.methods
        if method not in ("OPTIONS", "HEAD")
    }
    told = {(path, method) for path, method, _ in operations(document)}
    plain = {(path.replace(":int", "").replace(":str", ""), method) for path, method in routed}
    assert plain - told == set()
    assert {path for path, _, _ in operations(document) if not path.startswith(V1)} == {"/health", "/metrics", "/live"}


def test_each_operation_has_a_name_of_its_own_a_sentence_and_a_known_tag(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))
    assert [name for name in names if not name.isidentifier()] == [], "a client's method can be called so"
    tags = {tag["name"] for tag in document["tags"]}
    for path, method, operation in operations(document):
        assert operation.get("description"), (path, method)
        assert set(operation["tags"]) <= tags, (path, method)
        assert len(operation["tags"]) == 1, (path, method)


def test_every_error_is_documented_as_a_problem(document: dict[str, Any]) -> None:
    problem = {"$ref": "#/components/schemas/ProblemBody"}
    for path, method, operation in operations(document):
        failures = {code: told for code, told in operation["responses"].items() if int(code) >= 400}
        assert {"400", "503"} <= set(failures), (path, method)
        if path not in ("/health", "/metrics") and operation["operationId"] not in ("sign_in", "pair_kiosk"):
            assert "401" in failures, (path, method)
        for code, told in failures.items():
            assert told["content"] == {"application/problem+json": {"schema": problem}}, (path, method, code)
            assert told["description"], (path, method, code)
        assert any(int(code) < 300 for code in operation["responses"]), (path, method)


LEFT_ALONE = {"/api/v1/bridge/heartbeat": "Heartbeat", "/api/v1/bridge/commands": "Listening"}
"""Bodies whose unknown fields are a newer bridge's: a bridge that works must not be silent at an older service."""


def test_a_body_that_refuses_unknown_fields_says_so(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for path, method, operation in operations(document):
        for media in operation.get("requestBody", {}).get("content", {}).values():
            name = media["schema"].get("$ref", "").rsplit("/", 1)[-1]
            if name:
                strict = schemas[name].get("additionalProperties") is False
                assert strict != (LEFT_ALONE.get(path) == name), (path, method, name)


def test_the_problem_of_the_document_is_the_one_of_the_standard(document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["ProblemBody"]
    assert {"type", "title", "status", "detail", "instance", "errors"} <= set(schema["properties"])
    assert set(schema["required"]) == {"type", "title", "status"}


# ---- against the running service ---------------------------------------------------------------------------


@pytest.mark.anyio
async def test_no_ready_made_page_for_the_document_loads_other_peoples_scripts(shared_house: House) -> None:
    for page in ("elements", "redoc", "swagger", "scalar", "rapidoc", ""):
        assert (await shared_house.browser().get(f"{V1}/openapi/{page}")).status_code in (200, 404)
        assert "<script" not in (await shared_house.browser().get(f"{V1}/openapi/{page}")).text, page


@pytest.mark.anyio
async def test_what_the_service_answers_is_what_its_document_says(
    shared_house: House, document: dict[str, Any]
) -> None:
    ivory = await shared_house.sign_in("ivory")
    kiosk = await shared_house.kiosk("sefton")
    asked: list[tuple[Any, str, str, Any]] = [
        (ivory, "get", "/me", None),
        (ivory, "get", "/items", None),
        (ivory, "post", "/issues/ask", camera(force.HOLLIS)),
        (ivory, "post", "/issues", camera(force.HOLLIS)),
        (ivory, "post", "/issues", camera(force.MERCER)),
        (ivory, "post", "/issues", {}),
        (ivory, "get", f"/items/{force.CAMERAS[0]}", None),
        (ivory, "get", f"/items/{force.CAMERAS[0]}/life", None),
        (ivory, "get", f"/items/{force.CAMERAS[0]}/had?at_us={force.NOW}", None),
        (ivory, "get", "/items/999", None),
        (ivory, "get", "/search?q=hollis", None),
        (ivory, "get", f"/people/{force.HOLLIS}", None),
        (ivory, "get", "/people?q=h", None),
        (ivory, "get", f"/alarms?store_id={force.MEDWAY}", None),
        (ivory, "post", "/returns", {"store_id": 1, "items": [{"item_id": force.CAMERAS[0]}]}),
        (kiosk, "get", f"/hatch/{force.HATCH}", None),
        (kiosk, "post", f"/hatch/{force.HATCH}/scan", {"text": "4417"}),
    ]
    for person, method, path, body in asked:
        answer = await (person.client.get(V1 + path) if method == "get" else person.post(V1 + path, body))
        told = operation_of(document, method, V1 + path.partition("?")[0])["responses"]
        assert str(answer.status_code) in told, (path, answer.text)
        media = told[str(answer.status_code)]["content"][answer.headers["content-type"].partition(";")[0]]
        validator = jsonschema_rs.validator_for(schema_of(document, media["schema"]))
        assert [each.message for each in validator.iter_errors(answer.json())] == [], path


def operation_of(document: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    """The operation that serves a path."""
    wanted = path.split("/")
    for template, of_method, operation in operations(document):
        parts = template.split("/")
        fits = len(parts) == len(wanted) and all(
            part == given or part.startswith("{") for part, given in zip(parts, wanted, strict=True)
        )
        if fits and of_method == method:
            return operation
    raise AssertionError(f"the document has no {method} {path}")

"""Plausible requests for any route, made from the service's own OpenAPI document.

One rule for the editor: a field's value is the one that would get an ineligible person kit, if anything could; a
name that is not known here gets a value of its type, so that a new route is attempted without being asked.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests import small_force as force

SET = [force.HANDLES[0], force.BATTERIES[0], *force.CARTRIDGES[:4]]
PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Operation:
    """One operation of the document."""

    method: str
    path: str
    body: Mapping[str, Any] | None

    @property
    def is_unsafe(self) -> bool:
        """Whether it may change something."""
        return self.method not in ("GET", "HEAD")


def operations(document: Mapping[str, Any]) -> list[Operation]:
    """Every operation of an OpenAPI document, with the schema of its JSON body."""
    found = []
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            content = told.get("requestBody", {}).get("content", {})
            body = content.get("application/json", {}).get("schema")
            found.append(Operation(method.upper(), path, body))
    return found


def values_for(person_id: int, ids: Mapping[str, int]) -> dict[str, Any]:
    """Field or parameter name -> value, for an attempt to get `person_id` a whole CED set. `ids` come first."""
    return {
        "person_id": person_id,
        "store_id": force.MEDWAY,
        "place_id": force.HATCH,
        "item_id": force.HANDLES[0],
        "capability": "ISSUER",
        "kind": "training",
        "items": [{"item_id": each} for each in SET],
        "cartridges": [{"item_id": each} for each in force.CARTRIDGES[:4]],
        "word": "MISSING",
        "lots": [],
        "lot_id": force.GUARD_LOT,
        "quantity": 1,
        "purpose": "OPERATIONAL",
        "planned_return_us": force.SHIFT_ENDS,
        "fit_declared": True,
        "function_tests": [force.HANDLES[0]],
        "charges": [],
        "authenticated_by": "FACE",
        "check": "FACE",
        "pin": None,
        "text": force.serial(force.HANDLES[0]),
        "symbology": None,
        "reason": "RESERVED",
        "rules": [{"code": code} for code in ("PPST_OUT_OF_DATE", "DUTY_RESTRICTED", "STORE_CLOSED")],
        "until_us": force.SHIFT_ENDS,
        "detail": "Attempted by a test",
        "authority": None,
        "name": "Early",
        "passed": True,
        "percent": 97,
        "mode": "OVERT",
        "armour_worn": True,
        "single_crewed": False,
        **ids,
    }


def path_of(operation: Operation, values: Mapping[str, Any]) -> str:
    """The operation's path with its parameters put in."""
    return PARAMETER.sub(lambda match: str(values.get(match[1], 1)), operation.path)


def body_of(schema: Mapping[str, Any] | None, document: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
    """A body that fits `schema`, with every field that it has."""
    if schema is None:
        return None
    schema = _resolved(schema, document)
    if "properties" in schema:
        made = {
            name: values[name] if name in values else body_of(inner, document, values)
            for name, inner in schema["properties"].items()
        }
        needed = set(schema.get("required", ()))
        return {name: value for name, value in made.items() if value is not None or name in needed}
    return _of_type(schema, document, values)


def _of_type(schema: Mapping[str, Any], document: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
    if "const" in schema or schema.get("enum"):
        return schema.get("const", (schema.get("enum") or [None])[0])
    kind = schema.get("type")
    if kind == "array":
        return [body_of(schema.get("items", {}), document, values)] * schema.get("minItems", 1)
    least = schema.get("minimum", 0)
    letters = "a" * max(3, schema.get("minLength", 0))
    return {"integer": least, "number": least, "boolean": True, "string": letters, "object": {}}.get(str(kind))


def _resolved(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _resolved(document["components"]["schemas"][name], document)
    for choice in ("oneOf", "anyOf", "allOf"):
        for each in schema.get(choice, ()):
            if each.get("type") != "null":
                return _resolved(each, document)
    return schema

"""The OpenAPI document, from which a client can be generated.

One rule for the editor: the document says what the service does. Structs that refuse unknown fields say so, and
only JSON is served: every ready-made page for it loads scripts from other people's servers.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, Router, get
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme, Tag

from api.guards import anybody
from api.processing import NOTHING_PERSONAL

PATH = "/api/v1"

TAGS = {
    "issue": "Asking for kit, and handing it back",
    "hatch": "The visit at a hatch",
    "reports": "Named reports: questions of the force with definition, trap and answer",
    "items": "Items, where they are and have been",
    "people": "People, their training, what they hold and may draw",
    "training": "What was taught and to whom: results, course days, curricula, and what was known when",
    "stores": "Stores, shelves, docks and devices",
    "holds": "Why an item may not leave",
    "alarms": "What somebody must look at",
    "uses": "What kit was used for, and what is still owed for it",
    "recalls": "What is recalled, the chase list, and how each line of it ended",
    "authority": "Who may carry a CED, and what was done to their permission",
    "lapses": "Who holds kit and may no longer, and what was said of it",
    "corrections": "What was wrong in the ledger, and what makes up for it",
    "paper": "The printed register, and what was written up from it",
    "losses": "What is late or missing, and what was done about it",
    "counts": "Counts of a store, and what they found",
    "reservations": "Kit that is kept for somebody for a time",
    "transfers": "Kit on its way from one store to another",
    "receiving": "What suppliers deliver, and labels for it",
    "policy": "Documents and their reviews, the numbers in force, changes by two people",
    "planning": "Operations and mutual aid, mobilisable roles, what-ifs",
    "equality": "Figures about nobody, published once a quarter",
    "oversight": "Decisions and the processing log",
    "sign-in": "Signing in and out",
    "administration": "Kiosks, capabilities, imports",
    "bridge": "What bridges deliver",
    "live": "Live screens",
    "service": "The service about itself",
}


def openapi_config(version: str) -> OpenAPIConfig:
    """The document's head. Served at /api/v1/openapi.json."""
    return OpenAPIConfig(
        title="Kit store",
        version=version,
        description="Who holds every piece of kit, and whether its next holder may have it."
        " Times are UTC microseconds since 1970, dates Europe/London days. Errors are RFC 9457 problems.",
        render_plugins=[JsonRenderPlugin()],
        openapi_router=Router(
            f"{PATH}/openapi", route_handlers=[], guards=[anybody], opt=NOTHING_PERSONAL, include_in_schema=False
        ),
        tags=[Tag(name=name, description=text) for name, text in TAGS.items()],
        use_handler_docstrings=True,
        components=Components(
            security_schemes={
                "session": SecurityScheme(type="apiKey", name="kit_session", security_scheme_in="cookie"),
                "bridge": SecurityScheme(type="http", scheme="Bridge", description="Authorization: Bridge <key>"),
            }
        ),
    )


def written(app: Litestar) -> bytes:
    """The document in JSON, with `additionalProperties: false` where a struct refuses unknown fields, which Litestar
    leaves out.

    It is made when it is first asked for: it takes a fifth of a second, and most starts are of services that nobody
    asks.
    """
    closed = {each.__name__ for each in _structs(msgspec.Struct) if each.__struct_config__.forbid_unknown_fields}
    whole = app.openapi_schema
    for key, schema in (whole.components.schemas or {}).items():
        if (schema.title or key) in closed:
            schema.additional_properties = False
    return msgspec.json.encode(whole.to_schema())


def _structs(of: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for each in of.__subclasses__():
        if each.__module__.split(".")[0] in ("api", "devices"):
            yield each
        yield from _structs(each)


@get("/openapi.json", operation_id="openapi", guards=[anybody], opt=NOTHING_PERSONAL, include_in_schema=False)
async def document(request: Request[Any, Any, Any]) -> Response[bytes]:
    """This document."""
    body = await asyncio.to_thread(written, request.app)
    return Response(body, media_type="application/vnd.oai.openapi+json", headers={"Cache-Control": "max-age=300"})


ROUTES = [document]

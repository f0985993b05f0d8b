"""Styles, scripts and drawings, from memory. Their address holds a hash of them all, so browsers may keep them.

One rule for the editor: only what lies in `static/` is served, by its whole name.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from litestar import Response, get
from litestar.params import FromPath

from api.guards import anybody
from api.problems import not_found
from api.processing import NOTHING_PERSONAL

FOLDER = Path(__file__).resolve().parents[1] / "static"
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file as it is sent."""

    body: bytes
    kind: str


def _read() -> dict[str, StaticFile]:
    paths = sorted(path for path in FOLDER.iterdir() if path.suffix in KINDS)
    return {path.name: StaticFile(path.read_bytes(), KINDS[path.suffix]) for path in paths}


FILES = _read()
VERSION = hashlib.sha256(b"".join(name.encode() + each.body for name, each in FILES.items())).hexdigest()[:12]
"""Part of every address of a file: a changed file is a new address."""


@get(
    "/static/{version:str}/{name:str}", guards=[anybody], opt=NOTHING_PERSONAL, include_in_schema=False,
    sync_to_thread=False,
)  # fmt: skip
def static_file(version: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """One file. An address of another version gets today's file, to be asked for again next time."""
    found = FILES.get(name)
    if found is None:
        raise not_found("such file")
    keep = FOR_EVER if version == VERSION else "no-cache"
    return Response(found.body, media_type=found.kind, headers={"Cache-Control": keep})


ROUTES = [static_file]

"""Asked twice, done once: the `Idempotency-Key` of a request, and the answer it was given the first time.

One rule for the editor: the answer is written in the commit of the act, so that a client that heard nothing can
ask again and be told what happened.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Annotated

import sqlalchemy as sa
from litestar import Response
from litestar.params import HeaderParameter

from api.problems import Problem, body_of
from inventory.schema.fast import Fast, Inserter, among
from inventory.schema.service import answered
from inventory.schema.tx import Tx

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key", pattern=r"^[\x21-\x7e]{8,100}$",
        description="Yours to choose, 8 to 100 characters; the same key and body get the same answer again",
    ),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as bytes. `is_problem`: it is a problem (RFC 9457); `is_repeat`: it was given before."""

    code: int
    body: bytes
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """A client's key, made its own by who asked, and the hash of what was asked."""

    key: str
    request_hash: str


_FIND = Fast(
    sa.select(answered.c.idempotency_key, answered.c.request_hash, answered.c.http_code, answered.c.body).where(
        among(answered.c.idempotency_key, "keys", texts=True)
    )
)
_ADD = Inserter(answered)


def key_for(actor: str, route: str, header: str | None, body: bytes) -> Key | None:
    """The key of one request; None where the client sent none."""
    if header is None:
        return None
    asked = blake2b(route.encode() + b"\n" + body, digest_size=24).hexdigest()
    return Key(f"{actor}/{header}", asked)


def given_before(tx: Tx, keys: Sequence[Key | None]) -> dict[str, Given]:
    """What was answered to any of `keys` before; a key re-used for something else is answered with a problem."""
    wanted = {key.key: key for key in keys if key is not None}
    if not wanted:
        return {}
    found = {}
    for name, request_hash, code, body in _FIND.rows(tx.conn, {"keys": sorted(wanted)}):
        same = wanted[name].request_hash == request_hash
        found[name] = Given(code, body.encode(), is_repeat=True) if same else _reused()
    return found


def remember(tx: Tx, answers: Sequence[tuple[Key | None, Given]]) -> None:
    """Keep the answers of requests that came with a key."""
    rows = [
        {"idempotency_key": key.key, "request_hash": key.request_hash, "http_code": given.code,
         "body": given.body.decode(), "at_us": tx.now_us}
        for key, given in answers
        if key is not None
    ]  # fmt: skip
    _ADD.add(tx.conn, rows)


def response(given: Given, problem_type: str) -> Response[bytes]:
    """The response that carries an answer."""
    headers = {"Idempotency-Replayed": "true"} if given.is_repeat else {}
    media_type = problem_type if given.code >= 400 else "application/json"
    return Response(given.body, status_code=given.code, media_type=media_type, headers=headers)


def _reused() -> Given:
    problem = Problem(422, "key-reused", "Idempotency-Key: this key was used for another request.")
    return Given(422, body_of(problem, ""))

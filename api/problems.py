"""What went wrong, told as RFC 9457 says: `application/problem+json`, a stable type, and the field by name.

One rule for the editor: an answer never carries a traceback, an SQL text or a secret. What the caller must
mend is in `errors`; what we must mend is in our own log under the request's id.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, NotAuthorizedException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import ExceptionHandlersMap

from api import logs
from api.batches import Busy
from api.database_errors import Kinds, away, is_disk_full, not_kept, refused
from api.outgoing import new_request_id, of_no_route
from api.strict import BodyNotTaken
from inventory.custody.holds import HoldRefused
from inventory.custody.moves import NotPossible
from inventory.custody.overrides import OverrideRefused
from inventory.people.errors import BadField
from inventory.schema.tx import ClockBehind

MEDIA_TYPE = "application/problem+json"
GOT_CHARS_MAX = 100
OUR_FAULT = "Something went wrong on our side. Nothing of this request was recorded."
DISK_FULL = (
    "The server's disk is full, so nothing can be recorded. Tell whoever runs it;"
    " when there is room, everything goes on by itself."
)
UNKNOWN_OR_MISSING = re.compile(r"(?P<what>unknown|missing required) field `(?P<field>[^`]*)`")
FIELD = re.compile(r"[a-z][a-z_0-9]{1,30}")
MISSING = re.compile(r"Missing required \w+ parameter '([^']+)'")
NOT_JSON = ("JSON is malformed", "Input data was truncated")
"""How the framework and the decoder say these things."""


class FieldError(msgspec.Struct, frozen=True, kw_only=True):
    """One field that cannot be taken: its place, what was expected, and what came (its kind, or its text)."""

    field: str
    expected: str
    got: str = ""


class ProblemBody(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The answer when something went wrong (RFC 9457). `type` is stable: programs may act on it."""

    type: str
    title: str
    status: int
    detail: str = ""
    instance: str = ""
    errors: list[FieldError] = []
    refusals: list[dict[str, Any]] = []
    retry_after_s: int | None = None
    decision_id: int | None = None


class Problem(Exception):
    """Raise to answer with a problem. `type` is a word of ours ("refused"); `code` the HTTP status code."""

    def __init__(
        self, code: int, type: str, detail: str, *, errors: Sequence[FieldError] = (), **more: Any  # noqa: A002
    ) -> None:
        super().__init__(detail)
        self.code, self.type, self.detail, self.errors, self.more = code, type, detail, list(errors), more


def bad_field(field: str, expected: str, got: object = "", code: int = 422) -> Problem:
    """A problem with one field."""
    error = FieldError(field=field, expected=expected, got=str(got)[:GOT_CHARS_MAX])
    return Problem(code, "bad-input", f"{field}: expected {expected}", errors=[error])


def not_found(what: str) -> Problem:
    """There is no such thing, or it is not yours to see."""
    return Problem(404, "not-found", f"There is no {what}.")


def denied(why: str) -> Problem:
    """Signed in, and not allowed."""
    return Problem(403, "not-allowed", why)


def sign_in_first(why: str = "Sign in first.") -> Problem:
    """Not signed in, or no longer."""
    return Problem(401, "not-signed-in", why)


# ---- from exceptions to problems -----------------------------------------------------------------------


def problem_of(error: Exception) -> Problem:
    """The problem that `error` is to the caller."""
    if isinstance(error, Problem):
        return error
    if type(error) in _PLAIN:
        return _PLAIN[type(error)](error)
    for kind, told in _TOLD:
        if isinstance(error, kind):
            return told(error)
    for kinds, told in _OF_THE_DATABASE:
        if isinstance(error, kinds()):
            return told(error)
    return Problem(500, "our-fault", OUR_FAULT)


def _validation(error: ValidationException) -> Problem:
    extra = error.extra if isinstance(error.extra, list) else []
    errors = [_field_error(each) for each in extra]
    if not errors and (missing := MISSING.search(str(error.detail))):
        errors = [FieldError(field=missing.group(1), expected="a value", got="nothing")]
    fields = ", ".join(each.field for each in errors) or "the request"
    return Problem(400, "bad-input", f"Cannot take {fields}.", errors=errors)


def _field_error(told: Mapping[str, Any]) -> FieldError:
    message = str(told.get("message", ""))
    field = str(told.get("key", "")).removeprefix("data.") or str(told.get("source", "body"))
    field = "body" if field == "data" else field
    if match := UNKNOWN_OR_MISSING.search(message):
        inner = match["field"]
        field = inner if field == "body" else f"{field}.{inner}"
        is_unknown = match["what"] == "unknown"
        expected, got = ("a field we know", "an unknown one") if is_unknown else ("a value", "nothing")
        return FieldError(field=field, expected=expected, got=got)
    if message.startswith("Invalid"):
        return FieldError(field=field, expected="one of the values we know", got=message.partition(" value ")[2])
    expected, _, got = message.replace("`", "").removeprefix("Expected ").partition(", got ")
    return FieldError(field=field, expected=expected, got=got)


def _http(error: HTTPException) -> Problem:
    phrase = HTTPStatus(error.status_code).phrase
    kind = phrase.lower().replace(" ", "-")
    if error.status_code == 400 and str(error.detail).startswith(NOT_JSON):
        return bad_field("body", "JSON", str(error.detail)[:GOT_CHARS_MAX], 400)
    detail = str(error.detail) if error.status_code < 500 else "Something went wrong on our side."
    return Problem(error.status_code, kind, detail, headers=dict(error.headers or {}))


def _body(error: BodyNotTaken) -> Problem:
    if not isinstance(error.problem, msgspec.ValidationError):
        return bad_field("body", "JSON", str(error).removeprefix("JSON is malformed: "), 400)
    message, _, place = str(error).partition(" - at `$")
    told = _field_error({"message": message, "key": place.strip("`").lstrip(".") or "body"})
    return Problem(400, "bad-input", f"Cannot take {told.field}.", errors=[told])


def _field(error: BadField) -> Problem:
    return bad_field(error.field, error.expected, error.value)


def _busy(_error: Exception) -> Problem:
    return Problem(503, "busy", "Too much is waiting to be written. Try again in a moment.", retry_after_s=1)


def _behind(error: ClockBehind) -> Problem:
    logs.warning("the clock is behind the ledger", behind_us=error.by_us)
    detail = (
        f"The clock of this instance is {error.by_us / 1e6:.1f} s behind what the ledger says already. Nothing was"
        " written. Try again in a moment; if it stays so, an administrator sets the clock (NTP)."
    )
    return Problem(503, "busy", detail, retry_after_s=1)


def _integrity(error: Exception) -> Problem:
    logs.warning("the database refused", constraint=str(getattr(error, "orig", None) or error)[:200])
    return Problem(409, "conflict", "Somebody was faster, or the database refused this. Look again and retry.")


def of_the_database(error: BaseException) -> Problem:
    """What is said where the database itself is what fails."""
    if is_disk_full(error):
        return Problem(503, "disk-full", DISK_FULL, retry_after_s=10)
    return Problem(503, "database-away", "The database does not answer. Try again in a moment.", retry_after_s=2)


def _not_kept(error: Exception) -> Problem:
    logs.warning("the database cannot hold this", problem=str(getattr(error, "orig", None) or error)[:200])
    return bad_field("request", "numbers below 2**63, and texts without the NUL character")


def _unknown(error: Exception) -> Problem:
    return Problem(404, "not-found", f"{str(error)[:1].upper()}{str(error)[1:]}.")


def _value(error: Exception) -> Problem:
    field, _, expected = str(error).partition(": ")
    if not FIELD.fullmatch(field):
        return Problem(500, "our-fault", OUR_FAULT)
    return bad_field(field, expected.removeprefix("expected "))


def _override(error: OverrideRefused) -> Problem:
    told = FieldError(field=error.field, expected=str(error), got="")
    return Problem(422, "not-overridden", str(error), errors=[told])


_PLAIN: dict[type[Exception], Callable[[Any], Problem]] = {LookupError: _unknown, ValueError: _value}
"""What the kit store raises to say "there is no such thing" and "field: expected …". Exactly these types: a
KeyError or a UnicodeError is a LookupError or a ValueError too, and our own fault."""

_TOLD: tuple[tuple[type[Exception], Callable[[Any], Problem]], ...] = (
    (ValidationException, _validation),
    (NotAuthorizedException, lambda _e: sign_in_first()),
    (HTTPException, _http),
    (BadField, _field),
    (HoldRefused, _value),
    (OverrideRefused, _override),
    (NotPossible, lambda e: Problem(409, "not-possible", str(e))),
    (BodyNotTaken, _body),
    (Busy, _busy),
    (ClockBehind, _behind),
)
_OF_THE_DATABASE: tuple[tuple[Callable[[], Kinds], Callable[[Any], Problem]], ...] = (
    (refused, _integrity),
    (away, of_the_database),
    (not_kept, _not_kept),
)


def body_of(problem: Problem, instance: str) -> bytes:
    """The JSON of a problem."""
    titles = {"our-fault": "Our fault", "refused": "Refused", "busy": "Busy"}
    body = ProblemBody(
        type=f"/problems/{problem.type}",
        title=titles.get(problem.type, problem.type.replace("-", " ").capitalize()),
        status=problem.code,
        detail=problem.detail,
        instance=instance,
        errors=problem.errors,
        **{name: value for name, value in problem.more.items() if name != "headers"},
    )
    return msgspec.json.encode(body)


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The response to `error`; what is our fault is logged here with its traceback."""
    problem = problem_of(error)
    given = str(request.scope.get("kit_request_id", ""))
    request_id = given or new_request_id()
    if problem.type == "our-fault":
        logs.error("unexpected", error, request_id=request_id, path=request.scope["path"])
    headers = {**({} if given else of_no_route(request_id)), **problem.more.get("headers", {})}
    if (wait := problem.more.get("retry_after_s")) is not None:
        headers["Retry-After"] = str(wait)
    return Response(
        body_of(problem, f"urn:request:{request_id}"),
        status_code=problem.code,
        media_type=MEDIA_TYPE,
        headers=headers,
    )


EXCEPTION_HANDLERS: ExceptionHandlersMap = {Exception: answer, HTTPException: answer}

_SAID = {
    400: "The request cannot be read, or a parameter cannot be taken",
    401: "Not signed in",
    403: "Signed in and not allowed, or refused",
    404: "There is no such thing",
    409: "It has changed meanwhile, or is held by somebody else",
    413: "Too large",
    422: "A field cannot be taken",
    429: "Too many attempts",
    503: "Busy, or the database does not answer",
}


def errors(*codes: int) -> dict[int, ResponseSpec]:
    """What a route may answer besides success, for the OpenAPI document."""
    return {
        code: ResponseSpec(ProblemBody, description=_SAID[code], media_type=MEDIA_TYPE, generate_examples=False)
        for code in sorted({400, 503, *codes})
    }

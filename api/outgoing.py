"""What stands on every answer: its request's number, and the headers that keep a browser safe.

One rule for the editor: an answer that no route made (an address or method nobody serves) gets them too.
"""

import itertools

from api.secrets import new_token

RUN = new_token()[:12]
_numbers = itertools.count(1)

SAFETY: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (
        b"content-security-policy",
        (
            b"default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
            b" object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        ),
    ),
)
"""Headers of every answer; what an answer sets itself wins."""
TLS_ONLY = (b"strict-transport-security", b"max-age=31536000")
NOT_KEPT = (b"cache-control", b"no-store")
REQUEST_ID = b"x-request-id"


def new_request_id() -> str:
    """This run's name and a number: unique, not secret, and made without asking the system for random bytes, at
    which the event loop would give way to the writer's thread for milliseconds."""
    return f"{RUN}-{next(_numbers):x}"


def of_no_route(request_id: str) -> dict[str, str]:
    """The headers of an answer that did not pass `api.front`, because no route was asked."""
    return {name.decode(): value.decode() for name, value in (*SAFETY, NOT_KEPT, (REQUEST_ID, request_id.encode()))}

"""Who asks: a bridge by its key, a person by the session's cookie, or nobody.

One rule for the editor: this file never refuses by raising. It says who it is and what is wrong, and the guard
of the route (`api.guards`) refuses, so that a refusal is logged like everything else.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from api.problems import Problem, denied, sign_in_first
from api.secrets import digest
from inventory.people.imports.feed import Feed
from inventory.schema.fast import Fast
from inventory.schema.feeds import feed, feed_key
from inventory.schema.service import bridge, bridge_key, kiosk

SESSION = "kit_session"
KIOSK = "kit_kiosk"
CSRF_HEADER = b"x-csrf"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
SAME_SITE = (b"same-origin", b"none")
BELIEVED_US = 1_000_000
"""A bridge's key and a kiosk's token are looked up again after a second, so that revoking takes effect."""

KEPT_MAX = 5000
Headers = dict[bytes, bytes]

_BRIDGE = Fast(
    sa.select(bridge.c.id)
    .select_from(bridge_key.join(bridge, bridge.c.id == bridge_key.c.bridge_id))
    .where(bridge_key.c.key_hash == sa.bindparam("key_hash"), bridge_key.c.revoked_us.is_(None))
)
_FEED = Fast(
    sa.select(feed.c.id, feed.c.source)
    .select_from(feed_key.join(feed, feed.c.id == feed_key.c.feed_id))
    .where(feed_key.c.key_hash == sa.bindparam("key_hash"), feed_key.c.revoked_us.is_(None))
)
_KIOSK = Fast(
    sa.select(kiosk.c.id, kiosk.c.place_id).where(
        kiosk.c.token_hash == sa.bindparam("token_hash"), kiosk.c.revoked_us.is_(None)
    )
)


@dataclass(frozen=True, slots=True)
class PairedKiosk:
    """A screen that an administrator paired with a place."""

    id: int
    place_id: int


class Believed:
    """Remembers for one second what a token turned out to be, so that a request costs no query."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[Any, int]] = {}

    async def find(self, token: str, now_us: int, look: Callable[[], Awaitable[Any]]) -> Any:
        """What `look` finds for `token`, or found a moment ago. What is not known is never remembered."""
        kept = self._found.get(token)
        if kept is not None and now_us - kept[1] <= BELIEVED_US:
            return kept[0]
        found = await look()
        self._found.pop(token, None)
        if found is not None:
            if len(self._found) >= KEPT_MAX:
                self._found.clear()
            self._found[token] = (found, now_us)
        return found

    def forget(self) -> None:
        """Look everything up again."""
        self._found.clear()


def cookies_of(headers: Headers) -> dict[str, str]:
    """The request's cookies; a malformed header holds none."""
    raw = headers.get(b"cookie")
    if raw is None:
        return {}
    pairs = (part.strip().partition("=") for part in raw.decode("latin-1").split(";"))
    return {name: value.strip('"') for name, _, value in pairs if name}


def cookie_name(name: str, https: bool) -> str:
    """Over TLS the name begins with `__Host-`: no other host and no path can set it."""
    return f"__Host-{name}" if https else name


def bridge_secret(headers: Headers) -> str | None:
    """The key in `Authorization: Bridge …`, where there is one."""
    return _key_in(headers, "bridge")


def feed_secret(headers: Headers) -> str | None:
    """The key in `Authorization: Feed …`, where there is one."""
    return _key_in(headers, "feed")


def _key_in(headers: Headers, wanted: str) -> str | None:
    scheme, _, key = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    return key.strip() if scheme.lower() == wanted and key.strip() else None


def bridge_of(conn: sa.Connection, key: str) -> int | None:
    """The bridge whose live key this is."""
    rows = _BRIDGE.rows(conn, {"key_hash": digest(key)})
    return int(rows[0][0]) if rows else None


def feed_of(conn: sa.Connection, key: str) -> Feed | None:
    """The training feed whose live key this is."""
    rows = _FEED.rows(conn, {"key_hash": digest(key)})
    return Feed(*rows[0]) if rows else None


def kiosk_of(conn: sa.Connection, token: str) -> PairedKiosk | None:
    """The kiosk whose token this is, where it is paired and not revoked."""
    rows = _KIOSK.rows(conn, {"token_hash": digest(token)})
    return PairedKiosk(*rows[0]) if rows else None


def foreign(method: str, headers: Headers, https: bool) -> Problem | None:
    """Why an unsafe request did not come from our own pages; None where it did, or where no browser sent it."""
    if method in SAFE_METHODS:
        return None
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        return None if site in SAME_SITE else _cross_site()
    origin = headers.get(b"origin")
    if origin is None:
        return None
    host = headers.get(b"host", b"").decode("latin-1")
    try:
        at = urlsplit(origin.decode("latin-1"))
    except ValueError:  # "http://[", which no browser sends
        return _cross_site()
    same = at.netloc == host and at.scheme == ("https" if https else "http")
    return None if same else _cross_site()


def without_token(method: str, headers: Headers, wanted: str) -> Problem | None:
    """Why an unsafe request that carries a session's cookie is not believed: its page's token is not there."""
    if method in SAFE_METHODS:
        return None
    given = headers.get(CSRF_HEADER, b"").decode("latin-1")
    if compare_digest(given.encode(), wanted.encode()):
        return None
    return Problem(403, "no-page-token", "X-CSRF: expected the token of this sign-in. Reload the page.")


def unknown_key(scheme: str = "Bridge") -> Problem:
    """A bridge or a feed came with a key that is not, or no longer, ours."""
    return sign_in_first(f"Authorization: expected `{scheme}` and a key that is in force.")


def _cross_site() -> Problem:
    return denied("This request comes from another site.")

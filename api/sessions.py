"""Sign-ins that last: our own table of sessions, found by the hash of a token that only the cookie holds.

One rule for the editor: a session begins with a fresh token at every sign-in (nobody can plant one), and ends
by time, by signing out, or with the person, the kiosk or the sign-in. What is found is believed for one second,
so that a request costs no query and a revocation takes effect within that second on every instance.
"""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from api.secrets import csrf_token, digest, new_token
from api.settings import SignIn
from inventory.people.capabilities import Held, held_by, may
from inventory.schema.fast import Fast
from inventory.schema.people import person, place
from inventory.schema.service import kiosk, sign_in, web_session
from inventory.schema.tx import Tx

BELIEVED_US = 1_000_000
KEPT_MAX = 5000
MINUTE_US = 60_000_000


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person signed in: who, where (a paired kiosk or nowhere in particular), and what they may do."""

    token_hash: str
    csrf: str
    person_id: int
    name: str
    kiosk_id: int | None
    place_id: int | None
    store_id: int | None
    started_us: int
    seen_us: int
    ends_us: int
    held: frozenset[Held]


@dataclass(frozen=True, slots=True)
class NewSession:
    """What signing in gives: the token for the cookie, once, and when it ends at the latest."""

    token: str
    csrf: str
    ends_us: int


_FIND = Fast(
    sa.select(
        web_session.c.person_id, person.c.given_name, person.c.family_name, web_session.c.kiosk_id,
        kiosk.c.place_id, place.c.store_id, web_session.c.started_us, web_session.c.seen_us, web_session.c.ends_us,
    )
    .select_from(
        web_session.join(person, person.c.id == web_session.c.person_id)
        .join(sign_in, sign_in.c.person_id == web_session.c.person_id)
        .outerjoin(kiosk, kiosk.c.id == web_session.c.kiosk_id)
        .outerjoin(place, place.c.id == kiosk.c.place_id)
    )
    .where(
        web_session.c.token_hash == sa.bindparam("token_hash"),
        web_session.c.ended_us.is_(None),
        web_session.c.ends_us > sa.bindparam("at_us"),
        sa.func.coalesce(sign_in.c.closed_us, sa.bindparam("at_us") + 1) > sa.bindparam("at_us"),
        kiosk.c.revoked_us.is_(None),
    )
)  # fmt: skip
_AT_PLACE = Fast(
    sa.select(web_session.c.person_id, place.c.store_id)
    .select_from(
        web_session.join(kiosk, kiosk.c.id == web_session.c.kiosk_id).join(place, place.c.id == kiosk.c.place_id)
    )
    .where(
        kiosk.c.place_id == sa.bindparam("place_id"), kiosk.c.revoked_us.is_(None),
        web_session.c.ended_us.is_(None), web_session.c.ends_us > sa.bindparam("at_us"),
        web_session.c.seen_us > sa.bindparam("seen_after_us"),
    )
    .order_by(web_session.c.started_us.desc())
)  # fmt: skip
_TOUCH = Fast(
    sa.update(web_session)
    .where(web_session.c.token_hash == sa.bindparam("of_hash"), web_session.c.seen_us < sa.bindparam("at_us"))
    .values(seen_us=sa.bindparam("at_us"))
)
_END = Fast(
    sa.update(web_session)
    .where(web_session.c.token_hash == sa.bindparam("of_hash"), web_session.c.ended_us.is_(None))
    .values(ended_us=sa.bindparam("at_us"))
)


_ALIVE = Fast(
    sa.select(web_session.c.seen_us).where(
        web_session.c.token_hash == sa.bindparam("token_hash"), web_session.c.ended_us.is_(None),
        web_session.c.ends_us > sa.bindparam("at_us"),
    )
)  # fmt: skip


class Sessions:
    """What this instance remembers of sessions for a second, and when each was last used."""

    def __init__(self, settings: SignIn) -> None:
        self.settings = settings
        self._found: dict[str, tuple[SignedIn, int]] = {}
        self._touched: dict[str, int] = {}

    def recall(self, token: str, now_us: int) -> SignedIn | None:
        """The session of `token`, where it was looked up within the last second."""
        kept = self._found.get(token)
        if kept is None or now_us - kept[1] > BELIEVED_US:
            return None
        return self._still(kept[0], now_us)

    def look(self, token: str, now_us: int) -> Callable[[sa.Connection], SignedIn | None]:
        """The look-up of `token` to run on a reading connection."""
        token_hash = digest(token)

        def find(conn: sa.Connection) -> SignedIn | None:
            rows = _FIND.rows(conn, {"token_hash": token_hash, "at_us": now_us})
            if not rows:
                return None
            person_id, given, family, kiosk_id, place_id, store_id, started_us, seen_us, ends_us = rows[0]
            held = held_by(conn, [person_id], now_us)[person_id]
            return SignedIn(
                token_hash, csrf_token(token), person_id, f"{given} {family}", kiosk_id, place_id, store_id,
                started_us, seen_us, ends_us, held,
            )  # fmt: skip

        return find

    def keep(self, token: str, found: SignedIn | None, now_us: int) -> SignedIn | None:
        """Remember what a look-up found, and give it back where the session still lives."""
        if found is None:
            self._found.pop(token, None)
            return None
        if len(self._found) >= KEPT_MAX:
            self._found.clear()
        self._found[token] = (found, now_us)
        return self._still(found, now_us)

    def _still(self, found: SignedIn, now_us: int) -> SignedIn | None:
        if now_us >= found.ends_us or self._is_idle(found, found.seen_us, now_us):
            return None
        self._touched[found.token_hash] = now_us
        return found

    def _is_idle(self, found: SignedIn, seen_us: int, now_us: int) -> bool:
        minutes = self.settings.kiosk_idle_minutes if found.kiosk_id else self.settings.idle_minutes
        return now_us - max(seen_us, self._touched.get(found.token_hash, 0)) > minutes * MINUTE_US

    def lives_on(self, conn: sa.Connection, found: SignedIn, now_us: int) -> bool:
        """Whether a session still lives, asked of the database. Does not count as using it."""
        rows = _ALIVE.rows(conn, {"token_hash": found.token_hash, "at_us": now_us})
        return bool(rows) and not self._is_idle(found, int(rows[0][0]), now_us)

    def forget(self) -> None:
        """Look everything up again: somebody's rights or session changed here."""
        self._found.clear()

    def used(self, now_us: int) -> dict[str, int]:
        """Sessions used of late (hash -> when), to be written by the clock task; older ones are forgotten."""
        kept = {token: at_us for token, at_us in self._touched.items() if now_us - at_us < 10 * MINUTE_US}
        self._touched = kept
        return {token: at_us for token, at_us in kept.items() if now_us - at_us < 2 * MINUTE_US}


def begin(tx: Tx, person_id: int, kiosk_id: int | None, settings: SignIn) -> NewSession:
    """Begin a session with a token that nobody has seen."""
    token = new_token()
    ends_us = tx.now_us + settings.absolute_minutes * MINUTE_US
    row = {
        "token_hash": digest(token), "person_id": person_id, "kiosk_id": kiosk_id, "started_us": tx.now_us,
        "seen_us": tx.now_us, "ends_us": ends_us,
    }  # fmt: skip
    tx.conn.execute(sa.insert(web_session), row)
    return NewSession(token, csrf_token(token), ends_us)


def end(tx: Tx, token_hash: str) -> None:
    """End one session now. Ending it again does nothing."""
    _END.run(tx.conn, {"of_hash": token_hash, "at_us": tx.now_us})


def end_all_of(tx: Tx, person_id: int) -> None:
    """End every session of a person: their password changed, or their sign-in was closed."""
    tx.conn.execute(
        sa.update(web_session)
        .where(web_session.c.person_id == person_id, web_session.c.ended_us.is_(None))
        .values(ended_us=tx.now_us)
    )


def end_others_at(tx: Tx, kiosk_id: int) -> None:
    """End every session at a kiosk: one issuer at a time stands at a hatch."""
    tx.conn.execute(
        sa.update(web_session)
        .where(web_session.c.kiosk_id == kiosk_id, web_session.c.ended_us.is_(None))
        .values(ended_us=tx.now_us)
    )


def touch(tx: Tx, used: dict[str, int]) -> None:
    """Write when sessions were last used."""
    _TOUCH.many(tx.conn, [{"of_hash": token_hash, "at_us": at_us} for token_hash, at_us in used.items()])


def issuer_at(conn: sa.Connection, place_id: int, now_us: int, settings: SignIn) -> int | None:
    """The person signed in at a place's kiosk who may issue there; None where nobody does."""
    after = now_us - settings.kiosk_idle_minutes * MINUTE_US
    rows = _AT_PLACE.rows(conn, {"place_id": place_id, "at_us": now_us, "seen_after_us": after})
    if not rows or not may(conn, rows[0][0], "ISSUER", rows[0][1], now_us):
        return None
    return int(rows[0][0])

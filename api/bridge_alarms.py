"""What is wrong with bridges and their devices by now: raised once, and settled by itself when it is well again.

One rule for the editor: the words of an alarm name what is wrong and what to do, and hold nothing that changes while
it lasts (no count, no time), because the same words again are the same alarm.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from api.bridges import SKEW_MAX_US
from api.device_words import BRIDGE_SILENT_US, DOWN, WORDS
from api.heartbeats import SKEW_KIND, skew_sentence
from inventory.custody.alarms import Lasting, Raise, keep_raised, to_change
from inventory.gate.wording import day_of
from inventory.schema.fast import Fast
from inventory.schema.service import bridge, bridge_key, device_state
from inventory.schema.tx import Tx

DEVICE_DOWN_US = 300_000_000
"""A device may be down this long (a cable moved, a scanner swapped) before somebody is told."""
FULL_MAX = 50
"""A spool of which more than so many percent is taken by what waits is filling."""
READING_BYTES = 1024
"""What a waiting reading takes on a bridge's disk, roughly. What the spool takes in all says nothing: it keeps what was
delivered for seven days, and lets go of it when it needs the room."""
WAITING_MAX = 20_000
"""Readings that wait at a bridge which does not tell its quota, before its spool is said to be filling."""
DAY_US = 86_400_000_000
"""What does not say since when it is wrong, and was settled by hand, is raised again after a day."""
CERTIFICATE_NEAR_US = 21 * DAY_US
LOCK = 0x6B69740D
KINDS = (SKEW_KIND, "BRIDGE_SILENT", "SPOOL_FILLING", "CERTIFICATE_ENDS", "DEVICE_DOWN")


@dataclass(frozen=True, slots=True)
class _Bridge:
    """A bridge that has a key in force and was heard once, as it last told itself."""

    name: str
    store_id: int
    seen_us: int
    offset_us: int
    waiting: int | None
    quota_bytes: int | None
    certificate_ends_us: int | None


_HAS_KEY = sa.exists().where(bridge_key.c.bridge_id == bridge.c.id, bridge_key.c.revoked_us.is_(None))
_BRIDGES = Fast(
    sa.select(
        bridge.c.name, bridge.c.store_id, bridge.c.seen_us, bridge.c.offset_us, bridge.c.spool_waiting,
        bridge.c.spool_quota_bytes, bridge.c.certificate_ends_us,
    ).where(bridge.c.seen_us.is_not(None), bridge.c.offset_us.is_not(None), _HAS_KEY)
)  # fmt: skip
_DEVICES = Fast(
    sa.select(bridge.c.name, bridge.c.store_id, device_state.c.device, device_state.c.word, device_state.c.since_us)
    .select_from(device_state.join(bridge, bridge.c.id == device_state.c.bridge_id))
    .where(device_state.c.since_us < sa.bindparam("before_us"), _HAS_KEY)
)

_STOPPED = Fast(
    sa.select(bridge.c.name, device_state.c.device, device_state.c.detail)
    .select_from(device_state.join(bridge, bridge.c.id == device_state.c.bridge_id))
    .where(device_state.c.word == "STOPPED")
)


def wrong_now(conn: sa.Connection, now_us: int) -> list[Lasting]:
    """What is wrong at `now_us`, each with since when."""
    found = []
    for row in _BRIDGES.rows(conn, {}):
        of = _Bridge(*row)
        for kind, what in _OF_BRIDGE.items():
            found += [Lasting(Raise(kind, says, of.store_id), since_us) for says, since_us in what(of, now_us)]
    for name, store_id, device, word, since_us in _DEVICES.rows(conn, {"before_us": now_us - DEVICE_DOWN_US}):
        if word in DOWN:
            found.append(Lasting(Raise("DEVICE_DOWN", _down(device, name, word), store_id), since_us))
    return found


def _down(device: str, bridge_name: str, word: str) -> str:
    shown = WORDS[word]
    return f"{device} at bridge {bridge_name} is {shown.says.lower()} for more than 5 minutes. {shown.do}"


def _not_read_any_more(conn: sa.Connection) -> dict[tuple[str, str], str]:
    """What to say where an alarm ends because its device is not read any more: it is not well again."""
    return {
        ("DEVICE_DOWN", _down(device, name, word)): f"{device} is not read any more: {why or 'it was stopped'}."
        for name, device, why in _STOPPED.rows(conn, {})
        for word in DOWN
    }


def is_due(conn: sa.Connection, now_us: int) -> bool:
    """Whether an alarm is to be raised or settled."""
    return to_change(conn, KINDS, wrong_now(conn, now_us)).any()


def look(tx: Tx) -> None:
    """Raise what is wrong now and settle what is well again."""
    if tx.conn.dialect.name == "postgresql":  # two instances that look at once would raise it twice
        tx.conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
    keep_raised(tx, KINDS, wrong_now(tx.conn, tx.now_us), _not_read_any_more(tx.conn))


def spool_full(waiting: int | None, quota_bytes: int | None) -> int | None:
    """How much of a spool is taken by what waits, in percent; None where the bridge does not tell its quota."""
    return None if not quota_bytes else min(100, (waiting or 0) * READING_BYTES * 100 // quota_bytes)


Said = Iterator[tuple[str, int]]


def _silent(of: _Bridge, now_us: int) -> Said:
    if now_us - of.seen_us > BRIDGE_SILENT_US:
        says = f"Bridge {of.name} has said nothing for more than 2 minutes: what is scanned there is not seen."
        yield f"{says} See that its machine is on, and on the network.", of.seen_us


def _skewed(of: _Bridge, now_us: int) -> Said:
    if abs(of.offset_us) > SKEW_MAX_US:
        yield skew_sentence(of.name), now_us - DAY_US


def _filling(of: _Bridge, now_us: int) -> Said:
    full = spool_full(of.waiting, of.quota_bytes)
    if (full > FULL_MAX) if full is not None else ((of.waiting or 0) > WAITING_MAX):
        says = f"Bridge {of.name} keeps what it cannot deliver, and takes no more once its space is used up."
        yield f"{says} Run `kit-bridge doctor` there: it says what stands in the way.", now_us - DAY_US


def _certificate(of: _Bridge, now_us: int) -> Said:
    ends_us = of.certificate_ends_us
    if ends_us is not None and ends_us - now_us < CERTIFICATE_NEAR_US:
        says = f"Bridge {of.name}: a certificate ends on {day_of(ends_us)}."
        yield f"{says} Renew it before: without it nothing is delivered.", ends_us - CERTIFICATE_NEAR_US


_OF_BRIDGE: dict[str, Callable[[_Bridge, int], Said]] = {
    "BRIDGE_SILENT": _silent,
    SKEW_KIND: _skewed,
    "SPOOL_FILLING": _filling,
    "CERTIFICATE_ENDS": _certificate,
}

"""Alarms: what a person must look at, raised where it is noticed and settled by somebody with a sentence.

One rule for the editor: an alarm of the same kind about the same item and person is not raised twice while the
first is open. Only what `keep_raised` watches is settled by itself, when it is well again; then nobody is named.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import sqlalchemy as sa

from inventory.schema.custody import alarm
from inventory.schema.fast import Fast, Inserter, among
from inventory.schema.tx import Tx


@dataclass(frozen=True, slots=True)
class Raise:
    """What is wrong (`kind`, a stable word), where, and about which item or person."""

    kind: str
    detail: str
    store_id: int | None = None
    item_id: int | None = None
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class Lasting:
    """Something that is wrong now and has been `since_us`. Its `detail` stays the same while it lasts."""

    raised: Raise
    since_us: int


@dataclass(frozen=True, slots=True)
class ToChange:
    """What is to be raised, and the open alarms (id, store id, kind and words) that are over."""

    raised: list[Raise]
    over: list[tuple[int, int | None, tuple[str, str]]]

    def any(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.raised or self.over)


WELL_AGAIN = "It is well again; nobody had to settle it."

_INSERT = Inserter(alarm)
_OPEN_OF = Fast(
    sa.select(alarm.c.id, alarm.c.kind, alarm.c.detail, alarm.c.store_id).where(
        among(alarm.c.kind, "kinds", texts=True), alarm.c.settled_us.is_(None)
    )
)
_BY_HAND = Fast(
    sa.select(sa.func.max(alarm.c.settled_us)).where(
        alarm.c.kind == sa.bindparam("kind"), alarm.c.detail == sa.bindparam("detail"), alarm.c.settled_by.is_not(None)
    )
)
_OPEN = Fast(
    sa.select(alarm.c.item_id, alarm.c.person_id, alarm.c.detail).where(
        alarm.c.kind == sa.bindparam("kind"), alarm.c.settled_us.is_(None)
    )
)
_SETTLE = Fast(
    sa.update(alarm)
    .where(alarm.c.id == sa.bindparam("alarm_id"), alarm.c.settled_us.is_(None))
    .values(settled_us=sa.bindparam("at"), settled_by=sa.bindparam("by"), settlement=sa.bindparam("how"))
)


def raise_alarms(tx: Tx, raised: Sequence[Raise]) -> list[int]:
    """Write the alarms that are not open already, tell the stores' screens, and return their ids."""
    rows: list[int] = []
    for each in raised:
        about = (each.item_id, each.person_id)
        open_ones = _OPEN.rows(tx.conn, {"kind": each.kind})
        bare = about == (None, None)
        if any((i, p) == about and (not bare or d == each.detail) for i, p, d in open_ones):
            continue
        rows.append(tx.ids.take())
        row = {
            "id": rows[-1],
            "kind": each.kind,
            "store_id": each.store_id,
            "item_id": each.item_id,
            "person_id": each.person_id,
            "raised_us": tx.now_us,
            "detail": each.detail,
        }
        _INSERT.add(tx.conn, [row])
        tx.say(f"store:{each.store_id}" if each.store_id else "all", {"type": "alarm", "alarm": row})
    return rows


def settle_alarm(tx: Tx, alarm_id: int, by_person: int, how: str) -> bool:
    """Close an alarm with a sentence. False when it is not open."""
    if not how.strip():
        raise ValueError("settlement: say how it was settled")
    return (
        _SETTLE.run(tx.conn, {"alarm_id": alarm_id, "at": tx.now_us, "by": by_person, "how": how.strip()})
        == 1
    )


def to_change(conn: sa.Connection, kinds: Sequence[str], wrong: Iterable[Lasting]) -> ToChange:
    """What is to be raised and settled so that the open alarms of these kinds are just what is wrong now.

    What somebody settled by hand while it lasted is not raised again before it was well.
    """
    wanted = {(each.raised.kind, each.raised.detail): each for each in wrong}
    open_ones = _OPEN_OF.rows(conn, {"kinds": list(kinds)})
    known = {(kind, detail) for _, kind, detail, _ in open_ones}
    return ToChange(
        [each.raised for key, each in wanted.items() if key not in known and not _is_known(conn, each)],
        [(row_id, store_id, (kind, says)) for row_id, kind, says, store_id in open_ones if (kind, says) not in wanted],
    )


def _is_known(conn: sa.Connection, lasting: Lasting) -> bool:
    asked = {"kind": lasting.raised.kind, "detail": lasting.raised.detail}
    settled_us = _BY_HAND.rows(conn, asked)[0][0]
    return settled_us is not None and settled_us >= lasting.since_us


def keep_raised(
    tx: Tx, kinds: Sequence[str], wrong: Iterable[Lasting], ends: Mapping[tuple[str, str], str] = MappingProxyType({})
) -> None:
    """Settle what is open and well again, raise what is wrong and not open, and tell the stores' screens. `ends` says
    by kind and words how else one ended than by being well."""
    change = to_change(tx.conn, kinds, wrong)
    for alarm_id, store_id, key in change.over:  # first: what is wrong anew about the same item is not the old alarm
        how = ends.get(key, WELL_AGAIN)
        _SETTLE.run(tx.conn, {"alarm_id": alarm_id, "at": tx.now_us, "by": None, "how": how})
        tx.say(f"store:{store_id}" if store_id else "all", {"type": "alarm_settled", "alarm_id": alarm_id})
    raise_alarms(tx, change.raised)

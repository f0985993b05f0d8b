"""What a card, a collar, a tag or a printed serial stands for, and since when.

One rule for the editor: never guess. A code that stands for several things gives all of them, a code that
stands for nothing gives nothing, and a credential reported lost says so until it is bound again.

A live (technology, value) stands for one thing (partial unique index); dates make a re-used collar tell its
holders apart. Times are UTC microseconds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.people.errors import BadField
from inventory.schema.fast import Fast, among
from inventory.schema.ids import Ids
from inventory.schema.people import binding, person
from inventory.schema.stock import item

COLLAR = "COLLAR"
SERIAL = "SERIAL"
"""The serial printed on an item by its maker. It is looked up in `item`, so it needs no binding."""

ANY = "ANY"
"""Asks for every technology: text that could be a serial, a collar or a label of ours."""

END_REASONS = ("LOST", "REPLACED", "RETURNED", "MISTAKE")
VALUE_CHARS_MAX = 128
_HEX = frozenset({"EM4100", "ISO14443A", "ISO15693", "EPC", "TID"})
_SEPARATORS = str.maketrans("", "", " :-")


@dataclass(frozen=True, slots=True)
class Target:
    """What one code stands for: a person (the one they are linked to, where a duplicate), an item or a lot.

    `live` is False for a binding that has ended; `end_reason` LOST is the one that must alarm.
    """

    technology: str
    value: str
    person_id: int | None
    item_id: int | None
    lot_id: int | None
    live: bool
    end_reason: str | None = None

    @property
    def is_lost(self) -> bool:
        """Whether this credential was reported lost and has not been bound again."""
        return not self.live and self.end_reason == "LOST"


_BOUND = Fast(
    sa.select(
        binding.c.technology, binding.c.value, sa.func.coalesce(person.c.same_as, binding.c.person_id),
        binding.c.item_id, binding.c.lot_id, binding.c.to_us, binding.c.end_reason,
    )
    .select_from(binding.outerjoin(person, person.c.id == binding.c.person_id))
    .where(among(binding.c.value, "values", texts=True), binding.c.from_us <= sa.bindparam("at_us"))
    .order_by(binding.c.from_us.desc(), binding.c.id.desc())
)  # fmt: skip
_PRINTED = Fast(
    sa.select(item.c.id, item.c.serial).where(among(item.c.serial, "values", texts=True)).order_by(item.c.id)
)


def normal(technology: str, value: str) -> str:
    """A value as bindings hold it: trimmed, upper case for collars, serials and hex, no separators in hex.

    Raises BadField where nothing or too much is left.
    """
    text = value.strip()
    if technology in _HEX:
        text = text.translate(_SEPARATORS).upper()
        if not text or any(digit not in "0123456789ABCDEF" for digit in text):
            raise BadField(technology.lower(), value, "hexadecimal digits")
    if technology in (COLLAR, SERIAL):
        text = text.upper()
    if not 1 <= len(text) <= VALUE_CHARS_MAX:
        raise BadField(technology.lower(), value, f"1 to {VALUE_CHARS_MAX} characters")
    return text


def lookup(conn: sa.Connection, codes: Iterable[tuple[str, str]], now_us: int) -> list[Target]:
    """Everything that any of the (technology, value) pairs stands for at `now_us`, each target once.

    Technology `ANY` matches all of them, `SERIAL` the serials printed on items. Live targets come first; an
    ended binding is reported only where its code has no live target.
    """
    wanted = [(technology, value) for technology, value in codes if value]
    if not wanted:
        return []
    values = sorted({form for _, value in wanted for form in (value, value.upper())})
    found = _bound(conn, wanted, values, now_us)
    if any(technology in (ANY, SERIAL) for technology, _ in wanted):
        found += _printed(conn, wanted, values)
    live = {(each.technology, each.value) for each in found if each.live}
    kept = [each for each in found if each.live or (each.technology, each.value) not in live]
    return _each_target_once(sorted(kept, key=lambda each: not each.live))


def _bound(
    conn: sa.Connection, wanted: Sequence[tuple[str, str]], values: list[str], now_us: int
) -> list[Target]:
    exact = set(wanted)
    loose = {form for technology, value in wanted if technology == ANY for form in (value, value.upper())}
    rows = _BOUND.rows(conn, {"values": values, "at_us": now_us})
    return [
        Target(technology, value, person_id, item_id, lot_id, to_us is None or to_us > now_us, end_reason)
        for technology, value, person_id, item_id, lot_id, to_us, end_reason in rows
        if (technology, value) in exact or value in loose
    ]


def _printed(conn: sa.Connection, wanted: Sequence[tuple[str, str]], values: list[str]) -> list[Target]:
    serials = {value.upper() for technology, value in wanted if technology in (ANY, SERIAL)}
    rows = _PRINTED.rows(conn, {"values": values})
    found = [(item_id, serial) for item_id, serial in rows if serial in serials]
    return [Target(SERIAL, serial, None, item_id, None, live=True) for item_id, serial in found]


def _each_target_once(targets: Iterable[Target]) -> list[Target]:
    first: dict[tuple[int | None, int | None, int | None], Target] = {}
    for each in targets:
        first.setdefault((each.person_id, each.item_id, each.lot_id), each)
    return list(first.values())


# ---- acts ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bind:
    """A binding to be made; exactly one of the three targets is set."""

    technology: str
    value: str
    person_id: int | None = None
    item_id: int | None = None
    lot_id: int | None = None
    recorded_by: int | None = None


def bind(conn: sa.Connection, ids: Ids, asked: Bind, now_us: int) -> int:
    """Bind a code and return the binding's id. Raises BadField where it stands for something else already."""
    value = normal(asked.technology, asked.value)
    live = conn.execute(_live(asked.technology, value)).first()
    if live is not None:
        if (live.person_id, live.item_id, live.lot_id) == (asked.person_id, asked.item_id, asked.lot_id):
            return int(live.id)
        raise BadField(asked.technology.lower(), value, "a value that stands for nothing else at present")
    new_id = ids.take()
    row = {
        "id": new_id, "technology": asked.technology, "value": value, "person_id": asked.person_id,
        "item_id": asked.item_id, "lot_id": asked.lot_id, "from_us": now_us, "recorded_by": asked.recorded_by,
    }  # fmt: skip
    conn.execute(sa.insert(binding), row)
    return new_id


def unbind(conn: sa.Connection, technology: str, value: str, reason: str, now_us: int) -> int:
    """End a live binding; returns its id. Raises BadField for an unknown reason or where nothing is bound."""
    if reason not in END_REASONS:
        raise BadField("reason", reason, f"one of {', '.join(END_REASONS)}")
    live = conn.execute(_live(technology, normal(technology, value))).first()
    if live is None:
        raise BadField(technology.lower(), value, "a value that is bound at present")
    conn.execute(sa.update(binding).where(binding.c.id == live.id).values(to_us=now_us, end_reason=reason))
    return int(live.id)


def set_collar(conn: sa.Connection, ids: Ids, person_id: int, collar: str, now_us: int) -> int:
    """Give a person this collar from now, ending the one they had. Raises BadField where another wears it."""
    value = normal(COLLAR, collar)
    conn.execute(
        sa.update(binding)
        .where(
            binding.c.technology == COLLAR, binding.c.person_id == person_id,
            binding.c.to_us.is_(None), binding.c.value != value,
        )
        .values(to_us=now_us, end_reason="REPLACED")
    )  # fmt: skip
    return bind(conn, ids, Bind(COLLAR, value, person_id=person_id), now_us)


def holder_at(conn: sa.Connection, technology: str, value: str, at_us: int) -> int | None:
    """The person a credential stood for at `at_us`, then and not now; None where it stood for no one."""
    found = conn.execute(
        sa.select(binding.c.person_id).where(
            binding.c.technology == technology,
            binding.c.value == normal(technology, value),
            binding.c.from_us <= at_us,
            sa.or_(binding.c.to_us.is_(None), binding.c.to_us > at_us),
        )
    ).scalar()
    return None if found is None else int(found)


def _live(technology: str, value: str) -> sa.Select[tuple[int, int, int, int]]:
    return sa.select(binding.c.id, binding.c.person_id, binding.c.item_id, binding.c.lot_id).where(
        binding.c.technology == technology, binding.c.value == value, binding.c.to_us.is_(None)
    )

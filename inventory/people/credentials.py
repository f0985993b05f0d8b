"""Cards, collars, tags and labels: given to people and kit, and taken away again.

One rule for the editor: a live (technology, value) stands for one thing (partial unique index); dates make a re-used
collar tell its holders apart. What a code that was read stands for now is asked in one place, `inventory.stock.marks`.
Times are UTC microseconds.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from inventory.people.errors import BadField
from inventory.schema.ids import Ids
from inventory.schema.people import binding

COLLAR = "COLLAR"
SERIAL = "SERIAL"
"""The serial printed on an item by its maker. It is looked up in `item`, so it needs no binding."""

LABEL = "LABEL"
"""A label of ours on an item, known by the text on it."""

END_REASONS = ("LOST", "REPLACED", "RETURNED", "MISTAKE")
VALUE_CHARS_MAX = 128
_HEX = frozenset({"EM4100", "ISO14443A", "ISO14443B", "ISO15693", "FELICA", "EPC", "TID"})
_SEPARATORS = str.maketrans("", "", " :-")



def normal(technology: str, value: str) -> str:
    """A value as bindings hold it and readers give it: trimmed, upper case for collars, serials, labels and hex, no
    separators in hex.

    Raises BadField where nothing or too much is left.
    """
    text = value.strip()
    if technology in _HEX:
        text = text.translate(_SEPARATORS).upper()
        if not text or any(digit not in "0123456789ABCDEF" for digit in text):
            raise BadField(technology.lower(), value, "hexadecimal digits")
    if technology in (COLLAR, SERIAL, LABEL):
        text = text.upper()
    if not 1 <= len(text) <= VALUE_CHARS_MAX:
        raise BadField(technology.lower(), value, f"1 to {VALUE_CHARS_MAX} characters")
    return text


def bindable(technology: str, value: str) -> str:
    """`normal`, for a code that is to be given to someone or something.

    Raises BadField for what `normal` refuses, and for a card that cannot be known again: a UID of four bytes that
    begins with 08 is drawn anew at every touch (ISO/IEC 14443-3), as phones and privacy cards do.
    """
    text = normal(technology, value)
    if technology == "ISO14443A" and len(text) == 8 and text.startswith("08"):
        raise BadField(technology.lower(), value, "a card that keeps its number; 08... is new at every touch")
    return text


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
    """Bind a code and return the binding's id. Raises BadField where it stands for something else already, and for
    a card that cannot be known again."""
    value = bindable(asked.technology, asked.value)
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

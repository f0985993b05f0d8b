"""Codes are bound to an item by scanning the item and then its tag, and no metal ever comes near a TASER.

One rule for the editor: nothing else binds a code to an item on record, but an import; every binding and every end of
one is an entry on the item's chain, with what the tag is made of and where it sits.

No metal identity tag on a CED and no etching of one: the maker's training, versions 12 to 14, as quoted by the
Braidwood Inquiry (appendix F; design `domain.md` 2.4 and source S23); paper or plastic labels are meant. A radio inlay
on the device itself needs the maker's clearance in writing (2.4, 9.8); its holster or case needs none.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.ledger import Entry, append, item_chain
from inventory.custody.locks import lock
from inventory.people.credentials import LABEL, SERIAL, Bind, bind, bindable, unbind
from inventory.people.errors import BadField
from inventory.schema.fast import Fast
from inventory.schema.people import binding
from inventory.schema.stock import item
from inventory.schema.tx import Tx
from inventory.schema.words import SECTION_5_KINDS
from inventory.stock.kinds import title
from inventory.stock.labels import printed_for

MATERIALS = {
    "PAPER": "paper",
    "PLASTIC": "plastic",
    "INLAY": "radio inlay",
    "METAL": "metal",
    "ETCHED": "etched",
}
PLACES = {"ITEM": "on the item itself", "HOLSTER": "on its holster", "CASE": "on its case or cradle"}
TECHNOLOGIES = ("LABEL", "EPC", "TID", "GIAI", "GRAI", "SGTIN", "CPI", "ISO15693", "ISO14443A")
"""What may be bound to an item. A plain bar code is a LABEL."""
RADIO = ("EPC", "TID", "ISO15693", "ISO14443A")
CONDUCTS = ("METAL", "ETCHED")
SOURCE = "the maker's training for CEDs: no metal identity tags and no etching; use paper or plastic"


@dataclass(frozen=True, slots=True)
class Bar:
    """Why a code is not bound, and what puts that right."""

    sentence: str
    remedy: str = ""


class NotMarked(ValueError):
    """Nothing was bound. Every reason is given at once."""

    def __init__(self, bars: list[Bar]) -> None:
        super().__init__(" ".join(f"{bar.sentence} {bar.remedy}".strip() for bar in bars))
        self.bars = tuple(bars)


@dataclass(frozen=True, slots=True)
class Mark:
    """A tag: what it is read by, what it says, what it is made of, and where it sits.

    `clearance` is the maker's letter that lets a radio inlay be on a CED itself.
    """

    technology: str
    value: str
    material: str = "PAPER"
    place: str = "ITEM"
    clearance: str | None = None


@dataclass(frozen=True, slots=True)
class Marked:
    """What a tag is for: the item (or what will be one), its kind and its printed serial."""

    item_id: int
    kind: str
    serial: str

    @property
    def name(self) -> str:
        """ "TASER handle X00201"."""
        return f"{title(self.kind)} {self.serial}"


_LIVE = Fast(
    sa.select(binding.c.id, binding.c.item_id, binding.c.person_id, binding.c.lot_id).where(
        binding.c.technology == sa.bindparam("technology"),
        binding.c.value == sa.bindparam("value"),
        binding.c.to_us.is_(None),
    )
)
_ITEM = Fast(sa.select(item.c.kind, item.c.serial).where(item.c.id == sa.bindparam("item_id")))
_SERIALS = Fast(
    sa.select(item.c.id, item.c.kind, item.c.serial).where(item.c.serial == sa.bindparam("serial"))
)
_OWN = Fast(
    sa.select(binding.c.technology, binding.c.value).where(
        binding.c.id == sa.bindparam("binding_id"),
        binding.c.item_id == sa.bindparam("item_id"),
        binding.c.to_us.is_(None),
    )
)


def tidy(mark: Mark) -> Mark:
    """The mark as it is bound: upper case, no separators in hex. Raises BadField naming what cannot be taken."""
    for name, given, known in (("technology", mark.technology, TECHNOLOGIES), ("material", mark.material, MATERIALS),
                               ("place", mark.place, PLACES)):  # fmt: skip
        if given not in known:
            raise BadField(name, given, f"one of {', '.join(known)}")
    material = "INLAY" if mark.technology in RADIO and mark.material not in CONDUCTS else mark.material
    clearance = (mark.clearance or "").strip() or None
    value = bindable(mark.technology, mark.value)
    return Mark(
        mark.technology, value.upper() if mark.technology == LABEL else value, material, mark.place, clearance
    )


def bars(conn: sa.Connection, of: Marked, mark: Mark) -> list[Bar]:
    """What keeps a tidy mark from being bound to `of`; nothing where it may be, or is already."""
    found = [bar for bar in (_of_metal(of, mark), _of_radio(of, mark), _of_label(of, mark)) if bar]
    for _, item_id, _person, _lot in _LIVE.rows(conn, {"technology": mark.technology, "value": mark.value}):
        if item_id != of.item_id:
            what = _name(conn, item_id) if item_id else "a person or a lot"
            found.append(
                Bar(f"{mark.value} stands for {what} already.", "Use another tag, or end that one first.")
            )
    return found + (_serial_of_another(conn, of, mark) if mark.technology == LABEL else [])


def _of_metal(of: Marked, mark: Mark) -> Bar | None:
    if of.kind not in SECTION_5_KINDS or mark.material not in CONDUCTS or mark.place != "ITEM":
        return None
    word = "is etched" if mark.material == "ETCHED" else "carries a metal tag"
    return Bar(
        f"No {title(of.kind)} {word} ({SOURCE}).", "Use a paper or plastic label, or tag its holster or case."
    )


def _of_radio(of: Marked, mark: Mark) -> Bar | None:
    on_it = of.kind in SECTION_5_KINDS and mark.material == "INLAY" and mark.place == "ITEM"
    if not on_it or mark.clearance:
        return None
    return Bar(
        f"A radio inlay on {of.name} itself needs the maker's clearance in writing.",
        "Tag its holster or case, or name the clearance.",
    )


def _of_label(of: Marked, mark: Mark) -> Bar | None:
    if mark.technology not in (LABEL, SERIAL):
        return None
    if mark.value == of.serial:
        return Bar(
            f"{mark.value} is its printed serial, which needs no binding.", "Scan the tag that was put on it."
        )
    meant = printed_for(mark.value)
    if meant is None or meant == of.item_id:
        return None
    return Bar(f"The label {mark.value} was printed for another item.", f"Print one for {of.name}.")


def _serial_of_another(conn: sa.Connection, of: Marked, mark: Mark) -> list[Bar]:
    others = [row for row in _SERIALS.rows(conn, {"serial": mark.value}) if row[0] != of.item_id]
    return [
        Bar(
            f"{mark.value} is the printed serial of {title(row[1])} {row[2]} (item {row[0]}).",
            "Use another label.",
        )
        for row in others
    ]


def _name(conn: sa.Connection, item_id: int) -> str:
    rows = _ITEM.rows(conn, {"item_id": item_id})
    return f"{title(rows[0][0])} {rows[0][1]}" if rows else f"item {item_id}"


def marked_item(conn: sa.Connection, item_id: int) -> Marked:
    """The item to be marked. Raises LookupError for an unknown one."""
    rows = _ITEM.rows(conn, {"item_id": item_id})
    if not rows:
        raise LookupError(f"item {item_id} is not known")
    return Marked(item_id, *rows[0])


def bind_mark(tx: Tx, of: Marked, mark: Mark, by_person: int, second: int | None = None) -> int:
    """Bind a tag to an item and return the binding's id; one that is bound to it already stays as it is.

    Raises NotMarked with every reason, BadField for a value that cannot be taken.
    """
    mark = tidy(mark)
    lock(tx, [], [of.item_id])
    found = bars(tx.conn, of, mark)
    if found:
        raise NotMarked(found)
    live = _LIVE.rows(tx.conn, {"technology": mark.technology, "value": mark.value})
    if live:
        return int(live[0][0])
    asked = Bind(mark.technology, mark.value, item_id=of.item_id, recorded_by=by_person)
    binding_id = bind(tx.conn, tx.ids, asked, tx.now_us)
    append(tx, [_entry("MARKED", of.item_id, mark, (by_person, second))])
    return binding_id


def end_mark(tx: Tx, item_id: int, binding_id: int, reason: str, by_person: int) -> None:
    """End a tag of an item: LOST, REPLACED, RETURNED or MISTAKE. Raises BadField, LookupError where it is not bound."""
    lock(tx, [], [item_id])
    rows = _OWN.rows(tx.conn, {"binding_id": binding_id, "item_id": item_id})
    if not rows:
        raise LookupError(f"code {binding_id} does not stand for item {item_id}")
    technology, value = rows[0]
    unbind(tx.conn, technology, value, reason, tx.now_us)
    append(tx, [_entry("UNMARKED", item_id, Mark(technology, value), (by_person, None), reason)])


def _entry(kind: str, item_id: int, mark: Mark, signed: tuple[int, int | None], reason: str = "") -> Entry:
    told = f"{mark.technology} {mark.value}"
    return Entry(
        chain=item_chain(item_id),
        kind=kind,
        item_id=item_id,
        by_person=signed[0],
        second_person=signed[1],
        reason=f"{told}: {reason}" if reason else f"{told}, {MATERIALS[mark.material]}, {PLACES[mark.place]}",
        payload={"clearance": mark.clearance} if mark.clearance else None,
    )

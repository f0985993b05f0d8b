"""What is loaded in what: how it stands, and each change of it with its entries in the ledger.

One rule for the editor: nothing else writes `fitting`, and what is loaded is where the thing is that it is loaded
in. Whoever moves either moves the other in the same commit, or takes them apart here.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from inventory.custody.ledger import Entry, append, item_chain
from inventory.custody.locks import lock
from inventory.schema.fast import Fast, Inserter, among
from inventory.schema.stock import fitting, item
from inventory.schema.tx import Tx
from inventory.stock.kinds import label, title


@dataclass(frozen=True, slots=True)
class Fit:
    """One thing loaded in another now; `slot` counts from 1, None where nobody wrote the place down."""

    id: int
    child_id: int
    child_kind: str
    child_serial: str
    parent_id: int
    parent_kind: str
    parent_serial: str
    slot: int | None

    @property
    def child(self) -> str:
        """ "Cartridge C31017NX4"."""
        return f"{title(self.child_kind)} {self.child_serial}"

    @property
    def parent(self) -> str:
        """ "magazine M1004"."""
        return f"{label(self.parent_kind)} {self.parent_serial}"


@dataclass(frozen=True, slots=True)
class Fits:
    """What some items are loaded in, and what is loaded in them, by the order of the places."""

    inside: Mapping[int, tuple[Fit, ...]] = field(default_factory=dict)
    within: Mapping[int, Fit] = field(default_factory=dict)

    def of(self, item_id: int) -> tuple[Fit, ...]:
        """What is loaded in an item."""
        return self.inside.get(item_id, ())


@dataclass(frozen=True, slots=True)
class Put:
    """A thing to be loaded in another, at place `slot`; `parent` is how sentences name that ("magazine M1004")."""

    child_id: int
    child_kind: str
    child_serial: str
    parent_id: int
    parent: str
    slot: int


@dataclass(frozen=True, slots=True)
class Took:
    """A thing taken out of another: `why` is a few words for both ledgers, "" where it was simply unloaded."""

    fit: Fit
    why: str = ""
    by_person: int | None = None
    visit_id: int | None = None
    reading_key: str | None = None


_CHILD, _PARENT = item.alias("child"), item.alias("parent")
_COLUMNS = (
    fitting.c.id, fitting.c.child_id, _CHILD.c.kind, _CHILD.c.serial, fitting.c.parent_id, _PARENT.c.kind,
    _PARENT.c.serial, fitting.c.slot,
)  # fmt: skip
_JOINED = fitting.join(_CHILD, _CHILD.c.id == fitting.c.child_id).join(
    _PARENT, _PARENT.c.id == fitting.c.parent_id
)
_LIVE = Fast(
    # Two searches of an index each, rather than one by either column.
    sa.union(
        sa.select(*_COLUMNS)
        .select_from(_JOINED)
        .where(among(fitting.c.child_id, "ids"), fitting.c.to_us.is_(None)),
        sa.select(*_COLUMNS)
        .select_from(_JOINED)
        .where(among(fitting.c.parent_id, "ids"), fitting.c.to_us.is_(None)),
    )
)
_PUT = Inserter(fitting, ("id", "child_id", "parent_id", "slot", "from_us", "loaded_entry"))
_END = Fast(
    sa.update(fitting)
    .where(fitting.c.id == sa.bindparam("fitting"), fitting.c.to_us.is_(None))
    .values(to_us=sa.bindparam("at"), unloaded_entry=sa.bindparam("entry"))
)


def fits_of(conn: sa.Connection, item_ids: Sequence[int]) -> Fits:
    """What these items are loaded in, and what is loaded in them."""
    inside: dict[int, list[Fit]] = defaultdict(list)
    within: dict[int, Fit] = {}
    for row in _LIVE.rows(conn, {"ids": sorted(set(item_ids))}):
        each = Fit(*row)
        inside[each.parent_id].append(each)
        within[each.child_id] = each
    ordered = {
        parent: tuple(sorted(some, key=lambda fit: (fit.slot or 0, fit.child_id))) for parent, some in inside.items()
    }
    return Fits(ordered, within)


def lock_fitted(tx: Tx, item_ids: Sequence[int]) -> Fits:
    """Make other instances wait for these items, for what they are loaded in and for what is loaded in them.

    Gives what is loaded in what. It stays so until this transaction ends: who changes it locks both. Two that take
    the locks crosswise are told of the deadlock, and the writer runs one of them again.
    """
    lock(tx, [], item_ids)
    found = fits_of(tx.conn, item_ids)
    beside = {fit.child_id for some in found.inside.values() for fit in some}
    beside |= {fit.parent_id for fit in found.within.values()}
    lock(tx, [], sorted(beside - set(item_ids)))
    return found


def put_in(tx: Tx, puts: Sequence[Put], by_person: int | None) -> None:
    """Load things, each with an entry of its own, and one for what they are loaded in.

    Raises the driver's IntegrityError where one is loaded already, or its place is taken.
    """
    entries = [
        Entry(
            chain=item_chain(put.child_id), kind="LOADED", item_id=put.child_id, by_person=by_person,
            reason=f"In {put.parent}, place {put.slot}",
        )
        for put in puts
    ]  # fmt: skip
    filled: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for put in puts:
        filled[put.parent_id].append((put.child_kind, put.child_serial))
    entries += [
        Entry(
            chain=item_chain(parent), kind="LOADED", item_id=parent, by_person=by_person,
            reason=f"With {_listed(some)}",
        )
        for parent, some in filled.items()
    ]  # fmt: skip
    written = append(tx, entries)
    _PUT.add(
        tx.conn,
        [
            {
                "id": tx.ids.take(), "child_id": put.child_id, "parent_id": put.parent_id, "slot": put.slot,
                "from_us": tx.now_us, "loaded_entry": entry,
            }
            for put, entry in zip(puts, written, strict=False)
        ],
    )  # fmt: skip


def take_out(tx: Tx, taken: Sequence[Took]) -> None:
    """Take things out of what they are loaded in, each with an entry in both ledgers."""
    entries = [_out(took, took.fit.child_id, f"From {took.fit.parent}") for took in taken]
    emptied: dict[tuple[int, str], list[Took]] = defaultdict(list)
    for took in taken:
        emptied[took.fit.parent_id, took.why].append(took)
    entries += [
        _out(some[0], parent, f"Without {_listed([(t.fit.child_kind, t.fit.child_serial) for t in some])}")
        for (parent, _), some in emptied.items()
    ]
    written = append(tx, entries)
    _END.many(
        tx.conn,
        [
            {"fitting": took.fit.id, "at": tx.now_us, "entry": entry}
            for took, entry in zip(taken, written, strict=False)
        ],
    )


def _listed(some: Sequence[tuple[str, str]]) -> str:
    """ "cartridges C31017NX4, C31017NX5"; things of one kind."""
    return f"{label(some[0][0], len(some))} {', '.join(serial for _, serial in some)}"


def _out(took: Took, item_id: int, what: str) -> Entry:
    return Entry(
        chain=item_chain(item_id),
        kind="UNLOADED",
        item_id=item_id,
        by_person=took.by_person,
        visit_id=took.visit_id,
        reading_key=took.reading_key,
        reason=f"{what}: {took.why}" if took.why else what,
    )

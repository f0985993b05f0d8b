"""Which pieces each person sent would draw, out of which store, and what has to be carried between stores for that.

One rule for the editor: only pieces that `stock` says could go, each once. A person's own come first, then their
store's, then what is brought. What expires first goes first, as at the hatch, where it outlasts the operation.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from inventory.oversight.mobilisation.choosing import CED, Choice
from inventory.oversight.mobilisation.people import Candidate
from inventory.oversight.mobilisation.stock import CAMERA, GUARD, POOL, Stock, Unit

LAST = "9999-12-31"


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing that somebody would draw. `store_id`: out of which store; `is_own`: their own. A spit guard has a lot
    and no item. `before` and `during`: codes of what is to be put right by then, and meanwhile."""

    kind: str
    model: str
    serial: str
    store_id: int
    item_id: int | None = None
    lot_id: int | None = None
    is_own: bool = False
    before: frozenset[str] = frozenset()
    during: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Issued:
    """Somebody who is sent: the post, the model of CED ("" for none), the kinds the post draws, how many duties on the
    roster it takes them off, and the pieces."""

    candidate: Candidate
    post: str
    model: str
    draws: tuple[str, ...]
    duties: int
    pieces: tuple[Piece, ...] = ()

    @property
    def items(self) -> tuple[int, ...]:
        """The ids of the items among the pieces."""
        return tuple(each.item_id for each in self.pieces if each.item_id is not None)

    @property
    def brought(self) -> tuple[Piece, ...]:
        """What is not in their own store, and not their own."""
        home = self.candidate.who.store_id
        return tuple(each for each in self.pieces if home not in (None, each.store_id) and not each.is_own)


@dataclass(frozen=True, slots=True)
class Move:
    """What one store sends to another: items, and pieces of lots."""

    from_id: int
    to_id: int
    items: tuple[Piece, ...]
    lots: Mapping[int, int]


def moves(sent: Iterable[Issued]) -> list[Move]:
    """The transfers that it takes, one for each pair of stores."""
    items: dict[tuple[int, int], list[Piece]] = defaultdict(list)
    lots: dict[tuple[int, int], Counter[int]] = defaultdict(Counter)
    for each in sent:
        for piece in each.brought:
            at = (piece.store_id, each.candidate.who.store_id or 0)
            if piece.item_id is not None:
                items[at].append(piece)
            elif piece.lot_id is not None:
                lots[at][piece.lot_id] += 1
    return [Move(*at, tuple(items[at]), dict(lots[at])) for at in sorted({*items, *lots})]


def issued(named: Sequence[Issued], stock: Stock, choice: Choice) -> tuple[Issued, ...]:
    """The same people with their pieces."""
    shelves = _Shelves(stock)
    left = Counter(choice.given)
    pieces: dict[int, list[Piece]] = defaultdict(list)
    for each in named:
        own = stock.own.get(each.candidate.who.id)
        if own is not None and CAMERA in each.draws:
            pieces[each.candidate.who.id].append(_piece(own, own.item.home_store_id, is_own=True))
    asked = [(each, kind, each.model if kind == CED else "") for each in named for kind in each.draws]
    for from_home in (True, False):
        for each, kind, model in asked:
            who = each.candidate.who
            if _has(each, kind, pieces[who.id], stock):
                continue
            at = _where(left, kind, model, who.store_id, from_home=from_home)
            if at is not None:
                left[at, kind, model] -= 1
                pieces[who.id] += shelves.take(at, kind, model)
    return tuple(replace(each, pieces=tuple(pieces[each.candidate.who.id])) for each in named)


def _has(each: Issued, kind: str, pieces: Iterable[Piece], stock: Stock) -> bool:
    carried = kind == GUARD and each.candidate.who.id in stock.with_guard
    return carried or any(one.kind == kind for one in pieces)


def _where(
    left: Counter[tuple[object, str, str]], kind: str, model: str, home: int | None, *, from_home: bool
) -> int | None:
    """The store to take it from: home, or else the one that has most left to give."""
    if from_home:
        return home if home is not None and left[home, kind, model] > 0 else None
    giving = [(count, at) for (at, *of), count in left.items() if of == [kind, model] and count > 0]
    return max((at for count, at in giving if isinstance(at, int)), key=lambda at: (left[at, kind, model], -at),
               default=None)  # fmt: skip


class _Shelves:
    """What is still there to be taken, piece by piece."""

    def __init__(self, stock: Stock) -> None:
        self._units = {at: sorted(some, key=_order) for at, some in stock.units.items()}
        self._guards = {at: dict(lots) for at, lots in stock.guards.items()}
        self._policy = stock.policy

    def take(self, at: int, kind: str, model: str) -> list[Piece]:
        """One of a kind, and of a CED its whole set."""
        if kind == GUARD and (guard := self._guard(at)):
            return guard
        if kind != CED:
            models = sorted(of for store, each, of in self._units if (store, each) == (at, kind))
            return next(([_piece(unit, at)] for of in models if (unit := self._next(at, kind, of))), [])
        wanted = [(CED, model, 1), *(row for row in self._beside(at, model))]
        return [
            _piece(unit, at) for of, which, count in wanted for _ in range(count) if (unit := self._next(at, of, which))
        ]

    def _beside(self, at: int, model: str) -> list[tuple[str, str, int]]:
        """What goes with a handle: (kind, model, how many)."""
        rows = []
        packs = [of for (store, kind, of), some in self._units.items() if (store, kind) == (at, "CED_BATTERY") and some]
        fitting = [of for of in packs if model in self._fits(of)]
        fitting.sort(key=lambda of: (len(self._fits(of)), of != model, of))
        if fitting:
            rows.append(("CED_BATTERY", fitting[0], self._number("CED_BATTERY", model, "batteries") or 1))
        for kind, name in (("CED_MAGAZINE", "magazines"), ("CED_CARTRIDGE", "cartridges_loaded")):
            count = self._number(kind, model, name)
            if count:
                rows.append((kind, model, count))
        return rows

    def _fits(self, pack: str) -> tuple[str, ...]:
        terms = self._policy.terms("CED_BATTERY", POOL, pack)
        return (terms.words("fits_handles") if terms else None) or (pack,)

    def _number(self, kind: str, model: str, name: str) -> int | None:
        terms = self._policy.terms(kind, POOL, model)
        return terms.count(name) if terms else None

    def _next(self, at: int, kind: str, model: str) -> Unit | None:
        some = self._units.get((at, kind, model))
        return some.pop(0) if some else None

    def _guard(self, at: int) -> list[Piece]:
        for lot_id, count in sorted(self._guards.get(at, {}).items()):
            if count:
                self._guards[at][lot_id] = count - 1
                return [Piece(GUARD, "", "", at, lot_id=lot_id)]
        return []


def _order(unit: Unit) -> tuple[str, int, str, str]:
    """Those alike together, the first to expire at the front, what is to be put right last."""
    ends = unit.item.expires_on.isoformat() if unit.item.expires_on else LAST
    return unit.item.variant or "", len(unit.before | unit.during), ends, unit.item.serial


def _piece(unit: Unit, at: int, *, is_own: bool = False) -> Piece:
    return Piece(
        unit.item.kind, unit.item.model, unit.item.serial, at, unit.item.id, is_own=is_own, before=unit.before,
        during=unit.during,
    )  # fmt: skip

"""What a passage of the table is made of: who, from which states to which, what must hold, what is written down.

One rule for the editor: rows are data. What a row does is a list of the effects below, what it asks are named guards
(`guards.py`) and fields of evidence; a row that needs code of its own names it with `Also`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from inventory.gate.kind_policy import Policy
from inventory.schema.tx import Tx
from inventory.stock.state import Seen

FieldKind = Literal["text", "choice", "number", "yes", "day", "moment", "digest"]
Value = str | int | bool
TEXT_CHARS_MAX = 1000


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is written down with an act. `asks` is the question a person reads.

    text: 2 to `most` characters · choice: one of `options` (word, what people read) · number: `least` to `most` ·
    yes: only true will do · day: "2026-11-22" · moment: UTC microseconds, not after now · digest: SHA-256 in hex.
    """

    name: str
    asks: str
    kind: FieldKind = "text"
    options: tuple[tuple[str, str], ...] = ()
    least: int = 0
    most: int = 400
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """An act that somebody asks for. `second_person` has signed for it separately (their own PIN or sign-in).

    `store_id`: where the item comes to, for rows that bring it into a store; None: the store it belongs to.
    """

    item_id: int
    name: str
    by_person: int
    second_person: int | None = None
    evidence: Mapping[str, Value] = field(default_factory=dict)
    store_id: int | None = None


@dataclass(frozen=True, slots=True)
class OpenHold:
    """A hold in force on an item. `of_lot`: it is on its whole lot, and no act on one item lifts it."""

    id: int
    reason: str
    placed_us: int
    authority: str | None
    of_lot: bool


@dataclass(frozen=True, slots=True)
class Looked:
    """What a guard is given. `evidence` is None while it is only asked what is possible.

    `store_id` is the store that has the item, or owns it where no store has it. `marks` are the technologies of the
    marks bound to it. `loaded` counts what is loaded in it.
    """

    seen: Seen
    state: str
    store_id: int
    holds: tuple[OpenHold, ...]
    marks: frozenset[str]
    policy: Policy
    evidence: Mapping[str, Value] | None = None

    def open_holds(self, *reasons: str) -> list[OpenHold]:
        """The holds on the item itself for one of these reasons."""
        return [each for each in self.holds if each.reason in reasons and not each.of_lot]

    @property
    def now_us(self) -> int:
        """UTC microseconds."""
        return self.seen.clock.now_us


@dataclass(frozen=True, slots=True)
class Bar:
    """Why an act is not possible now, and what puts that right; both may be shown."""

    sentence: str
    remedy: str = ""


Guard = Callable[[Looked], Bar | None]
"""What must hold before an act: None, or what bars it. A guard that reads evidence answers None without."""


# ---- what an act does --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """A hold is placed; `detail` names the field of evidence that is its detail, `authority` the one that names who
    alone may release it."""

    reason: str
    detail: str
    authority: str | None = None


@dataclass(frozen=True, slots=True)
class Lift:
    """The item's own holds for these reasons are lifted, where it has any."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """The item passes to another holder: `kind` is the ledger's word. STORE: the act's store, or its own."""

    kind: str
    taker: str


@dataclass(frozen=True, slots=True)
class Pool:
    """The item belongs to another pool from now on."""

    pool: str


@dataclass(frozen=True, slots=True)
class Purpose:
    """The cartridge has another purpose from now on: the one that a field of evidence names."""

    evidence: str


@dataclass(frozen=True, slots=True)
class Check:
    """A check is written down, passed or not."""

    kind: str
    passed: bool = True


@dataclass(frozen=True, slots=True)
class Also:
    """Something of its own: `run` is given the transaction, what was looked at before, and the act."""

    says: str
    run: Callable[[Tx, Looked, Act], Any]


Effect = Place | Lift | Move | Pool | Purpose | Check | Also


@dataclass(frozen=True, slots=True)
class Row:
    """One passage. `who`: any one of these capabilities in the item's store; `second`: the same for the second,
    different person ((): anybody else who signs), None where one person is enough.

    `to` is the state it comes to, where nothing else holds it back. `source` is the design's sentence.
    """

    act: str
    title: str
    kinds: tuple[str, ...]
    from_states: tuple[str, ...]
    to: str
    who: tuple[str, ...]
    second: tuple[str, ...] | None = None
    guards: tuple[Guard, ...] = ()
    evidence: tuple[Field, ...] = ()
    does: tuple[Effect, ...] = ()
    source: str = ""

    def from_here(self, looked: Looked) -> bool:
        """Whether the passage leads from the state that an item is in."""
        return looked.seen.item.kind in self.kinds and looked.state in self.from_states

    def bars(self, looked: Looked) -> list[Bar]:
        """Everything that its guards have against it."""
        return [bar for guard in self.guards if (bar := guard(looked)) is not None]

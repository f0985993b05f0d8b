"""Everything a rule may know, as plain values: one `Facts` for one ask, all read in one transaction.

One rule for the editor: no database, no clock, no request. What is not known is None, and the rules of
section 5 kit read None as no.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from inventory.gate.ask import Ask, Override
from inventory.people.training import Currency
from inventory.stock.kit_facts import ItemFacts, Kept, Kit, LotFacts

SECTION_5_KINDS = frozenset({"CED_HANDLE", "CED_BATTERY", "CED_CARTRIDGE", "CED_MAGAZINE"})


@dataclass(frozen=True, slots=True)
class Authority:
    """A permission to carry `model` in `mode`, in force from `from_us` to `to_us` (exclusive)."""

    model: str
    mode: str
    from_us: int
    to_us: int


@dataclass(frozen=True, slots=True)
class Attested:
    """A donor force's word that a visiting officer is current on `model`, up to `until_us` (exclusive)."""

    model: str
    from_us: int
    until_us: int


@dataclass(frozen=True, slots=True)
class Suspension:
    """Authority withdrawn from `from_us`; None for model or mode means every one, for `to_us` no end
    known."""

    from_us: int
    to_us: int | None
    model: str | None = None
    mode: str | None = None


@dataclass(frozen=True, slots=True)
class Restriction:
    """Limited duties: only `kinds_allowed` may be drawn from `from_us` to `to_us`. Why is not known here."""

    kinds_allowed: frozenset[str]
    from_us: int
    to_us: int | None


@dataclass(frozen=True, slots=True)
class Held:
    """An item the person already has, by its open custody. Its `purpose` is None where it was not issued."""

    item_id: int
    kind: str
    model: str
    variant: str | None = None
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """The person the kit would go to.

    `training` is by (qualification, model); `suspensions`, `restrictions` and `holding` are None where not
    known; `leaves_us` is the end of a leaver's last day; `gates` are words of the policy with the day each
    was met; `attested` what a visitor's own force says, by model; `lots_held` is kind -> pieces.
    """

    id: int
    kind: str
    name: str
    collar: str | None = None
    leaves_us: int | None = None
    joined_on: date | None = None
    frontline: bool = False
    opted_in: bool | None = None
    training: Mapping[tuple[str, str | None], Currency] = field(default_factory=dict)
    authorities: tuple[Authority, ...] = ()
    suspensions: tuple[Suspension, ...] | None = None
    restrictions: tuple[Restriction, ...] | None = None
    gates: Mapping[str, date] = field(default_factory=dict)
    holding: tuple[Held, ...] | None = None
    lots_held: Mapping[str, int] = field(default_factory=dict)
    attested: tuple[Attested, ...] = ()


@dataclass(frozen=True, slots=True)
class IssuerFacts:
    """The person who hands the kit over; `may_issue` at this store, now. `is_recipient`: the same person as the
    one who draws, perhaps by a linked duplicate of their record."""

    id: int
    may_issue: bool
    is_recipient: bool = False


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """The store the kit is drawn from; `open` while it has been opened and not closed."""

    id: int
    name: str
    open: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """One ask with all that is known. `items` holds what was asked for and what is fitted in it.

    `feed_us` is when the training feed last came in whole. `unknown_items` and `unknown_lots` are ids asked
    for that no row answers to. `kept` are the numbers of a kind that are promised at the store, `left` what is there of
    (kind, model) in the stock of the ask's purpose that nothing holds back and nobody in particular is promised.
    """

    ask: Ask
    now_us: int
    today: date
    person: PersonFacts | None
    items: tuple[ItemFacts, ...]
    lots: tuple[LotFacts, ...]
    store: StoreFacts | None
    issuer: IssuerFacts | None
    feed_us: int | None
    unknown_items: tuple[int, ...] = ()
    unknown_lots: tuple[int, ...] = ()
    overrides: tuple[Override, ...] = ()
    kept: tuple[Kept, ...] = ()
    left: Mapping[tuple[str, str], int] = field(default_factory=dict)

    cover_us: int = field(init=False)
    """Up to when every validity must last: the end of the duty, or now where there is none or it is over."""
    handles: tuple[ItemFacts, ...] = field(init=False)
    """The CED handles asked for."""
    holding: tuple[Held, ...] = field(init=False)
    """What the person already has, as far as is known."""
    records: frozenset[int | None] = field(init=False)
    """The person's records: the one that asks, and the one that counts."""
    handle_model: str | None = field(init=False)
    """The model of the one CED handle of this draw: asked for, or else already held. None where not one."""

    def __post_init__(self) -> None:
        # Worked out once, because dozens of rules ask for each.
        handles = tuple(item for item in self.items if item.kind == "CED_HANDLE")
        holding = (self.person.holding or ()) if self.person else ()
        models = {item.model for item in handles}
        if not models:
            models = {held.model for held in holding if held.kind == "CED_HANDLE"}
        object.__setattr__(self, "cover_us", max(self.now_us, self.ask.planned_return_us or 0))
        object.__setattr__(self, "handles", handles)
        object.__setattr__(self, "holding", holding)
        own = [self.person.id] if self.person else []
        object.__setattr__(self, "records", frozenset({self.ask.person_id, *own}))
        object.__setattr__(self, "handle_model", models.pop() if len(models) == 1 else None)

    def lasts(self, until_us: int) -> bool:
        """Whether a validity that ends at `until_us` (exclusive) holds now and for the whole duty (M-01)."""
        return until_us > self.now_us and until_us >= self.cover_us

    def return_mode_of(self, item: ItemFacts, pool: str, own: str) -> str:
        """How an item comes back: as their `own` where it is assigned to the person, else as kit of the `pool`."""
        return dict.fromkeys(self.records, own).get(item.personal_to, pool)

    def is_for_them(self, kept: Kept) -> bool:
        """Whether a reservation is for the person of this ask."""
        return bool(self.records & kept.people)

    def carried_model(self, kit: Kit) -> str:
        """The model that a person carries by drawing `kit`: its handle's, where it belongs to one."""
        if kit.kind in SECTION_5_KINDS:
            return self.handle_model or kit.model
        return kit.model

    def charge_typed(self, item_id: int) -> int | None:
        """The charge in percent typed at the hatch for an item; the lowest, where typed twice."""
        return min((percent for item, percent in self.ask.charges if item == item_id), default=None)

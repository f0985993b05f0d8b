"""What is known of a piece of kit at one moment: plain values for rules, screens and reports to read.

One rule for the editor: nothing here asks a database or a clock, and what is not known is None, never a
comfortable default. Times are UTC microseconds, dates are Europe/London days.
"""

from dataclasses import dataclass
from datetime import date

from inventory.stock.kinds import label as kind_label


@dataclass(frozen=True, slots=True)
class BayFacts:
    """The last word of the dock bay an item was seen in. Nothing in it is fresher than `observed_us`,
    but the driver and the firmware of the dock itself, which it told last."""

    store_id: int
    present: bool | None
    observed_us: int
    charge_percent: int | None = None
    files_pending: int | None = None
    free_mb: int | None = None
    firmware: str | None = None
    clock_offset_ms: int | None = None
    fault: str | None = None
    dock_driver: str | None = None
    dock_firmware: str | None = None


@dataclass(frozen=True, slots=True)
class VendorFacts:
    """What the vendor's own system last said of an item, by its files: each fact with when that was so."""

    charge_percent: int | None = None
    charge_us: int = 0
    firmware: str | None = None
    firmware_us: int = 0


@dataclass(frozen=True, slots=True)
class CheckFacts:
    """The newest result of one sort of check on an item: when, and whether it passed."""

    at_us: int
    passed: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """One line of a reservation that is not over: an item, or `pieces` of a kind (of a model, or of any) that are still
    to be drawn, kept in a store for `people` from `from_us` to `to_us` (exclusive)."""

    reservation_id: int
    store_id: int
    people: frozenset[int]
    from_us: int
    to_us: int
    item_id: int | None = None
    kind: str | None = None
    model: str | None = None
    pieces: int = 1

    def meets(self, now_us: int, until_us: int) -> bool:
        """Whether it is in force at any moment from `now_us` until `until_us`."""
        return self.to_us > now_us and (self.from_us < until_us or self.from_us <= now_us)


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """One serialised item. `holder`, `holds`, `expires_on`, `full_check`… are None where not known.

    `holder` and `holder_id` are those of its open custody; `fitted_in` the item it is loaded in, `fitted`
    the items loaded in it; `bays` counts the dock bays that say it is in them. `kept` is what is promised of it.
    """

    id: int
    kind: str
    maker: str
    serial: str
    model: str
    home_store_id: int
    pool: str
    purpose: str | None = None
    variant: str | None = None
    expires_on: date | None = None
    in_service_on: date | None = None
    personal_to: int | None = None
    lot_id: int | None = None
    holder: str | None = None
    holder_id: int | None = None
    holds: frozenset[str] | None = None
    fitted_in: int | None = None
    fitted: tuple[int, ...] = ()
    full_check: CheckFacts | None = None
    function_test: CheckFacts | None = None
    docked_us: int | None = None
    bay: BayFacts | None = None
    bays: int = 0
    vendor: VendorFacts | None = None
    kept: tuple[Kept, ...] = ()

    @property
    def firmware(self) -> str | None:
        """What it runs, by its dock or its vendor's file, whichever is newer; a dock that cannot tell says nothing."""
        docks = self.bay.firmware if self.bay else None
        if self.vendor is None or not self.vendor.firmware:
            return docks
        is_older = docks is not None and self.bay is not None and self.vendor.firmware_us <= self.bay.observed_us
        return docks if is_older else self.vendor.firmware

    @property
    def label(self) -> str:
        """How the hatch names it: "cartridge C31017NX4"."""
        return f"{kind_label(self.kind)} {self.serial}"

    @property
    def item_id(self) -> int | None:
        """Its id, for a refusal to point at; a lot has none."""
        return self.id


@dataclass(frozen=True, slots=True)
class LotFacts:
    """Kit without serials: one lot, `quantity` pieces of it asked for, `balance` of them at the store."""

    id: int
    kind: str
    maker: str
    lot_no: str
    model: str
    quantity: int
    balance: int
    expires_on: date | None = None
    holds: frozenset[str] | None = None

    @property
    def label(self) -> str:
        """How the hatch names it: "spit guard lot 24-11"."""
        return f"{kind_label(self.kind)} lot {self.lot_no}"

    @property
    def item_id(self) -> None:
        """A lot is not an item."""
        return


Kit = ItemFacts | LotFacts

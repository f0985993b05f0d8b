"""The rows of the demo force. Those that an import takes have the import's columns as their fields.

One rule for the editor: a field whose name begins with an underscore would not be a column; dates that only say
when a row is handed in are given beside the row, never in it.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A line of the people file; `home_store` is a store's code or ""."""

    ref: str
    kind: str
    family_name: str
    given_name: str
    rank: str
    team: str
    home_store: str
    frontline: str
    joined_on: date
    collar: str
    cards: str
    opted_in: str


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """A line of the training recorder's file."""

    ref: str
    course: str
    model: str
    attended_on: date
    hours: int
    outcome: str
    assessor: str
    source_ref: str


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A line of the file of permissions to carry."""

    ref: str
    model: str
    mode: str
    from_on: date
    to_on: date
    granted_by: str
    grade: str
    source_ref: str


@dataclass(frozen=True, slots=True)
class StopRow:
    """A line of the file of suspensions; times are London wall times as text."""

    ref: str
    kind: str
    start: str
    end: str
    authority: str
    reason_class: str
    source_ref: str


@dataclass(frozen=True, slots=True)
class RestrictionRow:
    """A line of the file of limited duties."""

    ref: str
    category: str
    kinds_allowed: str
    from_on: date
    review_on: date
    lifted: str


@dataclass(frozen=True, slots=True)
class GateRow:
    """A line of the file of gates met."""

    ref: str
    gate: str
    met_on: date
    document: str


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A line of the items file."""

    maker: str
    kind: str
    serial: str
    model: str
    store: str
    pool: str
    purpose: str
    variant: str
    lot: str
    expires_on: date | None
    in_service_on: date | None
    marks: str
    personal_to: str
    order_ref: str


@dataclass(frozen=True, slots=True)
class LotRow:
    """A line of the file of lots."""

    maker: str
    kind: str
    lot: str
    product: str
    store: str
    quantity: int
    expires_on: date | None
    label: str


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A line of the file of checks; `at` is a London wall time as text."""

    maker: str
    kind: str
    serial: str
    check: str
    at: str
    passed: str
    by: str
    detail: str


@dataclass(frozen=True, slots=True)
class DutyRow:
    """A line of the roster; times are London wall times as text."""

    ref: str
    store: str
    starts: str
    ends: str
    duty: str


# ---- what no import takes --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoreRow:
    """A kit store to be opened."""

    code: str
    name: str
    division: str


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place of a store and its activity."""

    store: str
    name: str
    activity: str


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """A shift pattern of a store; `starts` and `ends` are wall times, `ends` 00:00 is midnight."""

    store: str
    name: str
    starts: str
    ends: str
    from_on: date


@dataclass(frozen=True, slots=True)
class CapabilityRow:
    """A capability of a person; `store` "" is every store."""

    ref: str
    capability: str
    store: str


@dataclass(frozen=True, slots=True)
class FittingRow:
    """A cartridge loaded in a magazine; `slot` counts from 1."""

    magazine: str
    cartridge: str
    slot: int


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A hold to be placed on an item."""

    kind: str
    serial: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class BayRow:
    """What a dock says of one of its bays; `serial` "" is an empty one."""

    store: str
    dock: str
    bay: int
    serial: str
    word: str
    charge_percent: int | None
    files_pending: int | None
    free_mb: int | None
    firmware: str | None


@dataclass(frozen=True, slots=True)
class HeldRow:
    """Spit guards of a lot that an officer carries already when the ledger begins."""

    ref: str
    lot: str
    quantity: int

"""Which column of a vendor's file says what: the fields there are, a mapping that a person made, and a first guess.

One rule for the editor: the likely names are ours, gathered from no vendor's document; a guess is only ever shown to
a person, who corrects it. A mapping can feed facts about an item, and never who has it.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from inventory.people.errors import BadField
from inventory.people.imports.fields import choice
from inventory.people.imports.items_file import KIND_NAMES
from inventory.people.imports.vendor.grid import COLUMNS_MAX, ENCODINGS, Reading, plain
from inventory.people.imports.vendor.when import SHAPES, ZONES, Clocks
from inventory.schema import words

NAME_CHARS_MAX = 60
TEXT, UPPER, TIME, DAY, PERCENT, KIND = "text", "upper case", "a time", "a date", "percent", "a kind of kit"


@dataclass(frozen=True, slots=True)
class Field:
    """What a column may be mapped to. `fact` is the word it is kept under; None: it says which item, or when.

    `personal`: it names a person, so no refused row is kept with it.
    """

    says: str
    holds: str
    fact: str | None = None
    likely: tuple[str, ...] = ()
    personal: bool = False
    chars_max: int = 80


FIELDS: Mapping[str, Field] = {
    "serial": Field("Serial number", UPPER, likely=(
        "serial", "serial number", "serial no", "device serial", "device serial number", "serial num", "sn",
        "device id", "item serial",
    )),
    "maker": Field("Maker", UPPER, likely=("maker", "manufacturer", "make", "vendor", "brand")),
    "kind": Field("Kind of kit", KIND, likely=("kind", "item kind", "device type", "type", "category", "item type")),
    "as_of": Field("As of: when this was so", TIME, likely=(
        "as of", "report date", "exported", "export date", "updated", "last updated", "timestamp",
    )),
    "firmware": Field("Firmware version", TEXT, "FIRMWARE", (
        "firmware", "firmware version", "fw version", "fw", "software version", "device firmware",
    )),
    "log_synced": Field("Log last uploaded or synced", TIME, "LOG_SYNCED", (
        "last sync", "last synced", "last upload", "last uploaded", "last log upload", "log uploaded", "last download",
        "last downloaded", "last synced on", "last sync date",
    )),
    "charge": Field("Battery charge", PERCENT, "CHARGE", (
        "battery", "battery %", "battery level", "battery percent", "charge", "charge %", "charge level",
        "battery charge",
    )),
    "health": Field("Battery health", TEXT, "HEALTH", ("battery health", "health", "battery condition", "soh")),
    "warranty": Field("Warranty ends", DAY, "WARRANTY", (
        "warranty", "warranty end", "warranty expiration", "warranty expiry", "warranty date", "warranty end date",
    )),
    "expires": Field("Expires", DAY, "EXPIRES", (
        "expiry", "expiry date", "expiration", "expiration date", "expires", "use by",
    )),
    "docked": Field("Last seen docked", TIME, "DOCKED", (
        "last docked", "docked", "last dock", "last seen docked", "last docked on", "last seen", "last dock time",
    )),
    "dock": Field("Dock", TEXT, "DOCK", ("dock", "dock name", "dock serial", "docking station", "cabinet", "system")),
    "bay": Field("Bay of the dock", TEXT, "BAY", ("bay", "slot", "dock bay", "port", "position", "dock slot")),
    "state": Field("Vendor's word for its state", TEXT, "STATE", (
        "status", "state", "device status", "inventory status", "condition", "item status",
    )),
    "assignee": Field("Assignee's name, kept as text only", TEXT, "ASSIGNEE", (
        "assigned to", "assignee", "owner", "assigned user", "operator", "user", "officer", "current user",
    ), personal=True),
    "assignee_collar": Field("Assignee's collar, compared with the ledger", UPPER, "ASSIGNED_COLLAR", (
        "collar", "collar number", "badge", "badge number", "badge id", "shoulder number", "assignee badge",
    ), personal=True, chars_max=40),
}  # fmt: skip
"""Everything a column may be mapped to, in the order in which it is offered."""

NAMED_FOR_ALL = ("maker", "kind")
"""What may be said for the whole file, where it has no column of it."""

to_kind: Callable[[str], str] = choice(words.ITEM_KINDS, KIND_NAMES)


@dataclass(frozen=True, slots=True)
class VendorMapping:
    """How one vendor's file is read. `columns` are (column of the file, field); `maker` and `kind` hold for all rows.

    `kind` "" where no column says it: then the serial must be one item's alone among the maker's. `times` is a
    shape of `when.SHAPES` and `zone` one of `when.ZONES`, both "" where no time or date is mapped.
    """

    name: str
    vendor: str
    columns: tuple[tuple[str, str], ...]
    maker: str = ""
    kind: str = ""
    times: str = ""
    zone: str = ""
    reading: Reading = field(default_factory=Reading)

    @property
    def clocks(self) -> Clocks:
        """How its times are written."""
        return Clocks(self.times or "ISO", self.zone or "UTC")

    @property
    def fields(self) -> frozenset[str]:
        """The fields that some column is mapped to."""
        return frozenset(name for _, name in self.columns)


def checked(mapping: VendorMapping) -> VendorMapping:
    """`mapping`, trimmed. Raises BadField where it cannot be used, naming the field as the API does."""
    tidy = VendorMapping(
        mapping.name.strip(), mapping.vendor.strip(), tuple((plain(column), name) for column, name in mapping.columns),
        mapping.maker.strip().upper(), mapping.kind, mapping.times, mapping.zone, mapping.reading,
    )  # fmt: skip
    for where, text in (("name", tidy.name), ("vendor", tidy.vendor)):
        if not (1 <= len(text) <= NAME_CHARS_MAX and text.isprintable()):
            raise BadField(where, text, f"1 to {NAME_CHARS_MAX} characters")
    _check_columns(tidy)
    _check_choices(tidy)
    return tidy


def _check_columns(mapping: VendorMapping) -> None:
    columns, names = [each for each, _ in mapping.columns], [each for _, each in mapping.columns]
    for column, name in mapping.columns:
        if name not in FIELDS:
            raise BadField(f"columns.{column}", name, f"one of {', '.join(FIELDS)}")
        if columns.count(column) > 1 or names.count(name) > 1:
            raise BadField(f"columns.{column}", name, "each column and each field once")
    if len(columns) > COLUMNS_MAX:
        raise BadField("columns", len(columns), f"at most {COLUMNS_MAX} columns")
    if "serial" not in names:
        raise BadField("columns", ", ".join(names), "a column for serial")
    if not any(FIELDS[name].fact for name in names):
        raise BadField("columns", ", ".join(names), "a column that says something of the item")
    if bool(mapping.maker) == ("maker" in names):
        raise BadField("maker", mapping.maker, "a column for it, or one maker for the whole file")


def _check_choices(mapping: VendorMapping) -> None:
    if mapping.kind and ("kind" in mapping.fields or mapping.kind not in words.ITEM_KINDS):
        kinds = ", ".join(words.ITEM_KINDS)
        raise BadField("kind", mapping.kind, f"nothing, where a column says it, or one of {kinds}")
    has_times = any(FIELDS[name].holds in (TIME, DAY) for name in mapping.fields)
    if (has_times or mapping.times) and mapping.times not in SHAPES:
        raise BadField("times", mapping.times, f"how the file writes times: one of {', '.join(SHAPES)}")
    if (has_times or mapping.zone) and mapping.zone not in ZONES:
        raise BadField("zone", mapping.zone, f"the zone of the file's times: one of {', '.join(ZONES)}")
    checked_reading(mapping.reading)


def checked_reading(reading: Reading) -> Reading:
    """`reading` as it is. Raises BadField where no file can be read so."""
    if reading.encoding and reading.encoding not in ENCODINGS:
        raise BadField("encoding", reading.encoding, f"one of {', '.join(ENCODINGS)}")
    if reading.delimiter and (len(reading.delimiter) != 1 or reading.delimiter in '"\r\n\0'):
        raise BadField("delimiter", reading.delimiter, "one character that separates the cells")
    if not 0 <= reading.heading_row <= 1000:
        raise BadField("heading_row", reading.heading_row, "the line of the columns' names, 1 to 1000, or 0")
    return reading


def guessed(columns: Sequence[str]) -> dict[str, str]:
    """The likely field of each of `columns` that has one: by its whole name, each once, the likelier name first."""
    by_name = {plain(column): column for column in reversed(columns)}
    found: dict[str, str] = {}
    for name, each in FIELDS.items():
        column = next((by_name[likely] for likely in each.likely if by_name.get(likely, "") not in ("", *found)), None)
        if column is not None:
            found[column] = name
    return found


def to_json(mapping: VendorMapping) -> str:
    """A mapping as it is stored."""
    return json.dumps(asdict(mapping), sort_keys=True)


def from_json(text: str) -> VendorMapping:
    """A mapping as it was stored."""
    told = json.loads(text)
    told["columns"] = tuple((column, name) for column, name in told["columns"])
    told["reading"] = Reading(**told["reading"])
    return VendorMapping(**told)

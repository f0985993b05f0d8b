"""What a hand does to the demo's hardware: holds a card to the reader, scans a code, takes a camera out of its dock.

One rule for the editor: only bytes and messages that a real device would send are written here, into the pipe of the
process that plays the devices; no reading is made up.
"""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from api.demo.home import BRIDGE, CARD_READER, SCANNER, SHELF_READER
from devices.codes.epc_classic import encode
from inventory.demo.records import BayRow

STX, ETX = b"\x02", b"\x03"
WORD_OUT = "empty"
ACTS = ("point", "release", "lock")
"""What the bays of a played dock can be told: they have a light and a latch."""

TAGS_A_MESSAGE = 100
SHELF_DBM = -52

CARD_AWAY_S = 1.2
"""A card must be away from the reader this long before it is presented again; nobody's hand is quicker."""


def card_frame(uid: str) -> bytes:
    """The frame of a 125 kHz reader for a card of ten hex digits: STX, the digits, their exclusive or, ETX."""
    check = 0
    for byte in bytes.fromhex(uid):
        check ^= byte
    return STX + uid.upper().encode() + f"{check:02X}".encode() + ETX


@dataclass(slots=True)
class Hands:
    """Writes to the pipe of the simulated hardware."""

    pipe: TextIO
    _shown_s: dict[str, float] = field(default_factory=dict, init=False)

    @classmethod
    def at(cls, path: Path) -> "Hands":
        """Hands at the pipe at `path`. Raises OSError where nobody plays the hardware."""
        return cls(path.open("w", encoding="utf-8"))

    def show_card(self, uid: str) -> None:
        """Hold a card to the reader."""
        away_s = time.monotonic() - self._shown_s.get(uid, 0.0)
        time.sleep(max(0.0, CARD_AWAY_S - away_s))
        self._shown_s[uid] = time.monotonic()
        self._do({"device": CARD_READER, "hex": card_frame(uid).hex()})

    def scan(self, text: str, symbology: str) -> None:
        """Scan a code; the scanner names its symbology first ("]C0") and ends with CR."""
        self._do({"device": SCANNER, "text": f"{symbology}{text}\r"})

    def publish(self, device: str, topic: str, said: Mapping[str, Any]) -> None:
        """Have a dock say something, to be kept by the broker as its last word."""
        self._do({"device": device, "topic": topic, "text": json.dumps(said), "retain": True})

    def sweep(self, epcs: Iterable[str]) -> None:
        """Have the UHF reader at the shelf read these tags, as a Zebra reader publishes them: kept by no broker."""
        read = [{"type": "INVENTORY", "data": {"idHex": epc, "antenna": 1, "peakRssi": SHELF_DBM, "reads": 2}}
                for epc in epcs]  # fmt: skip
        topic = f"kit/v1/{BRIDGE}/reader/{SHELF_READER}/tags"
        for at in range(0, len(read), TAGS_A_MESSAGE):
            self._do({"device": SHELF_READER, "topic": topic, "text": json.dumps(read[at : at + TAGS_A_MESSAGE])})

    def answer(self, device: str, topic: str, act: str) -> None:
        """Have a dock do as it is told from now on, and say so."""
        self._do({"device": device, "topic": topic, "heard": act, "text": '{"ok":true}'})

    def _do(self, step: Mapping[str, Any]) -> None:
        self.pipe.write(json.dumps(step) + "\n")
        self.pipe.flush()


@dataclass(slots=True)
class Docks:
    """The docks of the store that is played: one bay each for the cameras and packs that stand there."""

    hands: Hands
    bays: Mapping[str, BayRow]
    empty: tuple[BayRow, ...]
    _seq: int = field(default=0, init=False)

    @classmethod
    def of(cls, hands: Hands, rows: Iterable[BayRow]) -> "Docks":
        """Docks as `rows` describe them."""
        there = tuple(rows)
        return cls(
            hands, {row.serial: row for row in there if row.serial}, tuple(r for r in there if not r.serial)
        )

    def beat(self, in_store: frozenset[str]) -> int:
        """Every bay says its word: what is in the store stands in its bay. Returns how many spoke. Before the first
        time each dock says that it is there."""
        docks = {row.dock for row in (*self.bays.values(), *self.empty)} if self._seq == 0 else ()
        for dock in sorted(docks):
            self._come(dock)
        for serial, row in self.bays.items():
            self._say(row, serial in in_store)
        for row in self.empty:
            self._say(row, is_there=False)
        return len(self.bays) + len(self.empty)

    def _come(self, dock: str) -> None:
        topic = f"kit/v1/{BRIDGE}/dock/{dock}"
        self.hands.publish(dock, f"{topic}/state", {"state": "online", "acts": ACTS})
        for act in ACTS:
            self.hands.answer(dock, f"{topic}/cmd", act)

    def lift(self, serial: str) -> bool:
        """Take something out of its bay; False where it stands in none."""
        return self._moved(serial, is_there=False)

    def put_back(self, serial: str) -> bool:
        """Put something back into its bay; False where it has none."""
        return self._moved(serial, is_there=True)

    def _moved(self, serial: str, *, is_there: bool) -> bool:
        row = self.bays.get(serial)
        if row is not None:
            self._say(row, is_there)
        return row is not None

    def _say(self, row: BayRow, is_there: bool) -> None:
        self._seq += 1
        said: dict[str, Any] = {"present": is_there, "state": row.word.lower() if is_there else WORD_OUT}
        if is_there:
            measured = {"serial": row.serial, "charge": row.charge_percent, "files": row.files_pending,
                        "free_mb": row.free_mb, "firmware": row.firmware}  # fmt: skip
            said |= {name: value for name, value in measured.items() if value is not None}
        topic = f"kit/v1/{BRIDGE}/dock/{row.dock}/bay/{row.bay}"
        self.hands.publish(row.dock, topic, {**said, "seq": self._seq})


@dataclass(frozen=True, slots=True)
class Shelf:
    """The shelf of the store that is played, before a UHF reader: the tag of each camera, by its serial."""

    hands: Hands
    tags: Mapping[str, str]

    def read(self, in_store: frozenset[str]) -> int:
        """The reader reads what is in the store. Returns how many tags."""
        there = [epc for serial, epc in self.tags.items() if serial in in_store]
        self.hands.sweep(there)
        return len(there)


def camera_tag(prefix: str, key: str) -> str:
    """The EPC in the tag on a camera whose label says the GIAI `key`, of a company with this prefix."""
    return encode("giai-202", 0, (prefix, key.removeprefix(prefix)))

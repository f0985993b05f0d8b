"""Impinj R700 and R720 readers by the events of their IoT device interface, on MQTT.

    {"timestamp":"2026-11-22T10:00:00.123456789Z", "hostname":"impinj-01-23-45", "eventType":"tagInventory",
     "tagInventoryEvent":{"epc":"ftqQOAUQAnEAAsCu",                      base64, with padding
                          "epcHex":"7EDA9038051002710002C0AE",           the same; can be switched off
                          "tid":"4oARcCAAFM2bWgjs","tidHex":"E280...",   only where FastID is on
                          "pc":"NAA=", "antennaPort":1,                  its upper five bits: the EPC's words
                          "peakRssiCdbm":-7000, ...}}                    hundredths of a dBm
    {..., "eventType":"inventoryStatus","inventoryStatusEvent":{...}}    the event `x` is told in `xEvent`
    {..., "eventType":"antennaDisconnected","antennaDisconnectedEvent":{"antennaPort":2}}
    {..., "eventType":"gpiTransition","gpiTransitionEvent":{"gpi":1,"transition":"high-to-low"}}
    CR LF                                                                only a sign of life

Sources: Impinj's Reader Configuration REST API, OpenAPI document 1.6 (events, MQTT settings, keep-alive);
reelyactive/barnowl-impinj; the event names of two public clients generated from that document.

One rule for the editor: one tag has one EPC. Where `epc` and `epcHex` disagree neither is believed.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from devices.driver import Driver, Packet
from devices.evidence import garbled
from devices.json_objects import Said
from devices.message_reader import SILENCE, MessageReader, made_of, mapping
from devices.options import choose
from devices.readings import Antenna, Garbled, Reading
from devices.settling import OPTIONS as SETTLING
from devices.settling import Sighting

NAME = "impinj-r700"

OPTIONS = {**SETTLING, "silence_s": SILENCE}

PORTS_MAX = 32
"""Most antennas remembered as disconnected; an R700 with hubs has 32."""

READ = "tagInventory"
STATE, RUNNING = "inventoryStatus", "running"
CONNECTED, DISCONNECTED, TERMINATED = "antennaConnected", "antennaDisconnected", "inventoryTerminated"
NOTED = frozenset(
    {
        CONNECTED, DISCONNECTED, TERMINATED, "antennaActivation", "diagnostic", "gpiTransition", "hubConnected",
        "hubDisconnected", STATE, "overflow", "tagLocationEntry", "tagLocationExit", "tagLocationUpdate",
    }
)  # fmt: skip
"""Events that are no reads. An exit, above all, is the word that a tag is *not* there."""

EPC_BYTES_MAX, TID_BYTES_MAX, PC_BYTES = 62, 32, 2

Hex = Annotated[str, msgspec.Meta(max_length=256, pattern=r"^([0-9A-Fa-f]{2})*\Z")]
Base64 = Annotated[str, msgspec.Meta(max_length=256)]


class Read(
    msgspec.Struct,
    frozen=True,
    rename={"epc_hex": "epcHex", "tid_hex": "tidHex", "antenna": "antennaPort", "cdbm": "peakRssiCdbm"},
):
    """What one read says that we need. Fields that we do not know are left alone."""

    epc: Base64 | None = None
    epc_hex: Hex | None = None
    tid: Base64 | None = None
    tid_hex: Hex | None = None
    pc: Base64 | None = None
    antenna: Antenna | None = None
    cdbm: Annotated[float, msgspec.Meta(ge=-20_000, le=5_000)] | None = None


class ImpinjR700(MessageReader):
    """Turns a reader's messages into sweeps. `repeated` counts the reads that were held back."""

    def __init__(self, options: Mapping[str, str]) -> None:
        super().__init__(NAME, choose(NAME, OPTIONS, options))
        self._disconnected: set[int] = set()

    def _hear(self, said: Said, packet: Packet, at_s: float) -> list[Reading]:
        named = said.facts.get("eventType")
        event = named if isinstance(named, str) else READ
        body = mapping(said.facts.get(f"{event}Event"))
        if event == READ and body:
            return self._read(body, said, packet, at_s)
        if event not in NOTED:
            detail = f"No R700 is known to say this: event {event[:60]!a}."
            return [garbled("UNKNOWN_SHAPE", detail, said.raw)]
        self._note(event, body)
        return [] if packet.retained else self._state(event, body)

    def _read(self, body: Mapping[str, Any], said: Said, packet: Packet, at_s: float) -> list[Reading]:
        read = made_of(Read, body, said.raw)
        if isinstance(read, Garbled):
            return [read]
        epc, tid = _same(read.epc_hex, read.epc, EPC_BYTES_MAX), _same(read.tid_hex, read.tid, TID_BYTES_MAX)
        if epc is None or tid is None:
            field = "epc" if epc is None else "tid"
            detail = f"Expected `{field}` in base64 and `{field}Hex` to be the same few bytes."
            return [garbled("BASE64", detail, said.raw)]
        self._spoke(said.facts.get("hostname"))
        pc = _same(None, read.pc, PC_BYTES)
        if pc and int(pc, 16) >> 11 != len(epc) // 4:
            self._note("the PC word gives the EPC another length", {"pc": pc, "epc": epc})
        rssi = None if read.cdbm is None else read.cdbm / 100
        return self._see(Sighting(epc, tid or None, rssi, read.antenna), said, packet, at_s)

    def _state(self, event: str, body: Mapping[str, Any]) -> list[Reading]:
        """What an event says of the reader itself."""
        if event == TERMINATED:
            return self._say(
                "WEDGED", "The reader has ended its inventory by itself; it must be started again."
            )
        if event == STATE and RUNNING in body.values():
            return self._well()
        port = body.get("antennaPort")
        if event not in (CONNECTED, DISCONNECTED) or not isinstance(port, int):
            return []
        if event == CONNECTED:
            self._disconnected.discard(port)
        elif len(self._disconnected) < PORTS_MAX:
            self._disconnected.add(port)
        ports = ", ".join(str(port)[:9] for port in sorted(self._disconnected))
        self._standing = f"No antenna is connected at port {ports}. Check its cable." if ports else ""
        return self._well()


def _same(hex_digits: str | None, encoded: str | None, bytes_max: int) -> str | None:
    """Upper-case hex of what is given in hex, in base64 or in both; empty where it is in neither, and None where it is
    no base64, not the same in both, or too long."""
    try:
        data = None if encoded is None else base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    found = bytes.fromhex(hex_digits) if hex_digits else data or b""
    is_one = data is None or not hex_digits or data == found
    return found.hex().upper() if is_one and len(found) <= bytes_max else None


DRIVER = Driver(
    name=NAME,
    title="Impinj R700 UHF reader on MQTT (IoT device interface)",
    transport="mqtt",
    decoder=ImpinjR700,
    stream="obs",
    options=OPTIONS,
    topics=("kit/v1/{bridge}/reader/{device}/#",),
    wanted_late=False,
)

"""Zebra readers by their IoT Connector (FX7500, FX9600, ATR7000, FXR90) and the RFD40 and RFD90 sleds, on MQTT.

    {"type":"SIMPLE", "timestamp":"2026-11-22T10:00:00.000+0000",                      a fixed reader's read;
     "data":{"idHex":"7eda9038051002710002c0ae","format":"epc","eventNum":1,           `type` is the operating mode
             "antenna":1,"peakRssi":-70,"reads":1,"TID":"e280..."}}                    RSSI in dBm
    {"type":"INVENTORY", ..., "data":{"tagData":[{"eventNum":1,"idHex":"3476..."}]}}   a sled's reads, in batches
    {"component":"RG","type":"heartbeat","data":{"radio_control":{"radioConnection":"connected",
                                                                  "antennas":{"1":"connected"}}}}
    {"component":"RG","type":"gpi","data":{"pin":2,"state":"LOW"}}                     an input of the reader
    {"connectionState":"CONNECTED","deviceModel":"RFD4031",...}                        a sled's birth, and its will
    {"command":"get_version","response":"success","payload":{"readerApplication":"3.10.30"}}

A fixed reader puts several objects into one message with nothing between them, or batches them in an array. Which
fields a read has depends on the mode and on the metadata that is asked for: only `idHex` is sure. Where TID could not
be read it holds a sentence.

Sources: zebradevs.github.io/rfid-ziotc-docs (interfaces, management events); techdocs.zebra.com, RFD40/90 MQTT API
reference (dataEVT, mqttConnEVT, heartBeatEVT, alerts); ZebraDevs' DockDoorSample; reelyactive/barnowl-zebra (several
objects in one message); a public comparison of Zebra's document with captures from an FXR60 and an FXR90, 2026.

One rule for the editor: a sighting comes of a read and of nothing else. A DIRECTIONALITY event may tell that a tag was
*not* seen for a while, and a barcode is no tag: both are noted.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from devices.driver import Driver, Packet
from devices.evidence import garbled
from devices.json_objects import Said
from devices.message_reader import SILENCE, MessageReader, made_of, mapping, plain
from devices.options import choose
from devices.readings import TAGS_MAX, Antenna, Garbled, Reading
from devices.settling import OPTIONS as SETTLING
from devices.settling import Sighting

NAME = "zebra-iot"

OPTIONS = {**SETTLING, "silence_s": SILENCE}

READS_MAX = 1_000_000

DIRECTIONALITY = "DIRECTIONALITY"
NOTED = frozenset(
    {
        "alert", "ble_data", "directionality", "error", "firmwareupdateprogress", "gpi", "gpo", "heartbeat",
        "notification", "userapp", "userapp_event", "warning",
    }
)  # fmt: skip
"""Kinds of events, in lower case, that are no reads."""

_TID = re.compile(r"([0-9A-Fa-f]{2}){1,32}")

EpcHex = Annotated[str, msgspec.Meta(pattern=r"^([0-9A-Fa-f]{2}){0,62}\Z")]
Dbm = Annotated[float, msgspec.Meta(ge=-200, le=50)]


class Read(
    msgspec.Struct, frozen=True, rename={"epc": "idHex", "rssi": "peakRssi", "tid": "TID", "reader": "MAC"}
):
    """What one read says that we need. Fields that we do not know are left alone."""

    epc: EpcHex | None = None
    antenna: Antenna | None = None
    rssi: Dbm | None = None
    reads: Annotated[int, msgspec.Meta(ge=0, le=READS_MAX)] | None = None
    tid: Annotated[str, msgspec.Meta(max_length=400)] | None = None
    reader: Annotated[str, msgspec.Meta(max_length=60)] | None = None


class Batch(msgspec.Struct, frozen=True, rename={"reads": "tagData", "barcodes": "barcodeData"}):
    """The `data` of a sled's message."""

    reads: Annotated[list[Any], msgspec.Meta(max_length=TAGS_MAX)] | None = None
    barcodes: list[Any] | None = None


class ZebraIot(MessageReader):
    """Turns a reader's messages into sweeps. `repeated` counts the reads that were held back."""

    def __init__(self, options: Mapping[str, str]) -> None:
        super().__init__(NAME, choose(NAME, OPTIONS, options))

    def _hear(self, said: Said, packet: Packet, at_s: float) -> list[Reading]:
        facts = said.facts
        data = mapping(facts.get("data"))
        kind = facts.get("type", facts.get("eventName"))
        if kind == DIRECTIONALITY:
            self._note("directionality: no sighting", data)
            return []
        if "tagData" in data or "barcodeData" in data:
            return self._batch(data, said, packet, at_s)
        if "idHex" in data or "idHex" in facts:
            return self._read(data if "idHex" in data else facts, said, packet, at_s)
        if "connectionState" in facts:
            return self._connection(facts, packet)
        if "command" in facts:
            return self._answer(facts)
        return self._event(str(kind).lower(), said, packet)

    def _batch(self, data: Mapping[str, Any], said: Said, packet: Packet, at_s: float) -> list[Reading]:
        batch = made_of(Batch, data, said.raw)
        if isinstance(batch, Garbled):
            return [batch]
        for barcode in (batch.barcodes or ())[:1]:
            self._note("a barcode: no tag", mapping(barcode))
        readings: list[Reading] = []
        for read in batch.reads or ():
            readings += self._read(read, said, packet, at_s)
        return readings

    def _read(self, facts: object, said: Said, packet: Packet, at_s: float) -> list[Reading]:
        read = made_of(Read, facts, said.raw)
        if isinstance(read, Garbled):
            return [read]
        self._spoke(read.reader)
        tid = read.tid.upper() if read.tid is not None and _TID.fullmatch(read.tid) else None
        sighting = Sighting((read.epc or "").upper(), tid, read.rssi, read.antenna, max(1, read.reads or 1))
        return self._see(sighting, said, packet, at_s)

    def _connection(self, facts: Mapping[str, Any], packet: Packet) -> list[Reading]:
        """A sled's birth, or its will: the broker may keep either, and it stays true."""
        state = facts["connectionState"]
        self._note("connection", facts)
        if state == "CONNECTED":
            return self._say("OPEN")
        topic = plain(packet.topic, 200)
        return self._say("WEDGED", f"The reader has lost the broker, says its last word on {topic}.")

    def _answer(self, facts: Mapping[str, Any]) -> list[Reading]:
        """The answer to a command that something else gave the reader; one of them tells its firmware."""
        payload = mapping(facts.get("payload"))
        self._note("answer", {**payload, "command": facts["command"]})
        version = payload.get("readerApplication")
        return self._say(*self._word, firmware=plain(version, 60)) if isinstance(version, str) else []

    def _event(self, kind: str, said: Said, packet: Packet) -> list[Reading]:
        if kind not in NOTED:
            detail = f"No Zebra reader is known to say this: type {kind[:60]!a}."
            return [garbled("UNKNOWN_SHAPE", detail, said.raw)]
        data = mapping(said.facts.get("data"))
        radio = mapping(data.get("radio_control"))
        self._note(kind, {**said.facts, **data, **radio})
        return self._radio(radio) if kind == "heartbeat" and not packet.retained else []

    def _radio(self, radio: Mapping[str, Any]) -> list[Reading]:
        """What a heartbeat says of the reader's own radio and antennas."""
        if radio.get("radioConnection") == "disconnected":
            return self._say("WEDGED", "The reader has lost its own radio. Switch it off and on.")
        antennas = mapping(radio.get("antennas"))
        if antennas and "connected" not in antennas.values():
            return self._say("MISCONFIGURED", "The reader finds none of its antennas. Check their cables.")
        return self._well()


DRIVER = Driver(
    name=NAME,
    title="Zebra UHF reader on MQTT (IoT Connector: FX7500, FX9600, ATR7000; RFD40, RFD90)",
    transport="mqtt",
    decoder=ZebraIot,
    stream="obs",
    options=OPTIONS,
    topics=("kit/v1/{bridge}/reader/{device}/#",),
    wanted_late=False,
)

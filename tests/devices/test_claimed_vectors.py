"""Every wire vector that these drivers claim, through the driver and the code parsers, however it is cut.

One rule for the editor: a group of vectors is either claimed here or named in WAITING, with its count.
"""

import re
from collections import Counter
from typing import Any

import pytest

from devices.codes import digital_link, epc
from devices.codes.epc_value import Epc
from devices.codes.identify import identify, identity_of_epc
from devices.codes.symbology import Split, split_prefix, zebra_name
from devices.driver import Packet
from devices.drivers.docks.mqtt_dock import MqttDock
from devices.drivers.rfid.em4100 import Em4100, facility_and_card
from devices.drivers.rfid.impinj_r700 import ImpinjR700
from devices.drivers.rfid.zebra_iot import ZebraIot
from devices.drivers.scanners.serial_scanner import SerialScanner, frame
from devices.readings import CardPresented, CodePresented, Garbled
from tests.devices.feeding import before_the_last_byte, every_way, fed, vectors

ZEBRA = "serial (Zebra 'Symbol' code id)"
EM4100 = "serial 9600 8N1 RDM6300/ID-12LA"
EPC = "EPC bank (any UHF reader)"
UHF_18, UHF_18_PUSHING = "serial 57600 8N1 UHFReader18", "serial/TCP UHFReader18"
UHF_M100, UHF_MERCURY = "serial 115200 M100/YRM100", "serial 115200 ThingMagic Mercury"
UHF_R2000 = "serial 115200 R2000 (A0)"
CAMBRIONIX = "serial 115200 8N1 Cambrionix CLI"
CCID_USB, CCID_USB_OUT, CCID_SERIAL = "USB CCID bulk", "USB CCID bulk-out", "serial CCID (STX…xor ETX)"
KEYBOARD, KEY_EVENTS = "USB HID keyboard", "keyboard events"
USB_SYSFS = "USB sysfs/libusb"
AXIS = "HTTPS Axis body worn integration API"
LLRP = "TCP 5084 LLRP 1.0.1"
DHCP_SCRIPT, DHCP_FILE = "dnsmasq --dhcp-script", "dnsmasq lease file"

CLAIMED = {
    "any": 20,
    "any (after framing)": 10,
    "EAN/UPC": 2,
    "QR/DataMatrix": 4,
    "serial": 7,
    "serial/HID": 5,
    ZEBRA: 7,
    EM4100: 8,
    EPC: 19,
    UHF_18: 10,
    UHF_18_PUSHING: 1,
    UHF_M100: 10,
    UHF_MERCURY: 8,
    UHF_R2000: 1,
    LLRP: 3,
    "serial SCI": 1,
    "serial SSI": 12,
    "serial/HID-POS scan engine 7E00/0200": 6,
    "USB HID (Microscan)": 1,
    "USB HID POS": 5,
    "PC/SC APDU": 2,
    "PC/SC APDU response": 4,
    "PC/SC ATR": 2,
    "MQTT payload": 9,
    CCID_USB: 1,
    CCID_USB_OUT: 1,
    CCID_SERIAL: 2,
    KEYBOARD: 2,
    KEY_EVENTS: 3,
    "MQTT 3.1.1 packet": 8,
    "MQTT 5 packet": 2,
    CAMBRIONIX: 23,
    USB_SYSFS: 3,
    DHCP_SCRIPT: 4,
    DHCP_FILE: 1,
    AXIS: 1,
}
"""Groups that the drivers of this release speak, and how many vectors each has here."""

WAITING = {}
"""Groups whose drivers come later, and their sizes."""

ALL_VECTORS = 208


def of(*groups: str, kind: str | None = None) -> Any:
    """A parametrization over the vectors of these groups, each under its own name."""
    chosen = [v for v in vectors() if v["transport"] in groups and kind in (None, v["kind"])]
    return pytest.mark.parametrize("vector", chosen, ids=[v["id"] for v in chosen])


def aim_scanner() -> SerialScanner:
    return SerialScanner({"prefix": "aim"})


def code_of(vector: dict[str, Any]) -> CodePresented:
    """The code that an AIM scanner's bytes for this vector become, the same however they are cut."""
    data = frame(vector["input_text"])
    for readings in every_way(aim_scanner, data):
        assert len(readings) == 1
        code = readings[0]
        assert isinstance(code, CodePresented)
        assert readings == fed(aim_scanner, data)
    assert before_the_last_byte(aim_scanner, data) == []
    return code


def test_no_group_of_vectors_is_dropped_in_silence() -> None:
    assert Counter(v["transport"] for v in vectors()) == CLAIMED
    assert sum(CLAIMED.values()) + sum(WAITING.values()) == ALL_VECTORS
    assert not CLAIMED.keys() & WAITING.keys()


def test_no_vector_carries_a_path_of_the_machine_it_was_made_on() -> None:
    absolute = re.compile(r"(?<![\w:/.])/[a-z]+/[a-z]")
    said = [str(v.get(name, "")) for v in vectors() for name in ("source", "note", "verified_by")]
    assert absolute.search("see /home/someone/capture.bin")
    assert not any(absolute.search(words) for words in said)


@of("any", "any (after framing)", "serial/HID", "EAN/UPC", "QR/DataMatrix", kind="valid")
def test_a_scan_arrives_with_its_symbology_and_its_text(vector: dict[str, Any]) -> None:
    code = code_of(vector)
    assert code.symbology == vector["expected"]["aim"]
    assert code.text == vector["expected"].get("text", vector["input_text"][3:])


@of("any (after framing)", "QR/DataMatrix")
def test_a_gs1_label_gives_its_elements_in_order(vector: dict[str, Any]) -> None:
    identity = identify(code_of(vector))
    assert identity.problem is None
    assert [list(element) for element in identity.elements] == vector["expected"]["ais"]


@of("QR/DataMatrix")
def test_a_digital_link_is_read_without_its_symbology_too(vector: dict[str, Any]) -> None:
    elements = digital_link.parse(vector["input_text"][3:])
    assert [list(element) for element in elements] == vector["expected"]["ais"]


@of("EAN/UPC")
def test_an_ean_names_a_product_and_no_single_thing(vector: dict[str, Any]) -> None:
    identity = identify(code_of(vector))
    gtin = vector["expected"]["gtin"].zfill(14)
    assert identity.gtin == gtin
    assert identity.candidates == (("GTIN", gtin),)


@of("serial/HID")
def test_a_plain_symbol_is_a_serial_number_whatever_carries_it(vector: dict[str, Any]) -> None:
    identity = identify(code_of(vector))
    assert identity.candidates == (("SERIAL", vector["expected"]["text"]),)
    assert identity.elements == ()


@of("any", kind="invalid")
def test_a_malformed_label_is_refused_with_its_reason_and_its_raw_text(vector: dict[str, Any]) -> None:
    (reading,) = fed(aim_scanner, frame(vector["input_text"]))
    assert reading.raw_hex == vector["input_text"].encode().hex().upper()
    if isinstance(reading, Garbled):
        assert reading.reason == "AIM_ID_MISSING"
        return
    identity = identify(reading)
    assert identity.candidates == ()
    assert identity.problem.code == REFUSED_AS[vector["id"]]


REFUSED_AS = {
    "A-bad-caret": "GS1_CHARACTER",
    "A-bad-date": "GS1_DATE",
    "A-bad-e0-empty": "GS1_EMPTY",
    "A-bad-ean-long": "EAN_TOO_LONG",
    "A-bad-ean-short": "EAN_TOO_SHORT",
    "A-bad-giai-short": "GS1_PREFIX",
    "A-bad-grai-check": "GS1_CHECK_DIGIT",
    "A-bad-gtin-check": "GS1_CHECK_DIGIT",
    "A-bad-leading-gs": "GS1_UNKNOWN_AI",
    "A-bad-parens": "GS1_UNKNOWN_AI",
    "A-bad-pound": "GS1_CHARACTER",
    "A-bad-sn-long": "GS1_TOO_LONG",
}


def test_a_gs1_prefix_before_something_else_is_refused_as_gs1() -> None:
    identity = identify(CodePresented(text="AIMID", symbology="]C1"))
    assert identity.problem.code == "GS1_UNKNOWN_AI"
    assert identity.candidates == ()


@of("serial", kind="valid")
def test_a_serial_line_gives_each_scan_once_however_it_is_cut(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["input_hex"])
    for readings in every_way(lambda: SerialScanner({}), data):
        assert [reading.text for reading in readings] == vector["expected"]["scans"]


@of("serial", kind="invalid")
def test_a_broken_serial_record_is_garbled_with_its_bytes(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["input_hex"])
    for readings in every_way(lambda: SerialScanner({}), data):
        assert {type(reading) for reading in readings} == {Garbled}
        assert readings[0].reason in {"GAP", "TOO_LONG", "BYTES_ABOVE_7E"}
        assert data.hex().upper().startswith(readings[0].raw_hex)
        assert readings == fed(lambda: SerialScanner({}), data)


@of(ZEBRA)
def test_zebras_own_code_characters_are_taken_off(vector: dict[str, Any]) -> None:
    expected = vector["expected"]
    split = split_prefix(vector["input_text"], "zebra")
    if vector["kind"] == "invalid":
        assert split.code == "ZEBRA_CODE_UNKNOWN"
        return
    assert isinstance(split, Split)
    assert split.text == expected["text"]
    assert zebra_name(expected["code"]) == expected["symbology"]
    for readings in every_way(lambda: SerialScanner({"prefix": "zebra"}), frame(vector["input_text"])):
        assert [(reading.text, reading.symbology) for reading in readings] == [split]


@of(EM4100, kind="valid")
def test_a_fob_arrives_with_its_number_as_printed_on_it(vector: dict[str, Any]) -> None:
    data, expected = bytes.fromhex(vector["input_hex"]), vector["expected"]
    for tail in (b"", b"\r\n", b"\x00"):
        for readings in every_way(lambda: Em4100({}), data + tail):
            (card,) = readings
            assert isinstance(card, CardPresented)
            assert (card.uid, card.printed) == (expected["tag"], expected["printed"])
    assert before_the_last_byte(lambda: Em4100({}), data) == []
    assert facility_and_card(card.uid) == f"{expected['facility']:03},{expected['card']:05}"


@of(EM4100, kind="invalid")
def test_a_broken_fob_frame_is_garbled_and_costs_no_other_frame(vector: dict[str, Any]) -> None:
    data, expected = bytes.fromhex(vector["input_hex"]), vector["expected"]
    for readings in every_way(lambda: Em4100({}), data):
        assert readings[0].reason == expected["error"].upper()
        assert [card.uid for card in readings[1:]] == expected.get("after_resync", [])


def test_a_reader_that_adds_instead_of_xor_is_read_when_it_is_set_so() -> None:
    (vector,) = (v for v in vectors() if v["id"] == "B-em-sum-variant")
    (card,) = fed(lambda: Em4100({"checksum": "sum"}), bytes.fromhex(vector["input_hex"]))
    assert card.uid == "2E00AF0EC9"


@of(EPC, kind="valid")
def test_an_epc_decodes_to_the_key_that_the_standard_prints(vector: dict[str, Any]) -> None:
    expected = vector["expected"]
    decoded = epc.decode(vector["input_hex"].lower())
    assert isinstance(decoded, Epc)
    facts = {name: getattr(decoded, name) for name in expected if name != "aidc_toggle"}
    assert facts == {name: value for name, value in expected.items() if name != "aidc_toggle"}
    assert identity_of_epc(vector["input_hex"]).candidates[0] == ("EPC", vector["input_hex"])


@of(EPC, kind="invalid")
def test_an_epc_that_is_none_is_refused_with_its_reason(vector: dict[str, Any]) -> None:
    identity = identity_of_epc(vector.get("input_hex") or vector["input_text"])
    assert identity.problem.code == EPC_REFUSED_AS[vector["expected"]["error"]]


EPC_REFUSED_AS = {
    "non-decimal nibble": "EPC_NIBBLE",
    "not hex": "EPC_NOT_HEX",
    "partition 7": "EPC_PARTITION",
    "too short": "EPC_TOO_SHORT",
    "unknown header E2": "EPC_HEADER",
}


@of("MQTT payload", kind="invalid")
def test_a_payload_that_is_no_json_is_garbled_by_whatever_listens(vector: dict[str, Any]) -> None:
    payload, topic = vector["input_text"].encode(), "kit/v1/medway/dock/d1/bay/1"
    listening = MESSAGES_REFUSED_AS[vector["expected"]["error"]]
    for decoder, reason in listening:
        (reading,) = decoder({}).packet(Packet(topic, payload), 0.0)
        assert (reading.reason, reading.raw_hex) == (reason, payload.hex().upper())


MESSAGES_REFUSED_AS = {
    "empty payload on a non-retained topic": [
        (it, "EMPTY_PAYLOAD") for it in (MqttDock, ZebraIot, ImpinjR700)
    ],
    "not JSON": [(it, "NOT_JSON") for it in (MqttDock, ZebraIot, ImpinjR700)],
    "bad base64": [(ImpinjR700, "BASE64"), (ZebraIot, "UNKNOWN_SHAPE")],
}

"""The demo's hands send what real devices send, and its configurations are ones that the real programs accept."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.demo import plans
from api.demo.asked import Asked
from api.demo.broker import Broker, choose_broker
from api.demo.hardware import CARD_AWAY_S, Docks, Hands, Shelf, camera_tag, card_frame
from api.demo.home import BRIDGE, CARD_READER, DOCKS, SCANNER, SHELF_READER, Home
from devices.codes.identify import identity_of_tag
from devices.docks.commands import read_able
from devices.driver import Packet, PacketDecoder
from devices.drivers import DRIVERS
from devices.drivers.docks.mqtt_dock import MqttDock
from devices.drivers.rfid.em4100 import Em4100
from devices.drivers.scanners.serial_scanner import SerialScanner
from devices.readings import BayReported, CardPresented, CodePresented, TagsSwept
from devices.transports.script import read_step
from firmware_bridge.settings import load
from inventory.demo.records import BayRow

ASKED = Asked(Path("var/demo"), "127.0.0.1", 8470, 5.0, 0, "", True, False, 0)
BROKER = Broker("a broker", 1883, "5", ("broker",))
READY = BayRow("ME", "ME-BWV-01", 3, "D01A000003", "READY", 97, 0, 60_000, "1.24.3")
PACK = replace(READY, dock="ME-CED-01", serial="B7R000001", files_pending=None, free_mb=None, firmware=None)
EMPTY = BayRow("ME", "ME-BWV-01", 4, "", "EMPTY", None, None, None, None)


def sent(hands: Hands) -> list[dict[str, str]]:
    """What went into the pipe, each line read as the simulator reads it."""
    assert isinstance(hands.pipe, io.StringIO)
    lines = hands.pipe.getvalue().splitlines()
    assert all(read_step(line, "the pipe") for line in lines)
    return [json.loads(line) for line in lines]


@given(st.binary(min_size=5, max_size=5))
def test_every_card_held_to_the_reader_is_read_as_itself(number: bytes) -> None:
    uid = number.hex().upper()
    readings = Em4100({}).feed(card_frame(uid), 0.0)
    assert [each.uid for each in readings if isinstance(each, CardPresented)] == [uid]


def test_a_scan_is_what_a_scanner_with_code_identifiers_sends() -> None:
    hands = Hands(io.StringIO())
    hands.scan("X4A000001", "]C0")
    (step,) = sent(hands)
    (reading,) = SerialScanner({"prefix": "aim"}).feed(step["text"].encode("latin-1"), 0.0)
    assert isinstance(reading, CodePresented)
    assert (reading.text, reading.symbology, step["device"]) == ("X4A000001", "]C0", SCANNER)


def test_a_card_shown_twice_is_away_long_enough_to_be_seen_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("api.demo.hardware.time.sleep", waits.append)
    hands = Hands(io.StringIO())
    for uid in ("4B00000001", "4B00000002", "4B00000001"):
        hands.show_card(uid)
    assert [step["device"] for step in sent(hands)] == [CARD_READER] * 3
    assert waits[0] == waits[1] == 0.0
    assert 0.0 < waits[2] <= CARD_AWAY_S


def test_the_tag_of_a_camera_in_the_store_is_read_as_the_key_on_its_label() -> None:
    hands = Hands(io.StringIO())
    tags = {f"D01A{n:06d}": camera_tag("9521141", f"9521141BWV{n:06d}") for n in range(150)}
    assert Shelf(hands, tags).read(frozenset([*list(tags)[:120], "B7R000001"])) == 120
    decoder = DRIVERS["zebra-iot"].decoder({})
    assert isinstance(decoder, PacketDecoder)
    steps = sent(hands)
    said = [decoder.packet(Packet(each["topic"], each["text"].encode(), retained=False), 0.0) for each in steps]
    assert not any("retain" in each for each in steps)
    said.append(decoder.idle(1.0))
    swept = [seen for readings in said for each in readings if isinstance(each, TagsSwept) for seen in each.tags]
    keys = [("GIAI", f"9521141BWV{n:06d}") for n in range(120)]
    assert len(swept) == len(keys)
    assert all(key in identity_of_tag(seen).candidates for key, seen in zip(keys, swept, strict=True))


def said_by(docks: Docks) -> list[BayReported]:
    """What the docks said, as the dock's decoder reads it."""
    decoder = MqttDock({})
    steps = [step for step in sent(docks.hands) if "/bay/" in step["topic"]]
    packets = [Packet(step["topic"], step["text"].encode(), retained=False) for step in steps]
    readings = [reading for packet in packets for reading in decoder.packet(packet, 0.0)]
    assert all(isinstance(each, BayReported) for each in readings), readings
    return [each for each in readings if isinstance(each, BayReported)]


def test_a_dock_says_what_stands_in_each_bay_and_that_the_others_are_empty() -> None:
    docks = Docks.of(Hands(io.StringIO()), [READY, PACK, EMPTY])
    assert docks.beat(frozenset({READY.serial})) == 3
    camera, pack, empty = said_by(docks)
    assert (camera.word, camera.present, camera.serial, camera.charge_percent) == (
        "READY",
        True,
        READY.serial,
        97,
    )
    assert (camera.files_pending, camera.free_mb, camera.firmware) == (0, 60_000, "1.24.3")
    assert (pack.dock, pack.word, pack.present) == ("ME-CED-01", "EMPTY", False)
    assert (empty.bay, empty.word, empty.serial) == (4, "EMPTY", None)


def test_a_dock_comes_once_with_lights_and_latches_and_does_as_it_is_told() -> None:
    docks = Docks.of(Hands(io.StringIO()), [READY])
    docks.beat(frozenset())
    docks.beat(frozenset())
    births = [step for step in sent(docks.hands) if step["topic"].endswith("/state")]
    able = [read_able(Packet(step["topic"], step["text"].encode(), retained=True)) for step in births]
    assert able == [(READY.dock, frozenset({"POINT", "RELEASE", "LOCK"}))]
    told = [step for step in sent(docks.hands) if step["topic"].endswith("/cmd")]
    assert {read_step(json.dumps(step), "demo").heard for step in told} == {"point", "release", "lock"}


def test_what_is_lifted_and_put_back_is_said_each_time() -> None:
    docks = Docks.of(Hands(io.StringIO()), [READY])
    assert docks.lift(READY.serial)
    assert docks.put_back(READY.serial)
    assert not docks.lift("X4A000001")
    assert [each.word for each in said_by(docks)] == ["EMPTY", "READY"]


def test_the_bridge_reads_the_configuration_that_the_demo_writes(tmp_path: Path) -> None:
    home = Home(tmp_path / 'a "quoted" folder')
    home.run.mkdir(parents=True)
    config = home.run / "bridge.toml"
    config.write_text(plans.bridge_config(home, ASKED.address, BROKER), "utf-8")
    settings = load(config, DRIVERS)
    assert (settings.bridge, settings.service) == (BRIDGE, "http://127.0.0.1:8470")
    assert [each.device for each in settings.station] == [SCANNER, CARD_READER, DOCKS, SHELF_READER]
    assert settings.key_file == str(home.bridge_key)
    assert settings.broker is not None
    assert (settings.broker.port, settings.broker.version) == (1883, "5")


def test_a_demo_for_other_machines_is_reached_from_its_own_by_the_near_address() -> None:
    assert replace(ASKED, host="0.0.0.0").address == "http://127.0.0.1:8470"
    assert plans.service(replace(ASKED, host="0.0.0.0"), Home(Path("x"))).environment["KIT_HOST"] == "0.0.0.0"


def test_the_stand_in_broker_says_that_it_is_one(tmp_path: Path) -> None:
    broker = choose_broker(tmp_path, 1884, stand_in=True)
    assert broker.is_stand_in
    assert "STAND-IN" in broker.title
    assert broker.version == "3.1.1"


@pytest.mark.mqtt
def test_mosquitto_is_preferred_and_listens_to_this_machine_alone(tmp_path: Path) -> None:
    broker = choose_broker(tmp_path, 1885)
    assert (broker.version, broker.is_stand_in) == ("5", False)
    assert "listener 1885 127.0.0.1" in (tmp_path / "mosquitto.conf").read_text("utf-8")

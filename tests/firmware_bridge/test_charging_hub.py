"""A Cambrionix hub through a real pty: asked one command a prompt, and its bays told under the station's name."""

import threading
from pathlib import Path

from devices.drivers import DRIVERS
from devices.drivers.docks.cambrionix import DISARMED_S, Cambrionix
from devices.readings import BayAct, BayAnswered
from devices.transports.serial_port import open_serial
from devices.wire import BayCommand
from firmware_bridge.clock import SYSTEM
from firmware_bridge.monitor import Screen, watch
from firmware_bridge.settings import Timing
from firmware_bridge.simulate import SimulatedPort
from firmware_bridge.station import Station
from tests.firmware_bridge.bridge_process import until
from tests.firmware_bridge.running_bridge import RunningBridge
from tests.firmware_bridge.stub_service import StubService

ANSWERS = {
    b"\x03": "",
    b"id\r\n": "mfr:cambrionix,mode :main,hw:U8S,hwid:0x13,fw:1.68,bl:0.15,sn:000000,group:-,fc:un\r\n",
    b"bd\r\n": "Ports: 1\r\nNodes : 1\r\nHub 1 Port 4 : Port 1\r\n",
    b"state\r\n": "1, 0500, A C, 1, 5, x, 0.01\r\n",
}


def test_a_hub_is_watched_and_never_told_a_second_thing_before_its_prompt(tmp_path: Path) -> None:
    port = SimulatedPort(tmp_path / "rack")
    port.plug()
    shown: list[str] = []
    station = Station("rack-1", DRIVERS["cambrionix"], {}, lambda: open_serial(str(port.link), 115_200))
    stop = threading.Event()
    thread = threading.Thread(target=watch, args=([station], Timing(), Screen(SYSTEM, shown.append), stop))
    thread.start()
    heard: list[bytes] = []

    def watched() -> bool:
        said = port.received()
        if said:
            heard.append(said)
            echo = "" if said == b"\x03" else said.decode()
            port.send(f"{echo}{ANSWERS.get(said, '')}>> ".encode())
        return heard.count(b"state\r\n") >= 2

    try:
        until(watched, "two looks at the ports")
    finally:
        stop.set()
        thread.join(10)
        port.unplug()
    assert not thread.is_alive()
    assert heard[0] == b"\x03"
    assert all(it == b"\x03" or it.count(b"\r\n") == 1 for it in heard), heard
    (bay,) = [line for line in shown if '"type":"bay"' in line]
    assert bay.startswith('rack-1  {"type":"bay","dock":"rack-1","bay":1,"word":"CHARGING","present":true')
    assert any('"what":"bays"' in line and '"1":"4"' in line for line in shown)
    assert not any("garbled" in line for line in shown if '"type":"garbled"' in line)


HUB = """
[[station]]
device = "rack-1"
driver = "cambrionix"
port = "{0}"
options = {{ security = "arm" }}

[[station]]
device = "cameras"
driver = "usb-dock"
port = "{1}"
options = {{ bays = "3=1-2.1" }}
bays_at = "rack-1"
"""


def test_a_bay_whose_camera_is_seen_by_usb_is_lit_and_let_go_by_the_hub_it_is_plugged_into(
    running: RunningBridge, service: StubService, tmp_path: Path
) -> None:
    (tmp_path / "sysfs").mkdir()
    port, heard, is_open = running.port("rack-1"), [], threading.Event()
    running.write(HUB.format(port.link, tmp_path / "sysfs"))

    def answer() -> None:
        while not is_open.is_set():
            said = port.received()
            if said:
                heard.append(said)
                echo = "" if said == b"\x03" else said.decode()
                port.send(f"{echo}{ANSWERS.get(said, '')}>> ".encode())
            is_open.wait(0.005)

    service.commands = []
    hub = threading.Thread(target=answer)
    hub.start()
    running.start()
    running.until_word("rack-1", "OPEN")
    until(lambda: b"state\r\n" in heard, "the hub's first look")
    acts: tuple[BayAct, ...] = ("POINT", "RELEASE", "LOCK")
    for number, act in enumerate(acts, start=1):
        where = {"device": "cameras", "dock": "cameras", "bay": 3}
        service.tell(BayCommand(id=number, act=act, light="green", live_ms=9000, **where))  # type: ignore[arg-type]
    until(lambda: b"sec arm\r\n" in heard[heard.index(b"state\r\n") :], "the alarm armed again")
    until(lambda: len(_told(service)) == len(acts), "an answer to each")
    is_open.set()
    hub.join(5)
    said = [it for it in heard[heard.index(b"state\r\n") :] if it[:4] in (b"leds", b"sec ")]
    assert said == [b"leds 1 xxC\r\n", b"leds 2 xxO\r\n", b"sec disarm\r\n", b"sec arm\r\n"]
    assert {(it.act, it.word) for it in _told(service)} == {(act, "DONE") for act in acts}


def _told(service: StubService) -> list[BayAnswered]:
    return [it.reading for it in service.observations() if isinstance(it.reading, BayAnswered)]


def test_an_armed_hub_that_was_disarmed_for_an_issue_arms_itself_again() -> None:
    hub = Cambrionix({"security": "arm"})
    said: list[bytes] = []

    def turn(at_s: float) -> None:
        hub.idle(at_s)
        told = hub.take_replies()
        said.append(told)
        if told:
            hub.feed(b">> ", at_s)

    for tenth in range(60):
        turn(tenth / 10)
    assert hub.tell("RELEASE", 3, "none")
    for tenth in range(60, 60 + int(DISARMED_S * 10) + 20):
        turn(tenth / 10)
    after = said[said.index(b"sec disarm\r\n") :]
    armed = after.index(b"sec arm\r\n")
    assert DISARMED_S * 10 - 5 <= armed <= DISARMED_S * 10 + 5

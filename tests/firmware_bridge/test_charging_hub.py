"""A Cambrionix hub through a real pty: asked one command a prompt, and its bays told under the station's name."""

import threading
from pathlib import Path

from devices.drivers import DRIVERS
from devices.transports.serial_port import open_serial
from firmware_bridge.clock import SYSTEM
from firmware_bridge.monitor import Screen, watch
from firmware_bridge.settings import Timing
from firmware_bridge.simulate import SimulatedPort
from firmware_bridge.station import Station
from tests.firmware_bridge.bridge_process import until

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

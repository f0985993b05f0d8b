"""A bridge in a thread of the test's own process, on real ptys: for what needs no process that can be killed.

One rule for the editor: what is written into `bridge.toml` is what the bridge reads; nothing is set past the file.
"""

import threading
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from devices.drivers import DRIVERS
from devices.readings import DeviceReported
from firmware_bridge.bridge import Bridge, State
from firmware_bridge.settings import load
from firmware_bridge.simulate import SimulatedPort
from tests.firmware_bridge.bridge_process import TIMING, until
from tests.firmware_bridge.stub_service import StubService

SCANNER = '[[station]]\ndevice = "{0}"\ndriver = "serial-scanner"\nport = "{1}"\noptions = {{ prefix = "{2}" }}\n'


@dataclass
class RunningBridge:
    """A bridge on `folder` that delivers to `service`."""

    folder: Path
    service: StubService
    timing: str = TIMING
    ports: dict[str, SimulatedPort] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)
    bridge: Bridge = field(init=False)
    thread: threading.Thread = field(init=False)

    @property
    def path(self) -> Path:
        """The configuration."""
        return self.folder / "bridge.toml"

    def write(self, *tables: str, service: str = "", extra: str = "") -> None:
        """Write the configuration: these tables, after what stands before all tables."""
        head = f'bridge = "medway"\nservice = "{service or self.service.url}"\nkey_file = "key"\nspool_dir = "spool"\n'
        (self.folder / "key").write_text("test-key")
        self.path.write_text("\n".join([head + extra, self.timing, *tables]))

    def port(self, device: str) -> SimulatedPort:
        """The far end of a device's pty, plugged in."""
        if device not in self.ports:
            self.ports[device] = SimulatedPort(self.folder / device)
            self.ports[device].plug()
        return self.ports[device]

    def scanner(self, device: str, prefix: str = "aim") -> str:
        """The table of a scanner on its pty."""
        return SCANNER.format(device, self.port(device).link, prefix)

    def start(self) -> None:
        """Start it, and wait until it runs."""
        self.bridge = Bridge(load(self.path, DRIVERS), DRIVERS, path=self.path)
        self.thread = threading.Thread(target=self.bridge.run, args=(self.stop,))
        self.thread.start()
        until(lambda: self.service.heartbeats or (self.folder / "spool/state.json").exists(), "the bridge")

    def state(self) -> State:
        """What it says of itself in state.json."""
        return msgspec.json.decode((self.folder / "spool/state.json").read_bytes(), type=State)

    def device(self, name: str) -> DeviceReported:
        """What it says of one device; STOPPED of one it does not have."""
        found = [it for it in self.state().devices if it.device == name]
        return found[0] if found else DeviceReported(device=name, word="STOPPED")

    def until_word(self, device: str, word: str) -> None:
        """Wait until it says `word` of a device."""
        until(lambda: self.device(device).word == word, f"{device} being {word}")

    def texts(self) -> list[str]:
        """What was scanned, as the service has it."""
        return [str(getattr(it.reading, "text", it.reading)) for it in self.service.scans()]

    def close(self) -> None:
        """End it."""
        self.stop.set()
        if hasattr(self, "thread"):
            self.thread.join(10)
            assert not self.thread.is_alive()
        for port in self.ports.values():
            port.unplug()

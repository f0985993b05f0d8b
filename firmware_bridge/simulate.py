"""Simulated hardware: real ptys that carry real frames, and a real broker that carries real dock messages.

One rule for the editor: nothing here is known to the rest of the bridge. What it sends goes through the same
kernel, the same pyserial and the same decoders as a scanner's bytes.

Each device that sends bytes gets a pty, found through a link named after it in the ports folder. "unplug"
closes the pty's far end, which a reader cannot tell from a pulled cable; "plug" makes a new one under the
same link. Bytes that nobody reads are dropped once the kernel's buffer is full, as a scanner's would be.
A reader on the network listens at its address, answers as the standard asks, and sends what the script says.
"""

import contextlib
import fcntl
import os
import shutil
import struct
import sys
import termios
import threading
import time
import tty
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import msgspec

from devices.docks.commands import read_told
from devices.errors import NotConfigured
from devices.transports.mqtt import Message, MqttVoice
from devices.transports.script import Step, read_step
from firmware_bridge.simulated_reader import SimulatedReader

LOCKS = Path("/proc/locks")
DOCKS_TOLD = "kit/v1/+/dock/+/cmd"
"""Where docks hear what their bays are to do."""

READ_BYTES = 4096
HEARD_BYTES_MAX = 4096
LET_READ_S = 1.0
ANSWER_S = 0.02
"""How soon a device answers what it hears."""


class Simulated(Protocol):
    """What is played: a pty (`SimulatedPort`), or a reader on the network that answers by itself."""

    @property
    def link(self) -> Path | str:
        """What a station names as its port."""
        ...

    def plug(self) -> str:
        """Let it be found, and return where. Does nothing if it is."""
        ...

    def unplug(self) -> None:
        """Take it away from whoever reads it."""
        ...

    def send(self, data: bytes) -> int:
        """Send; returns how many bytes went."""
        ...

    def received(self) -> bytes:
        """What the other side wrote since this was asked last."""
        ...

    def is_open(self) -> bool:
        """Whether the other side reads it."""
        ...

    def unread(self) -> int:
        """How many bytes that were sent nobody has read yet, as far as that can be told."""
        ...


@dataclass(slots=True)
class SimulatedPort:
    """One pty, its far end ours, its near end linked at `link`."""

    link: Path
    _far: int | None = field(default=None, init=False)
    _near: int | None = field(default=None, init=False)
    _written: bytearray = field(default_factory=bytearray, init=False)
    _flushed: bool = field(default=False, init=False)
    _openings: int = field(default=0, init=False)

    def plug(self) -> str:
        """Make a new pty under the link, and return its path. Does nothing if it is plugged."""
        if self._far is None:
            self._far, self._near = os.openpty()
            tty.setraw(self._near)  # no echo and no line editing, or the first frame would come back to us
            os.set_blocking(self._far, False)
            # Packet mode: our end is told when the near one drops what waited in it.
            fcntl.ioctl(self._far, termios.TIOCPKT, struct.pack("i", 1))
            fresh = self.link.with_name(f".{self.link.name}.new")
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(os.ttyname(self._near))
            fresh.replace(self.link)
        return str(self.link.readlink())

    def unplug(self) -> None:
        """Take the pty away from whoever reads it."""
        for end in (self._far, self._near):
            if end is not None:
                os.close(end)
        self._far = self._near = None
        self._flushed = False
        self.link.unlink(missing_ok=True)

    def send(self, data: bytes) -> int:
        """Send; returns how many bytes went, 0 while it is unplugged."""
        if self._far is None:
            return 0
        try:
            return os.write(self._far, data)
        except BlockingIOError:
            return 0

    def received(self) -> bytes:
        """What the other side wrote (a lamp's bytes) since this was asked last."""
        self._listen()
        written = bytes(self._written)
        self._written.clear()
        return written

    def is_open(self) -> bool:
        """Whether a reader has opened the port as the bridge does: alone (the kernel then lists its lock),
        and done with dropping what waited in it, so that nothing sent from now on is lost."""
        self._listen()
        self._flushed = self._flushed and self._is_locked()
        return self._flushed

    def openings(self) -> int:
        """How often a reader has opened the port (and dropped what waited in it) since this one was made."""
        self._listen()
        return self._openings

    def unread(self) -> int:
        """How many bytes that were sent nobody has read yet."""
        if self._near is None:
            return 0
        return int.from_bytes(fcntl.ioctl(self._near, termios.FIONREAD, bytes(4)), sys.byteorder)

    def _is_locked(self) -> bool:
        if self._near is None:
            return False
        it = os.fstat(self._near)
        mark = f"{os.major(it.st_dev):02x}:{os.minor(it.st_dev):02x}:{it.st_ino} "
        try:
            return mark in LOCKS.read_text(encoding="ascii")
        except OSError:
            return False

    def _listen(self) -> None:
        """Take in what the other side did: in packet mode each read begins with a byte that says what it is."""
        while self._far is not None:
            try:
                packet = os.read(self._far, READ_BYTES)
            except BlockingIOError:
                return
            if packet[0] & termios.TIOCPKT_FLUSHREAD:
                self._flushed = True
                self._openings += 1
            if packet[0] == termios.TIOCPKT_DATA:
                self._written += packet[1:]


@dataclass(slots=True)
class Simulator:
    """The simulated devices. `say` is told each thing that happened; `voice` publishes for docks."""

    folder: Path
    say: Callable[[str], None]
    voice: MqttVoice | None = None
    _ports: dict[str, Simulated] = field(default_factory=dict, init=False)
    _answers: dict[str, dict[bytes, bytes]] = field(default_factory=dict, init=False)
    _heard: dict[str, bytes] = field(default_factory=dict, init=False)  # and not yet answered
    _acks: dict[str, dict[str, bytes]] = field(default_factory=dict, init=False)  # by a dock's topic and the act
    _folders: set[Path] = field(default_factory=set, init=False)
    _one_step: threading.Lock = field(default_factory=threading.Lock, init=False)

    def plug_in(self, devices: Iterable[str]) -> None:
        """Make a port for each of `devices` that has none."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for device in devices:
            self._plug(device)

    def listen(self, device: str, reader: SimulatedReader) -> None:
        """Let `device` be a reader on the network. Raises NotConfigured if it cannot listen there."""
        self._ports[device] = reader
        try:
            self._plug(device)
        except OSError as error:
            raise NotConfigured(f"{device}: cannot listen at {reader.link} ({error})") from error

    def wait_until_read(self, timeout_s: float, stop: threading.Event) -> bool:
        """Wait until every port is open at the other side, at most `timeout_s`; False if one is not."""
        for _ in range(max(1, int(timeout_s / 0.05))):
            if all(port.is_open() for port in self._ports.values()):
                return True
            if stop.wait(0.05):
                return False
        return False

    def play(self, steps: Iterable[Step], speed: float, stop: threading.Event) -> None:
        """Do each step at its time, `speed` times as fast as written; 0 means without pause. What a device hears
        meanwhile is answered as its steps say."""
        gone_s = 0.0
        for step in steps:
            if speed and self._listen_for(max(0.0, (step.at_s - gone_s) / speed), stop):
                return
            gone_s = step.at_s
            self.do(step)
        self.hear()

    def hear(self) -> None:
        """Say what the other side has written to each device since this was asked last: acknowledgements,
        commands, lights. Asked at every step, and by whoever waits for more."""
        with self._one_step:
            self._hear()

    def _listen_for(self, seconds: float, stop: threading.Event) -> bool:
        """Let `seconds` pass, answering; True if `stop` came first."""
        for _ in range(int(seconds / ANSWER_S)):
            if stop.wait(ANSWER_S):
                return True
            self.hear()
        return stop.wait(seconds % ANSWER_S)

    def _hear(self) -> None:
        for device, port in list(self._ports.items()):
            heard = port.received()
            if heard:
                self.say(f"{device}: heard {heard.hex().upper()}")
                self._heard[device] = (self._heard.get(device, b"") + heard)[-HEARD_BYTES_MAX:]
                self._answer(device, port)

    def _answer(self, device: str, port: Simulated) -> None:
        """Answer what was heard, in the order in which it was said; what nothing answers is passed over."""
        answers = self._answers.get(device, {})
        while found := [(self._heard[device].find(said), said) for said in answers if said in self._heard[device]]:
            at, said = min(found)
            self._heard[device] = self._heard[device][at + len(said) :]
            port.send(answers[said])
            self.say(f"{device}: answered {said!r}")

    def told(self, topic: str, payload: bytes) -> None:
        """A dock is told something: it answers as its steps say, under the command's id. Called on paho's thread."""
        command = read_told(payload)
        if command is None or self.voice is None:
            return
        dock = topic.removesuffix("/cmd")
        self.say(f"{dock}: bay {command.bay} {command.act} {command.light} (command {command.id})")
        ack = self._acks.get(topic, {}).get(command.act, b"")
        if ack:
            body = _under(command.id, ack)
            self.voice.say(Message(f"{dock}/ack", body, retain=False))
            self.say(f"{dock}/ack: {body.decode('utf-8', 'replace')}")

    def do(self, step: Step) -> None:
        """One step, now. For several threads: one plays, one takes what is typed."""
        with self._one_step:
            self._hear()
            self._do(step)

    def _do(self, step: Step) -> None:
        if step.topic and step.heard is not None:
            self._acks.setdefault(step.topic, {})[step.heard] = step.data()
        elif step.topic:
            self._publish(step)
        elif step.file is not None:
            self._put(step, step.file)
        elif step.heard is not None:
            self._answers.setdefault(step.device, {})[step.heard.encode("latin-1")] = step.data()
            self._heard.setdefault(step.device, b"")
            self._answer(step.device, self._port(step.device))
        elif step.act == "unplug":
            self._port(step.device).unplug()
            self.say(f"{step.device}: unplugged")
        elif step.act == "plug":
            self._plug(step.device)
        else:
            self._send(step)

    def let_read(self, stop: threading.Event) -> None:
        """At a scenario's end: let what was sent be read, for `LET_READ_S` at most; pulled at once it would be lost."""
        ends_s = time.monotonic() + LET_READ_S
        while any(port.is_open() and port.unread() for port in self._ports.values()) and time.monotonic() < ends_s:
            if stop.wait(0.02):
                return

    def close(self) -> None:
        """Unplug everything, and take the files away."""
        for port in self._ports.values():
            port.unplug()
        for folder in self._folders:
            shutil.rmtree(folder, ignore_errors=True)

    def _put(self, step: Step, name: str) -> None:
        """Write a file of the device, or take it away. It is written in its place, as other programs do."""
        folder = self._folder_of(step.device)
        self._folders.add(folder)
        path = folder / name
        if step.act is not None:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            self.say(f"{step.device}: {name} is gone")
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(step.data())
        self.say(f"{step.device}: {path}")

    def _folder_of(self, device: str) -> Path:
        if "/" in device or device.startswith("."):
            raise NotConfigured(f"a device cannot be called {device!r}: a port is made under its name")
        return self.folder / device

    def _plug(self, device: str) -> None:
        port = self._port(device)
        self.say(f"{device}: plugged in at {port.link} -> {port.plug()}")

    def _port(self, device: str) -> Simulated:
        if device not in self._ports:
            self._ports[device] = SimulatedPort(self._folder_of(device))
        return self._ports[device]

    def _send(self, step: Step) -> None:
        data = step.data()
        sent = self._port(step.device).send(data)
        lost = "" if sent == len(data) else f", {len(data) - sent} bytes lost: nobody reads"
        self.say(f"{step.device}: {data!r}{lost}")

    def _publish(self, step: Step) -> None:
        if self.voice is None or step.topic is None:
            raise NotConfigured(f"{step.device}: a step with a topic needs --broker")
        self.voice.say(Message(step.topic, step.data(), step.retain))
        self.say(f"{step.device}: {step.topic}")


def _under(command_id: int, ack: bytes) -> bytes:
    """An acknowledgement with the command's id in it; what is no JSON object is sent as it is."""
    try:
        return msgspec.json.encode({"id": command_id} | msgspec.json.decode(ack, type=dict[str, object]))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ack


def ports_of(steps: Iterable[Step]) -> list[str]:
    """The devices of a script that need a port, in the order they first appear."""
    return list(dict.fromkeys(step.device for step in steps if not step.topic and step.file is None))


def typed_step(line: str) -> Step:
    """A step from one typed line: JSON as in a script, or a device's name, a space and the text to send,
    to which CR is added. Raises NotConfigured."""
    if line.lstrip().startswith("{"):
        return read_step(line, "stdin")
    device, _, text = line.rstrip("\n").partition(" ")
    if not device or not text:
        raise NotConfigured("expected a step in JSON, or: device text")
    with contextlib.suppress(UnicodeEncodeError):
        return Step(device=device, hex=(text + "\r").encode("latin-1").hex())
    raise NotConfigured(f"{text!r} holds a character that is no single byte; send it as hex in JSON")

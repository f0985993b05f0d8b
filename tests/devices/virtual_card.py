"""A real pcscd with a virtual reader, and cards to lay on it, as vpcd (virtualsmartcard) wants them.

One rule for the editor: the reader listens on a port of its own choice that nobody else is told, the daemon on the one
socket that is compiled into it: so one at a time (a lock sees to that), and none where the machine's own runs.
"""

import fcntl
import importlib.util
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from tests.leash import leash

DRIVERS = (
    Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so"),
    Path("/usr/local/lib/pcsc/drivers/serial/libifdvpcd.so"),
)
SOCKET = Path("/run/pcscd/pcscd.comm")
LOCK = Path(tempfile.gettempdir()) / "kitstore-tests-pcscd.lock"
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
PATIENCE_S = 20.0
_POWER_OFF, _POWER_ON, _RESET, _ATR = 0, 1, 2, 4


def has_virtual_reader() -> bool:
    """Whether this machine can run a pcscd of our own, with a reader without hardware."""
    tools = shutil.which("pcscd", path=PATH) and importlib.util.find_spec("smartcard")
    is_able = bool(tools) and any(it.exists() for it in DRIVERS) and os.geteuid() == 0
    return is_able and (_is_locked() or not _answers(SOCKET))


def _is_locked() -> bool:
    """Whether other tests have the daemon now: then it is theirs, and will be free."""
    with LOCK.open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _answers(path: Path) -> bool:
    """Whether a pcscd already runs here; the socket of one that died does not count."""
    with socket.socket(socket.AF_UNIX) as line:
        return line.connect_ex(str(path)) == 0


@dataclass
class VirtualReader:
    """pcscd with one reader. vpcd makes two slots of it; cards lie on the first, "{name} 00 00"."""

    folder: Path
    name: str = "Virtual Test Reader"
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    cards: list["VirtualCard"] = field(default_factory=list)
    _lock: BinaryIO | None = None

    def __enter__(self) -> "VirtualReader":
        self._lock = LOCK.open("ab")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        return self.start()

    def __exit__(self, *_how: object) -> None:
        self.stop()
        if self._lock is not None:
            self._lock.close()

    def start(self) -> "VirtualReader":
        """Start it, and wait until its reader takes a card."""
        self.port = self.port or _free_port()
        config = self.folder / "readers"
        config.mkdir(exist_ok=True)
        driver = next(it for it in DRIVERS if it.exists())
        (config / "virtual").write_text(
            f'FRIENDLYNAME "{self.name}"\nDEVICENAME /dev/null:{self.port:#x}\nLIBPATH {driver}\n'
            f"CHANNELID {self.port:#x}\n"
        )
        command = shutil.which("pcscd", path=PATH)
        assert command is not None
        SOCKET.parent.mkdir(exist_ok=True)
        SOCKET.unlink(missing_ok=True)
        with (self.folder / "pcscd.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*leash(), command, "--foreground", "--config", str(config)], stdout=log, stderr=log
            )
        end = time.monotonic() + PATIENCE_S
        while not (_answers(SOCKET) and _listens(self.port)):
            assert time.monotonic() < end, (self.folder / "pcscd.log").read_text()
            time.sleep(0.02)
        return self

    def stop(self) -> None:
        """End it, as its unit does; the cards fall off."""
        while self.cards:
            self.cards.pop().take_away()
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(PATIENCE_S)
            self.process = None
        SOCKET.unlink(missing_ok=True)

    def lay(self, uid: str, atr: str, status: str = "9000") -> "VirtualCard":
        """Lay a card on it that answers its UID, and `status` after it."""
        self.cards.append(VirtualCard(self.port, bytes.fromhex(uid + status), bytes.fromhex(atr)).lie())
        return self.cards[-1]


@dataclass
class VirtualCard:
    """A card: it answers the request for its UID, and nothing else."""

    port: int
    answer: bytes
    atr: bytes
    asked: list[bytes] = field(default_factory=list)
    _line: socket.socket | None = None

    def lie(self) -> "VirtualCard":
        """Be on the reader."""
        self._line = socket.create_connection(("127.0.0.1", self.port))
        threading.Thread(target=self._serve, args=(self._line,), daemon=True).start()
        return self

    def take_away(self) -> None:
        """Be off it."""
        if self._line is not None:
            self._line.shutdown(socket.SHUT_RDWR)
            self._line.close()
            self._line = None

    def _serve(self, line: socket.socket) -> None:
        try:
            while (message := _message(line)) is not None:
                self._answer(line, message)
        except OSError:
            return  # taken away in the middle of a word

    def _answer(self, line: socket.socket, message: bytes) -> None:
        if len(message) == 1:
            if message[0] == _ATR:
                _send(line, self.atr)
            return
        self.asked.append(message)
        _send(line, self.answer if message == bytes.fromhex("FFCA000000") else b"\x6d\x00")


def _message(line: socket.socket) -> bytes | None:
    head = _exactly(line, 2)
    return None if head is None else _exactly(line, struct.unpack(">H", head)[0])


def _exactly(line: socket.socket, count: int) -> bytes | None:
    got = b""
    while len(got) < count:
        piece = line.recv(count - len(got))
        if not piece:
            return None
        got += piece
    return got


def _send(line: socket.socket, data: bytes) -> None:
    line.sendall(struct.pack(">H", len(data)) + data)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    """Whether something listens there, asked of the kernel: a connection would be a card."""
    tables = [it for it in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")) if it.exists()]
    lines = [line for table in tables for line in table.read_text().splitlines()]
    return any(f":{port:04X} " in line and " 0A " in line for line in lines)

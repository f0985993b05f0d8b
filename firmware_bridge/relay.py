"""`kit-bridge relay`: stands between Axis system controllers and the evidence system, and keeps the book of cameras.

    controller ==films==> relay ==films==> evidence system           in a process of its own: a bridge that stops,
                            | cameras.json                            or whose disk is full, holds up no film
                            v
                          bridge (driver axis-body-worn) ──▶ service

One rule for the editor: evidence goes first. What became of a request is in the book, on disk, before its answer goes
back; but a book that cannot be written, or not within `NOTE_S`, holds up no answer. It is then old, and the bridge says
so: a kit store that does not know is mended, a film that was not taken is not.
"""

import contextlib
import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from cryptography import x509

from devices.docks.camera_book import CameraBook, read_line
from devices.docks.content import Written, read_metadata, read_target
from devices.transports.https_asking import Asked
from devices.transports.https_relay import Relay, origin_among, path_of
from firmware_bridge import faults
from firmware_bridge.clock import SYSTEM, US_PER_S
from firmware_bridge.relay_settings import RelaySettings
from firmware_bridge.told import Told

NOTE_S = 2.0
"""Longest that an answer waits for the book."""

BEAT_S = 15.0
"""How often the book is written while nothing changes: a bridge calls it old after 90 seconds."""

LOOK_S = 1.0
WAITING_MAX = 4096

log = logging.getLogger("firmware_bridge")


@dataclass(slots=True)
class Heard:
    """What is to be noted: a request and its answer, the address of a storage, or neither. `noted` once on disk."""

    asked: Asked | None
    code: int = 0
    storage: str = ""
    failure: str = ""
    noted: threading.Event = field(default_factory=threading.Event)


class Notebook:
    """Keeps the book in the file `path`, on a thread of its own. It satisfies `https_relay.Watching`."""

    def __init__(
        self,
        path: Path,
        certificate_us: int = 0,
        wall_us: Callable[[], int] = SYSTEM.wall_us,
        beat_s: float = BEAT_S,
    ) -> None:
        self._path = path
        self._wall_us = wall_us
        self._beat_s = beat_s
        self._book = _opened(path, certificate_us)
        self._is_dirty = False
        self._disk = Told(f"book {path}")
        self._waiting: queue.Queue[Heard] = queue.Queue(WAITING_MAX)
        self._storage = self._book.storage
        self._write()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="book", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Write what is still to be written, and end."""
        self._over.set()
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(Heard(None))  # it need not wait for its next beat
        self._thread.join(NOTE_S)

    def certificate_ends(self, at_us: int) -> None:
        """The relay's certificate ends then: in the book from the next time that it is written."""
        self._book.certificate_us = at_us

    def origin_of(self, path: str) -> str | None:
        """Where the destination keeps what has this path."""
        return origin_among(self._storage, path)

    def learned(self, storage: str) -> None:
        """Note the address of the destination's storage: known at once, and after a restart."""
        if storage not in self._storage[:1]:
            self._note(Heard(None, storage=storage))

    def heard(self, asked: Asked, code: int) -> None:
        """Note what became of a request, and wait until that is on disk, but not for long."""
        if asked.method in ("PUT", "POST"):
            self._note(Heard(asked, code))

    def failed(self, asked: Asked, why: str) -> None:
        """Note that a request was not answered."""
        if asked.method in ("PUT", "POST"):
            self._note(Heard(asked, failure=why or "no answer"))

    def _note(self, heard: Heard) -> None:
        try:
            self._waiting.put_nowait(heard)
        except queue.Full:
            log.error("the book of cameras falls behind: what became of a film was not noted")
            return
        if self._thread.is_alive() and not heard.noted.wait(NOTE_S):
            log.error("the book of cameras is slow: an answer went back before it was noted")

    def _run(self) -> None:
        beat_at = time.monotonic() + self._beat_s
        while not self._over.is_set():
            heard = self._next(max(0.0, beat_at - time.monotonic()))
            for one in heard:
                self._take(one)
            if self._is_dirty or time.monotonic() >= beat_at:
                self._write()
                beat_at = time.monotonic() + self._beat_s
            if heard:
                faults.point("after_book")
            for one in heard:
                one.noted.set()

    def _next(self, timeout_s: float) -> list[Heard]:
        """All that waits, at least one, or nothing when it is time for a beat."""
        try:
            heard = [self._waiting.get(timeout=timeout_s)]
        except queue.Empty:
            return []
        while not self._waiting.empty():
            heard.append(self._waiting.get_nowait())
        return heard

    def _take(self, heard: Heard) -> None:
        if heard.storage:
            self._is_dirty |= self._book.learned(heard.storage)
            self._storage = self._book.storage
        if heard.asked is None:
            return
        written = written_of(heard.asked, self._storage)
        if written is None:
            return
        if heard.failure:
            self._is_dirty |= self._book.failed(written, heard.failure, self._wall_us())
        else:
            self._is_dirty |= self._book.note(written, heard.code, self._wall_us())

    def _write(self) -> None:
        """Replace the file, whole and on disk. One that cannot be written is tried again at the next beat."""
        fresh = self._path.with_name(f".{self._path.name}.new")
        try:
            opened = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
            with os.fdopen(opened, "wb") as file:
                file.write(self._book.line(self._wall_us()))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
            _settle(self._path.parent)
        except OSError as error:
            self._disk.lost(error)
            return
        self._is_dirty = False
        self._disk.good()


def written_of(asked: Asked, storage: tuple[str, ...]) -> Written | None:
    """What a request writes, at one of the storage addresses; None where it is at none."""
    for base in storage:
        target = read_target(path_of(base), asked.path)
        if target is not None:
            return Written(asked.method, *target, read_metadata(asked.headers))
    return None


def run_relay(settings: RelaySettings, stop: threading.Event) -> bool:
    """Relay until `stop`. False if a fault of our own ended it. Raises NotOpened."""
    notebook = Notebook(Path(settings.book), certificate_end_us(Path(settings.cert_file)))
    relay = Relay(settings.plan(), notebook)
    notebook.start()
    certificate = _Certificate(settings)
    log.warning("relay: listening at %s (port %s) for %s", settings.listen, relay.port, settings.destination)
    while not stop.wait(LOOK_S) and relay.is_alive():
        certificate.look(relay, notebook)
    relay.close()
    notebook.close()
    log.warning("relay: stopped")
    return stop.is_set()


@dataclass(slots=True)
class _Certificate:
    """The relay's certificate and key on disk: another pair is taken over without a restart."""

    settings: RelaySettings
    _seen: tuple[object, ...] = field(init=False)

    def __post_init__(self) -> None:
        self._seen = self._stamps()

    def look(self, relay: Relay, notebook: Notebook) -> None:
        """Take over what is new. Two files are not written at once: what does not fit together is left for later."""
        now = self._stamps()
        if now == self._seen:
            return
        self._seen = now
        try:
            relay.renew()
        except OSError as error:
            log.warning("relay: the new certificate cannot be used, the old one stays (%s)", error)
            return
        notebook.certificate_ends(certificate_end_us(Path(self.settings.cert_file)))
        log.warning("relay: a new certificate is in use")

    def _stamps(self) -> tuple[object, ...]:
        return tuple(_stamp(Path(it)) for it in (self.settings.cert_file, self.settings.cert_key_file))


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino


def certificate_end_us(file: Path) -> int:
    """When the first certificate in a PEM file ends, in microseconds UTC; 0 where it holds none."""
    try:
        ends = x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return 0
    return int(ends.timestamp()) * US_PER_S


def _opened(path: Path, certificate_us: int) -> CameraBook:
    """The book as it was left. One that cannot be read is put aside: what is open becomes known again as it goes on."""
    try:
        return CameraBook(read_line(path.read_bytes()), certificate_us)
    except FileNotFoundError:
        return CameraBook(None, certificate_us)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        aside = path.with_name(f"{path.name}.unreadable")
        log.error("%s is no book of cameras (%s); put aside as %s", path, error, aside.name)
        path.replace(aside)
        return CameraBook(None, certificate_us)


def _settle(folder: Path) -> None:
    """Make the new name in `folder` last through a power cut."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)

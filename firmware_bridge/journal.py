"""The scan journal: every scan on disk before anyone hears of it, and every answer beside it.

One rule for the editor: `scanned` returns only after fsync. Whatever is not in the journal was not seen.

    scan-00000007.jsonl     one record a line: CRC-32 in hex, a space, JSON
    {"scan":{"seq":1,"device":"hatch-scanner",...},"boot":"..."}
    {"answer":{"seq":1,"outcome":"IN_SET","light":"green"},"boot":"...","at_us":...}

A new file begins at every start (so nothing is ever appended to a line torn by a power cut) and when one is
full. The oldest file goes when it is past `keep_days`, or when the whole is over its quota, but never while a
scan in it has no answer; when nothing may go, scans are refused rather than forgotten. An answer's sentence
is not kept: it may name a person, and the service keeps it.
"""

import contextlib
import errno
import os
import threading
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from devices.wire import Answer, Boot, Sent, read
from firmware_bridge.clock import US_PER_S
from firmware_bridge.errors import KeepingRefused

DAY_S = 86_400
Key = tuple[str, int]
"""(boot, seq): the delivery key of a scan."""


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One line of the journal: a scan, or the answer to one."""

    boot: Boot
    scan: Sent | None = None
    answer: Answer | None = None
    at_us: int = 0


@dataclass(frozen=True, slots=True)
class JournalLimits:
    """Sizes in bytes; `keep_s` in seconds."""

    file_bytes: int = 4 << 20
    total_bytes: int = 64 << 20
    keep_s: int = 7 * DAY_S


_records = msgspec.json.Decoder(Record)


def _line(record: Record) -> bytes:
    body = msgspec.json.encode(record)
    return b"%08x %s\n" % (zlib.crc32(body), body)


def read_file(path: Path) -> Iterator[Record | None]:
    """The records of one journal file; None for a line that is torn or altered."""
    for line in path.read_bytes().split(b"\n"):
        if line:
            yield _read_line(line)


def _read_line(line: bytes) -> Record | None:
    mark, _, body = line.partition(b" ")
    if b"%08x" % zlib.crc32(body) != mark:
        return None
    try:
        return read(_records, body)
    except msgspec.DecodeError:
        return None


def files_of(folder: Path) -> list[Path]:
    """The journal's files, oldest first."""
    return sorted(folder.glob("scan-*.jsonl"))


class Journal:
    """The journal in `folder`, for several threads. Raises KeepingRefused where the disk will not take it."""

    def __init__(self, folder: Path, limits: JournalLimits, now_us: int) -> None:
        self._folder = folder
        self._limits = limits
        self._lock = threading.Lock()
        self._file_of: dict[Key, Path] = {}  # scans with no answer yet, and where they stand
        self._open_in: Counter[Path] = Counter()
        self._sizes: dict[Path, int] = {}
        self.unread = 0
        """Lines of older files that could not be read (a power cut tears at most one)."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._unanswered = self._read_back()
        self._prune(files_of(folder), now_us)
        self._handle, self._current = self._begin()
        self._torn = False

    def limited(self, limits: JournalLimits) -> None:
        """From now on keep within `limits`."""
        with self._lock:
            self._limits = limits

    def unanswered(self) -> list[tuple[str, Sent]]:
        """Scans of earlier boots that have no answer, oldest first, with their boot."""
        return list(self._unanswered)

    def scanned(self, boot: str, sent: Sent) -> None:
        """Write the scan and wait until it is on disk. Raises KeepingRefused; then the scan was not seen."""
        line = _line(Record(boot=boot, scan=sent))
        with self._lock, _refusing(self._folder):
            self._make_room(len(line), sent.observed_at_us)
            self._append(line)
            os.fsync(self._handle)
            self._file_of[boot, sent.seq] = self._current
            self._open_in[self._current] += 1

    def answered(self, boot: str, answer: Answer, at_us: int) -> None:
        """Write the answer, unsynced: one lost to a power cut is asked for again under the same key."""
        kept = msgspec.structs.replace(answer, sentence="")
        line = _line(Record(boot=boot, answer=kept, at_us=at_us))
        with self._lock, _refusing(self._folder):
            home = self._file_of.pop((boot, answer.seq), None)
            if home is not None:
                self._open_in[home] -= 1
            self._append(line)

    def size_bytes(self) -> int:
        """Bytes of all files."""
        return sum(self._sizes.values())

    def close(self) -> None:
        """Close the current file."""
        with self._lock, contextlib.suppress(OSError):
            os.close(self._handle)

    def _append(self, line: bytes) -> None:
        """Add one line. After a torn one the next begins with a line end, so that it does not join it."""
        line = b"\n" + line if self._torn else line
        self._torn = True
        written = os.write(self._handle, line)
        self._sizes[self._current] += written
        if written < len(line):
            raise OSError(errno.ENOSPC, "no room for a whole line")
        self._torn = False

    def _make_room(self, more: int, now_us: int) -> None:
        if self._sizes[self._current] + more > self._limits.file_bytes:
            full = self._handle
            self._handle, self._current = self._begin()
            self._torn = False
            os.close(full)
        if self.size_bytes() + more + self._limits.file_bytes > self._limits.total_bytes:
            self._prune(files_of(self._folder)[:-1], now_us)
        if self.size_bytes() + more > self._limits.total_bytes:
            raise KeepingRefused(
                f"{self._folder}: the scan journal is at its quota and the oldest scans have no answer yet; "
                "bring the service back, or raise [limits] journal_max_mb"
            )

    def _begin(self) -> tuple[int, Path]:
        last = files_of(self._folder)[-1:]
        number = int(last[0].stem.partition("-")[2]) + 1 if last else 1
        path = self._folder / f"scan-{number:08d}.jsonl"
        with _refusing(self._folder):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            folder = os.open(self._folder, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)
        self._sizes[path] = 0
        return handle, path

    def _read_back(self) -> list[tuple[str, Sent]]:
        scans: dict[Key, Sent] = {}
        for path in files_of(self._folder):
            self._sizes[path] = path.stat().st_size
            for record in read_file(path):
                if record is None:
                    self.unread += 1
                elif record.scan is not None:
                    scans[record.boot, record.scan.seq] = record.scan
                    self._file_of[record.boot, record.scan.seq] = path
                elif record.answer is not None:
                    scans.pop((record.boot, record.answer.seq), None)
                    self._file_of.pop((record.boot, record.answer.seq), None)
        self._open_in = Counter(self._file_of.values())
        return [(boot, sent) for (boot, _), sent in scans.items()]

    def _prune(self, paths: list[Path], now_us: int) -> None:
        """Let the oldest of `paths` go, in order, and stop at the first that may not."""
        for path in paths:
            too_old = path.stat().st_mtime < now_us / US_PER_S - self._limits.keep_s
            over = self.size_bytes() + self._limits.file_bytes > self._limits.total_bytes
            if self._open_in[path] or not (too_old or over):
                return
            path.unlink()
            self._sizes.pop(path)


@contextlib.contextmanager
def _refusing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise KeepingRefused(
            f"{folder}: the scan journal cannot be written ({error}); check the disk"
        ) from error

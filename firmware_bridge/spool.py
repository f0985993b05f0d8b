"""The spool: observations on disk until the service has them, and seven days longer.

One rule for the editor: `keep` returns only after the commit is on disk (WAL, synchronous=FULL), and a row
becomes deletable only when the *service* names it as stored. A broker's or a socket's word is not enough.

Every boot of the bridge numbers its observations from 1 without a gap; the service answers with the highest
it has without a gap (`upto`). A new epoch (the service was restored from a backup) makes everything kept
wait again. One connection, one lock: SQLite's WAL has a reset race between two connections of which one
commits while the other checkpoints (libraries.md section 5).
"""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from devices.readings import Garbled, Reading
from devices.wire import DELIVERY_MAX, Sent, decode_reading, encode
from firmware_bridge.clock import US_PER_S
from firmware_bridge.errors import KeepingRefused

BATCH_BYTES_MAX = 1 << 20
"""Most bytes of readings in one delivery."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS boot (
    boot TEXT PRIMARY KEY,
    last_seq INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS obs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    boot TEXT NOT NULL,
    seq INTEGER NOT NULL,
    device TEXT NOT NULL,
    observed_at_us INTEGER NOT NULL,
    mono_ns INTEGER NOT NULL,
    body BLOB NOT NULL,
    acked_at_us INTEGER,
    UNIQUE (boot, seq)
) STRICT;
CREATE INDEX IF NOT EXISTS obs_waiting ON obs (id) WHERE acked_at_us IS NULL;
CREATE TABLE IF NOT EXISTS known (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""

_EPOCH = "SELECT value FROM known WHERE key = 'epoch'"


@dataclass(frozen=True, slots=True)
class Observed:
    """One observation on its way into the spool; the spool gives it its sequence."""

    device: str
    observed_at_us: int
    mono_ns: int
    reading: Reading


@dataclass(frozen=True, slots=True)
class Batch:
    """Observations of one boot that wait for the service, in ascending sequence."""

    boot: str
    sent: tuple[Sent, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many observations wait, and how many bytes the spool takes on disk in all."""

    count: int
    bytes: int


class Spool:
    """The spool in the file `path`, for several threads. Raises KeepingRefused where the disk will not."""

    def __init__(self, path: Path, quota_bytes: int, keep_s: int) -> None:
        self._path = path
        self._quota_bytes = quota_bytes
        self._keep_us = keep_s * US_PER_S
        self._lock = threading.Lock()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._refusing():
            os.close(
                os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            )  # SQLite gives its other files the same mode
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "journal_size_limit=4194304"):
                self._db.execute(f"PRAGMA {pragma}")
            self._db.executescript(_SCHEMA)

    @property
    def quota_bytes(self) -> int:
        """What it may take on disk."""
        return self._quota_bytes

    def limited(self, quota_bytes: int, keep_s: int) -> None:
        """From now on keep within this quota, and what the service has for so long."""
        with self._lock:
            self._quota_bytes, self._keep_us = quota_bytes, keep_s * US_PER_S

    def keep(self, boot: str, observed: Sequence[Observed], now_us: int) -> int:
        """Commit the observations, all or none, and return the last sequence. Raises KeepingRefused."""
        self._make_room()
        with self._writing():
            if self._bytes() > self._quota_bytes:
                raise KeepingRefused(
                    f"{self._path}: the spool is at its quota and the service has taken none of it; "
                    "bring the service back, or raise [limits] spool_max_mb"
                )
            self._db.execute("INSERT OR IGNORE INTO boot (boot) VALUES (?)", (boot,))
            (last,) = self._db.execute("SELECT last_seq FROM boot WHERE boot = ?", (boot,)).fetchone()
            self._db.executemany(
                "INSERT INTO obs (boot, seq, device, observed_at_us, mono_ns, body) VALUES (?,?,?,?,?,?)",
                [(boot, last + n, it.device, it.observed_at_us, it.mono_ns, encode(it.reading))
                 for n, it in enumerate(observed, start=1)],
            )  # fmt: skip
            self._db.execute("UPDATE boot SET last_seq = ? WHERE boot = ?", (last + len(observed), boot))
            self._db.execute(
                "DELETE FROM obs WHERE id IN (SELECT id FROM obs WHERE acked_at_us < ? ORDER BY id LIMIT 64)",
                (now_us - self._keep_us,),
            )
            return int(last) + len(observed)

    def next_batch(self, most: int = DELIVERY_MAX) -> Batch | None:
        """The oldest that wait, all of one boot, at most `most` and one megabyte; None if none do."""
        with self._reading():
            first = self._db.execute(
                "SELECT boot FROM obs WHERE acked_at_us IS NULL ORDER BY id LIMIT 1"
            ).fetchone()
            if first is None:
                return None
            rows = self._db.execute(
                "SELECT seq, device, observed_at_us, mono_ns, body FROM obs"
                " WHERE boot = ? AND acked_at_us IS NULL ORDER BY seq LIMIT ?",
                (first[0], most),
            ).fetchall()
        return Batch(first[0], tuple(_within(rows, BATCH_BYTES_MAX)))

    def acknowledge(self, boot: str, upto: int, now_us: int) -> int:
        """The service has everything of `boot` up to `upto`. Returns how many rows that settled."""
        with self._writing():
            return self._db.execute(
                "UPDATE obs SET acked_at_us = ? WHERE boot = ? AND seq <= ? AND acked_at_us IS NULL",
                (now_us, boot, upto),
            ).rowcount

    def epoch_is(self, epoch: str) -> bool:
        """Told the service's epoch. If it is a new one everything kept waits again: True."""
        if epoch == self._epoch():
            return False
        with self._writing():
            known = self._db.execute(_EPOCH).fetchone()
            self._db.execute("INSERT OR REPLACE INTO known VALUES ('epoch', ?)", (epoch,))
            if known is None:
                return False
            self._db.execute("UPDATE obs SET acked_at_us = NULL WHERE acked_at_us IS NOT NULL")
            return True

    def lowest_kept(self, boot: str) -> int | None:
        """The lowest sequence of `boot` still on disk."""
        with self._reading():
            (lowest,) = self._db.execute("SELECT MIN(seq) FROM obs WHERE boot = ?", (boot,)).fetchone()
        return None if lowest is None else int(lowest)

    def put_in_place(self, boot: str, seq: int, reading: Reading) -> None:
        """Replace a reading the service will never take, under its sequence, so that the rest can go."""
        with self._writing():
            self._db.execute(
                "UPDATE obs SET body = ? WHERE boot = ? AND seq = ?", (encode(reading), boot, seq)
            )

    def waiting(self) -> Waiting:
        """How much waits now."""
        with self._reading():
            (count,) = self._db.execute("SELECT count(*) FROM obs WHERE acked_at_us IS NULL").fetchone()
            return Waiting(int(count), self._bytes())

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _epoch(self) -> str | None:
        with self._reading():
            row = self._db.execute(_EPOCH).fetchone()
        return row[0] if row else None

    def _bytes(self) -> int:
        (pages, free, size) = (
            self._db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def _make_room(self) -> None:
        """Over the quota, what the service has goes before its seven days are up, oldest first."""
        with self._reading():
            over = self._bytes() > self._quota_bytes
        while over:
            with self._writing():
                gone = self._db.execute(
                    "DELETE FROM obs WHERE id IN"
                    " (SELECT id FROM obs WHERE acked_at_us IS NOT NULL ORDER BY id LIMIT 1024)"
                ).rowcount
            with self._reading():
                over = gone > 0 and self._bytes() > self._quota_bytes

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock, self._refusing():
            self._db.execute("BEGIN IMMEDIATE")
            well = False
            try:
                yield
                well = True
            finally:
                if well or self._db.in_transaction:  # a full disk makes SQLite roll back by itself
                    self._db.execute("COMMIT" if well else "ROLLBACK")

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock, self._refusing():
            yield

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise KeepingRefused(
                f"{self._path}: the spool cannot be used ({error}); check the disk"
            ) from error


Row = tuple[int, str, int, int, bytes]


def _within(rows: list[Row], bytes_max: int) -> Iterator[Sent]:
    """The rows as wire structs, until they would pass `bytes_max`; always at least one."""
    left = bytes_max
    for number, (seq, device, observed_at_us, mono_ns, body) in enumerate(rows):
        left -= len(body)
        if number and left < 0:
            return
        reading = _reading_of(body)
        yield Sent(seq=seq, device=device, observed_at_us=observed_at_us, mono_ns=mono_ns, reading=reading)


def _reading_of(body: bytes) -> Reading:
    try:
        return decode_reading(body)
    except msgspec.DecodeError as error:
        # Written by another version, or altered on disk: what is there goes as evidence.
        return Garbled(reason="SPOOL_UNREADABLE", detail=str(error)[:400], raw_hex=body[:8192].hex().upper())

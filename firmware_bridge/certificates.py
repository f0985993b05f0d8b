"""The certificates that this bridge needs to be let in, and to believe whom it talks to: when they end.

One rule for the editor: a file is read anew whenever it changed, so that a renewed certificate is believed to be
renewed without a restart; what cannot be read has no end, and is somebody else's finding.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509

from firmware_bridge.settings import Settings

NEAR_DAYS = 30
"""From so many days before its end on, a certificate is spoken of."""

DAY_US = 86_400_000_000
FILE_BYTES_MAX = 4 << 20


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate: which key of the configuration names its file, the file, and when it ends (UTC microseconds)."""

    key: str
    path: Path
    ends_us: int

    def days_left(self, now_us: int) -> int:
        """Whole days until it ends; negative once it has ended."""
        return (self.ends_us - now_us) // DAY_US

    def trouble(self, now_us: int) -> str:
        """What to say of it, empty while it is good for long enough."""
        left = self.days_left(now_us)
        end = datetime.fromtimestamp(self.ends_us / 1e6).astimezone().strftime("%d %B %Y")
        if left < 0:
            return f"{self.path} expired on {end}; put a renewed one in its place, no restart is needed"
        if left < NEAR_DAYS:
            return f"{self.path} expires on {end}, in {left} days; put a renewed one in its place before"
        return ""


def named(settings: Settings) -> dict[str, Path]:
    """The certificate files that the configuration names, by their keys."""
    broker = settings.broker
    paths = {"ca_file": settings.ca_file}
    if broker is not None:
        paths |= {"broker.ca_file": broker.ca_file, "broker.cert_file": broker.cert_file}
    return {key: Path(path) for key, path in paths.items() if path}


def certificates(settings: Settings) -> Iterator[Certificate]:
    """When each file ends: ours with the first certificate of its chain, authorities with the last of them (while one
    is being replaced, both are there). Files that cannot be read are passed over."""
    for key, path in named(settings).items():
        ends = _ends_us(path)
        if ends:
            yield Certificate(key, path, max(ends) if key.endswith("ca_file") else min(ends))


def _ends_us(path: Path) -> list[int]:
    try:
        with path.open("rb") as file:
            found = x509.load_pem_x509_certificates(file.read(FILE_BYTES_MAX))
    except (OSError, ValueError):
        return []
    return [int(it.not_valid_after_utc.timestamp() * 1e6) for it in found]


@dataclass(slots=True)
class Watched:
    """The first end of all, for whoever asks often: files are read again when they changed."""

    settings: Settings
    _seen: dict[str, tuple[int, int]] = field(default_factory=dict, init=False)
    _first_us: int | None = field(default=None, init=False)

    def first_end_us(self) -> int | None:
        """When the first of them ends, None where there is none."""
        now = {key: stamp for key, path in named(self.settings).items() if (stamp := _stamp(path))}
        if now != self._seen:
            self._seen = now
            self._first_us = min((it.ends_us for it in certificates(self.settings)), default=None)
        return self._first_us


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino

"""A book that another process of ours writes, looked at again and again.

One rule for the editor: whoever writes it replaces the file whole, so a look finds one book or the next, never half
of one; and writes it again and again while nothing changes, so a book that grows old is a writer that is gone.
"""

import os
from collections.abc import Callable
from pathlib import Path

from devices.errors import Gone, NotOpened
from devices.transports.port import Arrival

LOOK_S = 1.0
STALE_S = 90.0
FILE_BYTES_MAX = 1 << 22


class BookPort:
    """Watches a book. It satisfies `devices.transports.port.Port`.

    `wait` sleeps so many seconds, `now_s` is the time in Unix seconds, by which the file is dated.
    """

    def __init__(self, file: Path, wait: Callable[[float], object], now_s: Callable[[], float]) -> None:
        self._file = file
        self._wait = wait
        self._now_s = now_s
        self._waited_s = LOOK_S
        self._seen = b""

    def __str__(self) -> str:
        return f"the book {self._file}"

    def read(self, timeout_s: float) -> list[Arrival]:
        """The book, where it is another one than at the look before."""
        if self._waited_s < LOOK_S:
            self._wait(timeout_s)
            self._waited_s += timeout_s
            return []
        self._waited_s = 0.0
        try:
            with self._file.open("rb") as opened:
                age_s = self._now_s() - os.fstat(opened.fileno()).st_mtime
                data = opened.read(FILE_BYTES_MAX)
        except OSError as error:
            raise Gone(f"{self._file} cannot be read any more ({error})") from error
        if age_s > STALE_S:
            raise Gone(_silent(self._file, age_s))
        if data == self._seen:
            return []
        self._seen = data
        return [data]

    def kept(self) -> None:
        """Nothing to do: the next look shows what is there."""

    def write(self, data: bytes) -> None:
        """Nothing is written to a book that is another process's."""

    def close(self) -> None:
        """Nothing to let go."""


def open_book(file: str, wait: Callable[[float], object], now_s: Callable[[], float]) -> BookPort:
    """Watch the book `file`. Raises NotOpened where there is none, or nobody writes it."""
    path = Path(file)
    try:
        with path.open("rb") as opened:
            age_s = now_s() - os.fstat(opened.fileno()).st_mtime
    except PermissionError as error:
        raise NotOpened(
            f"{file}: the bridge may not read it; run the relay under the bridge's group", "DENIED"
        ) from error
    except OSError as error:
        raise NotOpened(f"{file}: there is no book ({error}); is `kit-bridge relay` running?") from error
    if age_s > STALE_S:
        raise NotOpened(_silent(path, age_s))
    return BookPort(path, wait, now_s)


def _silent(file: Path, age_s: float) -> str:
    return f"{file} was last written {age_s:.0f} s ago: start `kit-bridge relay`"
